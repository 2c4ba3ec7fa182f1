"""The adapter's own small HTTP port: /live, /ready, /metrics, /status and /status.json. Changes nothing, whoever asks.

Served by the WebSocket library, which reads HTTP already, on the one event loop: no framework and no thread.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import errno
import hmac
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from math import ceil
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import msgspec
from msgspec import Struct
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from adapter.addresses import host_and_port, is_loopback, peer_of
from adapter.attempts import Attempts
from adapter.crowd import Crowd
from adapter.errors import where_of
from adapter.events import BugFound, Emit, StatusLockedOut, StatusNotServed, StatusRefused, StatusServed
from adapter.ops.reporter import Reporter

if TYPE_CHECKING:
    from adapter.ops.statements import Statements

TRY_AGAIN = 10.0
"""Seconds between attempts to have the port."""
_ASKING = 10.0
"""Seconds that asking and answering may take together."""
_RELOADING = 8.0
"""Seconds that reading the files again may take before whoever asked is told that it goes on."""
RELOAD_HEADER = "X-Epos-Adapter"
"""Sent with whatever value by whoever asks for a reload."""
_TELL_AGAIN = 60.0
"""Seconds before a wrong token is told of again: somebody who guesses must not fill the log."""
_TEXT = "text/plain; charset=utf-8"
_SILENT = logging.Logger("websockets", logging.CRITICAL + 1)  # noqa: LOG001 - unregistered: it would show tokens

_SAFE = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PortSettings:
    """Where the port is, and who may look."""

    host: str
    port: int
    token: str = field(default="", repr=False)
    """What whoever looks must show; empty for nothing."""


class Reload(Struct, frozen=True, kw_only=True):
    """What became of reading the files again."""

    is_done: bool
    problems: list[str]
    """Why it was refused; empty where it was done, or still goes on."""


class Page(Struct, frozen=True, kw_only=True):
    """An answer before it is HTTP."""

    body: bytes
    kind: str = _TEXT
    status: HTTPStatus = HTTPStatus.OK
    headers: tuple[tuple[str, str], ...] = ()


class Port:
    """The port of one adapter."""

    def __init__(
        self,
        settings: PortSettings,
        reporter: Reporter,
        metrics: Callable[[], tuple[bytes, str]],
        emit: Emit,
        reload: Callable[[], Awaitable[list[str]]] | None = None,
        statements: Statements | None = None,
    ) -> None:
        """`metrics` gives the text of the metrics and its content type; `reload` reads the files again.

        Without `statements` nobody is told any.
        """
        self._statements = statements
        self._reload_files = reload
        self._reloading: asyncio.Future[list[str]] | None = None
        self._settings = settings
        self._reporter = reporter
        self._metrics = metrics
        self._emit = emit
        self._attempts = Attempts()
        self._told_at = float("-inf")
        self._pages: dict[str, Callable[[], Awaitable[Page]]] = {
            "/": self._start,
            "/live": self._live,
            "/metrics": self._metrics_page,
            "/ready": self._ready,
            "/reload": self._reload,
            "/status": self._status,
            "/status.json": self._status_json,
        }

    async def serve(self, stop: asyncio.Event) -> None:
        """Answer until `stop` is set. A port that cannot be had is said and tried again: it must not cost a payment."""
        settings, told = self._settings, ""
        while not stop.is_set():
            try:
                server = await self._bind()
            except OSError as problem:
                reason = _why_not(problem, host_and_port(settings.host, settings.port))
                if reason != told:
                    told = reason
                    self._emit(StatusNotServed(reason=reason))
                await _stopped_within(stop, TRY_AGAIN)
                continue
            port = server.sockets[0].getsockname()[1]
            self._emit(StatusServed(address=f"http://{host_and_port(settings.host, port)}/status"))
            try:
                await stop.wait()
            finally:
                server.close()
                await server.wait_closed()

    async def _bind(self) -> Server:
        return await serve(
            _nobody,
            self._settings.host,
            self._settings.port,
            process_request=self._answer,
            create_connection=Crowd(lambda _: None).connections(),
            server_header=None,
            logger=_SILENT,
            compression=None,
            # Timeouts
            open_timeout=_ASKING,
            close_timeout=1,
        )

    async def _answer(self, ws: ServerConnection, request: Request) -> Response:
        """The answer to whatever is asked; never None, so that nothing ever becomes a WebSocket."""
        try:
            page = await self._page(ws, request)
        except Exception as problem:  # noqa: BLE001 -- the page is where trouble is told: it must not be silent itself
            reference = f"{time.time_ns():x}"[-12:]
            self._emit(BugFound(reference=reference, error=type(problem).__name__, where=where_of(problem)))
            page = Page(body=f"internal error, reference {reference}\n".encode(), status=HTTPStatus(500))
        headers = Headers({**_SAFE, "Connection": "close", "Content-Type": page.kind})
        headers["Content-Length"] = str(len(page.body))
        for name, value in page.headers:
            if name in headers:
                del headers[name]
            headers[name] = value
        body = b"" if request.method == "HEAD" else page.body
        return Response(page.status.value, page.status.phrase, headers, body)

    async def _page(self, ws: ServerConnection, request: Request) -> Page:
        is_reload = request.path == "/reload"
        if is_reload and request.method != "POST":
            return Page(body=b"only POST\n", status=HTTPStatus.METHOD_NOT_ALLOWED, headers=(("Allow", "POST"),))
        if not is_reload and request.method not in ("GET", "HEAD"):
            return Page(body=b"only GET\n", status=HTTPStatus.METHOD_NOT_ALLOWED, headers=(("Allow", "GET, HEAD"),))
        if not self._is_for_us(request):
            return Page(
                body=b"this port answers to localhost only; with a token it answers to every name\n",
                status=HTTPStatus.MISDIRECTED_REQUEST,
            )
        path = request.path.partition("?")[0]
        make = self._pages.get(path)
        if path == "/live":
            return await self._live()
        refusal = self._refusal(ws, request)
        if refusal is not None:
            return await self._ready(told=False) if path == "/ready" else refusal
        if is_reload and not _is_of_no_web_page(request):
            return Page(body=b"not from a web page\n", status=HTTPStatus.FORBIDDEN)
        if path == "/statements.json" and self._statements is not None:
            return self._statements_of(self._statements, request.path.partition("?")[2])
        if make is None:
            return Page(body=f"there is {', '.join(self._pages)}\n".encode(), status=HTTPStatus.NOT_FOUND)
        return await make()

    # Who may look

    def _is_for_us(self, request: Request) -> bool:
        """Without a token only this computer may look, and no web page that made its own name lead here."""
        if self._settings.token or not is_loopback(self._settings.host):
            return True
        named = request.headers.get_all("Host")
        return len(named) == 1 and is_loopback(_host_of(named[0]))

    def _refusal(self, ws: ServerConnection, request: Request) -> Page | None:
        """None for whoever may look; as at the door of a gateway, an address that guesses waits, and no other does."""
        token = self._settings.token.encode()
        if not token:
            return None
        host = ws.remote_address[0] if ws.remote_address else ""
        # Not `get`: it raises where a header was sent twice.
        sent = request.headers.get_all("Authorization")
        # A browser asks without one first; that is no attempt.
        wait = self._attempts.must_wait(host) if sent else 0
        if wait:
            return Page(
                body=b"too many wrong tokens were shown from this address: wait a minute\n",
                status=HTTPStatus.TOO_MANY_REQUESTS,
                headers=(("Retry-After", str(ceil(wait))),),
            )
        if len(sent) == 1 and hmac.compare_digest(_shown(sent[0]), token):
            self._attempts.right(host)
            return None
        if sent:
            self._tell_wrong(host, peer_of(ws.remote_address))
        return Page(
            body=b"the token of [status] in config.toml, please: as the password, under any name\n",
            status=HTTPStatus.UNAUTHORIZED,
            headers=(("WWW-Authenticate", 'Basic realm="epos-adapter status", charset="UTF-8"'),),
        )

    def _tell_wrong(self, host: str, peer: str) -> None:
        wrong, now = self._attempts.wrong(host), time.monotonic()
        wait = self._attempts.must_wait(host)
        if wait:
            self._emit(StatusLockedOut(address=host, attempts=wrong, seconds=round(wait)))
        elif now - self._told_at >= _TELL_AGAIN:
            self._told_at = now
            self._emit(StatusRefused(peer=peer))

    # The pages

    async def _start(self) -> Page:
        return Page(body=b"see /status\n", status=HTTPStatus.FOUND, headers=(("Location", "/status"),))

    async def _live(self) -> Page:
        return Page(body=b"alive\n")

    async def _ready(self, *, told: bool = True) -> Page:
        missing = self._reporter.missing()
        if not missing:
            return Page(body=b"ready\n")
        lines = ["not ready", *missing] if told else ["not ready"]
        body = "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace")
        return Page(body=body, status=HTTPStatus.SERVICE_UNAVAILABLE)

    async def _metrics_page(self) -> Page:
        body, kind = self._metrics()
        return Page(body=body, kind=kind)

    async def _status(self) -> Page:
        from adapter.ops import page  # noqa: PLC0415 - loaded when the first person looks: it costs the start nothing

        report = await self._reporter.report()
        return Page(
            body=page.status_page(report),
            kind="text/html; charset=utf-8",
            headers=(("Content-Security-Policy", page.POLICY),),
        )

    async def _status_json(self) -> Page:
        report = await self._reporter.report()
        return Page(body=msgspec.json.encode(report), kind="application/json")

    def _statements_of(self, statements: Statements, query: str) -> Page:
        """The SQL of one request, by its id."""
        wanted = parse_qs(query).get("request", [""])[0]
        found = statements.of(wanted)
        if found is None:
            return Page(body=b"no such request among the newest\n", status=HTTPStatus.NOT_FOUND)
        return Page(body=msgspec.json.encode(found), kind="application/json")

    async def _reload(self) -> Page:
        """Read the files again; what is answered is a Reload, with 409 where it was refused and 202 where it goes on."""
        if self._reload_files is None:
            return Page(body=b"nothing to read again\n", status=HTTPStatus.NOT_FOUND)
        if self._reloading is None:
            self._reloading = asyncio.ensure_future(self._reload_files())
        reloading = self._reloading
        await asyncio.wait({reloading}, timeout=_RELOADING)
        if not reloading.done():
            answer, status = Reload(is_done=False, problems=[]), HTTPStatus.ACCEPTED
        else:
            self._reloading = None
            answer = Reload(is_done=not reloading.result(), problems=reloading.result())
            status = HTTPStatus.OK if answer.is_done else HTTPStatus.CONFLICT
        body = msgspec.json.encode(answer)
        return Page(body=body, kind="application/json", status=status)


def _is_of_no_web_page(request: Request) -> bool:
    """Whether a program asks: a browser says which page does, and lets none send this header elsewhere unasked."""
    return not request.headers.get_all("Origin") and bool(request.headers.get_all(RELOAD_HEADER))


async def _nobody(ws: ServerConnection) -> None:
    """Who serves the sockets that nobody can open."""
    await ws.close()


def _shown(authorization: str) -> bytes:
    """The token in an Authorization header: as `Bearer TOKEN`, or as the password of `Basic`; empty without one."""
    scheme, _, value = authorization.partition(" ")
    value = value.strip()
    if scheme.lower() == "bearer":
        return value.encode("utf-8", "surrogateescape")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(value, validate=True).partition(b":")[2]
    except (binascii.Error, ValueError):
        return b""


def _host_of(named: str) -> str:
    """The host in a Host header, without its port."""
    if named.startswith("["):
        return named[1:].partition("]")[0]
    return named.partition(":")[0]


def _why_not(problem: OSError, place: str) -> str:
    if problem.errno == errno.EADDRINUSE:
        return f"another program already listens on {place}: choose another address in [status] listen"
    kind = errno.errorcode.get(problem.errno or 0, type(problem).__name__)
    return f"cannot listen on {place} ({kind}): is [status] listen an address of this computer?"


async def _stopped_within(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
