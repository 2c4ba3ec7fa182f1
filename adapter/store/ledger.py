"""Our own tables beside those of the EPOS: who has locked a session, and which payments were recorded.

Kept in the EPOS's database, so that they change in the same transaction as its own rows. The only file that knows them.
"""

from __future__ import annotations

from uuid import UUID

from msgspec import Struct
from sqlglot import exp

from adapter.domain.payments import Kept, Lock, Payment, Recorded
from adapter.domain.requests import Requestor
from adapter.errors import AlreadyLocked, PaymentAlreadyRecorded
from adapter.mapping.engines import POSTGRESQL, Engine
from adapter.mapping.plans import Plan
from adapter.mapping.readings import moment_in_utc
from adapter.store.flagged import FlaggedRow, flagged_row, uuid_of
from adapter.store.ledger_tables import TABLES, VERSION, creation
from adapter.store.order_ledger import ONCE as ORDER_ONCE
from adapter.store.order_ledger import STATEMENTS as ORDER_STATEMENTS
from adapter.store.order_ledger import OrderLedger, lock_in
from adapter.store.units import Reader, Writer

__all__ = ["VERSION", "Ledger", "LockRow"]

_WEEK = 7 * 24 * 3600.0
_MOST_FLAGGED = 20

_STATEMENTS = {
    "exists": "{exists}",
    "version": "SELECT max(version) FROM {ledger}",
    "lock_of": """\
SELECT l.token, l.locked_at, l.terminal, l.waiter, o.lock_id, o.expires_at, o.total, o.deleted
FROM {session_lock} l LEFT JOIN {order_lock} o ON o.session_id = l.session_id AND o.token = l.token
WHERE l.session_id = :session_id""",
    "lock": """\
INSERT INTO {session_lock} (session_id, token, terminal, waiter)
VALUES (:session_id, :token, :terminal, :waiter){once}""",
    "release": "DELETE FROM {session_lock} WHERE session_id = :session_id",
    "audit": """\
INSERT INTO {released_lock} (session_id, locked_at, terminal, waiter, released_by, reason)
VALUES (:session_id, :locked_at, :terminal, :waiter, :released_by, :reason)""",
    "payments": """\
SELECT session_id, currency, base, tips, cashback, successful, attempted_at, token, over_payment, conflict
FROM {recorded_payment} WHERE payment_id = :payment_id""",
    "knows": "{knows}",
    "keep": """\
INSERT INTO {recorded_payment} (
  payment_id, token, session_id, currency, base, tips, cashback, successful, attempted_at, over_payment, conflict,
  terminal, waiter, method, status, scheme, auth_code, acquirer_transaction_id)
VALUES (
  :payment_id, :token, :session_id, :currency, :base, :tips, :cashback, :successful, :attempted_at, :over_payment, :conflict,
  :terminal, :waiter, :method, :status, :scheme, :auth_code, :acquirer_transaction_id){once}""",
    "recent": """\
SELECT number, payment_id, session_id, currency, base, tips, cashback, attempted_at, conflict
FROM {recorded_payment}
WHERE {is_set} AND missing_since IS NULL AND {recently}
ORDER BY number""",
    "missing": """\
UPDATE {recorded_payment} SET missing_since = {clock}
WHERE number = :number AND missing_since IS NULL""",
    # The latest rows by their numbers, so that years of payments need not be read.
    "flagged": """\
SELECT p.payment_id, session_id, recorded_at, over_payment, conflict, missing_since, successful, status, i.intent
FROM {recorded_payment} p LEFT JOIN {payment_intent} i ON i.payment_id = p.payment_id
WHERE number > (SELECT max(number) FROM {recorded_payment}) - 5000
  AND {recently}
  AND ({is_over} OR {is_conflict} OR missing_since IS NOT NULL OR (NOT ({is_set}) AND status = 'UNKNOWN'))
ORDER BY number DESC""",
    "locks": """\
SELECT l.session_id, l.token, l.locked_at, l.terminal, l.waiter, o.lock_id, o.expires_at, o.total, o.deleted,
  {age},
  (SELECT count(*) FROM {recorded_payment} p
    WHERE p.session_id = l.session_id AND p.recorded_at >= l.locked_at)
FROM {session_lock} l LEFT JOIN {order_lock} o ON o.session_id = l.session_id AND o.token = l.token
ORDER BY l.locked_at""",
    **ORDER_STATEMENTS,
}
_ONCE = frozenset({"keep", "lock"}) | ORDER_ONCE


class LockRow(Struct, frozen=True, kw_only=True):
    """A lock as `epos-adapter locks` lists it."""

    session_id: UUID
    lock: Lock
    seconds: float
    """Its age."""
    payments: int
    """Recorded on the session since it was locked."""


class Ledger:
    """The statements of one ledger."""

    def __init__(self, schema: str, engine: Engine = POSTGRESQL) -> None:
        """`schema` is a plain name; the configuration allows no other.

        Where a database has no schemas, or is one, the tables stand among the EPOS's own, and their names begin with it.
        """
        self.schema = schema
        self._engine = engine
        self._plans = {name: self.made(name, text, once=name in _ONCE) for name, text in _STATEMENTS.items()}
        self.orders = OrderLedger(self._plans)
        """What only the EPOS Data API writes."""

    @property
    def place(self) -> str:
        """Where its tables are, for messages."""
        return f"in schema {self.schema}" if self._engine.schemas else f"(their names begin with {self.schema}_)"

    def plan(self, name: str) -> Plan:
        """One of its statements."""
        return self._plans[name]

    def plans(self, *, verify: bool) -> list[Plan]:
        """Every statement that an installation runs; some only where payments are looked after."""
        return [plan for name, plan in self._plans.items() if verify or name not in ("recent", "missing")]

    def creation(self) -> tuple[str, ...]:
        """The statements that make the ledger; run again they change nothing."""
        return creation(self.schema, self._engine)

    def creation_plans(self) -> list[Plan]:
        """The same, ready to run."""
        plans = []
        for text in self.creation():
            driver, names = self._engine.driver(text)
            plans.append(Plan(name="ledger.create", shown=text, driver=driver, names=names, branches=()))
        return plans

    def made(self, name: str, text: str, *, once: bool = False) -> Plan:
        """A statement, whose tables and words of the engine stand in braces; `once` where a row may be there already."""
        words = self._engine.ledger
        filled = text.format(
            **{table: self._engine.table(self.schema, table) for table in TABLES},
            age=words.age.format(moment="l.locked_at"),
            clock=words.clock,
            exists=words.exists,
            has_ended=f"{words.age.format(moment='o.expires_at')} >= 0",
            is_one=self._is_one("payment_id", "ids"),
            lately=words.recently.format(moment="expires_at"),
            knows=words.one_row.format(
                what=f"1 FROM {self._engine.table(self.schema, 'recorded_payment')} WHERE session_id = :session_id"
            ),
            once=words.once,
            recently=words.recently.format(moment="recorded_at"),
            renewed=words.recently.format(moment="renewed_at"),
            renewed_age=words.age.format(moment="renewed_at"),
            is_conflict=words.is_set.format(flag="conflict"),
            is_over=words.is_set.format(flag="over_payment"),
            is_set=words.is_set.format(flag="successful"),
        )
        driver, names = self._engine.driver(self._engine.marked(filled))
        return Plan(name=f"ledger.{name}", shown=filled, driver=driver, names=names, branches=(), once=once)

    def _is_one(self, column: str, name: str) -> str:
        """A condition: a column has one of the values of a list."""
        test = self._engine.one_of([exp.column(column)], [name])
        return self._engine.shown_text(self._engine.text(test, pretty=False))

    def version(self, hands: Reader) -> int | None:
        """The version of the tables that are there; None when there are none."""
        if not hands.rows(self._plans["exists"], {"name": self._engine.table(self.schema, "ledger")})[0][0]:
            return None
        found: int | None = hands.rows(self._plans["version"], {})[0][0]
        return found

    def look(self, hands: Reader) -> None:
        """Look into the tables that every lock and payment is looked up in; raises what the driver does where it may not."""
        nobody = UUID(int=0)
        self.lock_of(hands, nobody)
        self.payments(hands, nobody)
        self.orders.look(hands, nobody)

    def lock_of(self, hands: Reader, session_id: UUID) -> Lock | None:
        """Who has locked a session."""
        for row in hands.rows(self._plans["lock_of"], {"session_id": session_id}):
            return lock_in(row)
        return None

    def lock(self, hands: Writer, session_id: UUID, token: UUID, requestor: Requestor) -> None:
        """Lock a session; raises AlreadyLocked when somebody was faster."""
        values = {
            "session_id": session_id,
            "token": token,
            "terminal": requestor.terminal_id,
            "waiter": requestor.waiter_id,
        }
        touched, _ = hands.change(self._plans["lock"], values)
        if not touched:
            raise AlreadyLocked("another card machine locked this session a moment ago")

    def release(self, hands: Writer, session_id: UUID) -> bool:
        """Forget a lock; whether there was one."""
        touched, _ = hands.change(self._plans["release"], {"session_id": session_id})
        return touched > 0

    def audit(self, hands: Writer, session_id: UUID, held: Lock, *, by: str, reason: str) -> None:
        """Keep who released somebody else's lock, and why."""
        values = {
            "session_id": session_id,
            "locked_at": held.locked_at,
            "terminal": held.terminal,
            "waiter": held.waiter,
            "released_by": by,
            "reason": reason,
        }
        hands.change(self._plans["audit"], values)

    def payments(self, hands: Reader, payment_id: UUID) -> list[Kept]:
        """The payments that were kept under an id."""
        return [
            Kept(
                payment=Payment(
                    id=payment_id,
                    session_id=uuid_of(session_id),
                    currency=currency,
                    base=base,
                    tips=tips,
                    cashback=cashback,
                    successful=bool(successful),
                    attempted_at=moment_in_utc(attempted_at),
                ),
                token=uuid_of(token),
                flags=Recorded(over_payment=bool(over_payment), conflict=bool(conflict)),
            )
            for (
                session_id,
                currency,
                base,
                tips,
                cashback,
                successful,
                attempted_at,
                token,
                over_payment,
                conflict,
            ) in hands.rows(self._plans["payments"], {"payment_id": payment_id})
        ]

    def knows(self, hands: Reader, session_id: UUID) -> bool:
        """Whether anything was ever paid on a session."""
        return bool(hands.rows(self._plans["knows"], {"session_id": session_id}))

    def keep(self, hands: Writer, kept: Kept, requestor: Requestor) -> None:
        """Keep a payment; raises PaymentAlreadyRecorded when somebody was faster with the very same."""
        payment, flags, details = kept.payment, kept.flags, kept.payment.details
        values = {
            "payment_id": payment.id,
            "token": kept.token,
            "session_id": payment.session_id,
            "currency": payment.currency,
            "base": payment.base,
            "tips": payment.tips,
            "cashback": payment.cashback,
            "successful": payment.successful,
            "attempted_at": payment.attempted_at,
            "over_payment": flags.over_payment,
            "conflict": flags.conflict,
            "terminal": requestor.terminal_id,
            "waiter": payment.waiter_id,
            "method": details.method or None,
            "status": details.status or None,
            "scheme": details.scheme or None,
            "auth_code": details.auth_code or None,
            "acquirer_transaction_id": details.acquirer_transaction_id or None,
        }
        touched, _ = hands.change(self._plans["keep"], values)
        if not touched:
            raise PaymentAlreadyRecorded("this payment was recorded a moment ago")

    def recent(self, hands: Reader, seconds: float) -> list[tuple[int, Payment, Recorded]]:
        """The payments of the last so many seconds that were not found missing yet, with the numbers of their rows."""
        return [
            (
                number,
                Payment(
                    id=uuid_of(payment_id),
                    session_id=uuid_of(session_id),
                    currency=currency,
                    base=base,
                    tips=tips,
                    cashback=cashback,
                    successful=True,
                    attempted_at=moment_in_utc(attempted_at),
                ),
                Recorded(conflict=bool(conflict)),
            )
            for number, payment_id, session_id, currency, base, tips, cashback, attempted_at, conflict in hands.rows(
                self._plans["recent"], {"seconds": seconds}
            )
        ]

    def missing(self, hands: Writer, number: int) -> bool:
        """Note that a payment is gone from the EPOS; whether nobody had noted it before."""
        touched, _ = hands.change(self._plans["missing"], {"number": number})
        return touched > 0

    def locks(self, hands: Reader) -> list[LockRow]:
        """Every lock, the oldest first."""
        return [
            LockRow(session_id=uuid_of(session_id), lock=lock_in(row), seconds=float(seconds), payments=payments)
            for session_id, *row, seconds, payments in hands.rows(self._plans["locks"], {})
        ]

    def flagged(self, hands: Reader) -> list[FlaggedRow]:
        """The payments of the last week that need attention, the latest first, at most twenty."""
        rows = hands.rows(self._plans["flagged"], {"seconds": _WEEK})
        return [flagged_row(row) for row in rows[:_MOST_FLAGGED]]
