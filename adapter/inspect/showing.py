"""Shows people what an inspection found, and what to do next."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from adapter.inspect.inspecting import Inspection
from adapter.inspect.roles import ROLES

_CALLED = {
    "area": "areas",
    "discount": "discounts",
    "item": "lines",
    "modifier": "modifiers",
    "payment": "payments",
    "session": "checks",
    "staff": "staff",
    "table": "tables",
    "tax": "taxes",
}
_SURE, _LIKELY = 0.75, 0.5


def show(found: Inspection, file: Path, problems: list[str], console: Console) -> None:
    """Print what was found, where the draft is, and what to do next."""
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    for name in ("what", "table", "sure", "next best", "sure"):
        grid.add_column(name, justify="right" if name == "sure" else "left", no_wrap=True)
    for role in ROLES:
        part = found.parts.get(role)
        if part is None:
            grid.add_row(_CALLED[role], Text("none found", style="dim"), "", "", "")
            continue
        style = "green" if part.confidence >= _SURE else "yellow" if part.confidence >= _LIKELY else "red"
        second = f"{part.runner_up_confidence:.0%}" if part.runner_up else ""
        grid.add_row(_CALLED[role], part.table, Text(f"{part.confidence:.0%}", style=style), part.runner_up, second)
    console.print(grid)
    console.print()
    console.print(found.explained or "No sum of lines could be compared with a total.", highlight=False, markup=False)
    for note in found.notes:
        console.print(f"not looked at: {note}", style="yellow", highlight=False, markup=False)
    todos = found.draft.todos if found.draft is not None else 0
    console.print()
    console.print(
        f"The draft is in {file}: every guess with what speaks for it, and {todos} TODOs.",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
    for problem in problems:
        console.print(problem, style="red", highlight=False, markup=False, soft_wrap=True)
    console.print("What to do next:")
    for step in (
        f"read {file}, and settle its TODOs with somebody who knows the till",
        f"epos-adapter explain ListSessions --mapping {file}    # the SQL it becomes",
        "epos-adapter explain ListSessions --config config.toml    # checked against the database",
    ):
        console.print(f"  {step}", highlight=False, markup=False, soft_wrap=True)


def show_nothing(found: Inspection, console: Console) -> None:
    """Say that there is no restaurant here, and what was nearest to one."""
    if not found.tables:
        console.print("There are no tables here. Is it the right database, or is --schema missing?")
        return
    console.print(
        f"No restaurant was found in these {found.tables} tables: nothing looks like checks with lines."
        " Is it the right database, or is --schema missing?",
        highlight=False,
        markup=False,
    )
    if found.nearest:
        console.print("By name, columns and rows these come nearest:")
        for role, part in found.nearest.items():
            console.print(f"  {_CALLED[role]:<10} {part.table}", highlight=False, markup=False)
        console.print(
            "What ties lines to their check was looked for in keys, declared or of the same names. Where it is neither,"
            " map it by hand, beginning with the first mapping of the guide.",
            highlight=False,
            markup=False,
        )
    for note in found.notes:
        console.print(f"not looked at: {note}", style="yellow", highlight=False, markup=False)
