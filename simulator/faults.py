"""What can be made to go wrong on purpose, between a gateway and its adapters. Planned for a frame to come, or at once."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from simulator.errors import SimulatorError
from simulator.journal import Journal
from simulator.process import Process

Kind = Literal["drop", "delay", "duplicate", "reorder", "lose", "rubbish", "kill"]
Moment = Literal["request", "sent", "answer"]
"""In place of writing a request; right after it was written; when its answer has come and is not yet handed over."""

KINDS: Mapping[Kind, tuple[str, tuple[Moment, ...]]] = {
    "drop": ("The connection breaks without a goodbye", ("sent", "request", "answer")),
    "delay": ("The request is written, or its answer handed over, some milliseconds later", ("request", "answer")),
    "duplicate": ("The request is written twice, with one id", ("request",)),
    "reorder": ("The request waits until the next one has overtaken it, for some milliseconds at most", ("request",)),
    "lose": ("The answer, or the request, is lost, and the connection stays", ("answer", "request")),
    "rubbish": ("Something that is no request is written before the request", ("request",)),
    "kill": ("The adapter's process is killed, and started again if the simulator started it", ("sent", "answer")),
}
"""What each does and at which moments it can happen, the usual one first."""

RUBBISH: Mapping[str, str | bytes] = {
    "not-json": "this is not JSON",
    "empty": "",
    "cut": '{"jsonrpc": "2.0", "id": "rubbish", "method": "ListTa',
    "list": "[1, 2, 3]",
    "no-method": '{"jsonrpc": "2.0", "id": "rubbish"}',
    "odd-id": '{"jsonrpc": "2.0", "id": {"rub": "bish"}, "method": "ListTables", "params": {}}',
    "odd-params": '{"jsonrpc": "2.0", "id": "rubbish", "method": "ListTables", "params": [7]}',
    "nested": "[" * 5000 + "]" * 5000,
    "binary": b"\x00\xff\x00\xff",
    "not-utf-8": b'{"jsonrpc": "2.0", "id": "rubbish-\xff\xfe"}',
}
"""Frames that are no requests; bytes go as binary frames, but not-utf-8 as a text frame."""
DELAY = 1000.0
"""Milliseconds of a delay, and that a reordered request waits, where nobody says how long."""
_MOST = 1000
"""Faults that may be planned at once."""


class WrongFault(SimulatorError):
    """There is no such fault."""


@dataclass(slots=True, kw_only=True)
class Fault:
    """Something that is planned to go wrong."""

    number: int
    kind: Kind
    at: Moment
    account: str | None
    """Of whom; None for everybody."""
    method: str | None
    """At which operation; None for any."""
    left: int | None
    """How many times more; None until it is taken back."""
    milliseconds: float
    what: str
    """Which rubbish."""
    done: int = 0
    """How many times it has happened."""

    def meets(self, at: Moment, account: str, method: str) -> bool:
        """Whether it happens now."""
        return self.at == at and self.left != 0 and self.account in (None, account) and self.method in (None, method)


class Faults:
    """The faults of one gateway."""

    def __init__(self, journal: Journal, process: Process, break_off: Callable[[str], None]) -> None:
        """`process` is the adapter's, `break_off` breaks an account's connection and raises NotConnected."""
        self._journal = journal
        self._process = process
        self._break_off = break_off
        self._numbers = itertools.count(1)
        self._planned: dict[int, Fault] = {}

    def plan(
        self,
        kind: Kind,
        *,
        at: Moment | None = None,
        account: str | None = None,
        method: str | None = None,
        times: int | None = 1,
        milliseconds: float = DELAY,
        what: str = "not-json",
    ) -> Fault:
        """Have it happen to the next request that meets, `times` times, or until it is taken back without a number.

        Without `at`, at the usual moment of its kind. Raises WrongFault for what makes no sense.
        """
        at = at or (KINDS[kind][1][0] if kind in KINDS else "request")
        _check(kind, at, times, milliseconds, what)
        if kind == "kill":
            self._process.check()
        if len(self._planned) >= _MOST:
            raise WrongFault(f"{_MOST} faults are planned already", hint="take some back")
        fault = Fault(
            number=next(self._numbers),
            kind=kind,
            at=at,
            account=account,
            method=method,
            left=times,
            milliseconds=milliseconds,
            what=what,
        )
        self._planned[fault.number] = fault
        return fault

    @property
    def can_kill(self) -> bool:
        """Whether the adapter's process is known."""
        return self._process.is_known

    def drop(self, account: str) -> None:
        """Break the connection of this account now, without a goodbye. Raises NotConnected."""
        self._break_off(account)
        self._journal.add_note("fault", "the connection was broken on purpose", account=account)

    def kill(self, *, milliseconds: float = 0.0) -> None:
        """Kill the adapter's process now; one that was started here is started again after so many milliseconds.

        Raises SimulatorError where no process is known.
        """
        self._process.kill(start_again_after=milliseconds / 1000)
        self._journal.add_note("fault", "the adapter's process was killed on purpose")

    @property
    def planned(self) -> Iterator[Fault]:
        """What is still to happen, in the order it was planned."""
        return iter(list(self._planned.values()))

    def cancel(self, number: int) -> None:
        """Take one back. Raises WrongFault where there is none of this number."""
        if self._planned.pop(number, None) is None:
            raise WrongFault(f"no fault {number} is planned", hint="it never was, or it has happened")

    def clear(self) -> None:
        """Take all back."""
        self._planned.clear()

    def take(self, at: Moment, account: str, method: str) -> Fault | None:
        """What is to happen now; counts it as having happened."""
        found = next((fault for fault in self._planned.values() if fault.meets(at, account, method)), None)
        if found is None:
            return None
        found.done += 1
        if found.left is not None:
            found.left -= 1
            if not found.left:
                del self._planned[found.number]
        self._journal.add_note("fault", f"{found.kind} at the {at} of {method or 'a frame'}", account=account)
        return found


def _check(kind: Kind, at: Moment, times: int | None, milliseconds: float, what: str) -> None:
    if kind not in KINDS:
        raise WrongFault(f"there is no fault {kind}", hint=f"known: {', '.join(KINDS)}")
    moments = KINDS[kind][1]
    if at not in moments:
        raise WrongFault(f"{kind} cannot happen at {at}", hint=f"it can at: {', '.join(moments)}")
    if times is not None and times < 1:
        raise WrongFault("a fault that happens less than once is none")
    if not 0 <= milliseconds <= 600_000:
        raise WrongFault("milliseconds are from 0 to 600000")
    if what not in RUBBISH:
        raise WrongFault(f"there is no rubbish {what}", hint=f"known: {', '.join(RUBBISH)}")
