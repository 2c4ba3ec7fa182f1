from __future__ import annotations

import pytest

from adapter.mapping.names import from_wire, natural, to_wire


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("T12", "T12"),
        ("Bar - 1", "Bar – 1"),
        ("Bar – 1", "Bar –– 1"),
        ("Bar -– 1", "Bar -– 1"),
        ("a - - b", "a – – b"),
        ("a -b", "a -b"),
        ("a- b", "a- b"),
        ("-", "-"),
        ("- a", "- a"),
        (" - ", " – "),
        ("a  -  b", "a  –  b"),
        ("", ""),
    ],
)
def test_only_the_separator_is_replaced(name: str, wire: str):
    assert to_wire(name) == wire
    assert from_wire(wire) == name


@pytest.mark.parametrize("wire", ["Bar - 1", "a - - b", " - "])
def test_a_name_that_is_never_given_out_is_nobodys(wire: str):
    assert from_wire(wire) is None


def test_tables_stand_in_the_order_people_count():
    names = ["T10", "t2", "T1", "Bar", "bar 2", "Bar 10", "", "12", "3"]
    assert sorted(names, key=natural) == ["", "3", "12", "Bar", "bar 2", "Bar 10", "T1", "t2", "T10"]


@pytest.mark.parametrize("name", ["²", "T²", "٣", "①", "9" * 5000, "½ table", "T\n1", "0001"])
def test_every_name_has_a_place_in_the_order(name: str):
    assert sorted([name, "T1", "1"], key=natural)
