"""Reads from a live database what a mapping needs to know of its tables. Knows nothing of what they mean."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import inspect, text, types
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
            columns = _columns(connection, schema, real) if real else {}
            storages = _storages(connection, schema)
            tables[schema] = {
                name: TableFact(
                    name=name,
                    columns={column["name"]: _fact(column, connection.dialect.name) for column in found},
                    storage=storages.get(name),
                )
                for name, found in columns.items()
            }
        return Catalogue(tables=tables, known=frozenset(known))

    return read


def _columns(connection: Connection, schema: str | None, names: list[str]) -> dict[str, Any]:
    if connection.dialect.name in ("mariadb", "mysql"):
        from adapter.store.reflect_mariadb import columns_of  # noqa: PLC0415 -- another engine needs none of that dialect

        return columns_of(connection, schema, names)
    found = inspect(connection).get_multi_columns(schema, kind=ObjectKind.ANY, filter_names=names)
    return {name: columns for (_, name), columns in found.items()}


def _storages(connection: Connection, schema: str | None) -> dict[str, str]:
    """The tables whose storage cannot undo a transaction, which only MariaDB and MySQL have, each with that storage."""
    if connection.dialect.name not in ("mariadb", "mysql"):
        return {}
    asked = text(
        "SELECT t.table_name, t.engine FROM information_schema.tables t"
        " JOIN information_schema.engines e ON e.engine = t.engine"
        " WHERE t.table_schema = COALESCE(:schema, DATABASE()) AND COALESCE(e.transactions, 'NO') <> 'YES'"
    )
    return {str(name): str(storage) for name, storage in connection.execute(asked, {"schema": schema})}


def _fact(column: Any, dialect: str) -> ColumnFact:
    kind = column["type"]
    return ColumnFact(
        name=column["name"],
        family=_family(kind),
        nullable=bool(column["nullable"]),
        bits=64 if dialect == "sqlite" else _bits(kind),
        length=getattr(kind, "length", None),
        decimals=getattr(kind, "scale", None) or 0,
        aware=bool(getattr(kind, "timezone", False)) or _mysql_name(kind) == "TIMESTAMP",
        type_name=str(kind),
    )


def _mysql_name(kind: types.TypeEngine[Any]) -> str:
    """What a type of MariaDB's and MySQL's own is called; empty for any other. Their types are loaded with their driver only."""
    own = type(kind).__module__.startswith("sqlalchemy.dialects.mysql")
    return str(kind.__visit_name__) if own else ""


def _family(kind: types.TypeEngine[Any]) -> Family:
    if _mysql_name(kind) in ("BIT", "YEAR"):
        return "integer"
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
    """How wide a whole number may be, its sign included; one without a sign needs a bit more."""
    bits = _MYSQL_WIDTHS.get(_mysql_name(kind)) or next((bits for base, bits in _WIDTHS if isinstance(kind, base)), 32)
    return bits + 1 if getattr(kind, "unsigned", False) else bits


_WIDTHS: tuple[tuple[type[types.TypeEngine[Any]], int], ...] = (
    (types.SmallInteger, 16),
    (types.BigInteger, 64),
)
_MYSQL_WIDTHS = {"TINYINT": 8, "MEDIUMINT": 24}
