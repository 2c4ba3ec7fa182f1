"""The rules for locking and paying orders: what is taken, what is refused, and what a repeat is answered."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from adapter.domain import requests as ask
from adapter.domain.order_recording import extend_lock, free_expired, lock_order, pay_order, payment_of, unlock_order
from adapter.domain.orders import BareOrder, Order, OrderKind, OrderPayment, OrderStatus
from adapter.domain.payments import Holds, Lock, OrderLock
from adapter.domain.recording import RecordingRules, give_back, record_payment
from adapter.domain.requests import Requestor
from adapter.domain.rules import WaiterCheck
from adapter.domain.values import Waiter
from adapter.errors import (
    AdapterError,
    AlreadyLocked,
    InvalidParams,
    NotLocked,
    OutcomeUnknown,
    PaymentDiffers,
    PaymentNotRecorded,
    RowUnreadable,
    SessionNotFound,
    WaiterIncorrect,
)
from tests.unit.domain.memory import MACHINE, NOW, SESSION, Memory

RULES = RecordingRules()
SOON = NOW + timedelta(minutes=5)
ANOTHER = Requestor(is_card_machine=True, terminal_id="99887766", waiter_id="7")


def locking(lock_id: str = "lock_1", *, minutes: int = 5, by: Requestor = MACHINE) -> ask.LockOrder:
    return ask.LockOrder(requestor=by, order_id=SESSION, lock_id=lock_id, expiry=NOW + timedelta(minutes=minutes))


def extending(lock_id: str = "lock_1", minutes: int = 10) -> ask.ExtendLock:
    return ask.ExtendLock(requestor=MACHINE, order_id=SESSION, lock_id=lock_id, expiry=NOW + timedelta(minutes=minutes))


def unlocking(lock_id: str = "lock_1") -> ask.UnlockOrder:
    return ask.UnlockOrder(requestor=MACHINE, order_id=SESSION, lock_id=lock_id)


def paying(paid: int = 400, intent: str = "pi_1", **more: Any) -> ask.PayOrder:
    return ask.PayOrder(
        requestor=more.pop("by", MACHINE), order_id=SESSION, intent=intent, currency="GBP", paid=paid, **more
    )


def locked(lock_id: str = "lock_1") -> Memory:
    till = Memory()
    lock_order(till, locking(lock_id), RULES, uuid4())
    return till


def ends(till: Memory) -> datetime:
    assert till.held is not None
    assert till.held.order is not None
    return till.held.order.expires_at


# Locks


def test_an_order_is_locked_by_one_lock_until_it_is_deleted():
    till = locked()
    assert till.held is not None
    assert till.held.order == OrderLock(lock_id="lock_1", expires_at=SOON, total=1000)
    with pytest.raises(
        AlreadyLocked, match="since 2026-11-20 21:40:00 UTC by terminal 22334455 until 2026-11-20 21:45:00 UTC"
    ):
        lock_order(till, locking("lock_2"), RULES, uuid4())
    assert isinstance(unlock_order(till, unlocking()), Order)
    assert till.held is None
    lock_order(till, locking("lock_2"), RULES, uuid4())


@pytest.mark.parametrize("was_taken", [True, False])
def test_a_lock_that_was_deleted_is_not_taken_by_a_request_that_comes_late(*, was_taken: bool):
    till = locked() if was_taken else Memory()
    unlock_order(till, unlocking())
    with pytest.raises(AlreadyLocked, match="deleted"):
        lock_order(till, locking(), RULES, uuid4())
    assert till.held is None
    lock_order(till, locking("lock_2"), RULES, uuid4())


def test_a_lock_that_has_ended_is_free_to_whoever_comes():
    till = locked()
    till.clock = SOON
    assert lock_order(till, locking("lock_2", minutes=9), RULES, uuid4()).taken_from is None
    assert till.held is not None
    assert till.held.is_of("lock_2")


def test_a_lock_that_is_asked_for_again_is_the_same_and_never_shortened():
    till, again = locked(), uuid4()
    extend_lock(till, extending(minutes=10), RULES, uuid4())
    lock_order(till, locking(), RULES, again)
    assert till.held is not None
    assert till.held.order is not None
    assert till.held.order.expires_at == NOW + timedelta(minutes=10)
    assert till.held.token == again


def test_an_extension_that_comes_late_does_not_shorten_what_was_extended_since():
    till = locked()
    extend_lock(till, extending(minutes=10), RULES, uuid4())
    extend_lock(till, extending(minutes=7), RULES, uuid4())
    assert ends(till) == NOW + timedelta(minutes=10)


def test_a_lock_that_is_asked_for_till_next_year_ends_as_soon_as_the_restaurant_says_however_often_it_is_asked_for():
    till, rules = Memory(), RecordingRules(longest_lock=timedelta(minutes=30))
    lock_order(till, locking(minutes=525_600), rules, uuid4())
    assert ends(till) == NOW + timedelta(minutes=30)
    till.clock = NOW + timedelta(minutes=10)
    lock_order(till, locking(minutes=525_600), rules, uuid4())
    assert ends(till) == NOW + timedelta(minutes=40)
    extend_lock(till, extending(minutes=525_600), rules, uuid4())
    assert ends(till) == NOW + timedelta(minutes=40)
    till.clock = NOW + timedelta(minutes=40)
    lock_order(till, locking("lock_2", minutes=50), rules, uuid4())
    assert ends(till) == NOW + timedelta(minutes=50)


def test_the_lock_of_an_asker_who_has_gone_is_given_back_unless_it_was_asked_for_again():
    till, gone, here = Memory(), uuid4(), uuid4()
    lock_order(till, locking(), RULES, gone)
    lock_order(till, locking(), RULES, here)
    give_back(till, SESSION, gone)
    assert till.held is not None
    give_back(till, SESSION, here)
    assert till.held is None


def test_a_lock_whose_commit_was_not_heard_is_recognized_and_one_that_is_gone_is_not_taken_again():
    till = locked()
    till.uncertain = True
    lock_order(till, locking(), RULES, uuid4())
    till.held = None
    with pytest.raises(OutcomeUnknown):
        lock_order(till, locking(), RULES, uuid4())
    assert till.held is None


def test_a_lock_of_the_tables_api_is_met_and_only_the_age_limit_takes_it_over():
    till = Memory()
    till.held = Lock(token=uuid4(), locked_at=NOW - timedelta(hours=1), terminal="T-1")
    with pytest.raises(AlreadyLocked):
        lock_order(till, locking(), RULES, uuid4())
    taken = lock_order(till, locking(), RecordingRules(lock_age_limit=timedelta(minutes=30)), uuid4())
    assert taken.taken_from is not None
    assert taken.taken_from.terminal == "T-1"


@pytest.mark.parametrize("act", [lambda till: lock_order(till, locking(minutes=0), RULES, uuid4())])
def test_an_end_that_has_passed_already_is_refused_with_what_the_databases_clock_says(act: Any):
    with pytest.raises(InvalidParams, match="2026-11-20 21:40:00 UTC"):
        act(Memory())


def test_only_the_lock_that_is_there_is_extended():
    till = locked()
    for request in (extending("lock_2"), extending(minutes=0)):
        with pytest.raises((NotLocked, InvalidParams)):
            extend_lock(till, request, RULES, uuid4())
    till.clock = SOON
    with pytest.raises(NotLocked, match="has ended at 2026-11-20 21:45:00 UTC"):
        extend_lock(till, extending(), RULES, uuid4())
    till.held = None
    with pytest.raises(NotLocked):
        extend_lock(till, extending(), RULES, uuid4())


def test_deleting_a_lock_that_is_not_there_answers_the_order_and_leaves_the_lock_of_another():
    till = locked()
    assert isinstance(unlock_order(till, unlocking("lock_2")), Order)
    assert till.held is not None
    assert till.releases == 0


def test_an_order_that_cannot_be_told_is_unlocked_all_the_same():
    till = locked()
    till.is_readable = False
    found = unlock_order(till, unlocking())
    assert found == BareOrder(id=SESSION, status=OrderStatus.ACCEPTED, currency="GBP", total=1000, paid=0)
    assert till.held is None


def test_an_order_that_has_left_the_till_is_unlocked_and_told_by_its_payments():
    till = locked()
    till.moves_what_is_paid = True
    pay_order(till, paying(1000, lock_id="lock_1"), RULES, uuid4())
    found = unlock_order(till, unlocking())
    payment = OrderPayment(amount=1000, id="pi_1")
    assert found == BareOrder(id=SESSION, status=OrderStatus.FINALIZED, currency="GBP", payments=(payment,))
    assert till.held is None


def test_what_never_was_an_order_is_not_found():
    till = Memory()
    till.is_there = False
    for act in (
        lambda: lock_order(till, locking(), RULES, uuid4()),
        lambda: extend_lock(till, extending(), RULES, uuid4()),
        lambda: unlock_order(till, unlocking()),
        lambda: pay_order(till, paying(), RULES, uuid4()),
    ):
        with pytest.raises(SessionNotFound):
            act()


def test_a_bill_that_cannot_be_told_is_not_locked_and_a_lock_is_met_before_that_is_said():
    till = Memory()
    till.is_readable = False
    with pytest.raises(RowUnreadable):
        lock_order(till, locking(), RULES, uuid4())
    till.held = Lock(token=uuid4(), locked_at=NOW, terminal="T-1")
    with pytest.raises(AlreadyLocked):
        lock_order(till, locking(), RULES, uuid4())


def test_what_has_ended_is_released_once_and_what_was_extended_meanwhile_is_not():
    till = locked()
    assert till.held is not None
    token = till.held.token or uuid4()
    assert not free_expired(till, SESSION, token)
    till.clock = SOON
    assert not free_expired(till, SESSION, uuid4())
    assert free_expired(till, SESSION, token)
    assert not free_expired(till, SESSION, token)
    assert till.releases == 1


# Payments


def test_a_payment_is_recorded_and_the_order_is_told_with_it():
    till = locked()
    paid = pay_order(till, paying(400, tips=50, lock_id="lock_1"), RULES, uuid4())
    assert isinstance(paid.order, Order)
    assert paid.order.bill is not None
    assert (paid.order.bill.paid, paid.is_repeat) == (400, False)
    (kept,) = till.kept
    assert (kept.payment.base, kept.payment.tips, kept.payment.successful) == (400, 50, True)
    assert till.intents == {kept.payment.id: "pi_1"}


def test_a_repeat_is_answered_with_the_order_and_changes_nothing_whatever_has_become_of_it():
    till = locked()
    first = pay_order(till, paying(1000, lock_id="lock_1"), RULES, uuid4())
    for change in (
        {},
        {"held": None},
        {"total": 2000},
        {"finished_at": NOW},
        {"is_readable": False},
        {"is_there": False},
    ):
        for name, value in change.items():
            setattr(till, name, value)
        again = pay_order(till, paying(1000, lock_id="lock_1", by=ANOTHER), RULES, uuid4())
        assert again.is_repeat
        assert again.payment.id == first.payment.id
    assert len(till.kept) == 1


def test_a_payment_whose_commit_was_not_heard_is_no_repeat_to_the_request_that_recorded_it():
    till, token = locked(), uuid4()
    pay_order(till, paying(400), RULES, token)
    till.uncertain = True
    assert not pay_order(till, paying(400), RULES, token).is_repeat
    assert pay_order(till, paying(400), RULES, uuid4()).is_repeat
    assert len(till.kept) == 1


@pytest.mark.parametrize("other", [{"paid": 401}, {"tips": 1}, {"order_id": uuid4()}])
def test_another_amount_or_order_under_the_same_intent_is_refused(other: dict[str, Any]):
    till = locked()
    pay_order(till, paying(400, lock_id="lock_1"), RULES, uuid4())
    sent = {"requestor": MACHINE, "order_id": SESSION, "intent": "pi_1", "currency": "GBP", "paid": 400, **other}
    with pytest.raises(PaymentDiffers):
        pay_order(till, ask.PayOrder(**sent), RULES, uuid4())
    assert len(till.kept) == 1


def test_the_id_of_a_payment_follows_from_its_intent_for_ever():
    # Made in another way, payments of the days before an update would be entered again.
    assert payment_of(paying(intent="pi_sandbox_1")).id == UUID("5f81b357-7281-5807-b43e-0049ec3f9726")


@pytest.mark.parametrize(
    ("change", "request_", "why"),
    [
        ({}, paying(1001), "only 1000 minor units are due, and 1001 were paid"),
        ({"total": 0}, paying(1), "only 0 minor units are due"),
        ({"total": None}, paying(), "no bill"),
        ({"finished_at": NOW}, paying(), "finished"),
        ({"holds": Holds(partial_payment=False)}, paying(), "part payment"),
        ({"holds": Holds(tips=False)}, paying(1000, tips=1), "tip"),
        ({"held": Lock(token=None, by_till=True)}, paying(), "in use at the till"),
        ({"held": Lock(token=uuid4(), locked_at=NOW, terminal="T-1")}, paying(), "T-1"),
        ({}, ask.PayOrder(requestor=MACHINE, order_id=SESSION, intent="pi_1", currency="EUR", paid=400), "EUR"),
    ],
)
def test_what_cannot_be_recorded_is_refused_before_anything_is_written(
    change: dict[str, Any], request_: ask.PayOrder, why: str
):
    till = Memory()
    for name, value in change.items():
        setattr(till, name, value)
    with pytest.raises((PaymentNotRecorded, AlreadyLocked), match=why):
        pay_order(till, request_, RULES, uuid4())
    assert not till.kept
    assert not till.intents


def test_a_payment_without_a_lock_is_taken_for_the_holders_and_one_under_another_lock_is_refused():
    till = locked()
    pay_order(till, paying(100), RULES, uuid4())
    with pytest.raises(AlreadyLocked):
        pay_order(till, paying(100, "pi_2", lock_id="lock_2"), RULES, uuid4())
    assert len(till.kept) == 1


def test_a_payment_whose_lock_has_ended_is_taken_unless_the_order_has_changed_since():
    till = locked()
    till.clock = SOON
    pay_order(till, paying(100, lock_id="lock_1"), RULES, uuid4())
    till.total = 1100
    with pytest.raises(PaymentNotRecorded, match="has changed"):
        pay_order(till, paying(100, "pi_2", lock_id="lock_1"), RULES, uuid4())
    # Of a lock that was never here nothing is known; what is due decides.
    pay_order(till, paying(100, "pi_3", lock_id="lock_9"), RULES, uuid4())


def test_an_order_that_is_locked_and_so_not_payable_is_paid_all_the_same():
    till = locked()
    order = till.order(SESSION)
    assert order is not None
    assert not order.is_payable
    pay_order(till, paying(lock_id="lock_1"), RULES, uuid4())
    assert till.kept


def test_an_order_that_is_gone_once_it_is_paid_is_told_as_it_was_with_its_payment():
    till = locked()
    till.moves_what_is_paid = True
    found = pay_order(till, paying(1000, tips=70, lock_id="lock_1"), RULES, uuid4()).order
    assert isinstance(found, Order)
    assert found.bill is not None
    assert (found.bill.paid, found.tips, found.status, found.is_payable) == (1000, 70, OrderStatus.FINALIZED, False)
    assert found.payments == (OrderPayment(amount=1000, tip=70, id="pi_1"),)


def test_an_order_that_cannot_be_told_is_paid_and_told_by_its_amounts():
    till = locked()
    till.is_readable = False
    found = pay_order(till, paying(400, lock_id="lock_1"), RULES, uuid4()).order
    payment = OrderPayment(amount=400, id="pi_1")
    assert found == BareOrder(
        id=SESSION, status=OrderStatus.ACCEPTED, currency="GBP", total=1000, paid=400, payments=(payment,)
    )


def test_a_check_that_has_left_the_till_takes_no_further_payment():
    till = locked()
    till.moves_what_is_paid = True
    pay_order(till, paying(1000, lock_id="lock_1"), RULES, uuid4())
    with pytest.raises(PaymentNotRecorded, match="left the till"):
        pay_order(till, paying(1, "pi_2"), RULES, uuid4())


@pytest.mark.parametrize("kind", OrderKind)
def test_only_the_waiter_of_an_order_locks_and_pays_where_that_is_enforced_be_it_one_that_tells_none(kind: OrderKind):
    till, rules = Memory(), RecordingRules(waiter_check=WaiterCheck.ENFORCE)
    till.waiter, till.kind = Waiter(id="7"), kind
    for act in (
        lambda: lock_order(till, locking(), rules, uuid4()),
        lambda: pay_order(till, paying(), rules, uuid4()),
    ):
        with pytest.raises(WaiterIncorrect):
            act()
    lock_order(till, locking(by=ANOTHER), rules, uuid4())
    pay_order(till, paying(lock_id="lock_1", by=ANOTHER), rules, uuid4())


def test_a_payment_of_the_tables_api_meets_an_orders_lock_as_any_other():
    till = locked()
    payment = payment_of(paying(100, "another"))
    record_payment(till, ask.RecordPayment(requestor=MACHINE, payment=payment), RULES, uuid4())
    with pytest.raises(AdapterError):
        pay_order(till, paying(901, lock_id="lock_1"), RULES, uuid4())
