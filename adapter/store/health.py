"""Knows whether the database answers, and says so when that changes. Asks it while nobody else does.

Knows nothing of what is asked.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from adapter.errors import AdapterError, DatabaseBusy, DatabaseUnavailable, TooSlow
from adapter.events import DatabaseDown, DatabaseUp, Emit

EVERY = 3.0
"""Seconds between two looks at a database that nobody asks anything."""
_PATIENCE = 3.0
"""Seconds after which a question without an answer counts as none."""
_GIVEN_UP = 15.0
"""Seconds more after which it is given up: a network that is dead tells nobody, and another connection may be well."""
_SAY_AGAIN = 60.0
"""Seconds after which a database that is still away is told of again."""


class Health:
    """Whether the database answers, as far as anybody has asked it."""

    def __init__(self, emit: Emit | None) -> None:
        self._emit = emit
        self._down_since: float | None = None
        self._told_at = 0.0
        self._reason = ""
        self._answered_at = 0.0

    def answered(self) -> None:
        """The database has answered."""
        self._answered_at = time.monotonic()
        if self._down_since is not None:
            away, self._down_since = self._answered_at - self._down_since, None
            self._say(DatabaseUp(seconds=away))

    def failed(self, error: AdapterError) -> None:
        """The database has not answered. Said once, and again when the reason changes or it lasts."""
        now = time.monotonic()
        reason = f"{error.message}; {error.hint}" if error.hint else error.message
        if self._down_since is not None and reason == self._reason and now - self._told_at < _SAY_AGAIN:
            return
        self._down_since = now if self._down_since is None else self._down_since
        self._told_at, self._reason = now, reason
        self._say(DatabaseDown(reason=reason))

    async def watch(self, ask: Callable[[], Awaitable[object]], stop: asyncio.Event) -> None:
        """Ask every few seconds whatever nobody else has asked meanwhile, until `stop` is set."""
        while not await _stopped_within(stop, EVERY):
            if time.monotonic() - self._answered_at >= EVERY or self._down_since is not None:
                await self._look(ask, stop)

    async def _look(self, ask: Callable[[], Awaitable[object]], stop: asyncio.Event) -> None:
        asked_at = time.monotonic()
        question = asyncio.ensure_future(ask())
        stopping = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait({question, stopping}, timeout=_PATIENCE, return_when=asyncio.FIRST_COMPLETED)
            if not question.done():
                # A server that is frozen holds the question for longer than anybody should wait to hear of it.
                if not stop.is_set() and self._answered_at < asked_at:
                    self.failed(DatabaseUnavailable("the database does not answer"))
                await asyncio.wait({question, stopping}, timeout=_GIVEN_UP, return_when=asyncio.FIRST_COMPLETED)
            if question.done():
                self._judge(question, asked_at)
        finally:
            question.cancel()
            stopping.cancel()

    def _judge(self, question: asyncio.Future[object], asked_at: float) -> None:
        """An answer says itself that there was one. A busy database is away when it has served nobody meanwhile."""
        error = None if question.cancelled() else question.exception()
        is_silence = isinstance(error, (DatabaseBusy, TooSlow)) and self._answered_at < asked_at
        if is_silence or isinstance(error, DatabaseUnavailable):
            assert isinstance(error, AdapterError)  # noqa: S101 - all three are
            self.failed(error)

    def _say(self, event: DatabaseDown | DatabaseUp) -> None:
        if self._emit is not None:
            self._emit(event)


async def _stopped_within(stop: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return False
    return True
