"""The floor of paying: lock, record and unlock by hand for one schema, with the statements that the adapter runs.

The same WebSocket library, the same driver, every statement prepared, a pool of eight connections, one transaction a
request. No mapping, no rules but the documented order, no repeats after a lost connection, no deadlines, no events.

    python -m bench.paying_floor URL PORT rows
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Raw, Struct
from psycopg import AsyncConnection
from websockets.asyncio.server import ServerConnection, serve

from bench.floor import Answer, Bill, Floor, Result, _encoder, _number
from bench.statements import ROWS

_HOME = ZoneInfo("Europe/London")

HOLD = "SELECT 1 FROM ticket k WHERE k.id = %(id)s FOR UPDATE"
BALANCE = """
SELECT k.total_price - COALESCE((SELECT g.amount FROM gratuity g WHERE g.id = k.gratuity_id), 0), k.paid_amount,
       u.user_id, k.owner_id, k.terminal_id,
       COALESCE((SELECT o.close_on_paid FROM order_type o WHERE o.name = k.ticket_type), false), clock_timestamp()
FROM ticket k LEFT JOIN users u ON u.auto_id = k.owner_id WHERE k.voided = false AND k.id = %(id)s"""
LOCK_OF = "SELECT token, locked_at, terminal, waiter FROM epos_adapter.session_lock WHERE session_id = %(session)s"
LOCK = """
INSERT INTO epos_adapter.session_lock (session_id, token, terminal, waiter)
VALUES (%(session)s, %(token)s, %(terminal)s, %(waiter)s) ON CONFLICT DO NOTHING"""
UNLOCK = "DELETE FROM epos_adapter.session_lock WHERE session_id = %(session)s"
PAYMENTS = """
SELECT session_id, currency, base, tips, cashback, successful, attempted_at, token, over_payment, conflict
FROM epos_adapter.recorded_payment WHERE payment_id = %(payment)s"""
KEEP = """
INSERT INTO epos_adapter.recorded_payment (payment_id, token, session_id, currency, base, tips, cashback, successful,
  attempted_at, over_payment, conflict, terminal, waiter, method, status, scheme)
VALUES (%(payment)s, %(token)s, %(session)s, 'GBP', %(base)s, %(tips)s, 0, true, %(at)s, false, false, %(terminal)s, %(waiter)s,
  'CARD_PRESENT', 'SUCCESSFUL', 'VISA') ON CONFLICT DO NOTHING"""
ENTER = """
INSERT INTO transactions (payment_type, payment_sub_type, transaction_type, global_id, transaction_time, amount,
  tips_amount, tender_amount, captured, voided, authorizable, drawer_resetted, card_transaction_id, card_type,
  card_merchant_gateway, terminal_id, ticket_id, user_id)
VALUES ('CREDIT_CARD', 'VISA', 'CREDIT', left(md5(%(reference)s), 16), %(now)s, %(amount)s, %(tip)s, %(amount)s, true,
  false, false, false, %(reference)s, 'VISA', 'DOJO', %(till)s, %(id)s,
  COALESCE((SELECT min(u.auto_id) FROM users u WHERE CAST(u.user_id AS varchar) = %(waiter)s), %(owner)s))"""
UPDATE = """
UPDATE ticket SET paid_amount = %(paid)s, due_amount = %(due)s, paid = %(all)s,
  settled = CASE WHEN %(all)s AND %(closes)s THEN true ELSE settled END,
  closing_date = CASE WHEN %(all)s AND %(closes)s THEN COALESCE(closing_date, %(now)s) ELSE closing_date END,
  version_no = COALESCE(version_no, 0) + 1
WHERE id = %(id)s"""


class Machine(Struct, rename="camel"):
    terminal_id: str = ""
    waiter_id: int = 0


class Requestor(Struct, rename="camel"):
    card_machine_requestor_info: Machine


class Payment(Struct, rename="camel"):
    id: str
    session_id: str
    base_amount: int
    attempted_at: datetime
    tips_amount: int = 0


class Params(Struct, rename="camel"):
    requestor_info: Requestor
    session_id: str = ""
    payment: Payment | None = None


class Question(Struct):
    id: Raw
    method: str
    params: Params


class Nothing(Struct):
    pass


class Done(Struct):
    jsonrpc: str
    id: Raw
    result: Nothing


_decoder = msgspec.json.Decoder(Question)


class PayingFloor(Floor):
    """The three requests that write."""

    async def _answer(self, ws: ServerConnection, raw: bytes) -> None:
        question = _decoder.decode(raw)
        connection = await self._free.get()
        try:
            async with connection.transaction():
                found = await self._done(connection, question)
        finally:
            self._free.put_nowait(connection)
        if found is None:
            await ws.send(_encoder.encode(Done("2.0", question.id, Nothing())), text=True)
        else:
            await ws.send(_encoder.encode(Answer("2.0", question.id, Result(bill_items=found))), text=True)

    async def _done(self, connection: AsyncConnection[Any], question: Question) -> Bill | None:
        params, payment = question.params, question.params.payment
        machine = params.requestor_info.card_machine_requestor_info
        session = UUID(payment.session_id if payment is not None else params.session_id)
        values: dict[str, Any] = {
            "id": _number(str(session)),
            "session": session,
            "token": uuid4(),
            "terminal": machine.terminal_id,
            "waiter": str(machine.waiter_id),
        }

        async def run(sql: str) -> Any:
            return await connection.execute(sql, values, prepare=True)

        await run(HOLD)
        if question.method == "LockSession":
            bill = self._of_rows(await (await run(ROWS["one"])).fetchall())[0]
            assert await (await run(LOCK_OF)).fetchone() is None
            assert (await run(LOCK)).rowcount == 1
            return bill
        balance = await (await run(BALANCE)).fetchone()
        assert await (await run(LOCK_OF)).fetchone() is not None
        if payment is None:
            await run(UNLOCK)
            return None
        total, before, _, owner, till, closes, now = balance
        paid = round(Decimal(str(before)) * 100) + payment.base_amount
        due = round(Decimal(str(total)) * 100) - paid
        values |= {
            "payment": UUID(payment.id),
            "reference": payment.id,
            "base": payment.base_amount,
            "tips": payment.tips_amount,
            "at": payment.attempted_at.astimezone(UTC),
            "amount": Decimal(payment.base_amount) / 100,
            "tip": Decimal(payment.tips_amount) / 100,
            "now": now.astimezone(_HOME).replace(tzinfo=None),
            "owner": owner,
            "till": till,
            "paid": Decimal(paid) / 100,
            "due": Decimal(max(due, 0)) / 100,
            "all": due <= 0,
            "closes": closes,
        }
        assert not await (await run(PAYMENTS)).fetchall()
        for sql in (KEEP, ENTER, UPDATE):
            assert (await run(sql)).rowcount == 1
        return None


async def main(url: str, port: int) -> None:
    floor = PayingFloor(url, "rows")
    await floor.connect(read_only=False)
    async with serve(floor.serve, "127.0.0.1", port, compression=None, server_header=None, max_size=1 << 24) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
