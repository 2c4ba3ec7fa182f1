from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.domain.lines import Extra, Line, LineError, LineRule, bill_item, to_minor

NOW = datetime(2024, 5, 1, tzinfo=UTC)
POUNDS = LineRule(digits=2)

quantities = st.one_of(
    st.integers(-6, 12).map(Decimal),
    st.decimals("-5", "5", places=3),
    st.sampled_from([Decimal("1.0"), Decimal("2E+1"), Decimal("0.333"), Decimal("-1.5"), Decimal("0.5")]),
)
amounts = st.one_of(st.decimals("-50", "50", places=2), st.decimals("-9", "9", places=5), st.just(Decimal(0)))
extras = st.builds(
    Extra,
    id=st.just("m"),
    name=st.just("Bacon"),
    amount=amounts,
    quantity=st.one_of(st.integers(-3, 5).map(Decimal), st.decimals("0", "3", places=1)),
    per_line=st.booleans(),
)
lines = st.builds(
    Line,
    id=st.just("i"),
    name=st.just("Burger"),
    quantity=quantities,
    amount=amounts,
    ordered_at=st.just(NOW),
    extras=st.lists(extras, max_size=3),
)
rules = st.builds(
    LineRule,
    digits=st.sampled_from([0, 2, 3]),
    rounding=st.sampled_from(["half-up", "half-even", "up", "down"]),
    stage=st.sampled_from(["line", "unit"]),
    fraction=st.sampled_from(["fold", "round"]),
)


def line(quantity: Any, amount: Any, *extras: Extra, **more: Any) -> Line:
    return Line(
        id="i",
        name="Burger",
        quantity=Decimal(str(quantity)),
        amount=Decimal(str(amount)),
        ordered_at=NOW,
        extras=extras,
        **more,
    )


def extra(quantity: Any, amount: Any, *, per_line: bool = False, name: str = "Bacon") -> Extra:
    return Extra(id="m", name=name, amount=Decimal(str(amount)), quantity=Decimal(str(quantity)), per_line=per_line)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(lines, rules)
def test_quantity_times_price_is_the_amount_of_the_line(given_line: Line, rule: LineRule):
    item, total = bill_item(given_line, rule)
    assert item.quantity * item.amount_with_modifiers == total
    assert item.quantity >= 0
    assert isinstance(total, int)
    assert all(modifier.quantity >= 0 for modifier in item.modifiers)
    assert len(item.modifiers) == len(given_line.extras) or given_line.quantity == 0


@settings(max_examples=250, deadline=None, derandomize=True)
@given(lines)
def test_the_amount_of_a_line_is_its_exact_amount_rounded_once(given_line: Line):
    _, total = bill_item(given_line, POUNDS)
    exact = given_line.amount * given_line.quantity
    for one in given_line.extras:
        exact += one.amount * (one.quantity if one.per_line else one.quantity * given_line.quantity)
    expected = 0 if given_line.quantity == 0 else int((exact * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    assert total == expected


@settings(max_examples=150, deadline=None, derandomize=True)
@given(lines, rules)
def test_a_line_that_must_be_exact_is_exact_or_refused(given_line: Line, rule: LineRule):
    strict = LineRule(digits=rule.digits, stage=rule.stage, fraction="refuse", inexact="refuse")
    try:
        item, total = bill_item(given_line, strict)
    except LineError:
        return
    assert given_line.quantity == int(given_line.quantity)
    assert item.quantity * item.amount_with_modifiers == total


def test_a_plain_line_stays_as_it_is():
    item, total = bill_item(line(3, "4.50", category=("Food",)), POUNDS)
    assert (item.name, item.quantity, item.amount, total) == ("Burger", 3, 450, 1350)
    assert (item.category, item.id, item.ordered_at) == (("Food",), "i", NOW)


@pytest.mark.parametrize(
    ("quantity", "amount", "name", "total"),
    [
        ("0.35", "10.00", "0.35 x Burger", 350),
        ("0.350", "10.00", "0.35 x Burger", 350),
        ("1.5", "3.33", "1.5 x Burger", 500),
        ("-0.5", "4.00", "-0.5 x Burger", -200),
        ("3", "3.3333", "3 x Burger", 1000),
        ("10", "0.333", "10 x Burger", 333),
        ("2E+1", "0.333", "20 x Burger", 666),
    ],
)
def test_a_line_that_cannot_be_counted_is_folded_into_one_entry(quantity: str, amount: str, name: str, total: int):
    item, found = bill_item(line(quantity, amount), POUNDS)
    assert (item.name, item.quantity, item.amount, found) == (name, 1, total, total)


def test_a_fraction_may_be_rounded_to_whole_ones():
    item, total = bill_item(line("1.8", "5.00"), LineRule(digits=2, fraction="round"))
    assert (item.name, item.quantity, item.amount, total) == ("Burger", 2, 450, 900)


def test_a_fraction_may_be_refused():
    with pytest.raises(LineError, match="not whole"):
        bill_item(line("1.5", "5.00"), LineRule(digits=2, fraction="refuse"))


def test_modifiers_of_a_single_item_are_counted_for_one():
    item, total = bill_item(line(2, "5.00", extra(1, "0.50"), extra(2, "0.25")), POUNDS)
    assert (item.quantity, item.amount, total) == (2, 500, 1200)
    assert [(m.quantity, m.amount) for m in item.modifiers] == [(1, 50), (2, 25)]


def test_modifiers_counted_for_the_line_are_shared_out():
    item, total = bill_item(line(2, "5.00", extra(4, "0.50", per_line=True)), POUNDS)
    assert (item.quantity, item.amount, total) == (2, 500, 1200)
    assert [(m.quantity, m.amount) for m in item.modifiers] == [(2, 50)]


def test_one_extra_on_three_burgers_folds_the_line():
    item, total = bill_item(line(3, "5.00", extra(1, "0.50", per_line=True)), POUNDS)
    assert (item.name, item.quantity, item.amount, total) == ("3 x Burger", 1, 1500, 1550)
    assert [(m.name, m.quantity, m.amount) for m in item.modifiers] == [("Bacon", 1, 50)]


def test_a_line_that_takes_something_back_counts_forwards():
    item, total = bill_item(line(-2, "5.00", extra(1, "0.50")), POUNDS)
    assert (item.name, item.quantity, item.amount, total) == ("Burger", 2, -500, -1100)
    assert [(m.quantity, m.amount) for m in item.modifiers] == [(1, -50)]


def test_a_line_of_nothing_costs_nothing():
    item, total = bill_item(line(0, "5.00"), POUNDS)
    assert (item.quantity, item.amount, total) == (0, 500, 0)


def test_prices_may_be_rounded_before_they_are_multiplied():
    assert bill_item(line(3, "3.335"), POUNDS)[1] == 1001
    assert bill_item(line(3, "3.335"), LineRule(digits=2, stage="unit"))[1] == 1002


@pytest.mark.parametrize(("rounding", "total"), [("half-up", 113), ("half-even", 112), ("up", 113), ("down", 112)])
def test_half_a_modifier_is_rounded_as_the_mapping_says(rounding: str, total: int):
    rule = LineRule(digits=2, stage="unit", rounding=rounding)
    assert bill_item(line(1, "1.00", extra("0.5", "0.25", per_line=True)), rule)[1] == total


@pytest.mark.parametrize(("digits", "found"), [(0, 1235), (2, 123457), (3, 1234568)])
def test_the_currency_decides_the_digits(digits: int, found: int):
    assert to_minor(Decimal("1234.5675"), LineRule(digits=digits)) == found


def test_an_amount_that_does_not_fit_may_be_refused():
    with pytest.raises(LineError, match="minor units"):
        to_minor(Decimal("1.005"), LineRule(digits=2, inexact="refuse"))
    assert to_minor(Decimal("1.50"), LineRule(digits=2, inexact="refuse")) == 150


@pytest.mark.parametrize("amount", ["1e27", "-1e40"])
def test_an_amount_beyond_any_bill_is_refused(amount: str):
    with pytest.raises(ValueError, match=r"\w"):
        bill_item(line(1, amount), POUNDS)
