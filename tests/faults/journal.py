"""What the card machines asked and were told, with times: the evidence that an audit compares with the tables."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from math import inf
from pathlib import Path
from typing import Any

LOST = "no answer"
OK = "ok"


@dataclass(slots=True)
class Attempt:
    """One request, and what became of it."""

    method: str
    terminal: str
    session: str
    sent: float
    """Seconds since 1970, here and below, so that they compare with the database's."""
    payment: str = ""
    answered: float | None = None
    outcome: str = LOST
    """`ok`, an error code, or that there was no answer."""

    @property
    def definite(self) -> bool:
        """Whether the answer says what happened."""
        return self.outcome not in (LOST, "ERROR_INTERNAL_POS_ERROR", "SESSION_UNABLE_TO_UNLOCK", "UnexpectedError")


@dataclass(slots=True, kw_only=True)
class Payment:
    """A payment that a card machine wants recorded; amounts in minor units."""

    id: str
    session: str
    ticket: int
    base: int
    tips: int = 0
    cashback: int = 0
    currency: str = "GBP"
    successful: bool = True
    by_orders: bool = False
    """Whether it goes over the EPOS Data API, where an error has the money given back."""
    payload: dict[str, Any] = field(default_factory=dict)
    """What is sent, the same each time."""
    tries: int = 0
    accepted: int = 0
    """How often it was answered {}; over the EPOS Data API, whether it was answered with success."""
    repeated: int = 0
    """How often it was answered PAYMENT_ALREADY_RECORDED; over the EPOS Data API, with success once more."""
    refused: int = 0
    """How often it was answered PAYMENT_NOT_RECORDED, or with any error over the EPOS Data API."""

    @property
    def acknowledged(self) -> bool:
        """Whether the card machine was told that it is recorded."""
        return bool(self.accepted or self.repeated)

    @property
    def counts(self) -> bool:
        """Whether it is to change what is owed once it is recorded."""
        return self.successful and self.currency == "GBP"


@dataclass(slots=True)
class Hold:
    """The time for which a card machine could rely on a lock."""

    session: str
    terminal: str
    asked: float
    granted: float
    until: float | None = None
    """When it first sent the request to unlock, or was told that nothing is locked; None while it goes on."""
    missing: float | None = None
    """When it was told that nothing is locked although it had not unlocked; None where it was not."""
    ends: float | None = None
    """When the lock ends by itself, as far as its machine was told; None for one that does not."""

    @property
    def over(self) -> float:
        """From when on the machine does not rely on it any more."""
        return min(inf if self.until is None else self.until, inf if self.ends is None else self.ends)


class Journal:
    """Everything that all card machines have seen."""

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []
        self.payments: dict[str, Payment] = {}
        self.holds: list[Hold] = []
        self.counted: Counter[str] = Counter()
        """Whatever else is worth a figure."""
        self._another = asyncio.Event()

    async def reaches(self, payments: int) -> None:
        """Wait until there are so many payments."""
        while len(self.payments) < payments:
            self._another.clear()
            await self._another.wait()

    def add(self, payment: Payment) -> None:
        """A card was presented."""
        self.payments[payment.id] = payment
        self._another.set()

    def write(self, file: Path) -> None:
        """Write every request to a file, a line each, to be read when something was found."""
        lines = [json.dumps(asdict(attempt)) for attempt in self.attempts]
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def begin(self, method: str, terminal: str, session: str, payment: str = "") -> Attempt:
        """A request is being sent."""
        attempt = Attempt(method, terminal, session, time.time(), payment)
        self.attempts.append(attempt)
        return attempt

    def grant(self, attempt: Attempt) -> Hold:
        """A lock was granted."""
        hold = Hold(attempt.session, attempt.terminal, attempt.sent, time.time())
        self.holds.append(hold)
        return hold

    @property
    def acknowledged(self) -> int:
        """How many payments the card machines were told are recorded."""
        return sum(payment.acknowledged for payment in self.payments.values())

    @property
    def retries(self) -> int:
        """How many requests were sent again because their outcome was unknown."""
        return sum(not attempt.definite for attempt in self.attempts)
