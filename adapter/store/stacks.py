"""Runs synchronous units that wait for asyncio inside, each on a stack of its own. Knows nothing of databases.

Does what SQLAlchemy's `greenlet_spawn` does, but keeps the stacks: Python maps memory for a new one and touches it for
the first time, which is a tenth of the time of an answer (docs/decisions.md).
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from greenlet import getcurrent, greenlet

Answer = TypeVar("Answer")

_KEPT = 32
_OPENING = 15.0
"""Seconds after which what may not be interrupted is, for a server may have frozen in the middle of it."""


class _Stack(greenlet):  # type: ignore[misc] # greenlet has no types
    """Runs one unit after the other.

    The unit and what became of it are attributes: what is handed over by `switch` would live until the next unit.
    """

    __sqlalchemy_greenlet_provider__ = True
    """By this SQLAlchemy's `await_only` knows a stack that may wait."""

    is_uninterrupted = False
    """Whether a cancellation has to wait; see `uninterrupted`."""
    unit: Callable[[], Any] | None = None
    answer: Any = None
    error: BaseException | None = None

    def run(self) -> None:
        """Run one unit after the other, until it is switched to without one.

        That must happen: a stack that is only dropped refers to itself, and the garbage collector does not see into it.
        """
        while self.unit is not None:
            try:
                self.answer = self.unit()
            except BaseException as error:  # noqa: BLE001 -- raised again where the unit was asked for
                self.error = error
            self.unit = None
            self.parent.switch(self)


def uninterrupted(is_begun: bool, /) -> None:
    """Let what the present unit waits for come to its end, or no longer: a cancellation reaches the unit afterwards.

    For a connection that is being opened: cut short, it stays open on the server, and nobody here knows of it.
    """
    here = getcurrent()
    if isinstance(here, _Stack):
        here.is_uninterrupted = is_begun


class Stacks:
    """The stacks of one event loop."""

    def __init__(self) -> None:
        self._free: list[_Stack] = []

    async def run(self, unit: Callable[[], Answer]) -> Answer:
        """Run a unit, inside which SQLAlchemy's `await_only` waits; give its answer or raise its error."""
        here = getcurrent()
        stack = self._free.pop() if self._free else _Stack()
        stack.parent = here
        stack.gr_context = here.gr_context
        stack.unit = unit
        stack.is_uninterrupted = was_cancelled = False
        # A stack gives what it waits for, and itself once the unit has ended.
        waited = stack.switch()
        while waited is not stack:
            try:
                if stack.is_uninterrupted:
                    waited, was_late = await _to_its_end(waited)
                    was_cancelled = was_cancelled or was_late
                elif was_cancelled:
                    was_cancelled = False
                    waited.close()
                    raise asyncio.CancelledError
                value = await waited
            except BaseException:  # noqa: BLE001 -- a cancellation too is the unit's to clean up after
                waited = stack.throw(*sys.exc_info())
            else:
                waited = stack.switch(value)
        answer: Answer = stack.answer
        error = stack.error
        stack.answer = stack.error = None
        if len(self._free) < _KEPT:
            self._free.append(stack)
        else:
            stack.switch()
        if was_cancelled:
            # Whatever became of the unit: who was cancelled has been answered already, and must not be answered twice.
            raise asyncio.CancelledError
        if error is None:
            return answer
        try:
            raise error
        finally:
            del error  # it holds this frame, which would hold it

    def close(self) -> None:
        """End those that are kept; units may still be run, on new ones."""
        while self._free:
            stack = self._free.pop()
            stack.parent = getcurrent()
            stack.switch()


async def _to_its_end(work: Awaitable[Any]) -> tuple[asyncio.Future[Any], bool]:
    """Wait for the work even if cancelled meanwhile; give it, and whether that was so."""
    task = asyncio.ensure_future(work)
    was_cancelled = False
    while not task.done():
        try:
            await asyncio.wait({task}, timeout=_OPENING)
            task.cancel()
        except asyncio.CancelledError:
            was_cancelled = True
    return task, was_cancelled
