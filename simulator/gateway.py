"""Stands in for the provider's gateway: holds the sockets, sends requests, matches answers by id.

Knows nothing of tables and bills: methods and parameters are whatever the caller says.

    async with Gateway({"demoacct0001": "the-api-key"}) as gateway:
        ...                                             # an adapter dials gateway.url
        await gateway.connected("demoacct0001")
        answer = await gateway.request("demoacct0001", "ListTables", {...})
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import time
import uuid
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal, Self

from websockets.asyncio.client import connect
from websockets.asyncio.connection import Connection
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode
from websockets.http11 import Request, Response

PATH = "/ws/v1/tables/epos"
"""Where the provider's own gateway waits (getting-started page)."""

FRAMES_KEPT = 1000
REPLACED = "another connection for this account"


class GatewayError(Exception):
    """The gateway could not do what was asked."""


class NotConnected(GatewayError):
    """No adapter is connected for this account."""


class NoAnswer(GatewayError):
    """The adapter did not answer in time, or left before it did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One frame as it crossed the socket."""

    at: float
    """Seconds of the monotonic clock."""
    account: str
    sender: Literal["gateway", "adapter"]
    data: str | bytes
    """As sent: a string was a text frame, bytes were a binary one."""


class Link:
    """One open socket to an adapter, whichever side opened it. All timeouts in seconds."""

    def __init__(self, ws: Connection, account: str, frames: deque[Frame]) -> None:
        """Frames of both directions are added to `frames`."""
        self._ws = ws
        self._account = account
        self.frames = frames
        self._awaited: dict[str, asyncio.Future[dict[str, Any] | None]] = {}
        self._unasked: asyncio.Queue[str | bytes] = asyncio.Queue()

    async def request(self, method: str, params: Mapping[str, Any], *, timeout: float = 5.0) -> dict[str, Any]:  # noqa: ASYNC109 -- part of the request
        """Ask, and return the whole response object; any number of requests may be in flight.

        Raises NotConnected or NoAnswer.
        """
        identity = str(uuid.uuid4())
        awaited = asyncio.get_running_loop().create_future()
        self._awaited[identity] = awaited
        try:
            async with asyncio.timeout(timeout):
                await self.send_raw(_message(method, params, id=identity))
                answer: dict[str, Any] | None = await awaited
        except TimeoutError:
            raise NoAnswer(f"no answer to {method} within {timeout:g} s") from None
        finally:
            del self._awaited[identity]
        if answer is None:
            raise NoAnswer(f"the adapter left before it answered {method}")
        return answer

    async def notify(self, method: str, params: Mapping[str, Any]) -> None:
        """Tell, without an id, so that no answer may come."""
        await self.send_raw(_message(method, params))

    async def send_raw(self, data: str | bytes, *, text: bool | None = None) -> None:
        """Send anything, well-formed or not: a string as a text frame, bytes as a binary one unless `text`.

        Raises NotConnected.
        """
        self._note("gateway", data)
        try:
            await self._ws.send(data, text=text)
        except ConnectionClosed:
            raise NotConnected(f"the adapter of {self._account} has left") from None

    async def next_frame(self, *, timeout: float = 5.0) -> str | bytes:  # noqa: ASYNC109 -- so that callers read alike
        """Wait for the next frame that answers no request made with `request`.

        Raises NoAnswer.
        """
        try:
            async with asyncio.timeout(timeout):
                return await self._unasked.get()
        except TimeoutError:
            raise NoAnswer(f"no frame within {timeout:g} s") from None

    async def close(self, code: int = CloseCode.GOING_AWAY, reason: str = "") -> None:
        """Say goodbye and wait until the socket is closed."""
        await self._ws.close(code, reason)

    async def ping(self) -> float:
        """Wait until everything sent so far has reached the adapter; returns the seconds this took."""
        return await (await self._ws.ping())

    @property
    def handshake(self) -> Mapping[str, str]:
        """The headers of the opening handshake; names in any case."""
        return self._ws.request.headers if self._ws.request else {}

    @property
    def close_code(self) -> int | None:
        """What the adapter said when it closed; None while the socket is open."""
        return self._ws.close_code

    async def read(self) -> None:
        """Hand answers to whoever awaits them, until the socket closes; whoever opened the socket runs this."""
        try:
            async for data in self._ws:
                self._note("adapter", data)
                self._hand_over(data)
        except ConnectionClosed:
            pass
        finally:
            for awaited in self._awaited.values():
                if not awaited.done():
                    awaited.set_result(None)

    def _note(self, sender: Literal["gateway", "adapter"], data: str | bytes) -> None:
        self.frames.append(Frame(at=time.monotonic(), account=self._account, sender=sender, data=data))

    def _hand_over(self, data: str | bytes) -> None:
        awaited = self._awaited.get(_identity(data))
        if awaited is not None and not awaited.done():
            awaited.set_result(json.loads(data))
            return
        if self._unasked.qsize() >= FRAMES_KEPT:
            self._unasked.get_nowait()
        self._unasked.put_nowait(data)


class Gateway:
    """The provider's gateway on this computer: adapters dial `url`, and the last to connect has the account."""

    def __init__(
        self,
        accounts: Mapping[str, str],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        path: str = PATH,
    ) -> None:
        """`accounts` holds the API key of each account name; port 0 takes any that is free."""
        self._accounts = accounts
        self._host = host
        self._port = port
        self._path = path
        self._server: Server | None = None
        self._links: dict[str, Link] = {}
        self._arrived = {account: asyncio.Event() for account in accounts}
        self.frames: deque[Frame] = deque(maxlen=FRAMES_KEPT)

    async def __aenter__(self) -> Self:
        self._server = await serve(
            self._serve, self._host, self._port, process_request=self._check, compression=None, server_header=None
        )
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    @property
    def url(self) -> str:
        """Where an adapter dials; the port is known once the gateway is entered."""
        return f"ws://{self._host}:{self._port}{self._path}"

    @property
    def live(self) -> frozenset[str]:
        """The accounts for which an adapter is connected now."""
        return frozenset(self._links)

    async def connected(self, account: str, *, timeout: float = 5.0) -> Link:  # noqa: ASYNC109 -- reads as one sentence
        """Wait until an adapter is connected for this account, and return its link.

        Raises NotConnected.
        """
        try:
            async with asyncio.timeout(timeout):
                await self._arrived[account].wait()
        except TimeoutError:
            raise NotConnected(f"no adapter connected for {account} within {timeout:g} s") from None
        return self._link(account)

    async def request(
        self,
        account: str,
        method: str,
        params: Mapping[str, Any],
        *,
        timeout: float = 5.0,  # noqa: ASYNC109 -- passed on
    ) -> dict[str, Any]:
        """Ask the adapter of this account, and return the whole response object.

        Raises NotConnected or NoAnswer.
        """
        return await self._link(account).request(method, params, timeout=timeout)

    async def notify(self, account: str, method: str, params: Mapping[str, Any]) -> None:
        """Tell the adapter of this account something that it must not answer."""
        await self._link(account).notify(method, params)

    async def send_raw(self, account: str, data: str | bytes, *, text: bool | None = None) -> None:
        """Send the adapter of this account anything, well-formed or not."""
        await self._link(account).send_raw(data, text=text)

    async def next_frame(self, account: str, *, timeout: float = 5.0) -> str | bytes:  # noqa: ASYNC109 -- passed on
        """Wait for a frame of this account's adapter that answers no request made with `request`."""
        return await self._link(account).next_frame(timeout=timeout)

    async def disconnect(self, account: str, code: int = CloseCode.GOING_AWAY, reason: str = "") -> None:
        """Close the connection of this account."""
        await self._link(account).close(code, reason)

    def _link(self, account: str) -> Link:
        link = self._links.get(account)
        if link is None:
            raise NotConnected(f"no adapter is connected for {account}")
        return link

    def _check(self, ws: ServerConnection, request: Request) -> Response | None:
        if request.path.partition("?")[0] != self._path:
            return ws.respond(HTTPStatus.NOT_FOUND, "nothing here\n")
        sent = request.headers.get_all("Authorization")
        for account, key in self._accounts.items():
            if sent == [_authorization(account, key)] and request.headers.get_all("software-house-id"):
                ws.username = account
                return None
        return ws.respond(HTTPStatus.UNAUTHORIZED, "who are you?\n")

    async def _serve(self, ws: ServerConnection) -> None:
        account = ws.username
        link = Link(ws, account, self.frames)
        older = self._links.get(account)
        self._links[account] = link
        self._arrived[account].set()
        try:
            async with asyncio.TaskGroup() as tasks:
                if older is not None:
                    tasks.create_task(older.close(CloseCode.POLICY_VIOLATION, REPLACED))
                await link.read()
        finally:
            if self._links.get(account) is link:
                del self._links[account]
                self._arrived[account].clear()


@contextlib.asynccontextmanager
async def local_gateway(url: str, account: str, key: str) -> AsyncIterator[Link]:
    """Be the provider's gateway on the restaurant's own network, which dials an adapter that listens."""
    headers = {"Authorization": _authorization(account, key)}
    async with connect(url, additional_headers=headers, compression=None, proxy=None) as ws:
        link = Link(ws, account, deque(maxlen=FRAMES_KEPT))
        reading = asyncio.create_task(link.read())
        try:
            yield link
        finally:
            await link.close(CloseCode.NORMAL_CLOSURE)
            await reading


def _authorization(account: str, key: str) -> str:
    return "Basic " + base64.b64encode(f"{account}:{key}".encode()).decode()


def _message(method: str, params: Mapping[str, Any], **identity: str) -> str:
    return json.dumps({"jsonrpc": "2.0", **identity, "method": method, "params": dict(params)}, ensure_ascii=False)


def _identity(data: str | bytes) -> str:
    """The id that a frame answers to, empty when there is none; the provider reads text frames only."""
    if isinstance(data, bytes):
        return ""
    try:
        message = json.loads(data)
    except ValueError:
        return ""
    identity = message.get("id") if isinstance(message, dict) else None
    return identity if isinstance(identity, str) else ""
