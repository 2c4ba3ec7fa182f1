from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.mapping.names import from_wire, natural, to_wire

NAMES = st.one_of(st.text(), st.text(alphabet=" -–—a1"), st.text(alphabet=" -–", min_size=3, max_size=12))


@settings(max_examples=400, deadline=None, derandomize=True)
@given(NAMES)
def test_a_name_that_comes_back_finds_its_row(name: str):
    assert from_wire(to_wire(name)) == name


@settings(max_examples=400, deadline=None, derandomize=True)
@given(NAMES)
def test_a_name_on_the_wire_never_holds_the_separator(name: str):
    assert " - " not in to_wire(name)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(NAMES)
def test_a_name_that_comes_from_anywhere_is_read_as_one_row_or_none(wire: str):
    name = from_wire(wire)
    assert name is None or to_wire(name) == wire


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(NAMES, max_size=6))
def test_any_names_can_be_put_in_order(names: list[str]):
    found = sorted(names, key=natural)
    assert all(natural(first) <= natural(second) for first, second in pairwise(found))
    assert sorted(found) == sorted(names)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(alphabet="abT ", max_size=3), st.integers(0, 10**20), st.integers(0, 10**20))
def test_numbers_within_names_are_counted(prefix: str, first: int, second: int):
    assert (natural(f"{prefix}{first}") < natural(f"{prefix}{second}")) == (first < second)
