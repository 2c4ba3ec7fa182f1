"""Reads an unknown database: its schema, and a bounded number of rows. Read-only. Knows nothing of what they mean."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Text, cast, column, create_engine, event, func, inspect, select, table, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.reflection import ObjectKind
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from adapter.errors import AdapterError, DatabaseUnavailable
from adapter.inspect.facts import Column, ForeignKey, Row, Table

MOST_COUNTED = 100_000
"""Rows after which counting stops."""
_TEXT_SHOWN = 200
"""Characters read of a text."""
_STATEMENT_SECONDS = 5

_DRIVERS = {
    "mariadb": "mysql+pymysql",
    "mysql": "mysql+pymysql",
    "postgresql": "postgresql+psycopg",
    "sqlite": "sqlite+pysqlite",
}


def engine_for(url: str) -> Engine:
    """An engine whose sessions read only, and whose statements end after a few seconds.

    Raises AdapterError when the address is none, or one of an engine that cannot be looked at.
    """
    try:
        address = make_url(url)
        name = address.get_backend_name()
    except (ArgumentError, ValueError, NoSuchModuleError):
        raise AdapterError(
            "the address of the database cannot be read",
            hint="write postgresql://user:password@host:5432/database, mariadb://... or sqlite:///path/to/file",
        ) from None
    if name not in _DRIVERS:
        raise AdapterError(f"{name} cannot be looked at", hint=f"those that can: {', '.join(sorted(_DRIVERS))}")
    address = address.set(drivername=_DRIVERS[name])
    try:
        if name == "postgresql":
            return _postgresql(address)
        return _sqlite(address) if name == "sqlite" else _mysql(address)
    except ModuleNotFoundError as missing:
        raise AdapterError(
            f"the driver for {name} is not installed ({missing.name})", hint="pip install 'epos-adapter[inspect]'"
        ) from None


def _postgresql(address: URL) -> Engine:
    limits = f"-c statement_timeout={_STATEMENT_SECONDS * 1000} -c lock_timeout=1000"
    arguments = {
        "application_name": "epos-adapter inspect",
        "connect_timeout": 5,
        "options": f"-c default_transaction_read_only=on {limits}",
    }
    return _engine(address, connect_args=arguments)


def _mysql(address: URL) -> Engine:
    engine = _engine(address, connect_args={"connect_timeout": 5, "read_timeout": 30, "charset": "utf8mb4"})

    @event.listens_for(engine, "connect")
    def _limit(connection: Any, _: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION TRANSACTION READ ONLY")
            cursor.execute("SELECT VERSION()")
            maria = "MariaDB" in str(cursor.fetchone()[0])
            limit = (
                f"max_statement_time = {_STATEMENT_SECONDS}"
                if maria
                else f"max_execution_time = {_STATEMENT_SECONDS * 1000}"
            )
            cursor.execute(f"SET SESSION {limit}")

    return engine


def _sqlite(address: URL) -> Engine:
    file = address.database or ""
    if not Path(file).is_file():
        raise DatabaseUnavailable(f"there is no database file {file}")

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(f"{Path(file).absolute().as_uri()}?mode=ro", uri=True, timeout=1)
        connection.execute("PRAGMA query_only = ON")
        return connection

    engine = _engine(address, creator=connect)

    @event.listens_for(engine, "before_cursor_execute")
    def _limit(connection: Connection, *_: object) -> None:
        # SQLite has no time limit of its own: it asks every so many steps whether to go on.
        ends = time.monotonic() + _STATEMENT_SECONDS
        driver: Any = connection.connection.driver_connection
        driver.set_progress_handler(lambda: time.monotonic() > ends, 100_000)

    return engine


def _engine(address: URL, **more: Any) -> Engine:
    return create_engine(address, poolclass=NullPool, isolation_level="AUTOCOMMIT", hide_parameters=True, **more)


class Reader:
    """One connection to an unknown database, and what may be asked of it.

    Every question but those of the schema is bounded in rows and time; what takes too long gives nothing and is noted.
    """

    def __init__(self, connection: Connection, schema: str | None, *, seconds: float) -> None:
        """`seconds` is how long may be asked altogether."""
        self._connection = connection
        self._schema = schema
        self._ends = time.monotonic() + seconds
        self.engine = connection.dialect.name
        self.notes: list[str] = []
        self.questions = 0

    def quoted(self, name: str) -> str:
        """A name as SQL of this engine needs it written."""
        return self._connection.dialect.identifier_preparer.quote(name)

    def tables(self) -> dict[str, Table]:
        """Every table and view of the schema, without its rows."""
        if self.engine == "mysql":
            return _mysql_tables(self._connection, self._schema)
        if self.engine == "sqlite":
            return _sqlite_tables(self._connection)
        return _inspected_tables(self._connection, self._schema)

    def count(self, name: str) -> int | None:
        """How many rows a table has, counted up to MOST_COUNTED; None when that took too long."""
        inner = select(text("1")).select_from(self._table(name)).limit(MOST_COUNTED).subquery()
        rows = self._rows(select(func.count().label("rows")).select_from(inner), f"counting {name}")
        return int(rows[0]["rows"]) if rows else None

    def newest(self, found: Table, most: int) -> list[Row]:
        """A few rows of a table, those with the highest key first where it has a simple one."""
        question = select(*self._columns(found)).select_from(self._table(found.name)).limit(most)
        if len(found.key) == 1:
            question = question.order_by(column(found.key[0]).desc())
        return self._rows(question, f"reading {found.name}")

    def having(self, found: Table, wanted: Mapping[str, Collection[Any]], most: int) -> list[Row]:
        """The rows of a table whose columns each have one of their values."""
        if not all(wanted.values()):
            return []
        question = select(*self._columns(found)).select_from(self._table(found.name)).limit(most)
        conditions = [column(name).in_(list(values)) for name, values in wanted.items()]
        return self._rows(question.where(*conditions), f"reading {found.name}")

    def present(self, name: str, target: str, values: Collection[Any]) -> int | None:
        """How many of the values occur in a column; None when they cannot be compared."""
        question = select(func.count(func.distinct(column(target))).label("rows")).select_from(self._table(name))
        rows = self._rows(question.where(column(target).in_(list(values))), f"comparing with {name}.{target}")
        return int(rows[0]["rows"]) if rows else None

    def _table(self, name: str) -> Any:
        return table(name, schema=self._schema)

    def _columns(self, found: Table) -> list[Any]:
        chosen: list[Any] = []
        for one in found.columns:
            if one.family == "bytes" and not one.type_name.lower().startswith("bit"):
                continue
            if one.family == "text" and self.engine != "postgresql":
                chosen.append(func.substr(column(one.name), 1, _TEXT_SHOWN).label(one.name))
            elif one.family in ("text", "other"):
                chosen.append(func.left(text_of(one.name), _TEXT_SHOWN).label(one.name))
            else:
                chosen.append(column(one.name))
        return chosen

    def _rows(self, question: Any, doing: str) -> list[Row]:
        if time.monotonic() > self._ends:
            if "the time for looking was used up" not in self.notes:
                self.notes.append("the time for looking was used up")
            return []
        self.questions += 1
        try:
            return [dict(row._mapping) for row in self._connection.execute(question)]  # noqa: SLF001 - SQLAlchemy's name for it
        except DBAPIError as error:
            reason = str(error.orig).splitlines()[0] if error.orig is not None else type(error).__name__
            self.notes.append(f"{doing}: {reason}")
            self._connection.rollback()
            return []


def text_of(name: str) -> Any:
    """A column as text, whatever its type: PostgreSQL's enums and JSON too."""
    return cast(column(name), Text)


@contextmanager
def reader(url: str, schema: str | None, *, seconds: float) -> Iterator[Reader]:
    """A connection to look at a database with.

    Raises AdapterError when it cannot be reached.
    """
    engine = engine_for(url)
    try:
        with engine.connect() as connection:
            yield Reader(connection, schema, seconds=seconds)
    except SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        raise DatabaseUnavailable(f"the database cannot be read: {str(cause).strip().splitlines()[0]}") from None
    finally:
        engine.dispose()


def _inspected_tables(connection: Connection, schema: str | None) -> dict[str, Table]:
    inspector = inspect(connection)
    if schema is not None and schema not in inspector.get_schema_names():
        raise AdapterError(f"there is no schema {schema}", hint=f"there are {', '.join(inspector.get_schema_names())}")
    columns = inspector.get_multi_columns(schema, kind=ObjectKind.ANY)
    keys = inspector.get_multi_pk_constraint(schema)
    foreign = inspector.get_multi_foreign_keys(schema)
    return {
        name: Table(
            name=name,
            columns=tuple(
                Column(name=one["name"], type_name=str(one["type"]).lower(), nullable=bool(one["nullable"]))
                for one in found
            ),
            key=tuple((keys.get((of, name)) or {"constrained_columns": []})["constrained_columns"]),
            foreign_keys=tuple(
                _foreign_key(one["referred_table"], one["constrained_columns"], one["referred_columns"])
                for one in foreign.get((of, name), ())
            ),
        )
        for (of, name), found in columns.items()
    }


_MYSQL_COLUMNS = """
  SELECT c.table_name AS t, c.column_name AS c, c.column_type AS k, c.is_nullable = 'YES' AS n, c.column_key = 'PRI' AS p
  FROM information_schema.columns c WHERE c.table_schema = COALESCE(:schema, DATABASE())
  ORDER BY c.table_name, c.ordinal_position"""
# One query for all tables: asked by its own names for them, the server takes one query for each.
_MYSQL_KEYS = """
  SELECT u.table_name AS t, u.column_name AS c, u.referenced_table_name AS o, u.referenced_column_name AS d,
         u.constraint_name AS n
  FROM information_schema.key_column_usage u
  WHERE u.table_schema = COALESCE(:schema, DATABASE()) AND u.referenced_table_name IS NOT NULL
  ORDER BY u.ordinal_position"""
_SQLITE_COLUMNS = """
  SELECT m.name AS t, c.name AS c, c.type AS k, c."notnull" = 0 AS n, c.pk > 0 AS p
  FROM sqlite_master m JOIN pragma_table_info(m.name) c
  WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY m.name, c.cid"""
_SQLITE_KEYS = """
  SELECT m.name AS t, f."from" AS c, f."table" AS o, f."to" AS d, f.id AS n
  FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table' ORDER BY f.seq"""


def _mysql_tables(connection: Connection, schema: str | None) -> dict[str, Table]:
    named = {"schema": schema}
    found = connection.execute(text(_MYSQL_COLUMNS), named).mappings().all()
    return _assembled(found, connection.execute(text(_MYSQL_KEYS), named).mappings().all())


def _sqlite_tables(connection: Connection) -> dict[str, Table]:
    found = connection.execute(text(_SQLITE_COLUMNS)).mappings().all()
    return _assembled(found, connection.execute(text(_SQLITE_KEYS)).mappings().all())


def _assembled(columns: Sequence[Any], keys: Sequence[Any]) -> dict[str, Table]:
    foreign: dict[tuple[str, Any], list[Any]] = {}
    for row in keys:
        foreign.setdefault((row["t"], row["n"]), []).append(row)
    by_table: dict[str, list[Any]] = {}
    for row in columns:
        by_table.setdefault(row["t"], []).append(row)
    return {
        name: Table(
            name=name,
            columns=tuple(
                Column(name=row["c"], type_name=(row["k"] or "").lower(), nullable=bool(row["n"])) for row in rows
            ),
            key=tuple(row["c"] for row in rows if row["p"]),
            foreign_keys=tuple(
                _foreign_key(
                    found[0]["o"],
                    [row["c"] for row in found],
                    [row["d"] for row in found] if found[0]["d"] else _key(by_table.get(found[0]["o"], [])),
                )
                for (of, _), found in foreign.items()
                if of == name
            ),
        )
        for name, rows in by_table.items()
    }


def _key(rows: Sequence[Any]) -> list[str]:
    """SQLite names no column where a reference means the primary key."""
    return [str(row["c"]) for row in rows if row["p"]] or ["rowid"]


def _foreign_key(table_name: str, columns: Sequence[str], targets: Sequence[str]) -> ForeignKey:
    *more, (column_name, target) = zip(columns, targets, strict=False)
    return ForeignKey(column=column_name, table=table_name, target=target, more=tuple(more))
