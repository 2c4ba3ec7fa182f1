from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.domain.money import NotMoney, digits_of, exact, minor, minor_if_exact


@pytest.mark.parametrize(("currency", "digits"), [("GBP", 2), ("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4)])
def test_a_currency_has_its_digits(currency: str, digits: int):
    assert digits_of(currency) == digits


@pytest.mark.parametrize("currency", ["Pound", "gbp", "", "XXX", "GBP "])
def test_what_is_no_currency_has_none(currency: str):
    assert digits_of(currency) is None


@pytest.mark.parametrize(
    ("value", "digits", "rounding", "found"),
    [
        (34.225, 2, "half-up", 3423),
        (-34.225, 2, "half-up", -3423),
        (34.225, 2, "half-even", 3422),
        (34.221, 2, "up", 3423),
        (34.229, 2, "down", 3422),
        (-34.229, 2, "down", -3422),
        (21.999999999912, 2, "half-up", 2200),
        (37.640000000000001, 2, "half-up", 3764),
        (1.005, 2, "half-up", 101),
        (8.325, 2, "half-up", 833),
        (1250.5, 0, "half-up", 1251),
        (1.0005, 3, "half-up", 1001),
        ("0.005", 2, "half-up", 1),
        (Decimal("-0.005"), 2, "half-up", -1),
        (10.0, 2, "up", 1000),
    ],
)
def test_an_amount_becomes_minor_units(value: Any, digits: int, rounding: str, found: int):
    assert minor(exact(value), digits, rounding) == found


def test_an_amount_that_does_not_fit_is_told():
    assert minor_if_exact(Decimal("1.005"), 2) is None
    assert minor_if_exact(Decimal("1.50"), 2) == 150
    assert minor_if_exact(Decimal("1.5"), 0) is None


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.integers(-(10**9), 10**9), st.sampled_from([0, 2, 3]))
def test_what_a_till_holds_as_a_float_is_the_amount_it_means(amount: int, digits: int):
    assert minor(exact(amount / 10**digits), digits, "half-up") == amount


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(st.integers(-99999, 99999), min_size=1, max_size=20))
def test_a_sum_made_with_floats_is_the_amount_it_means(amounts: list[int]):
    assert minor(exact(sum(amount / 100 for amount in amounts)), 2, "half-up") == sum(amounts)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.one_of(st.floats(), st.text(max_size=6), st.decimals(), st.integers(), st.booleans(), st.binary(max_size=3)))
def test_anything_is_an_amount_or_refused(value: Any):
    try:
        is_usable = exact(value).is_finite()
    except NotMoney:
        is_usable = True
    assert is_usable


@pytest.mark.parametrize("value", [Decimal("1e26"), Decimal("1e27"), Decimal("-1e40"), Decimal("1e999")])
def test_an_amount_beyond_any_bill_is_refused(value: Decimal):
    with pytest.raises(NotMoney):
        minor(value, 2, "half-up")
