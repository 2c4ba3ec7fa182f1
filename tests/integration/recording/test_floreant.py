"""Payments on Floreant's own tables, against what its till would have written on the same evening."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from adapter.events import PaymentFlagged

pytestmark = pytest.mark.oldest

TICKET = "SELECT paid, settled, paid_amount, due_amount, closing_date, version_no FROM ticket WHERE id = %s"
BOOKED = "SELECT * FROM transactions WHERE id > 810 ORDER BY id"


@pytest.fixture
def till(shared: Callable[[str], Any]) -> Any:
    return shared("floreant")


def ticket(till: Any, key: int) -> tuple[Any, ...]:
    """Paid, settled, paid amount, due amount, whether it has a closing date, version."""
    ((paid, settled, amount, due, closed, version),) = till.sql(TICKET, key)
    return paid, settled, amount, due, closed is not None, version


def tables(till: Any, *numbers: int) -> list[int]:
    found = till.sql("SELECT table_status FROM shop_table_status WHERE id = ANY(%s) ORDER BY id", list(numbers))
    return [status for (status,) in found]


def links(till: Any, key: int) -> int:
    return int(till.sql("SELECT count(*) FROM table_ticket_num WHERE ticket_id = %s", key)[0][0])


def test_a_full_payment_writes_the_row_that_the_till_would_write(till: Any):
    till.lock(5101)
    sent = till.pay(5101, 4725, tipsAmount=500, cashbackAmount=1000, waiterId=7)
    found = till.row(BOOKED)
    moment = found.pop("transaction_time")
    assert till.sql(
        "SELECT abs(EXTRACT(EPOCH FROM clock_timestamp() AT TIME ZONE 'Europe/London' - %s::timestamp)) < 60", moment
    ) == [(True,)]
    assert len(found.pop("global_id")) == 16
    assert found.pop("id") > 810
    assert {name: value for name, value in found.items() if value is not None} == {
        "payment_type": "CREDIT_CARD",
        "payment_sub_type": "VISA",
        "transaction_type": "CREDIT",
        "amount": 47.25,
        "tips_amount": 5.0,
        "tender_amount": 47.25,
        "captured": True,
        "voided": False,
        "authorizable": False,
        "drawer_resetted": False,
        "card_transaction_id": sent["id"],
        "card_auth_code": "A1B2C3",
        "card_type": "VISA",
        "card_reader": "CONTACTLESS",
        "card_merchant_gateway": "DOJO",
        "terminal_id": 9,
        "ticket_id": 5101,
        "user_id": 2,
    }


def test_a_full_payment_closes_the_check_and_frees_its_table(till: Any):
    till.lock(5101)
    till.pay(5101, 4725, tipsAmount=500)
    assert ticket(till, 5101) == (True, True, 47.25, 0, True, 4)
    assert links(till, 5101) == 0
    assert till.sql("SELECT table_status, version_no FROM shop_table_status WHERE id = 1") == [(5, 1)]
    assert till.sql("SELECT count(*) FROM ticket_table_num WHERE ticket_id = 5101") == [(1,)]
    session = till.ask("GetSession", sessionId=till.id(5101))["session"]
    assert session["isPayable"] is False
    assert "finishedAt" in session


def test_only_the_rows_of_this_check_and_its_table_are_touched(till: Any):
    before = till.state()
    till.lock_and_pay(5101, 4725)
    after = till.state()
    changed = {
        name.removeprefix("public."): len(set(rows) ^ set(after[name]))
        for name, rows in before.items()
        if rows != after[name]
    }
    assert changed == {
        "epos_adapter.recorded_payment": 1,
        "transactions": 1,
        "ticket": 2,
        "shop_table_status": 2,
        "table_ticket_num": 1,
    }


def test_a_part_payment_leaves_the_check_open_and_its_table_taken(till: Any):
    till.lock(5103)
    till.pay(5103, 1000, tipsAmount=150)
    assert ticket(till, 5103) == (False, False, 10, 27.64, False, 6)
    assert tables(till, 2) == [1]
    assert links(till, 5103) == 1
    bill = till.ask("GetBillItems", sessionId=till.id(5103))["billItems"]
    assert (bill["totalAmount"], bill["paidAmount"]) == (3764, 1000)


def test_a_bill_is_split_by_locking_recording_and_unlocking_for_each_part(till: Any):
    till.lock_and_pay(5103, 1254)
    till.lock_and_pay(5103, 1255)
    assert till.lock(5103)["paidAmount"] == 2509
    till.pay(5103, 1255)
    assert ticket(till, 5103) == (True, True, 37.64, 0, True, 8)
    assert [row[:2] for row in till.sql("SELECT amount, ticket_id FROM transactions WHERE id > 810 ORDER BY id")] == [
        (12.54, 5103),
        (12.55, 5103),
        (12.55, 5103),
    ]


def test_what_was_paid_at_the_till_before_is_counted_and_the_gratuity_is_no_part_of_the_bill(till: Any):
    bill = till.lock(5102)
    assert (bill["totalAmount"], bill["paidAmount"]) == (19400, 8000)
    till.pay(5102, 11399)
    assert ticket(till, 5102) == (False, False, 193.99, 0.01, False, 12)
    till.pay(5102, 1)
    assert ticket(till, 5102) == (True, True, 194, 0, True, 13)


def test_a_party_at_two_tables_pushed_together_frees_both(till: Any):
    assert tables(till, 5, 13) == [1, 1]
    till.lock_and_pay(5102, 11400)
    assert tables(till, 5, 13) == [5, 5]
    assert links(till, 5102) == 0


def test_a_table_with_two_checks_is_free_when_the_second_of_them_is_paid(till: Any):
    till.lock_and_pay(5103, 3764)
    assert tables(till, 2) == [1]
    assert (links(till, 5103), links(till, 5104)) == (0, 1)
    till.lock_and_pay(5104, 970)
    assert tables(till, 2) == [5]


@pytest.mark.parametrize("live", [True, False], ids=["with a live link", "without one"])
def test_of_two_tables_pushed_together_the_one_with_another_check_stays_taken(till: Any, live: bool):
    till.sql("INSERT INTO ticket_table_num (ticket_id, table_id) VALUES (5109, 13)")
    if live:
        till.sql("INSERT INTO table_ticket_num (shop_table_status_id, ticket_id) VALUES (13, 5109)")
    till.lock_and_pay(5102, 11400)
    assert tables(till, 5, 13) == [5, 1]


def test_a_voided_check_on_the_same_table_does_not_keep_it_taken(till: Any):
    till.sql("UPDATE ticket SET voided = TRUE WHERE id = 5104; DELETE FROM table_ticket_num WHERE ticket_id = 5104")
    till.lock_and_pay(5103, 3764)
    assert tables(till, 2) == [5]


@pytest.mark.parametrize("status", [2, 3, 4, None])
def test_a_table_that_is_not_seated_keeps_its_status(till: Any, status: int | None):
    till.sql("UPDATE shop_table_status SET table_status = %s WHERE id = 1", status)
    till.lock_and_pay(5101, 4725)
    assert tables(till, 1) == [status]


def test_a_bar_tab_that_is_paid_stays_open(till: Any):
    till.lock_and_pay(5107, 2100)
    assert ticket(till, 5107) == (True, False, 21, 0, False, 7)
    session = till.ask("GetSession", sessionId=till.id(5107))["session"]
    assert session["isPayable"] is False
    assert "finishedAt" not in session


@pytest.mark.parametrize("kind", [None, "NO SUCH TYPE"])
def test_a_check_whose_kind_of_order_is_not_known_stays_open(till: Any, kind: str | None):
    till.sql("UPDATE ticket SET ticket_type = %s WHERE id = 5101", kind)
    till.lock_and_pay(5101, 4725)
    assert ticket(till, 5101) == (True, False, 47.25, 0, False, 4)
    assert tables(till, 1) == [1]


def test_a_check_whose_columns_are_null_is_paid_like_any_other(till: Any):
    till.lock(5104)
    till.pay(5104, 400)
    assert ticket(till, 5104) == (False, None, 4, 5.7, False, 2)
    till.pay(5104, 570, waiterId=999)
    assert ticket(till, 5104) == (True, True, 9.7, 0, True, 3)
    assert till.sql("SELECT DISTINCT user_id FROM transactions WHERE ticket_id = 5104") == [(None,)]


@pytest.mark.parametrize(
    ("key", "due", "paid_amount"), [(5105, 2000, 20.0), (5112, 5328, 53.28), (5108, 2000, 20.0), (5107, 2100, 21.0)]
)
def test_noise_in_the_tills_floats_leaves_no_penny_over(till: Any, key: int, due: int, paid_amount: float):
    bill = till.lock(key)
    assert bill["totalAmount"] - bill["paidAmount"] == due
    till.pay(key, due)
    found = till.row(TICKET, key)
    assert (found["paid"], found["paid_amount"], found["due_amount"]) == (True, paid_amount, 0)
    assert not till.of(PaymentFlagged)


@pytest.mark.parametrize(("key", "before"), [(5111, 12.3), (5106, 23.0), (5109, 0.0)])
def test_a_payment_where_nothing_is_due_is_recorded_and_flagged(till: Any, key: int, before: float):
    till.lock(key)
    till.pay(key, 500)
    found = till.row(TICKET, key)
    assert (found["paid"], found["settled"], found["paid_amount"], found["due_amount"]) == (True, True, before + 5, 0)
    assert till.sql("SELECT over_payment, conflict FROM epos_adapter.recorded_payment") == [(True, False)]
    assert len(till.of(PaymentFlagged)) == 1


def test_a_payment_of_more_than_is_due_is_recorded_as_it_was_made_and_flagged(till: Any):
    till.lock(5101)
    sent = till.pay(5101, 5000)
    assert ticket(till, 5101) == (True, True, 50, 0, True, 4)
    assert till.row(BOOKED)["amount"] == 50
    assert till.sql("SELECT base, over_payment FROM epos_adapter.recorded_payment") == [(5000, True)]
    (event,) = till.of(PaymentFlagged)
    assert event.payment == sent["id"]


def test_a_tip_and_cashback_do_not_make_an_over_payment(till: Any):
    till.lock(5103)
    till.pay(5103, 3764, tipsAmount=9999, cashbackAmount=9999)
    assert till.sql("SELECT tips, cashback, over_payment FROM epos_adapter.recorded_payment") == [(9999, 9999, False)]
    assert ticket(till, 5103)[:4] == (True, True, 37.64, 0)


def test_the_ledger_keeps_the_payment_with_everything_but_the_card(till: Any):
    till.lock(5103)
    sent = till.payment(5103, 1000, tipsAmount=100, waiterId=3)
    assert till.record(sent, waiter=7, terminal="22334455") == {}
    found = till.row("SELECT * FROM epos_adapter.recorded_payment")
    assert (str(found["payment_id"]), str(found["session_id"])) == (sent["id"], till.id(5103))
    assert found["attempted_at"].isoformat() == "2026-11-20T21:05:31.250000+00:00"
    assert (found["currency"], found["base"], found["tips"], found["cashback"]) == ("GBP", 1000, 100, 0)
    assert (found["successful"], found["terminal"], found["waiter"]) == (True, "22334455", "3")
    assert "0004" not in "".join(till.state()["epos_adapter.recorded_payment"])


@pytest.mark.parametrize(
    ("waiter", "user"), [(12, 3), ("12", 3), (3, 4), (41, 5), (999, 1), ("Inés", 1), (None, 1), (2**40, 1)]
)
def test_the_payment_is_booked_on_the_waiter_or_on_who_serves_the_check(till: Any, waiter: Any, user: int):
    till.lock(5101)
    till.pay(5101, 100, waiterId=waiter)
    assert till.row(BOOKED)["user_id"] == user


@pytest.mark.parametrize(
    ("scheme", "name"), [("CARD_SCHEME_VISA", "VISA"), ("CARD_SCHEME_AMEX", "CREDIT CARD"), (None, "CREDIT CARD")]
)
def test_the_scheme_decides_the_name_on_the_tills_reports(till: Any, scheme: str | None, name: str):
    till.lock(5101)
    assert till.record(till.with_card(5101, 100, card={"scheme": scheme})) == {}
    assert till.row(BOOKED)["payment_sub_type"] == name


def test_texts_of_the_provider_are_cut_to_the_tills_columns(till: Any):
    till.lock(5101)
    sent = till.with_card(5101, 100, authCode="A" * 50, card={"scheme": "CARD_SCHEME_" + "S" * 40})
    assert till.record(sent) == {}
    found = till.row(BOOKED)
    assert (found["card_auth_code"], found["card_type"]) == ("A" * 30, "S" * 20)


def test_a_payment_without_any_details_is_recorded(till: Any):
    till.lock(5101)
    till.pay(5101, 100, methodDetails=None, attemptedAt=None)
    found = till.row(BOOKED)
    assert (found["payment_sub_type"], found["card_type"], found["card_auth_code"]) == ("CREDIT CARD", None, None)


@pytest.mark.parametrize("key", [3050, 4200, 5090, 5091])
def test_a_finished_check_can_be_locked_and_owes_nothing(till: Any, key: int):
    before = till.row(TICKET, key)
    bill = till.lock(key)
    assert bill["totalAmount"] == bill["paidAmount"]
    till.pay(key, 100)
    after = till.row(TICKET, key)
    assert (after["settled"], after["due_amount"]) == (True, 0)
    assert after["closing_date"] == before["closing_date"] or before["closing_date"] is None
    assert tables(till, 1, 2) == [1, 1]


@pytest.mark.parametrize("key", [5095, 5096, 4711])
def test_a_voided_check_and_one_that_never_was_are_no_sessions(till: Any, key: int):
    for method in ("LockSession", "UnlockSession"):
        till.refused(method, "SESSION_NO_SUCH_SESSION", sessionId=till.id(key))
    till.refused("RecordPayment", "SESSION_NO_SUCH_SESSION", payment=till.payment(key, 100))


def test_a_check_without_a_bill_cannot_be_locked_and_so_not_paid(till: Any):
    till.refused("LockSession", "BILL_NO_SUCH_BILL", sessionId=till.id(5110))
    till.refused("RecordPayment", "SESSION_NOT_LOCKED", payment=till.payment(5110, 100))


def test_a_bill_that_went_away_under_the_lock_cannot_be_paid(till: Any):
    till.lock(5101)
    till.sql("UPDATE ticket SET total_price = NULL WHERE id = 5101")
    till.refused("RecordPayment", "PAYMENT_NOT_RECORDED", payment=till.payment(5101, 100))


def test_a_bill_that_cannot_be_shown_can_still_be_paid(till: Any):
    till.lock(5101)
    till.sql("UPDATE ticket_item SET item_price = item_price + 1 WHERE ticket_id = 5101")
    assert till.ask("GetBillItems", sessionId=till.id(5101))["errorCode"] == "ERROR_INTERNAL_POS_ERROR"
    till.pay(5101, 4725)
    assert ticket(till, 5101)[:2] == (True, True)


def test_another_currency_than_the_bills_is_refused(till: Any):
    till.lock(5101)
    reason = till.refused("RecordPayment", "PAYMENT_NOT_RECORDED", payment=till.payment(5101, 4725, currency="EUR"))
    assert "EUR" in reason
    assert "GBP" in reason


def test_every_conflicting_payment_has_a_key_of_its_own(till: Any):
    till.lock(5103)
    first = till.pay(5103, 500)
    for base in (600, 700):
        assert till.record({**first, "baseAmount": base}) == {}
    rows = till.sql("SELECT global_id, card_transaction_id FROM transactions WHERE id > 810")
    assert len({own for own, _ in rows}) == 3
    assert {payment for _, payment in rows} == {first["id"]}
    assert ticket(till, 5103)[2:4] == (18, 19.64)


def test_the_site_says_terminal_currency_and_time_zone(
    own_restaurant: Callable[[str], str], another: Callable[..., Any]
):
    till = another(own_restaurant("floreant"), "floreant", site={"terminal_id": 10, "timezone": "Asia/Tokyo"})
    till.sql("UPDATE restaurant SET cname = 'EUR'")
    till.lock(5101)
    till.refused("RecordPayment", "PAYMENT_NOT_RECORDED", payment=till.payment(5101, 4725))
    till.pay(5101, 4725, currency="EUR")
    found = till.row(
        "SELECT x.terminal_id, abs(EXTRACT(EPOCH FROM clock_timestamp() AT TIME ZONE 'Asia/Tokyo' - x.transaction_time)) < 60 AS booked,"
        " abs(EXTRACT(EPOCH FROM clock_timestamp() AT TIME ZONE 'Asia/Tokyo' - k.closing_date)) < 60 AS closed"
        " FROM transactions x JOIN ticket k ON k.id = x.ticket_id WHERE x.id > 810"
    )
    assert found == {"terminal_id": 10, "booked": True, "closed": True}


def test_an_older_build_without_version_numbers_is_paid_just_the_same(
    own_restaurant: Callable[[str], str], another: Callable[..., Any]
):
    till = another(own_restaurant("floreant"), "floreant")
    till.sql("ALTER TABLE ticket DROP version_no; ALTER TABLE shop_table_status DROP version_no")
    till.lock(5101)
    till.pay(5101, 4725)
    assert till.sql("SELECT paid, settled FROM ticket WHERE id = 5101") == [(True, True)]
    assert tables(till, 1) == [5]


def test_a_payment_names_a_session_by_any_spelling_of_its_id(till: Any):
    till.lock(5101)
    wire = uuid.UUID(till.id(5101)).hex.upper()
    till.pay(5101, 100, sessionId=f" {wire} ")
    assert ticket(till, 5101)[2] == 1
