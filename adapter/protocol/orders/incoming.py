"""Reads the requests of the EPOS Data API: leniently in what does not matter, strictly in what does. Knows no routes."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Raw

from adapter.domain import requests as ask
from adapter.domain.order_rules import NO_ORDER
from adapter.domain.orders import MOST_ORDERS, OrderSearch, TableSearch
from adapter.errors import InvalidParams, SessionNotFound
from adapter.protocol.dialect import unfit
from adapter.protocol.orders import params as sent_by
from adapter.protocol.orders.cursors import order_of, table_of

_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_LONGEST_ID: Final = 64
_LONGEST_KEY: Final = 200
"""Characters of a lock, a payment intent or an event: the provider's ids have about forty."""
_LARGEST_AMOUNT: Final = 10**12
"""In minor units; more has never been paid by card, and fits every column."""

_headers = msgspec.json.Decoder(sent_by.HeaderParams)


def get_order(params: sent_by.OrderParams) -> ask.GetOrder:
    """Reads GetOrderByIdV1; raises InvalidParams, SessionNotFound."""
    return ask.GetOrder(requestor=_requestor(params.headers), order_id=_order_id(params.order_id))


def get_order_bill(params: sent_by.OrderParams) -> ask.GetOrderBill:
    """Reads GetOrderBillByIdV1; raises InvalidParams, SessionNotFound."""
    return ask.GetOrderBill(requestor=_requestor(params.headers), order_id=_order_id(params.order_id))


def search_orders(params: sent_by.SearchOrdersParams) -> ask.SearchOrders:
    """Reads SearchOrdersV1; raises InvalidParams."""
    place = params.dine_in or sent_by.DineInParams()
    cursor = params.cursor or sent_by.CursorParams()
    after, before = _edges(cursor)
    return ask.SearchOrders(
        requestor=_requestor(params.headers),
        search=OrderSearch(
            table_id=place.table_id,
            waiter_id=_waiter_id(place.waiter_id),
            payable_only=params.payable_only or False,
            limit=_limit(cursor),
            after=None if after is None else _known(order_of(after), "cursor.after"),
            before=None if before is None else _known(order_of(before), "cursor.before"),
        ),
        has_none=place.party_id is not None or place.reservation_id is not None,
    )


def search_tables(params: sent_by.SearchTablesParams) -> ask.SearchTables:
    """Reads SearchTablesV1; raises InvalidParams."""
    cursor = params.cursor or sent_by.CursorParams()
    after, before = _edges(cursor)
    search = TableSearch(
        area_id=params.area_id,
        limit=_limit(cursor),
        after=None if after is None else _known(table_of(after), "cursor.after"),
        before=None if before is None else _known(table_of(before), "cursor.before"),
    )
    return ask.SearchTables(requestor=_requestor(params.headers), search=search)


def list_areas(params: sent_by.ListAreasParams) -> ask.ListAreas:
    """Reads ListAreasV1."""
    return ask.ListAreas(requestor=_requestor(params.headers))


def lock_order(params: sent_by.LockParams) -> ask.LockOrder:
    """Reads CreateOrderLockV1; raises InvalidParams, SessionNotFound."""
    return ask.LockOrder(
        requestor=_requestor(params.headers),
        lock_id=_key(params.lock_id, "lockId"),
        expiry=_moment(params.expiry),
        order_id=_order_id(params.order_id),
    )


def extend_lock(params: sent_by.LockParams) -> ask.ExtendLock:
    """Reads ExtendOrderLockV1; raises InvalidParams, SessionNotFound."""
    return ask.ExtendLock(
        requestor=_requestor(params.headers),
        lock_id=_key(params.lock_id, "lockId"),
        expiry=_moment(params.expiry),
        order_id=_order_id(params.order_id),
    )


def unlock_order(params: sent_by.LockParams) -> ask.UnlockOrder:
    """Reads DeleteOrderLockV1; raises InvalidParams, SessionNotFound."""
    return ask.UnlockOrder(
        requestor=_requestor(params.headers),
        lock_id=_key(params.lock_id, "lockId"),
        order_id=_order_id(params.order_id),
    )


def pay_order(params: sent_by.RecordOrderPaymentParams) -> ask.PayOrder:
    """Reads RecordOrderPaymentByIdV1; raises InvalidParams, SessionNotFound.

    An amount of nothing is taken only where there is a tip. A lock id that is none says nothing, as if it were left out.
    """
    if params.paid_amount is None:
        raise _unfit("paidAmount")
    paid, currency = _money(params.paid_amount, "paidAmount")
    tips = 0
    if params.tips_amount is not None:
        tips, its_currency = _money(params.tips_amount, "tipsAmount")
        if its_currency != currency:
            raise _unfit("tipsAmount.currencyCode")
    if not paid + tips:
        raise _unfit("paidAmount.value")
    return ask.PayOrder(
        requestor=_requestor(params.headers),
        intent=_key(params.payment_intent_id, "paymentIntentId"),
        order_id=_order_id(params.order_id),
        currency=currency,
        paid=paid,
        tips=tips,
        lock_id=_key(params.lock_id, "lockId") if params.lock_id else None,
    )


def hear_event(params: sent_by.HandleEventParams) -> ask.HearEvent:
    """Reads HandleEventV1; raises InvalidParams."""
    data = params.data or sent_by.EventDataParams()
    return ask.HearEvent(
        requestor=_requestor(params.headers),
        event_id=_key(params.id, "id"),
        name=_key(params.event, "event"),
        intent=_text(data.payment_intent_id) or "",
        status=_text(data.payment_status) or "",
    )


def _requestor(raw: Raw) -> ask.Requestor:
    """Who asks. A guest's own device names a product and no device of the provider's; all others are card machines."""
    try:
        sent = _headers.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return ask.Requestor(is_card_machine=True)
    device = _text(sent.device_id)
    if device is None and _text(sent.dojo_requesting_product) is not None:
        return ask.Requestor(is_card_machine=False)
    return ask.Requestor(is_card_machine=True, terminal_id=device, waiter_id=_waiter_id(sent.waiter_id))


def _waiter_id(sent: Any) -> str | None:
    """A waiter's id as the domain compares it: a number without leading zeros, any other text as it is."""
    text = _text(str(sent) if isinstance(sent, int) and not isinstance(sent, bool) else sent)
    if text is not None and text.isascii() and text.isdigit():
        return text.lstrip("0") or "0"
    return text


def _text(sent: Any) -> str | None:
    """A text fit to be logged and repeated; None for anything that cannot be an id."""
    text = sent.strip() if isinstance(sent, str) else ""
    return text if 0 < len(text) <= _LONGEST_ID and text.isprintable() else None


def _order_id(sent: str | None) -> UUID:
    """The order of this id, which is free in its form: what is none of our ids is an order that is not there."""
    if sent is None:
        raise _unfit("orderId")
    found = _UUID.fullmatch(sent.strip())
    if found is None:
        raise SessionNotFound(NO_ORDER)
    return UUID(found.group())


def _key(sent: str | None, path: str) -> str:
    if sent is None or not 0 < len(sent) <= _LONGEST_KEY or not sent.isprintable():
        raise _unfit(path)
    return sent


def _money(sent: sent_by.MoneyParams, path: str) -> tuple[int, str]:
    if sent.value is None or not 0 <= sent.value <= _LARGEST_AMOUNT:
        raise _unfit(f"{path}.value")
    currency = (sent.currency_code or "").strip().upper()
    if not (len(currency) == len("GBP") and currency.isascii() and currency.isalpha()):
        raise _unfit(f"{path}.currencyCode")
    return sent.value, currency


def _moment(sent: str | None) -> datetime:
    """A time with any offset; one without is taken for UTC."""
    try:
        found = datetime.fromisoformat((sent or "").strip())
        return (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _unfit("expiry") from None


def _limit(cursor: sent_by.CursorParams) -> int:
    limit = MOST_ORDERS if cursor.limit is None else cursor.limit
    if not 1 <= limit <= MOST_ORDERS:
        raise _unfit("cursor.limit")
    return limit


def _edges(cursor: sent_by.CursorParams) -> tuple[str | None, str | None]:
    """Where a page begins or ends. An empty text is none: some clients send every member."""
    after, before = cursor.after or None, cursor.before or None
    if after is not None and before is not None:
        raise InvalidParams("params.cursor: before and after exclude each other")
    return after, before


def _known(found: Any, path: str) -> Any:
    if found is None:
        raise _unfit(path)
    return found


def _unfit(path: str) -> InvalidParams:
    return unfit(path, sent_by.EXPECTED)
