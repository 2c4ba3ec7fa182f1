"""Payments on suspended sales of Open Source Point of Sale, on MariaDB: its own rows, and what its terminals do to them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from adapter.app import App
from adapter.config import Config
from adapter.events import PaymentFlagged, PaymentGone
from adapter.mapping.load import load_mapping_text
from tests.integration.recording.conftest import MAPPINGS
from tests.integration.recording.elsewhere import MariaDBPlace

SALE, TAXED, PAID, DONE, CANCELED, QUOTE = 101, 102, 111, 105, 106, 107
DUE = 2722  # 42.22 of which 20.00 was paid in cash, less 5.00 of change


@pytest.fixture(scope="module")
def opened_till(elsewhere: Callable[[str, str], str], runner: asyncio.Runner) -> Iterator[Any]:
    """One adapter for all tests here."""
    url = elsewhere("ospos", "mariadb")
    mapping = (MAPPINGS / "ospos.toml").read_text(encoding="utf-8")
    config = {"mapping": "ospos.toml", "database": {"url": url}, "rules": {"finished_within_hours": 0}}
    events: list[Any] = []
    app = App(Config.model_validate(config), load_mapping_text(mapping, "ospos.toml"), events.append)
    place = MariaDBPlace(url=url, app=app, runner=runner, mapping=mapping, events=events)
    runner.run(app.store.create_ledger())
    place.save()
    yield place
    place.close()


@pytest.fixture
def till(opened_till: Any) -> Any:
    """The evening as it was."""
    opened_till.begin_anew()
    opened_till.events.clear()
    return opened_till


def payments(till: Any, sale: int) -> list[tuple[Any, ...]]:
    """What the till holds of the payments of a sale."""
    found: list[tuple[Any, ...]] = till.sql(
        "SELECT payment_type, payment_amount, cash_refund, employee_id, reference_code FROM ospos_sales_payments"
        " WHERE sale_id = %s ORDER BY payment_id",
        sale,
    )
    return found


def gone(till: Any) -> list[Any]:
    """Payments that are told to be gone when somebody looks now."""
    till.events.clear()
    verifier = till.runner.run(till.app.store.verifier())
    till.runner.run(verifier.look())
    return till.of(PaymentGone)


def test_a_sale_that_is_paid_in_full_gets_one_row_and_stays_open(till: Any):
    before = till.state()
    sent = till.lock_and_pay(SALE, DUE)
    assert payments(till, SALE)[1:] == [("Credit Card", Decimal("27.22"), Decimal("0.00"), 11, sent["id"])]
    ((status,),) = till.sql("SELECT sale_status FROM ospos_sales WHERE sale_id = %s", SALE)
    assert status == 1
    after = till.state()
    changed = {name for name in before if before[name] != after[name] and not name.startswith("epos_adapter")}
    assert changed == {"ospos_sales_payments"}
    bill = till.ask("GetBillItems", sessionId=till.id(SALE))["billItems"]
    assert (bill["totalAmount"], bill["paidAmount"]) == (4222, 4222)
    assert till.ask("GetSession", sessionId=till.id(SALE))["session"]["isPayable"] is False


def test_parts_are_paid_by_several_machines_until_nothing_is_due(till: Any):
    till.lock(TAXED)
    first, second = till.pay(TAXED, 1000), till.pay(TAXED, 1254)
    till.unlock(TAXED)
    assert [(row[1], row[3], row[4]) for row in payments(till, TAXED)] == [
        (Decimal("10.00"), 12, first["id"]),
        (Decimal("12.54"), 12, second["id"]),
    ]
    assert till.ask("GetSession", sessionId=till.id(TAXED))["session"]["isPayable"] is False


def test_a_repeat_writes_no_second_row(till: Any):
    till.lock(SALE)
    sent = till.pay(SALE, 500)
    for _ in range(2):
        till.refused("RecordPayment", "PAYMENT_ALREADY_RECORDED", payment=sent)
    assert len(payments(till, SALE)) == 2


def test_a_payment_that_is_sent_many_times_at_once_is_recorded_once(till: Any):
    till.lock(SALE)
    sent = till.payment(SALE, 500)

    async def race() -> list[dict[str, Any]]:
        return await asyncio.gather(*(till.asked("RecordPayment", payment=sent) for _ in range(6)))

    answers = till.runner.run(race())
    assert sorted(answer.get("errorCode", "") for answer in answers) == ["", *["PAYMENT_ALREADY_RECORDED"] * 5]
    assert len(payments(till, SALE)) == 2


@pytest.mark.parametrize("status", [0, 2], ids=["completed", "canceled"])
def test_a_sale_that_the_till_ends_under_the_lock_takes_no_payment(till: Any, status: int):
    till.lock(SALE)
    till.sql("UPDATE ospos_sales SET sale_status = %s WHERE sale_id = %s", status, SALE)
    reason = till.refused("RecordPayment", "PAYMENT_NOT_RECORDED", payment=till.payment(SALE, DUE))
    assert status == 2 or "completed or canceled at the till" in reason
    till.unlock(SALE)


def test_a_sale_that_was_completed_before_takes_no_payment(till: Any):
    till.lock(DONE)
    reason = till.refused("RecordPayment", "PAYMENT_NOT_RECORDED", payment=till.payment(DONE, 600))
    assert "completed or canceled at the till" in reason


def test_what_is_no_sale_cannot_be_locked(till: Any):
    for key in (CANCELED, QUOTE, 999):
        till.refused("LockSession", "SESSION_NO_SUCH_SESSION", sessionId=till.id(key))


def test_money_that_was_taken_beyond_what_is_due_is_recorded_and_flagged(till: Any):
    till.lock(PAID)
    sent = till.pay(PAID, 100)
    assert payments(till, PAID)[1] == ("Credit Card", Decimal("1.00"), Decimal("0.00"), 11, sent["id"])
    (flagged,) = till.of(PaymentFlagged)
    assert flagged.payment == sent["id"]


def test_a_tip_has_no_place_in_this_till(till: Any):
    till.lock(SALE)
    till.refused("RecordPayment", "PAYMENT_NOT_RECORDED", payment=till.payment(SALE, 500, tipsAmount=50))


def test_a_terminal_that_saves_its_own_copy_is_noticed_and_told_once(till: Any):
    till.lock(SALE)
    lost = till.pay(SALE, 1000)
    kept = till.payment(TAXED, 500)
    till.lock(TAXED)
    assert till.record(kept) == {}
    assert gone(till) == []
    # What a terminal does that opened the sale before: all its rows go, and those come back that it knows.
    till.sql(
        f"DELETE FROM ospos_sales_payments WHERE sale_id = {SALE};"
        "INSERT INTO ospos_sales_payments (sale_id, payment_type, payment_amount, cash_refund, employee_id)"
        f" VALUES ({SALE}, 'Cash', 20, 5, 11)"
    )
    (found,) = gone(till)
    assert (found.payment, found.base, found.session) == (lost["id"], 1000, till.id(SALE))
    assert gone(till) == []
    marked = till.sql("SELECT payment_id, missing_since IS NOT NULL FROM epos_adapter_recorded_payment ORDER BY base")
    assert marked == [(kept["id"], 0), (lost["id"], 1)]
    # The money has been taken: sent again, it is still known.
    till.refused("RecordPayment", "PAYMENT_ALREADY_RECORDED", payment=lost)


def test_a_terminal_that_saves_what_it_has_read_after_a_payment_keeps_it(till: Any):
    till.lock(SALE)
    sent = till.pay(SALE, 1000)
    till.sql(
        f"BEGIN; DELETE FROM ospos_sales_payments WHERE sale_id = {SALE} AND reference_code = '';"
        "INSERT INTO ospos_sales_payments (sale_id, payment_type, payment_amount, cash_refund, employee_id)"
        f" VALUES ({SALE}, 'Cash', 20, 5, 11); COMMIT"
    )
    assert gone(till) == []
    assert sent["id"] in [row[4] for row in payments(till, SALE)]


def test_an_order_is_paid_in_parts_and_a_tip_is_given_back(till: Any):
    lock = {"orderId": till.id(SALE), "lockId": "lock_1"}

    def pay(value: int, intent: str, **more: Any) -> dict[str, Any]:
        money = {"paymentIntentId": intent, "paidAmount": {"value": value, "currencyCode": "GBP"}, **more}
        found: dict[str, Any] = till.runner.run(till.ordered("RecordOrderPaymentByIdV1", **lock, **money))
        return found

    till.order("CreateOrderLockV1", **lock, expiry="2999-01-01T00:00:00Z")
    tip = pay(DUE, "pi_0", tipsAmount={"value": 1, "currencyCode": "GBP"})
    assert (tip["error"]["errorType"], "no place for a tip" in str(tip)) == ("Conflict", True)
    assert pay(1000, "pi_1")["result"]["payments"][-1]["paymentIntentId"] == "pi_1"
    assert pay(DUE - 1000, "pi_2")["result"]["payable"] is False
    assert till.order("DeleteOrderLockV1", **lock)["paidAmount"] == {"value": 4222, "currencyCode": "GBP"}
    assert len(payments(till, SALE)) == 3
    assert gone(till) == []
    till.sql("DELETE FROM ospos_sales_payments WHERE payment_amount = 10 AND sale_id = %s", SALE)
    assert [event.payment for event in gone(till)] == ["pi_1"]
    assert [row.name for row in till.runner.run(till.app.store.watched())[1]] == ["pi_1"]
