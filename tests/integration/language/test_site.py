"""Site constants, whole SELECTs, and SQL that comes to the database as it was written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from adapter.errors import InvalidFile

Serve = Callable[..., Any]


@pytest.mark.parametrize(
    ("declared", "given", "rows", "value"),
    [
        ("default = 'plain'", None, "", "plain"),
        ("default = 'plain'", "own", "('row')", "own"),
        ("default = 'plain', read = 'SELECT s.v FROM setting s'", None, "('row')", "row"),
        ("default = 'plain', read = 'SELECT s.v FROM setting s'", "own", "('row')", "own"),
        ("default = 'plain', read = 'SELECT s.v FROM setting s'", None, "", "plain"),
        ("default = 'plain', read = 'SELECT s.v FROM setting s'", None, "(NULL)", "plain"),
        ("default = 'plain', read = 'SELECT s.v FROM setting s'", None, "('  ')", "plain"),
        ("default = 'plain', read = 'SELECT s.v FROM setting s ORDER BY s.v'", None, "('b'), ('a')", "a"),
        (
            "default = 'plain', read = 'SELECT s.v FROM setting s'",
            None,
            "('O''Neill %s :site.x ⟦y⟧')",
            "O'Neill %s :site.x ⟦y⟧",
        ),
        ("type = 'integer', default = 7", None, "", "7"),
        ("type = 'integer', default = 7", 12, "", "12"),
        ("type = 'integer', read = 'SELECT CAST(s.v AS int) FROM setting s', default = 7", None, "('12')", "12"),
        ("type = 'integer', read = 'SELECT s.v FROM setting s', default = 7", None, "('12')", "12"),
        (
            "type = 'number', read = 'SELECT CAST(s.v AS numeric) FROM setting s', default = 7.5",
            None,
            "('1.25')",
            "1.25",
        ),
        ("type = 'number', default = 7.5", 0.5, "", "0.5"),
        ("type = 'flag', default = true", None, "", "true"),
        ("type = 'flag', read = 'SELECT s.v FROM setting s', default = false", None, "('Y')", "true"),
        ("type = 'flag', read = 'SELECT s.v FROM setting s', default = true", None, "('0')", "false"),
    ],
)
def test_a_site_constant_is_what_the_installation_says_else_a_row_else_its_default(
    serve: Serve, declared: str, given: Any, rows: str, value: str
):
    place = serve(
        f"""CREATE TABLE setting (v text); {f"INSERT INTO setting VALUES {rows};" if rows else ""}
        INSERT INTO chk (id, name, total) VALUES (1, 'One', 0)""",
        f"""
        [site]
        it = {{ {declared} }}
        [bill]
        note = "CONCAT(CAST(:site.it AS text), '')"
        """,
        site={} if given is None else {"it": given},
    )
    assert place.bill("One")["note"] == value


def test_a_site_constant_may_decide_rows_amounts_currency_and_zone(serve: Serve):
    place = serve(
        """ALTER TABLE chk ADD branch int; INSERT INTO chk (id, name, total, branch) VALUES (1, 'Ours', 5, 3), (2, 'Theirs', 5, 4), (3, 'None', 5, NULL);
        INSERT INTO line (id, check_id, price) VALUES (1, 1, 4);""",
        """
        [site]
        branch = { type = "integer", required = true }
        fee = { type = "number", default = 1 }
        timezone = { default = "Asia/Tokyo" }
        currency = { read = "SELECT MAX(c.name) FROM chk c WHERE c.id < 0", default = "EUR" }
        [session]
        where = "k.branch = :site.branch"
        [[charge]]
        id = "'fee'"
        name = "'Fee'"
        amount = ":site.fee"
        """,
        site={"branch": 3},
    )
    assert place.names() == ["Ours"]
    assert place.sessions()[0]["createdAt"] == "2026-01-10T03:00:00.000Z"
    assert place.lines("Ours") == [(1, "Thing", 400), (1, "Fee", 100)]
    assert place.bill("Ours")["currency"] == "EUR"
    assert len(place.bills()) == 1


SELECTS = """
INSERT INTO board (id, name, state) VALUES (1, 'T1', 1), (2, 'T2', 0);
INSERT INTO chk (id, name, total, paid, board_id, done, closed) VALUES (1, 'One', 5, 1, 1, FALSE, NULL), (2, 'Two', 7, 7, 2, TRUE, '2026-01-10 13:00');
INSERT INTO line (id, check_id, name, price) VALUES (1, 1, 'Fish', 5), (2, 2, 'Chips', 7);
"""


def _answers(place: Any) -> list[Any]:
    place.by_status()
    place.by_filters(tables=True)
    return [place.good("ListTables"), place.sessions(), place.bills(), place.lines("One"), place.lines("Two")]


def test_a_whole_select_may_give_the_tables(serve: Serve):
    plain = serve(SELECTS)
    place = serve(
        SELECTS,
        """
        [table]
        select = "WITH b AS (SELECT x.id, x.name, x.seats, x.state FROM board x) SELECT b.id AS id, b.name AS name, COALESCE(b.seats, 4) AS max_covers FROM b"
        status = { sql = "(SELECT y.state FROM board y WHERE y.id = table.id)", map = { 0 = "available", 1 = "occupied" } }
        """,
        without=("table.from", "table.id", "table.name", "table.max_covers"),
    )
    assert _answers(place) == _answers(plain)


def test_a_whole_select_may_give_the_sessions(serve: Serve):
    plain = serve(SELECTS)
    place = serve(
        SELECTS,
        """
        [session]
        select = "SELECT c.id AS id, c.name AS name, c.opened AS created_at, c.done AS finished, c.closed AS finished_at, c.board_id AS table, c.total AS total, c.paid AS paid FROM chk c"
        [bill]
        total = "session.total"
        paid = "session.paid"
        [item]
        from = "JOIN line l ON l.check_id = session.id"
        """,
        without=tuple(
            f"session.{name}" for name in ("from", "id", "name", "created_at", "finished", "finished_at", "table")
        ),
    )
    assert _answers(place) == _answers(plain)


def test_a_whole_select_may_give_the_lines(serve: Serve):
    plain = serve(SELECTS)
    place = serve(
        SELECTS,
        """
        [item]
        select = "SELECT x.check_id AS session_id, x.id AS key, x.id AS id, x.name AS name, x.qty AS quantity, x.price AS amount_per_item FROM line x"
        order = ["item.id"]
        """,
        without=tuple(f"item.{name}" for name in ("from", "key", "id", "name", "quantity", "amount_per_item")),
    )
    assert _answers(place) == _answers(plain)


EXPRESSIONS = [
    "5 / 2",
    "5.0 / 2",
    "5 % 3",
    "CAST(5 AS text) || 'x'",
    "'a' || NULL || 'b'",
    "CONCAT('a', NULL, 'b')",
    "CONCAT_WS('-', 'a', NULL, 'b')",
    "COALESCE(NULLIF('', ''), 'z')",
    "TRIM('  x ')",
    "TRIM(LEADING '0' FROM '007')",
    "RTRIM('x  ') || '|'",
    "LTRIM('00x', '0')",
    "LPAD('7', 3, '0')",
    "SUBSTRING('abcdef' FROM 2 FOR 3)",
    "SUBSTRING('abcdef', 3)",
    "LEFT('abcdef', 2) || RIGHT('abcdef', 2)",
    "SPLIT_PART('a-b-c', '-', 2)",
    "POSITION('b' IN 'abc')",
    "STRPOS('abc', 'c')",
    "UPPER('straße') || INITCAP('ann lee')",
    "REPLACE('a%b', '%', '_')",
    "REGEXP_REPLACE('TAB-12', '[^0-9]', '', 'g')",
    "SUBSTRING('TAB-12' FROM '[0-9]+')",
    "CASE WHEN 'abc' LIKE 'a%' THEN 'y' ELSE 'n' END",
    "CASE WHEN 'abc' ~ '^a' AND 'ABC' ~* 'b' AND 'ABC' ILIKE 'ab_' THEN 'y' END",
    "CASE WHEN 'abc' !~ '^a' THEN 'y' ELSE 'n' END",
    "CASE WHEN '50%' LIKE '50\\%' THEN 'y' ELSE 'n' END",
    "'back\\slash'",
    "'it''s 100% :site.currency ⟦x⟧ %(name)s'",
    "TO_CHAR(TIMESTAMP '2026-07-10 12:05:09', 'YYYY-MM-DD HH24:MI:SS')",
    "TO_CHAR(TIMESTAMP '2026-07-10 12:05:09', 'FMDay DD Mon YY')",
    "TO_CHAR(1234.5, 'FM999G990D00')",
    "TO_CHAR(7, 'FM000')",
    "TO_TIMESTAMP('10/07/2026', 'DD/MM/YYYY')::date",
    "EXTRACT(EPOCH FROM TIMESTAMP '2026-07-10 12:00')",
    "EXTRACT(DOW FROM DATE '2026-07-10')",
    "DATE_TRUNC('month', TIMESTAMP '2026-07-10 12:00')",
    "DATE '2026-07-10' + 1",
    "DATE '2026-07-10' - DATE '2026-07-01'",
    "TIMESTAMP '2026-07-10 12:00' + INTERVAL '1 day 2 hours'",
    "(TIMESTAMP '2026-07-10 12:00' AT TIME ZONE 'Asia/Tokyo') AT TIME ZONE 'UTC'",
    "MAKE_INTERVAL(hours => 3)",
    "ROUND(2.345, 2)",
    "ROUND(CAST(2.5 AS double precision))",
    "TRUNC(-2.5)",
    "CEIL(2.1) + FLOOR(2.9)",
    "GREATEST(1, NULL, 3)",
    "2 ^ 10",
    "5 # 3",
    "(6 & 3) | 8",
    "1 << 4",
    "34225.5::numeric(10,1)",
    "'12'::int + 1",
    "CAST('x' AS char(3)) || '|'",
    '\'{"a": [1, {"b": "c"}]}\'::json #>> \'{a,1,b}\'',
    "'{\"a\": \"x\"}'::jsonb ->> 'a'",
    "CASE WHEN '{\"a\": 1}'::jsonb @> '{\"a\": 1}'::jsonb THEN 'y' END",
    "(ARRAY['a', 'b'])[2]",
    "ARRAY_TO_STRING(ARRAY['a', 'b'], ',')",
    "ARRAY_LENGTH(STRING_TO_ARRAY('a,b,c', ','), 1)",
    "CASE WHEN 2 = ANY(ARRAY[1, 2]) THEN 'y' END",
    "CASE WHEN 1 IS DISTINCT FROM NULL THEN 'y' END",
    "CASE WHEN (1, 2) = (1, 2) THEN 'y' END",
    "CASE WHEN 3 BETWEEN SYMMETRIC 5 AND 1 THEN 'y' ELSE 'n' END",
    "(SELECT STRING_AGG(x.v, '+' ORDER BY x.v DESC) FROM (VALUES ('a'), ('b')) AS x(v))",
    "(SELECT STRING_AGG(DISTINCT l.name, ',') FROM line l)",
    "(SELECT COUNT(*) FILTER (WHERE l.price > 5) FROM line l)",
    "(SELECT l.name FROM line l ORDER BY l.price DESC LIMIT 1)",
    "(SELECT x.n FROM (SELECT l.name AS n, ROW_NUMBER() OVER (ORDER BY l.id DESC) AS r FROM line l) x WHERE x.r = 1)",
    "(SELECT SUM(l.price) FROM line l WHERE l.id IN (SELECT MAX(m.id) FROM line m))",
    "(SELECT COALESCE(SUM(l.price), 0) FROM line l LEFT JOIN chk c ON c.id = l.check_id AND c.done WHERE c.id IS NULL)",
    "(WITH w AS (SELECT l.price FROM line l) SELECT SUM(w.price) FROM w)",
    "(SELECT MAX(x.p) FROM (SELECT l.price AS p FROM line l UNION ALL SELECT 100) x)",
    "MD5('x')",
    "CHR(65) || ASCII('A')",
    "ENCODE('\\x01ff'::bytea, 'hex')",
    "B'101'",
    "E'a\\tb'",
    "$$dollar's$$",
    "U&'\\0041'",
    "X'1F'",
    "NULLIF(1, 1) IS NULL",
    "CURRENT_DATE = CURRENT_TIMESTAMP::date",
    "-(-5)",
    "- 5 + 3",
    "NOT FALSE",
    "1e3",
    ".5",
]


@pytest.mark.parametrize("start", range(0, len(EXPRESSIONS), 10))
def test_an_expression_comes_to_the_database_with_the_meaning_it_was_written_with(serve: Serve, start: int):
    place = serve(SELECTS)
    expected = {each: f"<{place.sql(f'SELECT CONCAT({each})')[0][0]}>" for each in EXPRESSIONS[start : start + 10]}
    if _names(serve, place.url, list(expected)) == " ".join(expected.values()):
        return
    wrong = {each: (_names(serve, place.url, [each]), one) for each, one in expected.items()}
    assert {each: pair for each, pair in wrong.items() if pair[0] != pair[1]} == {}


def _names(serve: Serve, url: str, expressions: list[str]) -> str:
    """The name of a session whose parts are these expressions, or why there is none."""
    parts = [f"CONCAT('<', {each}, '>')".replace("\\", "\\\\").replace('"', '\\"') for each in expressions]
    listed = ", ".join(f'"{part}"' for part in parts)
    try:
        place = serve(toml=f"[session]\nname = [{listed}]", url=url)
    except InvalidFile as error:
        return str(error)
    answer = place.ask("ListSessions")
    return answer["sessions"][0]["name"] if "sessions" in answer else f"{answer} {place.said()}"
