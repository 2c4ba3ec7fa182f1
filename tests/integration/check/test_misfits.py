"""What does not fit the schema or the role: all of it at once, each with its line and what to run."""

from __future__ import annotations

from typing import Any

import pytest


def test_misfits_of_every_stage_are_found_together_and_the_rest_is_looked_at_all_the_same(small: Any):
    small.sql("UPDATE room SET state = 'X' WHERE id = 3")
    planted = small.plant(
        ('max_covers = "t.seats"', 'max_covers = "t.seets"'),
        ('finished_at = "k.closed"', 'finished_at = "k.closed"\nwhere = "k.waiter <> 9"'),
        ('tax            = "k.tax"', 'tax            = "k.tax + k.currency"'),
        ('set    = { paid = ":paid_after" }', 'set    = { payed = ":paid_after" }'),
        ("FROM pay p WHERE", "FROM payments p WHERE"),
    )
    found = {(f.kind, f.problem.key, f.problem.line) for f in planted.report().findings if f.severity == "error"}
    assert found == {
        ("missing-column", "table.max_covers", planted.line("t.seets")),
        ("null-undeclared", "session.where", planted.line("k.waiter <> 9")),
        ("sql-refused", "bill.tax", planted.line("k.tax + k.currency")),
        ("missing-column", "record.step[1].set.payed", planted.line("payed")),
        ("missing-table", "record.verify.find", planted.line("FROM payments")),
    }


def test_a_table_that_is_missing_is_said_once_with_the_other_lines_that_name_it(small: Any):
    small.sql("DROP TABLE extra")
    finding = small.only("missing-table")
    assert "the database has no table extra" in finding.problem.message
    assert finding.problem.line == small.line("JOIN extra e")


def test_an_empty_database_lacks_every_table(small: Any):
    small.sql("DROP TABLE room, chk, line, extra, pay, product")
    report = small.report()
    missing = {f.problem.message.split(" (")[0] for f in report.findings if f.kind == "missing-table"}
    assert missing == {f"the database has no table {name}" for name in ("chk", "extra", "line", "pay", "room")}
    assert {f.kind for f in report.findings if f.severity == "error"} == {"missing-table"}


def test_a_key_that_cannot_be_packed_is_told_by_its_type(small: Any):
    planted = small.plant(('id          = "k.id"', 'id          = "k.currency"'))
    assert planted.only("key-form").problem.line == planted.line('"k.currency"')


def test_the_grants_that_are_printed_are_enough_and_nothing_more_is_said(small: Any, role: str):
    rights = [f for f in small.report(role=role).findings if f.kind in ("no-select", "no-write")]
    assert {f.severity for f in rights} == {"error"}
    assert all(f.sql.startswith("GRANT ") for f in rights)
    # Rights on the schema of the ledger and on its tables come in one line.
    for finding in rights:
        for statement in finding.sql.split("; "):
            small.sql(statement)
    assert [str(f.problem) for f in small.report(role=role).findings] == []


def test_rights_are_asked_for_by_the_column(small: Any, role: str):
    small.sql(f'GRANT SELECT (id, label, seats) ON room TO "{role}"')
    (finding,) = [f for f in small.findings("no-select", role=role) if " room" in f.problem.message]
    assert "may not read the columns state of room" in finding.problem.message
    assert finding.sql == f"GRANT SELECT (state) ON room TO {role};"
    assert finding.problem.line == small.line("t.state")


def test_a_right_to_write_is_named_at_the_step_that_needs_it(small: Any, role: str):
    small.sql(f'GRANT ALL ON ALL TABLES IN SCHEMA public TO "{role}"')
    small.sql(f'REVOKE UPDATE ON chk FROM "{role}"')
    (finding,) = [f for f in small.findings("no-write", role=role) if " chk" in f.problem.message]
    assert finding.sql == f"GRANT UPDATE (paid) ON chk TO {role};"
    assert finding.problem.line == small.line('paid = ":paid_after"')


def test_a_sequence_that_numbers_new_rows_must_be_allowed_too(small: Any, role: str):
    small.sql(f'GRANT ALL ON ALL TABLES IN SCHEMA public TO "{role}"')
    (finding,) = [f for f in small.findings("no-write", role=role) if "sequence" in f.sql.lower()]
    assert finding.sql == f"GRANT USAGE ON SEQUENCE pay_id_seq TO {role};"


@pytest.mark.parametrize("table", ["line", "room"])
def test_a_view_in_place_of_a_table_is_checked_like_one(small: Any, table: str):
    small.sql(f"ALTER TABLE {table} RENAME TO {table}_base")
    small.sql(f"CREATE VIEW {table} AS SELECT * FROM {table}_base")
    assert [str(f.problem) for f in small.report().findings] == []


def test_the_variant_that_the_database_needs_is_what_is_checked(small: Any):
    small.sql("ALTER TABLE room RENAME seats TO chairs")
    small.text += """
[variant.newer]
when = { column = "room.chairs" }
[variant.newer.table]
max_covers = "t.chairs"
"""
    assert [str(f.problem) for f in small.report().findings] == []
    planted = small.plant(('max_covers = "t.chairs"', 'max_covers = "t.cheers"'))
    finding = planted.only("missing-column")
    assert finding.problem.line == planted.line("t.cheers")


def test_fields_that_can_be_left_out_do_not_keep_the_rows_from_being_looked_at(small: Any):
    small.sql("UPDATE chk SET total = 26.5 WHERE id = 7")
    planted = small.plant(
        ('max_covers = "t.seats"', 'max_covers = "t.seets"'),
        ('finished_at = "k.closed"', 'finished_at = "k.closd"'),
        ('tax            = "k.tax"', 'tax            = "k.taxx"'),
    )
    report = planted.report(session="1")
    assert {(f.kind, f.problem.key) for f in report.findings} == {
        ("bill-unbalanced", "bill.total"),
        ("missing-column", "bill.tax"),
        ("missing-column", "session.finished_at"),
        ("missing-column", "table.max_covers"),
    }
    assert [one.problem for one in report.rehearsals] == ["", ""]
