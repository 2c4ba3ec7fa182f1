"""The judge of the EPOS Data API: it finds every kind of mistake that is planted, and nothing in what is right."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from simulator.judging import Asked, Finding, Standing
from simulator.orders.dialect import OrdersDialect
from simulator.orders.judge import OrdersJudge
from simulator.orders.schemas import RESULTS
from simulator.orders.walks import gaps
from tests.unit.simulator.test_tables_judge import becomes, gone

GOLDEN = Path(__file__).parents[2] / "golden"
SUITES = sorted(path.parent for path in GOLDEN.glob("*/suite.toml") if "epos-data" in path.read_text("utf-8"))
NOW = 1_795_724_000.0
LATER, LONG_AGO = "2030-01-01T20:15:00Z", "2020-01-01T20:15:00Z"


def money(value: int, currency: str = "GBP") -> dict[str, Any]:
    return {"value": value, "currencyCode": currency}


ORDER: dict[str, Any] = {
    "id": "5101",
    "status": "Accepted",
    "details": {"orderType": "DineIn", "dineIn": {"tableId": "12", "waiterId": "7"}},
    "payable": True,
    "items": [
        {
            "name": "Marinara",
            "plu": "506",
            "quantity": 2,
            "amountPerItem": money(1000),
            "note": "no salt",
            "modifiers": [{"name": "Olives", "plu": "m1", "quantity": 2, "amountPerModifier": money(40)}],
        },
        {"name": "House red", "plu": "12", "quantity": 1, "amountPerItem": money(300)},
    ],
    "discounts": [{"name": "Regular", "amountTotal": money(100), "affectedPlu": "506", "amountPercentage": 500}],
    "taxLines": [{"id": "VAT", "name": "VAT", "amountTotal": money(393), "amountPercentage": 2000}],
    "totalAmount": money(2560),
    "serviceChargeAmount": money(200),
    "paidAmount": money(500),
    "tipsAmount": money(50),
    "payments": [{"paymentIntentId": "pi_0", "paidAmount": money(500), "tipsAmount": money(50)}],
    "note": "by the window",
    "reference": "5101",
    "displayName": "T12 Smith",
    "createdAt": "2026-11-20T19:12:00Z",
    "updatedAt": "2026-11-20T19:40:00.123Z",
}
TABLE = {"id": "12", "name": "T12", "maxCovers": 4, "areaId": "1", "waiterIds": ["7"]}
BILL = {
    "header": {
        "lines": [
            {"lineType": "Logo", "logo": {"svgImage": "<svg/>"}},
            {"lineType": "Image", "image": {"svgImage": "<svg/>", "align": "Left"}},
            {"lineType": "MerchantName", "merchantName": {"name": "The Copper Kettle"}},
            {
                "lineType": "MerchantAddress",
                "merchantAddress": {"addressLines": ["14 Tallow Lane"], "postcode": "SE1 0ZZ"},
            },
            {"lineType": "Text", "text": {"value": "Hi", "size": "Body", "align": "Center", "bold": True}},
        ]
    },
    "order": ORDER,
    "footer": {
        "lines": [
            {"lineType": "HorizontalLine", "horizontalLine": {"line": "Single"}},
            {"lineType": "URL", "url": {"url": "https://kettle.example", "showQR": True}},
            {"lineType": "TaxNumber", "taxNumber": {"name": "VAT", "number": "GB 000 0000 00"}},
        ]
    },
}
OF_IT = {"orderId": "5101"}
LOCK = {**OF_IT, "lockId": "lock_a", "expiry": LATER}
PAYMENT = {**OF_IT, "paymentIntentId": "pi_1", "paidAmount": money(1000), "tipsAmount": money(100), "lockId": "lock_a"}
RIGHT: dict[str, tuple[Mapping[str, Any], Any]] = {
    "SearchOrdersV1": (
        {"dineIn": {"tableId": "12", "waiterId": "007"}, "payableOnly": True, "cursor": {"limit": 2, "after": "c1"}},
        {"data": [ORDER], "before": "b1", "after": "c2"},
    ),
    "GetOrderByIdV1": (OF_IT, ORDER),
    "GetOrderBillByIdV1": (OF_IT, BILL),
    "CreateOrderLockV1": (LOCK, ORDER),
    "ExtendOrderLockV1": (LOCK, {}),
    "DeleteOrderLockV1": (LOCK, ORDER),
    "RecordOrderPaymentByIdV1": (PAYMENT, ORDER),
    "SearchTablesV1": ({"areaId": "1", "waiterId": "7", "cursor": {"limit": 1}}, {"data": [TABLE]}),
    "ListAreasV1": ({}, [{"id": "1", "name": "Terrace", "waiterIds": ["7"]}]),
    "HandleEventV1": ({"id": "evt_1", "event": "payment_intent.created"}, {}),
}


def asked(method: str, params: Mapping[str, Any]) -> Asked:
    return Asked(account="kettle", identity="one", method=method, params=params, at=0.0, frame=1)


def framed(method: str, result: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": "one", "method": method, "result": copy.deepcopy(result)}


def refused(method: str, kind: Any, message: str = "so it is") -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": "one", "method": method, "error": {"errorType": kind, "debugMessage": message}}


def judge() -> OrdersJudge:
    return OrdersJudge(clock=lambda: NOW)


def says(one: OrdersJudge, method: str, params: Mapping[str, Any], result: Any) -> list[str]:
    """The kinds of what a judge finds wrong with an answer; a text stands for an error of this type."""
    frame = refused(method, result) if isinstance(result, str) else framed(method, result)
    return [each.kind for each in one.judge(asked(method, params), Standing.AWAITED, json.dumps(frame))]


def spoilt(method: str, path: str, change: Callable[[Any, Any], None]) -> list[Finding]:
    """What is found when the member or place at the end of a path is changed in the right answer to a method."""
    params, result = RIGHT[method]
    frame = framed(method, result)
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    place: Any = frame
    for step in steps:
        place = place[step]
    change(place, last)
    return list(judge().judge(asked(method, params), Standing.AWAITED, json.dumps(frame)))


def paid(amount: int, **more: Any) -> dict[str, Any]:
    payments = [{"paymentIntentId": "pi_0", "paidAmount": money(amount), "tipsAmount": money(50)}]
    return {**ORDER, "paidAmount": money(amount), "payments": payments, **more}


ONE = "GetOrderByIdV1"
MANY = "SearchOrdersV1"
WRONG_PLACES = [
    ("value-unknown", ONE, "jsonrpc", becomes("1.0")),
    ("member-missing", ONE, "method", gone),
    ("method-other", ONE, "method", becomes("GetOrderBillByIdV1")),
    ("member-missing", ONE, "result", gone),
    ("result-and-error", ONE, "error", becomes({"errorType": "NotFound"})),
    ("member-unknown", ONE, "more", becomes(1)),
    ("value-null", ONE, "result", becomes(None)),
    ("member-unknown", ONE, "result", becomes({"order": ORDER})),
    ("member-missing", ONE, "result.id", gone),
    ("type-wrong", ONE, "result.id", becomes(5101)),
    ("text-empty", ONE, "result.id", becomes("")),
    ("order-other", ONE, "result.id", becomes("5102")),
    ("member-missing", ONE, "result.status", gone),
    ("value-unknown", ONE, "result.status", becomes("Created")),
    ("member-missing", ONE, "result.details", gone),
    ("value-unknown", ONE, "result.details.orderType", becomes("DINE_IN")),
    ("details-missing", ONE, "result.details.orderType", becomes("Collection")),
    ("type-wrong", ONE, "result.details.dineIn.waiterId", becomes(7)),
    ("type-wrong", ONE, "result.totalAmount", becomes(2560)),
    ("type-wrong", ONE, "result.totalAmount.value", becomes(25.60)),
    ("type-wrong", ONE, "result.totalAmount.value", becomes(2560.0)),
    ("type-wrong", ONE, "result.totalAmount.value", becomes("2560")),
    ("number-too-large", ONE, "result.totalAmount.value", becomes(2**63)),
    ("member-missing", ONE, "result.totalAmount.currencyCode", gone),
    ("form-wrong", ONE, "result.totalAmount.currencyCode", becomes("£")),
    ("member-unknown", ONE, "result.totalAmount.currency", becomes("GBP")),
    ("currencies-mixed", ONE, "result.totalAmount.currencyCode", becomes("EUR")),
    ("order-sum", ONE, "result.totalAmount.value", becomes(2561)),
    ("order-sum", ONE, "result.serviceChargeAmount.value", becomes(0)),
    ("order-sum", ONE, "result.discounts", becomes([])),
    ("order-sum", ONE, "result.items", becomes([])),
    ("modifiers-inside", ONE, "result.items.0.amountPerItem.value", becomes(1080)),
    ("paid-sum", ONE, "result.paidAmount.value", becomes(550)),
    ("paid-sum", ONE, "result.payments", becomes([])),
    ("tips-sum", ONE, "result.tipsAmount.value", becomes(0)),
    ("member-missing", ONE, "result.items.0.plu", gone),
    ("text-empty", ONE, "result.items.0.plu", becomes("")),
    ("type-wrong", ONE, "result.items.0.quantity", becomes(0.5)),
    ("number-too-small", ONE, "result.items.0.quantity", becomes(-1)),
    ("member-unknown", ONE, "result.items.0.category", becomes(["Food"])),
    ("member-unknown", ONE, "result.items.0.modifiers.0.amountPerItem", becomes(money(40))),
    ("member-missing", ONE, "result.items.0.modifiers.0.plu", gone),
    ("text-too-long", ONE, "result.taxLines.0.id", becomes("x" * 61)),
    ("member-missing", ONE, "result.payments.0.paidAmount", gone),
    ("text-too-long", ONE, "result.displayName", becomes("The party of Mr Smythe-Jones")),
    ("form-wrong", ONE, "result.createdAt", becomes("2026-11-20T20:12:00+01:00")),
    ("form-wrong", ONE, "result.createdAt", becomes("2026-02-30T19:12:00Z")),
    ("value-null", ONE, "result.updatedAt", becomes(None)),
    ("updated-before-created", ONE, "result.updatedAt", becomes("2026-11-20T19:11:00Z")),
    ("over-payable", ONE, "result.status", becomes("Finalized")),
    ("type-wrong", ONE, "result.payable", becomes("true")),
    ("payable-without-amount", ONE, "result.totalAmount", gone),
    ("paid-payable", ONE, "result", becomes(paid(2560))),
    ("filter-payable", MANY, "result.data.0.payable", becomes(False)),
    ("filter-table-id", MANY, "result.data.0.details.dineIn.tableId", becomes("13")),
    ("filter-waiter-id", MANY, "result.data.0.details.dineIn.waiterId", becomes("8")),
    ("order-twice", MANY, "result.data", becomes([ORDER, ORDER])),
    ("page-too-large", MANY, "result.data", becomes([{**ORDER, "id": str(number)} for number in range(3)])),
    ("cursor-stuck", MANY, "result.after", becomes("c1")),
    ("value-null", MANY, "result.after", becomes(None)),
    ("type-wrong", MANY, "result", becomes([ORDER])),
    ("member-unknown", MANY, "result.total", becomes(1)),
    ("order-sum", MANY, "result.data.0.totalAmount.value", becomes(1)),
    ("value-unknown", "GetOrderBillByIdV1", "result.header.lines.0.lineType", becomes("RECEIPT_LINE_TYPE_LOGO")),
    ("member-missing", "GetOrderBillByIdV1", "result.header.lines.0.logo.svgImage", gone),
    ("member-missing", "GetOrderBillByIdV1", "result.header.lines.2.merchantName", gone),
    ("member-unknown", "GetOrderBillByIdV1", "result.header.lines.4.text.emphasisBold", becomes(True)),
    ("value-unknown", "GetOrderBillByIdV1", "result.header.lines.4.text.size", becomes("SIZE_BODY")),
    ("member-missing", "GetOrderBillByIdV1", "result.footer", gone),
    ("order-other", "GetOrderBillByIdV1", "result.order.id", becomes("5102")),
    ("member-unknown", "ExtendOrderLockV1", "result", becomes(ORDER)),
    ("member-missing", "CreateOrderLockV1", "result", becomes({})),
    ("type-wrong", "ListAreasV1", "result", becomes({"data": []})),
    ("member-missing", "ListAreasV1", "result.0.name", gone),
    ("area-twice", "ListAreasV1", "result", becomes([{"id": "1", "name": "A"}, {"id": "1", "name": "B"}])),
    ("member-missing", "SearchTablesV1", "result.data.0.id", gone),
    ("type-wrong", "SearchTablesV1", "result.data.0.maxCovers", becomes("4")),
    ("member-unknown", "SearchTablesV1", "result.data.0.status", becomes("TABLE_STATUS_AVAILABLE")),
    ("filter-area-id", "SearchTablesV1", "result.data.0.areaId", becomes("2")),
    ("filter-waiter-id", "SearchTablesV1", "result.data.0.waiterIds", becomes(["8"])),
    ("page-too-large", "SearchTablesV1", "result.data", becomes([TABLE, {**TABLE, "id": "13"}])),
    ("table-name-twice", "SearchTablesV1", "result.data", becomes([TABLE, {**TABLE, "id": "13"}])),
]


@pytest.mark.parametrize("method", RIGHT)
def test_a_right_answer_is_clean(method: str):
    params, result = RIGHT[method]
    assert says(judge(), method, params, result) == []


def test_every_operation_has_a_right_answer_and_a_schema():
    assert {operation.method for operation in OrdersDialect.operations} == set(RIGHT) == set(RESULTS)


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
    ("kind", "method", "error"),
    [
        ("value-unknown", ONE, {"errorType": "NOT_FOUND"}),
        ("member-missing", ONE, {"debugMessage": "no"}),
        ("member-unknown", ONE, {"code": -32601, "message": "no", "errorType": "NotFound"}),
        ("type-wrong", ONE, {"errorType": "NotFound", "traceId": 7}),
        ("error-misplaced", MANY, {"errorType": "NotFound"}),
        ("error-misplaced", "ListAreasV1", {"errorType": "Conflict"}),
        ("reason-internal", ONE, {"errorType": "UnexpectedError", "debugMessage": "SELECT a FROM b"}),
    ],
)
def test_an_error_that_is_none_is_found(kind: str, method: str, error: dict[str, Any]):
    frame = {"jsonrpc": "2.0", "id": "one", "method": method, "error": error}
    found = judge().judge(asked(method, {}), Standing.AWAITED, json.dumps(frame))
    assert kind in [each.kind for each in found]


def test_an_error_inside_a_result_as_in_the_tables_api_is_found():
    found = says(judge(), ONE, OF_IT, {"errorCode": "SESSION_NO_SUCH_SESSION", "errorReason": "no"})
    assert {"member-unknown", "member-missing"} <= set(found)


def test_taxes_may_be_inside_the_prices_or_added_to_them():
    assert says(judge(), ONE, OF_IT, {**ORDER, "totalAmount": money(2560 + 393)}) == []


def test_sub_items_come_to_the_total_with_their_modifiers():
    part = {"name": "Chips", "plu": "9", "quantity": 1, "amountPerItem": money(50), "modifiers": [
        {"name": "Salt", "plu": "m9", "quantity": 1, "amountPerModifier": money(5)}]}  # fmt: skip
    items = [{**ORDER["items"][0], "subItems": [part]}, ORDER["items"][1]]
    assert says(judge(), ONE, OF_IT, {**ORDER, "items": items, "totalAmount": money(2560 + 110)}) == []
    assert says(judge(), ONE, OF_IT, {**ORDER, "items": items}) == ["order-sum"]


def test_an_order_without_a_bill_needs_no_amounts():
    bare = {"id": "5101", "status": "New", "details": ORDER["details"], "payable": False}
    assert says(judge(), ONE, OF_IT, bare) == []


def test_an_order_that_nobody_serves_may_be_any_waiters():
    nobody = {**ORDER, "details": {"orderType": "DineIn", "dineIn": {"tableId": "12"}}}
    assert says(judge(), MANY, {"dineIn": {"waiterId": "7"}}, {"data": [nobody]}) == []


CREATE = ("CreateOrderLockV1", LOCK, ORDER)
DELETE = ("DeleteOrderLockV1", LOCK, ORDER)
PAY = ("RecordOrderPaymentByIdV1", PAYMENT, paid(1500))
AREAS = ("ListAreasV1", {}, RIGHT["ListAreasV1"][1])
FIRST_PAGE = (MANY, {"cursor": {"limit": 1}}, {"data": [ORDER], "after": "c2"})


@pytest.mark.parametrize(
    ("kind", "earlier", "method", "params", "result"),
    [
        ("locked-twice", [CREATE], "CreateOrderLockV1", {**LOCK, "lockId": "lock_b"}, ORDER),
        ("lock-forgotten", [CREATE], "CreateOrderLockV1", LOCK, "Conflict"),
        ("lock-forgotten", [CREATE], "ExtendOrderLockV1", LOCK, "Conflict"),
        ("order-denied", [CREATE], ONE, OF_IT, "NotFound"),
        ("read-refused", [CREATE], ONE, OF_IT, "Conflict"),
        ("payment-denied", [CREATE, PAY], PAY[0], PAYMENT, "Conflict"),
        ("payment-denied", [CREATE, PAY, (*DELETE[:2], paid(1500))], PAY[0], PAYMENT, "Conflict"),
        ("payment-denied", [CREATE, PAY], PAY[0], PAYMENT, "UnexpectedError"),
        ("payment-changed", [CREATE, PAY], PAY[0], {**PAYMENT, "paidAmount": money(1)}, paid(1500)),
        ("payment-changed", [CREATE, PAY], PAY[0], {**PAYMENT, "tipsAmount": money(0)}, paid(1500)),
        ("paid-amount", [CREATE], PAY[0], PAYMENT, ORDER),
        ("paid-amount", [CREATE, PAY], PAY[0], PAYMENT, paid(2500)),
        ("paid-amount", [CREATE, PAY], ONE, OF_IT, paid(1600)),
        ("paid-amount", [("GetOrderByIdV1", OF_IT, ORDER)], ONE, OF_IT, paid(400)),
        (
            "payment-other",
            [CREATE],
            PAY[0],
            PAYMENT,
            {
                **paid(1500),
                "payments": [
                    {"paidAmount": money(600), "tipsAmount": money(50)},
                    {"paymentIntentId": "pi_1", "paidAmount": money(900)},
                ],
            },
        ),
        ("area-unknown", [AREAS], "SearchTablesV1", {}, {"data": [{**TABLE, "areaId": "9"}]}),
        ("page-repeats", [FIRST_PAGE], MANY, {"cursor": {"limit": 1, "after": "c2"}}, {"data": [ORDER]}),
        (
            "page-repeats",
            [
                FIRST_PAGE,
                (
                    MANY,
                    {"cursor": {"limit": 1, "after": "c2"}},
                    {"data": [{**ORDER, "id": "5102"}], "before": "b", "after": "c3"},
                ),
            ],
            MANY,
            {"cursor": {"limit": 1, "after": "c3"}},
            {"data": [ORDER]},
        ),
    ],
)  # fmt: skip
def test_what_contradicts_an_earlier_answer_is_found(
    kind: str,
    earlier: list[tuple[str, Mapping[str, Any], Any]],
    method: str,
    params: Mapping[str, Any],
    result: Any,
):
    one = judge()
    for each in earlier:
        assert says(one, *each) == []
    assert says(one, method, params, result) == [kind]


def test_a_split_payment_is_clean_from_the_search_to_the_last_look():
    one = judge()
    second = {**PAYMENT, "paymentIntentId": "pi_2", "paidAmount": money(1060)}
    whole = paid(2560, payable=False)
    for method, params, result in [
        FIRST_PAGE,
        (MANY, {"cursor": {"limit": 1, "after": "c2"}}, {"data": [{**ORDER, "id": "5102"}], "before": "b2"}),
        (MANY, {"cursor": {"limit": 1, "before": "b2"}}, {"data": [ORDER], "after": "c2"}),
        CREATE,
        CREATE,
        ("CreateOrderLockV1", {**LOCK, "lockId": "lock_b"}, "Conflict"),
        (ONE, {**OF_IT, "headers": {"waiterId": "8"}}, "Conflict"),
        PAY,
        PAY,
        ("ExtendOrderLockV1", {**LOCK, "expiry": "2030-01-01T20:30:00Z"}, {}),
        (PAY[0], {**PAYMENT, "paidAmount": money(1)}, "Conflict"),
        (PAY[0], second, whole),
        ("DeleteOrderLockV1", LOCK, whole),
        ("DeleteOrderLockV1", LOCK, whole),
        ("CreateOrderLockV1", {**LOCK, "lockId": "lock_b"}, whole),
        ("DeleteOrderLockV1", {**LOCK, "lockId": "lock_b"}, whole),
        (ONE, OF_IT, whole),
    ]:
        assert says(one, method, params, result) == []


EXTEND = ("ExtendOrderLockV1", {**LOCK, "expiry": "2030-01-01T20:30:00Z"}, {})
SHORTEN = ("ExtendOrderLockV1", {**LOCK, "expiry": "2030-01-01T20:05:00Z"}, {})
OTHER_LOCK = ("CreateOrderLockV1", {**LOCK, "lockId": "lock_b", "expiry": "2030-01-01T21:00:00Z"}, ORDER)


@pytest.mark.parametrize(
    ("earlier", "method", "params", "result", "kind"),
    [
        ([CREATE, SHORTEN], *OTHER_LOCK, "locked-twice"),
        ([CREATE, EXTEND, SHORTEN], *OTHER_LOCK, "locked-twice"),
        ([CREATE, EXTEND, CREATE], *OTHER_LOCK, "locked-twice"),
        ([CREATE, SHORTEN], *EXTEND[:2], "Conflict", "lock-forgotten"),
    ],
    ids=["shortened", "extended and shortened", "created again late", "not extended any more"],
)
def test_a_lock_that_ends_sooner_for_being_extended_is_found(
    earlier: list[tuple[str, Mapping[str, Any], Any]], method: str, params: Mapping[str, Any], result: Any, kind: str
):
    now = NOW
    one = OrdersJudge(clock=lambda: now)
    for each in earlier:
        assert says(one, *each) == []
    now = datetime.fromisoformat("2030-01-01T20:10:00Z").timestamp()
    if EXTEND in earlier:
        now += 600
    assert says(one, method, params, result) == [kind]


def test_a_lock_that_was_to_be_shortened_gives_way_at_its_end():
    now = NOW
    one = OrdersJudge(clock=lambda: now)
    for each in (CREATE, EXTEND, SHORTEN):
        assert says(one, *each) == []
    now = datetime.fromisoformat("2030-01-01T20:30:00Z").timestamp()
    assert says(one, *OTHER_LOCK) == []


def test_a_lock_that_has_expired_holds_nothing():
    one = judge()
    assert says(one, "CreateOrderLockV1", {**LOCK, "expiry": LONG_AGO}, ORDER) == []
    assert says(one, "CreateOrderLockV1", {**LOCK, "lockId": "lock_b"}, ORDER) == []


def test_an_order_that_is_paid_may_be_gone():
    one = judge()
    assert says(one, *CREATE) == []
    whole = paid(2560, payable=False)
    assert says(one, PAY[0], {**PAYMENT, "paidAmount": money(2060)}, whole) == []
    assert says(one, ONE, OF_IT, "NotFound") == []


def test_an_answer_that_comes_twice_teaches_nothing():
    one = judge()
    assert says(one, *CREATE) == []
    found = one.judge(asked(*CREATE[:2]), Standing.REPEATED, json.dumps(framed(CREATE[0], ORDER)))
    assert [each.kind for each in found] == ["answer-repeated"]


def test_a_gap_between_pages_is_what_was_there_all_the_time_and_on_no_page():
    assert gaps(["1", "2", "3", "4"], ["1", "3", "9"], ["2", "3", "9"]) == ["2"]


@pytest.mark.parametrize("suite", SUITES, ids=[suite.name for suite in SUITES])
def test_every_golden_answer_is_clean(suite: Path):
    one = judge()
    cases = sorted(suite.glob("*/request.json"))
    for case in cases:
        request = json.loads(case.read_text(encoding="utf-8"))
        answer = (case.parent / "response.json").read_text(encoding="utf-8")
        assert one.judge(asked(request["method"], request["params"]), Standing.AWAITED, answer) == (), case.parent.name
    assert cases


def test_a_success_of_a_method_that_is_none_is_found():
    assert says(judge(), "DropTableV1", {}, {}) == ["method-unknown-answered"]
    assert says(judge(), "DropTableV1", {}, "InvalidRequest") == []
