"""The statements that make an empty copy of a till's table, as far as its own engine can say them.

Only catalogues are asked, which every role may read: of the table itself it may be allowed some columns only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection


def definition(connection: Connection, schema: str | None, name: str) -> tuple[str, ...]:
    """The statements for this table; none on engines that copy it by name."""
    if connection.dialect.name == "postgresql":
        return tuple(_on_postgresql(connection, {"schema": schema, "name": name}))
    if connection.dialect.name == "sqlite":
        return tuple(str(made) for (made,) in connection.execute(_SQLITE, {"name": name}))
    return ()


_SQLITE = text(
    "SELECT m.sql FROM sqlite_master m WHERE m.tbl_name = :name AND m.sql IS NOT NULL"
    " AND m.type IN ('table', 'index') ORDER BY m.type DESC"
)

# LIKE would need SELECT on the whole table. What counts up is left out: it must not count with the till's own sequence.
_TABLE = """
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname = CAST(:name AS text) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND CASE WHEN CAST(:schema AS text) IS NULL THEN pg_table_is_visible(c.oid)
          ELSE n.nspname = CAST(:schema AS text) END"""

_NAME = text(f"SELECT quote_ident(n.nspname), quote_ident(c.relname) {_TABLE}")

_COLUMNS = text(f"""
SELECT quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
    || COALESCE((SELECT ' COLLATE ' || quote_ident(s.nspname) || '.' || quote_ident(o.collname)
                 FROM pg_collation o JOIN pg_namespace s ON s.oid = o.collnamespace
                 WHERE o.oid = a.attcollation AND o.oid <> y.typcollation), '')
    || CASE WHEN a.attgenerated <> '' THEN ' GENERATED ALWAYS AS (' || e.text || ')'
            || CASE a.attgenerated WHEN 's' THEN ' STORED' ELSE ' VIRTUAL' END
        WHEN a.attidentity <> '' OR position('nextval(' IN e.text) > 0 THEN ''
        ELSE COALESCE(' DEFAULT ' || e.text, '') END
    || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN LATERAL (SELECT pg_get_expr(d.adbin, d.adrelid) AS text) e ON TRUE
WHERE a.attrelid = (SELECT c.oid {_TABLE}) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum""")

_UNIQUE = text(f"""
SELECT pg_get_constraintdef(k.oid), quote_ident(x.relname), pg_get_indexdef(i.indexrelid)
FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
LEFT JOIN pg_constraint k
    ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')
WHERE i.indrelid = (SELECT c.oid {_TABLE}) AND i.indisvalid AND (i.indisunique OR k.oid IS NOT NULL)
ORDER BY i.indexrelid""")


def _on_postgresql(connection: Connection, which: dict[str, Any]) -> Iterator[str]:
    schema, table = connection.execute(_NAME, which).one()
    name = f"pg_temp.{table}"
    columns = ", ".join(str(column) for (column,) in connection.execute(_COLUMNS, which))
    yield f"CREATE TEMPORARY TABLE {name} ({columns}) ON COMMIT DROP"
    for constraint, index, made in connection.execute(_UNIQUE, which):
        if constraint is not None:
            yield f"ALTER TABLE {name} ADD {constraint}"
        else:
            rest = str(made).removeprefix(f"CREATE UNIQUE INDEX {index} ON ").removeprefix("ONLY ")
            yield f"CREATE UNIQUE INDEX ON {name}{rest.removeprefix(f'{schema}.').removeprefix(table)}"
