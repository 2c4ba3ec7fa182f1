"""What a specification says to all that was recorded: tables for people, JSON for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.published.exceptions import ANSWERS, REQUESTS, Exemption
from tests.published.judge import Tally

_SHOWN = 20
"""Wrong messages that are shown, each of another kind."""
_LONGEST = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was judged, and by what."""

    specification: str
    answers: Tally
    requests: Tally

    @property
    def is_good(self) -> bool:
        """Whether there were answers, and nothing was wrong."""
        return self.answers.total > 0 and not self.answers.failed and not self.requests.failed


def show(outcome: Outcome, console: Console) -> None:
    """Answers by method, exceptions by name, requests by method, and what was wrong."""
    console.print(f"[bold]{outcome.specification}[/bold]\n", highlight=False)
    console.print(_answers(outcome.answers))
    console.print()
    console.print(_exceptions("answers", outcome.answers, ANSWERS))
    if outcome.requests.total:
        console.print()
        console.print(_requests(outcome.requests))
        console.print()
        console.print(_exceptions("requests", outcome.requests, REQUESTS))
    for title, tally in (("Answers", outcome.answers), ("Requests", outcome.requests)):
        for frame, method, problems in tally.failures[:_SHOWN]:
            console.print(f"\n[bold]{title}[/bold]: {method}, by {frame.by}", highlight=False)
            for problem in problems:
                console.print(f"  {problem}", markup=False, highlight=False)
            console.print(
                f"  asked:    {(frame.asked or '-')[:_LONGEST]}", markup=False, highlight=False, soft_wrap=True
            )
            console.print(f"  answered: {frame.text[:_LONGEST]}", markup=False, highlight=False, soft_wrap=True)
    console.print(f"\n{_sentence(outcome)}", highlight=False)


def _sentence(outcome: Outcome) -> str:
    found, asked = outcome.answers, outcome.requests
    if not found.total:
        return "Nothing was recorded, so nothing is shown."
    sockets = sum(count for (_, _, place), count in found.frames.items() if place == "socket")
    text = (
        f"{found.total:,} answers, {sockets:,} of them on sockets, of {found.shapes:,} shapes: {found.failed:,} wrong."
    )
    if asked.total:
        text += f" {asked.total:,} requests of the simulator: {asked.refused:,} refused as they must be, {asked.failed:,} wrong."
    return text


def _answers(tally: Tally) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("method")
    for name in ("results", "errors", "on sockets", "in process"):
        table.add_column(name, justify="right")
    methods = sorted({method for method, _, _ in tally.frames})
    for method in (*methods, None):
        table.add_row(
            "all" if method is None else method,
            *(
                f"{_count(tally.frames, method, part):,}"
                for part in ((1, "result"), (1, "error"), (2, "socket"), (2, "process"))
            ),
        )
    return table


def _count(frames: Counter[tuple[str, str, str]], method: str | None, part: tuple[int, str]) -> int:
    place, wanted = part
    return sum(count for key, count in frames.items() if method in (None, key[0]) and key[place] == wanted)


def _exceptions(what: str, tally: Tally, exceptions: Mapping[str, Exemption]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("exception")
    table.add_column(what, justify="right")
    table.add_column("why")
    for name, exception in exceptions.items():
        count = tally.needed[name]
        table.add_row(name, f"{count:,}" if count else "unused", exception.why)
    return table


def _requests(tally: Tally) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("the simulator asked")
    table.add_column("requests", justify="right")
    for method in sorted({method for method, _, _ in tally.frames}):
        table.add_row(method, f"{_count(tally.frames, method, (1, 'request')):,}")
    return table


def figures(outcome: Outcome) -> dict[str, Any]:
    """For programs."""
    found = outcome.answers
    return {
        "specification": outcome.specification,
        "answers": {
            "frames": found.total,
            "shapes": found.shapes,
            "failed": found.failed,
            "by": [
                {"method": method, "kind": kind, "place": place, "frames": count}
                for (method, kind, place), count in sorted(found.frames.items())
            ],
            "exceptions": {name: found.needed[name] for name in ANSWERS},
            "failures": [
                {"by": frame.by, "asked": frame.asked, "frame": frame.text, "problems": list(problems)}
                for frame, _, problems in found.failures
            ],
        },
        "requests": {
            "frames": outcome.requests.total,
            "refused": outcome.requests.refused,
            "exceptions": {name: outcome.requests.needed[name] for name in REQUESTS},
            "failed": outcome.requests.failed,
            "failures": [
                {"by": frame.by, "frame": frame.text, "problems": list(problems)}
                for frame, _, problems in outcome.requests.failures
            ],
        },
    }


def as_json(outcome: Outcome) -> str:
    """The figures as a text."""
    return json.dumps(figures(outcome), indent=2, ensure_ascii=False) + "\n"
