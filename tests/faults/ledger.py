"""Who holds a session, asked of the database itself: a card machine cannot know it after an answer was lost."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row

_PAUSE = 0.1


class Ledger:
    """The adapter's own tables, reached past proxy and adapter."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def locks(self) -> list[Any]:
        """All sessions that are locked: session, terminal, and the moment as seconds since 1970."""
        async with await psycopg.AsyncConnection.connect(self._url, row_factory=namedtuple_row) as connection:
            found = await connection.execute(
                "SELECT session_id::text AS session, terminal, EXTRACT(epoch FROM locked_at)::float8 AS at,"
                " EXISTS (SELECT 1 FROM epos_adapter.order_lock o WHERE o.token = l.token) AS ends"
                " FROM epos_adapter.session_lock l ORDER BY session_id"
            )
            return list(await found.fetchall())

    async def holder(self, session: str) -> str | None:
        """The terminal that holds a session, None when nobody does; waits for a database that is being restarted."""
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as connection:
                    found = await connection.execute(
                        "SELECT terminal FROM epos_adapter.session_lock WHERE session_id = %s", (session,)
                    )
                    row = await found.fetchone()
            except psycopg.OperationalError:
                await asyncio.sleep(_PAUSE)
            else:
                return None if row is None else str(row[0])
