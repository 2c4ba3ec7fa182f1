"""MariaDB and MySQL by aiomysql.

Its protocol has no parameters for a statement that is sent as a text, so aiomysql writes each value into the text, with
quotes and backslashes as the session's own mode wants them. The mode and the character set are fixed here for that.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import aiomysql
from pymysql import converters
from pymysql.constants import FIELD_TYPE
from pymysql.err import IntegrityError
from sqlalchemy.engine import URL
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.util import await_only

from adapter.store.drivers.base import DatabaseSettings, Verdict, control, say

_MODE = "STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"
"""No ANSI_QUOTES and no NO_BACKSLASH_ESCAPES, which would give the texts of statements another meaning."""
_COMMIT = "COMMIT"


class _Cursor(aiomysql.Cursor):  # type: ignore[misc] # aiomysql has no types
    """A cursor that does not tell the server's warnings: they quote values, and cost a question of their own."""

    async def _show_warnings(self, conn: Any) -> None:
        """Tell nothing."""


def address(url: URL) -> URL:
    """See Driver."""
    return url.set(drivername=f"{url.get_backend_name()}+aiomysql")


def arguments(settings: DatabaseSettings, url: URL) -> Mapping[str, Any]:  # noqa: ARG001 -- see Driver
    """See Driver."""
    # A TIMESTAMP is a moment, told in the zone of the session; a DATETIME is what somebody's clock showed.
    aware = {**converters.decoders, FIELD_TYPE.TIMESTAMP: _moment}
    return {
        "autocommit": True,
        "charset": "utf8mb4",
        "connect_timeout": max(1, round(settings.connect_timeout)),
        "conv": aware,
        "cursorclass": _Cursor,
    }


def opened(connection: Any, info: dict[Any, Any], settings: DatabaseSettings, url: URL) -> None:  # noqa: ARG001 -- see Driver
    """See Driver."""
    _notice_a_dead_network(connection.driver_connection, settings.statement_timeout)
    limit, wait = settings.statement_timeout, max(1, int(settings.lock_timeout))
    is_mysql = url.get_backend_name() == "mysql"
    # With SIMULTANEOUS_ASSIGNMENT an UPDATE reads the row as it was, as it does everywhere else.
    mode = _MODE if is_mysql else f"{_MODE},SIMULTANEOUS_ASSIGNMENT"
    say(
        connection,
        f"SET SESSION sql_mode = '{mode}', time_zone = '+00:00', innodb_lock_wait_timeout = {wait}, "
        f"lock_wait_timeout = {wait}, div_precision_increment = 16, "
        + (f"max_execution_time = {int(limit * 1000)}" if is_mysql else f"max_statement_time = {limit}"),
        "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY",
    )


def _notice_a_dead_network(driver: Any, limit: float) -> None:
    """Of a network that is dead nobody tells: Linux would wait for a quarter of an hour, or for ever for an answer.

    Systems that cannot be told so are not. aiomysql has no setting for it, and keeps the socket to itself.
    """
    own = driver._writer.get_extra_info("socket")  # noqa: SLF001 -- as said above
    if own is None or own.family not in (socket.AF_INET, socket.AF_INET6):
        return
    seconds = max(1, round(limit))
    for name, value in (
        ("TCP_USER_TIMEOUT", 2 * seconds * 1000),
        ("TCP_KEEPIDLE", seconds),
        ("TCP_KEEPINTVL", seconds),
    ):
        if hasattr(socket, name):
            own.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def run(connection: PoolProxiedConnection, sql: str, values: Sequence[Any]) -> list[Any]:
    """See Driver."""
    driver: Any = connection.driver_connection

    async def rows() -> list[Any]:
        async with driver.cursor() as cursor:
            await cursor.execute(*_asked(sql, values))
            return list(await cursor.fetchall())

    found: list[Any] = await_only(rows())
    return found


def change(
    connection: PoolProxiedConnection, sql: str, values: Sequence[Any], *, once: bool = False
) -> tuple[int, list[Any]]:
    """See Driver: rows that were found count, changed or not, as SQLAlchemy asks for when it connects."""
    driver: Any = connection.driver_connection

    async def touched() -> tuple[int, list[Any]]:
        async with driver.cursor() as cursor:
            await cursor.execute(sql, _sent(values))
            rows = list(await cursor.fetchall()) if cursor.description is not None else []
            return len(rows) if cursor.description is not None else cursor.rowcount, rows

    try:
        answer: tuple[int, list[Any]] = await_only(touched())
    except IntegrityError as error:
        # Only the statement is undone, the transaction goes on.
        if once and verdict(error).kind == "duplicate":
            return 0, []
        raise
    return answer


def define(connection: PoolProxiedConnection, sql: str) -> None:
    """See Driver: it ends the transaction that it stands in, and is then at the mercy of the session."""
    control(connection, "SET SESSION TRANSACTION READ WRITE", None)
    try:
        control(connection, sql, None)
    finally:
        control(connection, "SET SESSION TRANSACTION READ ONLY", None)


def begin(connection: PoolProxiedConnection) -> None:
    """See Driver: the isolation is the session's."""
    control(connection, "START TRANSACTION READ WRITE", None)


def commit(connection: PoolProxiedConnection, patience: float) -> None:
    """See Driver."""
    try:
        control(connection, _COMMIT, patience)
    except aiomysql.Error as error:
        if verdict(error).kind == "slow":
            raise TimeoutError from None  # cut short while committing: nobody says on which side of it
        raise


def roll_back(connection: PoolProxiedConnection) -> None:
    """See Driver."""
    control(connection, "ROLLBACK", None)


def prepare(connection: PoolProxiedConnection, sql: str, types: Sequence[str]) -> Sequence[str]:  # noqa: ARG001 -- none are told
    """See Driver: names are checked, and not types."""
    driver: Any = connection.driver_connection
    questions = sql % (("?",) * (sql.replace("%%", "").count("%s")))
    is_inside = driver.get_transaction_status()
    if not is_inside:
        begin(connection)  # a session that may only read does not even prepare what writes
    try:
        control(connection, f"PREPARE epos_adapter_check FROM {driver.escape(questions)}", None)
        control(connection, "DEALLOCATE PREPARE epos_adapter_check", None)
    finally:
        if not is_inside:
            roll_back(connection)
    return ()


def column_types(connection: PoolProxiedConnection, sql: str, values: Sequence[Any]) -> list[str]:
    """See Driver."""
    driver: Any = connection.driver_connection

    async def types() -> list[str]:
        async with driver.cursor() as cursor:
            await cursor.execute(sql, _sent(values))
            return [_shared(*column[1:6]) for column in cursor.description or ()]

    found: list[str] = await_only(types())
    return found


_SHARING = frozenset(
    {
        FIELD_TYPE.DATE,
        FIELD_TYPE.DATETIME,
        FIELD_TYPE.DOUBLE,
        FIELD_TYPE.INT24,
        FIELD_TYPE.LONG,
        FIELD_TYPE.NEWDECIMAL,
        FIELD_TYPE.SHORT,
        FIELD_TYPE.TIMESTAMP,
        FIELD_TYPE.TINY,
    }
)
"""Types whose values are the same in a column that they share. Not texts, whose collations may be in each other's way,
and not whole numbers of 64 bits, which have no common type with those without a sign."""


def _shared(code: int, _shown: Any, _size: Any, precision: Any, scale: Any) -> str:
    if code not in _SHARING:
        return ""
    return f"{code}({precision},{scale})" if code == FIELD_TYPE.NEWDECIMAL else str(code)


def _asked(sql: str, values: Sequence[Any]) -> tuple[str, tuple[Any, ...]]:
    """A statement and its values; a list stands in it as (%s, %s), with as many places as it needs."""
    sent = _sent(values)
    if not any(isinstance(value, tuple) for value in sent):
        return sql, sent
    flat: list[Any] = []
    waiting = iter(sent)

    def places(found: re.Match[str]) -> str:
        return found[0] if found[0] == "%%" else _places(next(waiting), flat)

    return _PLACE.sub(places, sql), tuple(flat)


_PLACE = re.compile("%[%s]")


def _places(value: Any, flat: list[Any]) -> str:
    if isinstance(value, tuple):
        return f"({', '.join([_places(each, flat) for each in value])})"
    flat.append(value)
    return "%s"


def _sent(values: Sequence[Any]) -> tuple[Any, ...]:
    return tuple([_value(value) for value in values])


def _value(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None)
    if isinstance(value, (list, tuple)):
        return tuple([_value(each) for each in value])
    return value


def _moment(text: Any) -> Any:
    found = converters.convert_datetime(text)
    return found.replace(tzinfo=UTC) if isinstance(found, datetime) else found


_BUSY = frozenset({1020, 1040, 1203, 1205, 1213, 1226, 1317, 1412, 1615, 3572})
_GONE = frozenset(
    {1053, 1077, 1079, 1080, 1152, 1153, 1158, 1159, 1160, 1161, 1184, 1927, 2002, 2003, 2006, 2013, 2014, 2055}
)
_LOGIN = frozenset({1044, 1045, 1049, 1251, 1698, 1130, 1129, 4151})
_MISMATCH = frozenset({1054, 1064, 1109, 1142, 1143, 1146, 1267, 1270, 1271, 1305, 1370, 1582})
_OTHERS = {1062: "duplicate", 1586: "duplicate", 1969: "slow", 3024: "slow"}


def verdict(error: BaseException) -> Verdict:
    """See Driver: by the server's number."""
    number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    code = f"error {number}"
    if not number:
        # The driver itself speaks: its connection is closed, or it cannot say what it was given.
        name = type(error).__name__
        return Verdict("gone" if name in ("InterfaceError", "InternalError") else "unasked", name)
    if number in _GONE:
        return Verdict("gone", code)
    if number in _BUSY:
        return Verdict("busy", code)
    if number in _LOGIN:
        return Verdict("login", code)
    if number in _MISMATCH:
        return Verdict("mismatch", code)
    return Verdict(_OTHERS.get(number, "other"), code)  # type: ignore[arg-type]
