"""A deliberately broken adapter: each fault that is planted at the mouth of the real one is caught."""

from __future__ import annotations

import asyncio
import copy
import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from adapter.app import App
from simulator.certify.discovery import GUEST
from simulator.certify.outcome import Certificate, Verdict
from simulator.certify.run import certify
from simulator.gateway import Gateway
from tests.conftest import run_script
from tests.integration.certify.adapters import ACCOUNT, KEY, Answer, Ask, Fault, Message, app_of, broken

MONEY = ("totalAmount", "paidAmount", "taxAmount", "amountPerItem", "serviceCharge")


def after(change: Callable[[Message, Message], Answer | list[Answer]], *methods: str) -> Fault:
    """A fault that changes the real answer, to some methods or to all."""

    async def fault(request: Message, ask: Ask) -> Answer | list[Answer]:
        answer = await ask(request)
        if answer is None or "method" not in request or (methods and request["method"] not in methods):
            return answer
        return change(request, copy.deepcopy(answer))

    return fault


def before(change: Callable[[Message], Message | None], *methods: str) -> Fault:
    """A fault that changes the request before the real adapter gets it; None answers it with an empty success."""

    async def fault(request: Message, ask: Ask) -> Answer | list[Answer]:
        if request.get("method") not in methods:
            return await ask(request)
        changed = change(copy.deepcopy(request))
        if changed is None:
            return {"jsonrpc": "2.0", "id": request.get("id"), "result": {}}
        answer = await ask(changed)
        return answer and {**answer, "id": request["id"]}

    return fault


def every(value: Any, change: Callable[[dict[str, Any]], None]) -> None:
    """Change every object in an answer."""
    if isinstance(value, dict):
        change(value)
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        every(child, change)


def objects(change: Callable[[dict[str, Any]], None], *methods: str) -> Fault:
    def of(_request: Message, answer: Message) -> Answer:
        every(answer["result"], change)
        return answer

    return after(of, *methods)


def member(name: str, change: Callable[[Any], Any], *methods: str) -> Fault:
    """A fault that changes a member wherever it is."""
    return objects(lambda each: each.__setitem__(name, change(each[name])) if name in each else None, *methods)


def as_result(change: Callable[[Message, Any], Any], *methods: str) -> Fault:
    return after(lambda request, answer: {**answer, "result": change(request, answer["result"])}, *methods)


def instead_of(code: str, result: Any, *methods: str) -> Fault:
    """A fault that answers otherwise where the real adapter answers this code."""
    return as_result(lambda _, real: result if real.get("errorCode") == code else real, *methods)


def without_filter(name: str, method: str) -> Fault:
    return before(lambda request: {**request, "params": _less(request["params"], name)}, method)


def _less(members: dict[str, Any], name: str) -> dict[str, Any]:
    return {each: value for each, value in members.items() if each != name}


def money_as(change: Callable[[int], Any]) -> Fault:
    def of(each: dict[str, Any]) -> None:
        for name in MONEY:
            if name in each:
                each[name] = change(each[name])

    return objects(of)


def refused(code: str) -> Message:
    return {"errorCode": code, "errorReason": "so it is"}


def drop_last(request: Message, result: Any) -> Any:
    filtered = any(name != "requestorInfo" and value != [] for name, value in request["params"].items())
    return {"sessions": result["sessions"][:-1]} if filtered and "sessions" in result else result


async def answers_notifications(request: Message, ask: Ask) -> Answer:
    if request.get("method") == "ErrorNotification":
        return {"jsonrpc": "2.0", "id": "", "result": {}}
    return await ask(request) if "rubbish" not in request else None


async def leaves_on_rubbish(request: Message, ask: Ask) -> Answer:
    return "close" if "rubbish" in request else await ask(request)


async def silent_on_unknown_methods(request: Message, ask: Ask) -> Answer:
    answer = await ask(request)
    return None if answer and answer["result"].get("errorCode") == "ERROR_PARSE_ERROR" else answer


def unlocks_after_payment() -> Fault:
    async def fault(request: Message, ask: Ask) -> Answer:
        answer = await ask(request)
        if request.get("method") == "RecordPayment" and answer and answer["result"] == {}:
            params = request["params"]
            given = {"sessionId": params["payment"]["sessionId"], "requestorInfo": params["requestorInfo"]}
            await ask({"jsonrpc": "2.0", "id": "x", "method": "UnlockSession", "params": given})
        return answer

    return fault


def paid_by(**members: Any) -> Fault:
    """A fault that reads payments as if they had other members."""

    def change(request: Message) -> Message:
        request["params"]["payment"] |= members
        return request

    return before(change, "RecordPayment")


def tip_is_paid(request: Message) -> Message:
    payment = request["params"]["payment"]
    payment["baseAmount"] += payment.get("tipsAmount", 0)
    return request


def new_id(request: Message) -> Message:
    request["params"]["payment"]["id"] = str(uuid.uuid4())
    return request


NOT_RECORDED = refused("PAYMENT_NOT_RECORDED")


def is_small(payment: Message) -> bool:
    return isinstance(payment["baseAmount"], int) and payment["baseAmount"] < 50


def has_tip(payment: Message) -> bool:
    return bool(payment.get("tipsAmount") or payment.get("gratuityAmount"))


def refusing(which: Callable[[Message], bool], result: Message, *, after: int = 0) -> Fault:
    """A fault that answers such payments so, and records none of them; the real adapter has the first `after`."""
    left = [after]

    async def fault(request: Message, ask: Ask) -> Answer:
        if request.get("method") != "RecordPayment" or not which(request["params"]["payment"]):
            return await ask(request)
        left[0] -= 1
        return await ask(request) if left[0] >= 0 else {"jsonrpc": "2.0", "id": request["id"], "result": result}

    return fault


def every_other_refused() -> Fault:
    odd = [False]

    def change(_request: Message, real: Any) -> Any:
        odd[0] = not odd[0]
        return NOT_RECORDED if odd[0] and real == {} else real

    return as_result(change, "RecordPayment")


def instead_of_success(result: Message, method: str, which: Callable[[Message], bool] = lambda _: True) -> Fault:
    """A fault that has the real adapter do it, and says that it was not done."""
    return as_result(
        lambda request, real: (
            result if "errorCode" not in real and which(request["params"].get("payment", {})) else real
        ),
        method,
    )


def listed_when_gone() -> Fault:
    """A fault that lists what was there at the first time for ever."""
    first: list[Any] = []

    def change(_request: Message, real: Any) -> Any:
        first[:] = first or [copy.deepcopy(real)]
        return first[0]

    return as_result(change, "ListSessions")


READING: dict[str, tuple[str, Fault]] = {
    "money with a point": ("bill-*", money_as(float)),
    "money in pounds": ("bill-*", money_as(lambda value: value / 100)),
    "money as text": ("bill-*", money_as(str)),
    "a penny too much": ("bill-*", member("totalAmount", lambda value: value + 1)),
    "an item forgotten": ("bill-*", member("items", lambda items: items[1:], "GetBillItems")),
    "another session's bill": ("bill-*", member("sessionId", lambda _: "00000000-0000-8000-8000-00000000ffff")),
    "a currency's sign": ("bill-*", member("currency", lambda _: "£")),
    "a null where nothing is known": ("session-*", objects(lambda each: each.setdefault("finishedAt", None))),
    "an undocumented member": ("session-*", objects(lambda each: each.setdefault("version", 2))),
    "a required member left out": ("session-*", objects(lambda each: each.pop("isPayable", None))),
    "ids in upper case": ("session-*", member("id", str.upper, "GetSession")),
    "a number as an id": ("session-*", member("id", lambda _: 5101, "GetSession")),
    "local time": ("session-*", member("createdAt", lambda text: text.replace("Z", "+01:00"))),
    "time without milliseconds": ("session-*", member("createdAt", lambda text: text.replace(".000Z", "Z"))),
    "finished and payable": ("session-finished", member("isPayable", lambda _: True)),
    "a waiter's number as text": ("own-waiter", member("waiter", lambda each: {**each, "id": str(each["id"])})),
    "the dash in table names": ("table-*", member("name", lambda name: f"{name} - window", "ListTables", "GetTable")),
    "a table that is in no list": ("session-*", member("tableName", lambda _: "Nowhere", "GetSession")),
    "a table out of thin air": (
        "table-unknown",
        instead_of(
            "TABLE_NO_SUCH_TABLE",
            {"table": {"name": "T1", "maxCovers": 4, "status": "TABLE_STATUS_AVAILABLE"}},
            "GetTable",
        ),
    ),
    "the wrong error for a session": (
        "*-unknown*",
        instead_of("SESSION_NO_SUCH_SESSION", refused("BILL_NO_SUCH_BILL")),
    ),
    "an error that nobody knows": ("*-unknown*", instead_of("SESSION_NO_SUCH_SESSION", refused("NOT_FOUND"))),
    "an error where a list is empty": (
        "sessions-of-no-table",
        as_result(lambda _, real: refused("SESSION_NO_SUCH_SESSION") if real == {"sessions": []} else real),
    ),
    "errors as JSON-RPC has them": (
        "*-unknown*",
        after(
            lambda _, real: (
                {**_less(real, "result"), "error": {"code": -32000}} if "errorCode" in real["result"] else real
            )
        ),
    ),
    "SQL in a reason": (
        "*-unknown*",
        as_result(lambda _, real: {**real, "errorReason": "SELECT id FROM ticket"} if "errorCode" in real else real),
    ),
    "the method in the answer": ("table-*", after(lambda request, real: {**real, "method": request["method"]})),
    "another id in the answer": ("table-*", after(lambda _, real: {**real, "id": "0"})),
    "each answer twice": ("table-*", after(lambda _, real: [real, real])),
    "binary frames": ("table-*", after(lambda _, real: str(real).encode())),
    "statuses passed over": ("tables-occupied", without_filter("statuses", "ListTables")),
    "isFinished passed over": ("sessions-finished", without_filter("isFinished", "ListSessions")),
    "hasTable passed over": ("sessions-without-table", without_filter("hasTable", "ListSessions")),
    "isPayable passed over": ("sessions-not-payable", without_filter("isPayable", "ListSessions")),
    "tableNames passed over": ("sessions-of-a-table", without_filter("tableNames", "ListSessions")),
    "sessionIds passed over": ("bills-of-one-session", without_filter("sessionIds", "ListBillItems")),
    "a filter that loses one": ("sessions-open", as_result(drop_last, "ListSessions")),
    "a session twice": ("sessions-open", member("sessions", lambda every: [*every, *every[:1]])),
    "guests asked for a waiter": (
        "guest-*",
        as_result(
            lambda request, real: (
                refused("WAITER_INCORRECT_WAITER_ID") if "waiterId" not in str(request["params"]) else real
            ),
            "GetSession",
            "GetBillItems",
            "GetFullBill",
        ),
    ),
    "a notification answered": ("error-notification", answers_notifications),
    "gone after rubbish": ("not-json", leaves_on_rubbish),
    "silence to an unknown method": ("unknown-method", silent_on_unknown_methods),
}
PAYING: dict[str, tuple[str, Fault]] = {
    "a lock without its bill": ("lock-gives-the-bill", as_result(lambda *_: {}, "LockSession")),
    "a lock for everybody": (
        "two-terminals-*",
        before(lambda request: {**request, "method": "GetBillItems"}, "LockSession"),
    ),
    "an unlock that does nothing": ("lock-again", before(lambda _: None, "UnlockSession")),
    "an unlock too many": ("unlock-twice", instead_of("SESSION_NOT_LOCKED", {}, "UnlockSession")),
    "a payment that unlocks": ("payment-does-not-unlock", unlocks_after_payment()),
    "a payment that is forgotten": ("payment-recorded", before(lambda _: None, "RecordPayment")),
    "a payment without a lock": ("payment-unlocked", instead_of("SESSION_NOT_LOCKED", {}, "RecordPayment")),
    "a repeat acknowledged as new": ("payment-twice", instead_of("PAYMENT_ALREADY_RECORDED", {}, "RecordPayment")),
    "a repeat paid twice": ("payment-answer-lost", before(new_id, "RecordPayment")),
    "a declined payment paid": ("payment-declined", paid_by(paymentSuccessful=True)),
    "a tip paid off the bill": ("payment-tip", before(tip_is_paid, "RecordPayment")),
    "an amount rounded": ("payment-amount-with-a-fraction", paid_by(baseAmount=1)),
    "a currency passed over": ("payment-other-currency", paid_by(currency="GBP")),
    # None of these may be taken for a till that has no place for such payments.
    "locks that break": ("lock-again", instead_of_success(refused("ERROR_INTERNAL_POS_ERROR"), "LockSession")),
    "every payment refused": ("payment-recorded", instead_of_success(NOT_RECORDED, "RecordPayment")),
    "parts refused without a word": ("payment-recorded", refusing(is_small, {"errorCode": "PAYMENT_NOT_RECORDED"})),
    "parts that break": ("payment-recorded", refusing(is_small, refused("ERROR_INTERNAL_POS_ERROR"))),
    "parts refused and paid": ("payment-recorded", instead_of_success(NOT_RECORDED, "RecordPayment", is_small)),
    "tips that break": ("payment-tip", refusing(has_tip, refused("ERROR_INTERNAL_POS_ERROR"))),
    "tips refused and paid": ("payment-tip-refused", instead_of_success(NOT_RECORDED, "RecordPayment", has_tip)),
    "every other payment refused": ("payment-[rt]*", every_other_refused()),
}
IN_FULL: dict[str, tuple[str, Fault]] = {
    "every payment refused": ("payment-recorded", instead_of_success(NOT_RECORDED, "RecordPayment")),
    "parts taken now and then": ("payment-in-parts-refused", refusing(is_small, {}, after=2)),
    "a payment that is forgotten": ("paid-in-full", before(lambda _: None, "RecordPayment")),
    "a payment in full that is forgotten": ("paid-in-full", refusing(lambda payment: not is_small(payment), {})),
    "a payment that unlocks": ("paid-in-full", unlocks_after_payment()),
    "a repeat acknowledged as new": ("paid-in-full", instead_of("PAYMENT_ALREADY_RECORDED", {}, "RecordPayment")),
    "a repeat that is not known": ("paid-in-full-answer-lost", before(new_id, "RecordPayment")),
    "two payments for one session": (
        "two-terminals-pay-in-full-at-once",
        instead_of("PAYMENT_NOT_RECORDED", {}, "RecordPayment"),
    ),
    "a session to pay that there is not": ("paid-in-full", listed_when_gone()),
}
"""Planted at a till that holds no part payments."""


MANY_TABS = """
    INSERT INTO sharedtickets (id, name) SELECT 'tab-' || n, 'Tab ' || n FROM generate_series(1, 40) n;
    INSERT INTO sharedticketlines (id, sharedticket_id, line, product_id, tax_id, quantity, discountrate, price)
    SELECT 'line-' || n, 'tab-' || n, 1, (SELECT MIN(id) FROM products), (SELECT MIN(id) FROM taxes), 1, 0, n
    FROM generate_series(1, 40) n"""
"""Each payment closes a check: there are enough for every fault."""


@pytest.fixture(scope="module")
def tried(restaurant: Callable[[str], str], new_database: Callable[..., str]) -> Iterator[Callable[..., Certificate]]:
    """Certifies the real adapter of a restaurant that records, with a fault at its mouth."""
    with asyncio.Runner() as runner:
        apps: dict[str, App] = {}

        def app_at(mapping: str) -> App:
            if mapping not in apps:
                url = new_database(restaurant(mapping))
                if mapping == "pasteque":
                    run_script(url, MANY_TABS)
                apps[mapping] = app_of(mapping, url)
                runner.run(apps[mapping].store.create_ledger())
                runner.run(apps[mapping].store.bind())
            return apps[mapping]

        def put(
            fault: Fault, only: str, *, payments: bool, within: float = 1.0, mapping: str = "floreant"
        ) -> Certificate:
            app = app_at(mapping)
            found = runner.run(_certified(app, fault, only, payments=payments, within=within))
            runner.run(_unlock_all(app))
            return found

        yield put
        for app in apps.values():
            runner.run(app.store.close())


async def _certified(app: App, fault: Fault, only: str, *, payments: bool, within: float) -> Certificate:
    async with Gateway({ACCOUNT: KEY}) as gateway, broken(app, fault, gateway):
        return await certify(
            gateway, ACCOUNT, allow_payments=payments, only=[only], timeout=within, patience=20.0, quiet=0.05
        )


async def _unlock_all(app: App) -> None:
    """No fault leaves a lock for the next."""
    endpoint = app.endpoint("tidy")
    for lock in await app.store.locks():
        params = {"sessionId": str(lock.session_id), "requestorInfo": GUEST}
        request = {"jsonrpc": "2.0", "id": "tidy", "method": "UnlockSession", "params": params}
        await endpoint.handle(json.dumps(request).encode())


async def nothing_wrong(request: Message, ask: Ask) -> Answer:
    return await ask(request) if "rubbish" not in request else None


def test_without_a_fault_the_same_adapter_certifies(tried: Callable[..., Certificate]):
    for only, payments in [
        ("look-ups", False),
        ("requestors", False),
        ("payment-t*", True),
        ("payment-connection-lost", True),
    ]:
        # A machine that is slow is no fault.
        assert tried(nothing_wrong, only, payments=payments, within=10.0).is_good
    assert tried(nothing_wrong, "in full", payments=True, within=10.0, mapping="pasteque").is_good


def test_there_are_more_than_enough_faults():
    assert len(READING) + len(PAYING) >= 25


@pytest.mark.parametrize("name", READING)
def test_a_fault_in_reading_is_caught(name: str, tried: Callable[..., Certificate]):
    only, fault = READING[name]
    assert tried(fault, only, payments=False).count(Verdict.FAIL) > 0


@pytest.mark.parametrize("name", PAYING)
def test_a_fault_in_paying_is_caught(name: str, tried: Callable[..., Certificate]):
    only, fault = PAYING[name]
    found = tried(fault, only, payments=True, within=10.0)
    assert [each for each in found.outcomes if each.verdict is Verdict.FAIL and each.scenario.group != "lists"]


@pytest.mark.parametrize("name", IN_FULL)
def test_a_fault_in_paying_is_caught_where_all_is_paid_at_once(name: str, tried: Callable[..., Certificate]):
    only, fault = IN_FULL[name]
    found = tried(fault, only, payments=True, within=10.0, mapping="pasteque")
    assert [each for each in found.outcomes if each.verdict is Verdict.FAIL and each.scenario.group != "lists"]
