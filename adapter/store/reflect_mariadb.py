"""Reads the columns of tables on MariaDB and MySQL from `information_schema`, which tells each role what it may use.

SQLAlchemy asks SHOW CREATE TABLE, which is refused to a role that may read some columns of a table only.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import bindparam, text, types
from sqlalchemy.dialects.mysql import base
from sqlalchemy.engine import Connection

_ASKED = text(
    "SELECT c.table_name, c.column_name, c.data_type, c.column_type, c.is_nullable, c.character_maximum_length,"
    " c.numeric_precision, c.numeric_scale FROM information_schema.columns c"
    " WHERE c.table_schema = COALESCE(:schema, DATABASE()) AND c.table_name IN :names"
    " ORDER BY c.table_name, c.ordinal_position"
).bindparams(bindparam("names", expanding=True))


def columns_of(connection: Connection, schema: str | None, names: Collection[str]) -> dict[str, list[dict[str, Any]]]:
    """The columns of each table or view, in the shape that SQLAlchemy gives them: name, type, nullable."""
    found: dict[str, list[dict[str, Any]]] = {}
    for table, column, kind, whole, nullable, length, precision, scale in connection.execute(
        _ASKED, {"schema": schema, "names": list(names)}
    ):
        known = _type(str(kind).lower(), str(whole).lower(), length, precision, scale)
        found.setdefault(str(table), []).append({"name": str(column), "type": known, "nullable": nullable == "YES"})
    return found


def _type(kind: str, whole: str, length: Any, precision: Any, scale: Any) -> types.TypeEngine[Any]:
    made: Any = base.ischema_names.get(kind, types.NullType)
    if issubclass(made, types.Enum):
        return types.Enum()
    if kind == "bit":
        return made(precision)  # type: ignore[no-any-return]
    if issubclass(made, types.Integer):
        return made(unsigned="unsigned" in whole)  # type: ignore[no-any-return]
    if issubclass(made, types.Numeric):
        # A FLOAT without digits has a precision all the same, and no scale.
        digits = {} if scale is None else {"precision": precision, "scale": scale}
        return made(**digits, unsigned="unsigned" in whole)  # type: ignore[no-any-return]
    if kind in ("char", "varchar", "binary", "varbinary"):
        return made(length)  # type: ignore[no-any-return]
    return made()  # type: ignore[no-any-return]
