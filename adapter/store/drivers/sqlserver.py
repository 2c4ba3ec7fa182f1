"""SQL Server by aioodbc, with Microsoft's ODBC Driver 18. Wired as its documentation says, and never run by us.

SQL Server knows no session that may only read: give the adapter a login that may write only what `[record]` writes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pyodbc
from sqlalchemy.engine import URL
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.util import await_only

from adapter.store.drivers.base import DatabaseSettings, Verdict, control, say


def address(url: URL) -> URL:
    """See Driver."""
    query = {"driver": "ODBC Driver 18 for SQL Server", **url.query}
    return url.set(drivername="mssql+aioodbc", query=query)


def arguments(settings: DatabaseSettings, url: URL) -> Mapping[str, Any]:  # noqa: ARG001 -- see Driver
    """See Driver."""
    return {"timeout": max(1, round(settings.connect_timeout))}


def opened(connection: Any, info: dict[Any, Any], settings: DatabaseSettings, url: URL) -> None:  # noqa: ARG001 -- see Driver
    """See Driver."""
    say(
        connection,
        f"SET LOCK_TIMEOUT {int(settings.lock_timeout * 1000)}",
        "SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
        "SET XACT_ABORT OFF",
    )


def run(connection: PoolProxiedConnection, sql: str, values: Sequence[Any]) -> list[Any]:
    """See Driver."""
    return _asked(connection, sql, values)[1]


def change(
    connection: PoolProxiedConnection, sql: str, values: Sequence[Any], *, once: bool = False
) -> tuple[int, list[Any]]:
    """See Driver."""
    try:
        return _asked(connection, sql, values)
    except pyodbc.Error as error:
        if once and verdict(error).kind == "duplicate":
            return 0, []
        raise


def define(connection: PoolProxiedConnection, sql: str) -> None:
    """See Driver."""
    change(connection, sql, ())


def begin(connection: PoolProxiedConnection) -> None:
    """See Driver."""
    control(connection, "BEGIN TRANSACTION", None)


def commit(connection: PoolProxiedConnection, patience: float) -> None:
    """See Driver."""
    control(connection, "COMMIT TRANSACTION", patience)


def roll_back(connection: PoolProxiedConnection) -> None:
    """See Driver; an error may have ended the transaction already."""
    control(connection, "IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION", None)


def prepare(connection: PoolProxiedConnection, sql: str, types: Sequence[str]) -> Sequence[str]:  # noqa: ARG001 -- the server finds them
    """See Driver."""
    parts = sql.split("?")
    named = "".join([part + (f"@p{number}" if number < len(parts) - 1 else "") for number, part in enumerate(parts)])
    _asked(connection, "EXEC sp_describe_undeclared_parameters @tsql = ?", [named])
    return ()


def column_types(connection: PoolProxiedConnection, sql: str, values: Sequence[Any]) -> list[str]:
    """See Driver: which types may share a column nobody has tried, so none do."""
    driver: Any = connection.driver_connection

    async def types() -> list[str]:
        async with driver.cursor() as cursor:
            await cursor.execute(sql, *_sent(values))
            return ["" for _ in cursor.description or ()]

    found: list[str] = await_only(types())
    return found


def _asked(connection: PoolProxiedConnection, sql: str, values: Sequence[Any]) -> tuple[int, list[Any]]:
    driver: Any = connection.driver_connection

    async def rows() -> tuple[int, list[Any]]:
        async with driver.cursor() as cursor:
            await cursor.execute(sql, *_sent(values))
            if cursor.description is None:
                return cursor.rowcount, []
            found = [tuple(row) for row in await cursor.fetchall()]
            return len(found), found

    answer: tuple[int, list[Any]] = await_only(rows())
    return answer


def _sent(values: Sequence[Any]) -> list[Any]:
    return [_value(value) for value in values]


def _value(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None)
    if isinstance(value, (list, tuple)):
        return json.dumps([_value(each) for each in value], default=str)
    return value


_NUMBERS = {
    "1205": "busy",
    "1222": "busy",
    "2601": "duplicate",
    "2627": "duplicate",
    "18456": "login",
    "4060": "login",
    "207": "mismatch",
    "208": "mismatch",
    "229": "mismatch",
}
"""The server's own numbers, which stand in the sentence in brackets."""


def verdict(error: BaseException) -> Verdict:
    """See Driver: by SQLSTATE, and the server's number where one state means several things."""
    state = str(error.args[0]) if error.args else ""
    sentence = str(error.args[1]) if len(error.args) > 1 else ""
    for number, kind in _NUMBERS.items():
        if f"({number})" in sentence:
            return Verdict(kind, f"error {number}")  # type: ignore[arg-type]
    if state.startswith("08"):
        return Verdict("gone", f"SQLSTATE {state}")
    if state.startswith("28"):
        return Verdict("login", f"SQLSTATE {state}")
    kinds = {"40001": "busy", "42S02": "mismatch", "42S22": "mismatch", "HYT00": "slow", "HY008": "slow"}
    return Verdict(kinds.get(state, "other"), f"SQLSTATE {state}")  # type: ignore[arg-type]
