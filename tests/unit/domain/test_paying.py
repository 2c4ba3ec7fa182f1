"""What is answered over the EPOS Data API when the database does not say what became of it, or the till was changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from adapter.domain import requests as ask
from adapter.domain.order_recording import lock_order, payment_of
from adapter.domain.orders import BareOrder, Order, OrderPayment, OrderStatus
from adapter.domain.recording import RecordingRules
from adapter.domain.service import Service
from adapter.errors import (
    CommitRefused,
    DatabaseBusy,
    DatabaseUnavailable,
    MappingMismatch,
    NotEnabled,
    OutcomeUnknown,
    PaymentDiffers,
    PaymentNotRecorded,
    PaymentRefused,
    StoreError,
    TooSlow,
)
from adapter.events import Event, PaymentFlagged, PaymentKept, PaymentTurnedDown
from tests.unit.domain.memory import MACHINE, NOW, SESSION, Memory


class Store:
    """Runs units on a till in memory; what is in `fails` happens to the next ones instead."""

    def __init__(self) -> None:
        self.till = Memory()
        self.fails: list[BaseException | None] = []
        self.unheard: list[bool] = []

    async def write(self, unit: Callable[[Any], Any], *, even_unheard: bool = True) -> Any:
        self.unheard.append(even_unheard)
        failure = self.fails.pop(0) if self.fails else None
        if failure is not None:
            raise failure
        return unit(self.till)


class House:
    """A service, its store, and what it said."""

    def __init__(self) -> None:
        self.store = Store()
        self.said: list[Event] = []
        self._service = Service(self.store, recording_rules=RecordingRules(), emit=self.said.append)  # type: ignore[arg-type]

    def pay(self, paid: int = 400) -> Any:
        request = ask.PayOrder(requestor=MACHINE, order_id=SESSION, intent="pi_1", currency="GBP", paid=paid)
        return self.ask(request)

    def ask(self, request: ask.Request) -> Any:
        return asyncio.run(self._service.answer(request))

    def kinds(self) -> list[str]:
        return [type(event).__name__ + getattr(event, "kind", "") for event in self.said]


def test_a_payment_is_told_as_kept_once_however_often_it_comes():
    house = House()
    for _ in range(3):
        assert isinstance(house.pay(), Order)
    assert house.kinds() == ["PaymentKept"]
    assert house.store.unheard == [False] * 3


@pytest.mark.parametrize("failure", [DatabaseUnavailable, DatabaseBusy, TooSlow, OutcomeUnknown])
def test_while_the_database_cannot_be_asked_nobody_knows_and_the_next_answer_clears_it_up(failure: type[StoreError]):
    house = House()
    house.pay()
    house.store.fails = [failure("away")]
    with pytest.raises(OutcomeUnknown, match="not known whether this payment is recorded"):
        house.pay()
    assert isinstance(house.pay(), Order)
    assert house.kinds() == ["PaymentKept", "PaymentFlaggedunknown_at_till", "PaymentKept"]


def test_a_refusal_is_kept_before_it_is_told_and_stays():
    house = House()
    with pytest.raises(PaymentNotRecorded):
        house.pay(1001)
    assert house.store.till.refusals
    house.store.till.total = 2000
    with pytest.raises(PaymentRefused):
        house.pay(1001)
    assert house.kinds() == ["PaymentTurnedDown", "PaymentTurnedDown"]
    assert not house.store.till.kept


def test_a_refusal_that_cannot_be_kept_is_not_told():
    house = House()
    house.store.fails = [None, DatabaseUnavailable("away")]
    with pytest.raises(OutcomeUnknown):
        house.pay(1001)


def test_a_payment_that_was_recorded_meanwhile_is_acknowledged_and_not_refused():
    house = House()
    house.pay()
    # As another adapter saw it before the first had written.
    house.store.fails = [PaymentNotRecorded("only 0 minor units are due")]
    assert isinstance(house.pay(), Order)


def test_what_the_database_refuses_to_commit_is_refused_for_good():
    house = House()
    house.store.fails = [CommitRefused("it says no")]
    with pytest.raises(PaymentNotRecorded, match="the till cannot take it: it says no"):
        house.pay()
    assert payment_of(ask.PayOrder(requestor=MACHINE, order_id=SESSION, intent="pi_1", currency="GBP", paid=1)).id in (
        house.store.till.refusals
    )


def test_an_error_of_the_database_is_a_failure_once_that_is_kept():
    house = House()
    house.store.fails = [StoreError("the database reports an error (23514)")]
    with pytest.raises(StoreError, match="23514"):
        house.pay()
    assert house.store.till.refusals


def test_where_nothing_can_be_recorded_nothing_needs_to_be_kept():
    house = House()
    house.store.fails = [NotEnabled("no ledger")]
    with pytest.raises(NotEnabled):
        house.pay()
    assert house.kinds() == []
    house.store.fails = [PaymentNotRecorded("no"), NotEnabled("no ledger")]
    with pytest.raises(PaymentNotRecorded):
        house.pay()


OUTGROWN = MappingMismatch("the mapping does not fit the database: column ticket.id is gone")


def test_a_payment_that_was_recorded_is_acknowledged_though_the_till_has_been_changed_and_no_order_can_be_held():
    house = House()
    house.pay()
    house.store.fails = [OUTGROWN, None] * 3
    payment = OrderPayment(amount=400, id="pi_1")
    assert house.pay() == BareOrder(id=SESSION, status=OrderStatus.ACCEPTED, currency="GBP", payments=(payment,))
    house.store.fails = [OUTGROWN, None] * 3
    with pytest.raises(PaymentDiffers):
        house.pay(401)


def test_one_that_was_refused_stays_so_and_one_of_which_nothing_is_kept_is_refused_with_what_is_wrong():
    house = House()
    house.store.fails = [OUTGROWN, OUTGROWN]
    with pytest.raises(MappingMismatch):
        house.pay()
    assert not house.store.till.refusals
    house.store.fails = [OUTGROWN]
    with pytest.raises(MappingMismatch):
        house.pay()
    house.store.fails = [OUTGROWN, OUTGROWN]
    with pytest.raises(PaymentRefused, match="the mapping does not fit"):
        house.pay()


def test_while_the_mapping_does_not_fit_at_all_nobody_knows_what_became_of_a_payment():
    house = House()
    house.pay()
    house.store.fails = [OUTGROWN] * 3
    with pytest.raises(OutcomeUnknown, match=r"ticket\.id"):
        house.pay()
    assert house.kinds() == ["PaymentKept", "PaymentFlaggedunknown_at_till"]


def test_a_caller_who_goes_away_has_not_heard():
    house = House()
    house.store.fails = [asyncio.CancelledError()]
    with pytest.raises(asyncio.CancelledError):
        house.pay()
    assert house.kinds() == ["PaymentFlaggedunknown_at_till"]
    assert [event for event in house.said if isinstance(event, (PaymentKept, PaymentTurnedDown))] == []
    assert isinstance(house.said[0], PaymentFlagged)


def test_a_lock_is_released_though_an_update_of_the_till_keeps_its_order_from_being_read():
    house = House()
    locking = ask.LockOrder(requestor=MACHINE, order_id=SESSION, lock_id="lock_1", expiry=NOW + timedelta(minutes=5))
    lock_order(house.store.till, locking, RecordingRules(), uuid4())
    house.store.fails = [OUTGROWN]
    request = ask.UnlockOrder(requestor=MACHINE, order_id=SESSION, lock_id="lock_1")
    assert house.ask(request) == BareOrder(id=SESSION, status=OrderStatus.ACCEPTED)
    assert house.store.till.held is None
