"""Bounds how many may be connected to a port at once. Knows nothing of who they are, or what they are served."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar, cast

from msgspec import Struct
from websockets.asyncio.server import ServerConnection
from websockets.protocol import State

MOST = 100
"""Connections at once. Each is an open file, of which a program often may have 1,024 in all: whoever opens more than these
must not take those that lead to the provider and to the database."""


class Tls(Struct, frozen=True, kw_only=True):
    """How a port agrees with those who come that nobody else is to listen."""

    context: ssl.SSLContext
    patience: float
    """Seconds to agree in."""
    goodbye: float
    """Seconds to end it in."""


class Crowd:
    """Those who are connected to one port, from the moment that they are: also while they have not agreed on TLS."""

    def __init__(self, put_out: Callable[[Any], object], tls: Tls | None = None) -> None:
        """`put_out` is told of each who was there too many: its address, as a socket tells it."""
        self._put_out = put_out
        self.tls = tls
        self._here: dict[ServerConnection, asyncio.Transport] = {}
        """In the order in which they came."""
        self._agreeing: dict[asyncio.Task[None], asyncio.Transport] = {}
        self._is_closed = False

    def connections(self) -> type[ServerConnection]:
        """Connections of this port, for `create_connection` of the library, which is to be told nothing of TLS."""
        here = self

        class Bounded(_Bounded):
            crowd = here

        return Bounded

    def enter(self, one: ServerConnection, socket: asyncio.Transport) -> bool:
        """Give somebody a place, and if there is none, that of who has waited longest to be let in; whether there was one."""
        if self._is_closed:
            return False
        if len(self._here) >= MOST:
            # A gateway is let in within a moment of its coming, so who has waited longest is hardly one.
            slowest = next((each for each in self._here if each.state is State.CONNECTING), None)
            leaves = socket if slowest is None else self._here.pop(slowest)
            self._put_out(leaves.get_extra_info("peername"))
            if slowest is None:
                return False
            leaves.abort()
        self._here[one] = socket
        return True

    def leave(self, one: ServerConnection) -> None:
        """Take its place back, if it has one."""
        self._here.pop(one, None)

    def keep(self, agreeing: Coroutine[Any, Any, None], socket: asyncio.Transport) -> None:
        """Let the two ends of a socket agree on TLS meanwhile."""
        task = asyncio.get_running_loop().create_task(agreeing)
        self._agreeing[task] = socket
        task.add_done_callback(self._agreeing.pop)

    async def close(self) -> None:
        """Let nobody in any more, and put those out who have not agreed on TLS; the others are left to the library."""
        self._is_closed = True
        agreeing = dict(self._agreeing)
        for socket in agreeing.values():
            socket.abort()
        await asyncio.gather(*agreeing, return_exceptions=True)


class _Bounded(ServerConnection):
    """One of them."""

    crowd: ClassVar[Crowd]
    is_begun = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        socket, tls = cast("asyncio.Transport", transport), self.crowd.tls
        if not self.crowd.enter(self, socket):
            socket.abort()
        elif tls is None:
            self._begin(socket)
        else:
            # Nothing may be read before it is known who reads it.
            socket.pause_reading()
            self.crowd.keep(self._agree(socket, tls), socket)

    def connection_lost(self, exc: Exception | None) -> None:
        self.crowd.leave(self)
        if self.is_begun:
            super().connection_lost(exc)

    def _begin(self, transport: asyncio.Transport) -> None:
        self.is_begun = True
        super().connection_made(transport)

    async def _agree(self, socket: asyncio.Transport, tls: Tls) -> None:
        secured = await _secured(socket, tls)
        if secured is None:
            self.crowd.leave(self)
            return
        transport, early = secured
        transport.set_protocol(self)
        self._begin(transport)
        if early.data:
            self.data_received(bytes(early.data))
        if early.has_ended:
            self.eof_received()


class _Early(asyncio.Protocol):
    """Keeps what comes in the moment between an agreement on TLS and the connection that it was made for."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.has_ended = False

    def data_received(self, data: bytes) -> None:
        self.data += data

    def eof_received(self) -> None:
        self.has_ended = True


async def _secured(socket: asyncio.Transport, tls: Tls) -> tuple[asyncio.Transport, _Early] | None:
    """The two ends after they have agreed, and what has come since; None where they have not, and the socket is closed."""
    early = _Early()
    if socket.is_closing():
        return None
    try:
        secured = await asyncio.get_running_loop().start_tls(
            socket,
            early,
            tls.context,
            server_side=True,
            ssl_handshake_timeout=tls.patience,
            ssl_shutdown_timeout=tls.goodbye,
        )
    except OSError:
        return None
    # Where the socket was closed in the middle, the library takes that for an agreement.
    return None if secured is None or socket.is_closing() else (secured, early)
