"""Bounds how many may be connected to a port at once. Knows nothing of who they are, or what they are served."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from websockets.asyncio.server import ServerConnection

MOST = 100
"""Connections at once. Each is an open file, of which a program often may have 1,024 in all: whoever opens more than these
must not take those that lead to the provider and to the database."""


def bounded(dropped: Callable[[], object]) -> type[ServerConnection]:
    """Connections of one port, for `create_connection` of the library; `dropped` is told of each one too many."""
    at_once = 0

    class Bounded(ServerConnection):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            nonlocal at_once
            at_once += 1
            super().connection_made(transport)
            if at_once > MOST:
                dropped()
                self.transport.abort()

        def connection_lost(self, exc: Exception | None) -> None:
            nonlocal at_once
            at_once -= 1
            super().connection_lost(exc)

    return Bounded
