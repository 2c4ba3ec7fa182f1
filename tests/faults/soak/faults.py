"""Breaks one thing at a time, mends it, and waits until a request is answered again."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from random import Random

import psycopg
from websockets.frames import CloseCode

from simulator.gateway import Gateway, GatewayError
from tests.faults.client import ACCOUNT, Lost
from tests.faults.server import Server
from tests.faults.soak.tally import GatewayWay, Tally
from tests.faults.violations import Violation

_BACK_WITHIN = 20.0
_DEAF = 4.0
"""Seconds for which a line is deaf: longer than the adapter waits for a sign of life."""


class Faults:
    """What is broken in one run."""

    def __init__(self, server: Server, gateway: Gateway, tally: Tally, random: Random, patience: float) -> None:
        self._server = server
        self._gateway = gateway
        self._tally = tally
        self._random = random
        self._probe = GatewayWay(gateway, patience, tally)
        self.violations: list[Violation] = []
        self.kinds: dict[str, Callable[[], Awaitable[None]]] = {
            "answers lost": self._lose_answers,
            "connection closed by the provider": self._close,
            "connection cut": self._cut,
            "line deaf": self._deafen,
            "PostgreSQL frozen": self._freeze,
            "PostgreSQL stopped and started": self._restart,
            "server processes terminated": self._terminate,
        }

    async def work(self, pause: float, over: asyncio.Event, *, hurry: float = 0.0) -> None:
        """One fault after another until `over`, and until each kind has happened; `pause` seconds between, on average.

        In the first `hurry` seconds ten times as many: what an adapter keeps at its busiest, it then has before it is weighed.
        """
        calm_at = time.monotonic() + hurry
        while not (over.is_set() and {window.kind for window in self._tally.windows} >= self.kinds.keys()):
            bag = sorted(self.kinds)
            self._random.shuffle(bag)
            for kind in bag:
                if over.is_set() and kind in {window.kind for window in self._tally.windows}:
                    continue
                shorter = 0.1 if time.monotonic() < calm_at else 1.0
                await asyncio.sleep(pause * shorter * self._random.uniform(0.5, 1.5))
                with self._tally.window(kind) as window:
                    await self.kinds[kind]()
                    window.mended = time.monotonic()
                    await self._back(kind)

    async def _back(self, kind: str) -> None:
        try:
            async with asyncio.timeout(_BACK_WITHIN):
                while not await self._answers():  # noqa: ASYNC110 -- another process has no event to wait for
                    await asyncio.sleep(0.02)
        except TimeoutError:
            self.violations.append(Violation("not back", f"{_BACK_WITHIN:g} s after: {kind}"))

    async def _answers(self) -> bool:
        try:
            return (await self._probe.ask("ListTables", {})).outcome == "ok"
        except Lost:
            return False

    async def _lose_answers(self) -> None:
        """Ask, and cut the connection before the answers can have come."""
        for number in range(5):
            message = {"jsonrpc": "2.0", "id": f"lost {number}", "method": "ListTables", "params": {}}
            try:
                await self._gateway.send_raw(ACCOUNT, json.dumps(message))
            except GatewayError:
                break
        await self._cut()

    async def _close(self) -> None:
        code = self._random.choice([CloseCode.GOING_AWAY, CloseCode.SERVICE_RESTART, CloseCode.INTERNAL_ERROR])
        await self._gateway.disconnect(ACCOUNT, code)

    async def _cut(self) -> None:
        self._gateway.link(ACCOUNT)._ws.transport.abort()

    async def _deafen(self) -> None:
        """Take nothing and answer no ping, as behind a router that has forgotten the connection."""
        transport = self._gateway.link(ACCOUNT)._ws.transport
        transport.pause_reading()
        await asyncio.sleep(_DEAF)
        transport.abort()

    async def _freeze(self) -> None:
        self._server.freeze()
        try:
            await asyncio.sleep(self._random.uniform(0.5, 5))
        finally:
            self._server.thaw()

    async def _restart(self) -> None:
        await asyncio.to_thread(self._server.stop)
        await asyncio.sleep(self._random.uniform(0, 3))
        await asyncio.to_thread(self._server.start)

    async def _terminate(self) -> None:
        async with await psycopg.AsyncConnection.connect(self._server.url("postgres"), autocommit=True) as connection:
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'epos-adapter'"
            )
