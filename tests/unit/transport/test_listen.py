from __future__ import annotations

import asyncio
import base64
import contextlib
import hmac
import ssl
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.datastructures import Headers
from websockets.exceptions import InvalidStatus

from adapter.connection_events import ConnectionClosed, ConnectionOpened, ConnectionRefused, Listening
from adapter.errors import AdapterError
from adapter.transport.credentials import Credentials, basic_authorization
from adapter.transport.listen import ListenSettings, listen
from adapter.transport.session import Handle, SocketSettings
from simulator.gateway import local_gateway
from tests.unit.transport.loopback import (
    CERTIFICATES,
    Heard,
    close_code,
    echo,
    run,
    server_tls,
    until,
    unused_port,
)

ACCOUNT = "demoacct0001"
KEY = "11111111-2222-4333-8444-555555555555"
CREDENTIALS = Credentials(account=ACCOUNT, api_key=KEY)
RIGHT = basic_authorization(ACCOUNT, KEY)


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@contextlib.asynccontextmanager
async def listens(handle: Handle = echo, host: str = "127.0.0.1", **changes: Any) -> AsyncIterator[Any]:
    """An adapter that listens; yields its address, its stop and its events."""
    stop, heard = asyncio.Event(), Heard()
    bound: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    settings = ListenSettings(connection="local", **changes)
    task = asyncio.create_task(
        listen(host, 0, CREDENTIALS, handle, settings, heard.append, stop, ready=bound.set_result)
    )
    try:
        yield f"{'wss' if settings.tls else 'ws'}://127.0.0.1:{await bound}", stop, heard
    finally:
        stop.set()
        await task
        assert KEY not in repr(list(heard))
        assert encoded(f"{ACCOUNT}:{KEY}") not in repr(list(heard))


def test_a_gateway_with_the_right_credentials_is_answered() -> None:
    async def handle(raw: bytes) -> bytes:
        return raw.replace(b'"method"', b'"result"')

    async def test() -> None:
        async with listens(handle) as (url, _, heard):
            async with local_gateway(url, ACCOUNT, KEY) as gateway:
                assert (await gateway.request("ListTables", {}))["result"] == "ListTables"
            await until(lambda: heard.of(ConnectionClosed))
        assert [type(event) for event in heard] == [Listening, ConnectionOpened, ConnectionClosed]
        assert heard.of(ConnectionOpened)[0].peer.startswith("127.0.0.1:")
        assert heard.of(ConnectionClosed)[0].received == 1

    run(test)


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ([], "it showed no account name and API key"),
        (["Bearer s3cret"], "it showed no account name and API key"),
        (["Basic"], "it showed no account name and API key"),
        (["Basic s3cret!"], "it showed no account name and API key"),
        (["Basic s3cr\u00e9t"], "it showed no account name and API key"),
        ([RIGHT, RIGHT], "it showed no account name and API key"),
        ([f"Basic {encoded('demoacct0001:s3cret')}"], "wrong account name or API key"),
        ([f"Basic {encoded(f's3cret:{KEY}')}"], "wrong account name or API key"),
        ([f"Basic {encoded(f'{ACCOUNT}:{KEY}0')}"], "wrong account name or API key"),
        ([f"Basic {encoded(ACCOUNT)}"], "wrong account name or API key"),
        (["Basic "], "it showed no account name and API key"),
    ],
)
def test_a_gateway_that_cannot_show_the_credentials_is_turned_away_without_repeating_what_it_sent(
    sent: list[str], reason: str
) -> None:
    async def test() -> None:
        async with listens() as (url, _, heard):
            headers = Headers([("Authorization", value) for value in sent])
            with pytest.raises(InvalidStatus) as refusal:
                await connect(url, additional_headers=headers, proxy=None)
            assert refusal.value.response.status_code == 401
            assert refusal.value.response.headers["WWW-Authenticate"].startswith("Basic ")
            (refused,) = heard.of(ConnectionRefused)
            assert refused.reason == reason
            assert refused.peer.startswith("127.0.0.1:")
            assert not heard.of(ConnectionOpened)
            assert "s3cr" not in repr(list(heard))

    run(test)


@pytest.mark.parametrize("scheme", ["basic", "BASIC", "Basic"])
def test_the_scheme_may_be_written_in_any_case(scheme: str) -> None:
    async def test() -> None:
        async with listens() as (url, _, _heard):
            headers = {"Authorization": f"{scheme} {encoded(f'{ACCOUNT}:{KEY}')}"}
            async with connect(url, additional_headers=headers, proxy=None) as ws:
                await ws.send("hello")
                assert await ws.recv() == "hello"

    run(test)


def test_credentials_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return True

    monkeypatch.setattr(hmac, "compare_digest", compare)

    async def test() -> None:
        async with listens() as (url, _, _heard), local_gateway(url, "somebody", "wrong"):
            pass
        assert compared == [(b"somebody:wrong", f"{ACCOUNT}:{KEY}".encode())]

    run(test)


@pytest.mark.parametrize("credentials", [("", KEY), (ACCOUNT, ""), ("", "")])
def test_nobody_listens_without_credentials_to_check(credentials: tuple[str, str]) -> None:
    account, key = credentials

    async def test() -> None:
        with pytest.raises(AdapterError, match="would let anybody in") as refusal:
            await listen(
                "127.0.0.1",
                0,
                Credentials(account=account, api_key=key),
                echo,
                ListenSettings(connection="local"),
                print,
                asyncio.Event(),
            )
        assert refusal.value.hint

    run(test)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.1.5", "pos.example", "127.0.0.1.example"])  # noqa: S104
def test_a_plain_socket_that_other_computers_can_reach_is_refused(host: str) -> None:
    async def test() -> None:
        with pytest.raises(AdapterError, match="without TLS") as refusal:
            await listen(host, 0, CREDENTIALS, echo, ListenSettings(connection="local"), print, asyncio.Event())
        assert "allow_plain_network" in refusal.value.hint
        assert KEY not in str(refusal.value)

    run(test)


def test_a_plain_socket_for_other_computers_is_had_by_asking_for_it() -> None:
    async def test() -> None:
        async with (
            listens(host="0.0.0.0", allow_plain_network=True) as (url, _, _heard),  # noqa: S104
            local_gateway(url, ACCOUNT, KEY) as gateway,
        ):
            await gateway.send_raw("hello")
            assert await gateway.next_frame() == "hello"

    run(test)


def test_a_socket_with_a_certificate_may_be_reached_by_other_computers() -> None:
    async def test() -> None:
        async with listens(host="0.0.0.0", tls=server_tls("valid")) as (url, _, _heard):  # noqa: S104
            trust = ssl.create_default_context(cafile=CERTIFICATES / "valid.pem")
            async with connect(url, ssl=trust, additional_headers={"Authorization": RIGHT}, proxy=None) as ws:
                await ws.send("hello")
                assert await ws.recv() == "hello"

    run(test)


def test_who_connects_and_never_agrees_on_tls_is_put_out_as_soon_as_who_never_asks() -> None:
    async def test() -> None:
        async with listens(tls=server_tls("valid"), socket=SocketSettings(open_timeout=0.05)) as (url, _, _heard):
            reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
            with contextlib.suppress(ConnectionResetError):
                assert await reader.read() == b""
            writer.close()

    run(test)


def test_the_bound_port_is_said_to_the_caller_and_in_an_event() -> None:
    async def test() -> None:
        async with listens() as (url, _, heard):
            (listening,) = heard.of(Listening)
            assert url == f"ws://{listening.address}"
            assert not listening.address.endswith(":0")

    run(test)


def test_a_port_that_is_taken_is_called_that() -> None:
    async def test() -> None:
        async with listens() as (url, _, _heard):
            port = int(url.rpartition(":")[2])
            with pytest.raises(AdapterError, match=f"another program already listens on 127.0.0.1:{port}"):
                await listen(
                    "127.0.0.1", port, CREDENTIALS, echo, ListenSettings(connection="b"), print, asyncio.Event()
                )

    run(test)


def test_an_address_of_another_computer_cannot_be_listened_on() -> None:
    async def test() -> None:
        settings = ListenSettings(connection="local", allow_plain_network=True)
        with pytest.raises(AdapterError, match=r"cannot listen on 192\.0\.2\.1:"):
            await listen("192.0.2.1", unused_port(), CREDENTIALS, echo, settings, print, asyncio.Event())

    run(test)


def test_stopping_loses_no_answer_of_any_gateway_and_closes_with_1012() -> None:
    gate = asyncio.Event()
    arrived: list[bytes] = []

    async def handle(raw: bytes) -> bytes:
        arrived.append(raw)
        await gate.wait()
        return raw

    async def test() -> None:
        headers = {"Authorization": RIGHT}
        async with listens(handle) as (url, stop, heard):
            async with (
                connect(url, additional_headers=headers, proxy=None) as one,
                connect(url, additional_headers=headers, proxy=None) as other,
            ):
                for name in ("a", "b", "c"):
                    await one.send(name)
                    await other.send(name)
                await until(lambda: len(arrived) == 6)
                stop.set()
                await asyncio.sleep(0.01)
                with pytest.raises(OSError):  # noqa: PT011 -- refused; its text differs by system
                    await connect(url, additional_headers=headers, proxy=None)
                gate.set()
                for ws in (one, other):
                    assert {await ws.recv() for _ in range(3)} == {"a", "b", "c"}
                    assert await close_code(ws) == 1012
            await until(lambda: len(heard.of(ConnectionClosed)) == 2)
        assert {closed.reason for closed in heard.of(ConnectionClosed)} == {"the adapter is stopping"}

    run(test)


def test_a_frame_beyond_the_hard_limit_closes_with_1009() -> None:
    async def test() -> None:
        async with (
            listens(socket=SocketSettings(hard_max_frame=100)) as (url, _, _heard),
            connect(url, additional_headers={"Authorization": RIGHT}, proxy=None) as ws,
        ):
            await ws.send("x" * 101)
            assert await close_code(ws) == 1009

    run(test)


def test_cancelling_a_listener_closes_its_connections() -> None:
    async def test() -> None:
        bound: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        settings = ListenSettings(connection="local")
        task = asyncio.create_task(
            listen("127.0.0.1", 0, CREDENTIALS, echo, settings, lambda _: None, asyncio.Event(), ready=bound.set_result)
        )
        url = f"ws://127.0.0.1:{await bound}"
        async with connect(url, additional_headers={"Authorization": RIGHT}, proxy=None) as ws:
            task.cancel()
            assert await close_code(ws) == 1001
        with pytest.raises(asyncio.CancelledError):
            await task

    run(test)
