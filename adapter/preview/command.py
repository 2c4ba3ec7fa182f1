"""Shows a preview where it is wanted, once or again and again."""

from __future__ import annotations

import asyncio
import sys
from io import TextIOWrapper
from pathlib import Path

import click
import msgspec
from rich.console import Console

from adapter.config import Config
from adapter.errors import AdapterError
from adapter.mapping.load import Mapping
from adapter.preview.look import Looker
from adapter.preview.page import page
from adapter.preview.terminal import show
from adapter.preview.view import Preview


async def run(
    config: Config,
    mapping: Mapping,
    *,
    session: str | None,
    html_file: Path | None,
    watch: float | None,
    as_json: bool,
) -> bool:
    """Look and show; with `watch`, every so many seconds until somebody has seen enough.

    Answers whether all of the mapping fits the database.
    Raises AdapterError; while it watches, what is wrong is shown and tried again.
    """
    looker = Looker(config, mapping)
    if isinstance(sys.stdout, TextIOWrapper):
        # A name that this terminal's encoding does not have is shown with a ? and spoils nothing else.
        sys.stdout.reconfigure(errors="replace")
    console = Console(highlight=False)
    try:
        found = await looker.look(session)
        _show(found, console, html_file, watch, as_json=as_json)
        while watch is not None:
            await asyncio.sleep(watch)
            try:
                found = await looker.look(session)
            except AdapterError as error:
                click.echo(f"epos-adapter: {error.message}", err=True)
                continue
            _show(found, console, html_file, watch, as_json=as_json)
        return not found.misfits
    finally:
        await looker.close()


def _show(found: Preview, console: Console, html_file: Path | None, watch: float | None, *, as_json: bool) -> None:
    if html_file is not None:
        _write(html_file, page(found, again=watch))
        if watch is None:
            click.echo(f"The restaurant is in {html_file}.")
    elif as_json:
        click.echo(msgspec.json.encode(found).decode())
    else:
        if watch is not None:
            console.clear()
        show(found, console)


def _write(file: Path, text: str) -> None:
    """Put the page in place as a whole, so that a browser never reads half of it.

    Raises AdapterError when the file cannot be written.
    """
    beside = file.with_name(f"{file.name}.new")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(file)
    except OSError as error:
        raise AdapterError(f"{file} cannot be written: {error.strerror or type(error).__name__}") from None
