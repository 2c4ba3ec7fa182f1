"""The tests inside a mapping are run by `check` too."""

from __future__ import annotations

from typing import Any

TEST = """
[[test]]
name    = "one dish"
method  = "GetBillItems"
session = 101
[test.rows]
chk  = [{ id = 101, total = 10 }]
line = [{ id = 1, chk = 101, name = "Soup", units = 2, price = 5 }]
[test.expect.billItems]
totalAmount = 1000
"""


def test_a_test_that_passes_is_counted(small: Any):
    small.text += TEST
    report = small.report()
    assert [str(f.problem) for f in report.findings] == []
    assert (report.tests.passed, report.tests.failed) == (1, 0)


def test_a_test_that_fails_is_an_error_at_its_line(small: Any):
    small.text += TEST.replace("1000", "999")
    finding = small.only("test-fails")
    assert finding.severity == "error"
    assert "one dish: expected 999, was 1000" in finding.problem.message
    assert finding.problem.line == small.line("totalAmount")


def test_tests_of_a_mapping_that_does_not_fit_are_left_out_and_the_misfit_is_said_once(small: Any):
    small.text += TEST
    planted = small.plant(("t.seats", "t.seets"))
    report = planted.report()
    assert [f.kind for f in report.findings if f.severity == "error"] == ["missing-column"]
    assert any(f.problem.key == "test" for f in report.findings if f.kind == "not-checked")


def test_a_role_that_may_make_no_temporary_tables_has_the_tests_left_out(small: Any, role: str):
    small.sql(f'GRANT USAGE ON SCHEMA epos_adapter TO "{role}"')
    small.sql(f'GRANT ALL ON ALL TABLES IN SCHEMA public, epos_adapter TO "{role}"')
    small.sql(f'GRANT ALL ON ALL SEQUENCES IN SCHEMA public, epos_adapter TO "{role}"')
    ((database,),) = small.sql("SELECT current_database()")
    small.sql(f'REVOKE TEMPORARY ON DATABASE "{database}" FROM PUBLIC')
    small.text += TEST
    report = small.report(role=role)
    assert report.is_good
    (note,) = report.findings
    assert (note.severity, note.kind, note.problem.key) == ("note", "not-checked", "test")
    assert "may not make temporary tables" in note.problem.message
    assert note.problem.hint.startswith(
        "nothing, on site; before, for epos-adapter test: run it as whoever owns the tables"
    )
    assert f"GRANT TEMPORARY ON DATABASE {database} TO {role};" in note.problem.hint
