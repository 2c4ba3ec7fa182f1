"""The floor of orders: SearchOrdersV1 and GetOrderByIdV1 by hand for one schema, as a good engineer would in an afternoon.

The same WebSocket library, the same driver, every statement prepared, a pool of eight connections. A page is the keys of the
next checks and then their rows, in one transaction's worth of two statements. No mapping, no rules, no deadlines, no events.

    python -m bench.orders_floor URL PORT rows
"""

from __future__ import annotations

import asyncio
import sys
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType
from websockets.asyncio.server import ServerConnection, serve

from bench.floor import Floor, _number
from bench.statements import ORDER, ORDERS, PAGE


class Cursor(Struct, frozen=True):
    limit: int = 100
    after: str | None = None


class Params(Struct, rename="camel"):
    order_id: str = ""
    payable_only: bool = False
    cursor: Cursor = Cursor()


class Question(Struct):
    id: Raw
    method: str
    params: Params


class Money(Struct, gc=False):
    value: int
    currencyCode: str = "GBP"  # noqa: N815 -- as it stands on the wire


class Modifier(Struct, rename="camel", gc=False):
    name: str
    quantity: int
    amount_per_modifier: Money
    plu: str


class Item(Struct, rename="camel", gc=False):
    name: str
    amount_per_item: Money
    plu: str
    quantity: int
    modifiers: list[Modifier] | UnsetType = UNSET


class Discount(Struct, rename="camel", gc=False):
    name: str
    amount_total: Money
    affected_plu: str | UnsetType = UNSET


class Tax(Struct, rename="camel", gc=False):
    amount_total: Money
    name: str


class Payment(Struct, rename="camel", gc=False):
    paid_amount: Money


class DineIn(Struct, rename="camel", gc=False):
    table_id: str | UnsetType
    waiter_id: str | UnsetType


class Details(Struct, rename="camel", gc=False):
    order_type: str
    dine_in: DineIn


class Order(Struct, rename="camel", gc=False):
    id: str
    status: str
    details: Details
    payable: bool
    items: list[Item]
    discounts: list[Discount]
    tax_lines: list[Tax]
    total_amount: Money
    paid_amount: Money
    tips_amount: Money
    service_charge_amount: Money
    payments: list[Payment]
    reference: str
    display_name: str
    created_at: str
    updated_at: str


class Page(Struct, gc=False):
    data: list[Order]
    before: str | UnsetType = UNSET
    after: str | UnsetType = UNSET


class Answer(Struct, gc=False):
    jsonrpc: str
    id: Raw
    method: str
    result: Order | Page


_decoder = msgspec.json.Decoder(Question)
_encoder = msgspec.json.Encoder()
_NOTHING = Money(0)


class OrdersFloor(Floor):
    """The two requests."""

    async def _answer(self, ws: ServerConnection, raw: bytes) -> None:
        question = _decoder.decode(raw)
        params = question.params
        result: Order | Page
        if question.method == "GetOrderByIdV1":
            (result,) = _orders(await self._rows(ORDER, {"id": _number(params.order_id)}))
        else:
            result = await self._page(params.cursor)
        await ws.send(_encoder.encode(Answer("2.0", question.id, question.method, result)), text=True)

    async def _page(self, cursor: Cursor) -> Page:
        after = -1 if cursor.after is None else _ticket(cursor.after)
        orders: list[Order] = []
        more = True
        while more and len(orders) <= cursor.limit:
            rows = await self._rows(PAGE, {"after": after, "size": cursor.limit + 1})
            more = len(rows) > cursor.limit
            if not rows:
                break
            after = rows[-1][0]
            found = _orders(await self._rows(ORDERS, {"ids": [row[0] for row in rows]}))
            orders += [order for order in found if order.payable]
        data = orders[: cursor.limit]
        return Page(
            data,
            after=_cursor(data[-1].id) if len(orders) > cursor.limit else UNSET,
            before=_cursor(data[0].id) if cursor.after is not None and data else UNSET,
        )

    async def _rows(self, statement: str, params: dict[str, Any]) -> Sequence[Any]:
        connection = await self._free.get()
        try:
            cursor = await connection.execute(statement, params, prepare=True)
            return await cursor.fetchall()
        finally:
            self._free.put_nowait(connection)


def _ticket(cursor: str) -> int:
    return _number(str(UUID(bytes=urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))[1:])))


def _cursor(order_id: str) -> str:
    return urlsafe_b64encode(b"o" + UUID(order_id).bytes).decode().rstrip("=")


def _orders(rows: Sequence[Any]) -> list[Order]:
    heads: list[Any] = []
    below: dict[tuple[int, int], list[Any]] = {}
    extras: dict[int, list[Any]] = {}
    for row in rows:
        kind = row[1]
        if kind == 0:
            heads.append(row)
        elif kind == 2:
            extras.setdefault(row[2], []).append(row)
        else:
            below.setdefault((row[0], kind), []).append(row)
    heads.sort()
    return [_order(head, below, extras) for head in heads]


def _order(head: Any, below: dict[tuple[int, int], list[Any]], extras: dict[int, list[Any]]) -> Order:
    ticket, _, total, paid, tax, service, delivery, adjustment, discount, at, created, why, waiter = head
    items: list[Item] = []
    discounts: list[Discount] = []
    for _, _, line, price, off, product, count, _, _, name, off_name, *_ in sorted(below.get((ticket, 1), ())):
        modifiers: list[Modifier] | UnsetType = UNSET
        found = extras.get(line)
        if found is not None:
            found.sort(key=lambda row: row[6:9])
            modifiers = [Modifier(row[9], row[5] // count, Money(row[3]), str(row[4])) for row in found]
        items.append(Item(name, Money(price), str(product), count, modifiers))
        if off:
            discounts.append(Discount(off_name or "Discount", Money(off), str(product)))
            discount -= off
    if discount:
        discounts.append(Discount(why or "Discount", Money(discount)))
    if delivery:
        items.append(Item("Delivery charge", Money(delivery), "delivery", 1))
    if adjustment > 0:
        items.append(Item("Adjustment", Money(adjustment), "adjustment", 1))
    elif adjustment:
        discounts.append(Discount("Adjustment", Money(-adjustment)))
    tables = sorted(below.get((ticket, 3), ()))
    payments = [Payment(Money(row[3])) for row in sorted(below.get((ticket, 4), ()))]
    rest = paid - sum(payment.paid_amount.value for payment in payments)
    if rest:
        payments.append(Payment(Money(rest)))
    name = f"Check {ticket}"
    return Order(
        f"00000000-0000-8000-8000-{ticket:012x}",
        "Accepted",
        Details("DineIn", DineIn(str(tables[0][2]) if tables else UNSET, waiter or UNSET)),
        total > paid,
        items,
        discounts,
        [Tax(Money(tax), "Tax")] if tax else [],
        Money(total),
        Money(paid),
        _NOTHING,
        Money(service),
        payments,
        str(ticket),
        f"{tables[0][9]} {name}" if tables else name,
        created,
        at,
    )


async def main(url: str, port: int) -> None:
    floor = OrdersFloor(url, "rows")
    await floor.connect()
    async with serve(floor.serve, "127.0.0.1", port, compression=None, server_header=None, max_size=1 << 24) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
