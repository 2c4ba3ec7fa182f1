"""What belongs to a session is found by its own reference, with the same answer as by way of the session: on SQLite's rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace
from sqlglot import exp, parse_one

from adapter.mapping.catalogue import ColumnFact
from adapter.mapping.direct import direct
from adapter.mapping.engines import ENGINES
from adapter.mapping.gather import Gathered, Gatherer
from adapter.mapping.plans import Part, plan

WANTED = (parse_one("k.voided = 0"), parse_one("k.id IN (7, 8)"))
KEY = {"session.0": parse_one("k.id")}
INTEGER = ColumnFact(name="", family="integer", nullable=False, bits=32)
TEXT = ColumnFact(name="", family="text", nullable=False)


def part(sql: str, *, kind: Any = "item", key: dict[str, exp.Expr] | None = None, wanted: Any = WANTED) -> Part:
    """A branch with what this SELECT gives, its conditions behind those of its sessions."""
    select = parse_one(sql, into=exp.Select)
    where = select.args.get("where")
    return Part(
        kind=kind,
        index=0,
        outputs={**(key or KEY), **{one.alias_or_name: one.unalias() for one in select.expressions}},
        first=select.args["from_"].this,
        joins=tuple(select.args.get("joins") or ()),
        where=(*wanted, *([where.this] if where is not None else [])),
    )


def made(one: Part, *, fact: ColumnFact | None = INTEGER, wanted: Any = WANTED) -> Part:
    return direct(one, wanted, lambda _column: fact)


def sql_of(one: Part) -> str:
    return plan("orders", [one], ENGINES["sqlite"], {}, {}).shown.replace("\n", " ")


SESSION = part("SELECT k.total FROM k LEFT JOIN u ON u.id = k.u_id", kind="session")
LINE = part("SELECT i.price, i.id AS n FROM k LEFT JOIN u ON u.id = k.u_id JOIN i ON i.k_id = k.id WHERE i.seat = 0")
EXTRA = part(
    "SELECT m.price, i.id AS n FROM k JOIN i ON k.id = i.k_id AND i.seat = 0 JOIN m ON m.i_id = i.id AND m.price > 1"
    " LEFT JOIN r ON r.m_id = m.id ORDER BY r.place",
    kind="modifier",
)


@pytest.fixture
def till() -> Iterator[sqlite3.Connection]:
    with sqlite3.connect(":memory:") as connection:
        connection.executescript(
            """
            CREATE TABLE k (id, u_id, voided, total); CREATE TABLE u (id); CREATE TABLE i (id, k_id, seat, price);
            CREATE TABLE m (id, i_id, price); CREATE TABLE r (m_id, place);
            INSERT INTO k VALUES (6, 1, 0, 60), (7, 1, 0, 70), (8, 2, 1, 80), (9, NULL, 0, 90);
            INSERT INTO u VALUES (1), (2);
            INSERT INTO i VALUES (1, 6, 0, 5), (2, 7, 0, 6), (3, 7, 1, 7), (4, 8, 0, 8), (5, NULL, 0, 9), (6, 7, 0, 1);
            INSERT INTO m VALUES (1, 2, 1), (2, 2, 2), (3, 3, 4), (4, 4, 5), (5, 6, 6);
            """
        )
        yield connection
    connection.close()


def gathered(till: sqlite3.Connection, parts: list[Part]) -> list[Gathered]:
    statement = plan("orders", parts, ENGINES["sqlite"], {}, {})
    return [one for _, one in Gatherer(statement, 1).gather(till.execute(statement.driver).fetchall())]


def test_the_session_s_own_table_is_read_in_its_own_branch_only(till: sqlite3.Connection):
    by_session = [SESSION, LINE, EXTRA]
    by_reference = [made(one) for one in by_session]
    assert [sql_of(one).count("FROM k") for one in by_session] == [1, 1, 1]
    assert [sql_of(one).count("FROM k") for one in by_reference] == [1, 0, 0]
    (before,), (after,) = gathered(till, by_session), gathered(till, by_reference)
    # Rows of the same session, whichever columns they stand in; the voided one is there in neither.
    assert [[value for value in row if value is not None] for row in after.items] == [
        [value for value in row if value is not None] for row in before.items
    ]
    assert [[value for value in row if value is not None] for row in before.items] == [[1, 7, 6, 2], [1, 7, 1, 6]]
    assert list(after.modifiers.values()) == list(before.modifiers.values())
    assert sum(map(len, before.modifiers.values())) == 2


def test_what_the_reference_is_asked_for_and_what_else_the_join_says_become_conditions():
    line, extra = sql_of(made(LINE)), sql_of(made(EXTRA))
    assert "i.k_id AS session_0" in line
    assert line.endswith("FROM i WHERE   i.k_id IN (7, 8) AND i.seat = 0")
    assert "FROM i JOIN m   ON m.i_id = i.id AND m.price > 1 WHERE   i.k_id IN (7, 8) AND i.seat = 0" in extra


def test_the_key_is_put_in_its_place_wherever_it_is_needed():
    line = part("SELECT k.id + 1 AS next FROM k JOIN i ON i.k_id = k.id WHERE i.price <> k.id")
    assert "i.k_id + 1 AS item_next FROM i WHERE   i.k_id IN (7, 8) AND i.price <> i.k_id" in sql_of(made(line))


def test_a_key_of_several_columns_needs_a_reference_of_as_many():
    key = {"session.0": parse_one("k.shop"), "session.1": parse_one("k.number")}
    wanted = (parse_one("k.shop = 1"), parse_one("k.number = 2"))
    line = part("SELECT i.price FROM k JOIN i ON i.shop = k.shop AND k.number = i.number", key=key, wanted=wanted)
    sql = sql_of(made(line, wanted=wanted))
    assert "i.shop AS session_0,   i.number AS session_1," in sql
    assert sql.endswith("FROM i WHERE   i.shop = 1 AND i.number = 2")
    half = part("SELECT i.price FROM k JOIN i ON i.shop = k.shop", key=key, wanted=wanted)
    assert made(half, wanted=wanted) == half
    twice = part("SELECT i.price FROM k JOIN i ON i.shop = k.shop AND i.shop = k.number", key=key, wanted=wanted)
    assert made(twice, wanted=wanted) == twice


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("SELECT i.price, k.opened FROM k JOIN i ON i.k_id = k.id", "a field is of the session"),
        ("SELECT i.price FROM k JOIN i ON i.k_id = k.id WHERE k.kind = 1", "a condition of its own is on the session"),
        ("SELECT i.price FROM k JOIN i ON i.k_id = k.id AND i.shop = k.shop", "the join asks for more"),
        ("SELECT i.price FROM k JOIN i ON i.k_id = k.id JOIN m ON m.shop = k.shop", "a later join needs the session"),
        ("SELECT i.price FROM k JOIN i ON i.k_number = k.number", "it is not the key that is referred to"),
        ("SELECT i.price FROM k JOIN i ON i.k_id + 0 = k.id", "no column refers to it"),
        ("SELECT i.price FROM k JOIN i ON i.k_id >= k.id", "it is not equal"),
        ("SELECT i.price FROM k LEFT JOIN i ON i.k_id = k.id", "the session is there without it"),
        ("SELECT i.price FROM k CROSS JOIN i", "nothing is said"),
        ("SELECT k.price FROM k", "it is no other table's"),
        ("SELECT (SELECT MAX(p) FROM p AS k) AS price FROM k JOIN i ON i.k_id = k.id", "the name stands for another"),
        ("SELECT (SELECT MAX(p) FROM p WHERE p.k = k.shop) AS x FROM k JOIN i ON i.k_id = k.id", "an inner SELECT"),
        ("SELECT ROW_TO_JSON(k) AS x FROM k JOIN i ON i.k_id = k.id", "the whole row"),
        ("SELECT i.price FROM k JOIN u ON u.id = k.u_id JOIN i ON i.k_id = k.id", "sessions need another table to be there"),
        ("SELECT i.price FROM (k JOIN u ON u.id = k.u_id) JOIN i ON i.k_id = k.id", "they are found in two at once"),
        ("SELECT (SELECT MAX(i.p) FROM p AS i WHERE i.k = k.id) AS x FROM k JOIN i ON i.k_id = k.id", "its name is another's"),
        ("SELECT i.price FROM k JOIN i ON i.k_id = k.id WHERE NOT EXISTS(SELECT 1 FROM p AS i WHERE i.k = k.id)", "there too"),
        ("SELECT i.price FROM k JOIN i ON i.k_id = k.id JOIN (SELECT 1 AS n FROM p AS i) AS m ON m.n = k.id", "and in a join"),
    ],
)  # fmt: skip
def test_a_branch_stays_as_it_is_where_it_needs_its_session(sql: str, why: str):
    one = part(sql)
    assert made(one) == one, why


@pytest.mark.parametrize(
    ("sql", "condition", "why"),
    [
        (
            "SELECT i.price FROM k JOIN s ON s.k_id = k.id JOIN i ON i.k_id = k.id",
            "s.n = k.n",
            "which of its rows go with it",
        ),
        (
            "SELECT i.price FROM k JOIN s ON s.k_id = k.id JOIN i ON i.k_id = k.id",
            "k.open AND s.n = 1",
            "and says more",
        ),
        (
            "SELECT i.price FROM k JOIN i ON i.k_id = k.id",
            "NOT EXISTS(SELECT 1 FROM i WHERE i.k_id = k.id)",
            "none may be there",
        ),
    ],
)
def test_a_branch_stays_as_it_is_where_what_is_wanted_of_a_session_says_more_than_which(
    sql: str, condition: str, why: str
):
    wanted = (*WANTED, parse_one(condition))
    one = part(sql, wanted=wanted)
    assert made(one, wanted=wanted) == one, why


def test_only_keys_that_are_equal_in_one_way_are_taken_for_each_other():
    uuid = replace(INTEGER, family="uuid")
    assert made(LINE, fact=uuid) != LINE
    assert made(LINE, fact=TEXT) == LINE
    assert made(LINE, fact=None) == LINE
    # MariaDB finds the bits of a number equal to it, and gives them as bytes.
    for other in (replace(INTEGER, bits=64), replace(INTEGER, type_name="BIT(31)")):
        assert direct(LINE, WANTED, lambda column, other=other: other if column.table == "i" else INTEGER) == LINE


def test_a_branch_of_sessions_that_are_not_asked_for_by_their_key_stays_as_it_is():
    open_ones = (WANTED[0],)
    line = part("SELECT i.price FROM k JOIN i ON i.k_id = k.id", wanted=open_ones)
    assert made(line, wanted=open_ones) == line
