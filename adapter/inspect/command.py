"""The command itself: progress, the file, and how it ended."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.console import Console

from adapter.inspect.inspecting import Inspection, inspect_database, problems_of
from adapter.inspect.showing import show, show_nothing


def draft_to_file(url: str, schema: str | None, file: Path, *, force: bool, as_json: bool) -> int:
    """Look at a database, write the draft, say what was found; the exit code is 0, 1 for no restaurant, 2 for the file.

    Raises AdapterError when the database cannot be read.
    """
    if file.exists() and not force:
        click.echo(f"{file} is there already; --force writes over it, --out names another", err=True)
        return 2
    errors = Console(stderr=True, emoji=False)
    if errors.is_terminal:
        with errors.status("connecting") as status:
            found = inspect_database(url, schema=schema, tell=status.update)
    else:
        found = inspect_database(url, schema=schema, tell=lambda _: None)
    if found.draft is None:
        return _nothing(found, as_json=as_json)
    problems = problems_of(found.draft, str(file))
    try:
        file.write_text(found.draft.text, encoding="utf-8", newline="\n")
    except OSError as error:
        click.echo(f"{file} cannot be written: {error.strerror}", err=True)
        return 2
    if as_json:
        click.echo(
            json.dumps({**found.as_dict(), "file": str(file), "problems": problems}, indent=2, ensure_ascii=False)
        )
    else:
        show(found, file, problems, Console(emoji=False))
    return 1 if problems else 0


def _nothing(found: Inspection, *, as_json: bool) -> int:
    if as_json:
        click.echo(json.dumps({**found.as_dict(), "file": None, "problems": []}, indent=2, ensure_ascii=False))
    else:
        show_nothing(found, Console(stderr=True, emoji=False))
    return 1
