"""An EPOS in memory that dials a gateway, and forgets locks and payments when it is killed. Its modifiers are priced apart."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

SESSION = "5b0e3c64-2f0d-4b57-8f35-9a3b6d4b7c10"
AT = "2026-11-20T19:12:00.000Z"
PAID: dict[str, int] = {}
LOCKED: set[str] = set()
CHANGING = {
    "LockSession": "SESSION_ALREADY_LOCKED",
    "UnlockSession": "SESSION_NOT_LOCKED",
    "RecordPayment": "SESSION_NOT_LOCKED",
}
"""What they answer where the lock is not as they need it."""


def bill() -> dict[str, Any]:
    cheese = {"id": "8", "name": "Extra cheese", "quantity": 1, "amountPerModifier": 150}
    pie = {"id": "7", "name": "Pie", "category": ["Food"], "quantity": 2, "amountPerItem": 1000, "lastOrderedAt": AT}
    return {
        "sessionId": SESSION,
        "totalAmount": 2300,
        "paidAmount": sum(PAID.values()),
        "taxAmount": 0,
        "currency": "GBP",
        "items": [pie | {"modifiers": [cheese]}],
    }


def session() -> dict[str, Any]:
    return {"id": SESSION, "name": "Check 1", "tableName": "T1", "createdAt": AT, "isPayable": True}


def answer(method: str, params: dict[str, Any]) -> dict[str, Any]:
    if method in CHANGING:
        return changed(method, params, params.get("payment", {}))
    return {
        "ListTables": {"tables": [{"name": "T1", "maxCovers": 2, "status": "TABLE_STATUS_OCCUPIED"}]},
        "ListSessions": {"sessions": [session()]},
        "GetSession": {"session": session()},
        "ListBillItems": {"billItems": [bill()]},
        "GetBillItems": {"billItems": bill()},
    }[method]


def changed(method: str, params: dict[str, Any], payment: dict[str, Any]) -> dict[str, Any]:
    if SESSION not in (params.get("sessionId"), payment.get("sessionId")):
        return {"errorCode": "SESSION_NO_SUCH_SESSION", "errorReason": "there is none"}
    if bool(LOCKED) == (method == "LockSession"):
        return {"errorCode": CHANGING[method], "errorReason": "so it is"}
    match method:
        case "LockSession":
            LOCKED.add(SESSION)
            return {"billItems": bill()}
        case "UnlockSession":
            LOCKED.clear()
        case _ if payment["id"] in PAID:
            return {"errorCode": "PAYMENT_ALREADY_RECORDED", "errorReason": "it is paid"}
        case _:
            PAID[payment["id"]] = payment["baseAmount"]
    return {}


async def run(url: str, authorization: str) -> None:
    headers = {"Authorization": authorization, "software-house-id": "house"}
    while True:
        try:
            async with connect(url, additional_headers=headers, proxy=None) as ws:
                async for data in ws:
                    asked = json.loads(data)
                    sys.stdout.write(f"{asked['method']}\n")
                    sys.stdout.flush()
                    result = answer(asked["method"], asked["params"])
                    await ws.send(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}))
        except (OSError, ConnectionClosed):
            await asyncio.sleep(0)


if __name__ == "__main__":
    asyncio.run(run(*sys.argv[1:]))
