"""What the values of a column are like, and what of them may be shown."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from adapter.inspect.profiles import exact, profile, samples, shown


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([True, False, None], "flag"),
        ([0, 1, 1], "flag"),
        (["Y", "N", "N"], "flag"),
        ([b"\x00", b"\x01"], "flag"),
        (["open", "closed", "open"], "code"),
        (["Anna", "Ben", "Cleo"], "text"),
        ([1, 2, 30], "whole"),
        ([1.5, 2.0], "decimal"),
        (["1,50", "2,00"], "decimal"),
        ([Decimal("9.50")], "decimal"),
        ([1_763_668_800, 1_763_668_900], "epoch"),
        ([1_763_668_800_000], "epoch_ms"),
        (["2026-11-20 19:00:00"], "time"),
        ([datetime(2026, 11, 20, tzinfo=UTC)], "time"),
        ([None, None], "empty"),
        ([], "empty"),
    ],
)
def test_the_kind_of_a_column_is_told_by_its_values(values: list[Any], kind: str):
    assert profile([{"c": value} for value in values], "c").kind == kind


def test_floats_are_taken_by_their_shortest_text():
    assert exact(34.225) == Decimal("34.225")
    assert exact(float("nan")) is None
    assert exact("12,5") == Decimal("12.5")
    assert exact("twelve") is None


def test_a_masked_value_keeps_its_shape_only():
    assert shown("Oisín's tab - 12", masked=True) == '"Xxxxx\'x xxx - 99"'


@pytest.mark.parametrize("value", ["4929 1234 5678 9012", "4929123456789012", 4929123456789012, "020 7946 0123"])
def test_a_number_as_long_as_that_of_a_card_is_never_shown(value: object):
    assert set(shown(value, masked=False)) <= set("9 '")


def test_a_time_is_shown_as_it_is():
    assert shown("2026-11-20 19:00:00", masked=True) == "2026-11-20 19:00:00"
    assert samples(profile([{"c": datetime(2026, 11, 20, 19)}], "c"), masked=False) == "2026-11-20 19:00:00"  # noqa: DTZ001
