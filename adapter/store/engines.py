"""How each database engine is connected to. The only file that knows drivers. Knows nothing of what is read."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncRawCursor, DataError
from psycopg.adapt import Loader
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.util import await_only

from adapter.errors import AdapterError
from adapter.mapping.engines import ENGINES, Engine

_numbers = itertools.count(1)
_DRIVERS = {"postgresql": "postgresql+psycopg"}


@dataclass(slots=True)
class _Asked:
    """What a connection remembers of a text that it has run."""

    text: bytes
    """As it is sent."""
    cursor: AsyncRawCursor[Any] | None = None
    """Run again by the same cursor, a text finds what reads each of its columns already known, which is a tenth of the
    time of a small read."""
    binary: bool | None = None
    """Whether its answers may come as the server holds them. Written out as text by the server and read back here, the
    numbers and times of a thousand bills take a tenth of the whole answer. None before the first one has told its types."""


_MOST_KEPT = 100
"""Texts remembered for each connection; as many statements psycopg keeps prepared."""
_BINARY = frozenset({16, 20, 21, 23, 25, 701, 1043, 1082, 1114, 1184, 1700, 2950})
"""The types (OIDs of pg_type) whose binary form psycopg reads as the same values as their text: bool, int8, int2, int4,
text, float8, varchar, date, timestamp, timestamptz, numeric, uuid. Not float4, whose binary form has digits that its text
has not, and not types that psycopg does not know, which come as bytes."""
_SMALL = 1000
"""Rows of an answer whose cursor is kept, for it holds the answer until it runs again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSettings:
    """How the database is reached. All times in seconds."""

    url: str
    pool_size: int = 8
    pool_timeout: float = 3.0
    """Longest wait for a free connection."""
    connect_timeout: float = 5.0
    statement_timeout: float = 5.0
    """Longest a statement may run; the database itself ends it then."""
    lock_timeout: float = 2.0
    """Longest a statement may wait for somebody else."""
    write_patience: float = 20.0
    """How long a change is tried again while the database is busy or away, and waited for while it is committed."""
    prepare: bool = True
    """Whether statements are prepared on the server; not behind a PgBouncer older than 1.21."""


def engine_of(url: str) -> Engine:
    """The engine that a database address names.

    Raises AdapterError when it is none, or one that this version does not run on.
    """
    try:
        name = make_url(url).get_backend_name()
    except (ArgumentError, ValueError):
        raise AdapterError(
            "the address of the database cannot be read",
            hint="write postgresql://user:password@host:5432/database, with %23 for # and %2F for / in a password",
        ) from None
    if name not in ENGINES:
        known = ", ".join(sorted(ENGINES))
        raise AdapterError(f"the engine {name} is not one this version runs on", hint=f"it runs on {known}")
    return ENGINES[name]


def connect(settings: DatabaseSettings) -> AsyncEngine:
    """An engine with a pool of connections; nothing is connected yet.

    Every statement stands alone (autocommit) and the session is read-only: what is answered comes from one statement,
    and so from one moment, and nothing that a mapping says can change the restaurant's data.
    """
    engine = engine_of(settings.url)
    return create_async_engine(
        make_url(settings.url).set(drivername=_DRIVERS[engine.name]),
        connect_args=_postgresql(settings),
        isolation_level="AUTOCOMMIT",
        max_overflow=0,
        pool_reset_on_return=None,
        pool_size=settings.pool_size,
        pool_timeout=settings.pool_timeout,
        hide_parameters=True,
    )


def run(connection: PoolProxiedConnection, sql: str, values: Sequence[Any]) -> list[Any]:
    """Run a prepared text on a connection from the pool and give its rows; to be called inside `Stacks.run`.

    The text goes to the server as it is: psycopg's other cursors would read through it for placeholders every time.
    """
    driver: Any = connection.driver_connection
    known: dict[str, _Asked] = connection.info.setdefault("asked", {})
    asked = known.pop(sql, None) or _Asked(sql.encode())
    cursor = asked.cursor or AsyncRawCursor(driver)
    try:
        rows: list[Any] = await_only(_rows(cursor, asked.text, values, binary=asked.binary is True))
    except DataError as error:
        if error.sqlstate is not None:
            raise
        # A time that Python has no value for, such as infinity, spoils the whole fetch; read again, it spoils its row.
        cursor = AsyncRawCursor(driver)
        for name in ("date", "timestamp", "timestamptz"):
            cursor.adapters.register_loader(name, _AsText)
        return await_only(_rows(cursor, asked.text, values, binary=False))
    if len(known) < _MOST_KEPT:
        asked.cursor = cursor if len(rows) <= _SMALL else None
        if asked.binary is None:
            asked.binary = all(column.type_code in _BINARY for column in cursor.description or ())
        known[sql] = asked
    return rows


def change(connection: PoolProxiedConnection, sql: str, values: Sequence[Any]) -> tuple[int, list[Any]]:
    """Run a statement that writes, and give how many rows it touched and those it returned."""
    driver: Any = connection.driver_connection

    async def touched() -> tuple[int, list[Any]]:
        async with AsyncRawCursor(driver) as cursor:
            await cursor.execute(sql, values)
            return cursor.rowcount, await cursor.fetchall() if cursor.description is not None else []

    answer: tuple[int, list[Any]] = await_only(touched())
    return answer


def begin(connection: PoolProxiedConnection) -> None:
    """Begin a transaction that may write, which the session by itself may not.

    Statements see what others have committed meanwhile: what is read after a row was waited for is as it stands then.
    """
    _control(connection, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", None)


def commit(connection: PoolProxiedConnection, patience: float) -> None:
    """Make it durable, waiting so many seconds for the server to say so; TimeoutError when it does not."""
    _control(connection, "COMMIT", patience)


def roll_back(connection: PoolProxiedConnection) -> None:
    """Undo it all."""
    _control(connection, "ROLLBACK", None)


def prepare(connection: PoolProxiedConnection, sql: str, types: Sequence[str]) -> None:
    """Have the server check a statement, its names and its types, without running it."""
    listed = f" ({', '.join(types)})" if types else ""
    # A name of its own each time: one that was left behind by a question cut short is in nobody's way.
    name = f"epos_adapter_check_{next(_numbers)}"
    _control(connection, f"PREPARE {name}{listed} AS {sql}", None)
    _control(connection, f"DEALLOCATE {name}", None)


def _control(connection: PoolProxiedConnection, sql: str, patience: float | None) -> None:
    driver: Any = connection.driver_connection

    async def run_it() -> None:
        async with AsyncRawCursor(driver) as cursor, asyncio.timeout(patience):
            # Never prepared: these are few, and must work on a connection that has just come up.
            await cursor.execute(sql, prepare=False)

    await_only(run_it())


def column_types(connection: PoolProxiedConnection, sql: str, values: Sequence[Any]) -> list[str]:
    """The types of the columns that a statement gives, by names that are the same for types that may share a column."""
    driver: Any = connection.driver_connection

    async def types() -> list[str]:
        async with AsyncRawCursor(driver) as cursor:
            await cursor.execute(sql, values)
            codes = [column.type_code for column in cursor.description or ()]
            return [str(_TEXT if code == _VARCHAR else code) for code in codes]

    return await_only(types())


_TEXT, _VARCHAR = 25, 1043
"""Texts of either type are the same to whoever reads them, and to a UNION."""


class _AsText(Loader):
    """Loads a value as the text that the server sent."""

    def load(self, data: Any) -> str:
        return bytes(data).decode()


async def _rows(cursor: AsyncRawCursor[Any], sql: bytes, values: Sequence[Any], *, binary: bool) -> list[Any]:
    # One wait instead of one for each call: measurable, with a read of a millisecond.
    await cursor.execute(sql, values, binary=binary)
    return await cursor.fetchall()


def _postgresql(settings: DatabaseSettings) -> dict[str, Any]:
    options = {
        "default_transaction_read_only": "on",
        # Compiling a statement of many branches costs more than running it.
        "jit": "off",
        "lock_timeout": f"{int(settings.lock_timeout * 1000)}ms",
        "statement_timeout": f"{int(settings.statement_timeout * 1000)}ms",
        "timezone": "UTC",
    }
    return {
        "application_name": "epos-adapter",
        "connect_timeout": max(1, round(settings.connect_timeout)),
        "options": " ".join(f"-c {name}={value}" for name, value in options.items()),
        "prepare_threshold": 1 if settings.prepare else None,
    }
