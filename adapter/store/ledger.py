"""Our own tables beside those of the EPOS: who has locked a session, and which payments were recorded.

Kept in the EPOS's database, so that they change in the same transaction as its own rows. The only file that knows them.
"""

from __future__ import annotations

from uuid import UUID

from msgspec import Struct

from adapter.domain.payments import Kept, Lock, Payment, Recorded
from adapter.domain.requests import Requestor
from adapter.errors import AlreadyLocked, PaymentAlreadyRecorded
from adapter.mapping.engines import POSTGRESQL, Engine
from adapter.mapping.plans import Plan
from adapter.mapping.readings import moment_in_utc
from adapter.store.flagged import FlaggedRow, flagged_row, uuid_of
from adapter.store.units import Reader, Writer

VERSION = 1
"""Version of the tables that this program needs."""

_WEEK = 7 * 24 * 3600.0
_MOST_FLAGGED = 20

_TABLES: dict[str, tuple[str, ...]] = {
    "ledger": (
        "version    {version}     NOT NULL PRIMARY KEY",
        "created_at {moment} NOT NULL DEFAULT {now}",
    ),
    "session_lock": (
        "session_id {uuid}        NOT NULL PRIMARY KEY",
        "token      {uuid}        NOT NULL",
        "locked_at  {moment} NOT NULL DEFAULT {clock}",
        "terminal   {text}",
        "waiter     {text}",
    ),
    "recorded_payment": (
        "number                  {counter}",
        "payment_id              {uuid}        NOT NULL",
        "token                   {uuid}        NOT NULL",
        "session_id              {uuid}        NOT NULL",
        "currency                {key_text}        NOT NULL",
        "base                    {number}      NOT NULL",
        "tips                    {number}      NOT NULL",
        "cashback                {number}      NOT NULL",
        "successful              {flag}     NOT NULL",
        "attempted_at            {moment} NOT NULL",
        "recorded_at             {moment} NOT NULL DEFAULT {clock}",
        "over_payment            {flag}     NOT NULL",
        "conflict                {flag}     NOT NULL",
        "terminal                {text}",
        "waiter                  {text}",
        "method                  {text}",
        "status                  {text}",
        "scheme                  {text}",
        "auth_code               {text}",
        "acquirer_transaction_id {text}",
        "missing_since           {moment}",
        """CONSTRAINT recorded_payment_once
    UNIQUE (payment_id, session_id, currency, base, tips, cashback, successful, attempted_at)""",
    ),
    "released_lock": (
        "number      {counter}",
        "session_id  {uuid}        NOT NULL",
        "locked_at   {moment}",
        "terminal    {text}",
        "waiter      {text}",
        "released_at {moment} NOT NULL DEFAULT {clock}",
        "released_by {text}        NOT NULL",
        "reason      {text}        NOT NULL",
    ),
    # Of adapter/store/lease.py; no reason to ask for another version, since only replicas need it.
    "dialing_lease": (
        "account     {uuid}        NOT NULL PRIMARY KEY",
        "holder      {uuid}        NOT NULL",
        "held_by     {text}        NOT NULL",
        "taken_at    {moment} NOT NULL DEFAULT {clock}",
        "renewed_at  {moment} NOT NULL DEFAULT {clock}",
    ),
}
_SESSION_INDEX = "recorded_payment_session"

_STATEMENTS = {
    "exists": "{exists}",
    "version": "SELECT max(version) FROM {ledger}",
    "lock_of": "SELECT token, locked_at, terminal, waiter FROM {session_lock} WHERE session_id = :session_id",
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
SELECT payment_id, session_id, recorded_at, over_payment, conflict, missing_since, successful, status
FROM {recorded_payment}
WHERE number > (SELECT max(number) FROM {recorded_payment}) - 5000
  AND {recently}
  AND ({is_over} OR {is_conflict} OR missing_since IS NOT NULL OR (NOT ({is_set}) AND status = 'UNKNOWN'))
ORDER BY number DESC""",
    "locks": """\
SELECT l.session_id, l.token, l.locked_at, l.terminal, l.waiter,
  {age},
  (SELECT count(*) FROM {recorded_payment} p
    WHERE p.session_id = l.session_id AND p.recorded_at >= l.locked_at)
FROM {session_lock} l ORDER BY l.locked_at""",
}
_ONCE = frozenset({"keep", "lock"})


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
        words = self._engine.ledger
        made = [text.format(schema=self.schema) for text in words.before]
        for name, columns in _TABLES.items():
            table = self._engine.table(self.schema, name)
            types = {**words.types, "clock": self._default(words.clock), "now": self._default(words.now or words.clock)}
            lines = [column.format(**types) for column in columns]
            if name == "recorded_payment" and not words.index:
                lines.append(f"KEY {_SESSION_INDEX} (session_id)")
            head = words.create.format(table=table)
            made.append(f"{head} (\n  " + ",\n  ".join(lines) + f"\n){words.end}")
            if name == "recorded_payment" and words.index:
                index = _SESSION_INDEX if self._engine.schemas else f"{self.schema}_{_SESSION_INDEX}"
                made.append(words.index.format(name=index, table=table, columns="session_id"))
        ledger = self._engine.table(self.schema, "ledger")
        made.append(
            f"INSERT INTO {ledger} (version) VALUES ({VERSION}) {words.once.strip()}"
            if words.once
            else f"INSERT INTO {ledger} (version) SELECT {VERSION} WHERE NOT EXISTS (SELECT 1 FROM {ledger})"
        )
        return tuple(made)

    def creation_plans(self) -> list[Plan]:
        """The same, ready to run."""
        plans = []
        for text in self.creation():
            driver, names = self._engine.driver(text)
            plans.append(Plan(name="ledger.create", shown=text, driver=driver, names=names, branches=()))
        return plans

    @staticmethod
    def _default(moment: str) -> str:
        return moment if moment.replace("_", "").replace("()", "").isalnum() else f"({moment})"

    def made(self, name: str, text: str, *, once: bool = False) -> Plan:
        """A statement, whose tables and words of the engine stand in braces; `once` where a row may be there already."""
        words = self._engine.ledger
        filled = text.format(
            **{table: self._engine.table(self.schema, table) for table in _TABLES},
            age=words.age.format(moment="l.locked_at"),
            clock=words.clock,
            exists=words.exists,
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

    def version(self, hands: Reader) -> int | None:
        """The version of the tables that are there; None when there are none."""
        if not hands.rows(self._plans["exists"], {"name": self._engine.table(self.schema, "ledger")})[0][0]:
            return None
        found: int | None = hands.rows(self._plans["version"], {})[0][0]
        return found

    def lock_of(self, hands: Reader, session_id: UUID) -> Lock | None:
        """Who has locked a session."""
        for token, locked_at, terminal, waiter in hands.rows(self._plans["lock_of"], {"session_id": session_id}):
            return Lock(token=uuid_of(token), locked_at=moment_in_utc(locked_at), terminal=terminal, waiter=waiter)
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
            LockRow(
                session_id=uuid_of(session_id),
                lock=Lock(token=uuid_of(token), locked_at=moment_in_utc(locked_at), terminal=terminal, waiter=waiter),
                seconds=float(seconds),
                payments=payments,
            )
            for session_id, token, locked_at, terminal, waiter, seconds, payments in hands.rows(
                self._plans["locks"], {}
            )
        ]

    def flagged(self, hands: Reader) -> list[FlaggedRow]:
        """The payments of the last week that need attention, the latest first, at most twenty."""
        rows = hands.rows(self._plans["flagged"], {"seconds": _WEEK})
        return [flagged_row(row) for row in rows[:_MOST_FLAGGED]]
