"""The EPOS Data API's reading methods; the answers were worked out by hand from the rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .conftest import Open, Place

SCHEMA = """
CREATE TABLE tab (id text PRIMARY KEY, name text, area text, area_name text);
CREATE TABLE chk (id int PRIMARY KEY, name text, opened timestamp, tab_id text, waiter int, total numeric(10,2),
    svc numeric(10,2), paid numeric(10,2) DEFAULT 0, done boolean NOT NULL DEFAULT FALSE);
CREATE TABLE line (id int PRIMARY KEY, chk_id int, name text, qty int, price numeric(10,2), plu text);
CREATE TABLE extra (id int PRIMARY KEY, line_id int, name text, qty int, price numeric(10,2), plu text);
CREATE TABLE off (id int PRIMARY KEY, chk_id int, name text, amount numeric(10,2), rate numeric(5,2));
INSERT INTO tab VALUES ('t-1', 'T1', 'a-1', 'Terrace'), ('t-2', 'T2', 'a-1', 'Terrace'), ('t-3', 'Bar 1', 'a-2', 'Bar');
INSERT INTO chk VALUES (1, 'Smith', '2026-01-10 18:00', 't-1', 7, 25.90, 2.40, 5.00);
INSERT INTO line VALUES (1, 1, 'Burger', 2, 10.00, '77'), (2, 1, 'Cola', 1, 3.50, NULL);
INSERT INTO extra VALUES (1, 1, 'Cheese', 2, 0.75, 'm3'), (2, 1, 'Happy hour', 1, -1.00, 'h1');
INSERT INTO off VALUES (1, 1, 'Regulars', 1.00, 4.2);
INSERT INTO chk SELECT n, 'Tab ' || n, '2026-01-10 19:00', CASE WHEN n % 2 = 0 THEN 't-2' END, 8, 1, NULL,
    CASE WHEN n > 40 THEN 1 ELSE 0 END, n > 50 FROM generate_series(11, 60) n;
INSERT INTO line SELECT 100 + n, n, 'Tea', 1, 1, NULL FROM generate_series(11, 60) n;
"""

MAPPING = """
version = 1
epos    = "A corner house"
sql     = "postgresql"

[site]
timezone = { default = "Europe/London" }
currency = { default = "GBP" }

[table]
from       = "tab t"
id         = "t.id"
name       = "t.name"
max_covers = "4"
status     = { sql = "t.id <> ''", map = { true = "occupied", false = "available" } }
area       = { id = "t.area", name = "t.area_name" }

[session]
from       = "chk k"
id         = "k.id"
name       = "k.name"
created_at = "k.opened"
finished   = "k.done"
table      = "k.tab_id"
waiter     = { id = "k.waiter" }

[bill]
total          = "k.total"
paid           = "k.paid"
service_charge = "k.svc"

[item]
from            = "JOIN line l ON l.chk_id = k.id"
key             = "l.id"
id              = "l.id"
name            = "l.name"
quantity        = "l.qty"
amount_per_item = "l.price"
plu             = "l.plu"

[modifier]
from                = "JOIN extra e ON e.line_id = l.id"
id                  = "e.id"
name                = "e.name"
quantity            = "e.qty"
amount              = "e.price"
plu                 = "e.plu"

[[discount]]
from   = "JOIN off o ON o.chk_id = k.id"
id     = "o.id"
name   = "o.name"
amount = "o.amount"
rate   = "o.rate"

[receipt]
header = [{ type = "merchant_name", text = "Corner House" }, { type = "horizontal_line", double = true }]
footer = [
    { type = "text", text = "Thank you", size = "body", align = "center", bold = true },
    { type = "vat_number", text = "GB 1" },
]
"""


@pytest.fixture(scope="module")
def house(opened: Open, new_database: Callable[..., str]) -> Place:
    import psycopg

    from .conftest import _plain

    url = new_database()
    with psycopg.connect(_plain(url), autocommit=True) as connection:
        connection.execute(SCHEMA)
    return opened(url, MAPPING, ledger=False)


def pounds(value: int) -> dict[str, Any]:
    return {"value": value, "currencyCode": "GBP"}


def pages(place: Place, limit: int, **params: Any) -> list[list[Any]]:
    """All pages of a search, one after the other."""
    found: list[list[Any]] = []
    cursor: dict[str, Any] = {"limit": limit}
    while cursor:
        page = place.order("SearchOrdersV1", cursor=cursor, **params)
        found.append(page["data"])
        cursor = {"limit": limit, "after": page["after"]} if "after" in page else {}
    return found


def test_an_order_has_its_discounts_apart_and_the_price_of_an_item_without_its_modifiers(house: Place):
    found = house.order("GetOrderByIdV1", orderId=house.id(1))
    assert found == {
        "id": house.id(1),
        "status": "Accepted",
        "details": {"orderType": "DineIn", "dineIn": {"tableId": "t-1", "waiterId": "7"}},
        "payable": True,
        "items": [
            {
                "name": "Burger",
                "amountPerItem": pounds(1000),
                "plu": "77",
                "quantity": 2,
                "modifiers": [{"name": "Cheese", "quantity": 2, "amountPerModifier": pounds(75), "plu": "m3"}],
            },
            {"name": "Cola", "amountPerItem": pounds(350), "plu": "2", "quantity": 1},
        ],
        "discounts": [
            {"name": "Happy hour", "amountTotal": pounds(200), "affectedPlu": "77"},
            {"name": "Regulars", "amountTotal": pounds(100), "amountPercentage": 420},
        ],
        "taxLines": [],
        "totalAmount": pounds(2590),
        "paidAmount": pounds(500),
        "tipsAmount": pounds(0),
        "serviceChargeAmount": pounds(240),
        "payments": [{"paidAmount": pounds(500)}],
        "reference": "Smith",
        "displayName": "T1 Smith",
        "createdAt": "2026-01-10T18:00:00.000Z",
        "updatedAt": "2026-01-10T18:00:00.000Z",
    }
    # 2 x (10.00 + 2 x 0.75) + 3.50 - 2 x 1.00 - 1.00 + 2.40
    assert found["totalAmount"]["value"] == 2 * (1000 + 2 * 75) + 350 - 200 - 100 + 240


def test_the_tables_api_tells_the_same_bill_with_the_modifiers_in_the_price(house: Place):
    found = house.ask("GetBillItems", sessionId=house.id(1))["billItems"]
    assert [(item["name"], item["quantity"], item["amountPerItem"]) for item in found["items"]] == [
        ("Burger", 2, 1000 + 2 * 75 - 100),
        ("Cola", 1, 350),
        ("Regulars", 1, -100),
    ]
    assert (found["totalAmount"], found["paidAmount"], found["serviceCharge"]) == (2590, 500, 240)


def test_a_printed_bill_has_its_lines_above_and_below(house: Place):
    found = house.order("GetOrderBillByIdV1", orderId=house.id(1))
    assert found["order"] == house.order("GetOrderByIdV1", orderId=house.id(1))
    assert found["header"]["lines"] == [
        {"lineType": "MerchantName", "merchantName": {"name": "Corner House"}},
        {"lineType": "HorizontalLine", "horizontalLine": {"line": "Double"}},
    ]
    assert found["footer"]["lines"] == [
        {"lineType": "Text", "text": {"value": "Thank you", "size": "Body", "align": "Center", "bold": True}},
        {"lineType": "TaxNumber", "taxNumber": {"name": "VAT", "number": "GB 1"}},
    ]


@pytest.mark.parametrize("unknown", ["chk-1042", "00000000-0000-4000-8000-00000000ffff", ""])
@pytest.mark.parametrize("method", ["GetOrderByIdV1", "GetOrderBillByIdV1"])
def test_an_order_that_is_not_there_is_not_found(house: Place, method: str, unknown: str):
    assert house.order_refused(method, "NotFound", orderId=unknown) == "there is no order with this id"


@pytest.mark.parametrize(
    ("params", "wanted"),
    [
        ({}, [1, *range(11, 61)]),
        ({"payableOnly": True}, [1, *range(11, 41)]),
        ({"dineIn": {"tableId": "t-2"}}, range(12, 61, 2)),
        ({"dineIn": {"tableId": "t-2"}, "payableOnly": True}, range(12, 41, 2)),
        ({"dineIn": {"waiterId": "007"}}, [1]),
        ({"dineIn": {"tableId": "t-1", "waiterId": "8"}}, []),
        ({"dineIn": {"tableId": "no such table"}}, []),
        ({"dineIn": {"partyId": "p-1"}}, []),
        ({"dineIn": {"reservationId": "r-1"}}, []),
    ],
)
def test_a_search_finds_what_every_filter_lets_through(house: Place, params: dict[str, Any], wanted: Any):
    for limit in (7, 100):
        found = [order["id"] for page in pages(house, limit, **params) for order in page]
        assert sorted(found) == sorted(house.id(number) for number in wanted)
        assert len(set(found)) == len(found)


def test_a_page_back_is_the_page_before(house: Place):
    first = house.order("SearchOrdersV1", cursor={"limit": 20})
    assert "before" not in first
    second = house.order("SearchOrdersV1", cursor={"limit": 20, "after": first["after"]})
    back = house.order("SearchOrdersV1", cursor={"limit": 20, "before": second["before"]})
    assert back["data"] == first["data"]


def test_orders_that_come_and_go_while_pages_are_read_move_nothing(house: Place):
    first = house.order("SearchOrdersV1", cursor={"limit": 20})
    house.sql(
        "INSERT INTO chk (id, name, opened, total) VALUES (2, 'New', '2026-01-10 18:01', 0), (70, 'Late', '2026-01-10', 0)"
    )
    last = first["data"][-1]["id"]
    rest = []
    cursor = {"after": first["after"]}
    while cursor:
        page = house.order("SearchOrdersV1", cursor={"limit": 20, **cursor})
        rest += [order["id"] for order in page["data"]]
        cursor = {"after": page["after"]} if "after" in page else {}
    house.sql("DELETE FROM chk WHERE id IN (2, 70)")
    seen = {order["id"] for order in first["data"]}
    assert last not in rest
    assert seen.isdisjoint(rest)
    assert {house.id(1), *(house.id(number) for number in range(11, 61))} <= seen | set(rest)


@pytest.mark.parametrize(
    ("cursor", "path"),
    [
        ({"limit": 101}, "cursor.limit"),
        ({"limit": 0}, "cursor.limit"),
        ({"limit": "ten"}, "cursor.limit"),
        ({"after": "nonsense"}, "cursor.after"),
        ({"before": "dCt0LTE"}, "cursor.before"),
        ({"after": "x", "before": "y"}, "exclude each other"),
        ("all", "cursor: expected an object"),
    ],
)
@pytest.mark.parametrize("method", ["SearchOrdersV1", "SearchTablesV1"])
def test_a_cursor_that_is_none_is_an_invalid_request(house: Place, method: str, cursor: Any, path: str):
    if method == "SearchTablesV1" and cursor == {"before": "dCt0LTE"}:
        cursor = {"before": "bw"}
    assert path in house.order_refused(method, "InvalidRequest", cursor=cursor)


def test_tables_have_ids_and_areas_and_come_page_by_page(house: Place):
    table = {"maxCovers": 4, "areaId": "a-1"}
    t1, t2 = {"id": "t-1", "name": "T1", **table}, {"id": "t-2", "name": "T2", **table}
    bar = {"id": "t-3", "name": "Bar 1", "maxCovers": 4, "areaId": "a-2"}
    assert house.order("SearchTablesV1") == {"data": [t1, t2, bar]}
    assert house.order("SearchTablesV1", areaId="a-2") == {"data": [bar]}
    assert house.order("SearchTablesV1", areaId="a-3", waiterId="7") == {"data": []}
    first = house.order("SearchTablesV1", cursor={"limit": 2})
    second = house.order("SearchTablesV1", cursor={"limit": 2, "after": first["after"]})
    assert (first["data"], second["data"]) == ([t1, t2], [bar])
    assert "after" not in second
    assert house.order("SearchTablesV1", cursor={"before": second["before"]})["data"] == [t1, t2]


def test_areas_are_a_bare_list(house: Place):
    assert house.order("ListAreasV1") == [{"id": "a-2", "name": "Bar"}, {"id": "a-1", "name": "Terrace"}]


@pytest.mark.parametrize(
    ("method", "why"),
    [
        ("CreateOrderV1", "orders are made and canceled at the till"),
        ("SearchPartiesV1", "an EPOS of this kind keeps no parties"),
        ("CreateReservationV1", "an EPOS of this kind keeps no reservations"),
    ],
)
def test_what_the_protocol_has_and_this_adapter_has_not_is_said_to_be_not_offered(house: Place, method: str, why: str):
    reason = house.order_refused(method, "InvalidRequest")
    assert reason == f"method: {method} is not offered by this adapter: {why}"


@pytest.mark.parametrize("method", ["CreateOrderLockV1", "RecordOrderPaymentByIdV1"])
def test_where_nothing_can_be_recorded_locks_and_payments_are_refused_with_why(house: Place, method: str):
    money = {"value": 1, "currencyCode": "GBP"}
    params = {"orderId": house.id(1), "lockId": "l", "expiry": "2099-01-01T00:00:00Z", "paymentIntentId": "p"}
    reason = house.order_refused(method, "InvalidRequest", **params, paidAmount=money)
    assert reason == "nothing can be locked or paid: the mapping has no [record]"


def test_a_method_of_the_other_protocol_is_none_of_this_one(house: Place):
    assert "has no GetSession" in house.order_refused("GetSession", "InvalidRequest", sessionId=house.id(1))
    assert house.ask("GetOrderByIdV1", orderId=house.id(1))["errorCode"] == "ERROR_PARSE_ERROR"


def test_an_event_is_taken_note_of(house: Place):
    data = {"paymentIntentId": "pi_sandbox_1", "paymentStatus": "Captured", "captureMode": "Auto"}
    event = {"id": "evt_1", "accountId": "acc_1", "event": "payment_intent.status_updated", "data": data}
    assert house.order("HandleEventV1", **event) == {}
    assert house.order("HandleEventV1", **event) == {}
