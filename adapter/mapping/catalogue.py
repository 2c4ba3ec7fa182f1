"""What a live database has, as values: tables, columns, types. Knows nothing of how it was asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeVar

from msgspec import Struct

Family = Literal["boolean", "bytes", "decimal", "float", "integer", "other", "text", "time", "uuid"]


class ColumnFact(Struct, frozen=True, kw_only=True):
    """One column of a table."""

    name: str
    """As the catalogue spells it."""
    family: Family
    nullable: bool
    bits: int = 64
    """Width of an integer."""
    length: int | None = None
    """Longest text, in characters; None when there is no limit."""
    decimals: int = 0
    """Decimals of an exact number, as far as its type says."""
    aware: bool = False
    """Whether a time carries its zone."""
    type_name: str = ""
    """As the database calls it."""


class TableFact(Struct, frozen=True, kw_only=True):
    """One table or view."""

    name: str
    columns: Mapping[str, ColumnFact]
    """By name, letter by letter."""
    storage: str | None = None
    """What keeps its rows, where that cannot undo a transaction: MyISAM, Aria. None where it can."""

    def column(self, name: str) -> ColumnFact | None:
        """The column of this name: letter by letter if there is one, else whatever the case."""
        return _found(self.columns, name)


class Catalogue(Struct, frozen=True, kw_only=True):
    """The tables a mapping asked about; those that do not exist are absent."""

    tables: Mapping[str | None, Mapping[str, TableFact]]
    """By schema as written in the mapping (None for the connection's own) and name, letter by letter."""
    known: frozenset[str] = frozenset()
    """Names of all tables of the schema, for suggestions."""

    def table(self, schema: str | None, name: str) -> TableFact | None:
        """The table of this name: letter by letter if there is one, else whatever the case."""
        return _found(self.tables.get(schema, {}), name)


Fact = TypeVar("Fact")


def _found(facts: Mapping[str, Fact], name: str) -> Fact | None:
    if name in facts:
        return facts[name]
    folded = name.casefold()
    return next((fact for known, fact in sorted(facts.items(), reverse=True) if known.casefold() == folded), None)
