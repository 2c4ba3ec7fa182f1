"""What `check` asks of an engine's own catalogue, and the shape of the answers. Knows no engine, and nothing of mappings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from adapter.check.probing import Prober
from adapter.check.uses import TableKey
from adapter.mapping.plans import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """One index of a table."""

    columns: tuple[str, ...]
    """Its leading plain columns, in order."""
    unique: bool
    """Whether no two rows share its columns; never for one that holds only some rows."""
    partial: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbering:
    """What numbers the new rows of a table."""

    name: str
    usable: bool
    """Whether the role may use it."""
    last: int | None
    """The last number it gave; None before the first."""
    follows: bool = False
    """Whether it can never fall behind the rows that are there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableState:
    """What the catalogue tells of one table beside its columns."""

    is_table: bool
    """Whether it keeps its rows itself; a view does not."""
    rows: int | None
    """About how many rows it has; None when the database has never counted."""
    indexes: tuple[Index, ...] | None
    """None where they could not be asked for."""
    transactional: bool
    readable: frozenset[str]
    """Columns the role may read."""
    insertable: frozenset[str]
    updatable: frozenset[str]
    deletable: bool
    reachable: bool
    """Whether the role may use the schema."""
    sequences: Mapping[str, Numbering]
    """By column: what numbers new rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One node of a plan: what it reads, and how many rows it goes through by the database's estimate."""

    alias: str
    table: str
    """Empty where the plan tells the alias only."""
    how: str
    rows: int
    """EVERY for all rows of the table."""


EVERY = -1
"""Stands for the number of rows of a table that is read from end to end, whatever is left of it."""


class Inspector(Protocol):
    """What `check` asks of an engine's own catalogue."""

    grants: bool
    """Whether there are rights at all."""
    holding_is_changing: bool
    """Whether a row can be held only by who may change some column of it."""
    returning_is_inserting: bool
    """Whether of a new row columns are given only if the role may insert and read all that the statement names."""
    keeps_numbers: bool
    """Whether a number that was given to a row that is undone is lost."""

    async def role(self, prober: Prober) -> str | None:
        """The role that asks, quoted as SQL wants it."""
        ...

    async def tables(self, prober: Prober, keys: Sequence[TableKey]) -> dict[TableKey, TableState]:
        """The state of each table, as far as it could be asked."""
        ...

    async def clock(self, prober: Prober) -> float | None:
        """The database's time, in seconds since 1970."""
        ...

    async def visits(self, prober: Prober, plan: Plan, parameters: Mapping[str, Any]) -> list[Visit] | None:
        """What the nodes of a plan go through; None when it could not be asked."""
        ...

    def name(self, key: TableKey) -> str:
        """A table as SQL wants it."""
        ...

    def grant(self, rights: str, table: str, role: str) -> str:
        """The statement that gives a right."""
        ...

    def index(self, table: str, columns: Sequence[str]) -> str:
        """The statement that makes an index while the till works."""
        ...

    def returning(self, plan: Plan, kind: str, columns: Sequence[str], more: bool) -> Plan | None:
        """A statement that writes, giving the columns of each row it wrote after what it gives already (`more`).

        `kind` is insert, update or delete; None where the engine cannot give rows of such a statement.
        """
        ...

    def constraints_now(self) -> Plan | None:
        """The statement that checks what else would be checked only when committing; None where there is none."""
        ...
