"""What the EPOS Data API is told of a session beside its bill, for people. Knows neither terminal nor HTML."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from adapter.domain.orders import Order, OrderPayment, TaxLine
from adapter.preview.amounts import money


class ShownPayment(Struct, frozen=True, kw_only=True):
    """A payment as the EPOS lists it, or what it does not list."""

    amount: int
    tip: int
    id: str
    method: str
    at: datetime | None
    is_rest: bool


class ShownTax(Struct, frozen=True, kw_only=True):
    """A tax of the bill."""

    name: str
    amount: int
    rate: int | None
    """In hundredths of a percent."""


class ShownOrder(Struct, frozen=True, kw_only=True):
    """An order, without what its session and bill show."""

    display_name: str
    reference: str
    status: str
    kind: str
    updated_at: datetime
    collect_at: datetime | None
    table_ids: tuple[str, ...]
    currency: str
    tips: int
    payments: tuple[ShownPayment, ...] = ()
    taxes: tuple[ShownTax, ...] = ()
    products: tuple[tuple[str, str], ...] = ()
    """PLU and name of everything that is sold on the bill, once each."""

    def rows(self) -> list[tuple[str, str]]:
        """Each thing with its name, in the order in which people want to know it."""
        found = [
            ("On the card machine", self.display_name),
            ("Reference", self.reference),
            ("Status", f"{self.status}, {self.kind.replace('_', ' ')}"),
            ("Last changed", _moment(self.updated_at)),
        ]
        if self.collect_at is not None:
            found.append(("To be collected", _moment(self.collect_at)))
        if self.table_ids:
            found.append(("Table ids", ", ".join(self.table_ids)))
        found += [("Tax", f"{money(tax.amount, self.currency)}  {tax.name}{_rate(tax.rate)}") for tax in self.taxes]
        found += [("Paid", self._payment(payment)) for payment in self.payments]
        if self.tips:
            found.append(("Tips", money(self.tips, self.currency)))
        found += [("PLU", f"{plu}  {name}") for plu, name in self.products]
        return found

    def _payment(self, payment: ShownPayment) -> str:
        parts = [payment.method, payment.id, _moment(payment.at) if payment.at is not None else ""]
        if payment.is_rest:
            parts = ["of which the till lists nothing"]
        tip = f" and {money(payment.tip, self.currency)} tip" if payment.tip else ""
        return "  ".join([f"{money(payment.amount, self.currency)}{tip}", *filter(None, parts)])


def shown_order(order: Order) -> ShownOrder:
    """What is shown of an order."""
    items = order.bill.items if order.bill is not None else ()
    sold = [item for item in items if item.kind == "item"]
    products = {item.number: item.name for item in sold}
    products |= {modifier.number: modifier.name for item in sold for modifier in item.modifiers}
    return ShownOrder(
        display_name=order.display_name,
        reference=order.reference,
        status=order.status.value,
        kind=order.kind.value,
        updated_at=order.updated_at,
        collect_at=order.collect_at,
        table_ids=order.table_ids,
        currency=order.bill.currency if order.bill is not None else "",
        tips=order.tips,
        payments=tuple(map(_payment, order.payments)),
        taxes=tuple(map(_tax, order.tax_lines)),
        products=tuple(products.items()),
    )


def _payment(payment: OrderPayment) -> ShownPayment:
    return ShownPayment(
        amount=payment.amount,
        tip=payment.tip,
        id=payment.id or "",
        method=payment.method or "",
        at=payment.at,
        is_rest=payment.is_rest,
    )


def _tax(tax: TaxLine) -> ShownTax:
    return ShownTax(name=tax.name, amount=tax.amount, rate=tax.rate)


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone():%d %b %Y, %H:%M}"


def _rate(rate: int | None) -> str:
    return "" if rate is None else f" {rate / 100:g} %"
