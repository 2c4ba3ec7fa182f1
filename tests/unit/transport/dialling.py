"""A dialer under test: sleeps take no time, and nothing secret may be in what it says."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from adapter.transport.credentials import Credentials, handshake_headers
from adapter.transport.dial import DialSettings, dial
from adapter.transport.session import Handle
from tests.unit.transport.loopback import (
    Heard,
    echo,
)

ACCOUNT = "demoacct0001"
KEY = "11111111-2222-4333-8444-555555555555"
TOKEN = "ZGVtb2FjY3QwMDAxOjExMTExMTExLTIyMjItNDMzMy04NDQ0LTU1NTU1NTU1NTU1NQ=="
HEADERS = handshake_headers(Credentials(account=ACCOUNT, api_key=KEY), software_house_id="sw-1", reseller_id="re-1")


class Pauses:
    """A sleep that takes no time, remembers, and stops the dialer after so many."""

    def __init__(self, stop: asyncio.Event, last: int) -> None:
        self.taken: list[float] = []
        self._stop = stop
        self._last = last

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)
        if len(self.taken) >= self._last:
            self._stop.set()
        await asyncio.sleep(0)


def settings(**changes: Any) -> DialSettings:
    values: dict[str, Any] = {"connection": "dojo", "proxy": None, **changes}
    return DialSettings(**values)


async def dialled(
    url: str, *, pauses: int = 1, jitter: float = 1.0, handle: Handle = echo, **changes: Any
) -> tuple[Heard, list[float]]:
    """Dial until so many pauses were taken; returns the events and the pauses."""
    stop, heard = asyncio.Event(), Heard()
    pause = Pauses(stop, pauses)
    await dial(url, HEADERS, handle, settings(**changes), heard.append, stop, sleep=pause, random=lambda: jitter)
    no_secret_in(heard)
    return heard, pause.taken


@contextlib.asynccontextmanager
async def dialling(url: str, handle: Handle = echo, **changes: Any) -> AsyncIterator[tuple[asyncio.Event, Heard]]:
    """Dial in the background; on leaving, stop and wait."""
    stop, heard = asyncio.Event(), Heard()
    task = asyncio.create_task(dial(url, HEADERS, handle, settings(**changes), heard.append, stop, random=lambda: 0.0))
    try:
        yield stop, heard
    finally:
        stop.set()
        await task
        no_secret_in(heard)


def no_secret_in(heard: Heard) -> None:
    said = repr(list(heard))
    for secret in (KEY, TOKEN, TOKEN.rstrip("="), "s3cret"):
        assert secret not in said


def refusing(status: int, **headers: str) -> Callable[[ServerConnection, Request], Response]:
    def refuse(ws: ServerConnection, _: Request) -> Response:
        response = ws.respond(HTTPStatus(status), "no\n")
        for name, value in headers.items():
            response.headers[name] = value
        return response

    return refuse


async def nobody(_: ServerConnection) -> None:
    raise AssertionError("nobody should get in")


async def accept_and_close(_: ServerConnection) -> None:
    """Returning closes the connection."""


class Script:
    """A gateway that does something else with each connection; True sends a frame before it closes."""

    def __init__(self, *frames: bool) -> None:
        self._frames: Iterator[bool] = itertools.chain(frames, itertools.repeat(False))
        self.connections = 0

    async def __call__(self, ws: ServerConnection) -> None:
        self.connections += 1
        if next(self._frames):
            await ws.send("hello")
            await ws.recv()
