"""Reads from a live database what a mapping needs to know of its tables. Knows nothing of what they mean."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import inspect, types
from sqlalchemy.engine import Connection
from sqlalchemy.engine.reflection import ObjectKind

from adapter.mapping.catalogue import Catalogue, ColumnFact, Family, TableFact
from adapter.mapping.naming import TableName


def reading(wanted: Collection[TableName]) -> Callable[[Connection], Catalogue]:
    """A unit that reads the catalogue of the wanted tables and views."""

    def read(connection: Connection) -> Catalogue:
        inspector = inspect(connection)
        tables: dict[str | None, dict[str, TableFact]] = {}
        known: set[str] = set()
        for schema in {schema for schema, _ in wanted}:
            names = [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]
            known.update(names)
            folded = {name.casefold() for of, name in wanted if of == schema}
            real = [name for name in names if name.casefold() in folded]
            columns = inspector.get_multi_columns(schema, kind=ObjectKind.ANY, filter_names=real) if real else {}
            tables[schema] = {
                name: TableFact(name=name, columns={column["name"]: _fact(column) for column in found})
                for (_, name), found in columns.items()
            }
        return Catalogue(tables=tables, known=frozenset(known))

    return read


def _fact(column: Any) -> ColumnFact:
    kind = column["type"]
    return ColumnFact(
        name=column["name"],
        family=_family(kind),
        nullable=bool(column["nullable"]),
        bits=_bits(kind),
        length=getattr(kind, "length", None),
        decimals=getattr(kind, "scale", None) or 0,
        aware=bool(getattr(kind, "timezone", False)),
        type_name=str(kind),
    )


def _family(kind: types.TypeEngine[Any]) -> Family:
    for base, family in _FAMILIES:
        if isinstance(kind, base):
            return family
    return "other"


_FAMILIES: tuple[tuple[type[types.TypeEngine[Any]], Family], ...] = (
    (types.Enum, "other"),
    (types.Boolean, "boolean"),
    (types.Uuid, "uuid"),
    (types.Integer, "integer"),
    (types.Float, "float"),
    (types.Numeric, "decimal"),
    (types.DateTime, "time"),
    (types.Date, "time"),
    (types.Time, "time"),
    (types.String, "text"),
    (types.LargeBinary, "bytes"),
)


def _bits(kind: types.TypeEngine[Any]) -> int:
    if isinstance(kind, types.SmallInteger):
        return 16
    return 64 if isinstance(kind, types.BigInteger) else 32
