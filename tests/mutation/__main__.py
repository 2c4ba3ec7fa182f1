"""Makes hundreds of single mistakes in the shipped mappings and says who finds them: `python -m tests.mutation`.

Exit code 1 when fewer are found, or pointed at, than is promised.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from tests.mutation.judge import Verdict, judge
from tests.mutation.report import FEWEST_FOUND, FEWEST_POINTED, found_of, pointed_of, show, summary
from tests.mutation.stage import Till, tills
from tests.mutation.work import KINDS, Task, tasks


@click.command()
@click.option("--each", default=6, show_default=True, help="Mistakes of each kind in each mapping, at most.")
@click.option(
    "--kind", "kinds", multiple=True, type=click.Choice([kind.__name__ for kind in KINDS]), help="Only these."
)
@click.option("--workers", default=max(1, (os.cpu_count() or 2)), show_default=True, help="Processes.")
@click.option("--json", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write every verdict here too.")
def main(each: int, kinds: tuple[str, ...], workers: int, file: Path | None) -> None:
    """Make mistakes, and count who finds them."""
    console = Console(width=None if sys.stdout.isatty() else 140, emoji=False)
    with tills() as found:
        wanted = [task for till in found for task in tasks(till.sheet, each) if not kinds or task.kind in kinds]
        verdicts = list(_all(found, wanted, workers))
    show(verdicts, console)
    if file is not None:
        file.write_text(json.dumps(summary(verdicts), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    good = found_of(verdicts) >= FEWEST_FOUND and pointed_of(verdicts) >= FEWEST_POINTED
    sys.exit(0 if good else 1)


def _all(found: list[Till], wanted: list[Task], workers: int) -> Iterator[Verdict]:
    # Spawned, so that no process inherits the sockets of another's connections.
    with multiprocessing.get_context("spawn").Pool(workers) as pool, Progress(console=Console(stderr=True)) as progress:
        bar = progress.add_task("mistakes", total=len(wanted))
        by_name = {till.sheet.name: till for till in found}
        for verdict in pool.imap_unordered(judge, [(by_name[task.mapping], task) for task in wanted]):
            progress.advance(bar)
            yield verdict


if __name__ == "__main__":
    main()
