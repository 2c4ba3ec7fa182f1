"""The mappings that come with the adapter: every filter gives what filtering the whole answer gives."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Serve = Callable[..., Any]

MAPPINGS = Path(__file__).parents[3] / "mappings"


@pytest.fixture
def shipped(serve: Serve, restaurant: Callable[[str], str]) -> Callable[[str], Any]:
    """Opens a restaurant that comes with the adapter."""
    return lambda name: serve(url=restaurant(name), whole=(MAPPINGS / f"{name}.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["floreant", "pasteque", "unicenta"])
def test_every_combination_of_filters_gives_what_filtering_all_sessions_gives(shipped: Callable[[str], Any], name: str):
    place = shipped(name)
    place.by_filters(tables=True)
    assert len(place.sessions()) > 5


@pytest.mark.parametrize("name", ["floreant", "pasteque", "unicenta"])
def test_every_set_of_statuses_gives_what_filtering_all_tables_gives(shipped: Callable[[str], Any], name: str):
    place = shipped(name)
    place.by_status()
    assert len(place.tables()) > 5


@pytest.mark.parametrize("name", ["floreant", "pasteque", "unicenta"])
def test_any_pair_of_table_names_gives_the_sessions_of_both(shipped: Callable[[str], Any], name: str):
    place = shipped(name)
    everything = [session["id"] for session in place.sessions()]
    at = {table: place.names_at(table) for table in place.tables()}
    for pair in itertools.combinations(at, 2):
        found = [session["id"] for session in place.sessions(tableNames=list(pair))]
        assert found == [one for one in everything if one in at[pair[0]] | at[pair[1]]]


@pytest.mark.parametrize("name", ["floreant", "pasteque", "unicenta"])
def test_a_bill_is_the_same_alone_in_a_list_and_among_all(shipped: Callable[[str], Any], name: str):
    place = shipped(name)
    every = {bill["sessionId"]: bill for bill in place.bills()}
    assert list(place.bills(sessionIds=list(every))) == list(every.values())
    for one, bill in every.items():
        assert place.good("GetBillItems", sessionId=one)["billItems"] == bill
        assert place.good("GetFullBill", sessionId=one)["fullBill"]["billItems"] == bill
        assert place.bills(sessionIds=[one]) == [bill]
