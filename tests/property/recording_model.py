"""What must come of locking, unlocking and paying, in plain Python: the documented rules and nothing else.

Written from docs/tables-api.md and docs/recording.md. Shares no code with the adapter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

LOCK_AGE_LIMIT = 5
"""Minutes, as the adapters of the test are configured."""

DONE = "done"
NOT_LOCKED = "SESSION_NOT_LOCKED"
ALREADY_LOCKED = "SESSION_ALREADY_LOCKED"
ALREADY_RECORDED = "PAYMENT_ALREADY_RECORDED"
INTERNAL = "ERROR_INTERNAL_POS_ERROR"


@dataclass(frozen=True, kw_only=True)
class Payment:
    """One attempt to pay. All its members together are what makes two reports the same payment."""

    id: UUID
    check: int
    base: int
    tips: int = 0
    cashback: int = 0
    successful: bool = True
    attempted_at: datetime


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a terminal asks; every request comes from a terminal of its own, which tells whose doing something is."""

    method: str
    check: int
    terminal: str
    payment: Payment | None = None


class Run(Enum):
    """What became of one run of a request's transaction."""

    UNDONE = "COMMIT never reached the server"
    UNHEARD = "committed, but the adapter did not hear so"
    LAST = "the run that was answered"
    GIVEN_BACK = "the lock that nobody hears of is given back"


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A request, and what was seen of it."""

    request: Request
    runs: tuple[Run, ...]
    """Those that came as far as COMMIT, and the last one."""
    answer: str | None
    """None where nobody was there any more to be answered."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """A check. Amounts are in pence, `stored` is its row as it must be found."""

    total: int
    paid: int
    closes: bool
    """Whether this kind of order closes when it is paid."""
    stored: Mapping[str, Any]
    payments: int = 0
    changes: int = 0
    """How often the till has changed it."""
    holder: str | None = None
    age: int = 0
    """Minutes by which its lock was made older."""

    @property
    def due(self) -> int:
        return max(self.total - self.paid, 0)

    @property
    def row(self) -> dict[str, Any]:
        """The row as it must be found, its version moved by whatever changed it."""
        return {**self.stored, "version_no": self.stored["version_no"] + self.payments + self.changes}

    def pay(self, base: int) -> Check:
        """The check after a successful payment."""
        paid = self.paid + base
        is_paid = paid >= self.total
        closed = {"settled": True, "closed": True} if is_paid and self.closes else {}
        stored = {
            "paid_amount": pounds(paid),
            "due_amount": pounds(max(self.total - paid, 0)),
            "paid": is_paid,
            **closed,
        }
        return replace(self, paid=paid, payments=self.payments + 1, stored={**self.stored, **stored})

    def older(self, minutes: int) -> Check:
        """The check with a lock that is older by so much."""
        return replace(self, age=self.age + minutes)

    def add(self, pence: int) -> Check:
        """The check after the till has added a line, as the till itself writes it."""
        total = self.total + pence
        stored = {"due_amount": pounds(max(total - self.paid, 0)), "paid": self.paid >= total}
        return replace(self, total=total, changes=self.changes + 1, stored={**self.stored, **stored})


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What the ledger must say of a payment beside the payment itself."""

    terminal: str
    over_payment: bool
    conflict: bool


@dataclass(frozen=True, kw_only=True)
class Model:
    """The restaurant as it must be; never changed, only followed by another."""

    acknowledges_duplicates_first: bool
    checks: Mapping[int, Check]
    recorded: Mapping[Payment, Kept] = field(default_factory=dict)
    """Every payment, declined ones too."""
    taken_over: int = 0
    """Locks that were released for their age, or because nobody heard of them."""

    def with_check(self, number: int, check: Check, **changes: Any) -> Model:
        return replace(self, checks={**self.checks, number: check}, **changes)

    def run(self, request: Request, *, again: bool, released: frozenset[str]) -> tuple[str, Model, frozenset[str]]:
        """One run of a request: the answer, the restaurant after it, and whose locks the request has tried to release.

        `again`: the outcome of an earlier run of it was not heard.
        """
        match request.method:
            case "LockSession":
                return *self._lock(request, again=again), released
            case "UnlockSession":
                return self._unlock(request, again=again, released=released)
            case _:
                return *self._record(request, again=again), released

    def give_back(self, request: Request) -> Model:
        """The restaurant after the lock of a request that nobody hears of, if it took one, was given back."""
        check = self.checks[request.check]
        if check.holder != request.terminal:
            return self
        freed = replace(check, holder=None, age=0)
        return self.with_check(request.check, freed, taken_over=self.taken_over + 1)

    def _lock(self, request: Request, *, again: bool) -> tuple[str, Model]:
        check = self.checks[request.check]
        bill = f"bill of {check.total}, {check.paid} paid"
        if check.holder == request.terminal:
            return bill, self  # it took it in a run that was not heard of
        if check.holder is not None and check.age < LOCK_AGE_LIMIT:
            return ALREADY_LOCKED, self
        if again:
            return INTERNAL, self  # it may have been given back meanwhile: taken now, it would be nobody's
        held = replace(check, holder=request.terminal, age=0)
        return bill, self.with_check(request.check, held, taken_over=self.taken_over + (check.holder is not None))

    def _unlock(self, request: Request, *, again: bool, released: frozenset[str]) -> tuple[str, Model, frozenset[str]]:
        check = self.checks[request.check]
        if again and check.holder not in released:
            return DONE, self, released  # released meanwhile, and whoever holds it now holds it rightly
        if check.holder is None:
            return NOT_LOCKED, self, released
        freed = replace(check, holder=None, age=0)
        return DONE, self.with_check(request.check, freed), released | {check.holder}

    def _record(self, request: Request, *, again: bool) -> tuple[str, Model]:
        payment, check = request.payment, self.checks[request.check]
        assert payment is not None
        known = self.recorded.get(payment)
        if known is not None and again and known.terminal == request.terminal:
            return DONE, self
        if known is not None and self.acknowledges_duplicates_first:
            return ALREADY_RECORDED, self
        if check.holder is None:
            return NOT_LOCKED, self
        if known is not None:
            return ALREADY_RECORDED, self
        kept = Kept(
            terminal=request.terminal,
            over_payment=payment.successful and payment.base > check.due,
            conflict=any(other.id == payment.id for other in self.recorded),
        )
        paid = check.pay(payment.base) if payment.successful else check
        return DONE, self.with_check(request.check, paid, recorded={**self.recorded, payment: kept})

    @property
    def entered(self) -> Counter[tuple[Any, ...]]:
        """The rows that must have come to `transactions`, each exactly once."""
        return Counter(
            (str(payment.id), payment.check, pounds(payment.base), pounds(payment.tips), pounds(payment.base))
            for payment in self.recorded
            if payment.successful
        )

    @property
    def kept(self) -> Counter[tuple[Payment, Kept]]:
        """The rows that must be in `recorded_payment`."""
        return Counter(self.recorded.items())

    @property
    def locks(self) -> dict[int, str]:
        """The rows that must be in `session_lock`."""
        return {number: check.holder for number, check in self.checks.items() if check.holder is not None}

    @property
    def rows(self) -> dict[int, dict[str, Any]]:
        """The rows that must be in `ticket`."""
        return {number: check.row for number, check in self.checks.items()}


def explanations(model: Model, sent: Sequence[Sent]) -> Iterator[Model]:
    """Every restaurant that these requests, sent at the same time, may leave behind given their answers.

    The check's row is held during a run, so runs happen one after the other, in any order that keeps each request's own.
    """
    started = tuple(one.runs for one in sent)
    yield from _explanations(model, sent, started, tuple(frozenset[str]() for _ in sent))


def _explanations(
    model: Model, sent: Sequence[Sent], left: tuple[tuple[Run, ...], ...], released: tuple[frozenset[str], ...]
) -> Iterator[Model]:
    if not any(left):
        yield model
    for place, (one, runs) in enumerate(zip(sent, left, strict=True)):
        if not runs:
            continue
        if runs[0] is Run.GIVEN_BACK:
            yield from _explanations(
                model.give_back(one.request), sent, (*left[:place], runs[1:], *left[place + 1 :]), released
            )
            continue
        answer, after, tried = model.run(one.request, again=len(runs) < len(one.runs), released=released[place])
        fits = one.answer in (None, answer) if runs[0] is Run.LAST else _changes(answer)
        if fits:
            yield from _explanations(
                model if runs[0] is Run.UNDONE else after,
                sent,
                (*left[:place], runs[1:], *left[place + 1 :]),
                (*released[:place], tried, *released[place + 1 :]),
            )


def _changes(answer: str) -> bool:
    """Whether a run with this answer comes as far as COMMIT."""
    return answer == DONE or answer.startswith("bill")


def pounds(pence: int) -> Decimal:
    """An amount as its column holds it."""
    return Decimal(pence) / 100
