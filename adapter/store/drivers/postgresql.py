"""PostgreSQL by psycopg."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct
from psycopg import AsyncRawCursor, DataError, InterfaceError, OperationalError
from psycopg.adapt import Loader
from sqlalchemy.engine import URL
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.util import await_only

from adapter.store.drivers.base import DatabaseSettings, Verdict

_numbers = itertools.count(1)


class _Asked(Struct):
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


def address(url: URL) -> URL:
    """See Driver."""
    return url.set(drivername="postgresql+psycopg_async")


def arguments(settings: DatabaseSettings, url: URL) -> Mapping[str, Any]:  # noqa: ARG001 -- see Driver
    """See Driver."""
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
        # Of a network that is dead nobody tells; without this, Linux waits for a quarter of an hour. Other systems ignore it.
        "tcp_user_timeout": round(settings.statement_timeout * 2000),
        # A question that has arrived leaves nothing that is not acknowledged: whoever only waits must ask for a sign of life.
        "keepalives_idle": max(1, round(settings.statement_timeout)),
        "keepalives_interval": max(1, round(settings.statement_timeout)),
    }


def opened(connection: Any, info: dict[Any, Any], settings: DatabaseSettings, url: URL) -> None:
    """See Driver: everything was said to open it."""


def run(connection: PoolProxiedConnection, sql: str, values: Sequence[Any]) -> list[Any]:
    """See Driver.

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


def change(
    connection: PoolProxiedConnection,
    sql: str,
    values: Sequence[Any],
    *,
    once: bool = False,  # noqa: ARG001 -- ON CONFLICT says it, for a failed statement would spoil the transaction
) -> tuple[int, list[Any]]:
    """See Driver."""
    driver: Any = connection.driver_connection

    async def touched() -> tuple[int, list[Any]]:
        async with AsyncRawCursor(driver) as cursor:
            await cursor.execute(sql, values)
            return cursor.rowcount, await cursor.fetchall() if cursor.description is not None else []

    answer: tuple[int, list[Any]] = await_only(touched())
    return answer


def define(connection: PoolProxiedConnection, sql: str) -> None:
    """See Driver."""
    change(connection, sql, ())


def begin(connection: PoolProxiedConnection) -> None:
    """See Driver."""
    _control(connection, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", None)


def commit(connection: PoolProxiedConnection, patience: float) -> None:
    """See Driver."""
    _control(connection, "COMMIT", patience)


def roll_back(connection: PoolProxiedConnection) -> None:
    """See Driver."""
    _control(connection, "ROLLBACK", None)


def prepare(connection: PoolProxiedConnection, sql: str, types: Sequence[str]) -> Sequence[str]:
    """See Driver."""
    listed = f" ({', '.join(types)})" if types else ""
    # A name of its own each time: one that was left behind by a question cut short is in nobody's way.
    name = f"epos_adapter_check_{next(_numbers)}"
    _control(connection, f"PREPARE {name}{listed} AS {sql}", None)
    taken = "SELECT unnest(parameter_types::text[]) FROM pg_prepared_statements WHERE name = $1"
    found = [str(row[0]) for row in run(connection, taken, (name,))] if types else []
    _control(connection, f"DEALLOCATE {name}", None)
    return found


def _control(connection: PoolProxiedConnection, sql: str, patience: float | None) -> None:
    driver: Any = connection.driver_connection

    async def run_it() -> None:
        async with AsyncRawCursor(driver) as cursor, asyncio.timeout(patience):
            # Never prepared: these are few, and must work on a connection that has just come up.
            await cursor.execute(sql, prepare=False)

    await_only(run_it())


def column_types(connection: PoolProxiedConnection, sql: str, values: Sequence[Any]) -> list[str]:
    """See Driver."""
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


_BUSY = frozenset({"40001", "40P01", "53300", "55P03"})
_MISMATCH = frozenset({"42501", "42703", "42883", "42P01", "42804"})
_UNAVAILABLE = frozenset({"57P01", "57P02", "57P03"})
_ALTERED = "0A000"
"""A prepared statement would give columns of other types than when it was prepared; another connection prepares it anew."""


def verdict(error: BaseException) -> Verdict:
    """See Driver: by SQLSTATE."""
    state = getattr(error, "sqlstate", None)
    name = type(error).__name__
    if state is None:
        # Without a state the server has said nothing: the connection is gone, or the driver refused what it was given.
        return Verdict("gone" if isinstance(error, (InterfaceError, OperationalError)) else "unasked", name)
    code = f"SQLSTATE {state}"
    if state in _UNAVAILABLE or state.startswith("08"):
        return Verdict("gone", code)
    if state.startswith("28") or state == "3D000":
        return Verdict("login", code)
    if state == _ALTERED:
        return Verdict("altered", code)
    if state in _BUSY:
        return Verdict("busy", code)
    if state in _MISMATCH:
        return Verdict("mismatch", code)
    return Verdict({"23505": "duplicate", "42P18": "untyped", "57014": "slow"}.get(state, "other"), code)  # type: ignore[arg-type]
