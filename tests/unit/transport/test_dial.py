from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from http import HTTPStatus
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from adapter.events import ConnectionClosed, ConnectionOpened, DialFailed, Dialing
from adapter.transport.credentials import Credentials, handshake_headers
from adapter.transport.dial import DialSettings, dial
from adapter.transport.session import Handle, SocketSettings
from simulator.gateway import Gateway
from tests.unit.transport.loopback import (
    CERTIFICATES,
    Heard,
    answering,
    echo,
    listening,
    run,
    server_tls,
    unused_port,
    until,
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


def test_requests_of_the_provider_are_answered_and_the_handshake_says_who_we_are():
    async def handle(raw: bytes) -> bytes:
        return raw.replace(b'"method"', b'"result"')

    async def test() -> None:
        async with Gateway({ACCOUNT: KEY}) as gateway, dialling(gateway.url, handle) as (_, heard):
            link = await gateway.connected(ACCOUNT)
            answer = await gateway.request(ACCOUNT, "ListTables", {})
            assert answer["result"] == "ListTables"
            assert link.handshake["software-house-id"] == "sw-1"
            assert link.handshake["reseller-id"] == "re-1"
            assert link.handshake["authorization"] == f"Basic {TOKEN}"
        kinds = [type(event) for event in heard]
        assert kinds == [Dialing, ConnectionOpened, ConnectionClosed]
        assert heard.of(ConnectionClosed)[0].received == 1
        assert heard.of(ConnectionOpened)[0].peer in gateway.url

    run(test)


def test_a_refused_key_is_tried_again_for_ever_at_the_longest_delay_and_said_plainly():
    async def test() -> None:
        async with Gateway({ACCOUNT: "another key"}) as gateway:
            heard, pauses = await dialled(gateway.url, pauses=20, jitter=0.1, longest_delay=45.0)
        assert pauses == [45.0] * 20
        failures = heard.of(DialFailed)
        assert len(heard.of(Dialing)) == len(failures) == 20
        assert {failure.reason for failure in failures} == {
            "the provider refused the account name or API key (HTTP 401): "
            "check account and api_key of connection 'dojo'"
        }
        assert {failure.retry_in for failure in failures} == {45.0}

    run(test)


@pytest.mark.parametrize(
    ("status", "words", "pause"),
    [
        (403, "does not let this account in (HTTP 403): check account and api_key of connection 'dojo'", 60.0),
        (404, "nothing at this address (HTTP 404): check url of connection 'dojo'", 1.0),
        (429, "connect too often (HTTP 429)", 60.0),
        (500, "trouble of its own (HTTP 500)", 1.0),
        (503, "trouble of its own (HTTP 503)", 1.0),
        (200, "an ordinary web page answered", 1.0),
        (302, "sends us elsewhere (HTTP 302)", 1.0),
        (418, "refused the connection (HTTP 418): check the settings of connection 'dojo'", 1.0),
    ],
)
def test_each_refusal_of_the_handshake_has_its_own_words(status, words, pause):
    async def test() -> None:
        async with listening(nobody, process_request=refusing(status)) as url:
            heard, pauses = await dialled(url)
        assert words in heard.of(DialFailed)[0].reason
        assert pauses == [pause]

    run(test)


def test_a_redirect_to_a_web_page_does_not_end_the_dialling():
    async def test() -> None:
        portal = refusing(302, Location="http://portal.example/login")
        async with listening(nobody, process_request=portal) as url:
            heard, _ = await dialled(url, pauses=2)
        assert "not a WebSocket address" in heard.of(DialFailed)[1].reason

    run(test)


def test_a_gateway_that_accepts_and_closes_is_not_hammered():
    async def test() -> None:
        script = Script()
        async with listening(script) as url:
            heard, pauses = await dialled(url, pauses=9)
        assert script.connections == 9
        assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]
        assert len(heard.of(ConnectionOpened)) == len(heard.of(ConnectionClosed)) == 9
        reason = heard.of(DialFailed)[-1].reason
        assert "as soon as it was open" in reason
        assert "another adapter may be using this account, and the last to connect wins" in reason
        assert [dialing.attempt for dialing in heard.of(Dialing)] == list(range(1, 10))

    run(test)


def test_the_pause_is_drawn_at_random_below_its_bound():
    async def test() -> None:
        async with listening(accept_and_close) as url:
            _, pauses = await dialled(url, pauses=4, jitter=0.25, first_delay=2.0, longest_delay=10.0)
        assert pauses == [0.5, 1.0, 2.0, 2.5]

    run(test)


def test_only_a_frame_makes_the_pause_short_again():
    async def test() -> None:
        async with listening(Script(False, False, False, True, False, False)) as url:
            heard, pauses = await dialled(url, pauses=6)
        assert pauses == [1.0, 2.0, 4.0, 1.0, 1.0, 2.0]
        # The connection over which a frame came ended like any other: that is no failure to connect.
        assert len(heard.of(DialFailed)) == 5
        assert [closed.received for closed in heard.of(ConnectionClosed)] == [0, 0, 0, 1, 0, 0]

    run(test)


def test_a_quiet_connection_that_lasted_neither_counts_as_failure_nor_as_evidence():
    async def test() -> None:
        async with listening(accept_and_close) as url:
            heard, pauses = await dialled(url, pauses=3, settled_after=0.0)
        assert pauses == [1.0, 1.0, 1.0]
        assert not heard.of(DialFailed)

    run(test)


def test_a_refused_connection_is_called_that():
    async def test() -> None:
        port = unused_port()
        heard, _ = await dialled(f"ws://127.0.0.1:{port}/x")
        assert f"127.0.0.1:{port} refuses connections" in heard.of(DialFailed)[0].reason

    run(test)


def test_a_refused_connection_is_called_that_where_the_name_has_several_addresses(monkeypatch):
    async def test() -> None:
        port = unused_port()
        loop = asyncio.get_running_loop()

        async def two_addresses(*_: object, **__: object) -> list[tuple[Any, ...]]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port)) for host in ("127.0.0.1", "127.0.0.2")]

        monkeypatch.setattr(loop, "getaddrinfo", two_addresses)
        heard, _ = await dialled(f"ws://pos.example:{port}/x")
        assert f"pos.example:{port} refuses connections" in heard.of(DialFailed)[0].reason

    run(test)


def test_a_name_that_cannot_be_looked_up_is_called_that(monkeypatch):
    def nothing(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    async def test() -> None:
        monkeypatch.setattr(socket, "getaddrinfo", nothing)
        heard, _ = await dialled("wss://api.dojo.example/ws")
        assert "the name api.dojo.example cannot be looked up (DNS)" in heard.of(DialFailed)[0].reason

    run(test)


def test_a_gateway_that_never_answers_the_handshake_times_out():
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
def test_an_other_end_that_is_no_websocket_server_is_called_that(answer, words):
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
def test_a_certificate_at_fault_is_said_with_what_is_wrong_about_it(certificate, trusted, words):
    async def test() -> None:
        tls = ssl.create_default_context(cafile=CERTIFICATES / f"{trusted}.pem" if trusted else None)
        async with listening(nobody, ssl=server_tls(certificate)) as url:
            heard, _ = await dialled(url, tls=tls)
        assert words in heard.of(DialFailed)[0].reason

    run(test)


def test_a_certificate_for_another_name_is_called_that(monkeypatch):
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


def test_a_trusted_certificate_opens_the_connection():
    async def test() -> None:
        tls = ssl.create_default_context(cafile=CERTIFICATES / "valid.pem")
        async with listening(Script(True), ssl=server_tls("valid")) as url:
            heard, _ = await dialled(url, tls=tls)
        assert heard.of(ConnectionClosed)[0].received == 1

    run(test)


def test_a_secure_connection_that_breaks_off_while_it_is_opened_is_called_that():
    async def test() -> None:
        async with answering(None) as port:
            heard, _ = await dialled(f"wss://127.0.0.1:{port}")
        assert f"127.0.0.1:{port} broke the connection off" in heard.of(DialFailed)[0].reason

    run(test)


def test_a_plain_server_behind_a_secure_address_is_said_as_such():
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
def test_an_address_that_cannot_be_dialled_is_said_without_what_is_secret_in_it(url):
    async def test() -> None:
        heard, pauses = await dialled(url, pauses=2)
        assert "check url of connection 'dojo'" in heard.of(DialFailed)[0].reason
        assert pauses == [60.0, 60.0]

    run(test)


def test_a_query_in_the_address_is_not_shown():
    async def test() -> None:
        async with listening(accept_and_close) as url:
            heard, _ = await dialled(f"{url}/ws?token=s3cret")
        assert heard.of(Dialing)[0].url == f"{url}/ws"

    run(test)


def test_a_frame_beyond_the_hard_limit_closes_with_1009_and_is_dialled_again():
    codes: list[int | None] = []

    async def flood(ws: ServerConnection) -> None:
        await ws.send("x" * 2000)
        await ws.wait_closed()
        codes.append(ws.close_code)

    async def test() -> None:
        async with listening(flood) as url:
            heard, pauses = await dialled(url, pauses=2, socket=SocketSettings(hard_max_frame=1000))
        assert codes == [1009, 1009]
        assert "a frame was larger than this side takes (1009" in heard.of(ConnectionClosed)[0].reason
        assert len(pauses) == 2

    run(test)


def test_a_frame_within_the_hard_limit_is_answered():
    async def test() -> None:
        async with (
            Gateway({ACCOUNT: KEY}) as gateway,
            dialling(gateway.url, socket=SocketSettings(hard_max_frame=1000)),
        ):
            await gateway.connected(ACCOUNT)
            await gateway.send_raw(ACCOUNT, "x" * 1000)
            assert await gateway.next_frame(ACCOUNT) == "x" * 1000

    run(test)


def test_stopping_loses_no_answer_and_closes_with_1012():
    gate = asyncio.Event()

    async def handle(raw: bytes) -> bytes:
        await gate.wait()
        return raw

    async def test() -> None:
        async with Gateway({ACCOUNT: KEY}) as gateway, dialling(gateway.url, handle) as (stop, heard):
            link = await gateway.connected(ACCOUNT)
            asking = [asyncio.create_task(gateway.request(ACCOUNT, "GetTable", {"n": n})) for n in range(3)]
            await until(lambda: len(gateway.frames) == 3)
            await link.ping()  # so the requests have arrived
            stop.set()
            await asyncio.sleep(0.01)
            gate.set()
            answers = await asyncio.gather(*asking)
            assert [answer["params"]["n"] for answer in answers] == [0, 1, 2]
            await until(lambda: link.close_code)
            assert link.close_code == 1012
        assert heard.of(ConnectionClosed)[0].reason == "the adapter is stopping"
        assert len(heard.of(Dialing)) == 1

    run(test)


def test_stopping_ends_an_attempt_that_gets_no_answer():
    async def test() -> None:
        async with answering(None, close=False) as port, dialling(f"ws://127.0.0.1:{port}") as (_, heard):
            await until(lambda: heard)
            await asyncio.sleep(0.01)
        assert [type(event) for event in heard] == [Dialing]

    run(test)


def test_stopping_ends_a_pause():
    async def test() -> None:
        url = f"ws://127.0.0.1:{unused_port()}"
        stop, heard = asyncio.Event(), Heard()
        task = asyncio.create_task(
            dial(url, HEADERS, echo, settings(first_delay=3600.0), heard.append, stop, random=lambda: 0.99)
        )
        await until(lambda: heard.of(DialFailed))
        stop.set()
        await task

    run(test)


def test_a_dialer_that_is_stopped_before_it_begins_does_nothing():
    async def test() -> None:
        stop, heard = asyncio.Event(), Heard()
        stop.set()
        await dial("ws://127.0.0.1:9", HEADERS, echo, settings(), heard.append, stop)
        assert not heard

    run(test)


def test_cancelling_a_dialer_closes_its_connection():
    async def test() -> None:
        async with Gateway({ACCOUNT: KEY}) as gateway:
            task = asyncio.create_task(dial(gateway.url, HEADERS, echo, settings(), lambda _: None, asyncio.Event()))
            link = await gateway.connected(ACCOUNT)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await until(lambda: link.close_code)

    run(test)


def test_the_older_of_two_adapters_on_one_account_is_told_why_it_was_closed():
    async def test() -> None:
        async with Gateway({ACCOUNT: KEY}) as gateway, dialling(gateway.url, first_delay=0.0) as (stop, heard):
            await gateway.connected(ACCOUNT)
            stop_later = asyncio.Event()
            later = asyncio.create_task(dial(gateway.url, HEADERS, echo, settings(), lambda _: None, stop_later))
            await until(lambda: heard.of(ConnectionClosed))
            stop.set()
            stop_later.set()
            await later
        assert "(1008: another connection for this account)" in heard.of(ConnectionClosed)[0].reason

    run(test)


def test_a_secret_that_the_other_end_echoes_is_not_passed_on():
    async def echo_the_key(ws: ServerConnection) -> None:
        assert ws.request is not None
        await ws.close(1008, f"bad key: {KEY}"[:120])

    async def test() -> None:
        async with listening(echo_the_key) as url:
            heard, _ = await dialled(url, pauses=2)  # looks for secrets in everything
        assert "bad key: ***" in heard.of(ConnectionClosed)[0].reason

    run(test)


def test_the_library_that_could_log_the_handshake_is_kept_silent(caplog):
    async def test() -> None:
        async with Gateway({ACCOUNT: KEY}) as gateway, dialling(gateway.url):
            await gateway.connected(ACCOUNT)

    with caplog.at_level("DEBUG"):
        run(test)
    ours = [record.getMessage() for record in caplog.records if record.name != "websockets.server"]
    assert not [message for message in ours if TOKEN in message]


def test_headers_do_not_show_their_secret():
    assert KEY not in repr(HEADERS)
    assert TOKEN not in repr(HEADERS)
    assert "Authorization" in repr(HEADERS)


def test_a_proxy_is_never_used_to_reach_this_computer(monkeypatch):
    for name in ("http_proxy", "https_proxy", "ws_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{unused_port()}")
    monkeypatch.delenv("no_proxy", raising=False)

    async def test() -> None:
        async with Gateway({ACCOUNT: KEY}) as gateway, dialling(gateway.url, proxy="system"):
            await gateway.connected(ACCOUNT)

    run(test)


def test_a_proxy_that_refuses_is_named_and_its_password_is_not():
    async def test() -> None:
        async with answering(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n") as port:
            heard, _ = await dialled("ws://api.dojo.example/ws", proxy=f"http://till:s3cret@127.0.0.1:{port}")
        assert f"the proxy 127.0.0.1:{port} refused to connect through (HTTP 407)" in heard.of(DialFailed)[0].reason

    run(test)


def test_the_proxy_that_this_computer_is_set_to_use_is_used(monkeypatch):
    async def test() -> None:
        async with answering(b"nonsense\r\n") as port:
            monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
            heard, _ = await dialled("wss://api.dojo.example/ws", proxy="system")
        assert "does not answer as a proxy does" in heard.of(DialFailed)[0].reason

    run(test)


@pytest.mark.parametrize("proxy", ["gopher://127.0.0.1:1", "http://till:s3cret@127.0.0.1:1/x", "socks5://127.0.0.1:1"])
def test_a_proxy_that_cannot_be_used_is_said(proxy):
    async def test() -> None:
        heard, _ = await dialled("ws://api.dojo.example/ws", proxy=proxy)
        assert "proxy" in heard.of(DialFailed)[0].reason

    run(test)


def test_whatever_goes_wrong_the_dialler_tries_again(monkeypatch):
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError(KEY)

    async def test() -> None:
        monkeypatch.setattr("adapter.transport.dial.serve", broken)
        async with listening(accept_and_close) as url:
            heard, pauses = await dialled(url, pauses=3)
        assert pauses == [1.0, 2.0, 4.0]
        assert "in an unexpected way (RuntimeError)" in heard.of(DialFailed)[0].reason

    run(test)
