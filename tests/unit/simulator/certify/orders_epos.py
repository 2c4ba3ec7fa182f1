"""An EPOS of the EPOS Data API in memory, written for the certifier's own tests: right, or wrong in one way at a time."""

from __future__ import annotations

import asyncio
import copy
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from simulator.accounts import Account
from simulator.gateway import Gateway

KEY = "sk_sandbox_1nvented"
ACCOUNTS = {"bistro": Account(KEY, dialect="epos-data")}
Thing = dict[str, Any]


class Refused(Exception):
    """Answered with an error of this type."""


def money(value: int) -> Thing:
    return {"value": value, "currencyCode": "GBP"}


def _order(number: int, *, waiter: str | None = "7", total: int = 1000, status: str = "Accepted") -> Thing:
    place = {"tableId": f"t{number % 3}"} | ({"waiterId": waiter} if waiter else {})
    item = {"name": "Pie", "plu": "1", "quantity": 1, "amountPerItem": money(total)}
    return {
        "id": f"order-{number}",
        "status": status,
        "details": {"orderType": "DineIn", "dineIn": place},
        "items": [item],
        "totalAmount": money(total),
        "createdAt": "2026-11-20T19:12:00Z",
    }


@dataclass
class Epos:
    """Orders, their locks and payments."""

    quirk: str = ""
    """What is wrong with it: one of the texts below."""
    checks_waiters: bool = False
    orders: dict[str, Thing] = field(default_factory=dict)
    locks: dict[str, tuple[str, float]] = field(default_factory=dict)
    ahead: float = 0.0
    """Seconds that its clock has gained: each refused lock is half a second, so that nobody waits for locks to expire."""
    payments: list[tuple[str, str, int, int]] = field(default_factory=list)
    """Order, intent, amount, tip."""
    tables: list[Thing] = field(
        default_factory=lambda: [{"id": f"t{n}", "name": f"T{n}", "areaId": f"a{n % 2}"} for n in range(3)]
    )

    def __post_init__(self) -> None:
        made = [_order(n, total=1000 + n, waiter=None if n == 3 else str(5 + n % 3)) for n in range(7)]
        made.append(_order(7, status="Finalized"))
        self.orders = {each["id"]: each for each in made}
        self.payments.append(("order-7", "pi_before", 1000, 0))

    def answer(self, request: Thing) -> Thing:
        method = request.get("method")
        known: dict[str, Callable[[Thing], Any]] = {
            "SearchOrdersV1": self._search_orders,
            "SearchTablesV1": self._search_tables,
            "ListAreasV1": lambda _: [{"id": "a0", "name": "Bar"}, {"id": "a1", "name": "Terrace"}],
            "GetOrderByIdV1": lambda params: self._told(self._order(params)),
            "GetOrderBillByIdV1": self._bill,
            "CreateOrderLockV1": self._lock,
            "ExtendOrderLockV1": self._extend,
            "DeleteOrderLockV1": self._unlock,
            "RecordOrderPaymentByIdV1": self._record,
            "HandleEventV1": lambda _: {},
        }
        said: Thing
        try:
            params = request.get("params", {})
            if method not in known or not isinstance(params, dict):
                raise Refused("InvalidRequest")
            said = {"result": known[method](params)}
        except Refused as error:
            said = {"error": {"errorType": str(error), "debugMessage": "so it is"}}
        return {"jsonrpc": "2.0", "id": request["id"], "method": method if isinstance(method, str) else "", **said}

    def _order(self, params: Thing) -> Thing:
        identity = params.get("orderId")
        if not isinstance(identity, str):
            raise Refused("InvalidRequest")
        if identity not in self.orders:
            raise Refused("NotFound")
        order = self.orders[identity]
        headers = params.get("headers", {})
        own = order["details"]["dineIn"].get("waiterId")
        asks = headers.get("waiterId")
        is_guest = "dojoRequestingProduct" in headers and "deviceId" not in headers
        if self.checks_waiters and not is_guest and own and (not asks or asks.lstrip("0") != own):
            raise Refused("Conflict")
        return order

    def _told(self, order: Thing) -> Thing:
        listed = [each for each in self.payments if each[0] == order["id"]]
        paid, tips = sum(each[2] for each in listed), sum(each[3] for each in listed)
        is_open = order["status"] == "Accepted" and paid < order["totalAmount"]["value"]
        return {
            **copy.deepcopy(order),
            "payable": is_open or self.quirk == "always payable",
            "paidAmount": money(paid),
            "tipsAmount": money(tips),
            "payments": [
                {"paymentIntentId": intent, "paidAmount": money(amount), "tipsAmount": money(tip)}
                for _, intent, amount, tip in listed
            ],
        }

    def _bill(self, params: Thing) -> Thing:
        return {"header": {"lines": []}, "order": self._told(self._order(params)), "footer": {"lines": []}}

    def _search_orders(self, params: Thing) -> Thing:
        place, payable = params.get("dineIn", {}), params.get("payableOnly", False)
        if not isinstance(payable, bool):
            raise Refused("InvalidRequest")
        place = {} if self.quirk == "place passed over" else place
        found = [
            each
            for each in map(self._told, self.orders.values())
            if (not payable or each["payable"] or self.quirk == "payableOnly passed over")
            and all(each["details"]["dineIn"].get(name) == value for name, value in place.items())
        ]
        if self.quirk == "a filter that loses one" and (place or payable):
            found = found[1:]
        return self._page(found, params.get("cursor", {}))

    def _search_tables(self, params: Thing) -> Thing:
        area = params.get("areaId")
        return self._page([each for each in self.tables if area in (None, each["areaId"])], params.get("cursor", {}))

    def _page(self, found: list[Thing], cursor: Thing) -> Thing:
        limit, after, before = cursor.get("limit", 100), cursor.get("after"), cursor.get("before")
        ids = [each["id"] for each in found]
        edge = after or before
        if not isinstance(limit, int) or not 1 <= limit <= 100 or (after and before) or (edge and edge not in ids):
            raise Refused("InvalidRequest")
        start = ids.index(after) + 1 if after else 0
        if before:
            start = max(ids.index(before) - limit, 0)
        if after and self.quirk == "pages that skip":
            start += 1
        if after and self.quirk == "pages that repeat":
            start -= 1
        page = found[start : ids.index(before) if before else start + limit]
        if before and self.quirk == "pages that skip backwards":
            page = page[:-1]
        told: Thing = {"data": page}
        if page and start > 0:
            told["before"] = page[0]["id"]
        if page and ids[-1] != page[-1]["id"]:
            told["after"] = page[-1]["id"]
        return told

    def _held(self, order: Thing) -> str | None:
        lock, expiry = self.locks.get(order["id"], (None, 0.0))
        return lock if expiry > time.time() + self.ahead or self.quirk == "locks that never expire" else None

    def _expiry(self, params: Thing) -> float:
        try:
            return datetime.fromisoformat(params["expiry"]).timestamp() + self.ahead
        except (KeyError, TypeError, ValueError):
            raise Refused("InvalidRequest") from None

    def _later(self, order: Thing, lock: str, expiry: float) -> float:
        """When a lock ends that is asked for again or extended: never sooner than it would have."""
        held, until = self.locks.get(order["id"], (None, 0.0))
        return max(until, expiry) if held == lock else expiry

    def _lock(self, params: Thing) -> Thing:
        order, lock = self._order(params), params.get("lockId")
        if self.quirk == "locks that break":
            raise Refused("UnexpectedError")
        expiry = self._expiry(params)
        if not isinstance(lock, str):
            raise Refused("InvalidRequest")
        if self._held(order) not in (None, lock) and self.quirk != "a lock for everybody":
            self.ahead += 0.5
            raise Refused("Conflict")
        if self._held(order) == lock and self.quirk == "a lock's own repeat refused":
            raise Refused("Conflict")
        self.locks[order["id"]] = (lock, self._later(order, lock, expiry))
        return self._told(order)

    def _extend(self, params: Thing) -> Thing:
        order = self._order(params)
        expiry = self._expiry(params)
        if self._held(order) != params.get("lockId") and self.quirk != "anybody extends":
            raise Refused("Conflict")
        if self.quirk != "an extension that does nothing":
            self.locks[order["id"]] = (params["lockId"], self._later(order, params["lockId"], expiry))
        return {}

    def _unlock(self, params: Thing) -> Thing:
        order = self._order(params)
        held = self._held(order)
        if not isinstance(params.get("lockId"), str):
            raise Refused("InvalidRequest")
        if held is None and self.quirk == "a second unlock refused":
            raise Refused("Conflict")
        if self.quirk != "an unlock that does nothing" and (
            held == params.get("lockId") or self.quirk == "anybody unlocks"
        ):
            self.locks.pop(order["id"], None)
        return self._told(order)

    def _amount(self, sent: Any) -> int:
        """Minor units. Raises Refused."""
        found = sent.get("value") if isinstance(sent, dict) else None
        if self.quirk == "an amount rounded" and isinstance(found, float):
            found = int(found)
        if not isinstance(found, int) or found < 0 or "currencyCode" not in sent:
            raise Refused("InvalidRequest")
        if sent["currencyCode"] != "GBP" and self.quirk != "a currency passed over":
            raise Refused("Conflict")
        return found

    def _record(self, params: Thing) -> Thing:
        paid, tip = self._amount(params.get("paidAmount")), self._amount(params.get("tipsAmount", money(0)))
        order, intent = self._order(params), params.get("paymentIntentId")
        if not isinstance(intent, str):
            raise Refused("InvalidRequest")
        payment = (order["id"], intent, paid, tip)
        if self.quirk == "a tip paid off the order":
            payment = (order["id"], intent, paid + tip, 0)
        if self._is_repeat(payment):
            return self._told(order)
        if self.quirk == "every payment refused":
            raise Refused("Conflict")
        if order["status"] != "Accepted" and self.quirk != "a finished order paid":
            raise Refused("Conflict")
        if self._held(order) not in (None, params.get("lockId")) and self.quirk != "another's lock passed over":
            raise Refused("Conflict")
        if self.quirk != "a payment that is forgotten":
            self.payments.append(payment)
        if self.quirk == "a payment that unlocks":
            self.locks.pop(order["id"], None)
        return self._told(order)

    def _is_repeat(self, payment: tuple[str, str, int, int]) -> bool:
        """Whether it was recorded before. Raises Refused where another one was."""
        earlier = next((each for each in self.payments if each[1] == payment[1]), None)
        if earlier is None or self.quirk == "a repeat paid twice":
            return False
        if earlier != payment and self.quirk != "another amount taken for a repeat":
            raise Refused("Conflict")
        if self.quirk == "a repeat refused":
            raise Refused("Conflict")
        return True


@asynccontextmanager
async def dialling(epos: Epos, gateway: Gateway) -> AsyncIterator[None]:
    """The EPOS, connected to a gateway, and again whenever its connection is gone."""
    dialled = asyncio.create_task(_keep_dialling(epos, gateway))
    try:
        yield
    finally:
        dialled.cancel()
        await asyncio.gather(dialled, return_exceptions=True)


async def _keep_dialling(epos: Epos, gateway: Gateway) -> None:
    headers = {"Authorization": f"Basic {KEY}", "software-house-id": "house"}
    while True:
        try:
            async with connect(
                gateway.url_of("epos-data"), additional_headers=headers, compression=None, proxy=None, max_size=None
            ) as ws:
                async for data in ws:
                    await _respond(ws, data, epos)
        except (OSError, ConnectionClosed):
            await asyncio.sleep(0)


async def _respond(ws: ClientConnection, data: str | bytes, epos: Epos) -> None:
    try:
        request = json.loads(data)
    except (ValueError, RecursionError):
        return
    if isinstance(request, dict) and request.get("id") is not None:
        await ws.send(json.dumps(epos.answer(request)))
