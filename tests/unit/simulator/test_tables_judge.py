"""The judge of the Tables API: it finds every kind of mistake that is planted, and nothing in what is right."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simulator.judging import Asked, Finding, Standing
from simulator.tables.judge import TablesJudge

GOLDEN = Path(__file__).parents[2] / "golden"
SUITES = sorted(path.parent for path in GOLDEN.glob("*/suite.toml") if "protocol" not in path.read_text("utf-8"))
S1 = "00000000-0000-8000-8000-0000000013ed"
S2 = "00000000-0000-8000-8000-0000000013ee"
TIME = "2026-11-20T19:12:00.000Z"

TABLE = {"name": "T1", "maxCovers": 4, "status": "TABLE_STATUS_OCCUPIED"}
SESSION = {
    "id": S1,
    "name": "Check 5101",
    "createdAt": TIME,
    "isPayable": True,
    "tableName": "T1",
    "numberOfCovers": 2,
    "waiter": {"id": 7, "name": "Ana"},
}
ITEM = {
    "id": "506",
    "name": "Marinara",
    "category": ["Food", "Pizza"],
    "quantity": 2,
    "amountPerItem": 1080,
    "lastOrderedAt": TIME,
    "modifiers": [{"id": "m", "name": "Olives", "amountPerModifier": 80, "quantity": 1}],
}
BILL = {
    "totalAmount": 2360,
    "paidAmount": 500,
    "taxAmount": 393,
    "serviceCharge": 200,
    "currency": "GBP",
    "items": [ITEM],
    "sessionId": S1,
}
FULL = {
    "header": {
        "receiptLines": [
            {"receiptLineType": "RECEIPT_LINE_TYPE_LOGO", "receiptLogo": {"svgImage": "<svg/>"}},
            {
                "receiptLineType": "RECEIPT_LINE_TYPE_TEXT",
                "receiptText": {"value": "Hi", "size": "SIZE_BODY", "align": "ALIGN_LEFT", "emphasisBold": True},
            },
            {
                "receiptLineType": "RECEIPT_LINE_TYPE_MERCHANT_ADDRESS",
                "receiptMerchantAddress": {"addressLines": ["14 Tallow Lane"], "postcode": "SE1 0ZZ"},
            },
        ]
    },
    "billItems": BILL,
    "footer": {
        "receiptLines": [
            {
                "receiptLineType": "RECEIPT_LINE_TYPE_HORIZONTAL_LINE",
                "receiptHorizontalLine": {"type": "HORIZONTAL_LINE_SINGLE"},
            },
            {
                "receiptLineType": "RECEIPT_LINE_TYPE_TEXT",
                "receiptUrl": {"url": "https://kettle.example", "showQR": True},
            },
        ]
    },
}
PAYMENT = {
    "id": "7d1f0b0c-0a3c-4a53-9c9b-2f6f4b1f9e01",
    "sessionId": S1,
    "currency": "GBP",
    "baseAmount": 1000,
    "tipsAmount": 100,
    "cashbackAmount": 0,
    "paymentSuccessful": True,
    "attemptedAt": TIME,
}
OF_S1 = {"sessionId": S1}
RIGHT: dict[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {
    "GetTable": ({"name": "T1"}, {"table": TABLE}),
    "ListTables": ({"statuses": ["TABLE_STATUS_OCCUPIED"]}, {"tables": [TABLE]}),
    "GetSession": (OF_S1, {"session": SESSION}),
    "ListSessions": (
        {"isFinished": False, "hasTable": True, "isPayable": True, "tableNames": ["T1"]},
        {"sessions": [SESSION]},
    ),
    "GetBillItems": (OF_S1, {"billItems": BILL}),
    "ListBillItems": ({"sessionIds": [S1]}, {"billItems": [BILL]}),
    "GetFullBill": (OF_S1, {"fullBill": FULL}),
    "LockSession": (OF_S1, {"billItems": BILL}),
    "UnlockSession": (OF_S1, {}),
    "RecordPayment": ({"payment": PAYMENT}, {}),
}


def asked(method: str, params: Mapping[str, Any], identity: str = "one") -> Asked:
    return Asked(account="kettle", identity=identity, method=method, params=params, at=0.0, frame=1)


def framed(result: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": "one", "result": copy.deepcopy(result)}


def error(code: Any, reason: str = "so it is") -> dict[str, Any]:
    return {"errorCode": code, "errorReason": reason}


def says(judge: TablesJudge, method: str, params: Mapping[str, Any], result: Any) -> list[str]:
    """The kinds of what a judge finds wrong with an answer."""
    found = judge.judge(asked(method, params), Standing.AWAITED, json.dumps(framed(result)))
    return [each.kind for each in found]


def spoilt(method: str, path: str, change: Callable[[Any, Any], None]) -> list[Finding]:
    """What is found when the member or place at the end of a path is changed in the right answer to a method."""
    params, result = RIGHT[method]
    frame = framed(result)
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    place: Any = frame
    for step in steps:
        place = place[step]
    change(place, last)
    return list(TablesJudge().judge(asked(method, params), Standing.AWAITED, json.dumps(frame)))


def becomes(value: Any) -> Callable[[Any, Any], None]:
    def change(place: Any, last: Any) -> None:
        place[last] = value

    return change


def gone(place: Any, last: Any) -> None:
    del place[last]


WRONG_PLACES = [
    ("value-unknown", "GetTable", "jsonrpc", becomes("1.0")),
    ("member-missing", "GetTable", "jsonrpc", gone),
    ("member-missing", "GetTable", "result", gone),
    ("member-unknown", "GetTable", "method", becomes("GetTable")),
    ("member-unknown", "GetTable", "error", becomes({"code": -32601, "message": "no"})),
    ("type-wrong", "GetTable", "result", becomes([])),
    ("value-null", "GetTable", "result", becomes(None)),
    ("member-missing", "GetTable", "result", becomes({})),
    ("member-unknown", "GetTable", "result.tables", becomes([])),
    ("member-missing", "GetTable", "result.table.maxCovers", gone),
    ("type-wrong", "GetTable", "result.table.maxCovers", becomes("4")),
    ("type-wrong", "GetTable", "result.table.maxCovers", becomes(4.0)),
    ("type-wrong", "GetTable", "result.table.maxCovers", becomes(True)),
    ("number-too-small", "GetTable", "result.table.maxCovers", becomes(-1)),
    ("value-unknown", "GetTable", "result.table.status", becomes("OCCUPIED")),
    ("name-has-dash", "GetTable", "result.table.name", becomes("T1 - window")),
    ("text-empty", "GetTable", "result.table.name", becomes("")),
    ("table-other", "GetTable", "result.table.name", becomes("T2")),
    ("member-unknown", "GetTable", "result.table.sessionId", becomes(S1)),
    ("filter-statuses", "ListTables", "result.tables.0.status", becomes("TABLE_STATUS_AVAILABLE")),
    ("table-twice", "ListTables", "result.tables", becomes([TABLE, TABLE])),
    ("type-wrong", "ListTables", "result.tables", becomes(TABLE)),
    ("value-null", "ListTables", "result.tables", becomes(None)),
    ("session-other", "GetSession", "result.session.id", becomes(S2)),
    ("form-wrong", "GetSession", "result.session.id", becomes(S1.upper())),
    ("form-wrong", "GetSession", "result.session.id", becomes("5101")),
    ("type-wrong", "GetSession", "result.session.id", becomes(5101)),
    ("form-wrong", "GetSession", "result.session.createdAt", becomes("2026-11-20T20:12:00.000+01:00")),
    ("form-wrong", "GetSession", "result.session.createdAt", becomes("2026-11-20T19:12:00Z")),
    ("form-wrong", "GetSession", "result.session.createdAt", becomes("2026-11-20 19:12:00.000Z")),
    ("form-wrong", "GetSession", "result.session.createdAt", becomes("2026-02-30T19:12:00.000Z")),
    ("form-wrong", "GetSession", "result.session.createdAt", becomes(TIME + "\n")),
    ("value-null", "GetSession", "result.session.finishedAt", becomes(None)),
    ("type-wrong", "GetSession", "result.session.isPayable", becomes("true")),
    ("type-wrong", "GetSession", "result.session.isPayable", becomes(1)),
    ("member-missing", "GetSession", "result.session.isPayable", gone),
    ("finished-payable", "GetSession", "result.session.finishedAt", becomes("2026-11-20T20:12:00.000Z")),
    ("finished-before-created", "GetSession", "result.session.finishedAt", becomes("2026-11-20T18:12:00.000Z")),
    ("type-wrong", "GetSession", "result.session.waiter.id", becomes("7")),
    ("member-missing", "GetSession", "result.session.waiter.id", gone),
    ("text-empty", "GetSession", "result.session.tableName", becomes("")),
    ("name-has-dash", "GetSession", "result.session.tableName", becomes("T1 - window")),
    ("filter-is-finished", "ListSessions", "result.sessions.0.finishedAt", becomes("2026-11-20T20:12:00.000Z")),
    ("filter-has-table", "ListSessions", "result.sessions.0.tableName", gone),
    ("filter-is-payable", "ListSessions", "result.sessions.0.isPayable", becomes(False)),
    ("filter-table-names", "ListSessions", "result.sessions.0.tableName", becomes("T2")),
    ("session-twice", "ListSessions", "result.sessions", becomes([SESSION, SESSION])),
    ("bill-sum", "GetBillItems", "result.billItems.totalAmount", becomes(2520)),
    ("bill-sum", "GetBillItems", "result.billItems.serviceCharge", becomes(0)),
    ("bill-sum", "GetBillItems", "result.billItems.items", becomes([])),
    ("type-wrong", "GetBillItems", "result.billItems.totalAmount", becomes(23.60)),
    ("type-wrong", "GetBillItems", "result.billItems.totalAmount", becomes(2360.0)),
    ("type-wrong", "GetBillItems", "result.billItems.paidAmount", becomes("500")),
    ("member-missing", "GetBillItems", "result.billItems.taxAmount", gone),
    ("form-wrong", "GetBillItems", "result.billItems.currency", becomes("gbp")),
    ("form-wrong", "GetBillItems", "result.billItems.currency", becomes("£")),
    ("member-unknown", "GetBillItems", "result.billItems.serviceChargeAmount", becomes(0)),
    ("session-other", "GetBillItems", "result.billItems.sessionId", becomes(S2)),
    ("type-wrong", "GetBillItems", "result.billItems", becomes([BILL])),
    ("type-wrong", "GetBillItems", "result.billItems.items.0.quantity", becomes(0.5)),
    ("type-wrong", "GetBillItems", "result.billItems.items.0.category", becomes("Food")),
    ("member-missing", "GetBillItems", "result.billItems.items.0.lastOrderedAt", gone),
    ("list-empty", "GetBillItems", "result.billItems.items.0.modifiers", becomes([])),
    ("type-wrong", "GetBillItems", "result.billItems.items.0.modifiers.0.amountPerModifier", becomes(0.8)),
    ("filter-session-ids", "ListBillItems", "result.billItems.0.sessionId", becomes(S2)),
    ("bill-twice", "ListBillItems", "result.billItems", becomes([BILL, BILL])),
    ("type-wrong", "ListBillItems", "result.billItems", becomes(BILL)),
    ("bill-sum", "ListBillItems", "result.billItems.0.totalAmount", becomes(1)),
    ("bill-sum", "GetFullBill", "result.fullBill.billItems.totalAmount", becomes(1)),
    ("session-other", "GetFullBill", "result.fullBill.billItems.sessionId", becomes(S2)),
    ("value-unknown", "GetFullBill", "result.fullBill.header.receiptLines.0.receiptLineType", becomes("Logo")),
    ("member-missing", "GetFullBill", "result.fullBill.header.receiptLines.0.receiptLogo.svgImage", gone),
    ("value-unknown", "GetFullBill", "result.fullBill.header.receiptLines.1.receiptText.size", becomes("SIZE_HUGE")),
    ("member-missing", "GetFullBill", "result.fullBill.header.receiptLines.2.receiptMerchantAddress.postcode", gone),
    ("member-unknown", "GetFullBill", "result.fullBill.header.receiptLines.0.receiptText", becomes({})),
    ("value-unknown", "GetFullBill", "result.fullBill.footer.receiptLines.0.receiptHorizontalLine.type", becomes("S")),
    ("type-wrong", "GetFullBill", "result.fullBill.footer.receiptLines.1.receiptUrl.showQR", becomes("yes")),
    ("member-missing", "LockSession", "result", becomes({})),
    ("session-other", "LockSession", "result.billItems.sessionId", becomes(S2)),
    ("member-unknown", "UnlockSession", "result.session", becomes(SESSION)),
    ("member-unknown", "RecordPayment", "result.billItems", becomes(BILL)),
    ("error-unknown", "GetSession", "result", becomes(error("NOT_FOUND"))),
    ("type-wrong", "GetSession", "result", becomes(error(404))),
    ("member-unknown", "GetSession", "result", becomes({**error("SESSION_NO_SUCH_SESSION"), "session": SESSION})),
    ("error-misplaced", "GetSession", "result", becomes(error("TABLE_NO_SUCH_TABLE"))),
    ("error-misplaced", "ListTables", "result", becomes(error("TABLE_NO_SUCH_TABLE"))),
    ("error-misplaced", "LockSession", "result", becomes(error("SESSION_NOT_LOCKED"))),
    ("reason-internal", "GetTable", "result", becomes(error("ERROR_INTERNAL_POS_ERROR", "SELECT a FROM b"))),
    ("reason-internal", "GetTable", "result", becomes(error("ERROR_INTERNAL_POS_ERROR", "KeyError('x')"))),
]


@pytest.mark.parametrize("method", RIGHT)
def test_a_right_answer_is_clean(method: str):
    params, result = RIGHT[method]
    assert says(TablesJudge(), method, params, result) == []


@pytest.mark.parametrize(
    ("kind", "method", "path", "change"),
    WRONG_PLACES,
    ids=[f"{number}-{kind}-{path}" for number, (kind, _, path, _) in enumerate(WRONG_PLACES)],
)
def test_a_planted_mistake_is_found(kind: str, method: str, path: str, change: Callable[[Any, Any], None]):
    found = spoilt(method, path, change)
    assert kind in [each.kind for each in found]
    assert all(each.message and each.source for each in found)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("frame-binary", b'{"jsonrpc": "2.0", "id": "one", "result": {}}'),
        ("frame-no-json", "{"),
        ("frame-no-json", '{"jsonrpc": "2.0", "id": "one", "result": NaN}'),
        ("frame-no-json", "[" * 100_000),
        ("frame-no-object", '[{"jsonrpc": "2.0", "id": "one", "result": {}}]'),
        ("member-twice", '{"jsonrpc": "2.0", "id": "one", "id": "one", "result": {}}'),
    ],
)
def test_a_frame_that_is_no_response_is_found(kind: str, data: str | bytes):
    found = TablesJudge().judge(None, Standing.UNASKED, data)
    assert [each.kind for each in found] == [kind]


@pytest.mark.parametrize(
    ("kind", "standing", "severity"),
    [
        ("answer-unasked", Standing.UNASKED, "error"),
        ("answer-repeated", Standing.REPEATED, "error"),
        ("answer-late", Standing.LATE, "warning"),
    ],
)
def test_an_answer_that_comes_out_of_turn_is_found(kind: str, standing: Standing, severity: str):
    (found,) = TablesJudge().judge(asked("UnlockSession", OF_S1), standing, json.dumps(framed({})))
    assert (found.kind, found.severity) == (kind, severity)


def test_a_success_of_a_method_that_is_none_is_found():
    assert says(TablesJudge(), "DropTable", {}, {}) == ["method-unknown-answered"]
    assert says(TablesJudge(), "DropTable", {}, error("ERROR_PARSE_ERROR")) == []


def test_a_finding_says_where_and_why():
    (found,) = spoilt("GetBillItems", "result.billItems.items.0.quantity", becomes("2"))
    assert found.path == "$.result.billItems.items[0].quantity"
    assert found.message == '"2" is no integer'


LOCKED = [("LockSession", OF_S1, {"billItems": BILL})]
UNLOCKED = [*LOCKED, ("UnlockSession", OF_S1, {})]
PAY = ("RecordPayment", {"payment": PAYMENT}, {})
TABLES = [("ListTables", {}, {"tables": [TABLE]})]


@pytest.mark.parametrize(
    ("kind", "earlier", "method", "params", "result"),
    [
        ("locked-twice", LOCKED, "LockSession", OF_S1, {"billItems": BILL}),
        ("lock-forgotten", LOCKED, "UnlockSession", OF_S1, error("SESSION_NOT_LOCKED")),
        ("lock-forgotten", LOCKED, "RecordPayment", {"payment": PAYMENT}, error("SESSION_NOT_LOCKED")),
        ("session-denied", LOCKED, "GetSession", OF_S1, error("SESSION_NO_SUCH_SESSION")),
        ("unlocked-twice", UNLOCKED, "UnlockSession", OF_S1, {}),
        ("paid-unlocked", UNLOCKED, "RecordPayment", {"payment": PAYMENT}, {}),
        ("paid-twice", [*LOCKED, PAY], "RecordPayment", {"payment": PAYMENT}, {}),
        (
            "payment-denied",
            [*LOCKED, PAY],
            "RecordPayment",
            {"payment": {**PAYMENT, "baseAmount": 1}},
            error("PAYMENT_ALREADY_RECORDED"),
        ),
        ("paid-amount", [*LOCKED, PAY], "GetBillItems", OF_S1, {"billItems": BILL}),
        ("paid-amount", [*LOCKED, PAY], "GetBillItems", OF_S1, {"billItems": {**BILL, "paidAmount": 1600}}),
        ("table-unknown", TABLES, "GetSession", OF_S1, {"session": {**SESSION, "tableName": "T9"}}),
        ("table-denied", TABLES, "GetTable", {"name": "T1"}, error("TABLE_NO_SUCH_TABLE")),
    ],
)
def test_what_contradicts_an_earlier_answer_is_found(
    kind: str,
    earlier: list[tuple[str, Mapping[str, Any], Any]],
    method: str,
    params: Mapping[str, Any],
    result: Any,
):
    judge = TablesJudge()
    for each in earlier:
        assert says(judge, *each) == []
    assert says(judge, method, params, result) == [kind]


def test_a_split_payment_is_clean_from_the_first_lock_to_the_last_bill():
    judge = TablesJudge()
    second = {**PAYMENT, "id": "7d1f0b0c-0a3c-4a53-9c9b-2f6f4b1f9e02", "baseAmount": 860}
    for method, params, result in [
        *TABLES,
        *LOCKED,
        PAY,
        ("RecordPayment", {"payment": PAYMENT}, error("PAYMENT_ALREADY_RECORDED")),
        ("UnlockSession", OF_S1, {}),
        ("UnlockSession", OF_S1, error("SESSION_NOT_LOCKED")),
        ("LockSession", OF_S1, {"billItems": {**BILL, "paidAmount": 1500}}),
        ("LockSession", OF_S1, error("SESSION_ALREADY_LOCKED")),
        ("RecordPayment", {"payment": {**second, "paymentSuccessful": False}}, {}),
        ("RecordPayment", {"payment": second}, {}),
        ("GetBillItems", OF_S1, {"billItems": {**BILL, "paidAmount": 2360}}),
    ]:
        assert says(judge, method, params, result) == [], (method, result)


def test_a_payment_whose_first_answer_was_lost_is_clean():
    judge = TablesJudge()
    for each in LOCKED:
        says(judge, *each)
    assert says(judge, "RecordPayment", {"payment": PAYMENT}, error("PAYMENT_ALREADY_RECORDED")) == []
    assert says(judge, "GetBillItems", OF_S1, {"billItems": {**BILL, "paidAmount": 1500}}) == []


def test_of_two_copies_of_a_payment_the_refused_one_may_be_answered_first():
    judge = TablesJudge(clock=lambda: 5.0)
    for each in LOCKED:
        says(judge, *each)

    def answered(result: Any, *, sent_at: float) -> list[str]:
        copy_of_it = replace(asked("RecordPayment", {"payment": PAYMENT}), at=sent_at)
        return [each.kind for each in judge.judge(copy_of_it, Standing.AWAITED, json.dumps(framed(result)))]

    assert answered(error("PAYMENT_ALREADY_RECORDED"), sent_at=4.0) == []
    assert answered({}, sent_at=4.0) == []
    assert says(judge, "GetBillItems", OF_S1, {"billItems": {**BILL, "paidAmount": 1500}}) == []
    # Only one of them is the first; and whoever asked after a refusal was heard is no copy that was on the way.
    assert answered({}, sent_at=4.0) == ["paid-twice"]


def test_of_two_machines_that_lock_at_once_the_refused_one_may_be_answered_first():
    judge = TablesJudge(clock=lambda: 5.0)

    def answered(result: Any, *, sent_at: float) -> list[str]:
        lock = replace(asked("LockSession", OF_S1), at=sent_at)
        return [each.kind for each in judge.judge(lock, Standing.AWAITED, json.dumps(framed(result)))]

    taken = RIGHT["LockSession"][1]
    assert answered(error("SESSION_ALREADY_LOCKED"), sent_at=4.0) == []
    assert answered(taken, sent_at=4.0) == []
    # Only one of them is the first.
    assert answered(taken, sent_at=4.0) == ["locked-twice"]


def test_a_lock_that_is_given_to_whoever_asked_after_a_refusal_was_heard_is_found():
    judge = TablesJudge(clock=lambda: 5.0)
    assert says(judge, "LockSession", OF_S1, error("SESSION_ALREADY_LOCKED")) == []
    later = replace(asked("LockSession", OF_S1), at=6.0)
    assert [
        each.kind for each in judge.judge(later, Standing.AWAITED, json.dumps(framed(RIGHT["LockSession"][1])))
    ] == ["locked-twice"]


def test_a_payment_that_is_acknowledged_after_it_was_refused_as_a_repeat_is_found():
    judge = TablesJudge(clock=lambda: 5.0)
    for each in LOCKED:
        says(judge, *each)
    assert says(judge, "RecordPayment", {"payment": PAYMENT}, error("PAYMENT_ALREADY_RECORDED")) == []
    later = replace(asked("RecordPayment", {"payment": PAYMENT}), at=6.0)
    assert [each.kind for each in judge.judge(later, Standing.AWAITED, json.dumps(framed({})))] == ["paid-twice"]


def test_a_session_that_is_paid_in_full_may_be_gone_but_not_for_whoever_has_locked_it():
    judge = TablesJudge()
    in_full = {"payment": {**PAYMENT, "baseAmount": 1860}}
    for method, params, result in [*LOCKED, ("RecordPayment", in_full, {})]:
        assert says(judge, method, params, result) == []
    for method in ("GetSession", "GetBillItems", "LockSession"):
        assert says(judge, method, OF_S1, error("SESSION_NO_SUCH_SESSION")) == []
    for method, params in (("RecordPayment", in_full), ("UnlockSession", OF_S1)):
        assert says(judge, method, params, error("SESSION_NO_SUCH_SESSION")) == ["session-denied"]


def test_a_session_of_which_a_part_is_paid_or_nothing_cannot_be_gone():
    refused = ("RecordPayment", {"payment": {**PAYMENT, "baseAmount": 1860}}, error("PAYMENT_NOT_RECORDED"))
    for paid in (PAY, refused):
        judge = TablesJudge()
        for method, params, result in [*LOCKED, paid]:
            assert says(judge, method, params, result) == []
        assert says(judge, "GetBillItems", OF_S1, error("SESSION_NO_SUCH_SESSION")) == ["session-denied"]


def test_prices_without_their_modifiers_add_up_where_the_site_says_so():
    params, result = RIGHT["GetBillItems"]
    outside = {"billItems": {**BILL, "totalAmount": 2520}}
    assert says(TablesJudge(modifiers_in_item_price=False), "GetBillItems", params, outside) == []
    assert says(TablesJudge(modifiers_in_item_price=False), "GetBillItems", params, result) == ["bill-sum"]


@pytest.mark.parametrize("suite", SUITES, ids=[suite.name for suite in SUITES])
def test_every_golden_answer_is_clean(suite: Path):
    judge = TablesJudge()
    answered = 0
    for case in sorted(suite.glob("*/request.json")):
        request = json.loads(case.read_text(encoding="utf-8"))
        question = asked(request["method"], request.get("params", {}), request["id"])
        found = judge.judge(question, Standing.AWAITED, (case.parent / "response.json").read_text(encoding="utf-8"))
        assert found == (), case.parent.name
        answered += 1
    assert answered
