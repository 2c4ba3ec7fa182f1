"""Every kind of step, on tables of a few columns; what a step refuses leaves no trace at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Small = Callable[..., Any]


def test_what_a_row_got_is_a_value_of_the_steps_below(small: Small, pay_steps: str):
    place = small(
        "CREATE TABLE link (pay_id int, ref text); ALTER TABLE chk ADD counter int NOT NULL DEFAULT 41",
        pay_steps.replace('insert = "pay"', 'insert = "pay"\nreturning = { made = "id", kept = "ref" }')
        + """
        [[record.step]]
        update    = "chk"
        where     = "id = :session_id"
        returning = { number = "counter" }
        set       = { counter = "counter + 1", note = "CONCAT(note, 'paid ', CAST(:amount AS varchar(20)))" }
        [[record.step]]
        insert = "link"
        set    = { pay_id = ":made", ref = "CONCAT(CAST(:number AS varchar(9)), ' ', CAST(:kept AS varchar(40)))" }
        """,
    )
    place.lock(1)
    sent = place.pay(1, 100)
    assert place.sql("SELECT l.ref, p.amount::float FROM link l JOIN pay p ON p.id = l.pay_id") == [
        (f"42 {sent['id']}", 1)
    ]
    assert place.sql("SELECT counter, note FROM chk ORDER BY id") == [(42, "paid 1.00"), (41, "")]


FIND = """
[[record.step]]
find = "SELECT d.id AS drawer, d.open AS is_open FROM drawer d WHERE d.open AND d.id < 10"
{missing}
[[record.step]]
insert = "pay"
set = {{ chk_id = ":session_id", amount = ":amount", ref = "CAST(:drawer AS varchar(9))" }}
"""


@pytest.mark.parametrize("lock", ["", "lock = true"])
def test_a_row_that_must_be_found_is_asked_for_in_the_words_of_the_mapping(small: Small, lock: str):
    steps = FIND.format(missing=f"missing = 'open the drawer first'\n{lock}")
    place = small("CREATE TABLE drawer (id int, open boolean NOT NULL)", steps)
    place.lock(1)
    sent = place.payment(1, 100)
    assert "open the drawer first" in place.refused("RecordPayment", "PAYMENT_NOT_RECORDED", payment=sent)
    place.sql("INSERT INTO drawer VALUES (3, TRUE)")
    assert place.record(sent) == {}
    assert place.sql("SELECT ref FROM pay") == [("3",)]


def test_a_row_that_need_not_be_found_gives_nulls(small: Small):
    place = small("CREATE TABLE drawer (id int, open boolean NOT NULL)", FIND.format(missing=""))
    place.lock(1)
    place.pay(1, 100)
    assert place.sql("SELECT ref FROM pay") == [(None,)]


WHEN = """
[record.check]
tab = "k.tab"
[[record.step]]
insert = "done"
when   = "fully_paid"
set    = { what = "'fully_paid'" }
[[record.step]]
insert = "done"
when   = ["fully_paid", "not tab"]
set    = { what = "'closed'" }
[[record.step]]
insert = "done"
when   = "not has_tip"
set    = { what = "'no tip'" }
[[record.step]]
find = "SELECT (COUNT(*) > 1) AS several FROM done d"
[[record.step]]
insert = "done"
when   = "several"
set    = { what = "'several'" }
"""


@pytest.mark.parametrize(
    ("tab", "base", "tip", "done"),
    [
        ("FALSE", 5000, 0, ["fully_paid", "closed", "no tip", "several"]),
        ("TRUE", 5000, 0, ["fully_paid", "no tip", "several"]),
        ("TRUE", 5000, 1, ["fully_paid"]),
        ("FALSE", 4999, 0, ["no tip"]),
        ("FALSE", 4999, 5, []),
    ],
)
def test_a_step_runs_when_what_it_names_is_yes_and_not_when_it_is_no(
    small: Small, tab: str, base: int, tip: int, done: list[str]
):
    place = small(
        f"CREATE TABLE done (n serial, what text); ALTER TABLE chk ADD tab boolean; UPDATE chk SET tab = {tab}", WHEN
    )
    place.lock(1)
    place.pay(1, base, tipsAmount=tip)
    assert [what for (what,) in place.sql("SELECT what FROM done ORDER BY n")] == done


ITEMS = "CREATE TABLE item (id int, chk_id int); CREATE TABLE gone (id int, ref text);"
FROM_ITEMS = (
    'insert = "gone"\nfrom = "item i"\nwhere = "i.chk_id = :session_id"\nset = { id = "i.id", ref = ":payment_id" }'
)
SELECT_ITEMS = (
    "insert = 'gone'\nselect = 'SELECT i.id + 100 AS id, :payment_id AS ref FROM item i WHERE i.chk_id = :session_id'"
)
UPDATE_ITEMS = 'update = "item"\nwhere = "chk_id = :session_id"\nset = { id = "id + 1" }'
DELETE_ITEMS = 'delete = "item"\nwhere = "chk_id = :session_id"'


@pytest.mark.parametrize(
    ("step", "fits"),
    [
        (UPDATE_ITEMS, {1}),
        (UPDATE_ITEMS + "\nrows = 2", {2}),
        (UPDATE_ITEMS + "\nrows = 'some'", {1, 2}),
        (UPDATE_ITEMS + "\nrows = 'any'", {0, 1, 2}),
        (DELETE_ITEMS, {0, 1, 2}),
        (DELETE_ITEMS + "\nrows = 1", {1}),
        (DELETE_ITEMS + "\nrows = 0", {0}),
        (FROM_ITEMS, {0, 1, 2}),
        (FROM_ITEMS + "\nrows = 'some'", {1, 2}),
        (SELECT_ITEMS, {0, 1, 2}),
        (SELECT_ITEMS + "\nrows = 1", {1}),
    ],
)
def test_another_number_of_rows_undoes_everything_and_names_the_line(
    small: Small, pay_steps: str, step: str, fits: set[int]
):
    place = small(ITEMS, pay_steps + "[[record.step]]\n" + step)
    line = place.mapping[: place.mapping.index(step)].count("\n") + 1
    place.lock(1)
    for count in (0, 1, 2):
        place.sql("DELETE FROM item; DELETE FROM gone")
        place.sql("INSERT INTO item SELECT n, 1 FROM generate_series(1, %s) n", count)
        sent = place.payment(1, 100)
        if count in fits:
            assert place.record(sent) == {}
        else:
            reason = place.refused("RecordPayment", "PAYMENT_NOT_RECORDED", payment=sent)
            assert f"test.toml:{line}" in reason or f"test.toml:{line - 1}" in reason
    assert place.sql("SELECT count(*) FROM pay") == [(len(fits),)]


def test_the_words_of_the_mapping_are_said_for_another_number_of_rows(small: Small, pay_steps: str):
    place = small(ITEMS, pay_steps + f"[[record.step]]\n{UPDATE_ITEMS}\nmissing = 'there is nothing on it'")
    place.lock(1)
    reason = place.refused("RecordPayment", "PAYMENT_NOT_RECORDED", payment=place.payment(1, 100))
    assert "there is nothing on it" in reason


def test_rows_are_made_from_rows_and_from_a_select(small: Small, pay_steps: str):
    place = small(ITEMS, f"{pay_steps}[[record.step]]\n{FROM_ITEMS}\n[[record.step]]\n{SELECT_ITEMS}\n")
    place.sql("INSERT INTO item VALUES (1, 1), (2, 1), (3, 2)")
    place.lock(1)
    sent = place.pay(1, 100)
    assert place.sql("SELECT id, ref FROM gone ORDER BY id") == [(number, sent["id"]) for number in (1, 2, 101, 102)]


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'secret 4711'; END $$; CREATE TRIGGER no BEFORE UPDATE ON chk FOR EACH ROW EXECUTE FUNCTION no()",
        "ALTER TABLE chk ADD CHECK (paid < 1)",
        "ALTER TABLE pay ADD mandatory int NOT NULL",
        "ALTER TABLE pay ALTER amount TYPE numeric(2,1)",
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$; CREATE TRIGGER no BEFORE INSERT ON pay FOR EACH ROW EXECUTE FUNCTION no()",
    ],
    ids=["a trigger", "a check", "a column without a value", "too large", "a trigger in silence"],
)
def test_what_the_database_refuses_is_not_recorded_anywhere_and_can_be_sent_again(small: Small, sql: str):
    place = small()
    place.lock(1)
    place.sql(sql)
    sent = place.payment(1, 1000)
    reason = place.refused("RecordPayment", "PAYMENT_NOT_RECORDED", payment=sent)
    assert "4711" not in reason
    assert "constraint" not in reason
    assert "test.toml:" in reason
    place.sql(
        "DROP TABLE pay; CREATE TABLE pay (id serial, chk_id int, ref text, amount numeric, tip numeric);"
        "ALTER TABLE chk DROP CONSTRAINT IF EXISTS chk_paid_check; DROP TRIGGER IF EXISTS no ON chk"
    )
    assert place.record(sent) == {}
    assert place.sql("SELECT paid::float FROM chk WHERE id = 1") == [(10.0,)]


def test_a_variant_says_itself_what_its_version_can_hold(small: Small, pay_steps: str):
    variant = """
[variant.old]
when = { column = "chk.old" }
[variant.old.capabilities]
partial_payment = false
tips            = false
[variant.older]
when = { column = "chk.older" }
capabilities = { record_payment = false }
"""
    place = small("", pay_steps + variant)
    place.lock(1)
    place.pay(1, 100, tipsAmount=10)
    place = small("ALTER TABLE chk ADD old int", pay_steps + variant)
    place.lock(1)
    place.refused("RecordPayment", "PAYMENT_NOT_RECORDED", payment=place.payment(1, 100))
    place.refused("RecordPayment", "PAYMENT_NOT_RECORDED", payment=place.payment(1, 5000, tipsAmount=10))
    place.pay(1, 5000)
    place = small("ALTER TABLE chk ADD older int", pay_steps + variant)
    assert "record_payment = false" in place.refused("LockSession", "ERROR_INTERNAL_POS_ERROR", sessionId=place.id(1))
