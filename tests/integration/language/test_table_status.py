"""What a table's status is read from, and that a filter by status loses no table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from adapter.events import DuplicateTableName

Serve = Callable[..., Any]

A, O, P, N = "available", "occupied", "pending_available", "not_in_use"  # noqa: E741


def _boards(kind: str, values: list[str]) -> str:
    rows = "".join(
        f"INSERT INTO board (id, name, code) VALUES ({number}, 'T{number}', {value});"
        for number, value in enumerate(values)
    )
    return f"ALTER TABLE board ADD code {kind}; {rows}"


# How the column is held, its values, the reading, what comes out (None: the table is not shown).
MAPS: dict[str, tuple[str, list[str], str, list[str | None]]] = {
    "numbers": (
        "int",
        ["0", "1", "2", "9"],
        "map = { 0 = 'available', 1 = 'occupied', 2 = 'pending_available', 9 = 'not_in_use' }",
        [A, O, P, N],
    ),
    "two codes of one meaning": (
        "smallint",
        ["1", "2", "3"],
        "map = { 1 = 'occupied', 2 = 'occupied', 3 = 'available' }",
        [O, O, A],
    ),
    "negative": ("int", ["-1", "0"], "map = { -1 = 'occupied', 0 = 'available' }", [O, A]),
    "numeric": ("numeric(5,2)", ["1", "10"], "map = { 1 = 'occupied', 10 = 'available' }", [O, A]),
    "double": ("double precision", ["1", "2"], "map = { 1 = 'occupied', 2 = 'available' }", [O, A]),
    "default": (
        "int",
        ["1", "7", "NULL"],
        "map = { 1 = 'occupied' }, default = 'available', missing = 'not_in_use'",
        [O, A, N],
    ),
    "default hides": ("int", ["1", "7"], "map = { 1 = 'occupied' }, default = 'hidden'", [O, None]),
    "hidden": (
        "int",
        ["1", "4", "NULL"],
        "map = { 1 = 'occupied', 4 = 'hidden' }, missing = 'available'",
        [O, None, A],
    ),
    "missing hides": ("int", ["1", "NULL"], "map = { 1 = 'occupied' }, missing = 'hidden'", [O, None]),
    "a code nobody knows": ("int", ["1", "7"], "map = { 1 = 'occupied' }", [O, None]),
    "texts": (
        "text",
        ["'busy'", "'free'", "'it''s'"],
        'map = { busy = "occupied", free = "available", "it\'s" = "not_in_use" }',
        [O, A, N],
    ),
    "letters in CHAR": (
        "char(3)",
        ["'O'", "'A'", "NULL"],
        "map = { O = 'occupied', A = 'available' }, missing = 'pending_available'",
        [O, A, P],
    ),
    "padded letters": (
        "varchar(5)",
        ["'O '", "' A'", "'X '"],
        "map = { O = 'occupied', A = 'available', X = 'hidden' }",
        [O, A, None],
    ),
    "digits in a text": ("varchar(2)", ["'1'", "'01'"], "map = { 1 = 'occupied', 01 = 'available' }", [O, A]),
    "blank": ("text", ["''", "'x'"], 'map = { "" = "available", x = "occupied" }', [A, O]),
    "yes or no": (
        "boolean",
        ["TRUE", "FALSE", "NULL"],
        "map = { true = 'occupied', false = 'available' }, missing = 'not_in_use'",
        [O, A, N],
    ),
    "bit": ("bit(1)", ["B'1'", "B'0'"], "map = { 1 = 'occupied', 0 = 'available' }", [O, A]),
    "enum": ("board_state", ["'in use'", "'empty'"], 'map = { "in use" = "occupied", empty = "available" }', [O, A]),
}


@pytest.mark.parametrize("form", MAPS)
def test_a_status_map_is_read_and_filtered_alike_and_sessions_name_the_tables_it_shows(serve: Serve, form: str):
    kind, values, options, meaning = MAPS[form]
    checks = "".join(
        f"INSERT INTO chk (id, name, board_id) VALUES ({number}, 'C{number}', {number});"
        for number in range(len(values))
    )
    sql = f"CREATE TYPE board_state AS ENUM ('in use', 'empty'); {_boards(kind, values)} {checks}"
    place = serve(sql, f"[table]\nstatus = {{ column = 't.code', {options} }}")
    shown = {f"T{number}": status for number, status in enumerate(meaning) if status is not None}
    assert place.tables() == shown
    place.by_status()
    if form == "a code nobody knows":
        return
    named = {session["name"]: session.get("tableName") for session in place.sessions()}
    assert named == {f"C{number}": f"T{number}" if status else None for number, status in enumerate(meaning)}
    assert place.names(hasTable=True) == [name for name, table in named.items() if table]
    assert place.names(hasTable=False) == [name for name, table in named.items() if not table]


@pytest.mark.parametrize("form", [form for form in MAPS if form not in ("enum", "bit")])
def test_a_status_that_is_computed_is_read_and_filtered_alike(serve: Serve, form: str):
    kind, values, options, meaning = MAPS[form]
    sql = "CASE WHEN t.id >= 0 THEN t.code END"
    place = serve(_boards(kind, values), f"[table]\nstatus = {{ sql = '{sql}', {options} }}")
    assert place.tables() == {f"T{number}": status for number, status in enumerate(meaning) if status is not None}
    place.by_status()


@pytest.mark.parametrize(
    "words", ["null = 'not_in_use', missing = 'available'", "missing = 'available', null = 'hidden'"]
)
def test_null_in_a_row_that_is_there_may_mean_something_else_than_no_row(serve: Serve, words: str):
    place = serve(
        """CREATE TABLE state_of (board_id int PRIMARY KEY, code int);
        INSERT INTO board (id, name) VALUES (1, 'T1'), (2, 'T2'), (3, 'T3');
        INSERT INTO state_of VALUES (1, 1), (2, NULL);""",
        f"""
        [table]
        from = "board t LEFT JOIN state_of s ON s.board_id = t.id"
        status = {{ column = "s.code", map = {{ 1 = "occupied" }}, {words} }}
        """,
    )
    hidden = "hidden" in words
    assert place.tables() == {"T1": O, "T3": A, **({} if hidden else {"T2": N})}
    place.by_status()


def test_a_status_derived_from_open_checks_is_true_at_every_moment(serve: Serve):
    place = serve(
        "INSERT INTO board (id, name) VALUES (1, 'T1'), (2, 'T2'); INSERT INTO chk (id, board_id) VALUES (1, 1);",
        """
        [table]
        status = { sql = "EXISTS (SELECT 1 FROM chk c WHERE c.board_id = t.id AND NOT c.done)", map = { true = "occupied", false = "available" } }
        """,
    )
    place.by_status()
    assert place.tables() == {"T1": O, "T2": A}
    place.sql("UPDATE chk SET done = TRUE; INSERT INTO chk (id, board_id) VALUES (2, 2)")
    assert place.tables() == {"T1": A, "T2": O}
    place.by_status()


def test_a_status_counted_by_an_aggregate_is_filtered_alike(serve: Serve):
    place = serve(
        """INSERT INTO board (id, name) VALUES (1, 'T1'), (2, 'T2'), (3, 'T3');
        INSERT INTO chk (id, board_id) VALUES (1, 1), (2, 2), (3, 2);""",
        """
        [table]
        status = { sql = "(SELECT COUNT(*) FROM chk c WHERE c.board_id = t.id)", map = { 0 = "available", 1 = "occupied" }, default = "pending_available" }
        """,
    )
    assert place.tables() == {"T1": O, "T2": P, "T3": A}
    place.by_status()


# How the name is held and written in the mapping, the values, what terminals see.
NAMES: dict[str, tuple[str, str, list[str], list[str]]] = {
    "padded CHAR": ("char(8)", "'t.code'", ["'Bar'", "'Bar 2'"], ["Bar", "Bar 2"]),
    "blanks around": ("varchar(8)", "'t.code'", ["' Bar '", "'Bar 2  '"], ["Bar", "Bar 2"]),
    "numbers": ("int", "'t.code'", ["1", "12"], ["1", "12"]),
    "numeric": ("numeric(6,2)", "'t.code'", ["1", "12"], ["1", "12"]),
    "concatenated": ("int", "\"CONCAT('Table ', t.code)\"", ["1", "12"], ["Table 1", "Table 12"]),
    "joined from parts": ("text", "[\"'Table'\", 't.code', 't.id']", ["'A'", "NULL"], ["Table A 0", "Table 1"]),
    "joined from parts, some blank": (
        "text",
        "[\"'Table'\", 't.code', 't.id']",
        ["'A'", "''"],
        ["Table A 0", "Table 1"],
    ),
    "coalesced": (
        "text",
        "\"COALESCE(NULLIF(TRIM(t.code), ''), CONCAT('Table ', t.id))\"",
        ["'A'", "' '", "NULL"],
        ["A", "Table 1", "Table 2"],
    ),
    "fallback": ("text", "{ column = 't.code', missing = 'Bar' }", ["'A'", "NULL"], ["A", "Bar"]),
    "fallback for blank": ("text", "{ column = 't.code', missing = 'Bar' }", ["'A'", "'  '"], ["A", "Bar"]),
    "with a separator": (
        "text",
        "'t.code'",
        ["'Bar - 1'", "'Bar – 1'", "'Bar -- 1'"],
        ["Bar – 1", "Bar –– 1", "Bar -- 1"],
    ),
    "of another alphabet": ("text", "'t.code'", ["'Τραπέζι %'", "'it''s'"], ["Τραπέζι %", "it's"]),
}


@pytest.mark.parametrize("form", NAMES)
def test_every_table_that_is_listed_is_found_by_its_name(serve: Serve, form: str):
    kind, name, values, shown = NAMES[form]
    checks = "".join(f"INSERT INTO chk (id, board_id) VALUES ({number}, {number});" for number in range(len(values)))
    place = serve(f"{_boards(kind, values)} {checks}", f"[table]\nname = {name}")
    assert sorted(place.tables()) == sorted(shown)
    place.by_status()
    for number, one in enumerate(shown):
        session = place.sessions(tableNames=[one])
        assert [(found["tableName"], found["id"][-1]) for found in session] == [(one, str(number))]
    place.by_filters()


def test_a_table_without_a_name_is_left_out_and_its_check_stays(serve: Serve):
    place = serve(
        "INSERT INTO board (id, name) VALUES (1, 'T1'), (2, NULL); INSERT INTO chk (id, board_id) VALUES (1, 1), (2, 2);"
    )
    assert list(place.tables()) == ["T1"]
    assert len(place.sessions()) == 2


def test_two_tables_of_one_name_are_told_of_and_the_first_is_found(serve: Serve):
    place = serve("INSERT INTO board (id, name, seats) VALUES (1, 'T1', 2), (2, 'T1', 6);")
    assert len(place.good("ListTables")["tables"]) == 2
    assert place.of(DuplicateTableName)
    assert place.good("GetTable", name="T1")["table"]["name"] == "T1"


@pytest.mark.parametrize(
    ("kind", "value", "covers"),
    [
        ("text", "'6'", 6),
        ("text", "'six'", 4),
        ("text", "NULL", 4),
        ("numeric", "6.0", 6),
        ("double precision", "6", 6),
    ],
)
def test_covers_are_read_from_whatever_holds_them(serve: Serve, kind: str, value: str, covers: int):
    place = serve(_boards(kind, [value]), "[table]\nmax_covers = { column = 't.code', missing = 4 }")
    assert place.good("GetTable", name="T0")["table"]["maxCovers"] == covers


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("numeric", "'NaN'"),
        ("double precision", "'Infinity'"),
        ("text", "'NaN'"),
        ("text", "'inf'"),
        ("numeric", "2.5"),
    ],
)
def test_covers_that_are_no_number_cost_only_their_own_table(serve: Serve, kind: str, value: str):
    place = serve(_boards(kind, ["6", value]), "[table]\nmax_covers = { column = 't.code', missing = 4 }")
    assert "T0" in place.tables()


def test_a_tables_condition_hides_it_from_sessions_too(serve: Serve):
    place = serve(
        f"""{_boards("text", ["'live'", "'gone'", "NULL"])}
        INSERT INTO chk (id, name, board_id) VALUES (0, 'C0', 0), (1, 'C1', 1), (2, 'C2', 2), (3, 'C3', NULL), (4, 'C4', 99);""",
        "[table]\nwhere = \"t.code <> 'gone' OR t.code IS NULL\"",
    )
    assert list(place.tables()) == ["T0", "T2"]
    assert [session.get("tableName") for session in place.sessions()] == ["T0", None, "T2", None, None]
    assert place.names(hasTable=True) == ["C0", "C2"]
    assert place.names(hasTable=False) == ["C1", "C3", "C4"]
    assert place.names(tableNames=["T1"]) == []
    place.by_filters(tables=True)
