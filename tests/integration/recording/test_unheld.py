"""A payment that was recorded stays acknowledged, though its check can be held or read no longer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from adapter.events import PaymentFlagged, PaymentKept
from tests.integration.recording.test_locks import COLUMNS, WORD

Small = Callable[..., Any]

DIVIDED = ('total = "k.total"', 'total = "2500 / k.total"')
GONE = pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM chk WHERE id = 1",
        "ALTER TABLE chk RENAME TO chk_of_old",
        "ALTER TABLE chk RENAME COLUMN paid TO settled",
        "UPDATE chk SET paid = 'NaN' WHERE id = 1",
        "UPDATE chk SET total = 0 WHERE id = 1",
    ],
    ids=["deleted", "renamed", "column renamed", "amount unreadable", "statement fails"],
)
LOCK = pytest.mark.parametrize("lock", ["", WORD], ids=["ledger", "ledger and columns"])


def opened(small: Small, steps: str, lock: str, **more: Any) -> Any:
    return small(COLUMNS, steps + lock, edits=(DIVIDED,), **more)


@LOCK
@GONE
def test_the_repeat_of_a_payment_is_acknowledged_and_changes_nothing(small: Small, pay_steps: str, sql: str, lock: str):
    place = opened(small, pay_steps, lock)
    place.lock(1)
    sent = place.pay(1, 1000, tipsAmount=50)
    failed = place.pay(1, 1000, paymentSuccessful=False)
    place.sql(sql)
    for repeat in (sent, failed, sent):
        place.refused("RecordPayment", "PAYMENT_ALREADY_RECORDED", payment=repeat)
    assert not place.of(PaymentFlagged)
    assert len(place.of(PaymentKept)) == 2


@LOCK
@GONE
def test_what_was_not_recorded_is_refused_and_not_taken_for_a_repeat(small: Small, pay_steps: str, sql: str, lock: str):
    place = opened(small, pay_steps, lock)
    place.lock(1)
    sent = place.pay(1, 1000, tipsAmount=50)
    place.sql(sql)
    for other in ({"baseAmount": 1001}, {"tipsAmount": 51}, {"id": place.payment(1, 1)["id"]}):
        before = place.state()
        answer = place.record({**sent, **other})
        assert answer["errorCode"] in ("PAYMENT_NOT_RECORDED", "ERROR_INTERNAL_POS_ERROR")
        assert place.state() == before


def test_the_repeat_is_acknowledged_where_the_locks_own_columns_are_gone(small: Small, pay_steps: str):
    place = opened(small, pay_steps, WORD)
    place.lock(1)
    sent = place.pay(1, 1000)
    place.sql("ALTER TABLE chk RENAME COLUMN holder TO held_by")
    place.refused("RecordPayment", "PAYMENT_ALREADY_RECORDED", payment=sent)
    assert place.ask("RecordPayment", payment={**sent, "baseAmount": 1})["errorCode"] == "ERROR_INTERNAL_POS_ERROR"


def test_what_is_acknowledged_is_recorded_once_when_the_check_can_be_held_again(small: Small, pay_steps: str):
    place = opened(small, pay_steps, "")
    place.lock(1)
    sent = place.pay(1, 1000)
    place.sql("ALTER TABLE chk RENAME TO chk_of_old")
    place.refused("RecordPayment", "PAYMENT_ALREADY_RECORDED", payment=sent)
    place.sql("ALTER TABLE chk_of_old RENAME TO chk")
    place.refused("RecordPayment", "PAYMENT_ALREADY_RECORDED", payment=sent)
    assert place.sql("SELECT count(*), sum(amount)::int FROM pay") == [(1, 10)]
    other = place.payment(1, 500)
    assert place.record(other) == {}


def test_nothing_is_acknowledged_where_the_ledger_cannot_be_asked_either(small: Small, pay_steps: str):
    place = opened(small, pay_steps, "")
    place.lock(1)
    sent = place.pay(1, 1000)
    place.sql("ALTER SCHEMA epos_adapter RENAME TO away")
    answer = place.record(sent)
    assert answer["errorCode"] == "ERROR_INTERNAL_POS_ERROR"
    place.sql("ALTER SCHEMA away RENAME TO epos_adapter")
    place.refused("RecordPayment", "PAYMENT_ALREADY_RECORDED", payment=sent)


def test_neither_lock_nor_waiter_is_asked_for_where_the_check_cannot_tell_them(small: Small, pay_steps: str):
    place = opened(small, pay_steps, WORD, rules={"waiter_check": "enforce"})
    place.lock(1, waiter=7)
    sent = place.payment(1, 1000)
    assert place.record(sent, waiter=7) == {}
    place.unlock(1, waiter=7)
    place.refused("RecordPayment", "WAITER_INCORRECT_WAITER_ID", payment=sent)
    place.refused("RecordPayment", "SESSION_NOT_LOCKED", payment=sent, waiter=7)
    place.sql("ALTER TABLE chk RENAME TO chk_of_old")
    place.refused("RecordPayment", "PAYMENT_ALREADY_RECORDED", payment=sent)
