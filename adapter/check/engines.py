"""What only an engine's own catalogue can tell: rights, indexes, plans, sequences, its clock. One class per engine.

An engine that has none here is still checked; what needs one is noted as not checked. Knows nothing of mappings.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from adapter.check.probing import Prober, Row
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
    how: str
    rows: int


class Inspector(Protocol):
    """What `check` asks of an engine's own catalogue."""

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

    def returning(self, plan: Plan, columns: Sequence[str], more: bool) -> Plan:
        """A statement that writes, giving the columns of each row it wrote after what it gives already (`more`)."""
        ...

    def constraints_now(self) -> Plan | None:
        """The statement that checks what else would be checked only when committing; None where there is none."""
        ...


def inspector_of(engine: str) -> Inspector | None:
    """What can be asked of an engine's catalogue; None where that is not known here."""
    return _INSPECTORS.get(engine)


class PostgreSql:
    """PostgreSQL, by pg_catalog: information_schema hides from a role what it may not use."""

    async def role(self, prober: Prober) -> str | None:
        """See Inspector."""
        rows = await prober.sql((), "the role", "SELECT quote_ident(current_user)")
        return str(rows[0][0]) if rows else None

    async def tables(self, prober: Prober, keys: Sequence[TableKey]) -> dict[TableKey, TableState]:
        """See Inspector."""
        found: dict[TableKey, TableState] = {}
        for schema in {schema for schema, _ in keys}:
            names = [name for of, name in keys if of == schema]
            values = {"names": names, "schema": schema}
            columns = await prober.sql((), "rights on columns", _marked(_COLUMNS), values)
            indexes = await prober.sql((), "indexes", _marked(_INDEXES), values)
            tables = await prober.sql((), "tables", _marked(_TABLES), values)
            if columns is None:
                continue  # without the rights on its columns nothing can be said of a table
            for row in tables or ():
                found[schema, row[0]] = _state(row, columns, indexes)
        return found

    async def clock(self, prober: Prober) -> float | None:
        """See Inspector."""
        rows = await prober.sql((), "the clock", "SELECT extract(epoch FROM clock_timestamp())::float8")
        return float(rows[0][0]) if rows else None

    async def visits(self, prober: Prober, plan: Plan, parameters: Mapping[str, Any]) -> list[Visit] | None:
        """See Inspector."""
        asking = replace(plan, driver=f"EXPLAIN (FORMAT JSON) {plan.driver}")
        rows = await prober.rows((), "the database's plan", asking, parameters)
        if not rows:
            return None
        text = rows[0][0]
        tree = json.loads(text) if isinstance(text, (str, bytes)) else text
        found: list[Visit] = []
        _walk(tree[0]["Plan"], 1.0, found)
        return found

    def name(self, key: TableKey) -> str:
        """See Inspector."""
        schema, table = key
        return ".".join(_quoted(part) for part in (schema, table) if part is not None)

    def grant(self, rights: str, table: str, role: str) -> str:
        """See Inspector."""
        return f"GRANT {rights} ON {table} TO {role};"

    def index(self, table: str, columns: Sequence[str]) -> str:
        """See Inspector."""
        return f"CREATE INDEX CONCURRENTLY ON {table} ({', '.join(_quoted(column) for column in columns)});"

    def returning(self, plan: Plan, columns: Sequence[str], more: bool) -> Plan:
        """See Inspector."""
        listed = ", ".join('"' + column.replace('"', '""') + '"' for column in columns)
        return replace(plan, driver=f"{plan.driver}{', ' if more else ' RETURNING '}{listed}")

    def constraints_now(self) -> Plan | None:
        """See Inspector."""
        text = "SET CONSTRAINTS ALL IMMEDIATE"
        return Plan(name="check", shown=text, driver=text, branches=())


_INSPECTORS: Mapping[str, Inspector] = {"postgresql": PostgreSql()}

_HERE = """
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname = ANY(CAST({names} AS text[])) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND CASE WHEN CAST({schema} AS text) IS NULL THEN pg_table_is_visible(c.oid)
          ELSE n.nspname = CAST({schema} AS text) END"""

_TABLES = f"""
SELECT c.relname, c.relkind IN ('r', 'p', 'm'), CASE WHEN c.reltuples < 0 THEN NULL ELSE c.reltuples::int8 END,
    has_table_privilege(c.oid, 'DELETE'), has_schema_privilege(n.oid, 'USAGE'), c.relkind <> 'f'
{_HERE}"""

_COLUMNS = f"""
SELECT t.name, a.attname, has_column_privilege(t.oid, a.attnum, 'SELECT'),
    has_column_privilege(t.oid, a.attnum, 'INSERT'), has_column_privilege(t.oid, a.attnum, 'UPDATE'),
    CAST(s.oid AS regclass)::text, has_sequence_privilege(s.oid, 'USAGE') OR a.attidentity <> '',
    CASE WHEN has_sequence_privilege(s.oid, 'USAGE, SELECT') THEN pg_sequence_last_value(s.oid) END
FROM (SELECT c.oid, c.relname AS name {_HERE}) t
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
LEFT JOIN LATERAL (
    SELECT q.oid FROM pg_depend p JOIN pg_class q ON q.oid = p.refobjid AND q.relkind = 'S'
    WHERE p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid
    UNION ALL
    SELECT q.oid FROM pg_depend p JOIN pg_class q ON q.oid = p.objid AND q.relkind = 'S'
    WHERE p.refobjid = t.oid AND p.refobjsubid = a.attnum AND p.deptype = 'i' LIMIT 1) s ON TRUE"""

_INDEXES = f"""
SELECT t.name, i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL, i.indpred IS NOT NULL,
    (SELECT array_agg(a.attname::text ORDER BY k.place)
     FROM unnest(i.indkey::int2[]) WITH ORDINALITY k (number, place)
     LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number AND k.number > 0
     WHERE k.place <= i.indnkeyatts)
FROM (SELECT c.oid, c.relname AS name {_HERE}) t JOIN pg_index i ON i.indrelid = t.oid AND i.indisvalid"""


def _marked(text: str) -> str:
    """Parameters as the engine's texts mark them."""
    return text.replace("{names}", "\ue000names\ue001").replace("{schema}", "\ue000schema\ue001")


def _state(row: Row, columns: Sequence[Row], indexes: Sequence[Row] | None) -> TableState:
    own = [column for column in columns if column[0] == row[0]]
    return TableState(
        is_table=bool(row[1]),
        rows=None if row[2] is None else int(row[2]),
        indexes=None
        if indexes is None
        else tuple(
            Index(columns=_leading(index[3]), unique=bool(index[1]) and None not in index[3], partial=bool(index[2]))
            for index in indexes
            if index[0] == row[0] and _leading(index[3])
        ),
        transactional=bool(row[5]),
        readable=frozenset(column[1] for column in own if column[2]),
        insertable=frozenset(column[1] for column in own if column[3]),
        updatable=frozenset(column[1] for column in own if column[4]),
        deletable=bool(row[3]),
        reachable=bool(row[4]),
        sequences={
            column[1]: Numbering(name=column[5], usable=bool(column[6]), last=column[7])
            for column in own
            if column[5] is not None
        },
    )


def _leading(columns: Sequence[str | None]) -> tuple[str, ...]:
    """The plain columns before the first expression."""
    found: list[str] = []
    for column in columns:
        if column is None:
            break
        found.append(column)
    return tuple(found)


def _walk(node: Mapping[str, Any], times: float, found: list[Visit]) -> None:
    """Note what a node and those below it go through. `times` is how often it runs."""
    rows = float(node.get("Plan Rows", 0))
    if "Relation Name" in node:
        how = str(node["Node Type"])
        reads_all = how == "Seq Scan" or ("Index Cond" not in node and "Index" in how)
        # A scan that reads all of a table is charged with all of it, whatever its filter leaves.
        visited = -1 if reads_all else round(rows * times)
        found.append(Visit(alias=str(node.get("Alias", "")), table=str(node["Relation Name"]), how=how, rows=visited))
    children = node.get("Plans", ())
    outer = next((child for child in children if child.get("Parent Relationship") == "Outer"), None)
    for child in children:
        relation = child.get("Parent Relationship")
        repeated = 1.0
        if relation == "Inner" and node.get("Node Type") == "Nested Loop" and outer is not None:
            repeated = max(1.0, float(outer.get("Plan Rows", 1)))
        elif relation == "SubPlan":
            repeated = max(1.0, rows)
        _walk(child, times * repeated, found)


def _quoted(name: str) -> str:
    plain = name.isidentifier() and name == name.lower() and name not in _WORDS
    return name if plain else '"' + name.replace('"', '""') + '"'


_WORDS = frozenset(
    {"order", "user", "table", "check", "group", "select", "end", "desc", "default", "references", "column"}
)
