"""Who may be connected to a port at once, and who gives way to whom."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.client import connect

from adapter import crowd
from adapter.connection_events import ConnectionOpened, ConnectionRefused, MoreRefused
from adapter.transport.session import SocketSettings
from adapter.transport.turned_away import TOLD
from tests.unit.transport.loopback import CERTIFICATES, run, server_tls, until
from tests.unit.transport.test_listen import RIGHT, listens

SURPLUS = TOLD + 5
PATIENT = SocketSettings(open_timeout=60.0)
"""Longer than a test may take: whoever is put out was not put out for being slow."""

doors = pytest.mark.parametrize("secured", [False, True], ids=["plain", "TLS"])


def door(*, secured: bool) -> Any:
    return listens(tls=server_tls("valid") if secured else None, socket=PATIENT)


def gateway(url: str) -> connect:
    trust = ssl.create_default_context(cafile=CERTIFICATES / "valid.pem") if url.startswith("wss") else None
    return connect(url, ssl=trust, additional_headers={"Authorization": RIGHT}, proxy=None)


async def is_served(url: str) -> bool:
    async with gateway(url) as ws:
        await ws.send("hello")
        return await ws.recv() == "hello"


class Silent:
    """Connections that say nothing, in the order in which they came."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._ends: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def come(self, count: int) -> None:
        for _ in range(count):
            self._ends.append(await asyncio.open_connection("127.0.0.1", self._port))

    async def say(self, data: bytes) -> None:
        """Have the last one say something."""
        self._ends[-1][1].write(data)
        await self._ends[-1][1].drain()

    async def is_put_out(self, number: int) -> bool:
        with contextlib.suppress(ConnectionResetError):
            return await self._ends[number][0].read() == b""
        return True

    def are_here(self) -> int:
        """How many were not put out, as far as it has come to this end."""
        return sum(not reader.at_eof() and reader.exception() is None for reader, _ in self._ends)

    async def leave(self) -> None:
        for _, writer in self._ends:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


@contextlib.asynccontextmanager
async def silent(url: str, count: int) -> AsyncIterator[Silent]:
    here = Silent(int(url.rpartition(":")[2]))
    try:
        await here.come(count)
        yield here
    finally:
        await here.leave()


@doors
def test_of_those_who_say_nothing_no_more_than_a_hundred_stay_and_a_gateway_gets_in_at_once(*, secured: bool) -> None:
    async def test() -> None:
        async with door(secured=secured) as (url, _, heard):
            async with silent(url, crowd.MOST + SURPLUS) as waiting:
                for number in range(SURPLUS):
                    assert await waiting.is_put_out(number)
                assert waiting.are_here() == crowd.MOST
                assert await is_served(url)
                # It has taken the place of the one that had waited longest.
                assert await waiting.is_put_out(SURPLUS)
                assert waiting.are_here() == crowd.MOST - 1
            assert await is_served(url)
            told = heard.of(ConnectionRefused)
            assert {event.reason for event in told} == {"more than 100 were connected, and it had shown no key yet"}
            assert all(event.peer.startswith("127.0.0.1:") for event in told)
            assert len(told) == TOLD
        assert sum(event.count for event in heard.of(MoreRefused)) == SURPLUS + 1 - TOLD

    run(test)


@doors
def test_a_gateway_that_was_let_in_gives_way_to_nobody(monkeypatch: pytest.MonkeyPatch, *, secured: bool) -> None:
    monkeypatch.setattr(crowd, "MOST", 3)

    async def test() -> None:
        async with door(secured=secured) as (url, _, heard), gateway(url) as one, gateway(url) as other:
            await until(lambda: len(heard.of(ConnectionOpened)) == 2)
            async with silent(url, 4) as waiting, gateway(url) as third:
                await until(lambda: len(heard.of(ConnectionOpened)) == 3)
                for number in range(4):
                    assert await waiting.is_put_out(number)
                # All places are now of those who were let in: whoever comes is put out, and takes none.
                await waiting.come(2)
                assert await waiting.is_put_out(4)
                assert await waiting.is_put_out(5)
                for ws in (one, other, third):
                    await ws.send("hello")
                    assert await ws.recv() == "hello"
            assert await is_served(url)

    run(test)


@doors
def test_who_leaves_in_the_middle_gives_the_place_back(monkeypatch: pytest.MonkeyPatch, *, secured: bool) -> None:
    monkeypatch.setattr(crowd, "MOST", 3)

    async def test() -> None:
        async with door(secured=secured) as (url, _, heard):
            for said in (b"", b"GET / HTTP/1.1\r\n", b"\x16\x03\x01\x02\x00", b"\x16\x03\x01\x00\x01\x00") * 2:
                async with silent(url, 1) as passing:
                    await passing.say(said)
            async with silent(url, 2) as waiting:
                assert await is_served(url)
                assert waiting.are_here() == 2
            assert not heard.of(ConnectionRefused)

    run(test)


def test_what_comes_together_with_the_end_of_the_agreement_on_tls_is_read() -> None:
    async def test() -> None:
        async with door(secured=True) as (url, _, _heard):
            reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
            come, go = ssl.MemoryBIO(), ssl.MemoryBIO()
            trust = ssl.create_default_context(cafile=CERTIFICATES / "valid.pem")
            tls = trust.wrap_bio(come, go, server_hostname="127.0.0.1")
            while True:
                try:
                    tls.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    writer.write(go.read())
                    come.write(await reader.read(65536))
            tls.write(
                b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                b"Authorization: " + RIGHT.encode() + b"\r\n\r\n"
            )
            writer.write(go.read())
            answer = b""
            while not answer:
                come.write(await reader.read(65536))
                with contextlib.suppress(ssl.SSLWantReadError):
                    answer = tls.read()
            assert answer.startswith(b"HTTP/1.1 101 ")
            writer.close()
            await writer.wait_closed()

    run(test)


def test_a_stop_waits_for_nobody_who_has_not_agreed_on_tls() -> None:
    async def test() -> None:
        async with contextlib.AsyncExitStack() as outer:
            async with door(secured=True) as (url, _, _heard):
                waiting = await outer.enter_async_context(silent(url, 3))
                assert await is_served(url)
            for number in range(3):
                assert await waiting.is_put_out(number)

    run(test)
