"""What an order's lines become on the wire: items that are charged, and apart from them what is taken off."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from adapter.domain.orders import Order, OrderKind, OrderStatus
from adapter.domain.values import Bill, BillItem, Modifier, Session
from adapter.protocol.orders import wire
from adapter.protocol.orders.outgoing import to_order

AT = datetime(2026, 11, 20, 21, 40, tzinfo=UTC)
SESSION = UUID("5b0e3c64-2f0d-4b57-8f35-9a3b6d4b7c10")


def told(*items: BillItem) -> wire.Order:
    total = sum(item.amount_with_modifiers * item.quantity for item in items)
    return to_order(
        Order(
            session=Session(id=SESSION, name="Check", created_at=AT, is_payable=True),
            bill=Bill(session_id=SESSION, total=total, paid=0, tax=0, currency="GBP", items=items),
            status=OrderStatus.ACCEPTED,
            kind=OrderKind.DINE_IN,
            reference="Check",
            display_name="Check",
            updated_at=AT,
        )
    )


def line(amount: int, *modifiers: int, quantity: int = 1, **more: object) -> BillItem:
    made = tuple(
        Modifier(id=str(number), name=f"Extra {number}", amount=each, quantity=1)
        for number, each in enumerate(modifiers)
    )
    return BillItem(id="7", name="Line", quantity=quantity, amount=amount, ordered_at=AT, modifiers=made, **more)  # type: ignore[arg-type]


def charged(order: wire.Order) -> int:
    assert isinstance(order.items, list)
    found = 0
    for item in order.items:
        extras = item.modifiers if isinstance(item.modifiers, list) else []
        of_one = item.amount_per_item.value + sum(each.amount_per_modifier.value * each.quantity for each in extras)
        found += of_one * item.quantity
    return found


def taken_off(order: wire.Order) -> list[int]:
    assert isinstance(order.discounts, list)
    return [each.amount_total.value for each in order.discounts]


@pytest.mark.parametrize(
    ("item", "items", "discounts"),
    [
        (line(500, 100, quantity=2), 1200, []),
        (line(500, -100, quantity=2), 1000, [200]),
        (line(-500, quantity=2), 0, [1000]),
        (line(-500, 200), 0, [300]),
        (line(-500, 700, quantity=2), 400, []),
        (line(-300, kind="discount"), 0, [300]),
        (line(300, kind="discount"), 300, []),
        (line(0, kind="discount"), 0, [0]),
    ],
)
def test_what_a_line_takes_off_is_a_positive_discount_and_what_it_adds_is_an_item(
    item: BillItem, items: int, discounts: list[int]
):
    order = told(item)
    assert (charged(order), taken_off(order)) == (items, discounts)
    assert isinstance(order.total_amount, wire.Money)
    assert order.total_amount.value == items - sum(discounts)
