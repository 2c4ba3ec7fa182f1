"""The port as anybody may ask it, with raw bytes where a client would be too polite."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from adapter import events
from adapter.attempts import FREE, WAIT
from adapter.events import BugFound, Event, StatusLockedOut, StatusNotServed, StatusRefused, StatusServed
from adapter.ops import port as subject
from adapter.ops.port import PortSettings
from adapter.ops.report import Kept, Sources
from adapter.ops.watch import Watch, Watched

PATHS = ("/", "/live", "/metrics", "/ready", "/status", "/status.json")


async def _ledger() -> Kept | None:
    return Kept(locks=[], flagged=[])


SOURCES = Sources(kept=_ledger, pool_in_use=lambda: 0, pool_size=lambda: 8, in_flight=lambda _: 0)


@asynccontextmanager
async def served(said: list[Event], **settings: str) -> AsyncIterator[int]:
    """A port, while it is served."""
    watch = Watch(
        PortSettings(host="127.0.0.1", port=0, **settings),
        [Watched(name="dojo", dial="wss://name:secret-in-url@api.example/ws?key=secret-in-url", listen=None)],
    )
    stop, there = asyncio.Event(), asyncio.Event()

    def emit(event: Event) -> None:
        said.append(event)
        there.set()

    tell = watch.beside(emit)
    tell(events.Started(version="1.2.3", mapping="m.toml", epos="An EPOS"))
    there.clear()
    serving = asyncio.create_task(watch.serve(SOURCES, tell, stop))
    await asyncio.wait_for(there.wait(), 10)
    (found,) = [event for event in said if isinstance(event, StatusServed)]
    yield int(found.address.split(":")[2].partition("/")[0])
    stop.set()
    await serving


async def raw(port: int, request: str, host: str = "127.0.0.1") -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(host, 0))
    writer.write(request.encode("latin-1"))
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    await writer.wait_closed()
    return answer.decode()


def asked(*requests: str, **settings: str) -> list[str]:
    """The answers to some requests, one after the other."""

    async def run() -> list[str]:
        async with served([], **settings) as port:
            return [await raw(port, request) for request in requests]

    return asyncio.run(run())


def get(path: str, *headers: str, method: str = "GET", host: str = "localhost") -> str:
    return "\r\n".join([f"{method} {path} HTTP/1.1", f"Host: {host}", *headers, "", ""])


def test_every_page_is_there_and_safe_to_show():
    for path, answer in zip(PATHS, asked(*map(get, PATHS)), strict=True):
        head, _, body = answer.partition("\r\n\r\n")
        assert head.startswith("HTTP/1.1 ")
        for header in ("Cache-Control: no-store", "X-Content-Type-Options: nosniff", "X-Frame-Options: DENY"):
            assert header in head, path
        assert head.count("Content-Security-Policy: default-src 'none'") == 1, path
        assert f"Content-Length: {len(body.encode())}" in head, path
        assert "secret-in-url" not in answer


def test_a_head_has_the_length_of_the_body_and_no_body():
    (answer,) = asked(get("/live", method="HEAD"))
    assert "Content-Length: 6" in answer
    assert answer.endswith("\r\n\r\n")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
def test_nothing_can_be_changed_or_sent(method: str):
    (answer,) = asked(get("/status", method=method))
    assert answer.startswith("HTTP/1.1 405")
    assert "Allow: GET, HEAD" in answer


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "[::1", ""])
def test_a_web_page_that_makes_its_own_name_lead_here_reads_nothing(host: str):
    for answer in asked(*(get(path, host=host) for path in PATHS)):
        assert answer.startswith("HTTP/1.1 421") or host == "[::1"
        assert "An EPOS" not in answer or host == "[::1"


@pytest.mark.parametrize("host", ["localhost", "localhost:8791", "127.0.0.1:8791", "[::1]:8791", "LOCALHOST"])
def test_this_computers_own_names_are_answered(host: str):
    (answer,) = asked(get("/status.json", host=host))
    assert answer.startswith("HTTP/1.1 200")


def test_with_a_token_every_name_is_answered():
    token = "sixteen-or-more-letters"
    (answer,) = asked(get("/status", f"Authorization: Bearer {token}", host="till.example"), token=token)
    assert answer.startswith("HTTP/1.1 200")


@pytest.mark.parametrize(
    "header",
    [
        "Authorization: Bearer ",
        "Authorization: Bearer sixteen-or-more-letter",
        "Authorization: Basic c2l4dGVlbi1vci1tb3JlLWxldHRlcnM=",
        "Authorization: Basic !!!",
        "Authorization: Bearer \xe4\xf6\xfc",
        "Authorization: Bearer sixteen-or-more-letters\r\nAuthorization: Bearer sixteen-or-more-letters",
    ],
)
def test_a_wrong_token_is_refused_however_it_is_sent(header: str):
    (answer,) = asked(get("/status", header), token="sixteen-or-more-letters")
    assert answer.startswith("HTTP/1.1 401")
    assert "WWW-Authenticate: Basic" in answer


def test_who_guesses_the_token_waits_even_with_the_right_one_and_nobody_else_does():
    right, said = "Authorization: Bearer sixteen-or-more-letters", []
    wrong = get("/status.json", "Authorization: Bearer a-wrong-one-of-sixteen")

    async def run() -> None:
        async with served(said, token="sixteen-or-more-letters") as port:
            codes = [(await raw(port, wrong)).split()[1] for _ in range(FREE + 1)]
            assert codes == ["401"] * FREE + ["429"]
            late = await raw(port, get("/status.json", right))
            assert late.startswith("HTTP/1.1 429")
            assert f"Retry-After: {WAIT:.0f}" in late
            assert (await raw(port, get("/status.json", right), "127.0.0.2")).startswith("HTTP/1.1 200")
            # What needs no token is told all the same, and a browser may ask for one.
            assert (await raw(port, get("/live"))).startswith("HTTP/1.1 200")
            assert (await raw(port, get("/ready", right))).split()[1] == "503"
            assert (await raw(port, get("/status"))).startswith("HTTP/1.1 401")

    asyncio.run(run())
    told = [event for event in said if isinstance(event, (StatusLockedOut, StatusRefused))]
    assert [type(event) for event in told] == [StatusRefused, StatusLockedOut]
    assert (told[1].address, told[1].attempts, told[1].seconds) == ("127.0.0.1", FREE, WAIT)
    assert "a-wrong-one" not in repr(said)


def test_the_right_token_forgives_the_wrong_ones_before_it():
    right = get("/metrics", "Authorization: Bearer sixteen-or-more-letters")
    wrong = get("/metrics", "Authorization: Bearer x")
    answers = asked(*([wrong] * (FREE - 1) + [right]) * 2, token="sixteen-or-more-letters")
    assert "429" not in {answer.split()[1] for answer in answers}


def test_what_is_no_http_ends_the_connection_and_nothing_else():
    odd = [
        "\x00\x01\x02\r\n\r\n",
        "GET /status\r\n\r\n",
        "GET " + "/" * 20_000 + " HTTP/1.1\r\n\r\n",
        get("/live", *["A: b"] * 500),
    ]
    answers = asked(*odd, get("/live"))
    assert answers[-1].endswith("alive\n")


def test_a_websocket_cannot_be_opened():
    upgrade = (
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: " + "A" * 22 + "==",
    )
    (answer,) = asked(get("/status", *upgrade))
    assert answer.startswith("HTTP/1.1 200")


def test_a_page_that_fails_says_so_with_a_reference_that_is_in_the_log(monkeypatch: pytest.MonkeyPatch):
    said: list[Event] = []

    async def fail(*_: object) -> None:
        raise RuntimeError("secret")

    async def run() -> str:
        async with served(said) as port:
            monkeypatch.setattr("adapter.ops.reporter.Reporter.report", fail)
            return await raw(port, get("/status"))

    answer = asyncio.run(run())
    (bug,) = [event for event in said if isinstance(event, events.BugFound)]
    assert answer.startswith("HTTP/1.1 500")
    assert bug.reference in answer
    assert "secret" not in answer
    assert "reporter.py" not in answer


def test_a_port_that_is_taken_is_said_once_and_had_once_it_is_free(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(subject, "TRY_AGAIN", 0.01)
    said: list[Event] = []

    async def run() -> None:
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            settings = PortSettings(host="127.0.0.1", port=other.getsockname()[1])
            watch, stop = Watch(settings, []), asyncio.Event()
            there = asyncio.Event()
            bind: Callable[..., Awaitable[object]] = subject.serve
            tried = 0

            async def counted(*given: object, **named: object) -> object:
                nonlocal tried
                tried += 1
                if tried == 5:
                    other.close()
                return await bind(*given, **named)

            monkeypatch.setattr(subject, "serve", counted)

            def emit(event: Event) -> None:
                said.append(event)
                if isinstance(event, StatusServed):
                    there.set()

            serving = asyncio.create_task(watch.serve(SOURCES, emit, stop))
            await asyncio.wait_for(there.wait(), 10)
            stop.set()
            await serving

    asyncio.run(run())
    assert [type(event) for event in said] == [StatusNotServed, StatusServed]


def test_a_listener_that_fails_costs_nobody_anything_and_is_said(monkeypatch: pytest.MonkeyPatch):
    said: list[Event] = []
    watch = Watch(None, [])

    def fail(*_: object) -> None:
        raise KeyError("secret")

    monkeypatch.setattr(watch.state, "_hearing", {events.Stopping: fail})
    watch.beside(said.append)(events.Stopping())
    assert [type(event) for event in said] == [events.Stopping, BugFound]
    assert "secret" not in repr(said)
