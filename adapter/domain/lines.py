"""The arithmetic of a bill's lines: exact amounts become whole minor units that add up. Knows no database and no wire.

A card machine understands whole quantities and whole pence only. A line that cannot be said so (0.35 kg; 3 for 10.00;
one extra on three burgers) is folded: one entry named `3 x Burger` with the amount of the whole line. Whatever the
form, quantity x amount with modifiers is the rounded amount of the line.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Literal

from msgspec import Struct, structs

from adapter.domain.money import NotMoney, minor, minor_if_exact
from adapter.domain.values import BillItem, Modifier

_ONE = Decimal(1)
_SHOWN_DECIMALS = 3
"""As exactly as scales weigh."""


class LineError(ValueError):
    """A line cannot be said in whole numbers, and the mapping asks to refuse it."""


class LineRule(Struct, frozen=True, kw_only=True):
    """How exact amounts become whole ones."""

    digits: int
    """Decimals of the currency."""
    rounding: str = "half-up"
    stage: Literal["line", "unit"] = "line"
    """Whether the amount of the line is rounded, or the price of a single item."""
    fraction: Literal["fold", "round", "refuse"] = "fold"
    """What becomes of a quantity that is not whole."""
    inexact: Literal["round", "refuse"] = "round"
    """What becomes of an amount that does not fit minor units."""


class Extra(Struct, frozen=True, kw_only=True):
    """A modifier before it is rounded."""

    id: str
    name: str
    amount: Decimal
    """For one of it, in major units, tax included."""
    quantity: Decimal
    is_line_amount: bool = False
    """Whether the amount is for all of them instead."""
    per_line: bool
    """Whether the quantity counts for the whole line or for a single item."""
    plu: str | None = None


class Line(Struct, frozen=True, kw_only=True):
    """A line before it is rounded."""

    id: str
    name: str
    quantity: Decimal
    amount: Decimal
    """For one item without its modifiers, in major units, tax included."""
    ordered_at: datetime
    is_line_amount: bool = False
    """Whether the amount is for the whole line instead: three for 10.00 is not three times 3.33."""
    category: tuple[str, ...] = ()
    extras: Sequence[Extra] = ()
    plu: str | None = None
    note: str | None = None


def to_minor(amount: Decimal, rule: LineRule) -> int:
    """The amount in minor units.

    Raises LineError when it does not fit them and the mapping refuses rounding.
    """
    try:
        if rule.inexact == "round":
            return minor(amount, rule.digits, rule.rounding)
        whole = minor_if_exact(amount, rule.digits)
    except NotMoney as error:
        raise LineError(str(error)) from None
    if whole is None:
        raise LineError("does not fit the currency's minor units")
    return whole


def bill_item(line: Line, rule: LineRule) -> tuple[BillItem, int]:
    """The line as an item of the bill, and its amount in minor units, modifiers included.

    Raises LineError when the line cannot be said and the mapping asks to refuse it.
    """
    quantity = line.quantity
    if quantity != quantity.to_integral_value():
        return _fractional(line, rule)
    if quantity == 0:
        return _item(line, 0, to_minor(line.amount, rule), _modifiers(line, rule, _ONE)), 0
    return _whole(line, rule, int(quantity))


def exact_amounts(line: Line) -> list[Decimal]:
    """What the line itself comes to before anything is rounded, and then each of its modifiers, in major units."""
    if line.quantity == 0:
        return [Decimal(0)] * (1 + len(line.extras))
    own = line.amount if line.is_line_amount else line.amount * line.quantity
    return [own, *(_exact_extra(extra, line.quantity) for extra in line.extras)]


def _exact_extra(extra: Extra, quantity: Decimal) -> Decimal:
    if not extra.is_line_amount:
        return extra.amount * _line_count(extra, quantity)
    return extra.amount if extra.per_line else extra.amount * quantity


def _whole(line: Line, rule: LineRule, quantity: int) -> tuple[BillItem, int]:
    total = _total(line, rule)
    count = abs(quantity)
    modifiers = _modifiers(line, rule, Decimal(quantity))
    if modifiers is None or total % count:
        return _folded(line, rule, total), total
    if quantity < 0:
        # A line that takes something back counts forwards with negative amounts.
        modifiers = [structs.replace(modifier, amount=-modifier.amount) for modifier in modifiers]
    each = total // count - sum(modifier.amount * modifier.quantity for modifier in modifiers)
    return _item(line, count, each, modifiers), total


def _fractional(line: Line, rule: LineRule) -> tuple[BillItem, int]:
    if rule.fraction == "refuse":
        raise LineError("has a quantity that is not whole")
    total = _total(line, rule)
    nearest = max(1, int(line.quantity.to_integral_value()))
    if rule.fraction == "round" and not line.extras and total % nearest == 0:
        return _item(line, nearest, total // nearest, []), total
    return _folded(line, rule, total), total


def _total(line: Line, rule: LineRule) -> int:
    """The amount of the line in minor units, rounded where the mapping says."""
    if rule.stage == "unit" and not line.is_line_amount and line.quantity == line.quantity.to_integral_value():
        pence = to_minor(line.amount, rule) * line.quantity
        for extra in line.extras:
            pence += to_minor(_each(extra), rule) * _line_count(extra, line.quantity)
        # Half an extra may leave half a penny.
        return to_minor(pence.scaleb(-rule.digits), rule)
    return to_minor(sum(exact_amounts(line), Decimal(0)), rule)


def _each(extra: Extra) -> Decimal:
    """The amount of a single modifier."""
    return extra.amount / extra.quantity if extra.is_line_amount and extra.quantity else extra.amount


def _line_count(extra: Extra, quantity: Decimal) -> Decimal:
    return extra.quantity if extra.per_line else extra.quantity * quantity


def _modifiers(line: Line, rule: LineRule, quantity: Decimal) -> list[Modifier] | None:
    """The modifiers counted for a single item, or None when a count does not divide by the line's quantity."""
    found = []
    for extra in line.extras:
        count = extra.quantity / quantity if extra.per_line else extra.quantity
        if count != count.to_integral_value() or count < 0:
            return None
        amount = _informal(_each(extra), rule)
        found.append(Modifier(id=extra.id, name=extra.name, amount=amount, quantity=int(count), plu=extra.plu))
    return found


def _informal(amount: Decimal, rule: LineRule) -> int:
    """The amount of a part of a line: it may always be rounded, as the item takes up what is left."""
    return to_minor(amount, rule if rule.inexact == "round" else structs.replace(rule, inexact="round"))


def _folded(line: Line, rule: LineRule, total: int) -> BillItem:
    """One entry for the whole line; its modifiers keep their count for the line."""
    modifiers = []
    for extra in line.extras:
        count = _line_count(extra, line.quantity)
        if count == count.to_integral_value() and count >= 0:
            amount, times, name = _informal(_each(extra), rule), int(count), extra.name
        else:
            amount, times, name = _informal(_each(extra) * count, rule), 1, f"{_plain(count)} x {extra.name}"
        modifiers.append(Modifier(id=extra.id, name=name, amount=amount, quantity=times, plu=extra.plu))
    amount = total - sum(modifier.amount * modifier.quantity for modifier in modifiers)
    return BillItem(
        id=line.id,
        name=f"{_plain(line.quantity)} x {line.name}",
        quantity=1,
        amount=amount,
        ordered_at=line.ordered_at,
        category=line.category,
        modifiers=tuple(modifiers),
        plu=line.plu,
        note=line.note,
    )


def _item(line: Line, quantity: int, amount: int, modifiers: list[Modifier] | None) -> BillItem:
    return BillItem(
        id=line.id,
        name=line.name,
        quantity=quantity,
        amount=amount,
        ordered_at=line.ordered_at,
        category=line.category,
        modifiers=tuple(modifiers or ()),
        plu=line.plu,
        note=line.note,
    )


def _plain(quantity: Decimal) -> str:
    """A quantity as people write it: 0.35, 3; a third is 0.333."""
    shown = round(quantity, _SHOWN_DECIMALS) or quantity
    return format(shown.normalize(), "f")
