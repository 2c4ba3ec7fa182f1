"""Tells of those who are turned away, so many at a time: who knocks without end must not fill the log. Knows no sockets."""

from __future__ import annotations

import asyncio

from adapter.connection_events import ConnectionRefused, MoreRefused
from adapter.events import Emit

TOLD = 10
"""How many are told of one by one, for each reason, in each window."""
WINDOW = 60.0
"""Seconds, from the first that is turned away; at its end it is said how many more there were."""


class TurnedAway:
    """Those who are turned away at one door."""

    def __init__(self, connection: str, emit: Emit) -> None:
        self._connection = connection
        self._emit = emit
        self._told: dict[str, int] = {}
        """How many in this window, by reason; there are few reasons, and none is made of what was sent."""
        self._more = 0
        self._timer: asyncio.TimerHandle | None = None

    def tell(self, peer: str, reason: str) -> None:
        """Somebody was turned away for a reason."""
        told = self._told.get(reason, 0)
        if told >= TOLD:
            self.count()
            return
        self._begin()
        self._told[reason] = told + 1
        self._emit(ConnectionRefused(connection=self._connection, peer=peer, reason=reason))

    def count(self) -> None:
        """Somebody was turned away whom nobody needs to hear of one by one."""
        self._begin()
        self._more += 1

    def close(self) -> None:
        """Say what is not said yet."""
        if self._timer is not None:
            self._timer.cancel()
            self._end()

    def _begin(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(WINDOW, self._end)

    def _end(self) -> None:
        more, self._more, self._timer = self._more, 0, None
        self._told.clear()
        if more:
            self._emit(MoreRefused(connection=self._connection, count=more))
