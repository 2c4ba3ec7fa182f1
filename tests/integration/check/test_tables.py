"""Planted mistakes about tables, codes, NULLs and conditions."""

from __future__ import annotations

from typing import Any


def test_names_that_are_double_blank_or_hold_a_dash_are_told(small: Any):
    small.sql("UPDATE room SET label = 'Table 2' WHERE id = 3")
    small.sql("UPDATE room SET label = ' ' WHERE id = 4")
    small.sql("UPDATE room SET label = 'Bar - 1' WHERE id = 5")
    report = small.report()
    kinds = {f.kind: f for f in report.findings}
    assert "1 names are those of several tables (Table 2)" in kinds["name-duplicate"].problem.message
    assert "is empty for 1 of 20 tables" in kinds["name-blank"].problem.message
    assert "(Bar - 1)" in kinds["dash-in-name"].problem.message
    assert {kinds[kind].severity for kind in ("name-duplicate", "name-blank")} == {"warning"}
    assert kinds["dash-in-name"].severity == "note"


def test_a_session_whose_table_is_gone_is_told(small: Any):
    small.sql("UPDATE chk SET room = 99 WHERE id = 1")
    finding = small.only("table-lost")
    assert "1 open sessions refer to a table that is not there (such as 99)" in finding.problem.message
    assert finding.problem.line == small.line("k.room")


def test_a_status_that_no_map_covers_is_counted_with_an_example(small: Any):
    small.sql("UPDATE room SET state = 'X' WHERE id = 3")
    finding = small.only("code-uncovered")
    assert finding.severity == "warning"
    assert finding.problem.line == small.line("t.state")
    assert "X on 1 (Table 3) of 20 tables" in finding.problem.message
    small.sql("UPDATE room SET state = 'X' WHERE id > 10")
    assert small.only("code-uncovered").severity == "error"


def test_a_status_that_never_occurs_is_a_note(small: Any):
    planted = small.plant(('O = "occupied"', 'O = "occupied", P = "pending_available"'))
    finding = planted.only("code-unused")
    assert finding.severity == "note"
    assert "no table has the status P" in finding.problem.message


def test_a_code_of_a_flag_that_nobody_knows_is_counted(small: Any):
    small.sql("UPDATE chk SET status = 'VOID' WHERE id IN (1, 3)")
    finding = small.only("code-uncovered")
    assert "VOID (2) of 40 rows" in finding.problem.message
    assert finding.problem.line == small.line("k.status")


def test_a_literal_that_never_occurs_is_told_with_what_does(small: Any):
    planted = small.plant(('finished_at = "k.closed"', 'finished_at = "k.closed"\nwhere = "k.status <> \'VOIDED\'"'))
    finding = planted.only("code-unused")
    assert (
        "k.status is compared with VOIDED, which never occurs; it holds CLOSED (20), OPEN (20)"
        in finding.problem.message
    )
    assert finding.problem.line == planted.line("VOIDED")


def test_nulls_that_were_declared_are_counted(small: Any):
    small.sql("ALTER TABLE chk ADD void boolean")
    small.sql("UPDATE chk SET void = FALSE WHERE id > 2")
    planted = small.plant(
        ('finished_at = "k.closed"', 'finished_at = "k.closed"\nwhere = "NOT k.void"'),
        ("[table]", '[columns.chk]\nvoid = { as = "flag", missing = false }\n\n[table]'),
    )
    finding = planted.only("null-declared")
    assert finding.severity == "note"
    assert "is NULL in 2 of 40 rows, which are read as no" in finding.problem.message


def test_a_filter_that_loses_sessions_is_an_error_and_one_that_is_wide_a_warning(small: Any):
    narrow = small.plant(("[bill]", "[session.filter]\nunfinished = \"k.status = 'OPEN' AND k.room > 2\"\n\n[bill]"))
    finding = narrow.only("filter-differs")
    assert finding.severity == "error"
    assert "leaves out 2 of the unfinished sessions (such as 21)" in finding.problem.message
    assert finding.problem.line == narrow.line("k.room > 2")
    wide = small.plant(("[bill]", '[session.filter]\nfinished = "k.id > 0"\n\n[bill]'))
    assert wide.only("filter-differs").severity == "warning"
    same = small.plant(("[bill]", "[session.filter]\nfinished = \"k.status = 'CLOSED'\"\n\n[bill]"))
    assert same.findings("filter-differs") == []


def test_a_join_that_gives_a_session_twice_is_told_with_its_key(small: Any):
    small.sql("INSERT INTO waiter VALUES (8, 'Bob'), (8, 'Bert')")
    planted = small.plant(('"chk k"', '"chk k LEFT JOIN waiter w ON w.id = k.waiter"'))
    planted = planted.plant(
        ('table       = "k.room"', 'table       = "k.room"\nwaiter = { id = "w.id", name = "w.name" }')
    )
    finding = planted.only("join-multiplies")
    assert finding.severity == "warning"
    assert "w.id is not unique (8 is there 2 times)" in finding.problem.message
    small.sql("UPDATE chk SET waiter = 8 WHERE id = 5")
    finding = planted.only("join-multiplies")
    assert finding.severity == "error"
    assert "gives several rows for one: for session 5" in finding.problem.message
    assert finding.problem.line == planted.line("JOIN waiter")


def test_a_join_that_doubles_lines_is_told(small: Any):
    small.sql("CREATE TABLE tag (product int, label text)")
    small.sql("INSERT INTO tag VALUES (1, 'hot'), (1, 'new'), (2, 'hot')")
    planted = small.plant(
        ('"JOIN line i ON i.chk = k.id"', '"JOIN line i ON i.chk = k.id LEFT JOIN tag g ON g.product = i.product"'),
        ('name            = "i.name"', 'name            = "CONCAT(i.name, g.label)"'),
    )
    small.sql("UPDATE line SET product = 1 WHERE id IN (1, 2)")
    finding = planted.only("join-multiplies")
    assert finding.severity == "error"
    assert finding.problem.line == planted.line("JOIN tag")


def test_a_join_by_a_unique_index_is_not_looked_at(small: Any):
    planted = small.plant(
        ('"JOIN line i ON i.chk = k.id"', '"JOIN line i ON i.chk = k.id LEFT JOIN product p ON p.id = i.product"'),
    )
    assert planted.findings("join-multiplies") == []


def test_an_inner_join_that_drops_sessions_is_counted_with_and_without(small: Any):
    small.sql("UPDATE chk SET waiter = 9 WHERE id IN (5, 6)")
    planted = small.plant(('"chk k"', '"chk k JOIN waiter w ON w.id = k.waiter"'))
    finding = planted.only("join-drops")
    assert "the join of w leaves out 2 of 40 sessions (such as session 6): 40 without it, 38 with it" in (
        finding.problem.message
    )
    assert finding.problem.line == planted.line("JOIN waiter")


def test_an_inner_join_that_drops_tables_and_lines_is_counted(small: Any):
    small.sql("UPDATE room SET room_group = 2 WHERE id = 8")
    small.sql("UPDATE line SET product = 1 WHERE product IS NULL")
    small.sql("UPDATE line SET product = NULL WHERE id = 3")
    planted = small.plant(
        ('"room t"', '"room t JOIN room_group g ON g.id = t.room_group"'),
        ('"JOIN line i ON i.chk = k.id"', '"JOIN line i ON i.chk = k.id JOIN product p ON p.id = i.product"'),
    )
    messages = sorted(f.problem.message for f in planted.findings("join-drops"))
    assert len(messages) == 2
    assert "the join of g leaves out 1 of 20 tables (such as table 8)" in messages[0]
    assert "the join of p leaves out 1 of" in messages[1]


def test_a_left_join_that_finds_nothing_is_told(small: Any):
    planted = small.plant(
        ('"chk k"', '"chk k LEFT JOIN waiter w ON w.id = k.room"'),
        ('table       = "k.room"', 'table       = "k.room"\nwaiter = { id = "w.id", name = "w.name" }'),
    )
    small.sql("DELETE FROM chk WHERE room = 7")
    finding = planted.only("join-misses")
    assert finding.severity == "warning"
    assert "the join of w finds a row for 0 of 38 that refer to one" in finding.problem.message
    assert finding.problem.line == planted.line("JOIN waiter")


def test_a_left_join_of_what_hardly_any_row_refers_to_is_not_told(small: Any):
    small.sql("UPDATE chk SET waiter = NULL WHERE id > 1")
    planted = small.plant(('"chk k"', '"chk k LEFT JOIN waiter w ON w.id = k.waiter"'))
    assert planted.findings("join-misses") == []


def test_codes_that_are_the_wrong_way_round_contradict_the_sessions(small: Any):
    small.sql("UPDATE room SET state = 'O'")
    planted = small.plant(('F = "available", O = "occupied"', 'F = "occupied", O = "available"'))
    finding = planted.only("status-contradicts")
    assert "20 of 20 tables with an open session" in finding.problem.message
    assert finding.problem.line == planted.line("t.state")


def test_a_column_that_says_void_and_that_nothing_reads_is_told_with_counts(small: Any):
    small.sql("ALTER TABLE line ADD is_void boolean NOT NULL DEFAULT FALSE")
    assert small.findings("column-ignored") == []  # nothing is void, so nothing is missed
    small.sql("UPDATE line SET is_void = TRUE WHERE id < 4")
    finding = small.only("column-ignored")
    assert finding.severity == "note"
    assert "line has a column is_void that nothing reads; it is set in 3 of 200 rows" in finding.problem.message
    assert finding.problem.line == small.line("JOIN line i")


def test_a_column_whose_meaning_is_declared_and_that_nothing_reads_is_a_warning(small: Any):
    planted = small.plant(("[table]", '[columns.chk]\nlocked_by = { as = "text" }\n\n[table]'))
    finding = planted.only("column-ignored")
    assert finding.severity == "warning"
    assert finding.problem.line == planted.line("locked_by")
