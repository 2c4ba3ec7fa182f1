"""An adapter that starts while its database is in trouble serves as soon as it can, and does not blame its mapping."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tests.faults.adapters import DEADLINE, PATIENCE, Adapter, folder
from tests.faults.client import Line, Lost
from tests.faults.proxy import Fault, Proxy, Trap
from tests.faults.restaurant import fill
from tests.faults.server import Server

PREPARE = re.compile(rb"\bPREPARE\b")
DEALLOCATE = re.compile(rb"\bDEALLOCATE\b")

_numbers = itertools.count(1)


class Asking:
    """Card machines that ask all the time, and what they are answered."""

    def __init__(self, port: int) -> None:
        self._lines = [Line(port, PATIENCE) for _ in range(4)]
        self._tasks = [asyncio.create_task(self._ask(line)) for line in self._lines]
        self.reasons: set[str] = set()
        self.served = asyncio.Event()

    async def end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for line in self._lines:
            await line.close()

    async def _ask(self, line: Line) -> None:
        while True:
            await asyncio.sleep(0.02)
            try:
                answer = await line.ask("ListTables", {})
            except Lost:
                continue
            if answer.outcome == "ok":
                self.served.set()
            else:
                self.reasons.add(answer.result["errorReason"])


def starting(server: Server, test: Callable[[Adapter, Proxy], Coroutine[Any, Any, None]]) -> None:
    name = f"starting_{next(_numbers)}"
    fill(server.new_database(name), 10)

    async def play() -> None:
        async with folder() as place, Proxy(server.socket) as proxy:
            adapter = Adapter(place, "adapter", proxy.url(name))
            await adapter.create_ledger()
            try:
                await test(adapter, proxy)
            finally:
                adapter.kill()

    asyncio.run(asyncio.wait_for(play(), 60))


async def thawed(trap: Trap) -> None:
    """Wait until the deadlines of those who ask have passed, and thaw."""
    await trap.sprung.wait()
    await asyncio.sleep(DEADLINE + 1)
    assert trap.link is not None
    trap.link.thaw()


@pytest.mark.parametrize("statement", [PREPARE, DEALLOCATE])
@pytest.mark.parametrize("fault", [Fault.HOLD, Fault.STALL])
def test_a_question_to_the_database_that_is_cut_short_does_not_spoil_the_next_one(
    server: Server, statement: re.Pattern[bytes], fault: Fault
):
    async def test(adapter: Adapter, proxy: Proxy) -> None:
        proxy.deafen()  # so that the adapter asks again when it is asked, with the deadline of a request
        adapter.start()
        asking = Asking(adapter.port)
        await asyncio.sleep(DEADLINE + 0.5)
        proxy.hear()
        await thawed(proxy.arm(fault, statement))
        await asking.served.wait()
        await asking.end()
        assert not [reason for reason in asking.reasons if "mapping" in reason]

    starting(server, test)
