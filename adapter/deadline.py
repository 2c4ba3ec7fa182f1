"""Whether the work on a request may still be cut short. Knows neither sockets nor databases.

Who keeps the deadline and who does the work meet here, since they must not know each other: a payment that is being
committed can no longer be taken back, so its deadline passes and its outcome is waited for.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Literal, TypeVar

Kept = TypeVar("Kept")


class Deadline:
    """The deadline of one request, as far as both sides must know of it."""

    __slots__ = ("committing", "passed", "statements", "trace")

    statements: Any
    """What whoever explains requests knows of this one; not there otherwise, as `trace`."""
    trace: Any
    """What whoever makes traces knows of the request; not there otherwise, since to say so would cost every request."""

    def __init__(self) -> None:
        self.passed = False
        """Whether the caller has been answered already, so that nothing may be written any more."""
        self.committing = False
        """Whether something may have been written already, so that only its outcome can be answered."""


deadline: ContextVar[Deadline | None] = ContextVar("deadline", default=None)
"""The deadline of the request that the present task works on; None where nobody keeps one."""


def kept(slot: Literal["statements", "trace"], make: Callable[[], Kept]) -> Kept | None:
    """What hangs on the deadline of the present task's request, and goes with it; made when it is first asked for.

    None where the task works on nobody's request.
    """
    mine = deadline.get()
    if mine is None:
        return None
    found: Kept | None = getattr(mine, slot, None)
    if found is None:
        found = make()
        setattr(mine, slot, found)
    return found
