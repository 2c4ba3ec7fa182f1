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
    "id": "a string",
    "orderId": "a string",
    "payableOnly": "true or false",
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
