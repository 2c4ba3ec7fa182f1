"""Dials only while a lease is held, and stops before it runs out. Knows neither where it is kept nor what is dialled.

A provider keeps one connection for each account, and the last to connect wins: of several adapters one dials, and the
others stand by.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from secrets import token_hex
from typing import Any

from msgspec import Struct

from adapter.errors import AdapterError, Bug, where_of
from adapter.events import BugFound, Emit
from adapter.lease import Held, Lease
from adapter.transport.ending import Ending
from adapter.turn_events import LeaseLost, LeaseTaken, LeaseUnknown, StandingBy

Dial = Callable[[Ending, Callable[[], bool]], Awaitable[None]]
"""Dials until the event is set, and never while the function says that it may not."""


class Timing(Struct, frozen=True, kw_only=True):
    """When a lease is asked for. All in seconds."""

    lasts: float
    """How long the lease lasts after it was asked for."""
    margin: float = 1.5
    """So long before its end a lease that could not be renewed counts as over, and its connection is closed meanwhile."""
    renewed_every: float = 1.5
    looked_every: float = 1.0
    """Between two looks whether somebody else's has run out."""


async def dial_while_held(
    lease: Lease, dial: Dial, timing: Timing, emit: Emit, stop: asyncio.Event, *, connection: str
) -> None:
    """Stand by until the lease can be had, dial while it is held, and so on until `stop` is set. Raises nothing of its own.

    `connection` is its name in events.
    """
    keeper = _Keeper(lease, dial, timing, emit, stop, connection)
    try:
        while not stop.is_set():
            if await keeper.stand_by():
                await keeper.serve()
    finally:
        await keeper.close()


class _Keeper:
    def __init__(
        self, lease: Lease, dial: Dial, timing: Timing, emit: Emit, stop: asyncio.Event, connection: str
    ) -> None:
        self._lease = lease
        self._dial = dial
        self._timing = timing
        self._emit = emit
        self._stop = stop
        self._connection = connection
        self._asking: asyncio.Future[Held] | None = None
        self._asked_at = (0.0, 0.0)
        self._held_since = (float("-inf"), float("-inf"))
        self._said: object = None

    async def stand_by(self) -> bool:
        """Ask again and again until the lease is ours; False when the adapter is stopped first."""
        while not self._stop.is_set():
            try:
                held = await self._ask(self._timing.lasts)
            except AdapterError as error:
                self._say_unknown(error)
            except Exception as error:  # noqa: BLE001 - whatever it is, asking again is all that can be done
                self._say_bug(error)
            else:
                if held is not None and held.mine and self.is_held():
                    return True
                if held is not None and not held.mine:
                    self._say(StandingBy(connection=self._connection, holder=held.by))
            await self._pause(self._timing.looked_every)
        return False

    async def serve(self) -> None:
        """Dial, and renew the lease meanwhile, until it is lost or the adapter is stopped."""
        self._say(LeaseTaken(connection=self._connection))
        ended = Ending()
        dialling = asyncio.ensure_future(self._dial(ended, self.is_held))
        stopping = asyncio.ensure_future(self._stop.wait())
        try:
            lost = await self._renew_while(dialling, stopping, ended)
            if lost:
                self._say(LeaseLost(connection=self._connection, reason=lost))
                ended.end("another adapter may serve this account now")
                # What it answers now is answered in time or asked again: whoever has the lease next dials regardless.
                await asyncio.wait({dialling}, timeout=self._timing.margin)
        finally:
            stopping.cancel()
            dialling.cancel()
            await asyncio.gather(dialling, stopping, return_exceptions=True)

    async def _renew_while(self, dialling: asyncio.Future[None], stopping: asyncio.Future[Any], ended: Ending) -> str:
        """Renew until dialling has ended; why the lease is lost, or nothing when it was not."""
        reason = "it was not renewed in time"
        wait_for: set[asyncio.Future[Any]] = {dialling, stopping}
        while not dialling.done():
            await asyncio.wait(wait_for, timeout=self._timing.renewed_every, return_when=asyncio.FIRST_COMPLETED)
            if stopping.done():
                # What is in flight is finished under the lease.
                ended.set()
                wait_for = {dialling}
            if dialling.done():
                break
            if not self.is_held():
                return reason
            try:
                held = await self._ask(self._left())
            except Exception as error:  # noqa: BLE001 - as above; until the lease is over there is time to ask again
                reason = "it could not be renewed"
                if isinstance(error, AdapterError):
                    reason += f": {error.message}"
                else:
                    self._say_bug(error)
                await asyncio.wait(wait_for, timeout=min(self._timing.renewed_every / 3, max(self._left(), 0)))
                continue
            if held is not None and not held.mine:
                return f"another adapter has it ({held.by})"
        return "" if self._stop.is_set() else "dialling has ended"

    def is_held(self) -> bool:
        """Whether the lease is ours still, by both clocks: one of them stands still where a computer sleeps."""
        return self._left() > 0

    def _left(self) -> float:
        """Seconds for which it is ours still, the margin taken off."""
        passed = max(now - then for now, then in zip(_clocks(), self._held_since, strict=True))
        return self._timing.lasts - self._timing.margin - passed

    async def _ask(self, patience: float) -> Held | None:
        """Ask for the lease; None when there is no answer within so many seconds.

        A question that is still open is not asked again beside it, nor waited for: what a frozen database holds may take
        ten seconds to cancel.
        """
        if self._asking is None:
            self._asked_at = _clocks()
            self._asking = asyncio.ensure_future(self._lease.take())
        asking = self._asking
        stopping = asyncio.ensure_future(self._stop.wait())
        waited_for: set[asyncio.Future[Any]] = {asking}
        if not self._stop.is_set():
            waited_for.add(stopping)
        try:
            await asyncio.wait(waited_for, timeout=max(patience, 0), return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
        if not asking.done():
            return None
        self._asking = None
        if asking.cancelled():
            # Not by anybody here: raised as it is, it would end whoever asks as if he had been told to end.
            raise Bug("the question for the lease was cancelled from within")
        held = asking.result()
        if held.mine:
            # From before it was asked: the database began to count later.
            self._held_since = self._asked_at
        return held

    def _say_unknown(self, error: AdapterError) -> None:
        reason = f"{error.message}; {error.hint}" if error.hint else error.message
        self._say(LeaseUnknown(connection=self._connection, reason=reason))

    def _say_bug(self, error: Exception) -> None:
        found = BugFound(reference=token_hex(6), error=type(error).__name__, where=where_of(error))
        kind = (found.error, found.where)
        if kind != self._said:
            self._said = kind
            self._emit(found)

    def _say(self, event: StandingBy | LeaseTaken | LeaseLost | LeaseUnknown) -> None:
        if event != self._said:
            self._said = event
            self._emit(event)

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stop.wait(), seconds)
        except TimeoutError:
            return

    async def close(self) -> None:
        """Give the lease back, so that nobody has to wait for its end."""
        try:
            if self._asking is not None:
                await asyncio.wait({self._asking}, timeout=self._timing.margin)
            if self._held_since[0] > 0:
                await asyncio.wait_for(self._lease.give_back(), self._timing.margin)
        except (AdapterError, TimeoutError):
            pass  # it ends by itself
        finally:
            if self._asking is not None:
                self._asking.cancel()
            await self._lease.close()


def _clocks() -> tuple[float, float]:
    return time.monotonic(), time.time()
