"""Keeps connections at hand that the pool has given out, and hands them from one unit to the next. Knows no SQL.

The pool opens, counts and throws away. To give one out and take it back costs it 15 µs of an answer of 350, so one
that is well stays out: it goes to whoever waits longest, or lies ready for the next (docs/decisions.md).
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import deque
from typing import TypeAlias

from sqlalchemy.engine import Engine
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import PoolProxiedConnection, QueuePool
from sqlalchemy.util import await_only

from adapter.errors import Bug

_FEW = 4
"""Reads that run at once as long as they are quick. More would be in each other's way: who asks for them is one thread."""
_SOON = 0.025
"""Seconds in which a quick read has ended, and those that waited before."""


class Connections:
    """The connections to one database; used from units on stacks that may wait (`adapter.store.stacks`)."""

    def __init__(self, engine: Engine) -> None:
        """As many are open at once, and waited for as long, as the engine's pool says."""
        pool = engine.pool
        self._engine = engine
        # SQLite in memory has a pool of one connection that everybody shares.
        self._size = pool.size() if isinstance(pool, QueuePool) else sys.maxsize
        self._patience = pool.timeout() if isinstance(pool, QueuePool) else 0.0
        self._soon = min(_SOON, self._patience)
        self._few = _FEW if isinstance(pool, QueuePool) else sys.maxsize
        self._ready: list[PoolProxiedConnection] = []
        """Well and used by nobody; the last to come back is the first to go."""
        self._out = 0
        """How many units have one, or are being given one by the pool."""
        self._lent: set[PoolProxiedConnection] = set()
        """Those that units have: one given back twice would be two units' at once."""
        self._waiting: deque[_Place] = deque()
        self._lost_at = 0.0

    @property
    def in_use(self) -> int:
        """How many are answering something now."""
        return self._out

    def take(self, *, at_once: bool = True) -> PoolProxiedConnection:
        """A connection that nobody else has, opened after the last one was lost: those from before are gone too.

        Where a few are in use already, whoever needs none `at_once` waits a moment for one of these first. Every one must be
        given back. Raises the driver's or SQLAlchemy's errors, TimeoutError of the pool's among them.
        """
        connection = None
        if not at_once and self._few <= self._out < self._size:
            connection = self._wait(for_few=True)
        elif self._ready:
            connection = self._ready.pop()
            self._out += 1
        elif self._out < self._size:
            self._out += 1
        else:
            connection = self._wait()
        # Whatever happens from here on, it has a place, which is given back or passed on.
        try:
            while connection is None or connection.info.setdefault("opened", time.monotonic()) < self._lost_at:
                if connection is not None:
                    connection.invalidate()
                    connection.close()
                    connection = None
                connection = self._engine.raw_connection()
        except BaseException:
            self._pass_on(None)
            raise
        self._lent.add(connection)
        return connection

    def give_back(self, connection: PoolProxiedConnection) -> None:
        """Hand it to whoever waits longest; one that was thrown away goes back to the pool, which opens another.

        Raises Bug for one that nobody had.
        """
        if connection not in self._lent:
            raise Bug("a connection was given back that nobody had")
        self._lent.remove(connection)
        if connection.is_valid:
            self._pass_on(connection)
        else:
            try:
                connection.close()
            finally:
                self._pass_on(None)

    def lost(self, connection: PoolProxiedConnection, error: BaseException) -> None:
        """Throw a connection away, and with it those that were opened before: they are gone too. It is still given back."""
        connection.invalidate(error)
        self._lost_at = time.monotonic()

    def renew(self) -> None:
        """Throw every connection away that is open now, each when it is next asked for."""
        self._lost_at = time.monotonic()

    def close(self) -> None:
        """Close all that nobody uses."""
        ready, self._ready = self._ready, []
        for connection in ready:
            connection.close()
        self._engine.dispose()

    def _wait(self, *, for_few: bool = False) -> PoolProxiedConnection | None:
        """Wait for a place: with the connection that had it, or None where that is gone and another must be opened.

        With `for_few` there are free ones too, of which one will do after a moment.
        """
        loop = asyncio.get_running_loop()
        place: _Place = loop.create_future()
        self._waiting.append(place)
        timer = (
            loop.call_later(self._soon, self._one_more, place)
            if for_few
            else loop.call_later(self._patience, _give_up, place)
        )
        try:
            found = await_only(place)
        except asyncio.CancelledError:
            if not place.cancelled() and not isinstance(late := place.result(), _NoneLeft):
                self._pass_on(late)  # it came just too late for whoever waited
            raise
        finally:
            timer.cancel()
        if isinstance(found, _NoneLeft):
            raise PoolTimeout("all connections are in use")
        return found

    def _one_more(self, place: _Place) -> None:
        """Those in use are not quick: give whoever waits another, if there is one left by now.

        Those before in the queue come first: where a clock is coarse, they are due at the same moment.
        """
        while not place.done() and self._out < self._size:
            self._out += 1
            self._pass_on(self._ready.pop() if self._ready else None)
        if not place.done():
            timer = asyncio.get_running_loop().call_later(self._patience - self._soon, _give_up, place)
            place.add_done_callback(lambda _: timer.cancel())

    def _pass_on(self, connection: PoolProxiedConnection | None) -> None:
        """Give a place to whoever waits longest, with its connection if it is well."""
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(connection)
                return
        self._out -= 1
        if connection is not None:
            self._ready.append(connection)


class _NoneLeft:
    """Who waited gets no place. A result and no error: an error that a future keeps holds the frame that holds the future."""


_Place: TypeAlias = "asyncio.Future[PoolProxiedConnection | _NoneLeft | None]"


def _give_up(place: _Place) -> None:
    if not place.done():
        place.set_result(_NoneLeft())
