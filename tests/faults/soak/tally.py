"""Counts what was asked and answered, and judges it by whether anything was broken at that time."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf
from typing import Any

from simulator.gateway import Gateway, NoAnswer, NotConnected
from tests.faults.client import ACCOUNT, Answer, Lost

LOST = "no answer"
FAILED = "ERROR_INTERNAL_POS_ERROR"


@dataclass(slots=True)
class Window:
    """A time in which something was broken, in seconds of the monotonic clock."""

    kind: str
    start: float
    mended: float = inf
    """When the fault itself was over."""
    end: float = inf
    """When a request was answered again."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A request that was not answered, or that failed."""

    sent: float
    ended: float
    method: str
    outcome: str


@dataclass(slots=True)
class Tally:
    """All requests of one run."""

    sent: int = 0
    """Requests that the adapter's socket has taken."""
    turned_away: int = 0
    """Requests that could not be sent, since no adapter was connected."""
    troubles: list[Trouble] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    """Seconds that the slowest answer took outside the windows."""

    @contextmanager
    def window(self, kind: str) -> Iterator[Window]:
        """Everything that is under way meanwhile may fail."""
        opened = Window(kind, time.monotonic())
        self.windows.append(opened)
        yield opened
        opened.end = time.monotonic()

    def note(self, method: str, sent: float, outcome: str) -> None:
        """A request has come to its end, or to that of its patience."""
        ended = time.monotonic()
        self.sent += 1
        self.outcomes[outcome] += 1
        if outcome in (LOST, FAILED):
            self.troubles.append(Trouble(sent, ended, method, outcome))
        elif not self._is_excused(sent, ended):
            self.slowest = max(self.slowest, ended - sent)

    def unexcused(self, outcome: str) -> list[Trouble]:
        """Requests with this outcome while nothing was broken."""
        return [one for one in self.troubles if one.outcome == outcome and not self._is_excused(one.sent, one.ended)]

    def _is_excused(self, sent: float, ended: float) -> bool:
        return any(window.start <= ended and sent <= window.end for window in reversed(self.windows))


class GatewayWay:
    """The way to the adapter through the provider's gateway; any number of questions at a time."""

    def __init__(self, gateway: Gateway, patience: float, tally: Tally) -> None:
        self._gateway = gateway
        self._patience = patience
        self._tally = tally

    async def ask(self, method: str, params: dict[str, Any], *, hang_up_after: float | None = None) -> Answer:
        """One answer. Raises Lost."""
        patience = self._patience if hang_up_after is None else hang_up_after
        sent = time.monotonic()
        try:
            message = await self._gateway.request(ACCOUNT, method, params, timeout=patience)
        except NotConnected as problem:
            self._tally.turned_away += 1
            await asyncio.sleep(0.05)
            raise Lost(str(problem)) from None
        except NoAnswer as problem:
            self._tally.note(method, sent, LOST)
            raise Lost(str(problem)) from None
        result: dict[str, Any] = message["result"]
        outcome = result.get("errorCode", "ok")
        self._tally.note(method, sent, outcome)
        return Answer(outcome, result)

    async def close(self) -> None:
        """The gateway's socket is not this one's to close."""
