"""Judges the bills that were read: whether they add up, and whether their amounts can be money of a restaurant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from statistics import median_low

from adapter.check.looking import Look, judged, shown_key, some
from adapter.check.sampling import Read, Sample
from adapter.domain.money import digits_of
from adapter.domain.values import Bill
from adapter.toml.locate import Path

_FEW = 3
_ORDINARY = {
    "AUD": 2, "CAD": 2, "CHF": 1, "CZK": 25, "DKK": 8, "EUR": 1, "GBP": 1, "KWD": 1, "NOK": 12, "NZD": 2,
    "PLN": 4, "RON": 5, "SEK": 11, "SGD": 2, "USD": 1,
}  # fmt: skip
"""Currencies of which it is known roughly how many make a pound, to judge what a meal costs."""
_CHEAPEST, _DEAREST = 1, 1000
"""Between these lies what half of all bills are, in pounds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reason:
    """What would explain that a bill does not add up."""

    path: Path
    words: str
    holds: Callable[[Bill, int], bool]


def judge_money(look: Look, sample: Sample) -> None:
    """Find bills that do not add up, were paid too much, or are a hundred times too large."""
    _balance(look, sample)
    _scale(look, sample)
    _paid(look, sample)
    _signs(look, sample)
    taxed = [bill for _, bill in sample.bills if bill.total > 0]
    odd = [bill for bill in taxed if bill.tax * 2 > bill.total or bill.tax < 0]
    if len(taxed) >= _FEW and len(odd) * 2 > len(taxed):
        look.findings.add(
            "warning",
            "tax-implausible",
            ("bill", "tax"),
            f"is more than half of the total, or negative, on {len(odd)} of {len(taxed)} bills",
            "it is the tax in the bill as an amount, not a rate and not the net",
        )


def _balance(look: Look, sample: Sample) -> None:
    bills = sample.bills
    odd = [(one, bill) for one, bill in bills if one.difference]
    if not odd:
        return
    examples = [f"{shown_key(one.key)} by {money(one.difference, bill.currency)}" for one, bill in odd]
    allowed = look.mapping.file.bill.differs is not None
    reason = _reason(look, odd)
    path: Path = reason.path if reason is not None else ("bill", "total")
    because = f"; {reason.words}" if reason is not None else ""
    look.findings.add(
        "note" if allowed else judged(len(odd), len(bills)),
        "bill-unbalanced",
        path,
        f"{len(odd)} of {len(bills)} bills do not add up: total minus lines differs on {some(examples)}{because}",
        "compare one of them with the till's printout; rounding_line takes up pennies, differs explains the rest",
    )


def _reason(look: Look, odd: list[tuple[Read, Bill]]) -> _Reason | None:
    """What explains most of the differences, if anything does."""
    fragments, file = look.mapping.fragments, look.mapping.file
    best: tuple[int, _Reason] | None = None
    for reason in _REASONS:
        if reason.path not in fragments and not (reason.path == ("item", "tax") and file.item.tax is not None):
            continue
        explained = sum(reason.holds(bill, one.difference) for one, bill in odd)
        if explained * 2 > len(odd) and (best is None or explained > best[0]):
            best = explained, reason
    return best[1] if best is not None else None


def _lines(bill: Bill, difference: int) -> int:
    return bill.total - difference - (bill.service_charge or 0)


def _modifiers(bill: Bill) -> int:
    return sum(item.quantity * (item.amount_with_modifiers - item.amount) for item in bill.items)


def _reduced(bill: Bill) -> int:
    return sum(item.quantity * item.amount for item in bill.items if item.amount < 0)


def _times(factor: int, difference: int, bill: Bill) -> bool:
    lines = _lines(bill, difference)
    return lines != 0 and abs(bill.total - lines * factor) <= factor


_REASONS = (
    _Reason(
        path=("bill", "total"),
        words="the totals are 100 times the lines",
        holds=lambda bill, difference: _times(100, difference, bill),
    ),
    _Reason(
        path=("item", "amount_per_item"),
        words="the lines are 100 times the totals",
        holds=lambda bill, difference: bill.total != 0 and abs(_lines(bill, difference) - bill.total * 100) <= 100,
    ),
    _Reason(
        path=("bill", "service_charge"),
        words="the difference is the service charge",
        holds=lambda bill, difference: bool(bill.service_charge) and abs(difference) == abs(bill.service_charge or 0),
    ),
    _Reason(
        path=("modifier", "amount"),
        words="the difference is what the modifiers come to",
        holds=lambda bill, difference: (
            _modifiers(bill) != 0 and difference in (-_modifiers(bill), -2 * _modifiers(bill))
        ),
    ),
    _Reason(
        path=("discount", 0, "amount"),
        words="the difference is what the discounts come to, or twice that",
        holds=lambda bill, difference: _reduced(bill) != 0 and -difference in (_reduced(bill), 2 * _reduced(bill)),
    ),
    _Reason(
        path=("item", "tax"),
        words="the difference is the tax",
        holds=lambda bill, difference: bill.tax != 0 and abs(abs(difference) - bill.tax) <= 2,
    ),
)


def _scale(look: Look, sample: Sample) -> None:
    by_currency: dict[str, list[int]] = {}
    for _, bill in sample.bills:
        if bill.total > 0:
            by_currency.setdefault(bill.currency, []).append(bill.total)
    for currency, totals in by_currency.items():
        worth, digits = _ORDINARY.get(currency), digits_of(currency)
        if worth is None or digits is None or len(totals) < _FEW:
            continue
        middle = Decimal(median_low(totals)).scaleb(-digits)
        _outliers(look, sample, currency, median_low(totals))
        if _CHEAPEST * worth <= middle <= _DEAREST * worth:
            continue
        size = "large" if middle > worth else "small"
        look.findings.add(
            "warning",
            "money-scale",
            ("bill", "total"),
            f"half of the bills are {'over' if size == 'large' else 'under'} {middle} {currency}: "
            f"100 times too {size}?",
            'amounts in pence need form = "minor", those in pounds form = "major"',
        )


def _outliers(look: Look, sample: Sample, currency: str, middle: int) -> None:
    """A check that is a hundred times larger than the others, or was keyed in as if it were."""
    odd = [
        f"{shown_key(one.key)} with {money(bill.total, currency)}"
        for one, bill in sample.bills
        if bill.currency == currency and abs(bill.total) >= middle * 100
    ]
    if odd:
        look.findings.add(
            "note",
            "money-scale",
            ("bill", "total"),
            f"{len(odd)} bills are 100 times the usual {money(middle, currency)} ({some(odd)})",
        )


def _paid(look: Look, sample: Sample) -> None:
    is_open = [one for one, session in sample.sessions if not session.is_finished and one.bill is not None]
    odd = [one for one in is_open if one.bill is not None and one.bill.outstanding < 0 <= one.bill.total]
    negative = [one for one, bill in sample.bills if bill.paid < 0]
    if odd:
        examples = [
            f"{shown_key(one.key)} by {money(-one.bill.outstanding, one.bill.currency)}" for one in odd if one.bill
        ]
        look.findings.add(
            "warning" if len(odd) * 2 > len(is_open) else "note",
            "overpaid",
            ("bill", "paid"),
            f"is more than the total of {len(odd)} of {len(is_open)} open sessions ({some(examples)})",
            "does it hold tips, or change, or payments that were voided?",
        )
    if negative:
        look.findings.add(
            judged(len(negative), len(sample.bills)),
            "overpaid",
            ("bill", "paid"),
            f"is negative on {len(negative)} of {len(sample.bills)} bills ({some([shown_key(one.key) for one in negative])})",
            "what was paid is a positive amount: turn the sign, or look for refunds counted twice",
        )


def _signs(look: Look, sample: Sample) -> None:
    """Find discounts that add to their bills, and charges that take from them: where totals are summed nothing else tells."""
    for kind, sign, does in (("discount", 1, "add to"), ("charge", -1, "take from")):
        amounts = [item.amount for _, bill in sample.bills for item in bill.items if item.kind == kind]
        odd = sum(amount * sign > 0 for amount in amounts)
        if odd >= _FEW and odd * 2 > len(amounts):
            look.findings.add(
                "warning",
                "sign-implausible",
                (kind, 0, "amount"),
                f"{odd} of {len(amounts)} {kind}s {does} their bill",
                f"a {kind} is a positive amount: where the till keeps it as a negative one, turn the sign",
            )


def money(minor: int, currency: str) -> str:
    """An amount for people, as `-3.50 GBP`."""
    return f"{Decimal(minor).scaleb(-(digits_of(currency) or 0))} {currency}".strip()
