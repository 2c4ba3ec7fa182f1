"""The rules for locking and paying, where a run is repeated because its outcome was not heard."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from adapter.domain import requests as ask
from adapter.domain.payments import Balance, Holds, Kept, Lock, Payment, Recorded
from adapter.domain.recording import RecordingRules, give_back, lock_session, record_payment, unlock_session
from adapter.domain.requests import Requestor
from adapter.domain.values import Bill, Waiter
from adapter.errors import AlreadyLocked, NotLocked, OutcomeUnknown, PaymentAlreadyRecorded

SESSION = UUID("5b0e3c64-2f0d-4b57-8f35-9a3b6d4b7c10")
NOW = datetime(2026, 11, 20, 21, 40, tzinfo=UTC)
MACHINE = Requestor(is_card_machine=True, terminal_id="22334455")
RULES = RecordingRules()


class Memory:
    """A till that is a few attributes: what a database would have after everything that was committed."""

    def __init__(self) -> None:
        self.uncertain = False
        self.holds = Holds()
        self.held: Lock | None = None
        self.kept: list[Kept] = []
        self.releases = 0

    def held_bill(self, session_id: UUID) -> tuple[Waiter | None, Bill | None]:
        return None, Bill(session_id=session_id, total=1000, paid=0, tax=0, currency="GBP")

    def held_balance(self, _session_id: UUID) -> Balance:
        paid = sum(one.payment.base for one in self.kept if one.payment.successful)
        return Balance(waiter=None, currency="GBP", total=1000, paid=paid, now=NOW)

    def lock_of(self, _session_id: UUID) -> Lock | None:
        return self.held

    def now(self) -> datetime:
        return NOW

    def lock(self, _session_id: UUID, token: UUID, requestor: Requestor) -> None:
        self.held = Lock(token=token, locked_at=NOW, terminal=requestor.terminal_id)

    def release(self, _session_id: UUID, _held: Lock, *, by: str | None = None, reason: str = "") -> None:
        assert (by is None) == (not reason)
        self.held = None
        self.releases += 1

    def payments(self, payment: Payment) -> Sequence[Kept]:
        return [one for one in self.kept if one.payment.id == payment.id]

    def knows(self, _session_id: UUID) -> bool:
        return bool(self.kept)

    def keep(self, payment: Payment, flags: Recorded, _requestor: Requestor, token: UUID) -> None:
        self.kept.append(Kept(payment=payment, token=token, flags=flags))

    def enter(self, payment: Payment, _balance: Balance, _flags: Recorded, _requestor: Requestor) -> None:
        assert payment.successful
        assert self.kept[-1].payment == payment


def locking() -> ask.LockSession:
    return ask.LockSession(requestor=MACHINE, session_id=SESSION)


def unlocking() -> ask.UnlockSession:
    return ask.UnlockSession(requestor=MACHINE, session_id=SESSION)


def paying(base: int = 1000) -> ask.RecordPayment:
    payment = Payment(id=uuid4(), session_id=SESSION, currency="GBP", base=base, successful=True, attempted_at=NOW)
    return ask.RecordPayment(requestor=MACHINE, payment=payment)


def test_a_lock_whose_commit_was_not_heard_is_recognized_as_the_requests_own():
    till, token = Memory(), uuid4()
    lock_session(till, locking(), RULES, token)
    till.uncertain = True
    assert lock_session(till, locking(), RULES, token).bill.total == 1000


def test_a_lock_that_was_given_back_meanwhile_is_not_taken_again():
    till, token = Memory(), uuid4()
    lock_session(till, locking(), RULES, token)
    unlock_session(till, unlocking(), RULES, [])
    till.uncertain = True
    with pytest.raises(OutcomeUnknown):
        lock_session(till, locking(), RULES, token)
    assert till.held is None


def test_only_the_lock_of_the_request_whose_asker_has_gone_is_given_back():
    till, token = Memory(), uuid4()
    lock_session(till, locking(), RULES, token)
    give_back(till, SESSION, uuid4())
    assert till.held is not None
    give_back(till, SESSION, token)
    assert till.held is None


def test_an_unlock_whose_commit_was_not_heard_is_done_when_nobody_holds_the_session():
    till, released = Memory(), []
    till.lock(SESSION, uuid4(), MACHINE)
    unlock_session(till, unlocking(), RULES, released)
    till.uncertain = True
    unlock_session(till, unlocking(), RULES, released)
    assert till.held is None


def test_an_unlock_that_is_run_again_leaves_the_lock_that_somebody_else_was_granted_meanwhile():
    till, released = Memory(), []
    till.lock(SESSION, uuid4(), MACHINE)
    unlock_session(till, unlocking(), RULES, released)
    till.lock(SESSION, uuid4(), Requestor(is_card_machine=True, terminal_id="99887766"))
    till.uncertain = True
    unlock_session(till, unlocking(), RULES, released)
    assert till.held is not None
    assert till.releases == 1


def test_an_unlock_that_was_rolled_back_is_done_by_the_next_run():
    till, released = Memory(), []
    till.lock(SESSION, uuid4(), MACHINE)
    before = till.held
    unlock_session(till, unlocking(), RULES, released)
    till.held, till.uncertain = before, True
    unlock_session(till, unlocking(), RULES, released)
    assert till.held is None


def test_a_payment_whose_commit_was_not_heard_is_recorded_once_and_answered_as_recorded():
    till, request, token = Memory(), paying(1200), uuid4()
    till.lock(SESSION, uuid4(), MACHINE)
    assert record_payment(till, request, RULES, token) == Recorded(over_payment=True)
    till.uncertain = True
    assert record_payment(till, request, RULES, token) == Recorded(over_payment=True)
    assert len(till.kept) == 1


def test_a_payment_that_another_request_recorded_meanwhile_is_not_taken_for_ones_own():
    till, request = Memory(), paying()
    till.lock(SESSION, uuid4(), MACHINE)
    record_payment(till, request, RULES, uuid4())
    till.uncertain = True
    with pytest.raises(PaymentAlreadyRecorded):
        record_payment(till, request, RULES, uuid4())


def test_a_repeat_is_acknowledged_before_the_lock_only_where_that_is_wanted():
    till, request = Memory(), paying()
    till.lock(SESSION, uuid4(), MACHINE)
    record_payment(till, request, RULES, uuid4())
    unlock_session(till, unlocking(), RULES, [])
    with pytest.raises(NotLocked):
        record_payment(till, request, RULES, uuid4())
    with pytest.raises(PaymentAlreadyRecorded):
        record_payment(till, request, RecordingRules(acknowledge_duplicates_first=True), uuid4())


def test_a_lock_is_taken_over_only_when_it_has_passed_the_age_limit():
    till, rules = Memory(), RecordingRules(lock_age_limit=timedelta(minutes=30))
    till.held = Lock(token=uuid4(), locked_at=NOW - timedelta(minutes=29), terminal="1")
    with pytest.raises(AlreadyLocked):
        lock_session(till, locking(), rules, uuid4())
    till.held = Lock(token=uuid4(), locked_at=NOW - timedelta(minutes=30), terminal="1")
    taken = lock_session(till, locking(), rules, uuid4())
    assert taken.taken_from is not None
    assert taken.taken_from.terminal == "1"
    assert till.held.terminal == "22334455"
