"""The Tables API as a dialect: its methods, its errors, and what they are in the domain. Knows no sockets and no SQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from adapter.domain import requests as ask
from adapter.domain import values
from adapter.errors import (
    AdapterError,
    AlreadyLocked,
    BillNotFound,
    NotLocked,
    PaymentAlreadyRecorded,
    PaymentNotRecorded,
    RequestError,
    SessionNotFound,
    TableNotFound,
    UnableToUnlock,
    WaiterIncorrect,
)
from adapter.protocol.dialect import Dialect, Route
from adapter.protocol.moments import moment_text
from adapter.protocol.tables import incoming, wire
from adapter.protocol.tables.receipt import receipt_lines

Value = TypeVar("Value")
Price = Callable[[values.BillItem], int]

ERROR_CODES: Final[dict[type[AdapterError], str]] = {
    AdapterError: "ERROR_INTERNAL_POS_ERROR",
    AlreadyLocked: "SESSION_ALREADY_LOCKED",
    BillNotFound: "BILL_NO_SUCH_BILL",
    NotLocked: "SESSION_NOT_LOCKED",
    PaymentAlreadyRecorded: "PAYMENT_ALREADY_RECORDED",
    PaymentNotRecorded: "PAYMENT_NOT_RECORDED",
    RequestError: "ERROR_PARSE_ERROR",
    SessionNotFound: "SESSION_NO_SUCH_SESSION",
    TableNotFound: "TABLE_NO_SUCH_TABLE",
    UnableToUnlock: "SESSION_UNABLE_TO_UNLOCK",
    WaiterIncorrect: "WAITER_INCORRECT_WAITER_ID",
}
"""The codes of the errors page; there is none for an unknown method but ERROR_PARSE_ERROR."""

_STATUS_NAMES: Final = {status: name for name, status in incoming.STATUSES.items()}


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
            "GetBillItems": Route(params=session, to_request=incoming.of_session(ask.GetBill), to_result=to_bill),
            "GetFullBill": Route(
                params=session, to_request=incoming.of_session(ask.GetFullBill), to_result=to_full_bill
            ),
            "GetSession": Route(params=session, to_request=incoming.of_session(ask.GetSession), to_result=_to_session),
            "GetTable": Route(
                params=msgspec.json.Decoder(wire.GetTableParams), to_request=incoming.get_table, to_result=_to_table
            ),
            "ListBillItems": Route(
                params=msgspec.json.Decoder(wire.ListBillItemsParams),
                to_request=incoming.list_bills,
                to_result=to_bills,
            ),
            "ListSessions": Route(
                params=msgspec.json.Decoder(wire.ListSessionsParams),
                to_request=incoming.list_sessions,
                to_result=_to_sessions,
            ),
            "ListTables": Route(
                params=msgspec.json.Decoder(wire.ListTablesParams),
                to_request=incoming.list_tables,
                to_result=_to_tables,
            ),
            "LockSession": Route(params=session, to_request=incoming.of_session(ask.LockSession), to_result=to_bill),
            "RecordPayment": Route(
                params=msgspec.json.Decoder(wire.RecordPaymentParams),
                to_request=incoming.record_payment,
                to_result=_to_nothing,
            ),
            "UnlockSession": Route(
                params=session, to_request=incoming.of_session(ask.UnlockSession), to_result=_to_nothing
            ),
        },
        notifications={"ErrorNotification": incoming.complaint},
        expected=wire.EXPECTED,
        error_codes=ERROR_CODES,
        error_member="result",
        to_error=_error,
    )


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
        created_at=moment_text(session.created_at),
        finished_at=UNSET if session.finished_at is None else moment_text(session.finished_at),
        is_payable=session.is_payable,
        waiter=UNSET if session.waiter is None else _waiter(session.waiter),
    )


def _waiter(waiter: values.Waiter) -> wire.Waiter | UnsetType:
    """The waiter; not sent where the EPOS has ids that no terminal can key in."""
    number = waiter.number
    return UNSET if number is None else wire.Waiter(id=number, name=_given(waiter.name))


def _bills(bills: Sequence[values.Bill], price: Price) -> list[wire.Bill]:
    """The bills of one answer."""
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
                    last_ordered_at=moment_text(item.ordered_at),
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
