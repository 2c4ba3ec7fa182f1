"""The commands that ask an adapter that runs: how it is, and to read its files again."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from adapter.config import load_status_config
from adapter.errors import AdapterError
from adapter.terminal import CONFIG, explained
from adapter.watching import status_settings


@click.command("status")
@CONFIG
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def status_command(config_file: Path, as_json: bool) -> None:
    """Say how the running adapter is: exit code 0 when it is ready, 1 when it is not or does not answer."""
    from rich.console import Console  # noqa: PLC0415 - what serves all night does not carry what is asked once

    from adapter.ops import ask  # noqa: PLC0415 - as above

    with explained():
        status = load_status_config(config_file)
        if not status.use:
            raise AdapterError("the adapter has no status port: [status] use = false")
        report, body = ask.ask(status_settings(status))
        if as_json:
            click.echo(body.decode())
        else:
            ask.show(report, Console(highlight=False))
        sys.exit(0 if report.ready else 1)


@click.command("reload")
@CONFIG
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def reload_command(config_file: Path, as_json: bool) -> None:
    """Have the running adapter read config.toml and its mapping again: all of it is served, or nothing changes.

    Exit code 0 when it is served, 1 when the adapter does not answer, 2 with every problem when it is refused.
    """
    from adapter.ops import ask  # noqa: PLC0415 - what serves all night does not carry what is asked once

    with explained():
        status = load_status_config(config_file)
        if not status.use:
            raise AdapterError(
                "the adapter has no status port: [status] use = false", hint="send it SIGHUP, or restart it"
            )
        found, body = ask.reload(status_settings(status))
        if as_json:
            click.echo(body.decode())
        elif found.problems:
            for problem in found.problems:
                click.echo(problem, err=True)
            click.echo("Refused: what was served before goes on.", err=True)
        elif found.is_done:
            click.echo("Read again: what the files say is served now.")
        else:
            click.echo("It is being read, and takes long: epos-adapter status says what became of it.")
        sys.exit(2 if found.problems else 0)
