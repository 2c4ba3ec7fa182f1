"""What real schemas do with money, each on a few tables. Every expected amount was worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Serve = Callable[..., Any]


def _check(total: float | str, more: str = "", paid: float = 0) -> str:
    return f"INSERT INTO chk (id, name, total, paid) VALUES (1, 'One', {total}, {paid}); {more}"


TAXES = """
CREATE TABLE line_tax (line_id int, percent numeric, tax_type int, cascade boolean NOT NULL DEFAULT FALSE);
INSERT INTO line (id, check_id, name, qty, price) VALUES (1, 1, 'Room', 3, 9.99), (2, 1, 'Book', 1, 4.49), (3, 1, 'Gin', 1, 7.35);
INSERT INTO line_tax VALUES (1, 5, 1), (1, 9.975, 1), (3, 5, 1); INSERT INTO line_tax VALUES (3, 10, 1, TRUE);
"""


def test_several_taxes_of_a_line_are_added_and_its_cents_are_rounded_once(serve: Serve):
    """3 x 9.99 with 5 % and 9.975 %: 29.97 + 1.4985 + 2.9895... = 34.4580..., and not rounded in between."""
    place = serve(
        _check("34.46 + 4.49 + 8.49", TAXES),
        """
[bill]
tax = '''
  (SELECT SUM(l.qty * l.price * t.percent / 100)
   FROM line l JOIN line_tax t ON t.line_id = l.id WHERE l.check_id = k.id AND NOT t.cascade)
  + (SELECT SUM(l.qty * l.price * (1 + (SELECT SUM(o.percent) FROM line_tax o WHERE o.line_id = l.id AND NOT o.cascade) / 100) * t.percent / 100)
     FROM line l JOIN line_tax t ON t.line_id = l.id WHERE l.check_id = k.id AND t.cascade)'''
[item.tax]
included = false
form     = "multiplier"
rate     = '''
  (1 + COALESCE((SELECT SUM(t.percent) FROM line_tax t WHERE t.line_id = l.id AND NOT t.cascade), 0) / 100)
  * (1 + COALESCE((SELECT SUM(t.percent) FROM line_tax t WHERE t.line_id = l.id AND t.cascade), 0) / 100)'''
""",
    )
    # Gin: 7.35 x 1.05 = 7.7175, and 10 % on top of that is 8.48925.
    assert place.lines("One") == [(1, "3 x Room", 3446), (1, "Book", 449), (1, "Gin", 849)]
    # 1.4985 + 2.989... + 0.3675 + 0.77175 = 5.6272...
    assert place.bill("One")["taxAmount"] == 563


def test_a_till_that_rounds_each_tax_of_a_line_is_followed_to_the_cent(serve: Serve):
    """Each tax is rounded to cents for itself: the amount of the line is what the till keeps, taxes and all."""
    place = serve(
        _check("29.97 + 1.50 + 2.99", TAXES.split("INSERT", maxsplit=1)[0])
        + """
        ALTER TABLE line_tax ADD amount numeric(12,2); INSERT INTO line (id, check_id, name, qty, price) VALUES (1, 1, 'Room', 3, 9.99);
        INSERT INTO line_tax VALUES (1, 5, 1, FALSE, 1.50), (1, 9.975, 1, FALSE, 2.99), (1, 2, 0, FALSE, 0.59);""",
        """
item.amount_per_item = { per = "line", sql = '''
  l.qty * l.price + COALESCE((SELECT SUM(t.amount) FROM line_tax t WHERE t.line_id = l.id AND t.tax_type = 1), 0)''' }
""",
    )
    assert place.lines("One") == [(1, "3 x Room", 3446)]


@pytest.mark.parametrize(
    ("basis", "rate", "form", "total", "each"),
    [
        ("l.tax_type = 0", "l.rate", "percent", 22, [1000, 1200]),
        ("NOT l.exclusive", "l.rate / 100", "fraction", 22, [1000, 1200]),
        ("k.inclusive", "1 + l.rate / 100", "multiplier", 20, [1000, 1000]),
        ("EXISTS (SELECT 1 FROM board s WHERE s.name = 'inclusive')", "l.rate", "percent", 24, [1200, 1200]),
    ],
)
def test_prices_hold_their_tax_by_line_by_check_or_by_a_setting(
    serve: Serve, basis: str, rate: str, form: str, total: int, each: list[int]
):
    place = serve(
        _check(
            total,
            """ALTER TABLE line ADD tax_type int, ADD exclusive boolean, ADD rate numeric DEFAULT 20;
            ALTER TABLE chk ADD inclusive boolean NOT NULL DEFAULT TRUE;
            INSERT INTO line (id, check_id, price, tax_type, exclusive) VALUES (1, 1, 10, 0, FALSE), (2, 1, 10, 1, TRUE);""",
        ),
        f"""
[columns.line]
exclusive = {{ as = "flag", missing = false }}
[item.tax]
included = "{basis}"
rate     = "{rate}"
form     = "{form}"
""",
    )
    assert [amount for _, _, amount in place.lines("One")] == each


def test_a_percentage_that_only_the_header_has_is_a_discount_of_all_lines(serve: Serve):
    """The header says 12.5 %; what the lines are worth is theirs to say, and what they had off themselves comes first."""
    place = serve(
        _check(
            "20.91",
            """ALTER TABLE chk ADD discount numeric; ALTER TABLE line ADD off numeric;
            UPDATE chk SET discount = 12.5; INSERT INTO line (id, check_id, name, qty, price, off) VALUES (1, 1, 'Fish', 2, 12, 1), (2, 1, 'Tea', 1, 0.9, 0);""",
        ),
        """
[[discount]]
from   = "JOIN line l ON l.check_id = k.id"
where  = "l.off <> 0 AND l.off IS NOT NULL"
id     = "CONCAT('off-', l.id)"
name   = "CONCAT(l.name, ' discount')"
amount = "l.off"
[[discount]]
where  = "COALESCE(k.discount, 0) <> 0"
id     = "'discount'"
name   = "CONCAT('Discount ', ROUND(k.discount, 1), ' %')"
amount = "k.discount / 100 * (SELECT SUM(l.qty * l.price - COALESCE(l.off, 0)) FROM line l WHERE l.check_id = k.id)"
""",
    )
    # 24.90 - 1.00 = 23.90; 12.5 % of that is 2.9875, rounded to 2.99.
    assert place.lines("One") == [
        (2, "Fish", 1200),
        (1, "Tea", 90),
        (1, "Fish discount", -100),
        (1, "Discount 12.5 %", -299),
    ]


def test_a_discount_is_an_amount_or_a_rate_by_its_type(serve: Serve):
    place = serve(
        _check(
            "16.20",
            """ALTER TABLE line ADD discount numeric, ADD discount_type int;
            INSERT INTO line (id, check_id, name, qty, price, discount, discount_type) VALUES
              (1, 1, 'Fish', 1, 12, 10, 0), (2, 1, 'Soup', 2, 3, 0.4, 1), (3, 1, 'Tea', 1, 0.2, NULL, NULL);""",
        ),
        """
[[discount]]
from   = "JOIN line l ON l.check_id = k.id"
where  = "COALESCE(l.discount, 0) <> 0"
id     = "CONCAT('off-', l.id)"
name   = "CASE l.discount_type WHEN 0 THEN CONCAT(ROUND(l.discount), ' %') ELSE 'Off' END"
amount = "CASE l.discount_type WHEN 0 THEN l.qty * l.price * l.discount / 100 ELSE l.qty * l.discount END"
""",
    )
    assert place.lines("One")[3:] == [(1, "10 %", -120), (1, "Off", -80)]


def test_service_charges_of_several_columns_are_added(serve: Serve):
    place = serve(
        _check(
            "23.10",
            """ALTER TABLE chk ADD auto_svc_ttl numeric, ADD other_svc_ttl numeric;
            UPDATE chk SET auto_svc_ttl = 2.10, other_svc_ttl = NULL; INSERT INTO line (id, check_id, price) VALUES (1, 1, 21);""",
        ),
        'bill.service_charge = "COALESCE(k.auto_svc_ttl, 0) + COALESCE(k.other_svc_ttl, 0)"',
    )
    assert place.lines("One") == [(1, "Thing", 2100)]
    assert place.bill("One")["serviceCharge"] == 210


def test_a_tip_that_the_till_folds_into_its_total_and_into_what_is_paid_is_taken_out_of_both(serve: Serve):
    place = serve(
        _check(
            "15",
            """CREATE TABLE pay (check_id int, amount numeric, tip numeric, void boolean NOT NULL DEFAULT FALSE);
            INSERT INTO pay VALUES (1, 8, 3, FALSE), (1, 9, 9, TRUE); INSERT INTO line (id, check_id, price) VALUES (1, 1, 12);""",
        ),
        """
[bill]
total = "k.total - COALESCE((SELECT SUM(p.tip) FROM pay p WHERE p.check_id = k.id AND NOT p.void), 0)"
paid  = "COALESCE((SELECT SUM(p.amount - p.tip) FROM pay p WHERE p.check_id = k.id AND NOT p.void), 0)"
""",
    )
    bill = place.bill("One")
    assert (bill["totalAmount"], bill["paidAmount"]) == (1200, 500)
    assert place.session("One")["isPayable"] is True


PAID = """
CREATE TABLE pay (id int, check_id int, kind text, amount numeric, change numeric, void boolean NOT NULL, base numeric, currency text);
INSERT INTO line (id, check_id, price) VALUES (1, 1, 20);
"""


@pytest.mark.parametrize(
    ("rows", "paid", "minor"),
    [
        # Change as a column, a refund by its kind, a voided tender.
        (
            "(1, 1, 'CASH', 20, 8, FALSE, 0, ''), (2, 1, 'REFUND', 2, 0, FALSE, 0, ''), (3, 1, 'CARD', 5, 0, TRUE, 0, '')",
            ("COALESCE((SELECT SUM(CASE WHEN p.kind = 'REFUND' THEN -p.amount ELSE p.amount - p.change END)"
            " FROM pay p WHERE p.check_id = k.id AND p.void = FALSE), 0)"),
            1000,
        ),
        # Change as a negative row of its own; another table would be another sub-select.
        (
            "(1, 1, 'CASH', 20, 0, FALSE, 0, ''), (2, 1, 'CHANGE', -8, 0, FALSE, 0, '')",
            "COALESCE((SELECT SUM(p.amount) FROM pay p WHERE p.check_id = k.id), 0)",
            1200,
        ),
        # A dummy payment of the whole total while the check is a draft.
        (
            "(1, 1, 'DRAFT', 20, 0, FALSE, 0, '')",
            "COALESCE((SELECT SUM(p.amount) FROM pay p WHERE p.check_id = k.id AND p.kind <> 'DRAFT' AND p.kind IS NOT NULL), 0)",
            0,
        ),
        # Only what remains is kept.
        ("(1, 1, 'CASH', 5, 0, FALSE, 0, '')", "k.total - COALESCE(k.paid, 0)", 1500),
        # A tender in another currency counts with its base amount.
        (
            "(1, 1, 'CASH', 10, 0, FALSE, 8.55, 'EUR'), (2, 1, 'CARD', 1.45, 0, FALSE, NULL, 'GBP')",
            "COALESCE((SELECT SUM(COALESCE(p.base, p.amount)) FROM pay p WHERE p.check_id = k.id), 0)",
            1000,
        ),
        # One column for each kind of tender.
        ("(1, 1, '', 0, 0, FALSE, 0, '')", "(SELECT COALESCE(SUM(p.amount), 0) + COALESCE(SUM(p.change), 0) FROM pay p WHERE p.check_id = k.id)", 0),
    ],
)  # fmt: skip
def test_what_is_paid_is_what_the_till_counts(serve: Serve, rows: str, paid: str, minor: int):
    place = serve(_check(20, f"{PAID} INSERT INTO pay VALUES {rows};", paid=5), f'[bill]\npaid = "{paid}"')
    assert place.bill("One")["paidAmount"] == minor
    assert place.session("One")["isPayable"] is True


def test_cash_rounding_of_the_till_is_a_line_of_its_own(serve: Serve):
    """The till rounds the check to five cents and keeps the difference."""
    place = serve(
        _check(
            "12.35",
            "ALTER TABLE chk ADD cash_rounding numeric; UPDATE chk SET cash_rounding = -0.02; INSERT INTO line (id, check_id, price) VALUES (1, 1, 12.37);",
        ),
        """
[[charge]]
where  = "k.cash_rounding <> 0 AND k.cash_rounding IS NOT NULL"
id     = "'rounding'"
name   = "'Rounding'"
amount = "k.cash_rounding"
""",
    )
    assert place.lines("One") == [(1, "Thing", 1237), (1, "Rounding", -2)]


@pytest.mark.parametrize(
    ("kind", "said", "fits"),
    [
        ("numeric(10,2)", "[money]\nform = 'minor'\n", False),
        ("numeric(10,0)", "[money]\nform = 'minor'\n", True),
        ("numeric", "[money]\nform = 'minor'\n", True),
        ("int", "[money]\nform = 'minor'\n", True),
        ("numeric(10,2)", "", True),
    ],
)
def test_a_column_with_decimals_holds_no_minor_units(serve: Serve, kind: str, said: str, fits: bool):
    place = serve(_check(20, f"ALTER TABLE chk ALTER total TYPE {kind};"), said)
    found = place.ask("ListSessions")
    assert ("errorCode" in found) is not fits
    assert any("bill.total: cannot be in minor units" in message for message in place.said()) is not fits
