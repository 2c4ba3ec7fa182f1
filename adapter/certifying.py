"""The command `epos-adapter certify`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from adapter.app import run_async
from adapter.gateway_options import with_gateway_options
from adapter.terminal import explained, needing


@click.command("certify")
@with_gateway_options
@click.option("--config", "file", type=click.Path(dir_okay=False, path_type=Path), help="As for simulate.")
@click.option("--allow-payments", is_flag=True, help="Lock sessions and record payments, which stay recorded.")
@click.option("--only", multiple=True, metavar="PATTERN", help="Scenarios or groups, such as 'payment-*'.")
@click.option("--list", "as_list", is_flag=True, help="Say what there is to try, and end.")
@click.option(
    "--timeout", type=click.FloatRange(min=0.1), default=5.0, show_default=True, help="Seconds for an answer."
)
@click.option(
    "--patience",
    type=click.FloatRange(min=1),
    default=60.0,
    show_default=True,
    help="Seconds for an adapter to connect.",
)
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), help="Write JUnit XML.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write a page with every frame.")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def certify_command(
    *,
    protocol: str,
    as_list: bool,
    **given: Any,
) -> None:
    """Run the go-live scenarios against any adapter, and say what it does wrong.

    Exits with 1 when a scenario failed, and with 2 when no adapter could be asked.
    """
    from rich.console import Console  # noqa: PLC0415 - what serves all night does not carry what is asked once

    with explained(code=2):
        with needing("simulator", "jsonschema"):
            from simulator.certify.command import Wanted, list_scenarios, run_certify  # noqa: PLC0415 - as above
            from simulator.config import settings_of  # noqa: PLC0415 - as above

        if as_list:
            list_scenarios(protocol, Console())
            return
        who = {name: given.pop(name) for name in ("gateway", "accounts", "dial", "adapter", "modifiers_apart", "file")}
        settings = settings_of(protocol=protocol, **who)
        certificate = run_async(run_certify(settings, Wanted(**given), Console(), Console(stderr=True)))
        sys.exit(0 if certificate.is_good else 1)
