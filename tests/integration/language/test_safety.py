"""What a stranger sends, what a schema lacks, and what happens when the database goes and comes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from adapter.events import BugFound, DatabaseDown, MappingBound, MappingUnfit, StatementRun
from adapter.store import refit

Serve = Callable[..., Any]

ROWS = """
INSERT INTO board (id, name, state) VALUES (1, 'T1', 1), (2, 'T''2', 0), (3, '100%', 0), (4, 'a:b', 0);
INSERT INTO chk (id, name, total, board_id) VALUES (1, 'One', 5, 1), (2, 'Two', 0, 2), (3, 'Three', 0, 3);
INSERT INTO line (id, check_id, price) VALUES (1, 1, 5);
"""

EVIL = [
    "'; DROP TABLE chk; --",
    "' OR '1'='1",
    "T1' --",
    "%",
    "%(names)s",
    "⟦names⟧",
    ":site.currency",
    "\\",
    "{T1}",
    '{"T1",NULL}',
    "NULL",
    "",
    " ",
    "T1\u0000",
    "\u0000",
    "T1 ",
    "t1",
    "x" * 100_000,
    "\u202eT1",
    "$1",
]


def _state(place: Any) -> Any:
    return [place.sql(f"SELECT * FROM {table} ORDER BY id") for table in ("board", "chk", "line")]


def test_no_table_name_does_any_harm(serve: Serve):
    place = serve(ROWS)
    before = _state(place)
    for name in EVIL:
        assert place.ask("GetTable", name=name)["errorCode"] == "TABLE_NO_SUCH_TABLE", name
        assert place.names(tableNames=[name]) == [], name
        assert place.names(tableNames=[name, "T1"]) == ["One"], name
    for name in ("T1", "T'2", "100%", "a:b"):
        assert place.good("GetTable", name=name)["table"]["name"] == name
    assert place.names(tableNames=["T'2", "100%"]) == ["Two", "Three"]
    assert _state(place) == before
    place.healthy()
    assert not place.of(DatabaseDown)


@pytest.mark.parametrize("key", ["varchar(15)", "text"])
def test_no_id_does_any_harm(serve: Serve, key: str):
    place = serve(
        f"ALTER TABLE chk ADD a {key}; {ROWS} UPDATE chk SET a = id",
        "[session]\nid = { column = 'k.a', form = 'text' }",
    )
    before = _state(place)
    for name in EVIL:
        payload = 1 << 120 | int.from_bytes(name.encode()[:15].ljust(15, b"\0"), "big")
        number = (
            payload >> 74 << 80 | 0x8 << 76 | (payload >> 62 & 0xFFF) << 64 | 0b10 << 62 | payload & ((1 << 62) - 1)
        )
        wire = f"{number:032x}"
        assert place.ask("GetSession", sessionId=wire)["errorCode"] == "SESSION_NO_SUCH_SESSION", name
        assert place.ask("GetBillItems", sessionId=wire)["errorCode"] == "SESSION_NO_SUCH_SESSION", name
        assert place.bills(sessionIds=[wire]) == []
        assert place.ask("GetSession", sessionId=name)["errorCode"] == "ERROR_PARSE_ERROR"
    assert _state(place) == before
    place.healthy()


def test_half_a_character_in_a_name_does_no_harm(serve: Serve):
    place = serve(ROWS)
    raw = b'{"jsonrpc":"2.0","id":"1","method":"ListSessions","params":{"tableNames":["\\ud800"],"requestorInfo":{}}}'
    answer = json.loads(place.runner.run(place.app.endpoint("test").handle(raw)))
    assert (answer["id"], answer["result"]["errorCode"]) == ("1", "ERROR_PARSE_ERROR")
    assert not place.of(BugFound)
    assert place.names(tableNames=["T1"]) == ["One"]


def test_a_request_is_one_statement_whatever_the_number_of_bills(serve: Serve):
    many = "INSERT INTO chk (id, name, total, board_id) SELECT n, 'N' || n, 3, n % 4 FROM generate_series(10, 400) n; INSERT INTO line (id, check_id, price) SELECT n, n % 391 + 10, 1 FROM generate_series(10, 1182) n;"
    place = serve(
        ROWS + many + "CREATE TABLE extra (line_id int, name text, price numeric);",
        """
        [modifier]
        from = "JOIN extra m ON m.line_id = l.id"
        name = "m.name"
        amount = "m.price"
        [[discount]]
        id = "'d'"
        name = "'D'"
        amount = "0"
        """,
    )
    everything = place.sessions()
    ids = [session["id"] for session in everything]
    asks: list[tuple[str, dict[str, Any]]] = [
        ("ListTables", {}),
        ("ListTables", {"statuses": ["TABLE_STATUS_OCCUPIED"]}),
        ("GetTable", {"name": "T1"}),
        ("ListSessions", {}),
        ("ListSessions", {"isPayable": True, "hasTable": True, "isFinished": False, "tableNames": ["T1", "100%"]}),
        ("GetSession", {"sessionId": ids[0]}),
        ("GetBillItems", {"sessionId": ids[0]}),
        ("GetFullBill", {"sessionId": ids[0]}),
        ("ListBillItems", {}),
        ("ListBillItems", {"sessionIds": ids[:200]}),
    ]
    for method, params in asks:
        before = len(place.of(StatementRun))
        place.good(method, **params)
        assert len(place.of(StatementRun)) == before + 1, method
    assert len(place.bills(sessionIds=ids)) == len(ids)


WHOLE = """version = 1
epos = "Unfit"
sql = "postgresql"
[site]
timezone = { default = "Europe/London" }
currency = { default = "GBP" }
[table]
from = "bord t"
id = "t.id"
name = "t.name"
max_covers = "t.seats"
status = { column = "t.state", map = { 0 = "available" } }
[session]
from = '''
  chk k
  LEFT JOIN staff w ON w.id = k.staf'''
where = "NOT k.void"
id = "k.id"
name = "k.nam"
created_at = "k.opened"
[bill]
total = "k.total"
paid = "0"
[item]
from = "JOIN line l ON l.check_id = k.id"
id = "l.id"
name = "l.name"
quantity = "l.qty"
amount_per_item = "l.price + l.vat"
"""


def test_everything_that_does_not_fit_is_told_with_its_place_and_the_adapter_lives(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
):
    place = serve("ALTER TABLE chk ADD staff int; ALTER TABLE chk ADD void boolean", whole=WHOLE)
    for method in ("ListTables", "ListSessions", "ListBillItems"):
        assert place.ask(method)["errorCode"] == "ERROR_INTERNAL_POS_ERROR"
    told = [event.problem for event in place.of(MappingUnfit)]
    assert [problem for problem in told if "test.toml:8" in problem and "bord" in problem and "board" in problem]
    assert [problem for problem in told if "test.toml:16:" in problem and "staff" in problem]
    assert [problem for problem in told if "test.toml:16:" in problem and "staf" in problem and "staff" in problem]
    assert [problem for problem in told if "test.toml:19" in problem and "nam" in problem and "name" in problem]
    assert [problem for problem in told if "test.toml:29:30" in problem and "vat" in problem]
    count = len(told)
    place.ask("ListTables")
    assert len(place.of(MappingUnfit)) == count
    place.sql(
        """CREATE TABLE bord (id int, name text, seats int, state int); CREATE TABLE staff (id int); ALTER TABLE chk ADD staf int, ADD nam text;
        ALTER TABLE line ADD vat numeric; INSERT INTO bord VALUES (1, 'New', 2, 0);"""
    )
    monkeypatch.setattr(refit, "AGAIN", 0.0)
    assert place.ask("ListTables")["errorCode"] == "ERROR_INTERNAL_POS_ERROR"
    assert any(
        "test.toml:17" in event.problem and "k.void may be NULL" in event.problem for event in place.of(MappingUnfit)
    )
    place.sql("ALTER TABLE chk ALTER void SET NOT NULL")
    assert place.tables() == {"New": "available"}
    assert len(place.of(MappingBound)) == 1


@pytest.mark.parametrize(
    ("sql", "toml", "says"),
    [
        ("ALTER TABLE chk ADD a text", "[session]\nid = 'k.a'", "may hold more than 15 characters"),
        ("ALTER TABLE chk ADD a varchar(40)", "[session]\nid = 'k.a'", "may hold more than 15 characters"),
        ("ALTER TABLE chk ADD a bigint", "[session]\nid = ['k.a', 'k.a']", "128 bits"),
        ("ALTER TABLE chk ADD a uuid", "[session]\nid = ['k.id', 'k.a']", "leaves no room"),
        ("ALTER TABLE chk ADD a timestamp", "[session]\nid = 'k.a'", "TIMESTAMP"),
        ("ALTER TABLE chk ADD a varchar(15)", "[session]\nid = ['k.id', 'k.a']", "152 bits"),
        ("", "[bill]\ncurrency = \"'QQQ'\"", "no currency"),
        (
            "ALTER TABLE chk ADD t text",
            "[session]\npayable = 'bill.total > 0'\n[bill]\ntotal = 'k.t'",
            "held as a text",
        ),
        (
            "",
            "[bill]\ntotal = 'bill.paid'\npaid = 'bill.total'\n[session]\npayable = 'bill.total > 0'",
            "refers to itself",
        ),
        ("", "site.timezone.default = 'Mars/Base'", "no IANA time zone"),
        ("ALTER TABLE chk ADD a text", "[session]\nfinished = 'k.a'", "k.a"),
        ("ALTER TABLE chk ADD a text", "[session]\nwhere = 'k.a'", "is no yes or no"),
    ],
)
def test_what_only_the_database_can_tell_is_a_misfit(serve: Serve, sql: str, toml: str, says: str):
    place = serve(sql, toml)
    answer = place.ask("ListSessions")
    assert answer["errorCode"] == "ERROR_INTERNAL_POS_ERROR"
    assert "does not fit" in answer["errorReason"]
    assert any(says in event.problem for event in place.of(MappingUnfit))


def test_the_database_may_go_and_come_back(serve: Serve, new_database: Callable[..., str], postgres_url: str):
    url = new_database()
    place = serve(url=url)
    name = make_url(url).database
    admin = make_url(postgres_url).set(drivername="postgresql").render_as_string(hide_password=False)

    def administer(*statements: str) -> None:
        with psycopg.connect(admin, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    kill = (
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND pid <> pg_backend_pid()"
    )
    administer(f'ALTER DATABASE "{name}" RENAME TO "{name}_gone"')
    assert place.ask("ListTables")["errorCode"] == "ERROR_INTERNAL_POS_ERROR"
    assert place.of(DatabaseDown)
    administer(f'ALTER DATABASE "{name}_gone" RENAME TO "{name}"')
    place.sql(
        """CREATE TABLE board (id int, name text, seats int, state int); CREATE TABLE line (id int, check_id int, name text, qty int, price int);
        CREATE TABLE chk (id int, name text, opened timestamp, closed timestamp, done boolean NOT NULL, board_id int, total numeric, paid numeric);
        INSERT INTO board VALUES (1, 'T1', 2, 1)"""
    )
    assert place.tables() == {"T1": "occupied"}
    administer(kill)
    assert place.tables() == {"T1": "occupied"}
    administer(kill, f'ALTER DATABASE "{name}" RENAME TO "{name}_gone"')
    assert place.ask("ListSessions")["errorCode"] == "ERROR_INTERNAL_POS_ERROR"
    administer(f'ALTER DATABASE "{name}_gone" RENAME TO "{name}"')
    assert place.names() == []
    assert not place.of(BugFound)


def test_a_column_whose_type_an_update_changed_is_read_again(serve: Serve):
    place = serve(ROWS)
    for _ in range(3):
        assert place.names() == ["One", "Two", "Three"]
        assert len(place.bills()) == 3
    place.sql(
        "ALTER TABLE chk ALTER name TYPE varchar(40), ALTER total TYPE numeric(10,2); ALTER TABLE line ALTER price TYPE double precision"
    )
    assert place.names() == ["One", "Two", "Three"]
    assert len(place.bills()) == 3


def test_a_column_that_an_update_took_away_is_an_error_until_it_is_back(serve: Serve):
    place = serve(ROWS)
    assert place.names() == ["One", "Two", "Three"]
    place.sql("ALTER TABLE chk RENAME name TO title")
    assert place.ask("ListSessions")["errorCode"] == "ERROR_INTERNAL_POS_ERROR"
    assert len(place.tables()) == 4
    place.sql("ALTER TABLE chk RENAME title TO name")
    assert place.names() == ["One", "Two", "Three"]


def test_nothing_that_a_mapping_says_can_write(serve: Serve):
    place = serve(
        # What a function of the database does, no reading of the mapping can tell.
        "CREATE SEQUENCE counter; INSERT INTO chk (id, name) VALUES (1, 'One');"
        "CREATE FUNCTION next_name() RETURNS bigint LANGUAGE sql AS 'SELECT nextval(''counter'')'",
        "[session]\nname = \"CONCAT('N', next_name())\"",
    )
    assert place.ask("ListSessions")["errorCode"] == "ERROR_INTERNAL_POS_ERROR"
    assert place.sql("SELECT is_called FROM counter") == [(False,)]
    json.dumps(place.said())
