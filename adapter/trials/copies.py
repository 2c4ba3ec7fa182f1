"""Empty copies of a till's tables, for the time of one transaction: what the engines must be told. Runs nothing.

What differs from engine to engine stands here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from msgspec.structs import replace
from sqlalchemy import inspect, types
from sqlalchemy.engine import Connection, make_url

from adapter.errors import AdapterError
from adapter.mapping.naming import TableName
from adapter.store.engines import DatabaseSettings
from adapter.trials.definitions import definition


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnShape:
    """One column, as far as a new row must know it."""

    name: str
    kind: types.TypeEngine[Any]
    needed: bool
    """Whether a row must give it: neither NULL nor a default will do."""
    counted: bool
    """Whether the database counts it up by itself."""
    computed: bool
    """Whether the database computes it, and no row may give it."""
    unique: bool
    """Whether, alone or with others, no two rows may have the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableShape:
    """One table or view of the till."""

    schema: str | None
    name: str
    columns: tuple[ColumnShape, ...]
    is_view: bool = False
    definition: tuple[str, ...] = ()
    """The statements that make it, where the engine tells them."""

    def column(self, name: str) -> ColumnShape | None:
        """The column of this name: letter by letter if there is one, else whatever the case."""
        exact = next((column for column in self.columns if column.name == name), None)
        folded = name.casefold()
        return exact or next((column for column in self.columns if column.name.casefold() == folded), None)


def shapes(connection: Connection, tables: Sequence[TableName]) -> list[TableShape]:
    """Look at these tables, which must be there, spelled as the database has them."""
    inspector = inspect(connection)
    found = []
    for schema, name in tables:
        unique = set(inspector.get_pk_constraint(name, schema)["constrained_columns"])
        for constraint in inspector.get_unique_constraints(name, schema):
            unique.update(constraint["column_names"])
        for index in inspector.get_indexes(name, schema):
            if index["unique"]:
                unique.update(column for column in index["column_names"] if column is not None)
        is_view = name in inspector.get_view_names(schema)
        columns = tuple(_shape(column, unique, is_view) for column in inspector.get_columns(name, schema))
        found.append(
            TableShape(
                schema=schema,
                name=name,
                columns=columns,
                is_view=is_view,
                definition=definition(connection, schema, name),
            )
        )
    return found


def _shape(column: Any, unique: set[str], is_view: bool) -> ColumnShape:
    default = None if is_view else column.get("default")  # MariaDB tells those of the table behind it
    counted = column.get("identity") is not None or (default is not None and "nextval(" in str(default))
    computed = column.get("computed") is not None
    is_given = counted or computed or default is not None or bool(column.get("autoincrement") is True)
    return ColumnShape(
        name=column["name"],
        kind=column["type"],
        needed=not column["nullable"] and not is_given,
        counted=counted,
        computed=computed,
        unique=column["name"] in unique,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A statement that only who may make copies can run."""

    what: str
    """What it takes to be allowed, to stand after `may not`."""
    text: str
    grant: str
    """What gives it, with `{database}` and `{role}` in it."""


class Copying(Protocol):
    """How an engine makes copies of tables that nobody else sees and that go with the transaction."""

    ledger_schema: str
    """Where the tables of a temporary ledger are."""
    ledger_create: str
    """How they are made."""
    denied: frozenset[str]
    """What the engine calls an error by which it refuses a right."""
    asked: str
    """The query that gives the role and the database, as a GRANT writes them."""

    def connection(self, settings: DatabaseSettings) -> DatabaseSettings:
        """How the database is reached for it."""
        ...

    def room(self) -> list[str]:
        """The statements that must come before the transaction."""
        ...

    def probes(self, tables: Iterable[TableName]) -> list[Probe]:
        """What tells whether a role may make copies of these tables; none where everybody may."""
        ...

    def copy(self, table: TableShape) -> list[str]:
        """The statements that make an empty copy, which an unqualified name means from then on."""
        ...

    def guard(self) -> list[str]:
        """The statements after which the database itself refuses to change anything but the copies."""
        ...

    def insert(self, table: TableShape, columns: Sequence[str]) -> str:
        """The statement that adds a row of these columns to a copy."""
        ...

    def restart(self, tables: Sequence[TableShape]) -> str | None:
        """The statement that lets the columns that count go on after the rows that are there."""
        ...

    def quoted(self, name: str) -> str:
        """A name, letter by letter."""
        ...


_MAKING = "make temporary tables"
_MADE = "CREATE TEMPORARY TABLE epos_trial_probe (one int)"


class _PostgreSQL:
    """Temporary tables, found before all others; a transaction that turned read-only may write to them alone."""

    ledger_schema = "pg_temp"
    ledger_create = "CREATE TABLE IF NOT EXISTS {table}"
    denied = frozenset({"SQLSTATE 42501"})
    asked = "SELECT quote_ident(current_user), quote_ident(current_database())"

    def connection(self, settings: DatabaseSettings) -> DatabaseSettings:
        return settings

    def room(self) -> list[str]:
        return []

    def probes(self, tables: Iterable[TableName]) -> list[Probe]:  # noqa: ARG002 -- catalogues are read by all
        return [Probe(what=_MAKING, text=_MADE, grant="GRANT TEMPORARY ON DATABASE {database} TO {role};")]

    def copy(self, table: TableShape) -> list[str]:
        name = self.quoted(table.name)
        texts = list(table.definition)
        for column in table.columns:
            if column.counted:
                # A default that was copied would count up the till's own sequence, which no rollback takes back.
                sequence = self.quoted(f"epos_trial_{table.name}_{column.name}"[:63])
                place = f"pg_temp.{name} ALTER COLUMN {self.quoted(column.name)}"
                texts += [
                    f"CREATE TEMPORARY SEQUENCE {sequence} OWNED BY pg_temp.{name}.{self.quoted(column.name)}",
                    f"ALTER TABLE {place} SET DEFAULT nextval('pg_temp.{sequence}')",
                ]
        return texts

    def guard(self) -> list[str]:
        return ["SET TRANSACTION READ ONLY"]

    def insert(self, table: TableShape, columns: Sequence[str]) -> str:
        name = f"pg_temp.{self.quoted(table.name)}"
        if not columns:
            return f"INSERT INTO {name} DEFAULT VALUES"
        places = ", ".join(f"${number}" for number in range(1, len(columns) + 1))
        return f"INSERT INTO {name} ({', '.join(map(self.quoted, columns))}) VALUES ({places})"

    def restart(self, tables: Sequence[TableShape]) -> str | None:
        parts = [
            f"setval(pg_get_serial_sequence('pg_temp.{self.quoted(table.name)}', '{column.name}'),"
            f" (SELECT COALESCE(MAX({self.quoted(column.name)}), 0) + 1 FROM pg_temp.{self.quoted(table.name)}), FALSE)"
            for table in tables
            for column in table.columns
            if column.counted
        ]
        return f"SELECT {', '.join(parts)}" if parts else None

    def quoted(self, name: str) -> str:
        return '"' + name.replace('"', '""') + '"'


class _MariaDB:
    """Temporary tables hide those of the same name; only a transaction that may not write leaves all others alone.

    A copy cannot be made under the name of what it copies, so a copy of it is copied again: to rename it would need the
    right to make a lasting table of that name. The session may write for as long as that takes, and is closed in the end,
    which is when the copies go.
    """

    ledger_schema = "epos_trial"
    ledger_create = "CREATE TEMPORARY TABLE {table}"
    denied = frozenset({"error 1044", "error 1142", "error 1143"})
    asked = (
        "SELECT CONCAT(QUOTE(REGEXP_REPLACE(CURRENT_USER(), '@[^@]*$', '')), '@',"
        " QUOTE(SUBSTRING_INDEX(CURRENT_USER(), '@', -1))), CONCAT('`', REPLACE(DATABASE(), '`', '``'), '`')"
    )

    def connection(self, settings: DatabaseSettings) -> DatabaseSettings:
        return settings

    def room(self) -> list[str]:
        return ["SET SESSION TRANSACTION READ WRITE"]

    def probes(self, tables: Iterable[TableName]) -> list[Probe]:
        every = "GRANT CREATE TEMPORARY TABLES, SELECT, SHOW VIEW ON {database}.* TO {role};"
        listed = [Probe(what=_MAKING, text=_MADE, grant=every)]
        for schema, name in sorted(tables, key=str):
            place, grant = self.quoted(name), every
            if schema is not None:
                place = f"{self.quoted(schema)}.{place}"
                grant = f"GRANT SELECT, SHOW VIEW ON {self.quoted(schema)}.* TO {{role}};"
            listed.append(Probe(what=f"read {name} as a whole", text=f"SHOW CREATE TABLE {place}", grant=grant))
        return listed

    def copy(self, table: TableShape) -> list[str]:
        schema = f"{self.quoted(table.schema)}." if table.schema is not None else ""
        new = self.quoted(f"epos_trial_{table.name}"[:64])
        like = f"LIKE {schema}{self.quoted(table.name)}"
        if table.is_view:
            # What an outer join gives may be NULL, as a column of a view that a test says nothing of.
            like = f"AS SELECT v.* FROM (SELECT 1 AS one) o LEFT JOIN {schema}{self.quoted(table.name)} v ON FALSE WHERE FALSE"
        # Whatever storage the till has chosen: what a test writes must be undone.
        return [
            f"CREATE TEMPORARY TABLE {new} {like}",
            f"ALTER TABLE {new} ENGINE = InnoDB",
            f"CREATE TEMPORARY TABLE {self.quoted(table.name)} LIKE {new}",
            f"DROP TEMPORARY TABLE {new}",
        ]

    def guard(self) -> list[str]:
        return ["SET SESSION TRANSACTION READ ONLY", "START TRANSACTION READ ONLY"]

    def insert(self, table: TableShape, columns: Sequence[str]) -> str:
        names, places = ", ".join(map(self.quoted, columns)), ", ".join(["%s"] * len(columns))
        return f"INSERT INTO {self.quoted(table.name)} ({names}) VALUES ({places})".replace("%%", "%")

    def restart(self, tables: Sequence[TableShape]) -> str | None:  # noqa: ARG002 -- it counts on by itself
        return None

    def quoted(self, name: str) -> str:
        return "`" + name.replace("`", "``") + "`"


class _SQLite:
    """Temporary tables are found before all others, and can be written to where the file itself is opened to be read."""

    ledger_schema = "epos_trial"
    ledger_create = "CREATE TEMPORARY TABLE {table}"
    denied = frozenset[str]()
    asked = ""

    def connection(self, settings: DatabaseSettings) -> DatabaseSettings:
        url = make_url(settings.url).update_query_dict({"mode": "ro"})
        return replace(settings, url=url.render_as_string(hide_password=False))

    def room(self) -> list[str]:
        return ["PRAGMA foreign_keys = OFF"]  # elsewhere copies have no foreign keys

    def probes(self, tables: Iterable[TableName]) -> list[Probe]:  # noqa: ARG002 -- it has no rights
        return []

    def copy(self, table: TableShape) -> list[str]:
        name = self.quoted(table.name)
        if table.is_view:
            return [f"CREATE TEMPORARY TABLE {name} AS SELECT * FROM main.{name} WHERE FALSE"]
        return [re.sub(r"^CREATE TABLE ", "CREATE TEMPORARY TABLE ", text) for text in table.definition]

    def guard(self) -> list[str]:
        return []

    def insert(self, table: TableShape, columns: Sequence[str]) -> str:
        name = f"temp.{self.quoted(table.name)}"
        if not columns:
            return f"INSERT INTO {name} DEFAULT VALUES"
        return f"INSERT INTO {name} ({', '.join(map(self.quoted, columns))}) VALUES ({', '.join('?' for _ in columns)})"

    def restart(self, tables: Sequence[TableShape]) -> str | None:  # noqa: ARG002 -- it counts on by itself
        return None

    def quoted(self, name: str) -> str:
        return '"' + name.replace('"', '""') + '"'


_COPYING: dict[str, Copying] = {"mariadb": _MariaDB(), "postgresql": _PostgreSQL(), "sqlite": _SQLite()}


def copying(engine: str) -> Copying:
    """How this engine makes copies; raises AdapterError for one that this version cannot test on."""
    if engine not in _COPYING:
        raise AdapterError(f"tests cannot be run on {engine} yet", hint=f"they run on {', '.join(_COPYING)}")
    return _COPYING[engine]
