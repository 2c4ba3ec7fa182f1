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
_TABLES = """
SELECT s.id FROM shop_table_status s JOIN ticket_table_num n ON n.table_id = s.id WHERE n.ticket_id = %s FOR UPDATE OF s
"""


class Till:
    """Works on the checks that are being paid at the moment."""

    def __init__(self, url: str, journal: Journal, random: Random) -> None:
        self._url = url
        self._journal = journal
        self._random = random

    async def hold(self) -> bool:
        """Edit a check for a while, as a till does that has it open."""
        ticket = self._busy()
        if ticket is None:
            return False
        with suppress(psycopg.OperationalError):
            async with await self._connect() as connection:
                await connection.execute("SELECT 1 FROM ticket WHERE id = %s FOR UPDATE", (ticket,))
                await asyncio.sleep(self._random.uniform(0.1, 2))
                await connection.execute(_TOUCH, (ticket,))
            return True
        return False

    async def cross(self) -> bool:
        """Lock tables first and the check last, patiently, so that it is the payment that is in the way of a deadlock."""
        return await self._cross("5s")

    async def be_victim(self) -> bool:
        """The same, impatiently: in a deadlock it is the till that has to begin again."""
        return await self._cross("1ms")

    async def _cross(self, patience: str) -> bool:
        done = False
        for _ in range(5):
            ticket = self._busy()
            if ticket is None:
                continue
            with suppress(psycopg.OperationalError):
                async with await self._connect() as connection:
                    await connection.execute("SELECT set_config('deadlock_timeout', %s, true)", (patience,))
                    await connection.execute(_TABLES, (ticket,))
                    await asyncio.sleep(self._random.uniform(0.02, 0.2))
                    await connection.execute(_TOUCH, (ticket,))
                done = True
        return done

    async def _connect(self) -> Connection:
        return await psycopg.AsyncConnection.connect(self._url, application_name="till")

    def _busy(self) -> int | None:
        """A check that a card machine holds now."""
        held = {hold.session for hold in self._journal.holds[-40:] if hold.until is None}
        tickets = sorted({one.ticket for one in self._journal.payments.values() if one.session in held})
        return self._random.choice(tickets) if tickets else None
