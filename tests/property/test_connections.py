"""However units come, go and are cut short: no connection is two units', no place is lost, and nobody waits out of turn.

The connections are only names, and the clock of the loop goes straight on to whatever is due next, so that an evening of
waiting takes a millisecond.
"""

from __future__ import annotations

import asyncio
import itertools
import selectors
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool
from sqlalchemy.util import await_only

from adapter.store.connections import Connections
from adapter.store.stacks import Stacks, uninterrupted


class Unit(Struct, frozen=True, kw_only=True):
    """Somebody who takes a connection, and what becomes of both; times are in milliseconds."""

    comes: int
    at_once: bool
    opening: int
    """How long one is opened, if none is ready."""
    opens: bool
    holds: int
    ends: str
    """`well`, `broken` (it is thrown away), `lost` (and all that are open) or `renewed` (those only)."""
    cut_short: int | None
    """How long after it came."""


A_BIT = 1e-6
SOON = 0.025 + A_BIT
PRESENT: ContextVar[Unit] = ContextVar("PRESENT")


class Clock(selectors.SelectSelector):
    """Lets no time pass while nothing is to be done, but is told how much would."""

    now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        assert timeout is not None, "somebody waits for ever"
        self.now += timeout
        return super().select(0)


class Loop(asyncio.SelectorEventLoop):
    """Has no time but that of its clock."""

    def __init__(self) -> None:
        self._clock = Clock()
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.now


class Connection:
    """Stands for a connection of the pool."""

    def __init__(self, open_: set[Connection]) -> None:
        self._open = open_
        self.info: dict[str, Any] = {}
        self.is_valid = True
        open_.add(self)

    def invalidate(self, _error: BaseException | None = None) -> None:
        self.is_valid = False
        self._open.discard(self)

    def close(self) -> None:
        self._open.discard(self)


class Server:
    """Stands for SQLAlchemy's engine."""

    def __init__(self, size: int, patience: float) -> None:
        made: Any = None
        self.pool = QueuePool(lambda: made, pool_size=size, max_overflow=0, timeout=patience)
        self.size = size
        self.open: set[Connection] = set()

    def raw_connection(self) -> Connection:
        unit = PRESENT.get()
        uninterrupted(True)
        await_only(asyncio.sleep(unit.opening / 1000))
        uninterrupted(False)
        if not unit.opens:
            raise ConnectionRefusedError
        connection = Connection(self.open)
        assert len(self.open) <= self.size
        return connection


class Watched(Connections):
    """Sees who waits, and that nobody is passed over who has waited longer, nor waits longer than the pool says."""

    def __init__(self, server: Server, patience: float) -> None:
        engine: Any = server
        super().__init__(engine)
        self._most = patience
        self._numbers = itertools.count()
        self._queue: list[int] = []
        self.idle = False
        """Whether somebody waited a while for what was there."""

    def _wait(self, *, for_few: bool = False) -> Any:
        assert for_few or self.in_use == self._size, "there was one to be had"
        loop = asyncio.get_running_loop()
        number, began = next(self._numbers), loop.time()
        self._queue.append(number)
        later = loop.call_later(SOON, self._look, number)
        try:
            found = super()._wait(for_few=for_few)
            assert number == min(self._queue), "somebody was passed over"
            return found
        finally:
            later.cancel()
            self._queue.remove(number)
            assert loop.time() - began <= self._most + A_BIT

    def _look(self, number: int) -> None:
        self.idle = self.idle or (number in self._queue and self.in_use < self._size)


async def evening(size: int, patience: float, units: Sequence[Unit]) -> None:
    server = Server(size, patience)
    connections = Watched(server, patience)
    stacks = Stacks()
    held: set[Any] = set()

    def use() -> None:
        unit = PRESENT.get()
        connection: Any = connections.take(at_once=unit.at_once)
        assert connection not in held
        assert connection in server.open
        held.add(connection)
        try:
            await_only(asyncio.sleep(unit.holds / 1000))
        except asyncio.CancelledError:
            connection.invalidate()
            raise
        finally:
            held.remove(connection)
            assert connection in server.open or not connection.is_valid
            ENDS[unit.ends](connections, connection)
            connections.give_back(connection)

    async def come(unit: Unit) -> None:
        await asyncio.sleep(unit.comes / 1000)
        PRESENT.set(unit)
        async with asyncio.timeout(None if unit.cut_short is None else unit.cut_short / 1000):
            await stacks.run(use)

    found = await asyncio.gather(*map(come, units), return_exceptions=True)
    for error in found:
        if not isinstance(error, (ConnectionRefusedError, PoolTimeout, TimeoutError, type(None))):
            raise error
    assert not connections.idle
    assert connections.in_use == 0
    # Every place is still there: as many as there are can be had at once.
    PRESENT.set(Unit(comes=0, at_once=True, opening=1, opens=True, holds=0, ends="well", cut_short=None))
    assert len({await stacks.run(connections.take) for _ in range(size)}) == connections.in_use == size
    stacks.close()


ENDS: dict[str, Callable[[Connections, Any], None]] = {
    "well": lambda _connections, _connection: None,
    "broken": lambda _connections, connection: connection.invalidate(),
    "lost": lambda connections, connection: connections.lost(connection, RuntimeError()),
    "renewed": lambda connections, _connection: connections.renew(),
}

milliseconds = st.sampled_from([0, 1, 2, 5, 24, 25, 26, 30, 60])
units = st.builds(
    Unit,
    comes=st.sampled_from([0, 0, 0, 1, 2, 5, 25, 30]),
    at_once=st.sampled_from([False, False, True]),
    opening=st.sampled_from([0, 1, 3, 30]),
    opens=st.sampled_from([True, True, True, True, False]),
    holds=milliseconds,
    ends=st.sampled_from(["well", "well", "well", "well", "broken", "lost", "renewed"]),
    cut_short=st.one_of(st.none(), st.none(), milliseconds),
)


@settings(max_examples=600, deadline=None)
@given(
    size=st.integers(1, 8),
    patience=st.sampled_from([0, 0.001, 0.02, 0.025, 0.026, 0.05, 3.0]),
    units=st.lists(units, min_size=1, max_size=30),
)
def test_connections_pass_from_hand_to_hand_in_turn_and_every_place_is_kept(
    size: int, patience: float, units: list[Unit]
):
    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(evening(size, patience, units))
