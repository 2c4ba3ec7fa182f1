"""Any sequence of locks, payments, repeats, races and crashes leaves what the documentation promises, to the penny.

Two adapters serve one PostgreSQL, and card machines speak the Tables API and the EPOS Data API, to the same checks. After every
step what is in its tables is compared with a model of plain Python.

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
from tests.property.recording_crashes import ORDERS, At, Fault, Flight, Replicas, Then
from tests.property.recording_model import (
    ALREADY_LOCKED,
    ALREADY_RECORDED,
    CONFLICT,
    CREATE,
    DELETE,
    DONE,
    EXTEND,
    INTERNAL,
    LOCK,
    LOCK_AGE_LIMIT,
    LONGEST_LOCK,
    NOT_LOCKED,
    PAY,
    RECORD,
    SILENCE,
    UNEXPECTED,
    UNLOCK,
    Payment,
    Request,
    Sent,
    explanations,
    paid_under,
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
SHORT, LONG = 5, 365 * 24 * 60
"""Minutes for which a lock is asked for."""
LONGEST_EVENING = 20 * 60
"""Minutes that may pass in one evening: locks that have ended for a day are forgotten."""
SHORT_PATIENCE = 0.03
"""Seconds for which a change is tried again where no connection can be had; 20 in service."""

ANSWERS = {
    *((LOCK, answer) for answer in ("bill", ALREADY_LOCKED)),
    *((UNLOCK, answer) for answer in (DONE, NOT_LOCKED)),
    *((RECORD, answer) for answer in (DONE, NOT_LOCKED)),
    *((method, answer) for method in (CREATE, PAY) for answer in ("order", CONFLICT)),
    *((EXTEND, answer) for answer in (DONE, CONFLICT)),
    (DELETE, "order"),
}
"""What must have been answered to have been tried at all, even in a short run."""

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
methods = st.sampled_from([LOCK, UNLOCK, RECORD, CREATE, EXTEND, DELETE, PAY])
which_locks = st.sampled_from(["none", "its own", "an old one", "a new one"])
lengths = st.sampled_from([SHORT, LONG])
shares = st.integers(1, 99)
protocols = st.sampled_from([LOCK, CREATE])


class Restaurant:
    """Everything that lasts longer than one example."""

    def __init__(self, runner: asyncio.Runner, tables: Tables, adapters: dict[bool, Replicas]) -> None:
        self.runner = runner
        self.tables = tables
        self.adapters = adapters
        self.steps = Counter[str]()
        self.answers = Counter[tuple[str, str]]()
        """By method, and the first word of what was answered."""


class Evening(RuleBasedStateMachine):
    """One evening of two adapters."""

    payments = Bundle("payments")
    intents = Bundle("intents")
    """Of payments over the EPOS Data API: the requests that were first sent for them."""

    def __init__(self, restaurant: Restaurant) -> None:
        super().__init__()
        self.restaurant = restaurant
        self.number = 0
        self.passed = 0
        """Minutes."""

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
        self.delete_order_lock(check)
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

    # What the EPOS Data API asks

    @rule(replica=replicas, check=checks, which=which_locks, minutes=lengths, faults=faults)
    def create_order_lock(self, replica: int, check: int, which: str, minutes: int, faults: Sequence[Fault]) -> None:
        self.send(self.locking(CREATE, check, replica, which, faults, minutes=minutes))

    @rule(replica=replicas, check=checks, which=which_locks, minutes=lengths, faults=faults)
    def extend_order_lock(self, replica: int, check: int, which: str, minutes: int, faults: Sequence[Fault]) -> None:
        self.send(self.locking(EXTEND, check, replica, which, faults, minutes=minutes))

    @rule(replica=replicas, check=checks, which=which_locks, faults=faults)
    def delete_an_order_lock(self, replica: int, check: int, which: str, faults: Sequence[Fault]) -> None:
        self.send(self.locking(DELETE, check, replica, which, faults))

    @rule(target=intents, replica=replicas, check=checks, how=hows, share=shares, which=which_locks, faults=faults)
    def pay_order(self, replica: int, check: int, how: str, share: int, which: str, faults: Sequence[Fault]) -> Request:
        asking = self.paying_order(check, replica, how, share, which, faults)
        self.send(asking)
        return asking.request

    @rule(target=intents, replica=replicas, check=checks, how=hows, share=shares, minutes=lengths, faults=faults)
    def order_visit(
        self, replica: int, check: int, how: str, share: int, minutes: int, faults: Sequence[Fault]
    ) -> Request:
        """What the provider does for each part of a split bill; a copy of the first request shortens and locks nothing."""
        self.free(check)
        creating = self.locking(CREATE, check, replica, "a new one", faults, minutes=minutes)
        self.send(creating)
        self.send(self.asked_again(replace(creating.request, minutes=SHORT), 1 - replica))
        self.send(self.asked_again(replace(creating.request, method=EXTEND), 1 - replica, faults))
        asking = self.paying_order(check, replica, how, share, "its own", faults)
        told = self.send(asking)
        again = self.send(self.asked_again(asking.request, 1 - replica))
        assert (told == [CONFLICT]) == (again == [CONFLICT])
        self.send(self.asked_again(replace(creating.request, method=DELETE, minutes=0), 1 - replica, faults))
        late = self.send(self.asked_again(creating.request, replica))
        assert late == [CONFLICT]
        assert self.model.checks[check].holder is None
        return asking.request

    @rule(earlier=intents, replica=replicas, which=which_locks, faults=faults)
    def pay_order_again(self, earlier: Request, replica: int, which: str, faults: Sequence[Fault]) -> None:
        self.send(self.asked_again(earlier, replica, faults, lock_id=self.lock_id(earlier.check, which)))

    @rule(
        earlier=intents,
        replica=replicas,
        other=st.sampled_from(["base", "tips", "check"]),
        faults=faults,
        at_once=st.booleans(),
    )
    def pay_another_amount_or_order_under_the_same_intent(
        self, earlier: Request, replica: int, other: str, faults: Sequence[Fault], at_once: bool
    ) -> None:
        was = earlier.payment
        assert was is not None
        elsewhere = CHECKS[(CHECKS.index(was.check) + 1) % len(CHECKS)]
        changed = {"base": {"base": was.base + 1}, "tips": {"tips": was.tips + 100}, "check": {"check": elsewhere}}
        another = replace(was, **changed[other])
        asking = [self.asked_again(replace(earlier, check=another.check, payment=another), replica, faults)]
        if at_once:
            asking.append(self.asked_again(earlier, 1 - replica))
        self.send(*asking)

    # Several at the same time

    @rule(
        target=intents,
        check=checks,
        how=hows,
        share=shares,
        which=which_locks,
        faults=st.tuples(faults, faults),
        waits=st.booleans(),
        differs=st.booleans(),
    )
    def race_with_one_intent(
        self,
        check: int,
        how: str,
        share: int,
        which: str,
        faults: tuple[Sequence[Fault], Sequence[Fault]],
        waits: bool,
        differs: bool,
    ) -> Request:
        """A request that is sent again while the first one is still under way; or another amount with its intent."""
        first = self.paying_order(check, 0, how, share, which, faults[0], waits=waits)
        request = first.request
        assert request.payment is not None
        if differs:
            request = replace(request, payment=replace(request.payment, base=request.payment.base + 1))
        answers = self.send(first, self.asked_again(request, 1, faults[1]))
        assert not differs or CONFLICT in answers
        return first.request

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

    @rule(
        check=checks,
        over=st.tuples(protocols, protocols),
        free=st.booleans(),
        faults=st.tuples(faults, faults),
        waits=st.booleans(),
    )
    def race_for_one_lock(
        self,
        check: int,
        over: tuple[str, str],
        free: bool,
        faults: tuple[Sequence[Fault], Sequence[Fault]],
        waits: bool,
    ) -> None:
        if free:
            self.free(check)
        answers = self.send(
            self.wanting(over[0], check, 0, "in full", 1, "a new one", faults[0], waits=waits),
            self.wanting(over[1], check, 1, "in full", 1, "a new one", faults[1]),
        )
        assert sum(answer.startswith(("bill", "order")) for answer in answers if answer is not None) <= 1

    @rule(
        check=checks,
        racers=st.lists(st.tuples(methods, replicas, hows, shares, which_locks, faults), min_size=2, max_size=3),
        waits=st.booleans(),
        ready=st.booleans(),
    )
    def race(
        self,
        check: int,
        racers: list[tuple[str, int, str, int, str, Sequence[Fault]]],
        waits: bool,
        ready: bool,
    ) -> None:
        if ready:
            self.prepare(racers[0][0], check)
        self.send(
            *[
                self.wanting(method, check, replica, how, share, which, faults, waits=waits and not place)
                for place, (method, replica, how, share, which, faults) in enumerate(racers)
            ]
        )

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

    @rule(minutes=st.sampled_from([2 * SHORT, LONGEST_LOCK + 1]))
    def time_passes(self, minutes: int) -> None:
        if self.passed + minutes > LONGEST_EVENING:
            return
        self.passed += minutes
        self.restaurant.tables.let_time_pass(minutes)
        checks = {number: check.later(minutes) for number, check in self.model.checks.items()}
        self.model = replace(self.model, checks=checks)

    @rule()
    def locks_that_have_ended_are_released(self) -> None:
        """By both adapters at once; a lock without an end stays, and so does one that has not ended."""
        self.restaurant.runner.run(self.adapters.sweep())
        self.model = self.model.sweep()
        assert not any(check.has_ended for check in self.model.checks.values())

    # What goes wrong beyond a connection

    @rule(
        target=payments,
        method=methods,
        check=checks,
        how=hows,
        share=shares,
        which=which_locks,
        first=st.just(()) | st.lists(broken, max_size=1),
        end=deadly | leaving,
        rival=st.booleans(),
    )
    def nobody_hears_the_answer(
        self, method: str, check: int, how: str, share: int, which: str, first: Sequence[Fault], end: Fault, rival: bool
    ) -> Any:
        """An adapter dies, or the connection to the provider does; another may be asked for the same meanwhile."""
        self.prepare(method, check)
        asking = self.wanting(method, check, 0, how, share, which, (*first, end))
        rivals = [self.asked_again(asking.request, 1)] if rival else []
        self.send(asking, *rivals)
        return multiple(*([asking.request.payment] if method == RECORD else []))

    @rule(
        target=payments,
        method=methods,
        check=checks,
        how=hows,
        share=shares,
        which=which_locks,
        replica=replicas,
        first=st.just(()) | st.lists(broken, max_size=1),
        end=absent,
    )
    def the_database_goes_away(
        self,
        method: str,
        check: int,
        how: str,
        share: int,
        which: str,
        replica: int,
        first: Sequence[Fault],
        end: Fault,
    ) -> Any:
        self.prepare(method, check)
        asking = self.wanting(method, check, replica, how, share, which, (*first, end))
        sent = self.restaurant.runner.run(self.adapters.send_impatiently(asking, SHORT_PATIENCE))
        self.explain([asking], [sent])
        if asking.reached is end:
            assert sent.answer == (SILENCE if method == PAY else UNEXPECTED if method in ORDERS else INTERNAL)
            assert method == PAY or ("may or may not" in asking.reason) == bool(asking.runs)
        return multiple(*([asking.request.payment] if method == RECORD else []))

    def prepare(self, method: str, check: int) -> None:
        """Have a request come as far as COMMIT when nothing goes wrong."""
        held = self.model.checks[check]
        if method in (LOCK, CREATE):
            self.free(check)
        elif method in (UNLOCK, RECORD) and (held.holder is None or held.lock_id is not None):
            self.free(check)
            self.send(self.asking(LOCK, check, 1))
        elif method in (EXTEND, DELETE) and (held.lock_id is None or held.has_ended):
            self.free(check)
            self.send(self.locking(CREATE, check, 1, "a new one", minutes=LONG))

    def free(self, check: int) -> None:
        """Have nobody hold a check."""
        self.delete_order_lock(check)
        if self.model.checks[check].holder is not None:
            self.send(self.asking(UNLOCK, check, 1))

    def delete_order_lock(self, check: int) -> None:
        """Have nobody hold a check by a lock of the EPOS Data API."""
        if self.model.checks[check].lock_id is not None:
            self.send(self.locking(DELETE, check, 1, "its own"))

    # How it is done

    def asking(
        self,
        method: str,
        check: int,
        replica: int,
        faults: Sequence[Fault] = (),
        *,
        waits: bool = False,
        **more: Any,
    ) -> Flight:
        self.number += 1
        request = Request(method=method, check=check, terminal=f"terminal {self.number}", **more)
        return Flight(request, replica, faults, waits=waits)

    def asked_again(self, request: Request, replica: int, faults: Sequence[Fault] = (), **changed: Any) -> Flight:
        """The same request, from a terminal of its own."""
        self.number += 1
        return Flight(replace(request, terminal=f"terminal {self.number}", **changed), replica, faults)

    def wanting(
        self,
        method: str,
        check: int,
        replica: int,
        how: str,
        share: int,
        which: str,
        faults: Sequence[Fault] = (),
        *,
        waits: bool = False,
    ) -> Flight:
        """Any request."""
        if method == RECORD:
            return self.paying(self.payment(check, how, share), replica, faults, waits=waits)
        if method == PAY:
            return self.paying_order(check, replica, how, share, which, faults, waits=waits)
        if method in ORDERS:
            return self.locking(
                method, check, replica, which, faults, waits=waits, minutes=LONG if share % 2 else SHORT
            )
        return self.asking(method, check, replica, faults, waits=waits)

    def locking(
        self, method: str, check: int, replica: int, which: str, faults: Sequence[Fault] = (), **more: Any
    ) -> Flight:
        """A request about a lock of the EPOS Data API, which must have an id."""
        lock_id = self.lock_id(check, which if which != "none" else "a new one")
        return self.asking(method, check, replica, faults, lock_id=lock_id, **more)

    def lock_id(self, check: int, which: str) -> str:
        """The id of a lock of a check; of a new one where it has none of that kind."""
        held = self.model.checks[check]
        old = next((key for key in held.locks if key != held.lock_id), None)
        found = {"none": "", "its own": held.lock_id, "an old one": old}.get(which)
        return f"lock_{self.number}" if found is None else found

    def paying_order(
        self,
        check: int,
        replica: int,
        how: str,
        share: int,
        which: str,
        faults: Sequence[Fault] = (),
        *,
        waits: bool = False,
    ) -> Flight:
        """A payment over the EPOS Data API, of something at least: no declined one is told."""
        wanted = self.payment(check, how, share)
        intent = f"pi_{self.number}"
        payment = paid_under(intent, check, max(wanted.base, 1), wanted.tips)
        lock_id = self.lock_id(check, which)
        return self.asking(PAY, check, replica, faults, waits=waits, payment=payment, intent=intent, lock_id=lock_id)

    def paying(self, payment: Payment, replica: int, faults: Sequence[Fault] = (), *, waits: bool = False) -> Flight:
        return self.asking(RECORD, payment.check, replica, faults, payment=payment, waits=waits)

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
        self.restaurant.answers.update((one.request.method, (one.answer or "nobody").split()[0]) for one in sent)
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
        print(dict(sorted(evenings.answers.items())))  # noqa: T201
    assert evenings.steps["faults"] > 50
    assert set(evenings.answers) >= ANSWERS
