"""A session whose row comes in two halves is read as if it had come in one: on rows that SQLite gives."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace
from sqlglot import exp, parse_one

from adapter.mapping.engines import ENGINES
from adapter.mapping.gather import Gathered, Gatherer, branch_of
from adapter.mapping.narrowing import narrowed
from adapter.mapping.plans import Part, identity, plan, pruned, width

TIMES, AMOUNTS = ("began", "ended", "due", "changed"), ("total", "paid", "tax", "tips")
KEY = {"session.0": parse_one("k.id")}
SESSION = Part(
    kind="session",
    index=0,
    outputs={**KEY, **{name: parse_one(f"k.{name}") for name in (*TIMES, *AMOUNTS)}, "again": parse_one("k.due")},
    first=parse_one("k", into=exp.Table),
)
LINE = replace(SESSION, kind="item", outputs={**KEY, "price": parse_one("k.total"), "at": parse_one("k.began")})
KINDS = {"k.id": "int", **{f"k.{name}": "time" for name in TIMES}, **{f"k.{name}": "amount" for name in AMOUNTS}}
TYPES = {(text, frozenset({("k", None)})): kind for text, kind in KINDS.items()}


@pytest.fixture
def till() -> Iterator[sqlite3.Connection]:
    with sqlite3.connect(":memory:") as made:
        made.execute(f"CREATE TABLE k (id, {', '.join((*TIMES, *AMOUNTS))})")
        made.execute("INSERT INTO k VALUES (7, 10, 20, 30, 40, 1, 2, 3, 4), (8, 11, 21, NULL, 41, 5, 6, 7, 8)")
        yield made
    made.close()


def gathered(till: sqlite3.Connection, parts: list[Part]) -> tuple[list[str], list[tuple[dict[str, Any], Gathered]]]:
    """The kinds of a statement's branches, and the fields of each session."""
    made = plan("orders", parts, ENGINES["sqlite"], {}, TYPES)
    slots = branch_of(made, "session").slots
    found = Gatherer(made, 1).gather(till.execute(made.driver).fetchall())
    sessions = [({name: row[place] for name, place in slots.items()}, one) for row, one in found]
    return [branch.kind for branch in made.branches], sessions


def test_two_halves_say_what_one_row_says_and_every_row_is_narrower(till: sqlite3.Connection):
    parts = [SESSION, LINE]
    halves = narrowed(parts, TYPES)
    assert (width(parts, TYPES), width(halves, TYPES)) == (9, 5)
    (whole_kinds, whole), (kinds, found) = gathered(till, parts), gathered(till, halves)
    assert (whole_kinds, kinds) == (["session", "item"], ["session", "rest", "item"])
    assert [fields for fields, _ in found] == [fields for fields, _ in whole]
    assert found[1][0] == {
        "session.0": 8,
        "began": 11,
        "ended": 21,
        "due": None,
        "changed": 41,
        "again": None,
        "total": 5,
        "paid": 6,
        "tax": 7,
        "tips": 8,
    }
    assert [len(one.items) for _, one in found] == [1, 1]


@pytest.mark.parametrize("name", [*TIMES, *AMOUNTS])
def test_two_sessions_of_one_key_are_told_apart_by_whichever_half_differs(till: sqlite3.Connection, name: str):
    till.execute("INSERT INTO k SELECT * FROM k WHERE id = 7")
    _, found = gathered(till, narrowed([SESSION, LINE], TYPES))
    assert [one.is_ambiguous for _, one in found] == [False, False]
    till.execute("INSERT INTO k SELECT * FROM k WHERE id = 7 LIMIT 1")
    till.execute(f"UPDATE k SET {name} = 99 WHERE rowid = (SELECT MAX(rowid) FROM k)")
    _, found = gathered(till, narrowed([SESSION, LINE], TYPES))
    assert [one.is_ambiguous for _, one in found] == [True, False]


@pytest.mark.parametrize("missing", [0, 1])
def test_a_session_of_which_only_one_half_was_let_through_is_none(till: sqlite3.Connection, missing: int):
    parts = narrowed([SESSION, LINE], TYPES)
    parts[missing] = replace(parts[missing], where=(parse_one("k.id <> 7"),))
    _, found = gathered(till, parts)
    assert [fields["session.0"] for fields, _ in found] == [8]


def test_what_an_outer_join_brings_in_is_in_one_half_so_that_the_other_does_without_it():
    join = exp.Join(this=parse_one("u", into=exp.Table), side="LEFT", on=parse_one("u.k = k.id"))
    names = [f"name{number}" for number in range(6)]
    waiters = {f"waiter{number}": parse_one(f"u.name{number}") for number in range(4)}
    outputs = {**KEY, "name0": parse_one("k.name0"), **waiters, **{name: parse_one(f"k.{name}") for name in names[1:]}}
    session = replace(SESSION, outputs=outputs, joins=(join,))
    types = {identity(tree): "text" for tree in outputs.values()}
    first, second, _ = narrowed([session, LINE], types)
    assert [name for name in first.outputs if name in waiters] == list(waiters)
    assert [len(half.outputs) for half in (first, second)] == [6, 6]
    assert [pruned(half).joins for half in (first, second)] == [(join,), ()]


def test_a_row_stays_whole_where_halves_save_nothing_or_something_is_derived_of_it():
    few = replace(SESSION, outputs={**KEY, "began": parse_one("k.began"), "total": parse_one("k.total")})
    assert narrowed([few, LINE], TYPES) == [few, LINE]
    assert narrowed([SESSION, LINE], {}) == [SESSION, LINE]
    captured = replace(SESSION, derived={"began": str})
    assert narrowed([captured, LINE], TYPES) == [captured, LINE]
