"""One run: adapters behind proxies, card machines at work on the same checks, a saboteur; then everything is audited."""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.faults.adapters import PATIENCE, PROGRAM, Adapter, folder, running
from tests.faults.audit import audit
from tests.faults.client import Line
from tests.faults.journal import Journal
from tests.faults.ledger import Ledger
from tests.faults.locks import orphan
from tests.faults.order_line import OrderLine
from tests.faults.order_terminal import EXPIRY, OrderTerminal
from tests.faults.proxy import Proxy
from tests.faults.restaurant import fill, instrument, read_checks, read_lock_log
from tests.faults.saboteur import Saboteur
from tests.faults.server import Server
from tests.faults.terminal import Surprise, Terminal
from tests.faults.violations import Violation
from tests.faults.work import Floor, Machine

_numbers = itertools.count(1)
_SWEEP = 8.0
"""Seconds within which a lock that is over must be gone from the tables."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How large a run is, and how rough."""

    payments: int
    seed: int
    replicas: int = 2
    workers: int = 12
    pause: float = 0.4
    """Seconds between the faults of one saboteur, on average; there are four at a time."""
    think: float = 0.5
    """Seconds between two visits of a card machine to a check, on average."""
    repeats: float = 0.1
    """How often a card machine sends an acknowledged payment again, for no reason."""
    hang_up: float = 0.01
    """How often a card machine loses its socket."""
    saboteur: bool = True
    orders: bool = True
    """Whether half of the card machines speak the EPOS Data API."""
    program: str = PROGRAM
    environment: Mapping[str, str] = field(default_factory=dict)
    limit: float = 3600.0
    """Seconds after which the run is given up."""
    logs: Path | None = None
    """Where the logs of the adapters are kept; None where they are not."""
    progress: float = 0.0
    """Seconds between lines on stderr; 0 for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run has found."""

    plan: Plan
    journal: Journal
    injected: Counter[str]
    deadlocks: dict[str, int]
    violations: list[Violation]
    seconds: float


async def run(server: Server, plan: Plan) -> Outcome:
    """Run a plan in a database of its own on this server.

    Raises TimeoutError when it does not come to an end.
    """
    started = time.monotonic()
    name = f"run_{next(_numbers)}"
    url = server.new_database(name)
    checks = plan.payments + 300  # more than are paid while faults are still outstanding
    await asyncio.to_thread(fill, url, checks)
    before = server.deadlocks()
    async with asyncio.timeout(plan.limit), AsyncExitStack() as stack:
        place = plan.logs if plan.logs is not None else await stack.enter_async_context(folder())
        proxies = [await stack.enter_async_context(Proxy(server.socket)) for _ in range(plan.replicas)]
        adapters = [
            Adapter(place, f"adapter-{number}", proxy.url(name), program=plan.program, environment=plan.environment)
            for number, proxy in enumerate(proxies, 1)
        ]
        await adapters[0].create_ledger()
        await asyncio.to_thread(instrument, url)
        await stack.enter_async_context(running(*adapters))
        journal = Journal()
        saboteur = Saboteur(server, url, adapters, proxies, journal, Random(plan.seed))  # noqa: S311 -- no secret
        evening = _Evening(plan, url, journal, adapters)
        await evening.play(saboteur)
        violations = await evening.close()
        if plan.logs is not None:
            journal.write(plan.logs / "journal.jsonl")
            (plan.logs / "locks.jsonl").write_text("\n".join(read_lock_log(url)) + "\n", encoding="utf-8")
    after = server.deadlocks()
    return Outcome(
        plan=plan,
        journal=journal,
        injected=saboteur.injected,
        deadlocks={who: count - before.get(who, 0) for who, count in after.items() if count > before.get(who, 0)},
        violations=violations,
        seconds=time.monotonic() - started,
    )


class _Evening:
    """The card machines at work until enough was paid, and their coming home."""

    def __init__(self, plan: Plan, url: str, journal: Journal, adapters: Sequence[Adapter]) -> None:
        self._plan = plan
        self._url = url
        self._journal = journal
        self._adapters = adapters
        self._checks = read_checks(url)
        self._floor = Floor(
            self._checks,
            journal,
            Random(plan.seed + 1),  # noqa: S311
            window=max(2, plan.workers // 2),
            repeats=plan.repeats,
        )
        ledger = Ledger(url)
        self._terminals = [self._machine(number, ledger) for number in range(plan.workers * 2)]
        self._random = Random(plan.seed + 2)  # noqa: S311
        self._over = asyncio.Event()
        self._surprises: list[Violation] = []

    def _machine(self, number: int, ledger: Ledger) -> Machine:
        """Of each four, the first and the last speak the EPOS Data API: so a pair that races speaks both."""
        name, chance = str(10_000_000 + number), Random(self._plan.seed * 1000 + number)  # noqa: S311
        if self._plan.orders and number % 4 in (0, 3):
            ways = [OrderLine(adapter.order_port, PATIENCE) for adapter in self._adapters]
            return OrderTerminal(name, ways, self._journal, chance, hang_up=self._plan.hang_up)
        lines = [Line(adapter.port, PATIENCE) for adapter in self._adapters]
        return Terminal(name, lines, self._journal, ledger, chance, hang_up=self._plan.hang_up)

    async def play(self, saboteur: Saboteur) -> None:
        """Work until there are enough payments and each kind of fault has happened."""
        enough = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            for number in range(self._plan.workers):
                tasks.create_task(self._work(self._terminals[2 * number], self._terminals[2 * number + 1]))
            telling = tasks.create_task(self._tell(saboteur))
            sabotage = [
                tasks.create_task(saboteur.work(kinds, self._plan.pause, enough))
                for kinds in (saboteur.wire, saboteur.wire, saboteur.world, saboteur.till)
                if self._plan.saboteur
            ]
            await self._journal.reaches(self._plan.payments)
            enough.set()
            await asyncio.gather(*sabotage)
            self._over.set()
            telling.cancel()

    async def close(self) -> list[Violation]:
        """Everything is whole again: what nobody has heard of is cleared up, and the tables are audited."""
        if self._plan.saboteur:
            await asyncio.sleep(PATIENCE)  # for whatever is still under way
        away = [adapter.name for adapter in self._adapters if not await adapter.comes_back()]
        await self._locks_end()
        stuck = [
            Violation("stuck lock", f"{row.session} was unlocked by {row.terminal}, and is locked")
            for row in await Ledger(self._url).locks()
            if row.ends or not orphan(self._journal, row.session, row.terminal, row.at)
        ]
        sessions = {check.session: check for check in self._checks}
        for terminal in self._terminals:
            self._journal.counted["locks nobody had heard of"] += await terminal.come_back(sessions)
            await terminal.close()
        gone = [Violation("not back", f"{name} does not serve although nothing is broken any more") for name in away]
        return self._surprises + gone + stuck + audit(self._url, self._journal, self._checks)

    async def _locks_end(self) -> None:
        """Wait until every lock that has an end has ended, and the adapters have had the time to tell the till."""
        last = time.monotonic() + EXPIRY + _SWEEP
        while time.monotonic() < last and any(row.ends for row in await Ledger(self._url).locks()):  # noqa: ASYNC110 -- another process has no event to wait for
            await asyncio.sleep(0.2)

    async def _work(self, terminal: Machine, twin: Machine) -> None:
        while not self._over.is_set():
            try:
                await asyncio.sleep(self._random.expovariate(1 / self._plan.think))
                await self._floor.serve(terminal, twin)
            except Surprise as surprise:
                self._surprises.append(Violation("surprise", str(surprise)))
                await asyncio.sleep(0.1)

    async def _tell(self, saboteur: Saboteur) -> None:
        while self._plan.progress:
            await asyncio.sleep(self._plan.progress)
            journal = self._journal
            sys.stderr.write(
                f"{time.strftime('%H:%M:%S')} {len(journal.payments)} payments, {journal.acknowledged} acknowledged,"
                f" {saboteur.injected.total()} faults\n"
            )
