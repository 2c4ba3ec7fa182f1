"""What real schemas do with tables, areas, checks and their times, each on a few tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Serve = Callable[..., Any]


def test_a_table_is_named_by_its_area_and_number_or_by_what_there_is(serve: Serve):
    place = serve(
        """CREATE TABLE floor (id int, name text); INSERT INTO floor VALUES (1, 'Terrace');
        ALTER TABLE board ADD floor_id int, ADD section int;
        INSERT INTO board (id, name, floor_id, section) VALUES (1, '4', 1, NULL), (2, ' ', NULL, 2), (3, NULL, NULL, NULL);
        INSERT INTO chk (id, name, total, board_id) VALUES (1, 'A', 0, 2);""",
        """
[table]
from = "board t LEFT JOIN floor f ON f.id = t.floor_id"
name = '''
  CONCAT(COALESCE(f.name || ' ', CASE t.section WHEN 1 THEN 'Bar ' WHEN 2 THEN 'Garden ' ELSE '' END),
         COALESCE(NULLIF(TRIM(t.name), ''), CONCAT('Table ', t.id)))'''
area = { id = "f.id", name = "COALESCE(f.name, CONCAT('Section ', t.section))" }
""",
    )
    assert list(place.tables()) == ["Garden Table 2", "Table 3", "Terrace 4"]
    assert place.session("A")["tableName"] == "Garden Table 2"
    place.by_status()
    place.by_filters(tables=True)


@pytest.mark.parametrize(
    ("column", "said", "covers"),
    [
        ("int DEFAULT 6", '"t.guests"', 6),
        ("varchar(6) DEFAULT ' 6 '", '"t.guests"', 6),
        ("varchar(6) DEFAULT 'six'", '{ column = "t.guests", missing = 2 }', 2),
        ("varchar(6) DEFAULT ''", '{ column = "t.guests", missing = 2 }', 2),
        ("text DEFAULT 'seats 8 (max 10)'", "{ column = \"t.guests\", match = '^seats (\\d+)' }", 8),
        ("text DEFAULT '{\"seats\": 6}'", "\"CAST(t.guests AS json) ->> 'seats'\"", 6),
        ("numeric DEFAULT 6.0", '"t.guests"', 6),
        ("int", '":site.covers"', 5),
        ("int", '"4"', 4),
        ("int", '{ column = "t.guests", missing = 0 }', 0),
    ],
)
def test_covers_come_from_a_number_a_text_a_constant_or_nowhere(serve: Serve, column: str, said: str, covers: int):
    place = serve(
        f"ALTER TABLE board ADD guests {column}; INSERT INTO board (id, name) VALUES (1, 'T1');",
        f'site.covers = {{ type = "integer", default = 5 }}\n[table]\nmax_covers = {said}',
    )
    assert place.good("GetTable", name="T1")["table"]["maxCovers"] == covers
    place.healthy()


def test_a_stored_status_and_one_that_is_derived_may_be_put_in_order(serve: Serve):
    """A table with an open check is taken whatever its column says; else the column counts."""
    place = serve(
        """INSERT INTO board (id, name, state) VALUES (1, 'Stale', 0), (2, 'Dirty', 3), (3, 'Free', 0), (4, 'Gone', 9), (5, 'Never', NULL);
        INSERT INTO chk (id, name, total, board_id, done) VALUES (1, 'A', 0, 1, FALSE), (2, 'B', 0, 3, TRUE), (3, 'C', 0, 2, FALSE);""",
        """
[table.status]
sql = '''
  CASE WHEN t.state = 9 THEN 'gone'
       WHEN EXISTS (SELECT 1 FROM chk o WHERE o.board_id = t.id AND NOT o.done) THEN 'taken'
       ELSE CAST(t.state AS varchar(9)) END'''
map     = { gone = "hidden", taken = "occupied", 3 = "pending_available", 0 = "available" }
missing = "not_in_use"
""",
    )
    assert place.tables() == {
        "Dirty": "occupied",
        "Free": "available",
        "Never": "not_in_use",
        "Stale": "occupied",
    }
    place.by_status()


def test_an_open_check_is_told_by_several_columns_and_related_rows(serve: Serve):
    place = serve(
        """CREATE TABLE shift (id int, closed timestamp); INSERT INTO shift VALUES (1, '2026-01-09 02:00'), (2, NULL);
        ALTER TABLE chk ADD shift_id int, ADD kind int, ADD state text, ADD training int NOT NULL DEFAULT 0;
        INSERT INTO chk (id, name, total, shift_id, kind, state, training) VALUES
          (1, 'Open', 5, 2, 0, 'O', 0), (2, 'Yesterday', 5, 1, 0, 'O', 0), (3, 'Quote', 5, 2, 3, 'O', 0),
          (4, 'Lesson', 5, 2, 0, 'O', 1), (5, 'Paid', 5, 2, 1, 'C', 0), (6, 'Unsaid', 5, 2, 0, NULL, 0);""",
        """
[session]
from     = "chk k JOIN shift s ON s.id = k.shift_id AND s.closed IS NULL"
where    = "k.kind IN (0, 1) AND k.training = 0"
finished = { column = "k.state", true = "C", missing = false }
""",
    )
    assert place.names() == ["Open", "Paid", "Unsaid"]
    assert place.names(isFinished=False) == ["Open", "Unsaid"]
    place.by_filters()


def test_a_check_can_be_paid_when_it_was_printed_and_nobody_has_it_open(serve: Serve):
    place = serve(
        """ALTER TABLE chk ADD printed int, ADD locked text;
        INSERT INTO chk (id, name, total, paid, printed, locked) VALUES
          (1, 'Ready', 5, 0, 1, NULL), (2, 'Not printed', 5, 0, 0, NULL), (3, 'At the till', 5, 0, 2, 'locked'), (4, 'Paid', 5, 5, 1, NULL),
          (5, 'Override', 5, 0, 1, 'override');""",
        "session.payable = \"COALESCE(k.printed, 0) > 0 AND (k.locked IS NULL OR k.locked = 'override')\"",
    )
    assert place.names(isPayable=True) == ["Ready", "Override"]
    place.by_filters()


@pytest.mark.parametrize(
    ("column", "value", "waiter"),
    [
        ("emp int", "7", {"id": 7, "name": "Ana"}),
        ("emp text", "'007'", {"id": 7, "name": "Ana"}),
        ("emp text", "'ana@x.org'", None),
        ("emp int", "NULL", None),
    ],
)
def test_a_waiter_is_found_over_several_tables(serve: Serve, column: str, value: str, waiter: dict[str, Any] | None):
    place = serve(
        f"""CREATE TABLE shift (id int, emp int); CREATE TABLE emp (id int, person int); CREATE TABLE person (id int, name text);
        INSERT INTO shift VALUES (1, 7); INSERT INTO emp VALUES (7, 70); INSERT INTO person VALUES (70, 'Ana');
        ALTER TABLE chk ADD {column}; INSERT INTO chk (id, name, total, emp) VALUES (1, 'One', 0, {value});""",
        """
[session]
from = '''
  chk k
  LEFT JOIN emp e    ON CAST(e.id AS varchar(9)) = LTRIM(CAST(k.emp AS varchar(9)), '0')
  LEFT JOIN person p ON p.id = e.person'''
waiter = { id = "k.emp", name = "p.name" }
""",
    )
    # A waiter whom no card machine can key in is not sent.
    assert place.session("One").get("waiter") == waiter


@pytest.mark.parametrize(
    ("columns", "values", "said", "moment"),
    [
        ("day date, hour int, minute int", "'2026-07-10', 23, 5", '"k.day + make_interval(hours => k.hour, mins => k.minute)"', "2026-07-10T22:05:00.000Z"),
        ("day date, clock time", "'2026-01-10', '23:05:09'", '"k.day + k.clock"', "2026-01-10T23:05:09.000Z"),
        ("day text, clock text", "'20260710', '2305'", "{ sql = \"CONCAT(k.day, ' ', k.clock)\", form = '%Y%m%d %H%M' }", "2026-07-10T22:05:00.000Z"),
        ("day text", "'10/07/2026 11:05 PM'", "{ column = \"k.day\", form = '%d/%m/%Y %I:%M %p' }", "2026-07-10T22:05:00.000Z"),
        ("day bigint", "1783724700", "{ column = 'k.day', form = 'epoch' }", "2026-07-10T23:05:00.000Z"),
        ("day bigint", "1783724700250", "{ column = 'k.day', form = 'epoch_ms' }", "2026-07-10T23:05:00.250Z"),
        ("day double precision", "46213.961805555556", "\"TIMESTAMP '1899-12-30 00:00' + k.day * INTERVAL '1 day'\"", "2026-07-10T22:05:00.000Z"),
        ("day timestamp", "'2026-07-10 23:05'", "{ column = 'k.day', form = 'utc' }", "2026-07-10T23:05:00.000Z"),
        ("day timestamp", "'2026-07-10 23:05'", "{ column = 'k.day', zone = 'America/New_York' }", "2026-07-11T03:05:00.000Z"),
    ],
)  # fmt: skip
def test_a_moment_stands_in_one_column_or_in_several(serve: Serve, columns: str, values: str, said: str, moment: str):
    added = ", ".join(f"ADD {column}" for column in columns.split(", "))
    names = ", ".join(column.split(" ")[0] for column in columns.split(", "))
    place = serve(
        f"ALTER TABLE chk {added}; INSERT INTO chk (id, name, total, {names}) VALUES (1, 'One', 0, {values});",
        f"[session]\ncreated_at = {said}",
    )
    assert place.session("One")["createdAt"] == moment
    place.by_filters()
    place.healthy()


def test_a_business_day_that_ends_in_the_night_dates_its_hours(serve: Serve):
    """The till keeps the business day and the clock; what is before the cut-off belongs to the night after."""
    place = serve(
        """ALTER TABLE chk ADD day date, ADD clock time;
        INSERT INTO chk (id, name, total, day, clock) VALUES (1, 'Evening', 0, '2026-01-10', '22:30'), (2, 'Night', 0, '2026-01-10', '01:15');""",
        """
[site]
cut_off = { default = "05:00" }
[session]
created_at = "k.day + k.clock + CASE WHEN k.clock < CAST(:site.cut_off AS time) THEN INTERVAL '1 day' ELSE INTERVAL '0 day' END"
""",
    )
    assert [(one["name"], one["createdAt"]) for one in place.sessions()] == [
        ("Evening", "2026-01-10T22:30:00.000Z"),
        ("Night", "2026-01-11T01:15:00.000Z"),
    ]


def test_a_number_that_begins_anew_every_day_is_shown_and_the_key_is_looked_up(serve: Serve):
    place = serve(
        """ALTER TABLE chk ADD day date, ADD no int;
        INSERT INTO chk (id, total, day, no) VALUES (101, 0, '2026-01-09', 1), (102, 0, '2026-01-10', 1), (103, 0, '2026-01-10', NULL);""",
        "[session]\nname = \"CONCAT('Check ', COALESCE(k.no, k.id))\"",
    )
    found = place.sessions()
    assert [one["name"] for one in found] == ["Check 1", "Check 1", "Check 103"]
    assert len({one["id"] for one in found}) == 3
    place.by_filters()
