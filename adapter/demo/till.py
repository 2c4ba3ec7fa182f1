"""The till of the demonstration's restaurant: rings items up by plain SQL, as Floreant does, past the adapter.

It knows nothing of locks: a waiter who adds a coffee while the card machine waits for a card is what restaurants have.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.rows import dict_row
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from simulator.http.endpoint import BadRequest, NotThere, json_answer, object_of

CHECKS = """
SELECT k.id AS "check",
       ARRAY(SELECT COALESCE(NULLIF(TRIM(t.name), ''), CONCAT('Table ', t.id))
             FROM ticket_table_num n JOIN shop_table t ON t.id = n.table_id
             WHERE n.ticket_id = k.id ORDER BY t.id) AS tables,
       TRIM(CONCAT(u.first_name, ' ', u.last_name)) AS server,
       k.ticket_type AS kind,
       k.number_of_guests AS guests,
       ROUND(CAST(COALESCE(k.total_price, 0) AS numeric), 2)::text AS total,
       ROUND(CAST(COALESCE(k.due_amount, 0) AS numeric), 2)::text AS due,
       COALESCE((SELECT JSON_AGG(JSON_BUILD_OBJECT('name', i.item_name, 'count', i.item_count) ORDER BY i.id)
                 FROM ticket_item i WHERE i.ticket_id = k.id AND NOT COALESCE(i.treat_as_seat, FALSE)), '[]') AS items
FROM ticket k LEFT JOIN users u ON u.auto_id = k.owner_id
WHERE NOT COALESCE(k.settled, FALSE) AND NOT COALESCE(k.voided, FALSE) AND NOT COALESCE(k.paid, FALSE)
  AND (CAST(%(check)s AS integer) IS NULL OR k.id = %(check)s)
ORDER BY k.id"""

ITEMS = """
SELECT DISTINCT ON (i.item_name) i.item_id AS item, i.item_name AS name, i.category_name AS category,
       ROUND(CAST(i.item_price AS numeric), 2)::text AS price
FROM ticket_item i
WHERE i.item_price > 0 AND NOT COALESCE(i.fractional_unit, FALSE) AND NOT COALESCE(i.treat_as_seat, FALSE)
  AND i.size_modifier_id IS NULL AND i.item_id IS NOT NULL
ORDER BY i.item_name, i.id"""
"""The evening's tables have no menu: it is what was sold."""

_HOLD = """
SELECT k.id FROM ticket k
WHERE k.id = %(check)s
  AND NOT COALESCE(k.settled, FALSE) AND NOT COALESCE(k.voided, FALSE) AND NOT COALESCE(k.paid, FALSE)
FOR UPDATE"""

_RING_UP = """
INSERT INTO ticket_item (item_id, item_count, item_quantity, item_name, group_name, category_name, item_price, item_tax_rate,
                         sub_total, sub_total_without_modifiers, discount, tax_amount, total_price, beverage, treat_as_seat,
                         seat_number, fractional_unit, has_modiiers, ticket_id)
SELECT i.item_id, %(count)s, 0, i.item_name, i.group_name, i.category_name, i.item_price, i.item_tax_rate,
       a.amount, a.amount, 0, a.tax, a.amount, i.beverage, FALSE, 0, FALSE, FALSE, %(check)s
FROM ticket_item i
CROSS JOIN LATERAL (SELECT CAST(i.item_price AS numeric) * %(count)s AS amount) p
CROSS JOIN LATERAL (SELECT ROUND(p.amount, 2) AS amount,
                           ROUND(p.amount * CAST(COALESCE(i.item_tax_rate, 0) AS numeric)
                                 / (100 + CAST(COALESCE(i.item_tax_rate, 0) AS numeric)), 2) AS tax) a
WHERE i.item_id = %(item)s AND i.item_price > 0
ORDER BY i.id LIMIT 1
RETURNING total_price, tax_amount"""

_ADD_UP = """
UPDATE ticket
SET sub_total   = COALESCE(sub_total, 0) + %(amount)s,
    total_tax   = COALESCE(total_tax, 0) + %(tax)s,
    total_price = COALESCE(total_price, 0) + %(amount)s,
    due_amount  = COALESCE(due_amount, 0) + %(amount)s,
    active_date = LOCALTIMESTAMP,
    version_no  = version_no + 1
WHERE id = %(check)s"""

_MOST = 20


def till(url: str) -> list[BaseRoute]:
    """The till's endpoints, on the database at this address.

    GET /till/checks lists the open checks, GET /till/items what can be sold; POST /till/checks/{check}/items takes
    {"item": 501, "count": 1} and answers with the check and the SQL that was run.
    """

    async def checks(_request: Request) -> Response:
        async with await _connected(url) as connection:
            cursor = await connection.execute(CHECKS, {"check": None})
            return json_answer({"checks": await cursor.fetchall()})

    async def items(_request: Request) -> Response:
        async with await _connected(url) as connection:
            return json_answer({"items": await (await connection.execute(ITEMS)).fetchall()})

    async def ring_up(request: Request) -> Response:
        check = request.path_params["check"]
        body = await object_of(request)
        item, count = body.get("item"), body.get("count", 1)
        if not _is_number(item) or not _is_number(count) or not 1 <= count <= _MOST:
            raise BadRequest(f"item must be a number of /till/items, and count one from 1 to {_MOST}")
        values = {"check": check, "item": item, "count": count}
        async with await _connected(url) as connection:
            if await (await connection.execute(_HOLD, values)).fetchone() is None:
                raise NotThere(f"there is no open check {check}", hint="/till/checks lists them")
            rung = await (await connection.execute(_RING_UP, values)).fetchone()
            if rung is None:
                raise NotThere(f"there is no item {item}", hint="/till/items lists them")
            added = {"check": check, "amount": rung["total_price"], "tax": rung["tax_amount"]}
            await connection.execute(_ADD_UP, added)
            found = await (await connection.execute(CHECKS, {"check": check})).fetchone()
        return json_answer({"check": found, "sql": [_HOLD.strip(), _RING_UP.strip(), _ADD_UP.strip()]})

    return [
        Route("/till/checks", checks),
        Route("/till/items", items),
        Route("/till/checks/{check:int}/items", ring_up, methods=["POST"]),
    ]


async def _connected(url: str) -> psycopg.AsyncConnection[dict[str, Any]]:
    """A connection of its own, which commits when it is left without an error."""
    return await psycopg.AsyncConnection.connect(url, row_factory=dict_row)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**31
