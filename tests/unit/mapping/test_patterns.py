"""Regular expressions of a mapping: what they capture, and that none of them can stop a till."""

from __future__ import annotations

import pytest

from adapter.mapping.patterns import Pattern, TooSlow, what_is_wrong

SLOW = r"^(?:[a-f]|[d-z])+$"
"""Alternatives that share letters: every such letter doubles the ways to fail."""


@pytest.mark.parametrize(
    ("text", "value", "found"),
    [
        (r"^(T\d+)", "T12 / Ana", "T12"),
        (r"^T\d+", "T12 / Ana", "T12"),
        (r"(\d+) guests$", "T12", None),
        (r"(?:Bar (\d))?", "T12", None),
        (r"^\w+", "Müller 4", "Müller"),
        (r"(?<=: )\d+", "covers: 4", "4"),
        (r"(?i)^table (.*)$", "TABLE äöü", "äöü"),
        (r"(\w+\s?)*;", "a b c;", "c"),
    ],
)
def test_a_pattern_captures_its_first_group_or_all_of_its_match(text: str, value: str, found: str | None):
    assert what_is_wrong(text) == ""
    assert Pattern(text).capture(value) == found


@pytest.mark.parametrize("text", ["(", "*", "[a", "(?P<1>a)", "a{2,1}"])
def test_what_is_no_pattern_is_told(text: str):
    assert what_is_wrong(text).startswith("is no regular expression: ")


@pytest.mark.parametrize("text", [r"^(a|aa)+$", r"(?:\d|\d\d)+x", SLOW, r"^(?:(?:e|ee)+)+;"])
def test_a_pattern_that_would_stop_a_till_is_told(text: str):
    assert "takes too long" in what_is_wrong(text)


def test_a_search_that_is_too_slow_is_given_up_and_soon_not_tried_any_more():
    pattern = Pattern(SLOW)
    assert pattern.capture("abc") == "abc"
    for _ in range(20):
        with pytest.raises(TooSlow):
            pattern.capture("e" * 60 + "!")
    with pytest.raises(TooSlow):
        pattern.capture("abc")
