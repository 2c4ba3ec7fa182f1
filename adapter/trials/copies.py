"""Empty copies of a till's tables, for the time of one transaction: what the engines must be told. Runs nothing.

What differs from engine to engine stands here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import inspect, types
from sqlalchemy.engine import Connection

from adapter.errors import AdapterError
from adapter.mapping.naming import TableName


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
        columns = tuple(_shape(column, unique) for column in inspector.get_columns(name, schema))
        found.append(TableShape(schema=schema, name=name, columns=columns))
    return found


def _shape(column: Any, unique: set[str]) -> ColumnShape:
    default = column.get("default")
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


class Copying(Protocol):
    """How an engine makes copies of tables that nobody else sees and that go with the transaction."""

    ledger_schema: str
    """Where the tables of a temporary ledger are."""

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


class _PostgreSQL:
    """Temporary tables, found before all others; a transaction that turned read-only may write to them alone."""

    ledger_schema = "pg_temp"

    def copy(self, table: TableShape) -> list[str]:
        schema = f"{self.quoted(table.schema)}." if table.schema is not None else ""
        name = self.quoted(table.name)
        parts = "INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING IDENTITY INCLUDING INDEXES"
        texts = [f"CREATE TEMPORARY TABLE {name} (LIKE {schema}{name} {parts}) ON COMMIT DROP"]
        for column in table.columns:
            if column.counted:
                # A default that was copied counts up the till's own sequence, which no rollback takes back.
                sequence = self.quoted(f"epos_trial_{table.name}_{column.name}"[:63])
                place = f"pg_temp.{name} ALTER COLUMN {self.quoted(column.name)}"
                texts += [
                    f"ALTER TABLE {place} DROP IDENTITY IF EXISTS",
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


_COPYING: dict[str, Copying] = {"postgresql": _PostgreSQL()}


def copying(engine: str) -> Copying:
    """How this engine makes copies; raises AdapterError for one that this version cannot test on."""
    if engine not in _COPYING:
        raise AdapterError(f"tests cannot be run on {engine} yet", hint=f"they run on {', '.join(_COPYING)}")
    return _COPYING[engine]
