"""Plays one scenario: its steps in order, everything that is wrong noted, and nothing left locked.

What a step becomes in a protocol is with the player of that protocol (`tables.py`, `orders.py`).
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Protocol, TypeVar, cast

from simulator.certify.scenario import Scenario, Step
from simulator.errors import NoAnswer, NotConnected, SimulatorError
from simulator.faults import Kind, Moment
from simulator.gateway import Gateway
from simulator.journal import Frame
from simulator.link import Exchange

Thing = Mapping[str, Any]
"""Something that the EPOS has, as it was answered."""
Ask = Callable[[str, Mapping[str, Any]], Awaitable[Exchange]]
_LOST = "lost"
_AGAIN = 0.1
"""Seconds between two attempts of a step that may take a while."""


class CannotDiscover(SimulatorError):
    """The lists with which everything begins were not answered."""


class NotApplicable(SimulatorError):
    """What came shows that the scenario does not apply to this EPOS."""


class Found(Protocol):
    """What an EPOS has that scenarios can be tried on."""

    def thing(self, need: str) -> Thing | None:
        """What answers a need; None where there is none."""
        ...

    def why_not(self, need: str) -> str:
        """Why there is none."""
        ...


F = TypeVar("F", bound=Found)


@dataclass(slots=True)
class Player(ABC, Generic[F]):
    """One scenario being played."""

    everything: ClassVar[str]
    """What is proven by everything being listed, before the first scenario."""
    reason: ClassVar[str]
    """The member of an error that says why."""

    gateway: Gateway
    account: str
    found: F
    timeout: float
    patience: float
    """Seconds that a broken connection may take to come back."""
    quiet: float
    """Seconds without an answer that count as silence."""
    things: dict[str, Thing] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)
    """What was made up, by the name that the scenario has for it."""
    paid_before: int | None = None
    """Minor units that were paid when the scenario began."""
    due_before: int = 0
    """Minor units that were still to pay then."""
    told: dict[str, int] = field(default_factory=dict)
    """Minor units of each payment that was answered with success, by its id."""

    @classmethod
    @abstractmethod
    async def discover(cls, ask: Ask, *, may_lock: bool) -> F:
        """Ask for everything there is. Raises CannotDiscover."""

    @abstractmethod
    def params(self, step: Step) -> dict[str, Any]:
        """The parameters with which a step asks."""

    @abstractmethod
    async def paid(self) -> int | None:
        """Minor units that are paid of what the scenario is about; None where that cannot be told."""

    @abstractmethod
    def due(self) -> int:
        """Minor units that are to pay of it, as it was looked at last."""

    @abstractmethod
    async def filter_step(self, step: Step) -> None:
        """Ask a list with a filter and without, and note what is too much and what is lacking."""

    @abstractmethod
    async def pages_step(self, step: Step) -> None:
        """Walk through a search page by page and back, and note what was skipped and what came twice."""

    @abstractmethod
    def remember(self, method: str, params: Mapping[str, Any]) -> None:
        """Note what a successful answer has locked, unlocked or recorded."""

    @abstractmethod
    async def tidy_up(self) -> None:
        """Unlock what is still locked, also where an answer was lost."""

    async def play(self, scenario: Scenario) -> None:
        """Do every step until one cannot be done; what is wrong stands in `problems`."""
        for need in scenario.needs:
            self.things[need] = cast("Thing", self.found.thing(need))
        try:
            if scenario.changes:
                self.paid_before = await self.paid()
                self.due_before = self.due()
            for step in scenario.steps:
                for _ in range(step.times):
                    await self._do(step)
        except (NoAnswer, NotConnected) as problem:
            self.problems.append(problem.message)
        finally:
            self.gateway.faults.clear()
            await self.tidy_up()

    async def ask(self, method: str, params: Mapping[str, Any], identity: str | None = None) -> Exchange:
        """Ask, and note what the judge finds wrong."""
        exchange = await self.gateway.ask(self.account, method, params, timeout=self.timeout, identity=identity)
        self.problems += [
            f"{method}: {finding.path}: {finding.message} ({finding.kind})"
            for finding in exchange.findings
            if finding.severity == "error"
        ]
        if exchange.error_code is None:
            self.remember(method, params)
        await self._all_answered(exchange.request_frame)
        return exchange

    async def _all_answered(self, request: int) -> None:
        """Wait for the answer to the second copy of a request: what comes next is not to overtake it."""
        sent = self.gateway.journal.frame(request)
        if sent is None or sent.fault != "duplicate":
            return
        deadline = time.monotonic() + self.timeout
        while time.monotonic() < deadline:
            answers = [each for each in self.gateway.journal.frames if each.answers == request]
            if len(answers) > 1:
                return
            await asyncio.sleep(0.01)

    def resolved(self, value: Any) -> Any:
        """A value of a scenario with what it refers to: `$need.member`, as it is or `|upper`, `|bare`, `|blanks`."""
        if isinstance(value, Mapping):
            return {name: self.resolved(each) for name, each in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.resolved(each) for each in value]
        if not isinstance(value, str) or not value.startswith("$"):
            return value
        path, _, form = value[1:].partition("|")
        if path == "none":
            return None
        if path.startswith("new."):
            found: Any = self.ids.setdefault(path, str(uuid.uuid4()))
        else:
            need, _, rest = path.partition(".")
            found = at(self.things[need], rest)
        match form:
            case "upper":
                return found.upper()
            case "bare":
                return found.replace("-", "")
            case "blanks":
                return f" {found} "
        return found

    def why(self, exchange: Exchange) -> str:
        """What an error says of itself, in brackets; empty where it says nothing."""
        said = exchange.result.get(self.reason) if isinstance(exchange.result, Mapping) else None
        return f" ({said})" if said and exchange.error_code is not None else ""

    async def _do(self, step: Step) -> None:
        match step.verb:
            case "ask":
                await self._ask_step(step)
            case "filter":
                await self.filter_step(step)
            case "pages":
                await self.pages_step(step)
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
        method, params = str(step.ask), self.params(step)
        if tuple(step.expect) == (_LOST,):
            await self._lost(method, params)
            return
        exchange = await self._asked_until(method, params, step)
        outcome = exchange.error_code or "success"
        if outcome not in step.expect and step.otherwise and outcome != "success":
            raise NotApplicable(step.otherwise)
        if outcome not in step.expect:
            self.problems.append(f"{method} was answered {outcome}{self.why(exchange)}, not {' or '.join(step.expect)}")
            return
        for path, wanted in step.same.items() if outcome == "success" else ():
            value = at(exchange.result, path)
            if value != self.resolved(wanted):
                self.problems.append(f"{method}: {path} is {value!r}, not {self.resolved(wanted)!r}")

    async def _asked_until(self, method: str, params: Mapping[str, Any], step: Step) -> Exchange:
        """Ask, and again while it is not answered as it should be one day, for as long as the step says."""
        deadline = time.monotonic() + step.within
        while True:
            exchange = await self.ask(method, params)
            if (exchange.error_code or "success") in step.expect or time.monotonic() >= deadline:
                return exchange
            await asyncio.sleep(_AGAIN)

    async def _lost(self, method: str, params: Mapping[str, Any]) -> None:
        """Ask what will get no answer; the connection may go with it."""
        old, after = self.gateway.link(self.account), self.gateway.journal.last
        asking = asyncio.create_task(self.ask(method, params))
        while not asking.done() and not self._has_lost(after):
            await asyncio.wait({asking}, timeout=0.02)
        # Nobody waits for an answer that has come and was thrown away.
        asking.cancel()
        try:
            await asking
        except (NoAnswer, NotConnected, asyncio.CancelledError):
            if self.gateway.links.get(self.account) is not old or old.close_code is not None:
                await self._reconnected(old)
            return
        self.problems.append(f"{method} was answered, although its answer was to be lost")

    def _has_lost(self, after: int) -> bool:
        """Whether an answer has been thrown away on purpose since then."""
        entries = self.gateway.journal.since(after)
        return any(isinstance(each, Frame) and each.sender == "adapter" and each.fault == "lose" for each in entries)

    async def _reconnected(self, old: object) -> None:
        """Wait until another connection is there. Raises NotConnected."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.patience):
                while self.gateway.links.get(self.account) in (None, old):  # noqa: ASYNC110 - the gateway has no such event
                    await asyncio.sleep(0.02)
                return
        raise NotConnected(f"the adapter did not come back within {self.patience:g} s")

    async def _paid_step(self, step: Step) -> None:
        now = await self.paid()
        if now is None and step.otherwise:
            raise NotApplicable(step.otherwise)
        match step.paid:
            case "answered":
                wanted = sum(self.told.values())
            case "all":
                wanted = self.due_before
            case _:
                wanted = step.paid or 0
        if self.paid_before is None or now is None or now - self.paid_before != wanted:
            self.problems.append(
                f"paidAmount was {self.paid_before} and is {now}; {wanted} more should be paid, and nothing else"
            )

    async def _raw_step(self, step: Step) -> None:
        text = str(self.resolved(step.raw)).replace("FILL", "x" * step.fill)
        link = self.gateway.link(self.account)
        frame = await link.send_raw(text.encode() if step.binary else text)
        answer = await self._answer_to(step, frame.number)
        outcome = "silence" if answer is None else self._outcome(answer)
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

    def _outcome(self, answer: Mapping[str, Any]) -> str:
        code = self.gateway.dialect_of(self.account).outcome(answer).error_code
        return code or ("success" if "result" in answer else "something without a result")

    async def _race_step(self, step: Step) -> None:
        racers: Sequence[Step] = step.race or ()
        exchanges = await asyncio.gather(
            *(self.ask(str(each.ask), self.params(each)) for each in racers), return_exceptions=True
        )
        outcomes = []
        for exchange in exchanges:
            if isinstance(exchange, (NoAnswer, NotConnected)):
                self.problems.append(exchange.message)
            elif isinstance(exchange, BaseException):
                raise exchange
            else:
                outcomes.append(exchange.error_code or "success")
        if step.expect != ("success",) and not come_to(outcomes, step.expect):
            self.problems.append(f"together they were answered {', '.join(outcomes)}, not {', '.join(step.expect)}")
        if step.expect == ("success",) and set(outcomes) != {"success"}:
            self.problems.append(f"together they were answered {', '.join(outcomes)}, not each with success")


def at(value: Any, path: str) -> Any:
    """What stands at a path such as `billItems.0.sessionId`; None where there is nothing."""
    for step in path.split("."):
        if isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        elif isinstance(value, Mapping):
            value = value.get(step)
        else:
            return None
    return value


def come_to(outcomes: Sequence[str], expected: Sequence[str]) -> bool:
    """Whether the outcomes are the expected ones in some order; `a|b` is either."""
    return any(
        len(outcomes) == len(order) and all(one in each.split("|") for one, each in zip(outcomes, order, strict=True))
        for order in itertools.permutations(expected)
    )


def _parsed(data: str | bytes) -> Mapping[str, Any] | None:
    try:
        message = json.loads(data)
    except ValueError:
        return None
    return message if isinstance(message, dict) else None
