"""What a page of orders costs: by the rows that PostgreSQL goes through for it, near the front and deep inside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import RawCursor

from adapter.mapping.search import Search

from .conftest import Restaurant, Serve

FINISHED, OPEN, PAGE = 30_000, 1_000, 101

EVENINGS = f"""
CREATE INDEX ON chk (done);
CREATE INDEX ON line (check_id);
INSERT INTO chk (id, name, total, done, closed)
  SELECT n, 'C' || n, 5, n <= {FINISHED}, CASE WHEN n <= {FINISHED} THEN TIMESTAMP '2026-01-09 12:00' END FROM generate_series(1, {FINISHED + OPEN}) n;
INSERT INTO line (id, check_id, price) SELECT n, n, 5 FROM generate_series(1, {FINISHED + OPEN}) n;
"""


@pytest.fixture
def place(serve: Serve) -> Restaurant:
    made = serve(EVENINGS)
    made.sql("ANALYZE chk")
    made.sql("ANALYZE line")
    return made


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def visited(place: Restaurant, plan: Any, **given: Any) -> tuple[int, list[str]]:
    """How many rows a statement goes through, and how it reads each table."""
    values = {**plan.constants, **given}
    with psycopg.connect(place.plain_url) as connection:
        cursor = RawCursor(connection)
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {plan.driver}", [values[name] for name in plan.names])
        found = list(nodes(cursor.fetchall()[0][0][0]["Plan"]))
    rows = sum(
        (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        for node in found
        if "Scan" in node["Node Type"]
    )
    return round(rows), [f"{node['Node Type']} on {node['Relation Name']}" for node in found if "Relation Name" in node]


def test_a_deep_page_goes_through_no_more_rows_than_the_first(place: Restaurant):
    bound = place.runner.run(place.app.store.bind_or_raise())
    search = Search(is_payable=True)
    first = bound.statements.page(search, forward=True, goes_on=False)
    later = bound.statements.page(search, forward=True, goes_on=True)
    back = bound.statements.page(search, forward=False, goes_on=True)
    front, how = visited(place, first, page_size=PAGE)
    # Each open check once in the index and once in the table, and none of those that are finished.
    assert front <= OPEN * 2, how
    for depth in (PAGE, 500, 899):
        for plan in (later, back):
            rows, how = visited(place, plan, page_size=PAGE, from_0=FINISHED + depth)
            assert rows <= front, (depth, how)
            assert not [scan for scan in how if scan.startswith("Seq Scan")], how
    # Every order of the history is reached by its key alone.
    everything = bound.statements.page(Search(), forward=True, goes_on=True)
    for depth in (0, FINISHED // 2, FINISHED - 1_000):
        rows, how = visited(place, everything, page_size=PAGE, from_0=depth)
        assert rows == PAGE, how
