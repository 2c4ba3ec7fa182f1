"""Everything that is sent in the EPOS Data API against the published specification: `python -m tests.published --spec FILE`.

Records the whole suite, certify on every shipped mapping, and payments under faults; then judges. Exit code 1 when a message
is wrong, when there is none, or when one of the three fails.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import click
from rich.console import Console

from tests.published.frames import answers, requests
from tests.published.judge import Judge, refused
from tests.published.recorder import FOLDER, PROGRAM
from tests.published.report import Outcome, as_json, show
from tests.published.specification import Specification, SpecificationUnreadable

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
_FILE = click.Path(dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.option(
    "--spec",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="The provider's AsyncAPI file.",
)
@click.option("--payments", default=100, show_default=True, help="How many payments are recorded under faults.")
@click.option("--keep", type=_FOLDER, help="Keep what is recorded here, beside what is there already.")
@click.option(
    "--frames",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Run nothing, and judge what is recorded here.",
)
@click.option("--json", "file", type=_FILE, help="Write the figures here too.")
def main(spec: Path, payments: int, keep: Path | None, frames: Path | None, file: Path | None) -> None:
    """Record what is sent, and hold it against the specification."""
    try:
        specification = Specification.read(spec)
    except SpecificationUnreadable as problem:
        raise click.ClickException(str(problem)) from None
    failed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="epos-adapter-frames-") as folder:
        place = frames or keep or Path(folder)
        if frames is None:
            failed = _record(place, payments)
        outcome = judged(specification, place)
    show(outcome, Console(width=None if sys.stdout.isatty() else 140, emoji=False))
    for name in failed:
        click.echo(f"{name} failed, so some of what it sends may be missing")
    if file is not None:
        file.write_text(as_json(outcome), encoding="utf-8")
    sys.exit(0 if outcome.is_good and not failed else 1)


def judged(specification: Specification, folder: Path) -> Outcome:
    """What a specification says of what is recorded in a folder."""
    return Outcome(
        specification=specification.title,
        answers=Judge(specification).answers(answers(folder)),
        requests=Judge(specification).requests(requests(folder), refused(answers(folder))),
    )


def _record(folder: Path, payments: int) -> list[str]:
    """Run what sends, and give the names of what failed."""
    pytest = [sys.executable, "-m", "pytest", "-q"]
    runs = {
        "the suite": [*pytest, "--numprocesses", "auto", "--dist", "loadfile", "--no-loadscope-reorder"],
        "certify": [*pytest, str(HERE / "certifying.py")],
        "payments under faults": [sys.executable, str(PROGRAM), "tests.faults", "--payments", str(payments)],
    }
    environment = {**os.environ, FOLDER: str(folder.absolute())}
    return [
        name
        for name, command in runs.items()
        if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    ]


if __name__ == "__main__":
    main()
