"""Runs synchronous units that wait for asyncio inside, each on a stack of its own. Knows nothing of databases.

Does what SQLAlchemy's `greenlet_spawn` does, but keeps the stacks: Python maps memory for a new one and touches it for
the first time, which is a tenth of the time of an answer (docs/decisions.md).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

from greenlet import getcurrent, greenlet

Answer = TypeVar("Answer")

_KEPT = 32


class _Stack(greenlet):  # type: ignore[misc] # greenlet has no types
    """Runs one unit after the other.

    The unit and what became of it are attributes: what is handed over by `switch` would live until the next unit.
    """

    __sqlalchemy_greenlet_provider__ = True
    """By this SQLAlchemy's `await_only` knows a stack that may wait."""

    unit: Callable[[], Any] | None = None
    answer: Any = None
    error: BaseException | None = None

    def run(self) -> None:
        """Never returns; greenlet ends a stack that nobody refers to any more."""
        while True:
            try:
                self.answer = self.unit() if self.unit is not None else None
            except BaseException as error:  # noqa: BLE001 -- raised again where the unit was asked for
                self.error = error
            self.unit = None
            self.parent.switch(self)


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
        # A stack gives what it waits for, and itself once the unit has ended.
        waited = stack.switch()
        while waited is not stack:
            try:
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
        if error is None:
            return answer
        try:
            raise error
        finally:
            del error  # it holds this frame, which would hold it
