"""Whether the work on a request may still be cut short. Knows neither sockets nor databases.

Who keeps the deadline and who does the work meet here, since they must not know each other: a payment that is being
committed can no longer be taken back, so its deadline passes and its outcome is waited for.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any


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
