"""Payments under faults, at length: `python -m tests.faults --payments N --seed S --json FILE`; exit 1 on a violation."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import click

from tests.faults.report import figures, table
from tests.faults.run import Plan, run
from tests.faults.server import own_server


@click.command()
@click.option("--payments", default=1000, show_default=True, help="How many payments are tried, at least.")
@click.option("--seed", default=1, show_default=True, help="Which faults and payments there are.")
@click.option("--replicas", default=2, show_default=True, type=click.IntRange(2), help="How many adapters there are.")
@click.option(
    "--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures here too."
)
@click.option("--logs", type=click.Path(file_okay=False, path_type=Path), help="Keep the logs of the adapters here.")
def main(payments: int, seed: int, replicas: int, json_file: Path | None, logs: Path | None) -> None:
    """Record payments by several adapters on one database while everything breaks, and audit what is left."""
    if logs is not None:
        logs.mkdir(parents=True, exist_ok=True)
    plan = Plan(payments=payments, seed=seed, replicas=replicas, logs=logs, progress=5)
    with own_server() as server:
        outcome = asyncio.run(run(server, plan))
    click.echo(table(outcome))
    if json_file is not None:
        json_file.write_text(json.dumps(figures(outcome), indent=2) + "\n", encoding="utf-8")
    sys.exit(1 if outcome.violations else 0)


if __name__ == "__main__":
    main()
