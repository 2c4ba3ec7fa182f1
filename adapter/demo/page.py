"""What the demonstration prints. Knows nothing of how the answers come about."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console, Group
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from simulator.judging import Finding

_NULLS = re.compile(r"NULL(?:, NULL)+")
_LONGEST = 46
"""Lines of one block that are shown; the rest is counted."""
_SHORT = 12
"""Lines of a statement that is one of many."""


class Page:
    """Prints a demonstration on a console."""

    def __init__(self, console: Console) -> None:
        self._out = console

    def title(self) -> None:
        """The first lines."""
        self._out.print()
        self._out.print(
            Text("epos-adapter", style="bold"),
            Text("a card machine's questions, answered from the database of a restaurant's EPOS"),
        )
        self._out.print()

    def doing(self, what: str) -> None:
        """A step that takes a moment."""
        self._out.print(Text(f"  · {what}", style="dim"))

    def ready(self, *, gateway: str, local: str, account: str) -> None:
        """Everything is up."""
        self.doing(f"the adapter has dialled the stand-in for the provider at {gateway}")
        self.doing(f"the adapter also listens at ws://{local} (account {account})")

    def step(
        self,
        number: int,
        count: int,
        step: Mapping[str, Any],
        statements: Sequence[Mapping[str, Any]],
        answer: Any,
        *,
        good: bool,
    ) -> None:
        """One question: what was asked, the SQL it became, what was answered."""
        out = self._out
        self.asked(number, count, step)
        if len(statements) > 1:
            self._block(f"which becomes {len(statements)} statements in one transaction", "", "text")
        for one in statements:
            touched = f"{one['rows']} row{'' if one['rows'] == 1 else 's'}, {one['milliseconds']:.1f} ms"
            if len(statements) > 1:
                self._block(f"  {one['name']} ({touched})", _beginning(readable(one["sql"])), "sql")
            else:
                self._block(f"which becomes one statement ({touched})", readable(one["sql"]), "sql")
        if not statements:
            self._block("which needs no statement", "", "text")
        self._block("and is answered", self._json(answer), "json")
        if good:
            out.print(Text("  ✓ as it should be", style="green"))
        else:
            out.print(Text("  ✗ this is not what it should be:", style="bold red"))
            out.print(Padding(Text(self._json(step["answer"])), (0, 0, 0, 4)))

    def asked(self, number: int, count: int, step: Mapping[str, Any]) -> None:
        """What is asked next."""
        self.heading(number, count, step)
        params = {name: value for name, value in step["params"].items() if name not in ("requestorInfo", "headers")}
        self._block("the card machine asks", self._json({"method": step["method"], "params": params}), "json")

    def came_back(self, *, seconds: float | None) -> None:
        """The adapter was killed before it answered and is there again, so many seconds later; None where it did answer."""
        self._out.print()
        if seconds is None:
            self._out.print(Text("  ✗ this was answered, although the adapter was to be killed", style="bold red"))
            return
        self._out.print(Text("  its process was killed, and the answer with it", style="bold"))
        self._out.print(
            Text(f"  ✓ as it should be: started again, it has dialled after {seconds:.1f} s", style="green")
        )

    def heading(self, number: int, count: int, step: Mapping[str, Any]) -> None:
        """What comes next."""
        self._out.print()
        self._out.rule(Text(f"{number}/{count}  {step['title']}", style="bold cyan"), align="left", style="cyan")
        self._out.print(Text(step["says"], style="italic"))

    def rows(self, what: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, good: bool) -> None:
        """Rows of the till's own tables."""
        self._out.print()
        self._out.print(Text(f"  {what}", style="bold"))
        table = Table(box=None, pad_edge=False, header_style="dim")
        for name in columns:
            table.add_column(name, no_wrap=True)
        for row in rows:
            table.add_row(*("" if value is None else str(value) for value in row))
        self._out.print(Padding(table if rows else Text("no rows", style="dim"), (0, 0, 0, 4)))
        self._out.print(
            Text("  ✓ as it should be", style="green") if good else Text("  ✗ not what it should be", style="bold red")
        )

    def summary(self, *, wrong: int) -> None:
        """How it went."""
        self._out.print()
        if wrong:
            answers = "answer is" if wrong == 1 else "answers are"
            self._out.print(Text(f"{wrong} {answers} not what they should be", style="bold red"))
        else:
            self._out.print(Text("Every answer is what it should be.", style="bold green"))

    def findings(self, findings: Sequence[Finding]) -> None:
        """What the simulator's judge objects to."""
        for finding in findings:
            self._out.print(Text(f"  ✗ {finding.path}: {finding.message} ({finding.source})", style="bold red"))

    def staying(self, *, simulator: str, account: str, gateway: str, database: str, local: str, config: str) -> None:
        """Everything stays up."""
        lines = [
            f"the card machine  {simulator}/  (open it in a browser)",
            f"its endpoints     {simulator}/openapi.json, for the account {account}",
            f"the till          {simulator}/till/checks",
            f"the database      {database}",
            f"the provider      {gateway}",
            f"the adapter       ws://{local}",
            f"its files         {config}, and adapter.log beside it",
        ]
        self._out.print()
        self._out.print("Everything stays up until Ctrl-C:")
        for line in lines:
            self._out.print(f"  {line}", soft_wrap=True)

    def goodbye(self) -> None:
        """The last line."""
        self._out.print(Text("Stopped.", style="dim"))

    def _json(self, value: Any) -> str:
        """JSON with what fits a line on a line."""
        return _pretty(value, 0, self._out.width - 6)

    def _block(self, label: str, text: str, language: str) -> None:
        self._out.print()
        self._out.print(Text(f"  {label}", style="bold"))
        if not text:
            return
        lines = text.splitlines()
        shown = "\n".join(lines[:_LONGEST])
        parts: list[Any] = [Syntax(shown, language, background_color="default", word_wrap=True)]
        if len(lines) > _LONGEST:
            parts.append(Text(f"… {len(lines) - _LONGEST} more lines", style="dim"))
        self._out.print(Padding(Group(*parts), (0, 0, 0, 4)))


def _beginning(sql: str) -> str:
    """The first lines of one statement of many."""
    lines = sql.splitlines()
    if len(lines) <= _SHORT:
        return sql
    return "\n".join([*lines[:_SHORT], f"-- and {len(lines) - _SHORT} more lines"])


def readable(sql: str) -> str:
    """A statement without what only the database needs: the empty first branch that types the columns, runs of NULLs."""
    branches = sql.split("\nUNION ALL\n")
    if len(branches) > 1:
        branches = ["-- an empty branch comes first and gives the columns their types", *branches[1:]]
        text = branches[0] + "\n" + "\nUNION ALL\n".join(branches[1:])
    else:
        text = sql
    return _NULLS.sub(lambda match: f"/* NULL x {match.group().count('NULL')} */", text)


def _pretty(value: Any, indent: int, width: int) -> str:
    flat = json.dumps(value, ensure_ascii=False)
    if len(flat) + indent <= width or not isinstance(value, (dict, list)) or not value:
        return flat
    pad = " " * (indent + 2)
    if isinstance(value, dict):
        inner = [
            f"{pad}{json.dumps(key, ensure_ascii=False)}: {_pretty(child, indent + 2, width)}"
            for key, child in value.items()
        ]
        return "{\n" + ",\n".join(inner) + "\n" + " " * indent + "}"
    inner = [f"{pad}{_pretty(child, indent + 2, width)}" for child in value]
    return "[\n" + ",\n".join(inner) + "\n" + " " * indent + "]"
