"""Plays one scenario: its steps in order, everything that is wrong noted, and nothing left locked."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from simulator.certify.discovery import GUEST, TERMINAL, Found, Thing
from simulator.certify.scenario import Scenario, Step
from simulator.errors import NoAnswer, NotConnected
from simulator.faults import Kind, Moment
from simulator.gateway import Gateway
from simulator.link import Exchange

_LISTS = frozenset({"ListTables", "ListSessions", "ListBillItems"})
_MEMBERS = {"ListTables": "tables", "ListSessions": "sessions", "ListBillItems": "billItems"}
_KEYS = {"ListTables": "name", "ListSessions": "id", "ListBillItems": "sessionId"}
_LOST = "lost"
_NO_WAITER = 987_654_321
"""A waiter that no EPOS has."""


@dataclass(slots=True)
class Player:
    """One scenario being played."""

    gateway: Gateway
    account: str
    found: Found
    timeout: float
    patience: float
    """Seconds that a broken connection may take to come back."""
    quiet: float
    """Seconds without an answer that count as silence."""
    things: dict[str, Thing] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    _ids: dict[str, str] = field(default_factory=dict)
    _locked: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """Parameters with which each locked session was locked."""
    _paid_before: int | None = None

    async def play(self, scenario: Scenario) -> None:
        """Do every step until one cannot be done; what is wrong stands in `problems`."""
        for need in scenario.needs:
            self.things[need] = cast("Thing", self.found.thing(need))
        try:
            if scenario.changes and (target := self._target()) is not None:
                self._paid_before = await self._paid(target)
            for step in scenario.steps:
                for _ in range(step.times):
                    await self._do(step)
        except (NoAnswer, NotConnected) as problem:
            self.problems.append(problem.message)
        finally:
            self.gateway.faults.clear()
            await self._tidy_up()

    async def ask(self, method: str, params: Mapping[str, Any], identity: str | None = None) -> Exchange:
        """Ask, and note what the judge finds wrong."""
        exchange = await self.gateway.ask(self.account, method, params, timeout=self.timeout, identity=identity)
        self._note_findings(method, exchange)
        if exchange.error_code is None and method in ("LockSession", "UnlockSession"):
            session = str(params.get("sessionId"))
            if method == "LockSession":
                self._locked[session] = params
            else:
                self._locked.pop(session, None)
        return exchange

    def _note_findings(self, method: str, exchange: Exchange) -> None:
        self.problems += [
            f"{method}: {finding.path}: {finding.message} ({finding.kind})"
            for finding in exchange.findings
            if finding.severity == "error"
        ]

    async def _do(self, step: Step) -> None:
        match step.verb:
            case "ask":
                await self._ask_step(step)
            case "filter":
                await self._filter_step(step)
            case "paid":
                await self._paid_step(step)
            case "raw":
                await self._raw_step(step)
            case "race":
                await self._race_step(step)
            case "fault":
                self.gateway.faults.plan(
                    cast("Kind", step.fault),
                    method=step.method or None,
                    account=self.account,
                    at=cast("Moment | None", step.at),
                    milliseconds=step.milliseconds,
                )
            case "drop":
                old = self.gateway.link(self.account)
                self.gateway.faults.drop(self.account)
                await self._reconnected(old)

    async def _ask_step(self, step: Step) -> None:
        method, params = str(step.ask), self._params(step)
        if tuple(step.expect) == (_LOST,):
            await self._lost(method, params)
            return
        exchange = await self.ask(method, params)
        outcome = exchange.error_code or "success"
        if outcome not in step.expect:
            self.problems.append(f"{method} was answered {outcome}{_why(exchange)}, not {' or '.join(step.expect)}")
            return
        for path, wanted in step.same.items():
            value = _at(exchange.result, path)
            if value != self._resolved(wanted):
                self.problems.append(f"{method}: {path} is {value!r}, not {self._resolved(wanted)!r}")

    async def _lost(self, method: str, params: Mapping[str, Any]) -> None:
        """Ask what will get no answer; the connection may go with it."""
        old = self.gateway.link(self.account)
        try:
            await self.ask(method, params)
        except (NoAnswer, NotConnected):
            if self.gateway.links.get(self.account) is not old or old.close_code is not None:
                await self._reconnected(old)
            return
        self.problems.append(f"{method} was answered, although its answer was to be lost")

    async def _reconnected(self, old: object) -> None:
        """Wait until another connection is there. Raises NotConnected."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.patience):
                while self.gateway.links.get(self.account) in (None, old):  # noqa: ASYNC110 - the gateway has no such event
                    await asyncio.sleep(0.02)
                return
        raise NotConnected(f"the adapter did not come back within {self.patience:g} s")

    async def _filter_step(self, step: Step) -> None:
        method, params = str(step.filter), self._params(step)
        everything = await self.ask(method, {"requestorInfo": params["requestorInfo"]})
        filtered = await self.ask(method, params)
        for exchange in (everything, filtered):
            if exchange.error_code is not None:
                self.problems.append(f"{method} was answered {exchange.error_code}{_why(exchange)}, not a list")
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

    async def _paid_step(self, step: Step) -> None:
        target = self._target()
        now = None if target is None else await self._paid(target)
        if self._paid_before is None or now is None or now - self._paid_before != step.paid:
            self.problems.append(
                f"paidAmount was {self._paid_before} and is {now}; {step.paid} more should be paid, and nothing else"
            )

    async def _paid(self, session: Thing) -> int | None:
        exchange = await self.ask("GetBillItems", {"sessionId": session["id"], "requestorInfo": self._by("machine")})
        bill = exchange.result.get("billItems") if isinstance(exchange.result, dict) else None
        if not isinstance(bill, dict) or not isinstance(bill.get("paidAmount"), int):
            return None
        self.found.bills = {**self.found.bills, session["id"]: bill}
        return int(bill["paidAmount"])

    async def _raw_step(self, step: Step) -> None:
        text = str(self._resolved(step.raw)).replace("FILL", "x" * step.fill)
        link = self.gateway.link(self.account)
        frame = await link.send_raw(text.encode() if step.binary else text)
        answer = await self._answer_to(step, frame.number)
        outcome = "silence" if answer is None else _outcome(answer)
        if outcome not in step.expect:
            self.problems.append(
                f"this frame was answered by {outcome}, not by {' or '.join(step.expect)}: {text[:80]}"
            )
        if answer is not None and step.id is not None and answer.get("id") != step.id:
            self.problems.append(f"the id of the answer is {answer.get('id')!r}, and was {step.id!r} in the request")
        if self.gateway.links.get(self.account) is not link:
            self.problems.append(f"the connection did not outlive this frame: {text[:80]}")
            await self._reconnected(link)

    async def _answer_to(self, step: Step, after: int) -> Mapping[str, Any] | None:
        """The first frame that answers nothing that is known, which is the one to a raw frame; None for silence."""
        # What is answered at all is answered before a ping that follows and a question that follows that.
        quiet = self.quiet if "silence" in step.expect else self.timeout
        deadline = time.monotonic() + quiet
        while time.monotonic() < deadline:
            for entry in self.gateway.journal.frames:
                if entry.number > after and entry.sender == "adapter" and entry.account == self.account:
                    message = _parsed(entry.data)
                    if message is not None and entry.answers is None:
                        return message
            await asyncio.sleep(0.01)
        return None

    async def _race_step(self, step: Step) -> None:
        racers: Sequence[Step] = step.race or ()
        exchanges = await asyncio.gather(
            *(self.ask(str(each.ask), self._params(each)) for each in racers), return_exceptions=True
        )
        outcomes = []
        for exchange in exchanges:
            if isinstance(exchange, (NoAnswer, NotConnected)):
                self.problems.append(exchange.message)
            elif isinstance(exchange, BaseException):
                raise exchange
            else:
                outcomes.append(exchange.error_code or "success")
        if step.expect != ("success",) and Counter(outcomes) != Counter(step.expect):
            self.problems.append(f"together they were answered {', '.join(outcomes)}, not {', '.join(step.expect)}")
        if step.expect == ("success",) and set(outcomes) != {"success"}:
            self.problems.append(f"together they were answered {', '.join(outcomes)}, not each with success")

    async def _tidy_up(self) -> None:
        """Unlock what is still locked, also where an answer was lost."""
        for params in list(self._locked.values()):
            with contextlib.suppress(NoAnswer, NotConnected):
                await self.gateway.ask(self.account, "UnlockSession", params, timeout=self.timeout)

    def _target(self) -> Thing | None:
        """The session that the scenario is about."""
        names = ("payable", "smallest", "unpayable", "finished", "served", "unserved", "billless", "billed", "session")
        return next((self.things[name] for name in names if name in self.things), None)

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

    def _params(self, step: Step) -> dict[str, Any]:
        method = step.ask or step.filter or ""
        params = cast("dict[str, Any]", self._resolved(step.params))
        if step.payment is not None:
            params["payment"] = self._payment(step)
        if "requestorInfo" not in params:
            params["requestorInfo"] = self._by(step.by or ("guest" if method in _LISTS else "machine"))
        elif params["requestorInfo"] == "":
            del params["requestorInfo"]
        return params

    def _payment(self, step: Step) -> dict[str, Any]:
        said = step.payment
        session = self._target()
        if said is None or session is None:
            raise NotConnected("this scenario has a payment and no session")
        bill = self.found.bills.get(session["id"], {})
        base = self.found.outstanding(session) if said.base == "all" else said.base
        waiter = {"waiterId": session["waiter"]["id"]} if "waiter" in session else {}
        payment = {
            "id": self._ids.setdefault(said.id, str(uuid.uuid4())),
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
        payment |= cast("dict[str, Any]", self._resolved(said.change))
        return {name: value for name, value in payment.items() if value != ""}

    def _resolved(self, value: Any) -> Any:
        """A value of a scenario with what it refers to: `$need.member`, as it is or `|upper`, `|bare`, `|blanks`."""
        if isinstance(value, Mapping):
            return {name: self._resolved(each) for name, each in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._resolved(each) for each in value]
        if not isinstance(value, str) or not value.startswith("$"):
            return value
        path, _, form = value[1:].partition("|")
        if path == "none":
            return None
        if path.startswith("new."):
            found: Any = self._ids.setdefault(path, str(uuid.uuid4()))
        else:
            need, _, rest = path.partition(".")
            found = _at(self.things[need], rest)
        match form:
            case "upper":
                return found.upper()
            case "bare":
                return found.replace("-", "")
            case "blanks":
                return f" {found} "
        return found


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


def _at(value: Any, path: str) -> Any:
    for step in path.split("."):
        if isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        elif isinstance(value, Mapping):
            value = value.get(step)
        else:
            return None
    return value


def _parsed(data: str | bytes) -> Mapping[str, Any] | None:
    try:
        message = json.loads(data)
    except ValueError:
        return None
    return message if isinstance(message, dict) else None


def _outcome(answer: Mapping[str, Any]) -> str:
    result = answer.get("result")
    if not isinstance(result, dict):
        return "something without a result"
    return str(result.get("errorCode", "success"))


def _why(exchange: Exchange) -> str:
    reason = exchange.result.get("errorReason") if isinstance(exchange.result, dict) else None
    return f" ({reason})" if reason else ""
