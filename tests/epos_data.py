"""Judges what is sent in the EPOS Data API: every message against a schema of its method, written for these tests.

Stricter than the specification, version 1.0.0, where it lets anything pass: no member beside the documented ones is
allowed. Three slips of the specification are not followed, each by name in `SLIPS`.
"""

from __future__ import annotations

import json
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

SLIPS = {
    "method": "required in every response and defined nowhere: it is that of the request",
    "result": "required beside an error by the composed responses: an error stands alone",
    "ExtendOrderLockV1": "the latest Order in its prose and {} in its schema: the schema holds",
}

TEXT = {"type": "string"}
TIME = {"type": "string", "format": "date-time", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"}
PERCENTAGE = {"type": "integer"}


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


def _kinds(name: str, kinds: dict[str, tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """An object whose member `name` says which one other member it has."""
    return {"oneOf": [_object({name: {"const": kind}, member: schema}) for kind, (member, schema) in kinds.items()]}


MONEY = _object(
    {
        "value": {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1},
        "currencyCode": {"type": "string", "minLength": 1, "maxLength": 10, "pattern": "^[A-Z]{3}$"},
    }
)
DETAILS = _kinds(
    "orderType",
    {
        "DineIn": ("dineIn", _object({}, {"tableId": TEXT, "waiterId": TEXT, "partyId": TEXT, "reservationId": TEXT})),
        "Collection": ("collection", _object({}, {"asap": {"type": "boolean"}, "collectAt": TIME})),
    },
)
WHOLE = {"type": "integer", "minimum": 1}
MODIFIER = _object({"name": TEXT, "quantity": WHOLE, "amountPerModifier": MONEY, "plu": {**TEXT, "minLength": 1}})
ITEM = _object(
    {"name": TEXT, "amountPerItem": MONEY, "plu": {**TEXT, "minLength": 1}, "quantity": WHOLE},
    {"note": TEXT, "modifiers": _list(MODIFIER)},
)
DISCOUNT = _object(
    {"name": TEXT, "amountTotal": MONEY},
    {"affectedPlu": TEXT, "discountReference": TEXT, "code": TEXT, "amountPercentage": PERCENTAGE},
)
TAX_LINE = _object(
    {"amountTotal": MONEY},
    {
        "id": {**TEXT, "maxLength": 60},
        "name": {**TEXT, "maxLength": 100},
        "affectedPlu": TEXT,
        "amountPercentage": PERCENTAGE,
    },
)
PAYMENT = _object({"paidAmount": MONEY}, {"paymentIntentId": TEXT, "tipsAmount": MONEY})
STATUSES = "New Submitted Confirmed Accepted Preparing Prepared Ready Finalized Canceled Failed"
ORDER = _object(
    {"id": TEXT, "status": {"enum": STATUSES.split()}, "details": DETAILS},
    {
        "items": _list(ITEM),
        "discounts": _list(DISCOUNT),
        "taxLines": _list(TAX_LINE),
        "totalAmount": MONEY,
        "paidAmount": MONEY,
        "tipsAmount": MONEY,
        "serviceChargeAmount": MONEY,
        "payable": {"type": "boolean"},
        "payments": _list(PAYMENT),
        "note": TEXT,
        "reference": TEXT,
        "displayName": {**TEXT, "maxLength": 24},
        "createdAt": TIME,
        "updatedAt": TIME,
    },
)
TABLE = _object(
    {"id": TEXT, "name": TEXT},
    {"maxCovers": {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}, "areaId": TEXT, "waiterIds": _list(TEXT)},
)
AREA = _object({"id": TEXT, "name": TEXT}, {"waiterIds": _list(TEXT)})
LINE = _kinds(
    "lineType",
    {
        "Logo": ("logo", _object({"svgImage": TEXT})),
        "Text": (
            "text",
            _object(
                {"value": TEXT, "size": {"enum": ["Body", "Header1", "Header2"]}},
                {"align": {"enum": ["Left", "Center", "Right"]}, "bold": {"type": "boolean"}},
            ),
        ),
        "HorizontalLine": ("horizontalLine", _object({"line": {"enum": ["Single", "Double"]}})),
        "MerchantName": ("merchantName", _object({"name": TEXT})),
        "MerchantAddress": ("merchantAddress", _object({"addressLines": _list(TEXT), "postcode": TEXT})),
        "MerchantEmailAddress": ("merchantEmailAddress", _object({"emailAddress": TEXT})),
        "MerchantPhoneNumber": ("merchantPhoneNumber", _object({"phoneNumber": TEXT})),
        "TaxNumber": ("taxNumber", _object({"name": TEXT, "number": TEXT})),
    },
)
LINES = _object({"lines": _list(LINE)})


def _paged(of: dict[str, Any]) -> dict[str, Any]:
    return _object({"data": {**_list(of), "maxItems": 100}}, {"before": TEXT, "after": TEXT})


RESULTS = {
    "CreateOrderLockV1": ORDER,
    "DeleteOrderLockV1": ORDER,
    "ExtendOrderLockV1": _object({}),
    "GetOrderBillByIdV1": _object({"header": LINES, "order": ORDER, "footer": LINES}),
    "GetOrderByIdV1": ORDER,
    "HandleEventV1": _object({}),
    "ListAreasV1": _list(AREA),
    "RecordOrderPaymentByIdV1": ORDER,
    "SearchOrdersV1": _paged(ORDER),
    "SearchTablesV1": _paged(TABLE),
}
ERROR = _object(
    {"errorType": {"enum": ["NotFound", "UnexpectedError", "InvalidRequest", "Conflict"]}},
    {"debugMessage": TEXT, "traceId": TEXT},
)


def _validator(schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator(schema, format_checker=FormatChecker())


_ENVELOPE = {"jsonrpc": {"const": "2.0"}, "id": {"type": ["string", "number"]}, "method": TEXT}
_RESULTS = {name: _validator(_object({**_ENVELOPE, "result": schema})) for name, schema in RESULTS.items()}
_ERRORS = _validator(_object({**_ENVELOPE, "error": ERROR}))


def judged(request: dict[str, Any], raw: bytes) -> dict[str, Any]:
    """The answer to a request, after it was found to be as it must be."""
    answer: dict[str, Any] = json.loads(raw)
    assert (answer["id"], answer["method"]) == (request["id"], request["method"])
    validator = _ERRORS if "error" in answer else _RESULTS[request["method"]]
    problems = [f"{'.'.join(map(str, one.absolute_path))}: {one.message}" for one in validator.iter_errors(answer)]
    assert not problems, (problems, answer)
    return answer
