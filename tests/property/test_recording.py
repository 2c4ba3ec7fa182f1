"""Any sequence of locks, payments, repeats, races and crashes leaves what the documentation promises, to the penny.

Two adapters serve one PostgreSQL. After every step what is in its tables is compared with a model of plain Python.

EPOS_TEST_RECORDING_EXAMPLES=300 runs that many evenings, longer ones and other ones every time, about two seconds each,
and binds the mapping again in every adapter that takes another's place. With `-s` it tells how many steps they took.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from adapter.config import Config
from adapter.mapping.load import load_mapping
from tests.conftest import driver_url
from tests.property import recording_crashes as crashes
from tests.property.recording_crashes import At, Fault, Flight, Replicas, Then
from tests.property.recording_model import (
    ALREADY_RECORDED,
    DONE,
    INTERNAL,
    LOCK_AGE_LIMIT,
    Payment,
    Request,
    Sent,
    explanations,
)
from tests.property.recording_tables import Tables

FLOREANT = Path(__file__).parent.parent.parent / "mappings" / "floreant.toml"
EXAMPLES = int(os.environ.get("EPOS_TEST_RECORDING_EXAMPLES", "0"))
PROFILE = settings(
    max_examples=EXAMPLES or 20,
    stateful_step_count=50 if EXAMPLES else 30,
    derandomize=not EXAMPLES,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

CHECKS = (5101, 5102, 5103, 5104, 5112)
"""One by itself, one that is part paid and has a gratuity in its total, two of one table (one of them full of NULLs),
and a bar tab, which stays open when it is paid."""
SHORT_PATIENCE = 0.03
"""Seconds for which a change is tried again where no connection can be had; 20 in service."""

replicas = st.integers(0, 1)
checks = st.sampled_from(CHECKS)
hows = st.sampled_from(["in full", "a part", "too much", "with a tip", "declined"])
broken = st.builds(Fault, at=st.sampled_from(At), statement=st.integers(0, 9))
"""The adapter lives on, and other connections can be had."""
faults = st.just(()) | st.lists(broken, min_size=1, max_size=3)
deadly = st.builds(Fault, at=st.sampled_from(At), statement=st.integers(0, 9), then=st.just(Then.KILLED))
leaving = st.builds(
    Fault, at=st.sampled_from([At.STATEMENT, At.UNSENT]), statement=st.integers(0, 9), then=st.just(Then.GONE)
)
absent = st.builds(Fault, at=st.sampled_from(At), statement=st.integers(0, 5), then=st.just(Then.AWAY))
others = st.sampled_from(["base", "tips", "cashback", "success", "time", "check"])
methods = st.sampled_from(["LockSession", "UnlockSession", "RecordPayment"])


class Restaurant:
    """Everything that lasts longer than one example."""

    def __init__(self, runner: asyncio.Runner, tables: Tables, adapters: dict[bool, Replicas]) -> None:
        self.runner = runner
        self.tables = tables
        self.adapters = adapters
        self.steps = Counter[str]()


class Evening(RuleBasedStateMachine):
    """One evening of two adapters."""

    payments = Bundle("payments")

    def __init__(self, restaurant: Restaurant) -> None:
        super().__init__()
        self.restaurant = restaurant
        self.number = 0

    @initialize(acknowledges_duplicates_first=st.booleans())
    def open(self, *, acknowledges_duplicates_first: bool) -> None:
        self.adapters = self.restaurant.adapters[acknowledges_duplicates_first]
        self.model = self.restaurant.tables.restore(acknowledges_duplicates_first=acknowledges_duplicates_first)

    # What terminals do

    @rule(replica=replicas, check=checks, faults=faults)
    def lock(self, replica: int, check: int, faults: Sequence[Fault]) -> None:
        self.send(self.asking("LockSession", check, replica, faults))

    @rule(replica=replicas, check=checks, faults=faults)
    def unlock(self, replica: int, check: int, faults: Sequence[Fault]) -> None:
        self.send(self.asking("UnlockSession", check, replica, faults))

    @rule(target=payments, replica=replicas, check=checks, how=hows, share=st.integers(1, 99), faults=faults)
    def pay(self, replica: int, check: int, how: str, share: int, faults: Sequence[Fault]) -> Payment:
        payment = self.payment(check, how, share)
        self.send(self.paying(payment, replica, faults))
        return payment

    @rule(target=payments, replica=replicas, check=checks, how=hows, share=st.integers(1, 99), faults=faults)
    def visit(self, replica: int, check: int, how: str, share: int, faults: Sequence[Fault]) -> Payment:
        """What the provider does for each part of a split bill; it sends a payment again until it is acknowledged."""
        payment = self.payment(check, how, share)
        self.send(self.asking("LockSession", check, replica))
        self.send(self.paying(payment, replica, faults))
        (answer,) = self.send(self.paying(payment, 1 - replica))
        assert answer == ALREADY_RECORDED
        self.send(self.asking("UnlockSession", check, 1 - replica, faults))
        assert self.model.checks[check].holder is None
        return payment

    @rule(payment=payments, replica=replicas, faults=faults)
    def repeat(self, payment: Payment, replica: int, faults: Sequence[Fault]) -> None:
        self.send(self.paying(payment, replica, faults))

    @rule(target=payments, payment=payments, replica=replicas, other=others, faults=faults)
    def pay_under_the_same_id(self, payment: Payment, replica: int, other: str, faults: Sequence[Fault]) -> Payment:
        elsewhere = CHECKS[(CHECKS.index(payment.check) + 1) % len(CHECKS)]
        changed = {
            "base": {"base": payment.base + 1},
            "tips": {"tips": payment.tips + 100},
            "cashback": {"cashback": payment.cashback + 500},
            "success": {"successful": not payment.successful},
            "time": {"attempted_at": payment.attempted_at + timedelta(milliseconds=1)},
            "check": {"check": elsewhere},
        }[other]
        another = replace(payment, **changed)
        self.send(self.paying(another, replica, faults))
        return another

    # Several at the same time

    @rule(
        target=payments,
        check=checks,
        how=hows,
        share=st.integers(1, 99),
        locks=st.booleans(),
        faults=st.tuples(faults, faults),
        waits=st.booleans(),
    )
    def race_with_one_payment(
        self,
        check: int,
        how: str,
        share: int,
        locks: bool,
        faults: tuple[Sequence[Fault], Sequence[Fault]],
        waits: bool,
    ) -> Payment:
        if locks:
            self.send(self.asking("LockSession", check, 0))
        payment = self.payment(check, how, share)
        answers = self.send(self.paying(payment, 0, faults[0], waits=waits), self.paying(payment, 1, faults[1]))
        assert answers.count(DONE) <= 1
        return payment

    @rule(check=checks, free=st.booleans(), faults=st.tuples(faults, faults), waits=st.booleans())
    def race_for_one_lock(
        self, check: int, free: bool, faults: tuple[Sequence[Fault], Sequence[Fault]], waits: bool
    ) -> None:
        if free:
            self.send(self.asking("UnlockSession", check, 0))
        asking = [self.asking("LockSession", check, 0, faults[0], waits=waits)]
        asking.append(self.asking("LockSession", check, 1, faults[1]))
        answers = self.send(*asking)
        assert sum(answer.startswith("bill") for answer in answers if answer is not None) <= 1

    @rule(
        target=payments,
        check=checks,
        racers=st.lists(st.tuples(methods, replicas, hows, st.integers(1, 99), faults), min_size=2, max_size=3),
        waits=st.booleans(),
        ready=st.booleans(),
    )
    def race(
        self,
        check: int,
        racers: list[tuple[str, int, str, int, Sequence[Fault]]],
        waits: bool,
        ready: bool,
    ) -> Any:
        if ready:
            self.prepare(racers[0][0], check)
        made: list[Payment] = []
        flights: list[Flight] = []
        for method, replica, how, share, faults in racers:
            may_wait = waits and not flights
            if method == "RecordPayment":
                made.append(self.payment(check, how, share))
                flights.append(self.paying(made[-1], replica, faults, waits=may_wait))
            else:
                flights.append(self.asking(method, check, replica, faults, waits=may_wait))
        self.send(*flights)
        return multiple(*made)

    # What the till and time do

    @rule(check=checks, pence=st.integers(1, 5000))
    def the_till_adds_a_line(self, check: int, pence: int) -> None:
        if self.model.checks[check].stored["settled"]:
            return  # nobody orders on a check that is closed
        after = self.model.checks[check].add(pence)
        self.restaurant.tables.add_line(check, pence, after)
        self.model = self.model.with_check(check, after)

    @rule(check=checks, minutes=st.sampled_from([2, LOCK_AGE_LIMIT + 1]))
    def a_lock_grows_older(self, check: int, minutes: int) -> None:
        if self.model.checks[check].holder is None:
            return  # no precondition: which of two racers was faster must not change what is drawn next
        self.restaurant.tables.age_lock(check, minutes)
        self.model = self.model.with_check(check, self.model.checks[check].older(minutes))

    # What goes wrong beyond a connection

    @rule(
        target=payments,
        method=methods,
        check=checks,
        how=hows,
        share=st.integers(1, 99),
        first=st.just(()) | st.lists(broken, max_size=1),
        end=deadly | leaving,
        rival=st.booleans(),
    )
    def nobody_hears_the_answer(
        self, method: str, check: int, how: str, share: int, first: Sequence[Fault], end: Fault, rival: bool
    ) -> Any:
        """An adapter dies, or the connection to the provider does; another may be asked for the same meanwhile."""
        self.prepare(method, check)
        payment = self.payment(check, how, share) if method == "RecordPayment" else None
        rivals = [self.asking(method, check, 1, payment=payment)] if rival else []
        self.send(self.asking(method, check, 0, (*first, end), payment=payment), *rivals)
        return multiple(*([payment] if payment else []))

    @rule(
        target=payments,
        method=methods,
        check=checks,
        how=hows,
        share=st.integers(1, 99),
        replica=replicas,
        first=st.just(()) | st.lists(broken, max_size=1),
        end=absent,
    )
    def the_database_goes_away(
        self, method: str, check: int, how: str, share: int, replica: int, first: Sequence[Fault], end: Fault
    ) -> Any:
        self.prepare(method, check)
        payment = self.payment(check, how, share) if method == "RecordPayment" else None
        asking = self.asking(method, check, replica, (*first, end), payment=payment)
        sent = self.restaurant.runner.run(self.adapters.send_impatiently(asking, SHORT_PATIENCE))
        self.explain([asking], [sent])
        if asking.reached is end:
            assert sent.answer == INTERNAL
        if sent.answer == INTERNAL:
            assert ("may or may not" in asking.reason) == bool(asking.runs)
        return multiple(*([payment] if payment else []))

    def prepare(self, method: str, check: int) -> None:
        """Have a request come as far as COMMIT when nothing goes wrong."""
        is_locked = self.model.checks[check].holder is not None
        if is_locked is (method == "LockSession"):
            self.send(self.asking("UnlockSession" if is_locked else "LockSession", check, 1))

    # How it is done

    def asking(
        self,
        method: str,
        check: int,
        replica: int,
        faults: Sequence[Fault] = (),
        *,
        payment: Payment | None = None,
        waits: bool = False,
    ) -> Flight:
        self.number += 1
        request = Request(method=method, check=check, terminal=f"terminal {self.number}", payment=payment)
        return Flight(request, replica, faults, waits=waits)

    def paying(self, payment: Payment, replica: int, faults: Sequence[Fault] = (), *, waits: bool = False) -> Flight:
        return self.asking("RecordPayment", payment.check, replica, faults, payment=payment, waits=waits)

    def payment(self, check: int, how: str, share: int) -> Payment:
        """A new payment; `share` is in percent of what is due."""
        self.number += 1
        due = self.model.checks[check].due
        base = {"a part": due * share // 100, "too much": due + share}.get(how, due)
        return Payment(
            id=UUID(int=self.number),
            check=check,
            base=base,
            tips=share * 5 if how == "with a tip" else 0,
            successful=how != "declined",
            attempted_at=datetime(2026, 11, 20, 21, 40, tzinfo=UTC) + timedelta(seconds=self.number),
        )

    def send(self, *flights: Flight) -> list[str | None]:
        """Send requests at the same time; their answers must be those of the model, in an order that it allows."""
        sent = self.restaurant.runner.run(self.adapters.send(flights))
        self.explain(flights, sent)
        return [one.answer for one in sent]

    def explain(self, flights: Sequence[Flight], sent: Sequence[Sent]) -> None:
        """Go on to a model that explains what was answered and what is in the tables."""
        cut = [process for flight in flights for process in flight.cut]
        self.restaurant.tables.wait_until_gone(cut)
        self.restaurant.steps["requests"] += len(flights)
        self.restaurant.steps["faults"] += sum(flight.reached is not None for flight in flights)
        possible = list(explanations(self.model, sent))
        reasons = [flight.reason for flight in flights]
        before = {one.request.check: self.model.checks[one.request.check] for one in sent}
        assert possible, f"no order of these explains their answers: {sent} {reasons}, from {before}"
        assert not self.adapters.bugs
        # Which order it was can often not be told from the answers; the tables must then fit one of them.
        known = possible[1:] and next(filter(self.restaurant.tables.fit, possible), None)
        self.model = known or possible[0]

    @invariant()
    def the_tables_hold_what_they_must(self) -> None:
        self.restaurant.steps["steps"] += 1
        self.restaurant.tables.check(self.model)


@pytest.fixture
def evenings(own_restaurant: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Restaurant]:
    url = own_restaurant("floreant")
    crashes.install(monkeypatch)
    mapping = load_mapping(FLOREANT)
    with asyncio.Runner() as runner, psycopg.connect(driver_url(url), autocommit=True) as connection:
        adapters: dict[bool, Replicas] = {}
        for first in (False, True):
            rules = {"lock_age_limit_minutes": LOCK_AGE_LIMIT, "acknowledge_duplicates_first": first}
            config = Config.model_validate({"mapping": "floreant", "database": {"url": url}, "rules": rules})
            adapters[first] = Replicas(config, mapping, binds_anew=bool(EXAMPLES))
            runner.run(adapters[first].start())
        yield Restaurant(runner, Tables(connection), adapters)
        for each in adapters.values():
            runner.run(each.close())


def test_whatever_happens_every_acknowledged_payment_is_recorded_exactly_once_and_nothing_else(evenings: Restaurant):
    started = time.monotonic()
    run_state_machine_as_test(lambda: Evening(evenings), settings=PROFILE)
    if EXAMPLES:
        print(f"{dict(evenings.steps)} in {time.monotonic() - started:.0f} s")  # noqa: T201
    assert evenings.steps["faults"] > 50
