"""Keeps one connection of the configuration as it says: dialled, dialled while a lease is held, or listened for."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from msgspec import structs

from adapter.config import Config
from adapter.connection_config import ConnectionConfig
from adapter.connection_events import EnvironmentChosen
from adapter.events import Emit
from adapter.lease import Lease
from adapter.store.database import Database
from adapter.store.engines import DatabaseSettings, connect, engine_of
from adapter.store.lease import SECONDS, SqlLease, lease_name
from adapter.store.ledger import Ledger
from adapter.transport.credentials import Credentials, HandshakeHeaders, Identity, RawKey, handshake_headers
from adapter.transport.dial import DialSettings, dial
from adapter.transport.ending import Ending
from adapter.transport.listen import ListenSettings, check_listening, listen, probe_port
from adapter.transport.session import SocketSettings
from adapter.transport.standby import Timing, dial_while_held

_LEASE_PATIENCE = 2.0
"""Seconds for which the database is asked again for a lease before somebody is told that it does not answer."""


class Answers(Protocol):
    """Answers the frames of a connection."""

    async def handle(self, raw: bytes) -> bytes | None:
        """The answer to one frame; None for silence."""
        ...

    def too_late(self, raw: bytes) -> bytes | None:
        """What a frame is answered at the deadline."""
        ...

    @property
    def deadline(self) -> float:
        """Seconds after which that is."""
        ...


class Line:
    """One connection that is kept, until it is ended; what answers over it may change between two frames."""

    def __init__(self, connection: ConnectionConfig, config: Config, answers: Answers) -> None:
        self.connection = connection
        self.config = config
        self.answers = answers
        self.deadline = answers.deadline
        self.ending = Ending()
        self.task: asyncio.Future[None] | None = None
        shared = (config.database, config.ledger) if connection.standby else None
        files = (connection.ca, connection.certificate, connection.certificate_key)
        self.fingerprint = (
            connection,
            config.limits,
            shared,
            tuple(Path(file).read_bytes() for file in files if file),
        )
        """Whatever a socket depends on: one of the same fingerprint need not be opened anew."""

    async def handle(self, raw: bytes) -> bytes | None:
        """See Answers."""
        return await self.answers.handle(raw)

    def too_late(self, raw: bytes) -> bytes | None:
        """See Answers."""
        return self.answers.too_late(raw)

    def check(self, others: Collection[Line]) -> None:
        """Whether it could be opened in place of others. Raises AdapterError where that can be told beforehand."""
        connection = self.connection
        self.connection.tls()
        if connection.dial is not None:
            _headers(connection)
            return
        settings = ListenSettings(
            connection=connection.name, tls=connection.tls(), allow_plain_network=connection.allow_plain_network
        )
        host, port = connection.listen_at
        check_listening(host, _identity(connection), settings)
        if port and not any(one.connection.listen == connection.listen for one in others):
            probe_port(host, port)


async def serve_connection(
    line: Line,
    database: DatabaseSettings,
    emit: Emit,
    *,
    on_listening: Callable[[str, int], None] | None = None,
) -> None:
    """Serve it until it is ended.

    Raises AdapterError when it can never work, such as an address that is in use.
    """
    connection, config = line.connection, line.config
    settings = SocketSettings(
        deadline=line.deadline,
        too_late=line.too_late,
        max_in_flight=config.limits.max_in_flight,
        ping_interval=connection.ping_interval,
        ping_timeout=connection.ping_timeout,
    )
    if connection.environment:
        emit(EnvironmentChosen(connection=connection.name, environment=connection.environment))
    if connection.dial is None:
        await _listen(line, settings, emit, on_listening)
        return
    dialling = _dialling(line, settings, emit)
    if not connection.standby:
        await dialling(line.ending, lambda: True)
        return
    lease = _lease_of(connection, config, database)
    await dial_while_held(lease, dialling, Timing(lasts=SECONDS), emit, line.ending, connection=connection.name)


def _identity(connection: ConnectionConfig) -> Identity:
    """Who we are on a connection: the one place where a protocol's way of saying it is chosen."""
    key = connection.api_key.get_secret_value()
    if connection.protocol == "epos-data":
        return RawKey(api_key=key)
    return Credentials(account=connection.account, api_key=key)


def _account(connection: ConnectionConfig) -> str:
    """What tells the account of a connection from others: in the EPOS Data API its key alone."""
    return connection.api_key.get_secret_value() if connection.protocol == "epos-data" else connection.account


def _headers(connection: ConnectionConfig) -> HandshakeHeaders:
    return handshake_headers(
        _identity(connection), software_house_id=connection.software_house_id, reseller_id=connection.reseller_id
    )


def _dialling(
    line: Line, socket_settings: SocketSettings, emit: Emit
) -> Callable[[asyncio.Event, Callable[[], bool]], Awaitable[None]]:
    connection = line.connection
    url, proxy = connection.dial or "", connection.proxy.get_secret_value()
    headers = _headers(connection)
    settings = DialSettings(
        connection=connection.name,
        socket=socket_settings,
        longest_delay=connection.longest_delay,
        proxy=None if proxy == "none" else proxy,
        tls=connection.tls(),
    )

    async def dialling(stop: asyncio.Event, may_dial: Callable[[], bool]) -> None:
        await dial(url, headers, line.handle, replace(settings, may_dial=may_dial), emit, stop)

    return dialling


async def _listen(
    line: Line, socket_settings: SocketSettings, emit: Emit, on_listening: Callable[[str, int], None] | None
) -> None:
    connection = line.connection
    host, port = connection.listen_at
    settings = ListenSettings(
        connection=connection.name,
        socket=socket_settings,
        tls=connection.tls(),
        allow_plain_network=connection.allow_plain_network,
    )
    tell = None if on_listening is None else (lambda bound: on_listening(connection.name, bound))
    await listen(host, port, _identity(connection), line.handle, settings, emit, line.ending, ready=tell)


def _lease_of(connection: ConnectionConfig, config: Config, settings: DatabaseSettings) -> Lease:
    """The lease of a connection's account, by a way to the database of its own: no request may cost it."""
    engine = engine_of(settings.url)
    return SqlLease(
        Database(connect(structs.replace(settings, pool_size=1)), write_patience=_LEASE_PATIENCE),
        Ledger(config.ledger.schema_, engine),
        account=lease_name(connection.dial or "", _account(connection)),
        holder=uuid4(),
        held_by=f"{socket.gethostname()}, process {os.getpid()}",
    )
