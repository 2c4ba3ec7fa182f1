"""The pool of connections under torture: requests cut short, a frozen server, a restarted one; does it ever lose one?"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
import urllib.request
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from random import Random
from typing import Any

import psycopg

from tests.faults.adapters import DEADLINE, Adapter, folder, running
from tests.faults.client import Line, Lost
from tests.faults.restaurant import Check, fill, instrument, read_checks
from tests.faults.server import Server

POOL = 8
_CALLERS = 12
"""More than there are connections."""
_LATE = 0.7
"""Seconds after the deadline within which a caller must have its answer, on a machine that is busy."""
_BACK_WITHIN = 20.0
_PATIENCE = 30.0
_WRITES = ("LockSession", "UnlockSession")
"""What may have been written already when the database goes away: answered once the outcome is known."""
_KNOWN_WITHIN = 5.0
"""Seconds after the database has come back within which that must be."""
_CLEAR = (
    "all connections to the database are in use",
    "the EPOS database took longer than",
    "the database cannot be reached",
    "the database is busy",
    "the database took too long",
    "the database was lost while locking; this session is not locked by this request",
)
"""What may be said while the database is not there."""


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What the torture has found."""

    cancelled: int = 0
    frozen: int = 0
    restarted: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    """How often each reason was given while the database was not there."""
    latest: float = 0.0
    """Seconds that the slowest answer took that was not being committed at the deadline."""
    awaited: int = 0
    """Answers that came after the deadline, since what they answer was being committed."""
    back: dict[str, float] = field(default_factory=dict)
    """Seconds from the end of a fault to an answer, at the most, by the kind of fault."""
    sessions: int = 0
    """Connections that the server counts at the end."""
    violations: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """For people."""
        rows: list[tuple[str, object]] = [
            ("requests cut short", self.cancelled),
            ("times frozen", self.frozen),
            ("times restarted", self.restarted),
            *((f"said meanwhile: {reason}", count) for reason, count in sorted(self.failed.items())),
            ("slowest answer, s", f"{self.latest:.2f}"),
            ("answered later, since being committed at the deadline", self.awaited),
            *((f"served again after it was {kind}, s at the most", f"{most:.2f}") for kind, most in self.back.items()),
            (f"connections at the end, of {POOL}", self.sessions),
        ]
        return [
            *(f"{name:<72}{value!s:>8}" for name, value in rows),
            "no connection was lost" if not self.violations else "VIOLATED",
            *(f"  {one}" for one in self.violations),
        ]


async def torture(server: Server, *, cancels: int, freezes: int, restarts: int, seed: int = 1) -> Outcome:
    """Cut short, freeze and restart so many times, in a database of its own on this server."""
    url = server.new_database(f"pool_{time.time_ns()}")
    await asyncio.to_thread(fill, url, 40)
    async with AsyncExitStack() as stack:
        adapter = Adapter(await stack.enter_async_context(folder()), "adapter", url)
        await adapter.create_ledger()
        await asyncio.to_thread(instrument, url)
        await stack.enter_async_context(running(adapter))
        rack = _Rack(server, url, adapter, read_checks(url), Random(seed))  # noqa: S311 -- no secret
        pid = adapter.pid
        for _ in range(cancels):
            await rack.cut_short()
        await rack.is_whole("requests were cut short")
        for _ in range(freezes):
            await rack.without("frozen", rack.freeze, rack.thaw)
        await rack.is_whole("it was frozen")
        for _ in range(restarts):
            await rack.without("restarted", rack.stop, rack.start)
        await rack.is_whole("it was restarted")
        if adapter.pid != pid or not adapter.runs:
            rack.outcome.violations.append("the adapter was started anew")
        await rack.close()
    rack.outcome.frozen, rack.outcome.restarted = freezes, restarts
    return rack.outcome


class _Rack:
    def __init__(self, server: Server, url: str, adapter: Adapter, checks: list[Check], random: Random) -> None:
        self._server = server
        self._url = url
        self._adapter = adapter
        self._checks = checks
        self._random = random
        self._lines = [Line(adapter.port, _PATIENCE) for _ in range(_CALLERS)]
        self._away = itertools.cycle([DEADLINE + 0.2, DEADLINE + 0.2, 0.2, 0.8])
        """Until all of them have run into their deadline, or only a part of that; the short test has the first two."""
        self.outcome = Outcome()

    async def close(self) -> None:
        for line in self._lines:
            await line.close()

    async def cut_short(self) -> None:
        """Several callers hang up, each at a moment of its own between asking and having the answer."""
        line = Line(self._adapter.port, _PATIENCE)
        method, params = self._question()
        try:
            await line.ask("ListTables", {})  # so that the socket is open
            await line.ask(method, params, hang_up_after=self._random.uniform(0, 0.006))
        except Lost:
            self.outcome.cancelled += 1
        else:
            await self.cut_short()  # it was answered before it could be cut short
        await line.close()

    async def without(
        self, kind: str, take: Callable[[], Awaitable[None]], give: Callable[[], Awaitable[None]]
    ) -> None:
        """Ask while the database is being taken away, while it is not there, and until it is there again."""
        asking = [asyncio.create_task(self._ask(line)) for line in self._lines]
        await asyncio.sleep(self._random.uniform(0, 0.01))
        await take()
        asking += [asyncio.create_task(self._ask(Line(self._adapter.port, _PATIENCE), close=True)) for _ in range(4)]
        await asyncio.sleep(next(self._away))
        await give()
        given_at = time.monotonic()
        answered_at = await asyncio.gather(*asking)
        if max(answered_at) > given_at + _KNOWN_WITHIN:
            self.outcome.violations.append(f"an answer came {max(answered_at) - given_at:.2f} s after it was {kind}")
        back = await self._back(given_at)
        if back is None:
            self.outcome.violations.append(f"no answer within {_BACK_WITHIN:g} s after it was {kind}")
        else:
            self.outcome.back[kind] = max(self.outcome.back.get(kind, 0.0), back)

    async def is_whole(self, after: str) -> None:
        """Every connection of the pool is there to be used, and no more of them than it may have."""
        found = self.outcome.violations
        try:
            async with asyncio.timeout(_BACK_WITHIN):
                while (in_use := await self._in_use()) > 0:  # noqa: ASYNC110 -- another process has no event to wait for
                    await asyncio.sleep(0.05)
        except TimeoutError:
            found.append(f"{in_use} connections are still in use after {after}")
        if not await self._all_are_used():
            found.append(f"not all {POOL} connections can be used after {after}")
        answers = await asyncio.gather(*(line.ask("ListTables", {}) for line in self._lines), return_exceptions=True)
        if not all(getattr(answer, "outcome", "") == "ok" for answer in answers):
            found.append(f"not every caller is served after {after}: {answers}")
        # The server ends what the adapter has closed in its own time.
        until = time.monotonic() + _BACK_WITHIN
        while (  # noqa: ASYNC110 -- another process has no event to wait for
            sessions := await asyncio.to_thread(self._server.sessions)
        ) > POOL and time.monotonic() < until:
            await asyncio.sleep(0.05)
        self.outcome.sessions = sessions
        if sessions > POOL:
            found.append(f"the server has {sessions} connections after {after}")

    async def _all_are_used(self) -> bool:
        """Whether each connection of the pool can be put to work: reads that are quick would share a few."""
        async with await psycopg.AsyncConnection.connect(self._url) as till:
            await till.execute("LOCK TABLE shop_table IN ACCESS EXCLUSIVE MODE")
            asking = [asyncio.create_task(line.ask("ListTables", {})) for line in self._lines]
            try:
                async with asyncio.timeout(_BACK_WITHIN):
                    while await self._in_use() < POOL:
                        await asyncio.sleep(0.01)
                        # Who waits for the table in vain is told so, and asks again.
                        for place, line in enumerate(self._lines):
                            if asking[place].done():
                                asking[place] = asyncio.create_task(line.ask("ListTables", {}))
            except TimeoutError:
                return False
            else:
                return True
            finally:
                await till.rollback()
                await asyncio.gather(*asking, return_exceptions=True)

    async def freeze(self) -> None:
        await asyncio.to_thread(self._server.freeze)

    async def thaw(self) -> None:
        await asyncio.to_thread(self._server.thaw)

    async def stop(self) -> None:
        await asyncio.to_thread(self._server.stop)

    async def start(self) -> None:
        await asyncio.to_thread(self._server.start)

    def _question(self) -> tuple[str, dict[str, Any]]:
        session = {"sessionId": self._random.choice(self._checks).session}
        machine = {"requestorType": "REQUESTOR_TYPE_CARD_MACHINE", "cardMachineRequestorInfo": {"terminalId": "1"}}
        return self._random.choice(
            [
                ("ListTables", {}),
                ("ListSessions", {}),
                ("GetFullBill", session),
                ("LockSession", {**session, "requestorInfo": machine}),
                ("UnlockSession", {**session, "requestorInfo": machine}),
            ]
        )

    async def _ask(self, line: Line, *, close: bool = False) -> float:
        """One question, which must be answered in time, and in words that say what is wrong; gives when it was."""
        method, params = self._question()
        asked_at = time.monotonic()
        try:
            answer = await line.ask(method, params)
        except Lost as problem:
            self.outcome.violations.append(f"{method} had no answer ({problem})")
            return time.monotonic()
        finally:
            if close:
                await line.close()
        took = time.monotonic() - asked_at
        if took <= DEADLINE + _LATE:
            self.outcome.latest = max(self.outcome.latest, took)
        elif method in _WRITES:
            self.outcome.awaited += 1
        else:
            self.outcome.violations.append(f"{method} was answered after {took:.2f} s")
        if answer.outcome == "ERROR_INTERNAL_POS_ERROR":
            reason = str(answer.result.get("errorReason"))
            clear = next((known for known in _CLEAR if reason.startswith(known)), None)
            if clear is None:
                self.outcome.violations.append(f"{method} was answered: {reason}")
            else:
                self.outcome.failed[clear] += 1
        return asked_at + took

    async def _back(self, since: float) -> float | None:
        """How long after `since` it took until a question was answered; None where it was not."""
        line = Line(self._adapter.port, _PATIENCE)
        try:
            while time.monotonic() - since < _BACK_WITHIN:
                try:
                    if (await line.ask("ListTables", {})).outcome == "ok":
                        return time.monotonic() - since
                except Lost:
                    continue
            return None
        finally:
            await line.close()

    async def _in_use(self) -> int:
        report = await asyncio.to_thread(_read, f"http://127.0.0.1:{self._adapter.status_port}/status.json")
        return int(report["database"]["pool_in_use"])


def _read(address: str) -> Any:
    with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 -- on this computer
        return json.load(answer)
