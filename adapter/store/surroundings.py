"""What stands around the tables that are written to: their schema, sequences that number their rows, triggers.

Knows nothing of what is written. Asks the database's own catalogue, which every role may read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection

from adapter.mapping.naming import TableName


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    """A sequence from which a column takes its number when a row is inserted without one."""

    schema: str
    name: str
    table: TableName
    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A trigger that runs, with the rights of whoever writes, when a table is written to."""

    name: str
    table: TableName
    function: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a database tells beside its tables."""

    database: str
    schema: str | None
    """Schema of the tables whose schema is not said."""
    sequences: tuple[Sequence, ...] = ()
    triggers: tuple[Trigger, ...] = ()


_SEQUENCES = text("""
SELECT sn.nspname, s.relname, a.attname
FROM pg_attrdef d
JOIN pg_class c ON c.oid = d.adrelid
JOIN pg_namespace cn ON cn.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
JOIN pg_depend p ON p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid AND p.refclassid = 'pg_class'::regclass
JOIN pg_class s ON s.oid = p.refobjid AND s.relkind = 'S'
JOIN pg_namespace sn ON sn.oid = s.relnamespace
WHERE cn.nspname = :schema AND c.relname = :name
ORDER BY 1, 2
""")

_TRIGGERS = text("""
SELECT t.tgname, p.proname
FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_proc p ON p.oid = t.tgfoid
WHERE NOT t.tgisinternal AND NOT p.prosecdef AND t.tgenabled <> 'D' AND n.nspname = :schema AND c.relname = :name
ORDER BY 1
""")


def surroundings(written: Collection[TableName]) -> Callable[[Connection], Surroundings]:
    """A unit that looks around the tables that are written to."""

    def look(connection: Connection) -> Surroundings:
        url = connection.engine.url
        own = inspect(connection).default_schema_name
        sequences: list[Sequence] = []
        triggers: list[Trigger] = []
        for table in sorted(written, key=lambda each: (each[0] or "", each[1])):
            if connection.dialect.name != "postgresql":
                continue  # elsewhere numbers come with the right to insert
            where = {"schema": table[0] or own, "name": table[1]}
            sequences += [
                Sequence(schema=schema, name=name, table=table, column=column)
                for schema, name, column in connection.execute(_SEQUENCES, where)
            ]
            triggers += [
                Trigger(name=name, table=table, function=function)
                for name, function in connection.execute(_TRIGGERS, where)
            ]
        return Surroundings(
            database=url.database or "", schema=own, sequences=tuple(sequences), triggers=tuple(triggers)
        )

    return look
