"""Sessions: their tables, their waiters, what makes them payable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from adapter.events import BugFound

Serve = Callable[..., Any]

SEVERAL = """
CREATE TABLE seat (chk int, board int, place int);
INSERT INTO board (id, name, state) VALUES (1, 'T1', 1), (2, 'T2', 1), (3, 'T3', 0), (4, 'T4', 9);
INSERT INTO chk (id, name, total, done) VALUES (1, 'A', 5, FALSE), (2, 'B', 5, FALSE), (3, 'C', 5, TRUE), (4, 'D', 5, FALSE);
INSERT INTO seat VALUES (1, 2, 1), (1, 1, 2), (2, 2, NULL), (2, 3, 1), (3, 1, 1), (3, 4, 0), (1, 1, 2);
"""


def test_several_sessions_stand_at_a_table_and_several_tables_belong_to_a_session(serve: Serve):
    place = serve(
        SEVERAL,
        """
        [table]
        status = { column = "t.state", map = { 0 = "available", 1 = "occupied", 9 = "hidden" } }
        [session]
        tables = { from = "JOIN seat s ON s.chk = k.id", table = "s.board", order = ["s.place"] }
        """,
        without=("session.table",),
    )
    assert [session.get("tableName") for session in place.sessions()] == ["T2", "T3", "T1", None]
    assert place.names(tableNames=["T2"]) == ["A", "B"]
    assert place.names(tableNames=["T1", "T3"]) == ["A", "B", "C"]
    assert place.names(tableNames=["T4"]) == []
    assert place.names(tableNames=["T1"], hasTable=False) == []
    assert [session["tableName"] for session in place.sessions(tableNames=["T1"])] == ["T1", "T1"]
    place.by_filters(tables=True)


def test_the_same_aliases_in_table_and_session_do_not_meet(serve: Serve):
    place = serve(
        SEVERAL
        + "CREATE TABLE room (id int, name text); INSERT INTO room VALUES (1, 'Hall'); ALTER TABLE chk ADD room int; UPDATE chk SET room = 1;",
        """
        [table]
        from = "board k LEFT JOIN room s ON s.id = k.seats"
        id = "k.id"
        name = "CONCAT(k.name, (SELECT MAX(x.name) FROM room x WHERE x.id = s.id))"
        where = "k.state <> 9 AND k.state IS NOT NULL AND EXISTS (SELECT 1 FROM board x WHERE x.id = k.id)"
        max_covers = "4"
        status = { column = "k.state", map = { 0 = "available", 1 = "occupied" } }
        [session]
        from = "chk k LEFT JOIN room x ON x.id = k.room"
        name = "CONCAT(k.name, '@', x.name)"
        tables = { from = "JOIN seat s ON s.chk = k.id", where = "s.board <> 3 AND s.board IS NOT NULL", table = "s.board", order = ["s.place"] }
        """,
        without=("session.table",),
    )
    assert place.tables() == {"T1": "occupied", "T2": "occupied", "T3": "available"}
    assert [(session["name"], session.get("tableName")) for session in place.sessions()] == [
        ("A@Hall", "T2"),
        ("B@Hall", "T2"),
        ("C@Hall", "T1"),
        ("D@Hall", None),
    ]
    assert place.names(tableNames=["T1"]) == ["A@Hall", "C@Hall"]
    assert place.names(hasTable=False) == ["D@Hall"]


def test_the_same_table_may_be_read_as_table_and_as_session(serve: Serve):
    place = serve(
        """INSERT INTO chk (id, name, total, board_id) VALUES (1, 'A', 5, 1), (2, 'B', 5, 1), (3, 'C', 5, NULL);""",
        """
        [table]
        from = "chk k"
        id = "k.id"
        name = "CONCAT('Seat of ', k.name)"
        max_covers = "1"
        status = { sql = "'x'", map = { x = "occupied" } }
        """,
    )
    assert [session.get("tableName") for session in place.sessions()] == ["Seat of A", "Seat of A", None]
    place.by_filters(tables=True)


def test_sessions_of_a_mapping_without_tables_have_none(serve: Serve):
    place = serve("INSERT INTO chk (id, name, board_id) VALUES (1, 'A', 1)", without=("session.table",))
    assert place.names(hasTable=True) == []
    assert place.names(hasTable=False) == ["A"]
    assert place.names(tableNames=["T1"]) == []


MONEY_CHECKS = """
INSERT INTO chk (id, name, total, paid, done) VALUES
    (1, 'owes', 10, 4, FALSE), (2, 'even', 10, 10, FALSE), (3, 'over', 10, 12, FALSE), (4, 'closed', 10, 0, TRUE),
    (5, 'none', NULL, 0, FALSE), (6, 'free', 0, 0, FALSE), (7, 'rounds', 10.004, 10, FALSE), (8, 'penny', 10.006, 10, FALSE);
"""


@pytest.mark.parametrize(
    "payable",
    [
        None,
        "bill.total > bill.paid",
        "bill.total - bill.paid > 0",
        "NOT bill.total <= bill.paid",
        "NOT session.finished",
    ],
)
def test_a_session_is_payable_while_it_is_open_and_a_balance_remains(serve: Serve, payable: str | None):
    place = serve(MONEY_CHECKS, f"[session]\npayable = '{payable}'" if payable else "")
    assert [session["name"] for session in place.sessions() if session["isPayable"]] == ["owes", "penny"]
    place.by_filters()


def test_a_bill_in_minor_units_is_compared_with_the_bill(serve: Serve):
    place = serve(
        "INSERT INTO chk (id, name, total, paid) VALUES (1, 'owes', 1000, 999), (2, 'even', 1000, 1000)",
        "[money]\nform = 'minor'\n[session]\npayable = 'bill.total > bill.paid'",
    )
    assert [session["name"] for session in place.sessions() if session["isPayable"]] == ["owes"]
    place.by_filters()


@pytest.mark.parametrize("currency", ["currency = \"'KWD'\"", "currency = \"CONCAT('K', 'WD')\""])
@pytest.mark.parametrize("payable", ["", "payable = 'bill.total > bill.paid'"])
def test_a_fils_that_is_owed_is_payable_in_a_currency_of_three_decimals(serve: Serve, currency: str, payable: str):
    place = serve(
        """INSERT INTO chk (id, name, total, paid) VALUES (1, 'owes', 1.234, 1.233), (2, 'even', 1.234, 1.234);
        INSERT INTO line (id, check_id, price) VALUES (1, 1, 1.234), (2, 2, 1.234)""",
        f"[money]\ninexact = 'refuse'\n[session]\n{payable}\n[bill]\n{currency}\n",
    )
    assert place.bill("owes")["totalAmount"] - place.bill("owes")["paidAmount"] == 1
    assert [session["name"] for session in place.sessions() if session["isPayable"]] == ["owes"]
    place.by_filters()


def test_a_missing_total_that_stands_for_an_amount_is_compared_as_that_amount(serve: Serve):
    place = serve(
        "INSERT INTO chk (id, name, total, paid) VALUES (1, 'min', NULL, 0), (2, 'own', 3, 0)",
        "[session]\npayable = 'bill.total > bill.paid'\n[bill]\ntotal = { column = 'k.total', missing = 5 }",
    )
    assert [session["name"] for session in place.sessions() if session["isPayable"]] == ["min", "own"]
    place.by_filters()


STAFF = """
CREATE TABLE staff (seq {kind} PRIMARY KEY, num {kind}, first text, last text);
ALTER TABLE chk ADD staff {kind};
INSERT INTO staff VALUES ({a}, {b}, ' Ann ', 'Lee'), ({c}, {d}, NULL, '');
INSERT INTO chk (id, name, total, staff) VALUES (1, 'Ann', 5, {a}), (2, 'Nameless', 5, {c}), (3, 'Nobody', 5, NULL);
INSERT INTO line (id, check_id, price) VALUES (1, 1, 5), (2, 2, 5), (3, 3, 5);
"""

WAITER = """
[session]
from   = "chk k LEFT JOIN staff w ON w.seq = k.staff"
waiter = { id = "w.num", name = ["w.first", "w.last"] }
"""


def _staff(serve: Serve, kind: str, check: str = "enforce", quote: str = "") -> Any:
    a, b, c, d = (f"{quote}{one}{quote}" for one in ("1", "07", "2", "12"))
    return serve(STAFF.format(kind=kind, a=a, b=b, c=c, d=d), WAITER, rules={"waiter_check": check})


@pytest.mark.parametrize(
    ("kind", "quote"), [("int", ""), ("bigint", ""), ("numeric", ""), ("varchar(8)", "'"), ("char(8)", "'")]
)
def test_a_waiter_sees_their_own_sessions_and_those_of_nobody(serve: Serve, kind: str, quote: str):
    place = _staff(serve, kind, "off", quote)
    ann, nameless, nobody = place.sessions()
    assert ann["waiter"] == {"id": 7, "name": "Ann Lee"}
    assert nameless["waiter"] == {"id": 12}
    assert "waiter" not in nobody
    strict = _staff(serve, kind, "enforce", quote)
    for waiter in (7, "7", "007", " 7 "):
        assert strict.names(waiter=waiter) == ["Ann", "Nobody"]
        assert len(strict.bills(waiter=waiter)) == 2
    assert strict.names(waiter=12) == ["Nameless", "Nobody"]
    assert strict.names(waiter=99) == ["Nobody"]
    assert strict.names(waiter="x'; DROP TABLE chk; --") == ["Nobody"]
    assert strict.names(waiter=7, isPayable=True, isFinished=False) == ["Ann", "Nobody"]
    assert strict.ask("GetSession", sessionId=ann["id"], waiter=12)["errorCode"] == "WAITER_INCORRECT_WAITER_ID"
    assert strict.good("GetSession", sessionId=ann["id"], waiter="7")["session"] == ann
    assert strict.ask("ListSessions")["sessions"] == []


def test_a_strange_waiter_id_is_simply_not_the_right_one(serve: Serve):
    place = _staff(serve, "int")
    strange: list[Any] = ["²", "٣", "9" * 60, "-1", "7.0", "1e3", "\0", 7.0, 1e300, -7, 2**70, True, None, [], {"a": 1}]
    answers = {repr(waiter): place.ask("ListSessions", waiter=waiter) for waiter in strange}
    assert {waiter: answer for waiter, answer in answers.items() if "sessions" not in answer} == {}
    assert not place.of(BugFound)


def test_a_waiter_with_letters_is_compared_as_a_text(serve: Serve):
    place = serve(
        STAFF.format(kind="text", a="'x'", b="'A1'", c="'y'", d="'0'"), WAITER, rules={"waiter_check": "enforce"}
    )
    assert place.names(waiter="A1") == ["Ann", "Nobody"]
    assert place.names(waiter="a1") == ["Nobody"]
    assert place.names(waiter=0) == ["Nameless", "Nobody"]
