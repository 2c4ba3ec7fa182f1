"""Runs a unit of reading on one connection: pooled, retried where that can help, its errors translated once.

A unit is a synchronous function, run from asyncio at one point, so that it reads as one function and can be repeated
as a whole. Knows nothing of restaurants.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from adapter.errors import AdapterError, DatabaseBusy, DatabaseUnavailable, MappingMismatch, StoreError, TooSlow
from adapter.events import Emit
from adapter.mapping.plans import Plan
from adapter.store.connections import Connections
from adapter.store.drivers import driver_of, verdict_on
from adapter.store.drivers.base import Verdict
from adapter.store.health import Health
from adapter.store.stacks import Stacks
from adapter.store.units import Reader, Writer
from adapter.store.writing import Writing

Answer = TypeVar("Answer")

_ATTEMPTS = 3
_PAUSE = (0.01, 0.1)
"""Seconds between two of them: anything between these."""
_NOTHING = Plan(name="health", shown="SELECT 1", driver="SELECT 1", branches=())
_CLOSE_PATIENCE = 12.0


class Database:
    """The pool of connections, and the only way to it."""

    def __init__(
        self,
        engine: Engine,
        emit: Emit | None = None,
        *,
        write_patience: float = 20.0,
        health: Health | None = None,
    ) -> None:
        """`emit` is told of every statement; None where nobody listens, which is cheaper.

        For `write_patience` seconds a change is tried again while the database is busy or away. `health` is told whether
        the database answers.
        """
        self._engine = engine
        self.connections = Connections(engine)
        self.health = Health(None) if health is None else health
        self.when_altered: Callable[[], None] = _nobody_minds
        """Called when the tables of a statement turn out to have been altered; who asked is answered all the same."""
        self._write_patience = write_patience
        self._emit = emit
        self.stacks = Stacks()
        self.driver = driver_of(engine.dialect.name)
        self._active = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def read(self, unit: Callable[[Reader], Answer]) -> Answer:
        """Run a unit; once more, on another connection, when the first was lost or somebody was in the way.

        Raises StoreError or MappingMismatch, never a driver's own error.
        """
        self._begun()
        try:
            answer = await self._read(unit)
        except DatabaseUnavailable as error:
            self.health.failed(error)
            raise
        finally:
            self._ended()
        self.health.answered()
        return answer

    async def write(
        self, unit: Callable[[Writer], Answer], *, even_unheard: bool = True, insists: bool = True
    ) -> Answer:
        """Run a unit in one transaction, again as a whole when it was lost or in somebody's way; see `ports.Store`.

        What it answers is durable. Raises what `read` raises, and OutcomeUnknown.
        """
        self._begun()
        writing = Writing(self, unit, self._emit, self._write_patience, even_unheard=even_unheard, insists=insists)
        try:
            answer: Answer = await writing.answer(self._ended)
        except DatabaseUnavailable as error:
            self.health.failed(error)
            raise
        self.health.answered()
        return answer

    async def is_there(self) -> None:
        """Ask the database for nothing; raises StoreError where it does not answer."""
        await self.read(lambda reader: reader.rows(_NOTHING, {}))

    @property
    def in_use(self) -> int:
        """How many connections are answering something now."""
        return self.connections.in_use

    def _begun(self) -> None:
        self._active += 1
        self._idle.clear()

    def _ended(self) -> None:
        self._active -= 1
        if not self._active:
            self._idle.set()

    async def _read(self, unit: Callable[[Reader], Answer]) -> Answer:
        # Without tenacity: its loop adds 16 µs to a read, and leaves fifty objects that hold each other until somebody looks
        # for garbage, which was half of what a flood of refusals costs in memory.
        for left in reversed(range(_ATTEMPTS)):
            try:
                return await self.stacks.run(lambda: self._run(unit))
            except StoreError as error:
                if not error.retryable or not left:
                    raise
            await asyncio.sleep(random.uniform(*_PAUSE))  # noqa: S311 - so that those who fail together return apart
        raise DatabaseUnavailable("the database does not answer")

    async def inspect(self, unit: Callable[[Connection], Answer]) -> Answer:
        """Run a unit that needs SQLAlchemy's own connection, to look at the schema."""

        def run() -> Answer:
            try:
                taken = self.connections.take()
                try:
                    with Connection(self._engine, taken) as connection:
                        return unit(connection)
                finally:
                    self.connections.give_back(taken)
            except (SQLAlchemyError, self.driver_error) as error:
                raise translate(error) from None

        return await self.stacks.run(run)

    async def close(self) -> None:
        """Close every connection, those in use once they have come back.

        A unit whose caller has gone is cancelled but lives until the server has agreed, which takes psycopg up to ten
        seconds when the server is frozen.
        """
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), _CLOSE_PATIENCE)
        await self.stacks.run(self.connections.close)
        self.stacks.close()

    def _run(self, unit: Callable[[Reader], Answer]) -> Answer:
        # The pool's connection is used below SQLAlchemy's statement layer: the statements are made and fixed already,
        # and the layer would add a quarter to the time of every answer (docs/decisions.md).
        try:
            connection = self.connections.take(at_once=False)
        except (SQLAlchemyError, self.driver_error) as error:
            raise translate(error) from None
        try:
            return unit(Reader(connection, self.driver, self._emit))
        except self.driver_error as error:
            translated = self.translate(error)
            if isinstance(translated, DatabaseUnavailable):
                self.connections.lost(connection, error)
            raise translated from None
        except asyncio.CancelledError:
            # Cut short in the middle of a question: its answer, or silence, is not for the next one.
            connection.invalidate()
            raise
        finally:
            self.connections.give_back(connection)

    def translate(self, error: BaseException) -> AdapterError:
        """A driver's error as one of ours; tables that were altered are told of."""
        if _verdict(error).kind == "altered":
            self.when_altered()
        return translate(error)

    @property
    def driver_error(self) -> type[Exception]:
        """What the driver raises."""
        found: type[Exception] = self._engine.dialect.loaded_dbapi.Error
        return found


def translate(error: BaseException) -> AdapterError:
    """A driver's error as one of ours. Nothing of its text is kept: it may quote values."""
    if isinstance(error, PoolTimeout):
        return DatabaseBusy("all connections to the database are in use")
    kind, code = _verdict(error)
    match kind:
        case "busy":
            return DatabaseBusy("the database is busy")
        case "altered" | "gone":
            return DatabaseUnavailable("the database cannot be reached")
        case "login":
            return DatabaseUnavailable(
                "the database refuses the user, password or database name",
                hint="check [database] url: try it with psql, mariadb or sqlcmd",
            )
        case "mismatch":
            return MappingMismatch(
                f"the mapping does not fit the database ({code})",
                hint="was the EPOS updated? epos-adapter check lists what does not fit",
            )
        case "slow":
            return TooSlow("the database took too long")
        case "unasked":
            return StoreError(f"the database cannot be asked this ({code})")
    return StoreError(f"the database reports an error ({code})")


def _verdict(error: BaseException) -> Verdict:
    """What the driver makes of an error, which SQLAlchemy may have wrapped."""
    return verdict_on(getattr(error, "orig", None) or error)


def _nobody_minds() -> None:
    """For a database whose statements nobody has fitted to it."""
