"""Lets a gateway connect in, after it has shown the right credentials. Knows nothing of what travels over it."""

from __future__ import annotations

import asyncio
import errno
import hmac
import socket
import ssl
from collections.abc import Callable
from http import HTTPStatus
from math import ceil
from typing import Any

import msgspec
from msgspec import Struct
from websockets.asyncio.server import Server, ServerConnection
from websockets.asyncio.server import serve as serve_sockets
from websockets.http11 import Request, Response

from adapter.addresses import host_and_port, is_loopback, peer_of
from adapter.attempts import Attempts
from adapter.connection_events import Listening, LockedOut
from adapter.crowd import MOST, Crowd, Tls
from adapter.errors import AdapterError
from adapter.events import Emit
from adapter.transport.credentials import Identity, secrets_in
from adapter.transport.session import Handle, SocketSettings, serve_and_say
from adapter.transport.turned_away import TurnedAway


class ListenSettings(Struct, frozen=True, kw_only=True):
    """How a gateway may connect in."""

    connection: str
    """Its name in events, as the configuration has it."""
    socket: SocketSettings = msgspec.field(default_factory=SocketSettings)
    tls: ssl.SSLContext | None = None
    """This side's certificate; None for a plain socket, which other computers may not reach."""
    allow_plain_network: bool = False
    """Lets other computers reach a plain socket all the same: bills and the key cross the network readable."""


async def listen(
    host: str,
    port: int,
    identity: Identity,
    handle: Handle,
    settings: ListenSettings,
    emit: Emit,
    stop: asyncio.Event,
    *,
    ready: Callable[[int], object] | None = None,
) -> None:
    """Answer the frames of every gateway that connects with these credentials, until `stop` is set.

    Calls `ready` with the bound port, which matters where `port` is 0. On stop accepts no more, and returns once
    each connection has sent its answers and is closed with 1012.
    Raises AdapterError when there is nothing to check credentials against, when other computers could reach a plain
    socket, or when the port cannot be had.
    """
    check_listening(host, identity, settings)
    door = _Door(identity, handle, settings, emit, stop)
    crowd = Crowd(door.put_out, _tls_of(settings))
    server = await _bind(host, port, door, crowd, settings)
    try:
        bound = server.sockets[0].getsockname()[1]
        emit(Listening(connection=settings.connection, address=host_and_port(host, bound)))
        if ready is not None:
            ready(bound)
        await stop.wait()
    finally:
        # Server.close() by itself would close the sockets under the answers that are still being worked out.
        server.close(close_connections=not stop.is_set())
        await crowd.close()
        await server.wait_closed()
        door.turned_away.close()


def check_listening(host: str, identity: Identity, settings: ListenSettings) -> None:
    """Whether listening there is safe. Raises AdapterError as `listen` does."""
    if not identity.is_complete:
        raise AdapterError(f"connection '{settings.connection}' would let anybody in", hint=f"set {identity.asks_for}")
    if settings.tls is None and not settings.allow_plain_network and not is_loopback(host):
        raise AdapterError(
            f"connection '{settings.connection}' would listen on {host or 'every network'} without TLS, "
            "so bills and the API key could be read by anybody on that network",
            hint="listen on 127.0.0.1, give a certificate, or set allow_plain_network = true",
        )


def probe_port(host: str, port: int) -> None:
    """Whether a port could be had now. Raises AdapterError."""
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as problem:
        raise _cannot_listen(problem, host, port) from None


class _Door:
    """Lets in or turns away, and serves whom it let in."""

    def __init__(
        self, identity: Identity, handle: Handle, settings: ListenSettings, emit: Emit, stop: asyncio.Event
    ) -> None:
        self._identity = identity
        self._secrets = secrets_in({"Authorization": identity.authorization()})
        self._attempts = Attempts()
        self.turned_away = TurnedAway(settings.connection, emit)
        self._handle = handle
        self._settings = settings
        self._emit = emit
        self._stop = stop

    def check(self, ws: ServerConnection, request: Request) -> Response | None:
        """None to let in; otherwise the refusal. Says nothing of what was sent."""
        host = ws.remote_address[0] if ws.remote_address else ""
        if request.headers.get_all("Sec-Fetch-Site"):
            # A page must not use up the attempts of the gateway on the same computer, nor ask a person for the key.
            self._refuse(ws, "it is a web browser, and no gateway")
            return ws.respond(HTTPStatus.FORBIDDEN, "for gateways only\n")
        wait = self._attempts.must_wait(host)
        if wait:
            self.turned_away.count()
            refusal = ws.respond(HTTPStatus.TOO_MANY_REQUESTS, "too many wrong keys\n")
            refusal.headers["Retry-After"] = str(ceil(wait))
            return refusal
        # Not `get`: it raises where a header was sent twice.
        sent = request.headers.get_all("Authorization")
        shown = self._identity.shown_in(sent[0]) if len(sent) == 1 else None
        if shown is not None and hmac.compare_digest(shown, self._identity.expected):
            self._attempts.right(host)
            return None
        wanted = self._identity.asks_for
        self._refuse(ws, f"it showed no {wanted}" if shown is None else f"wrong {wanted.replace(' and ', ' or ')}")
        if shown is not None:
            wrong = self._attempts.wrong(host)
            wait = self._attempts.must_wait(host)
            if wait:
                self._emit(
                    LockedOut(connection=self._settings.connection, address=host, attempts=wrong, seconds=round(wait))
                )
        refusal = ws.respond(HTTPStatus.UNAUTHORIZED, f"{wanted}, please\n")
        refusal.headers["WWW-Authenticate"] = 'Basic realm="epos-adapter", charset="UTF-8"'
        return refusal

    def put_out(self, address: Any) -> None:
        """Say that somebody had to go, or was not let in, because too many were there."""
        self.turned_away.tell(peer_of(address), f"more than {MOST} were connected, and it had shown no key yet")

    def _refuse(self, ws: ServerConnection, reason: str) -> None:
        self.turned_away.tell(peer_of(ws.remote_address), reason)

    async def serve(self, ws: ServerConnection) -> None:
        """Serve one gateway until it leaves or the adapter stops."""
        await serve_and_say(
            ws,
            self._handle,
            self._settings.socket,
            connection=self._settings.connection,
            peer=peer_of(ws.remote_address),
            secrets=self._secrets,
            emit=self._emit,
            stop=self._stop,
        )


def _tls_of(settings: ListenSettings) -> Tls | None:
    if settings.tls is None:
        return None
    return Tls(context=settings.tls, patience=settings.socket.open_timeout, goodbye=settings.socket.close_timeout)


async def _bind(host: str, port: int, door: _Door, crowd: Crowd, settings: ListenSettings) -> Server:
    try:
        return await serve_sockets(
            door.serve,
            host,
            port,
            process_request=door.check,
            create_connection=crowd.connections(),
            server_header=None,
            **settings.socket.options(),
        )
    except OSError as problem:
        raise _cannot_listen(problem, host, port) from None


def _cannot_listen(problem: OSError, host: str, port: int) -> AdapterError:
    place = host_and_port(host, port)
    if problem.errno == errno.EADDRINUSE:
        return AdapterError(f"another program already listens on {place}", hint="stop it, or choose another port")
    kind = errno.errorcode.get(problem.errno or 0, type(problem).__name__)
    return AdapterError(f"cannot listen on {place} ({kind})", hint="is this an address of this computer?")
