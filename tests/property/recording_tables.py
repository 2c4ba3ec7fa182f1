"""The tables as they are found, by statements of the test's own, and as a model says that they must be."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

import psycopg

from tests.property.recording_model import Check, Kept, Model, OrderLock, Payment, pounds

_EVENING = ("ticket", "table_ticket_num", "shop_table_status")
_LAST_LINE = 20062
_LAST_TRANSACTION = 810


class Tables:
    """One restaurant's database, as nobody's adapter sees it."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        """The restaurant is on its evening, and has a ledger."""
        self._connection = connection
        connection.execute("CREATE SCHEMA evening")
        for table in _EVENING:
            connection.execute(f"CREATE TABLE evening.{table} AS TABLE {table}")
        self._checks = self._read_checks()
        self._sits = [tuple(row) for row in connection.execute("SELECT ticket_id, table_id FROM ticket_table_num")]
        self._links = self._read_links()
        self._statuses = self._read_statuses()

    def restore(self, *, acknowledges_duplicates_first: bool) -> Model:
        """Bring the evening back, and give its model."""
        self._connection.execute(
            f"""
            TRUNCATE epos_adapter.session_lock, epos_adapter.recorded_payment, epos_adapter.released_lock,
              epos_adapter.order_lock, epos_adapter.payment_intent;
            DELETE FROM transactions WHERE id > {_LAST_TRANSACTION};
            DELETE FROM ticket_item WHERE id > {_LAST_LINE};
            UPDATE ticket k SET total_price = e.total_price, paid_amount = e.paid_amount, due_amount = e.due_amount,
              paid = e.paid, settled = e.settled, closing_date = e.closing_date, version_no = e.version_no
            FROM evening.ticket e WHERE e.id = k.id AND e.version_no <> k.version_no;
            DELETE FROM table_ticket_num;
            INSERT INTO table_ticket_num TABLE evening.table_ticket_num;
            UPDATE shop_table_status s SET table_status = e.table_status, version_no = e.version_no
            FROM evening.shop_table_status e WHERE e.id = s.id AND e.version_no <> s.version_no;
            """
        )
        return Model(acknowledges_duplicates_first=acknowledges_duplicates_first, checks=self._checks)

    def add_line(self, check: int, pence: int, after: Check) -> None:
        """Do as the till does when something is ordered."""
        stored = after.stored
        self._connection.execute(
            """
            WITH line AS (
              INSERT INTO ticket_item (item_id, item_count, item_quantity, item_name, item_price, item_tax_rate, sub_total,
                                       sub_total_without_modifiers, discount, tax_amount, total_price, treat_as_seat, ticket_id)
              VALUES (900, 1, 0, 'Nightcap', %(price)s, 20, %(price)s, %(price)s, 0, 0, %(price)s, false, %(check)s))
            UPDATE ticket SET total_price = round((total_price + %(price)s)::numeric, 2), due_amount = %(due)s,
              paid = %(paid)s, version_no = version_no + 1
            WHERE id = %(check)s
            """,
            {"price": pounds(pence), "check": check, "due": stored["due_amount"], "paid": stored["paid"]},
        )

    def age_lock(self, check: int, minutes: int) -> None:
        """Make a lock older."""
        self._connection.execute(
            "UPDATE epos_adapter.session_lock SET locked_at = locked_at - make_interval(mins => %s) WHERE session_id = %s",
            (minutes, _session(check)),
        )

    def let_time_pass(self, minutes: int) -> None:
        """Bring the ends of all locks nearer that have one."""
        self._connection.execute(
            "UPDATE epos_adapter.order_lock SET expires_at = expires_at - make_interval(mins => %s)", (minutes,)
        )

    def wait_until_gone(self, processes: Sequence[int]) -> None:
        """Wait until the server has noticed that connections were cut, and has done what it had been sent."""
        give_up = time.monotonic() + 20
        asking = "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY(%s)"
        while processes and self._connection.execute(asking, (list(processes),)).fetchone() != (0,):
            assert time.monotonic() < give_up, "the server keeps a connection that was cut"
            time.sleep(0.001)

    def fit(self, model: Model) -> bool:
        """Whether the tables are as the model has them."""
        return self._found() == self._wanted(model)

    def check(self, model: Model) -> None:
        """Raises AssertionError with every table that is not as the model has it."""
        found, wanted = self._found(), self._wanted(model)
        wrong = {name: (found[name], wanted[name]) for name in wanted if found[name] != wanted[name]}
        assert not wrong, "found and wanted: " + "; ".join(f"{name}: {pair}" for name, pair in wrong.items())

    def _found(self) -> dict[str, Any]:
        return {
            "ticket": {number: check.stored for number, check in self._read_checks().items()},
            "transactions": self._read_transactions(),
            "recorded_payment": self._read_payments(),
            "session_lock": self._read_locks(),
            "order_lock": self._read_order_locks(),
            "payment_intent": dict(
                self._connection.execute(
                    "SELECT intent, refused IS NOT NULL FROM epos_adapter.payment_intent"
                ).fetchall()
            ),
            "released_lock": self._count("epos_adapter.released_lock"),
            "table_ticket_num": self._read_links(),
            "shop_table_status": self._read_statuses(),
            "open transactions": self._count("pg_stat_activity WHERE state LIKE 'idle in transaction%'"),
        }

    def _wanted(self, model: Model) -> dict[str, Any]:
        closed = {number for number, check in model.checks.items() if check.stored["settled"]}
        closed_now = {number for number in closed if not self._checks[number].stored["settled"]}
        freed = {table for check, table in self._sits if check in closed_now}
        taken = {table for check, table in self._sits if check not in closed}
        return {
            "ticket": model.rows,
            "transactions": model.entered,
            "recorded_payment": model.kept,
            "session_lock": model.locks,
            "order_lock": model.order_locks,
            "payment_intent": model.answered_for_good,
            "released_lock": model.taken_over,
            "table_ticket_num": Counter({link: n for link, n in self._links.items() if link[0] not in closed_now}),
            "shop_table_status": {
                table: 5 if status == 1 and table in freed - taken else status
                for table, status in self._statuses.items()
            },
            "open transactions": 0,
        }

    def _count(self, rows: str) -> int:
        found = self._connection.execute(f"SELECT count(*) FROM {rows}").fetchone()
        return found[0] if found else 0

    def _read_checks(self) -> dict[int, Check]:
        """Checks that are no longer on their evening are known by `stored` only."""
        return {
            number: Check(
                total=_pence(_exact(total) - _exact(gratuity)),
                paid=_pence(_exact(paid_amount)),
                closes=bool(closes),
                stored={
                    "paid_amount": None if paid_amount is None else _exact(paid_amount),
                    "due_amount": None if due_amount is None else _exact(due_amount),
                    "paid": paid,
                    "settled": settled,
                    "closed": closed,
                    "version_no": version,
                },
            )
            for number, total, gratuity, paid_amount, due_amount, paid, settled, closed, version, closes in (
                self._connection.execute(
                    """
                    SELECT k.id, k.total_price, g.amount, k.paid_amount, k.due_amount, k.paid, k.settled,
                      k.closing_date IS NOT NULL, k.version_no, o.close_on_paid
                    FROM ticket k LEFT JOIN gratuity g ON g.id = k.gratuity_id
                    LEFT JOIN order_type o ON o.name = k.ticket_type
                    WHERE NOT COALESCE(k.voided, FALSE)
                    """
                )
            )
        }

    def _read_transactions(self) -> Counter[tuple[Any, ...]]:
        return Counter(
            (payment, check, *map(_exact, amounts))
            for payment, check, *amounts in self._connection.execute(
                f"""
                SELECT card_transaction_id, ticket_id, amount, tips_amount, tender_amount
                FROM transactions WHERE id > {_LAST_TRANSACTION}
                """
            )
        )

    def _read_payments(self) -> Counter[tuple[Payment, Kept]]:
        return Counter(
            (
                Payment(
                    id=number,
                    check=_check(session),
                    base=base,
                    tips=tips,
                    cashback=cashback,
                    successful=successful,
                    attempted_at=attempted_at,
                ),
                Kept(terminal=terminal, over_payment=over_payment, conflict=conflict),
            )
            for (
                number,
                session,
                base,
                tips,
                cashback,
                successful,
                attempted_at,
                terminal,
                over_payment,
                conflict,
            ) in self._connection.execute(
                """
                SELECT payment_id, session_id, base, tips, cashback, successful, attempted_at, terminal, over_payment,
                  conflict
                FROM epos_adapter.recorded_payment WHERE currency = 'GBP'
                """
            )
        )

    def _read_locks(self) -> dict[int, tuple[str | None, str | None]]:
        found = self._connection.execute(
            """
            SELECT l.session_id, l.terminal, o.lock_id
            FROM epos_adapter.session_lock l LEFT JOIN epos_adapter.order_lock o USING (session_id, token)
            """
        )
        return {_check(session): (terminal, lock_id) for session, terminal, lock_id in found}

    def _read_order_locks(self) -> dict[tuple[int, str], OrderLock]:
        found = self._connection.execute(
            """
            SELECT session_id, lock_id, total, deleted, EXTRACT(EPOCH FROM expires_at - clock_timestamp())
            FROM epos_adapter.order_lock
            """
        )
        return {
            (_check(session), lock_id): OrderLock(total=total, left=math.ceil(seconds / 60), deleted=deleted)
            for session, lock_id, total, deleted, seconds in found
        }

    def _read_links(self) -> Counter[tuple[Any, ...]]:
        found = self._connection.execute("SELECT ticket_id, shop_table_status_id FROM table_ticket_num")
        return Counter(tuple(row) for row in found)

    def _read_statuses(self) -> Mapping[int, int | None]:
        return dict(self._connection.execute("SELECT id, table_status FROM shop_table_status").fetchall())


def _exact(amount: float | None) -> Decimal:
    """What a float stands for: its shortest decimal text."""
    return Decimal(repr(amount)) if amount is not None else Decimal(0)


def _pence(amount: Decimal) -> int:
    return int((amount * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _session(check: int) -> UUID:
    return UUID(int=0x8 << 76 | 0b10 << 62 | check)


def _check(session: UUID) -> int:
    return session.int & 0xFFFFFFFF
