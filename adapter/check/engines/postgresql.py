"""What PostgreSQL's own catalogue tells: rights, indexes, plans, sequences, its clock."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from adapter.check.engines.base import EVERY, Index, Numbering, TableState, Visit
from adapter.check.probing import Prober, Row
from adapter.check.uses import TableKey
from adapter.mapping.plans import Plan


class PostgreSql:
    """PostgreSQL, by pg_catalog: information_schema hides from a role what it may not use."""

    grants = True
    holding_is_changing = True
    returning_is_inserting = False
    keeps_numbers = True

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

    def returning(self, plan: Plan, kind: str, columns: Sequence[str], more: bool) -> Plan | None:  # noqa: ARG002 -- all can
        """See Inspector."""
        listed = ", ".join('"' + column.replace('"', '""') + '"' for column in columns)
        return replace(plan, driver=f"{plan.driver}{', ' if more else ' RETURNING '}{listed}")

    def constraints_now(self) -> Plan | None:
        """See Inspector."""
        text = "SET CONSTRAINTS ALL IMMEDIATE"
        return Plan(name="check", shown=text, driver=text, branches=())


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
        visited = EVERY if reads_all else round(rows * times)
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
