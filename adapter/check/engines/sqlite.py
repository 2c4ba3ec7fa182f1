"""What SQLite tells of itself: indexes, plans, the clock. It has no rights, and counts no row for a plan."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from adapter.check.engines.base import EVERY, Index, TableState, Visit
from adapter.check.probing import Prober, Row
from adapter.check.uses import TableKey
from adapter.mapping.plans import Plan


class SQLite:
    """SQLite, by its pragmas."""

    grants = False
    holding_is_changing = False
    returning_is_inserting = False
    keeps_numbers = False

    async def role(self, prober: Prober) -> str | None:  # noqa: ARG002 -- see Inspector
        """See Inspector: there are none."""
        return None

    async def tables(self, prober: Prober, keys: Sequence[TableKey]) -> dict[TableKey, TableState]:
        """See Inspector."""
        columns = await prober.sql((), "the columns", _COLUMNS)
        indexes = await prober.sql((), "indexes", _INDEXES)
        kinds = await prober.sql((), "tables", _TABLES)
        if columns is None or kinds is None:
            return {}
        is_table = {str(name): kind == "table" for name, kind in kinds}
        return {key: _state(key[1], is_table[key[1]], columns, indexes) for key in keys if key[1] in is_table}

    async def clock(self, prober: Prober) -> float | None:
        """See Inspector: this machine's own."""
        rows = await prober.sql((), "the clock", "SELECT (JULIANDAY('now') - 2440587.5) * 86400.0")
        return float(rows[0][0]) if rows else None

    async def visits(self, prober: Prober, plan: Plan, parameters: Mapping[str, Any]) -> list[Visit] | None:
        """See Inspector."""
        asking = replace(plan, driver=f"EXPLAIN QUERY PLAN {plan.driver}")
        rows = await prober.rows((), "the database's plan", asking, parameters)
        return None if rows is None else [visit for row in rows if (visit := _visit(str(row[3]))) is not None]

    def name(self, key: TableKey) -> str:
        """See Inspector."""
        return ".".join(_quoted(part) for part in key if part is not None)

    def grant(self, rights: str, table: str, role: str) -> str:  # noqa: ARG002 -- see Inspector
        """See Inspector: there is none."""
        return ""

    def index(self, table: str, columns: Sequence[str]) -> str:
        """See Inspector."""
        name = re.sub(r"\W", "_", "_".join([table.rsplit(".", 1)[-1], *columns]))
        return f"CREATE INDEX {_quoted(name)} ON {table} ({', '.join(_quoted(column) for column in columns)});"

    def returning(self, plan: Plan, kind: str, columns: Sequence[str], more: bool) -> Plan | None:  # noqa: ARG002 -- all can
        """See Inspector."""
        listed = ", ".join('"' + column.replace('"', '""') + '"' for column in columns)
        return replace(plan, driver=f"{plan.driver}{', ' if more else ' RETURNING '}{listed}")

    def constraints_now(self) -> Plan | None:
        """See Inspector: what waits for the end can be asked for, and is no error until then."""
        return None


_TABLES = "SELECT m.name, m.type FROM sqlite_master m WHERE m.type IN ('table', 'view')"

_COLUMNS = """
SELECT m.name, c.name, c.type, c.pk FROM sqlite_master m JOIN pragma_table_info(m.name) c
WHERE m.type IN ('table', 'view')"""

_INDEXES = """
SELECT m.name, l.name, l."unique", l.partial, i.name
FROM sqlite_master m JOIN pragma_index_list(m.name) l JOIN pragma_index_info(l.name) i
WHERE m.type = 'table' ORDER BY m.name, l.name, i.seqno"""

_STEP = re.compile(r"(SCAN|SEARCH)(?: TABLE)? (\S+)(?: AS (\S+))?(.*)")


def _state(name: str, is_table: bool, columns: Sequence[Row], indexes: Sequence[Row] | None) -> TableState:
    own = [row for row in columns if row[0] == name]
    everything = frozenset(str(row[1]) for row in own)
    return TableState(
        is_table=is_table,
        rows=None,
        indexes=None if indexes is None else (*_row_id(own), *_indexes([row for row in indexes if row[0] == name])),
        transactional=True,
        readable=everything,
        insertable=everything,
        updatable=everything,
        deletable=True,
        reachable=True,
        sequences={},
    )


def _row_id(columns: Sequence[Row]) -> list[Index]:
    """A key of one INTEGER is the place of the row itself, and no index is listed for it."""
    keys = [row for row in columns if row[3]]
    is_place = len(keys) == 1 and str(keys[0][2]).upper() == "INTEGER"
    return [Index(columns=(str(keys[0][1]),), unique=True)] if is_place else []


def _indexes(rows: Sequence[Row]) -> list[Index]:
    found = []
    for name in dict.fromkeys(row[1] for row in rows):
        own = [row for row in rows if row[1] == name]
        columns = [row[4] for row in own]  # None for an expression
        leading = columns[: columns.index(None)] if None in columns else columns
        if leading:
            is_partial = bool(own[0][3])
            unique = bool(own[0][2]) and not is_partial and leading == columns
            found.append(Index(columns=tuple(map(str, leading)), unique=unique, partial=is_partial))
    return found


def _visit(told: str) -> Visit | None:
    """A line of a plan; None where it reads no table of the till."""
    found = _STEP.match(told)
    if found is None or "VIRTUAL TABLE" in told or found[2] == "CONSTANT":
        return None
    # An index that is made for the one question costs as much as reading everything.
    reads_all = found[1] == "SCAN" or "AUTOMATIC" in found[4]
    how = "reading all of it" if reads_all else "by an index"
    return Visit(alias=found[3] or found[2], table="", how=how, rows=EVERY if reads_all else 1)


def _quoted(name: str) -> str:
    plain = name.isidentifier() and name.isascii() and name.lower() not in _WORDS
    return name if plain else '"' + name.replace('"', '""') + '"'


_WORDS = frozenset(
    {"order", "table", "check", "group", "select", "end", "desc", "default", "references", "column", "index", "values"}
)
