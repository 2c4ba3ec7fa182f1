"""When a mapping is fitted anew, after the database refused a statement of one that had fitted it."""

from __future__ import annotations

import time

AGAIN = 10.0
"""Seconds between attempts while it does not fit, whether it has ever fitted or not."""
_AT_MOST = 300.0
"""The longest time in seconds between fittings that succeed and help nothing: each takes half a second of the processor."""


class Refit:
    """Remembers that it is needed, and how soon."""

    def __init__(self) -> None:
        self._is_needed = False
        self._pause = AGAIN
        self._not_before = 0.0

    @property
    def is_due(self) -> bool:
        """Whether it is time."""
        return self._is_needed and time.monotonic() >= self._not_before

    def refused(self) -> None:
        """The database has refused a statement, or says that its tables were altered."""
        if not self._is_needed and time.monotonic() >= self._not_before + self._pause:
            self._pause = AGAIN  # the fitting before did help
        self._is_needed = True

    def begun(self) -> None:
        """It is being fitted; what is refused from now on may be of tables that were altered after they were looked at."""
        self._is_needed = False

    def failed(self) -> None:
        """It was fitted, and does not fit."""
        self._is_needed = True
        self._pause = AGAIN
        self._not_before = time.monotonic() + AGAIN

    def fitted(self) -> None:
        """It fits; should it be refused again soon, that is no matter of fitting, and is tried less and less often."""
        self._not_before = time.monotonic() + self._pause
        self._pause = min(self._pause * 2, _AT_MOST)
