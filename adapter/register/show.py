"""Prints what is offered beside what is registered."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from adapter.domain.capabilities import VERSION
from adapter.ops.registration import Comparison, Provider


def as_dict(provider: Provider, before: Comparison, after: Comparison, *, applied: bool) -> dict[str, Any]:
    """For `--json`."""
    return {
        "api": provider.settings.api,
        "environment": provider.settings.environment,
        "offered": list(before.offered),
        "registered": dict(after.registered),
        "missing": list(after.added),
        "superfluous": list(after.taken_away),
        "same": after.is_same,
        "changed": applied and not before.is_same,
    }


def show(provider: Provider, before: Comparison, after: Comparison, *, applied: bool, console: Console) -> None:
    """Print a comparison, and what was made of it."""
    settings = provider.settings
    console.print(f"{settings.environment} account at {settings.api}", style="bold", soft_wrap=True)
    names = [*before.offered, *(name for name in before.registered if name not in before.offered)]
    width = max(map(len, names), default=0)
    console.print(Text(f"{'capability':<{width}}  offered  registered", style="dim"))
    for name in names:
        offered = VERSION if name in before.offered else "-"
        text = Text(f"{name:<{width}}  {offered:<7}  {before.registered.get(name, '-'):<10}")
        text.append(*_what(name, before))
        console.print(text, soft_wrap=True)
    console.print(_summary(before, after, applied=applied), soft_wrap=True)


def _what(name: str, before: Comparison) -> tuple[str, str]:
    if name in before.added:
        return "  to be registered", "green"
    if name in before.taken_away:
        return "  to be taken away: nobody answers it", "yellow"
    return ("  stays: it is answered", "dim") if name in before.kept else ("", "")


def _summary(before: Comparison, after: Comparison, *, applied: bool) -> Text:
    if before.is_same:
        return Text("What is registered is what is offered.", style="green")
    if not applied:
        return Text("Nothing was changed; epos-adapter register --apply does it.", style="yellow")
    if after.is_same:
        return Text("Registered.", style="green")
    left = ", ".join((*after.added, *after.taken_away))
    return Text(f"The provider did not take it over: {left}", style="bold red")
