"""Turns the frames of one open socket into answers. Knows neither who opened the socket nor what the bytes mean."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Awaitable, Callable, Collection
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from websockets.asyncio.connection import Connection
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

from adapter import connection_events
from adapter.deadline import deadline
from adapter.errors import where_of
from adapter.events import BugFound, Emit
from adapter.transport import reasons
from adapter.transport.credentials import hide
from adapter.transport.deadlines import Deadlines, Waiting
from adapter.transport.ending import why_of
from adapter.transport.life import Life

Handle = Callable[[bytes], Awaitable[bytes | None]]
"""Answers one frame; None where nothing must be sent. Expected to bound its own time and to raise nothing."""

SILENT = logging.Logger("websockets", logging.CRITICAL + 1)  # noqa: LOG001 -- unregistered, so nobody can turn it on
"""Given to the websockets library, whose debug log would show the headers of the handshake, key included."""

_CANCEL_PATIENCE = 1.0  # seconds; a cancelled request that cleans up for longer does so unwatched
_LAST_WORDS = 0.2  # seconds; an end that shows no sign of life is hardly going to say goodbye


class SocketSettings(Struct, frozen=True, kw_only=True):
    """How a socket is kept, whoever opened it. All times in seconds."""

    ping_interval: float = 20.0
    """After so long without a frame or a pong the other end is asked whether it is there."""
    ping_timeout: float = 20.0
    """After so long without an answer to that, and without anything else, the connection is given up."""
    open_timeout: float = 10.0
    """For everything up to the end of the opening handshake."""
    close_timeout: float = 5.0
    """How long the other end may take to say goodbye."""
    hard_max_frame: int = 16 * 1024 * 1024
    """In bytes; a larger frame ends the connection (1009) before it is in memory."""
    read_ahead: int = 16
    """Frames buffered before the socket is left unread."""
    max_in_flight: int = 32
    """Requests being answered at once; at the bound the socket is left unread."""
    grace: float = 10.0
    """How long requests in flight may take to finish when the adapter stops."""
    deadline: float | None = None
    """After so long a request is answered by `too_late`, and cancelled without waiting for it; None for never.

    Not one that says it is committing (`adapter.deadline`): that is answered once its outcome is known.
    """
    too_late: Callable[[bytes], bytes | None] | None = None
    """What a frame is answered at the deadline; None for silence."""

    def options(self) -> dict[str, Any]:
        """What the websockets library is told, by whichever side opens the socket."""
        return {
            "compression": None,
            "logger": SILENT,
            # Timeouts
            "open_timeout": self.open_timeout,
            "ping_interval": None,  # adapter.transport.life says why
            "close_timeout": self.close_timeout,
            # Limits
            "max_size": self.hard_max_frame,
            "max_queue": self.read_ahead,
        }


class Ended(Struct, frozen=True, kw_only=True):
    """How a session ended."""

    received: int
    """Frames received."""
    unanswered: int
    """Frames whose answer could not be sent any more."""
    reason: str
    """Why it ended, in plain words; what the other end said is in it as it was said."""
    is_taken: bool = False
    """Whether the other end closed it as one does whose account has connected anew."""


async def serve_and_say(
    ws: Connection,
    handle: Handle,
    settings: SocketSettings,
    *,
    connection: str,
    peer: str,
    secrets: tuple[str, ...],
    emit: Emit,
    stop: asyncio.Event,
) -> Ended:
    """Serve an open socket, and say that it is open and how it ended.

    None of `secrets` is in what is said or returned, though the other end may give one back in its reason.
    """
    emit(connection_events.ConnectionOpened(connection=connection, peer=peer))
    ended = await serve(ws, handle, settings, connection=connection, emit=emit, stop=stop)
    ended = replace(ended, reason=hide(ended.reason, secrets))
    emit(connection_events.ConnectionClosed(connection=connection, reason=ended.reason, received=ended.received))
    return ended


async def serve(
    ws: Connection, handle: Handle, settings: SocketSettings, *, connection: str, emit: Emit, stop: asyncio.Event
) -> Ended:
    """Answer the frames of an open socket until it closes, each in a task of its own.

    Once `stop` is set, reads no more, finishes what is in flight (within `settings.grace` seconds) and closes with
    1012. When the other end goes away first, what is in flight is cancelled. Raises nothing of its own.
    """
    session = _Session(ws, handle, settings, emit)
    life = session.life = Life(
        ws,
        interval=settings.ping_interval,
        patience=settings.ping_timeout,
        is_listening=session.is_listening,
        tell=lambda seconds: emit(connection_events.SignOfLife(connection=connection, milliseconds=seconds * 1000)),
    )
    reading = asyncio.create_task(session.read(), name=f"{connection}: reading")
    stopping = asyncio.create_task(stop.wait(), name=f"{connection}: stopping")
    # The reader cannot notice the end while it waits for room, so the end is watched for as well.
    gone = asyncio.create_task(ws.wait_closed(), name=f"{connection}: gone")
    dying = asyncio.create_task(life.ended(), name=f"{connection}: signs of life")
    try:
        await asyncio.wait({reading, stopping, gone, dying}, return_when=asyncio.FIRST_COMPLETED)
        await _cancel({reading})
        is_taken = False
        if gone.done():
            closed = await _read_to_the_end(ws)
            reason, is_taken = reasons.closed(closed), reasons.is_taken(closed)
        elif stop.is_set():
            await session.finish(settings.grace)
            reason = why_of(stop)
            await _close(ws, CloseCode.SERVICE_RESTART, reason, settings.close_timeout)
        elif dying.done():
            reason = dying.result()
            await session.abandon()
            await _close(ws, CloseCode.INTERNAL_ERROR, "no sign of life", _LAST_WORDS)
        else:
            # Closed already, unless reading failed.
            closed = await _close(ws, CloseCode.INTERNAL_ERROR, "", settings.close_timeout)
            reason, is_taken = reasons.closed(closed), reasons.is_taken(closed)
    finally:
        await _cancel({reading, stopping, gone, dying})
        await session.abandon()
    if session.unanswered:
        reason += f"; {session.unanswered} of its requests could not be answered any more"
    return Ended(received=session.received, unanswered=session.unanswered, reason=reason, is_taken=is_taken)


class _Session:
    """The requests of one socket that are in flight, and what is counted about them."""

    __slots__ = (
        "_deadlines",
        "_emit",
        "_handle",
        "_has_room",
        "_in_flight",
        "_room",
        "_sending",
        "_settings",
        "_ws",
        "life",
        "received",
        "unanswered",
    )

    life: Life

    def __init__(self, ws: Connection, handle: Handle, settings: SocketSettings, emit: Emit) -> None:
        self._ws = ws
        self._handle = handle
        self._settings = settings
        self._room = asyncio.Semaphore(settings.max_in_flight)
        self._has_room = True
        self._sending = 0
        self._emit = emit
        self._deadlines = Deadlines(settings.deadline, self._expire) if settings.deadline is not None else None
        self._in_flight: set[asyncio.Task[None]] = set()
        self.received = 0
        self.unanswered = 0

    async def read(self) -> None:
        """Start a task per frame, as room allows, until the socket closes."""
        create_task = asyncio.get_running_loop().create_task
        try:
            while True:
                self._has_room = False
                await self._room.acquire()
                self._has_room = True
                # Undecoded: a text frame that is not UTF-8 is a bad request, no reason to lose the connection.
                raw = await self._ws.recv(decode=False)
                self.life.heard()
                self.received += 1
                task = create_task(self._answer(raw))
                self._in_flight.add(task)
                task.add_done_callback(self._done)
        except ConnectionClosed:
            return
        except Exception as problem:  # noqa: BLE001 -- nobody awaits this task's result either
            self._report(problem)

    def is_listening(self) -> bool:
        """Whether the socket is being read; also where it is not, since the other end takes none of the answers."""
        return self._has_room or self._sending >= len(self._in_flight)

    async def finish(self, grace: float) -> None:
        """Wait for what is in flight."""
        if self._in_flight:
            await asyncio.wait(self._in_flight, timeout=grace)
        await self.abandon()

    async def abandon(self) -> None:
        """Cancel what is in flight, and wait briefly for it to clean up."""
        if self._deadlines is not None:
            self._deadlines.close()
        if not self._in_flight:
            return
        self.unanswered += len(self._in_flight)
        await _cancel(self._in_flight.copy())

    async def _answer(self, raw: bytes) -> None:
        """Answer one frame; catches everything, since nobody awaits this task's result."""
        deadlines = self._deadlines
        waiting = None
        if deadlines is not None:
            waiting = deadlines.begin(raw)
            deadline.set(waiting)
        try:
            reply = await self._handle(raw)
            if deadlines is not None and waiting is not None:
                deadlines.end(waiting)
            # Work that did not let itself be cut short may still end with an answer; the deadline's was sent.
            if reply is not None and not (waiting is not None and waiting.passed):
                await self._send(reply)
        except ConnectionClosed:
            self.unanswered += 1
        except Exception as problem:  # noqa: BLE001 -- one request's bug must not end the others' connection
            self._report(problem)
        finally:
            if deadlines is not None and waiting is not None:
                deadlines.end(waiting)
                # A task that was cancelled keeps this frame, which would keep the task.
                waiting.task = None

    def _expire(self, waiting: Waiting) -> None:
        """Answer a frame at its deadline; what works on it is cancelled, and holds its room until it has noticed.

        What may have been written already is not cut short: its outcome is waited for, and then answered.
        """
        if waiting.committing:
            return
        waiting.passed = True
        if waiting.task is not None:
            waiting.task.cancel()
        late = asyncio.get_running_loop().create_task(self._answer_late(waiting))
        self._in_flight.add(late)
        late.add_done_callback(self._in_flight.discard)

    async def _answer_late(self, waiting: Waiting) -> None:
        # The timer's own context is that of whichever frame started it.
        deadline.set(waiting)
        try:
            reply = self._settings.too_late(waiting.raw) if self._settings.too_late is not None else None
            if reply is not None:
                await self._send(reply)
        except ConnectionClosed:
            self.unanswered += 1
        except Exception as problem:  # noqa: BLE001 -- as above
            self._report(problem)

    async def _send(self, reply: bytes) -> None:
        self._sending += 1
        try:
            await self._ws.send(reply, text=True)
        finally:
            self._sending -= 1

    def _report(self, problem: Exception) -> None:
        with contextlib.suppress(Exception):  # a listener's own trouble: there is nobody left to tell
            self._emit(BugFound(reference=uuid.uuid4().hex[:12], error=type(problem).__name__, where=where_of(problem)))

    def _done(self, task: asyncio.Task[None]) -> None:
        self._in_flight.discard(task)
        self._room.release()


async def _cancel(tasks: Collection[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks, timeout=_CANCEL_PATIENCE)


async def _read_to_the_end(ws: Connection) -> ConnectionClosed:
    """Throw away what still arrives, and return how the connection closed."""
    try:
        while True:
            await ws.recv(decode=False)
    except ConnectionClosed as closed:
        return closed


async def _close(ws: Connection, code: CloseCode, reason: str, patience: float) -> ConnectionClosed:
    """Say goodbye and throw away what still arrives; give how the connection closed, after `patience` s at the latest.

    The library's own patience begins once the goodbye is on its way, which it never is to an end that takes nothing.
    """
    closing = asyncio.create_task(ws.close(code, reason))
    patient = asyncio.get_running_loop().call_later(patience, ws.transport.abort)
    try:
        # Frames left in the buffer would pause the socket, and the other end's goodbye behind them stay unread.
        return await _read_to_the_end(ws)
    finally:
        await closing
        patient.cancel()
