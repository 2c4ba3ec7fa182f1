from __future__ import annotations

import itertools
import random
import sqlite3
from dataclasses import dataclass

import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from adapter.mapping.predicates import Conditions, FlagColumn


def literals(*codes: str | int) -> tuple[exp.Expr, ...]:
    return tuple(exp.Literal.number(code) if isinstance(code, int) else exp.Literal.string(code) for code in codes)


FLAGS = {
    "open": FlagColumn(true=(), false=(), missing=False, nullable=True),
    "shown": FlagColumn(true=(), false=(), missing=True, nullable=True),
    "sure": FlagColumn(true=(), false=(), missing=None, nullable=False),
    "code": FlagColumn(true=literals("Y"), false=literals("N"), missing=False, nullable=True),
    "turned": FlagColumn(true=literals(0), false=literals(1), missing=True, nullable=True),
    "only": FlagColumn(true=literals("Y"), false=(), missing=False, nullable=True),
    "rather": FlagColumn(true=(), false=literals("N", "M"), missing=True, nullable=True),
}
VALUES: dict[str, tuple[object, ...]] = {
    "open": (None, 0, 1),
    "shown": (None, 0, 1),
    "sure": (0, 1),
    "code": (None, "N", "Y"),
    "turned": (None, 1, 0),
    "only": (None, "N", "Y", "?"),
    "rather": (None, "N", "M", "Y"),
}
YES = {"sure": 1, "open": 1, "shown": 1, "code": "Y", "turned": 0, "only": "Y"}
LEAVES = [
    "k.x > 1",
    "k.x >= k.y",
    "k.x = 1",
    "k.x <> 1",
    "1 < k.x",
    "k.y <= 1",
    "k.y <> k.x",
    "k.x + 1 > 2",
    "k.y > k.x + 1",
    "k.x - k.y > 0",
    "ABS(k.x) = 1",
    "CAST(k.x AS INTEGER) < 2",
    "k.x IS NULL",
    "k.x IS NOT NULL",
    "k.x IN (0, 2)",
    "k.x BETWEEN 0 AND 1",
    "k.name LIKE 'a%'",
    "(SELECT MAX(j.x) FROM t AS j WHERE j.x < k.x) > 0",
    "EXISTS(SELECT 1 FROM t AS j WHERE j.x = k.x AND j.y > k.y)",
    "TRUE",
    "FALSE",
]


@dataclass(frozen=True)
class Rows:
    connection: sqlite3.Connection
    every: frozenset[int]

    def where(self, condition: str) -> frozenset[int]:
        return frozenset(row[0] for row in self.connection.execute(f"SELECT k.id FROM t AS k WHERE {condition}"))

    def flagged(self, name: str) -> frozenset[int]:
        found = set()
        for number, value in self.connection.execute(f"SELECT k.id, k.{name} FROM t AS k"):
            flag = FLAGS[name]
            if value is None:
                holds = bool(flag.missing)
            elif name == "rather":
                holds = value not in ("N", "M")
            else:
                holds = value == YES[name]
            if holds:
                found.add(number)
        return frozenset(found)


def rows() -> Rows:
    connection = sqlite3.connect(":memory:")
    connection.execute(f"CREATE TABLE t (id INTEGER, x INTEGER, y INTEGER, name TEXT, {', '.join(VALUES)})")
    chance = random.Random(1)  # noqa: S311
    several = itertools.product((None, 0, 1, 2), (0, 1, 2), (None, "ab", "ba"), range(4))
    for number, (x, y, name, _) in enumerate(several):
        flags = [chance.choice(values) for values in VALUES.values()]
        connection.execute(f"INSERT INTO t VALUES ({', '.join('?' * (4 + len(flags)))})", (number, x, y, name, *flags))
    every = frozenset(row[0] for row in connection.execute("SELECT id FROM t"))
    return Rows(connection, every)


ROWS = rows()

Condition = tuple[str, frozenset[int]]
conditions: st.SearchStrategy[Condition] = st.recursive(
    st.one_of(
        st.sampled_from(sorted(FLAGS)).map(lambda name: (f"k.{name}", ROWS.flagged(name))),
        st.sampled_from(LEAVES).map(lambda leaf: (leaf, ROWS.where(leaf))),
    ),
    lambda below: st.one_of(
        below.map(lambda one: (f"NOT ({one[0]})", ROWS.every - one[1])),
        below.map(lambda one: (f"({one[0]})", one[1])),
        st.tuples(below, below).map(
            lambda two: (
                (f"({two[0][0]}) AND {two[1][0]}", two[0][1] & two[1][1])
                if " OR " not in two[1][0] and " AND " not in two[1][0]
                else (f"({two[0][0]}) AND ({two[1][0]})", two[0][1] & two[1][1])
            )
        ),
        st.tuples(below, below).map(lambda two: (f"({two[0][0]}) OR ({two[1][0]})", two[0][1] | two[1][1])),
    ),
    max_leaves=5,
)


def sql_of(text: str, *, wanted: bool) -> str:
    tree = sqlglot.parse_one(f"SELECT {text}", read="sqlite").expressions[0]
    built = Conditions(
        refuse=lambda node: pytest.fail(f"{node.sql()} is a condition"),
        flag_of=lambda column: FLAGS.get(column.name),
        may_be_null=lambda column: column.name not in ("y", "sure", "id"),
        complain=lambda _column, _message: None,
    )
    return built.holds(tree, wanted).sql(dialect="sqlite")


@settings(max_examples=600, deadline=None, derandomize=True)
@given(conditions)
def test_a_condition_holds_for_exactly_the_rows_that_it_means(condition: Condition):
    text, expected = condition
    assert ROWS.where(sql_of(text, wanted=True)) == expected


@settings(max_examples=600, deadline=None, derandomize=True)
@given(conditions)
def test_what_does_not_hold_is_exactly_the_other_rows(condition: Condition):
    text, expected = condition
    assert ROWS.where(sql_of(text, wanted=False)) == ROWS.every - expected


@settings(max_examples=300, deadline=None, derandomize=True)
@given(conditions, st.booleans())
def test_no_condition_hides_its_columns_from_an_index(condition: Condition, wanted: bool):
    found = sql_of(condition[0], wanted=wanted).upper()
    assert not [word for word in ("CASE", "COALESCE", "IS NOT TRUE", "IS TRUE", "IFNULL") if word in found]


def test_every_kind_of_leaf_alone_splits_the_rows_in_two():
    wrong = {}
    for leaf in LEAVES:
        expected = ROWS.where(leaf)
        for wanted, meant in ((True, expected), (False, ROWS.every - expected)):
            if ROWS.where(sql_of(leaf, wanted=wanted)) != meant:
                wrong[leaf, wanted] = sql_of(leaf, wanted=wanted)
    assert wrong == {}


def test_every_flag_alone_splits_the_rows_in_two():
    for name in FLAGS:
        expected = ROWS.flagged(name)
        assert ROWS.where(sql_of(f"k.{name}", wanted=True)) == expected, name
        assert ROWS.where(sql_of(f"NOT k.{name}", wanted=True)) == ROWS.every - expected, name
        assert expected not in (frozenset(), ROWS.every)


def test_a_column_is_kept_as_it_stands():
    assert isinstance(sqlglot.parse_one("k.x"), exp.Column)
    assert sql_of("NOT k.sure", wanted=True) == "k.sure = FALSE"
