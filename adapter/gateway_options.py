"""The options that `simulate` and `certify` share: who connects to the gateway that they hold, and how."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., object])
_OPTIONS = (
    click.option(
        "--gateway", default=None, metavar="HOST:PORT", help="Where adapters dial; 127.0.0.1:8801 without it."
    ),
    click.option(
        "--account", "accounts", multiple=True, metavar="NAME:KEY", help="Who may connect; simulate takes several."
    ),
    click.option(
        "--protocol",
        type=click.Choice(["tables", "epos-data"]),
        default="tables",
        show_default=True,
        help="What --account speaks: the Tables API, or the EPOS Data API.",
    ),
    click.option("--dial", multiple=True, metavar="URL", help="An adapter that listens, to be dialled."),
    click.option("--adapter", default=None, metavar="COMMAND", help="Starts the adapter, so that it can be killed."),
    click.option(
        "--modifiers-apart", is_flag=True, help="The price of an item does not hold its modifiers, in the Tables API."
    ),
)


def with_gateway_options(command: _Command) -> _Command:
    """Give a command these options, in this order."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
