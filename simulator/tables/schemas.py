"""The Tables API's answers as JSON Schemas, written from the provider's pages and its own connector.

`source` beside a type says where the contract has it; the validator ignores members that it does not know.
Where the pages are silent or at odds, the reading that no strict reader refuses is the one that stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.reading import Schema, list_of, object_of, one_of

SESSION_ID = r"^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\Z"
"""Lower-case hexadecimal, dashes optional (reference of the payment device simulator)."""
TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z\Z"
"""UTC with milliseconds: UTC is what session-intro asks for, and the milliseconds are in every example of a bill."""
TABLE_STATUSES = (
    "TABLE_STATUS_NOT_IN_USE",
    "TABLE_STATUS_AVAILABLE",
    "TABLE_STATUS_OCCUPIED",
    "TABLE_STATUS_PENDING_AVAILABLE",
)
GENERAL_ERRORS = ("ERROR_PARSE_ERROR", "ERROR_INTERNAL_POS_ERROR", "WAITER_INCORRECT_WAITER_ID")
"""Codes that may answer any request (API reference)."""
ERRORS: Mapping[str, tuple[str, ...]] = {
    "GetTable": ("TABLE_NO_SUCH_TABLE",),
    "ListTables": (),
    "GetSession": ("SESSION_NO_SUCH_SESSION",),
    "ListSessions": (),
    "GetBillItems": ("SESSION_NO_SUCH_SESSION", "BILL_NO_SUCH_BILL"),
    "ListBillItems": (),
    "GetFullBill": ("SESSION_NO_SUCH_SESSION", "BILL_NO_SUCH_BILL"),
    "LockSession": ("SESSION_NO_SUCH_SESSION", "SESSION_ALREADY_LOCKED", "BILL_NO_SUCH_BILL"),
    "UnlockSession": ("SESSION_NO_SUCH_SESSION", "SESSION_NOT_LOCKED", "SESSION_UNABLE_TO_UNLOCK"),
    "RecordPayment": (
        "SESSION_NO_SUCH_SESSION",
        "SESSION_NOT_LOCKED",
        "PAYMENT_ALREADY_RECORDED",
        "PAYMENT_NOT_RECORDED",
    ),
}
"""Codes of each operation beside the general ones. That LockSession may say that there is no bill is our reading."""


_TEXT: Schema = {"type": "string"}
_NUMBER: Schema = {"type": "integer"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_MONEY: Schema = {"type": "integer", "source": "bill-intro page: amounts are whole minor units"}
_FLAG: Schema = {"type": "boolean"}
_TIME: Schema = {"type": "string", "pattern": TIME, "format": "moment", "source": "session-intro page: dates are UTC"}
_ID: Schema = {"type": "string", "pattern": SESSION_ID, "source": "simulator reference: pattern of sessionId"}
_CURRENCY: Schema = {"type": "string", "pattern": r"^[A-Z]{3}\Z", "source": "get-bill-items page: ISO 4217 alpha-3"}
_TABLE_NAME: Schema = {
    "type": "string",
    "minLength": 1,
    "not": {"pattern": " - "},
    "said": "has ' - ' in it, by which terminals divide table and session",
    "source": "table-intro page: a name is unique and has no ' - '",
}

TABLE = object_of(
    {"name": _TABLE_NAME, "maxCovers": _COUNT, "status": one_of(*TABLE_STATUSES)}, source="table-intro page"
)
_WAITER = object_of({"id": _NUMBER}, {"name": _TEXT}, source="session-intro page")
SESSION = object_of(
    {"id": _ID, "name": {"type": "string", "minLength": 1}, "createdAt": _TIME, "isPayable": _FLAG},
    {"finishedAt": _TIME, "tableName": _TABLE_NAME, "numberOfCovers": _COUNT, "waiter": _WAITER},
    source="session-intro page",
)
_MODIFIER = object_of(
    {"id": _TEXT, "name": _TEXT, "amountPerModifier": _MONEY, "quantity": _NUMBER}, source="bill-intro page"
)
_ITEM = object_of(
    {
        "id": _TEXT,
        "name": _TEXT,
        "category": list_of(_TEXT),
        "quantity": _NUMBER,
        "amountPerItem": _MONEY,
        "lastOrderedAt": _TIME,
    },
    {"modifiers": {**list_of(_MODIFIER), "minItems": 1}},
    source="bill-intro page, and the connector for what it requires",
)
BILL = object_of(
    {
        "totalAmount": _MONEY,
        "paidAmount": _MONEY,
        "taxAmount": _MONEY,
        "currency": _CURRENCY,
        "items": list_of(_ITEM),
        "sessionId": _ID,
    },
    {"serviceCharge": _MONEY, "note": _TEXT},
    source="bill-intro page",
)

_RECEIPT = "get-full-bill page"
_ALIGN = one_of("ALIGN_LEFT", "ALIGN_CENTER", "ALIGN_RIGHT")


def _line(kind: str, member: str, payload: Schema) -> Schema:
    return object_of({"receiptLineType": one_of(kind), member: payload}, source=_RECEIPT)


_TEXT_LINE = _line(
    "RECEIPT_LINE_TYPE_TEXT",
    "receiptText",
    object_of(
        {"value": _TEXT, "size": one_of("SIZE_HEADER_1", "SIZE_HEADER_2", "SIZE_BODY")},
        {"align": _ALIGN, "emphasisBold": _FLAG},
        source=_RECEIPT,
    ),
)
_TAGGED_AS_TEXT = {
    "receiptImage": object_of({"svgImage": _TEXT}, {"align": _ALIGN}, source="connector"),
    "receiptUrl": object_of(
        {"url": _TEXT}, {"description": _TEXT, "showQR": _FLAG, "showURL": _FLAG}, source="connector"
    ),
}
"""Lines that have no type of their own: the connector tags them as texts."""
RECEIPT_LINES: Mapping[str, Schema] = {
    "RECEIPT_LINE_TYPE_LOGO": _line(
        "RECEIPT_LINE_TYPE_LOGO", "receiptLogo", object_of({"svgImage": _TEXT}, source=_RECEIPT)
    ),
    "RECEIPT_LINE_TYPE_TEXT": _TEXT_LINE,
    "RECEIPT_LINE_TYPE_MERCHANT_NAME": _line(
        "RECEIPT_LINE_TYPE_MERCHANT_NAME", "receiptMerchantName", object_of({"merchantName": _TEXT}, source=_RECEIPT)
    ),
    "RECEIPT_LINE_TYPE_MERCHANT_PHONE_NUMBER": _line(
        "RECEIPT_LINE_TYPE_MERCHANT_PHONE_NUMBER",
        "receiptMerchantPhoneNumber",
        object_of({"phoneNumber": _TEXT}, source=_RECEIPT),
    ),
    "RECEIPT_LINE_TYPE_MERCHANT_EMAIL_ADDRESS": _line(
        "RECEIPT_LINE_TYPE_MERCHANT_EMAIL_ADDRESS",
        "receiptMerchantEmailAddress",
        object_of({"emailAddress": _TEXT}, source=_RECEIPT),
    ),
    "RECEIPT_LINE_TYPE_MERCHANT_ADDRESS": _line(
        "RECEIPT_LINE_TYPE_MERCHANT_ADDRESS",
        "receiptMerchantAddress",
        object_of({"addressLines": list_of(_TEXT), "postcode": _TEXT}, source=_RECEIPT),
    ),
    "RECEIPT_LINE_TYPE_HORIZONTAL_LINE": _line(
        "RECEIPT_LINE_TYPE_HORIZONTAL_LINE",
        "receiptHorizontalLine",
        object_of({"type": one_of("HORIZONTAL_LINE_SINGLE", "HORIZONTAL_LINE_DOUBLE")}, source=_RECEIPT),
    ),
    "RECEIPT_LINE_TYPE_VAT_NUMBER": _line(
        "RECEIPT_LINE_TYPE_VAT_NUMBER", "receiptVATNumber", object_of({"vatNumber": _TEXT}, source=_RECEIPT)
    ),
}


def receipt_line(line: Mapping[str, Any]) -> Schema | None:
    """The schema of this line by its type; None for a type that is none, which FULL_BILL has found already."""
    kind = line.get("receiptLineType")
    if kind == "RECEIPT_LINE_TYPE_TEXT":
        for member, payload in _TAGGED_AS_TEXT.items():
            if member in line:
                return _line("RECEIPT_LINE_TYPE_TEXT", member, payload)
    return RECEIPT_LINES.get(kind) if isinstance(kind, str) else None


_SOME_LINE: Schema = {
    "type": "object",
    "properties": {"receiptLineType": one_of(*RECEIPT_LINES)},
    "required": ["receiptLineType"],
    "source": _RECEIPT,
}
_LINES = object_of({"receiptLines": list_of(_SOME_LINE)}, source=_RECEIPT)
FULL_BILL = object_of({"billItems": BILL}, {"header": _LINES, "footer": _LINES}, source=_RECEIPT)

ERROR = object_of({"errorCode": _TEXT}, {"errorReason": _TEXT}, source="errors page")
RESULTS: Mapping[str, Schema] = {
    "GetTable": object_of({"table": TABLE}, source="get-table page"),
    "ListTables": object_of({"tables": list_of(TABLE)}, source="list-tables page"),
    "GetSession": object_of({"session": SESSION}, source="get-session page"),
    "ListSessions": object_of({"sessions": list_of(SESSION)}, source="list-sessions page"),
    "GetBillItems": object_of({"billItems": BILL}, source="get-bill-items page"),
    "ListBillItems": object_of({"billItems": list_of(BILL)}, source="list-bill-items page"),
    "GetFullBill": object_of({"fullBill": FULL_BILL}, source="get-full-bill page"),
    "LockSession": object_of({"billItems": BILL}, source="lock-session page: the answer is the bill"),
    "UnlockSession": object_of({}, source="connector: an empty object"),
    "RecordPayment": object_of({}, source="connector: an empty object"),
}
"""What a success of each operation holds."""
ENVELOPE = object_of(
    {"jsonrpc": one_of("2.0"), "id": {}, "result": {"type": "object"}},
    source="errors page: success and error are both in result, and nothing else is there",
)
