"""Runs the measurements and says which targets hold: `python -m bench [--quick] [--json FILE]`; exit 1 when one is missed."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import click
from rich.console import Console

from bench import data, history
from bench.answers import count_statements, measure_answers
from bench.history import measure_history
from bench.measure import QUICK, Measure, Scale, show, write_json
from bench.orders import measure_orders
from bench.paying import measure_paying
from bench.postgres import postgres
from bench.snapshot import measure_snapshot
from bench.start import measure_start

_PARTS = ("answers", "orders", "paying", "history", "start", "snapshot")


@click.command()
@click.option("--quick", is_flag=True, help="Fewer rounds and a shorter history.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the report here too.")
@click.option("--only", type=click.Choice(_PARTS), multiple=True, help="Only these parts.")
def main(json_file: Path | None, only: tuple[str, ...], *, quick: bool) -> None:
    """Measure the adapter against a hand-written floor, in one run on one machine."""
    scale = QUICK if quick else Scale()
    console = Console(width=None if sys.stdout.isatty() else 160)
    measures, remarks = asyncio.run(_measured(scale, only or _PARTS))
    show(measures, remarks, console)
    if json_file is not None:
        write_json(measures, remarks, json_file)
    sys.exit(0 if all(one.held for one in measures) else 1)


async def _measured(scale: Scale, parts: tuple[str, ...]) -> tuple[list[Measure], list[str]]:
    measures: list[Measure] = []
    remarks: list[str] = []
    with postgres() as new_database:
        evening = new_database("evening")
        data.fill(evening, bills=scale.bills, closed=history.SHORT)
        if "answers" in parts:
            _say("answers")
            measures += await measure_answers(evening, scale)
            measures.append(await count_statements(evening, scale))
        if "orders" in parts:
            _say("orders")
            measures += await measure_orders(evening, scale)
        if "paying" in parts:
            _say("paying")
            till = new_database("till")
            data.fill(till, bills=scale.bills, closed=history.SHORT)
            measures += await measure_paying(till, scale)
        if "history" in parts:
            short, long = new_database("short"), new_database("long")
            _say(f"history: writing {scale.closed:,} closed checks")
            data.fill(short, bills=history.OPEN, closed=history.SHORT)
            data.fill(long, bills=history.OPEN, closed=scale.closed)
            _say("history")
            measure, plan = await measure_history(short, long, scale)
            measures.append(measure)
            remarks += plan
        if "start" in parts:
            _say("start")
            measures += await measure_start(evening, scale)
        if "snapshot" in parts:
            _say("snapshot")
            measures += await measure_snapshot(evening, scale)
    return measures, remarks


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
