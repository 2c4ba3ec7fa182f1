"""Says orders, tables and areas in the words of the EPOS Data API. Knows no methods."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from msgspec import UNSET, UnsetType, structs

from adapter.domain import orders, values
from adapter.protocol.moments import moment_text
from adapter.protocol.orders import wire
from adapter.protocol.orders.cursors import order_cursor, table_cursor
from adapter.protocol.orders.receipt import bill_lines

_STATUSES: Final[dict[orders.OrderStatus, wire.OrderStatus]] = {
    orders.OrderStatus.NEW: "New",
    orders.OrderStatus.SUBMITTED: "Submitted",
    orders.OrderStatus.CONFIRMED: "Confirmed",
    orders.OrderStatus.ACCEPTED: "Accepted",
    orders.OrderStatus.PREPARING: "Preparing",
    orders.OrderStatus.PREPARED: "Prepared",
    orders.OrderStatus.READY: "Ready",
    orders.OrderStatus.FINALIZED: "Finalized",
    orders.OrderStatus.CANCELED: "Canceled",
    orders.OrderStatus.FAILED: "Failed",
}
_LONGEST_TAX_ID: Final = 60
_LONGEST_TAX_NAME: Final = 100
_REMEMBERED: Final = 4096
"""Amounts, and modifiers, that are remembered for a currency."""


def to_order(order: orders.Order | orders.BareOrder) -> wire.Order:
    """An order; of one that cannot be told in full, what is known of it."""
    if isinstance(order, orders.BareOrder):
        return _bare(order)
    session, bill = order.session, order.bill
    if bill is None:
        return wire.Order(
            id=session.id,
            status=_STATUSES[order.status],
            details=_details(order),
            payable=False,
            reference=order.reference or UNSET,
            display_name=order.display_name or UNSET,
            created_at=moment_text(session.created_at),
            updated_at=moment_text(order.updated_at),
        )
    money = _money_of(bill.currency)
    items, discounts = _lines(bill, money)
    return wire.Order(
        id=session.id,
        status=_STATUSES[order.status],
        details=_details(order),
        payable=order.is_payable,
        items=items,
        discounts=discounts,
        tax_lines=[_tax_line(line, money) for line in order.tax_lines],
        total_amount=money[bill.total],
        paid_amount=money[bill.paid],
        tips_amount=money[order.tips],
        service_charge_amount=UNSET if bill.service_charge is None else money[bill.service_charge],
        payments=[_payment(payment, money) for payment in order.payments],
        note=bill.note or UNSET,
        reference=order.reference or UNSET,
        display_name=order.display_name or UNSET,
        created_at=moment_text(session.created_at),
        updated_at=moment_text(order.updated_at),
    )


def to_page(page: orders.OrderPage) -> wire.Orders:
    """A page of orders."""
    return wire.Orders(
        data=[to_order(order) for order in page.orders],
        before=UNSET if page.before is None else order_cursor(page.before),
        after=UNSET if page.after is None else order_cursor(page.after),
    )


def to_bill(bill: orders.OrderBill) -> wire.OrderBill:
    """An order as it is printed."""
    return wire.OrderBill(header=bill_lines(bill.header), order=to_order(bill.order), footer=bill_lines(bill.footer))


def to_tables(page: orders.TablePage) -> wire.Tables:
    """A page of tables."""
    return wire.Tables(
        data=[
            wire.Table(
                id=table.id or table.name,
                name=table.name,
                max_covers=table.max_covers or UNSET,
                area_id=UNSET if table.area_id is None else table.area_id,
            )
            for table in page.tables
        ],
        before=UNSET if page.before is None else table_cursor(page.before),
        after=UNSET if page.after is None else table_cursor(page.after),
    )


def to_areas(areas: Sequence[orders.Area]) -> list[wire.Area]:
    """The areas; the specification has them in a bare array."""
    return [wire.Area(id=area.id, name=area.name) for area in areas]


def to_nothing(_: object) -> wire.Empty:
    """`{}`."""
    return wire.Empty()


class _Money(dict[int, wire.Money]):
    """The amounts of one currency as they are said, with a memory of the latest: a page says two thousand, and few differ."""

    def __init__(self, currency: str) -> None:
        self._currency = currency
        self.modifiers = _Modifiers(self)

    def __missing__(self, value: int) -> wire.Money:
        if len(self) >= _REMEMBERED:
            self.clear()
        said = self[value] = wire.Money(value=value, currency_code=self._currency)
        return said


class _Modifiers(dict[values.Modifier, wire.Modifier]):
    """Modifiers as they are said in one currency, the latest remembered: the same extras are chosen all evening."""

    def __init__(self, money: _Money) -> None:
        self._money = money

    def __missing__(self, modifier: values.Modifier) -> wire.Modifier:
        if len(self) >= _REMEMBERED:
            self.clear()
        said = self[modifier] = wire.Modifier(
            name=modifier.name,
            quantity=modifier.quantity,
            amount_per_modifier=self._money[modifier.amount],
            plu=modifier.number,
        )
        return said


@lru_cache(maxsize=4)
def _money_of(currency: str) -> _Money:
    return _Money(currency)


def _bare(order: orders.BareOrder) -> wire.Order:
    currency = order.currency
    told = wire.Order(
        id=order.id,
        status=_STATUSES[order.status],
        details=wire.OrderDetails(order_type="DineIn", dine_in=wire.DineIn()),
        payable=False,
    )
    if currency is None:
        return told
    money = _money_of(currency)
    return structs.replace(
        told,
        total_amount=UNSET if order.total is None else money[order.total],
        paid_amount=UNSET if order.paid is None else money[order.paid],
        payments=[_payment(payment, money) for payment in order.payments],
    )


def _details(order: orders.Order) -> wire.OrderDetails:
    if order.kind is orders.OrderKind.COLLECTION:
        wanted = UNSET if order.collect_at is None else moment_text(order.collect_at)
        return wire.OrderDetails(order_type="Collection", collection=wire.Collection(collect_at=wanted))
    waiter = order.session.waiter
    return wire.OrderDetails(
        order_type="DineIn",
        dine_in=wire.DineIn(
            table_id=order.table_ids[0] if order.table_ids else UNSET,
            waiter_id=UNSET if waiter is None else waiter.id,
        ),
    )


def _lines(bill: values.Bill, money: _Money) -> tuple[list[wire.OrderItem], list[wire.Discount]]:
    """What is charged, and apart from it what is taken off: this protocol has discounts in a list of their own."""
    items: list[wire.OrderItem] = []
    discounts: list[wire.Discount] = []
    for item in bill.items:
        amount = item.amount
        if amount < 0 or item.kind == "discount":
            amount = item.amount_with_modifiers
            if amount <= 0:
                discounts.append(_discount(item.name, money[-amount * item.quantity], plu=item.plu, rate=item.rate))
                continue
            # It adds to the bill, by its modifiers: no discount is negative, and no price either.
            item = structs.replace(item, modifiers=())  # noqa: PLW2901
        items.append(
            wire.OrderItem(
                name=item.name,
                amount_per_item=money[amount],
                plu=item.plu or item.id or item.name,  # its `number`, without the cost of a call
                quantity=item.quantity,
                note=item.note or UNSET,
                modifiers=_modifiers(item, money, discounts) if item.modifiers else UNSET,
            )
        )
    return items, discounts


def _modifiers(item: values.BillItem, money: _Money, discounts: list[wire.Discount]) -> list[wire.Modifier] | UnsetType:
    """The modifiers of an item; those that take something off are put with the discounts."""
    found: list[wire.Modifier] = []
    said = money.modifiers
    for modifier in item.modifiers:
        if modifier.amount < 0:
            of_line = money[-modifier.amount * modifier.quantity * item.quantity]
            discounts.append(_discount(modifier.name, of_line, plu=item.number))
        else:
            found.append(said[modifier])
    return found or UNSET


def _discount(name: str, amount: wire.Money, *, plu: str | None, rate: int | None = None) -> wire.Discount:
    return wire.Discount(
        name=name,
        amount_total=amount,
        affected_plu=plu or UNSET,
        amount_percentage=UNSET if rate is None else rate,
    )


def _tax_line(line: orders.TaxLine, money: _Money) -> wire.TaxLine:
    return wire.TaxLine(
        amount_total=money[line.amount],
        id=_short(line.id, _LONGEST_TAX_ID),
        name=_short(line.name, _LONGEST_TAX_NAME),
        affected_plu=line.plu or UNSET,
        amount_percentage=UNSET if line.rate is None else line.rate,
    )


def _payment(payment: orders.OrderPayment, money: _Money) -> wire.Payment:
    return wire.Payment(
        payment_intent_id=payment.id or UNSET,
        paid_amount=money[payment.amount],
        tips_amount=money[payment.tip] if payment.tip else UNSET,
    )


def _short(text: str | None, most: int) -> str | UnsetType:
    return text[:most] if text else UNSET
