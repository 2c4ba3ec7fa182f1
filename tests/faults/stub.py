"""Something like an adapter, small enough to be seen to be right, or wrong on purpose: `python -m tests.faults.stub`.

The harness is tried with it: with the right one it must find nothing, and with each wrong one that one's mistake.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import sys
import tomllib
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import TupleRow
from websockets.asyncio.server import ServerConnection, serve

MISTAKE = "EPOS_FAULTS_MISTAKE"
"""Variable that says which mistake is made: forgets, loses, shares or none."""

_LEDGER = """
CREATE SCHEMA IF NOT EXISTS epos_adapter;
CREATE TABLE IF NOT EXISTS epos_adapter.session_lock (session_id uuid PRIMARY KEY, terminal text, locked_at timestamptz,
  token uuid DEFAULT gen_random_uuid());
CREATE TABLE IF NOT EXISTS epos_adapter.order_lock (session_id uuid, token uuid, expires_at timestamptz);
CREATE TABLE IF NOT EXISTS epos_adapter.payment_intent (payment_id uuid PRIMARY KEY, intent text, refused text);
CREATE TABLE IF NOT EXISTS epos_adapter.recorded_payment (number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  payment_id uuid UNIQUE, session_id uuid, base bigint, tips bigint, successful boolean, conflict boolean DEFAULT false);
"""
_PAY = (
    """
INSERT INTO transactions (payment_type, transaction_type, payment_sub_type, amount, tips_amount, captured, voided, ticket_id,
                          card_transaction_id)
VALUES ('CREDIT_CARD', 'CREDIT', 'CARD', %(base)s / 100.0, %(tips)s / 100.0, true, false, %(ticket)s, %(id)s)""",
    """
UPDATE ticket k SET paid_amount = n.paid, due_amount = GREATEST(n.total - n.paid, 0), paid = n.paid >= n.total,
  settled = n.paid >= n.total AND k.ticket_type = 'DINE IN',
  closing_date = CASE WHEN n.paid >= n.total AND k.ticket_type = 'DINE IN' THEN LOCALTIMESTAMP END
FROM (SELECT t.id, ROUND((t.paid_amount + %(base)s / 100.0)::numeric, 2) AS paid,
        ROUND((t.total_price - COALESCE(g.amount, 0))::numeric, 2) AS total
      FROM ticket t LEFT JOIN gratuity g ON g.id = t.gratuity_id) n
WHERE n.id = k.id AND k.id = %(ticket)s""",
    """
SELECT 1 FROM shop_table_status s JOIN table_ticket_num n ON n.shop_table_status_id = s.id
WHERE n.ticket_id = %(ticket)s ORDER BY s.id FOR UPDATE OF s""",
    """
DELETE FROM table_ticket_num n USING ticket k WHERE k.id = n.ticket_id AND k.id = %(ticket)s AND k.settled""",
    """
UPDATE shop_table_status s SET table_status = 5
WHERE s.id IN (SELECT table_id FROM ticket_table_num WHERE ticket_id = %(ticket)s)
  AND NOT EXISTS (SELECT 1 FROM table_ticket_num n WHERE n.shop_table_status_id = s.id)""",
)
Connection = psycopg.AsyncConnection[TupleRow]


class Refused(Exception):
    """An answer with an error code."""


class _Mistaken(Exception):
    """What should have been written is not."""


class Stub:
    """Answers the three writing operations, each on a connection and in a transaction of its own."""

    def __init__(self, url: str, mistake: str) -> None:
        self._url = url
        self._mistake = mistake
        self._payments = itertools.count(1)

    async def serve(self, ws: ServerConnection) -> None:
        """Answer the questions of one socket, one after the other."""
        async for message in ws:
            question = json.loads(message)
            try:
                result = await asyncio.wait_for(self._answer(question["method"], question["params"]), 2)
            except Refused as refusal:
                result = {"errorCode": str(refusal), "errorReason": ""}
            except (psycopg.Error, TimeoutError) as problem:
                result = {"errorCode": "ERROR_INTERNAL_POS_ERROR", "errorReason": type(problem).__name__}
            await ws.send(json.dumps({"jsonrpc": "2.0", "id": question["id"], "result": result}))

    async def _answer(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        options = "-c lock_timeout=500ms -c statement_timeout=1s"
        connection = await psycopg.AsyncConnection.connect(
            self._url, connect_timeout=2, options=options, application_name="epos-adapter"
        )
        try:
            async with connection:
                match method:
                    case "LockSession":
                        machine = params["requestorInfo"]["cardMachineRequestorInfo"]
                        return await self._lock(connection, params["sessionId"], machine["terminalId"])
                    case "UnlockSession":
                        return await self._unlock(connection, params["sessionId"])
                    case "RecordPayment":
                        return await self._record(connection, params["payment"])
                return {}
        except _Mistaken:
            return {}

    async def _lock(self, connection: Connection, session: str, terminal: str) -> dict[str, Any]:
        taken = await connection.execute(
            "INSERT INTO epos_adapter.session_lock VALUES (%s, %s, now()) ON CONFLICT DO NOTHING", (session, terminal)
        )
        if not taken.rowcount and self._mistake != "shares":
            raise Refused("SESSION_ALREADY_LOCKED")
        found = await connection.execute(
            "SELECT ROUND(((k.total_price - COALESCE(g.amount, 0)) * 100)::numeric), ROUND((k.paid_amount * 100)::numeric)"
            " FROM ticket k LEFT JOIN gratuity g ON g.id = k.gratuity_id WHERE k.id = %s",
            (_ticket(session),),
        )
        row = await found.fetchone()
        if row is None:
            raise Refused("SESSION_NO_SUCH_SESSION")
        return {"billItems": {"totalAmount": int(row[0]), "paidAmount": int(row[1])}}

    async def _unlock(self, connection: Connection, session: str) -> dict[str, Any]:
        gone = await connection.execute("DELETE FROM epos_adapter.session_lock WHERE session_id = %s", (session,))
        if not gone.rowcount:
            raise Refused("SESSION_NOT_LOCKED")
        return {}

    async def _record(self, connection: Connection, payment: dict[str, Any]) -> dict[str, Any]:
        session = payment["sessionId"]
        ticket = _ticket(session)
        await connection.execute("SELECT 1 FROM ticket WHERE id = %s FOR UPDATE", (ticket,))
        held = await connection.execute("SELECT 1 FROM epos_adapter.session_lock WHERE session_id = %s", (session,))
        if not held.rowcount:
            raise Refused("SESSION_NOT_LOCKED")
        if payment["currency"] != "GBP":
            raise Refused("PAYMENT_NOT_RECORDED")
        new = await connection.execute(
            "INSERT INTO epos_adapter.recorded_payment (payment_id, session_id, base, tips, successful)"
            " VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            (payment["id"], session, payment["baseAmount"], payment["tipsAmount"], payment["paymentSuccessful"]),
        )
        if not new.rowcount and self._mistake != "forgets":
            raise Refused("PAYMENT_ALREADY_RECORDED")
        if self._mistake == "loses" and next(self._payments) % 7 == 0:
            raise _Mistaken  # which undoes the transaction
        if payment["paymentSuccessful"]:
            await self._pay(connection, ticket, payment)
        return {}

    @staticmethod
    async def _pay(connection: Connection, ticket: int, payment: dict[str, Any]) -> None:
        for statement in _PAY:
            values = {
                "ticket": ticket,
                "base": payment["baseAmount"],
                "tips": payment["tipsAmount"],
                "id": payment["id"],
            }
            await connection.execute(statement, values)


def _ticket(session: str) -> int:
    return int(session.replace("-", ""), 16) & 0xFFFFFFFF


async def _run(config: dict[str, Any]) -> None:
    stub = Stub(config["database"]["url"], os.environ.get(MISTAKE, ""))
    host, port = config["connection"][0]["listen"].split(":")
    async with serve(stub.serve, host, int(port), compression=None) as server:
        await server.serve_forever()


def main() -> None:
    """`ledger create` or `run`, with the configuration of an adapter."""
    config = tomllib.loads(Path(sys.argv[-1]).read_text(encoding="utf-8"))
    if sys.argv[1] == "ledger":
        with psycopg.connect(config["database"]["url"], autocommit=True) as connection:
            connection.execute(_LEDGER)
    else:
        asyncio.run(_run(config))


if __name__ == "__main__":
    main()
