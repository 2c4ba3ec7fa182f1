"""The till itself, at its rudest: holds the rows that a payment needs, changes checks, takes locks in another order."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from random import Random

import psycopg
from psycopg.rows import TupleRow

from tests.faults.journal import Journal

Connection = psycopg.AsyncConnection[TupleRow]

_TOUCH = """
UPDATE ticket SET active_date = LOCALTIMESTAMP, number_of_guests = number_of_guests + 1, version_no = version_no + 1
WHERE id = %s
"""
_TERMINAL = "SELECT 1 FROM terminal WHERE id = 9 FOR UPDATE"


class Till:
    """Works on the checks that are being paid at the moment."""

    def __init__(self, url: str, journal: Journal, random: Random) -> None:
        self._url = url
        self._journal = journal
        self._random = random

    async def hold(self) -> bool:
        """Edit a check for a while, as a till does that has it open."""
        busy = self._busy()
        with suppress(psycopg.OperationalError):
            async with await self._connect() as connection:
                for ticket in busy[:1]:
                    await connection.execute("SELECT 1 FROM ticket WHERE id = %s FOR UPDATE", (ticket,))
                    await asyncio.sleep(self._random.uniform(0.1, 2))
                    await connection.execute(_TOUCH, (ticket,))
            return bool(busy)
        return False

    async def cross(self) -> bool:
        """Lock first what a payment needs last, and then its check; patiently, so that the payment is the victim."""
        return await self._cross("5s")

    async def be_victim(self) -> bool:
        """The same, impatiently: in a deadlock it is the till that has to begin again."""
        return await self._cross("1ms")

    async def _cross(self, patience: str) -> bool:
        done = False
        for _ in range(4):
            with suppress(psycopg.OperationalError):
                async with await self._connect() as connection:
                    await connection.execute("SELECT set_config('deadlock_timeout', %s, true)", (patience,))
                    await connection.execute(_TERMINAL)
                    # Shorter than the payment waits before it looks for a deadlock.
                    await asyncio.sleep(self._random.uniform(0.03, 0.09))
                    for ticket in self._busy()[:3]:
                        await connection.execute(_TOUCH, (ticket,))
                        done = True
            await asyncio.sleep(self._random.uniform(0, 0.2))
        return done

    async def _connect(self) -> Connection:
        return await psycopg.AsyncConnection.connect(self._url, application_name="till")

    def _busy(self) -> list[int]:
        """The checks that card machines hold now, in any order."""
        held = {hold.session for hold in self._journal.holds[-40:] if hold.until is None}
        tickets = sorted({one.ticket for one in self._journal.payments.values() if one.session in held})
        self._random.shuffle(tickets)
        return tickets
