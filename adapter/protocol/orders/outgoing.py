"""Says orders, tables and areas in the words of the EPOS Data API. Knows no methods."""

from __future__ import annotations

from collections.abc import Sequence
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


def to_order(order: orders.Order | orders.BareOrder) -> wire.Order:
    """An order; of one that cannot be told in full, what is known of it."""
    if isinstance(order, orders.BareOrder):
        return _bare(order)
    session, bill = order.session, order.bill
    told = wire.Order(
        id=str(session.id),
        status=_STATUSES[order.status],
        details=_details(order),
        payable=order.is_payable and bill is not None,
        reference=order.reference or UNSET,
        display_name=order.display_name or UNSET,
        created_at=moment_text(session.created_at),
        updated_at=moment_text(order.updated_at),
    )
    return told if bill is None else _with_bill(told, order, bill)


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


def _with_bill(told: wire.Order, order: orders.Order, bill: values.Bill) -> wire.Order:
    currency = bill.currency
    items, discounts = _lines(bill)
    return wire.Order(
        id=told.id,
        status=told.status,
        details=told.details,
        payable=told.payable,
        items=items,
        discounts=discounts,
        tax_lines=[_tax_line(line, currency) for line in order.tax_lines],
        total_amount=_money(bill.total, currency),
        paid_amount=_money(bill.paid, currency),
        tips_amount=_money(order.tips, currency),
        service_charge_amount=UNSET if bill.service_charge is None else _money(bill.service_charge, currency),
        payments=[_payment(payment, currency) for payment in order.payments],
        note=bill.note or UNSET,
        reference=told.reference,
        display_name=told.display_name,
        created_at=told.created_at,
        updated_at=told.updated_at,
    )


def _bare(order: orders.BareOrder) -> wire.Order:
    currency = order.currency
    told = wire.Order(
        id=str(order.id),
        status=_STATUSES[order.status],
        details=wire.OrderDetails(order_type="DineIn", dine_in=wire.DineIn()),
        payable=False,
    )
    if currency is None:
        return told
    return structs.replace(
        told,
        total_amount=UNSET if order.total is None else _money(order.total, currency),
        paid_amount=UNSET if order.paid is None else _money(order.paid, currency),
        payments=[_payment(payment, currency) for payment in order.payments],
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


def _lines(bill: values.Bill) -> tuple[list[wire.OrderItem], list[wire.Discount]]:
    """What is charged, and apart from it what is taken off: this protocol has discounts in a list of their own."""
    items: list[wire.OrderItem] = []
    discounts: list[wire.Discount] = []
    for item in bill.items:
        if item.kind == "discount" or item.amount < 0:
            of_line = item.amount_with_modifiers * item.quantity
            discounts.append(_discount(item.name, -of_line, bill.currency, plu=item.plu, rate=item.rate))
            continue
        modifiers = [
            wire.Modifier(
                name=modifier.name,
                quantity=modifier.quantity,
                amount_per_modifier=_money(modifier.amount, bill.currency),
                plu=modifier.number,
            )
            for modifier in item.modifiers
            if modifier.amount >= 0
        ]
        discounts += [
            _discount(
                modifier.name, -modifier.amount * modifier.quantity * item.quantity, bill.currency, plu=item.number
            )
            for modifier in item.modifiers
            if modifier.amount < 0
        ]
        items.append(
            wire.OrderItem(
                name=item.name,
                amount_per_item=_money(item.amount, bill.currency),
                plu=item.number,
                quantity=item.quantity,
                note=item.note or UNSET,
                modifiers=modifiers or UNSET,
            )
        )
    return items, discounts


def _discount(name: str, amount: int, currency: str, *, plu: str | None, rate: int | None = None) -> wire.Discount:
    return wire.Discount(
        name=name,
        amount_total=_money(amount, currency),
        affected_plu=plu or UNSET,
        amount_percentage=UNSET if rate is None else rate,
    )


def _tax_line(line: orders.TaxLine, currency: str) -> wire.TaxLine:
    return wire.TaxLine(
        amount_total=_money(line.amount, currency),
        id=_short(line.id, _LONGEST_TAX_ID),
        name=_short(line.name, _LONGEST_TAX_NAME),
        affected_plu=line.plu or UNSET,
        amount_percentage=UNSET if line.rate is None else line.rate,
    )


def _payment(payment: orders.OrderPayment, currency: str) -> wire.Payment:
    return wire.Payment(
        payment_intent_id=payment.id or UNSET,
        paid_amount=_money(payment.amount, currency),
        tips_amount=_money(payment.tip, currency) if payment.tip else UNSET,
    )


def _money(value: int, currency: str) -> wire.Money:
    return wire.Money(value=value, currency_code=currency)


def _short(text: str | None, most: int) -> str | UnsetType:
    return text[:most] if text else UNSET
