"""Payments under faults, at length: `python -m tests.faults --payments N --seed S --json FILE`; exit 1 on a violation.

Beside it: `pool`, which tortures the pool of connections, `flood`, a burst of requests, and `standby`, two adapters for one
account.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import click

from tests.faults.flood import flood
from tests.faults.pool import torture
from tests.faults.replicas import replicas
from tests.faults.report import figures, table
from tests.faults.run import Plan, run
from tests.faults.server import own_server


@click.group(invoke_without_command=True)
@click.option("--payments", default=1000, show_default=True, help="How many payments are tried, at least.")
@click.option("--seed", default=1, show_default=True, help="Which faults and payments there are.")
@click.option("--replicas", default=2, show_default=True, type=click.IntRange(2), help="How many adapters there are.")
@click.option(
    "--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures here too."
)
@click.option("--logs", type=click.Path(file_okay=False, path_type=Path), help="Keep the logs of the adapters here.")
@click.pass_context
def main(
    context: click.Context, payments: int, seed: int, replicas: int, json_file: Path | None, logs: Path | None
) -> None:
    """Record payments by several adapters on one database while everything breaks, and audit what is left."""
    if context.invoked_subcommand is not None:
        return
    if logs is not None:
        logs.mkdir(parents=True, exist_ok=True)
    plan = Plan(payments=payments, seed=seed, replicas=replicas, logs=logs, progress=5)
    with own_server() as server:
        outcome = asyncio.run(run(server, plan))
    click.echo(table(outcome))
    if json_file is not None:
        json_file.write_text(json.dumps(figures(outcome), indent=2) + "\n", encoding="utf-8")
    sys.exit(1 if outcome.violations else 0)


@main.command("pool")
@click.option("--cancels", default=100, show_default=True, help="How many requests are cut short.")
@click.option("--freezes", default=20, show_default=True, help="How often the database is held up.")
@click.option("--restarts", default=20, show_default=True, help="How often it is stopped and started.")
@click.option("--seed", default=1, show_default=True)
def pool(cancels: int, freezes: int, restarts: int, seed: int) -> None:
    """Cut requests short, freeze the database and restart it, and count the connections."""
    with own_server() as server:
        outcome = asyncio.run(torture(server, cancels=cancels, freezes=freezes, restarts=restarts, seed=seed))
    click.echo("\n".join(outcome.lines()))
    sys.exit(1 if outcome.violations else 0)


@main.command("flood")
@click.option("--requests", default=10_000, show_default=True, help="How many are sent without waiting.")
@click.option("--sockets", default=1, show_default=True, help="Over how many sockets.")
def burst(requests: int, sockets: int) -> None:
    """Send ten thousand requests at once, and weigh the adapter meanwhile."""
    with own_server() as server:
        outcome = asyncio.run(flood(server, requests=requests, sockets=sockets))
    click.echo("\n".join(outcome.lines()))
    sys.exit(0 if outcome.outcomes.total() == requests // sockets * sockets else 1)


@main.command("standby")
@click.option("--rounds", default=20, show_default=True, help="How often each fault strikes.")
def standby(rounds: int) -> None:
    """Kill, hold up and stop the one of two adapters that dials, and time the other."""
    with own_server() as server:
        outcome = asyncio.run(replicas(server, rounds))
    click.echo("\n".join(outcome.lines()))
    sys.exit(1 if outcome.stolen else 0)


if __name__ == "__main__":
    main()
