"""The Tables API as the provider speaks it: paths, credentials, envelope and operations."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from simulator.dialect import Operation, Outcome

_SESSION = "5b0e3c64-2f0d-4b57-8f35-9a3b6d4b7c10"
_REQUESTOR = {
    "requestorType": "REQUESTOR_TYPE_CARD_MACHINE",
    "cardMachineRequestorInfo": {"terminalId": "22334455", "waiterId": 7},
}
_OF_A_SESSION = {"sessionId": _SESSION, "requestorInfo": _REQUESTOR}


class TablesDialect:
    """The Tables API."""

    name = "tables"
    path = "/ws/v1/tables/epos"
    """Where the provider's own gateway waits (getting-started page)."""
    operations = (
        Operation(
            method="ListTables",
            summary="Every table, or those of some statuses",
            member="tables",
            example={"statuses": ["TABLE_STATUS_OCCUPIED"], "requestorInfo": _REQUESTOR},
        ),
        Operation(
            method="GetTable",
            summary="One table by its name",
            member="table",
            example={"name": "T12", "requestorInfo": _REQUESTOR},
        ),
        Operation(
            method="ListSessions",
            summary="Sessions, by any of four filters",
            member="sessions",
            example={
                "isFinished": False,
                "hasTable": True,
                "isPayable": True,
                "tableNames": ["T12"],
                "requestorInfo": _REQUESTOR,
            },
        ),
        Operation(
            method="GetSession",
            summary="One session, finished or not",
            member="session",
            example=_OF_A_SESSION,
        ),
        Operation(
            method="ListBillItems",
            summary="The bills of some sessions, or of all",
            member="billItems",
            example={"sessionIds": [_SESSION], "requestorInfo": _REQUESTOR},
        ),
        Operation(
            method="GetBillItems",
            summary="The bill of one session, to look at",
            member="billItems",
            example=_OF_A_SESSION,
        ),
        Operation(
            method="GetFullBill",
            summary="The bill of one session with header and footer, to print",
            member="fullBill",
            example=_OF_A_SESSION,
        ),
        Operation(
            method="LockSession",
            summary="Keep everybody else from paying this session; answers its bill",
            member="billItems",
            example=_OF_A_SESSION,
        ),
        Operation(
            method="UnlockSession",
            summary="Give it back",
            example=_OF_A_SESSION,
        ),
        Operation(
            method="RecordPayment",
            summary="Tell of a payment, or of one that failed",
            example={
                "payment": {
                    "id": "7d1f0b0c-0a3c-4a53-9c9b-2f6f4b1f9e01",
                    "sessionId": _SESSION,
                    "waiterId": 7,
                    "currency": "GBP",
                    "baseAmount": 1175,
                    "tipsAmount": 125,
                    "cashbackAmount": 0,
                    "paymentSuccessful": True,
                    "attemptedAt": "2024-05-01T18:05:31.000Z",
                    "methodDetails": {
                        "method": "PAYMENT_METHOD_CARD_PRESENT",
                        "cardPresentPaymentStatus": "CARD_PRESENT_PAYMENT_STATUS_SUCCESSFUL",
                        "cardPresentPaymentInfo": {"authCode": "A1B2C3", "entryMode": "ENTRY_MODE_CONTACTLESS"},
                    },
                },
                "requestorInfo": _REQUESTOR,
            },
        ),
    )

    def authorization(self, account: str, key: str) -> str:
        """Basic, of both together in base64 (getting-started page)."""
        return "Basic " + base64.b64encode(f"{account}:{key}".encode()).decode()

    def refuses_key(self, key: str) -> str:
        """Empty for every key but one of the successor."""
        return "its key is one of the EPOS Data API" if key.startswith(("sk_sandbox_", "sk_prod_")) else ""

    def environment(self, key: str) -> str:  # noqa: ARG002 - staging and production differ by their addresses
        """Empty: the address tells, and this is neither."""
        return ""

    def request(self, method: str, params: Mapping[str, Any], identity: str | None) -> str:
        """JSON-RPC; a notification, such as ErrorNotification, has no id."""
        named = {} if identity is None else {"id": identity}
        return json.dumps({"jsonrpc": "2.0", **named, "method": method, "params": dict(params)}, ensure_ascii=False)

    def outcome(self, response: Mapping[str, Any]) -> Outcome:
        """Errors travel in the result, and are told from successes by their errorCode alone (errors page)."""
        result = response.get("result")
        code = result.get("errorCode") if isinstance(result, dict) else None
        return Outcome(result=result, error_code=code if isinstance(code, str) else None)
