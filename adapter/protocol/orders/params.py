"""What comes in by the EPOS Data API, member for member. Knows nothing of what it means.

It is read leniently: unknown members are ignored, and null is the same as omitted. Members are camelCase on the wire.
"""

from __future__ import annotations

from typing import Any, Final

from msgspec import Raw, Struct

EXPECTED: Final = {
    "": "an object",
    "areaId": "a string",
    "cursor": "an object with limit, and before or after",
    "cursor.after": "what an answer of this method gave as after",
    "cursor.before": "what an answer of this method gave as before",
    "cursor.limit": "a whole number from 1 to 100",
    "data": "an object",
    "dineIn": "an object",
    "dineIn.partyId": "a string",
    "dineIn.reservationId": "a string",
    "dineIn.tableId": "a string",
    "dineIn.waiterId": "a string",
    "event": "a string",
    "expiry": "a time, as 2024-05-01T18:20:00Z",
    "id": "a string",
    "lockId": "a string of at most 200 characters",
    "orderId": "a string",
    "paidAmount": "an amount, as {value, currencyCode}",
    "paidAmount.currencyCode": "an ISO 4217 code",
    "paidAmount.value": "a whole number of minor units, above 0 unless there is a tip",
    "payableOnly": "true or false",
    "paymentIntentId": "a string of at most 200 characters",
    "tipsAmount": "an amount, as {value, currencyCode}",
    "tipsAmount.currencyCode": "the code of paidAmount",
    "tipsAmount.value": "a whole number of minor units, not negative",
    "waiterId": "a string",
}
"""What each parameter should be, by its path, for the reason of a refusal."""

_ABSENT: Final = Raw(b"{}")


class HeaderParams(Struct, frozen=True, kw_only=True, rename="camel"):
    """Who asks: every member is an optional string."""

    waiter_id: Any = None
    dojo_requesting_product: Any = None
    """`Order&Pay` is the only documented one."""
    device_id: Any = None
    device_type: Any = None


class OrderParams(Struct, frozen=True, kw_only=True, rename="camel"):
    """Parameters of GetOrderByIdV1 and GetOrderBillByIdV1."""

    order_id: str | None = None
    """Required."""
    headers: Raw = _ABSENT
    """HeaderParams, here and below; unread because odd ones do not fail a request."""


class CursorParams(Struct, frozen=True, kw_only=True, rename="camel"):
    """Which page is wanted."""

    limit: int | None = None
    before: str | None = None
    after: str | None = None


class DineInParams(Struct, frozen=True, kw_only=True, rename="camel"):
    """Where and by whom an order is served."""

    table_id: str | None = None
    waiter_id: str | None = None
    party_id: str | None = None
    reservation_id: str | None = None


class SearchOrdersParams(Struct, frozen=True, kw_only=True, rename="camel"):
    """Parameters of SearchOrdersV1."""

    dine_in: DineInParams | None = None
    payable_only: bool | None = None
    cursor: CursorParams | None = None
    headers: Raw = _ABSENT


class SearchTablesParams(Struct, frozen=True, kw_only=True, rename="camel"):
    """Parameters of SearchTablesV1."""

    area_id: str | None = None
    waiter_id: str | None = None
    cursor: CursorParams | None = None
    headers: Raw = _ABSENT


class ListAreasParams(Struct, frozen=True, kw_only=True, rename="camel"):
    """Parameters of ListAreasV1."""

    headers: Raw = _ABSENT


class LockParams(Struct, frozen=True, kw_only=True, rename="camel"):
    """Parameters of CreateOrderLockV1, ExtendOrderLockV1 and DeleteOrderLockV1; the last has no expiry."""

    order_id: str | None = None
    """Required, like the other two."""
    lock_id: str | None = None
    expiry: str | None = None
    headers: Raw = _ABSENT


class MoneyParams(Struct, frozen=True, kw_only=True, rename="camel"):
    """An amount."""

    value: int | None = None
    """Required; minor units."""
    currency_code: str | None = None
    """Required; ISO 4217."""


class RecordOrderPaymentParams(Struct, frozen=True, kw_only=True, rename="camel"):
    """Parameters of RecordOrderPaymentByIdV1."""

    order_id: str | None = None
    """Required, like the next two."""
    payment_intent_id: str | None = None
    paid_amount: MoneyParams | None = None
    """Service charge included, tip excluded."""
    tips_amount: MoneyParams | None = None
    lock_id: str | None = None
    headers: Raw = _ABSENT


class EventDataParams(Struct, frozen=True, kw_only=True, rename="camel"):
    """What has become of a payment intent."""

    payment_intent_id: Any = None
    payment_status: Any = None
    capture_mode: Any = None


class HandleEventParams(Struct, frozen=True, kw_only=True, rename="camel"):
    """Parameters of HandleEventV1."""

    id: str | None = None
    """Required; the same when an event is delivered again."""
    event: str | None = None
    """Required; `payment_intent.created` or `payment_intent.status_updated`."""
    data: EventDataParams | None = None
    headers: Raw = _ABSENT
