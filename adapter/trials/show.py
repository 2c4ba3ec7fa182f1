"""Prints the results of tests for people. Runs nothing."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from adapter.trials.run import TestResult

_WORDS = {"passed": ("pass", "green"), "failed": ("FAIL", "bold red"), "skipped": ("skip", "yellow")}


def outcome(result: TestResult) -> str:
    """`passed`, `failed` or `skipped`."""
    if result.skipped:
        return "skipped"
    return "passed" if result.passed else "failed"


def show_result(result: TestResult, out: Console) -> None:
    """Print one test, and what was not as expected."""
    word, style = _WORDS[outcome(result)]
    out.print(Text.assemble((f"{word}  ", style), result.name), soft_wrap=True)
    if result.skipped:
        out.print(Text(f"      {result.skipped}", style="dim"), soft_wrap=True)
    for problem in result.findings:
        out.print(Text(f"      {problem}"), soft_wrap=True)


def show_summary(results: Sequence[TestResult], out: Console) -> None:
    """Print how many passed, failed and were skipped."""
    counts = {kind: sum(outcome(result) == kind for result in results) for kind in _WORDS}
    said = [f"{count} {kind}" for kind, count in counts.items() if count or kind == "passed"]
    out.print(Text(", ".join(said), style="bold red" if counts["failed"] else "bold"))


def as_dict(result: TestResult) -> dict[str, object]:
    """For `--json`."""
    return {
        "name": result.name,
        "line": result.line,
        "outcome": outcome(result),
        "skipped": result.skipped,
        "findings": [
            {
                "file": problem.file,
                "line": problem.line,
                "key": problem.key,
                "message": problem.message,
                "hint": problem.hint,
            }
            for problem in result.findings
        ],
    }
