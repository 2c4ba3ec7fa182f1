"""Every function that a mapping may use on several engines gives on each of them what PostgreSQL gives."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from adapter.mapping.engines import ENGINES
from adapter.mapping.engines.portable import CASTS, FUNCTIONS, problems

TABLE = """
CREATE TABLE t (id int PRIMARY KEY, word varchar(40), none varchar(40), whole int, price decimal(10,3), rate double precision);
INSERT INTO t VALUES (1, ' Café 🌿 ', NULL, -7, 34.225, 0.175), (2, 'it''s 50%', NULL, 2, 0.005, 1.005), (3, '', NULL, 0, -2.675, 12.5);
"""

CASES = {
    "ABS(t.whole)": exp.Abs,
    "COALESCE(t.none, t.word, 'x')": exp.Coalesce,
    "CONCAT('T-', t.whole, t.none, t.word)": exp.Concat,
    "(SELECT COUNT(*) FROM t AS o WHERE o.whole < t.whole)": exp.Count,
    "(SELECT COUNT(o.none) FROM t AS o)": exp.Count,
    "(SELECT COUNT(DISTINCT o.word) FROM t AS o)": exp.Count,
    "t.whole / 2.0": exp.Div,
    "t.whole / CAST(4 AS decimal(10, 4))": exp.Div,
    "CAST(t.whole AS decimal(10, 2)) / 8": exp.Div,
    "EXISTS (SELECT 1 FROM t AS o WHERE o.whole > t.whole)": exp.Exists,
    "NOT EXISTS (SELECT 1 FROM t AS o WHERE o.whole > t.whole)": exp.Exists,
    "LEFT(t.word, 4)": exp.Left,
    "LENGTH(t.word)": exp.Length,
    "MD5(t.word)": exp.MD5,
    "MD5(t.none)": exp.MD5,
    "(SELECT MAX(o.price) FROM t AS o)": exp.Max,
    "(SELECT MIN(o.rate) FROM t AS o)": exp.Min,
    "NULLIF(t.word, '')": exp.Nullif,
    "REPLACE(t.word, 'a', 'é')": exp.Replace,
    "ROUND(t.price, 1)": exp.Round,
    "ROUND(CAST(t.rate AS decimal(20, 6)), 2)": exp.Round,
    "ROUND(CAST(t.rate * t.whole AS decimal(20, 6)), 2)": exp.Round,
    "(SELECT SUM(o.price * o.whole) FROM t AS o)": exp.Sum,
    "TRIM(t.word)": exp.Trim,
    "CAST(t.rate AS decimal(10, 2))": "decimal",
    "CAST(CAST(t.whole AS decimal(10, 2)) AS varchar(12))": "varchar",
    "CAST(t.word AS varchar(5))": "varchar",
    "CAST(t.whole AS text)": "text",
    "CASE WHEN t.whole < 0 AND NOT t.rate > 1 THEN 'low' WHEN t.none IS NULL THEN 'none' ELSE 'else' END": None,
    "(SELECT o.word FROM t AS o WHERE o.whole IN (-7, 2) ORDER BY o.none, o.whole DESC LIMIT 1)": None,
    "(SELECT o.id FROM t AS o ORDER BY NULLIF(o.word, '') DESC, o.id LIMIT 1)": None,
    "t.whole BETWEEN -7 AND 1": None,
    "-t.whole * 3 + 1 - t.id": None,
}


@pytest.fixture(scope="module")
def opened(place_on: Callable[..., Any]) -> Callable[[str], Any]:
    made: dict[str, Any] = {}

    def open_(engine: str) -> Any:
        if engine not in made:
            made[engine] = place_on(engine)
            made[engine].script(TABLE)
        return made[engine]

    return open_


@pytest.mark.parametrize("text", CASES)
@pytest.mark.parametrize("engine", ["mariadb", "sqlite"])
def test_what_is_allowed_gives_what_postgresql_gives(engine: str, text: str, opened: Callable[[str], Any]):
    tree = sqlglot.parse_one(f"SELECT {text} FROM t ORDER BY t.id", dialect="postgres")
    assert list(problems(tree, ENGINES[engine])) == []
    there = opened(engine)
    ported = there.engine.shown_text(there.engine.text(there.engine.ported(tree.copy())))
    home = opened("postgresql")
    expected = home.rows(home.engine.shown_text(home.engine.text(tree)))
    assert [_plain(row[0]) for row in there.rows(ported)] == [_plain(row[0]) for row in expected]


@pytest.mark.parametrize("name", ["mariadb", "mysql", "sqlite", "sqlserver"])
def test_every_engine_is_written_for_what_it_is_said_to_have(name: str):
    for text in CASES:
        tree = sqlglot.parse_one(f"SELECT {text} FROM t", dialect="postgres")
        if not list(problems(tree, ENGINES[name])):
            assert ENGINES[name].text(ENGINES[name].ported(tree))


def test_every_line_of_the_whitelist_is_tried():
    assert {case for case in CASES.values() if not isinstance(case, str)} - {None} == set(FUNCTIONS)
    assert {case for case in CASES.values() if isinstance(case, str)} == set(CASTS)


def test_the_guide_shows_every_line_of_the_whitelist():
    guide = (Path(__file__).parents[3] / "docs" / "mapping.md").read_text(encoding="utf-8").replace("\\|", "|")
    for form in (*FUNCTIONS.values(), *CASTS.values()):
        (line,) = [line for line in guide.splitlines() if line.startswith(f"| `{form.shown}` |")]
        assert all(written == form.shown or f"`{written}`" in line for written in form.forms.values()), line
        assert line.count("| - ") == len({"mariadb", "sqlite", "sqlserver"} - set(form.forms))


@pytest.mark.parametrize(
    "text",
    [
        "5 / 2",
        "t.whole / 2",
        "t.x::date",
        "CAST(t.x AS numeric)",
        "CAST(t.x AS int)",
        "t.x IS NOT TRUE",
        "t.x IS DISTINCT FROM 1",
        "t.at AT TIME ZONE 'UTC'",
        "t.x || t.y",
        "LOWER(t.x)",
        "t.x LIKE 'a%'",
        "t.x ~ 'a'",
        "NOW()",
        "t.x ->> 'a'",
        "TRIM(LEADING '0' FROM t.x)",
        "LEFT(t.x, -1)",
        "STRING_AGG(t.x, ',')",
        "my_function(t.x)",
        "INTERVAL '1 day'",
        "t.x & 4",
        "t.x % 4",
        "SUM(t.x) OVER (PARTITION BY t.y)",
    ],
)
@pytest.mark.parametrize("name", ["mariadb", "sqlite", "sqlserver"])
def test_what_means_something_else_elsewhere_is_not_allowed(name: str, text: str):
    assert list(problems(sqlglot.parse_one(f"SELECT {text} FROM t", dialect="postgres"), ENGINES[name]))


def _plain(value: Any) -> Any:
    """A value as the adapter's readings take it: yes and no as numbers, floats by their shortest text."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (float, Decimal)):
        return round(Decimal(str(value)), 12).normalize()
    return Decimal(value).normalize() if isinstance(value, int) else value
