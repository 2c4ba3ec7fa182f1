"""Whether a bill is ever read half before and half after a change, while a writer keeps moving lines between two bills.

A torn bill does not add up, is refused, or is missing from the list; and two bills between which lines are moved always
have the same total together. The same reads in three statements show that the check can fail.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from psycopg import AsyncConnection

from bench.client import client
from bench.data import session_id
from bench.measure import Measure, Scale
from bench.servers import ROOT, adapter
from bench.writer import PAIR

Bills = list[dict[str, Any]]
Read = Callable[[tuple[int, ...]], Awaitable[Bills]]


async def measure_snapshot(url: str, scale: Scale) -> list[Measure]:
    """Torn bills of the adapter, which must be none, and of a reader that asks three times, which must be some."""
    with adapter(url) as ours:
        async with client(ours.port) as asked:

            async def read(tickets: tuple[int, ...]) -> Bills:
                if len(tickets) == 1:
                    answer = await asked.ask("GetBillItems", {"sessionId": session_id(tickets[0])})
                    bill = answer["result"].get("billItems")
                    return [] if bill is None else [bill]
                ids = [session_id(ticket) for ticket in tickets]
                answer = await asked.ask("ListBillItems", {"sessionIds": ids})
                bills: Bills = answer["result"].get("billItems", [])
                return bills

            torn, commits = await _torn(url, read, scale.reads)
    connection = await AsyncConnection.connect(url, autocommit=True)
    async with connection:
        torn_apart, commits_apart = await _torn(url, lambda tickets: _apart(connection, tickets), scale.reads)
    return [
        _measure(f"torn bills in {scale.reads:,} reads beside a writer", torn, commits, "0", held=torn == 0),
        _measure(
            "the same in three statements, to see that it can fail",
            torn_apart,
            commits_apart,
            "> 0",
            held=torn_apart > 0,
        ),
    ]


def _measure(what: str, torn: int, commits: int, target: str, *, held: bool) -> Measure:
    note = f"{commits:,} transactions committed meanwhile"
    held = held and commits > 0
    return Measure(what=what, unit="", floor=None, adapter=torn, ratio=None, target=target, held=held, note=note)


async def _torn(url: str, read: Read, reads: int) -> tuple[int, int]:
    """How many of so many reads were torn, and how many transactions the writer committed meanwhile."""
    together = sum(bill["totalAmount"] for bill in await read(PAIR))
    torn = 0
    with _writer(url) as commits:
        for number in range(reads):
            tickets = PAIR if number % 2 else (PAIR[number // 2 % 2],)
            bills = await read(tickets)
            sound = len(bills) == len(tickets) and all(map(_adds_up, bills))
            if sound and tickets == PAIR:
                sound = sum(bill["totalAmount"] for bill in bills) == together
            torn += not sound
    return torn, commits[0]


def _adds_up(bill: dict[str, Any]) -> bool:
    lines = sum(item["quantity"] * item["amountPerItem"] for item in bill["items"])
    return bool(lines + bill.get("serviceCharge", 0) == bill["totalAmount"])


@contextmanager
def _writer(url: str) -> Iterator[list[int]]:
    """A writer at work; afterwards the list holds how many transactions it committed."""
    commits: list[int] = []
    command = [sys.executable, "-m", "bench.writer", url]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield commits
        finally:
            output, _ = process.communicate(b"stop\n", timeout=30)
            commits.append(int(output))


async def _apart(connection: AsyncConnection[Any], tickets: tuple[int, ...]) -> Bills:
    """Bills read as one should not: the checks, their lines and the modifiers each by a statement of its own."""
    key = {"ids": list(tickets)}
    heads = await (await connection.execute(_HEADS, key, prepare=True)).fetchall()
    items = await (await connection.execute(_ITEMS, key, prepare=True)).fetchall()
    found = await (await connection.execute(_EXTRAS, {"ids": [item for _, item, _ in items]}, prepare=True)).fetchall()
    extras = dict(found)
    return [
        {
            "totalAmount": total,
            "serviceCharge": service,
            "items": [
                {"quantity": 1, "amountPerItem": amount + extras.get(item, 0)}
                for of, item, amount in items
                if of == ticket
            ],
        }
        for ticket, total, service in heads
    ]


_HEADS = """
SELECT id, round(total_price::numeric * 100)::int, round(COALESCE(service_charge, 0)::numeric * 100)::int
FROM ticket WHERE id = ANY(%(ids)s)"""
_ITEMS = """
SELECT ticket_id, id, round((item_price * item_count - COALESCE(discount, 0))::numeric * 100)::int
FROM ticket_item WHERE ticket_id = ANY(%(ids)s)"""
_EXTRAS = """
SELECT ticket_item_id, sum(round((modifier_price * item_count)::numeric * 100)::int)::int
FROM ticket_item_modifier WHERE ticket_item_id = ANY(%(ids)s) GROUP BY ticket_item_id"""
