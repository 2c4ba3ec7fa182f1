"""A card machine of the EPOS Data API with the provider behind it: an error has the money given back, silence is asked again."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any

from tests.faults.client import Answer, Lost, Way
from tests.faults.journal import LOST, OK, Hold, Journal, Payment
from tests.faults.restaurant import Check
from tests.faults.terminal import Surprise

EXPIRY = 6.0
"""How long a lock lasts that is not extended, in seconds: shorter than some faults, and longer than a visit without any."""
_EXTEND = 3.0
"""A lock that has no longer left is extended before a payment."""
_LOCK_TRIES = 12
_DIES = 0.1
"""How often it never deletes its lock."""
UNKNOWN = "ERROR_INTERNAL_POS_ERROR"
"""What an outcome that is not known is called, as with the other protocol's machines."""

_numbers = itertools.count(1)


class OrderTerminal:
    """One card machine. Its number is how the ledger calls it."""

    by_orders = True

    def __init__(
        self, number: str, ways: Sequence[Way], journal: Journal, random: Random, *, hang_up: float = 0.0
    ) -> None:
        """`ways` lead to the adapters, one to each; it loses one as often as `hang_up`."""
        self.number = number
        self._lines = list(ways)
        self._at = random.randrange(len(ways))
        self._journal = journal
        self._random = random
        self._hang_up = hang_up
        self._lock_id = ""
        self._hold: Hold | None = None

    async def close(self) -> None:
        """Close all sockets."""
        for line in self._lines:
            await line.close()

    async def lock(self, check: Check, *, tries: int = _LOCK_TRIES, at: int | None = None) -> dict[str, Any] | None:
        """The bill under the lock; None when others hold it all the time. `at` says which adapter is asked first."""
        if at is not None:
            self._at = at % len(self._lines)
        self._lock_id = f"lock_{next(_numbers)}"
        self._hold = None
        while True:
            ends = time.time() + EXPIRY
            answer = await self._ask(
                "CreateOrderLockV1", check.session, {"lockId": self._lock_id, "expiry": _said(ends)}
            )
            if answer.outcome == OK:
                self._hold = self._journal.grant(self._last)
                self._hold.ends = ends
                return {
                    "totalAmount": answer.result["totalAmount"]["value"],
                    "paidAmount": answer.result["paidAmount"]["value"],
                }
            if answer.outcome == "Conflict":
                tries -= 1
                if tries <= 0:
                    return None
            elif answer.outcome not in (LOST, "UnexpectedError"):
                raise Surprise(f"CreateOrderLockV1 was answered {answer}")
            await self._pause()

    async def record(self, check: Check, payment: Payment) -> None:  # noqa: ARG002 -- as the other machines do
        """Send a payment until something is answered: then it is recorded, or given back."""
        while not payment.acknowledged and not payment.refused:
            await self.record_once(payment)

    async def record_twice_at_once(self, check: Check, payment: Payment) -> None:
        """Send the same payment by two adapters at the same moment, by each until it is answered there."""

        async def by(line: Way) -> None:
            while await self.record_once(payment, line) == UNKNOWN:
                pass

        two = self._random.sample(self._lines, 2) if len(self._lines) > 1 else [*self._lines]
        await asyncio.gather(*(by(line) for line in two))
        await self.record(check, payment)

    async def record_once(self, payment: Payment, line: Way | None = None) -> str:
        """One request to record, and its outcome."""
        await self._extend(payment.session)
        payment.tries += 1
        answer = await self._ask(
            "RecordOrderPaymentByIdV1",
            payment.session,
            {**payment.payload, "lockId": self._lock_id},
            payment=payment.id,
            line=line,
        )
        match answer.outcome:
            case "ok":
                if payment.acknowledged:
                    payment.repeated += 1
                else:
                    payment.accepted += 1
            case "Conflict" | "UnexpectedError":
                payment.refused += 1
                self._journal.counted[f"given back: {_kind(answer)}"] += 1
            case "no answer":
                self._journal.counted["payments not answered"] += 1
                await self._pause()
                return UNKNOWN
            case _:
                raise Surprise(f"RecordOrderPaymentByIdV1 was answered {answer}")
        return answer.outcome

    async def unlock(self, check: Check) -> None:
        """Delete the lock, and repeat until it is known to be gone; now and then it dies before."""
        if self._random.random() < _DIES:
            self._journal.counted["locks never deleted"] += 1
            return
        while True:
            answer = await self._ask("DeleteOrderLockV1", check.session, {"lockId": self._lock_id}, ending=self._hold)
            if answer.outcome == OK:
                return
            if answer.outcome not in (LOST, "UnexpectedError"):
                raise Surprise(f"DeleteOrderLockV1 was answered {answer}")
            await self._pause()

    async def come_back(self, sessions: dict[str, Check]) -> int:  # noqa: ARG002 -- as the other machines do
        """Nothing needs to be unlocked by hand: what nobody has heard of ends by itself."""
        return 0

    def new_payment(self, check: Check, base: int, **more: Any) -> Payment:
        """A payment under an intent of its own, known to the journal from now on; only captured money is told."""
        more["successful"] = True
        intent = f"pi_sandbox_{self._random.getrandbits(96):024x}"
        payment = Payment(id=intent, session=check.session, ticket=check.ticket, base=base, by_orders=True, **more)
        payment.payload = {
            "paymentIntentId": intent,
            "paidAmount": {"value": payment.base, "currencyCode": payment.currency},
            "tipsAmount": {"value": payment.tips, "currencyCode": payment.currency},
        }
        self._journal.add(payment)
        return payment

    async def _extend(self, session: str) -> None:
        """Let a lock last that is about to end, if it still can."""
        hold = self._hold
        if hold is None or hold.ends is None or hold.ends - time.time() > _EXTEND:
            return
        ends = time.time() + EXPIRY
        answer = await self._ask("ExtendOrderLockV1", session, {"lockId": self._lock_id, "expiry": _said(ends)})
        if answer.outcome == OK:
            hold.ends = ends
            self._journal.counted["locks extended"] += 1
        elif answer.outcome not in (LOST, "UnexpectedError", "Conflict", "InvalidRequest"):
            raise Surprise(f"ExtendOrderLockV1 was answered {answer}")

    async def _ask(
        self,
        method: str,
        session: str,
        params: dict[str, Any],
        *,
        payment: str = "",
        line: Way | None = None,
        ending: Hold | None = None,
    ) -> Answer:
        asked = line or self._lines[self._at]
        hang_up = self._random.uniform(0, 0.02) if self._random.random() < self._hang_up else None
        headers = {"deviceId": self.number, "waiterId": "101"}
        self._last = attempt = self._journal.begin(method, self.number, session, payment)
        if ending is not None and ending.until is None:
            ending.until = attempt.sent
        try:
            answer = await asked.ask(method, {"orderId": session, **params, "headers": headers}, hang_up_after=hang_up)
        except Lost:
            if hang_up is not None:
                self._journal.counted["socket lost"] += 1
            self._at = self._random.randrange(len(self._lines))
            return Answer(LOST, {})
        attempt.answered = time.time()
        attempt.outcome = answer.outcome
        if answer.outcome == "UnexpectedError":
            self._journal.counted[f"said: {answer.result.get('debugMessage')}"] += 1
            self._at = self._random.randrange(len(self._lines))
        return answer

    async def _pause(self) -> None:
        await asyncio.sleep(self._random.uniform(0.02, 0.25))


def _said(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()


def _kind(answer: Answer) -> str:
    """What a refusal says, without its figures."""
    said = str(answer.result.get("debugMessage", "")).removeprefix("this payment was refused before: ")
    for kind in (
        "are due",
        "is finished",
        "left the till",
        "has changed",
        "locked",
        "payment is in",
        "till cannot take",
    ):
        if kind in said:
            return f"{answer.outcome} ({kind})"
    return f"{answer.outcome} ({said})"
