"""Where a member of an answer comes from: its own key first, then what else makes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapter.mapping.load import load_mapping
from adapter.toml.locate import Path as KeyPath
from adapter.trials.origins import origin_of_column, origin_of_member, origin_of_order

FILE = Path(__file__).parents[3] / "mappings" / "floreant.toml"
MAPPING = load_mapping(FILE)


def line(*path: str | int) -> int:
    assert path in MAPPING.source.locator.keys
    return MAPPING.source.locator.place(path)[0]


@pytest.mark.parametrize(
    ("member", "first", "others"),
    [
        (("billItems", "totalAmount"), ("bill", "total"), []),
        (("tables", 0, "status"), ("table", "status", "map"), [("table", "status", "column"), ("table", "from")]),
        (("session", "waiter", "name"), ("session", "waiter", "name"), [("session", "from")]),
        (("session", "createdAt"), ("session", "created_at"), [("site", "timezone")]),
        (("session", "isPayable"), ("session", "payable"), [("columns", "ticket", "paid"), ("session", "finished")]),
        (
            ("billItems", "items", 0, "amountPerItem"),
            ("item", "amount_per_item"),
            [("item", "tax"), ("modifier", "quantity"), ("discount", 0, "amount"), ("charge", 1, "amount")],
        ),
        (("billItems", "items", 0, "modifiers", 1, "name"), ("modifier", "name"), []),
        (("sessions",), ("session", "from"), [("session", "where"), ("columns", "ticket", "voided")]),
        (("error",), None, []),
        (("details", "orderType"), ("session", "kind"), []),
        (("details", "collection", "collectAt"), ("session", "collect_at"), []),
        (("totalAmount", "value"), ("bill", "total"), []),
        (("items", 0, "amountPerItem", "value"), ("item", "amount_per_item"), [("item", "tax")]),
        (("discounts", 1, "amountTotal", "value"), ("discount", 0, "amount"), [("discount", 1, "amount")]),
        (("payments", 0, "paymentIntentId"), ("payment", 0, "id"), []),
        (("payments",), ("payment", 0, "from"), [("payment", 0, "where")]),
    ],
)
def test_a_member_names_its_key_and_what_else_makes_it(member: KeyPath, first: KeyPath | None, others: list[KeyPath]):
    told = origin_of_member(MAPPING, member)
    if first is None:
        assert told == ""
        return
    start = told.split(" (or ")[0]
    place = f", line {line(*first)}"
    assert place in told
    assert place in start or first[-1] == "map"
    for other in others:
        assert f", line {line(*other)}" in told


@pytest.mark.parametrize(
    ("member", "key"),
    [
        (("fullBill", "billItems", "items", 0, "lastOrderedAt"), ("session", "created_at", "path")),
        (("fullBill", "billItems", "items"), ("modifier", "positional")),
    ],
)
def test_what_stands_in_for_a_field_and_what_takes_lines_away_is_named(member: KeyPath, key: KeyPath):
    mapping = load_mapping(FILE.with_name("unicenta.toml"))
    told = origin_of_member(mapping, member)
    assert f"line {mapping.source.locator.place(key)[0]}" in told


def test_of_a_negative_amount_a_discount_is_the_likeliest_maker():
    told = origin_of_member(MAPPING, ("billItems", "items", 2, "amountPerItem"), negative=True)
    assert told.startswith(f"it is discount[0].amount, line {line('discount', 0, 'amount')}")
    assert f"item.amount_per_item, line {line('item', 'amount_per_item')}" in told


def test_a_written_column_names_the_step_that_sets_it():
    told = origin_of_column(MAPPING, "ticket", "due_amount")
    assert told.startswith(
        f"it is set by record.step[1].set.due_amount, line {line('record', 'step', 1, 'set', 'due_amount')}"
    )


def test_a_column_that_no_step_sets_names_the_steps_of_its_table():
    assert "record.step[0]" in origin_of_column(MAPPING, "transactions", "nobody")
    assert origin_of_column(MAPPING, "nowhere", "nobody") == ""


def test_what_comes_in_another_order_is_told_by_what_puts_it_in_order():
    told = origin_of_order(MAPPING, ("billItems", "items", 0, "modifiers"))
    first, second = line("modifier", "order", 0), line("modifier", "order", 1)
    assert told.startswith(
        f"they are put in order by modifier.order[0], line {first} (or modifier.order[1], line {second};"
    )
    assert origin_of_order(MAPPING, ("sessions",)) == origin_of_member(MAPPING, ("sessions",))


def test_payments_in_another_order_and_payments_that_are_missing_are_told_by_all_that_decides_about_them():
    assert f"payment[0].order[0], line {line('payment', 0, 'order', 0)}" in origin_of_order(MAPPING, ("payments",))
    flag = line("columns", "transactions", "voided")
    assert f"columns.transactions.voided, line {flag}" in origin_of_member(MAPPING, ("payments",))
