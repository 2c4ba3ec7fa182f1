"""The tests inside a mapping, run on schemas made to get in the way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import psycopg
import pytest
from sqlalchemy.engine import make_url

from adapter.errors import InvalidFile
from adapter.mapping.load import load_mapping_text
from adapter.trials import TestResult, run_tests

SCHEMA = """
CREATE SCHEMA till;
CREATE TYPE till.mood AS ENUM ('calm', 'busy');
CREATE TABLE till.board (
    id int PRIMARY KEY, name text NOT NULL UNIQUE, seats smallint NOT NULL, state char(3) NOT NULL,
    feel till.mood NOT NULL, secret uuid NOT NULL, data jsonb NOT NULL, since date NOT NULL
);
CREATE TABLE till.chk (
    day int NOT NULL, no int NOT NULL, name text NOT NULL DEFAULT 'Check', opened timestamp NOT NULL, done boolean NOT NULL,
    board_id int REFERENCES till.board, total numeric(8, 2) NOT NULL, pence int GENERATED ALWAYS AS (total * 100) STORED,
    PRIMARY KEY (day, no)
);
CREATE TABLE till.chk_line (
    id serial PRIMARY KEY, day int NOT NULL, no int NOT NULL, name text, qty int, price numeric,
    FOREIGN KEY (day, no) REFERENCES till.chk
);
CREATE VIEW till.line AS SELECT id, day, no, name, qty, price FROM till.chk_line WHERE qty > 0;
CREATE TABLE till.pay (id serial PRIMARY KEY, seq bigint GENERATED ALWAYS AS IDENTITY, day int, no int, amount numeric);
CREATE FUNCTION till.never() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''a trigger ran''; END';
CREATE TRIGGER never BEFORE INSERT OR UPDATE OR DELETE ON till.pay FOR EACH ROW EXECUTE FUNCTION till.never();
CREATE TRIGGER never BEFORE UPDATE OR DELETE ON till.chk FOR EACH ROW EXECUTE FUNCTION till.never();
INSERT INTO till.board VALUES (1, 'Real', 4, 'F', 'calm', gen_random_uuid(), '{}', '2026-01-01');
INSERT INTO till.chk VALUES (1, 1, 'Real', '2026-01-10 12:00', FALSE, 1, 10);
INSERT INTO till.chk_line (day, no, name, qty, price) VALUES (1, 1, 'Real', 1, 10);
"""

MAPPING = """
version = 1
epos    = "Behind walls"
sql     = "postgresql"
schema  = "till"

[site]
timezone = { default = "Europe/London" }

[table]
from       = "board t"
id         = "t.id"
name       = "t.name"
max_covers = "t.seats"
status     = { column = "t.state", map = { F = "available", O = "occupied" }, default = "not_in_use" }

[session]
from       = "chk k"
id         = ["k.day", "k.no"]
name       = "k.name"
created_at = "k.opened"
finished   = "k.done"
table      = "k.board_id"

[bill]
total    = "k.total"
paid     = "COALESCE((SELECT SUM(p.amount) FROM pay p WHERE p.day = k.day AND p.no = k.no), 0)"
currency = "'GBP'"

[item]
from            = "JOIN line i ON i.day = k.day AND i.no = k.no"
order           = ["i.id"]
id              = "i.id"
name            = "i.name"
quantity        = "i.qty"
amount_per_item = "i.price"

[[record.step]]
insert    = "pay"
returning = { made = "id" }
set       = { day = ":session_id_1", no = ":session_id_2", amount = ":amount" }

[[record.step]]
update = "chk"
where  = "day = :session_id_1 AND no = :session_id_2"
when   = ["fully_paid"]
set    = { done = "TRUE", name = "CONCAT('Paid ', CAST(:made AS int))" }
"""

BILL = """
[[test]]
name    = "a bill"
method  = "GetBillItems"
session = [7, 3]
rows    = { chk = [{ day = 7, no = 3, total = 8.5 }], line = [{ day = 7, no = 3, id = 5, name = "Pie", qty = 1, price = 8.5 }] }
[test.expect.billItems]
totalAmount = 850
items       = [{ id = "5", name = "Pie", amountPerItem = 850 }]
"""

PAYMENT = """
[[test]]
name    = "a payment"
method  = "RecordPayment"
session = [7, 3]
params  = { payment = { baseAmount = 850 } }
[test.rows]
chk  = [{ day = 7, no = 3, total = 8.5 }, { day = 7, no = 4, total = 1 }]
pay  = [{ id = 41, seq = 6, day = 1, no = 1, amount = 3 }]
[test.after]
pay    = [{ id = 42, seq = 7, day = 7, no = 3, amount = 8.5 }, { id = 41 }]
chk    = [{ no = 3, done = true, name = "Paid 42", pence = 850 }, { no = 4, done = false, name = "Check" }]
absent = { chk = [{ name = "Real" }] }
"""


ORDERS = """
[[test]]
name    = "an order"
method  = "GetOrderByIdV1"
session = [7, 3]
rows    = { chk = [{ day = 7, no = 3, total = 8.5 }], line = [{ day = 7, no = 3, id = 5, name = "Pie", qty = 1, price = 8.5 }] }
[test.expect]
status      = "Accepted"
totalAmount = { value = 850 }
items       = [{ plu = "5", name = "Pie", amountPerItem = { value = 850, currencyCode = "GBP" } }]

[[test]]
name    = "a payment on an order"
method  = "RecordOrderPaymentByIdV1"
session = [7, 3]
params  = { paidAmount = { value = 850 } }
[test.rows]
chk  = [{ day = 7, no = 3, total = 8.5 }]
line = [{ day = 7, no = 3, id = 5, name = "Pie", qty = 1, price = 8.5 }]
[test.expect]
status     = "Finalized"
paidAmount = { value = 850 }
[test.after]
pay = [{ day = 7, no = 3, amount = 8.5 }]
chk = [{ no = 3, done = true }]

[[test]]
name    = "more than is due"
method  = "RecordOrderPaymentByIdV1"
session = [7, 3]
params  = { paidAmount = { value = 851 } }
rows    = { chk = [{ day = 7, no = 3, total = 8.5 }] }
expect  = { error = "Conflict", reason = "only 850 minor units are due" }
[test.after]
absent = { pay = [{}] }

[[test]]
name    = "an order that is locked"
method  = "CreateOrderLockV1"
session = [7, 3]
rows    = { chk = [{ day = 7, no = 3, total = 0 }] }
expect  = { payable = false }

[[test]]
name   = "payable orders"
method = "SearchOrdersV1"
params = { payableOnly = true }
rows   = { chk = [{ day = 7, no = 3, total = 1 }, { day = 7, no = 4, total = 0 }], line = [{ day = 7, no = 3, id = 5, name = "Pie", qty = 1, price = 1 }] }
expect = { data = [{ totalAmount = { value = 100 } }] }
"""


@pytest.fixture(scope="module")
def url(new_database: Callable[..., str]) -> str:
    made = new_database()
    with psycopg.connect(driver_url(made), autocommit=True) as connection:
        connection.execute(SCHEMA)
    return made


Run = Callable[..., list[TestResult]]


@pytest.fixture
def run(url: str) -> Run:
    def run_it(*tests: str, mapping: str = MAPPING, use_ledger: bool = True) -> list[TestResult]:
        loaded = load_mapping_text(mapping + "".join(tests), "till.toml")
        return asyncio.run(run_tests(loaded, url, use_ledger=use_ledger))

    return run_it


def said(results: list[TestResult]) -> list[str]:
    return [str(finding) for result in results for finding in result.findings]


def line_of(text: str, *tests: str) -> int:
    whole = MAPPING + "".join(tests)
    return whole[: whole.index(text)].count("\n") + 1


def test_a_view_a_schema_a_key_of_two_columns_and_columns_that_must_be_given_are_no_hindrance(run: Run):
    assert said(run(BILL)) == []


@pytest.mark.parametrize(("state", "is_same"), [("O", True), ("O  ", True), ("OO", False)])
def test_blanks_that_fill_a_char_column_up_are_no_difference(run: Run, state: str, is_same: bool):
    padded = PAYMENT.replace("[test.rows]", '[test.rows]\nboard = [{ id = 9, name = "Nine", state = "O" }]')
    padded = padded.replace("[test.after]", f'[test.after]\nboard = [{{ id = 9, state = "{state}" }}]')
    assert (said(run(padded)) == []) is is_same


def test_triggers_and_foreign_keys_of_the_till_stay_outside_and_counters_go_on_after_the_rows_of_the_test(run: Run):
    assert said(run(PAYMENT)) == []


def test_orders_are_read_locked_and_paid_as_sessions_are(run: Run):
    assert said(run(ORDERS)) == []


def test_what_an_order_is_not_is_told_with_where_it_comes_from(run: Run):
    wrong = ORDERS.replace("amountPerItem = { value = 850", "amountPerItem = { value = 840")
    (found,) = said(run(wrong))
    assert "items[0].amountPerItem.value: expected 840, was 850; it is item.amount_per_item" in found


def test_what_a_test_writes_is_gone_before_the_next_one(run: Run):
    again = PAYMENT.replace('"a payment"', '"the same payment"')
    assert said(run(PAYMENT, again)) == []


def test_the_rows_and_the_counters_of_the_till_are_untouched(run: Run, url: str):
    run(PAYMENT)
    with psycopg.connect(driver_url(url)) as connection:
        assert connection.execute("SELECT name, done FROM till.chk").fetchall() == [("Real", False)]
        assert connection.execute("SELECT COUNT(*) FROM till.pay").fetchone() == (0,)
        assert connection.execute("SELECT is_called FROM till.pay_id_seq").fetchone() == (False,)


def test_the_database_itself_refuses_what_would_get_past_the_copies(run: Run, url: str):
    with psycopg.connect(driver_url(url), autocommit=True) as connection:
        connection.execute(
            "CREATE OR REPLACE FUNCTION till.sneak() RETURNS int LANGUAGE sql VOLATILE AS"
            " 'INSERT INTO till.chk_line (day, no, name) VALUES (1, 1, ''sneaked'') RETURNING 1'"
        )
    sneaking = MAPPING.replace('amount = ":amount" }', 'amount = ":amount * till.sneak()" }')
    (found,) = run(PAYMENT, mapping=sneaking)
    assert "25006" in str(found.findings[0])
    with psycopg.connect(driver_url(url)) as connection:
        assert connection.execute("SELECT COUNT(*) FROM till.chk_line WHERE name = 'sneaked'").fetchone() == (0,)


def test_a_member_that_is_otherwise_is_told_as_what_was_expected_and_what_was(run: Run):
    wrong = MAPPING.replace('amount_per_item = "i.price"', 'amount_per_item = "i.price + 0.5"').replace(
        'total    = "k.total"', 'total    = "k.total + 0.5"'
    )
    keys = ("amount_per_item =", "quantity ", "total    =")
    price, quantity, total = (wrong[: wrong.index(text)].count("\n") + 1 for text in keys)
    found = run(BILL, mapping=wrong)
    assert said(found) == [
        (
            f"till.toml:{line_of('totalAmount', BILL)}: test[0].expect.billItems.totalAmount: expected 850, was 900;"
            f" it is bill.total, line {total}"
        ),
        (
            f"till.toml:{line_of('items       =', BILL)}: test[0].expect.billItems.items[0].amountPerItem:"
            f" expected 850, was 900; it is item.amount_per_item, line {price} (or item.quantity, line {quantity})"
        ),
    ]


def test_a_row_that_was_written_otherwise_is_told_with_the_step_that_writes_it(run: Run):
    wrong = MAPPING.replace('amount = ":amount" }', 'amount = ":amount / 2" }')
    (finding,) = said(run(PAYMENT, mapping=wrong))
    step = wrong[: wrong.index("set       =")].count("\n") + 1
    assert finding == (
        f"till.toml:{line_of('pay    =', PAYMENT)}: test[0].after.pay[0].amount: expected 8.5, was 4.25;"
        f" it is set by record.step[0].set.amount, line {step}"
    )


def test_a_bill_that_does_not_add_up_says_so_and_which_amount_it_is(run: Run):
    wrong = MAPPING.replace('amount_per_item = "i.price"', 'amount_per_item = "i.price + 0.5"')
    refused, amount = said(run(BILL, mapping=wrong))
    assert "test[0].expect: expected an answer, was ERROR_INTERNAL_POS_ERROR" in refused
    assert "items[0].amountPerItem: expected 850, was 900; it is item.amount_per_item" in amount


def test_an_error_can_be_what_is_expected(run: Run):
    unknown = BILL.split("rows    =", maxsplit=1)[0] + 'expect = { error = "SESSION_NO_SUCH_SESSION" }'
    assert said(run(unknown)) == []
    assert (
        "expected BILL_NO_SUCH_BILL, was SESSION_NO_SUCH_SESSION"
        in said(run(unknown.replace("SESSION_NO_SUCH_SESSION", "BILL_NO_SUCH_BILL")))[0]
    )


def test_a_payment_needs_the_lock_that_a_test_gets_unless_it_says_otherwise(run: Run):
    unlocked = PAYMENT.split("[test.after]", maxsplit=1)[0].replace(
        "session =", 'locked = false\nexpect = { error = "SESSION_NOT_LOCKED" }\nsession ='
    )
    assert said(run(unlocked)) == []
    twice = BILL.split("[test.expect", maxsplit=1)[0].replace("GetBillItems", "LockSession")
    twice = twice.replace("session =", 'locked = true\nexpect = { error = "SESSION_ALREADY_LOCKED" }\nsession =')
    assert said(run(twice)) == []


def test_every_column_that_is_not_there_is_told_at_once_and_before_anything_is_run(run: Run):
    wrong = BILL.replace("total = 8.5", "totl = 8.5").replace("qty = 1", "qyt = 1")
    with pytest.raises(InvalidFile) as caught:
        run(wrong, mapping=MAPPING.replace("k.opened", "k.opend"))
    messages = [problem.message for problem in caught.value.problems]
    assert messages == [
        "the table chk has no column opend",
        "the table chk has no column totl",
        "the table line has no column qyt",
    ]
    assert caught.value.problems[1].hint == 'did you mean "total"?'


def test_a_parameter_that_the_method_does_not_have_is_told_though_the_wire_would_ignore_it(run: Run):
    found = run("""
[[test]]
name    = "a payment with a tip"
method  = "RecordPayment"
session = [7, 3]
params  = { payment = { baseAmount = 100, tipAmount = 50 }, waiter = 3 }
rows    = { chk = [{ day = 7, no = 3, total = 1 }] }
expect  = { error = "PAYMENT_NOT_RECORDED" }
""")
    assert [(one.key, one.message) for result in found for one in result.findings] == [
        ("test[0].params.payment.tipAmount", 'there is no such parameter; did you mean "tipsAmount"?'),
        ("test[0].params.waiter", "there is no such parameter; there are payment, requestorInfo"),
    ]


def test_a_row_that_the_database_refuses_is_told_with_its_line(run: Run):
    (finding,) = said(run(BILL.replace("total = 8.5", 'total = "much"')))
    assert finding.startswith(f"till.toml:{line_of('rows    =', BILL)}: test[0].rows.chk[0]: the database refuses it:")


def test_the_ledger_of_the_installation_is_neither_needed_nor_read(run: Run, url: str):
    assert said(run(PAYMENT)) == []
    with psycopg.connect(driver_url(url)) as connection:
        assert connection.execute("SELECT to_regclass('epos_adapter.ledger')").fetchone() == (None,)


def driver_url(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
