"""Locks in the till's own columns and in the ledger: who holds a session, who may not, and who wins a race."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from adapter.events import LockTakenOver, PaymentFlagged

Small = Callable[..., Any]

COLUMNS = (
    "ALTER TABLE chk ADD busy boolean NOT NULL DEFAULT FALSE, ADD holder varchar(12), ADD since timestamp, ADD who int;"
    "ALTER TABLE pay ADD voided boolean NOT NULL DEFAULT FALSE"
)

WORD = """
[lock]
free  = "k.holder IS NULL"
ours  = "k.holder = 'DOJO'"
set   = { holder = "'DOJO'", since = ":now", who = ":session_id" }
clear = { holder = "NULL", since = "NULL" }
"""

OWNER = """
[lock]
free  = "k.holder IS NULL"
ours  = "k.holder LIKE 'CARD%'"
set   = { holder = "CONCAT('CARD ', CAST(:terminal AS varchar(7)))" }
clear = { holder = "NULL" }
"""

FLAG = """
[lock]
free  = "NOT k.busy"
ours  = "k.busy"
set   = { busy = "TRUE" }
clear = { busy = "FALSE" }
"""

RECORDED = """
[record.recorded]
from       = "pay x"
where      = "NOT x.voided"
payment_id = "x.ref"
amount     = "x.amount"
tip        = "x.tip"
session_id = "x.chk_id"
"""

TAKEN = "UPDATE chk SET holder = 'TILL', busy = TRUE WHERE id = 1"
HELD = "SELECT busy, holder FROM chk WHERE id = 1"

WITH_LEDGER = pytest.mark.parametrize("ledger", [True, False], ids=["ledger", "no ledger"])


def open_(small: Small, steps: str, lock: str, *, ledger: bool = True, **more: Any) -> Any:
    return small(COLUMNS, steps + lock + ("" if ledger else RECORDED), ledger=ledger, **more)


@WITH_LEDGER
@pytest.mark.parametrize(
    ("lock", "held"), [(WORD, (False, "DOJO")), (OWNER, (False, "CARD T-1")), (FLAG, (True, None))], ids=["w", "o", "f"]
)
def test_the_till_sees_the_lock_in_its_own_columns(
    small: Small, pay_steps: str, lock: str, held: tuple[Any, ...], ledger: bool
):
    place = open_(small, pay_steps, lock, ledger=ledger)
    assert place.lock(1)["totalAmount"] == 5000
    assert place.sql(HELD) == [held]
    assert place.sql("SELECT busy, holder FROM chk WHERE id = 2") == [(False, None)]
    place.refused("LockSession", "SESSION_ALREADY_LOCKED", sessionId=place.id(1))
    place.pay(1, 100)
    assert place.sql(HELD) == [held]
    place.unlock(1)
    assert place.sql(HELD) == [(False, None)]
    place.refused("UnlockSession", "SESSION_NOT_LOCKED", sessionId=place.id(1))
    place.refused("RecordPayment", "SESSION_NOT_LOCKED", payment=place.payment(1, 100))


def test_what_is_set_may_be_the_time_and_the_key(small: Small, pay_steps: str):
    place = open_(small, pay_steps, WORD)
    place.lock(2)
    assert place.sql(
        "SELECT who, abs(EXTRACT(EPOCH FROM clock_timestamp() AT TIME ZONE 'Europe/London' - since)) < 60 FROM chk WHERE id = 2"
    ) == [(2, True)]


@WITH_LEDGER
@pytest.mark.parametrize("lock", [WORD, OWNER], ids=["word", "owner"])
def test_the_tills_own_lock_is_not_ours_to_release(small: Small, pay_steps: str, lock: str, ledger: bool):
    place = open_(small, pay_steps, lock, ledger=ledger)
    place.sql(TAKEN)
    reason = place.refused("LockSession", "SESSION_ALREADY_LOCKED", sessionId=place.id(1))
    assert "till" in reason
    place.refused("UnlockSession", "SESSION_UNABLE_TO_UNLOCK", sessionId=place.id(1))
    place.refused("RecordPayment", "SESSION_NOT_LOCKED", payment=place.payment(1, 100))
    place.sql("UPDATE chk SET holder = NULL")
    place.lock(1)


@WITH_LEDGER
def test_where_one_flag_serves_both_sides_unlocking_releases_the_tills_own_lock(
    small: Small, pay_steps: str, ledger: bool
):
    place = open_(small, pay_steps, FLAG, ledger=ledger)
    place.sql(TAKEN)
    place.refused("LockSession", "SESSION_ALREADY_LOCKED", sessionId=place.id(1))
    place.unlock(1)
    assert place.sql("SELECT busy FROM chk WHERE id = 1") == [(False,)]


@WITH_LEDGER
@pytest.mark.parametrize("lock", [WORD, OWNER, FLAG], ids=["word", "owner", "flag"])
def test_when_the_till_releases_its_column_the_lock_is_gone(small: Small, pay_steps: str, lock: str, ledger: bool):
    place = open_(small, pay_steps, lock, ledger=ledger)
    place.lock(1, terminal="T-1")
    place.sql("UPDATE chk SET holder = NULL, busy = FALSE")
    place.refused("RecordPayment", "SESSION_NOT_LOCKED", payment=place.payment(1, 100))
    assert place.ask("UnlockSession", sessionId=place.id(1))["errorCode"] == "SESSION_NOT_LOCKED"
    place.lock(1, terminal="T-2")
    assert "errorCode" in place.ask("LockSession", sessionId=place.id(1), terminal="T-3")
    if ledger:
        assert place.sql("SELECT terminal FROM epos_adapter.session_lock") == [("T-2",)]
    place.pay(1, 100)
    place.unlock(1)


@WITH_LEDGER
def test_when_the_till_takes_over_our_lock_it_is_the_tills(small: Small, pay_steps: str, ledger: bool):
    place = open_(small, pay_steps, WORD, ledger=ledger)
    place.lock(1)
    place.sql(TAKEN)
    place.refused("RecordPayment", "SESSION_NOT_LOCKED", payment=place.payment(1, 100))
    place.refused("UnlockSession", "SESSION_UNABLE_TO_UNLOCK", sessionId=place.id(1))
    place.refused("LockSession", "SESSION_ALREADY_LOCKED", sessionId=place.id(1))


def while_held(place: Any, sql: str, method: str, **params: Any) -> dict[str, Any]:
    """Ask while the till is in the middle of a change, which it commits as soon as somebody waits for it."""
    done = threading.Event()
    with psycopg.connect(place.plain_url) as till:
        till.execute(sql)

        def commit() -> None:
            waiting = (
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            while not done.is_set() and place.sql(waiting) == [(0,)]:
                pass
            till.commit()

        thread = threading.Thread(target=commit)
        thread.start()
        try:
            found: dict[str, Any] = place.ask(method, **params)
        finally:
            done.set()
            thread.join()
    return found


@WITH_LEDGER
@pytest.mark.parametrize("lock", [WORD, FLAG], ids=["word", "flag"])
def test_whoever_comes_while_the_till_takes_the_check_finds_it_taken(
    small: Small, pay_steps: str, lock: str, ledger: bool
):
    place = open_(small, pay_steps, lock, ledger=ledger)
    assert place.ask("LockSession", sessionId=place.id(4711))["errorCode"] == "SESSION_NO_SUCH_SESSION"
    found = while_held(place, TAKEN, "LockSession", sessionId=place.id(1))
    assert found["errorCode"] == "SESSION_ALREADY_LOCKED"
    assert place.sql(HELD) == [(True, "TILL")]


@WITH_LEDGER
def test_a_bill_and_a_balance_are_read_after_the_till_has_finished(small: Small, pay_steps: str, ledger: bool):
    place = open_(small, pay_steps, WORD, ledger=ledger)
    rung_up = "UPDATE chk SET total = 60 WHERE id = 1"
    bill = while_held(place, rung_up, "LockSession", sessionId=place.id(1))["billItems"]
    assert bill["totalAmount"] == 6000
    paid = "UPDATE chk SET paid = 15 WHERE id = 1"
    assert while_held(place, paid, "RecordPayment", payment=place.payment(1, 1000)) == {}
    assert place.sql("SELECT paid::float FROM chk WHERE id = 1") == [(25.0,)]


def test_without_a_ledger_the_tills_rows_tell_what_was_paid(small: Small, pay_steps: str):
    place = open_(small, pay_steps, WORD, ledger=False)
    place.lock(1)
    sent = place.pay(1, 1000, tipsAmount=50)
    for repeat in (sent, {**sent, "attemptedAt": None}, {**sent, "id": sent["id"].upper()}):
        place.refused("RecordPayment", "PAYMENT_ALREADY_RECORDED", payment=repeat)
    assert not place.of(PaymentFlagged)
    for other in ({"baseAmount": 1001}, {"tipsAmount": 51}):
        assert place.record({**sent, **other}) == {}
    assert len(place.of(PaymentFlagged)) == 2
    place.unlock(1)
    place.refused("RecordPayment", "SESSION_NOT_LOCKED", payment=sent)
    assert place.sql("SELECT to_regnamespace('epos_adapter') IS NULL") == [(True,)]


def test_without_a_ledger_a_failed_attempt_changes_nothing_and_a_voided_row_does_not_count(
    small: Small, pay_steps: str
):
    place = open_(small, pay_steps, WORD, ledger=False)
    place.lock(1)
    before = place.state()
    for _ in range(2):
        place.pay(1, 1000, paymentSuccessful=False)
    assert place.state() == before
    sent = place.pay(1, 1000)
    place.sql("UPDATE pay SET voided = TRUE")
    assert place.record(sent) == {}
    assert place.sql("SELECT count(*) FROM pay") == [(2,)]


def test_without_a_ledger_a_check_that_is_gone_with_its_lock_is_known_by_its_payments(small: Small, pay_steps: str):
    place = open_(small, pay_steps, WORD, ledger=False)
    place.lock(1)
    sent = place.pay(1, 1000)
    place.sql("DELETE FROM chk WHERE id = 1")
    place.refused("RecordPayment", "SESSION_NOT_LOCKED", payment=sent)


AGED = "UPDATE epos_adapter.session_lock SET locked_at = clock_timestamp() - interval '{}'"
LIMIT = {"lock_age_limit_minutes": 15}


@pytest.mark.parametrize("lock", ["", WORD], ids=["ledger", "ledger and columns"])
def test_a_lock_past_the_age_limit_is_taken_over_and_that_is_kept(small: Small, pay_steps: str, lock: str):
    place = open_(small, pay_steps, lock, rules=LIMIT)
    place.lock(1, terminal="T-1", waiter=7)
    place.sql(AGED.format("14 minutes 30 seconds"))
    place.refused("LockSession", "SESSION_ALREADY_LOCKED", sessionId=place.id(1), terminal="T-2")
    place.sql(AGED.format("15 minutes"))
    place.lock(1, terminal="T-2")
    found = place.row(
        "SELECT *, released_at - locked_at > interval '15 minutes' AS old FROM epos_adapter.released_lock"
    )
    assert (str(found["session_id"]), found["terminal"], found["waiter"], found["old"]) == (
        place.id(1),
        "T-1",
        "7",
        True,
    )
    assert found["reason"]
    assert [event.terminal for event in place.of(LockTakenOver)] == ["T-1"]
    assert place.sql(
        "SELECT terminal, clock_timestamp() - locked_at < interval '1 minute' FROM epos_adapter.session_lock"
    ) == [("T-2", True)]
    sent = place.payment(1, 100)
    assert place.record(sent, terminal="T-1") == {}
    place.unlock(1, terminal="T-2")
    place.refused("RecordPayment", "SESSION_NOT_LOCKED", payment=place.payment(1, 100), terminal="T-1")


def test_without_a_limit_a_lock_stays_for_ever_and_the_tills_own_stays_with_one(small: Small, pay_steps: str):
    place = open_(small, pay_steps, WORD)
    place.lock(1)
    place.sql(AGED.format("400 days"))
    place.refused("LockSession", "SESSION_ALREADY_LOCKED", sessionId=place.id(1))
    limited = small(url=place.url, toml=pay_steps + WORD, rules=LIMIT)
    place.sql(TAKEN)
    limited.refused("LockSession", "SESSION_ALREADY_LOCKED", sessionId=place.id(1))


MODES = pytest.mark.parametrize(
    ("lock", "ledger"),
    [("", True), (WORD, True), (WORD, False), (FLAG, False)],
    ids=["ledger", "ledger and word", "word", "flag"],
)


async def race(*asked: Any) -> Counter[str]:
    answers = await asyncio.gather(*asked)
    return Counter(answer.get("errorCode", "ok") for answer in answers)


@MODES
def test_of_many_that_lock_and_unlock_at_once_exactly_one_succeeds(
    small: Small, pay_steps: str, lock: str, ledger: bool
):
    one = open_(small, pay_steps, lock, ledger=ledger)
    two = small(url=one.url, toml=pay_steps + lock + ("" if ledger else RECORDED), ledger=ledger)
    both = (one, two) * 3
    for _ in range(10):
        found = one.runner.run(race(*(each.asked("LockSession", sessionId=one.id(1)) for each in both)))
        assert found == {"ok": 1, "SESSION_ALREADY_LOCKED": 5}
        found = one.runner.run(race(*(each.asked("UnlockSession", sessionId=one.id(1)) for each in both)))
        assert found == {"ok": 1, "SESSION_NOT_LOCKED": 5}


@MODES
def test_of_many_that_report_one_payment_at_once_exactly_one_enters_it(
    small: Small, pay_steps: str, lock: str, ledger: bool
):
    one = open_(small, pay_steps, lock, ledger=ledger)
    two = small(url=one.url, toml=pay_steps + lock + ("" if ledger else RECORDED), ledger=ledger)
    one.sql("UPDATE chk SET total = 1000")
    one.lock(1)
    for count in range(1, 11):
        sent = [one.payment(1, 700 + count), one.payment(1, 3)]
        asked = [each.asked("RecordPayment", payment=payment) for each in (one, two) * 2 for payment in sent]
        assert one.runner.run(race(*asked)) == {"ok": 2, "PAYMENT_ALREADY_RECORDED": 6}
    expected = sum(700 + count for count in range(1, 11)) + 30
    assert one.sql("SELECT (SELECT SUM(amount) FROM pay) * 100, paid * 100 FROM chk WHERE id = 1") == [
        (expected, expected)
    ]
    if ledger:
        assert one.sql("SELECT SUM(base), count(*) FROM epos_adapter.recorded_payment") == [(expected, 20)]


def test_two_reports_of_one_id_with_other_values_are_both_entered_and_one_is_flagged(small: Small, pay_steps: str):
    one = open_(small, pay_steps, "")
    two = small(url=one.url, toml=pay_steps)
    one.lock(1)
    for _ in range(10):
        sent = one.payment(1, 10)
        asked = [
            one.asked("RecordPayment", payment=sent),
            two.asked("RecordPayment", payment={**sent, "baseAmount": 20}),
        ]
        assert one.runner.run(race(*asked)) == {"ok": 2}
    assert one.sql("SELECT count(*) FILTER (WHERE conflict), count(*) FROM epos_adapter.recorded_payment") == [(10, 20)]


def test_who_has_a_session_is_answered_before_its_bill_is_looked_at(small: Small, pay_steps: str):
    place = small(COLUMNS, pay_steps + WORD)
    place.lock(1)
    place.sql("UPDATE chk SET paid = 'NaN' WHERE id IN (1, 2)")
    reason = place.refused("LockSession", "SESSION_ALREADY_LOCKED", sessionId=place.id(1))
    assert "T-1" in reason
    place.refused("LockSession", "ERROR_INTERNAL_POS_ERROR", sessionId=place.id(2))
