"""Which arithmetic gives the totals that are stored: every plausible sum is tried on sampled bills. Exact, and pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations, product
from typing import Literal

_FINE = 1_000_000
"""Parts of a unit of money that are told apart."""
_MOST_BILLS = 80
"""Bills on which a sum is tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One amount per bill that may be part of its total."""

    name: str
    """What it is to the mapping, such as `service`."""
    says: str
    """What it is to people, such as `+ service_charge`."""
    amounts: tuple[Decimal | None, ...]
    """For each bill, with its sign; None where it cannot be told."""
    group: str = ""
    """At most one term of a group is part of a total."""
    form: Literal["amount", "factor"] = "amount"
    """A factor multiplies what was summed before it."""
    columns: tuple[str, ...] = ()
    """The columns that it is made of."""
    late: bool = False
    """Whether it is added after the factors."""

    @property
    def matters(self) -> bool:
        """Whether it changes any of the bills."""
        nothing = 1 if self.form == "factor" else 0
        return any(amount is not None and amount != nothing for amount in self.amounts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The sum that explains most bills."""

    target: Term
    base: Term
    terms: tuple[Term, ...]
    explained: int
    """Bills whose total it gives to half a minor unit."""
    nearly: int
    """Bills whose total it gives but for what rounding leaves."""
    of: int
    """Bills that have a total and lines."""
    differing: tuple[int, ...]
    """Those that it does not explain, as places in the sample."""

    @property
    def says(self) -> str:
        """The sum in words."""
        return f"{self.target.says} = {' '.join([self.base.says, *(term.says for term in self.terms)])}"

    def has(self, name: str) -> Term | None:
        """The term of this name, if it is part of the sum."""
        return next((term for term in self.terms if term.name == name), None)


def explain(
    targets: Sequence[Term], bases: Sequence[Term], terms_of: Sequence[Sequence[Term]], *, unit: Decimal
) -> Explanation | None:
    """The sum that explains the most bills with the fewest terms; None where there is nothing to compare.

    `terms_of` are the terms that may come beside each base; `unit` is the minor unit, as Decimal("0.01").
    """
    best: Explanation | None = None
    for target, (base, terms) in product(targets, zip(bases, terms_of, strict=True)):
        found = _best_sum(target, base, [term for term in terms if term.matters], unit)
        if found is not None and (best is None or _rank(found) > _rank(best)):
            best = found
    return best


def _rank(found: Explanation) -> tuple[int, int, bool, int]:
    # Of equals a price of a single item rather than one of the whole line, and the simplest.
    return (found.nearly, found.explained, found.base.name == "units", -len(found.terms))


def _best_sum(target: Term, base: Term, terms: Sequence[Term], unit: Decimal) -> Explanation | None:
    known = [
        index
        for index, (amount, lines) in enumerate(zip(target.amounts, base.amounts, strict=True))
        if amount is not None and lines is not None and (amount or lines)
    ][:_MOST_BILLS]
    if not known:
        return None
    scale = _Scale(known)
    wanted, start = scale.fine(target), scale.fine(base)
    half, near = round(unit / 2 * _FINE), round(unit * 3 * _FINE)

    places = {id(term): place for place, term in enumerate(terms)}

    def tried(picked: tuple[Term, ...]) -> Explanation:
        chosen = tuple(sorted(picked, key=lambda term: places[id(term)]))
        off = [abs(a - b) for a, b in zip(wanted, scale.summed(start, chosen), strict=True)]
        return Explanation(
            target=target,
            base=base,
            terms=chosen,
            explained=sum(1 for each in off if each <= half),
            nearly=sum(1 for each in off if each <= near),
            of=len(known),
            differing=tuple(index for index, each in zip(known, off, strict=True) if each > near),
        )

    best = tried(())
    while True:
        better = max(
            (tried(chosen) for chosen in _further(best.terms, scale.different(terms))), key=_rank, default=best
        )
        if _rank(better) <= _rank(best):
            return best
        best = better


def _further(chosen: tuple[Term, ...], terms: Sequence[Term]) -> Iterator[tuple[Term, ...]]:
    """The sums with one or two terms more, or others of their group: a bill may need two before it is explained."""
    for many in (1, 2):
        for added in combinations(terms, many):
            groups = [_group(term) for term in added]
            if len(set(groups)) == many:
                yield (*(term for term in chosen if _group(term) not in groups), *added)


def _group(term: Term) -> str:
    return term.group or term.name


class _Scale:
    """Amounts of the bills that are known, as whole numbers of a fine unit: there are many sums to try."""

    def __init__(self, known: list[int]) -> None:
        self._known = known
        self._fine: dict[int, list[int]] = {}

    def fine(self, term: Term) -> list[int]:
        """The amounts of a term; factors in the same unit."""
        found = self._fine.get(id(term))
        if found is None:
            nothing = Decimal(1) if term.form == "factor" else Decimal(0)
            amounts = (term.amounts[index] for index in self._known)
            found = [round((nothing if amount is None else amount) * _FINE) for amount in amounts]
            self._fine[id(term)] = found
        return found

    def different(self, terms: Sequence[Term]) -> list[Term]:
        """The terms without those that are the same amounts as an earlier one of their group."""
        return list({(_group(term), term.form, tuple(self.fine(term))): term for term in reversed(terms)}.values())[
            ::-1
        ]

    def summed(self, start: list[int], terms: tuple[Term, ...]) -> list[int]:
        """What the terms make of what they begin with."""
        sums = start
        for term in sorted(terms, key=lambda one: (one.late, one.form == "factor")):
            amounts = self.fine(term)
            if term.form == "factor":
                sums = [before * amount // _FINE for before, amount in zip(sums, amounts, strict=True)]
            else:
                sums = [before + amount for before, amount in zip(sums, amounts, strict=True)]
        return sums
