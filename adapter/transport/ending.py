"""Tells a connection to end, and why: what is in flight is finished first."""

from __future__ import annotations

import asyncio

STOPPING = "the adapter is stopping"


class Ending(asyncio.Event):
    """Set when a connection is to end, with the reason that the other end and the log are told."""

    why = STOPPING

    def end(self, why: str) -> None:
        """Set it; `why` is a few plain words."""
        if not self.is_set():
            self.why = why
            self.set()


def why_of(stop: asyncio.Event) -> str:
    """Why a connection is to end: that the adapter is stopping, where nobody says otherwise."""
    return stop.why if isinstance(stop, Ending) else STOPPING
