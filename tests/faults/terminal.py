"""A card machine together with the provider behind it: locks, records, unlocks, and repeats until it knows."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Sequence
from random import Random
from typing import Any

from tests.faults.client import Answer, Lost, Way
from tests.faults.journal import OK, Hold, Journal, Payment
from tests.faults.ledger import Ledger
from tests.faults.restaurant import Check

_LOCK_TRIES = 12
_WAITER = 101


class Surprise(AssertionError):
    """An adapter answered what the protocol does not allow here."""


class Terminal:
    """One card machine. Its number is how the ledger calls it."""

    by_orders = False

    def __init__(
        self,
        number: str,
        ways: Sequence[Way],
        journal: Journal,
        ledger: Ledger,
        random: Random,
        *,
        hang_up: float = 0.0,
    ) -> None:
        """`ways` lead to the adapters, one to each; it loses one as often as `hang_up`."""
        self.number = number
        self._lines = list(ways)
        self._at = random.randrange(len(ways))
        self._journal = journal
        self._ledger = ledger
        self._random = random
        self._hang_up = hang_up
        self._uncertain: set[str] = set()
        """Sessions of which it does not know whether a request of its own has locked them, or still will."""

    async def close(self) -> None:
        """Close all sockets."""
        for line in self._lines:
            await line.close()

    async def lock(self, check: Check, *, tries: int = _LOCK_TRIES, at: int | None = None) -> dict[str, Any] | None:
        """The bill under the lock; None when others hold it all the time. `at` says which adapter is asked first."""
        if at is not None:
            self._at = at % len(self._lines)
        while True:
            answer, hold = await self._ask_lock(check)
            if hold is not None:
                bill: dict[str, Any] = answer.result["billItems"]
                return bill
            if answer.outcome == "SESSION_ALREADY_LOCKED":
                if check.session in self._uncertain and await self._ledger.holder(check.session) == self.number:
                    # An earlier request of its own did lock it, unheard: begin again from the start.
                    self._journal.counted["own lock found"] += 1
                    await self.unlock(check)
                    continue
                tries -= 1
                if tries <= 0:
                    return None
            elif answer.outcome != "ERROR_INTERNAL_POS_ERROR":
                raise Surprise(f"LockSession was answered {answer.result}")
            await self._pause()

    async def record(self, check: Check, payment: Payment) -> None:
        """Have a payment recorded, however long it takes; locks again when the lock has been taken away."""
        while not payment.acknowledged and not payment.refused:
            if await self.record_once(payment) == "SESSION_NOT_LOCKED":
                await self._lost_hold(check)

    async def record_twice_at_once(self, check: Check, payment: Payment) -> None:
        """Send the same payment by two adapters at the same moment, by each until it is acknowledged there."""

        async def by(line: Way) -> None:
            while await self.record_once(payment, line) == "ERROR_INTERNAL_POS_ERROR":
                pass

        await asyncio.gather(*(by(line) for line in self._two()))
        await self.record(check, payment)

    async def record_once(self, payment: Payment, line: Way | None = None) -> str:
        """One request to record, and its outcome."""
        payment.tries += 1
        params = {"payment": payment.payload}
        answer = await self._ask("RecordPayment", payment.session, params, payment=payment.id, line=line)
        match answer.outcome:
            case "ok":
                payment.accepted += 1
            case "PAYMENT_ALREADY_RECORDED":
                payment.repeated += 1
            case "PAYMENT_NOT_RECORDED":
                payment.refused += 1
            case "SESSION_NOT_LOCKED":
                pass
            case "ERROR_INTERNAL_POS_ERROR":
                await self._pause()
            case _:
                raise Surprise(f"RecordPayment was answered {answer.result}")
        return answer.outcome

    async def unlock(self, check: Check) -> None:
        """Unlock, and repeat until it is known that its own lock is gone: never one that somebody took meanwhile."""
        hold = self._current(check.session)
        repeated = False
        while True:
            answer = await self._ask("UnlockSession", check.session, {"sessionId": check.session}, ending=hold)
            if answer.outcome == OK:
                return
            if answer.outcome == "SESSION_NOT_LOCKED":
                if hold is not None and not repeated:
                    hold.missing = time.time()
                return
            if answer.outcome not in ("ERROR_INTERNAL_POS_ERROR", "SESSION_UNABLE_TO_UNLOCK"):
                raise Surprise(f"UnlockSession was answered {answer.result}")
            repeated = True
            await self._pause()
            if await self._ledger.holder(check.session) != self.number:
                return

    async def come_back(self, sessions: dict[str, Check]) -> int:
        """Unlock what its own unheard requests have locked; gives how many there were."""
        found = 0
        for session in sorted(self._uncertain):
            if await self._ledger.holder(session) == self.number:
                found += 1
                await self.unlock(sessions[session])
        return found

    def new_payment(self, check: Check, base: int, **more: Any) -> Payment:
        """A payment with an id of its own, known to the journal from now on."""
        identity = str(uuid.UUID(int=self._random.getrandbits(128), version=4))
        payment = Payment(id=identity, session=check.session, ticket=check.ticket, base=base, **more)
        minute = self._random.randrange(60)
        payment.payload = {
            "id": identity,
            "sessionId": payment.session,
            "waiterId": _WAITER,
            "currency": payment.currency,
            "baseAmount": payment.base,
            "tipsAmount": payment.tips,
            "cashbackAmount": payment.cashback,
            "paymentSuccessful": payment.successful,
            "attemptedAt": f"2025-11-20T20:{minute:02}:00.000Z",
            "methodDetails": {
                "method": "PAYMENT_METHOD_CARD_PRESENT",
                "cardPresentPaymentStatus": f"CARD_PRESENT_PAYMENT_STATUS_{'SUCCESSFUL' if payment.successful else 'DECLINED'}",
            },
        }
        self._journal.add(payment)
        return payment

    async def _ask_lock(self, check: Check) -> tuple[Answer, Hold | None]:
        answer = await self._ask("LockSession", check.session, {"sessionId": check.session})
        hold = None
        if answer.outcome == OK:
            hold = self._journal.grant(self._last)
        elif answer.outcome == "ERROR_INTERNAL_POS_ERROR":
            self._uncertain.add(check.session)
        return answer, hold

    async def _lost_hold(self, check: Check) -> None:
        """The session is no longer locked, though this terminal had not unlocked it: lock it again."""
        hold = self._current(check.session)
        if hold is not None:
            hold.missing = time.time()
            hold.until = self._last.sent
        while await self.lock(check) is None:
            await self._pause()

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
        """One answer; an unknown outcome is an ERROR_INTERNAL_POS_ERROR, whether it was answered or not."""
        asked = line or self._lines[self._at]
        hang_up = self._random.uniform(0, 0.02) if self._random.random() < self._hang_up else None
        requestor = {
            "requestorType": "REQUESTOR_TYPE_CARD_MACHINE",
            "cardMachineRequestorInfo": {"terminalId": self.number, "waiterId": _WAITER},
        }
        self._last = attempt = self._journal.begin(method, self.number, session, payment)
        if ending is not None and ending.until is None:
            ending.until = attempt.sent
        try:
            answer = await asked.ask(method, {**params, "requestorInfo": requestor}, hang_up_after=hang_up)
        except Lost:
            if hang_up is not None:
                self._journal.counted["socket lost"] += 1
            self._at = self._random.randrange(len(self._lines))
            return Answer("ERROR_INTERNAL_POS_ERROR", {})
        attempt.answered = time.time()
        attempt.outcome = answer.outcome
        if answer.outcome == "ERROR_INTERNAL_POS_ERROR":
            self._journal.counted[f"said: {answer.result.get('errorReason')}"] += 1
            self._at = self._random.randrange(len(self._lines))
        return answer

    def _current(self, session: str) -> Hold | None:
        """The hold on this session that this terminal has not begun to give up."""
        for hold in reversed(self._journal.holds):
            if hold.session == session and hold.terminal == self.number:
                return hold if hold.until is None else None
        return None

    def _two(self) -> list[Way]:
        return self._random.sample(self._lines, 2) if len(self._lines) > 1 else [*self._lines]

    async def _pause(self) -> None:
        await asyncio.sleep(self._random.uniform(0.02, 0.25))
