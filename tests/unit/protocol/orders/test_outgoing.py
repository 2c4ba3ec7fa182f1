"""What is remembered of one order is said of the next only where it is the same."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from adapter.domain.orders import Order, OrderKind, OrderPage, OrderStatus
from adapter.domain.values import Bill, BillItem, Modifier, Session
from adapter.protocol.orders.outgoing import to_page

OPENED = datetime(2026, 1, 10, 12, tzinfo=UTC)
ID = UUID("00000000-0000-8000-8000-000000000007")


def order(total: int, currency: str = "GBP", *modifiers: Modifier) -> Order:
    item = BillItem(id="4", name="Pie", quantity=2, amount=total, ordered_at=OPENED, modifiers=modifiers)
    return Order(
        session=Session(id=ID, name="7", created_at=OPENED, is_payable=True),
        bill=Bill(session_id=ID, total=total, paid=0, tax=0, currency=currency, items=(item,)),
        status=OrderStatus.ACCEPTED,
        kind=OrderKind.DINE_IN,
        reference="7",
        display_name="7",
        updated_at=OPENED,
    )


def told(*orders: Order) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = msgspec.to_builtins(to_page(OrderPage(orders=orders)))["data"]
    return found


def test_an_amount_has_the_currency_of_its_own_bill():
    gravy = Modifier(id="9", name="Gravy", amount=50, quantity=1)
    pounds, euros, again = told(order(600, "GBP", gravy), order(600, "EUR", gravy), order(600, "GBP", gravy))
    for found, currency in ((pounds, "GBP"), (euros, "EUR"), (again, "GBP")):
        (item,) = found["items"]
        assert found["totalAmount"] == item["amountPerItem"] == {"value": 600, "currencyCode": currency}
        assert [one["amountPerModifier"] for one in item["modifiers"]] == [{"value": 50, "currencyCode": currency}]


def test_more_amounts_and_modifiers_than_are_remembered_are_said_as_well():
    pence = range(10_000)
    found = told(*(order(penny, "GBP", Modifier(id="9", name="Gravy", amount=penny, quantity=1)) for penny in pence))
    assert [one["totalAmount"]["value"] for one in found] == list(pence)
    assert [one["items"][0]["modifiers"][0]["amountPerModifier"]["value"] for one in found] == list(pence)


def test_modifiers_that_differ_in_one_thing_are_said_apart_and_those_that_take_off_are_discounts():
    gravy = Modifier(id="9", name="Gravy", amount=50, quantity=1)
    more = Modifier(id="9", name="Gravy", amount=50, quantity=3)
    named = Modifier(id="9", name="Gravy", amount=50, quantity=1, plu="G1")
    half = Modifier(id="8", name="Half price", amount=-300, quantity=1)
    (found,) = told(order(600, "GBP", gravy, half, more, named))
    (item,) = found["items"]
    assert [(one["quantity"], one["plu"]) for one in item["modifiers"]] == [(1, "9"), (3, "9"), (1, "G1")]
    assert [(one["name"], one["amountTotal"]["value"], one["affectedPlu"]) for one in found["discounts"]] == [
        ("Half price", 600, "4")
    ]
    (alone,) = told(order(600, "GBP", half))
    assert "modifiers" not in alone["items"][0]
