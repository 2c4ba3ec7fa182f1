"""What a driver must be able to do. Its functions are called inside `Stacks.run`, but those that open connections."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

from msgspec import Struct
from sqlalchemy.engine import URL
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.util import await_only

Kind = Literal["altered", "busy", "duplicate", "gone", "login", "mismatch", "other", "slow", "unasked", "untyped"]
"""What an error means: the tables of a statement that this connection remembers were altered; somebody is in the way; a row is there already; the connection is lost; the user, password or
database is refused; what the mapping names is not there or not allowed; anything else that the database says; it took
too long; the driver refused what it was given; nothing tells the type of a parameter."""


class Verdict(NamedTuple):
    """What an error means, and what the database calls it; nothing that may quote a value."""

    kind: Kind
    code: str


class DatabaseSettings(Struct, frozen=True, kw_only=True):
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


class Driver(Protocol):
    """One driver: a module of this package."""

    def address(self, url: URL) -> URL:
        """The database's address as SQLAlchemy takes it, with the driver in it."""
        ...

    def arguments(self, settings: DatabaseSettings, url: URL) -> Mapping[str, Any]:
        """What the driver is given to open a connection."""
        ...

    def opened(self, connection: Any, info: dict[Any, Any], settings: DatabaseSettings, url: URL) -> None:
        """Make a new connection what it must be: read-only, as patient as settings say, in UTC.

        It is SQLAlchemy's own, before the pool has it; `info` is what the pool will remember of it.
        """
        ...

    def run(self, connection: PoolProxiedConnection, sql: str, values: Sequence[Any]) -> list[Any]:
        """Run a statement and give its rows."""
        ...

    def change(
        self, connection: PoolProxiedConnection, sql: str, values: Sequence[Any], *, once: bool = False
    ) -> tuple[int, list[Any]]:
        """Run a statement that writes, and give how many rows it found to touch and those it returned.

        With `once` a row that is there already counts as none touched.
        """
        ...

    def define(self, connection: PoolProxiedConnection, sql: str) -> None:
        """Run a statement that makes a table, inside a transaction where the engine can."""
        ...

    def begin(self, connection: PoolProxiedConnection) -> None:
        """Begin a transaction that may write, which the session by itself may not.

        Statements see what others have committed meanwhile: what is read after a row was waited for is as it stands then.
        """
        ...

    def commit(self, connection: PoolProxiedConnection, patience: float) -> None:
        """Make it durable, waiting so many seconds for the server to say so; TimeoutError when it does not."""
        ...

    def roll_back(self, connection: PoolProxiedConnection) -> None:
        """Undo it all."""
        ...

    def prepare(self, connection: PoolProxiedConnection, sql: str, types: Sequence[str]) -> Sequence[str]:
        """Have the database check a statement, its names and as far as it does its types, without running it.

        Gives the types that it takes the parameters to be of, in their order, where it says so.
        """
        ...

    def column_types(self, connection: PoolProxiedConnection, sql: str, values: Sequence[Any]) -> list[str]:
        """The types of the columns that a statement gives: equal where values may share a column, empty where not."""
        ...

    def verdict(self, error: BaseException) -> Verdict:
        """What one of its errors means."""
        ...


def say(connection: Any, *statements: str) -> None:
    """Run statements on a new connection."""
    cursor = connection.cursor()
    for statement in statements:
        cursor.execute(statement)
    cursor.close()


def control(connection: PoolProxiedConnection, sql: str, patience: float | None) -> None:
    """Run a statement without values or rows, waiting so many seconds for it; TimeoutError when it takes longer.

    For drivers whose cursors are opened by `async with`.
    """
    driver: Any = connection.driver_connection

    async def run_it() -> None:
        async with asyncio.timeout(patience), driver.cursor() as cursor:
            await cursor.execute(sql)

    await_only(run_it())
