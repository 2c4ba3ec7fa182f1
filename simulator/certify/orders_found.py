"""What a scenario of the EPOS Data API can be tried on: found by asking the EPOS itself, once."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from simulator.certify.play import Ask, CannotDiscover, Thing
from simulator.link import Exchange

DEVICE = {"deviceId": "tm_sandbox_22334455", "deviceType": "Dojo Terminal"}
GUEST = {"dojoRequestingProduct": "Order&Pay"}
OVER = ("Finalized", "Canceled", "Failed")
_ENOUGH = 50
"""Minor units that must be outstanding where something is to be paid."""
_MOST_PAGES = 50
_PAGE = 100


@dataclass(slots=True)
class Found:
    """What an EPOS has. The lists are as they were answered."""

    orders: Sequence[Thing] = ()
    tables: Sequence[Thing] = ()
    areas: Sequence[Thing] = ()
    checks_waiters: bool = False
    refusals: Mapping[str, str] = field(default_factory=dict)
    """Why a method is not offered, for those that are not."""
    parts: str = ""
    """Why a part of what is due cannot be paid; empty where it can, and where it was not tried."""

    def thing(self, need: str) -> Thing | None:
        """What answers a need; None where there is none."""
        return next(iter(self._candidates(need)), None)

    def why_not(self, need: str) -> str:
        """Why there is none."""
        methods = _OFFERED.get(need, ())
        lacking = [method for method in methods if method in self.refusals]
        if lacking:
            said = "; ".join(dict.fromkeys(self.refusals[method] for method in lacking))
            return f"not offered: {', '.join(lacking)} ({said})"
        if need == "part-paying" and self.parts:
            return f"{NEEDS[need]}: {self.parts}"
        return NEEDS[need]

    def outstanding(self, order: Thing) -> int:
        """Minor units that are not paid; 0 where that is not said."""
        if not ("totalAmount" in order and "paidAmount" in order):
            return 0
        return int(order["totalAmount"]["value"] - order["paidAmount"]["value"])

    def _candidates(self, need: str) -> list[Thing]:
        if need in _OFFERED:
            is_offered = self.refusals.keys().isdisjoint(_OFFERED[need])
            return [{}] if is_offered and not (need == "part-paying" and self.parts) else []
        match need:
            case "table":
                return list(self.tables)
            case "area":
                return list(self.areas)
            case "waiter-rule":
                return [{}] if self.checks_waiters else []
            case "no-waiter-rule":
                return [] if self.checks_waiters else [{}]
            case "two-payable":
                found = self._candidates("payable")
                return [{**one, "other": other["id"]} for one, other in itertools.pairwise(found)]
        fits, order = _ORDERS[need]
        return sorted((each for each in self.orders if fits(self, each)), key=lambda each: order(self, each))


def waiter_of(order: Thing) -> str | None:
    """The id of the waiter who serves an order; None where nobody does."""
    place = order.get("details", {}).get("dineIn", {})
    return place.get("waiterId") if isinstance(place, dict) else None


def _table_of(order: Thing) -> str | None:
    place = order.get("details", {}).get("dineIn", {})
    return place.get("tableId") if isinstance(place, dict) else None


def _as_listed(_found: Found, _order: Thing) -> int:
    return 0


_ORDERS: Mapping[str, tuple[Callable[[Found, Thing], bool], Callable[[Found, Thing], int]]] = {
    "order": (lambda *_: True, _as_listed),
    "over": (lambda _, each: each["status"] in OVER, _as_listed),
    "unpayable": (lambda _, each: not each.get("payable"), _as_listed),
    "tabled": (lambda _, each: _table_of(each) is not None, _as_listed),
    "tableless": (lambda _, each: _table_of(each) is None, _as_listed),
    "served": (lambda _, each: waiter_of(each) is not None, _as_listed),
    "modified": (lambda _, each: any(item.get("modifiers") for item in each.get("items", ())), _as_listed),
    "discounted": (lambda _, each: bool(each.get("discounts")), _as_listed),
    "taxed": (lambda _, each: bool(each.get("taxLines")), _as_listed),
    "part-paid": (lambda _, each: bool(each.get("payments")), _as_listed),
    "billed": (lambda _, each: "totalAmount" in each, _as_listed),
    "payable": (
        lambda found, each: bool(each.get("payable")) and found.outstanding(each) >= _ENOUGH,
        lambda found, each: -found.outstanding(each),
    ),
    "payable-served": (
        lambda found, each: bool(each.get("payable")) and found.outstanding(each) >= _ENOUGH and bool(waiter_of(each)),
        lambda found, each: -found.outstanding(each),
    ),
    "smallest": (
        lambda found, each: bool(each.get("payable")) and found.outstanding(each) > 0,
        lambda found, each: found.outstanding(each),
    ),
}
_OFFERED: Mapping[str, Sequence[str]] = {
    "printing": ("GetOrderBillByIdV1",),
    "tables": ("SearchTablesV1",),
    "areas": ("ListAreasV1",),
    "events": ("HandleEventV1",),
    "locking": ("CreateOrderLockV1", "DeleteOrderLockV1"),
    "extending": ("CreateOrderLockV1", "DeleteOrderLockV1", "ExtendOrderLockV1"),
    "recording": ("CreateOrderLockV1", "DeleteOrderLockV1", "RecordOrderPaymentByIdV1"),
    "part-paying": ("CreateOrderLockV1", "DeleteOrderLockV1", "RecordOrderPaymentByIdV1"),
}
"""Needs that are capabilities, and the methods behind each."""
NEEDS: Mapping[str, str] = {
    **dict.fromkeys(_OFFERED, "it is not offered"),
    "part-paying": "it takes no part of what is due",
    "order": "it has no order",
    "over": "no order that is over is listed",
    "unpayable": "every order is payable",
    "tabled": "no order has a table",
    "tableless": "every order has a table",
    "served": "no order has a waiter",
    "modified": "no order has modifiers",
    "discounted": "no order has discounts",
    "taxed": "no order has taxes",
    "part-paid": "no order has payments",
    "billed": "no order has a bill",
    "payable": f"no order has {_ENOUGH} minor units to pay",
    "payable-served": f"no order of a waiter has {_ENOUGH} minor units to pay",
    "two-payable": f"fewer than two orders have {_ENOUGH} minor units to pay",
    "smallest": "no order has anything to pay",
    "table": "it has no table",
    "area": "it has no area",
    "waiter-rule": "it does not ask whose waiter it is",
    "no-waiter-rule": "it asks whose waiter it is",
}
"""Every need, with why a scenario is not applicable where it is not met."""


async def discover(ask: Ask, *, may_lock: bool) -> Found:
    """Ask for everything there is, and which methods are offered. Raises CannotDiscover."""
    found = Found()
    found.orders = [
        each for each in await every(ask, "SearchOrdersV1", {"headers": GUEST}) if _has(each, id=str, details=dict)
    ]
    found.refusals = await _refusals(ask)
    if "SearchTablesV1" not in found.refusals:
        found.tables = [each for each in await every(ask, "SearchTablesV1", {"headers": GUEST}) if _has(each, id=str)]
    if "ListAreasV1" not in found.refusals:
        areas = await ask("ListAreasV1", {"headers": GUEST})
        found.areas = (
            [each for each in areas.result if isinstance(each, dict)] if isinstance(areas.result, list) else []
        )
    probed = found.thing("served") or found.thing("order")
    if probed is not None:
        probe = await ask("GetOrderByIdV1", {"orderId": probed["id"], "headers": DEVICE})
        found.checks_waiters = probe.error_code in ("Conflict", "InvalidRequest")
    if may_lock and "CreateOrderLockV1" not in found.refusals:
        await _try_to_pay(ask, found)
    return found


async def every(ask: Ask, method: str, params: Mapping[str, Any], *, limit: int = _PAGE) -> list[Thing]:
    """The entries of all pages of a search, or of the first fifty. Raises CannotDiscover where there is an error."""
    found: list[Thing] = []
    cursor: dict[str, Any] = {"limit": limit}
    for _ in range(_MOST_PAGES):
        page = await ask(method, {**params, "cursor": cursor})
        listed = entries(page)
        if listed is None:
            said = page.error_code or "what came is no page"
            raise CannotDiscover(f"{method} gave no data: {said}", hint="everything else is tried on what it lists")
        found += listed
        if not page.result.get("after"):
            break
        cursor = {"limit": limit, "after": page.result["after"]}
    return found


def entries(page: Exchange) -> list[Thing] | None:
    """What stands on a page; None where there is none."""
    listed = page.result.get("data") if isinstance(page.result, dict) else None
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else None


def machine(waiter: str | None, *, checks_waiters: bool) -> Mapping[str, Any]:
    """The headers of a card machine in the hand of this waiter.

    Whose an order is cannot always be told, as of one that is collected; where waiters are checked, a guest asks for it.
    """
    if waiter is None:
        return GUEST if checks_waiters else DEVICE
    return {**DEVICE, "waiterId": waiter}


def in_seconds(seconds: float) -> str:
    """A moment from now, as an expiry is written."""
    moment = datetime.now(UTC) + timedelta(seconds=seconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def _refusals(ask: Ask) -> Mapping[str, str]:
    """The methods that are not offered: to ask them of an order that there is not is InvalidRequest, and not NotFound."""
    nobody = {"orderId": str(uuid.uuid4()), "headers": GUEST}
    lock = {"lockId": str(uuid.uuid4()), "expiry": in_seconds(60)}
    amount = {"value": 1, "currencyCode": "GBP"}
    event = {
        "id": f"evt_{uuid.uuid4().hex}",
        "accountId": "acc_certify",
        "event": "payment_intent.created",
        "data": {"paymentIntentId": "pi_certify", "paymentStatus": "Created", "captureMode": "Auto"},
        "createdAt": in_seconds(0),
    }
    found = {}
    for method, params in (
        ("GetOrderBillByIdV1", nobody),
        ("CreateOrderLockV1", nobody | lock),
        ("ExtendOrderLockV1", nobody | lock),
        ("DeleteOrderLockV1", nobody | {"lockId": lock["lockId"]}),
        ("RecordOrderPaymentByIdV1", nobody | {"paymentIntentId": "pi_certify", "paidAmount": amount}),
        ("SearchTablesV1", {"headers": GUEST}),
        ("ListAreasV1", {"headers": GUEST}),
        ("HandleEventV1", event),
    ):
        exchange = await ask(method, params)
        if exchange.error_code == "InvalidRequest":
            found[method] = str(exchange.result.get("debugMessage", "InvalidRequest"))
    return found


def _has(thing: Thing, **types: type) -> bool:
    return all(isinstance(thing.get(name), kind) for name, kind in types.items())


async def _try_to_pay(ask: Ask, found: Found) -> None:
    """Lock an order, pay a penny of it and unlock it again, to see whether that can be done at all."""
    order = found.thing("payable")
    if order is None:
        return
    params = {
        "orderId": order["id"],
        "lockId": str(uuid.uuid4()),
        "headers": machine(waiter_of(order), checks_waiters=found.checks_waiters),
    }
    locked = await ask("CreateOrderLockV1", {**params, "expiry": in_seconds(60)})
    if locked.error_code is not None:
        return
    if "RecordOrderPaymentByIdV1" not in found.refusals:
        amount = {**order["totalAmount"], "value": 1}
        paid = await ask(
            "RecordOrderPaymentByIdV1",
            {**params, "paymentIntentId": f"pi_sandbox_{uuid.uuid4().hex}", "paidAmount": amount},
        )
        if paid.error_code == "Conflict":
            found.parts = str(paid.result.get("debugMessage", paid.error_code))
    await ask("DeleteOrderLockV1", params)
