"""The EPOS Data API as the provider speaks it: path, credentials, envelope and operations (specification 1.0.0)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from simulator.dialect import Operation, Outcome

_ORDER = "00000000-0000-8000-8000-0000000013ed"
_LOCK = "lock_7d1f0b0c0a3c4a539c9b2f6f4b1f9e01"
_HEADERS = {"waiterId": "7", "deviceId": "tm_sandbox_22334455", "deviceType": "Dojo Terminal"}
_OF_AN_ORDER = {"orderId": _ORDER, "headers": _HEADERS}
PREFIXES: Mapping[str, str] = {"sk_sandbox_": "sandbox", "sk_prod_": "production"}
"""How a key begins, and which environment it opens: both have one address."""


class OrdersDialect:
    """The EPOS Data API."""

    name = "epos-data"
    path = "/epos"
    """Where the provider's own gateway waits (servers of the specification)."""
    operations = (
        Operation(
            method="SearchOrdersV1",
            summary="A page of orders: of a table, of a waiter, only those that may be paid",
            example={
                "dineIn": {"tableId": "12", "waiterId": "7"},
                "payableOnly": True,
                "cursor": {"limit": 50},
                "headers": _HEADERS,
            },
        ),
        Operation(method="GetOrderByIdV1", summary="One order, locked or not", example=_OF_AN_ORDER),
        Operation(
            method="GetOrderBillByIdV1",
            summary="One order with what stands above and below it, to print",
            example=_OF_AN_ORDER,
        ),
        Operation(
            method="CreateOrderLockV1",
            summary="Keep everybody else from this order until the expiry; answers the order",
            example={"orderId": _ORDER, "lockId": _LOCK, "expiry": "2030-01-01T20:15:00Z", "headers": _HEADERS},
        ),
        Operation(
            method="ExtendOrderLockV1",
            summary="Keep it for longer",
            example={"orderId": _ORDER, "lockId": _LOCK, "expiry": "2030-01-01T20:30:00Z", "headers": _HEADERS},
        ),
        Operation(
            method="DeleteOrderLockV1",
            summary="Give it back; answers the order",
            example={"orderId": _ORDER, "lockId": _LOCK, "headers": _HEADERS},
        ),
        Operation(
            method="RecordOrderPaymentByIdV1",
            summary="Tell of money that has moved; an error gives it back to the guest",
            example={
                "orderId": _ORDER,
                "paymentIntentId": "pi_sandbox_Xw8vZk3fJ0",
                "paidAmount": {"value": 1175, "currencyCode": "GBP"},
                "tipsAmount": {"value": 125, "currencyCode": "GBP"},
                "lockId": _LOCK,
                "headers": _HEADERS,
            },
        ),
        Operation(
            method="SearchTablesV1",
            summary="A page of tables: of an area, of a waiter",
            example={"areaId": "1", "cursor": {"limit": 100}, "headers": _HEADERS},
        ),
        Operation(method="ListAreasV1", summary="Every area", example={"headers": _HEADERS}),
        Operation(
            method="HandleEventV1",
            summary="Tell what has become of a payment",
            example={
                "id": "evt_Y0T1c7",
                "accountId": "acc_Q2m",
                "event": "payment_intent.status_updated",
                "data": {
                    "paymentIntentId": "pi_sandbox_Xw8vZk3fJ0",
                    "paymentStatus": "Captured",
                    "captureMode": "Auto",
                },
                "createdAt": "2026-11-20T20:15:31Z",
                "headers": {},
            },
        ),
    )

    def authorization(self, account: str, key: str) -> str:  # noqa: ARG002 - the key alone says whose it is
        """Basic and the key as it is, without an account and without base64."""
        return f"Basic {key}"

    def refuses_key(self, key: str) -> str:
        """Why a key can be none of this API; empty where it can."""
        if key.startswith(tuple(PREFIXES)):
            return ""
        return f"its key begins with none of {', '.join(PREFIXES)}, by which sandbox and production are told apart"

    def environment(self, key: str) -> str:
        """Which of the provider's environments a key opens."""
        return next((name for prefix, name in PREFIXES.items() if key.startswith(prefix)), "")

    def request(self, method: str, params: Mapping[str, Any], identity: str | None) -> str:
        """JSON-RPC; `params.headers`, which every request has, is empty where nobody says who asks."""
        named = {} if identity is None else {"id": identity}
        sent = {"headers": {}, **params}
        return json.dumps({"jsonrpc": "2.0", **named, "method": method, "params": sent}, ensure_ascii=False)

    def outcome(self, response: Mapping[str, Any]) -> Outcome:
        """Errors travel in a member of their own, and are told by their errorType."""
        if "error" not in response:
            return Outcome(result=response.get("result"), error_code=None)
        error = response["error"]
        kind = error.get("errorType") if isinstance(error, dict) else None
        return Outcome(result=error, error_code=kind if isinstance(kind, str) else "an error without errorType")
