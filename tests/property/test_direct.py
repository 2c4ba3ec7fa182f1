"""However sessions are found, and whatever their lines need: by their own reference come the same lines as by way of the session."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp, parse_one

from adapter.mapping.catalogue import ColumnFact
from adapter.mapping.direct import direct
from adapter.mapping.engines import ENGINES
from adapter.mapping.gather import Gatherer
from adapter.mapping.plans import Kind, Part, plan

FACT = ColumnFact(name="", family="integer", nullable=True)
KEYS = {("k.id",): "{0}.k_id = k.id", ("k.shop", "k.no"): "k.no = {0}.no AND {0}.shop = k.shop"}
"""Keys of a session, and how something refers to it by them."""
ASKED = {("k.id",): ["k.id IN (1, 2, 3, 4)"], ("k.shop", "k.no"): ["k.shop = 1", "k.no IN (1, 2, 3, 4)"]}

FROM = {
    "k": "1",
    "k LEFT JOIN u ON u.id = k.u_id": "u.id = 1 OR u.id IS NULL",
    "k JOIN u ON u.id = k.u_id": "u.id = 1",
    "(k JOIN u ON u.id = k.u_id)": "u.id = 1",
    "k JOIN s ON {s}": "s.n = k.n",
    "k JOIN s ON {s} LEFT JOIN u ON u.id = s.n": "s.n = 1",
    "k JOIN s ON {s} AND s.n = k.n": "k.n = 1 AND s.n = 1",
}
"""Where sessions come from, and a condition on what is joined to them."""

WANTED = [
    "k.voided = 0",
    "NOT EXISTS(SELECT 1 FROM i WHERE {i} AND i.seat = 1)",
    "EXISTS(SELECT 1 FROM i AS j WHERE {j})",
    "k.id IN (SELECT k.id FROM k WHERE k.n = 1)",
]
LINES = [
    "JOIN i ON {i}",
    "JOIN i ON {i} AND i.seat = 0",
    "JOIN i ON {i} AND i.seat <> k.n",
    "JOIN i ON {i} JOIN m ON m.i_id = i.id",
    "JOIN i ON {i} LEFT JOIN m ON m.i_id = i.id AND m.i_id > k.n",
    "JOIN (i LEFT JOIN m ON m.i_id = i.id) ON {i}",
    "JOIN m ON m.i_id = k.n JOIN i ON {i}",
]
FIELDS = [
    "i.price",
    "{key} + i.price",
    "k.n",
    "(SELECT COUNT(*) FROM s AS i WHERE {i})",
    "(SELECT MAX(j.price) FROM i AS j WHERE {j})",
    "CASE WHEN k.n = 1 THEN i.price END",
]
LINES_WANTED = ["i.seat = 0", "i.price <> {key}", "NOT EXISTS(SELECT 1 FROM s AS i WHERE {i})", "k.n = 1"]

TILL = """
CREATE TABLE k (id INTEGER, shop INTEGER, no INTEGER, u_id INTEGER, voided INTEGER, n INTEGER);
CREATE TABLE u (id INTEGER);
CREATE TABLE s (k_id INTEGER, shop INTEGER, no INTEGER, n INTEGER);
CREATE TABLE i (id INTEGER, k_id INTEGER, shop INTEGER, no INTEGER, seat INTEGER, price INTEGER);
CREATE TABLE m (i_id INTEGER);
INSERT INTO k VALUES (1, 1, 1, 1, 0, 1), (2, 1, 2, 2, 0, 2), (3, 1, 3, NULL, 0, 1), (4, 1, 4, 1, 1, 1), (5, 2, 1, 1, 0, 1);
INSERT INTO u VALUES (1), (2);
INSERT INTO s VALUES (1, 1, 1, 1), (1, 1, 1, 2), (2, 1, 2, 2), (2, 1, 2, 1), (4, 1, 4, 1), (5, 2, 1, 1), (NULL, NULL, NULL, 1);
INSERT INTO i VALUES (1, 1, 1, 1, 0, 5), (2, 1, 1, 1, 0, 1), (3, 2, 1, 2, 0, 7), (4, 2, 1, 2, 1, 7), (5, 3, 1, 3, 0, 9), (6, 4, 1, 4, 0, 8),
  (7, 5, 2, 1, 0, 6), (8, 99, 9, 9, 0, 3), (9, NULL, 1, NULL, 0, 2);
INSERT INTO m VALUES (1), (2), (2), (3), (5), (6);
"""


def part(
    kind: Kind, key: tuple[str, ...], source: str, fields: list[str], wanted: tuple[exp.Expr, ...], own: list[str]
) -> Part:
    """A branch as `adapter/mapping/line_parts.py` makes them."""
    select = parse_one(f"SELECT 1 FROM {source}", into=exp.Select)
    outputs = {f"session.{place}": parse_one(name) for place, name in enumerate(key)}
    return Part(
        kind=kind,
        index=0,
        outputs={**outputs, **{f"f{place}": parse_one(one) for place, one in enumerate(fields)}},
        first=select.args["from_"].this,
        joins=tuple(select.args.get("joins") or ()),
        where=(*wanted, *map(parse_one, own)),
    )


@settings(max_examples=300, deadline=None)
@given(
    key=st.sampled_from(sorted(KEYS)),
    source=st.sampled_from(sorted(FROM)),
    is_limited=st.booleans(),
    wanted=st.lists(st.sampled_from(WANTED), max_size=2, unique=True),
    lines=st.sampled_from(LINES),
    fields=st.lists(st.sampled_from(FIELDS), min_size=1, max_size=3, unique=True),
    own=st.lists(st.sampled_from(LINES_WANTED), max_size=1),
)
def test_the_lines_of_a_session_are_the_same_by_their_own_reference(
    key: tuple[str, ...],
    source: str,
    is_limited: bool,
    wanted: list[str],
    lines: str,
    fields: list[str],
    own: list[str],
):
    def said(text: str) -> str:
        return text.format(key=key[0], **{name: KEYS[key].format(name) for name in "ijs"})

    asked = ASKED[key] + [said(one) for one in wanted] + [FROM[source]] * is_limited
    root = tuple(exp.paren(parse_one(one)) if " OR " in one else parse_one(one) for one in asked)
    session = part("session", key, said(source), ["k.n"], root, [])
    line = part("item", key, said(f"{source} {lines}"), [*map(said, fields), "i.id"], root, [*map(said, own)])
    with closing(sqlite3.connect(":memory:")) as till:
        till.executescript(TILL)
        assert told(till, session, direct(line, root, lambda _: FACT)) == told(till, session, line)


def told(till: sqlite3.Connection, session: Part, line: Part) -> list[Counter[tuple[int | None, ...]]]:
    """The lines of the sessions that are found, without what is the session's."""
    statement = plan("bill", [session, line], ENGINES["sqlite"], {}, {})
    (_, items), width = statement.branches, sum(name.startswith("session.") for name in line.outputs)
    places = [place for name, place in items.slots.items() if not name.startswith("session.")]
    found = Gatherer(statement, width).gather(till.execute(statement.driver).fetchall())
    return [Counter(tuple(row[place] for place in places) for row in one.items) for _, one in found]
