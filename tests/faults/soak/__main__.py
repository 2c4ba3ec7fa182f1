"""The adapter at work for long: `python -m tests.faults.soak --minutes N --json FILE`; exit 1 when anything was lost."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import click

from tests.faults.server import own_server
from tests.faults.soak.report import figures, table
from tests.faults.soak.run import Plan, run


@click.command()
@click.option("--minutes", default=30.0, show_default=True, type=click.FloatRange(0.1), help="For how long.")
@click.option("--seed", default=1, show_default=True, help="Which faults and payments there are.")
@click.option(
    "--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures here too."
)
@click.option("--log", type=click.Path(file_okay=False, path_type=Path), help="Keep the log of the adapter here.")
def main(minutes: float, seed: int, json_file: Path | None, log: Path | None) -> None:
    """Let card machines work by the provider's gateway while one thing after another breaks, and judge what came of it."""
    if log is not None:
        log.mkdir(parents=True, exist_ok=True)
    pause = min(40.0, minutes * 60 / 10)
    plan = Plan(minutes=minutes, seed=seed, pause=pause, log=log, progress=30, judges_memory=minutes >= 5)
    with own_server() as server:
        outcome = asyncio.run(run(server, plan))
    click.echo(table(outcome))
    if json_file is not None:
        json_file.write_text(json.dumps(figures(outcome), indent=2) + "\n", encoding="utf-8")
    sys.exit(1 if outcome.violations else 0)


if __name__ == "__main__":
    main()
