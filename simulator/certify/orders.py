"""What a step of a scenario becomes in the EPOS Data API."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from simulator.certify.orders_found import (
    DEVICE,
    GUEST,
    Found,
    discover,
    entries,
    every,
    in_seconds,
    machine,
    waiter_of,
)
from simulator.certify.play import Ask, CannotDiscover, Player, Thing
from simulator.certify.scenario import Step
from simulator.errors import NoAnswer, NotConnected
from simulator.link import Exchange
from simulator.orders.meaning import is_same, member_of
from simulator.orders.walks import gaps

_LISTS = frozenset({"SearchOrdersV1", "SearchTablesV1", "ListAreasV1", "HandleEventV1"})
_OF_A_LOCK = frozenset({"CreateOrderLockV1", "ExtendOrderLockV1", "DeleteOrderLockV1"})
_WITH_EXPIRY = frozenset({"CreateOrderLockV1", "ExtendOrderLockV1"})
_TARGETS = (
    "payable-served",
    "payable",
    "two-payable",
    "smallest",
    "over",
    "unpayable",
    "tabled",
    "tableless",
    "served",
    "modified",
    "discounted",
    "taxed",
    "part-paid",
    "billed",
    "order",
)
"""Needs of which the first that a scenario has is the order that it is about."""
_NO_WAITER = "987654321"
"""A waiter that no EPOS has."""
_MOST_PAGES = 40
"""Pages of one walk: whoever forgets where a page ended shows it sooner."""


@dataclass(slots=True)
class OrdersPlayer(Player[Found]):
    """Orders are searched and read, locked, and told of money that has moved."""

    everything = "All orders, tables and areas are listed page by page, and each is as documented."
    reason = "debugMessage"

    _locked: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    """Parameters that give each lock back that was asked for, by its order and its id."""
    _last_lock: str = "a"

    @classmethod
    async def discover(cls, ask: Ask, *, may_lock: bool) -> Found:
        """Ask for everything there is. Raises CannotDiscover."""
        return await discover(ask, may_lock=may_lock)

    def remember(self, method: str, params: Mapping[str, Any]) -> None:
        """Note what a successful answer has recorded."""
        if method == "RecordOrderPaymentByIdV1":
            self.told[str(params.get("paymentIntentId"))] = member_of(params, "paidAmount").get("value", 0)

    async def tidy_up(self) -> None:
        """Delete every lock that was asked for, also where that was done: a request that comes late may have had it again."""
        for (order, _), params in self._locked.items():
            said = await self._deleted(params)
            if said is not None:
                self.problems.append(f"order {order} may still be locked: DeleteOrderLockV1 was {said}")

    async def _deleted(self, params: Mapping[str, Any]) -> str | None:
        """What became of a deletion; None where nothing is locked any more."""
        said = "not answered"
        for _ in range(2):
            try:
                await self.gateway.connected(self.account, timeout=self.patience)
                exchange = await self.gateway.ask(self.account, "DeleteOrderLockV1", params, timeout=self.timeout)
            except NotConnected:
                return "not asked, since the adapter did not come back"
            except NoAnswer:
                continue
            # With Conflict it is another's lock, and NotFound of a till that has the order no longer.
            if exchange.error_code in (None, "Conflict", "NotFound"):
                return None
            said = f"answered {exchange.error_code}"
        return said

    async def paid(self) -> int | None:
        """Minor units that are paid of the order; None where that cannot be told."""
        target = self._target()
        if target is None:
            return None
        exchange = await self.ask(
            "GetOrderByIdV1", {"orderId": target["id"], "headers": self._by("machine", target["id"])}
        )
        paid = member_of(exchange.result, "paidAmount").get("value") if isinstance(exchange.result, dict) else None
        return paid if isinstance(paid, int) else None

    def due(self) -> int:
        """Minor units that are to pay of the order, as it was looked at last."""
        target = self._target()
        return 0 if target is None else self.found.outstanding(self._known(target))

    async def ask(self, method: str, params: Mapping[str, Any], identity: str | None = None) -> Exchange:
        """Ask, note what the judge finds wrong, and what has become of the order."""
        exchange = await super(OrdersPlayer, self).ask(method, params, identity)
        if method == "GetOrderByIdV1" and self.found is not None:
            order, asked = exchange.result, params.get("orderId")
            if exchange.error_code == "NotFound":
                self.found.orders = [each for each in self.found.orders if each["id"] != asked]
            elif isinstance(order, dict) and order.get("id") == asked:
                self.found.orders = [order if each["id"] == asked else each for each in self.found.orders]
        return exchange

    async def filter_step(self, step: Step) -> None:
        """Search with a filter and without, and note what is too much and what is lacking."""
        method, params = str(step.filter), self.params(step)
        try:
            everything = await every(self.ask, method, {"headers": params["headers"]})
            filtered = await every(self.ask, method, params)
        except CannotDiscover as problem:
            self.problems.append(problem.message)
            return
        wanted = {each["id"] for each in everything if passes(method, each, params)}
        may = {each["id"] for each in everything if passes(method, each, params, strictly=False)}
        given = {each["id"] for each in filtered}
        if missing := wanted - given:
            self.problems.append(
                f"{method}: the filter lets through, and the answer lacks {', '.join(sorted(missing))}"
            )
        # An order at two tables is told with the one that was asked for, and in the list of all with the other.
        if (surplus := given - may) and not member_of(params, "dineIn").get("tableId"):
            self.problems.append(f"{method}: the filter keeps out, and the answer has {', '.join(sorted(surplus))}")

    async def pages_step(self, step: Step) -> None:
        """Walk through a search page by page and back, and note what was skipped and what came twice."""
        method, params = str(step.pages), self.params(step)
        try:
            before = [each["id"] for each in await every(self.ask, method, params)]
            forth = await self._walk(method, params, step.limit, "after", None)
            back = await self._walk(method, params, step.limit, "before", forth[-1][1].get("before"))
            after = [each["id"] for each in await every(self.ask, method, params)]
        except CannotDiscover as problem:
            self.problems.append(problem.message)
            return
        walked = [one for ids, _ in forth for one in ids]
        returned = [one for ids, _ in reversed(back) for one in ids]
        # A walk that was cut short saw the beginning only; the way back begins before the last page.
        reached = before[: before.index(walked[-1]) + 1] if walked and walked[-1] in before else before
        for way, seen, there in (
            ("after", walked, reached),
            ("before", returned, walked[: -len(forth[-1][0]) or None]),
        ):
            if skipped := gaps(there, seen, after):
                self.problems.append(f"{method}: pages by {way} skip {', '.join(skipped)}")
            if len(set(seen)) < len(seen):
                self.problems.append(f"{method}: pages by {way} have an entry twice")

    async def _walk(
        self, method: str, params: Mapping[str, Any], limit: int, way: str, start: str | None
    ) -> list[tuple[list[str], Mapping[str, Any]]]:
        """The ids of each page of a walk, and the page; backwards there are none where nothing is before."""
        pages: list[tuple[list[str], Mapping[str, Any]]] = []
        cursor = start
        while len(pages) < _MOST_PAGES and (cursor or (way == "after" and not pages)):
            asked = {"limit": limit} | ({way: cursor} if cursor else {})
            page = await self.ask(method, {**params, "cursor": asked})
            listed = entries(page)
            if listed is None:
                raise CannotDiscover(f"{method} gave no data: {page.error_code or 'what came is no page'}")
            pages.append(([each["id"] for each in listed], page.result))
            cursor = page.result.get(way)
        return pages

    def params(self, step: Step) -> dict[str, Any]:
        """The parameters with which a step asks."""
        method = step.ask or step.filter or step.pages or ""
        params: dict[str, Any] = {}
        target = self._target()
        if method not in _LISTS and target is not None:
            params["orderId"] = target["id"]
        if method in _OF_A_LOCK:
            self._last_lock = step.lock or self._last_lock
            params["lockId"] = self._lock_id(self._last_lock)
        if method in _WITH_EXPIRY:
            params["expiry"] = in_seconds(step.expires)
        if step.payment is not None:
            params |= self._payment(step)
        params |= cast("dict[str, Any]", self.resolved(step.params))
        who = step.by or ("guest" if method in _LISTS else "machine")
        params.setdefault("headers", self._by(who, params.get("orderId")))
        params = {name: value for name, value in params.items() if value != ""}
        if method == "CreateOrderLockV1" and "lockId" in params:
            # Whatever becomes of the answer: giving back what was never had does no harm.
            given_back: dict[str, Any] = {
                name: params[name] for name in ("orderId", "lockId", "headers") if name in params
            }
            self._locked[str(params.get("orderId")), str(params.get("lockId"))] = given_back
        return params

    def _lock_id(self, name: str) -> str:
        return self.ids.setdefault(f"lock {name}", f"lock_{uuid.uuid4().hex}")

    def _target(self) -> Thing | None:
        """The order that the scenario is about."""
        return next((self.things[name] for name in _TARGETS if name in self.things), None)

    def _known(self, order: Thing) -> Thing:
        """An order as it was seen last."""
        return next((each for each in self.found.orders if each["id"] == order["id"]), order)

    def _by(self, who: str, order: Any) -> Mapping[str, Any]:
        """The headers of a request about an order; about none of ours, by the waiter of the target."""
        asked = next((each for each in self.found.orders if each["id"] == order), self._target())
        waiter = waiter_of(asked or {})
        match who:
            case "guest":
                return GUEST
            case "wrong-waiter":
                return {**DEVICE, "waiterId": _NO_WAITER}
            case "text-waiter" if waiter is not None:
                return {**DEVICE, "waiterId": f"00{waiter}"}
            case "odd-terminal":
                return {"deviceId": ["tm"], "deviceType": 7, "waiterId": waiter, "colour": {"red": True}}
            case "machine":
                return machine(waiter, checks_waiters=self.found.checks_waiters)
        return DEVICE

    def _payment(self, step: Step) -> dict[str, Any]:
        said, order = step.payment, self._target()
        if said is None or order is None:
            raise NotConnected("this scenario has a payment and no order")
        known = self._known(order)
        currency = member_of(known, "totalAmount").get("currencyCode", "GBP")
        base = self.due_before if said.base == "all" else said.base
        payment = {
            "paymentIntentId": self.ids.setdefault(said.id, f"pi_sandbox_{uuid.uuid4().hex}"),
            "paidAmount": {"value": base, "currencyCode": currency},
            "tipsAmount": {"value": said.tip, "currencyCode": currency},
            "lockId": self._lock_id(self._last_lock if step.lock is None else step.lock) if step.lock != "" else "",
        }
        return payment | cast("dict[str, Any]", self.resolved(said.change))


def passes(method: str, entry: Thing, params: Mapping[str, Any], *, strictly: bool = True) -> bool:
    """Whether an entry is what all filters let through; not `strictly`, what they may let through.

    Whether an order that nobody serves is one of a waiter's, and a table of which nobody says who serves it, is not said.
    """
    if method == "SearchTablesV1":
        area, waiter = params.get("areaId"), params.get("waiterId")
        waiters: Sequence[str] | None = entry.get("waiterIds")
        is_his = not strictly if waiters is None else any(is_same("waiterId", one, waiter) for one in waiters)
        return (not area or entry.get("areaId") == area) and (not waiter or is_his)
    if params.get("payableOnly") and not entry.get("payable"):
        return False
    place = entry["details"].get("dineIn", {})
    return all(
        is_same(name, place.get(name), value) or (name == "waiterId" and name not in place and not strictly)
        for name, value in member_of(params, "dineIn").items()
        if value not in (None, "")
    )
