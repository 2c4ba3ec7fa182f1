"""What was measured, against what, and whether it holds; and how it is shown."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much is asked."""

    bills: int = 1000
    """Open bills of ten lines each."""
    rounds: int = 9
    """Rounds in which the servers take turns; a ratio is the median of those of the rounds."""
    asked: int = 300
    """Single questions a round and server."""
    under_way: int = 1000
    """Questions a round and server with 16 in flight."""
    lists: int = 3
    """Lists of all bills a round and server."""
    closed: int = 1_000_000
    starts: int = 7
    reads: int = 2000
    """Reads while a writer writes."""


QUICK = Scale(rounds=4, asked=100, under_way=500, lists=2, closed=100_000, starts=3, reads=600)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One line of the report."""

    what: str
    unit: str
    floor: float | None
    """What it is compared with, where it is."""
    adapter: float
    ratio: float | None
    target: str
    held: bool
    note: str = ""


def of_rounds(
    what: str,
    unit: str,
    rounds: Sequence[tuple[Sequence[float], Sequence[float]]],
    *,
    at_most: float | None = None,
    at_least: float | None = None,
    note: str = "",
) -> Measure:
    """The medians of what floor and adapter gave in each round, and the median of the rounds' ratios."""
    ratio = statistics.median(statistics.median(ours) / statistics.median(floors) for floors, ours in rounds)
    held = ratio <= at_most if at_most is not None else ratio >= (at_least or 0)
    return Measure(
        what=what,
        unit=unit,
        floor=statistics.median(value for floors, _ in rounds for value in floors),
        adapter=statistics.median(value for _, ours in rounds for value in ours),
        ratio=ratio,
        target=f"<= {at_most:g} x" if at_most is not None else f">= {at_least:g} x",
        held=held,
        note=note,
    )


def show(measures: Sequence[Measure], remarks: Sequence[str], console: Console) -> None:
    """One table, then what stands in no table."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("what", "floor", "adapter", "ratio", "target", "verdict"):
        table.add_column(name, justify="left" if name in ("what", "target", "verdict") else "right")
    for one in measures:
        table.add_row(
            f"{one.what}\n  {one.note}" if one.note else one.what,
            "" if one.floor is None else _number(one.floor, one.unit),
            _number(one.adapter, one.unit),
            "" if one.ratio is None else f"{one.ratio:.2f}",
            one.target,
            "[green]holds[/green]" if one.held else "[red]MISSED[/red]",
        )
    console.print(table)
    for remark in remarks:
        console.print(remark, markup=False, highlight=False)


def write_json(measures: Sequence[Measure], remarks: Sequence[str], file: Path) -> None:
    """The same for programs."""
    found = {"measures": [asdict(one) for one in measures], "remarks": list(remarks)}
    file.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def _number(value: float, unit: str) -> str:
    digits = 0 if float(value).is_integer() or abs(value) >= 1000 else 2 if abs(value) < 100 else 1
    return f"{value:,.{digits}f} {unit}".strip()
