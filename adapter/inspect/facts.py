"""What was read from an unknown database, as values. Knows nothing of how it was asked, nor of what it means."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapter.mapping.catalogue import Family

Row = Mapping[str, Any]

_FAMILIES: tuple[tuple[str, Family], ...] = (
    (r"bool|^bit$|^bit\(1\)|^tinyint\(1\)", "boolean"),
    (r"^interval|^point|array|\[\]", "other"),
    (r"int|serial|^year", "integer"),
    (r"float|double|real", "float"),
    (r"numeric|decimal|money|number", "decimal"),
    (r"date|time", "time"),
    (r"uuid|uniqueidentifier", "uuid"),
    (r"char|text|clob|string|enum|^set\(|json|xml", "text"),
    (r"blob|binary|bytea|image|^bit", "bytes"),
)


def family_of(type_name: str) -> Family:
    """The family of a type, by the name that its database has for it."""
    small = type_name.lower()
    return next((family for pattern, family in _FAMILIES if re.search(pattern, small)), "other")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table."""

    name: str
    type_name: str
    nullable: bool

    @property
    def family(self) -> Family:
        """What kind of values it holds."""
        return family_of(self.type_name)

    @property
    def numeric(self) -> bool:
        """Whether it may hold an amount or a count."""
        return self.family in ("integer", "decimal", "float")


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    """A reference that the database itself declares."""

    column: str
    """Of several columns the last: that of the row itself."""
    table: str
    target: str
    more: tuple[tuple[str, str], ...] = ()
    """The columns before it, each with the one that it refers to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table or view."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    """The columns of its primary key."""
    foreign_keys: tuple[ForeignKey, ...] = ()
    rows: int | None = None
    """How many rows it has, as far as is known; counted no further than `reading.MOST_COUNTED`."""

    def column(self, name: str) -> Column | None:
        """The column of this name."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A column of one table that holds keys of another: declared, or told by its name and values."""

    table: str
    column: str
    to: str
    target: str
    strength: float
    """From 0 to 1; 1 where the database declares it."""
    evidence: str
    more: tuple[tuple[str, str], ...] = ()
    """Further columns that it takes, each with the one that it refers to."""

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """All columns of the reference, each with the one that it refers to."""
        return (*self.more, (self.column, self.target))

    def own(self, row: Row) -> tuple[Any, ...]:
        """What a row of the table that refers holds in them; empty where part of it is NULL."""
        return _whole(tuple(row.get(column) for column, _ in self.pairs))

    def its(self, row: Row) -> tuple[Any, ...]:
        """What a row of the table that is referred to is found by; empty where part of it is NULL."""
        return _whole(tuple(row.get(target) for _, target in self.pairs))


def _whole(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return () if any(value is None for value in values) else values


@dataclass(slots=True, kw_only=True)
class Survey:
    """All that was read before anything is guessed."""

    engine: str
    """`postgresql`, `mysql` (MariaDB too) or `sqlite`."""
    tables: dict[str, Table]
    samples: dict[str, Sequence[Row]] = field(default_factory=dict)
    """A few rows of the tables that may matter, newest first where that is known."""
    references: list[Reference] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What could not be looked at, and why."""

    def sample(self, table: str) -> Sequence[Row]:
        """The rows that were read of a table; none where it was not looked at."""
        return self.samples.get(table, ())
