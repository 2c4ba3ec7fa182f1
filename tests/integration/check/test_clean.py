"""Where nothing is wrong, nothing is said to be; what is odd about the shipped evenings is said as what it is."""

from __future__ import annotations

from typing import Any


def test_a_restaurant_in_which_nothing_is_wrong_gives_no_finding(small: Any):
    assert [str(finding.problem) for finding in small.report().findings] == []


def test_the_shipped_floreant_evening_has_no_error_and_no_warning(floreant: Any):
    report = floreant.report()
    assert [str(f.problem) for f in report.findings if f.severity != "note"] == []
    assert {f.kind for f in report.findings} == {
        "code-unused",  # nothing was paid by a card machine yet, and nothing given back
        "dash-in-name",
        "not-checked",  # a test of a column that this build of the till lacks
        "null-declared",
        "payment-hazard",
        "site-empty",
    }
    assert report.tests.failed == 0
    assert report.sessions == 17


def test_the_shipped_pasteque_evening_has_no_error_and_two_warnings_that_make_sense(pasteque: Any):
    report = pasteque.report()
    assert report.is_good
    # Checks at the bar have no table, and the till really has no index for the lines of an open check.
    assert {f.kind for f in report.findings if f.severity == "warning"} == {"no-index", "table-lost"}


def test_checking_writes_nothing(small: Any):
    before = small.state()
    small.report()
    assert small.state() == before
