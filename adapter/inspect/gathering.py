"""Sampled checks with all their rows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from adapter.inspect.casting import Cast
from adapter.inspect.columns import Candidate, Known, is_amount, is_flag
from adapter.inspect.facts import Reference, Row
from adapter.inspect.profiles import exact
from adapter.inspect.words import concepts

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """One sampled check."""

    row: Row
    items: tuple[Row, ...]
    modifiers: Mapping[tuple[Any, ...], tuple[Row, ...]]
    """By the key of their line: see `Reference.its`."""
    payments: tuple[Row, ...]


Having = Callable[[str, Mapping[str, Collection[Any]]], Sequence[Row]]
"""The rows of a table whose columns each have one of their values."""


def gather(cast: Cast, sessions: Sequence[Row], rows: Having) -> list[Bill]:
    """The sampled checks with their rows."""
    link = cast.to_session
    if link is None:
        return []
    checks = [row for row in sessions if link.its(row)]
    by_check = _referring(link, checks, rows)
    pays, below = cast.payment_to_session, cast.modifier_to_item
    paid = _referring(pays, checks, rows) if pays is not None else {}
    items = [item for found in by_check.values() for item in found]
    modifiers = _referring(below, items, rows) if below is not None else {}
    return [
        Bill(
            row=row,
            items=tuple(lines := by_check.get(link.its(row), [])),
            modifiers={key: tuple(modifiers.get(key, ())) for item in lines if (key := below.its(item))}
            if below is not None
            else {},
            payments=tuple(paid.get(pays.its(row), ())) if pays is not None else (),
        )
        for row in checks
    ]


def _referring(link: Reference, to: Sequence[Row], rows: Having) -> dict[tuple[Any, ...], list[Row]]:
    """The rows that refer to these, by what they refer to."""
    wanted = {column: {row[target] for row in to if row.get(target) is not None} for column, target in link.pairs}
    found: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows(link.table, wanted):
        found.setdefault(link.own(row), []).append(row)
    return found


def fractional(
    known: Known, item: str, names: Sequence[str], quote: Callable[[str], str]
) -> tuple[str, str, str, str] | None:
    """The quantity of lines of which some are weighed and some are counted: its SQL, the flag, and the two columns."""
    flag = known.first(item, ("fraction_word",), is_flag)
    if flag is None or len(names) < 2:
        return None
    by_weight = sorted(names, key=lambda name: "quantity" in concepts(name) and "count_word" not in concepts(name))
    counted, weighed = by_weight[0], by_weight[-1]
    test = quote(flag.column.name) if flag.column.type_name.startswith("bool") else f"{quote(flag.column.name)} = 1"
    sql = f"CASE WHEN {{alias}}.{test} THEN {{alias}}.{quote(weighed)} ELSE {{alias}}.{quote(counted)} END"
    return sql, flag.column.name, weighed, counted


def with_fractions(bills: Sequence[Bill], found: tuple[str, str, str, str]) -> list[Bill]:
    """The bills, their lines with the computed quantity as a column of its own."""
    sql, flag, weighed, counted = found
    return [
        replace(bill, items=tuple({**row, sql: row.get(weighed if row.get(flag) else counted)} for row in bill.items))
        for bill in bills
    ]


def payment_sum(known: Known, cast: Cast) -> tuple[Candidate | None, Candidate | None]:
    """The column of payments that holds their amount, and the flag by which they are void."""
    table = cast.name("payment")
    if table is None:
        return None, None
    found = known.first(
        table, ("price", "total"), is_amount, avoid=("tax", "tip", "percent", "id", "balance", "void", "guests")
    )
    void = known.first(table, ("void",), lambda column, shape: column.family == "boolean" or shape.kind == "flag")
    return found, void


def paid_of(bill: Bill, amount: str, void: str | None) -> Decimal | None:
    """What was paid of a bill, by its payments that are not void; None when one of them cannot be read."""
    total = ZERO
    for row in bill.payments:
        if void is not None and row.get(void) in (True, 1, "1", "Y", "T"):
            continue
        number = exact(row.get(amount))
        if number is None:
            return None
        total += number
    return total


def times(row: Row, price: str, quantity: str | None) -> Decimal | None:
    """Price times quantity of a row; the price alone where there is no quantity."""
    found = exact(row.get(price))
    if found is None or quantity is None:
        return found
    return found * (exact(row.get(quantity)) or ZERO)
