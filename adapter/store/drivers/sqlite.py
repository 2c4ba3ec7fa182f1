"""SQLite by aiosqlite, which keeps a thread for each connection."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import md5
from pathlib import Path
from sqlite3 import Error, IntegrityError
from typing import Any
from uuid import UUID

from sqlalchemy.engine import URL
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.util import await_only

from adapter.store.drivers.base import DatabaseSettings, Verdict, say

_LOOKS = 20_000
"""Steps of the database's machine between two looks at the clock."""


def address(url: URL) -> URL:
    """See Driver: a file that is not there is not made, or a wrong path would look like an empty restaurant."""
    file = Path(url.database or "").absolute()
    return url.set(
        drivername="sqlite+aiosqlite",
        database=f"file:{file.as_uri().removeprefix('file://')}",
        query={"mode": str(url.query.get("mode", "rw")), "uri": "true"},
    )


def arguments(settings: DatabaseSettings, url: URL) -> Mapping[str, Any]:  # noqa: ARG001 -- see Driver
    """See Driver."""
    return {"timeout": settings.lock_timeout}


def opened(connection: Any, info: dict[Any, Any], settings: DatabaseSettings, url: URL) -> None:  # noqa: ARG001 -- see Driver
    """See Driver."""
    limit = info["limit"] = _Limit(settings.statement_timeout)
    driver = connection.driver_connection
    await_only(driver.set_progress_handler(limit.passed, _LOOKS))
    await_only(driver.create_function("md5", 1, _md5, deterministic=True))
    say(connection, "PRAGMA foreign_keys = ON", "PRAGMA synchronous = FULL", "PRAGMA query_only = ON")


class _Limit:
    """Ends a statement of one connection that runs too long. Nobody else can: there is no server."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until = 0.0

    def begin(self) -> None:
        self._until = time.monotonic() + self._seconds

    def passed(self) -> int:
        return time.monotonic() > self._until


def run(connection: PoolProxiedConnection, sql: str, values: Sequence[Any]) -> list[Any]:
    """See Driver."""
    driver: Any = connection.driver_connection
    connection.info["limit"].begin()
    return list(await_only(driver.execute_fetchall(sql, _sent(values))))


def change(
    connection: PoolProxiedConnection, sql: str, values: Sequence[Any], *, once: bool = False
) -> tuple[int, list[Any]]:
    """See Driver."""
    driver: Any = connection.driver_connection
    connection.info["limit"].begin()

    async def touched() -> tuple[int, list[Any]]:
        async with driver.execute(sql, _sent(values)) as cursor:
            rows = list(await cursor.fetchall())
            return len(rows) if cursor.description is not None else cursor.rowcount, rows

    try:
        answer: tuple[int, list[Any]] = await_only(touched())
    except IntegrityError as error:
        if once and verdict(error).kind == "duplicate":
            return 0, []
        raise
    return answer


def define(connection: PoolProxiedConnection, sql: str) -> None:
    """See Driver."""
    change(connection, sql, ())


def begin(connection: PoolProxiedConnection) -> None:
    """See Driver: nobody else may write until it ends, and what is read is as it stands now."""
    _control(connection, ("PRAGMA query_only = OFF", "BEGIN IMMEDIATE"), None)


def commit(connection: PoolProxiedConnection, patience: float) -> None:
    """See Driver."""
    _control(connection, ("COMMIT", "PRAGMA query_only = ON"), patience)


def roll_back(connection: PoolProxiedConnection) -> None:
    """See Driver; an error may have ended the transaction already."""
    driver: Any = connection.driver_connection
    undo = ("ROLLBACK",) if driver.in_transaction else ()
    _control(connection, (*undo, "PRAGMA query_only = ON"), None)


def prepare(connection: PoolProxiedConnection, sql: str, types: Sequence[str]) -> Sequence[str]:  # noqa: ARG001 -- there are none
    """See Driver: names are checked; there are no types."""
    driver: Any = connection.driver_connection
    await_only(driver.execute_fetchall(f"EXPLAIN {sql}", [None] * sql.count("?")))
    return ()


def column_types(connection: PoolProxiedConnection, sql: str, values: Sequence[Any]) -> list[str]:
    """See Driver: any value may stand in any column."""
    driver: Any = connection.driver_connection
    connection.info["limit"].begin()

    async def types() -> list[str]:
        async with driver.execute(sql, _sent(values)) as cursor:
            return ["any" for _ in cursor.description or ()]

    found: list[str] = await_only(types())
    return found


def _control(connection: PoolProxiedConnection, statements: Sequence[str], patience: float | None) -> None:
    driver: Any = connection.driver_connection
    connection.info["limit"].begin()

    async def run_them() -> None:
        async with asyncio.timeout(patience):
            for statement in statements:
                await driver.execute_fetchall(statement)

    await_only(run_them())


def _sent(values: Sequence[Any]) -> list[Any]:
    return [_value(value) for value in values]


def _value(value: Any) -> Any:
    """A value in one of the five forms that there are."""
    match value:
        case Decimal():
            near = float(value)
            # A float holds fifteen digits as they are; an amount that has more is better off as a text.
            return near if Decimal(repr(near)) == value else format(value, "f")
        case UUID():
            return str(value)
        case datetime():
            local = value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)
            return local.isoformat(sep=" ")
        case date():
            return value.isoformat()
        case list() | tuple():
            return json.dumps([_value(each) for each in value], ensure_ascii=False)
    return value


def _md5(text: Any) -> str | None:
    return None if text is None else md5(str(text).encode(), usedforsecurity=False).hexdigest()


_KINDS = {
    "SQLITE_BUSY": "busy",
    "SQLITE_LOCKED": "busy",
    "SQLITE_INTERRUPT": "slow",
    "SQLITE_CANTOPEN": "gone",
    "SQLITE_IOERR": "gone",
    "SQLITE_NOTADB": "login",
    "SQLITE_CORRUPT": "other",
    "SQLITE_PERM": "login",
    "SQLITE_AUTH": "login",
    "SQLITE_PROTOCOL": "busy",
    "SQLITE_SCHEMA": "busy",
}


def verdict(error: BaseException) -> Verdict:
    """See Driver: by SQLite's own name, and where that is no more than "error", by how its sentence begins."""
    name = str(getattr(error, "sqlite_errorname", "") or "")
    if not isinstance(error, Error) or not name:
        return Verdict("gone" if "closed" in str(error) else "unasked", type(error).__name__)
    if name in ("SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_ROWID"):
        return Verdict("duplicate", name)
    sentence = str(error)
    if name == "SQLITE_ERROR" and (sentence.startswith("no such") or "has no column named" in sentence):
        return Verdict("mismatch", sentence)  # it quotes a name, never a value
    known = next((kind for start, kind in _KINDS.items() if name == start or name.startswith(f"{start}_")), "other")
    return Verdict(known, name)  # type: ignore[arg-type]
