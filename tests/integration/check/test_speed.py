"""Look-ups without an index, statements that go through many rows, and a till that is large, busy or in use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from adapter.check import run


def test_a_missing_index_is_told_with_the_statement_that_makes_it(small: Any):
    small.sql("DROP INDEX line_chk")
    finding = small.only("no-index")
    assert finding.severity == "warning"
    assert finding.sql == "CREATE INDEX CONCURRENTLY ON line (chk);"
    assert finding.problem.line == small.line("JOIN line i")
    assert "the EPOS vendor's consent" in finding.problem.hint
    small.sql(finding.sql)
    assert small.findings("no-index") == []


@pytest.mark.parametrize(
    ("sql", "index", "line"),
    [
        ("ALTER TABLE chk DROP CONSTRAINT chk_pkey CASCADE", "chk (id)", 'id          = "k.id"'),
        ("DROP INDEX extra_line", "extra (line)", "JOIN extra e"),
        ("DROP INDEX pay_ref", "pay (ref)", "FROM pay p"),
    ],
    ids=["session", "modifier", "verify"],
)
def test_every_look_up_of_a_growing_table_needs_an_index(small: Any, sql: str, index: str, line: str):
    small.sql(sql)
    finding = small.only("no-index")
    assert finding.sql == f"CREATE INDEX CONCURRENTLY ON {index};"
    assert finding.problem.line == small.line(line)


def test_an_index_that_holds_only_some_rows_does_not_count(small: Any):
    small.sql("DROP INDEX line_chk")
    small.sql("CREATE INDEX some_lines ON line (chk) WHERE units > 1")
    assert small.only("no-index").sql == "CREATE INDEX CONCURRENTLY ON line (chk);"


def test_a_search_of_a_large_table_needs_an_index_and_of_a_small_one_does_not(small: Any):
    assert small.findings("no-index") == []
    small.sql(MANY, 3000)
    small.sql("ANALYZE chk")
    finding = small.only("no-index")
    assert finding.sql == "CREATE INDEX CONCURRENTLY ON chk (status);"
    assert finding.problem.key == "session.finished"


MANY = """
INSERT INTO chk (id, room, opened, status, total, closed, paid)
    SELECT n, 1, now() - interval '1 day', 'CLOSED', 25, now() - interval '23 hours', 25
    FROM generate_series(1000, 1000 + %s) n"""


def test_a_statement_that_goes_through_many_rows_for_one_bill_is_told(small: Any):
    small.sql("CREATE INDEX chk_status ON chk (status)")
    small.sql("INSERT INTO line (chk, product, units, price) SELECT 1, 1, 0, 0 FROM generate_series(1, 20000)")
    small.sql("ANALYZE")
    planted = small.plant(
        ('"JOIN line i ON i.chk = k.id"', '"JOIN line i ON CAST(i.chk AS text) = CAST(k.id AS text)"')
    )
    found = planted.findings("slow-shape")
    assert found
    assert {f.problem.line for f in found} == {planted.line("CAST(i.chk")}
    assert "rows of line (Seq Scan)" in found[0].problem.message


def test_a_million_checks_are_looked_at_within_bounds(small: Any):
    small.sql("CREATE INDEX chk_status ON chk (status)")
    small.sql(MANY, 1_000_000)
    small.sql(
        "INSERT INTO line (chk, product, name, units, price) SELECT id, 1, 'Dish', 1, 25 FROM chk WHERE id >= 1000000"
    )
    small.sql("ANALYZE")
    report = small.report()
    # What takes longer than a question may is a note, and the rest is found as ever.
    assert [str(f.problem) for f in report.findings if f.kind != "not-checked"] == []
    assert report.sessions == 220
    small.sql("TRUNCATE chk CASCADE")  # or the server writes it all to disk when it stops


def test_questions_that_are_asked_when_the_time_is_up_are_left_out_and_said(small: Any):
    report = small.report(seconds=0.0)
    assert report.is_good
    (note,) = [f for f in report.findings if "questions were not asked" in f.problem.message]
    assert note.kind == "not-checked"
    assert report.sessions == 0


@pytest.fixture
def in_use(small: Any) -> Iterator[Any]:
    """A till that holds its lines for itself."""
    address = make_url(small.url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address) as connection:
        connection.execute("LOCK TABLE line IN ACCESS EXCLUSIVE MODE")
        yield connection


@pytest.mark.usefixtures("in_use")
def test_a_table_that_somebody_else_holds_is_a_note_and_the_rest_is_found(small: Any):
    small.sql("UPDATE room SET state = 'X' WHERE id = 3")
    report = small.report()
    assert report.is_good
    notes = [f for f in report.findings if f.kind == "not-checked"]
    assert any("because somebody else holds the table" in f.problem.message for f in notes)
    assert [f.kind for f in report.findings if f.severity == "warning"] == ["code-uncovered"]


def test_on_an_engine_whose_catalogue_is_unknown_the_rest_is_checked_and_that_is_said(
    small: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(run, "inspector_of", lambda _: None)
    small.sql("UPDATE chk SET total = 26.5 WHERE id = 7")
    report = small.report()
    notes = [f.problem.message for f in report.findings if f.kind == "not-checked"]
    assert [note.split(":")[0] for note in notes] == ["the clock", "rights", "indexes", "slow shapes"]
    assert [f.kind for f in report.findings if f.severity == "warning"] == ["bill-unbalanced"]
