"""Runs a unit of reading on one connection: pooled, retried where that can help, its errors translated once.

A unit is a synchronous function, run from asyncio at one point, so that it reads as one function and can be repeated
as a whole. Knows nothing of restaurants.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import PoolProxiedConnection
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_random

from adapter.errors import AdapterError, DatabaseBusy, DatabaseUnavailable, MappingMismatch, StoreError, TooSlow
from adapter.events import Emit, StatementRun
from adapter.mapping.plans import Plan
from adapter.store.engines import column_types, run
from adapter.store.stacks import Stacks

Answer = TypeVar("Answer")
Row = Sequence[Any]

_BUSY = frozenset({"40001", "40P01", "53300", "55P03"})
_MISMATCH = frozenset({"42501", "42703", "42883", "42P01", "42804"})
_UNAVAILABLE = frozenset({"0A000", "57P01", "57P02", "57P03"})
"""The connection cannot be used any more. 0A000 is a prepared statement whose tables were altered by an update."""
_ATTEMPTS = 3
_CLOSE_PATIENCE = 12.0


class Reader:
    """One connection, for the time of one unit."""

    def __init__(self, connection: PoolProxiedConnection, emit: Emit | None) -> None:
        self._connection = connection
        self._emit = emit

    def rows(self, plan: Plan, parameters: Mapping[str, Any]) -> list[Row]:
        """Run a plan's statement and give its rows."""
        started = time.perf_counter()
        values = [parameters[name] if name in parameters else plan.constants[name] for name in plan.names]
        found = run(self._connection, plan.driver, values)
        if self._emit is not None:
            spent = (time.perf_counter() - started) * 1000
            self._emit(StatementRun(name=plan.name, sql=plan.shown, rows=len(found), milliseconds=spent))
        return found

    def types(self, plan: Plan) -> list[str]:
        """The types of the columns that a statement would give."""
        return column_types(self._connection, plan.driver, [plan.constants[name] for name in plan.names])


class Database:
    """The pool of connections, and the only way to it."""

    def __init__(self, engine: AsyncEngine, emit: Emit | None = None) -> None:
        """`emit` is told of every statement; None where nobody listens, which is cheaper."""
        self._engine = engine
        self._emit = emit
        self._stacks = Stacks()
        self._active = 0
        self._lost_at = 0.0
        self._idle = asyncio.Event()
        self._idle.set()

    async def read(self, unit: Callable[[Reader], Answer]) -> Answer:
        """Run a unit; once more, on another connection, when the first was lost or somebody was in the way.

        Raises StoreError or MappingMismatch, never a driver's own error.
        """
        self._active += 1
        self._idle.clear()
        try:
            return await self._read(unit)
        finally:
            self._active -= 1
            if not self._active:
                self._idle.set()

    async def _read(self, unit: Callable[[Reader], Answer]) -> Answer:
        # Outside tenacity, whose loop adds 16 µs to a read, and nearly every read succeeds at once.
        try:
            return await self._stacks.run(lambda: self._run(unit))
        except StoreError as error:
            if not error.retryable:
                raise
        async for attempt in AsyncRetrying(
            stop=stop_after_attempt(_ATTEMPTS - 1),
            wait=wait_random(0.01, 0.1),
            retry=retry_if_exception(lambda error: isinstance(error, StoreError) and error.retryable),
            reraise=True,
        ):
            with attempt:
                return await self._stacks.run(lambda: self._run(unit))
        raise DatabaseUnavailable("the database does not answer")

    async def inspect(self, unit: Callable[[Connection], Answer]) -> Answer:
        """Run a unit that needs SQLAlchemy's own connection, to look at the schema."""

        def run() -> Answer:
            try:
                with self._engine.sync_engine.connect() as connection:
                    return unit(connection)
            except (SQLAlchemyError, self._driver_error) as error:
                raise translate(error) from None

        return await self._stacks.run(run)

    async def close(self) -> None:
        """Close every connection, those in use once they have come back.

        A unit whose caller has gone is cancelled but lives until the server has agreed, which takes psycopg up to ten
        seconds when the server is frozen.
        """
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), _CLOSE_PATIENCE)
        await self._engine.dispose()

    def _run(self, unit: Callable[[Reader], Answer]) -> Answer:
        # The pool's connection is used below SQLAlchemy's statement layer: the statements are made and fixed already,
        # and the layer would add a quarter to the time of every answer (docs/decisions.md).
        try:
            connection = self._fresh_connection()
        except (SQLAlchemyError, self._driver_error) as error:
            raise translate(error) from None
        try:
            return unit(Reader(connection, self._emit))
        except self._driver_error as error:
            translated = translate(error)
            if isinstance(translated, DatabaseUnavailable):
                connection.invalidate(error)
                self._lost_at = time.monotonic()
            raise translated from None
        finally:
            connection.close()

    def _fresh_connection(self) -> PoolProxiedConnection:
        """A connection from the pool that was opened after the last one was lost: those from before are gone too."""
        while True:
            connection = self._engine.sync_engine.raw_connection()
            if connection.info.setdefault("opened", time.monotonic()) >= self._lost_at:
                return connection
            connection.invalidate()
            connection.close()

    @property
    def _driver_error(self) -> type[Exception]:
        found: type[Exception] = self._engine.dialect.loaded_dbapi.Error
        return found


def translate(error: BaseException) -> AdapterError:
    """A driver's error as one of ours, by its SQLSTATE. Nothing of its text is kept: it may quote values."""
    if isinstance(error, PoolTimeout):
        return DatabaseBusy("all connections to the database are in use")
    original = getattr(error, "orig", None) or error
    state = getattr(original, "sqlstate", None)
    if state is None:
        # Without a state the server has said nothing: the connection is gone, or the driver refused what it was given.
        if type(original).__name__ in ("InterfaceError", "OperationalError"):
            return DatabaseUnavailable("the database cannot be reached")
        return StoreError(f"the database cannot be asked this ({type(original).__name__})")
    if state in _UNAVAILABLE or state.startswith("08"):
        return DatabaseUnavailable("the database cannot be reached")
    if state.startswith("28") or state == "3D000":
        return DatabaseUnavailable(
            "the database refuses the user, password or database name",
            hint="check [database] url: it can be tried with psql",
        )
    if state in _BUSY:
        return DatabaseBusy("the database is busy")
    if state == "57014":
        return TooSlow("the database took too long")
    if state in _MISMATCH:
        return MappingMismatch(
            f"the mapping does not fit the database (SQLSTATE {state})",
            hint="was the EPOS updated? restart the adapter",
        )
    return StoreError(f"the database reports an error (SQLSTATE {state})")
