"""The rules for locking and paying, where a run is repeated because its outcome was not heard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from msgspec import structs

from adapter.domain import requests as ask
from adapter.domain.payments import Lock, OrderLock, Payment, Recorded
from adapter.domain.recording import (
    RecordingRules,
    give_back,
    lock_session,
    recall_payment,
    record_payment,
    unlock_session,
)
from adapter.domain.requests import Requestor
from adapter.domain.service import Service
from adapter.errors import (
    AdapterError,
    AlreadyLocked,
    DatabaseBusy,
    DatabaseUnavailable,
    MappingMismatch,
    NotLocked,
    OutcomeUnknown,
    PaymentAlreadyRecorded,
    StoreError,
    TooSlow,
    UnableToUnlock,
)
from adapter.events import Event, PaymentKept
from tests.unit.domain.memory import MACHINE, NOW, SESSION, Memory

RULES = RecordingRules()


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


def order_lock(minutes: int) -> Lock:
    """A lock of the other protocol, which ends in so many minutes."""
    order = OrderLock(lock_id="lock_1", expires_at=NOW + timedelta(minutes=minutes))
    return Lock(token=uuid4(), locked_at=NOW - timedelta(hours=1), terminal="tm_1", order=order)


def test_a_lock_of_the_other_protocol_is_met_until_it_ends_and_is_not_ours_to_release():
    till, rules = Memory(), RecordingRules(lock_age_limit=timedelta(minutes=30))
    till.held = order_lock(1)
    with pytest.raises(AlreadyLocked, match="tm_1 until 2026-11-20 21:41:00 UTC"):
        lock_session(till, locking(), rules, uuid4())
    with pytest.raises(UnableToUnlock):
        unlock_session(till, unlocking(), rules, [])


def test_a_lock_of_the_other_protocol_that_has_ended_is_no_lock():
    till = Memory()
    till.held = order_lock(0)
    with pytest.raises(NotLocked):
        unlock_session(till, unlocking(), RULES, [])
    with pytest.raises(NotLocked):
        record_payment(till, paying(), RULES, uuid4())
    taken = lock_session(till, locking(), RULES, uuid4())
    assert taken.taken_from is None
    assert till.held.terminal == "22334455"
    assert till.held.order is None


def test_a_payment_is_recalled_by_what_is_kept_of_it_whoever_has_the_check():
    till, token, request = Memory(), uuid4(), paying()
    assert recall_payment(till, request, token) is None
    till.keep(request.payment, Recorded(over_payment=True), MACHINE, token)
    assert recall_payment(till, request, token) == Recorded(over_payment=True)
    with pytest.raises(PaymentAlreadyRecorded):
        recall_payment(till, request, uuid4())
    other = structs.replace(request, payment=structs.replace(request.payment, base=1))
    assert recall_payment(till, other, token) is None


def test_a_payment_whose_commit_was_not_heard_is_a_success_though_its_check_cannot_be_held_any_more():
    said: list[Event] = []
    till, request = Memory(), paying()
    till.lock(SESSION, uuid4(), MACHINE)

    class Store:
        async def write(self, unit: Callable[[Any], Any], *, even_unheard: bool = True) -> Any:
            answer = unit(till)
            if even_unheard:  # committed, not heard, and run again on a till that has been changed
                raise MappingMismatch("the mapping does not fit the database")
            return answer

    service = Service(Store(), recording_rules=RULES, emit=said.append)  # type: ignore[arg-type]
    assert asyncio.run(service.answer(request)) is None
    assert [type(event) for event in said] == [PaymentKept]
    assert len(till.kept) == 1


@pytest.mark.parametrize(
    "failure", [DatabaseUnavailable, DatabaseBusy, TooSlow, OutcomeUnknown, MappingMismatch, StoreError]
)
def test_what_the_database_cannot_say_is_told_as_it_was_met(failure: type[AdapterError]):
    class Store:
        async def write(self, _unit: Callable[[Any], Any], *, even_unheard: bool = True) -> Any:
            raise failure("first" if even_unheard else "second")

    service = Service(Store(), recording_rules=RULES, emit=lambda _: None)  # type: ignore[arg-type]
    with pytest.raises(failure, match="first"):
        asyncio.run(service.answer(paying()))
