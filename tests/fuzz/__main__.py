"""`make fuzz ARGS="--minutes 60"`: guesses inputs for so many minutes of processor time, and says what it came to."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import click

from tests.fuzz import corpus

ROUND = 300
"""Seconds after which a worker ends and another begins, with what all of them found."""
_SLOW = 5
_MEMORY = 512


@dataclass
class Tally:
    """What a run came to."""

    executions: int = 0
    seconds: float = 0.0
    """Of processor time."""
    crashes: list[str] = field(default_factory=list)
    memory: list[tuple[int, int]] = field(default_factory=list)
    """Of each worker, in MB: once it had read the corpus, and at its most."""

    def add(self, output: str, seconds: float) -> None:
        """Count what one worker said."""
        self.seconds += seconds
        done = re.search(r"stat::number_of_executed_units:\s+(\d+)", output)
        rounds = re.findall(r"^#(\d+)\s.*", output, re.MULTILINE)
        self.executions += int(done[1]) if done else int(rounds[-1]) if rounds else 0
        rss = [int(found) for found in re.findall(r"\brss: (\d+)Mb", output)]
        if rss:
            self.memory.append((rss[0], max(rss)))


@click.command()
@click.option("--minutes", type=float, default=1.0, show_default=True, help="Processor time, of all workers together.")
@click.option("--workers", type=int, default=2, show_default=True, help="Processes at the same time.")
@click.option("--keep", is_flag=True, help="Put into the corpus what reaches code that nothing there reaches.")
def main(minutes: float, workers: int, *, keep: bool) -> None:
    """Throw guesses at the envelope, the parameters of every method and the Authorization header."""
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        place = Path(folder)
        inputs, broken = place / "inputs", place / "broken"
        inputs.mkdir()
        broken.mkdir()
        for seed in corpus.seeds():
            (inputs / hashlib.sha1(seed, usedforsecurity=False).hexdigest()).write_bytes(seed)
        words = place / "words"
        words.write_text("\n".join(corpus.words()), encoding="ascii")
        while tally.seconds < minutes * 60 and not tally.crashes:
            seconds = max(5, min(ROUND, (minutes * 60 - tally.seconds) / workers))
            _round(tally, place, workers, int(seconds))
            click.echo(
                f"{tally.seconds / 60:6.1f} CPU-minutes  {tally.executions:12,} executions  "
                f"{len(list(inputs.iterdir())):6,} inputs  {_memory(tally)}"
            )
            tally.crashes = [repr(file.read_bytes()) for file in sorted(broken.iterdir())]
        if keep:
            found = [file.read_bytes() for file in sorted(inputs.iterdir())]
            kept = corpus.fewest(found, corpus.given())
            corpus.keep(kept)
            click.echo(f"{len(kept)} inputs in {corpus.FOUND.name}")
    for crash in tally.crashes:
        click.echo(f"broken by {crash}")
    click.echo(f"{len(tally.crashes)} crashes in {tally.executions:,} executions, {tally.seconds / 60:.1f} CPU-minutes")
    sys.exit(1 if tally.crashes else 0)


def _round(tally: Tally, place: Path, workers: int, seconds: int) -> None:
    """Run the workers once, until they end."""
    running = []
    for number in range(workers):
        said = (place / f"said-{number}").open("w+", encoding="utf-8", errors="replace")
        arguments = [
            str(place / "inputs"),
            f"-artifact_prefix={place / 'broken'}{os.sep}",
            f"-dict={place / 'words'}",
            f"-max_total_time={seconds}",
            f"-rss_limit_mb={_MEMORY}",
            f"-timeout={_SLOW}",
            "-max_len=4096",
            "-print_final_stats=1",
        ]
        worker = subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.worker", *arguments], stdout=said, stderr=subprocess.STDOUT
        )
        running.append((worker, said))
    for worker, said in running:
        _, status, used = os.wait4(worker.pid, 0)
        worker.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        output = said.read()
        said.close()
        tally.add(output, used.ru_utime + used.ru_stime)
        if worker.returncode:
            click.echo(output[-6000:], err=True)
            if not list((place / "broken").iterdir()):
                raise click.ClickException(f"a worker ended with {worker.returncode}")


def _memory(tally: Tally) -> str:
    grown = max((after - before for before, after in tally.memory), default=0)
    return (
        f"{max((after for _, after in tally.memory), default=0)} MB at most, {grown} MB more than at a worker's start"
    )


if __name__ == "__main__":
    main()
