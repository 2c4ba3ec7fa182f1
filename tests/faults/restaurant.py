"""A restaurant with many open checks that add up, and the instruments that a run needs in its database."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import psycopg

from bench import data

# What the till of bench/data.py leaves out and a payment touches: the kinds of check, one of which stays open when it
# is paid; the payment behind the part that is paid already; two checks a table, in the tables' own list.
_TILL = """
INSERT INTO order_type (id, name, enabled, close_on_paid) VALUES (1, 'DINE IN', true, true), (2, 'BAR TAB', true, false);
INSERT INTO terminal (id, name, active) VALUES (9, 'POS9', true);
UPDATE ticket SET ticket_type = 'BAR TAB' WHERE id % 3 = 0;
UPDATE ticket SET due_amount = ROUND((total_price - paid_amount)::numeric, 2), terminal_id = 9;
INSERT INTO transactions (payment_type, transaction_type, payment_sub_type, amount, tips_amount, tender_amount, captured,
                          voided, transaction_time, ticket_id, user_id, terminal_id)
  SELECT 'CASH', 'CREDIT', 'CASH', paid_amount, 0, paid_amount, true, false, create_date, id, owner_id, 9
  FROM ticket WHERE paid_amount <> 0;
INSERT INTO shop_table (id, name, capacity, floor_id)
  SELECT g, 'T' || g, 4, 1 FROM generate_series(41, (SELECT MAX(id) / 2 + 1 FROM ticket)) g;
INSERT INTO shop_table_status (id) SELECT g FROM generate_series(41, (SELECT MAX(id) / 2 + 1 FROM ticket)) g;
UPDATE ticket_table_num SET table_id = 1 + ticket_id / 2;
UPDATE shop_table_status SET table_status = CASE WHEN id IN (SELECT table_id FROM ticket_table_num) THEN 1 ELSE 5 END;
INSERT INTO table_ticket_num (shop_table_status_id, ticket_id, user_id)
  SELECT table_id, ticket_id, 101 FROM ticket_table_num;
"""

# Every lock taken and released, as the database carried it out; and transactions that fail, as often as a sequence says
# (what a sequence is set to is not taken back with the transaction that failed).
_INSTRUMENTS = """
CREATE SCHEMA faults;
CREATE TABLE faults.lock_log (number bigserial PRIMARY KEY, operation text, session_id uuid, terminal text,
  at timestamptz, was jsonb, ends timestamptz);
CREATE FUNCTION faults.log_lock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- A lock of the EPOS Data API that is asked for again or extended changes its token and no more.
  IF TG_OP = 'UPDATE' AND OLD.session_id = NEW.session_id AND OLD.locked_at = NEW.locked_at THEN
    INSERT INTO faults.lock_log (operation, session_id, terminal, at, was)
      VALUES ('renew', NEW.session_id, NEW.terminal, clock_timestamp(), to_jsonb(NEW));
    RETURN NULL;
  END IF;
  IF TG_OP <> 'INSERT' THEN
    INSERT INTO faults.lock_log (operation, session_id, terminal, at, was, ends)
      VALUES ('release', OLD.session_id, OLD.terminal, clock_timestamp(), to_jsonb(OLD),
        (SELECT expires_at FROM epos_adapter.order_lock o WHERE o.session_id = OLD.session_id AND o.token = OLD.token));
  END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO faults.lock_log (operation, session_id, terminal, at, was)
      VALUES ('lock', NEW.session_id, NEW.terminal, clock_timestamp(), to_jsonb(NEW));
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER log_lock AFTER INSERT OR UPDATE OR DELETE ON epos_adapter.session_lock
  FOR EACH ROW EXECUTE FUNCTION faults.log_lock();
CREATE SEQUENCE faults.at_insert MINVALUE 0 START 0;
CREATE SEQUENCE faults.at_commit MINVALUE 0 START 0;
CREATE SEQUENCE faults.refused_at_commit MINVALUE 0 START 0;
CREATE FUNCTION faults.fail() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE waiting bigint;
BEGIN
  EXECUTE format('SELECT last_value FROM faults.%I', TG_ARGV[0]) INTO waiting;
  IF waiting > 0 THEN
    PERFORM setval('faults.' || TG_ARGV[0], waiting - 1);
    RAISE EXCEPTION 'a fault' USING ERRCODE = TG_ARGV[1];
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER fail_at_insert BEFORE INSERT ON transactions FOR EACH ROW
  EXECUTE FUNCTION faults.fail('at_insert', 'serialization_failure');
CREATE CONSTRAINT TRIGGER fail_at_commit AFTER INSERT ON transactions DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION faults.fail('at_commit', 'serialization_failure');
CREATE CONSTRAINT TRIGGER refuse_at_commit AFTER INSERT ON transactions DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION faults.fail('refused_at_commit', 'check_violation');
"""


@dataclass(frozen=True, slots=True)
class Check:
    """An open check as it was before the first payment; amounts in minor units."""

    ticket: int
    session: str
    total: int
    """What the till asks for, a gratuity that it added included."""
    gratuity: int
    paid: int


def fill(url: str, checks: int) -> None:
    """Make the restaurant in an empty database."""
    data.fill(url, bills=checks)
    _execute(url, _TILL)


def instrument(url: str) -> None:
    """Add the instruments; the adapter's own tables must be there."""
    _execute(url, _INSTRUMENTS)


def minor(amount: float | Decimal | None) -> int:
    """An amount of the till in minor units; it keeps its money as floating point numbers."""
    return int((Decimal(str(amount or 0)) * 100).to_integral_value())


def read_checks(url: str) -> list[Check]:
    """All open checks."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT k.id, k.total_price, g.amount, k.paid_amount FROM ticket k LEFT JOIN gratuity g ON g.id = k.gratuity_id"
            " ORDER BY k.id"
        ).fetchall()
    return [
        Check(number, data.session_id(number), minor(total), minor(gratuity), minor(paid))
        for number, total, gratuity, paid in rows
    ]


def read_lock_log(url: str) -> list[str]:
    """Every lock taken and released, a line of JSON each."""
    with psycopg.connect(url) as connection:
        return [
            str(row[0]) for row in connection.execute("SELECT to_json(l)::text FROM faults.lock_log l ORDER BY number")
        ]


def _execute(url: str, script: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(script.encode())
        connection.execute("CHECKPOINT")
