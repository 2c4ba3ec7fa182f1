"""Breaks things at random moments, by a generator that can be seeded: connections, processes, the server, transactions."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from random import Random

import psycopg
from psycopg.rows import TupleRow

from tests.faults.adapters import Adapter
from tests.faults.journal import Journal
from tests.faults.proxy import Fault, Proxy
from tests.faults.server import Server
from tests.faults.till import Till

Injection = Callable[[], Awaitable[bool]]
"""Gives whether there was something to break."""

WIRE = ("frozen", "one connection frozen", "deaf", "cut", *(fault.value for fault in Fault))
"""What may happen to connections."""

WORLD = (
    "adapter killed",
    "adapter held up",
    "PostgreSQL stopped",
    "backend terminated",
    "serialization failure",
    "serialization failure at COMMIT",
)
"""What may happen to processes and transactions."""

TILL = ("till holds a check", "till locks in the other order", "till is the victim")
"""What the till may do."""

KINDS = frozenset({*WIRE, *WORLD, *TILL})

_TRAP_PATIENCE = 3.0
_VAIN = 3
_START = 15.0


class Saboteur:
    """Everything that goes wrong in one run. Each adapter has the proxy of the same number."""

    def __init__(
        self,
        server: Server,
        url: str,
        adapters: Sequence[Adapter],
        proxies: Sequence[Proxy],
        journal: Journal,
        random: Random,
    ) -> None:
        self._server = server
        self._url = url
        self._adapters = adapters
        self._proxies = proxies
        self._random = random
        self._rude = Till(url, journal, random)
        self.injected: Counter[str] = Counter()
        """How often each kind of fault has happened."""
        wire = (self._freeze, self._freeze_one, self._deafen, self._cut, *(self._trap(fault) for fault in Fault))
        world = (
            self._kill,
            self._hold_up,
            self._restart,
            self._terminate,
            self._fail("at_insert"),
            self._fail("at_commit"),
        )
        till = (self._rude.hold, self._rude.cross, self._rude.be_victim)
        self.wire: dict[str, Injection] = dict(zip(WIRE, wire, strict=True))
        self.world: dict[str, Injection] = dict(zip(WORLD, world, strict=True))
        self.till: dict[str, Injection] = dict(zip(TILL, till, strict=True))

    async def work(self, kinds: dict[str, Injection], pause: float, enough: asyncio.Event) -> None:
        """Inject faults of these kinds until `enough` is set and each has happened, or has been tried in vain."""
        vain = 0
        while vain < _VAIN:
            missing = [kind for kind in sorted(kinds) if not self.injected[kind]]
            bag = missing if enough.is_set() else sorted(kinds)
            vain += enough.is_set()
            self._random.shuffle(bag)
            for kind in bag:
                if enough.is_set() and self.injected[kind]:
                    continue
                await asyncio.sleep(self._random.expovariate(1 / pause))
                if await kinds[kind]():
                    self.injected[kind] += 1

    def _proxy(self) -> Proxy:
        return self._random.choice(self._proxies)

    async def _freeze(self) -> bool:
        proxy = self._proxy()
        proxy.freeze()
        await asyncio.sleep(self._random.uniform(0.2, 4))
        proxy.thaw()
        return True

    async def _freeze_one(self) -> bool:
        links = self._proxy().links
        if not links:
            return False
        link = self._random.choice(links)
        link.freeze()
        await asyncio.sleep(self._random.uniform(0.2, 5))
        link.thaw()
        return True

    async def _deafen(self) -> bool:
        proxy = self._proxy()
        proxy.deafen()
        proxy.cut()  # so that there are new connections to be made
        await asyncio.sleep(self._random.uniform(0.2, 2.5))
        proxy.hear()
        return True

    async def _cut(self) -> bool:
        links = self._proxy().links
        chosen = [link for link in links if self._random.random() < 0.7] or links[:1]
        for link in list(chosen):
            link.cut()
        return bool(chosen)

    def _trap(self, fault: Fault) -> Injection:
        async def inject() -> bool:
            proxy = self._proxy()
            # Locks, payments and unlocks take turns: with three traps a payment is among them.
            traps = [proxy.arm(fault) for _ in range(self._random.randint(1, 3))]
            with suppress(TimeoutError):
                async with asyncio.timeout(_TRAP_PATIENCE):
                    for trap in traps:
                        await trap.sprung.wait()
            if fault in (Fault.HOLD, Fault.STALL):
                await asyncio.sleep(self._random.uniform(0.1, 4))
            for trap in traps:
                proxy.disarm(trap)
                if trap.link is not None and fault in (Fault.HOLD, Fault.STALL):
                    trap.link.thaw()
            return any(trap.sprung.is_set() for trap in traps)

        return inject

    async def _kill(self) -> bool:
        adapter = self._random.choice(self._adapters)
        await asyncio.to_thread(adapter.kill)
        await asyncio.sleep(self._random.uniform(0, 0.5))
        adapter.start()
        # It starts in the middle of everything else that breaks; whether it comes back at all is asked at the end.
        await adapter.comes_back(within=_START)
        return True

    async def _hold_up(self) -> bool:
        adapter = self._random.choice(self._adapters)
        adapter.pause()
        await asyncio.sleep(self._random.uniform(0.2, 5))
        adapter.resume()
        return True

    async def _restart(self) -> bool:
        await asyncio.to_thread(self._server.stop)
        await asyncio.sleep(self._random.uniform(0, 0.5))
        await asyncio.to_thread(self._server.start)
        return True

    async def _terminate(self) -> bool:
        with suppress(psycopg.OperationalError):
            async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as connection:
                found = await connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE application_name = 'epos-adapter' ORDER BY RANDOM() LIMIT %s",
                    (self._random.randint(1, 4),),
                )
                return bool(await found.fetchall())
        return False

    def _fail(self, sequence: str) -> Injection:
        async def inject() -> bool:
            name = f"faults.{sequence}"
            with suppress(psycopg.OperationalError):
                async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as connection:
                    await connection.execute("SELECT setval(%s, %s)", (name, self._random.randint(2, 6)))
                    try:
                        return await _falls(connection, name)
                    finally:
                        await connection.execute("SELECT setval(%s, 0)", (name,))
            return False

        return inject


async def _falls(connection: psycopg.AsyncConnection[TupleRow], sequence: str) -> bool:
    """Whether transactions run into it within a while."""
    set_to: int | None = None
    for _ in range(30):
        row = await (await connection.execute(f"SELECT last_value FROM {sequence}".encode())).fetchone()
        set_to = row[0] if row is not None and set_to is None else set_to
        if row is not None and set_to is not None and row[0] < set_to:
            await asyncio.sleep(0.3)
            return True
        await asyncio.sleep(0.1)
    return False
