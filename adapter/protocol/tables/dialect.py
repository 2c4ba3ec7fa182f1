"""The Tables API as a dialect: its methods, its errors, and what they are in the domain. Knows no sockets and no SQL."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec
from msgspec import UNSET, Raw, UnsetType

from adapter.domain import requests as ask
from adapter.domain import values
from adapter.domain.values import TableStatus
from adapter.errors import (
    AdapterError,
    BillNotFound,
    InvalidParams,
    RequestError,
    SessionNotFound,
    TableNotFound,
    WaiterIncorrect,
)
from adapter.protocol.dialect import Complaint, Dialect, Route, unfit
from adapter.protocol.tables import wire
from adapter.protocol.tables.receipt import receipt_lines

SessionRequest = TypeVar("SessionRequest", ask.GetBill, ask.GetFullBill, ask.GetSession, ask.RecordingRequest)
Value = TypeVar("Value")
Price = Callable[[values.BillItem], int]

ERROR_CODES: Final[dict[type[AdapterError], str]] = {
    AdapterError: "ERROR_INTERNAL_POS_ERROR",
    BillNotFound: "BILL_NO_SUCH_BILL",
    RequestError: "ERROR_PARSE_ERROR",
    SessionNotFound: "SESSION_NO_SUCH_SESSION",
    TableNotFound: "TABLE_NO_SUCH_TABLE",
    WaiterIncorrect: "WAITER_INCORRECT_WAITER_ID",
}
"""The codes of the errors page; there is none for an unknown method but ERROR_PARSE_ERROR."""

_STATUS_NAMES: Final[dict[TableStatus, wire.TableStatus]] = {
    TableStatus.AVAILABLE: "TABLE_STATUS_AVAILABLE",
    TableStatus.NOT_IN_USE: "TABLE_STATUS_NOT_IN_USE",
    TableStatus.OCCUPIED: "TABLE_STATUS_OCCUPIED",
    TableStatus.PENDING_AVAILABLE: "TABLE_STATUS_PENDING_AVAILABLE",
}
_STATUSES: Final = {name: status for status, name in _STATUS_NAMES.items()}

_UUID: Final = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE)
_LONGEST_ID: Final = 64
_LONGEST_COMPLAINT: Final = 1000

_requestors = msgspec.json.Decoder(wire.RequestorParams)
_card_machines = msgspec.json.Decoder(wire.CardMachineParams)
_complaints = msgspec.json.Decoder(wire.ErrorNotificationParams)


def tables_dialect(*, modifiers_in_item_price: bool = True) -> Dialect:
    """The Tables API (API reference, version 1.0.0).

    With `modifiers_in_item_price` an item's `amountPerItem` includes its modifiers, the only reading under which the
    example of the bill-intro page adds up to its total.
    """
    price = _price_with_modifiers if modifiers_in_item_price else _price_alone
    session = msgspec.json.Decoder(wire.SessionParams)

    def to_bill(bill: values.Bill) -> wire.BillResult:
        return wire.BillResult(bill_items=_bills([bill], price)[0])

    def to_bills(bills: Sequence[values.Bill]) -> wire.BillsResult:
        return wire.BillsResult(bill_items=_bills(bills, price))

    def to_full_bill(full: values.FullBill) -> wire.FullBillResult:
        return wire.FullBillResult(
            full_bill=wire.FullBill(
                header=receipt_lines(full.header),
                bill_items=_bills([full.bill], price)[0],
                footer=receipt_lines(full.footer),
            )
        )

    return Dialect(
        routes={
            "GetBillItems": Route(params=session, to_request=_of_session(ask.GetBill), to_result=to_bill),
            "GetFullBill": Route(params=session, to_request=_of_session(ask.GetFullBill), to_result=to_full_bill),
            "GetSession": Route(params=session, to_request=_of_session(ask.GetSession), to_result=_to_session),
            "GetTable": Route(
                params=msgspec.json.Decoder(wire.GetTableParams), to_request=_get_table, to_result=_to_table
            ),
            "ListBillItems": Route(
                params=msgspec.json.Decoder(wire.ListBillItemsParams), to_request=_list_bills, to_result=to_bills
            ),
            "ListSessions": Route(
                params=msgspec.json.Decoder(wire.ListSessionsParams), to_request=_list_sessions, to_result=_to_sessions
            ),
            "ListTables": Route(
                params=msgspec.json.Decoder(wire.ListTablesParams), to_request=_list_tables, to_result=_to_tables
            ),
            "LockSession": Route(params=session, to_request=_of_session(ask.RecordingRequest), to_result=to_bill),
            "RecordPayment": Route(
                params=msgspec.json.Decoder(wire.RecordPaymentParams), to_request=_record_payment, to_result=_to_nothing
            ),
            "UnlockSession": Route(params=session, to_request=_of_session(ask.RecordingRequest), to_result=_to_nothing),
        },
        notifications={"ErrorNotification": _complaint},
        expected=wire.EXPECTED,
        error_codes=ERROR_CODES,
        error_member="result",
        to_error=_error,
    )


# From the wire


def _of_session(kind: Callable[..., SessionRequest]) -> Callable[[wire.SessionParams], SessionRequest]:
    """Reads the request of this kind, which is about one session and nothing else."""

    def to_request(params: wire.SessionParams) -> SessionRequest:
        return kind(requestor=_requestor(params.requestor_info), session_id=_uuid(params.session_id, "sessionId"))

    return to_request


def _get_table(params: wire.GetTableParams) -> ask.GetTable:
    if params.name is None:
        raise _unfit("name")
    return ask.GetTable(requestor=_requestor(params.requestor_info), name=params.name)


def _list_bills(params: wire.ListBillItemsParams) -> ask.ListBills:
    ids = params.session_ids
    return ask.ListBills(
        requestor=_requestor(params.requestor_info),
        session_ids=None if ids is None else tuple(_uuid(text, "sessionIds") for text in ids),
    )


def _list_sessions(params: wire.ListSessionsParams) -> ask.ListSessions:
    return ask.ListSessions(
        requestor=_requestor(params.requestor_info),
        is_finished=params.is_finished,
        has_table=params.has_table,
        is_payable=params.is_payable,
        table_names=None if params.table_names is None else tuple(params.table_names),
    )


def _list_tables(params: wire.ListTablesParams) -> ask.ListTables:
    names = params.statuses
    return ask.ListTables(
        requestor=_requestor(params.requestor_info),
        statuses=None if names is None else frozenset(_STATUSES[name] for name in names),
    )


def _record_payment(params: wire.RecordPaymentParams) -> ask.RecordingRequest:
    if params.payment is None:
        raise _unfit("payment")
    return ask.RecordingRequest(
        requestor=_requestor(params.requestor_info),
        session_id=_uuid(params.payment.session_id, "payment.sessionId"),
    )


def _requestor(raw: Raw) -> ask.Requestor:
    """Who asks. Whoever does not say that they are a guest's device is a card machine, so the waiter rule holds."""
    try:
        info = _requestors.decode(raw)
        if info.requestor_type == wire.CONSUMER_DEVICE:
            return ask.Requestor(is_card_machine=False)
        machine = _card_machines.decode(info.card_machine_requestor_info)
    except (msgspec.DecodeError, RecursionError):
        return ask.Requestor(is_card_machine=True)
    terminal = machine.terminal_id
    return ask.Requestor(
        is_card_machine=True,
        terminal_id=_short(terminal) if isinstance(terminal, str) else None,
        waiter_id=_waiter_id(machine.waiter_id),
    )


def _waiter_id(sent: Any) -> str | None:
    """A waiter's id as the domain compares it: a number without leading zeros, any other text as it is."""
    if isinstance(sent, bool):
        return None
    if isinstance(sent, float):
        sent = int(sent) if sent.is_integer() else None
    if isinstance(sent, int):
        return _short(str(sent))
    text = _short(sent) if isinstance(sent, str) else None
    if text is not None and text.isascii() and text.isdigit():
        return text.lstrip("0") or "0"
    return text


def _short(text: str) -> str | None:
    """An id fit to be logged and repeated; None for anything that cannot have been keyed in."""
    text = text.strip()
    return text if 0 < len(text) <= _LONGEST_ID and text.isprintable() else None


def _uuid(text: str | None, path: str) -> UUID:
    """A UUID, for which dashes, case and blanks around it do not matter."""
    found = _UUID.fullmatch(text.strip()) if text is not None else None
    if found is None:
        raise _unfit(path)
    return UUID(found.group())


def _unfit(path: str) -> InvalidParams:
    return unfit(path, wire.EXPECTED)


def _complaint(params: Raw) -> Complaint:
    try:
        sent = _complaints.decode(params)
    except (msgspec.DecodeError, RecursionError):
        return Complaint(error_code="", reason="its parameters cannot be read", reference="")
    return Complaint(
        error_code=_loggable(sent.error_code),
        reason=_loggable(sent.error_reason),
        reference=_loggable(sent.id),
    )


def _loggable(sent: Any) -> str:
    text = sent if isinstance(sent, str) else "" if sent is None else repr(sent)
    return "".join(char if char.isprintable() else " " for char in text[:_LONGEST_COMPLAINT])


# To the wire


def _error(code: str, reason: str) -> wire.ErrorResult:
    return wire.ErrorResult(error_code=code, error_reason=reason)


def _to_nothing(_: object) -> wire.EmptyResult:
    return wire.EmptyResult()


def _to_table(table: values.Table) -> wire.TableResult:
    return wire.TableResult(table=_table(table))


def _to_tables(tables: Sequence[values.Table]) -> wire.TablesResult:
    return wire.TablesResult(tables=[_table(table) for table in tables])


def _table(table: values.Table) -> wire.Table:
    return wire.Table(name=table.name, max_covers=table.max_covers, status=_STATUS_NAMES[table.status])


def _to_session(session: values.Session) -> wire.SessionResult:
    return wire.SessionResult(session=_session(session))


def _to_sessions(sessions: Sequence[values.Session]) -> wire.SessionsResult:
    return wire.SessionsResult(sessions=[_session(session) for session in sessions])


def _session(session: values.Session) -> wire.Session:
    return wire.Session(
        id=session.id,
        name=session.name,
        table_name=session.tables[0] if session.tables else UNSET,
        number_of_covers=_given(session.covers),
        created_at=_time(session.created_at),
        finished_at=UNSET if session.finished_at is None else _time(session.finished_at),
        is_payable=session.is_payable,
        waiter=UNSET if session.waiter is None else _waiter(session.waiter),
    )


def _waiter(waiter: values.Waiter) -> wire.Waiter | UnsetType:
    """The waiter; not sent where the EPOS has ids that no terminal can key in."""
    number = waiter.number
    return UNSET if number is None else wire.Waiter(id=number, name=_given(waiter.name))


def _bills(bills: Sequence[values.Bill], price: Price) -> list[wire.Bill]:
    """The bills of one answer, in which most times occur more than once."""
    time = cache(_time)
    return [
        wire.Bill(
            total_amount=bill.total,
            paid_amount=bill.paid,
            tax_amount=bill.tax,
            service_charge=_given(bill.service_charge),
            currency=bill.currency,
            items=[
                wire.BillItem(
                    id=item.id,
                    name=item.name,
                    category=item.category,
                    quantity=item.quantity,
                    amount_per_item=price(item) if item.modifiers else item.amount,
                    last_ordered_at=time(item.ordered_at),
                    modifiers=_modifiers(item.modifiers) if item.modifiers else UNSET,
                )
                for item in bill.items
            ],
            note=_given(bill.note),
            session_id=bill.session_id,
        )
        for bill in bills
    ]


def _modifiers(modifiers: tuple[values.Modifier, ...]) -> list[wire.Modifier]:
    return [
        wire.Modifier(
            id=modifier.id, name=modifier.name, amount_per_modifier=modifier.amount, quantity=modifier.quantity
        )
        for modifier in modifiers
    ]


def _price_with_modifiers(item: values.BillItem) -> int:
    return item.amount_with_modifiers


def _price_alone(item: values.BillItem) -> int:
    return item.amount


def _given(value: Value | None) -> Value | UnsetType:
    return UNSET if value is None else value


def _time(moment: datetime) -> str:
    """UTC with milliseconds and Z, by way of msgspec, which is four times as fast as `isoformat`."""
    text: str = msgspec.to_builtins(moment.astimezone(UTC))
    return f"{text[:23]}Z" if len(text) > len("2024-05-01T17:40:00Z") else f"{text[:19]}.000Z"
