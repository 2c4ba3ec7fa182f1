from __future__ import annotations

import asyncio
import socket
import ssl
from typing import Any

import pytest

from adapter.connection_events import ConnectionClosed, DialFailed
from adapter.transport.session import SocketSettings
from simulator.gateway import Gateway
from tests.unit.transport.dialling import (
    ACCOUNT,
    KEY,
    Script,
    dialled,
    dialling,
    nobody,
    refusing,
)
from tests.unit.transport.loopback import (
    CERTIFICATES,
    answering,
    listening,
    run,
    server_tls,
    unused_port,
)


@pytest.mark.parametrize(
    ("status", "words", "pause"),
    [
        (403, "does not let this account in (HTTP 403): check account and api_key of connection 'dojo'", 60.0),
        (404, "nothing at this address (HTTP 404): check dial of connection 'dojo'", 1.0),
        (429, "connect too often (HTTP 429)", 60.0),
        (500, "trouble of its own (HTTP 500)", 1.0),
        (503, "trouble of its own (HTTP 503)", 1.0),
        (200, "an ordinary web page answered", 1.0),
        (302, "sends us elsewhere (HTTP 302)", 1.0),
        (418, "refused the connection (HTTP 418): check the settings of connection 'dojo'", 1.0),
    ],
)
def test_each_refusal_of_the_handshake_has_its_own_words(status: int, words: str, pause: float) -> None:
    async def test() -> None:
        async with listening(nobody, process_request=refusing(status)) as url:
            heard, pauses = await dialled(url)
        assert words in heard.of(DialFailed)[0].reason
        assert pauses == [pause]

    run(test)


def test_a_redirect_to_a_web_page_does_not_end_the_dialling() -> None:
    async def test() -> None:
        portal = refusing(302, Location="http://portal.example/login")
        async with listening(nobody, process_request=portal) as url:
            heard, _ = await dialled(url, pauses=2)
        assert "not a WebSocket address" in heard.of(DialFailed)[1].reason

    run(test)


def test_a_refused_connection_is_called_that() -> None:
    async def test() -> None:
        port = unused_port()
        heard, _ = await dialled(f"ws://127.0.0.1:{port}/x")
        assert f"127.0.0.1:{port} refuses connections" in heard.of(DialFailed)[0].reason

    run(test)


def test_a_refused_connection_is_called_that_where_the_name_has_several_addresses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def test() -> None:
        port = unused_port()
        loop = asyncio.get_running_loop()

        async def two_addresses(*_: object, **__: object) -> list[tuple[Any, ...]]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port)) for host in ("127.0.0.1", "127.0.0.2")]

        monkeypatch.setattr(loop, "getaddrinfo", two_addresses)
        heard, _ = await dialled(f"ws://pos.example:{port}/x")
        assert f"pos.example:{port} refuses connections" in heard.of(DialFailed)[0].reason

    run(test)


def test_a_name_that_cannot_be_looked_up_is_called_that() -> None:
    async def test() -> None:
        # A name that is reserved for never being one (RFC 2606).
        heard, _ = await dialled("wss://api.dojo.invalid/ws")
        assert "the name api.dojo.invalid cannot be looked up (DNS)" in heard.of(DialFailed)[0].reason

    run(test)


def test_a_gateway_that_never_answers_the_handshake_times_out() -> None:
    async def test() -> None:
        async with answering(None, close=False) as port:
            heard, _ = await dialled(f"ws://127.0.0.1:{port}", socket=SocketSettings(open_timeout=0.03))
        assert f"127.0.0.1:{port} did not answer within 0.03 s" in heard.of(DialFailed)[0].reason

    run(test)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "hung up in the middle of the handshake"),
        (b"220 mail.example ESMTP\r\n", "not as a WebSocket server does"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "not as a WebSocket server does"),
    ],
)
def test_an_other_end_that_is_no_websocket_server_is_called_that(answer: bytes | None, words: str) -> None:
    async def test() -> None:
        async with answering(answer) as port:
            heard, _ = await dialled(f"ws://127.0.0.1:{port}")
        assert words in heard.of(DialFailed)[0].reason

    run(test)


@pytest.mark.parametrize(
    ("certificate", "trusted", "words"),
    [
        ("expired", "expired", "has expired (TLS): check the computer's clock, which says "),
        ("future", "future", "is not valid yet (TLS): check the computer's clock, which says "),
        ("valid", None, "nobody that this computer trusts (TLS)"),
    ],
)
def test_a_certificate_at_fault_is_said_with_what_is_wrong_about_it(
    certificate: str, trusted: str | None, words: str
) -> None:
    async def test() -> None:
        tls = ssl.create_default_context(cafile=CERTIFICATES / f"{trusted}.pem" if trusted else None)
        async with listening(nobody, ssl=server_tls(certificate)) as url:
            heard, _ = await dialled(url, tls=tls)
        assert words in heard.of(DialFailed)[0].reason

    run(test)


def test_a_certificate_for_another_name_is_called_that(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        tls = ssl.create_default_context(cafile=CERTIFICATES / "valid.pem")
        async with listening(nobody, ssl=server_tls("valid")) as url:
            port = int(url.rpartition(":")[2])
            loop = asyncio.get_running_loop()

            async def here(*_: object, **__: object) -> list[tuple[Any, ...]]:
                return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

            monkeypatch.setattr(loop, "getaddrinfo", here)
            heard, _ = await dialled(f"wss://api.dojo.example:{port}", tls=tls)
        assert "is for another name (TLS)" in heard.of(DialFailed)[0].reason

    run(test)


def test_a_trusted_certificate_opens_the_connection() -> None:
    async def test() -> None:
        tls = ssl.create_default_context(cafile=CERTIFICATES / "valid.pem")
        async with listening(Script(True), ssl=server_tls("valid")) as url:
            heard, _ = await dialled(url, tls=tls)
        assert heard.of(ConnectionClosed)[0].received == 1

    run(test)


def test_a_secure_connection_that_breaks_off_while_it_is_opened_is_called_that() -> None:
    async def test() -> None:
        async with answering(None) as port:
            heard, _ = await dialled(f"wss://127.0.0.1:{port}")
        assert f"127.0.0.1:{port} broke the connection off" in heard.of(DialFailed)[0].reason

    run(test)


def test_a_plain_server_behind_a_secure_address_is_said_as_such() -> None:
    async def test() -> None:
        async with answering(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
            heard, _ = await dialled(f"wss://127.0.0.1:{port}")
        assert "no secure connection" in heard.of(DialFailed)[0].reason

    run(test)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.dojo.example/ws",
        "api.dojo.example",
        "wss://",
        "wss://host:port/ws",
        f"wss://{ACCOUNT}:{KEY}@api.dojo.example/ws?token=s3cret",
        f"https://{ACCOUNT}:{KEY}@api.dojo.example/ws?token=s3cret",
        "",
    ],
)
def test_an_address_that_cannot_be_dialled_is_said_without_what_is_secret_in_it(url: str) -> None:
    async def test() -> None:
        heard, pauses = await dialled(url, pauses=2)
        assert "check dial of connection 'dojo'" in heard.of(DialFailed)[0].reason
        assert pauses == [60.0, 60.0]

    run(test)


def test_a_proxy_is_never_used_to_reach_this_computer(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "ws_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{unused_port()}")
    monkeypatch.delenv("no_proxy", raising=False)

    async def test() -> None:
        async with Gateway({ACCOUNT: KEY}) as gateway, dialling(gateway.url, proxy="system"):
            await gateway.connected(ACCOUNT)

    run(test)


def test_a_proxy_that_refuses_is_named_and_its_password_is_not() -> None:
    async def test() -> None:
        async with answering(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n") as port:
            heard, _ = await dialled("ws://api.dojo.example/ws", proxy=f"http://till:s3cret@127.0.0.1:{port}")
        assert f"the proxy 127.0.0.1:{port} refused to connect through (HTTP 407)" in heard.of(DialFailed)[0].reason

    run(test)


def test_the_proxy_that_this_computer_is_set_to_use_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        async with answering(b"nonsense\r\n") as port:
            monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
            heard, _ = await dialled("wss://api.dojo.example/ws", proxy="system")
        assert "does not answer as a proxy does" in heard.of(DialFailed)[0].reason

    run(test)


@pytest.mark.parametrize("proxy", ["gopher://127.0.0.1:1", "http://till:s3cret@127.0.0.1:1/x", "socks5://127.0.0.1:1"])
def test_a_proxy_that_cannot_be_used_is_said(proxy: str) -> None:
    async def test() -> None:
        heard, _ = await dialled("ws://api.dojo.example/ws", proxy=proxy)
        assert "proxy" in heard.of(DialFailed)[0].reason

    run(test)
