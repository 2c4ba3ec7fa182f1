"""Settling checks on Pasteque's own tables: what its server would have written, right to the penny."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from adapter.app import App
from adapter.config import Config
from adapter.events import PaymentFlagged
from adapter.mapping.load import load_mapping_text
from tests.integration.recording.conftest import MAPPINGS
from tests.integration.recording.elsewhere import PLACES

GARDEN = "e2b7c1d0-5a64-4f0e-8d21-93b6a7c40f11"


@pytest.fixture(scope="module")
def elsewhere_till(elsewhere: Callable[[str, str], str], runner: asyncio.Runner) -> Iterator[Callable[[str], Any]]:
    """Gives one adapter for all tests on an engine, on an evening that begins anew each time it is asked for."""
    places: dict[str, Any] = {}

    def begin(engine: str) -> Any:
        if engine not in places:
            url = elsewhere("pasteque", engine)
            mapping = (MAPPINGS / "pasteque.toml").read_text(encoding="utf-8")
            config = {"mapping": "pasteque.toml", "database": {"url": url}, "rules": {"finished_within_hours": 0}}
            events: list[Any] = []
            app = App(Config.model_validate(config), load_mapping_text(mapping, "pasteque.toml"), events.append)
            places[engine] = PLACES[engine](url=url, app=app, runner=runner, mapping=mapping, events=events)
            runner.run(app.store.create_ledger())
            places[engine].save()
        places[engine].begin_anew()
        places[engine].events.clear()
        return places[engine]

    yield begin
    for place in places.values():
        place.close()


@pytest.fixture(params=[pytest.param("postgresql", marks=pytest.mark.oldest), "mariadb", "sqlite"])
def till(request: pytest.FixtureRequest) -> Any:
    if request.param == "postgresql":
        return request.getfixturevalue("shared")("pasteque")
    return request.getfixturevalue("elsewhere_till")(request.param)


def session(till: Any, key: str) -> str:
    """The id on the wire of a check, found by its name at the till."""
    ((name,),) = till.sql("SELECT trim(name) FROM sharedtickets WHERE id = %s", key)
    found = till.ask("ListSessions")["sessions"]
    (wire,) = [one["id"] for one in found if one["name"].split(" ") == name.replace(" - ", " – ").split(" ")] or [
        one["id"] for one in found if one["name"] == name
    ]
    return str(wire)


def receipt(till: Any) -> str:
    """The one receipt that is new."""
    ((found,),) = till.sql("SELECT id FROM receipts WHERE id NOT IN ('r-40', 'r-41')")
    return str(found)


# Bill 2: two teas 5.1666 + 20 %, two scones 8.0952 + 5 %, a book 12.50 less 20 % and no tax.
# Bill 4, all 20 %: 24.9166 + 2.50 + half of 14.875, less 10 % = 31.36875; tax 6.27375. Bill 7: 5 oysters, one Malbec.
# The bar: two lagers less 20 % = 7.93333. The tab: four Malbecs less 10 % = 22.20.
@pytest.mark.parametrize(
    ("key", "total", "taxes"),
    [
        ("2", 2470, [("000", 10.0, 0.0), ("001", 8.1, 0.4), ("002", 5.17, 1.03)]),
        ("4", 3764, [("002", 31.37, 6.27)]),
        ("7", 2407, [("002", 20.06, 4.01)]),
        ("bar1", 952, [("002", 7.93, 1.59)]),
        ("tab-oisín", 2664, [("002", 22.2, 4.44)]),
        (GARDEN, 3300, [("002", 27.5, 5.5)]),
        ("9", 0, []),
    ],
)
def test_a_check_becomes_a_receipt_with_its_lines_its_tax_and_its_payment(
    till: Any, key: str, total: int, taxes: list[tuple[str, float, float]]
):
    wire = session(till, key)
    lines = till.sql(
        "SELECT line, product_id, quantity, price, tax_id, COALESCE(discountrate, 0) FROM sharedticketlines"
        " WHERE sharedticket_id = %s ORDER BY line",
        key,
    )
    head = till.sql(
        "SELECT customer_id, custcount, COALESCE(discountrate, 0), discountprofile_id FROM sharedtickets WHERE id = %s",
        key,
    )
    assert till.lock(wire)["totalAmount"] == total
    sent = till.pay(wire, total)
    new = receipt(till)
    ((money, at),) = till.sql("SELECT money, datenew FROM receipts WHERE id = %s", new)
    here = datetime.now(ZoneInfo("Europe/London")).replace(tzinfo=None)
    assert money == "cash-1-7"
    assert abs(here - datetime.fromisoformat(str(at))) < timedelta(seconds=60)
    assert till.sql("SELECT tickettype, ticketid, person, status FROM tickets WHERE id = %s", new) == [(0, 42, "0", 0)]
    assert (
        till.sql("SELECT customer, custcount, discountrate, discountprofile_id FROM tickets WHERE id = %s", new) == head
    )
    assert (
        till.sql(
            "SELECT line, product, units, price, taxid, discountrate FROM ticketlines WHERE ticket = %s ORDER BY line",
            new,
        )
        == lines
    )
    assert till.sql(
        "SELECT payment, total, currency, totalcurrency, transid, note FROM payments WHERE receipt = %s", new
    ) == [("magcard", total / 100, 1, total / 100, sent["id"], None)]
    assert till.sql("SELECT taxid, base, amount FROM taxlines WHERE receipt = %s ORDER BY taxid", new) == taxes
    assert till.sql("SELECT id, nextticketid FROM cashregisters ORDER BY id") == [(1, 43), (2, 7)]
    assert till.sql("SELECT count(*) FROM sharedtickets WHERE id = %s", key) == [(0,)]
    assert till.sql("SELECT count(*) FROM sharedticketlines WHERE sharedticket_id = %s", key) == [(0,)]
    assert not till.of(PaymentFlagged)


def test_no_other_check_is_touched_and_the_table_is_free(till: Any):
    others = "SELECT * FROM {} WHERE {} <> '4' ORDER BY id"
    asked = [others.format("sharedtickets", "id"), others.format("sharedticketlines", "sharedticket_id")]
    before = [till.sql(text) for text in asked]
    till.lock_and_pay(session(till, "4"), 3764)
    assert [till.sql(text) for text in asked] == before
    assert till.ask("GetTable", name="Table 4")["table"]["status"] == "TABLE_STATUS_AVAILABLE"


def test_receipts_are_numbered_one_after_the_other(till: Any):
    wires = [session(till, key) for key in ("2", "4")]
    for wire, total in zip(wires, (2470, 3764), strict=True):
        till.lock_and_pay(wire, total)
    assert till.sql("SELECT ticketid FROM tickets ORDER BY ticketid") == [(40,), (41,), (42,), (43,)]
    assert till.sql("SELECT nextticketid FROM cashregisters WHERE id = 1") == [(44,)]


@pytest.mark.parametrize("base", [0, 1, 3763])
def test_a_part_payment_is_refused(till: Any, base: int):
    wire = session(till, "4")
    till.lock(wire)
    reason = till.refused("RecordPayment", "PAYMENT_NOT_RECORDED", payment=till.payment(wire, base, tipsAmount=500))
    assert "part payment" in reason
    till.pay(wire, 3764)


def test_a_tip_is_told_in_the_note_and_is_no_part_of_the_total(till: Any):
    wire = session(till, "4")
    till.lock(wire)
    till.pay(wire, 3764, tipsAmount=450, cashbackAmount=1000)
    assert till.sql("SELECT total, totalcurrency, note FROM payments WHERE receipt = %s", receipt(till)) == [
        (37.64, 37.64, "Tip 4.50")
    ]


def test_more_than_is_due_is_recorded_and_flagged(till: Any):
    wire = session(till, "4")
    till.lock(wire)
    till.pay(wire, 4000)
    assert till.sql("SELECT total FROM payments WHERE receipt = %s", receipt(till)) == [(40.0,)]
    assert till.sql(f"SELECT over_payment FROM {till.ledger('recorded_payment')}") == [(True,)]
    assert len(till.of(PaymentFlagged)) == 1


def test_a_declined_card_leaves_the_check_open(till: Any):
    wire = session(till, "4")
    before = till.state()
    till.lock(wire)
    till.pay(wire, 3764, paymentSuccessful=False)
    till.unlock(wire)
    after = till.state()
    assert [name for name in before if before[name] != after[name]] == [till.ledger("recorded_payment")]


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("UPDATE closedcash SET dateend = '2026-11-20 23:00' WHERE money = 'cash-1-7'", "cash register is not open"),
        ("UPDATE currencies SET main = FALSE", "no main currency"),
        ("DELETE FROM closedcash WHERE cashregister_id = 2; UPDATE closedcash SET cashregister_id = 2", "register"),
    ],
    ids=["the drawer is counted", "no main currency", "another till's session"],
)
def test_a_till_that_is_not_ready_is_told_in_plain_words_and_nothing_is_written(till: Any, sql: str, said: str):
    wire = session(till, "4")
    till.lock(wire)
    till.sql("UPDATE receipts SET money = 'cash-1-6';" + sql)
    payment = till.payment(wire, 3764)
    assert said in till.refused("RecordPayment", "PAYMENT_NOT_RECORDED", payment=payment)


def test_the_payment_that_was_refused_is_recorded_when_the_drawer_is_open_again(till: Any):
    wire = session(till, "4")
    till.lock(wire)
    till.sql("UPDATE closedcash SET dateend = '2026-11-20 23:00' WHERE money = 'cash-1-7'")
    payment = till.payment(wire, 3764)
    till.refused("RecordPayment", "PAYMENT_NOT_RECORDED", payment=payment)
    till.sql("UPDATE closedcash SET dateend = NULL WHERE money = 'cash-1-7'")
    assert till.record(payment) == {}
    till.refused("RecordPayment", "PAYMENT_ALREADY_RECORDED", payment=payment)


def test_a_repeat_is_known_when_the_check_has_vanished_and_its_lock_can_be_released(till: Any):
    wire = session(till, "4")
    till.lock(wire)
    sent = till.pay(wire, 3764)
    assert till.ask("GetSession", sessionId=wire)["errorCode"] == "SESSION_NO_SUCH_SESSION"
    for _ in range(2):
        till.refused("RecordPayment", "PAYMENT_ALREADY_RECORDED", payment=sent)
    till.refused("RecordPayment", "PAYMENT_NOT_RECORDED", payment=till.payment(wire, 100))
    till.unlock(wire)
    till.refused("RecordPayment", "SESSION_NOT_LOCKED", payment=sent)
    till.refused("UnlockSession", "SESSION_NOT_LOCKED", sessionId=wire)
    till.refused("LockSession", "SESSION_NO_SUCH_SESSION", sessionId=wire)


def test_a_check_that_the_till_settled_under_the_lock_can_still_be_unlocked(till: Any):
    wire = session(till, "4")
    till.lock(wire)
    till.sql("DELETE FROM sharedticketlines WHERE sharedticket_id = '4'; DELETE FROM sharedtickets WHERE id = '4'")
    till.refused("RecordPayment", "PAYMENT_NOT_RECORDED", payment=till.payment(wire, 3764))
    till.unlock(wire)
    till.refused("UnlockSession", "SESSION_NO_SUCH_SESSION", sessionId=wire)


def test_the_next_guests_at_the_table_are_not_paid_by_a_repeat(till: Any):
    wire = session(till, "4")
    till.lock(wire)
    sent = till.pay(wire, 3764)
    till.sql(
        "INSERT INTO sharedtickets (id, name) VALUES ('4', 'Table 4');"
        "INSERT INTO sharedticketlines VALUES ('new', '4', 0, 'P-CRAB', '002', 1, 0, 13.75, NULL)"
    )
    till.refused("RecordPayment", "PAYMENT_ALREADY_RECORDED", payment=sent)
    till.unlock(wire)
    assert till.lock(wire)["totalAmount"] == 1650
    till.refused("RecordPayment", "PAYMENT_ALREADY_RECORDED", payment=sent)
    till.pay(wire, 1650)
    assert till.sql("SELECT count(*) FROM receipts") == [(4,)]


@pytest.mark.oldest
def test_the_site_says_which_register_and_in_whose_name(
    own_restaurant: Callable[[str], str], another: Callable[..., Any]
):
    till = another(own_restaurant("pasteque"), "pasteque", site={"cashregister": 2, "person": "2"})
    till.lock_and_pay(session(till, "4"), 3764)
    assert till.sql(
        "SELECT r.money, t.ticketid, t.person FROM receipts r JOIN tickets t ON t.id = r.id WHERE r.id = %s",
        receipt(till),
    ) == [("cash-2-3", 7, "2")]
    assert till.sql("SELECT nextticketid FROM cashregisters ORDER BY id") == [(42,), (8,)]


def test_several_main_currencies_are_told_in_the_words_of_the_mapping(till: Any):
    wire = session(till, "4")
    till.lock(wire)
    till.sql("UPDATE currencies SET main = TRUE")
    payment = till.payment(wire, 3764)
    assert "no main currency, or several" in till.refused("RecordPayment", "PAYMENT_NOT_RECORDED", payment=payment)


def test_an_order_is_paid_and_told_as_it_was_with_its_payment_though_the_till_has_put_it_away(till: Any):
    wire = session(till, "4")
    lock = {"orderId": wire, "lockId": "lock_1"}
    money = {"paymentIntentId": "pi_1", "paidAmount": {"value": 3764, "currencyCode": "GBP"}}
    order = till.order("CreateOrderLockV1", **lock, expiry="2999-01-01T00:00:00Z")
    part = {**money, "paymentIntentId": "pi_0", "paidAmount": {"value": 1, "currencyCode": "GBP"}}
    refused = till.runner.run(till.ordered("RecordOrderPaymentByIdV1", **lock, **part))
    assert (refused["error"]["errorType"], "cannot hold a part payment" in str(refused)) == ("Conflict", True)
    paid = till.order("RecordOrderPaymentByIdV1", **lock, **money)
    payments = [{"paymentIntentId": "pi_1", "paidAmount": money["paidAmount"]}]
    assert till.sql("SELECT count(*) FROM sharedtickets WHERE id = '4'") == [(0,)]
    changed = {"status": "Finalized", "payable": False, "paidAmount": money["paidAmount"], "payments": payments}
    assert paid == {**order, **changed}
    bare = {"id": wire, "status": "Finalized", "details": {"orderType": "DineIn", "dineIn": {}}, "payable": False}
    assert till.order("RecordOrderPaymentByIdV1", **lock, **money) == {**bare, "payments": payments}
    assert till.order("DeleteOrderLockV1", **lock) == {**bare, "payments": payments}
    assert till.order("DeleteOrderLockV1", **lock) == bare
    assert till.sql("SELECT count(*) FROM receipts WHERE id NOT IN ('r-40', 'r-41')") == [(1,)]
