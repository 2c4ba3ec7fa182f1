"""Notices that the other end of a socket is no longer there. Knows neither who opened the socket nor what is answered.

The library's own pings (websockets 17.4) take a busy end for a dead one and a dead one for a busy one: a pong counts only
once it has been read, which it is not while a flood waits unread; and a ping that cannot be sent, since the other end takes
nothing any more, is waited for without end. Here every frame is a sign of life, silence that is of our own doing is no
evidence, and a ping that cannot be sent is one that is not answered.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from websockets.asyncio.connection import Connection
from websockets.exceptions import ConnectionClosed

_OVERSLEPT = 0.5
"""Seconds: whoever wakes so much too late was held up itself, and has not looked what has arrived meanwhile."""


class Life:
    """The signs of life of one socket's other end."""

    def __init__(
        self,
        ws: Connection,
        *,
        interval: float,
        patience: float,
        is_listening: Callable[[], bool],
        tell: Callable[[float], None],
    ) -> None:
        """After `interval` seconds of silence the other end is asked, and has `patience` seconds to show a sign.

        `is_listening` says whether this side reads what arrives; `tell` is told how many seconds each pong took.
        """
        self._ws = ws
        self._interval = interval
        self._patience = patience
        self._is_listening = is_listening
        self._tell = tell
        self._now = asyncio.get_running_loop().time
        self._heard_at = self._now()
        self._sign = asyncio.Event()

    def heard(self) -> None:
        """Something has arrived."""
        self._heard_at = self._now()
        self._sign.set()

    async def ended(self) -> str:
        """Wait until the other end is dead, and say by what that is known. Must be cancelled when the socket closes."""
        while True:
            await self._silence()
            asked_at = self._now()
            if await self._answers():
                continue
            waited = self._now() - asked_at
            if waited > self._patience + _OVERSLEPT or not self._is_listening():
                continue
            return (
                "the other end is gone: nothing came from it for "
                f"{self._now() - self._heard_at:.3g} s, nor an answer to a ping within {self._patience:g} s"
            )

    async def _silence(self) -> None:
        """Wait until nothing has been heard for long enough to ask."""
        while (left := self._heard_at + self._interval - self._now()) > 0:  # noqa: ASYNC110 - what is heard wakes nobody
            await asyncio.sleep(left)

    async def _answers(self) -> bool:
        """Ask, and give whether a sign of life came in time."""
        self._sign.clear()
        asking = asyncio.create_task(self._ask())
        try:
            async with asyncio.timeout(self._patience):
                await self._sign.wait()
        except TimeoutError:
            return self._sign.is_set()
        else:
            return True
        finally:
            asking.cancel()

    async def _ask(self) -> None:
        try:
            seconds = await (await self._ws.ping())
        except ConnectionClosed:
            return  # whoever serves the socket notices as well
        self.heard()
        with contextlib.suppress(Exception):  # a listener's own trouble
            self._tell(seconds)
