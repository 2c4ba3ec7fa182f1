"""What is answered to what, and in which order it is looked at: sessions, waiters, locks, repeats, attempts that failed."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from adapter.events import PaymentFlagged

FAILED = "SELECT successful, base, conflict, over_payment, status FROM epos_adapter.recorded_payment ORDER BY number"


@pytest.fixture
def till(shared: Callable[[str], Any]) -> Any:
    return shared("floreant")


@pytest.fixture(scope="module")
def strict_app(shared: Callable[[str], Any], another: Callable[..., Any]) -> Any:
    """Another adapter over the same database, which asks for the waiter."""
    return another(shared("floreant").url, "floreant", rules={"waiter_check": "enforce"})


@pytest.fixture
def strict(till: Any, strict_app: Any) -> Any:
    strict_app.events.clear()
    assert till.url == strict_app.url
    return strict_app


def test_locking_says_who_holds_the_session_and_unlocking_lets_anybody_in(till: Any):
    bill = till.lock(5101, terminal="T-7")
    assert bill == till.ask("GetBillItems", sessionId=till.id(5101))["billItems"]
    reason = till.refused("LockSession", "SESSION_ALREADY_LOCKED", sessionId=till.id(5101), terminal="T-8")
    assert "T-7" in reason
    till.refused("LockSession", "SESSION_ALREADY_LOCKED", sessionId=till.id(5101), terminal="T-7")
    till.unlock(5101, terminal="T-9")
    till.refused("UnlockSession", "SESSION_NOT_LOCKED", sessionId=till.id(5101))
    till.lock(5101, terminal="T-8")


def test_a_lock_holds_one_session_and_a_payment_does_not_release_it(till: Any):
    till.lock(5101)
    till.lock(5103)
    till.pay(5101, 100)
    till.refused("LockSession", "SESSION_ALREADY_LOCKED", sessionId=till.id(5101))
    till.unlock(5101)
    till.refused("RecordPayment", "SESSION_NOT_LOCKED", payment=till.payment(5101, 100))
    till.pay(5103, 100)


def test_an_unlocked_session_takes_no_payment(till: Any):
    till.refused("RecordPayment", "SESSION_NOT_LOCKED", payment=till.payment(5101, 4725))
    failed = till.payment(5101, 4725, paymentSuccessful=False)
    till.refused("RecordPayment", "SESSION_NOT_LOCKED", payment=failed)


def test_a_repeat_changes_nothing_however_it_is_spelled(till: Any):
    till.lock(5103)
    sent = till.pay(5103, 500, tipsAmount=50)
    same = [
        sent,
        {**sent, "id": f" {uuid.UUID(sent['id']).hex.upper()}\n"},
        {**sent, "sessionId": sent["sessionId"].upper()},
        {**sent, "attemptedAt": "2026-11-20T22:05:31.25+01:00"},
        {**sent, "attemptedAt": "2026-11-20T21:05:31.250"},
        {**sent, "tipsAmount": None, "gratuityAmount": 50},
        {**sent, "gratuityAmount": 7},
        {**sent, "cashbackAmount": None, "currency": "gbp"},
        {**sent, "waiterId": 55, "methodDetails": {"method": "PAYMENT_METHOD_REMOTE"}},
    ]
    for repeat in same:
        till.refused("RecordPayment", "PAYMENT_ALREADY_RECORDED", payment=repeat, terminal="T-4")
    assert not till.of(PaymentFlagged)


@pytest.mark.parametrize(
    "other",
    [
        {"baseAmount": 501},
        {"tipsAmount": 51},
        {"cashbackAmount": 1},
        {"attemptedAt": "2026-11-20T21:05:31.251Z"},
        {"attemptedAt": None},
    ],
    ids=lambda other: next(iter(other)),
)
def test_the_same_id_with_another_value_is_another_payment_and_flagged(till: Any, other: dict[str, Any]):
    till.lock(5103)
    first = till.pay(5103, 500, tipsAmount=50)
    assert till.record({**first, **other}) == {}
    assert till.sql("SELECT conflict FROM epos_adapter.recorded_payment ORDER BY number") == [(False,), (True,)]
    assert till.sql("SELECT count(*) FROM transactions WHERE id > 810") == [(2,)]
    assert [event.payment for event in till.of(PaymentFlagged)] == [first["id"]]
    for repeat in (first, {**first, **other}):
        till.refused("RecordPayment", "PAYMENT_ALREADY_RECORDED", payment=repeat)


def test_the_same_id_on_another_session_is_another_payment_and_flagged(till: Any):
    till.lock(5103)
    till.lock(5101)
    first = till.pay(5103, 500)
    second = {**first, "sessionId": till.id(5101)}
    assert till.record(second) == {}
    assert till.sql("SELECT ticket_id FROM transactions WHERE id > 810 ORDER BY id") == [(5103,), (5101,)]
    assert till.sql("SELECT count(*) FROM epos_adapter.recorded_payment WHERE conflict") == [(1,)]
    till.refused("RecordPayment", "PAYMENT_ALREADY_RECORDED", payment=second)


def test_a_failed_attempt_is_kept_once_and_writes_nothing_in_the_till(till: Any):
    before = till.state()
    till.lock(5101)
    sent = till.pay(5101, 4725, tipsAmount=500, paymentSuccessful=False)
    till.refused("RecordPayment", "PAYMENT_ALREADY_RECORDED", payment=sent)
    till.unlock(5101)
    after = till.state()
    assert [name for name in before if before[name] != after[name]] == ["epos_adapter.recorded_payment"]
    assert [row[:4] for row in till.sql(FAILED)] == [(False, 4725, False, False)]


def test_a_card_that_was_declined_first_can_pay_after_all_under_the_same_id(till: Any):
    till.lock(5101)
    failed = till.pay(5101, 4725, paymentSuccessful=False)
    assert till.record({**failed, "paymentSuccessful": True}) == {}
    assert till.sql("SELECT paid, paid_amount FROM ticket WHERE id = 5101") == [(True, 47.25)]
    assert [row[0] for row in till.sql(FAILED)] == [False, True]


def test_a_failed_attempt_of_more_than_is_due_is_no_over_payment(till: Any):
    till.lock(5101)
    till.pay(5101, 999_999, paymentSuccessful=False)
    assert [row[3] for row in till.sql(FAILED)] == [False]


@pytest.mark.parametrize(
    ("method", "status"),
    [
        ("CARD_PRESENT", {"cardPresentPaymentStatus": "CARD_PRESENT_PAYMENT_STATUS_UNKNOWN"}),
        ("REMOTE", {"remotePaymentStatus": "REMOTE_PAYMENT_STATUS_UNKNOWN"}),
    ],
    ids=["at the table", "remote"],
)
def test_a_failed_attempt_of_unknown_outcome_is_flagged(till: Any, method: str, status: dict[str, str]):
    details = {"method": f"PAYMENT_METHOD_{method}", **status}
    till.lock(5101)
    sent = till.pay(5101, 4725, paymentSuccessful=False, methodDetails=details)
    assert [row[4] for row in till.sql(FAILED)] == ["UNKNOWN"]
    assert [event.payment for event in till.of(PaymentFlagged)] == [sent["id"]]


def test_a_check_that_was_voided_under_the_lock_takes_no_payment_but_knows_its_own(till: Any):
    till.lock(5101)
    sent = till.pay(5101, 100)
    till.sql("UPDATE ticket SET voided = TRUE WHERE id = 5101")
    till.refused("RecordPayment", "PAYMENT_ALREADY_RECORDED", payment=sent)
    till.refused("RecordPayment", "PAYMENT_NOT_RECORDED", payment=till.payment(5101, 100))
    till.unlock(5101)
    till.refused("RecordPayment", "SESSION_NOT_LOCKED", payment=sent)
    till.refused("UnlockSession", "SESSION_NOT_LOCKED", sessionId=till.id(5101))
    till.refused("LockSession", "SESSION_NO_SUCH_SESSION", sessionId=till.id(5101))


def test_a_check_that_closed_with_its_payment_still_knows_it(till: Any):
    till.lock(5101)
    sent = till.pay(5101, 4725)
    till.refused("RecordPayment", "PAYMENT_ALREADY_RECORDED", payment=sent)
    till.unlock(5101)
    till.refused("RecordPayment", "SESSION_NOT_LOCKED", payment=sent)
    assert till.lock(5101)["paidAmount"] == 4725
    till.refused("RecordPayment", "PAYMENT_ALREADY_RECORDED", payment=sent)


@pytest.mark.parametrize("name", ["id", "sessionId", "currency", "baseAmount", "paymentSuccessful"])
def test_what_a_payment_cannot_do_without_is_asked_for(till: Any, name: str):
    till.lock(5101)
    before = till.state()
    for value in (None, "in words", -1, 1.5, []):
        sent = till.payment(5101, 100, **{name: value})
        assert till.record(sent)["errorCode"] == "ERROR_PARSE_ERROR", value
    assert till.state() == before


def test_only_the_waiter_of_a_session_locks_unlocks_and_pays_where_that_is_enforced(strict: Any):
    for wrong in (None, 7, 3):
        strict.refused("LockSession", "WAITER_INCORRECT_WAITER_ID", sessionId=strict.id(5103), waiter=wrong)
        strict.refused("UnlockSession", "WAITER_INCORRECT_WAITER_ID", sessionId=strict.id(5103), waiter=wrong)
        strict.refused("RecordPayment", "WAITER_INCORRECT_WAITER_ID", payment=strict.payment(5103, 1), waiter=wrong)
    strict.lock(5103, waiter=12)
    sent = strict.payment(5103, 500)
    assert strict.record(sent, waiter=12) == {}
    strict.refused("LockSession", "WAITER_INCORRECT_WAITER_ID", sessionId=strict.id(5103), waiter=7)
    strict.refused("RecordPayment", "WAITER_INCORRECT_WAITER_ID", payment=sent, waiter=7)
    strict.refused("RecordPayment", "PAYMENT_ALREADY_RECORDED", payment=sent, waiter=12)
    strict.refused("UnlockSession", "WAITER_INCORRECT_WAITER_ID", sessionId=strict.id(5103), waiter=7)
    strict.unlock(5103, waiter=12)


def test_existence_is_looked_at_before_the_waiter_and_a_check_nobody_serves_is_for_all(strict: Any):
    strict.refused("LockSession", "SESSION_NO_SUCH_SESSION", sessionId=strict.id(1), waiter=7)
    strict.refused("RecordPayment", "SESSION_NO_SUCH_SESSION", payment=strict.payment(1, 1), waiter=7)
    strict.lock(5104, waiter=7)
    assert strict.record(strict.payment(5104, 970), waiter=3) == {}
    strict.unlock(5104, waiter=55)


def test_a_guests_own_device_is_never_asked_for_a_waiter(strict: Any):
    device = {"requestorType": "REQUESTOR_TYPE_CONSUMER_DEVICE"}
    request = {"sessionId": strict.id(5103), "requestorInfo": device}
    raw = {"jsonrpc": "2.0", "id": "1", "method": "LockSession", "params": request}
    answer = strict.send(raw)
    assert "billItems" in answer


def test_a_repeat_is_acknowledged_without_a_lock_where_the_rules_say_so(till: Any, another: Callable[..., Any]):
    lenient = another(till.url, "floreant", rules={"acknowledge_duplicates_first": True})
    lenient.lock(5101)
    sent = lenient.pay(5101, 4725)
    failed = lenient.pay(5101, 4725, paymentSuccessful=False)
    lenient.unlock(5101)
    for repeat in (sent, failed):
        lenient.refused("RecordPayment", "PAYMENT_ALREADY_RECORDED", payment=repeat)
    lenient.refused("RecordPayment", "SESSION_NOT_LOCKED", payment={**sent, "baseAmount": 1})
    lenient.refused("RecordPayment", "SESSION_NO_SUCH_SESSION", payment={**sent, "sessionId": lenient.id(1)})
    till.refused("RecordPayment", "SESSION_NOT_LOCKED", payment=sent)


def test_another_adapter_knows_what_the_first_has_recorded_and_locked(till: Any, strict: Any):
    till.lock(5101)
    sent = till.pay(5101, 100)
    strict.refused("LockSession", "SESSION_ALREADY_LOCKED", sessionId=till.id(5101), waiter=1)
    strict.refused("RecordPayment", "PAYMENT_ALREADY_RECORDED", payment=sent, waiter=1)
    strict.unlock(5101, waiter=1)
    till.refused("RecordPayment", "SESSION_NOT_LOCKED", payment=till.payment(5101, 1))


def test_a_failed_attempt_in_another_currency_is_kept_for_audit_as_any_other(till: Any):
    till.lock(5101)
    assert till.record(till.payment(5101, 4725, currency="EUR", paymentSuccessful=False)) == {}


def test_a_failed_attempt_on_a_check_that_has_left_the_till_is_kept_for_audit_as_any_other(till: Any):
    till.lock(5101)
    till.sql("UPDATE ticket SET voided = TRUE WHERE id = 5101")
    assert till.record(till.payment(5101, 4725, paymentSuccessful=False)) == {}
