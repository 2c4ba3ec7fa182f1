"""The provider's side, as thin as it can be: prepared frames out, frames in, time between. Nothing is parsed while timed."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

ACCOUNT = "bench"
KEYS = {"tables": "bench-key", "epos-data": "sk_sandbox_bench-key"}
"""The key of each protocol."""
_SHOWN = {
    "tables": base64.b64encode(f"{ACCOUNT}:{KEYS['tables']}".encode()).decode(),
    "epos-data": KEYS["epos-data"],
}
_PATIENCE = 30.0


class Client:
    """One socket to a server."""

    def __init__(self, ws: ClientConnection) -> None:
        self._ws = ws

    async def ask(self, method: str, params: dict[str, Any]) -> Any:
        """One answer, parsed."""
        return json.loads(await self.exchange(frame(method, params)))

    async def exchange(self, question: bytes) -> bytes:
        """One answer, as it came."""
        await self._ws.send(question, text=True)
        return await self._ws.recv(decode=False)

    async def timed(self, question: bytes) -> float:
        """The seconds that one answer takes."""
        started = time.perf_counter()
        await self._ws.send(question, text=True)
        await self._ws.recv(decode=False)
        return time.perf_counter() - started

    async def throughput(self, questions: Sequence[bytes], in_flight: int) -> float:
        """Answers a second, with so many questions always under way."""
        waiting = iter(questions)
        started = time.perf_counter()
        for _ in range(in_flight):
            await self._ws.send(next(waiting), text=True)
        for _ in range(len(questions)):
            await self._ws.recv(decode=False)
            question = next(waiting, None)
            if question is not None:
                await self._ws.send(question, text=True)
        return len(questions) / (time.perf_counter() - started)


@asynccontextmanager
async def client(port: int, *, protocol: str = "tables") -> AsyncIterator[Client]:
    """A socket to the server on this port, as soon as there is one."""
    ws = await _connected(port, {"Authorization": f"Basic {_SHOWN[protocol]}"})
    try:
        yield Client(ws)
    finally:
        await ws.close()


async def _connected(port: int, headers: dict[str, str]) -> ClientConnection:
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            return await connect(
                f"ws://127.0.0.1:{port}", additional_headers=headers, compression=None, proxy=None, max_size=1 << 26
            )
        except OSError:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(0.005)


def frame(method: str, params: dict[str, Any], identity: str = "6570-28f7") -> bytes:
    """A request, ready to be sent."""
    return json.dumps({"jsonrpc": "2.0", "id": identity, "method": method, "params": params}).encode()
