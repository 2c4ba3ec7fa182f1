"""A till that keeps a whole sale as JSON in one text column: its table, its lines, their choices, who took it, what was paid.

The shape is that of an open-source web till: `sales (data, status, total, ...)`, where the table number stands in each of
the orders that a sale is made of.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from adapter.events import RowSkipped

Serve = Callable[..., Any]

SQL = """
CREATE TABLE sales (id int PRIMARY KEY, ref text, status int NOT NULL, total numeric(10,2) NOT NULL, processdt bigint, data text);
CREATE TABLE auth (id int PRIMARY KEY, username text);
INSERT INTO auth VALUES (2, 'mia'), (3, 'tom');
"""

MAPPING = """
version = 1
epos    = "A till of JSON"
sql     = "postgresql"

[site]
timezone = { default = "Europe/London" }
currency = { default = "GBP" }

[table]                              # the till knows no tables, only numbers in its orders
from       = "(SELECT n.no FROM generate_series(1, 12) AS n (no)) t"
id         = "t.no"
name       = "CONCAT('Table ', t.no)"
max_covers = "4"

[table.status]                       # good enough to show: the number stands in the text of an open sale
sql = "EXISTS (SELECT 1 FROM sales s WHERE s.status = 0 AND s.data LIKE CONCAT('%\\"tablenum\\": ', t.no, ',%'))"
map = { true = "occupied", false = "available" }

[session]
from       = "sales k"
where      = "k.status IN (0, 1)"
id         = "k.id"
name       = { column = "k.data", path = "custname", missing = "Sale" }
created_at = { column = "k.processdt", form = "epoch_ms" }
finished   = { column = "k.status", true = 1, false = 0 }
covers     = { column = "k.data", path = "orderdata.*.guests" }
table      = { column = "k.data", path = "orderdata.*.tablenum" }
waiter     = { id = { column = "k.data", path = "userid" } }

[bill]
total = "k.total"
paid  = { column = "k.data", path = "payments[method=deposit].amount", missing = 0 }

[item]
rows            = { column = "k.data", path = "items", as = "line", skip = { void = true, type = "note" }, key = "ref" }
id              = { column = "line.sitemid", missing = "open" }
name            = ["line.name", "line.alt_name"]
category        = "line.category.name"
quantity        = "line.qty"
amount_per_item = "line.unit"

[modifier]
rows     = { column = "line.mod.items.*.options", as = "choice" }
id       = "choice.id"
name     = "choice.name"
quantity = { column = "choice.qty", missing = 1 }
amount   = { column = "choice.price", missing = 0 }

[[discount]]
rows   = { column = "k.data", path = "discounts", as = "off" }
id     = "'discount'"
name   = { column = "off.name", missing = "Discount" }
amount = "off.val"
"""


def _sale(number: int, *, status: int = 0, total: str = "0", data: Any = None) -> str:
    held = data if isinstance(data, str) else json.dumps(data)
    moment = 1_795_000_000_000 + number * 60_000
    value = held.replace("'", "''")
    return f"INSERT INTO sales VALUES ({number}, 'r{number}', {status}, {total}, {moment}, '{value}');"


def _data(table: int | None, *items: Any, **more: Any) -> dict[str, Any]:
    return {
        "custname": "",
        "userid": 2,
        "orderdata": {"o1": {"tablenum": table, "guests": 3, "printed": True}},
        "items": list(items),
        **more,
    }


BURGER = {
    "ref": 1,
    "sitemid": 40,
    "name": "Burger",
    "alt_name": "large",
    "category": {"name": "Grill"},
    "qty": 2,
    "unit": "9.50",
    "mod": {
        "items": [
            {"name": "Sauce", "options": [{"id": "m1", "name": "Aioli", "qty": 1, "price": 0.75}]},
            {"name": "Cooked", "options": [{"id": "m2", "name": "medium"}]},
        ]
    },
}
COLA = {"ref": 2, "sitemid": 0, "name": "Cola", "qty": 1, "unit": 3}


@pytest.fixture
def place(serve: Serve) -> Any:
    return serve(
        SQL
        + _sale(
            1,
            total="21.50",
            data=_data(
                5,
                {**BURGER, "unit": "99.00"},
                COLA,
                {"ref": 3, "name": "Soup", "qty": 1, "unit": 4, "void": True},
                {"ref": 4, "type": "note", "name": "by the window"},
                BURGER,
                custname="Ann",
                payments=[{"method": "cash", "amount": 7}, {"method": "deposit", "amount": "5.00"}],
                discounts=[{"name": "Regular", "val": 2}],
            ),
        )
        + _sale(2, total="3", data=_data(None, COLA))
        + _sale(3, status=1, total="3", data=_data(5, COLA))
        + _sale(4, status=2, total="3", data=_data(6, COLA))
        + _sale(5, total="3", data='{"custname": "Torn", "items": [{"ref"'),
        whole=MAPPING,
    )


def test_a_whole_sale_is_read_out_of_its_json(place: Any):
    found = {session["name"]: session for session in place.sessions()}
    assert found.keys() == {"Ann", "Sale"}
    ann = found["Ann"]
    assert (ann["tableName"], ann["numberOfCovers"], ann["waiter"]) == ("Table 5", 3, {"id": 2})
    assert place.lines("Ann") == [(2, "Burger large", 1025), (1, "Cola", 300), (1, "Regular", -200)]
    burger = place.bill("Ann")["items"][0]
    assert burger["category"] == ["Grill"]
    assert [(one["name"], one["amountPerModifier"]) for one in burger["modifiers"]] == [("Aioli", 75), ("medium", 0)]
    assert place.bill("Ann")["paidAmount"] == 500


def test_sessions_are_found_by_the_table_in_their_json(place: Any):
    assert [one["name"] for one in place.sessions(tableNames=["Table 5"], isFinished=False)] == ["Ann"]
    assert [one["isPayable"] for one in place.sessions(hasTable=False)] == [True, True]
    assert place.tables()["Table 5"] == "occupied"
    assert place.tables()["Table 6"] == "available"
    place.by_filters(tables=True)


def test_torn_json_costs_only_what_stood_in_it(place: Any):
    assert len(place.sessions()) == 4
    assert not place.of(RowSkipped)
    assert len(place.bills()) == 3
    assert place.of(RowSkipped)[0].reason.startswith("item.rows is no JSON (test.toml:")
