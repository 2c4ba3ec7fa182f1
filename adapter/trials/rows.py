"""The rows of a test: what it gives, made complete with neutral values. Works on values only."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import types

from adapter.mapping.trial_schema import ABSENT, Row
from adapter.trials.copies import ColumnShape, TableShape

_DAY = dt.datetime(2000, 1, 1)  # noqa: DTZ001 - as a till holds it
_NOTHING: tuple[tuple[type[types.TypeEngine[Any]], Any], ...] = (
    (types.Boolean, False),
    (types.Integer, 0),
    (types.Float, 0),
    (types.Numeric, Decimal(0)),
    (types.DateTime, _DAY),
    (types.Date, _DAY.date()),
    (types.Time, _DAY.time()),
    (types.Interval, dt.timedelta()),
    (types.JSON, "{}"),
    (types.LargeBinary, b""),
)


def complete(row: Row, table: TableShape, number: int) -> dict[str, Any]:
    """A row with every column that it must have, by the names that the database has for them.

    `number`, from 1, is the row's own within its table, for columns in which no two rows may have the same.
    """
    found: dict[str, Any] = {}
    for name, value in row.items():
        column = table.column(name)
        if column is not None:
            found[column.name] = _stored(value)
    for column in table.columns:
        if column.needed and column.name not in found:
            found[column.name] = neutral(column, number)
    return found


def neutral(column: ColumnShape, number: int) -> Any:
    """The value of a column that a test says nothing of: nothing, zero or no; the row's number where it must differ."""
    kind = column.kind
    if isinstance(kind, types.Uuid):
        return UUID(int=number)
    if isinstance(kind, types.Enum):
        return kind.enums[0]
    if column.unique and isinstance(kind, (types.Integer, types.Numeric)):
        return number
    if column.unique and isinstance(kind, types.String):
        return str(number)
    return next((value for known, value in _NOTHING if isinstance(kind, known)), "")


def _stored(value: Any) -> Any:
    """A value of the file as the driver takes it."""
    if value == ABSENT:
        return None
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else value
