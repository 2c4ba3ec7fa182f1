"""Reads the requests of the Tables API: leniently in what does not matter, strictly in what does. Knows no routes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec
from msgspec import Raw

from adapter.domain import requests as ask
from adapter.domain.payments import NO_TIME, CardDetails, Payment
from adapter.domain.values import TableStatus
from adapter.errors import InvalidParams
from adapter.protocol.dialect import Complaint, unfit
from adapter.protocol.tables import wire

SessionRequest = TypeVar(
    "SessionRequest", ask.GetBill, ask.GetFullBill, ask.GetSession, ask.LockSession, ask.UnlockSession
)

STATUSES: Final[dict[wire.TableStatus, TableStatus]] = {
    "TABLE_STATUS_AVAILABLE": TableStatus.AVAILABLE,
    "TABLE_STATUS_NOT_IN_USE": TableStatus.NOT_IN_USE,
    "TABLE_STATUS_OCCUPIED": TableStatus.OCCUPIED,
    "TABLE_STATUS_PENDING_AVAILABLE": TableStatus.PENDING_AVAILABLE,
}

_UUID: Final = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE)
_LONGEST_ID: Final = 64
_LONGEST_COMPLAINT: Final = 1000
_LARGEST_AMOUNT: Final = 10**12
"""In minor units; more has never been paid by card, and fits every column."""

_requestors = msgspec.json.Decoder(wire.RequestorParams)
_card_machines = msgspec.json.Decoder(wire.CardMachineParams)
_complaints = msgspec.json.Decoder(wire.ErrorNotificationParams)
_method_details = msgspec.json.Decoder(wire.MethodDetailsParams)


def of_session(kind: Callable[..., SessionRequest]) -> Callable[[wire.SessionParams], SessionRequest]:
    """Reads the request of this kind, which is about one session and nothing else."""

    def to_request(params: wire.SessionParams) -> SessionRequest:
        return kind(requestor=_requestor(params.requestor_info), session_id=_uuid(params.session_id, "sessionId"))

    return to_request


def get_table(params: wire.GetTableParams) -> ask.GetTable:
    """Reads GetTable; raises InvalidParams."""
    if params.name is None:
        raise _unfit("name")
    return ask.GetTable(requestor=_requestor(params.requestor_info), name=params.name)


def list_bills(params: wire.ListBillItemsParams) -> ask.ListBills:
    """Reads ListBillItems; raises InvalidParams."""
    ids = params.session_ids
    return ask.ListBills(
        requestor=_requestor(params.requestor_info),
        session_ids=None if ids is None else tuple(_uuid(text, "sessionIds") for text in ids),
    )


def list_sessions(params: wire.ListSessionsParams) -> ask.ListSessions:
    """Reads ListSessions."""
    return ask.ListSessions(
        requestor=_requestor(params.requestor_info),
        is_finished=params.is_finished,
        has_table=params.has_table,
        is_payable=params.is_payable,
        table_names=None if params.table_names is None else tuple(params.table_names),
    )


def list_tables(params: wire.ListTablesParams) -> ask.ListTables:
    """Reads ListTables."""
    names = params.statuses
    return ask.ListTables(
        requestor=_requestor(params.requestor_info),
        statuses=None if names is None else frozenset(STATUSES[name] for name in names),
    )


def record_payment(params: wire.RecordPaymentParams) -> ask.RecordPayment:
    """Reads RecordPayment; raises InvalidParams."""
    sent = params.payment
    if sent is None:
        raise _unfit("payment")
    if sent.payment_successful is None:
        raise _unfit("payment.paymentSuccessful")
    currency = (sent.currency or "").strip().upper()
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        raise _unfit("payment.currency")
    tips = ("tipsAmount", sent.tips_amount)
    if sent.tips_amount is None:
        tips = ("gratuityAmount", sent.gratuity_amount)
    if sent.base_amount is None:
        raise _unfit("payment.baseAmount")
    requestor = _requestor(params.requestor_info)
    payment = Payment(
        id=_uuid(sent.id, "payment.id"),
        session_id=_uuid(sent.session_id, "payment.sessionId"),
        currency=currency,
        base=_amount("baseAmount", sent.base_amount),
        tips=_amount(*tips),
        cashback=_amount("cashbackAmount", sent.cashback_amount),
        successful=sent.payment_successful,
        attempted_at=_moment(sent.attempted_at),
        waiter_id=_waiter_id(sent.waiter_id) or requestor.waiter_id,
        details=_details(sent.method_details),
    )
    return ask.RecordPayment(requestor=requestor, payment=payment)


def _amount(name: str, sent: int | None) -> int:
    amount = sent or 0
    if not 0 <= amount <= _LARGEST_AMOUNT:
        raise _unfit(f"payment.{name}")
    return amount


def _moment(sent: str | None) -> datetime:
    """A time with any offset; one without is taken for UTC."""
    if sent is None:
        return NO_TIME  # always the same, so that a repeat is recognized
    try:
        found = datetime.fromisoformat(sent.strip())
        return (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _unfit("payment.attemptedAt") from None


def _details(raw: Raw) -> CardDetails:
    """How it was paid, as far as it can be read; an unknown value is kept as it is, without its prefix."""
    try:
        sent = _method_details.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return CardDetails()
    info = sent.card_present_payment_info or sent.remote_payment_info
    info = info if isinstance(info, dict) else {}
    card = info.get("card")
    return CardDetails(
        method=_word(sent.method, "PAYMENT_METHOD_"),
        status=_word(sent.card_present_payment_status, "CARD_PRESENT_PAYMENT_STATUS_")
        or _word(sent.remote_payment_status, "REMOTE_PAYMENT_STATUS_"),
        scheme=_word(card.get("scheme") if isinstance(card, dict) else None, "CARD_SCHEME_"),
        entry_mode=_word(info.get("entryMode"), "ENTRY_MODE_"),
        auth_code=_word(info.get("authCode")),
        acquirer_transaction_id=_word(info.get("acquirerTransactionId")),
    )


def _word(sent: Any, prefix: str = "") -> str:
    return (_short(sent) or "").removeprefix(prefix) if isinstance(sent, str) else ""


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


def complaint(params: Raw) -> Complaint:
    """Reads ErrorNotification, whatever it holds."""
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
