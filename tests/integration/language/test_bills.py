"""Bills: lines, modifiers, money, tax, discounts, totals. Every expected amount was worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from adapter.events import BillDiffers, BugFound, RowSkipped

Serve = Callable[..., Any]


def _one(total: str, *lines: str, paid: str = "0") -> str:
    """A check and its lines, each given as the values of name, qty and price."""
    rows = "".join(
        f"INSERT INTO line (id, check_id, name, qty, price) VALUES ({number}, 1, {line});"
        for number, line in enumerate(lines, 1)
    )
    return f"INSERT INTO chk (id, name, total, paid) VALUES (1, 'One', {total}, {paid}); {rows}"


@pytest.mark.parametrize(
    ("kind", "value", "said", "minor"),
    [
        ("numeric(12,4)", "12.3400", "", 1234),
        ("numeric", "0.005", "", 1),
        ("double precision", "34.225", "", 3423),
        ("double precision", "21.999999999912", "", 2200),
        ("double precision", "0.1 + 0.2", "", 30),
        ("real", "19.99", "", 1999),
        ("int", "1234", "form = 'minor'", 1234),
        ("bigint", "1234", "form = 'minor'", 1234),
        ("text", "' 12.34 '", "", 1234),
        ("text", "'12,34'", "decimal = ','", 1234),
        ("text", "'1234'", "form = 'minor'", 1234),
        ("int", "NULL", "missing = 7.5", 750),
        ("int", "NULL", "missing = 750, form = 'minor'", 750),
    ],
)
def test_an_amount_is_read_from_whatever_holds_it(serve: Serve, kind: str, value: str, said: str, minor: int):
    comma = ", " if said else ""
    place = serve(
        f"""INSERT INTO chk (id, name) VALUES (1, 'One'); INSERT INTO line (id, check_id) VALUES (1, 1);
        ALTER TABLE chk ADD sum {kind}; UPDATE chk SET sum = {value}; ALTER TABLE line ADD sum {kind}; UPDATE line SET sum = {value};""",
        f"[bill]\ntotal = {{ column = 'k.sum'{comma}{said} }}\n[item]\namount_per_item = {{ column = 'l.sum'{comma}{said} }}",
    )
    assert place.lines("One") == [(1, "Thing", minor)]


@pytest.mark.parametrize("currency", ["\"'{0}'\"", "\"CONCAT('{0}', ' ')\""])
@pytest.mark.parametrize(
    ("code", "form", "total", "minor"),
    [
        ("JPY", "major", "1200", 1200),
        ("JPY", "minor", "1200", 1200),
        ("KWD", "major", "1.234", 1234),
        ("KWD", "minor", "1234", 1234),
        ("GBP", "minor", "1234", 1234),
    ],
)
def test_every_currency_has_its_own_decimals(serve: Serve, code: str, form: str, total: str, minor: int, currency: str):
    place = serve(
        _one(total, f"'Fish', 1, {total}"), f"[money]\nform = '{form}'\n[bill]\ncurrency = {currency.format(code)}"
    )
    assert place.lines("One") == [(1, "Fish", minor)]
    assert place.bill("One")["currency"] == code


def test_checks_of_one_list_may_have_different_currencies(serve: Serve):
    place = serve(
        """ALTER TABLE chk ADD cur char(4);
        INSERT INTO chk (id, name, total, cur) VALUES (1, 'A', 10, 'GBP'), (2, 'B', 1000, 'JPY'), (3, 'C', 1.5, 'KWD'), (4, 'D', 2, NULL), (5, 'E', 1, 'XXQ');
        INSERT INTO line (id, check_id, price) VALUES (1, 1, 10), (2, 2, 1000), (3, 3, 1.5), (4, 4, 2), (5, 5, 1);""",
        "[bill]\ncurrency = { column = 'k.cur', missing = 'EUR' }",
    )
    assert [(bill["currency"], bill["totalAmount"]) for bill in place.bills()] == [
        ("GBP", 1000),
        ("JPY", 1000),
        ("KWD", 1500),
        ("EUR", 200),
    ]
    assert place.names() == ["A", "B", "C", "D", "E"]


@pytest.mark.parametrize(
    ("rounding", "each"),
    [
        ("half-up", [223, 222, 222, -223]),
        ("half-even", [222, 222, 222, -222]),
        ("up", [223, 223, 222, -223]),
        ("down", [222, 222, 222, -222]),
    ],
)
def test_amounts_are_rounded_as_the_mapping_says(serve: Serve, rounding: str, each: list[int]):
    values = ["2.225", "2.221", "2.22", "-2.225"]
    place = serve(
        _one("1", *(f"'L', 1, {value}" for value in values)),
        f"[money]\nrounding = '{rounding}'\n[bill]\ndiffers = 'not asked here'",
    )
    assert [item["amountPerItem"] for item in place.bill("One")["items"]] == each


@pytest.mark.parametrize(
    ("stage", "total", "lines"), [("line", "0.02", [(1, "3 x Mint", 2)]), ("unit", "0.03", [(3, "Mint", 1)])]
)
def test_rounding_happens_to_the_line_or_to_the_unit(serve: Serve, stage: str, total: str, lines: list[Any]):
    place = serve(_one(total, "'Mint', 3, 0.005"), f"[money]\nstage = '{stage}'")
    assert place.lines("One") == lines


def test_amounts_that_do_not_fit_pennies_can_be_refused(serve: Serve):
    place = serve(
        _one("2.22", "'L', 1, 2.225") + "INSERT INTO chk (id, name, total) VALUES (2, 'Two', 2.225), (3, 'Three', 0)",
        "[money]\ninexact = 'refuse'",
    )
    assert place.ask("GetBillItems", sessionId=place.id_of("One"))["errorCode"] == "ERROR_INTERNAL_POS_ERROR"
    assert [bill["totalAmount"] for bill in place.bills()] == [0]


@pytest.mark.parametrize(
    ("quantity", "price", "fraction", "lines"),
    [
        ("2", "3.50", "fold", [(2, "Fish", 350)]),
        ("0.35", "12.00", "fold", [(1, "0.35 x Fish", 420)]),
        ("0.350", "12.00", "round", [(1, "Fish", 420)]),
        ("1.5", "3.00", "round", [(2, "Fish", 225)]),
        ("1.5", "3.02", "round", [(1, "1.5 x Fish", 453)]),
        ("-1", "3.50", "fold", [(1, "Fish", -350)]),
        ("-2", "3.50", "fold", [(2, "Fish", -350)]),
        ("-0.5", "3.00", "fold", [(1, "-0.5 x Fish", -150)]),
        ("3", "3.333", "fold", [(1, "3 x Fish", 1000)]),
        ("0", "3.50", "fold", [(0, "Fish", 350)]),
        ("1000", "0.01", "fold", [(1000, "Fish", 1)]),
    ],
)
@pytest.mark.parametrize("kind", ["numeric", "double precision"])
def test_quantities_are_said_in_whole_numbers(
    serve: Serve, quantity: str, price: str, fraction: str, lines: list[Any], kind: str
):
    total = sum(line[0] * line[2] for line in lines)
    place = serve(
        _one(f"{total} / 100.0", f"'Fish', {quantity}, {price}") + f"ALTER TABLE line ALTER qty TYPE {kind};",
        f"[item]\nquantity = {{ column = 'l.qty', fraction = '{fraction}' }}",
    )
    assert place.lines("One") == lines


def test_a_fraction_can_be_refused_and_costs_only_its_own_bill(serve: Serve):
    place = serve(
        _one("4.20", "'Fish', 0.35, 12") + "INSERT INTO chk (id, name, total) VALUES (2, 'Two', 0)",
        "[item]\nquantity = { column = 'l.qty', fraction = 'refuse' }",
    )
    assert place.ask("GetBillItems", sessionId=place.id_of("One"))["errorCode"] == "ERROR_INTERNAL_POS_ERROR"
    assert len(place.bills()) == 1


def test_a_line_that_takes_another_back_nets_to_nothing(serve: Serve):
    place = serve(_one("3.50", "'Fish', 2, 3.50", "'Fish', -1, 3.50"))
    assert place.lines("One") == [(2, "Fish", 350), (1, "Fish", -350)]


@pytest.mark.parametrize(
    ("quantity", "price", "money", "lines"),
    [
        ("2", "7.00", "", [(2, "Fish", 350)]),
        ("3", "10.00", "", [(1, "3 x Fish", 1000)]),
        ("3", "10.00", "rounding = 'down'", [(1, "3 x Fish", 1000)]),
        ("3", "10.00", "rounding = 'up'", [(1, "3 x Fish", 1000)]),
        ("3", "10.00", "inexact = 'refuse'", [(1, "3 x Fish", 1000)]),
        ("7", "0.07", "rounding = 'up'", [(7, "Fish", 1)]),
        ("0.3", "1.00", "inexact = 'refuse'", [(1, "0.3 x Fish", 100)]),
        ("-3", "-10.00", "", [(1, "-3 x Fish", -1000)]),
    ],
)
def test_a_price_for_the_whole_line_stays_exactly_that(
    serve: Serve, quantity: str, price: str, money: str, lines: list[Any]
):
    total = sum(line[0] * line[2] for line in lines)
    place = serve(
        _one(f"{total} / 100.0", f"'Fish', {quantity}, {price}"),
        f"[money]\n{money}\n[item]\namount_per_item = {{ column = 'l.price', per = 'line' }}",
    )
    assert place.lines("One") == lines


@pytest.mark.parametrize(("name", "shown"), [("NULL", "Item"), ("''", "Item"), ("'   '", "Item"), ("' Fish '", "Fish")])
@pytest.mark.parametrize("quantity", ["'l.qty'", "'CAST(l.qty AS int)'"])
def test_a_line_without_a_name_has_the_one_that_stands_in(serve: Serve, name: str, shown: str, quantity: str):
    place = serve(
        _one("5", f"{name}, 1, 5"), f"[item]\nquantity = {quantity}\nname = {{ column = 'l.name', missing = 'Item' }}"
    )
    assert place.lines("One") == [(1, shown, 500)]


@pytest.mark.parametrize("kind", ["numeric", "double precision"])
@pytest.mark.parametrize("where", ["chk.total", "chk.paid", "line.price", "line.qty"])
def test_a_number_that_is_no_amount_costs_only_its_own_bill(serve: Serve, kind: str, where: str):
    table, _, column = where.partition(".")
    place = serve(
        _one("5", "'Fish', 1, 5")
        + f"""INSERT INTO chk (id, name, total) VALUES (2, 'Two', 4);
        INSERT INTO line (id, check_id, price) VALUES (2, 2, 4); ALTER TABLE {table} ALTER {column} TYPE {kind};"""
    )
    wrong = []
    for value in ("'NaN'", "'Infinity'", "1e30", "1e300", "-1e30"):
        place.sql(f"UPDATE {table} SET {column} = {value} WHERE id = 1")
        bills, sessions = place.ask("ListBillItems"), place.ask("ListSessions")
        if [bill["totalAmount"] for bill in bills.get("billItems", [])] != [400] or "errorCode" in sessions:
            wrong.append((value, bills))
    assert not wrong
    assert not place.of(BugFound)


@pytest.mark.parametrize("column", ["price", "qty", "name"])
def test_null_in_a_required_value_costs_only_its_own_bill_and_is_told(serve: Serve, column: str):
    place = serve(
        _one("5", "'Fish', 1, 5", "'Chips', 1, 0")
        + f"UPDATE line SET {column} = NULL WHERE id = 1; INSERT INTO chk (id, name, total) VALUES (2, 'Two', 0);"
    )
    assert place.ask("GetBillItems", sessionId=place.id_of("One"))["errorCode"] == "ERROR_INTERNAL_POS_ERROR"
    assert [bill["totalAmount"] for bill in place.bills()] == [0]
    assert place.of(RowSkipped)[0].reason.startswith("item.")
    assert "test.toml:" in place.of(RowSkipped)[0].reason


def test_a_session_without_a_total_has_no_bill(serve: Serve):
    place = serve(_one("NULL", "'Fish', 1, 5") + "INSERT INTO chk (id, name, total) VALUES (2, 'Two', 0);")
    assert place.ask("GetBillItems", sessionId=place.id_of("One"))["errorCode"] == "BILL_NO_SUCH_BILL"
    assert len(place.bills()) == 1
    assert place.session("One")["isPayable"] is False


def test_a_bill_that_does_not_add_up_is_refused_and_the_others_are_answered(serve: Serve):
    place = serve(_one("5.01", "'Fish', 1, 5") + "INSERT INTO chk (id, name, total) VALUES (2, 'Two', 0);")
    answer = place.ask("GetBillItems", sessionId=place.id_of("One"))
    assert answer["errorCode"] == "ERROR_INTERNAL_POS_ERROR"
    assert "total minus lines is 1 minor units" in answer["errorReason"]
    assert len(place.bills()) == 1
    assert place.names() == ["One", "Two"]


@pytest.mark.parametrize(("total", "lines"), [("5.02", [500, 2]), ("4.98", [500, -2]), ("5", [500])])
def test_a_rounding_line_takes_up_what_it_may(serve: Serve, total: str, lines: list[int]):
    place = serve(_one(total, "'Fish', 1, 5"), "[bill]\nrounding_line = { name = 'Cent', limit = 2 }")
    assert [amount for _, _, amount in place.lines("One")] == lines
    place.sql("UPDATE chk SET total = 5.03")
    assert place.ask("GetBillItems", sessionId=place.id_of("One"))["errorCode"] == "ERROR_INTERNAL_POS_ERROR"


def test_a_bill_that_may_differ_is_answered_and_the_difference_told(serve: Serve):
    place = serve(
        _one("5.10", "'Fish', 1, 5"), "[bill]\ndiffers = 'the till discounts in secret'\nrounding_line = { limit = 2 }"
    )
    assert place.bill("One")["totalAmount"] == 510
    assert [event.difference for event in place.of(BillDiffers)] == [10]


def test_lines_stand_in_their_order_with_null_last(serve: Serve):
    place = serve(
        """INSERT INTO chk (id, name, total) VALUES (1, 'One', 0); ALTER TABLE line ADD pos int, ADD sub text;
        INSERT INTO line (id, check_id, name, price, pos, sub) VALUES (1, 1, 'n2', 0, NULL, 'b'), (2, 1, 'b', 0, 2, NULL),
        (3, 1, 'a', 0, 2, 'x'), (4, 1, 'n1', 0, NULL, 'a'), (5, 1, 'z', 0, -1, 'q'), (6, 1, 'zero', 0, 0, 'q');""",
        "[item]\norder = ['l.pos', 'l.sub']",
    )
    assert [name for _, name, _ in place.lines("One")] == ["z", "zero", "a", "b", "n1", "n2"]


@pytest.mark.parametrize("kind", ["timestamp", "date", "uuid", "boolean", "numeric"])
def test_null_in_an_order_of_any_type_stands_last(serve: Serve, kind: str):
    low, high = {
        "timestamp": ("'2020-01-01'", "'2021-01-01'"),
        "date": ("'2020-01-01'", "'2021-01-01'"),
        "uuid": ("'0f1c9e6e-0b5e-4c56-9a55-0d4bb40a8f01'", "'6f1c9e6e-0b5e-4c56-9a55-0d4bb40a8f01'"),
        "boolean": ("FALSE", "TRUE"),
        "numeric": ("-1", "1"),
    }[kind]
    place = serve(
        f"""INSERT INTO chk (id, name, total) VALUES (1, 'One', 0); ALTER TABLE line ADD pos {kind};
        INSERT INTO line (id, check_id, name, price, pos) VALUES (1, 1, 'null', 0, NULL), (2, 1, 'high', 0, {high}),
        (3, 1, 'low', 0, {low}), (4, 1, 'null too', 0, NULL);""",
        "[item]\norder = ['l.pos', 'l.id']",
    )
    assert [name for _, name, _ in place.lines("One")] == ["low", "high", "null", "null too"]


def test_lines_with_a_nullable_flag_are_left_out_only_where_it_is_true(serve: Serve):
    place = serve(
        _one("6", "'a', 1, 1", "'b', 1, 2", "'c', 1, 3", "'d', 1, 4")
        + "ALTER TABLE line ADD void boolean, ADD kind char(1) DEFAULT 'M'; UPDATE line SET void = TRUE WHERE id = 4; UPDATE line SET void = FALSE WHERE id = 1;",
        """
        columns.line.void = { as = "flag", missing = false }
        [item]
        where = "NOT l.void AND l.kind = 'M'"
        """,
    )
    assert place.lines("One") == [(1, "a", 100), (1, "b", 200), (1, "c", 300)]


def test_a_note_and_a_category_path_are_trimmed(serve: Serve):
    place = serve(
        _one("5", "'Fish', 1, 5")
        + "ALTER TABLE chk ADD memo char(20) DEFAULT ' No nuts '; ALTER TABLE line ADD a text DEFAULT ' Food ', ADD b text, ADD c text DEFAULT 'Sea';",
        "[bill]\nnote = 'k.memo'\n[item]\ncategory = ['l.a', 'l.b', 'l.c']",
    )
    assert place.bill("One")["note"] == "No nuts"
    assert place.bill("One")["items"][0]["category"] == ["Food", "Sea"]


MODIFIERS = """
CREATE TABLE extra (id int, line_id int, name text, qty numeric, price numeric);
CREATE TABLE link (line_id int, extra_id int, pos int);
"""

MODIFIER = """
[modifier]
from     = "JOIN extra m ON m.line_id = l.id LEFT JOIN link r ON r.line_id = l.id AND r.extra_id = m.id"
order    = ["r.pos", "m.id"]
id       = "m.id"
name     = "m.name"
quantity = { column = "m.qty", per = "%s" }
amount   = "m.price"
"""


@pytest.mark.parametrize(
    ("per", "quantity", "extra", "total", "line", "modifier"),
    [
        ("item", 2, 1, "14.00", (2, "Burger", 700), (1, 100, "Cheese")),
        ("item", 2, 2, "16.00", (2, "Burger", 800), (2, 100, "Cheese")),
        ("line", 2, 2, "14.00", (2, "Burger", 700), (1, 100, "Cheese")),
        ("line", 3, 1, "19.00", (1, "3 x Burger", 1900), (1, 100, "Cheese")),
        ("line", 1, 3, "9.00", (1, "Burger", 900), (3, 100, "Cheese")),
        ("item", -1, 1, "-7.00", (1, "Burger", -700), (1, -100, "Cheese")),
        ("line", -2, -2, "-14.00", (2, "Burger", -700), (1, -100, "Cheese")),
        ("item", 2, 0.5, "13.00", (1, "2 x Burger", 1300), (1, 100, "Cheese")),
        ("line", 1, 0.5, "6.50", (1, "1 x Burger", 650), (1, 50, "0.5 x Cheese")),
        ("item", 0.5, 1, "3.50", (1, "0.5 x Burger", 350), (1, 50, "0.5 x Cheese")),
        ("item", 1, 0, "6.00", (1, "Burger", 600), (0, 100, "Cheese")),
        ("item", 1, -1, "5.00", (1, "1 x Burger", 500), (1, -100, "-1 x Cheese")),
    ],
)
def test_modifiers_are_counted_for_the_item_or_for_the_line(
    serve: Serve, per: str, quantity: float, extra: float, total: str, line: Any, modifier: Any
):
    place = serve(
        _one(total, f"'Burger', {quantity}, 6") + MODIFIERS + f"INSERT INTO extra VALUES (1, 1, 'Cheese', {extra}, 1);",
        MODIFIER % per,
    )
    assert place.lines("One") == [line]
    found = place.bill("One")["items"][0]["modifiers"]
    assert [(one["quantity"], one["amountPerModifier"], one["name"]) for one in found] == [modifier]


def test_modifiers_stand_in_the_order_of_their_link_and_with_their_own_line(serve: Serve):
    place = serve(
        _one("11", "'Burger', 1, 6", "'Chips', 1, 2")
        + MODIFIERS
        + """INSERT INTO extra VALUES (1, 1, 'c', 1, 1), (2, 1, 'b', 1, 1), (3, 1, 'a', 1, 1), (4, 2, 'd', 1, 0);
        INSERT INTO link VALUES (1, 3, 1), (1, 2, 2), (2, 1, 9);""",
        MODIFIER % "item",
    )
    assert [[one["name"] for one in item["modifiers"]] for item in place.bill("One")["items"]] == [
        ["a", "b", "c"],
        ["d"],
    ]
    assert place.lines("One") == [(1, "Burger", 900), (1, "Chips", 200)]


def test_lines_with_a_key_of_two_columns_have_their_own_modifiers(serve: Serve):
    place = serve(
        """INSERT INTO chk (id, name, total) VALUES (1, 'One', 6), (2, 'Two', 4); ALTER TABLE line DROP CONSTRAINT line_pkey;
        INSERT INTO line (id, check_id, name, price) VALUES (1, 1, 'A', 1), (2, 1, 'B', 2), (1, 2, 'C', 4);
        CREATE TABLE extra (check_id int, line_id int, name text, price numeric); INSERT INTO extra VALUES (1, 1, 'x', 3);""",
        """
        [item]
        key = ["l.check_id", "l.id"]
        [modifier]
        from = "JOIN extra m ON m.check_id = l.check_id AND m.line_id = l.id"
        name = "m.name"
        amount = "m.price"
        """,
    )
    assert place.lines("One") == [(1, "A", 400), (1, "B", 200)]
    assert place.lines("Two") == [(1, "C", 400)]
    assert [bill["totalAmount"] for bill in place.bills()] == [600, 400]


@pytest.mark.parametrize("per", ["item", "line"])
def test_a_modifier_priced_for_the_whole_line_stays_exactly_that(serve: Serve, per: str):
    place = serve(
        _one("28.00" if per == "line" else "48.00", "'Burger', 3, 6")
        + MODIFIERS
        + "INSERT INTO extra VALUES (1, 1, 'Cheese', 3, 10);",
        "[money]\ninexact = 'refuse'\n" + (MODIFIER % per).replace('"m.price"', '{ column = "m.price", per = "line" }'),
    )
    assert sum(quantity * amount for quantity, _, amount in place.lines("One")) == (2800 if per == "line" else 4800)


POSITIONAL = """
ALTER TABLE line ADD is_extra boolean;
INSERT INTO chk (id, name, total) VALUES (1, 'One', 22);
INSERT INTO line (id, check_id, name, qty, price, is_extra) VALUES (1, 1, 'Bread', 1, 1, TRUE), (2, 1, 'Burger', 2, 6, FALSE),
    (3, 1, 'Cheese', 2, 1, TRUE), (4, 1, 'Bacon', 2, 2, TRUE), (5, 1, 'Chips', 1, 3, NULL);
"""


def test_modifiers_by_position_belong_to_the_line_before_them(serve: Serve):
    place = serve(
        POSITIONAL,
        """
        columns.line.is_extra = { as = "flag", missing = false }
        [modifier]
        positional = "l.is_extra"
        quantity = { column = "l.qty", per = "line" }
        """,
    )
    assert place.lines("One") == [(1, "Bread", 100), (2, "Burger", 900), (1, "Chips", 300)]
    assert [one["name"] for one in place.bill("One")["items"][1]["modifiers"]] == ["Cheese", "Bacon"]


def test_modifiers_by_position_may_have_fields_of_their_own(serve: Serve):
    place = serve(
        POSITIONAL.replace("22", "10"),
        """
        columns.line.is_extra = { as = "flag", missing = false }
        [item]
        quantity = "1"
        [modifier]
        positional = "l.is_extra"
        id = "CONCAT('m', l.id)"
        name = ["'+'", "l.name"]
        amount = "CASE WHEN l.name = 'Bacon' THEN 0 ELSE 0 END"
        """,
    )
    assert place.lines("One") == [(1, "Bread", 100), (1, "Burger", 600), (1, "Chips", 300)]
    found = place.bill("One")["items"][1]["modifiers"]
    assert [(one["id"], one["name"], one["quantity"]) for one in found] == [("m3", "+ Cheese", 1), ("m4", "+ Bacon", 1)]


@pytest.mark.parametrize(
    ("tax", "site", "amounts"),
    [
        ("{ included = true }", {}, [1000, 500]),
        ("{ included = false, rate = 'l.rate' }", {}, [1200, 500]),
        ("{ included = false, rate = 'l.rate / 100', form = 'fraction' }", {}, [1200, 500]),
        ("{ included = false, rate = '1 + l.rate / 100', form = 'multiplier' }", {}, [1200, 500]),
        ("{ included = ':site.gross', rate = 'l.rate' }", {"gross": True}, [1000, 500]),
        ("{ included = ':site.gross', rate = 'l.rate' }", {"gross": False}, [1200, 500]),
        ("{ included = ':site.gross', rate = 'l.rate' }", {}, [1000, 500]),
        ("{ included = 'NOT :site.gross', rate = 'l.rate' }", {}, [1200, 500]),
        ("{ included = 'l.kind = 0', rate = 'l.rate' }", {}, [1200, 500]),
        ("{ included = 'l.gross', rate = 'l.rate' }", {}, [1200, 500]),
        ("{ included = 'TRUE', rate = 'l.rate' }", {}, [1000, 500]),
        ("{ included = 'FALSE', rate = 'l.rate' }", {}, [1200, 500]),
        ("{ included = false, rate = \"CONCAT(l.rate, ' ')\" }", {}, [1200, 500]),
    ],
)
def test_prices_are_with_or_without_tax(serve: Serve, tax: str, site: dict[str, Any], amounts: list[int]):
    place = serve(
        _one(f"{sum(amounts)} / 100.0", "'a', 1, 10", "'b', 1, 5")
        + "ALTER TABLE line ADD rate numeric, ADD kind int DEFAULT 1, ADD gross boolean; UPDATE line SET rate = 20 WHERE id = 1; UPDATE line SET rate = 0, kind = 0, gross = TRUE WHERE id = 2;",
        f"""
        site.gross = {{ type = "flag", default = true }}
        site.timezone = {{ default = "Europe/London" }}
        site.currency = {{ default = "GBP" }}
        columns.line.gross = {{ as = "flag", missing = false }}
        [item]
        quantity = 'CAST(l.qty AS int)'
        tax = {tax}
        """,
        site=site,
    )
    assert [amount for _, _, amount in place.lines("One")] == amounts


@pytest.mark.parametrize(
    ("form", "rate"), [("fraction", 20), ("multiplier", 20), ("multiplier", 0.2), ("percent", -20)]
)
def test_a_rate_that_no_tax_has_is_refused_and_not_multiplied_by(serve: Serve, form: str, rate: float):
    place = serve(
        _one("12", "'a', 1, 10") + f"ALTER TABLE line ADD rate numeric DEFAULT {rate};",
        f"""
        [bill]
        total = {{ sum = "lines" }}
        [item]
        tax = {{ included = false, rate = "l.rate", form = "{form}" }}
        """,
    )
    answer = place.ask("GetBillItems", sessionId=place.id_of("One"))
    assert answer["errorCode"] == "ERROR_INTERNAL_POS_ERROR"
    assert "item.tax.rate is below 0 or above 100 %" in answer["errorReason"]


def test_discounts_and_charges_with_and_without_rows_of_their_own(serve: Serve):
    place = serve(
        _one("14.50", "'Fish', 2, 8", paid="4")
        + """CREATE TABLE cut (id int, check_id int, name text, amount numeric, pct boolean);
        INSERT INTO cut VALUES (2, 1, 'Staff', 1, NULL), (1, 1, NULL, 2, FALSE), (3, 1, 'Nil', 0, FALSE), (4, 2, 'Other', 9, FALSE),
        (5, 1, 'Percent', 50, TRUE);
        ALTER TABLE chk ADD delivery numeric, ADD service numeric DEFAULT 1; UPDATE chk SET delivery = 0.5;
        INSERT INTO chk (id, name, total, delivery, service) VALUES (3, 'Three', 0, 0, NULL);""",
        """
        columns.cut.pct = { as = "flag", missing = false }
        [bill]
        service_charge = { column = "k.service", missing = 0 }
        tax = "k.total / 6"
        [[discount]]
        from = "JOIN cut d ON d.check_id = k.id"
        where = "NOT d.pct"
        order = ["d.id"]
        id = "d.id"
        name = "d.name"
        amount = "d.amount"
        [[charge]]
        id = "'delivery'"
        name = "'Delivery'"
        amount = "k.delivery"
        """,
    )
    assert place.lines("One") == [(2, "Fish", 800), (1, "Discount", -200), (1, "Staff", -100), (1, "Delivery", 50)]
    bill = place.bill("One")
    assert (bill["serviceCharge"], bill["taxAmount"], bill["paidAmount"]) == (100, 242, 400)
    assert place.lines("Three") == []


def test_a_charge_that_is_null_costs_only_its_own_bill(serve: Serve):
    place = serve(
        _one("5", "'Fish', 1, 5")
        + "ALTER TABLE chk ADD fee numeric; INSERT INTO chk (id, name, total, fee) VALUES (2, 'Two', 1, 1)",
        "[[charge]]\nid = \"'fee'\"\nname = \"'Fee'\"\namount = 'k.fee'\n",
    )
    assert [bill["totalAmount"] for bill in place.bills()] == [100]


def test_what_is_paid_is_a_signed_and_filtered_sum(serve: Serve):
    place = serve(
        _one("20", "'Fish', 1, 20")
        + """CREATE TABLE pay (check_id int, amount numeric, kind text, void boolean);
        INSERT INTO pay VALUES (1, 10, 'CREDIT', NULL), (1, 3, 'REFUND', FALSE), (1, 99, 'CREDIT', TRUE), (2, 50, 'CREDIT', NULL), (1, 1.5, 'CASH', FALSE);""",
        """
        columns.pay.void = { as = "flag", missing = false }
        [session]
        payable = "bill.total > bill.paid"
        [bill]
        paid = "(SELECT SUM(CASE p.kind WHEN 'REFUND' THEN -p.amount ELSE p.amount END) FROM pay p WHERE p.check_id = k.id AND NOT p.void)"
        """,
    )
    assert place.bill("One")["paidAmount"] == 850
    place.sql("INSERT INTO pay VALUES (1, 11.5, 'CASH', NULL)")
    assert place.names(isPayable=True) == []
    place.sql("DELETE FROM pay")
    assert place.bill("One")["paidAmount"] == 0


def test_a_total_may_be_computed_from_the_lines(serve: Serve):
    place = serve(
        _one("NULL", "'Fish', 2, 3.335", "'Chips', 1, 2.50"),
        "[bill]\ntotal = 'COALESCE((SELECT SUM(ROUND(x.qty * x.price, 2)) FROM line x WHERE x.check_id = k.id), 0)'",
    )
    assert place.lines("One") == [(1, "2 x Fish", 667), (1, "Chips", 250)] or place.bill("One")["totalAmount"] == 917
