"""Planted rows: each is found by its key, and so many of them that the mapping must be wrong are an error."""

from __future__ import annotations

from typing import Any

import pytest


def test_a_bill_that_does_not_add_up_is_told_by_its_key_with_the_difference(small: Any):
    small.sql("UPDATE chk SET total = 26.5 WHERE id = 7")
    finding = small.only("bill-unbalanced")
    assert finding.severity == "warning"
    assert "1 of 40 bills do not add up: total minus lines differs on 7 by 1.50 GBP" in finding.problem.message
    assert finding.problem.line == small.line("k.total")


def test_bills_that_mostly_do_not_add_up_are_an_error(small: Any):
    planted = small.plant(('"i.price"', '"i.price * 2"'))
    finding = planted.only("bill-unbalanced")
    assert finding.severity == "error"
    assert "by -25.00 GBP" in finding.problem.message


@pytest.mark.parametrize(
    ("sql", "change", "line", "words"),
    [
        (
            "INSERT INTO extra (line, name, price) SELECT id, 'Sauce', 1 FROM line; UPDATE chk SET total = 30",
            ('amount = "e.price"', 'amount = "-e.price"'),
            '"-e.price"',
            "the difference is what the modifiers come to",
        ),
        (
            "UPDATE chk SET service = 3",
            ('"k.service"', '"k.service  "'),
            '"k.service  "',
            "the difference is the service charge",
        ),
        ("SELECT 1", ('"k.total"', '"k.total * 100"'), '"k.total * 100"', "the totals are 100 times the lines"),
        ("SELECT 1", ('"i.price"', '"i.price * 100"'), '"i.price * 100"', "the lines are 100 times the totals"),
    ],
    ids=["modifiers", "service", "total", "price"],
)
def test_what_explains_the_differences_is_said_at_its_own_line(
    small: Any, sql: str, change: tuple[str, str], line: str, words: str
):
    small.sql(sql)
    planted = small.plant(change)
    finding = planted.only("bill-unbalanced")
    assert words in finding.problem.message
    assert finding.problem.line == planted.line(line)


def test_a_row_that_cannot_be_read_is_told_with_its_key_and_the_reason(small: Any):
    small.sql("UPDATE chk SET currency = 'Pound' WHERE id = 9")
    finding = small.only("currency-unknown")
    assert finding.problem.key == "bill.currency"
    assert "1 of 40 sessions that were looked at (9)" in finding.problem.message


def test_nulls_where_a_value_is_needed_are_told(small: Any):
    small.sql("ALTER TABLE chk ALTER opened DROP NOT NULL")
    small.sql("UPDATE chk SET opened = NULL WHERE id IN (5, 6)")
    finding = small.only("row-unreadable")
    assert finding.problem.key == "session.created_at"
    assert "is NULL and no missing = is said: 2 of 40 sessions" in finding.problem.message


def test_times_in_the_future_and_before_1990_are_told_apart(small: Any):
    small.sql("UPDATE chk SET opened = now() + interval '3 hours', closed = NULL WHERE id = 1")
    small.sql("UPDATE chk SET opened = '1970-01-20 12:00', closed = NULL WHERE id = 3")
    assert "(1)" in small.only("time-future").problem.message
    assert "(3)" in small.only("time-implausible").problem.message


def test_an_epoch_in_the_wrong_unit_is_an_error(small: Any):
    small.sql("ALTER TABLE chk ALTER opened TYPE bigint USING extract(epoch FROM opened)::bigint")
    planted = small.plant(
        ('"k.opened"', '{ column = "k.opened", form = "epoch_ms" }'), ('finished_at = "k.closed"\n', "")
    )
    finding = planted.only("time-implausible")
    assert finding.severity == "error"
    assert finding.problem.line == planted.line("epoch_ms")


def test_sessions_that_finished_before_they_began_are_told(small: Any):
    small.sql("UPDATE chk SET closed = opened - interval '1 hour' WHERE id IN (2, 4)")
    assert "2 of 40 sessions" in small.only("finished-too-early").problem.message


def test_a_flag_that_is_the_wrong_way_round_contradicts_the_times(small: Any):
    planted = small.plant(('true = "CLOSED", false = "OPEN"', 'true = "OPEN", false = "CLOSED"'))
    lines = {f.problem.line for f in planted.findings("finished-contradicts")}
    assert lines == {planted.line("k.status")}
    assert planted.findings("finished-owes")


def test_finished_sessions_that_still_owe_are_counted_with_their_keys(small: Any):
    small.sql("UPDATE chk SET paid = 20 WHERE id = 4")
    finding = small.only("finished-owes")
    assert (finding.severity, finding.problem.key) == ("note", "session.finished")
    assert "1 of 20 finished sessions still owe something (4: 5.00 GBP)" in finding.problem.message
    small.sql("UPDATE chk SET paid = 20 WHERE id IN (2, 6, 8)")
    assert small.only("finished-owes").severity == "warning"


def test_the_newest_sessions_are_looked_at_also_where_a_text_has_the_day_first(small: Any):
    small.sql("ALTER TABLE chk ADD day text, ADD serial text UNIQUE")
    # By its text the newest, check 1, would come last of the twentieth century's and next century's days.
    small.sql("UPDATE chk SET day = CASE WHEN id = 1 THEN '01/12/2025 12:00' ELSE '28/02/2024 12:00' END")
    small.sql("UPDATE chk SET serial = 'S' || (1000 - id), total = CASE WHEN id = 1 THEN 26 ELSE total END")
    planted = small.plant(
        ('id          = "k.id"', 'id          = { column = "k.serial", form = "text" }'),
        ('created_at  = "k.opened"', 'created_at  = { column = "k.day", form = "%d/%m/%Y %H:%M" }'),
        ('finished_at = "k.closed"\n', ""),
    )
    assert "1 by 1.00 GBP" in planted.only("bill-unbalanced", sample=3).problem.message.replace("S999", "1")


def test_money_that_is_a_hundred_times_too_large_is_told_although_everything_adds_up(small: Any):
    small.sql("UPDATE chk SET total = total * 100, paid = paid * 100")
    small.sql("UPDATE line SET price = price * 100")
    finding = small.only("money-scale")
    assert "half of the bills are over 2500.00 GBP: 100 times too large?" in finding.problem.message


def test_what_was_paid_too_much_and_what_is_negative_is_told(small: Any):
    small.sql("UPDATE chk SET paid = 30 WHERE id = 1")
    small.sql("UPDATE chk SET paid = -5 WHERE id = 3")
    messages = [f.problem.message for f in small.findings("overpaid")]
    assert any("open sessions (1 by 5.00 GBP)" in message for message in messages)
    assert any("is negative on 1 of 40 bills (3)" in message for message in messages)


def test_discounts_that_make_bills_dearer_are_told(small: Any):
    discount = """
[[discount]]
id     = "'off'"
name   = "'Off'"
amount = "-1"

[bill]
"""
    small = small.plant(("[bill]\n", discount))
    finding = small.only("sign-implausible")
    assert finding.severity == "warning"
    assert finding.problem.key == "discount[0].amount"
    assert "40 of 40 discounts add to their bill" in finding.problem.message


def test_tax_that_is_most_of_the_bill_is_told(small: Any):
    small.sql("UPDATE chk SET tax = 20")
    assert small.only("tax-implausible").problem.line == small.line("k.tax")


def test_keys_that_do_not_pack_are_told(small: Any):
    small.sql("ALTER TABLE chk ADD code varchar(40) NOT NULL DEFAULT ''")
    small.sql("UPDATE chk SET code = 'c' || id")
    small.sql("UPDATE chk SET code = 'a key that is far too long' WHERE id = 11")
    planted = small.plant(('id          = "k.id"', 'id          = { column = "k.code", form = "text" }'))
    finding = planted.only("key-unpackable")
    assert "(a key that is far too long)" in finding.problem.message
    assert finding.problem.line == planted.line("k.code")


def test_a_key_that_several_sessions_share_is_told(small: Any):
    planted = small.plant(('id          = "k.id"', 'id          = "k.room"'))
    finding = planted.only("session-shared")
    assert finding.severity == "error"
    assert finding.problem.line == planted.line('id          = "k.room"')


def test_a_cast_that_fails_on_some_row_is_told(small: Any):
    small.sql("UPDATE line SET name = 'five' WHERE id = 3")
    planted = small.plant(
        ('id              = "i.product"', 'id              = "CAST(SUBSTRING(i.name FROM 6) AS int)"')
    )
    assert planted.findings("sql-fails")


def test_only_as_many_sessions_are_read_as_are_wanted(small: Any):
    assert small.report(sample=5).sessions == 8  # the 5 newest, and the 5 newest open ones, 2 of which are both


def test_a_restaurant_without_a_row_is_said_to_be_empty(small: Any):
    small.sql("TRUNCATE chk, line, extra, room, pay")
    report = small.report()
    assert report.is_good
    assert [f.problem.key for f in report.findings if f.kind == "tables-empty"] == ["table", "session"]


def test_a_condition_under_which_nothing_can_be_paid_is_told(small: Any):
    planted = small.plant(('finished_at = "k.closed"', 'finished_at = "k.closed"\npayable = "k.paid > 0"'))
    finding = planted.only("payable-never")
    assert "none of 20 open sessions with something to pay is payable" in finding.problem.message
    assert finding.problem.line == planted.line("payable")


def test_more_guests_than_there_can_be_are_told(small: Any):
    planted = small.plant(
        ('finished_at = "k.closed"', 'finished_at = "k.closed"\ncovers = "k.id + 500"'),
        ('max_covers = "t.seats"', 'max_covers = "t.seats + 1000"'),
    )
    assert [f.problem.key for f in planted.findings("number-implausible")] == ["table.max_covers", "session.covers"]


def test_a_single_bill_that_is_a_hundred_times_the_others_is_a_note(small: Any):
    small.sql("UPDATE chk SET total = total * 100 WHERE id = 7")
    small.sql("UPDATE line SET price = price * 100 WHERE chk = 7")
    finding = small.only("money-scale")
    assert finding.severity == "note"
    assert "1 bills are 100 times the usual 25.00 GBP (7 with 2500.00 GBP)" in finding.problem.message


@pytest.mark.parametrize(("label", "kinds"), [("4 guests", set()), ("400 guests", {"number-implausible"})])
def test_what_a_pattern_takes_out_of_a_text_is_judged(small: Any, label: str, kinds: set[str]):
    small.sql(f"ALTER TABLE chk ADD label text NOT NULL DEFAULT '{label}'")
    planted = small.plant(
        ('table       = "k.room"', 'table       = "k.room"\ncovers      = { column = "k.label", match = \'^\\d+\' }')
    )
    found = planted.report()
    assert found.sessions == 40
    assert {finding.kind for finding in found.findings} - {finding.kind for finding in small.report().findings} == kinds


def test_sql_that_fails_on_a_row_is_told_at_its_own_field(small: Any):
    small.sql("ALTER TABLE line ADD label text DEFAULT '5'; UPDATE line SET label = 'none' WHERE id = 7")
    planted = small.plant(('"i.price"', '"CAST(i.label AS integer)"'), ('"k.tax"', '"k.tax + 0 * k.total"'))
    finding = planted.only("sql-fails")
    assert finding.problem.key == "item.amount_per_item"
    assert finding.problem.line == planted.line("CAST(i.label")


def test_what_cannot_lead_from_sessions_to_tables_is_told_there(small: Any):
    planted = small.plant(('table       = "k.room"', 'table       = "NTH_PART(k.locked_by, 2)"'))
    finding = planted.only("sql-refused")
    assert finding.problem.key == "session.table"
    assert finding.problem.line == planted.line("NTH_PART")
