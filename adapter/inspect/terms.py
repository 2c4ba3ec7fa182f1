"""The amounts that may be part of a check's total: modifiers, discounts, taxes, charges, tips. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from adapter.inspect.casting import Cast
from adapter.inspect.columns import Candidate, Known, is_amount, is_count
from adapter.inspect.facts import Reference, Row
from adapter.inspect.gathering import ZERO, Bill, times
from adapter.inspect.profiles import exact
from adapter.inspect.sums import Term
from adapter.inspect.words import concepts

_PARTS = (("fraction", 1, ""), ("percent", 100, " / 100"))


def all_terms(known: Known, cast: Cast, bills: Sequence[Bill], price: str, quantity: Candidate | None) -> list[Term]:
    """Everything that may come beside the sum of `price` times `quantity`."""
    many = quantity.column.name if quantity is not None else None
    lines = _Lines(known, cast, bills, price, many)
    return [
        *lines.discounts(),
        *lines.taxes(),
        *lines.modifiers(),
        *_of_checks(known, cast, bills),
        *_tips_elsewhere(known, cast, bills),
    ]


def rate_of(known: Known, cast: Cast) -> tuple[str, str, str] | None:
    """Where the tax rate of a line is: alias, column, and whether it is a percentage, a fraction or a multiplier.

    The alias is `i` for a column of the line itself, `x` for one of the table of taxes.
    """
    item, tax = cast.name("item") or "", cast.name("tax")
    own = [
        one for one in known.find(item, ("tax",), is_amount, avoid=("id",)) if "percent" in concepts(one.column.name)
    ]
    if own:
        return "i", own[0].column.name, _rate_form(own[0])
    if tax is None or cast.to_tax is None:
        return None
    found = known.find(tax, ("percent", "tax"), is_amount, avoid=("id", "price", "total"))
    return ("x", found[0].column.name, _rate_form(found[0])) if found else None


def _rate_form(one: Candidate) -> str:
    highest = one.profile.highest
    return "percent" if highest is None or highest > 1 else "fraction"


class _Lines:
    """The terms that come from the lines of a check."""

    def __init__(self, known: Known, cast: Cast, bills: Sequence[Bill], price: str, many: str | None) -> None:
        self._known, self._cast, self._bills = known, cast, bills
        self._price, self._many = price, many
        self._item = cast.name("item") or ""

    def discounts(self) -> Iterator[Term]:
        """Discounts of single lines, as an amount, a fraction or a percentage."""
        for one in self._known.find(self._item, ("discount",), is_amount, avoid=("id", "method"))[:2]:
            name = one.column.name
            yield Term(
                name="line discount",
                says=f"- sum({name})",
                group="line discount",
                columns=(name,),
                amounts=self._summed(lambda row, n=name: -_number(row, n)),  # type: ignore[misc]
            )
            for form, parts, said in _PARTS:
                yield Term(
                    name=f"line discount by {form}",
                    says=f"- sum(line x {name}{said})",
                    group="line discount",
                    columns=(name,),
                    amounts=self._summed(lambda row, n=name, p=parts: -self._worth(row) * _number(row, n) / p),  # type: ignore[misc]
                )

    def taxes(self) -> Iterator[Term]:
        """Taxes of single lines, as an amount or by a rate."""
        for one in self._known.find(self._item, ("tax",), is_amount, avoid=("percent", "id", "method", "code"))[:1]:
            name = one.column.name
            yield Term(
                name="line tax",
                says=f"+ sum({name})",
                group="tax",
                columns=(name,),
                amounts=self._summed(lambda row, n=name: _number(row, n)),  # type: ignore[misc]
            )
        rates = self._rates()
        if rates is None:
            return
        rate, said = rates
        yield Term(
            name="tax by rate",
            says=f"+ sum(line x {said})",
            group="tax",
            columns=(said,),
            amounts=self._summed(lambda row: self._worth(row) * rate(row)),
        )
        for one in self._known.find(self._item, ("discount",), is_amount, avoid=("id", "method"))[:1]:
            name = one.column.name
            for form, parts, divided in _PARTS:
                # Of what is left of the line after its discount.
                yield Term(
                    name="tax by rate",
                    says=f"+ sum(line x (1 - {name}{divided}) x {said})",
                    group="tax",
                    columns=(said, name, form),
                    amounts=self._summed(
                        lambda row, n=name, p=parts: self._worth(row) * (1 - _number(row, n) / p) * rate(row)  # type: ignore[misc]
                    ),
                )

    def modifiers(self) -> Iterator[Term]:
        """Extras: once or by their own count, for the line or for each of its items."""
        table, link = self._cast.name("modifier"), self._cast.modifier_to_item
        if table is None or link is None:
            return
        find = self._known.find
        prices = find(table, ("price",), is_amount, avoid=("tax", "percent", "discount", "cost", "total"))[:2]
        counts = find(table, ("quantity", "count_word"), is_count, avoid=("price", "tax"))[:1]
        for price in prices:
            for count in (*(one.column.name for one in counts), None):
                for per in ("line", "item") if self._many else ("line",):
                    yield self._extras(price.column.name, count, per, link)

    def _extras(self, price: str, count: str | None, per: str, link: Reference) -> Term:
        by = f" x {count}" if count else ""
        return Term(
            name="modifiers",
            says=f"+ sum(modifier {price}{by}{' x quantity of the line' if per == 'item' else ''})",
            group="modifiers",
            columns=(price, count or "", per),
            amounts=tuple(
                sum(
                    (
                        (times(extra, price, count) or ZERO)
                        * (_number(item, self._many or "") if per == "item" else Decimal(1))
                        for item in bill.items
                        for extra in bill.modifiers.get(link.its(item), ())
                    ),
                    ZERO,
                )
                for bill in self._bills
            ),
        )

    def _rates(self) -> tuple[Callable[[Row], Decimal], str] | None:
        found = rate_of(self._known, self._cast)
        if found is None:
            return None
        alias, column, form = found
        parts = 100 if form == "percent" else 1
        if alias == "i":
            return (lambda row: _number(row, column) / parts), column
        link = self._cast.to_tax
        assert link is not None  # noqa: S101 - rate_of found it by this
        by_key = {link.its(row): _number(row, column) / parts for row in self._known.survey.sample(link.to)}
        return (lambda row: by_key.get(link.own(row), ZERO)), f"{link.to}.{column}"

    def _worth(self, row: Row) -> Decimal:
        return times(row, self._price, self._many) or ZERO

    def _summed(self, of: Callable[[Row], Decimal]) -> tuple[Decimal, ...]:
        return tuple(sum((of(row) for row in bill.items), ZERO) for bill in self._bills)


def _of_checks(known: Known, cast: Cast, bills: Sequence[Bill]) -> Iterator[Term]:
    session = cast.name("session") or ""
    for one in known.find(session, ("discount",), is_amount, avoid=("id", "method"))[:2]:
        name = one.column.name
        amounts = tuple(-_number(bill.row, name) for bill in bills)
        yield Term(name="discount", says=f"- {name}", amounts=amounts, group="discount", columns=(name,))
        for form, parts, said in _PARTS:
            yield Term(
                name=f"discount by {form}",
                says=f"x (1 - {name}{said})",
                amounts=tuple(1 - _number(bill.row, name) / parts for bill in bills),
                group="discount",
                columns=(name,),
                form="factor",
            )
    for concept in ("service", "delivery", "tip", "tax"):
        for one in known.find(session, (concept,), is_amount, avoid=("percent", "id", "method", "code", "void"))[:1]:
            name = one.column.name
            yield Term(
                name=concept,
                says=f"+ {name}",
                amounts=tuple(_number(bill.row, name) for bill in bills),
                group="tax" if concept == "tax" else concept,
                columns=(name,),
                late=True,
            )


def _tips_elsewhere(known: Known, cast: Cast, bills: Sequence[Bill]) -> Iterator[Term]:
    """A tip that stands in a table of its own, to which the check refers."""
    session = cast.name("session") or ""
    for link in known.referring(session):
        if "tip" not in concepts(link.to) or link.strength < 0.5:
            continue
        amount = known.first(link.to, ("price", "total"), is_amount, avoid=("id",))
        if amount is None:
            continue
        name = amount.column.name
        by_key = {row.get(link.target): _number(row, name) for row in known.survey.sample(link.to)}
        yield Term(
            name="tip",
            says=f"+ {link.to}.{name}",
            amounts=tuple(by_key.get(bill.row.get(link.column), ZERO) for bill in bills),
            group="tip",
            columns=(link.column, link.to, link.target, name),
            late=True,
        )


def _number(row: Row, column: str) -> Decimal:
    return exact(row.get(column)) or ZERO
