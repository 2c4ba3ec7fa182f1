"""What a scenario of the Tables API can be tried on: found by asking the EPOS itself, once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from simulator.certify.play import Ask, CannotDiscover, Thing

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

    def thing(self, need: str) -> Thing | None:
        """What answers a need; None where there is none."""
        return next(iter(self._candidates(need)), None)

    def why_not(self, need: str) -> str:
        """Why there is none."""
        return f"{NEEDS[need]}: {self.records}" if need == "recording" else NEEDS[need]

    def _candidates(self, need: str) -> list[Thing]:
        match need:
            case "table":
                return list(self.tables)
            case "recording":
                return [] if self.records else [{}]
            case "waiter-rule":
                return [{}] if self.checks_waiters else []
            case "no-waiter-rule":
                return [] if self.checks_waiters else [{}]
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
    "smallest": "no session has anything to pay",
    "waiter-rule": "it does not ask whose waiter it is",
    "no-waiter-rule": "it asks whose waiter it is",
    "recording": "it records nothing",
}
"""Every need, with why a scenario is not applicable where it is not met."""


async def discover(ask: Ask, *, may_lock: bool) -> Found:
    """Ask for everything there is, and leave aside what is too odd to be tried on. Raises CannotDiscover."""
    found = Found()
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
    served = found.thing("served")
    if served is not None:
        nobody = {
            "requestorType": "REQUESTOR_TYPE_CARD_MACHINE",
            "cardMachineRequestorInfo": {"terminalId": TERMINAL},
        }
        probe = await ask("GetSession", {"sessionId": served["id"], "requestorInfo": nobody})
        found.checks_waiters = probe.error_code == "WAITER_INCORRECT_WAITER_ID"
    if may_lock:
        found.records = await _why_not_recording(ask, found)
    return found


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


async def _why_not_recording(ask: Ask, found: Found) -> str:
    """Lock a session and unlock it again, to see whether that can be done at all."""
    session = found.thing("payable")
    if session is None:
        return ""
    waiter = {"waiterId": session["waiter"]["id"]} if "waiter" in session else {}
    by = {
        "requestorType": "REQUESTOR_TYPE_CARD_MACHINE",
        "cardMachineRequestorInfo": {"terminalId": TERMINAL, **waiter},
    }
    locked = await ask("LockSession", {"sessionId": session["id"], "requestorInfo": by})
    if locked.error_code == "ERROR_INTERNAL_POS_ERROR":
        return str(locked.result.get("errorReason", locked.error_code))
    if locked.error_code is None:
        await ask("UnlockSession", {"sessionId": session["id"], "requestorInfo": by})
    return ""
