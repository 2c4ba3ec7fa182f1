"""What real schemas do with rows and columns, each on a few tables: joins, codes, texts, pivots, repeating columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Serve = Callable[..., Any]

ONE = "INSERT INTO chk (id, name, total) VALUES (1, 'One', 5); INSERT INTO line (id, check_id, price) VALUES (1, 1, 5);"


def test_site_constants_are_read_from_rows_of_keys_and_values(serve: Serve):
    place = serve(
        """CREATE TABLE app_config ("key" text PRIMARY KEY, value text);
        INSERT INTO app_config VALUES ('currency_code', ''), ('seats', '6'), ('tax_included', '1');
        INSERT INTO board (id, name) VALUES (1, 'T1');"""
        + ONE,
        """
[site]
currency = { read = "SELECT c.value FROM app_config c WHERE c.key = 'currency_code'", default = "EUR" }
seats    = { type = "integer", read = "SELECT c.value FROM app_config c WHERE c.key = 'seats'", default = 4 }
[table]
max_covers = ":site.seats"
""",
    )
    # A setting that is there and blank is as one that is not.
    assert place.bill("One")["currency"] == "EUR"
    assert place.good("GetTable", name="T1")["table"]["maxCovers"] == 6


def test_rows_of_another_branch_of_training_and_deleted_ones_are_left_out(serve: Serve):
    place = serve(
        """ALTER TABLE chk ADD branch int, ADD training text, ADD deleted boolean;
        ALTER TABLE line ADD branch int;
        INSERT INTO chk (id, name, total, branch, training, deleted) VALUES
          (1, 'Ours', 5, 7, 'F', FALSE), (2, 'Theirs', 5, 8, 'F', FALSE), (3, 'Lesson', 5, 7, 'T', NULL), (4, 'Gone', 5, 7, 'F', TRUE);
        INSERT INTO line (id, check_id, price, branch) VALUES (1, 1, 5, 7), (2, 1, 9, 8);""",
        """
[site]
branch = { type = "integer", default = 7 }
[columns.chk]
deleted  = { as = "flag", missing = false }
training = { as = "flag", true = "T", false = "F", missing = false }
[session]
where = "k.branch = :site.branch AND NOT k.training AND NOT k.deleted"
[item]
from = "JOIN line l ON l.check_id = k.id AND l.branch = k.branch"
""",
    )
    assert place.names() == ["Ours"]
    assert place.lines("Ours") == [(1, "Thing", 500)]
    place.by_filters()


def test_joins_may_be_nested_to_the_table_itself_by_several_columns_and_by_an_expression(serve: Serve):
    place = serve(
        """ALTER TABLE chk ADD rvc int, ADD emp int, ADD parent_id int, ADD ref text;
        CREATE TABLE emp_def (emp int, rvc int, person_id int); CREATE TABLE person (id int, name text);
        INSERT INTO emp_def VALUES (5, 1, 50), (5, 2, 51), (6, 1, 60); INSERT INTO person VALUES (50, 'Ana'), (51, 'Bob');
        INSERT INTO board (id, name) VALUES (1, 'T1'), (12, 'T12');
        INSERT INTO chk (id, name, total, rvc, emp, parent_id, ref) VALUES
          (1, 'A', 0, 1, 5, NULL, 'TAB-12'), (2, 'B', 0, 2, 5, 1, 'TAB-1'), (3, 'C', 0, 1, 6, 1, 'TAKEAWAY');""",
        """
[session]
from = '''
  chk k
  LEFT JOIN chk parent ON parent.id = k.parent_id
  LEFT JOIN (SELECT e.emp AS emp, e.rvc AS rvc, p.id AS id, p.name AS name
             FROM emp_def e JOIN person p ON p.id = e.person_id) w ON w.emp = k.emp AND w.rvc = k.rvc
  LEFT JOIN board b    ON k.ref = CONCAT('TAB-', b.id)'''
name   = "CASE WHEN parent.id IS NULL THEN k.name ELSE CONCAT(parent.name, '/', k.name) END"
table  = "b.id"
waiter = { id = "w.id", name = "w.name" }
""",
    )
    found = [(one["name"], one.get("tableName"), (one.get("waiter") or {}).get("name")) for one in place.sessions()]
    assert found == [("A", "T12", "Ana"), ("A/B", "T1", "Bob"), ("A/C", None, None)]
    place.by_filters(tables=True)


def test_joins_in_brackets_are_a_single_side_of_a_left_join(serve: Serve):
    place = serve(
        """ALTER TABLE chk ADD emp int; CREATE TABLE emp_def (emp int, person_id int); CREATE TABLE person (id int, name text);
        INSERT INTO emp_def VALUES (5, 50), (6, 60), (7, 70); INSERT INTO person VALUES (50, 'Ana'), (70, 'Cid');
        INSERT INTO board (id, name) VALUES (50, 'Bar'), (70, 'Closed');
        INSERT INTO chk (id, name, total, emp) VALUES (1, 'A', 0, 5), (2, 'B', 0, 6), (3, 'C', 0, 7);""",
        """
[session]
from   = "chk k LEFT JOIN (emp_def e JOIN (person p JOIN board b ON b.id = p.id) ON p.id = e.person_id) ON e.emp = k.emp"
where  = "NOT EXISTS (SELECT 1 FROM emp_def d LEFT JOIN (person q JOIN board c ON c.id = q.id) ON q.id = d.person_id WHERE d.emp = k.emp AND c.name = 'Closed')"
waiter = { id = "p.id", name = "p.name" }
""",
    )
    assert [(one["name"], (one.get("waiter") or {}).get("name")) for one in place.sessions()] == [
        ("A", "Ana"),
        ("B", None),
    ]
    place.by_filters()


def test_sub_selects_count_sum_and_ask_whether_there_are_any(serve: Serve):
    place = serve(
        ONE
        + """INSERT INTO chk (id, name, total) VALUES (2, 'Empty', 0);
        INSERT INTO line (id, check_id, qty, price) VALUES (2, 1, 3, 0);""",
        """
[session]
where  = "EXISTS (SELECT 1 FROM line x WHERE x.check_id = k.id)"
covers = "(SELECT COUNT(*) FROM line x WHERE x.check_id = k.id)"
[bill]
total = "COALESCE((SELECT SUM(x.qty * x.price) FROM line x WHERE x.check_id = k.id), 0)"
note  = "(SELECT MAX(x.name) FROM line x WHERE x.check_id = k.id AND x.qty > 1)"
""",
    )
    assert [(one["name"], one["numberOfCovers"]) for one in place.sessions()] == [("One", 2)]
    assert place.bill("One")["note"] == "Thing"


def test_bits_of_a_mask_are_flags(serve: Serve):
    # 0x02000000 is a voided line, 0x4 a closed check.
    place = serve(
        """ALTER TABLE line ADD dtl_status bigint NOT NULL DEFAULT 0; ALTER TABLE chk ADD bits int NOT NULL DEFAULT 0;
        INSERT INTO chk (id, name, total, bits) VALUES (1, 'One', 5, 3), (2, 'Closed', 0, 7);
        INSERT INTO line (id, check_id, price, dtl_status) VALUES (1, 1, 5, 1), (2, 1, 9, 33554433);""",
        """
[session]
finished = "(k.bits & 4) <> 0"
[item]
where = "(l.dtl_status & 33554432) = 0"
""",
    )
    assert place.lines("One") == [(1, "Thing", 500)]
    assert place.names(isFinished=False) == ["One"]
    place.by_filters()


def test_texts_are_trimmed_cut_folded_and_put_together(serve: Serve):
    place = serve(
        """ALTER TABLE chk ADD label char(20), ADD first text, ADD last text;
        INSERT INTO chk (id, total, label, first, last) VALUES
          (1, 0, 'tbl:window', 'ana ', ' LEE'), (2, 0, 'tbl:', NULL, 'BO'), (3, 0, NULL, '', NULL);""",
        """
[session]
name   = { sql = "NULLIF(UPPER(SUBSTRING(TRIM(k.label) FROM 5)), '')", missing = "No label" }
waiter = { id = "k.id", name = { parts = ["INITCAP(k.first)", "INITCAP(k.last)"], missing = "Staff" } }
""",
    )
    assert [(one["name"], one["waiter"]["name"]) for one in place.sessions()] == [
        ("WINDOW", "Ana Lee"),
        ("No label", "Bo"),
        ("No label", "Staff"),
    ]


def test_arithmetic_case_and_comparisons_are_sql(serve: Serve):
    place = serve(
        """ALTER TABLE chk ADD sub numeric, ADD dis numeric, ADD kind int; ALTER TABLE line ADD weight numeric;
        INSERT INTO chk (id, name, sub, dis, kind) VALUES (1, 'A', 20, NULL, 1), (2, 'B', 20, 5, 2), (3, 'C', 0, 0, 1);
        INSERT INTO line (id, check_id, qty, weight, price) VALUES (1, 1, 2, NULL, 10), (2, 2, 1, 1.5, 10);""",
        """
[session]
payable = "k.kind BETWEEN 1 AND 2 AND COALESCE(k.dis, 0) < 5"
[bill]
total = "k.sub - COALESCE(NULLIF(k.dis, 0), 0)"
[item]
quantity = "CASE WHEN l.weight IS NULL THEN l.qty ELSE l.weight END"
""",
    )
    assert [(one["name"], one["isPayable"]) for one in place.sessions()] == [("A", True), ("B", False), ("C", False)]
    assert place.lines("A") == [(2, "Thing", 1000)]
    assert place.lines("B") == [(1, "1.5 x Thing", 1500)]
    place.by_filters()


def test_attributes_and_totals_that_are_rows_are_read_one_by_one(serve: Serve):
    """Key and value rows, as WordPress and TastyIgniter have them: a sub-select for each key."""
    place = serve(
        """CREATE TABLE meta (check_id int, property_name text, property_value text);
        CREATE TABLE order_totals (order_id int, code text, value numeric);
        INSERT INTO chk (id, name) VALUES (1, 'One'), (2, 'Two');
        INSERT INTO meta VALUES (1, 'guests', '4'), (1, 'note', 'No nuts'), (2, 'guests', 'many');
        INSERT INTO order_totals VALUES (1, 'subtotal', 20), (1, 'discount', -3), (1, 'total', 17), (2, 'total', 0);
        INSERT INTO line (id, check_id, price) VALUES (1, 1, 20);""",
        """
[session]
covers = "(SELECT m.property_value FROM meta m WHERE m.check_id = k.id AND m.property_name = 'guests')"
[bill]
total = "(SELECT o.value FROM order_totals o WHERE o.order_id = k.id AND o.code = 'total')"
note  = "(SELECT m.property_value FROM meta m WHERE m.check_id = k.id AND m.property_name = 'note')"
[[discount]]
from   = "JOIN order_totals d ON d.order_id = k.id AND d.code = 'discount'"
id     = "d.code"
name   = "'Discount'"
amount = "-d.value"
""",
    )
    # A number of guests that is none counts as not known.
    assert [one.get("numberOfCovers") for one in place.sessions()] == [4, None]
    assert place.lines("One") == [(1, "Thing", 2000), (1, "Discount", -300)]
    assert place.bill("One")["note"] == "No nuts"


REPEATED = """
ALTER TABLE chk ADD discount1 numeric, ADD discount1name text, ADD discount2 numeric, ADD discount2name text,
  ADD paymentmethod1 text, ADD paymentamount1 numeric, ADD paymentmethod2 text, ADD paymentamount2 numeric;
INSERT INTO chk (id, name, total, discount1, discount1name, discount2, discount2name,
                 paymentmethod1, paymentamount1, paymentmethod2, paymentamount2)
VALUES (1, 'One', 6, 3, 'Staff', 1, 'Loyal', 'CASH', 2, 'VOID', 9), (2, 'Two', 10, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL);
INSERT INTO line (id, check_id, price) VALUES (1, 1, 10), (2, 2, 10);
"""


@pytest.mark.parametrize(
    "discounts",
    [
        """
[[discount]]
select = '''
  SELECT u.id AS session_id, u.n AS id, u.label AS name, u.amount AS amount
  FROM (SELECT k1.id AS id, 1 AS n, k1.discount1name AS label, k1.discount1 AS amount FROM chk k1
        UNION ALL
        SELECT k2.id, 2, k2.discount2name, k2.discount2 FROM chk k2) u'''
where  = "discount.amount <> 0 AND discount.amount IS NOT NULL"
order  = ["discount.id"]
id     = "discount.id"
name   = "discount.name"
amount = "discount.amount"
""",
        """
[[discount]]
id     = "'1'"
name   = "k.discount1name"
amount = { column = "k.discount1", missing = 0 }
[[discount]]
id     = "'2'"
name   = "k.discount2name"
amount = { column = "k.discount2", missing = 0 }
""",
    ],
    ids=["select", "one each"],
)
def test_columns_that_repeat_are_rows(serve: Serve, discounts: str):
    place = serve(
        REPEATED,
        discounts
        + """
[bill]
paid = '''
  CASE WHEN k.paymentmethod1 IS NULL OR k.paymentmethod1 = 'VOID' THEN 0 ELSE k.paymentamount1 END
  + CASE WHEN k.paymentmethod2 IS NULL OR k.paymentmethod2 = 'VOID' THEN 0 ELSE k.paymentamount2 END'''
""",
    )
    assert place.lines("One") == [(1, "Thing", 1000), (1, "Staff", -300), (1, "Loyal", -100)]
    assert place.lines("Two") == [(1, "Thing", 1000)]
    assert place.bill("One")["paidAmount"] == 200
    place.healthy()


def test_names_per_language_fall_back_to_another(serve: Serve):
    place = serve(
        ONE
        + """CREATE TABLE item_names (item text, lang text, label text);
        INSERT INTO item_names VALUES ('Thing', 'en', 'Fish'), ('Thing', 'fr', 'Poisson'), ('Soup', 'en', 'Soup of the day');
        INSERT INTO line (id, check_id, name, price) VALUES (2, 1, 'Soup', 0), (3, 1, 'Bread', 0);""",
        """
[site]
language = { default = "fr" }
[item]
name = '''
  COALESCE((SELECT n.label FROM item_names n WHERE n.item = l.name AND n.lang = :site.language),
           (SELECT n.label FROM item_names n WHERE n.item = l.name AND n.lang = 'en'), l.name)'''
""",
    )
    assert [name for _, name, _ in place.lines("One")] == ["Poisson", "Soup of the day", "Bread"]


def test_json_of_the_database_gives_fields_and_the_elements_of_an_array_are_lines(serve: Serve):
    """What PostgreSQL itself can do with JSON: the last of two equal keys wins, as its own jsonb has it."""
    place = serve(
        """ALTER TABLE chk ADD data text;
        INSERT INTO chk (id, name, total, data) VALUES
          (1, 'One', 7, '{"table": "T1", "table": "T4", "lines": [{"id": 5, "name": "Fish", "qty": 1, "price": 5}, {"id": 6, "name": "Tea", "qty": 2, "price": 1}]}'),
          (2, 'None', 0, '{}');""",
        """
[session]
name = "COALESCE(CAST(k.data AS jsonb) ->> 'table', k.name)"
[item]
select = '''
  SELECT c.id AS session_id, e.value ->> 'id' AS id, e.value ->> 'name' AS name, e.ordinality AS n,
         CAST(e.value ->> 'qty' AS integer) AS quantity, CAST(e.value ->> 'price' AS decimal(10, 2)) AS amount_per_item
  FROM chk c CROSS JOIN LATERAL JSONB_ARRAY_ELEMENTS(CAST(c.data AS jsonb) -> 'lines') WITH ORDINALITY e'''
order = ["item.n"]
""",
        without=("item.from", "item.id", "item.name", "item.key", "item.quantity", "item.amount_per_item"),
    )
    assert place.names() == ["T4", "None"]
    assert place.lines("T4") == [(1, "Fish", 500), (2, "Tea", 100)]
    assert place.lines("None") == []
