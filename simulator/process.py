"""The adapter's process, to be killed in the middle of a payment. Works the same on Windows."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from simulator.errors import SimulatorError
from simulator.journal import Journal

_LOOK_EVERY = 0.02
"""Seconds between looks at whether it has ended; an event loop that psycopg can use on Windows tells nobody."""
_ERRORS = 2
"""The file descriptor of the error output, which is there whatever `sys.stderr` has become."""
# Ctrl-C reaches everything that the terminal runs: an adapter that ends with us could not give back what we have locked.
if sys.platform == "win32":
    OUT_OF_REACH: Mapping[str, Any] = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
else:
    OUT_OF_REACH: Mapping[str, Any] = {"process_group": 0}
"""For `Popen`: what is started so does not hear the Ctrl-C that we do."""
_GRACE = 5.0
"""Seconds that it has to end by itself when the simulator ends."""


class Process:
    """A process that is started by a command, or that runs already."""

    def __init__(self, adapter: str | int | None, journal: Journal) -> None:
        """`adapter` is the command that starts it, or the id of a process; None where there is none to kill."""
        self._command = adapter if isinstance(adapter, str) else None
        self._pid = adapter if isinstance(adapter, int) else None
        if self._pid is not None and (self._pid <= 1 or self._pid == os.getpid()):
            raise SimulatorError(f"{self._pid} is no process of an adapter")
        self._journal = journal
        self._running: subprocess.Popen[bytes] | None = None
        self._watching: asyncio.Task[None] | None = None
        self._start_again_after: float | None = None

    @property
    def is_known(self) -> bool:
        """Whether there is a process that could be killed."""
        return self._command is not None or self._pid is not None

    @property
    def is_started_here(self) -> bool:
        """Whether there is a command that starts it."""
        return self._command is not None

    def start(self) -> None:
        """Start it, where there is a command. Raises SimulatorError where that cannot be run."""
        if self._command is None:
            return
        try:
            # Windows takes a command as one text; elsewhere a shell in between would be killed in place of the adapter.
            command = self._command if os.name == "nt" else shlex.split(self._command)
            self._running = subprocess.Popen(  # noqa: S603 - as whoever starts us says
                command,
                # Never written to. It ends when we do, however we end, so that an adapter can notice.
                stdin=subprocess.PIPE,
                # What it says goes where complaints go: our own output may be a report that a program reads.
                stdout=_ERRORS,
                **OUT_OF_REACH,
            )
        except (OSError, ValueError) as problem:
            raise SimulatorError(f"the adapter's command cannot be run: {type(problem).__name__}") from None
        self._watching = asyncio.create_task(self._watch(self._running))

    def check(self) -> None:
        """Raises SimulatorError where there is nothing to kill."""
        if not self.is_known:
            raise SimulatorError(
                "the simulator does not know the adapter's process", hint="--adapter with the command that starts it"
            )

    def kill(self, *, start_again_after: float = 0.0) -> None:
        """End it at once; a command is run again so many seconds later. Raises SimulatorError."""
        self.check()
        if self._pid is not None:
            try:
                # Without SIGKILL, on Windows, this is TerminateProcess.
                os.kill(self._pid, getattr(signal, "SIGKILL", signal.SIGTERM))
            except OSError as problem:
                raise SimulatorError(f"process {self._pid} cannot be killed: {type(problem).__name__}") from None
        elif self._running is not None:
            self._start_again_after = start_again_after
            self._running.kill()

    async def stop(self) -> None:
        """End what was started here, with time to finish; what runs already is left alone."""
        if self._watching is not None:
            self._watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watching
        running = self._running
        if running is None:
            return
        if running.poll() is None:
            running.terminate()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_GRACE):
                    await _ended(running)
        if running.poll() is None:
            running.kill()
        await _ended(running)

    async def _watch(self, running: subprocess.Popen[bytes]) -> None:
        code = await _ended(running)
        pause, self._start_again_after = self._start_again_after, None
        self._journal.add_note("adapter", f"the adapter's process has ended with {code}")
        if pause is not None:
            await asyncio.sleep(pause)
            try:
                self.start()
            except SimulatorError as problem:
                self._journal.add_note("adapter", problem.message)


async def _ended(running: subprocess.Popen[bytes]) -> int:
    while (code := running.poll()) is None:  # noqa: ASYNC110 - nobody signals it
        await asyncio.sleep(_LOOK_EVERY)
    if running.stdin is not None:
        running.stdin.close()
    return code
