from __future__ import annotations

import pytest
import sqlglot
from sqlglot import exp

from adapter.mapping.predicates import Conditions, FlagColumn


def literals(*codes: str | int) -> tuple[exp.Expr, ...]:
    return tuple(exp.Literal.number(code) if isinstance(code, int) else exp.Literal.string(code) for code in codes)


FLAGS = {
    "settled": FlagColumn(true=(), false=(), missing=False, nullable=False),
    "voided": FlagColumn(true=(), false=(), missing=False, nullable=True),
    "shown": FlagColumn(true=(), false=(), missing=True, nullable=True),
    "bare": FlagColumn(true=(), false=(), missing=None, nullable=True),
    "code": FlagColumn(true=literals("Y"), false=literals("N"), missing=False, nullable=True),
    "many": FlagColumn(true=literals(1, 2), false=literals(0), missing=None, nullable=False),
    "only": FlagColumn(true=(), false=literals("N", "M"), missing=None, nullable=False),
}


def build(text: str, *, wanted: bool = True, inside: bool = False) -> tuple[str, list[str]]:
    complaints: list[str] = []
    built = Conditions(
        flag_of=lambda column: FLAGS.get(column.name),
        may_be_null=lambda column: column.name not in ("id", "settled"),
        complain=lambda column, message: complaints.append(f"{column.sql()} {message}"),
        refuse=lambda node: complaints.append(f"{node.sql()} is no condition"),
    )
    tree = sqlglot.parse_one(f"SELECT {text}", read="postgres").expressions[0]
    found = built.inside(tree) if inside else built.holds(tree, wanted)
    return found.sql(dialect="postgres"), complaints


@pytest.mark.parametrize(
    ("text", "wanted", "sql"),
    [
        ("k.settled", True, "k.settled = TRUE"),
        ("k.settled", False, "k.settled = FALSE"),
        ("NOT k.settled", True, "k.settled = FALSE"),
        ("NOT NOT k.settled", True, "k.settled = TRUE"),
        ("k.voided", True, "k.voided = TRUE"),
        ("NOT k.voided", True, "(k.voided = FALSE OR k.voided IS NULL)"),
        ("k.shown", True, "(k.shown = TRUE OR k.shown IS NULL)"),
        ("NOT k.shown", True, "k.shown = FALSE"),
        ("k.code", True, "k.code = 'Y'"),
        ("NOT k.code", True, "(k.code = 'N' OR k.code IS NULL)"),
        ("k.many", True, "k.many IN (1, 2)"),
        ("k.many", False, "k.many = 0"),
        ("k.only", True, "NOT k.only IN ('N', 'M')"),
        ("k.only", False, "k.only IN ('N', 'M')"),
        ("k.settled AND NOT k.settled", False, "k.settled = FALSE OR k.settled = TRUE"),
        ("k.settled OR NOT k.settled", False, "k.settled = FALSE AND k.settled = TRUE"),
        ("TRUE", False, "FALSE"),
        ("k.id > 5", False, "k.id <= 5"),
        ("k.total > 5", False, "(k.total <= 5 OR k.total IS NULL)"),
        ("k.total IS NULL", False, "NOT k.total IS NULL"),
    ],
)
def test_a_condition_is_written_so_that_an_index_serves_it(text: str, wanted: bool, sql: str):
    assert build(text, wanted=wanted)[0] == sql


@pytest.mark.parametrize(
    ("text", "wanted", "complaints"),
    [
        ("k.bare", True, 0),
        ("k.bare", False, 1),
        ("NOT k.bare", True, 1),
        ("NOT k.voided", True, 0),
        ("k.settled AND NOT (k.id = 1 OR k.bare)", True, 1),
        ("k.total <> 5", True, 1),
        ("k.total <> 5 OR k.total IS NULL", True, 0),
        ("k.total <> 5 AND k.total IS NOT NULL", True, 0),
        ("NOT k.total = 5", True, 0),
        ("k.id <> 5", True, 0),
        ("k.name", True, 1),
        ("NOT k.name", True, 1),
        ("k.mask & 12 = 0", True, 1),
        ("(k.mask & 12) = 0", True, 1),
        ("0 = k.mask & 12", True, 1),
        ("COALESCE(k.mask, 0) & 12 = 0", True, 0),
        ("k.mask & 12 = 0 OR k.mask IS NULL", True, 0),
        ("k.mask & 12 = 12", True, 0),
        ("k.mask & 12 > 0", True, 0),
        ("k.id & 12 = 0", True, 0),
    ],
)
def test_a_null_that_nobody_explained_is_complained_about(text: str, wanted: bool, complaints: int):
    assert len(build(text, wanted=wanted)[1]) == complaints


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("CASE WHEN k.shown THEN 1 ELSE 2 END", "CASE WHEN (k.shown = TRUE OR k.shown IS NULL) THEN 1 ELSE 2 END"),
        (
            "CASE WHEN NOT k.voided AND k.id > 1 THEN 1 END",
            "CASE WHEN (k.voided = FALSE OR k.voided IS NULL) AND k.id > 1 THEN 1 END",
        ),
        (
            "(SELECT 1 FROM x AS x WHERE NOT x.voided)",
            "(SELECT 1 FROM x AS x WHERE (x.voided = FALSE OR x.voided IS NULL))",
        ),
        (
            "CASE WHEN CASE WHEN k.shown THEN NOT k.shown END THEN 1 END",
            "CASE WHEN CASE WHEN (k.shown = TRUE OR k.shown IS NULL) THEN k.shown = FALSE END THEN 1 END",
        ),
        ("COALESCE(NOT k.voided, FALSE)", "COALESCE((k.voided = FALSE OR k.voided IS NULL), FALSE)"),
        ("k.total + 1", "k.total + 1"),
        ("k.voided", "k.voided"),
    ],
)
def test_conditions_inside_an_expression_have_their_declared_meaning(text: str, sql: str):
    assert build(text, inside=True)[0] == sql


@pytest.mark.parametrize(
    "number",
    [
        "k.id & 6",
        "(k.id & 6)",
        "k.id + 1",
        "-k.id",
        "1",
        "'yes'",
        "k.name || 'x'",
        "LENGTH(k.name)",
        "CASE WHEN k.id > 5 THEN 1 ELSE 0 END",
        "COALESCE(k.id & 6, 0)",
    ],
)
@pytest.mark.parametrize("around", ["{}", "NOT {}", "k.settled AND {}", "CASE WHEN {} THEN 'a' END = 'a'"])
def test_a_number_or_a_text_is_no_condition_though_some_databases_take_it_for_one(number: str, around: str):
    _, complaints = build(around.format(f"({number})"))
    assert len([one for one in complaints if one.endswith("is no condition")]) == 1


@pytest.mark.parametrize(
    "condition",
    [
        "k.id & 6 <> 0",
        "(k.id & 6) IN (2, 4)",
        "COALESCE(k.shown, FALSE)",
        "CASE WHEN k.id > 5 THEN k.settled ELSE FALSE END",
        "LENGTH(k.name) > 2",
        "some_function(k.id)",
        ":site_open",
    ],
)
def test_what_a_number_is_compared_with_makes_it_a_condition(condition: str):
    assert build(condition)[1] == []
