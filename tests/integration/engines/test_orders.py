"""Orders and their pages on each engine that we run: the same rows, the same mapping, the same answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from adapter.app import App
from adapter.config import Config
from adapter.domain.orders import Order, OrderKind, OrderPage, OrderPayment, OrderSearch, OrderStatus, TaxLine
from adapter.mapping.load import load_mapping_text

from .conftest import Place

SCHEMA = """
CREATE TABLE zone (id int PRIMARY KEY, name varchar(20));
CREATE TABLE board (id varchar(10) PRIMARY KEY, name varchar(20), zone_id int);
CREATE TABLE chk (
    shop int NOT NULL, no int NOT NULL, label varchar(40), board_id varchar(10), step varchar(2), away int,
    total decimal(10,2), paid decimal(10,2), done int NOT NULL, PRIMARY KEY (shop, no)
);
CREATE TABLE line (id int PRIMARY KEY, shop int, no int, sku varchar(10), name varchar(20), qty decimal(9,3), price decimal(10,2), off decimal(10,2), off_rate decimal(6,4));
CREATE TABLE levy (id int PRIMARY KEY, shop int, no int, rate decimal(6,4), amount decimal(12,4));
CREATE TABLE pay (id int PRIMARY KEY, shop int, no int, ref varchar(40), amount decimal(10,2), tip decimal(10,2));
INSERT INTO zone VALUES (5, 'Terrace');
INSERT INTO board VALUES ('a,1', 'T1', 5), ('b', 'T2', NULL);
INSERT INTO line VALUES (1, 1, 1, '0042', 'Pie', 2, 6.00, 1.50, 0.125), (2, 1, 1, NULL, 'Tea', 0.5, 3.00, 0, NULL);
INSERT INTO levy VALUES (1, 1, 1, 0.2, 1.0040), (2, 1, 1, 0.2, 0.5040), (3, 1, 1, 0.055, 0.1250);
INSERT INTO pay VALUES (1, 1, 1, 'pi_1', 4.00, 0.40);
"""

MAPPING = """
version = 1
epos    = "Everywhere"
sql     = "postgresql"
engines = ["postgresql", "mariadb", "sqlite"]

[site]
timezone = { default = "Europe/London" }
currency = { default = "GBP" }

[table]
from       = "board t LEFT JOIN zone z ON z.id = t.zone_id"
id         = "t.id"
name       = "t.name"
max_covers = "4"
status     = { column = "z.id", default = "available", missing = "occupied" }
area       = { id = "z.id", name = "z.name" }

[session]
from       = "chk k"
id         = { parts = ["k.shop", "k.no"], bits = [16, 32] }
name       = "k.label"
created_at = { column = "'2026-01-10 12:00'", form = "%Y-%m-%d %H:%M" }
finished   = "k.done = 1"
table      = "k.board_id"
status     = { column = "k.step", map = { K = "preparing" } }
kind       = { column = "k.away", map = { 1 = "collection" } }

[bill]
total   = "k.total"
paid    = "k.paid"
differs = "most have no lines here"

[item]
from            = "JOIN line l ON l.shop = k.shop AND l.no = k.no"
order           = ["l.id"]
id              = "l.id"
name            = "l.name"
quantity        = "l.qty"
amount_per_item = "l.price"
plu             = "l.sku"

[[discount]]
from   = "JOIN line l ON l.shop = k.shop AND l.no = k.no"
where  = "l.off > 0"
id     = "CONCAT('off-', l.id)"
name   = "'Off'"
amount = "l.off"
rate   = { column = "l.off_rate", form = "fraction" }

[[tax_line]]
from   = "JOIN levy x ON x.shop = k.shop AND x.no = k.no"
order  = ["x.id"]
name   = "'VAT'"
rate   = { column = "x.rate", form = "fraction" }
amount = "x.amount"

[[payment]]
from   = "JOIN pay p ON p.shop = k.shop AND p.no = k.no"
id     = "p.ref"
amount = "p.amount"
tip    = "p.tip"
"""

NUMBERS = [(shop, number) for shop in (1, 2) for number in (1, 2, 3, 10, 11)]


def rows() -> str:
    """Ten checks of two shops, not in the order of their keys; every third is finished, every other at the first table."""
    values = []
    for index, (shop, number) in enumerate(NUMBERS):
        board = "'a,1'" if index % 2 == 0 else "NULL"
        values.append(
            f"({shop}, {number}, 'C{shop}-{number}', {board}, 'K', {index % 2}, 14, 4, {int(index % 3 == 2)})"
        )
    return f"INSERT INTO chk VALUES {', '.join(reversed(values))};"


@pytest.fixture
def app(place: Place) -> Iterator[App]:
    place.script(SCHEMA + rows())
    config = Config.model_validate(
        {"mapping": "test.toml", "database": {"url": place.url}, "rules": {"finished_within_hours": 0}}
    )
    made = App(config, load_mapping_text(MAPPING, "test.toml"), lambda _: None)
    yield made
    place.run(made.store.close())


def page(place: Place, app: App, **search: Any) -> OrderPage:
    found: OrderPage = place.run(app.store.read(lambda book: book.orders(OrderSearch(**search))))
    return found


def test_orders_and_their_pages_are_the_same_on_every_engine(place: Place, app: App):
    everything = page(place, app).orders
    assert [order.session.name for order in everything] == [f"C{shop}-{number}" for shop, number in NUMBERS]

    first: Order = place.run(app.store.read(lambda book: book.order(everything[0].session.id)))
    assert first == everything[0]
    assert first.bill is not None
    assert (first.status, first.kind, first.table_ids) == (OrderStatus.PREPARING, OrderKind.DINE_IN, ("a%2C1",))
    # 2 x 6.00 - 1.50, and half a tea
    assert [(item.name, item.quantity, item.amount, item.number, item.rate) for item in first.bill.items] == [
        ("Pie", 2, 600, "0042", None),
        ("0.5 x Tea", 1, 150, "2", None),
        ("Off", 1, -150, "0042", 1250),
    ]
    assert first.tax_lines == (TaxLine(name="VAT", rate=2000, amount=151), TaxLine(name="VAT", rate=550, amount=13))
    assert first.payments == (OrderPayment(id="pi_1", amount=400, tip=40),)
    assert everything[1].kind is OrderKind.COLLECTION

    for limit in (1, 3, 4):
        seen, after = [], None
        while True:
            found = page(place, app, limit=limit, after=after)
            seen += [order.session.name for order in found.orders]
            if (after := found.after) is None:
                break
        assert seen == [order.session.name for order in everything]
    back = page(place, app, limit=3, before=everything[7].session.id)
    assert [order.session.name for order in back.orders] == [order.session.name for order in everything[4:7]]

    seated = page(place, app, table_id="a%2C1", payable_only=True).orders
    wanted = [f"C{shop}-{number}" for index, (shop, number) in enumerate(NUMBERS) if index % 2 == 0 and index % 3 != 2]
    assert [order.session.name for order in seated] == wanted
    for nobodys in ("a,1", "a", "A%2C1", "b"):
        assert page(place, app, table_id=nobodys).orders == [], nobodys

    floor = place.run(app.store.read(lambda book: book.floor()))
    assert [(table.id, table.area_id, table.area) for table in floor] == [("a%2C1", "5", "Terrace"), ("b", None, None)]
