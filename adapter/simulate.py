"""The command line of the simulator, which is a program of its own under the same name."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import click

from adapter.app import run_async
from adapter.gateway_options import with_gateway_options
from adapter.signals import on_signal
from adapter.terminal import explained, needing


@click.command("simulate")
@click.option(
    "--listen", default=None, metavar="HOST:PORT", help="Where the card machine is; 127.0.0.1:8800 without it."
)
@with_gateway_options
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
