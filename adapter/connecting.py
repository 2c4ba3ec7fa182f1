"""Keeps one connection of the configuration as it says: dialled, dialled while a lease is held, or listened for."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol
from uuid import uuid4

from msgspec import structs

from adapter.config import Config
from adapter.connection_config import ConnectionConfig
from adapter.events import Emit
from adapter.lease import Lease
from adapter.store.database import Database
from adapter.store.engines import DatabaseSettings, connect, engine_of
from adapter.store.lease import SECONDS, SqlLease, lease_name
from adapter.store.ledger import Ledger
from adapter.transport.credentials import Credentials, handshake_headers
from adapter.transport.dial import DialSettings, dial
from adapter.transport.listen import ListenSettings, listen
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


async def serve_connection(
    connection: ConnectionConfig,
    answers: Answers,
    config: Config,
    database: DatabaseSettings,
    emit: Emit,
    stop: asyncio.Event,
    *,
    on_listening: Callable[[str, int], None] | None = None,
) -> None:
    """Serve it until `stop` is set.

    Raises AdapterError when it can never work, such as an address that is in use.
    """
    settings = SocketSettings(
        deadline=answers.deadline,
        too_late=answers.too_late,
        max_in_flight=config.limits.max_in_flight,
        ping_interval=connection.ping_interval,
        ping_timeout=connection.ping_timeout,
    )
    credentials = Credentials(account=connection.account, api_key=connection.api_key.get_secret_value())
    if connection.dial is None:
        await _listen(connection, credentials, answers, settings, emit, stop, on_listening)
        return
    dialling = _dialling(connection, credentials, answers, settings, emit)
    if not connection.standby:
        await dialling(stop, lambda: True)
        return
    lease = _lease_of(connection, config, database)
    await dial_while_held(lease, dialling, Timing(lasts=SECONDS), emit, stop, connection=connection.name)


def _dialling(
    connection: ConnectionConfig,
    credentials: Credentials,
    answers: Answers,
    socket_settings: SocketSettings,
    emit: Emit,
) -> Callable[[asyncio.Event, Callable[[], bool]], Awaitable[None]]:
    url, proxy = connection.dial or "", connection.proxy.get_secret_value()
    headers = handshake_headers(
        credentials, software_house_id=connection.software_house_id, reseller_id=connection.reseller_id
    )
    settings = DialSettings(
        connection=connection.name,
        socket=socket_settings,
        longest_delay=connection.longest_delay,
        proxy=None if proxy == "none" else proxy,
        tls=connection.tls(),
    )

    async def dialling(stop: asyncio.Event, may_dial: Callable[[], bool]) -> None:
        await dial(url, headers, answers.handle, replace(settings, may_dial=may_dial), emit, stop)

    return dialling


async def _listen(
    connection: ConnectionConfig,
    credentials: Credentials,
    answers: Answers,
    socket_settings: SocketSettings,
    emit: Emit,
    stop: asyncio.Event,
    on_listening: Callable[[str, int], None] | None,
) -> None:
    host, port = connection.listen_at
    settings = ListenSettings(
        connection=connection.name,
        socket=socket_settings,
        tls=connection.tls(),
        allow_plain_network=connection.allow_plain_network,
    )
    tell = None if on_listening is None else (lambda bound: on_listening(connection.name, bound))
    await listen(host, port, credentials, answers.handle, settings, emit, stop, ready=tell)


def _lease_of(connection: ConnectionConfig, config: Config, settings: DatabaseSettings) -> Lease:
    """The lease of a connection's account, by a way to the database of its own: no request may cost it."""
    engine = engine_of(settings.url)
    return SqlLease(
        Database(connect(structs.replace(settings, pool_size=1)), write_patience=_LEASE_PATIENCE),
        Ledger(config.ledger.schema_, engine),
        account=lease_name(connection.dial or "", connection.account),
        holder=uuid4(),
        held_by=f"{socket.gethostname()}, process {os.getpid()}",
    )
