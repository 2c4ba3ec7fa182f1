"""What was found, kind by kind, and what nobody found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.mutation.judge import Verdict
from tests.mutation.work import meaning_of

FEWEST_FOUND = 0.90
"""The part of the mistakes that must be found."""
FEWEST_POINTED = 0.95
"""The part of those found whose key must be named."""


def found_of(verdicts: Sequence[Verdict]) -> float:
    """The part that was found."""
    return sum(one.found != "nobody" for one in verdicts) / len(verdicts) if verdicts else 0.0


def pointed_of(verdicts: Sequence[Verdict]) -> float:
    """Of those found, the part whose key was named."""
    found = [one for one in verdicts if one.found != "nobody"]
    return sum(one.pointed for one in found) / len(found) if found else 0.0


def show(verdicts: Sequence[Verdict], console: Console) -> None:
    """A row for each kind, then every mistake that was not found, or found elsewhere."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("kind")
    for name in ("made", "load", "check", "test", "nobody", "pointed"):
        table.add_column(name, justify="right")
    for kind in dict.fromkeys(one.task.kind for one in sorted(verdicts, key=lambda one: one.task.kind)):
        of = [one for one in verdicts if one.task.kind == kind]
        by = Counter(one.found for one in of)
        row = [str(by[name]) if by[name] else "" for name in ("load", "check", "test", "nobody")]
        table.add_row(kind.replace("_", " "), str(len(of)), *row, str(sum(one.pointed for one in of)))
    console.print(table)
    for title, chosen in (
        ("Not found", [one for one in verdicts if one.found == "nobody"]),
        ("Found, and something else was named", [one for one in verdicts if one.found != "nobody" and not one.pointed]),
    ):
        console.print(f"\n[bold]{title}[/bold]: {len(chosen)}")
        for one in sorted(chosen, key=lambda one: (one.task.mapping, one.line)):
            key = ".".join(map(str, one.task.edit.path))
            console.print(
                f"  {one.task.mapping}.toml:{one.line}: {key}: {one.task.kind.replace('_', ' ')}: {one.task.edit.what}",
                markup=False,
                highlight=False,
            )
            if one.said:
                console.print(f"      {one.said[0]}"[:300], markup=False, highlight=False)
    console.print(
        f"\n{len(verdicts)} mistakes of {len({one.task.kind for one in verdicts})} kinds:"
        f" {found_of(verdicts):.1%} found (at least {FEWEST_FOUND:.0%}),"
        f" {pointed_of(verdicts):.1%} of these with the key that holds them (at least {FEWEST_POINTED:.0%})"
    )


def summary(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """For programs."""
    return {
        "made": len(verdicts),
        "found": found_of(verdicts),
        "pointed": pointed_of(verdicts),
        "verdicts": [
            {
                "mapping": one.task.mapping,
                "line": one.line,
                "key": ".".join(map(str, one.task.edit.path)),
                "kind": one.task.kind,
                "means": meaning_of(one.task.kind),
                "what": one.task.edit.what,
                "found": one.found,
                "pointed": one.pointed,
                "said": list(one.said),
            }
            for one in verdicts
        ],
    }
