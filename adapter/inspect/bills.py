"""Sampled checks with all their rows; finds price, quantity and total by which of them explain the most checks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from adapter.inspect.casting import Cast
from adapter.inspect.columns import Candidate, Known, is_amount, is_count
from adapter.inspect.gathering import ZERO, Bill, fractional, paid_of, payment_sum, times, with_fractions
from adapter.inspect.profiles import exact
from adapter.inspect.sums import Explanation, Term, explain
from adapter.inspect.terms import all_terms
from adapter.inspect.words import concepts


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """What was found of the amounts of bills."""

    quantity: Candidate | None
    price: Candidate | None
    per_line: bool
    """Whether `price` is for the whole line."""
    total: Candidate | None
    explanation: Explanation | None
    minor: bool
    """Whether amounts are in pence."""
    considered: tuple[str, ...]
    """What else could be part of a total, as far as it is not nothing everywhere."""
    others: tuple[str, ...]
    """Other columns of lines that might be the price."""


def look_into(known: Known, cast: Cast, bills: Sequence[Bill], quote: Callable[[str], str]) -> Money:
    """Find price, quantity and total by trying which of them explain the bills."""
    item, session = cast.name("item"), cast.name("session")
    assert item is not None  # noqa: S101 - a cast has both
    assert session is not None  # noqa: S101
    quantities = known.find(item, ("quantity", "count_word"), is_count, avoid=("price", "tax", "discount", "cost"))[:2]
    taken = {one.column.name for one in quantities}
    mixed = fractional(known, item, sorted(taken), quote)
    if mixed is not None:
        bills = with_fractions(bills, mixed)
        computed = replace(quantities[0].column, name=mixed[0])
        quantities = [replace(quantities[0], column=computed), *quantities]
    prices = known.find(
        item,
        ("price", "total"),
        is_amount,
        avoid=("tax", "discount", "percent", "cost", "id"),
        without=taken,
    )[:3]
    totals = known.find(
        session,
        ("total", "price"),
        is_amount,
        avoid=("tax", "discount", "paid", "balance", "subtotal", "service", "tip", "percent", "delivery", "id", "cost"),
    )[:2]
    minor = bool(prices) and all(
        one.column.family == "integer" and (one.profile.highest or 0) >= 100 for one in (*prices[:1], *totals[:1])
    )
    unit = Decimal(1) if minor else Decimal("0.01")
    targets = [_of_check("total", one.column.name, one.column.name, bills) for one in totals]
    if not targets:
        targets = _paid_as_total(known, cast, bills)
    pairs = [(price, quantity) for price in prices for quantity in (*quantities, None)]
    bases = [_base(price, quantity, bills) for price, quantity in pairs]
    terms = [all_terms(known, cast, bills, price.column.name, quantity) for price, quantity in pairs]
    found = explain(targets, bases, terms, unit=unit) if targets and bases else None
    if found is not None and not found.nearly:
        found = None
    price, quantity = pairs[bases.index(found.base)] if found is not None else _by_name(prices, quantities)
    return Money(
        quantity=quantity or (quantities[0] if quantities else None),
        price=price,
        per_line=price is not None and quantity is None and bool(quantities),
        total=next((one for one in totals if found is not None and one.column.name == found.target.says), None)
        or (totals[0] if totals else None),
        explanation=found,
        minor=minor,
        considered=_considered(known, cast, bills, price, quantity),
        others=tuple(one.column.name for one in prices if one is not price),
    )


def _considered(
    known: Known, cast: Cast, bills: Sequence[Bill], price: Candidate | None, quantity: Candidate | None
) -> tuple[str, ...]:
    if price is None:
        return ()
    found: dict[str, str] = {}
    for term in all_terms(known, cast, bills, price.column.name, quantity):
        if term.matters:
            found.setdefault(term.group or term.name, term.says.lstrip("+- "))
    return tuple(found.values())


def _by_name(prices: Sequence[Candidate], quantities: Sequence[Candidate]) -> tuple[Candidate | None, Candidate | None]:
    """Price and quantity, where no bill tells them: of several prices that of a single item."""
    single = [one for one in prices if not concepts(one.column.name) & {"total", "subtotal"}]
    price = next(iter(single or prices), None)
    return price, (quantities[0] if quantities else None)


def _of_check(name: str, column: str, says: str, bills: Sequence[Bill], **more: Any) -> Term:
    return Term(name=name, says=says, amounts=tuple(exact(bill.row.get(column)) for bill in bills), **more)


def _paid_as_total(known: Known, cast: Cast, bills: Sequence[Bill]) -> list[Term]:
    """Where no total is stored, what was paid of checks that somebody paid stands in for it."""
    amount, void = payment_sum(known, cast)
    if amount is None:
        return []
    flag = void.column.name if void is not None else None
    amounts = tuple(paid_of(bill, amount.column.name, flag) if bill.payments else None for bill in bills)
    return [Term(name="paid", says="sum of payments", amounts=amounts)]


def _base(price: Candidate, quantity: Candidate | None, bills: Sequence[Bill]) -> Term:
    many = quantity.column.name if quantity is not None else None
    called = "quantity" if many is not None and many.startswith("CASE ") else many
    says = f"sum({price.column.name} x {called})" if many else f"sum({price.column.name})"
    amounts = tuple(
        sum((times(row, price.column.name, many) or ZERO for row in bill.items), ZERO) if bill.items else None
        for bill in bills
    )
    return Term(name="units" if many else "lines", says=says, amounts=amounts)
