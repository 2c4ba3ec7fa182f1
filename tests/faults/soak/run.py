"""One run: an adapter, the provider's gateway, card machines at work, faults with quiet times between; then the judgement."""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random

import psutil

from simulator.gateway import Gateway
from tests.faults.adapters import PATIENCE, Adapter, folder
from tests.faults.audit import audit
from tests.faults.client import ACCOUNT, KEY, Lost
from tests.faults.journal import Journal
from tests.faults.ledger import Ledger
from tests.faults.restaurant import Check, fill, instrument, read_checks
from tests.faults.server import Server
from tests.faults.soak.faults import Faults
from tests.faults.soak.tally import FAILED, LOST, GatewayWay, Tally
from tests.faults.soak.weight import Weight, warm_up
from tests.faults.terminal import Surprise, Terminal
from tests.faults.violations import Violation
from tests.faults.work import Floor

NAME = "soak"
_START = 60.0
_MOST_GROWTH = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How long a run is, and how rough."""

    minutes: float
    seed: int = 1
    workers: int = 6
    readers: int = 3
    think: float = 1.2
    """Seconds between two visits of a card machine to a check, on average."""
    pause: float = 40.0
    """Seconds between two faults, on average."""
    without: frozenset[str] = frozenset()
    """Kinds of faults that are left out."""
    judges_memory: bool = True
    """Whether growth counts: a run of seconds is nothing but warming up."""
    progress: float = 0.0
    """Seconds between lines on stderr; 0 for none."""
    log: Path | None = None
    """Where the log of the adapter is kept; None where it is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run has found."""

    plan: Plan
    seconds: float
    tally: Tally
    journal: Journal
    weight: Weight
    violations: list[Violation]


async def run(server: Server, plan: Plan) -> Outcome:
    """Run a plan in a database of its own on this server."""
    started = time.monotonic()
    url = server.new_database(f"{NAME}_{time.time_ns()}")
    await asyncio.to_thread(fill, url, int(plan.minutes * 90) + 60)
    tally, journal, weight = Tally(), Journal(), Weight()
    async with AsyncExitStack() as stack:
        place = plan.log or await stack.enter_async_context(folder())
        gateway = await stack.enter_async_context(Gateway({ACCOUNT: KEY}))
        adapter = Adapter(place, "adapter", url, dial=gateway.url)
        await adapter.create_ledger()
        await asyncio.to_thread(instrument, url)
        adapter.start()
        stack.callback(adapter.kill)
        await gateway.connected(ACCOUNT, timeout=_START)
        faults = Faults(server, gateway, tally, Random(plan.seed), PATIENCE)  # noqa: S311 -- no secret
        for kind in plan.without:
            del faults.kinds[kind]
        evening = _Evening(plan, url, gateway, tally, journal)
        await evening.play(faults, weight, adapter)
        violations = [*faults.violations, *await evening.close(), *_judge(tally, weight, plan)]
        if not adapter.runs:
            violations.append(Violation("restart", "the adapter has ended by itself"))
        left = server.sessions()
        if left > _POOL:
            violations.append(Violation("leak", f"{left} connections to the database, of a pool of {_POOL}"))
    return Outcome(
        plan=plan,
        seconds=time.monotonic() - started,
        tally=tally,
        journal=journal,
        weight=weight,
        violations=violations,
    )


_POOL = 8


def _judge(tally: Tally, weight: Weight, plan: Plan) -> list[Violation]:
    found = [
        Violation(kind, f"{one.method} of {one.ended - one.sent:.2f} s, sent {_before(one.sent, tally)}")
        for outcome, kind in ((LOST, "answer lost"), (FAILED, "request failed"))
        for one in tally.unexcused(outcome)
    ]
    if plan.judges_memory and weight.growth >= _MOST_GROWTH:
        found.append(Violation("growth", f"the adapter's memory has grown by {weight.growth:.1%}"))
    return found


def _before(at: float, tally: Tally) -> str:
    past = [window for window in tally.windows if window.end < at]
    return f"{at - past[-1].end:.2f} s after: {past[-1].kind}" if past else "before any fault"


class _Evening:
    """The card machines at work."""

    def __init__(self, plan: Plan, url: str, gateway: Gateway, tally: Tally, journal: Journal) -> None:
        self._plan = plan
        self._url = url
        self._way = GatewayWay(gateway, PATIENCE, tally)
        self._tally = tally
        self._journal = journal
        self._checks = read_checks(url)
        self._random = Random(plan.seed + 1)  # noqa: S311
        self._floor = Floor(self._checks, journal, self._random, window=plan.workers)
        ledger = Ledger(url)
        self._terminals = [
            Terminal(str(10_000_000 + number), [self._way], journal, ledger, Random(plan.seed * 1000 + number))  # noqa: S311
            for number in range(plan.workers * 2)
        ]
        self._over = asyncio.Event()
        self._surprises: list[Violation] = []

    async def play(self, faults: Faults, weight: Weight, adapter: Adapter) -> None:
        """Work for as long as the plan says."""
        process = psutil.Process(adapter.pid)
        while not await self._is_served():  # noqa: ASYNC110 -- as in adapters.py
            await asyncio.sleep(0.1)
        async with asyncio.TaskGroup() as tasks:
            for number in range(self._plan.workers):
                tasks.create_task(self._pay(self._terminals[2 * number], self._terminals[2 * number + 1]))
            for _ in range(self._plan.readers):
                tasks.create_task(self._look())
            beside = [tasks.create_task(self._tell(weight)), tasks.create_task(weight.watch(process))]
            enough = asyncio.Event()
            hurry = warm_up(self._plan.minutes * 60) if self._plan.judges_memory else 0.0
            breaking = tasks.create_task(faults.work(self._plan.pause, enough, hurry=hurry))
            await asyncio.sleep(self._plan.minutes * 60)
            enough.set()
            await breaking
            self._over.set()
            for task in beside:
                task.cancel()

    async def close(self) -> list[Violation]:
        """Clear up what nobody has heard of, and audit the tables."""
        await asyncio.sleep(PATIENCE)
        sessions: dict[str, Check] = {check.session: check for check in self._checks}
        for terminal in self._terminals:
            self._journal.counted["locks nobody had heard of"] += await terminal.come_back(sessions)
        return self._surprises + await asyncio.to_thread(audit, self._url, self._journal, self._checks)

    async def _is_served(self) -> bool:
        try:
            return (await self._way.ask("ListTables", {})).outcome == "ok"
        except Lost:
            return False
        finally:
            # What was asked before it served is no part of the run.
            self._tally.troubles.clear()

    async def _pay(self, terminal: Terminal, twin: Terminal) -> None:
        while not self._over.is_set():
            try:
                await asyncio.sleep(self._random.expovariate(1 / self._plan.think))
                await self._floor.serve(terminal, twin)
            except Surprise as surprise:
                self._surprises.append(Violation("surprise", str(surprise)))

    async def _look(self) -> None:
        """Ask what card machines ask before anybody pays."""
        while not self._over.is_set():
            await asyncio.sleep(self._random.expovariate(1 / 0.25))
            session = self._random.choice(self._checks).session
            # Not all open checks at once: there are thousands here, as in no restaurant, so that there are enough to pay.
            table = {"tableNames": [f"T{self._random.randint(1, 40)}"]}
            method, params = self._random.choice(
                [
                    ("ListTables", {}),
                    ("ListSessions", {"isPayable": True, **table}),
                    ("ListSessions", {"isFinished": False, **table}),
                    ("GetSession", {"id": session}),
                    ("GetBillItems", {"sessionId": session}),
                    ("GetFullBill", {"sessionId": session}),
                ]
            )
            try:
                await self._way.ask(method, params)
            except Lost:
                continue

    async def _tell(self, weight: Weight) -> None:
        while self._plan.progress:
            await asyncio.sleep(self._plan.progress)
            tally = self._tally
            sys.stderr.write(
                f"{time.strftime('%H:%M:%S')} {tally.sent} requests, {len(self._journal.payments)} payments,"
                f" {len(tally.windows)} faults, {len(tally.unexcused(LOST))} answers lost,"
                f" {len(tally.unexcused(FAILED))} failed, {weight.now / 1e6:.1f} MB\n"
            )
            sys.stderr.flush()
