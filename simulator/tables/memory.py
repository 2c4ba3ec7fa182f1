"""What an adapter's earlier answers have established, and what of a later one contradicts it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator.judging import Asked, Finding
from simulator.reading import finding, short
from simulator.tables.meaning import bills, plain, sessions

_LOCKS = "lock-session page"
_PAYMENTS = "record-payment page"
_OF_A_LOCK = ("UnlockSession", "RecordPayment")
"""What a session that is locked is there for, whatever has become of it at the till."""


@dataclass(slots=True)
class _Session:
    """What is known of one session; None for what is not known."""

    is_locked: bool | None = None
    refused_at: float | None = None
    """When it was said to be locked of which no answer had told who locked it; None where one has."""
    paid: int | None = None
    """Minor units paid when its bill was seen last, and successful payments recorded since."""
    is_exact: bool = False
    """Whether nobody else can have paid since: the bill was seen under the lock."""
    total: int | None = None
    may_be_over: bool = False
    """Whether what was recorded on it may have paid it in full: a till may then have it no longer."""


@dataclass(slots=True)
class Memory:
    """What is known of one account's EPOS."""

    tables: frozenset[str] | None = None
    """All names, as of the last list without a filter."""
    _sessions: dict[str, _Session] = field(default_factory=dict)
    _payments: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    """What is the same in repeats of a payment, for every payment of an id that was acknowledged."""
    _refused: dict[tuple[Any, ...], float] = field(default_factory=dict)
    """When a payment was said to be recorded already of which no answer had told it."""

    def success(self, asked: Asked, result: Mapping[str, Any]) -> Iterator[Finding]:
        """Hold a well-formed success against what is known, and learn from it."""
        if asked.method == "ListTables" and not asked.params.get("statuses"):
            self.tables = frozenset(table["name"] for table in result["tables"])
        for path, session in sessions(asked.method, result):
            yield from self._table_of(path, session, asked)
        if asked.method == "LockSession":
            yield from self._locked(asked)
        for path, bill in bills(asked.method, result):
            yield from self._paid(path, bill)
        if asked.method == "UnlockSession":
            yield from self._unlocked(asked)
        if asked.method == "RecordPayment":
            yield from self._recorded(asked)

    def failure(self, asked: Asked, code: str, now: float) -> Iterator[Finding]:
        """Hold a documented error against what is known; `now` by the clock of what was asked."""
        path = "$.result.errorCode"
        known = self._of(asked)
        match asked.method, code:
            case "GetTable", "TABLE_NO_SUCH_TABLE" if asked.params.get("name") in (self.tables or ()):
                yield finding("table-denied", path, "this table was in the list of all tables", "get-table page")
            case _, "SESSION_NO_SUCH_SESSION" if known.is_locked and not (
                known.may_be_over and asked.method not in _OF_A_LOCK
            ):
                yield finding("session-denied", path, "this session is locked, so there is one", "get-session page")
            case "UnlockSession" | "RecordPayment", "SESSION_NOT_LOCKED" if known.is_locked:
                yield finding("lock-forgotten", path, "it was locked, and nobody has unlocked it here", _LOCKS)
                known.is_locked = None
            case "LockSession", "SESSION_ALREADY_LOCKED":
                # By somebody else, or by an attempt whose answer was lost or is still to come.
                if not known.is_locked:
                    known.is_locked, known.refused_at = True, now
            case "RecordPayment", "PAYMENT_ALREADY_RECORDED":
                yield from self._denied(path, asked, now)

    def _of(self, asked: Asked) -> _Session:
        payment = asked.params.get("payment")
        holder = payment if asked.method == "RecordPayment" and isinstance(payment, Mapping) else asked.params
        return self._session(holder.get("sessionId"))

    def _session(self, identity: object) -> _Session:
        return self._sessions.setdefault(plain(identity), _Session())

    def _table_of(self, path: str, session: Mapping[str, Any], asked: Asked) -> Iterator[Finding]:
        name = session.get("tableName")
        # The table that a request names was found by the adapter, whatever the list says meanwhile.
        if self.tables is None or name is None or name in self.tables or name in (asked.params.get("tableNames") or ()):
            return
        yield finding(
            "table-unknown",
            f"{path}.tableName",
            f"{short(name)} is in no list of tables",
            "table-intro page: tableName equals a Table.name",
        )

    def _locked(self, asked: Asked) -> Iterator[Finding]:
        known = self._of(asked)
        # Of two that were on the way together, the one that was refused may be answered first.
        was_first = known.refused_at is not None and asked.at < known.refused_at
        if known.is_locked and not was_first:
            yield finding(
                "locked-twice", "$.result", "it was locked already; the answer is SESSION_ALREADY_LOCKED", _LOCKS
            )
        known.is_locked, known.refused_at = True, None
        # Whoever had it before may have recorded payments of which nothing is known here.
        known.is_exact = False

    def _unlocked(self, asked: Asked) -> Iterator[Finding]:
        known = self._of(asked)
        if known.is_locked is False:
            yield finding(
                "unlocked-twice", "$.result", "it was unlocked already; the answer is SESSION_NOT_LOCKED", _LOCKS
            )
        known.is_locked, known.refused_at = False, None
        known.is_exact = False

    def _recorded(self, asked: Asked) -> Iterator[Finding]:
        known = self._of(asked)
        if known.is_locked is False:
            yield finding("paid-unlocked", "$.result", "it is not locked; the answer is SESSION_NOT_LOCKED", _PAYMENTS)
        payment = asked.params.get("payment")
        if not isinstance(payment, Mapping):
            return
        same = _same(payment)
        earlier = self._payments.setdefault(plain(payment.get("id")), [])
        refused = self._refused.pop((plain(payment.get("id")), *same), None)
        if refused is not None and asked.at < refused:
            # Its copy was on the way with it, and its answer has come first.
            return
        if same in earlier:
            yield finding(
                "paid-twice",
                "$.result",
                "this payment was recorded before; the answer is PAYMENT_ALREADY_RECORDED",
                _PAYMENTS,
            )
            return
        earlier.append(same)
        if payment.get("paymentSuccessful") is True:
            self._pays(known, payment)
            if known.paid is not None:
                known.paid += _whole(payment.get("baseAmount"))

    def _pays(self, known: _Session, payment: Mapping[str, Any]) -> None:
        """Note whether nothing may be left to pay with this payment."""
        due = None if known.total is None or known.paid is None else known.total - known.paid
        known.may_be_over = known.may_be_over or due is None or _whole(payment.get("baseAmount")) >= due

    def _denied(self, path: str, asked: Asked, now: float) -> Iterator[Finding]:
        payment = asked.params.get("payment")
        if not isinstance(payment, Mapping):
            return
        earlier = self._payments.setdefault(plain(payment.get("id")), [])
        same = _same(payment)
        if earlier and same not in earlier:
            yield finding(
                "payment-denied",
                path,
                "what was recorded under this id has other amounts or another time, so it is another payment",
                "payment-intro page",
            )
            return
        if not earlier:
            # Recorded by an attempt whose answer was lost or comes later: the bill tells it, this memory cannot.
            known = self._of(asked)
            if payment.get("paymentSuccessful") is True:
                self._pays(known, payment)
            known.paid = None
            earlier.append(same)
            self._refused[plain(payment.get("id")), *same] = now

    def _paid(self, path: str, bill: Mapping[str, Any]) -> Iterator[Finding]:
        known = self._session(bill["sessionId"])
        paid = bill["paidAmount"]
        if known.paid is not None and (paid != known.paid if known.is_exact else paid < known.paid):
            yield finding(
                "paid-amount",
                f"{path}.paidAmount",
                f"{paid} where {known.paid} were paid, by the last bill and what was recorded since",
                "payment-intro page: baseAmount is what pays the items",
            )
        known.paid, known.total = paid, bill["totalAmount"]
        known.may_be_over = known.may_be_over and paid >= known.total
        known.is_exact = known.is_locked is True


def _same(payment: Mapping[str, Any]) -> tuple[Any, ...]:
    """What is equal in a payment and its repeat (payment-intro page: the amounts and attemptedAt)."""
    tips = payment.get("tipsAmount", payment.get("gratuityAmount", 0))
    return (
        plain(payment.get("sessionId")),
        payment.get("currency"),
        payment.get("baseAmount"),
        tips,
        payment.get("cashbackAmount", 0),
        payment.get("paymentSuccessful"),
        payment.get("attemptedAt"),
    )


def _whole(amount: object) -> int:
    return amount if isinstance(amount, int) else 0
