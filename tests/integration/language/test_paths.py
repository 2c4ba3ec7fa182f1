"""Fields that are members of JSON, and of whatever else a codec reads."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from adapter.errors import InvalidFile
from adapter.events import BugFound, RowSkipped
from adapter.mapping.load import load_mapping_text
from tests.tickets import Line, Ticket, serialized

PLAIN = """
version = 1
epos = "Decoded"
sql = "postgresql"
[site]
timezone = { default = "Europe/London" }
currency = { default = "GBP" }
[table]
from = "board t"
id = "t.id"
name = "t.name"
max_covers = "t.seats"
status = { column = "t.state", map = { 0 = "available" } }
[session]
from = "chk k"
id = "k.id"
name = "k.name"
created_at = "k.opened"
[bill]
total = "k.total"
paid = "k.paid"
[item]
from = "JOIN line l ON l.check_id = k.id"
id = "l.id"
name = "l.name"
amount_per_item = "l.price"
"""

Serve = Callable[..., Any]

CREATED = 'created_at  = { column = "k.data", path = "times[what=open].at", form = "epoch_ms" }'
BOARDS = "INSERT INTO board (id, name, seats, state) VALUES (1, 'T1', 4, 0), (2, 'T2', 2, 1), (3, 'T3', 6, 0);"
FIELDS = """
[session]
name        = { column = "k.data", path = "who.label", missing = "Check" }
created_at  = { column = "k.data", path = "times[what=open].at", form = "epoch_ms" }
finished    = { column = "k.data", path = "state", true = "paid" }
finished_at = { column = "k.data", path = "times[what=close].at", form = "epoch_ms" }
payable     = { column = "k.data", path = "may_pay", missing = true }
covers      = { column = "k.data", path = "guests" }
waiter      = { id = { column = "k.data", path = "who.waiter.id" }, name = [{ column = "k.data", path = "who.waiter.first" }, { column = "k.data", path = "who.waiter.last" }] }
table       = { column = "k.data", path = "table" }
[bill]
total = { column = "k.data", path = "sum", form = "minor" }
paid  = { column = "k.data", path = "payments[-1].so_far", form = "minor", missing = 0 }
[item]
name  = { column = "l.name", path = "en", missing = "Thing" }
"""


def _rows(*checks: Any, column: str = "text") -> str:
    found = f"ALTER TABLE chk ADD data {column}; {BOARDS}"
    for number, data in enumerate(checks, 1):
        held = (
            "NULL"
            if data is None
            else "'" + (data if isinstance(data, str) else json.dumps(data)).replace("'", "''") + "'"
        )
        found += f'INSERT INTO chk (id, data) VALUES ({number}, {held}); INSERT INTO line (id, check_id, name, price) VALUES ({number}, {number}, \'{{"en": "Fish"}}\', 5);'
    return found


def _data(**more: Any) -> dict[str, Any]:
    return {
        "who": {"label": "Ann", "waiter": {"id": 7, "first": "Ines", "last": "Roe"}},
        "times": [{"what": "open", "at": 1_795_000_000_000}, {"what": "close", "at": 1_795_003_600_000}],
        "state": "open",
        "guests": "4",
        "table": 2,
        "sum": 500,
        **more,
    }


@pytest.mark.parametrize("column", ["text", "json", "jsonb"])
def test_every_kind_of_field_may_be_a_member_of_json(serve: Serve, column: str):
    place = serve(
        _rows(_data(), _data(state="paid", table="T9", payments=[{"so_far": 100}, {"so_far": 500}]), column=column),
        FIELDS,
    )
    first, second = place.sessions()
    assert first["name"] == "Ann"
    assert first["tableName"] == "T2"
    assert first["isPayable"] is True
    assert datetime.fromisoformat(first["createdAt"]) == datetime.fromtimestamp(1_795_000_000, UTC)
    assert "finishedAt" not in first
    assert "finishedAt" in second
    assert "tableName" not in second
    assert place.lines("Ann") == [(1, "Fish", 500)]
    place.healthy()
    place.by_filters(tables=True)


@pytest.mark.parametrize(
    "bad", [None, "", "no JSON", "{", "[1, 2]", "7", '"text"', '{"who": 5, "times": {"what": "open"}}']
)
def test_bad_json_is_as_good_as_none(serve: Serve, bad: str | None):
    place = serve(_rows(_data(), bad), FIELDS.replace(CREATED, 'created_at = "k.opened"'))
    assert sorted(place.names()) == ["Ann", "Check"]
    assert [bill["totalAmount"] for bill in place.bills()] == [500]
    assert place.ask("GetBillItems", sessionId=place.id_of("Check"))["errorCode"] == "BILL_NO_SUCH_BILL"
    assert not place.of(RowSkipped)
    assert not place.of(BugFound)
    place.by_filters(tables=True)


def test_tables_may_be_described_in_json(serve: Serve):
    place = serve(
        """ALTER TABLE board ADD data text;
        INSERT INTO board (id, name, data) VALUES (1, 'T1', '{"seats": 6, "state": "busy", "room": {"name": "Attic"}}'), (2, 'T2', '{'), (3, 'T3', NULL);""",
        """[table]
        name = { column = "t.name", match = '\\d+' }
        max_covers = { column = "t.data", path = "seats", missing = 2 }
        status = { column = "t.data", path = "state", map = { busy = "occupied" }, missing = "available" }
        area = { name = { column = "t.data", path = "room.name" } }
        """,
    )
    assert list(place.tables()) == ["1", "2", "3"]
    place.by_status()
    occupied = place.good("ListTables", statuses=["TABLE_STATUS_OCCUPIED"])["tables"]
    assert [(table["name"], table["maxCovers"]) for table in occupied] == [("1", 6)]


def test_a_member_may_come_out_of_what_another_codec_reads(serve: Serve):
    blob = serialized(
        Ticket(
            id="x",
            date=datetime(2026, 11, 20, 18, 41, tzinfo=UTC),
            name="Bay",
            lines=[Line(product="P", name="Pie", units=1, price=1)],
        )
    ).hex()
    place = serve(
        f"""ALTER TABLE chk ADD data bytea;
        INSERT INTO chk (id, name, data, total) VALUES (1, 'A', '\\x{blob}', 0), (2, 'B', '\\xaced', 0)""",
        """[session]
        name = [{ column = "k.data", codec = "java-openbravo", path = "attributes.name" }, "k.name"]
        created_at = { column = "k.data", codec = "java-openbravo", path = "date", missing = "now" }
        """,
    )
    found = {session["name"]: session["createdAt"] for session in place.sessions()}
    assert found.keys() == {"Bay A", "B"}
    assert found["Bay A"].startswith("2026-11-20T18:41:00")


@pytest.mark.parametrize(
    ("said", "key", "words"),
    [
        ('[session]\nid = { column = "k.id", path = "a" }', "session.id.path", "a key is looked up as it stands"),
        ('[session]\ncovers = { column = "k.x", path = "a[" }', "session.covers.path", "is no path"),
        (
            '[session]\ncovers = { column = "k.x", path = "a", codec = "jason" }',
            "session.covers.codec",
            'did you mean "json"?',
        ),
        ('[session]\ncovers = { column = "k.x", codec = "json" }', "session.covers", "needs the path"),
        ('[session]\nname = { parts = ["k.a", "k.b"], path = "a" }', "session.name", "say path of each part"),
        ('[session]\ncovers = { column = "4", path = "a" }', "session.covers", "have nothing to read"),
    ],
)
def test_a_path_that_cannot_be_is_refused_where_it_stands(said: str, key: str, words: str):
    name = said.split("\n")[1].split(" =", maxsplit=1)[0]
    kept = "\n".join(line for line in PLAIN.splitlines() if not (line.startswith(f"{name} =") and "k." in line))
    text = kept.replace("[session]", said, 1)
    with pytest.raises(InvalidFile) as caught:
        load_mapping_text(text, "test.toml")
    problem = next(one for one in caught.value.problems if one.key == key)
    assert problem.line > 0
    assert words in f"{problem.message}; {problem.hint}"


def test_sql_cannot_refer_to_what_only_the_adapter_reads(serve: Serve):
    place = serve(
        _rows(_data()),
        FIELDS.replace(
            'payable     = { column = "k.data", path = "may_pay", missing = true }', 'payable = "bill.total > 0"'
        ),
    )
    with pytest.raises(InvalidFile, match="SQL cannot refer to it"):
        place.runner.run(place.app.store.bind_or_raise())
