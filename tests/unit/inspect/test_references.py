"""References that no foreign key declares are told by names and weighed by values."""

from __future__ import annotations

import pytest

from adapter.inspect.facts import Column, ForeignKey, Reference, Table
from adapter.inspect.references import declared, implied, same_keys, weighed


def table(name: str, *columns: str, key: str = "id", kind: str = "integer", **more: object) -> Table:
    made = tuple(Column(name=one, type_name=kind, nullable=True) for one in (key, *columns))
    return Table(name=name, columns=made, key=(key,), **more)  # type: ignore[arg-type]


def strongest(tables: list[Table], column: str) -> str:
    found = [one for one in implied(tables) if one.column == column]
    return max(found, key=lambda one: one.strength).to if found else ""


@pytest.mark.parametrize(
    ("column", "to"),
    [
        ("ticket_id", "ticket"),
        ("TICKETID", "ticket"),
        ("table_id", "shop_table"),
        ("tisch_nr", "shop_table"),
        ("x", ""),
    ],
)
def test_the_name_of_a_column_says_what_it_refers_to(column: str, to: str):
    tables = [table("ticket"), table("kitchen_ticket"), table("shop_table"), table("line", column)]
    assert strongest(tables, column) == to


def test_a_declared_reference_is_sure_and_not_guessed_again():
    key = ForeignKey(column="ticket_id", table="ticket", target="id")
    tables = [table("ticket"), table("line", "ticket_id", foreign_keys=(key,))]
    assert [one.strength for one in declared(tables)] == [1.0]
    assert not implied(tables)


def test_a_text_does_not_refer_to_a_number():
    assert not strongest([table("ticket"), table("line", "ticket_id", kind="text")], "ticket_id")


GUESS = Reference(table="a", column="b_id", to="b", target="id", strength=0.6, evidence="its name, b_id")


def test_values_confirm_a_reference_or_refute_it():
    assert weighed(GUESS, 20, 20).strength > GUESS.strength
    assert weighed(GUESS, 20, 1).strength == 0
    assert "20 of 20 values are in b.id" in weighed(GUESS, 20, 20).evidence


def test_values_that_could_not_be_looked_for_change_nothing():
    assert weighed(GUESS, 20, None) == GUESS


def test_keys_that_count_from_one_say_nothing():
    assert same_keys(table("checks"), table("tables")) is None
    assert same_keys(table("checks", kind="text"), table("tables", kind="text")) is not None
