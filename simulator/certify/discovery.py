"""What a scenario of the Tables API can be tried on: found by asking the EPOS itself, once."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from simulator.certify.holding import Holds, payment_on, what_it_holds
from simulator.certify.play import Ask, CannotDiscover, Thing
from simulator.errors import NoAnswer

GUEST = {"requestorType": "REQUESTOR_TYPE_CONSUMER_DEVICE", "consumerDeviceRequestorInfo": {}}
TERMINAL = "22334455"
_ENOUGH = 50
"""Minor units that must be outstanding where something is to be paid."""


@dataclass(slots=True)
class Found:
    """What an EPOS has. The lists are as they were answered."""

    tables: Sequence[Thing] = ()
    sessions: Sequence[Thing] = ()
    bills: Mapping[str, Thing] = field(default_factory=dict)
    """By session id."""
    checks_waiters: bool = False
    records: str = ""
    """Why nothing can be locked; empty where it can, and where it was not tried."""
    holds: Holds = field(default_factory=Holds)

    def thing(self, need: str) -> Thing | None:
        """What answers a need; None where there is none."""
        return next(iter(self.candidates(need)), None)

    def why_not(self, need: str) -> str:
        """Why there is none."""
        said = {"recording": self.records, "part-paying": self.holds.parts, "tips": self.holds.tips}.get(need)
        return f"{NEEDS[need]}: {said}" if said else NEEDS[need]

    def candidates(self, need: str) -> list[Thing]:
        """Everything that answers a need, the best first."""
        match need:
            case "table":
                return list(self.tables)
            case "recording":
                return [] if self.records else [{}]
            case "waiter-rule":
                return [{}] if self.checks_waiters else []
            case "no-waiter-rule":
                return [] if self.checks_waiters else [{}]
            case "part-paying" | "whole-paying":
                return [{}] if (need == "whole-paying") == bool(self.holds.parts) else []
            case "tips" | "no-tips":
                return [{}] if (need == "no-tips") == bool(self.holds.tips) else []
            case "two-tables":
                return [{"names": [self.tables[0]["name"], self.tables[1]["name"]]}] if len(self.tables) > 1 else []
            case "two-bills":
                ids = list(self.bills)[:2]
                return [{"ids": ids}] if len(ids) == len(("one", "other")) else []
        fits, order = _SESSIONS[need]
        return sorted((session for session in self.sessions if fits(self, session)), key=lambda each: order(self, each))

    def outstanding(self, session: Thing) -> int:
        """Minor units that are not paid; 0 without a bill."""
        bill = self.bills.get(session["id"])
        return bill["totalAmount"] - bill["paidAmount"] if bill else 0

    def machine(self, session: Thing) -> dict[str, Any]:
        """Which card machine asks about a session, in the hand of which waiter."""
        waiter = session["waiter"]["id"] if "waiter" in session else None
        if waiter is None and self.checks_waiters and (served := self.thing("served")) is not None:
            # A session that nobody serves is anybody's, but of a machine a number is asked for all the same.
            waiter = served["waiter"]["id"]
        return {"terminalId": TERMINAL} | ({} if waiter is None else {"waiterId": waiter})


def _as_listed(_found: Found, _session: Thing) -> int:
    return 0


_SESSIONS: Mapping[str, tuple[Callable[[Found, Thing], bool], Callable[[Found, Thing], int]]] = {
    "session": (lambda *_: True, _as_listed),
    "open": (lambda _, each: "finishedAt" not in each, _as_listed),
    "finished": (lambda _, each: "finishedAt" in each, _as_listed),
    "seated": (lambda _, each: "tableName" in each, _as_listed),
    "tableless": (lambda _, each: "tableName" not in each, _as_listed),
    "unpayable": (lambda _, each: not each["isPayable"], _as_listed),
    "served": (lambda found, each: "waiter" in each and each["id"] in found.bills, _as_listed),
    "unserved": (lambda found, each: "waiter" not in each and each["id"] in found.bills, _as_listed),
    "billed": (lambda found, each: each["id"] in found.bills, _as_listed),
    "billless": (lambda found, each: each["id"] not in found.bills, _as_listed),
    "payable": (
        lambda found, each: each["isPayable"] and found.outstanding(each) >= _ENOUGH,
        lambda found, each: -found.outstanding(each),
    ),
    "smallest": (
        lambda found, each: each["isPayable"] and found.outstanding(each) > 0,
        lambda found, each: found.outstanding(each),
    ),
}
NEEDS: Mapping[str, str] = {
    "table": "it has no table",
    "two-tables": "it has fewer than two tables",
    "session": "it has no session",
    "open": "no session is open",
    "finished": "no finished session is listed",
    "seated": "no session has a table",
    "tableless": "every session has a table",
    "unpayable": "every session is payable",
    "served": "no session with a bill has a waiter",
    "unserved": "every session with a bill has a waiter",
    "billed": "no session has a bill",
    "billless": "every session has a bill",
    "two-bills": "fewer than two sessions have bills",
    "payable": f"no session has {_ENOUGH} minor units to pay",
    "smallest": "no session is left that has anything to pay",
    "waiter-rule": "it does not ask whose waiter it is",
    "no-waiter-rule": "it asks whose waiter it is",
    "recording": "it records nothing",
    "part-paying": "it takes no part of what is due",
    "whole-paying": "it takes parts of what is due",
    "tips": "it takes no tips",
    "no-tips": "it takes tips",
}
"""Every need, with why a scenario is not applicable where it is not met."""


async def discover(ask: Ask, *, may_lock: bool) -> Found:
    """Ask for everything there is, and leave aside what is too odd to be tried on. Raises CannotDiscover."""
    found = Found()
    await _list_into(found, ask)
    served = found.thing("served")
    if served is not None:
        probe = await ask(
            "GetSession", {"sessionId": served["id"], "requestorInfo": by_machine({"terminalId": TERMINAL})}
        )
        found.checks_waiters = probe.error_code == "WAITER_INCORRECT_WAITER_ID"
    if may_lock:
        # What is not answered is for the scenarios to tell of.
        with contextlib.suppress(NoAnswer):
            found.records = await _why_not_recording(ask)
            await _try_to_pay(ask, found)
    return found


def by_machine(machine: Mapping[str, Any]) -> Mapping[str, Any]:
    """The requestor that a card machine is."""
    return {"requestorType": "REQUESTOR_TYPE_CARD_MACHINE", "cardMachineRequestorInfo": machine}


async def _list_into(found: Found, ask: Ask) -> None:
    found.tables = [each for each in await _all(ask, "ListTables", "tables") if _has(each, name=str)]
    found.sessions = [
        _without_odd_waiter(each)
        for each in await _all(ask, "ListSessions", "sessions")
        if _has(each, id=str, isPayable=bool)
    ]
    ids = [session["id"] for session in found.sessions]
    found.bills = {
        bill["sessionId"]: bill
        for bill in await _all(ask, "ListBillItems", "billItems", sessionIds=ids)
        if _has(bill, sessionId=str, totalAmount=int, paidAmount=int, currency=str)
    }


async def _all(ask: Ask, method: str, member: str, **params: Any) -> list[Thing]:
    exchange = await ask(method, {**params, "requestorInfo": GUEST})
    listed = exchange.result.get(member) if isinstance(exchange.result, dict) else None
    if not isinstance(listed, list):
        said = exchange.error_code or "what came is not as documented"
        raise CannotDiscover(f"{method} gave no {member}: {said}", hint="everything else is tried on what it lists")
    return [each for each in listed if isinstance(each, dict)]


def _has(thing: Thing, **types: type) -> bool:
    return all(isinstance(thing.get(name), kind) for name, kind in types.items())


def _without_odd_waiter(session: Thing) -> Thing:
    waiter = session.get("waiter")
    if isinstance(waiter, dict) and isinstance(waiter.get("id"), int):
        return session
    return {name: value for name, value in session.items() if name != "waiter"}


async def _why_not_recording(ask: Ask) -> str:
    """What it says alike to whoever wants to lock, unlock or pay; empty where it looks at what they want it of.

    There is no such session: whoever records at all says that, and one who fails at a session that there is has no excuse.
    """
    session = {"id": str(uuid.uuid4())}
    asked = {"sessionId": session["id"], "requestorInfo": GUEST}
    payment = {"payment": payment_on(session, {}, base=1), "requestorInfo": GUEST}
    said = set()
    for method, params in (("LockSession", asked), ("UnlockSession", asked), ("RecordPayment", payment)):
        answer = await ask(method, params)
        is_internal = answer.error_code == "ERROR_INTERNAL_POS_ERROR"
        said.add(str(answer.result.get("errorReason", answer.error_code)) if is_internal else "")
    return said.pop() if len(said) == 1 else ""


async def _try_to_pay(ask: Ask, found: Found) -> None:
    """See what payments are held, on the session with the least to pay that has enough."""
    if found.records or not (payable := found.candidates("payable")):
        return
    session = payable[-1]
    found.holds = await what_it_holds(ask, session, found.bills[session["id"]], by_machine(found.machine(session)))
    # What was paid in full may be gone.
    await _list_into(found, ask)
