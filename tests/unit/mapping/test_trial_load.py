"""What is wrong with a `[[test]]` is said when the mapping is loaded, with its line."""

from __future__ import annotations

import pytest

from adapter.errors import InvalidFile
from adapter.mapping.load import load_mapping_text
from adapter.mapping.trial_schema import METHODS, ORDERS
from adapter.protocol.orders.dialect import orders_dialect
from adapter.protocol.tables.dialect import tables_dialect

PLAIN = """
version = 1
epos    = "Plain"
sql     = "postgresql"
site    = { timezone = { default = "Europe/London" }, covers = { type = "integer", default = 4 } }

[table]
from       = "dining_table t"
name       = "t.label"
max_covers = "t.seats"
status     = { column = "t.state", map = { F = "available" } }

[session]
from       = "checks k"
id         = "k.id"
name       = "k.number"
created_at = "k.opened_at"

[bill]
total    = "k.total"
paid     = "0"
currency = "'GBP'"

[item]
from            = "JOIN check_lines i ON i.check_id = k.id"
id              = "i.product_id"
name            = "i.description"
amount_per_item = "i.price"
"""

GOOD = """
[[test]]
name    = "a bill"
method  = "GetBillItems"
session = 7
rows    = { checks = [{ id = 7 }] }
expect  = { billItems = { totalAmount = 0 } }
"""


def problems(test: str) -> list[str]:
    with pytest.raises(InvalidFile) as caught:
        load_mapping_text(PLAIN + test, "plain.toml")
    return [str(problem).removeprefix("plain.toml:") for problem in caught.value.problems]


def test_a_good_test_is_taken_as_it_is():
    (rule,) = load_mapping_text(PLAIN + GOOD).file.test
    assert rule.session == (7,)
    assert rule.rows == {"checks": ({"id": 7},)}


def test_the_methods_of_tests_are_those_of_the_protocols():
    assert set(METHODS) - set(ORDERS) == set(tables_dialect().routes)
    assert set(ORDERS) <= set(orders_dialect().routes)


def test_everything_wrong_with_a_test_is_said_at_once():
    wrong = GOOD.replace("GetBillItems", "GetBilItems").replace("checks =", "cheks =") + GOOD.replace(
        "expect  = { billItems = { totalAmount = 0 } }", 'site = { cover = 1, covers = "many" }'
    )
    assert [text.split(":", 1)[1].strip() for text in problems(wrong)] == [
        'test[0].method: there is no method GetBilItems; did you mean "GetBillItems"?',
        'test[0].rows.cheks: the mapping does not use a table cheks; did you mean "checks"? Line 14 names it',
        "test[1]: expects nothing, so it cannot fail; write expect = { ... }",
        "test[1].name: another test has this name",
        'test[1].site.cover: there is no such site constant; did you mean "covers"?',
        "test[1].site.covers: must be of type integer",
    ]


def test_a_problem_stands_on_the_line_of_its_key():
    line = (PLAIN + GOOD).split("\n").index("rows    = { checks = [{ id = 7 }] }") + 1
    assert problems(GOOD.replace("checks =", "cheks ="))[0].startswith(f"{line}: test[0].rows.cheks:")


def test_a_method_of_one_session_needs_one_and_no_other_takes_one():
    assert "is asked of a session" in problems(GOOD.replace("session = 7\n", ""))[0]
    assert "is not asked of one session" in problems(GOOD.replace("GetBillItems", "ListTables"))[0]


def test_what_only_reads_changes_nothing_and_without_record_nothing_is_paid():
    assert "GetBillItems changes nothing" in problems(GOOD + "after = { checks = [{ id = 7 }] }")[0]
    assert "needs [record]" in problems(GOOD.replace("GetBillItems", "RecordPayment"))[0]


def test_an_unknown_key_of_a_test_is_told_with_what_was_meant():
    assert 'did you mean "expect"?' in problems(GOOD + "expects = {}")[0]


def test_rows_are_lists_of_tables():
    assert "test[0].rows.checks" in problems(GOOD.replace("[{ id = 7 }]", "{ id = 7 }"))[0]
    assert "test[0].after.checks" in problems(GOOD + "after = { checks = { id = 7 } }")[0]
