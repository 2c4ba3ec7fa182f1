"""Compares what the card machines were told with what the tables hold. Asks the database itself, never the adapter."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row

from tests.faults.journal import Journal, Payment
from tests.faults.locks import audit_locks
from tests.faults.restaurant import Check, minor
from tests.faults.violations import Violation

_WRITTEN = """
SELECT t.id, COALESCE(i.intent, t.card_transaction_id) AS payment, t.ticket_id AS ticket, t.amount, t.tips_amount AS tips, t.voided
FROM transactions t LEFT JOIN epos_adapter.payment_intent i ON i.payment_id::text = t.card_transaction_id
WHERE t.card_transaction_id IS NOT NULL ORDER BY t.id
"""
_TICKETS = """
SELECT k.id, k.total_price AS total, g.amount AS gratuity, k.paid_amount AS paid, k.due_amount AS due, k.paid AS is_paid,
       k.settled, k.closing_date IS NOT NULL AS closed, k.ticket_type = 'DINE IN' AS closes,
       (SELECT SUM(t.amount::numeric) FROM transactions t WHERE t.ticket_id = k.id AND NOT t.voided) AS sum,
       (SELECT COUNT(*) FROM table_ticket_num n WHERE n.ticket_id = k.id) AS links
FROM ticket k LEFT JOIN gratuity g ON g.id = k.gratuity_id ORDER BY k.id
"""
_TABLES = """
SELECT s.id, s.table_status AS status, EXISTS (SELECT 1 FROM table_ticket_num n WHERE n.shop_table_status_id = s.id) AS taken
FROM shop_table_status s ORDER BY s.id
"""
_LEDGER = """
SELECT COALESCE(i.intent, p.payment_id::text) AS payment, p.base, p.tips, p.successful,
  COUNT(*) OVER (PARTITION BY p.payment_id) AS times
FROM epos_adapter.recorded_payment p LEFT JOIN epos_adapter.payment_intent i ON i.payment_id = p.payment_id
ORDER BY p.payment_id
"""
Rows = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The tables as they are at the end."""

    written: Rows
    tickets: Rows
    tables: Rows
    ledger: Rows
    locks: Rows
    lock_log: Rows


def audit(url: str, journal: Journal, checks: Sequence[Check]) -> list[Violation]:
    """Everything that should not be, of a run in which every card machine has finished."""
    evidence = _read(url)
    return [
        *_payments(journal, evidence),
        *_balances(journal, evidence, {check.ticket: check for check in checks}),
        *_tables(evidence),
        *_ledger(journal, evidence),
        *audit_locks(journal, evidence.locks, evidence.lock_log),
    ]


def _read(url: str) -> Evidence:
    with psycopg.connect(url, row_factory=namedtuple_row) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        return Evidence(
            written=connection.execute(_WRITTEN).fetchall(),
            tickets=connection.execute(_TICKETS).fetchall(),
            tables=connection.execute(_TABLES).fetchall(),
            ledger=connection.execute(_LEDGER).fetchall(),
            locks=connection.execute(
                "SELECT session_id::text AS session, terminal, EXTRACT(epoch FROM locked_at)::float8 AS at"
                " FROM epos_adapter.session_lock"
            ).fetchall(),
            lock_log=connection.execute(
                "SELECT operation, session_id::text AS session, terminal, EXTRACT(epoch FROM at)::float8 AS at,"
                " EXTRACT(epoch FROM ends)::float8 AS ends"
                " FROM faults.lock_log ORDER BY number"
            ).fetchall(),
        )


def _payments(journal: Journal, evidence: Evidence) -> Iterator[Violation]:
    """Each payment is in the till's tables exactly once, or not at all."""
    times = Counter(row.payment for row in evidence.written)
    for row in evidence.written:
        payment = journal.payments.get(row.payment)
        if payment is None:
            yield Violation("unknown payment", f"transaction {row.id} is of {row.payment}, which nobody sent")
        elif (row.ticket, minor(row.amount), minor(row.tips), row.voided) != (
            payment.ticket,
            payment.base,
            payment.tips,
            False,
        ):
            yield Violation("wrong row", f"transaction {row.id} is not what was sent: {_said(payment)}")
    for payment in journal.payments.values():
        yield from _payment(payment, times[payment.id])


def _payment(payment: Payment, times: int) -> Iterator[Violation]:
    if payment.counts and payment.acknowledged and times == 0:
        yield Violation("lost", f"acknowledged, and not there: {_said(payment)}")
    if times > 1:
        yield Violation("doubled", f"there {times} times: {_said(payment)}")
    if times and not payment.counts:
        yield Violation("written in error", f"no money has moved, but it is there: {_said(payment)}")
    if times and payment.refused:
        yield Violation("refused and written", f"PAYMENT_NOT_RECORDED was answered, but it is there: {_said(payment)}")
    if payment.accepted > 1:
        yield Violation("accepted twice", f"{{}} was answered {payment.accepted} times: {_said(payment)}")
    if payment.acknowledged and payment.refused and payment.by_orders:
        yield Violation("two answers", f"recorded and given back: {_said(payment)}")
    if payment.refused and payment.currency == "GBP" and not payment.by_orders:
        yield Violation("refused", f"PAYMENT_NOT_RECORDED without a cause: {_said(payment)}")
    if payment.acknowledged and payment.currency != "GBP":
        yield Violation("accepted in error", f"a currency that the till does not have: {_said(payment)}")
    if payment.tries and not payment.acknowledged and not payment.refused:
        yield Violation("never answered", f"neither acknowledged nor refused: {_said(payment)}")


def _balances(journal: Journal, evidence: Evidence, checks: dict[int, Check]) -> Iterator[Violation]:
    """Every check owes what it owed, less what was paid, to the penny."""
    due = {ticket: check.paid for ticket, check in checks.items()}
    touched: set[int] = set()
    for identity in {row.payment for row in evidence.written}:
        payment = journal.payments.get(identity)
        if payment is not None and payment.counts:
            due[payment.ticket] += payment.base
            touched.add(payment.ticket)
    for row in evidence.tickets:
        check = checks[row.id]
        paid, total = due[row.id], check.total - check.gratuity
        closes = paid >= total and row.closes
        held = {
            f"costs {row.total} and cost {check.total}": minor(row.total) == check.total,
            f"has paid {row.paid}, and {paid} was paid": minor(row.paid) == paid,
            f"has paid {row.paid}, and its transactions say {row.sum}": minor(row.sum) == minor(row.paid),
        }
        if row.id in touched:
            held |= {
                f"owes {row.due}, and {max(total - paid, 0)} is left": minor(row.due) == max(total - paid, 0),
                f"is paid: {row.is_paid}; {paid} of {total} was paid": bool(row.is_paid) == (paid >= total),
                f"is settled: {row.settled}; {paid} of {total} was paid": bool(row.settled) == closes,
                f"is settled: {row.settled}, with a date: {row.closed}": row.closed == closes,
                f"is settled: {row.settled}, and at {row.links} tables": bool(row.links) != closes,
            }
        for sentence, holds in held.items():
            if not holds:
                yield Violation("wrong balance", f"ticket {row.id} {sentence}")


def _tables(evidence: Evidence) -> Iterator[Violation]:
    """A table is free when its last check has been settled, and not before."""
    for row in evidence.tables:
        if (row.status == 5) == row.taken:
            yield Violation("wrong table", f"table {row.id} has status {row.status}; it has an open check: {row.taken}")


def _ledger(journal: Journal, evidence: Evidence) -> Iterator[Violation]:
    """The adapter's own list and the till's say the same."""
    written = {row.payment for row in evidence.written}
    entries: dict[str, list[Any]] = defaultdict(list)
    for row in evidence.ledger:
        entries[row.payment].append(row)
    for identity, rows in entries.items():
        payment = journal.payments.get(identity)
        if payment is None:
            yield Violation("ledger", f"{identity} is in the ledger, and nobody sent it")
        else:
            yield from _entry(payment, rows, written=identity in written)
    for identity in written - entries.keys():
        yield Violation("ledger", f"{identity} is in the till's tables, and not in the ledger")
    for payment in journal.payments.values():
        if payment.acknowledged and payment.id not in entries:
            yield Violation("lost", f"acknowledged, and not in the ledger: {_said(payment)}")


def _entry(payment: Payment, rows: Rows, *, written: bool) -> Iterator[Violation]:
    if len(rows) > 1:
        yield Violation("doubled", f"{len(rows)} times in the ledger: {_said(payment)}")
    if (rows[0].base, rows[0].tips, rows[0].successful) != (payment.base, payment.tips, payment.successful):
        yield Violation("ledger", f"the ledger says {rows[0]} of {_said(payment)}")
    if payment.counts and not written:
        yield Violation("ledger", f"in the ledger, and not in the till's tables: {_said(payment)}")
    if payment.refused:
        yield Violation(
            "refused and written", f"PAYMENT_NOT_RECORDED was answered, but the ledger has {_said(payment)}"
        )


def _said(payment: Payment) -> str:
    return (
        f"payment {payment.id} of {payment.base} {payment.currency} for ticket {payment.ticket}"
        f" (successful: {payment.successful}, tried {payment.tries} times, answered {{}} {payment.accepted} times,"
        f" already recorded {payment.repeated} times, refused {payment.refused} times)"
    )
