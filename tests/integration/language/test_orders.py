"""What the EPOS Data API is told beside sessions and bills: each from a column, and each with what stands in for it."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from adapter.domain.orders import OrderKind, OrderPayment, OrderStatus, TaxLine
from adapter.errors import InvalidFile, InvalidParams
from adapter.mapping.load import load_mapping_text

from .conftest import MAPPING, Restaurant, Serve

OPENED = datetime(2026, 1, 10, 12, 0, tzinfo=UTC)


def at(hour: int, minute: int = 0) -> datetime:
    """A moment of the evening."""
    return datetime(2026, 1, 10, hour, minute, tzinfo=UTC)


def test_a_mapping_that_says_nothing_of_orders_serves_them_all_the_same(serve: Serve):
    place = serve(
        """
        INSERT INTO board VALUES (7, 'T7', 4, 1);
        INSERT INTO chk (id, name, board_id, total, paid) VALUES (1, 'Check 1', 7, 12, 5), (2, 'Check 2', NULL, 3, 0);
        INSERT INTO chk (id, name, total, paid, done, closed) VALUES (3, 'Check 3', 3, 3, TRUE, '2026-01-10 13:30');
        INSERT INTO line (id, check_id, name, qty, price) VALUES (4, 1, 'Pie', 2, 6), (5, 2, 'Tea', 1, 3), (6, 3, 'Tea', 1, 3);
        """,
    )
    order = place.order("Check 1")
    assert (order.status, order.kind, order.is_payable) == (OrderStatus.ACCEPTED, OrderKind.DINE_IN, True)
    assert (order.reference, order.display_name, order.table_ids) == ("Check 1", "T7 Check 1", ("7",))
    assert (order.updated_at, order.collect_at, order.tips) == (OPENED, None, 0)
    assert order.payments == (OrderPayment(amount=500, is_rest=True),)
    assert order.tax_lines == ()
    assert order.bill is not None
    assert [(item.number, item.plu, item.amount) for item in order.bill.items] == [("4", None, 600)]
    assert place.order("Check 2").display_name == "Check 2"
    finished = place.order("Check 3")
    assert (finished.status, finished.is_payable, finished.updated_at) == (OrderStatus.FINALIZED, False, at(13, 30))
    place.healthy()


def test_what_the_till_keeps_of_an_order_is_told(serve: Serve):
    place = serve(
        """
        ALTER TABLE chk ADD no text, ADD label text, ADD step text, ADD takeaway int, ADD due_at timestamp, ADD touched timestamp;
        INSERT INTO chk (id, name, total, no, label, step, takeaway, due_at, touched) VALUES
          (1, 'Check 1', 0, 'A-17', ' Smith, window seat, birthday ', 'K', 1, '2026-01-10 19:15', '2026-01-10 12:20'),
          (2, 'Check 2', 0, ' ', NULL, 'X', 0, NULL, NULL),
          (3, 'Check 3', 0, 'A-19', 'Jones', 'V', NULL, NULL, NULL);
        """,
        """
        [session]
        reference    = "k.no"
        display_name = "k.label"
        status       = { column = "k.step", map = { K = "preparing", V = "canceled" } }
        kind         = { column = "k.takeaway", map = { 1 = "collection" } }
        collect_at   = "k.due_at"
        updated_at   = "k.touched"
        """,
    )
    first, second, third = (place.order(name) for name in ("Check 1", "Check 2", "Check 3"))
    assert (first.reference, first.display_name, first.status) == (
        "A-17",
        "Smith, window seat, bir…",
        OrderStatus.PREPARING,
    )
    assert len(first.display_name) == 24
    assert (first.kind, first.collect_at, first.updated_at) == (OrderKind.COLLECTION, at(19, 15), at(12, 20))
    # A blank is as good as nothing, and so is a code that nobody explains.
    assert (second.reference, second.display_name, second.status) == ("Check 2", "Check 2", OrderStatus.ACCEPTED)
    assert (second.kind, second.collect_at, second.updated_at) == (OrderKind.DINE_IN, None, OPENED)
    assert (third.status, third.is_payable) == (OrderStatus.CANCELED, False)


def test_the_words_of_the_language_need_no_map(serve: Serve):
    place = serve(
        "ALTER TABLE chk ADD step text; INSERT INTO chk (id, name, total, step, done) VALUES (1, 'One', 1, 'READY', FALSE), (2, 'Two', 1, 'Ready', TRUE);"
        "INSERT INTO line (id, check_id, price) VALUES (1, 1, 1), (2, 2, 1)",
        """
        [session]
        status = "k.step"
        kind   = "'collection'"
        """,
    )
    assert (place.order("One").status, place.order("One").kind) == (OrderStatus.READY, OrderKind.COLLECTION)
    # What is finished is over, whatever the till calls it.
    assert place.order("Two").status is OrderStatus.FINALIZED


def test_a_finalized_order_is_not_paid_though_its_check_is_open(serve: Serve):
    place = serve(
        "ALTER TABLE chk ADD step text; INSERT INTO chk (id, name, total, step) VALUES (1, 'One', 1, 'finalized'), (2, 'Two', 1, 'ready');"
        "INSERT INTO line (id, check_id, price) VALUES (1, 1, 1), (2, 2, 1)",
        '[session]\nstatus = "k.step"',
    )
    assert [order.session.name for order in place.orders(payable_only=True)] == ["Two"]


LINES = """
ALTER TABLE line ADD no text, ADD sku text, ADD wish text, ADD off numeric, ADD off_rate numeric, ADD off_why text;
CREATE TABLE option (id int PRIMARY KEY, line_id int, code text, sku text, name text, price numeric);
INSERT INTO chk (id, name, total) VALUES (1, 'One', 26.50);
INSERT INTO line (id, check_id, name, qty, price, sku, wish, off, off_rate, off_why) VALUES
  (1, 1, 'Burger', 2, 10, '0042', 'no onions', 2, 0.1, 'Happy hour'), (2, 1, 'Tea', 1, 3.5, ' ', NULL, NULL, NULL, NULL);
INSERT INTO option VALUES (1, 1, 'x1', '900', 'Cheese', 2.5), (2, 1, 'x2', NULL, 'Bun', 0);
"""


@pytest.mark.parametrize("key", ['key = "l.id"\nid = "l.id"', 'key = "l.id"\nid = "l.dish"'])
def test_lines_that_are_alike_but_for_their_id_are_told_apart(serve: Serve, key: str):
    place = serve(
        "ALTER TABLE line ADD dish int; INSERT INTO chk (id, name, total) VALUES (1, 'One', 9), (2, 'Two', 6);"
        "INSERT INTO line (id, check_id, name, qty, price, dish) VALUES"
        " (1, 1, 'Tea', 1, 3, 1), (2, 1, 'Tea', 1, 3, 2), (3, 1, 'Tea', 1, 3, 3), (2001, 2, 'Tea', 2, 3, 2001)",
        f"[item]\n{key}",
    )
    for _ in range(2):
        first, second = place.order("One").bill, place.order("Two").bill
        assert first is not None
        assert second is not None
        assert [item.id for item in first.items] == ["1", "2", "3"]
        assert [(item.id, item.quantity) for item in second.items] == [("2001", 2)]


@pytest.mark.parametrize("id_", ['"l.doc"', '{ column = "l.note", path = "code" }'])
def test_of_ids_out_of_json_those_that_are_equal_to_python_only_are_told_apart(serve: Serve, id_: str):
    place = serve(
        """
        ALTER TABLE line ADD doc jsonb, ADD note text;
        INSERT INTO chk (id, name, total) VALUES (1, 'One', 6);
        INSERT INTO line (id, check_id, name, price, doc, note) VALUES
          (1, 1, 'Tea', 3, '1', '{"code": 1}'), (2, 1, 'Tea', 3, 'true', '{"code": true}');
        """,
        f"[item]\nid = {id_}",
    )
    bill = place.order("One").bill
    assert bill is not None
    assert len({item.id for item in bill.items}) == 2


@pytest.mark.parametrize(
    "toml",
    [
        # The same name stands for a table of its own in a SELECT inside.
        '[session]\nwhere = "NOT EXISTS (SELECT 1 FROM line l WHERE l.check_id = k.id AND l.price < 0)"',
        '[item]\nwhere = "NOT EXISTS (SELECT 1 FROM gone l WHERE l.check_id = k.id)"',
        '[item]\nname = "COALESCE((SELECT MAX(l.label) FROM gone l WHERE l.check_id = k.id), l.name)"',
        # A check has two seats, of which one counts.
        '[session]\nfrom = "chk k JOIN seat s ON s.check_id = k.id"\nwhere = "s.no = k.seat"',
        '[session]\nfrom = "chk k JOIN seat s ON s.check_id = k.id"\nwhere = "NOT k.done AND s.no = 1"',
        '[session]\nfrom = "(chk k JOIN seat s ON s.check_id = k.id AND s.no = k.seat)"\nwhere = "NOT k.done"',
    ],
)
def test_a_check_has_the_same_lines_whether_it_is_asked_for_alone_or_with_all_others(serve: Serve, toml: str):
    place = serve(
        """
        ALTER TABLE chk ADD seat int NOT NULL DEFAULT 1;
        CREATE TABLE seat (check_id int, no int NOT NULL);
        CREATE TABLE gone (check_id int, label text);
        INSERT INTO chk (id, name) VALUES (1, 'One'), (2, 'Two'), (3, 'Three');
        INSERT INTO seat VALUES (1, 1), (1, 2), (2, 1), (2, 2), (3, 1);
        INSERT INTO gone VALUES (2, 'Gone');
        INSERT INTO line (id, check_id, name, price) VALUES (1, 1, 'Tea', 3), (2, 1, 'Pie', 5), (3, 2, 'Ale', 4), (4, 3, 'Bad', -1);
        """,
        toml + '\n[bill]\ntotal = { sum = "lines" }',
    )
    alone = {name: place.bill(name) for name in place.names()}
    assert [item["name"] for item in alone["One"]["items"]] == ["Tea", "Pie"]
    assert list(alone.values()) == place.bills()
    page = [order.bill for order in place.orders()]
    assert page == [place.order(order.session.name).bill for order in place.orders()]
    assert [[item.name for item in bill.items] for bill in page if bill is not None] == [
        [item["name"] for item in bill["items"]] for bill in alone.values()
    ]


def test_items_have_their_plu_and_their_price_before_modifiers_and_discounts_stand_apart(serve: Serve):
    place = serve(
        LINES,
        """
        [item]
        plu  = "l.sku"
        note = "l.wish"
        [modifier]
        from   = "JOIN option o ON o.line_id = l.id"
        order  = ["o.id"]
        id     = "o.code"
        name   = "o.name"
        amount = "o.price"
        plu    = "o.sku"
        [[discount]]
        from   = "JOIN line l ON l.check_id = k.id"
        where  = "COALESCE(l.off, 0) <> 0"
        id     = "CONCAT('off-', l.id)"
        name   = "l.off_why"
        amount = "l.off"
        rate   = { column = "l.off_rate", form = "fraction" }
        """,
    )
    bill = place.order("One").bill
    assert bill is not None
    burger, tea, off = bill.items
    # 2 x (10.00 + 2.50) + 3.50 - 2.00
    assert (burger.quantity, burger.amount, burger.amount_with_modifiers, burger.note) == (2, 1000, 1250, "no onions")
    assert [(each.number, each.amount, each.quantity) for each in burger.modifiers] == [("900", 250, 1), ("x2", 0, 1)]
    # A blank PLU is none, and the id of the product stands in.
    assert (burger.number, tea.plu, tea.number) == ("0042", None, "2")
    assert (off.kind, off.name, off.amount, off.rate, off.plu) == ("discount", "Happy hour", -200, 1000, "0042")
    # The Tables API tells the same bill with the modifiers in the price.
    assert place.lines("One") == [(2, "Burger", 1250), (1, "Tea", 350), (1, "Happy hour", -200)]


def test_a_discount_of_the_whole_bill_concerns_no_item_and_one_with_rows_of_its_own_says_which(serve: Serve):
    place = serve(
        """
        ALTER TABLE chk ADD off numeric;
        CREATE TABLE voucher (id int PRIMARY KEY, check_id int, product text, amount numeric);
        INSERT INTO chk (id, name, total, off) VALUES (1, 'One', 6, 1);
        INSERT INTO line (id, check_id, name, price) VALUES (8, 1, 'Pie', 10);
        INSERT INTO voucher VALUES (1, 1, '8', 3);
        """,
        """
        [[discount]]
        where  = "k.off > 0"
        id     = "'off'"
        name   = "'Regular guest'"
        amount = "k.off"
        [[discount]]
        from   = "JOIN voucher v ON v.check_id = k.id"
        id     = "v.id"
        name   = "'Voucher'"
        amount = "v.amount"
        plu    = "v.product"
        """,
    )
    bill = place.order("One").bill
    assert bill is not None
    assert [(item.kind, item.amount, item.plu, item.rate) for item in bill.items] == [
        ("item", 1000, None, None),
        ("discount", -100, None, None),
        ("discount", -300, "8", None),
    ]


def test_taxes_of_one_kind_are_added_up_before_they_are_rounded(serve: Serve):
    place = serve(
        """
        CREATE TABLE levy (id int PRIMARY KEY, check_id int, code text, name text, rate numeric, amount numeric);
        INSERT INTO chk (id, name, total) VALUES (1, 'One', 0), (2, 'Two', 0);
        INSERT INTO levy VALUES (1, 1, 'A', 'VAT', 20, 1.004), (2, 1, 'A', 'VAT', 20, 0.504), (3, 1, 'B', 'VAT', 5.5, 0.125), (4, 1, NULL, 'City', NULL, 0.001);
        """,
        """
        [[tax_line]]
        from   = "JOIN levy x ON x.check_id = k.id"
        order  = ["x.id"]
        id     = "x.code"
        name   = "x.name"
        rate   = "x.rate"
        amount = "x.amount"
        """,
    )
    assert place.order("One").tax_lines == (
        TaxLine(id="A", name="VAT", rate=2000, amount=151),  # 1.508, and not 1.00 + 0.50
        TaxLine(id="B", name="VAT", rate=550, amount=13),
    )
    assert place.order("Two").tax_lines == ()


def test_a_tax_of_the_check_is_one_line_and_so_is_one_in_a_column_of_it(serve: Serve):
    sql = "ALTER TABLE chk ADD vat numeric, ADD city numeric; INSERT INTO chk (id, name, total, vat, city) VALUES (1, 'One', 0, 1.9, 0.1), (2, 'Two', 0, 0, NULL)"
    place = serve(sql, '[bill]\ntax = "k.vat"')
    assert place.order("One").tax_lines == (TaxLine(name="Tax", amount=190),)
    assert place.order("Two").tax_lines == ()
    columns = """
    [[tax_line]]
    name   = "'VAT'"
    rate   = "20"
    amount = "k.vat"
    [[tax_line]]
    name   = "'City tax'"
    amount = "k.city"
    """
    place = serve(sql, columns)
    assert place.order("One").tax_lines == (
        TaxLine(name="VAT", rate=2000, amount=190),
        TaxLine(name="City tax", amount=10),
    )


PAYMENTS = """
ALTER TABLE chk ADD tips numeric;
CREATE TABLE pay (id int PRIMARY KEY, check_id int, ref text, amount numeric, tip numeric, how text, at timestamp, void boolean NOT NULL DEFAULT FALSE);
INSERT INTO chk (id, name, total, paid, tips) VALUES (1, 'One', 30, 20, 9), (2, 'Two', 30, 20, 0), (3, 'Three', 30, 20, NULL), (4, 'Four', 30, 0, 0);
INSERT INTO line (id, check_id, price) VALUES (1, 1, 30), (2, 2, 30), (3, 3, 30), (4, 4, 30);
INSERT INTO pay VALUES (1, 1, 'pi_1', 15, 1.5, 'VISA', '2026-01-10 12:45', FALSE), (2, 1, NULL, 5, NULL, 'CASH', '2026-01-10 12:40', FALSE),
  (3, 1, 'pi_2', 5, 0, 'VISA', '2026-01-10 12:41', TRUE), (4, 2, 'pi_3', 15, 0, 'VISA', NULL, FALSE), (5, 3, NULL, 25, 2, 'CASH', NULL, FALSE);
"""
PAYMENT = """
[[payment]]
from    = "JOIN pay p ON p.check_id = k.id"
where   = "NOT p.void"
order   = ["p.id"]
id      = "p.ref"
amount  = "p.amount"
tip     = { column = "p.tip", missing = 0 }
method  = "p.how"
paid_at = "p.at"
"""


def test_payments_are_listed_and_always_come_to_what_is_paid(serve: Serve):
    place = serve(PAYMENTS, PAYMENT)
    order = place.order("One")
    assert order.payments == (
        OrderPayment(id="pi_1", amount=1500, tip=150, method="VISA", at=at(12, 45)),
        OrderPayment(amount=500, method="CASH", at=at(12, 40)),
    )
    assert (order.tips, order.updated_at) == (150, at(12, 45))
    # What the till does not list, and what it gave back, is told as a payment of nobody in particular.
    assert [(each.id, each.amount) for each in place.order("Two").payments] == [("pi_3", 1500), (None, 500)]
    assert [each.amount for each in place.order("Three").payments] == [2500, -500]
    assert place.order("Four").payments == ()


def test_tips_are_what_the_till_says_or_the_sum_of_those_that_are_listed(serve: Serve):
    place = serve(PAYMENTS, PAYMENT + '[bill]\ntips = "k.tips"')
    assert [place.order(name).tips for name in ("One", "Two", "Three")] == [900, 0, 0]


def test_lines_taxes_and_payments_come_out_of_json(serve: Serve):
    place = serve(
        """
        ALTER TABLE chk ADD data jsonb;
        INSERT INTO chk (id, name, total, paid, data) VALUES (1, 'One', 12, 4, '{
          "lines": [{"code": 7, "sku": true, "name": "Pie", "price": 12, "wish": "hot"}],
          "taxes": [{"name": "VAT", "rate": 0.2, "amount": 2}],
          "payments": [{"ref": "pi_9", "amount": 4, "tip": 0.5}]}');
        """,
        """
        [item]
        rows            = { column = "k.data", path = "lines", as = "line" }
        id              = "line.code"
        name            = "line.name"
        quantity        = "1"
        amount_per_item = "line.price"
        plu             = "line.sku"
        note            = "line.wish"
        [[tax_line]]
        rows   = { column = "k.data", path = "taxes", as = "tax" }
        name   = "tax.name"
        rate   = { column = "tax.rate", form = "fraction" }
        amount = "tax.amount"
        [[payment]]
        rows   = { column = "k.data", path = "payments", as = "payment" }
        id     = "payment.ref"
        amount = "payment.amount"
        tip    = "payment.tip"
        """,
        without=("item.from", "item.key", "item.order"),
    )
    order = place.order("One")
    assert order.bill is not None
    assert [(item.number, item.note) for item in order.bill.items] == [("true", "hot")]
    assert order.tax_lines == (TaxLine(name="VAT", rate=2000, amount=200),)
    assert order.payments == (OrderPayment(id="pi_9", amount=400, tip=50),)


def test_tables_have_ids_and_areas_and_a_name_stands_in_for_either(serve: Serve):
    sql = """
    CREATE TABLE zone (id int PRIMARY KEY, name text);
    ALTER TABLE board ADD zone_id int;
    INSERT INTO zone VALUES (5, 'Terrace');
    INSERT INTO board VALUES (2, 'T2', 4, 0, 5), (1, 'T10', 2, 0, NULL);
    """
    joined = """
    [table]
    from = "board t LEFT JOIN zone z ON z.id = t.zone_id"
    area = { id = "z.id", name = "z.name" }
    """
    found = [(table.id, table.name, table.area_id, table.area) for table in serve(sql, joined).floor()]
    assert found == [("2", "T2", "5", "Terrace"), ("1", "T10", None, None)]
    named = joined.replace('id = "z.id", ', "")
    without = ("session.table", "table.id")
    found = [(table.id, table.name, table.area_id, table.area) for table in serve(sql, named, without=without).floor()]
    assert found == [("T2", "T2", "Terrace", "Terrace"), ("T10", "T10", None, None)]


SEATED = """
INSERT INTO board VALUES (1, 'T1', 4, 0), (2, 'T2', 4, 0), (12, 'T12', 4, 0);
INSERT INTO chk (id, name, board_id, total, paid) SELECT n, 'C' || n, CASE WHEN n % 3 = 0 THEN 12 WHEN n % 3 = 1 THEN 1 END, 5, CASE WHEN n % 4 = 0 THEN 5 ELSE 0 END
  FROM generate_series(1, 23) n;
INSERT INTO line (id, check_id, price) SELECT n, n, 5 FROM generate_series(1, 23) n;
UPDATE chk SET done = TRUE, closed = '2026-01-10 13:00' WHERE id IN (2, 5);
"""


def names(place: Restaurant, **search: object) -> list[str]:
    return [order.session.name for order in place.orders(**search)]


def test_orders_are_found_by_their_table_by_what_is_payable_and_by_both(serve: Serve):
    place = serve(SEATED)
    assert names(place) == [f"C{n}" for n in range(1, 24)]
    assert names(place, table_id="12") == [f"C{n}" for n in range(1, 24) if n % 3 == 0]
    assert names(place, payable_only=True) == [f"C{n}" for n in range(1, 24) if n % 4 and n not in (2, 5)]
    assert names(place, table_id="1", payable_only=True) == [f"C{n}" for n in range(1, 24) if n % 3 == 1 and n % 4]
    for nobodys in ("2", "3", "012", "T1", "1 OR 1=1", "", "1,2", "99999999999999999999", "\0"):
        assert names(place, table_id=nobodys) == [], nobodys


@pytest.mark.parametrize("limit", [1, 2, 5, 17, 100])
@pytest.mark.parametrize("payable_only", [True, False])
def test_pages_hold_every_order_once_in_both_directions(serve: Serve, limit: int, *, payable_only: bool):
    place = serve(SEATED)
    wanted = names(place, payable_only=payable_only)
    assert names(place, payable_only=payable_only, limit=limit) == wanted
    page = place.page(payable_only=payable_only, limit=limit)
    assert page.before is None
    assert len(page.orders) == min(limit, len(wanted))
    forward = [page]
    while page.after is not None:
        page = place.page(payable_only=payable_only, limit=limit, after=page.after)
        forward.append(page)
    back = [order.session.name for order in page.orders]
    while page.before is not None:
        page = place.page(payable_only=payable_only, limit=limit, before=page.before)
        back = [order.session.name for order in page.orders] + back
    assert back == wanted
    assert [order.session.name for each in forward for order in each.orders] == wanted


def test_nothing_is_skipped_or_repeated_while_orders_are_added_and_finished(serve: Serve):
    place = serve(SEATED)
    seen, after, number = [], None, 100
    while True:
        page = place.page(limit=4, after=after)
        seen += [order.session.id for order in page.orders]
        # The order at which the page ended is gone, and new ones come before and behind it.
        place.sql(f"DELETE FROM chk WHERE id = {page.orders[-1].session.name[1:]}")
        if number < 103:
            place.sql(
                f"INSERT INTO chk (id, name, total) VALUES ({-number}, 'C{-number}', 0), ({number}, 'C{number}', 0)"
            )
        number += 1
        if page.after is None:
            break
        after = page.after
    assert len(seen) == len(set(seen)) == 23 + 3


def test_a_cursor_of_no_page_is_told(serve: Serve):
    place = serve(SEATED)
    with pytest.raises(InvalidParams):
        place.page(after=uuid4())


def test_a_key_of_several_columns_pages_by_all_of_them(serve: Serve):
    place = serve(
        """
        CREATE TABLE day_check (day int, no int, label text, board_id int, PRIMARY KEY (day, no));
        INSERT INTO board VALUES (1, 'T1', 4, 0);
        INSERT INTO day_check SELECT d, n, d || '/' || n, 1 FROM generate_series(1, 4) d, generate_series(1, 5) n;
        """,
        """
        [session]
        from       = "day_check k"
        id         = ["k.day", "k.no"]
        name       = "k.label"
        created_at = "CAST('2026-01-10 12:00' AS timestamp)"
        [bill]
        total = "10"
        paid  = "0"
        differs = "the lines are of no matter here"
        [item]
        from = "JOIN line l ON l.check_id = k.day"
        """,
        without=("session.finished", "session.finished_at"),
    )
    wanted = [f"{day}/{number}" for day in range(1, 5) for number in range(1, 6)]
    assert names(place, limit=3) == wanted
    page = place.page(limit=7, after=place.page(limit=12).after)
    assert [order.session.name for order in page.orders] == wanted[12:19]
    assert [order.session.name for order in place.page(limit=7, before=page.before).orders] == wanted[5:12]


def test_text_keys_page_as_the_database_orders_them(serve: Serve):
    place = serve(
        """
        ALTER TABLE line ALTER check_id TYPE text; ALTER TABLE chk ALTER id TYPE varchar(12);
        INSERT INTO chk (id, name, total) VALUES ('b', 'b', 0), ('B', 'B', 0), ('a-1', 'a-1', 0), ('a1', 'a1', 0), ('Ä', 'Ä', 0), ('z', 'z', 0);
        """
    )
    everything = names(place)
    assert sorted(everything) == sorted(["b", "B", "a-1", "a1", "Ä", "z"])
    assert names(place, limit=1) == everything


def test_an_order_that_cannot_be_read_is_left_out_of_a_page_and_costs_no_other(serve: Serve):
    place = serve(SEATED)
    place.sql("UPDATE chk SET total = 7 WHERE id IN (1, 2, 3, 4, 10)")
    assert names(place, limit=3) == [f"C{n}" for n in range(5, 24) if n != 10]
    place.sql("UPDATE chk SET total = 7")
    assert names(place, limit=3) == []


def test_a_page_of_which_little_is_wanted_ends_after_some_looking_and_is_gone_on_with(serve: Serve):
    place = serve(
        """
        INSERT INTO chk (id, name, total, paid) SELECT n, 'C' || n, 5, CASE WHEN n > 1500 THEN 0 ELSE 5 END FROM generate_series(1, 1501) n;
        INSERT INTO line (id, check_id, price) SELECT n, n, 5 FROM generate_series(1, 1501) n;
        """
    )
    first = place.page(payable_only=True, limit=10)
    assert list(first.orders) == []
    assert first.after is not None
    assert names(place, payable_only=True, limit=10) == ["C1501"]


def test_waiters_orders_are_found_and_those_that_nobody_serves(serve: Serve):
    place = serve(
        "ALTER TABLE chk ADD staff int; INSERT INTO chk (id, name, total, staff) VALUES (1, 'One', 0, 7), (2, 'Two', 0, 8), (3, 'Three', 0, NULL)",
        '[session]\nwaiter = { id = "k.staff" }',
    )
    assert names(place, waiter_id="7") == ["One", "Three"]
    assert names(place, waiter_id="x") == ["Three"]


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ('[session]\nstatus = { column = "k.name", map = { a = "eaten" } }', "session.status.map.a"),
        ('[session]\nkind = { column = "k.name", default = "delivery" }', "session.kind.default"),
        (
            '[[tax_line]]\nname = "\'VAT\'"\namount = "x.amount"',
            "tax_line[0].amount: x.amount: nothing here is called x",
        ),
        ('[[payment]]\nid = "k.name"', "payment[0].amount"),
        (
            '[[discount]]\nid = "k.id"\nname = "k.name"\namount = "1"\nrate = { column = "1", form = "pence" }',
            "discount[0].rate.form",
        ),
    ],
)
def test_a_mistake_in_what_is_said_of_orders_is_told_with_its_place(said: str, problem: str):
    head, _, section = said.partition("\n")
    text = MAPPING.replace(head, f"{head}\n{section}") if head in MAPPING else f"{MAPPING}\n{said}\n"
    with pytest.raises(InvalidFile) as failed:
        load_mapping_text(text, "test.toml")
    assert problem in str(failed.value)


def test_sql_that_the_database_refuses_is_told_before_anybody_asks_for_orders(serve: Serve):
    place = serve("", '[[tax_line]]\nname = "\'VAT\'"\namount = "k.name + 1"\n[bill]\ntips = "k.name + 1"')
    assert place.ask("ListSessions")["errorCode"] == "ERROR_INTERNAL_POS_ERROR"
    said = "\n".join(place.said())
    assert "tax_line[0].amount" in said
    assert "bill.tips" in said
