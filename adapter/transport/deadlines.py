"""Keeps the deadlines of the frames of one socket, by one timer for all of them. Knows nothing of what the bytes mean."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from adapter.deadline import Deadline


class Waiting(Deadline):
    """The deadline of one frame, with what must be known when it passes."""

    __slots__ = ("due", "raw", "task")

    def __init__(self, raw: bytes, task: asyncio.Task[None] | None, due: float) -> None:
        super().__init__()
        self.raw = raw
        self.task = task
        """What works on it."""
        self.due = due
        """When it passes, by the event loop's clock."""


class Deadlines:
    """The frames that wait for their answers.

    Every frame of a socket has the same patience, so the first that came is the first that is due, and one timer does:
    a timer a frame took a twentieth of the time of a small answer.
    """

    def __init__(self, patience: float, expire: Callable[[Waiting], None]) -> None:
        """`patience` is in seconds; `expire` is called at the deadline of a frame that has no answer yet."""
        self._patience = patience
        self._expire = expire
        self._waiting: dict[Waiting, None] = {}
        """In the order in which they are due."""
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, raw: bytes) -> Waiting:
        """Start the time of a frame, on which the current task works."""
        found = Waiting(raw, asyncio.current_task(), time.monotonic() + self._patience)
        self._waiting[found] = None
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._patience, self._sweep)
        return found

    def end(self, waiting: Waiting) -> None:
        """The frame has its answer."""
        self._waiting.pop(waiting, None)

    def close(self) -> None:
        """Nothing passes any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._waiting.clear()

    def _sweep(self) -> None:
        self._timer = None
        loop = asyncio.get_running_loop()
        # What is due before the clock's next tick is due now, or the timer would come once more for it.
        now = time.monotonic() + time.get_clock_info("monotonic").resolution
        passed = []
        for waiting in self._waiting:
            if waiting.due > now:
                self._timer = loop.call_later(waiting.due - now, self._sweep)
                break
            passed.append(waiting)
        for waiting in passed:
            del self._waiting[waiting]
            self._expire(waiting)
