"""Prints what was found, for people: by section of the mapping, errors first, each with what to do."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Sequence
from pathlib import Path

from msgspec import structs
from rich.console import Console
from rich.text import Text

from adapter.check.findings import Finding, Severity, counts
from adapter.check.rehearse import Rehearsal
from adapter.check.run import Report
from adapter.check.watching import Written
from adapter.mapping.capabilities import Served

_STYLES: dict[Severity, str] = {"error": "bold red", "warning": "yellow", "note": "cyan"}
_SECTIONS = (
    "site", "columns", "table", "session", "bill", "item", "modifier", "discount", "charge", "tax_line", "payment",
    "lock", "record", "test",
)  # fmt: skip
_MARGIN = " " * 10
_WIDEST = 120


def show(report: Report, console: Console) -> None:
    """Print a report."""
    width = min(console.width, _WIDEST)
    for section, findings in _grouped(report.findings):
        console.print(Text(section, style="bold"))
        for finding in findings:
            _show_finding(finding, console, width)
        console.print()
    for rehearsal in report.rehearsals:
        _show_rehearsal(rehearsal, console, width)
    _show_capabilities(report.capabilities, console, width)
    console.print(_summary(report), soft_wrap=True)


def _grouped(findings: Sequence[Finding]) -> list[tuple[str, list[Finding]]]:
    """The findings of each section, sections with errors first, then in the order of a mapping."""
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(_section(finding), []).append(finding)
    order = [f"[{name}]" for name in _SECTIONS]

    def rank(name: str) -> tuple[bool, int]:
        has_error = any(finding.severity == "error" for finding in groups[name])
        return not has_error, order.index(name) if name in order else len(order)

    return [(name, groups[name]) for name in sorted(groups, key=rank)]


def _section(finding: Finding) -> str:
    name = finding.problem.key.split(".", 1)[0].split("[", 1)[0]
    return f"[{name}]" if name in _SECTIONS else "installation" if name else "everything"


def _show_finding(finding: Finding, console: Console, width: int) -> None:
    problem = finding.problem
    where = _short(problem.file)
    if problem.line:
        where += f":{problem.line}" + (f":{problem.column}" if problem.column else "")
    lead = f"{where}: {problem.key}: " if problem.key else f"{where}: "
    lines = textwrap.wrap(
        lead + problem.message, max(40, width - len(_MARGIN)), break_long_words=False, break_on_hyphens=False
    )
    for number, line in enumerate(lines):
        mark = f"{finding.severity:<8}" if number == 0 else " " * 8
        text = Text.assemble((mark, _STYLES[finding.severity]), "  ", line)
        if number == 0:
            text.stylize("dim", len(_MARGIN), len(_MARGIN) + len(where) + 1)
        console.print(text, soft_wrap=True, highlight=False)
    for number, line in enumerate(
        textwrap.wrap(problem.hint, max(40, width - len(_MARGIN) - 2), break_on_hyphens=False)
    ):
        console.print(Text(f"{_MARGIN}{'> ' if number == 0 else '  '}{line}"), soft_wrap=True, highlight=False)
    if finding.sql:
        # Never broken: it is there to be copied.
        console.print(Text(f"{_MARGIN}  {finding.sql}", style="green"), soft_wrap=True, highlight=False)


def _short(file: str) -> str:
    """A file as it is called from here, if that is shorter."""
    here = str(Path.cwd()) + os.sep
    return file.removeprefix(here)


def _show_rehearsal(one: Rehearsal, console: Console, width: int) -> None:
    console.print(Text(f"rehearsal: {one.amount} on {one.session}", style="bold"))
    if one.problem:
        console.print(Text.assemble(("  not recorded: ", "bold red"), one.problem), soft_wrap=True, highlight=False)
    console.print(f"  bill before   {one.before}", highlight=False)
    if one.after:
        console.print(f"  bill after    {one.after}", highlight=False)
    step = ""
    for row in one.rows:
        if row.step != step:
            step = row.step
            console.print(Text(f"  {step}", style="bold"), soft_wrap=True)
        for line in _row_lines(row, width - 6):
            console.print(Text(f"    {line}"), soft_wrap=True, highlight=False)
    console.print("  all of it was undone", highlight=False)
    if one.sequences:
        console.print(
            Text(f"  but numbers were taken from {', '.join(one.sequences)}, and stay taken"),
            soft_wrap=True,
            highlight=False,
        )
    console.print()


def _row_lines(row: Written, width: int) -> list[str]:
    """A row in words: what is new, what changed, what is gone."""
    if row.before is None:
        sign, values = "+", [f"{name} = {value}" for name, value in (row.after or {}).items() if value != "NULL"]
    elif row.after is None:
        sign, values = "-", [f"{name} = {value}" for name, value in row.before.items() if value != "NULL"]
    else:
        sign = "~"
        known = {name: row.after[name] for name in row.key if name in row.after}
        known = known or dict(list(row.after.items())[:1])
        values = [f"{', '.join(f'{name} = {value}' for name, value in known.items())}:"]
        values += [
            f"{name} {row.before.get(name, '')} -> {value}"
            for name, value in row.after.items()
            if row.before.get(name) != value
        ]
    text = ", ".join(values).replace(":, ", ": ")
    lines = textwrap.wrap(text, max(30, width), break_on_hyphens=False)
    return [f"{sign if number == 0 else ' '} {line}" for number, line in enumerate(lines)]


def _show_capabilities(capabilities: Sequence[Served], console: Console, width: int) -> None:
    """How far each capability of the EPOS Data API is served, what has the same to say on one line."""
    if not capabilities:
        return
    console.print(Text("EPOS Data API", style="bold"))
    groups: dict[Served, list[str]] = {}
    for one in capabilities:
        groups.setdefault(structs.replace(one, name=""), []).append(one.name)
    for said, names in groups.items():
        mark = ("served", "green") if said.is_offered else ("no", "dim")
        lines = textwrap.wrap(", ".join(names), max(40, width - len(_MARGIN)), break_on_hyphens=False)
        for number, line in enumerate(lines):
            lead = f"{mark[0]:<8}" if number == 0 else " " * 8
            console.print(Text.assemble((lead, mark[1]), "  ", line), soft_wrap=True, highlight=False)
        widest = max((len(each.key) for each in said.missing), default=0)
        for each in said.missing:
            line = f"{_MARGIN}  {each.key:<{widest}}  not said: {each.instead}"
            console.print(Text(line, style="dim"), soft_wrap=True, highlight=False)
        for limit in (*([said.reason] if said.reason else []), *said.limits):
            _show_beneath(limit, console, width)
    console.print()


def _show_beneath(text: str, console: Console, width: int) -> None:
    for number, line in enumerate(textwrap.wrap(text, max(40, width - len(_MARGIN) - 2), break_on_hyphens=False)):
        console.print(Text(f"{_MARGIN}{'> ' if number == 0 else '  '}{line}"), soft_wrap=True, highlight=False)


def _summary(report: Report) -> Text:
    found = counts(report.findings)
    text = Text()
    for severity, number in found.items():
        word = severity if number == 1 else f"{severity}s"
        text.append(f"{number} {word}", style=_STYLES[severity] if number else "dim")
        text.append(", " if severity != "note" else "")
    text.append(f"; {report.sessions} sessions read of {report.epos}")
    tests = report.tests
    if tests.passed or tests.failed:
        text.append(f"; {tests.passed} of {tests.passed + tests.failed} tests passed")
    if report.is_good and not found["warning"]:
        text.append("; nothing is wrong", style="green")
    return text
