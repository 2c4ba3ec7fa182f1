"""A burst of requests all at once: is each answered or refused, and within how much memory?"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import psutil
from websockets.asyncio.client import ClientConnection, connect

from tests.faults.adapters import Adapter, folder, running
from tests.faults.client import HEADERS, Line
from tests.faults.restaurant import Check, fill, read_checks
from tests.faults.server import Server

_EVERY = 0.05
_LONGEST = 300.0


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What a flood has found."""

    requests: int
    sockets: int
    seconds: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)
    before: int = 0
    """Bytes of the adapter's memory before the flood, after it had answered every kind of request."""
    most: int = 0
    """And at the most, in the flood."""
    slowest_beside: float = 0.0
    """Seconds that the slowest answer took on another socket meanwhile."""

    def lines(self) -> list[str]:
        """For people."""
        rows: list[tuple[str, object]] = [
            ("requests", self.requests),
            ("sockets", self.sockets),
            *((f"answered: {outcome}", count) for outcome, count in sorted(self.outcomes.items())),
            ("seconds", f"{self.seconds:.1f}"),
            ("memory before, MB", f"{self.before / 1e6:.1f}"),
            ("memory at the most, MB", f"{self.most / 1e6:.1f}"),
            ("slowest answer on a socket beside it, ms", f"{self.slowest_beside * 1000:.0f}"),
        ]
        return [f"{name:<48}{value!s:>10}" for name, value in rows]


async def flood(server: Server, *, requests: int, sockets: int = 1) -> Outcome:
    """Send so many requests without waiting for an answer, in a database of its own on this server.

    Raises TimeoutError when they are not all answered.
    """
    url = server.new_database(f"flood_{time.time_ns()}")
    await asyncio.to_thread(fill, url, 40)
    outcome = Outcome(requests=requests, sockets=sockets)
    async with AsyncExitStack() as stack:
        adapter = Adapter(await stack.enter_async_context(folder()), "adapter", url)
        await adapter.create_ledger()
        await stack.enter_async_context(running(adapter))
        checks = await asyncio.to_thread(read_checks, url)
        process = psutil.Process(adapter.pid)
        beside = Line(adapter.port, _LONGEST)
        ways = [await stack.enter_async_context(_open(adapter.port)) for _ in range(sockets)]
        await _pour(ways[0], _frames(checks, 60))  # whatever is made once is made before it is weighed
        outcome.before = process.memory_info().rss
        watching = asyncio.create_task(_watch(process, beside, outcome))
        started = time.monotonic()
        async with asyncio.timeout(_LONGEST):
            share = requests // sockets
            for counted in await asyncio.gather(*(_pour(way, _frames(checks, share)) for way in ways)):
                outcome.outcomes.update(counted)
        outcome.seconds = time.monotonic() - started
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        outcome.most = max(outcome.most, process.memory_info().rss)
        await beside.close()
    return outcome


def _frames(checks: list[Check], count: int) -> list[str]:
    questions = [
        *(("GetFullBill", {"sessionId": check.session}) for check in checks),
        ("ListTables", {}),
        ("ListSessions", {}),
    ]
    return [
        json.dumps(
            {
                "jsonrpc": "2.0",
                "id": str(number),
                "method": questions[number % len(questions)][0],
                "params": questions[number % len(questions)][1],
            }
        )
        for number in range(count)
    ]


async def _pour(ws: ClientConnection, frames: list[str]) -> Counter[str]:
    """Send all of them as fast as the socket takes them, and count what comes back, each answer once."""
    counted: Counter[str] = Counter()
    left = {str(number) for number in range(len(frames))}

    async def send() -> None:
        for frame in frames:
            await ws.send(frame)

    sending = asyncio.create_task(send())
    try:
        while left:
            message = json.loads(await ws.recv())
            left.remove(message["id"])
            counted[message["result"].get("errorCode", "ok")] += 1
    finally:
        sending.cancel()
    return counted


async def _watch(process: psutil.Process, beside: Line, outcome: Outcome) -> None:
    while True:
        outcome.most = max(outcome.most, process.memory_info().rss)
        asked_at = time.monotonic()
        await beside.ask("ListTables", {})
        outcome.slowest_beside = max(outcome.slowest_beside, time.monotonic() - asked_at)
        await asyncio.sleep(_EVERY)


def _open(port: int) -> connect:
    return connect(
        f"ws://127.0.0.1:{port}",
        additional_headers=HEADERS,
        compression=None,
        proxy=None,
        ping_interval=None,
        max_size=None,
    )
