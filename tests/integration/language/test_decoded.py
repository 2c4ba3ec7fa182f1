"""Lines, modifiers and discounts that come out of one encoded value. Every expected amount was worked out by hand."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from adapter.errors import InvalidFile
from adapter.events import BugFound, RowSkipped, StatementRun
from adapter.mapping.load import load_mapping_text

Serve = Callable[..., Any]

LINES = {
    "lines": [
        {
            "id": "F1",
            "name": "Fish",
            "n": 2,
            "price": 4.5,
            "extras": [{"id": "P", "name": "Peas", "n": 1, "price": 0.5}],
        },
        {"id": "C1", "name": "Chips", "n": 1, "price": "2.25"},
    ]
}
ITEM = """
[item]
rows = { column = "k.data", path = "lines", as = "line" }
id = "line.id"
name = "line.name"
quantity = { column = "line.n", missing = 1 }
amount_per_item = "line.price"
"""
MODIFIER = """
[modifier]
rows = { column = "line.extras", as = "extra" }
id = "extra.id"
name = "extra.name"
quantity = { column = "extra.n", missing = 1 }
amount = "extra.price"
"""
PLAIN = """
version = 1
epos = "Decoded"
sql = "postgresql"
[site]
timezone = { default = "Europe/London" }
currency = { default = "GBP" }
[table]
from = "board t"
id = "t.id"
name = "t.name"
max_covers = "t.seats"
status = { column = "t.state", map = { 0 = "available" } }
[session]
from = "chk k"
id = "k.id"
name = "k.name"
created_at = "k.opened"
[bill]
total = "k.total"
paid = "k.paid"
"""
WITHOUT = ("item.from", "item.order", "item.key")


def _check(number: int, name: str, data: Any, total: str = "NULL", *, column: str = "text") -> str:
    held = data if isinstance(data, str) else json.dumps(data)
    value = "'" + held.replace("'", "''") + "'"
    return (
        f"ALTER TABLE chk ADD IF NOT EXISTS data {column};"
        f"INSERT INTO chk (id, name, total, data) VALUES ({number}, '{name}', {total}, {value});"
    )


@pytest.fixture
def decoded(serve: Serve) -> Callable[..., Any]:
    """Opens a restaurant whose lines are decoded."""

    def open_(sql: str, toml: str = "", *, modifier: str = MODIFIER, item: str = ITEM) -> Any:
        return serve(sql, item + modifier + toml, without=WITHOUT)

    return open_


@pytest.mark.parametrize("column", ["text", "json", "jsonb", "varchar(2000)"])
def test_lines_and_modifiers_come_out_of_json_whatever_column_holds_it(decoded: Any, column: str):
    place = decoded(_check(1, "One", LINES, "12.25", column=column))
    fish, chips = place.bill("One")["items"]
    assert place.lines("One") == [(2, "Fish", 500), (1, "Chips", 225)]
    assert fish["modifiers"] == [{"id": "P", "name": "Peas", "amountPerModifier": 50, "quantity": 1}]
    assert not chips.get("modifiers")
    assert place.sessions()[0]["isPayable"] is True
    place.healthy()


def test_compressed_json_in_bytes_is_read_as_if_it_stood_there(serve: Serve):
    packed = gzip.compress(json.dumps(LINES).encode()).hex()
    place = serve(
        "ALTER TABLE chk ADD data bytea;"
        f"INSERT INTO chk (id, name, total, data) VALUES (1, 'One', 12.25, '\\x{packed}')",
        ITEM + MODIFIER,
        without=WITHOUT,
    )
    assert place.lines("One") == [(2, "Fish", 500), (1, "Chips", 225)]


@pytest.mark.parametrize(
    "data",
    [
        "no JSON",
        '{"lines": [{"id": 1',
        '{"lines": 7}',
        '{"lines": [{"id": 1, "n": 1, "price": 1}]}',
        '{"lines": [{"id": 1, "name": "X", "n": 1}]}',
        '{"lines": [{"id": 1, "name": "X", "n": 1, "price": "abc"}]}',
        '{"lines": [{"id": 1, "name": "X", "n": {"a": 1}, "price": 1e999}]}',
        '{"lines": [{"id": 1, "name": "X", "n": true, "price": 1}]}',
        '{"lines": [{"id": 1, "name": "X", "n": 1, "price": 1, "extras": 5}]}',
        "[" * 100_000,
        '{"lines": [[[1]]]}',
    ],
)
def test_one_spoilt_value_costs_its_own_bill_and_no_other(decoded: Any, data: str):
    place = decoded(_check(1, "Good", LINES, "12.25") + _check(2, "Bad", data, "1"))
    assert place.names() == ["Good", "Bad"]
    assert [bill["totalAmount"] for bill in place.bills()] == [1225]
    assert place.ask("GetBillItems", sessionId=place.id_of("Bad"))["errorCode"] == "ERROR_INTERNAL_POS_ERROR"
    assert place.of(RowSkipped)[0].entity == "bill"
    assert "test.toml:" in place.of(RowSkipped)[0].reason
    assert not place.of(BugFound)


@pytest.mark.parametrize("data", ["NULL", "''", "'{}'", "'{\"lines\": null}'", "'{\"lines\": []}'", "'null'"])
def test_a_value_without_rows_is_a_bill_without_lines(serve: Serve, data: str):
    place = serve(
        f"ALTER TABLE chk ADD data text; INSERT INTO chk (id, name, total, data) VALUES (1, 'One', 0, {data})",
        ITEM,
        without=WITHOUT,
    )
    assert place.lines("One") == []


def test_rows_are_chosen_by_their_members_and_the_last_of_a_key_counts(decoded: Any):
    data = {
        "orders": {
            "a": {"lines": [{"id": 1, "name": "Old", "price": 9}, {"id": 2, "name": "Void", "price": 3, "void": True}]},
            "b": {"lines": [{"id": 1, "name": "New", "price": 2.5}, {"id": 3, "name": "Note", "type": "text"}]},
        }
    }
    item = ITEM.replace(
        'path = "lines", as = "line"',
        'path = "orders.*.lines", as = "line", key = "id", skip = { void = true, type = ["text", "memo"] }',
    )
    place = decoded(_check(1, "One", data, "2.5"), item=item, modifier="")
    assert place.lines("One") == [(1, "New", 250)]
    only = item.replace("skip = {", "only = { id = [1, 2] }, skip = {")
    assert decoded(_check(1, "One", data, "2.5"), item=only, modifier="").lines("One") == [(1, "New", 250)]


def test_a_member_that_stands_twice_counts_as_it_stands_last(decoded: Any):
    data = '{"lines": [{"id": 1, "name": "Pie", "price": 9, "n": 2, "price": 3}]}'
    assert decoded(_check(1, "One", data, "6")).lines("One") == [(2, "Pie", 300)]


def test_modifiers_may_be_lines_that_follow_theirs(decoded: Any):
    data = {
        "lines": [
            {"id": 1, "name": "Burger", "n": 2, "price": 8},
            {"id": 9, "name": "Cheese", "n": 2, "price": 1, "extra": "true"},
            {"id": 2, "name": "Cola", "n": 1, "price": 2, "extra": False},
        ]
    }
    modifier = """
    [modifier]
    positional = "line.extra"
    quantity = { column = "line.n", per = "line" }
    """
    place = decoded(_check(1, "One", data, "20"), modifier=modifier)
    assert place.lines("One") == [(2, "Burger", 900), (1, "Cola", 200)]
    assert [one["name"] for one in place.bill("One")["items"][0]["modifiers"]] == ["Cheese"]


def test_modifiers_of_lines_in_a_table_may_be_encoded_in_the_line(serve: Serve):
    place = serve(
        """ALTER TABLE line ADD mods text;
        INSERT INTO chk (id, name, total) VALUES (1, 'One', 12);
        INSERT INTO line (id, check_id, name, qty, price, mods) VALUES
            (1, 1, 'Steak', 1, 9, '["rare", "no salt"]'), (2, 1, 'Ale', 1, 3, NULL);""",
        """[modifier]
        rows = { column = "l.mods", as = "mod" }
        name = "mod"
        amount = "0"
        """,
    )
    assert place.lines("One") == [(1, "Steak", 900), (1, "Ale", 300)]
    assert [one["name"] for one in place.bill("One")["items"][0]["modifiers"]] == ["rare", "no salt"]
    place.sql("UPDATE line SET mods = '[' WHERE id = 1")
    assert place.ask("GetBillItems", sessionId=place.id_of("One"))["errorCode"] == "ERROR_INTERNAL_POS_ERROR"


def test_discounts_may_be_encoded_too(decoded: Any):
    data = {**LINES, "discounts": [{"why": "Friend", "amount": 1.25}, {"why": "Void", "amount": 0}]}
    discount = """
    [[discount]]
    rows = { column = "k.data", path = "discounts", as = "off" }
    id = "'off'"
    name = ["off.why", "'discount'"]
    amount = "off.amount"
    """
    place = decoded(_check(1, "One", data, "11"), discount)
    assert place.lines("One") == [(2, "Fish", 500), (1, "Chips", 225), (1, "Friend discount", -125)]


@pytest.mark.parametrize(
    ("total", "said", "lines"),
    [
        # 3 x 0.83333333 x 1.2 = 3.00; 2 x 1.23 x 1.2 = 2.952; 0.333 x 1.05 = 0.34965; together 6.30165
        ('{ sum = "lines" }', 630, [(3, "A", 100), (1, "2 x B", 295), (1, "C", 35)]),
        ('{ sum = "lines", rounded = "line" }', 630, [(3, "A", 100), (1, "2 x B", 295), (1, "C", 35)]),
    ],
)
def test_a_total_that_no_column_holds_is_the_sum_of_the_lines(decoded: Any, total: str, said: int, lines: Any):
    data = {
        "lines": [
            {"id": 1, "name": "A", "n": 3, "price": 0.83333333, "rate": 0.2},
            {"id": 2, "name": "B", "n": 2, "price": 1.23, "rate": 0.2},
            {"id": 3, "name": "C", "n": 1, "price": 0.333, "rate": 0.05},
        ]
    }
    item = ITEM + 'tax = { included = false, rate = "line.rate", form = "fraction" }\n'
    toml = f'[bill]\ntotal = {total}\ntax = {{ sum = "lines" }}\n'
    place = decoded(_check(1, "One", data) + _check(2, "Two", {}), toml, item=item)
    assert place.lines("One") == lines
    # 0.49999999 + 0.492 + 0.01665 = 1.00864999
    assert (place.bill("One")["totalAmount"], place.bill("One")["taxAmount"]) == (said, 101)
    assert [(one["name"], one["isPayable"]) for one in place.sessions()] == [("One", True), ("Two", False)]
    assert place.bill("Two")["totalAmount"] == 0
    place.by_filters()


def test_a_sum_is_rounded_once_and_the_rounding_line_takes_up_the_rest(decoded: Any):
    data = {"lines": [{"id": n, "name": f"L{n}", "price": 0.125} for n in range(3)]}
    place = decoded(_check(1, "One", data), '[bill]\ntotal = { sum = "lines" }\nrounding_line = { limit = 2 }\n')
    assert place.lines("One") == [(1, "L0", 13), (1, "L1", 13), (1, "L2", 13), (1, "Rounding", -1)]
    assert place.bill("One")["totalAmount"] == 38
    each = decoded(_check(1, "One", data), '[bill]\ntotal = { sum = "lines", rounded = "line" }\n')
    assert each.lines("One") == [(1, "L0", 13), (1, "L1", 13), (1, "L2", 13)]


def test_a_sum_serves_lines_that_the_database_gives_as_well(serve: Serve):
    place = serve(
        """INSERT INTO chk (id, name) VALUES (1, 'One'), (2, 'Two');
        INSERT INTO line (id, check_id, name, qty, price) VALUES (1, 1, 'Fish', 2, 4.5), (2, 2, 'Free', 1, 0)""",
        """[bill]
        total = { sum = "lines" }
        [[charge]]
        where = "k.id = 1"
        id = "'cover'"
        name = "'Cover'"
        amount = "1.5"
        """,
    )
    assert place.lines("One") == [(2, "Fish", 450), (1, "Cover", 150)]
    assert [(one["name"], one["isPayable"]) for one in place.sessions()] == [("One", True), ("Two", False)]
    place.by_filters()


def test_one_value_is_read_by_one_statement_for_any_number_of_bills(decoded: Any):
    place = decoded("".join(_check(number, f"Check {number}", LINES, "12.25") for number in range(1, 30)))
    place.names()
    before = len(place.of(StatementRun))
    assert len(place.bills()) == 29
    assert len(place.of(StatementRun)) == before + 1


@pytest.mark.parametrize(
    ("change", "key", "said"),
    [
        (('"line.id"', '"line.id || 1"'), "item.id", "is no path from ' || 1' on"),
        (('"line.id"', '"UPPER(line.id)"'), "item.id", "is read from a decoded row, which is called line and not SQL"),
        (('"line.id"', '"k.id"'), "item.id", "write a member of the row, as line.name"),
        (('"line.id"', '":site.curency"'), "item.id", 'did you mean "currency"?'),
        (('as = "line"', 'as = "k"'), "item.rows.as", "k is a table here already"),
        (('as = "line"', 'as = "a line"'), "item.rows.as", "is the name of a row"),
        (('path = "lines"', 'path = "lines["'), "item.rows.path", "is no path from '[' on"),
        (('path = "lines"', 'codec = "jsn"'), "item.rows.codec", 'did you mean "json"?'),
        (('column = "k.data"', 'column = "q.data"'), "item.rows.column", "nothing here is called q"),
        (('amount_per_item = "line.price"', ""), "item.amount_per_item", "is missing"),
        (('id = "line.id"', 'from = "JOIN line l ON TRUE"\nid = "line.id"'), "item.from", "stands beside rows"),
        (('id = "line.id"', 'where = "line.id > 1"\nid = "line.id"'), "item.where", "only = { ... } or skip"),
    ],
)
def test_what_cannot_be_said_of_a_decoded_row_is_refused_where_it_stands(change: tuple[str, str], key: str, said: str):
    text = PLAIN + ITEM
    assert change[0] in text
    with pytest.raises(InvalidFile) as caught:
        load_mapping_text(text.replace(*change), "test.toml")
    problem = next(one for one in caught.value.problems if one.key == key)
    assert problem.line > 0
    assert said in f"{problem.message}; {problem.hint}"


TAXED = """
[bill]
total = { sum = "lines" }
tax = { sum = "lines" }
"""


@pytest.mark.parametrize(
    ("tax", "amount", "held"),
    [
        # (9.50 + 1.00) x 1.2 = 12.60, of which 2.10 is tax
        ("", 1260, 210),
        ('tax = { included = false, rate = "l.rate" }', 1260, 210),
        ('tax = { included = "l.gross", rate = "l.rate" }', 1260, 210),
        ('tax = { included = false, rate = "CASE WHEN l.gross THEN 0 ELSE l.rate END" }', 1260, 210),
        # 9.50 x 1.2 = 11.40 and 1.00 x 1.1 = 1.10; 1.90 and 0.10
        ('tax = { included = false, rate = "mod.rate" }', 1250, 200),
        ('tax = { included = false, rate = "10" }', 1250, 200),
        ("tax = { included = true }", 1240, 190),
        ('tax = { included = "mod.gross", rate = "l.rate" }', 1240, 207),
    ],
)
def test_modifiers_of_a_column_hold_the_tax_of_their_line_or_their_own(serve: Serve, tax: str, amount: int, held: int):
    place = serve(
        """ALTER TABLE line ADD mods text, ADD rate numeric, ADD gross boolean NOT NULL DEFAULT FALSE;
        INSERT INTO chk (id, name) VALUES (1, 'One');
        INSERT INTO line (id, check_id, name, price, rate, mods) VALUES
            (1, 1, 'Steak', 9.5, 20, '[{"name": "rare", "price": 1, "rate": 10, "gross": true}]'),
            (2, 1, 'Ale', 3, 0, NULL);""",
        f"""{TAXED}
        [item]
        tax = {{ included = false, rate = "l.rate" }}
        [modifier]
        rows = {{ column = "l.mods", as = "mod" }}
        name = "mod.name"
        amount = "mod.price"
        {tax}
        """,
    )
    assert place.lines("One") == [(1, "Steak", amount), (1, "Ale", 300)]
    assert place.bill("One")["taxAmount"] == held


def test_modifiers_of_a_table_hold_the_tax_of_their_line_or_their_own(serve: Serve):
    place = serve(
        """ALTER TABLE line ADD rate numeric; CREATE TABLE extra (line_id int, name text, price numeric, rate numeric);
        INSERT INTO chk (id, name) VALUES (1, 'One');
        INSERT INTO line (id, check_id, name, price, rate) VALUES (1, 1, 'Steak', 9.5, 20), (2, 1, 'Ale', 3, 0);
        INSERT INTO extra VALUES (1, 'rare', 1, 10), (2, 'half', -1, 10);""",
        f"""{TAXED}
        [item]
        tax = {{ included = false, rate = "l.rate" }}
        [modifier]
        from = "JOIN extra m ON m.line_id = l.id"
        name = "m.name"
        amount = "m.price"
        """,
    )
    assert place.lines("One") == [(1, "Steak", 1260), (1, "Ale", 200)]
    assert place.bill("One")["taxAmount"] == 210


@pytest.mark.parametrize("included", ["true", "':site.gross'"])
def test_the_tax_in_prices_that_hold_it_is_summed_too(serve: Serve, included: str):
    tax = f"tax = {{ included = {included}, rate = '%s' }}"
    site = 'site = { gross = { type = "flag", default = true }, timezone = { default = "UTC" }, currency = { default = "GBP" } }'
    sql = "INSERT INTO chk (id, name) VALUES (1, 'One'); INSERT INTO line (id, check_id, price) VALUES (1, 1, 12);"
    place = serve(sql, f"{site}{TAXED}[item]\n{tax % '20'}")
    assert (place.lines("One"), place.bill("One")["taxAmount"]) == ([(1, "Thing", 1200)], 200)
    data = {"lines": [{"id": "F", "name": "Fish", "price": 12}]}
    place = serve(_check(1, "One", data), site + ITEM + tax % "20" + TAXED, without=WITHOUT)
    assert (place.lines("One"), place.bill("One")["taxAmount"]) == ([(1, "Fish", 1200)], 200)


def test_modifiers_of_decoded_lines_hold_the_tax_of_their_line(decoded: Any):
    data = {"lines": [{**LINES["lines"][0], "rate": 20}, LINES["lines"][1]]}
    item = ITEM + 'tax = { included = false, rate = "line.rate" }\n'
    place = decoded(_check(1, "One", data), TAXED, item=item, modifier=MODIFIER)
    # 2 x (4.50 + 0.50) x 1.2
    assert place.lines("One") == [(2, "Fish", 600), (1, "Chips", 225)]
    assert place.bill("One")["taxAmount"] == 200


def test_lines_discounts_and_charges_of_a_column_hold_the_tax_of_their_check(decoded: Any):
    data = {"lines": [{"id": "F", "name": "Fish", "price": 10}], "off": [{"amount": 1}], "more": [{"amount": 2}]}
    beside = "".join(
        f"""
    [[{kind}]]
    rows = {{ column = "k.data", path = "{path}", as = "one" }}
    id = "'{kind}'"
    name = "'{kind}'"
    amount = "one.amount"
    tax = {{ included = "k.done", rate = "k.id * 20" }}
    """
        for kind, path in (("discount", "off"), ("charge", "more"))
    )
    item = ITEM + 'tax = { included = "k.done", rate = "k.id * 20" }\n'
    sql = _check(1, "One", data) + _check(2, "Two", data) + "UPDATE chk SET done = TRUE WHERE id = 2;"
    place = decoded(sql, TAXED + beside, item=item)
    assert place.lines("One") == [(1, "Fish", 1200), (1, "discount", -120), (1, "charge", 240)]
    # Two holds its tax already: 11.00 - 11.00 / 1.4
    assert place.lines("Two") == [(1, "Fish", 1000), (1, "discount", -100), (1, "charge", 200)]
    assert (place.bill("One")["taxAmount"], place.bill("Two")["taxAmount"]) == (220, 314)
