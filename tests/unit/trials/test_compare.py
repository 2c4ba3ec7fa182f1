"""What a test expects against what there is: a subset, member by member, told so that nobody has to look twice."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from adapter.trials.compare import differences, is_same, row_differences, unwanted_rows


def said(expected: Any, found: Any) -> list[tuple[Any, str]]:
    return [(one.path, one.message) for one in differences(expected, found)]


def test_what_was_not_asked_for_does_not_matter():
    assert said({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}, "d": 3}) == []


def test_a_member_that_differs_is_told_by_its_path():
    assert said({"a": [{"b": 850}]}, {"a": [{"b": 900}]}) == [(("a", 0, "b"), "expected 850, was 900")]


def test_a_member_that_is_not_there_is_told():
    assert said({"a": "x"}, {}) == [(("a",), 'expected "x", and it is not there')]


def test_a_list_of_another_length_is_told_by_the_names_in_it():
    found = {"items": [{"name": "Pie"}, {"name": "Seat 1"}]}
    assert said({"items": [{}]}, found) == [(("items",), "expected 1 entry, was 2 (Pie, Seat 1)")]


def test_a_list_that_holds_the_same_in_another_order_is_told_as_that():
    found = {"items": [{"name": "Pie", "id": "1"}, {"name": "Ale", "id": "2"}, {"name": "Ale", "id": "3"}]}
    message = "expected the same in another order, was 3 (Pie, Ale, Ale)"
    (one,) = differences({"items": [{"name": "Ale"}, {"name": "Ale"}, {"id": "1"}]}, found)
    assert (one.path, one.message, one.is_order) == (("items",), message, True)
    assert said({"items": [{"name": "Ale"}, {"name": "Pie"}, {"name": "Pie"}]}, found) == [
        (("items", 0, "name"), 'expected "Ale", was "Pie"'),
        (("items", 1, "name"), 'expected "Pie", was "Ale"'),
        (("items", 2, "name"), 'expected "Pie", was "Ale"'),
    ]


def test_nothing_and_anything_can_be_expected():
    assert said({"a": {"absent": True}, "b": {"absent": False}}, {"b": 1}) == []
    assert said({"a": {"absent": True}}, {"a": 1}) == [(("a",), "expected nothing, was 1")]
    assert said({"b": {"absent": False}}, {}) == [(("b",), "expected it, and it is not there")]


@pytest.mark.parametrize(
    ("expected", "found", "same"),
    [
        (1, True, False),
        (True, 1, True),
        (False, 0, True),
        (True, True, True),
        (8.5, Decimal("8.50"), True),
        (200, 200.00000000000003, True),
        (8.5, Decimal("8.51"), False),
        ("8.50", Decimal("8.50"), True),
        ("1", 1, True),
        ("2026-01-10T20:15:00", datetime(2026, 1, 10, 20, 15), True),  # noqa: DTZ001 - as a till holds it
        (datetime(2026, 7, 10, 20, 15, tzinfo=UTC), "2026-07-10T20:15:00.000Z", True),
        ("a", "A", False),
        (0, None, False),
    ],
)
def test_values_are_the_same_whatever_their_type_when_they_mean_the_same(expected: Any, found: Any, same: bool):
    assert is_same(expected, found) is same


def test_rows_may_come_in_any_order_and_each_counts_once():
    assert list(row_differences([{"id": 2}, {"id": 1}], [{"id": 1}, {"id": 2}])) == []
    (missing,) = row_differences([{"id": 1}, {"id": 1}], [{"id": 1}])
    assert missing.path == (1,)


def test_a_row_that_differs_is_told_against_the_closest_one():
    found = [{"id": 1, "paid": 5, "open": True}, {"id": 2, "paid": 7, "open": True}]
    (one,) = row_differences([{"id": 2, "paid": 8, "open": True}], found)
    assert (one.path, one.message) == ((0, "paid"), "expected 8, was 7")


def test_null_and_any_value_of_a_column_can_be_expected():
    row = {"a": None, "b": 1}
    assert list(row_differences([{"a": {"absent": True}, "b": {"absent": False}}], [row])) == []
    wrong = [one.message for one in row_differences([{"a": {"absent": False}, "b": {"absent": True}}], [row])]
    assert wrong == ["expected a value, was NULL", "expected NULL, was 1"]


def test_rows_that_must_not_be_there_are_counted():
    (one,) = unwanted_rows([{"id": 1}, {"id": 3}], [{"id": 1}, {"id": 1}, {"id": 2}])
    assert (one.path, one.message) == ((0,), "expected none, was 2 such rows")
    (any_row,) = unwanted_rows([{}], [{}])
    assert any_row.message == "expected none, was 1 row"
