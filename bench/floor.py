"""The floor: a server written by hand for one schema and two requests, as a good engineer would in an afternoon.

The same WebSocket library, the same driver, one prepared statement a request, a pool of eight connections, a task per
request. No mapping, no rules, no deadlines, no events; a line whose modifiers do not divide by its quantity is beyond it.

    python -m bench.floor URL PORT rows|document
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType
from psycopg import AsyncConnection
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from bench.statements import DOCUMENT, ROWS

CONNECTIONS = 8
_KEY = (1 << 62) - 1
_HOME = ZoneInfo("Europe/London")
_HISTORY = timedelta(hours=24)


class Params(Struct, rename="camel", gc=False):
    session_id: str = ""
    session_ids: list[str] | None = None


class Question(Struct):
    id: Raw
    method: str
    params: Params


class Modifier(Struct, rename="camel", gc=False):
    id: str
    name: str
    amount_per_modifier: int
    quantity: int


class Item(Struct, rename="camel", gc=False):
    id: str
    name: str
    category: Sequence[str]
    quantity: int
    amount_per_item: int
    last_ordered_at: str
    modifiers: list[Modifier] | UnsetType = UNSET


class Bill(Struct, rename="camel", gc=False):
    total_amount: int
    paid_amount: int
    tax_amount: int
    service_charge: int
    currency: str
    items: list[Item]
    session_id: str


class Result(Struct, rename="camel", gc=False):
    bill_items: Bill | list[Bill] | Raw


class Answer(Struct, gc=False):
    jsonrpc: str
    id: Raw
    result: Result


_decoder = msgspec.json.Decoder(Question)
_encoder = msgspec.json.Encoder()


class Floor:
    """The connections and the two requests."""

    def __init__(self, url: str, form: str) -> None:
        self._url = url
        self._statements = ROWS if form == "rows" else DOCUMENT
        self._of_rows = _bills if form == "rows" else _documents
        self._free: asyncio.LifoQueue[AsyncConnection[Any]] = asyncio.LifoQueue()

    async def connect(self, *, read_only: bool = True) -> None:
        for _ in range(CONNECTIONS):
            options = f"-c timezone=UTC -c jit=off -c default_transaction_read_only={'on' if read_only else 'off'}"
            self._free.put_nowait(await AsyncConnection.connect(self._url, autocommit=True, options=options))

    async def serve(self, ws: ServerConnection) -> None:
        tasks: set[asyncio.Task[None]] = set()
        try:
            while True:
                task = asyncio.create_task(self._answer(ws, await ws.recv(decode=False)))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
        except ConnectionClosed:
            return

    async def _answer(self, ws: ServerConnection, raw: bytes) -> None:
        question = _decoder.decode(raw)
        params = question.params
        if question.method == "GetBillItems":
            found = (await self._read("one", {"id": _number(params.session_id)}))[0]
        elif params.session_ids:
            found = await self._read("ids", {"ids": [_number(text) for text in params.session_ids]})
        else:
            found = await self._read("recent", {"since": datetime.now(_HOME).replace(tzinfo=None) - _HISTORY})
        if found and isinstance(found, list) and isinstance(found[0], Raw):
            found = Raw(b"[" + b",".join(found) + b"]")
        answer = Answer(jsonrpc="2.0", id=question.id, result=Result(bill_items=found))
        await ws.send(_encoder.encode(answer), text=True)

    async def _read(self, which: str, params: dict[str, Any]) -> Any:
        connection = await self._free.get()
        try:
            cursor = await connection.execute(self._statements[which], params, prepare=True)
            rows = await cursor.fetchall()
        finally:
            self._free.put_nowait(connection)
        return self._of_rows(rows)


def _number(text: str) -> int:
    return UUID(text).int & _KEY


def _documents(rows: Sequence[Any]) -> list[Raw]:
    return [Raw(text.encode()) for (text,) in rows]


def _bills(rows: Sequence[Any]) -> list[Bill]:
    heads: list[Any] = []
    lines: dict[int, list[Any]] = {}
    extras: dict[int, list[Any]] = {}
    for row in rows:
        item = row[1]
        if item > 0:
            lines.setdefault(row[0], []).append(row)
        elif item < 0:
            extras.setdefault(-item, []).append(row)
        else:
            heads.append(row)
    heads.sort(key=lambda row: (row[9], row[0]))
    return [_bill(head, lines.get(head[0], []), extras) for head in heads]


def _bill(head: Any, lines: list[Any], extras: dict[int, list[Any]]) -> Bill:
    ticket, _, total, paid, tax, service, delivery, adjustment, discount, _, at, discount_name, *_ = head
    items: list[Item] = []
    discounts: list[Item] = []
    lines.sort(key=lambda row: row[1])
    for _, line, price, off, item, count, _, _, _, _, name, category, group, off_name in lines:
        below = extras.get(line)
        if below is None:
            items.append(Item(str(item), name, (category, group), count, price, at))
        else:
            below.sort(key=lambda row: row[6:9])
            modifiers = [Modifier(str(row[4]), row[10], row[2], row[5] // count) for row in below]
            each = price + sum(modifier.amount_per_modifier * modifier.quantity for modifier in modifiers)
            items.append(Item(str(item), name, (category, group), count, each, at, modifiers))
        if off:
            discounts.append(Item(f"discount-{line}", off_name or "Discount", (), 1, -off, at))
            discount -= off
    items += discounts
    if discount:
        items.append(Item("discount", discount_name or "Discount", (), 1, -discount, at))
    if delivery:
        items.append(Item("delivery", "Delivery charge", (), 1, delivery, at))
    if adjustment:
        items.append(Item("adjustment", "Adjustment", (), 1, adjustment, at))
    session = f"00000000-0000-8000-8000-{ticket:012x}"
    return Bill(total, paid, tax, service, "GBP", items, session)


async def main(url: str, port: int, form: str) -> None:
    floor = Floor(url, form)
    await floor.connect()
    async with serve(floor.serve, "127.0.0.1", port, compression=None, server_header=None, max_size=1 << 24) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
