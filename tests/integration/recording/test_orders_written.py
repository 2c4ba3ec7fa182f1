"""Locking and paying over the EPOS Data API on each engine that we run, and what the Tables API and the till see of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from adapter.app import App
from adapter.config import Config
from adapter.errors import OutcomeUnknown
from adapter.events import LockExpired, PaymentFlagged, PaymentKept, PaymentTurnedDown, RequestAnswered
from adapter.mapping.load import load_mapping_text
from tests.conftest import run_script
from tests.integration.recording.conftest import Place
from tests.integration.recording.corner_house import MAPPING, ROWS, SCHEMA
from tests.integration.recording.elsewhere import PLACES

ENGINES = ("postgresql", "mariadb", "sqlite")
LEDGER = ("session_lock", "order_lock", "recorded_payment", "payment_intent", "released_lock")


@pytest.fixture(scope="module")
def opened_on(request: pytest.FixtureRequest, runner: asyncio.Runner) -> Iterator[Callable[[str], Any]]:
    """Gives the corner house on an engine, as it is in the morning."""
    places: dict[str, Place] = {}

    def begin(engine: str) -> Place:
        if engine not in places:
            url = request.getfixturevalue("new_database" if engine == "postgresql" else f"new_{engine}")()
            run_script(url, SCHEMA)
            events: list[Any] = []
            config = {"mapping": "test.toml", "database": {"url": url, "pool_size": 3, "lock_timeout": 0.5}}
            app = App(Config.model_validate(config), load_mapping_text(MAPPING, "test.toml"), events.append)
            kind: Any = PLACES.get(engine, Place)
            places[engine] = kind(url=url, app=app, runner=runner, mapping=MAPPING, events=events)
            runner.run(app.store.create_ledger())
        place = places[engine]
        place.sql(ROWS + "".join(f"DELETE FROM {place.ledger(name)};" for name in LEDGER))
        place.events.clear()
        return place

    yield begin
    for place in places.values():
        place.close()


@pytest.fixture(params=ENGINES)
def till(request: pytest.FixtureRequest, opened_on: Callable[[str], Any]) -> Any:
    return opened_on(request.param)


@pytest.fixture
def one_till(opened_on: Callable[[str], Any]) -> Any:
    """On one engine: for what is the same on each."""
    return opened_on("postgresql")


def soon(seconds: float = 300) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def lock_of(till: Any, key: int = 1, lock_id: str = "lock_1") -> dict[str, Any]:
    return {"orderId": till.id(key), "lockId": lock_id}


def pounds(value: int) -> dict[str, Any]:
    return {"value": value, "currencyCode": "GBP"}


def paying(till: Any, paid: int, intent: str = "pi_sandbox_1", key: int = 1, **more: Any) -> dict[str, Any]:
    return {"orderId": till.id(key), "paymentIntentId": intent, "paidAmount": pounds(paid), **more}


def end(till: Any) -> None:
    """Let every lock be over, as if its time had passed."""
    till.sql(f"UPDATE {till.ledger('order_lock')} SET expires_at = '2026-01-01 12:00:00'")


def holder(till: Any, key: int = 1) -> Any:
    return till.sql(f"SELECT holder FROM chk WHERE id = {key}")[0][0]


def refused(till: Any, method: str, code: str, **params: Any) -> str:
    """Ask by either protocol what must be refused with this code; gives the reason."""
    if not method.endswith("V1"):
        found = till.ask(method, **params)
        assert found.get("errorCode") == code, found
        return str(found["errorReason"])
    answer = till.runner.run(till.ordered(method, **params))
    assert answer.get("error", {}).get("errorType") == code, answer
    return str(answer["error"]["debugMessage"])


def turned_down(till: Any, error_type: str, **payment: Any) -> None:
    """Send a payment that must be refused with this error, and change nothing but what is kept of refusals."""
    kept = till.ledger("payment_intent")
    before = till.state()
    refused(till, "RecordOrderPaymentByIdV1", error_type, **payment)
    after = till.state()
    assert {name for name, rows in after.items() if rows != before[name]} <= {kept}


def test_an_order_is_locked_extended_paid_and_unlocked_and_the_till_sees_it(till: Any):
    order = till.order("CreateOrderLockV1", **lock_of(till), expiry=soon())
    assert (order["id"], order["totalAmount"], order["paidAmount"]) == (till.id(1), pounds(5000), pounds(0))
    assert holder(till) == "DOJO"
    assert till.order("ExtendOrderLockV1", **lock_of(till), expiry=soon(600)) == {}
    paid = till.order("RecordOrderPaymentByIdV1", **paying(till, 2000, tipsAmount=pounds(150), lockId="lock_1"))
    assert (paid["paidAmount"], paid["tipsAmount"]) == (pounds(2000), pounds(150))
    assert paid["payments"] == [
        {"paymentIntentId": "pi_sandbox_1", "paidAmount": pounds(2000), "tipsAmount": pounds(150)}
    ]
    unlocked = till.order("DeleteOrderLockV1", **lock_of(till))
    assert (unlocked["paidAmount"], unlocked["payable"]) == (pounds(2000), True)
    assert holder(till) is None
    # Whoever asks later finds the provider's own id, and not what stands in the till.
    assert till.order("GetOrderByIdV1", orderId=till.id(1))["payments"] == paid["payments"]
    (page,) = [one for one in till.order("SearchOrdersV1")["data"] if one["id"] == till.id(1)]
    assert page["payments"] == paid["payments"]
    assert till.order("DeleteOrderLockV1", **lock_of(till)) == unlocked
    # A copy of the first request that comes late takes nothing that nobody would give back.
    assert "deleted" in refused(till, "CreateOrderLockV1", "Conflict", **lock_of(till), expiry=soon())
    late = lock_of(till, lock_id="lock_2")
    till.order("DeleteOrderLockV1", **late)
    assert "deleted" in refused(till, "CreateOrderLockV1", "Conflict", **late, expiry=soon())
    assert holder(till) is None


def test_a_lock_through_one_protocol_is_met_through_the_other(till: Any):
    till.order("CreateOrderLockV1", **lock_of(till), expiry=soon())
    assert "tm_sandbox_1 until" in refused(till, "LockSession", "SESSION_ALREADY_LOCKED", sessionId=till.id(1))
    refused(till, "UnlockSession", "SESSION_UNABLE_TO_UNLOCK", sessionId=till.id(1))
    till.order("DeleteOrderLockV1", **lock_of(till))
    till.lock(1, terminal="T-1")
    another = lock_of(till, lock_id="lock_2")
    assert "T-1" in refused(till, "CreateOrderLockV1", "Conflict", **another, expiry=soon())
    assert "T-1" in refused(till, "RecordOrderPaymentByIdV1", "Conflict", **paying(till, 100))
    refused(till, "ExtendOrderLockV1", "Conflict", **another, expiry=soon())
    till.unlock(1)
    till.order("CreateOrderLockV1", **another, expiry=soon())


def test_a_lock_that_is_over_is_nobodys_and_the_till_is_told(till: Any):
    till.order("CreateOrderLockV1", **lock_of(till), expiry=soon())
    till.order("CreateOrderLockV1", **lock_of(till, 2, "lock_2"), expiry=soon())
    end(till)
    refused(till, "ExtendOrderLockV1", "Conflict", **lock_of(till), expiry=soon())
    refused(till, "UnlockSession", "SESSION_NOT_LOCKED", sessionId=till.id(1))
    refused(till, "RecordPayment", "SESSION_NOT_LOCKED", payment=till.payment(1, 100))
    # Free to whoever asks at once, before anybody has told the till.
    till.lock(2)
    assert (holder(till, 1), holder(till, 2)) == ("DOJO", "DOJO")
    assert till.runner.run(till.app.service.free_expired_locks()) == 1
    assert (holder(till, 1), holder(till, 2)) == (None, "DOJO")
    assert [event.session for event in till.of(LockExpired)] == [till.id(1)]
    released = till.sql(f"SELECT released_by FROM {till.ledger('released_lock')}")
    assert released == [("expiry",), ("expiry",)]
    assert till.runner.run(till.app.service.free_expired_locks()) == 0
    till.unlock(2)


def test_several_adapters_release_what_is_over_once(till: Any):
    for key in (1, 2):
        till.order("CreateOrderLockV1", **lock_of(till, key), expiry=soon())
    end(till)

    async def at_once() -> list[int]:
        return await asyncio.gather(*(till.app.service.free_expired_locks() for _ in range(3)))

    assert sum(till.runner.run(at_once())) == 2
    assert till.sql(f"SELECT count(*) FROM {till.ledger('released_lock')}") == [(2,)]
    assert till.sql(f"SELECT count(*) FROM {till.ledger('session_lock')}") == [(0,)]


def test_what_the_till_has_taken_meanwhile_is_left_to_it(till: Any):
    till.order("CreateOrderLockV1", **lock_of(till), expiry=soon())
    till.sql("UPDATE chk SET holder = 'TILL' WHERE id = 1")
    end(till)
    assert till.runner.run(till.app.service.free_expired_locks()) == 0
    assert holder(till) == "TILL"
    assert till.sql(f"SELECT count(*) FROM {till.ledger('session_lock')}") == [(0,)]
    assert "in use at the till" in refused(till, "CreateOrderLockV1", "Conflict", **lock_of(till), expiry=soon())
    assert "in use at the till" in refused(till, "RecordOrderPaymentByIdV1", "Conflict", **paying(till, 100))


def test_locks_that_ended_long_ago_are_forgotten(till: Any):
    till.order("CreateOrderLockV1", **lock_of(till), expiry=soon())
    till.order("DeleteOrderLockV1", **lock_of(till))
    till.order("CreateOrderLockV1", **lock_of(till, 2), expiry=soon())
    till.sql(
        f"UPDATE {till.ledger('order_lock')} SET expires_at = '2026-01-01 12:00:00' WHERE session_id = %s", till.id(1)
    )
    till.app.store._purged_at = float("-inf")
    till.runner.run(till.app.service.free_expired_locks())
    assert [str(key) for (key,) in till.sql(f"SELECT session_id FROM {till.ledger('order_lock')}")] == [till.id(2)]


def test_a_lock_that_ended_while_every_adapter_was_down_for_days_is_released_and_not_forgotten(till: Any):
    till.order("CreateOrderLockV1", **lock_of(till), expiry=soon())
    end(till)
    till.app.store._purged_at = float("-inf")
    assert till.runner.run(till.app.service.free_expired_locks()) == 1
    assert holder(till) is None


def test_one_of_many_who_ask_at_once_holds_an_order(till: Any):
    async def race() -> list[Any]:
        asked = [till.ordered("CreateOrderLockV1", **lock_of(till, 1, f"lock_{n}"), expiry=soon()) for n in range(3)]
        tables = [till.asked("LockSession", sessionId=till.id(1)) for _ in range(3)]
        return await asyncio.gather(*asked, *tables)

    found = till.runner.run(race())
    won = [answer for answer in found if "result" in answer or "billItems" in answer]
    assert len(won) == 1, found


def test_the_same_payment_from_many_sides_at_once_is_entered_once_and_always_acknowledged(till: Any):
    async def race(key: int, amounts: tuple[int, ...]) -> list[Any]:
        sent = [paying(till, amount, f"pi_{key}", key) for amount in amounts]
        return await asyncio.gather(*(till.ordered("RecordOrderPaymentByIdV1", **one) for one in sent))

    same = till.runner.run(race(1, (1000, 1000, 1000)))
    assert [answer["result"]["paidAmount"] for answer in same] == [pounds(1000)] * 3
    assert till.sql("SELECT count(*) FROM pay WHERE chk_id = 1") == [(1,)]
    other = till.runner.run(race(2, (300, 200, 100)))
    assert sorted("result" in answer for answer in other) == [False, False, True]
    assert till.sql("SELECT count(*) FROM pay WHERE chk_id = 2") == [(1,)]


def test_one_intent_on_two_orders_at_once_pays_one_of_them(till: Any):
    async def race() -> list[Any]:
        return await asyncio.gather(
            *(till.ordered("RecordOrderPaymentByIdV1", **paying(till, 700, "pi_x", key)) for key in (1, 2))
        )

    found = till.runner.run(race())
    assert sorted("result" in answer for answer in found) == [False, True], found
    assert till.sql("SELECT count(*) FROM pay") == [(1,)]
    assert [event.kind for event in till.of(PaymentFlagged)] == ["conflict"]


def test_a_repeat_is_acknowledged_with_the_order_and_another_amount_is_a_conflict(one_till: Any):
    till = one_till
    first = till.order("RecordOrderPaymentByIdV1", **paying(till, 2000))
    before = till.state()
    assert till.order("RecordOrderPaymentByIdV1", **paying(till, 2000, lockId="gone")) == first
    assert till.state() == before
    assert till.of(PaymentFlagged) == []
    for other in (paying(till, 2001), paying(till, 2000, tipsAmount=pounds(1)), paying(till, 2000, key=2)):
        turned_down(till, "Conflict", **other)
    assert {(event.payment, event.kind) for event in till.of(PaymentFlagged)} == {("pi_sandbox_1", "conflict")}


def test_what_is_too_much_or_elsewhere_is_refused_and_changes_nothing(one_till: Any):
    till = one_till
    turned_down(till, "Conflict", **paying(till, 5001, "pi_1"))
    turned_down(till, "Conflict", **{**paying(till, 1, "pi_3"), "paidAmount": {"value": 1, "currencyCode": "EUR"}})
    turned_down(till, "NotFound", **paying(till, 1, "pi_4", key=77))
    turned_down(till, "NotFound", **{**paying(till, 1), "orderId": "chk-1042"})
    till.order("RecordOrderPaymentByIdV1", **paying(till, 5000))
    turned_down(till, "Conflict", **paying(till, 1, "pi_2"))


def test_what_was_refused_is_never_recorded_and_what_is_repeated_is_refused_again(till: Any):
    record = "RecordOrderPaymentByIdV1"
    assert "only 2000" in refused(till, record, "Conflict", **paying(till, 2001, key=2))
    till.sql("UPDATE chk SET total = 30 WHERE id = 2")
    reason = refused(till, record, "Conflict", **paying(till, 2001, key=2))
    assert reason == "this payment was refused before: only 2000 minor units are due, and 2001 were paid"
    assert till.sql("SELECT count(*) FROM pay") == [(0,)]
    assert [event.payment for event in till.of(PaymentTurnedDown)] == ["pi_sandbox_1"] * 2
    till.order(record, **paying(till, 2001, "pi_2", key=2))


@pytest.mark.parametrize(
    ("method", "change", "path"),
    [
        ("CreateOrderLockV1", {"lockId": None}, "lockId"),
        ("CreateOrderLockV1", {"lockId": "x" * 201}, "lockId"),
        ("CreateOrderLockV1", {"expiry": "at ten"}, "expiry"),
        ("CreateOrderLockV1", {"expiry": None}, "expiry"),
        ("CreateOrderLockV1", {"expiry": "2024-05-01T18:20:00Z"}, "expiry: has passed: the database's clock says"),
        ("ExtendOrderLockV1", {"orderId": None}, "orderId"),
        ("DeleteOrderLockV1", {"lockId": 5}, "lockId"),
        ("RecordOrderPaymentByIdV1", {"paymentIntentId": ""}, "paymentIntentId"),
        ("RecordOrderPaymentByIdV1", {"paidAmount": None}, "paidAmount"),
        ("RecordOrderPaymentByIdV1", {"paidAmount": {"value": 1.5, "currencyCode": "GBP"}}, "paidAmount.value"),
        ("RecordOrderPaymentByIdV1", {"paidAmount": {"value": -1, "currencyCode": "GBP"}}, "paidAmount.value"),
        ("RecordOrderPaymentByIdV1", {"paidAmount": {"value": 0, "currencyCode": "GBP"}}, "paidAmount.value"),
        ("RecordOrderPaymentByIdV1", {"paidAmount": {"value": 1, "currencyCode": "pounds"}}, "paidAmount.currencyCode"),
        ("RecordOrderPaymentByIdV1", {"tipsAmount": {"value": 1, "currencyCode": "EUR"}}, "tipsAmount.currencyCode"),
    ],
)
def test_a_parameter_that_is_none_is_an_invalid_request(one_till: Any, method: str, change: dict[str, Any], path: str):
    till = one_till
    sent = {**lock_of(till), "expiry": soon(), **paying(till, 1), **change}
    if method == "RecordOrderPaymentByIdV1":
        sent.pop("lockId")
    assert path in till.order_refused(method, "InvalidRequest", **sent)


def test_what_a_till_has_of_other_payments_keeps_the_id_it_has_there(one_till: Any):
    till = one_till
    till.sql("INSERT INTO pay VALUES (1, 'voucher-7', 5, 0), (1, '0e8b1c5a-7f3d-5a0b-9c55-3f2f1c6d7e88', 1, 0)")
    till.sql("UPDATE chk SET paid = 6 WHERE id = 1")
    found = till.order("GetOrderByIdV1", orderId=till.id(1))["payments"]
    assert [one["paymentIntentId"] for one in found] == ["voucher-7", "0e8b1c5a-7f3d-5a0b-9c55-3f2f1c6d7e88"]


def test_a_payment_of_which_nobody_knows_is_not_answered_and_flagged_until_it_is_known(
    one_till: Any, monkeypatch: pytest.MonkeyPatch
):
    till = one_till

    async def lose(*_: Any, **__: Any) -> None:
        raise OutcomeUnknown("it may or may not have been recorded")

    async def asked() -> Any:
        params = {**paying(till, 100), "headers": {}}
        request = {"jsonrpc": "2.0", "id": "1", "method": "RecordOrderPaymentByIdV1", "params": params}
        return await till.app.endpoint("orders", "epos-data").handle(json.dumps(request).encode())

    with monkeypatch.context() as patched:
        patched.setattr(till.app.store, "write", lose)
        assert till.runner.run(asked()) is None
    assert [(one.payment, one.kind) for one in till.of(PaymentFlagged)] == [("pi_sandbox_1", "unknown_at_till")]
    assert [one.outcome for one in till.of(RequestAnswered)] == ["unanswered"]
    till.order("RecordOrderPaymentByIdV1", **paying(till, 100))
    assert [one.payment for one in till.of(PaymentKept)] == ["pi_sandbox_1"]


def test_a_payment_is_acknowledged_again_though_an_update_of_the_till_has_taken_its_order_away(till: Any):
    till.order("RecordOrderPaymentByIdV1", **paying(till, 100))
    till.sql("ALTER TABLE chk RENAME TO chk_of_old")
    try:
        again = till.order("RecordOrderPaymentByIdV1", **paying(till, 100))
        assert again["payments"] == [{"paymentIntentId": "pi_sandbox_1", "paidAmount": pounds(100)}]
        refused(till, "RecordOrderPaymentByIdV1", "Conflict", **paying(till, 101))
        refused(till, "RecordOrderPaymentByIdV1", "UnexpectedError", **paying(till, 100, "pi_sandbox_2"))
    finally:
        till.sql("ALTER TABLE chk_of_old RENAME TO chk")
    # What was given back then is not recorded by a copy of its request that comes late.
    refused(till, "RecordOrderPaymentByIdV1", "Conflict", **paying(till, 100, "pi_sandbox_2"))
    assert till.sql("SELECT count(*) FROM pay") == [(1,)]


def test_a_lock_is_deleted_though_an_update_of_the_till_keeps_the_order_from_being_read(till: Any):
    till.order("CreateOrderLockV1", **lock_of(till), expiry=soon())
    till.sql("ALTER TABLE pay RENAME COLUMN tip TO gratuity")
    try:
        assert till.order("DeleteOrderLockV1", **lock_of(till))["id"] == till.id(1)
    finally:
        till.sql("ALTER TABLE pay RENAME COLUMN gratuity TO tip")
    assert holder(till) is None
    till.order("CreateOrderLockV1", **lock_of(till, lock_id="lock_2"), expiry=soon())


def test_a_mistake_of_ours_after_a_payment_is_not_answered_as_a_failure(one_till: Any, monkeypatch: pytest.MonkeyPatch):
    till = one_till
    told = till.app.endpoint("orders", "epos-data")
    route = told._dialect.routes["RecordOrderPaymentByIdV1"]

    def broken(_: Any) -> Any:
        raise ZeroDivisionError

    async def asked() -> Any:
        params = {**paying(till, 100), "headers": {}}
        request = {"jsonrpc": "2.0", "id": "1", "method": "RecordOrderPaymentByIdV1", "params": params}
        return await told.handle(json.dumps(request).encode())

    with monkeypatch.context() as patched:
        patched.setitem(told._dialect.routes, "RecordOrderPaymentByIdV1", replace(route, to_result=broken))
        assert till.runner.run(asked()) is None
    assert till.sql("SELECT count(*) FROM pay") == [(1,)]


def test_a_ledger_of_the_first_version_is_brought_up_to_date_with_what_it_holds(till: Any):
    till.lock(1)
    sent = till.pay(1, 100)
    for name in ("order_lock", "payment_intent"):
        till.sql(f"DROP TABLE {till.ledger(name)}")
    till.sql(f"UPDATE {till.ledger('ledger')} SET version = 1")
    store = till.app.store
    store._recording = False
    reason = till.ask("UnlockSession", sessionId=till.id(1))["errorReason"]
    for _ in range(2):
        till.runner.run(store.create_ledger())
    assert "the ledger has version 1, and this adapter needs 2" in reason
    assert till.sql(f"SELECT version FROM {till.ledger('ledger')} ORDER BY version") == [(1,), (2,)]
    till.refused("RecordPayment", "PAYMENT_ALREADY_RECORDED", payment=sent)
    till.unlock(1)
    till.order("CreateOrderLockV1", **lock_of(till), expiry=soon())


def test_a_check_that_the_till_is_busy_with_is_left_for_the_next_look_and_the_others_are_released(one_till: Any):
    till = one_till
    for key in (1, 2):
        till.order("CreateOrderLockV1", **lock_of(till, key), expiry=soon())
    end(till)
    with psycopg.connect(till.plain_url) as busy:
        busy.execute("SELECT 1 FROM chk WHERE id = 1 FOR UPDATE")
        assert till.runner.run(till.app.service.free_expired_locks()) == 1
    assert (holder(till, 1), holder(till, 2)) == ("DOJO", None)
    assert till.runner.run(till.app.service.free_expired_locks()) == 1
