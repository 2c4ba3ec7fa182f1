"""What a live database has, as values: tables, columns, types. Knows nothing of how it was asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Family = Literal["boolean", "bytes", "decimal", "float", "integer", "other", "text", "time", "uuid"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnFact:
    """One column of a table."""

    name: str
    """As the catalogue spells it."""
    family: Family
    nullable: bool
    bits: int = 64
    """Width of an integer."""
    length: int | None = None
    """Longest text, in characters; None when there is no limit."""
    aware: bool = False
    """Whether a time carries its zone."""
    type_name: str = ""
    """As the database calls it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFact:
    """One table or view."""

    name: str
    columns: Mapping[str, ColumnFact]
    """By folded name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The tables a mapping asked about; those that do not exist are absent."""

    tables: Mapping[tuple[str | None, str], TableFact]
    """By schema as written in the mapping (None for the connection's own) and folded name."""
    known: frozenset[str] = frozenset()
    """Names of all tables of the schema, for suggestions."""
