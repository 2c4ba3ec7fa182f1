"""What the adapter takes out of a value before it is read: a captured part, a text from bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from adapter.errors import InvalidFile
from adapter.events import MappingUnfit, RowSkipped
from adapter.mapping.describe import describe
from adapter.mapping.load import load_mapping_text

from .conftest import MAPPING

Serve = Callable[..., Any]

LABELS = """
ALTER TABLE chk ADD label text;
INSERT INTO chk (id, name, total, label) VALUES
  (1, 'A', 0, 'T12 / Ana / 4 guests'), (2, 'B', 0, 'T3 / / 2 guests'), (3, 'C', 0, 'bar'), (4, 'D', 0, NULL);
"""


def test_one_column_gives_several_fields(serve: Serve):
    place = serve(
        LABELS,
        r"""
[session]
name   = { column = "k.label", match = '^(T\d+)', missing = "No table" }
covers = { column = "k.label", match = '(\d+) guests$' }
waiter = { id = { column = "k.label", match = '(\d+) guests$' }, name = { column = "k.label", match = '/ (\w+) /' } }
""",
    )
    found = [
        (one["name"], one.get("numberOfCovers"), (one.get("waiter") or {}).get("name")) for one in place.sessions()
    ]
    assert found == [("T12", 4, "Ana"), ("T3", 2, None), ("No table", None, None), ("No table", None, None)]
    place.by_filters()
    place.healthy()


def test_without_a_group_the_whole_match_is_the_value(serve: Serve):
    place = serve(LABELS, r"""session.name = { column = "k.label", match = '\d+ guests', missing = "?" }""")
    assert place.names() == ["4 guests", "2 guests", "?", "?"]


def test_a_group_that_takes_no_part_in_a_match_is_as_no_match(serve: Serve):
    place = serve(LABELS, r"""session.name = { column = "k.label", match = '^(?:T(\d+)|bar)', missing = "?" }""")
    assert place.names() == ["12", "3", "?", "?"]


def test_parts_of_a_name_are_captured_one_by_one(serve: Serve):
    place = serve(
        LABELS,
        r"""session.name = [{ column = "k.label", match = '^T\d+' }, "k.name", { sql = "k.label", match = '\w+$' }]""",
    )
    assert place.names() == ["T12 A guests", "T3 B guests", "C bar", "D"]


def test_a_captured_table_name_is_found_again_by_what_it_reads_as(serve: Serve):
    place = serve(
        """INSERT INTO board VALUES (1, 'floor1:Window', 2, 0), (2, 'floor1:Door', 4, 1);
        INSERT INTO chk (id, name, total, board_id) VALUES (1, 'A', 0, 1), (2, 'B', 0, 2);""",
        "table.name = { column = 't.name', match = ':(.*)$' }",
    )
    assert place.tables() == {"Door": "occupied", "Window": "available"}
    assert place.good("GetTable", name="Window")["table"]["maxCovers"] == 2
    assert place.ask("GetTable", name="floor1:Window")["errorCode"] == "TABLE_NO_SUCH_TABLE"
    place.by_filters(tables=True)
    place.by_status()


def test_a_captured_waiter_is_compared_by_what_it_reads_as(serve: Serve):
    place = serve(
        "ALTER TABLE chk ADD boss int; INSERT INTO chk (id, name, total, boss) VALUES (1, 'A', 0, 9007), (2, 'B', 0, 9008);",
        "[session]\nwaiter = { id = { column = 'k.boss', match = '^90*(\\d+)$' } }",
        rules={"waiter_check": "enforce"},
    )
    found = place.ask("ListSessions", waiter="7")["sessions"]
    assert [one["name"] for one in found] == ["A"]


def test_lines_modifiers_and_discounts_are_captured_too(serve: Serve):
    place = serve(
        """INSERT INTO chk (id, name, total) VALUES (1, 'One', 11);
        ALTER TABLE line ADD isextra boolean NOT NULL DEFAULT FALSE;
        INSERT INTO line VALUES (1, 1, '0042|Burger|Mains', 1, 10, FALSE), (2, 1, '0043|Cheese|Extras', 1, 2, TRUE), (3, 1, '-|Voucher|', 1, -1, FALSE);""",
        r"""
[item]
where    = "l.price > 0"
id       = { column = "l.name", match = '^0*(\d+)' }
name     = { column = "l.name", match = '\|(.*)\|' }
category = [{ column = "l.name", match = '(\w+)$' }]
[modifier]
positional = "l.isextra"
id         = { column = "l.name", match = '^\d+' }
[[discount]]
from   = "JOIN line l ON l.check_id = k.id"
where  = "l.price < 0"
id     = "'voucher'"
name   = { column = "l.name", match = '\|(.*)\|' }
amount = "-l.price"
""",
    )
    burger, voucher = place.bill("One")["items"]
    assert (burger["id"], burger["name"], burger["category"]) == ("42", "Burger", ["Mains"])
    assert [(one["id"], one["name"]) for one in burger["modifiers"]] == [("0043", "Cheese")]
    assert (voucher["name"], voucher["amountPerItem"]) == ("Voucher", -100)
    place.healthy()


@pytest.mark.parametrize(
    "said",
    [
        "[session]\nname = { column = 'k.raw', encoding = 'cp1252' }",
        "[columns.chk]\nraw = { as = 'text', encoding = 'cp1252' }\n[session]\nname = 'k.raw'",
    ],
)
def test_bytes_are_read_in_the_encoding_that_is_said(serve: Serve, said: str):
    place = serve(
        r"""ALTER TABLE chk ADD raw bytea;
        INSERT INTO chk (id, total, raw) VALUES (1, 0, '\x436166e9'), (2, 0, '\x80203130'), (3, 0, '\x8d41');""",
        said,
    )
    # 0x8D is no character of this code page.
    assert place.names() == ["Café", "€ 10", "�A"]


def test_bytes_without_an_encoding_that_are_no_utf8_cannot_be_read(serve: Serve):
    place = serve(
        r"ALTER TABLE chk ADD raw bytea; INSERT INTO chk (id, total, raw) VALUES (1, 0, '\x436166e9');",
        "session.name = 'k.raw'",
    )
    assert place.names() == []
    assert any("is no UTF-8 text" in said for said in place.said())


def test_sql_cannot_refer_to_what_only_the_adapter_reads(serve: Serve):
    place = serve(
        LABELS, "[session]\npayable = \"bill.note <> ''\"\n[bill]\nnote = { column = 'k.label', match = '^T' }"
    )
    place.ask("ListSessions")
    assert any("captured by the adapter" in event.problem for event in place.of(MappingUnfit))


@pytest.mark.parametrize(
    ("field", "key", "message"),
    [
        ("name = { column = 'k.name', match = '(' }", "session.name.match", "is no regular expression"),
        ("name = { column = 'k.name', match = '^(a|aa)+$' }", "session.name.match", "takes too long"),
        ("name = { column = 'k.name', encoding = 'klingon' }", "session.name.encoding", "is no text encoding"),
        ("name = { column = 'k.name', encoding = 'base64' }", "session.name.encoding", "is no text encoding"),
        ("name = { sql = \"'A'\", match = 'A' }", "session.name", "nothing to read"),
        ("name = { parts = ['k.name'], match = 'A' }", "session.name", "of each part"),
        ("table = [{ column = 'k.board_id', match = 'A' }]", "session.table", "as it stands"),
        ("name = 5", "session.name", "must be SQL in quotes"),
        ("name = [5]", "session.name", "must be SQL in quotes"),
    ],
)
def test_what_cannot_be_captured_is_said_with_its_line(field: str, key: str, message: str):
    lines = MAPPING.splitlines()
    name = field.split(" ", maxsplit=1)[0]
    line = next(
        number for number, text in enumerate(lines) if text.startswith(name) and number > lines.index("[session]")
    )
    lines[line] = field
    with pytest.raises(InvalidFile) as caught:
        load_mapping_text("\n".join(lines))
    (problem,) = caught.value.problems
    assert (problem.key.split("[")[0], problem.line) == (key, line + 1)
    assert message in problem.message


def test_what_is_captured_is_said_where_the_reading_is_explained(serve: Serve):
    place = serve(
        LABELS,
        r"""session.name = [{ column = "k.label", match = '^T\d+' }, { column = "k.name", encoding = "cp1252" }]""",
    )
    bound = place.runner.run(place.app.store.bind())
    said = {note.name: note.reading for note in describe(bound.fields, frozenset({"session"}))}
    assert said["session.name"] == r"text, trimmed, joined by blanks, what ^T\d+ captures, bytes in cp1252"


@pytest.mark.parametrize("said", ["name = { column = 'k.label', missing = 'X'", "covers = { column = 'k.label'"])
def test_a_value_that_takes_too_long_costs_its_own_row(serve: Serve, monkeypatch: pytest.MonkeyPatch, said: str):
    monkeypatch.setattr("adapter.mapping.field_schema.what_is_wrong", lambda _: "")
    place = serve(
        f"{LABELS}; UPDATE chk SET label = repeat('e', 60) || '!' WHERE id = (SELECT MIN(id) FROM chk)",
        f"[session]\n{said}, match = '^(?:[a-f]|[d-z])+$' }}",
    )
    found = place.ask("ListSessions")["sessions"]
    assert len(found) == place.sql("SELECT COUNT(*) FROM chk")[0][0] - 1
    (event,) = place.of(RowSkipped)
    name = said.split(" ", maxsplit=1)[0]
    assert event.reason.startswith(f"session.{name} takes too long to be searched for its match (test.toml:")
