"""The command line of the simulator, which is a program of its own under the same name."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import click

from adapter.app import run_async
from adapter.signals import on_signal
from adapter.terminal import explained, needing


@click.command("simulate")
@click.option(
    "--listen", default=None, metavar="HOST:PORT", help="Where the card machine is; 127.0.0.1:8800 without it."
)
@click.option("--gateway", default=None, metavar="HOST:PORT", help="Where adapters dial; 127.0.0.1:8801 without it.")
@click.option("--account", "accounts", multiple=True, metavar="NAME:KEY", help="Who may connect; more than once.")
@click.option(
    "--protocol",
    type=click.Choice(["tables", "epos-data"]),
    default="tables",
    show_default=True,
    help="What --account speaks: the Tables API, or the EPOS Data API.",
)
@click.option("--dial", multiple=True, metavar="URL", help="An adapter that listens, to be dialled.")
@click.option("--adapter", default=None, metavar="COMMAND", help="Starts the adapter, so that it can be killed.")
@click.option(
    "--adapter-pid", type=int, default=None, metavar="PID", help="The process to kill, where it runs already."
)
@click.option(
    "--explain",
    default=None,
    metavar="URL",
    help="The adapter's status port, as http://127.0.0.1:8791, to show its SQL.",
)
@click.option(
    "--modifiers-apart", is_flag=True, help="The price of an item does not hold its modifiers, in the Tables API."
)
@click.option(
    "--config", "file", type=click.Path(dir_okay=False, path_type=Path), help="All of it in a file: docs/simulator.md."
)
def simulate_command(*, adapter: str | None, adapter_pid: int | None, **given: Any) -> None:
    """Be the provider on this computer: a card machine to ask the adapter from, by hand or by program."""
    with explained():
        with needing("simulator", "jsonschema", "segno", "starlette", "uvicorn"):
            from simulator.command import simulate  # noqa: PLC0415 - comes with an extra
            from simulator.config import settings_of  # noqa: PLC0415 - as above

        settings = settings_of(adapter=adapter or adapter_pid, **given)

        async def serve() -> None:
            stop = asyncio.Event()
            on_signal(asyncio.get_running_loop(), stop.set)
            await simulate(settings, stop, click.echo)

        run_async(serve())
