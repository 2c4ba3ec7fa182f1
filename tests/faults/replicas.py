"""Two adapters for one account: the one that dials is killed, held up, cut off and stopped, and the other one takes over.

The stand-in for the provider keeps one connection for the account, and the last to connect wins.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.request import urlopen

from simulator.gateway import Gateway
from tests.faults.adapters import Adapter, folder
from tests.faults.client import ACCOUNT, KEY
from tests.faults.restaurant import fill
from tests.faults.server import Server

_numbers = itertools.count(1)
_PATIENCE = 40.0


@dataclass(kw_only=True)
class Outcome:
    """What was measured."""

    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Seconds from each fault to the first answer of the other adapter."""
    stolen: int = 0
    """How often one that must stand by connected all the same."""

    def lines(self) -> list[str]:
        """The figures, a line each."""
        shown = [
            f"{what:<28} {len(times):>3} times, {min(times):.1f} to {max(times):.1f} s to the next answer"
            for what, times in self.took.items()
        ]
        return [*shown, f"{'connected out of turn':<28} {self.stolen:>3} times"]


class Pair:
    """Two adapters on one database and one gateway."""

    def __init__(self, gateway: Gateway, adapters: tuple[Adapter, Adapter], outcome: Outcome) -> None:
        self.gateway = gateway
        self.adapters = adapters
        self.outcome = outcome

    async def holder(self) -> Adapter:
        """The adapter that dials, once both run and the other stands by."""
        for one in self.adapters:
            if not one.runs:
                one.start()
        found: list[Adapter] = []

        async def settled() -> bool:
            turns = [await turn(one) for one in self.adapters]
            found[:] = [one for one, is_ in zip(self.adapters, turns, strict=True) if is_ == "holds"]
            return sorted(turns) == ["holds", "stands by"] and await self._answers()

        await until(settled, lambda: "\n".join(one.log.read_text(encoding="utf-8")[-2000:] for one in self.adapters))
        return found[0]

    async def taken_over(self, what: str, before: int) -> None:
        """Wait for an answer over a connection after that one, and note how long it took."""
        began = time.monotonic()
        await until(lambda: self._answers(after=before), lambda: what)
        self.outcome.took[what].append(time.monotonic() - began)

    @property
    def number(self) -> int:
        """Which connection the account has, of all that there were."""
        return self.gateway.link(ACCOUNT).number

    async def _answers(self, after: int = 0) -> bool:
        link = self.gateway.links.get(ACCOUNT)
        if link is None or link.number <= after:
            return False
        try:
            answer = await link.request("ListTables", {}, timeout=1.0)
        except Exception:  # noqa: BLE001 -- whatever it is, there was no answer
            return False
        return "tables" in answer["result"]


async def replicas(server: Server, rounds: int) -> Outcome:
    """Let one adapter take over from the other so often, by each of the faults in turn."""
    name, outcome = f"replicas_{next(_numbers)}", Outcome()
    fill(server.new_database(name), 10)
    async with folder() as place, Gateway({ACCOUNT: KEY}) as gateway:
        url, more = server.url(name), "standby = true"
        adapters = (
            Adapter(place, "first", url, dial=gateway.url, more=more),
            Adapter(place, "second", url, dial=gateway.url, more=more),
        )
        await adapters[0].create_ledger()
        pair = Pair(gateway, adapters, outcome)
        try:
            for _ in range(rounds):
                for fault in (_stopped, _held_up, _killed):
                    await fault(pair)
        finally:
            for one in adapters:
                one.resume()
                one.kill()
    return outcome


async def _killed(pair: Pair) -> None:
    holder = await pair.holder()
    before = pair.number
    await asyncio.to_thread(holder.kill)
    await pair.taken_over("killed (SIGKILL)", before)


async def _stopped(pair: Pair) -> None:
    holder = await pair.holder()
    before = pair.number
    await asyncio.to_thread(holder.stop)
    await pair.taken_over("stopped in order (SIGTERM)", before)


async def _held_up(pair: Pair) -> None:
    """Held up until the other has taken over, it must not dial once it goes on."""
    holder = await pair.holder()
    before = pair.number
    holder.pause()
    await pair.taken_over("held up (SIGSTOP)", before)
    after = pair.number
    holder.resume()
    assert await pair.holder() is not holder
    pair.outcome.stolen += pair.number - after


async def turn(adapter: Adapter) -> str:
    """Whose turn it is to dial, as an adapter says on its port; empty where it says nothing."""
    try:
        return str((await report(adapter))["connections"][0]["turn"])
    except (OSError, ValueError):
        return ""


async def report(adapter: Adapter) -> dict[str, Any]:
    """Everything that an adapter says on its port. Raises OSError."""

    def get() -> bytes:
        with urlopen(f"http://127.0.0.1:{adapter.status_port}/status.json", timeout=3) as answer:
            return bytes(answer.read())

    return dict(json.loads(await asyncio.to_thread(get)))


def said(adapter: Adapter, kind: str) -> int:
    """How often an adapter has said something in its log."""
    return len(re.findall(rf'"kind":"{kind}"', adapter.log.read_text(encoding="utf-8")))


async def until(holds: Callable[[], Awaitable[bool]], what: Callable[[], str]) -> None:
    """Wait for something that other processes bring about. Raises TimeoutError."""
    try:
        async with asyncio.timeout(_PATIENCE):
            while not await holds():  # noqa: ASYNC110 -- another process has no event to wait for
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise TimeoutError(f"it never came to that: {what()}") from None
