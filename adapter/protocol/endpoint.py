"""Answers frames: decode, route, ask the service, encode. Knows nothing of sockets and SQL, and never raises."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from time import perf_counter
from typing import Protocol

from adapter.domain.requests import Request
from adapter.domain.service import Answer
from adapter.errors import AdapterError, Bug, MalformedRequest, TooSlow, UnknownMethod, where_of
from adapter.events import BugFound, Emit, Event, FrameIgnored, ProviderComplained, RequestAnswered
from adapter.protocol import jsonrpc
from adapter.protocol.dialect import Dialect, Route, decode_request, error_code
from adapter.protocol.jsonrpc import Envelope

_LONGEST_NAME = 64
UNANSWERED = "unanswered"
"""The outcome of a request that is not answered, because any answer could be untrue."""


class Answering(Protocol):
    """Whoever can answer a request, as `adapter.domain.service.Service` does."""

    async def answer(self, request: Request) -> Answer:
        """Answer one request, or raise an AdapterError that says why not."""
        ...


class Endpoint:
    """One connection's questions answered in one dialect; any number of them at the same time.

    `connection` is its name in events, `deadline` is in seconds, `max_size` in bytes.
    """

    def __init__(
        self,
        *,
        connection: str,
        dialect: Dialect,
        service: Answering,
        emit: Emit,
        deadline: float,
        max_size: int = jsonrpc.MAX_SIZE,
    ) -> None:
        self._connection = connection
        self._dialect = dialect
        self._service = service
        self._emit = emit
        self.deadline = deadline
        self.in_flight = 0
        """Frames being answered now."""
        self._max_size = max_size

    async def handle(self, raw: bytes) -> bytes | None:
        """Answer one frame; None where it must not or cannot be answered.

        Raises nothing but asyncio.CancelledError.
        """
        started = perf_counter()
        self.in_flight += 1
        try:
            envelope = self._read(raw)
            if envelope is None or envelope.id is None:
                return None
            return await self._answer(envelope.id, envelope, len(raw), started)
        except Exception as error:  # noqa: BLE001  # whatever went wrong, the connection and its other requests live on
            self._report(error)
            return None
        finally:
            self.in_flight -= 1

    def too_late(self, raw: bytes) -> bytes | None:
        """The answer to a frame whose request took longer than it may; None where it must not be answered.

        Whoever waits for `handle` asks for this at the deadline and sends it at once: on a frozen database the
        cancelling of the request itself takes ten seconds.
        """
        try:
            envelope = jsonrpc.decode(raw)
        except MalformedRequest:
            return None
        method = envelope.method or ""
        if envelope.id is None or method in self._dialect.notifications:
            return None
        error = TooSlow(f"the EPOS database took longer than {self.deadline:g} s")
        is_silent = any(method == one for one, _ in self._dialect.unanswered)
        code = UNANSWERED if is_silent else error_code(self._dialect, error)
        self._say_answered(envelope.id, method, None, outcome=code, reason=error.message, spent=self.deadline)
        return None if is_silent else self._refusal(envelope.id, method, code, error.message)

    def _read(self, raw: bytes) -> Envelope | None:
        """The envelope of a frame that wants an answer; None, and an event, for any other."""
        try:
            envelope = jsonrpc.decode(raw)
        except MalformedRequest as error:
            self._say(FrameIgnored(connection=self._connection, reason=error.message, size=len(raw)))
            return None
        notification = self._dialect.notifications.get(envelope.method or "")
        if notification is not None:
            complaint = notification(envelope.params)
            self._say(
                ProviderComplained(
                    connection=self._connection,
                    error_code=complaint.error_code,
                    reason=complaint.reason,
                    reference=complaint.reference,
                )
            )
            return None
        if envelope.id is None:
            self._say(FrameIgnored(connection=self._connection, reason="no id to answer to", size=len(raw)))
            return None
        return envelope

    async def _answer(self, identity: bytes, envelope: Envelope, size: int, started: float) -> bytes | None:
        dialect = self._dialect
        method = envelope.method or ""
        request = None
        outcome, reason = "ok", ""
        frame: bytes | None
        try:
            route = self._route(envelope, size)
            request = decode_request(dialect, route, envelope.params)
            answer = await self._work(request)
            frame = jsonrpc.encode(identity, member="result", value=route.to_result(answer), method=self._echo(method))
        except Exception as error:  # noqa: BLE001  # a terminal with an error code is better off than one that waits
            failure = error if isinstance(error, AdapterError) and not isinstance(error, Bug) else self._report(error)
            outcome = error_code(dialect, failure)
            message = failure.message.encode(errors="replace").decode()
            frame = self._refusal(identity, method, outcome, message)
            if (method, type(failure)) in dialect.unanswered:
                outcome, frame = UNANSWERED, None
            reason = f"{message}; {failure.hint}" if failure.hint else message
            _let_go(error)
        self._say_answered(identity, method, request, outcome=outcome, reason=reason, spent=perf_counter() - started)
        return frame

    def _echo(self, method: str) -> str | None:
        return method if self._dialect.echoes_method else None

    def _refusal(self, identity: bytes, method: str, code: str, message: str) -> bytes:
        dialect = self._dialect
        error = dialect.to_error(code, message)
        return jsonrpc.encode(identity, member=dialect.error_member, value=error, method=self._echo(method))

    async def _work(self, request: Request) -> Answer:
        try:
            return await self._service.answer(request)
        except asyncio.CancelledError as cut:
            _let_go(cut)
            if _is_cancelled():
                raise
            # Nobody cancelled this request: it is the work's own doing, and the caller still waits.
            raise Bug("the unit of work was cancelled from within") from None

    def _say_answered(
        self, identity: bytes, method: str, request: Request | None, *, outcome: str, reason: str, spent: float
    ) -> None:
        self._say(
            RequestAnswered(
                connection=self._connection,
                method=method if method in self._dialect.routes else "",
                outcome=outcome,
                milliseconds=spent * 1000,
                reason=reason,
                terminal=((request and request.requestor.terminal_id) or "")[:_LONGEST_NAME],
                waiter=((request and request.requestor.waiter_id) or "")[:_LONGEST_NAME],
                reference=identity.decode("ascii", "backslashreplace")[:_LONGEST_NAME].strip('"'),
            )
        )

    def _route(self, envelope: Envelope, size: int) -> Route[object, object]:
        if size > self._max_size:
            raise MalformedRequest(f"the request is larger than {self._max_size} bytes")
        if envelope.method is None:
            raise MalformedRequest("method: expected a string")
        route = self._dialect.routes.get(envelope.method)
        if route is None and (why := self._dialect.not_offered.get(envelope.method)) is not None:
            raise UnknownMethod(f"method: {envelope.method} is not offered by this adapter: {why}")
        if route is None:
            raise UnknownMethod(f"method: this protocol has no {_shown(envelope.method)}")
        return route

    def _report(self, error: Exception) -> Bug:
        reference = secrets.token_hex(6)
        self._say(BugFound(reference=reference, error=type(error).__name__, where=where_of(error)))
        return Bug(f"internal error, reference {reference}")

    def _say(self, event: Event) -> None:
        # A listener that fails must not cost the waiter the answer.
        with contextlib.suppress(Exception):
            self._emit(event)


def _is_cancelled() -> bool:
    """Whether somebody has cancelled the present task. Apart: a task that failed would hold the frame that holds it."""
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0


def _let_go(error: BaseException) -> None:
    """Drop what an error holds, now that it is told: each frame it came through, which hold it in turn (tenacity's do).

    Until somebody looks for such circles they stay: measured in a flood, those of 16,000 requests at a time.
    """
    error.__traceback__ = error.__context__ = None


def _shown(method: str) -> str:
    """A method that we do not know, as far as it may be repeated."""
    harmless = 0 < len(method) <= _LONGEST_NAME and method.isascii() and method.isprintable()
    return method if harmless else "such method"
