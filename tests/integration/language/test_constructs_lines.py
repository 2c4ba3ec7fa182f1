"""What real schemas do with the lines of a bill, each on a few tables. Every expected amount was worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Serve = Callable[..., Any]


def _check(total: float, more: str = "") -> str:
    return f"INSERT INTO chk (id, name, total) VALUES (1, 'One', {total}); {more}"


def _below(place: Any, name: str = "One") -> list[tuple[Any, ...]]:
    """Each line with its modifiers, amounts apart from each other; the bill must add up."""
    place.lines(name)
    found: list[tuple[Any, ...]] = []
    for item in place.bill(name)["items"]:
        below = [(one["quantity"], one["name"], one["amountPerModifier"]) for one in item.get("modifiers", ())]
        found.append((item["quantity"], item["name"], item["amountPerItem"], *below))
    return found


def test_modifiers_of_the_same_table_point_at_their_line(serve: Serve):
    place = serve(
        _check(
            24,
            """ALTER TABLE line ADD parent_id int;
            INSERT INTO line (id, check_id, name, qty, price, parent_id) VALUES
              (1, 1, 'Burger', 2, 10, NULL), (2, 1, 'Cola', 1, 2, NULL), (3, 1, 'Cheese', 1, 1, 1), (4, 1, 'Ice', 3, 0, 2);""",
        ),
        """
[item]
where = "l.parent_id IS NULL"
[modifier]
from     = "JOIN line m ON m.parent_id = l.id"
order    = ["m.id"]
id       = "m.id"
name     = "m.name"
quantity = "m.qty"
amount   = "m.price"
""",
    )
    assert _below(place) == [(2, "Burger", 1100, (1, "Cheese", 100)), (1, "Cola", 200, (3, "Ice", 0))]


def test_modifiers_of_sub_items_are_told_with_their_parent_and_counted_for_it(serve: Serve):
    """Two levels: the sub-items of a menu, and the modifiers of those."""
    place = serve(
        _check(
            41.50,
            """ALTER TABLE line ADD parent_id int;
            INSERT INTO line (id, check_id, name, qty, price, parent_id) VALUES
              (1, 1, 'Menu for two', 2, 18, NULL), (2, 1, 'Burger', 2, 0, 1), (3, 1, 'Cheese', 1, 1, 2), (4, 1, 'Cola', 1, 0.5, 1),
              (5, 1, 'Tea', 1, 0.5, NULL);""",
        ),
        """
[item]
where = "l.parent_id IS NULL"
[modifier]
from = '''
  JOIN line m      ON m.parent_id = l.id OR m.parent_id IN (SELECT s.id FROM line s WHERE s.parent_id = l.id)
  LEFT JOIN line p ON p.id = m.parent_id AND p.id <> l.id'''
order    = ["COALESCE(p.id, m.id)", "m.id"]
id       = "m.id"
name     = "CASE WHEN p.id IS NULL THEN m.name ELSE CONCAT(p.name, ': ', m.name) END"
quantity = "m.qty * COALESCE(p.qty, 1)"
amount   = "m.price"
""",
    )
    assert _below(place) == [
        (2, "Menu for two", 2050, (2, "Burger", 0), (2, "Burger: Cheese", 100), (1, "Cola", 50)),
        (1, "Tea", 50),
    ]


def test_a_flag_chooses_between_two_columns_of_quantity(serve: Serve):
    place = serve(
        _check(
            13.2,
            """ALTER TABLE line ADD fractional boolean, ADD weight double precision;
            INSERT INTO line (id, check_id, name, qty, price, fractional, weight) VALUES
              (1, 1, 'Soup', 2, 3, FALSE, 0), (2, 1, 'Cheese', 0, 12, TRUE, 0.35), (3, 1, 'Tea', 1, 3, NULL, NULL);""",
        ),
        """
[columns.line]
fractional = { as = "flag", missing = false }
[item]
quantity = "CASE WHEN l.fractional THEN l.weight ELSE l.qty END"
""",
    )
    assert place.lines("One") == [(2, "Soup", 300), (1, "0.35 x Cheese", 420), (1, "Tea", 300)]


def test_lines_become_items_charges_or_discounts_by_their_kind_and_the_rest_is_skipped(serve: Serve):
    """Kinds by letter, as in Micros; the service charge is a product with an id of its own, as in Chromis."""
    place = serve(
        _check(
            12.75,
            """ALTER TABLE line ADD kind text, ADD product text;
            INSERT INTO line (id, check_id, name, qty, price, kind, product) VALUES
              (1, 1, '--- seat 1 ---', 1, 0, 'R', NULL), (2, 1, 'Fish', 1, 12, 'M', '7'), (3, 1, 'Happy hour', 1, -1, 'D', NULL),
              (4, 1, 'Service', 1, 1.75, 'M', 'sc999-001'), (5, 1, 'Visa', 1, -12.75, 'T', NULL), (6, 1, 'Note: rare', 1, NULL, 'M', NULL),
              (7, 1, 'Tip', 1, 2, 'M', 'tip');""",
        ),
        """
[bill]
service_charge = "(SELECT SUM(s.qty * s.price) FROM line s WHERE s.check_id = k.id AND s.product = 'sc999-001')"
[item]
where = "l.kind = 'M' AND l.price IS NOT NULL AND l.product NOT IN ('sc999-001', 'tip') AND l.product IS NOT NULL"
[[discount]]
from   = "JOIN line l ON l.check_id = k.id"
where  = "l.kind = 'D'"
id     = "l.id"
name   = "l.name"
amount = "-l.price"
""",
    )
    assert place.lines("One") == [(1, "Fish", 1200), (1, "Happy hour", -100)]
    assert place.bill("One")["serviceCharge"] == 175


VOIDS = """
ALTER TABLE line ADD void boolean, ADD comp boolean, ADD refund boolean;
INSERT INTO line (id, check_id, name, qty, price, void, comp, refund) VALUES
  (1, 1, 'Fish', 2, 12, FALSE, FALSE, FALSE), (2, 1, 'Voided', 1, 9, TRUE, FALSE, FALSE), (3, 1, 'On the house', 1, 4, NULL, TRUE, NULL),
  (4, 1, 'Fish', 1, 12, FALSE, FALSE, TRUE);
"""


def test_void_lines_are_left_out_comps_cost_nothing_and_refunds_count_against(serve: Serve):
    place = serve(
        _check(12, VOIDS),
        """
[columns.line]
void   = { as = "flag", missing = false }
comp   = { as = "flag", missing = false }
refund = { as = "flag", missing = false }
[item]
where           = "NOT l.void"
quantity        = "CASE WHEN l.refund THEN -l.qty ELSE l.qty END"
amount_per_item = "CASE WHEN l.comp THEN 0 ELSE l.price END"
""",
    )
    assert place.lines("One") == [(2, "Fish", 1200), (1, "On the house", 0), (1, "Fish", -1200)]


def test_a_forgotten_meaning_of_a_nullable_void_flag_is_told(serve: Serve):
    place = serve(_check(12, VOIDS), '[item]\nwhere = "NOT l.void"')
    assert place.ask("ListSessions")["errorCode"] == "ERROR_INTERNAL_POS_ERROR"
    assert any("l.void may be NULL" in said and "[columns.line] void" in said for said in place.said())


def test_a_line_that_guests_share_is_a_part_of_it(serve: Serve):
    """A bottle over three checks: numerator and denominator. The cents that a third leaves are those of the till."""
    place = serve(
        """ALTER TABLE line ADD num int, ADD den int;
        INSERT INTO chk (id, name, total) VALUES (1, 'A', 13.33), (2, 'B', 10);
        INSERT INTO line (id, check_id, name, qty, price, num, den) VALUES
          (1, 1, 'Soup', 1, 5, 0, 0), (2, 1, 'Wine', 1, 25, 1, 3), (3, 2, 'Wine', 2, 10, 1, 2);""",
        """
[item]
quantity = "CASE WHEN l.den > 1 THEN l.qty * l.num * 1.0 / l.den ELSE l.qty END"
name     = "CASE WHEN l.den > 1 THEN CONCAT(l.num, '/', l.den, ' ', l.name) ELSE l.name END"
""",
    )
    assert place.lines("A") == [(1, "Soup", 500), (1, "0.333 x 1/3 Wine", 833)]
    assert place.lines("B") == [(1, "1/2 Wine", 1000)]


def test_notes_of_several_rows_are_one_text(serve: Serve):
    place = serve(
        _check(
            5,
            """CREATE TABLE note (id int, check_id int, body text);
            INSERT INTO note VALUES (2, 1, 'No nuts'), (1, 1, 'Birthday'), (3, 1, ' ');
            INSERT INTO line (id, check_id, price) VALUES (1, 1, 5);""",
        ),
        """
bill.note = "(SELECT STRING_AGG(TRIM(n.body), '; ' ORDER BY n.id) FROM note n WHERE n.check_id = k.id AND TRIM(n.body) <> '' AND n.body IS NOT NULL)"
""",
    )
    assert place.bill("One")["note"] == "Birthday; No nuts"


def test_a_product_has_the_first_number_that_it_has_and_a_name_of_several_columns(serve: Serve):
    place = serve(
        _check(
            3,
            """CREATE TABLE product (id int, code text, reference text, name text, size text, menu text);
            INSERT INTO product VALUES (1, '4001', 'r1', 'Soup', 'large', NULL), (2, '', 'r2', 'Bread', ' ', 'Lunch'), (3, NULL, NULL, NULL, NULL, NULL);
            ALTER TABLE line ADD product_id int; INSERT INTO line (id, check_id, name, price, product_id)
            VALUES (1, 1, 'x', 1, 1), (2, 1, 'x', 1, 2), (3, 1, 'Open item', 1, 3);""",
        ),
        """
[item]
from = "JOIN line l ON l.check_id = k.id LEFT JOIN product r ON r.id = l.product_id"
id   = "COALESCE(NULLIF(r.code, ''), r.reference, CONCAT('#', l.id))"
name = ["COALESCE(r.name, l.name)", "r.size", "CONCAT('(', NULLIF(r.menu, ''), ')')"]
""",
    )
    found = [(item["id"], item["name"]) for item in place.bill("One")["items"]]
    assert found == [("4001", "Soup large ()"), ("r2", "Bread (Lunch)"), ("#3", "Open item ()")]


@pytest.mark.parametrize(
    ("quantity", "said", "line"),
    [
        ("'3'", "", (3, "Thing", 100)),
        ("' 2.0 '", "", (2, "Thing", 100)),
        ("''", "missing = 1", (1, "Thing", 100)),
        ("NULL", "missing = 1", (1, "Thing", 100)),
    ],
)
def test_a_blank_text_where_a_number_is_meant_counts_as_missing(
    serve: Serve, quantity: str, said: str, line: tuple[Any, ...]
):
    place = serve(
        _check(
            line[0],
            f"ALTER TABLE line ADD n text; INSERT INTO line (id, check_id, price, n) VALUES (1, 1, 1, {quantity});",
        ),
        f"item.quantity = {{ column = 'l.n'{', ' if said else ''}{said} }}",
    )
    assert place.lines("One") == [line]


def test_a_text_that_is_no_number_costs_its_own_bill_only(serve: Serve):
    """What stands in for NULL never stands in for what cannot be understood: it might be money."""
    place = serve(
        """ALTER TABLE line ADD n text, ADD p text; INSERT INTO chk (id, name, total) VALUES (1, 'Bad', 1), (2, 'Good', 2.5);
        INSERT INTO line (id, check_id, n, p) VALUES (1, 1, 'two', '1'), (2, 2, ' ', '2.50'), (3, 2, '4', '');""",
        """
[item]
quantity        = { column = "l.n", missing = 1 }
amount_per_item = { column = "l.p", missing = 0 }
""",
    )
    assert [bill["totalAmount"] for bill in place.bills()] == [250]
    assert place.lines("Good") == [(1, "Thing", 250), (4, "Thing", 0)]
    assert place.ask("GetBillItems", sessionId=place.id_of("Bad"))["errorCode"] == "ERROR_INTERNAL_POS_ERROR"
