"""Keeps a connection to the provider open for ever. Knows nothing of what travels over it."""

from __future__ import annotations

import asyncio
import random as chance
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from msgspec import Struct
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidMessage, InvalidStatus, InvalidURI
from websockets.proxy import get_proxy, parse_proxy
from websockets.uri import WebSocketURI, parse_uri

from adapter.addresses import host_and_port, is_loopback
from adapter.connection_events import DialFailed, Dialing
from adapter.events import Emit
from adapter.transport import reasons
from adapter.transport.credentials import secrets_in
from adapter.transport.session import Handle, SocketSettings, serve_and_say
from adapter.turn_events import AccountTaken

SYSTEM_PROXY = "system"
"""The proxy that this computer is set to use, if any."""

_MAY_BE_AGAIN = 0.5
"""Seconds between questions whether a connection may be opened."""

Result = TypeVar("Result")

# Trying sooner does not help against these: somebody must change something first, or asked us to slow down.
_NO_HURRY = frozenset({401, 403, 429})


@dataclass(frozen=True, slots=True, kw_only=True)
class DialSettings:
    """How the connection to the provider is kept. All times in seconds."""

    connection: str
    """Its name in events, as the configuration has it."""
    socket: SocketSettings = field(default_factory=SocketSettings)
    first_delay: float = 1.0
    """Longest pause before the first new attempt; doubled with each failure."""
    longest_delay: float = 60.0
    longest_truce: float = 900.0
    """Longest pause after another adapter has taken the account again and again; it begins at `longest_delay`."""
    peaceful_after: float = 600.0
    """A connection that lasted so long before the account was taken begins anew with short pauses."""
    settled_after: float = 10.0
    """A connection that ends without a frame before this age counts as a failed attempt."""
    proxy: str | None = field(default=SYSTEM_PROXY, repr=False)
    """URL of an HTTP proxy, SYSTEM_PROXY, or None for no proxy. Never used to reach this computer itself."""
    may_dial: Callable[[], bool] = lambda: True
    """Whether a connection may be opened now."""
    tls: ssl.SSLContext | None = None
    """What to trust; None for what this computer trusts."""


async def dial(
    url: str,
    headers: Mapping[str, str],
    handle: Handle,
    settings: DialSettings,
    emit: Emit,
    stop: asyncio.Event,
    *,
    # For tests
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    random: Callable[[], float] = chance.random,
) -> None:
    """Answer the provider's frames over a connection that is opened again whenever it ends, until `stop` is set.

    Never gives up and raises nothing: whatever is wrong is said in a DialFailed event, and tried again. The pause
    grows with each failure and is drawn at random below its bound, so that a thousand restaurants do not return in
    step. Only a frame makes it short again: a gateway may well accept a connection and drop it at once.

    When another adapter takes the account, pauses are longer and longer: two that connect at once would take it from each
    other for ever. While `settings.may_dial` says no, nothing is opened.
    """
    dialer = _Dialer(url, headers, handle, settings, emit, stop)
    failures = taken = 0
    while not stop.is_set():
        if not settings.may_dial():
            # Asked again: a lease may be renewed a moment after it was found to be over, and nobody else would dial then.
            await _unless_stopped(stop, sleep(_MAY_BE_AGAIN))
            continue
        emit(Dialing(connection=settings.connection, url=dialer.shown_url, attempt=failures + 1))
        outcome = await dialer.attempt()
        if stop.is_set():
            return
        if outcome.taken:
            taken = 1 if outcome.lasted >= settings.peaceful_after else taken + 1
            delay = _truce(taken, settings, random)
            emit(AccountTaken(connection=settings.connection, reason=outcome.taken, times=taken, retry_in=delay))
            await _unless_stopped(stop, sleep(delay))
            continue
        if outcome.heard:
            failures = 0
        elif outcome.problem:
            failures += 1
        delay = settings.longest_delay if outcome.no_hurry else _delay(failures, settings, random)
        if outcome.problem:
            emit(DialFailed(connection=settings.connection, reason=outcome.problem, retry_in=delay))
        await _unless_stopped(stop, sleep(delay))


class _Connection(ClientConnection):
    """Says what TLS says: an end that wants a certificate of ours refuses it only after the TLS handshake.

    And asks once more whether it may open: reaching the provider may have taken longer than that was true.
    """

    may_open: Callable[[], bool] = staticmethod(lambda: True)

    async def handshake(self, *arguments: Any, **named: Any) -> None:
        """See ClientConnection. Raises SSLError too, and ConnectionAbortedError where it may not."""
        if not self.may_open():
            raise ConnectionAbortedError
        try:
            await super().handshake(*arguments, **named)
        except InvalidMessage:
            if isinstance(self.connection_exc, ssl.SSLError):
                raise self.connection_exc from None
            raise


class _Outcome(Struct, frozen=True, kw_only=True):
    """What an attempt came to."""

    problem: str = ""
    """Why it counts as failed; empty when it does not."""
    heard: bool = False
    """Whether a frame was received."""
    no_hurry: bool = False
    taken: str = ""
    """What the other end said when it closed the connection for another adapter's; empty when it did not."""
    lasted: float = 0.0
    """For how many seconds the connection was open."""


class _Dialer:
    """One place to dial: opens a connection to it and serves that until it ends."""

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        handle: Handle,
        settings: DialSettings,
        emit: Emit,
        stop: asyncio.Event,
    ) -> None:
        self._headers = headers
        self._secrets = secrets_in(headers)
        self._handle = handle
        self._settings = settings
        self._emit = emit
        self._stop = stop
        self._url = url
        self._uri = _parsed(url)
        self._provider = host_and_port(self._uri.host, self._uri.port) if self._uri else ""
        self._place = self._provider
        self.shown_url = _shown(url)

        class Permitted(_Connection):
            may_open = staticmethod(settings.may_dial)

        self._connection = Permitted

    async def attempt(self) -> _Outcome:
        """Open the connection and serve it until it ends or the adapter stops."""
        try:
            ws = await _unless_stopped(self._stop, self._open())
            if ws is None:
                return _Outcome()
            async with ws:
                return await self._serve(ws)
        except Exception as problem:  # noqa: BLE001 -- whatever it is, trying again is all that can be done
            return self._failed(problem)

    async def _open(self) -> ClientConnection:
        uri, tls = self._uri, self._settings.tls
        if uri is None:
            raise InvalidURI(self.shown_url, "not a WebSocket address without a user name")
        proxy = _proxy(uri, self._settings.proxy)
        self._place = self._provider if proxy is None else _proxy_place(proxy)
        secure: dict[str, Any] = {"ssl": tls} if uri.secure and tls is not None else {}
        return await connect(
            self._url,
            additional_headers=self._headers,
            user_agent_header="epos-adapter",
            proxy=proxy,
            create_connection=self._connection,
            **self._settings.socket.options(),
            **secure,
        )

    async def _serve(self, ws: ClientConnection) -> _Outcome:
        settings, clock = self._settings, asyncio.get_running_loop()
        opened = clock.time()
        ended = await serve_and_say(
            ws,
            self._handle,
            settings.socket,
            connection=settings.connection,
            peer=self._provider,
            secrets=self._secrets,
            emit=self._emit,
            stop=self._stop,
        )
        if ended.is_taken:
            return _Outcome(taken=ended.reason, lasted=clock.time() - opened)
        if ended.received or clock.time() - opened >= settings.settled_after:
            return _Outcome(heard=ended.received > 0)
        return _Outcome(
            problem=f"the connection ended as soon as it was open, before any request ({ended.reason}): "
            "another adapter may be using this account, and the last to connect wins",
        )

    def _failed(self, problem: Exception) -> _Outcome:
        settings = self._settings
        reason = reasons.not_opened(
            problem, connection=settings.connection, place=self._place, timeout=settings.socket.open_timeout
        )
        no_hurry = isinstance(problem, InvalidStatus) and problem.response.status_code in _NO_HURRY
        return _Outcome(problem=reason, no_hurry=no_hurry or self._uri is None)


def _parsed(url: str) -> WebSocketURI | None:
    """None for what is no WebSocket address, or holds a name and password, which belong into the headers."""
    try:
        uri = parse_uri(url)
    except (InvalidURI, ValueError):  # ValueError: a port that is no number, a name that is no name
        return None
    return uri if uri.username is None else None


def _shown(url: str) -> str:
    """The address without what may be secret in it."""
    scheme, slashes, rest = url.partition("?")[0].rpartition("//")
    return scheme + slashes + rest.rpartition("@")[2]


def _proxy(uri: WebSocketURI, wanted: str | None) -> str | None:
    if is_loopback(uri.host):
        return None
    return get_proxy(uri) if wanted == SYSTEM_PROXY else wanted


def _proxy_place(proxy: str) -> str:
    parsed = parse_proxy(proxy)
    return f"the proxy {host_and_port(parsed.host, parsed.port)}"


def _delay(failures: int, settings: DialSettings, random: Callable[[], float]) -> float:
    """Full jitter: anything below a bound that doubles with each failure."""
    doubled = settings.first_delay * 2.0 ** min(max(failures - 1, 0), 30)
    return random() * min(doubled, settings.longest_delay)


def _truce(times: int, settings: DialSettings, random: Callable[[], float]) -> float:
    """At least half of a bound that doubles each time: two adapters must not be back at once."""
    doubled = settings.longest_delay * 2.0 ** min(times - 1, 30)
    return (0.5 + random() / 2) * min(doubled, max(settings.longest_truce, settings.longest_delay))


async def _unless_stopped(stop: asyncio.Event, work: Awaitable[Result]) -> Result | None:
    """The work's result, or None when the adapter was stopped first, which cancels the work."""
    working = asyncio.ensure_future(work)
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        working.cancel()
        stopping.cancel()
        await asyncio.wait({working, stopping})
