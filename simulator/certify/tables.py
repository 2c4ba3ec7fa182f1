"""What a step of a scenario becomes in the Tables API."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from simulator.certify.discovery import GUEST, TERMINAL, Found, discover
from simulator.certify.play import Ask, Player, Thing
from simulator.certify.scenario import Step
from simulator.errors import NoAnswer, NotConnected
from simulator.link import Exchange

_LISTS = frozenset({"ListTables", "ListSessions", "ListBillItems"})
_MEMBERS = {"ListTables": "tables", "ListSessions": "sessions", "ListBillItems": "billItems"}
_KEYS = {"ListTables": "name", "ListSessions": "id", "ListBillItems": "sessionId"}
_TARGETS = ("payable", "smallest", "unpayable", "finished", "served", "unserved", "billless", "billed", "session")
"""Needs of which the first that a scenario has is the session that it is about."""
_NO_WAITER = 987_654_321
"""A waiter that no EPOS has."""


@dataclass(slots=True)
class TablesPlayer(Player[Found]):
    """Sessions are locked, bills are looked at, and payments are recorded or declined."""

    everything = "All tables, sessions and bills are listed without a filter, and each is as documented."
    reason = "errorReason"

    _locked: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """Parameters with which each locked session was locked."""
    _attempts: dict[object, Mapping[str, Any]] = field(default_factory=dict)
    """Parameters of each LockSession that was not answered."""

    @classmethod
    async def discover(cls, ask: Ask, *, may_lock: bool) -> Found:
        """Ask for everything there is. Raises CannotDiscover."""
        return await discover(ask, may_lock=may_lock)

    async def pages_step(self, step: Step) -> None:
        """Lists of the Tables API have no pages."""
        raise NotConnected(f"{step.pages} of this protocol has no pages")

    def remember(self, method: str, params: Mapping[str, Any]) -> None:
        """Note what a successful answer has locked, unlocked or recorded."""
        session = str(params.get("sessionId"))
        if method == "LockSession":
            self._locked[session] = params
        elif method == "UnlockSession":
            self._locked.pop(session, None)
            self._attempts = {one: each for one, each in self._attempts.items() if each.get("sessionId") != session}
        payment = params.get("payment")
        if method == "RecordPayment" and isinstance(payment, Mapping) and payment.get("paymentSuccessful"):
            self.told[str(payment.get("id"))] = payment.get("baseAmount", 0)

    async def ask(self, method: str, params: Mapping[str, Any], identity: str | None = None) -> Exchange:
        """Ask, and note what the judge finds wrong; a lock that is not answered may be held all the same."""
        attempt = object()
        if method == "LockSession":
            self._attempts[attempt] = params
        # Where no answer comes it stays an attempt.
        exchange = await Player.ask(self, method, params, identity)
        self._attempts.pop(attempt, None)
        return exchange

    async def tidy_up(self) -> None:
        """Unlock what is still locked, also where an answer was lost; what cannot be is a problem of the scenario."""
        left = {str(params.get("sessionId")): params for params in self._attempts.values()} | self._locked
        for session, params in left.items():
            said = await self._unlocked(params)
            if said is not None:
                self.problems.append(f"session {session} may still be locked: UnlockSession was {said}")

    async def _unlocked(self, params: Mapping[str, Any]) -> str | None:
        """What became of an unlock; None where nothing is locked any more."""
        said = "not answered"
        for _ in range(2):
            try:
                await self.gateway.connected(self.account, timeout=self.patience)
                exchange = await self.gateway.ask(self.account, "UnlockSession", params, timeout=self.timeout)
            except NotConnected:
                return "not asked, since the adapter did not come back"
            except NoAnswer:
                continue
            if exchange.error_code in (None, "SESSION_NOT_LOCKED", "SESSION_NO_SUCH_SESSION"):
                return None
            said = f"answered {exchange.error_code}"
        return said

    async def filter_step(self, step: Step) -> None:
        """Ask a list with a filter and without, and note what is too much and what is lacking."""
        method, params = str(step.filter), self.params(step)
        everything = await self.ask(method, {"requestorInfo": params["requestorInfo"]})
        filtered = await self.ask(method, params)
        for exchange in (everything, filtered):
            if exchange.error_code is not None:
                self.problems.append(f"{method} was answered {exchange.error_code}{self.why(exchange)}, not a list")
                return
        key = _KEYS[method]
        wanted = {each[key] for each in _entries(method, everything) if passes(method, each, params)}
        given = {each[key] for each in _entries(method, filtered)}
        if missing := wanted - given:
            self.problems.append(
                f"{method}: the filter lets through, and the answer lacks {', '.join(sorted(missing))}"
            )
        # A session at two tables is told with the one that was asked for, and in the list of all with the other.
        if (surplus := given - wanted) and not params.get("tableNames"):
            self.problems.append(f"{method}: the filter keeps out, and the answer has {', '.join(sorted(surplus))}")

    async def paid(self) -> int | None:
        """Minor units that are paid of the session; None where that cannot be told."""
        session = self._target()
        if session is None:
            return None
        exchange = await self.ask("GetBillItems", {"sessionId": session["id"], "requestorInfo": self._by("machine")})
        bill = exchange.result.get("billItems") if isinstance(exchange.result, dict) else None
        if not isinstance(bill, dict) or not isinstance(bill.get("paidAmount"), int):
            return None
        self.found.bills = {**self.found.bills, session["id"]: bill}
        return int(bill["paidAmount"])

    def params(self, step: Step) -> dict[str, Any]:
        """The parameters with which a step asks."""
        method = step.ask or step.filter or ""
        params = cast("dict[str, Any]", self.resolved(step.params))
        if step.payment is not None:
            params["payment"] = self._payment(step)
        if "requestorInfo" not in params:
            params["requestorInfo"] = self._by(step.by or ("guest" if method in _LISTS else "machine"))
        elif params["requestorInfo"] == "":
            del params["requestorInfo"]
        return params

    def _target(self) -> Thing | None:
        """The session that the scenario is about."""
        return next((self.things[name] for name in _TARGETS if name in self.things), None)

    def _by(self, who: str) -> Mapping[str, Any]:
        """The requestor."""
        session = self._target() or {}
        machine: dict[str, Any] = {"terminalId": TERMINAL}
        waiter = session["waiter"]["id"] if "waiter" in session else None
        if waiter is None and self.found.checks_waiters and (served := self.found.thing("served")) is not None:
            # A session that nobody serves is anybody's, but of a machine a number is asked for all the same.
            waiter = served["waiter"]["id"]
        match who:
            case "guest":
                return GUEST
            case "wrong-waiter":
                machine["waiterId"] = _NO_WAITER
            case "text-waiter" if waiter is not None:
                machine["waiterId"] = f"{waiter:03}"
            case "odd-terminal":
                machine["terminalId"] = []
                machine |= {"waiterId": waiter} if waiter is not None else {}
            case "machine" if waiter is not None:
                machine["waiterId"] = waiter
        return {"requestorType": "REQUESTOR_TYPE_CARD_MACHINE", "cardMachineRequestorInfo": machine}

    def _payment(self, step: Step) -> dict[str, Any]:
        said = step.payment
        session = self._target()
        if said is None or session is None:
            raise NotConnected("this scenario has a payment and no session")
        bill = self.found.bills.get(session["id"], {})
        base = self.found.outstanding(session) if said.base == "all" else said.base
        waiter = {"waiterId": session["waiter"]["id"]} if "waiter" in session else {}
        payment = {
            "id": self.ids.setdefault(said.id, str(uuid.uuid4())),
            "sessionId": session["id"],
            **waiter,
            "currency": bill.get("currency", "GBP"),
            "baseAmount": base,
            "tipsAmount": said.tip,
            "cashbackAmount": said.cashback,
            "paymentSuccessful": said.ok,
            "attemptedAt": "2026-11-20T20:15:30.000Z",
            "methodDetails": {
                "method": "PAYMENT_METHOD_CARD_PRESENT",
                "cardPresentPaymentStatus": "CARD_PRESENT_PAYMENT_STATUS_" + ("SUCCESSFUL" if said.ok else "DECLINED"),
            },
        }
        payment |= cast("dict[str, Any]", self.resolved(said.change))
        return {name: value for name, value in payment.items() if value != ""}


def passes(method: str, entry: Thing, params: Mapping[str, Any]) -> bool:
    """Whether an entry is what all filters let through (list-tables, list-sessions and list-bill-items pages)."""
    for name, value in params.items():
        if value in (None, []):
            continue
        match method, name:
            case "ListTables", "statuses" if entry["status"] not in value:
                return False
            case "ListBillItems", "sessionIds" if _bare(entry["sessionId"]) not in map(_bare, value):
                return False
            case "ListSessions", "tableNames" if entry.get("tableName") not in value:
                return False
            case "ListSessions", "isFinished" if ("finishedAt" in entry) != value:
                return False
            case "ListSessions", "hasTable" if ("tableName" in entry) != value:
                return False
            case "ListSessions", "isPayable" if entry["isPayable"] != value:
                return False
    return True


def _bare(identity: str) -> str:
    return identity.lower().replace("-", "")


def _entries(method: str, exchange: Exchange) -> Sequence[Thing]:
    listed = exchange.result.get(_MEMBERS[method]) if isinstance(exchange.result, dict) else None
    key = _KEYS[method]
    return [each for each in listed or () if isinstance(each, dict) and isinstance(each.get(key), str)]
