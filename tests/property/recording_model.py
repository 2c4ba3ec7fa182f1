"""What must come of locking, unlocking and paying over both protocols, in plain Python: the documented rules and nothing else.

Written from docs/tables-api.md, docs/epos-data.md and docs/recording.md. Shares no code with the adapter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID, uuid5

LOCK_AGE_LIMIT = 5
"""Minutes, as the adapters of the test are configured."""
LONGEST_LOCK = 60
"""Minutes, as they are configured unless something else is said."""

DONE = "done"
NOT_LOCKED = "SESSION_NOT_LOCKED"
ALREADY_LOCKED = "SESSION_ALREADY_LOCKED"
UNABLE_TO_UNLOCK = "SESSION_UNABLE_TO_UNLOCK"
ALREADY_RECORDED = "PAYMENT_ALREADY_RECORDED"
INTERNAL = "ERROR_INTERNAL_POS_ERROR"
CONFLICT = "Conflict"
UNEXPECTED = "UnexpectedError"
SILENCE = "silence"
"""No answer at all, which is what a payment gets of which nobody knows what became."""

LOCK, UNLOCK, RECORD = "LockSession", "UnlockSession", "RecordPayment"
CREATE, EXTEND, DELETE = "CreateOrderLockV1", "ExtendOrderLockV1", "DeleteOrderLockV1"
PAY = "RecordOrderPaymentByIdV1"

_INTENTS = UUID("0d7b0c0e-5a53-4f7d-9a86-6f0f5f8f4b52")
"""In whose name an intent becomes the id of a payment; it never changes."""
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_TURNS = 3
"""How often a payment is looked at again that somebody else recorded or refused just when it was to be refused."""


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
    intent: str = ""
    lock_id: str = ""
    minutes: int = 0
    """For how long a lock is asked for."""


def paid_under(intent: str, check: int, base: int, tips: int) -> Payment:
    """The payment that the till gets of an intent of the EPOS Data API."""
    return Payment(id=uuid5(_INTENTS, intent), check=check, base=base, tips=tips, attempted_at=_NO_TIME)


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
class OrderLock:
    """What is remembered of a lock of the EPOS Data API."""

    total: int | None
    left: int
    """Minutes until its end, begun ones counted; not above 0 when it has ended."""
    deleted: bool = False


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
    """Whose request last took the lock, or made it longer."""
    shown: str | None = None
    """Whose request took it first, which is what people are told."""
    lock_id: str | None = None
    """Of a lock that ends by itself."""
    age: int = 0
    """Minutes by which its lock was made older."""
    locks: Mapping[str, OrderLock] = field(default_factory=dict)
    """Every lock of the EPOS Data API that the check ever had, or that was deleted before it came."""

    @property
    def has_ended(self) -> bool:
        """Whether its lock has ended by itself."""
        return self.lock_id is not None and self.locks[self.lock_id].left <= 0

    @property
    def can_be_taken_over(self) -> bool:
        """Whether its lock keeps nobody else away."""
        return self.has_ended if self.lock_id is not None else self.age >= LOCK_AGE_LIMIT

    @property
    def order(self) -> str:
        """What is answered of it where the whole order is."""
        return f"order of {self.total}, {self.paid} paid"

    def held_by(self, terminal: str, lock_id: str | None = None) -> Check:
        """The check with a new lock."""
        return replace(self, holder=terminal, shown=terminal, lock_id=lock_id, age=0)

    def freed(self) -> Check:
        """The check without its lock."""
        return replace(self, holder=None, shown=None, lock_id=None, age=0)

    def remembering(self, lock_id: str, lock: OrderLock) -> Check:
        """The check with another end, or deletion, of a lock."""
        return replace(self, locks={**self.locks, lock_id: lock})

    def later(self, minutes: int) -> Check:
        """The check so many minutes on, as far as locks are concerned that end by themselves."""
        return replace(self, locks={key: replace(one, left=one.left - minutes) for key, one in self.locks.items()})

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
    refused: frozenset[str] = frozenset()
    """Intents whose payment was refused, for good."""
    intents: frozenset[str] = frozenset()
    """Intents whose payment was recorded."""
    taken_over: int = 0
    """Locks that were released for their age, at their end, or because nobody heard of them."""

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
            case "RecordPayment":
                return *self._record(request, again=again), released
            case "CreateOrderLockV1":
                return *self._create(request, again=again), released
            case "ExtendOrderLockV1":
                return *self._extend(request), released
            case _:
                return *self._delete(request), released

    def give_back(self, request: Request) -> Model:
        """The restaurant after the lock of a request that nobody hears of, if it took one, was given back."""
        check = self.checks[request.check]
        if check.holder != request.terminal:
            return self
        return self.with_check(request.check, check.freed(), taken_over=self.taken_over + 1)

    def sweep(self) -> Model:
        """The restaurant after the locks that have ended were released."""
        ended = {number: check.freed() for number, check in self.checks.items() if check.has_ended}
        return replace(self, checks={**self.checks, **ended}, taken_over=self.taken_over + len(ended))

    def _lock(self, request: Request, *, again: bool) -> tuple[str, Model]:
        check = self.checks[request.check]
        bill = f"bill of {check.total}, {check.paid} paid"
        if check.holder == request.terminal:
            return bill, self  # it took it in a run that was not heard of
        if check.holder is not None and not check.can_be_taken_over:
            return ALREADY_LOCKED, self
        if again:
            return INTERNAL, self  # it may have been given back meanwhile: taken now, it would be nobody's
        held = check.held_by(request.terminal)
        return bill, self.with_check(request.check, held, taken_over=self.taken_over + (check.holder is not None))

    def _unlock(self, request: Request, *, again: bool, released: frozenset[str]) -> tuple[str, Model, frozenset[str]]:
        check = self.checks[request.check]
        if again and check.holder not in released:
            return DONE, self, released  # released meanwhile, and whoever holds it now holds it rightly
        if check.holder is None or check.has_ended:
            return NOT_LOCKED, self, released
        if check.lock_id is not None:
            return UNABLE_TO_UNLOCK, self, released
        return DONE, self.with_check(request.check, check.freed()), released | {check.holder}

    def _record(self, request: Request, *, again: bool) -> tuple[str, Model]:
        payment, check = request.payment, self.checks[request.check]
        assert payment is not None
        known = self.recorded.get(payment)
        if known is not None and again and known.terminal == request.terminal:
            return DONE, self
        if known is not None and self.acknowledges_duplicates_first:
            return ALREADY_RECORDED, self
        if check.holder is None or check.has_ended:
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

    def _create(self, request: Request, *, again: bool) -> tuple[str, Model]:
        check, known = self.checks[request.check], self.checks[request.check].locks.get(request.lock_id)
        if known is not None and known.deleted:
            return CONFLICT, self
        is_own = check.lock_id == request.lock_id
        if check.holder is not None and not is_own and not check.can_be_taken_over:
            return CONFLICT, self
        if again and not is_own:
            return UNEXPECTED, self  # as with LockSession
        left = min(request.minutes, LONGEST_LOCK)
        if is_own and known is not None:
            lock = OrderLock(total=check.total, left=max(known.left, left))
            longer = replace(check, holder=request.terminal).remembering(request.lock_id, lock)
            return check.order, self.with_check(request.check, longer)
        held = check.held_by(request.terminal, request.lock_id)
        held = held.remembering(request.lock_id, OrderLock(total=check.total, left=left))
        taken_over = self.taken_over + (check.holder is not None)
        return check.order, self.with_check(request.check, held, taken_over=taken_over)

    def _extend(self, request: Request) -> tuple[str, Model]:
        check = self.checks[request.check]
        if check.lock_id != request.lock_id or check.has_ended:
            return CONFLICT, self
        known = check.locks[request.lock_id]
        lock = replace(known, left=max(known.left, min(request.minutes, LONGEST_LOCK)))
        longer = replace(check, holder=request.terminal).remembering(request.lock_id, lock)
        return DONE, self.with_check(request.check, longer)

    def _delete(self, request: Request) -> tuple[str, Model]:
        check = self.checks[request.check]
        freed = check.freed() if check.lock_id == request.lock_id else check
        known = check.locks.get(request.lock_id) or OrderLock(total=None, left=0)
        return check.order, self.with_check(
            request.check, freed.remembering(request.lock_id, replace(known, deleted=True))
        )

    def pay(self, request: Request) -> tuple[str, Model] | None:
        """What comes of a payment over the EPOS Data API; None where it is to be refused for good, before that is told."""
        payment, check = request.payment, self.checks[request.check]
        assert payment is not None
        if payment in self.recorded:
            return check.order, self
        if request.intent in self.intents | self.refused:
            return CONFLICT, self
        if check.holder is not None and not check.can_be_taken_over:
            is_kept_away = check.lock_id is None or request.lock_id not in ("", check.lock_id)
        else:
            remembered = check.locks.get(request.lock_id)
            is_kept_away = remembered is not None and remembered.total != check.total
        if is_kept_away or check.stored["settled"] or payment.base > check.total - check.paid:
            return None
        kept = Kept(terminal=request.terminal, over_payment=False, conflict=False)
        after = self.with_check(
            request.check,
            check.pay(payment.base),
            recorded={**self.recorded, payment: kept},
            intents=self.intents | {request.intent},
        )
        return after.checks[request.check].order, after

    def refuse(self, request: Request) -> Model | None:
        """The restaurant after a payment was refused for good; None where it was recorded or refused meanwhile."""
        if request.intent in self.intents | self.refused:
            return None
        return replace(self, refused=self.refused | {request.intent})

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
    def locks(self) -> dict[int, tuple[str | None, str | None]]:
        """The rows that must be in `session_lock`, each with the id that belongs to it."""
        return {
            number: (check.shown, check.lock_id) for number, check in self.checks.items() if check.holder is not None
        }

    @property
    def order_locks(self) -> dict[tuple[int, str], OrderLock]:
        """The rows that must be in `order_lock`."""
        return {(number, key): lock for number, check in self.checks.items() for key, lock in check.locks.items()}

    @property
    def answered_for_good(self) -> dict[str, bool]:
        """The rows that must be in `payment_intent`: whether the payment was refused."""
        return {intent: intent in self.refused for intent in self.intents | self.refused}

    @property
    def rows(self) -> dict[int, dict[str, Any]]:
        """The rows that must be in `ticket`."""
        return {number: check.row for number, check in self.checks.items()}


@dataclass(frozen=True, kw_only=True)
class _Way:
    """How far a request has come."""

    runs: tuple[Run, ...]
    """Those that are to come."""
    released: frozenset[str] = frozenset()
    """Whose locks it has tried to release."""
    refuses: bool = False
    """Whether it is about to keep that its payment is refused."""
    turns: int = 1


def explanations(model: Model, sent: Sequence[Sent]) -> Iterator[Model]:
    """Every restaurant that these requests, sent at the same time, may leave behind given their answers.

    The check's row is held during a run, so runs happen one after the other, in any order that keeps each request's own.
    """
    yield from _explanations(model, sent, tuple(_Way(runs=one.runs) for one in sent))


def _explanations(model: Model, sent: Sequence[Sent], ways: tuple[_Way, ...]) -> Iterator[Model]:
    if not any(way.runs for way in ways):
        yield model
    for place, (one, way) in enumerate(zip(sent, ways, strict=True)):
        if way.runs:
            for after, further in _steps(model, one, way):
                yield from _explanations(after, sent, (*ways[:place], further, *ways[place + 1 :]))


def _steps(model: Model, one: Sent, way: _Way) -> Iterator[tuple[Model, _Way]]:
    """What a request may do next, and the restaurant after it."""
    run, further = way.runs[0], replace(way, runs=way.runs[1:])
    if run is Run.GIVEN_BACK:
        yield model.give_back(one.request), further
    elif one.request.method == PAY:
        yield from _steps_of_payment(model, one, way)
    else:
        answer, after, tried = model.run(one.request, again=len(way.runs) < len(one.runs), released=way.released)
        if _fits(one, run, answer):
            yield model if run is Run.UNDONE else after, replace(further, released=tried)


def _steps_of_payment(model: Model, one: Sent, way: _Way) -> Iterator[tuple[Model, _Way]]:
    """A payment over the EPOS Data API is recorded in one transaction, or refused in one that follows.

    What others do meanwhile comes between the two.
    """
    run, further = way.runs[0], replace(way, runs=way.runs[1:])
    if not way.refuses:
        found = model.pay(one.request)
        if found is None:
            yield model, replace(way, refuses=True)
        elif _fits(one, run, found[0]):
            yield model if run is Run.UNDONE else found[1], further
        return
    after = model.refuse(one.request)
    if after is None and run is Run.LAST and way.turns < _MOST_TURNS:
        yield model, replace(way, refuses=False, turns=way.turns + 1)
    elif run is not Run.LAST or one.answer in (None, CONFLICT):
        yield model if run is Run.UNDONE or after is None else after, further


def _fits(one: Sent, run: Run, answer: str) -> bool:
    """Whether a run may have ended so: what comes as far as COMMIT is no error."""
    return one.answer in (None, answer) if run is Run.LAST else answer.startswith((DONE, "bill", "order"))


def pounds(pence: int) -> Decimal:
    """An amount as its column holds it."""
    return Decimal(pence) / 100
