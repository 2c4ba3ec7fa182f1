"""Where tables and columns are, and how they are spelled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Serve = Callable[..., Any]

CHECK = "INSERT INTO chk (id, name, total, board_id) VALUES (1, 'One', 5, 1); INSERT INTO line (id, check_id, price) VALUES (1, 1, 5);"
BOARD = "INSERT INTO board (id, name, state) VALUES (1, 'T1', 1), (2, 'T2', 0);"


def test_tables_of_another_schema_are_read(serve: Serve):
    place = serve(
        f"{BOARD} {CHECK} CREATE SCHEMA till; ALTER TABLE board SET SCHEMA till; ALTER TABLE chk SET SCHEMA till;"
        "ALTER TABLE line SET SCHEMA till;",
        'schema = "till"',
    )
    assert place.tables() == {"T1": "occupied", "T2": "available"}
    assert place.lines("One") == [(1, "Thing", 500)]
    place.by_filters()


def test_a_single_table_may_be_in_another_schema(serve: Serve):
    place = serve(
        f"{BOARD} {CHECK} CREATE SCHEMA back; ALTER TABLE line SET SCHEMA back;"
        "ALTER TABLE back.line ADD gone boolean; INSERT INTO back.line VALUES (2, 1, 'Gone', 1, 9, TRUE);",
        """
        columns.line.gone = { as = "flag", missing = false }
        [item]
        from  = "JOIN back.line l ON l.check_id = k.id"
        where = "NOT l.gone"
        """,
    )
    assert place.lines("One") == [(1, "Thing", 500)]


@pytest.mark.parametrize("name", ["Till", "till data", "order"])
def test_a_schema_may_have_a_name_that_needs_quotes(serve: Serve, name: str):
    place = serve(
        f'{BOARD} {CHECK} CREATE SCHEMA "{name}"; ALTER TABLE board SET SCHEMA "{name}";'
        f'ALTER TABLE chk SET SCHEMA "{name}"; ALTER TABLE line SET SCHEMA "{name}";',
        f'schema = "{name}"',
    )
    assert place.tables() == {"T1": "occupied", "T2": "available"}
    assert place.lines("One") == [(1, "Thing", 500)]


@pytest.mark.parametrize("prefix", ["ospos_", "OSPOS_"])
def test_a_prefix_stands_before_every_table_name(serve: Serve, prefix: str):
    place = serve(
        f'{BOARD} {CHECK} ALTER TABLE board RENAME TO "{prefix}board"; ALTER TABLE chk RENAME TO "{prefix}chk";'
        f'ALTER TABLE line RENAME TO "{prefix}line"; UPDATE "{prefix}chk" SET total = 99;',
        f"""
        prefix = "{prefix}"
        [table]
        from = "board"
        id = "board.id"
        name = "board.name"
        max_covers = {{ column = "board.seats", missing = 4 }}
        status = {{ sql = "EXISTS (SELECT 1 FROM chk WHERE chk.board_id = board.id)", map = {{ true = "occupied", false = "available" }} }}
        [bill]
        total = "(SELECT SUM(line.price) FROM line WHERE line.check_id = k.id)"
        """,
    )
    assert place.tables() == {"T1": "occupied", "T2": "available"}
    assert place.lines("One") == [(1, "Thing", 500)]
    assert place.names(tableNames=["T1"]) == ["One"]


ODD = """
CREATE TABLE "Order" ("Id" int PRIMARY KEY, "Order" text, "Opened At" timestamp, "select" numeric, "Done?" boolean NOT NULL);
CREATE TABLE "Order Lines" ("Id" int PRIMARY KEY, "Order Id" int, "group" text, "100%" numeric);
INSERT INTO "Order" VALUES (1, 'Odd', '2026-01-10 12:00', 5, FALSE), (2, 'Even', '2026-01-10 13:00', 5, TRUE);
INSERT INTO "Order Lines" VALUES (1, 1, 'Fish', 5), (2, 2, 'Chips', 5);
"""


def test_names_in_quotes_are_taken_letter_by_letter(serve: Serve):
    place = serve(
        ODD,
        """
        [session]
        from = '"Order" o'
        id = 'o."Id"'
        name = 'o."Order"'
        created_at = 'o."Opened At"'
        finished = 'o."Done?"'
        [bill]
        total = 'o."select"'
        paid = "0"
        [item]
        from = 'JOIN "Order Lines" l ON l."Order Id" = o."Id"'
        key = 'l."Id"'
        order = ['l."Id"']
        id = 'l."Id"'
        name = 'l."group"'
        quantity = "1"
        amount_per_item = 'l."100%"'
        """,
        without=("session.table", "session.finished_at"),
    )
    assert place.lines("Odd") == [(1, "Fish", 500)]
    assert place.lines("Even") == [(1, "Chips", 500)]
    place.by_filters()


def test_a_quoted_table_may_go_without_an_alias(serve: Serve):
    place = serve(
        ODD,
        """
        [session]
        from = '"Order"'
        id = '"Order"."Id"'
        name = '"Order"."Order"'
        created_at = '"Order"."Opened At"'
        finished = '"Order"."Done?"'
        [bill]
        total = '"Order"."select"'
        paid = "0"
        [item]
        from = 'JOIN "Order Lines" ON "Order Lines"."Order Id" = "Order"."Id"'
        key = '"Order Lines"."Id"'
        order = ['"Order Lines"."Id"']
        id = '"Order Lines"."Id"'
        name = '"Order Lines"."group"'
        quantity = "1"
        amount_per_item = '"Order Lines"."100%"'
        """,
        without=("session.table", "session.finished_at"),
    )
    assert place.lines("Odd") == [(1, "Fish", 500)]


MIXED = f"""
{BOARD} {CHECK}
ALTER TABLE chk RENAME TO "Checks"; ALTER TABLE "Checks" RENAME total TO "TotalDue";
ALTER TABLE "Checks" RENAME done TO "IsDone";
"""


@pytest.mark.parametrize(
    ("table", "column", "flag"), [("checks", "totaldue", "isdone"), ("Checks", "TotalDue", "IsDone")]
)
def test_names_of_mixed_case_are_found_in_whatever_case_the_mapping_writes_them(
    serve: Serve, table: str, column: str, flag: str
):
    place = serve(MIXED, f'[session]\nfrom = "{table} k"\nfinished = "k.{flag}"\n[bill]\ntotal = "k.{column}"\n')
    assert place.lines("One") == [(1, "Thing", 500)]
    place.by_filters()


def test_exact_identifiers_are_all_taken_letter_by_letter(serve: Serve):
    place = serve(
        MIXED,
        """
        identifiers = "exact"
        [session]
        from = "Checks k"
        finished = "k.IsDone"
        [bill]
        total = "k.TotalDue"
        """,
    )
    assert place.lines("One") == [(1, "Thing", 500)]
    place.by_filters()


def test_exact_identifiers_tell_two_tables_apart_by_their_case(serve: Serve):
    place = serve(
        f"""{BOARD} {CHECK} CREATE TABLE "Line" ("Id" int, check_id int, "Name" text, price numeric);
        INSERT INTO "Line" VALUES (7, 1, 'Tip', 3); UPDATE chk SET total = 8;""",
        """
        identifiers = "exact"
        [[charge]]
        from = "JOIN Line x ON x.check_id = k.id"
        id = "x.Id"
        name = "x.Name"
        amount = "x.price"
        """,
    )
    assert place.lines("One") == [(1, "Thing", 500), (1, "Tip", 300)]


def test_exact_identifiers_of_the_wrong_case_are_a_misfit_and_not_an_error_of_every_request(serve: Serve):
    place = serve(CHECK, 'identifiers = "exact"\n[session]\nfrom = "Chk k"\n')
    assert place.ask("ListSessions")["errorCode"] == "ERROR_INTERNAL_POS_ERROR"
    assert any("Chk" in text for text in place.said())


OPTIONAL = """
[columns.chk]
void   = { as = "flag", missing = false, optional = true }
active = { as = "flag", missing = true, optional = true }
guests = { optional = true }
tip    = { as = "money", form = "minor", optional = true }
seq    = { optional = true }
[session]
where  = "NOT k.void AND k.active"
covers = "k.guests"
[bill]
total          = "k.total + COALESCE(k.tip, 0)"
service_charge = "k.tip"
[item]
order = ["k.seq", "l.id"]
"""


def test_optional_columns_that_are_absent_count_as_null_everywhere(serve: Serve):
    place = serve(CHECK, OPTIONAL)
    assert place.names() == ["One"]
    assert "numberOfCovers" not in place.session("One")
    assert place.lines("One") == [(1, "Thing", 500)]
    place.by_filters()


def test_optional_columns_that_are_present_are_read(serve: Serve):
    place = serve(
        f"""{CHECK} INSERT INTO chk (id, name) VALUES (2, 'Void'), (3, 'Idle'), (4, 'Plain');
        ALTER TABLE chk ADD void boolean, ADD active boolean, ADD guests int, ADD tip int, ADD seq int;
        UPDATE chk SET void = TRUE WHERE id = 2; UPDATE chk SET active = FALSE WHERE id = 3;
        UPDATE chk SET guests = 3, tip = 1 WHERE id = 1;""",
        OPTIONAL.replace("k.total + COALESCE(k.tip, 0)", "k.total + COALESCE(k.tip, 0) / 100.0"),
    )
    assert place.names() == ["One", "Plain"]
    assert place.session("One")["numberOfCovers"] == 3
    assert place.lines("One") == [(1, "Thing", 500)]
    assert place.bill("One")["serviceCharge"] == 1


@pytest.mark.parametrize("missing", [True, False])
def test_an_absent_flag_decides_as_its_declared_meaning_says(serve: Serve, missing: bool):
    word = str(missing).lower()
    place = serve(
        CHECK,
        f'columns.chk.over = {{ as = "flag", missing = {word}, optional = true }}\n[session]\nfinished = "k.over"\n',
    )
    assert ("finishedAt" in place.sessions()[0]) is missing
    assert place.names(isFinished=True) == (["One"] if missing else [])
    assert place.names(isFinished=False) == ([] if missing else ["One"])


def test_every_text_may_be_a_list_or_stand_in_for_what_is_blank(serve: Serve):
    """A list was joined in names only: everywhere else it was silently left out."""
    place = serve(
        f"""{BOARD} {CHECK} ALTER TABLE chk ADD note text, ADD more text, ADD boss int; UPDATE line SET name = ''; UPDATE chk SET note = 'No nuts', more = 'Birthday', boss = 7;""",
        """
[session]
waiter = { id = ["k.boss"], name = { column = "k.more", missing = "?" } }
[item]
id   = { column = "l.name", missing = "none" }
name = { column = "l.name", missing = "Item" }
[bill]
note = { parts = ["k.note", "k.more"], missing = "-" }
""",
    )
    assert place.session("One")["waiter"] == {"id": 7, "name": "Birthday"}
    assert place.bill("One")["note"] == "No nuts Birthday"
    assert [item["id"] for item in place.bill("One")["items"]] == ["none"]
    place.sql("UPDATE chk SET note = NULL, more = ' '")
    assert place.session("One")["waiter"]["name"] == "?"
    assert place.bill("One")["note"] == "-"
