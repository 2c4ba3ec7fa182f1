"""What is told of payments that need attention and of open locks: by the ledger, so that a restart forgets none."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from adapter.errors import OutcomeUnknown
from adapter.events import MappingOutgrown, PaymentFlagged, RecordingOn


@pytest.fixture
def till(shared: Callable[[str], Any]) -> Any:
    return shared("floreant")


def watched(till: Any) -> tuple[list[Any], list[Any]]:
    found = till.runner.run(till.app.store.watched())
    assert found is not None
    return found


def test_each_payment_that_needs_attention_is_told_with_why_and_the_others_are_not(till: Any):
    unknown = {
        "method": "PAYMENT_METHOD_REMOTE",
        "remotePaymentStatus": "REMOTE_PAYMENT_STATUS_UNKNOWN",
    }
    till.lock(5101)
    plain = till.pay(5101, 100)
    too_much = till.pay(5101, 999_999)
    other = till.pay(5101, 101, id=plain["id"])
    lost = till.pay(5101, 100, paymentSuccessful=False, methodDetails=unknown)
    till.pay(5101, 100, paymentSuccessful=False)
    gone = till.pay(5101, 7)
    till.sql(
        "UPDATE epos_adapter.recorded_payment SET missing_since = now() WHERE payment_id = %s", uuid.UUID(gone["id"])
    )
    _, flagged = watched(till)
    assert [(str(one.payment_id), set(one.kinds)) for one in flagged] == [
        (gone["id"], {"gone", "over_payment"}),
        (lost["id"], {"unknown_at_provider"}),
        (other["id"], {"conflict", "over_payment"}),
        (too_much["id"], {"over_payment"}),
    ]
    assert {str(one.session_id) for one in flagged} == {till.id(5101)}


def test_what_is_more_than_a_week_old_is_told_no_more(till: Any):
    till.lock(5101)
    till.pay(5101, 999_999)
    assert len(watched(till)[1]) == 1
    till.sql("UPDATE epos_adapter.recorded_payment SET recorded_at = now() - interval '8 days'")
    assert watched(till)[1] == []


def test_open_locks_are_told_the_oldest_first(till: Any):
    till.lock(5103, terminal="T-2")
    till.lock(5101, terminal="T-1")
    till.pay(5103, 100)
    till.sql(
        "UPDATE epos_adapter.session_lock SET locked_at = locked_at - interval '1 hour' WHERE session_id = %s",
        uuid.UUID(till.id(5103)),
    )
    locks, _ = watched(till)
    assert [(str(one.session_id), one.lock.terminal, one.payments) for one in locks] == [
        (till.id(5103), "T-2", 1),
        (till.id(5101), "T-1", 0),
    ]
    assert locks[0].seconds >= 3600 > locks[1].seconds


def test_that_payments_can_be_recorded_is_told_once(shared: Callable[[str], Any], another: Callable[..., Any]):
    place = another(shared("floreant").url, "floreant")
    place.lock(5102)
    place.unlock(5102)
    assert place.of(RecordingOn) == [RecordingOn(ledger="epos_adapter, version 2")]


def test_a_payment_whose_commit_was_lost_for_good_is_flagged(till: Any, monkeypatch: pytest.MonkeyPatch):
    async def lose(*_: Any, **__: Any) -> None:
        raise OutcomeUnknown("it may or may not have been recorded")

    till.lock(5101)
    sent = till.payment(5101, 100)
    monkeypatch.setattr(till.app.store, "write", lose)
    assert "errorCode" in till.record(sent)
    assert [(one.payment, one.kind) for one in till.of(PaymentFlagged)] == [(sent["id"], "unknown_at_till")]


def test_a_table_that_was_taken_away_under_the_mapping_is_told_as_outgrown(
    another: Callable[..., Any], own_restaurant: Callable[[str], str]
):
    place = another(own_restaurant("floreant"), "floreant")
    assert "errorCode" not in place.ask("GetTable", name="T1")
    place.sql("ALTER TABLE shop_table RENAME TO once_a_shop_table")
    assert "errorCode" in place.ask("GetTable", name="T1")
    (told, *_) = place.of(MappingOutgrown)
    assert "does not fit the database" in told.reason
