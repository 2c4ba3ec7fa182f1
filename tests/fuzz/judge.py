"""Says of any bytes whether the adapter takes them as it should. Knows nothing of where they come from."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from adapter.domain import requests as ask
from adapter.domain.orders import Area, Order, OrderBill, OrderKind, OrderPage, OrderStatus, TablePage
from adapter.domain.values import Bill, BillItem, FullBill, Session, Table, TableStatus
from adapter.events import BugFound, Event, FrameIgnored, ProviderComplained, RequestAnswered
from adapter.protocol.dialect import Dialect
from adapter.protocol.endpoint import UNANSWERED, Endpoint
from adapter.protocol.orders.dialect import ERROR_TYPES, orders_dialect
from adapter.protocol.tables.dialect import tables_dialect
from adapter.transport.credentials import account_and_key

DOCUMENTED_CODES = {
    "BILL_NO_SUCH_BILL",
    "ERROR_INTERNAL_POS_ERROR",
    "ERROR_PARSE_ERROR",
    "SESSION_NO_SUCH_SESSION",
    "TABLE_NO_SUCH_TABLE",
    "WAITER_INCORRECT_WAITER_ID",
}
DIALECT = tables_dialect()
METHODS = sorted([*DIALECT.routes, *DIALECT.notifications])
ORDERS = orders_dialect()
ORDER_METHODS = sorted(ORDERS.routes)
PARTS = 0x80
"""An input that begins with this byte or one of the next is no frame, which could not: UTF-8 begins no character so. The
rest of it is an Authorization header, or the parameters of the method that the byte numbers."""
ORDER_PARTS = 0xA0
"""The same for the EPOS Data API: this byte begins a whole frame of it, and the next ones its parameters."""
SESSION_ID = UUID("5b0e3c64-2f0d-4b57-8f35-9a3b6d4b7c10")
NOW = datetime(2024, 5, 1, 17, 41, 2, tzinfo=UTC)
TABLE = Table(name="T12", max_covers=4, status=TableStatus.OCCUPIED)
SESSION = Session(id=SESSION_ID, name="Check 1042", created_at=NOW, is_payable=True)
ITEM = BillItem(id="1", name="Ramen", quantity=1, amount=1400, ordered_at=NOW)
BILL = Bill(session_id=SESSION_ID, total=1400, paid=0, tax=0, currency="GBP", items=(ITEM,))
ORDER = Order(
    session=SESSION,
    bill=BILL,
    status=OrderStatus.ACCEPTED,
    kind=OrderKind.DINE_IN,
    reference="1042",
    display_name="T12 Check 1042",
    updated_at=NOW,
)
ANSWERS: dict[type[Any], Any] = {
    ask.GetBill: BILL,
    ask.GetFullBill: FullBill(bill=BILL),
    ask.GetSession: SESSION,
    ask.GetTable: TABLE,
    ask.ListBills: [BILL],
    ask.ListSessions: [SESSION],
    ask.ListTables: [TABLE],
    ask.LockSession: BILL,
    ask.RecordPayment: None,
    ask.UnlockSession: None,
    ask.ExtendLock: None,
    ask.GetOrder: ORDER,
    ask.GetOrderBill: OrderBill(order=ORDER),
    ask.HearEvent: None,
    ask.ListAreas: [Area(id="1", name="Garden")],
    ask.LockOrder: ORDER,
    ask.PayOrder: ORDER,
    ask.SearchOrders: OrderPage(orders=[ORDER], after=SESSION_ID),
    ask.SearchTables: TablePage(tables=[TABLE]),
    ask.UnlockOrder: ORDER,
}


class Restaurant:
    """Answers everything, or fails the same way each time."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure

    async def answer(self, request: ask.Request) -> Any:
        if self.failure is not None:
            raise self.failure
        return ANSWERS[type(request)]


def endpoint(failure: Exception | None, events: list[Event], dialect: Dialect = DIALECT) -> Endpoint:
    return Endpoint(
        connection="till",
        dialect=dialect,
        service=Restaurant(failure),
        emit=events.append,
        deadline=60,
        max_size=2000,
    )


def handled(
    raw: bytes, failure: Exception | None = None, dialect: Dialect = DIALECT
) -> tuple[bytes | None, list[Event]]:
    """What is answered and what is said; nothing waits inside, so that no event loop is needed."""
    events: list[Event] = []
    work = endpoint(failure, events, dialect).handle(raw)
    try:
        work.send(None)
    except StopIteration as done:
        return done.value, events
    work.close()
    raise AssertionError("the endpoint waits for something")


def assert_documented(raw: bytes, failure: Exception | None = None, dialect: Dialect = DIALECT) -> None:
    """Every frame is answered under its own id with what is documented, or is told of; and so it is at the deadline."""
    answer, events = handled(raw, failure, dialect)
    kinds = [type(event) for event in events]
    if answer is None and not _is_left_unanswered(events[-1]):
        assert kinds in ([FrameIgnored], [ProviderComplained]), kinds
    else:
        assert kinds in ([RequestAnswered], [BugFound, RequestAnswered]), kinds
        assert BugFound not in kinds or isinstance(failure, ZeroDivisionError), events
    if answer is not None:
        assert_answer(raw, answer, dialect)
    late: list[Event] = []
    answer_in_time = endpoint(None, late, dialect).too_late(raw)
    if late and _is_left_unanswered(late[0]):
        assert answer_in_time is None
    else:
        assert (answer_in_time is None) == (answer is None)
    if answer_in_time is not None:
        assert "error" in assert_answer(raw, answer_in_time, dialect)
        assert [type(event) for event in late] == [RequestAnswered]
    for event in (*events, *late):
        repr(event)


def assert_answer(raw: bytes, answer: bytes, dialect: Dialect = DIALECT) -> dict[str, Any]:
    """What is answered, with an error under `error` whichever protocol it is."""
    told = _read(answer)
    assert told is not None, "an answer that is no JSON"
    assert told["jsonrpc"] == "2.0"
    asked = _read(raw)
    if asked is not None:
        assert told["id"] == asked["id"]
    assert isinstance(told["id"], str)
    return _tables_answer(told) if dialect is DIALECT else _orders_answer(told, asked)


def _tables_answer(told: dict[str, Any]) -> dict[str, Any]:
    assert told.keys() == {"jsonrpc", "id", "result"}
    result: dict[str, Any] = told["result"]
    if "errorCode" in result:
        assert result.keys() == {"errorCode", "errorReason"}
        assert result["errorCode"] in DOCUMENTED_CODES
        return {"error": result}
    return told


def _orders_answer(told: dict[str, Any], asked: Any) -> dict[str, Any]:
    assert told.keys() in ({"jsonrpc", "id", "method", "result"}, {"jsonrpc", "id", "method", "error"})
    if asked is not None and isinstance(asked.get("method"), str):
        assert told["method"] == asked["method"]
    if "error" in told:
        assert told["error"].keys() == {"errorType", "debugMessage"}
        assert told["error"]["errorType"] in {"InvalidRequest", "UnexpectedError", *ERROR_TYPES.values()}
    return told


def _is_left_unanswered(event: Event) -> bool:
    """Whether it is told of a request that an answer would be wrong to, whatever it said."""
    return isinstance(event, RequestAnswered) and event.outcome == UNANSWERED


def _read(raw: bytes) -> Any:
    """A document with its numbers as they are written; None where it is nested deeper than this reader goes."""
    try:
        return json.loads(raw, parse_int=str, parse_float=str)
    except RecursionError:
        return None


def judge(data: bytes) -> None:
    """One input: a whole frame, or a part of what comes in as `PARTS` tells."""
    first = data[0] if data else -1
    if first == PARTS:
        shown = account_and_key(data[1:].decode("latin-1"))
        assert shown is None or isinstance(shown, bytes)
    elif PARTS < first <= PARTS + len(METHODS):
        assert_documented(_with_parameters(METHODS[first - PARTS - 1], data[1:]))
    elif first == ORDER_PARTS:
        assert_documented(data[1:], dialect=ORDERS)
    elif ORDER_PARTS < first <= ORDER_PARTS + len(ORDER_METHODS):
        assert_documented(_with_parameters(ORDER_METHODS[first - ORDER_PARTS - 1], data[1:]), dialect=ORDERS)
    else:
        assert_documented(data)


def _with_parameters(method: str, params: bytes) -> bytes:
    return b'{"id":"1","method":"%s","params":%s}' % (method.encode(), params)
