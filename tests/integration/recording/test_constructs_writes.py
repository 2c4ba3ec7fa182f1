"""What real schemas want written for a payment, each on a few tables: the rows that must be there afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Small = Callable[..., Any]


def test_a_payment_is_booked_twice_in_a_ledger_of_accounts(small: Small):
    """Double entry: debit one account, credit the other, in one transaction and with one number."""
    place = small(
        """CREATE TABLE journal (id serial PRIMARY KEY, ref varchar(40));
        CREATE TABLE entry (journal_id int, account text, debit numeric, credit numeric);
        CREATE TABLE account (code text, role text); INSERT INTO account VALUES ('1200', 'card'), ('1100', 'guests'), ('2300', 'tips');""",
        """
[[record.step]]
find    = "SELECT a.code AS card_account, b.code AS guests, c.code AS tips FROM account a JOIN account b ON b.role = 'guests' JOIN account c ON c.role = 'tips' WHERE a.role = 'card'"
missing = "the chart of accounts lacks the accounts of cards, guests and tips"
[[record.step]]
insert    = "journal"
returning = { journal = "id" }
set       = { ref = ":payment_id" }
[[record.step]]
insert = "entry"
set    = { journal_id = ":journal", account = ":card_account", debit = ":charged", credit = "0" }
[[record.step]]
insert = "entry"
set    = { journal_id = ":journal", account = ":guests", debit = "0", credit = ":amount" }
[[record.step]]
insert = "entry"
when   = "has_tip"
set    = { journal_id = ":journal", account = ":tips", debit = "0", credit = ":tip" }
[[record.step]]
update = "chk"
where  = "id = :session_id"
set    = { paid = ":paid_after" }
""",
    )
    place.lock(1)
    place.pay(1, 1000, tipsAmount=200)
    place.pay(1, 500)
    assert place.sql("SELECT account, debit::float, credit::float FROM entry ORDER BY journal_id, account DESC") == [
        ("2300", 0, 2),
        ("1200", 12, 0),
        ("1100", 0, 10),
        ("1200", 5, 0),
        ("1100", 0, 5),
    ]
    # Every journal balances, and a payment that cannot be booked in full is not booked at all.
    assert place.sql("SELECT journal_id FROM entry GROUP BY journal_id HAVING SUM(debit) <> SUM(credit)") == []
    place.sql("DELETE FROM account WHERE role = 'tips'")
    assert "chart of accounts" in place.refused("RecordPayment", "PAYMENT_NOT_RECORDED", payment=place.payment(1, 100))


def test_a_payment_is_spread_over_the_taxes_of_the_check(small: Small):
    """Fan-out: a row for each tax of the check, its share in whole pence, and what rounding leaves on the first."""
    place = small(
        """CREATE TABLE chk_tax (chk_id int NOT NULL, tax text NOT NULL, gross numeric(10,2) NOT NULL);
        INSERT INTO chk_tax VALUES (1, 'A', 30), (1, 'B', 20), (2, 'A', 20);
        CREATE TABLE pay_tax (ref text, tax text, amount numeric(10,2));""",
        """
[[record.step]]
insert = "pay_tax"
select = '''
  SELECT CAST(:payment_id AS varchar(36)) AS ref, t.tax AS tax,
         CASE WHEN t.tax = (SELECT MIN(m.tax) FROM chk_tax m WHERE m.chk_id = :session_id)
              THEN :amount - COALESCE((SELECT SUM(ROUND(:amount * o.gross / :total, 2)) FROM chk_tax o
                                       WHERE o.chk_id = :session_id AND o.tax <> (SELECT MIN(m.tax) FROM chk_tax m WHERE m.chk_id = :session_id)), 0)
              ELSE ROUND(:amount * t.gross / :total, 2) END AS amount
  FROM chk_tax t WHERE t.chk_id = :session_id'''
rows = "some"
[[record.step]]
update = "chk"
where  = "id = :session_id"
set    = { paid = ":paid_after" }
""",
    )
    place.lock(1)
    place.pay(1, 1001)
    assert place.sql("SELECT tax, amount::float FROM pay_tax ORDER BY tax") == [("A", 6.01), ("B", 4.0)]


@pytest.mark.parametrize(
    ("number", "first", "then"),
    [
        ("sequence", 501, 502),
        ("counter", 41, 42),
        ("largest", 8, 9),
        ("series", 1, 2),
    ],
)
def test_the_next_number_is_taken_as_the_till_takes_it(small: Small, number: str, first: int, then: int):
    """From a sequence, from a row that counts, from the largest there is, from a series of the day."""
    steps = {
        "sequence": """
[[record.step]]
find = "SELECT nextval('receipt_no') AS number"
""",
        "counter": """
[[record.step]]
update    = "counter"
where     = "name = 'receipt'"
returning = { following = "value" }
set       = { value = "value + 1" }
[[record.step]]
find = "SELECT CAST(:following AS integer) - 1 AS number"
""",
        "largest": """
[[record.step]]
find    = "SELECT c.name AS held FROM counter c WHERE c.name = 'receipt'"
lock    = true
missing = "no counter"
[[record.step]]
find = "SELECT COALESCE(MAX(r.number), 0) + 1 AS number FROM receipt r"
""",
        "series": """
[[record.step]]
insert = "day"
select = "SELECT CAST(:now AS date) AS day, 0 AS last WHERE NOT EXISTS (SELECT 1 FROM day d WHERE d.day = CAST(:now AS date))"
rows   = "any"
[[record.step]]
update    = "day"
where     = "day = CAST(:now AS date)"
returning = { number = "last" }
set       = { last = "last + 1" }
""",
    }
    place = small(
        """CREATE SEQUENCE receipt_no START 501; CREATE TABLE counter (name text, value int); INSERT INTO counter VALUES ('receipt', 41);
        CREATE TABLE day (day date, last int); CREATE TABLE receipt (number int, ref text); INSERT INTO receipt VALUES (7, 'x');""",
        f"""{steps[number]}
[[record.step]]
insert = "receipt"
set    = {{ number = ":number", ref = ":payment_id" }}
[[record.step]]
update = "chk"
where  = "id = :session_id"
set    = {{ paid = ":paid_after" }}
""",
    )
    place.lock(1)
    sent = place.pay(1, 100)
    place.pay(1, 100)
    assert place.record(sent)["errorCode"] == "PAYMENT_ALREADY_RECORDED"
    assert place.sql("SELECT number FROM receipt WHERE ref <> 'x' ORDER BY number") == [(first,), (then,)]


def test_the_change_that_a_till_keeps_as_a_row_is_written_with_the_payment(small: Small):
    """A till that books the tip as too much paid, and a row of change against it."""
    place = small(
        "CREATE TABLE tender (chk_id int, kind text, amount numeric(10,2));",
        """
[[record.step]]
insert = "tender"
set    = { chk_id = ":session_id", kind = "'CARD'", amount = ":charged" }
[[record.step]]
insert = "tender"
when   = "has_tip"
set    = { chk_id = ":session_id", kind = "'TIP OUT'", amount = "-:tip" }
""",
        edits=(
            (
                'paid  = "k.paid"',
                'paid  = "COALESCE((SELECT SUM(t.amount) FROM tender t WHERE t.chk_id = k.id), 0)"',
            ),
        ),
    )
    place.lock(1)
    place.pay(1, 1000, tipsAmount=150)
    assert place.sql("SELECT kind, amount::float FROM tender ORDER BY kind") == [("CARD", 11.5), ("TIP OUT", -1.5)]
    place.unlock(1)
    assert place.lock(1)["paidAmount"] == 1000


def test_one_element_of_a_json_column_is_edited_in_place(small: Small):
    """The till keeps its tables in one JSON text; only the one of this check becomes free, and the rest stays as it is."""
    place = small(
        """CREATE TABLE plan (id int, layout text);
        INSERT INTO plan VALUES (1, '{"v": 2, "tables": [{"id": 8, "chk": 2}, {"id": 9, "chk": 1, "seats": 4}], "zoom": 1.50}');""",
        """
[[record.step]]
update = "plan"
when   = "fully_paid"
where  = "id = 1"
[record.step.set]
layout = '''
  CAST(JSONB_SET(CAST(layout AS jsonb), '{tables}',
       (SELECT JSONB_AGG(CASE WHEN e.value ->> 'chk' = CAST(:session_id AS varchar(9))
                              THEN e.value || '{"chk": null}' ELSE e.value END ORDER BY e.ordinality)
        FROM JSONB_ARRAY_ELEMENTS(CAST(layout AS jsonb) -> 'tables') WITH ORDINALITY e)) AS text)'''
[[record.step]]
update = "chk"
where  = "id = :session_id"
set    = { paid = ":paid_after" }
""",
    )
    place.lock(1)
    place.pay(1, 1000)
    assert place.sql("SELECT CAST(layout AS jsonb) -> 'tables' -> 1 ->> 'chk' FROM plan") == [("1",)]
    place.pay(1, 4000)
    (layout,) = place.sql("SELECT CAST(layout AS jsonb) FROM plan")[0]
    assert layout == {
        "v": 2,
        "tables": [{"id": 8, "chk": 2}, {"id": 9, "chk": None, "seats": 4}],
        "zoom": 1.5,
    }


def test_a_payment_is_added_to_an_array_of_a_json_column(small: Small):
    place = small(
        """ALTER TABLE chk ADD data text NOT NULL DEFAULT '{"lines": [1]}';""",
        """
[[record.step]]
update = "chk"
where  = "id = :session_id"
[record.step.set]
paid = ":paid_after"
data = '''
  CAST(JSONB_SET(CAST(data AS jsonb), '{payments}',
       COALESCE(CAST(data AS jsonb) -> 'payments', '[]')
       || JSONB_BUILD_OBJECT('id', CAST(:payment_id AS varchar(36)), 'minor', CAST(:amount_minor AS integer))) AS text)'''
""",
    )
    place.lock(1)
    first, second = place.pay(1, 1000), place.pay(1, 500)
    assert place.sql("SELECT CAST(data AS jsonb) FROM chk WHERE id = 1")[0][0] == {
        "lines": [1],
        "payments": [{"id": first["id"], "minor": 1000}, {"id": second["id"], "minor": 500}],
    }


@pytest.mark.parametrize(
    ("steps", "query", "found"),
    [
        ('set = { chk_id = ":session_id", ref = ":payment_id", amount = ":amount", tip = ":tip" }', "SELECT amount::float, tip::float FROM pay", [(10, 2)]),
        (
            """set = { chk_id = ":session_id", ref = ":payment_id", amount = ":amount" }
            [[record.step]]
            insert = "gratuity"
            when   = "has_tip"
            set    = { chk_id = ":session_id", amount = ":tip" }""",
            "SELECT chk_id, amount::float FROM gratuity",
            [(1, 2)],
        ),
        (
            """set = { chk_id = ":session_id", ref = ":payment_id", amount = ":charged" }
            [[record.step]]
            insert = "line"
            when   = "has_tip"
            set    = { chk_id = ":session_id", product = "'TIP'", price = ":tip" }""",
            "SELECT product, price::float FROM line",
            [("TIP", 2)],
        ),
    ],
    ids=["column", "table", "product line"],
)  # fmt: skip
def test_a_tip_goes_to_a_column_to_a_table_or_to_a_line(
    small: Small, steps: str, query: str, found: list[tuple[Any, ...]]
):
    place = small(
        "CREATE TABLE gratuity (chk_id int, amount numeric); CREATE TABLE line (chk_id int, product text, price numeric);",
        f'[[record.step]]\ninsert = "pay"\n{steps}\n[[record.step]]\nupdate = "chk"\nwhere = "id = :session_id"\nset = {{ paid = ":paid_after" }}\n',
    )
    place.lock(1)
    place.pay(1, 1000, tipsAmount=200)
    assert place.sql(query) == found


def test_a_tender_in_a_column_of_its_own_is_added_to_what_is_there(small: Small):
    """One column for each kind of tender: the row is held, so its own value may be read."""
    place = small(
        "ALTER TABLE chk ADD ca_amount numeric NOT NULL DEFAULT 0, ADD cc_amount numeric; UPDATE chk SET ca_amount = 5, paid = 5 WHERE id = 1",
        """
[[record.step]]
update = "chk"
where  = "id = :session_id"
set    = { paid = ":paid_after", cc_amount = "COALESCE(cc_amount, 0) + :amount" }
""",
        edits=(('paid  = "k.paid"', 'paid  = "k.ca_amount + COALESCE(k.cc_amount, 0)"'),),
    )
    place.lock(1)
    sent = place.pay(1, 1000)
    place.pay(1, 300)
    assert place.record(sent)["errorCode"] == "PAYMENT_ALREADY_RECORDED"
    assert place.row("SELECT ca_amount::int AS ca, cc_amount::int AS cc, paid::int AS paid FROM chk WHERE id = 1") == {
        "ca": 5,
        "cc": 13,
        "paid": 18,
    }


def test_an_amount_in_the_main_currency_is_written_beside_that_of_the_bill(small: Small):
    place = small(
        "CREATE TABLE currencies (code text, rate numeric, main boolean NOT NULL); INSERT INTO currencies VALUES ('GBP', 0.5, FALSE), ('EUR', 1, TRUE);"
        "ALTER TABLE pay ADD base numeric(12,2);",
        """
[[record.step]]
find    = "SELECT c.rate AS rate FROM currencies c WHERE c.code = :currency"
missing = "the till has no rate for this currency"
[[record.step]]
insert = "pay"
set    = { chk_id = ":session_id", ref = ":payment_id", amount = ":amount", base = "ROUND(:amount / CAST(:rate AS decimal(20, 10)), 2)" }
""",
    )
    place.lock(1)
    place.pay(1, 1001)
    assert place.sql("SELECT amount::float, base::float FROM pay") == [(10.01, 20.02)]
