"""The EPOS Data API's answers as JSON Schemas, written from its specification, version 1.0.0.

Stricter than the specification where that lets anything pass: no member beside the documented ones is allowed, and what is
"ISO 8601 UTC" in its words ends with Z. Where it is at odds with its own examples, its schemas hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.reading import Schema, list_of, object_of, one_of

TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,7})?Z\Z"
LONGEST_NAME = 24
"""Letters of a display name that a card machine shows (flows page)."""
LARGEST_PAGE = 100
"""Entries of a page at most (Cursor)."""
STATUSES = (
    "New",
    "Submitted",
    "Confirmed",
    "Accepted",
    "Preparing",
    "Prepared",
    "Ready",
    "Finalized",
    "Canceled",
    "Failed",
)
OVER = ("Finalized", "Canceled", "Failed")
"""Statuses after which nothing more becomes of an order."""
ERROR_TYPES = ("NotFound", "UnexpectedError", "InvalidRequest", "Conflict")
GENERAL_ERRORS = ("UnexpectedError", "InvalidRequest")
"""Types that may answer any request."""
_OF_AN_ORDER = ("NotFound", "Conflict")
ERRORS: Mapping[str, tuple[str, ...]] = {
    "SearchOrdersV1": (),
    "GetOrderByIdV1": _OF_AN_ORDER,
    "GetOrderBillByIdV1": _OF_AN_ORDER,
    "CreateOrderLockV1": _OF_AN_ORDER,
    "ExtendOrderLockV1": _OF_AN_ORDER,
    "DeleteOrderLockV1": _OF_AN_ORDER,
    "RecordOrderPaymentByIdV1": _OF_AN_ORDER,
    "SearchTablesV1": (),
    "ListAreasV1": (),
    "HandleEventV1": (),
}
"""Types of each method beside the general ones: what there is none of, or is in the way, is something in particular."""

_TEXT: Schema = {"type": "string"}
_NAME: Schema = {"type": "string", "minLength": 1}
_FLAG: Schema = {"type": "boolean"}
_NUMBER: Schema = {"type": "integer"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_TIME: Schema = {"type": "string", "pattern": TIME, "format": "moment", "source": "Order: ISO 8601, UTC"}

MONEY = object_of(
    {
        "value": {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1, "source": "Money: minor units"},
        "currencyCode": {"type": "string", "pattern": r"^[A-Z]{3}\Z", "source": "Money: ISO 4217 alpha-3"},
    },
    source="Money",
)
_MODIFIER = object_of({"name": _NAME, "quantity": _COUNT, "amountPerModifier": MONEY, "plu": _NAME}, source="Modifier")
_SUB_ITEM = object_of(
    {"name": _NAME, "amountPerItem": MONEY, "plu": _NAME, "quantity": _COUNT},
    {"note": _TEXT, "modifiers": list_of(_MODIFIER)},
    source="OrderSubItem",
)
_ITEM = object_of(
    {"name": _NAME, "amountPerItem": MONEY, "plu": _NAME, "quantity": _COUNT},
    {"note": _TEXT, "subItems": list_of(_SUB_ITEM), "modifiers": list_of(_MODIFIER)},
    source="OrderItem",
)
_DISCOUNT = object_of(
    {"name": _NAME, "amountTotal": MONEY},
    {"affectedPlu": _TEXT, "discountReference": _TEXT, "code": _TEXT, "amountPercentage": _NUMBER},
    source="Discount",
)
_TAX_LINE = object_of(
    {"amountTotal": MONEY},
    {
        "id": {"type": "string", "maxLength": 60},
        "name": {"type": "string", "maxLength": 100},
        "affectedPlu": _TEXT,
        "amountPercentage": _NUMBER,
    },
    source="TaxLine",
)
_PAYMENT = object_of({"paidAmount": MONEY}, {"paymentIntentId": _NAME, "tipsAmount": MONEY}, source="Payment")
_CUSTOMER = object_of(
    {},
    {
        "id": _TEXT,
        "emailAddress": {"type": "string", "maxLength": 254},
        "phoneNumber": {"type": "string", "maxLength": 50},
        "name": _TEXT,
    },
    source="Customer",
)
_DINE_IN = object_of(
    {},
    {"tableId": _NAME, "waiterId": _NAME, "partyId": _NAME, "reservationId": _NAME, "readyAt": _TIME},
    source="DineInDetails",
)
_COLLECTION = object_of({}, {"asap": _FLAG, "collectAt": _TIME}, source="CollectionDetails")
DETAILS: Mapping[str, str] = {"DineIn": "dineIn", "Collection": "collection"}
"""The member that each type of an order needs."""
ORDER = object_of(
    {
        "id": _NAME,
        "status": one_of(*STATUSES),
        "details": object_of(
            {"orderType": one_of(*DETAILS)}, {"dineIn": _DINE_IN, "collection": _COLLECTION}, source="OrderDetails"
        ),
    },
    {
        "items": list_of(_ITEM),
        "note": _TEXT,
        "customer": _CUSTOMER,
        "discounts": list_of(_DISCOUNT),
        "taxLines": list_of(_TAX_LINE),
        "createdAt": _TIME,
        "updatedAt": _TIME,
        "totalAmount": MONEY,
        "payments": list_of(_PAYMENT),
        "payable": _FLAG,
        "paidAmount": MONEY,
        "serviceChargeAmount": MONEY,
        "reference": _TEXT,
        "tipsAmount": MONEY,
        "displayName": {
            "type": "string",
            "minLength": 1,
            "maxLength": LONGEST_NAME,
            "source": "flows page: longer names are cut",
        },
    },
    source="Order; its id is required by the REST twin",
)
TABLE = object_of(
    {"id": _NAME, "name": _NAME},
    {
        "maxCovers": {"type": "integer", "minimum": 0, "maximum": 2**31 - 1},
        "areaId": _NAME,
        "waiterIds": list_of(_NAME),
    },
    source="Table",
)
AREA = object_of({"id": _NAME, "name": _NAME}, {"waiterIds": list_of(_NAME)}, source="Area")

_ALIGN = one_of("Left", "Center", "Right")
_LINES: Mapping[str, tuple[str, Schema]] = {
    "Logo": ("logo", object_of({"svgImage": _TEXT}, source="Logo")),
    "Image": ("image", object_of({"svgImage": _TEXT}, {"align": _ALIGN}, source="Image")),
    "Text": (
        "text",
        object_of(
            {"value": _TEXT, "size": one_of("Body", "Header1", "Header2")},
            {"align": _ALIGN, "bold": _FLAG},
            source="Text",
        ),
    ),
    "HorizontalLine": (
        "horizontalLine",
        object_of({}, {"line": one_of("Single", "Double")}, source="HorizontalLineType"),
    ),
    "URL": (
        "url",
        object_of({"url": _NAME}, {"description": _TEXT, "showQR": _FLAG, "showURL": _FLAG}, source="Url"),
    ),
    "MerchantName": ("merchantName", object_of({"name": _TEXT}, source="MerchantName")),
    "MerchantAddress": (
        "merchantAddress",
        object_of({"addressLines": list_of(_TEXT), "postcode": _TEXT}, source="MerchantAddress"),
    ),
    "MerchantEmailAddress": (
        "merchantEmailAddress",
        object_of({"emailAddress": _TEXT}, source="MerchantEmailAddress"),
    ),
    "MerchantPhoneNumber": (
        "merchantPhoneNumber",
        object_of({"phoneNumber": _TEXT}, source="MerchantPhoneNumber"),
    ),
    "TaxNumber": ("taxNumber", object_of({"name": _TEXT, "number": _TEXT}, source="TaxNumber")),
}


def bill_line(line: Mapping[str, Any]) -> Schema | None:
    """The schema of a line by its type; None for a type that is none, which BILL has found already."""
    kind = line.get("lineType")
    if not isinstance(kind, str) or kind not in _LINES:
        return None
    member, payload = _LINES[kind]
    return object_of({"lineType": one_of(kind), member: payload}, source="BillLine")


_SOME_LINE: Schema = {
    "type": "object",
    "properties": {"lineType": one_of(*_LINES)},
    "required": ["lineType"],
    "source": "BillLine",
}
_SECTION = object_of({"lines": list_of(_SOME_LINE)}, source="BillSection")
BILL = object_of({"header": _SECTION, "order": ORDER, "footer": _SECTION}, source="OrderBill")


def _page(source: str) -> Schema:
    """A page, whose entries are looked at one by one."""
    return object_of({"data": list_of({})}, {"before": _NAME, "after": _NAME}, source=source)


ENTRIES: Mapping[str, Schema] = {"SearchOrdersV1": ORDER, "SearchTablesV1": TABLE}
"""What stands on the pages of each search."""
RESULTS: Mapping[str, Schema] = {
    "SearchOrdersV1": _page("PagedOrdersResponse"),
    "GetOrderByIdV1": ORDER,
    "GetOrderBillByIdV1": BILL,
    "CreateOrderLockV1": ORDER,
    "ExtendOrderLockV1": object_of({}, source="EmptyResult"),
    "DeleteOrderLockV1": ORDER,
    "RecordOrderPaymentByIdV1": ORDER,
    "SearchTablesV1": _page("PagedTablesResponse"),
    "ListAreasV1": {**list_of(AREA), "source": "AreasResult: a bare array"},
    "HandleEventV1": object_of({}, source="EmptyResult"),
}
"""What a success of each method holds."""
ERROR = object_of({"errorType": one_of(*ERROR_TYPES)}, {"debugMessage": _TEXT, "traceId": _TEXT}, source="EPOSError")
ENVELOPE = object_of(
    {"jsonrpc": one_of("2.0"), "id": {}, "method": _TEXT},
    {"result": {}, "error": ERROR},
    source="JsonrpcResponseV1",
)
