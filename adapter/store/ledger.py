"""Our own tables beside those of the EPOS: who has locked a session, and which payments were recorded.

Kept in the EPOS's database, so that they change in the same transaction as its own rows. The only file that knows them.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from uuid import UUID

from msgspec import Struct

from adapter.domain.payments import Kept, Lock, Payment, Recorded
from adapter.domain.requests import Requestor
from adapter.errors import AlreadyLocked, PaymentAlreadyRecorded
from adapter.mapping.plans import Plan
from adapter.store.units import Reader, Writer

VERSION = 1
"""Version of the tables that this program needs."""

_PARAMETER = re.compile(r":(\w+)")

_TABLES = """\
CREATE SCHEMA IF NOT EXISTS {schema}
CREATE TABLE IF NOT EXISTS {schema}.ledger (
  version    integer     NOT NULL PRIMARY KEY,
  created_at timestamptz NOT NULL DEFAULT now()
)
CREATE TABLE IF NOT EXISTS {schema}.session_lock (
  session_id uuid        NOT NULL PRIMARY KEY,
  token      uuid        NOT NULL,
  locked_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  terminal   text,
  waiter     text
)
CREATE TABLE IF NOT EXISTS {schema}.recorded_payment (
  number                  bigint      NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  payment_id              uuid        NOT NULL,
  token                   uuid        NOT NULL,
  session_id              uuid        NOT NULL,
  currency                text        NOT NULL,
  base                    bigint      NOT NULL,
  tips                    bigint      NOT NULL,
  cashback                bigint      NOT NULL,
  successful              boolean     NOT NULL,
  attempted_at            timestamptz NOT NULL,
  recorded_at             timestamptz NOT NULL DEFAULT clock_timestamp(),
  over_payment            boolean     NOT NULL,
  conflict                boolean     NOT NULL,
  terminal                text,
  waiter                  text,
  method                  text,
  status                  text,
  scheme                  text,
  auth_code               text,
  acquirer_transaction_id text,
  missing_since           timestamptz,
  CONSTRAINT recorded_payment_once
    UNIQUE (payment_id, session_id, currency, base, tips, cashback, successful, attempted_at)
)
CREATE INDEX IF NOT EXISTS recorded_payment_session ON {schema}.recorded_payment (session_id)
CREATE TABLE IF NOT EXISTS {schema}.released_lock (
  number      bigint      NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  session_id  uuid        NOT NULL,
  locked_at   timestamptz,
  terminal    text,
  waiter      text,
  released_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  released_by text        NOT NULL,
  reason      text        NOT NULL
)
INSERT INTO {schema}.ledger (version) VALUES ({version}) ON CONFLICT DO NOTHING"""


_STATEMENTS = {
    "exists": "SELECT to_regclass(:name) IS NOT NULL",
    "version": "SELECT max(version) FROM {schema}.ledger",
    "lock_of": "SELECT token, locked_at, terminal, waiter FROM {schema}.session_lock WHERE session_id = :session_id",
    "lock": """\
INSERT INTO {schema}.session_lock (session_id, token, terminal, waiter)
VALUES (:session_id, :token, :terminal, :waiter)
ON CONFLICT DO NOTHING""",
    "release": "DELETE FROM {schema}.session_lock WHERE session_id = :session_id",
    "audit": """\
INSERT INTO {schema}.released_lock (session_id, locked_at, terminal, waiter, released_by, reason)
VALUES (:session_id, :locked_at, :terminal, :waiter, :released_by, :reason)""",
    "payments": """\
SELECT session_id, currency, base, tips, cashback, successful, attempted_at, token, over_payment, conflict
FROM {schema}.recorded_payment WHERE payment_id = :payment_id""",
    "knows": "SELECT 1 FROM {schema}.recorded_payment WHERE session_id = :session_id LIMIT 1",
    "keep": """\
INSERT INTO {schema}.recorded_payment (
  payment_id, token, session_id, currency, base, tips, cashback, successful, attempted_at, over_payment, conflict,
  terminal, waiter, method, status, scheme, auth_code, acquirer_transaction_id)
VALUES (
  :payment_id, :token, :session_id, :currency, :base, :tips, :cashback, :successful, :attempted_at, :over_payment, :conflict,
  :terminal, :waiter, :method, :status, :scheme, :auth_code, :acquirer_transaction_id)
ON CONFLICT DO NOTHING""",
    "recent": """\
SELECT number, payment_id, session_id, currency, base, tips, cashback, attempted_at, conflict
FROM {schema}.recorded_payment
WHERE successful AND missing_since IS NULL AND recorded_at > clock_timestamp() - make_interval(secs => :seconds)
ORDER BY number""",
    "missing": """\
UPDATE {schema}.recorded_payment SET missing_since = clock_timestamp()
WHERE number = :number AND missing_since IS NULL""",
    "locks": """\
SELECT l.session_id, l.token, l.locked_at, l.terminal, l.waiter,
  EXTRACT(EPOCH FROM clock_timestamp() - l.locked_at),
  (SELECT count(*) FROM {schema}.recorded_payment p
    WHERE p.session_id = l.session_id AND p.recorded_at >= l.locked_at)
FROM {schema}.session_lock l ORDER BY l.locked_at""",
}


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

    def __init__(self, schema: str) -> None:
        """`schema` is a plain name; the configuration allows no other."""
        self.schema = schema
        self._plans = {
            name: _plan(f"ledger.{name}", text.replace("{schema}", schema)) for name, text in _STATEMENTS.items()
        }

    def plan(self, name: str) -> Plan:
        """One of its statements."""
        return self._plans[name]

    def plans(self, *, verify: bool) -> list[Plan]:
        """Every statement that an installation runs; some only where payments are looked after."""
        return [plan for name, plan in self._plans.items() if verify or name not in ("recent", "missing")]

    def creation(self) -> tuple[str, ...]:
        """The statements that make the ledger; run again they change nothing."""
        return tuple(re.split(r"\n(?=CREATE|INSERT)", _TABLES.format(schema=self.schema, version=VERSION)))

    def version(self, hands: Reader) -> int | None:
        """The version of the tables that are there; None when there are none."""
        if not hands.rows(self._plans["exists"], {"name": f"{self.schema}.ledger"})[0][0]:
            return None
        found: int | None = hands.rows(self._plans["version"], {})[0][0]
        return found

    def lock_of(self, hands: Reader, session_id: UUID) -> Lock | None:
        """Who has locked a session."""
        for token, locked_at, terminal, waiter in hands.rows(self._plans["lock_of"], {"session_id": session_id}):
            return Lock(token=token, locked_at=_utc(locked_at), terminal=terminal, waiter=waiter)
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
                    session_id=session_id,
                    currency=currency,
                    base=base,
                    tips=tips,
                    cashback=cashback,
                    successful=successful,
                    attempted_at=_utc(attempted_at),
                ),
                token=token,
                flags=Recorded(over_payment=over_payment, conflict=conflict),
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
                    id=payment_id,
                    session_id=session_id,
                    currency=currency,
                    base=base,
                    tips=tips,
                    cashback=cashback,
                    successful=True,
                    attempted_at=_utc(attempted_at),
                ),
                Recorded(conflict=conflict),
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
                session_id=session_id,
                lock=Lock(token=token, locked_at=_utc(locked_at), terminal=terminal, waiter=waiter),
                seconds=float(seconds),
                payments=payments,
            )
            for session_id, token, locked_at, terminal, waiter, seconds, payments in hands.rows(
                self._plans["locks"], {}
            )
        ]


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _plan(name: str, text: str) -> Plan:
    found = tuple(dict.fromkeys(_PARAMETER.findall(text)))
    places = {known: f"${number}" for number, known in enumerate(found, start=1)}
    driver = _PARAMETER.sub(lambda match: places[match[1]], text)
    return Plan(name=name, shown=text, driver=driver, names=found, branches=())
