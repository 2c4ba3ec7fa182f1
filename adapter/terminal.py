"""What every command of the program shares: where its log goes, and how it says what went wrong."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO, cast

import click

from adapter.config import LogConfig
from adapter.errors import AdapterError, InvalidFile, where_of
from simulator.errors import SimulatorError

_CLICKS_OWN = (click.Abort, click.ClickException, click.exceptions.Exit, BrokenPipeError)
CONFIG = click.option(
    "--config",
    "config_file",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("config.toml"),
    show_default=True,
    help="The installation's settings.",
)
"""Where a command finds the installation that it is about."""


class explained:  # noqa: N801 - reads as a sentence where it is used
    """Turns errors of ours into sentences on the error stream and an exit code."""

    def __init__(self, *, code: int = 1) -> None:
        """`code` is the exit code where the files that were given are not to blame."""
        self._code = code

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, InvalidFile):
            for problem in error.problems:
                click.echo(str(problem), err=True)
            count = len(error.problems)
            click.echo(f"{count} problem{'s' if count != 1 else ''}", err=True)
            sys.exit(2)
        if isinstance(error, (AdapterError, SimulatorError)):
            click.echo(f"epos-adapter: {error.message}", err=True)
            if error.hint:
                click.echo(f"  {error.hint}", err=True)
            sys.exit(self._code)
        if isinstance(error, Exception) and not isinstance(error, _CLICKS_OWN):
            # Python's own traceback shows the message, in which a driver may quote an address with its password.
            click.echo(f"epos-adapter: internal error, {type(error).__name__} at {where_of(error)}", err=True)
            click.echo("  please report this line; it holds nothing of this installation", err=True)
            sys.exit(70)


@contextlib.contextmanager
def needing(extra: str, *modules: str) -> Iterator[None]:
    """Import what comes with an extra of the package. Raises AdapterError with what to install where it is not there."""
    try:
        yield
    except ModuleNotFoundError as problem:
        if (problem.name or "").partition(".")[0] not in modules:
            raise
        raise AdapterError(f"{problem.name} is not installed", hint=f"pip install 'epos-adapter[{extra}]'") from None


def log_stream(log: LogConfig, config_file: Path) -> TextIO:
    """Where the log goes: the standard error stream, or a file that is kept from growing for ever."""
    if not log.file:
        return sys.stderr
    from adapter.ops.rotating import RotatingFile  # noqa: PLC0415 - most have a journal that keeps what is said

    opened = RotatingFile(config_file.parent / log.file, size=log.file_megabytes * 1_000_000, kept=log.files_kept)
    return cast("TextIO", opened)
