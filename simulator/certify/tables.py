"""What a step of a scenario becomes in the Tables API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from simulator.certify.discovery import GUEST, TERMINAL, Found, by_machine, discover
from simulator.certify.holding import payment_on
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
        if method == "RecordPayment":
            self._remember_paid(params)

    async def ask(self, method: str, params: Mapping[str, Any], identity: str | None = None) -> Exchange:
        """Ask, and note what the judge finds wrong; a lock that is not answered may be held all the same."""
        attempt = object()
        if method == "LockSession":
            self._attempts[attempt] = params
        # Where no answer comes it stays an attempt.
        exchange = await Player.ask(self, method, params, identity)
        self._attempts.pop(attempt, None)
        if exchange.error_code == "PAYMENT_ALREADY_RECORDED":
            self._remember_paid(params)
        return exchange

    def _remember_paid(self, params: Mapping[str, Any]) -> None:
        payment = params.get("payment")
        if isinstance(payment, Mapping) and payment.get("paymentSuccessful"):
            self.told[str(payment.get("id")).strip().lower()] = payment.get("baseAmount", 0)

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
        if exchange.error_code == "SESSION_NO_SUCH_SESSION" and self._is_paid_in_full():
            return await self._paid_of_what_is_gone(session)
        bill = exchange.result.get("billItems") if isinstance(exchange.result, dict) else None
        if not isinstance(bill, dict) or not isinstance(bill.get("paidAmount"), int):
            return None
        self.found.bills = {**self.found.bills, session["id"]: bill}
        return int(bill["paidAmount"])

    def due(self) -> int:
        """Minor units that are to pay of the session, by the bill that was looked at last."""
        session = self._target()
        return 0 if session is None else self.found.outstanding(session)

    def _is_paid_in_full(self) -> bool:
        return self.paid_before is not None and 0 < self.due_before <= sum(self.told.values())

    async def _paid_of_what_is_gone(self, session: Thing) -> int:
        """What was due is paid of a session that the till has no longer, unless it lists it to be paid again."""
        self.found.sessions = [each for each in self.found.sessions if each["id"] != session["id"]]
        self.found.bills = {one: bill for one, bill in self.found.bills.items() if one != session["id"]}
        listed = await self.ask("ListSessions", {"isPayable": True, "requestorInfo": GUEST})
        if session["id"] in [each["id"] for each in _entries("ListSessions", listed)]:
            self.problems.append(f"ListSessions has session {session['id']} to pay, which is paid in full and gone")
        return (self.paid_before or 0) + self.due_before

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
        machine = self.found.machine(self._target() or {})
        waiter = machine.get("waiterId")
        match who:
            case "guest":
                return GUEST
            case "no-waiter":
                machine = {"terminalId": TERMINAL}
            case "wrong-waiter":
                machine["waiterId"] = _NO_WAITER
            case "text-waiter" if waiter is not None:
                machine["waiterId"] = f"{waiter:03}"
            case "odd-terminal":
                machine["terminalId"] = []
        return by_machine(machine)

    def _payment(self, step: Step) -> dict[str, Any]:
        said = step.payment
        session = self._target()
        if said is None or session is None:
            raise NotConnected("this scenario has a payment and no session")
        base = self.due_before if said.base == "all" else said.base
        payment = payment_on(session, self.found.bills.get(session["id"], {}), base=base, tip=said.tip)
        payment |= {
            "id": self.ids.setdefault(said.id, payment["id"]),
            "cashbackAmount": said.cashback,
            "paymentSuccessful": said.ok,
        }
        if not said.ok:
            payment["methodDetails"] |= {"cardPresentPaymentStatus": "CARD_PRESENT_PAYMENT_STATUS_DECLINED"}
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
