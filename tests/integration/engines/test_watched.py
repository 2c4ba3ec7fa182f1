"""What the status page asks of a ledger, on every engine that we run: locks, payments to look at, and whether it is there."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from adapter.domain.payments import CardDetails, Kept, Payment, Recorded
from adapter.domain.requests import Requestor
from adapter.store.ledger import Ledger

TERMINAL = Requestor(is_card_machine=True, terminal_id="T-4")
NOW = datetime.now(UTC)


@pytest.fixture
def ledger(place: Any) -> Ledger:
    made = Ledger("epos_adapter", place.engine)
    for plan in made.creation_plans():
        # One by one: some engines end a transaction with every table that is made.
        place.run(place.database.write(lambda writer, plan=plan: writer.define(plan)))
    return made


def keep(number: int, flags: Recorded, *, successful: bool = True, status: str = "SUCCESSFUL") -> Kept:
    payment = Payment(
        id=UUID(int=number),
        session_id=UUID(int=7),
        currency="GBP",
        base=100,
        tips=0,
        cashback=0,
        successful=successful,
        attempted_at=NOW,
        details=CardDetails(status=status),
    )
    return Kept(payment=payment, token=UUID(int=99), flags=flags)


def test_payments_to_look_at_and_open_locks_are_told_alike_on_every_engine(place: Any, ledger: Ledger):
    payments = (
        keep(1, Recorded()),
        keep(2, Recorded(over_payment=True)),
        keep(3, Recorded(conflict=True, over_payment=True)),
        keep(4, Recorded(), successful=False, status="UNKNOWN"),
        keep(5, Recorded(), successful=False, status="DECLINED"),
        keep(6, Recorded(), status="UNKNOWN"),
    )

    def fill(writer: Any) -> None:
        for one in payments:
            ledger.keep(writer, one, TERMINAL)
        ledger.lock(writer, UUID(int=7), UUID(int=99), TERMINAL)
        ledger.missing(writer, 1)

    assert place.run(place.database.read(ledger.flagged)) == []
    place.run(place.database.write(fill))
    flagged = place.run(place.database.read(ledger.flagged))
    assert [(one.payment_id.int, one.kinds) for one in flagged] == [
        (4, ("unknown_at_provider",)),
        (3, ("conflict", "over_payment")),
        (2, ("over_payment",)),
        (1, ("gone",)),
    ]
    assert all(abs((one.recorded_at - datetime.now(UTC)).total_seconds()) < 600 for one in flagged)
    (lock,) = place.run(place.database.read(ledger.locks))
    assert (lock.session_id.int, lock.lock.terminal) == (7, "T-4")


def test_a_database_is_asked_for_nothing_to_see_whether_it_is_there(place: Any):
    place.run(place.database.is_there())
    assert place.database.in_use == 0
