"""`epos-adapter check`: the mapping and the site against the live database, everything that is wrong at once.

Reads only, on one connection, within bounded time; `--rehearse` writes and undoes it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from rich.console import Console

from adapter.app import load, run_async
from adapter.check.findings import Finding, counts
from adapter.check.run import Report, check
from adapter.check.show import show
from adapter.errors import InvalidFile

__all__ = ["check", "command"]


def command(config_file: Path, *, as_json: bool, session: str | None, sample: int) -> int:
    """Check an installation and print what was found; gives the exit code.

    Raises InvalidFile when a file cannot be used (printed already as JSON where that is wanted), AdapterError.
    """
    try:
        config, mapping = load(config_file)
    except InvalidFile as error:
        if not as_json:
            raise
        print(_as_json(error))  # noqa: T201 - it is the answer
        return 2
    progress = Console(stderr=True)
    if not as_json and progress.is_terminal:
        with progress.status("looking at the database") as status:
            found: Report = run_async(
                check(
                    config,
                    mapping,
                    config_file=config_file,
                    sample=sample,
                    session=session,
                    tell=lambda what: status.update(f"looking at {what}"),
                )
            )
    else:
        found = run_async(check(config, mapping, config_file=config_file, sample=sample, session=session))
    if as_json:
        print(json.dumps(found.as_dict(), indent=2, ensure_ascii=False))  # noqa: T201 - it is the answer
    else:
        show(found, Console(file=sys.stdout))
    return 0 if found.is_good else 1


def _as_json(error: InvalidFile) -> str:
    findings = [Finding(severity="error", kind="misfit", problem=problem) for problem in error.problems]
    return json.dumps(
        {
            "mapping": "",
            "epos": "",
            "sessions": 0,
            "counts": counts(findings),
            "findings": [finding.as_dict() for finding in findings],
            "tests": {"passed": 0, "failed": 0, "skipped": 0},
            "rehearsals": [],
            "capabilities": [],
        },
        indent=2,
        ensure_ascii=False,
    )
