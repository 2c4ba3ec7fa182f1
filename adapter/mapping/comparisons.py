"""Finds conditions that compare a column with a value that it can never hold, so that a payment would be the first to fail.

A database that is asked to prepare a statement takes such a value for whatever the column is, and only refuses it when it
comes; or, as MariaDB does, takes the `12` that a payment's id begins with for the number twelve.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlglot import exp

from adapter.mapping.bind import Binder
from adapter.mapping.catalogue import ColumnFact
from adapter.mapping.keys import Packing
from adapter.toml.locate import Path

_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.In)
_IDS = frozenset({"payment_id", "payment_key"})
_WORDS = frozenset({"acquirer_id", "auth_code", "currency", "entry_mode", "method", "scheme"})
"""Values that are texts and never numbers. What a terminal, a waiter and a tender are called may be a number."""
_TEXT_HOMES = frozenset({"bytes", "other", "text"})
_NUMBER_HOMES = frozenset({"decimal", "float", "integer", "other"})

_NUMBERS = frozenset({"bigint", "double precision", "integer", "numeric", "real", "smallint"})
_NO_TEXTS = _NUMBERS | {"boolean", "date", "timestamp with time zone", "timestamp without time zone"}
"""PostgreSQL's types that no such text could become."""


def check_comparisons(binder: Binder, packing: Packing) -> None:
    """Report to the binder every column of `[lock]` and `[record]` that is plainly compared with a value it cannot hold."""
    for path, found in binder.mapping.fragments.items():
        if path[0] not in ("lock", "record"):
            continue
        for each in found:
            for column, name in _compared(each.tree):
                _check(binder, packing, path, column, name)
    own: Path = ("record", "recorded")
    for field, name in (("payment_id", "payment_id"), ("session_id", "session_id")):
        fragment = binder.mapping.fragment(*own, field)
        if fragment is not None and isinstance(fragment.tree, exp.Column):
            _check(binder, packing, (*own, field), fragment.tree, name)


def unfit_types(names: Sequence[str], types: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The values for which a database takes another type than they have, and that type, as PostgreSQL calls it."""
    for name, type_name in zip(names, types, strict=False):
        is_text = name in _IDS or name in _WORDS
        if (is_text and type_name in _NO_TEXTS) or (name in _WORDS and type_name == "uuid"):
            yield name, type_name


def _compared(tree: exp.Expr) -> Iterator[tuple[exp.Column, str]]:
    for comparison in tree.find_all(*_COMPARISONS):
        others = comparison.expressions if isinstance(comparison, exp.In) else [comparison.expression]
        for other in others:
            sides = [side.unnest() for side in (comparison.this, other) if side is not None]
            columns = [side for side in sides if isinstance(side, exp.Column)]
            values = [side.name for side in sides if isinstance(side, exp.Placeholder)]
            if columns and values:
                yield columns[0], values[0]


def _check(binder: Binder, packing: Packing, path: Path, column: exp.Column, name: str) -> None:
    fact = binder.names.fact(column)
    if fact is None:
        return
    is_key = name == "session_id" or name.startswith("session_id_")
    if is_key:
        number = int(name.removeprefix("session_id_")) - 1 if name != "session_id" else 0
        what = _key_misfit(binder, packing, number, fact)
    else:
        homes = _TEXT_HOMES | ({"uuid"} if name in _IDS else frozenset())
        what = "a text" if name in _IDS | _WORDS and fact.family not in homes else ""
    if what:
        index = int(column.meta.get("index", 0))
        message = f":{name} is {what}, and {fact.name} is {fact.type_name}"
        hint = f"write CAST(:{name} AS text)" if is_key else "no payment could be compared so: is it the right column?"
        binder.report_inside(path, index, message, hint)


def _key_misfit(binder: Binder, packing: Packing, number: int, fact: ColumnFact) -> str:
    """What a part of a key is that a column cannot be compared with. Only PostgreSQL minds a number beside a text."""
    form = packing.parts[number].form if number < len(packing.parts) else ""
    if form == "integer" and binder.engine.speaks == "postgresql" and fact.family not in _NUMBER_HOMES:
        return "a whole number"
    return ""
