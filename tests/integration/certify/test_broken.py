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
}


@pytest.fixture(scope="module")
def tried(restaurant: Callable[[str], str], new_database: Callable[..., str]) -> Iterator[Callable[..., Certificate]]:
    """Certifies the real adapter of one restaurant that records, with a fault at its mouth."""
    with asyncio.Runner() as runner:
        app = app_of("floreant", new_database(restaurant("floreant")))
        runner.run(app.store.create_ledger())
        runner.run(app.store.bind())

        def put(fault: Fault, only: str, *, payments: bool, within: float = 1.0) -> Certificate:
            found = runner.run(_certified(app, fault, only, payments=payments, within=within))
            runner.run(_unlock_all(app))
            return found

        yield put
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
