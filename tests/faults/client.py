"""The provider's side of a socket, and the adapters that it may be opened to."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
from dataclasses import dataclass
from typing import Any, Protocol

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

ACCOUNT, KEY = "faults", "invented-key"
HEADERS = {"Authorization": "Basic " + base64.b64encode(f"{ACCOUNT}:{KEY}".encode()).decode()}

_identities = itertools.count(1)


class Lost(Exception):
    """There was no answer: the socket was lost, could not be opened, or nothing came in time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    outcome: str
    """`ok` or an error code."""
    result: dict[str, Any]


class Way(Protocol):
    """A way to an adapter."""

    async def ask(self, method: str, params: dict[str, Any], *, hang_up_after: float | None = None) -> Answer:
        """One answer; `hang_up_after` loses the way so many seconds after the question. Raises Lost."""
        ...

    async def close(self) -> None:
        """Give it up without a goodbye."""
        ...


class Line:
    """A socket to one adapter, opened when it is needed; one question at a time."""

    headers = HEADERS

    def __init__(self, port: int, patience: float) -> None:
        self._port = port
        self._patience = patience
        self._ws: ClientConnection | None = None

    async def ask(self, method: str, params: dict[str, Any], *, hang_up_after: float | None = None) -> Answer:
        """One answer; `hang_up_after` loses the socket so many seconds after the question.

        Raises Lost.
        """
        patience = self._patience if hang_up_after is None else hang_up_after
        identity = str(next(_identities))
        try:
            async with asyncio.timeout(self._patience):
                ws = self._ws or await self._open()
                await ws.send(json.dumps({"jsonrpc": "2.0", "id": identity, "method": method, "params": params}))
            async with asyncio.timeout(patience):
                message = json.loads(await ws.recv())
        except (OSError, WebSocketException, TimeoutError) as problem:
            await self.close()
            raise Lost(str(problem)) from None
        if message["id"] != identity:
            raise AssertionError(f"question {identity} was answered by {message}")
        return self.read(message)

    @staticmethod
    def read(message: dict[str, Any]) -> Answer:
        """What a message answers."""
        result: dict[str, Any] = message["result"]
        return Answer(result.get("errorCode", "ok"), result)

    async def close(self) -> None:
        """Drop the socket without a goodbye."""
        ws, self._ws = self._ws, None
        if ws is not None:
            ws.transport.abort()
            await ws.wait_closed()

    async def _open(self) -> ClientConnection:
        self._ws = await connect(
            f"ws://127.0.0.1:{self._port}",
            additional_headers=self.headers,
            compression=None,
            proxy=None,
            open_timeout=None,
            ping_interval=None,
        )
        return self._ws
