"""Whatever breaks: a payment over the EPOS Data API that was answered with success is there once, and with an error never.

Two services answer over one till in memory. Each run of a transaction may find the database busy or away, and be lost before
its COMMIT or after it; what the provider was told is compared with what the till holds after every step.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.domain import requests as ask
from adapter.domain.order_recording import payment_of
from adapter.domain.payments import Lock
from adapter.domain.recording import RecordingRules
from adapter.domain.service import Service
from adapter.errors import AdapterError, DatabaseBusy, DatabaseUnavailable, OutcomeUnknown, StoreError
from tests.unit.domain.memory import MACHINE, SESSION, Memory

RUNS = ("well", "well", "well", "busy", "undone", "unheard", "away")
"""What may become of a run: done and heard; not begun; lost before COMMIT; lost after it; and nobody can be asked any more."""


class Store:
    """Runs units on copies of a till, and keeps the copy where the run was committed."""

    def __init__(self) -> None:
        self.till = Memory()
        self.to_come: list[str] = []
        self.later: list[Callable[[Any], object]] = []

    async def write(self, unit: Callable[[Any], Any], *, insists: bool = True, **_: bool) -> Any:
        """As `adapter.store.writing` does it."""
        is_uncertain = False
        while True:
            becomes = self.to_come.pop(0) if self.to_come else "well"
            if becomes == "away":
                raise OutcomeUnknown("away") if is_uncertain else DatabaseUnavailable("away")
            if becomes == "busy":
                if not insists:
                    raise DatabaseBusy("busy")
                continue
            copied = copy.deepcopy(self.till)
            copied.uncertain = is_uncertain
            try:
                answer = unit(copied)
            except DatabaseBusy:
                continue
            if becomes == "undone":
                is_uncertain = True
                continue
            self.till = copied
            if becomes == "unheard":
                is_uncertain = True
                continue
            return answer

    async def expired_locks(self) -> Sequence[tuple[UUID, UUID]]:
        held = self.till.held
        is_over = held is not None and held.is_over(self.till.clock)
        return [(SESSION, held.token)] if held is not None and held.token is not None and is_over else []

    def write_later(self, unit: Callable[[Any], object]) -> None:
        self.later.append(unit)


class Evening:
    """Two services, and what the provider was told by them."""

    def __init__(self) -> None:
        self.store = Store()
        self.services = [
            Service(self.store, recording_rules=RecordingRules(), emit=lambda _: None)  # type: ignore[arg-type]
            for _ in range(2)
        ]
        self.told: dict[tuple[str, int], str] = {}

    @property
    def till(self) -> Memory:
        return self.store.till

    def pay(self, service: int, intent: str, paid: int, lock_id: str | None) -> None:
        found = self._answer(service, paying(intent, paid, lock_id))
        assert found != "failed", "an error of the database is no answer to a payment"
        if found != "unknown":
            assert self.told.get((intent, paid)) in (None, found), "the provider was told two things of one payment"
            self.told[intent, paid] = found

    def lock(self, service: int, lock_id: str) -> None:
        before = self.till.held
        if self._answer(service, ask.LockOrder(lock_id=lock_id, **self._until())) == "done":
            assert self.till.held is not None
            assert self.till.held.is_of(lock_id)
            assert before is None or before.is_of(lock_id) or before.is_over(self.till.clock)

    def extend(self, service: int, lock_id: str) -> None:
        if self._answer(service, ask.ExtendLock(lock_id=lock_id, **self._until())) == "done":
            assert self.till.held is not None
            assert self.till.held.is_of(lock_id)

    def delete(self, service: int, lock_id: str) -> None:
        before = self.till.held
        request = ask.UnlockOrder(requestor=MACHINE, order_id=SESSION, lock_id=lock_id)
        if self._answer(service, request) == "done":
            assert self.till.held is None or not self.till.held.is_of(lock_id)
        if before is not None and not before.is_of(lock_id):
            assert self.till.held == before

    def sweep(self) -> None:
        is_well = not self.store.to_come
        with suppress(StoreError):
            run(self.services[0].free_expired_locks())
        if is_well:
            assert self.till.held is None or not self.till.held.is_over(self.till.clock)

    def time(self) -> None:
        self.till.clock += timedelta(minutes=4)

    def order(self) -> None:
        self.till.total = (self.till.total or 0) + 500

    def till_takes_it(self) -> None:
        self.till.held = Lock(token=None, by_till=True)

    def till_lets_go(self) -> None:
        if self.till.held is not None and self.till.held.by_till:
            self.till.held = None

    def ends(self) -> None:
        """Everything can be asked, and is: whatever was not answered before is now."""
        self.till_lets_go()
        for intent in INTENTS:
            for paid in AMOUNTS:
                self.pay(0, intent, paid, None)
                assert self.told[intent, paid] in ("done", "refused")

    def judge(self) -> None:
        """What was told is what is there."""
        kept = Counter(one.payment.id for one in self.till.kept)
        assert set(kept.values()) <= {1}
        amounts = {one.payment.id: one.payment.base for one in self.till.kept}
        for (intent, paid), told in self.told.items():
            is_there = amounts.get(payment_of(paying(intent, paid)).id) == paid
            assert is_there == (told == "done"), (intent, paid, told)
        assert not set(self.till.refusals) & set(kept)
        assert self.till.total is None or sum(amounts.values()) <= self.till.total

    def _until(self) -> dict[str, Any]:
        return {"requestor": MACHINE, "order_id": SESSION, "expiry": self.till.clock + timedelta(minutes=5)}

    def _answer(self, service: int, request: ask.Request) -> str:
        try:
            run(self.services[service].answer(request))
        except OutcomeUnknown:
            return "unknown"
        except StoreError:
            return "failed"
        except AdapterError:
            return "refused"
        return "done"


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine gives that never waits."""
    try:
        work.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("it waits")


def paying(intent: str, paid: int, lock_id: str | None = None) -> ask.PayOrder:
    return ask.PayOrder(requestor=MACHINE, order_id=SESSION, intent=intent, currency="GBP", paid=paid, lock_id=lock_id)


INTENTS = ("pi_1", "pi_2", "pi_3")
AMOUNTS = (300, 700, 1001)
services = st.integers(0, 1)
locks = st.sampled_from(["lock_1", "lock_2"])
steps = st.one_of(
    st.tuples(st.just("pay"), services, st.sampled_from(INTENTS), st.sampled_from(AMOUNTS), st.none() | locks),
    st.tuples(st.sampled_from(["lock", "extend", "delete"]), services, locks),
    st.tuples(st.sampled_from(["sweep", "time", "order", "till_takes_it", "till_lets_go"])),
)
broken = st.lists(st.sampled_from(RUNS), max_size=6)


@settings(max_examples=200, deadline=None, database=None, derandomize=True)
@given(st.lists(st.tuples(steps, broken), max_size=25))
def test_what_the_provider_was_told_of_a_payment_is_what_the_till_has(
    evening: list[tuple[tuple[Any, ...], list[str]]],
):
    it = Evening()
    for (step, *values), becomes in evening:
        it.store.to_come = list(becomes)
        getattr(it, step)(*values)
        it.store.to_come = []
        it.judge()
    it.ends()
    it.judge()
