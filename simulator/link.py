"""One open socket to an adapter: asks, matches answers by id, and has every frame judged and remembered."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from websockets.asyncio.connection import Connection
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

from simulator.dialect import Dialect
from simulator.errors import NoAnswer, NotConnected, SimulatorError
from simulator.faults import RUBBISH, Fault, Faults, Moment
from simulator.journal import Frame, Journal, Verdict
from simulator.judging import Asked, Finding, Judge, Standing

_REMEMBERED = 1000
"""Requests to which a late or repeated answer is known, and frames kept that answer nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request and its answer."""

    method: str
    params: Mapping[str, Any]
    response: Mapping[str, Any]
    """The whole response object as it came."""
    result: Any
    """What it says, without the envelope; None where it has none."""
    error_code: str | None
    """The provider's error code; None for a success."""
    milliseconds: float
    """From sending to having read the answer."""
    findings: Sequence[Finding]
    """What the judge found wrong with the answer."""
    request_frame: int
    """The request's number in the journal."""
    answer_frame: int
    """The answer's number in the journal."""


class Link:
    """One open socket to an adapter, whichever side opened it. All timeouts in seconds."""

    def __init__(
        self,
        ws: Connection,
        account: str,
        dialect: Dialect,
        judge: Judge,
        journal: Journal,
        number: int,
        faults: Faults | None = None,
    ) -> None:
        """`number` tells it from other links in the journal; `faults` says what goes wrong on purpose."""
        self._ws = ws
        self.account = account
        self.dialect = dialect
        self.journal = journal
        self.number = number
        self.since = time.time()
        """When it was opened, in seconds of the epoch."""
        self._judge = judge
        self._asked: OrderedDict[str, Asked] = OrderedDict()
        self._awaited: dict[str, asyncio.Future[tuple[dict[str, Any], Frame] | None]] = {}
        self._unasked: asyncio.Queue[str | bytes] = asyncio.Queue()
        self._faults = faults
        self._overtaken: list[asyncio.Future[None]] = []
        self._delayed: set[asyncio.Task[None]] = set()

    async def ask(
        self,
        method: str,
        params: Mapping[str, Any],
        *,
        timeout: float = 5.0,  # noqa: ASYNC109 - part of the request
        identity: str | None = None,
    ) -> Exchange:
        """Ask, and return the answer; any number of requests may be in flight.

        `identity` is the envelope's id, a new UUID without one.
        Raises NotConnected or NoAnswer.
        """
        identity = identity or str(uuid.uuid4())
        awaited = asyncio.get_running_loop().create_future()
        self._awaited[identity] = awaited
        asked: Asked | None = None
        try:
            async with asyncio.timeout(timeout):
                asked = await self._send_request(method, params, identity)
                found: tuple[dict[str, Any], Frame] | None = await awaited
        except TimeoutError:
            raise NoAnswer(
                f"no answer to {method} within {timeout:g} s", request_frame=asked.frame if asked else None
            ) from None
        finally:
            if self._awaited.get(identity) is awaited:
                del self._awaited[identity]
        if found is None:
            raise NoAnswer(f"the adapter left before it answered {method}", request_frame=asked.frame)
        response, frame = found
        outcome = self.dialect.outcome(response)
        return Exchange(
            method=method,
            params=params,
            response=response,
            result=outcome.result,
            error_code=outcome.error_code,
            milliseconds=frame.milliseconds or 0.0,
            findings=frame.findings,
            request_frame=asked.frame,
            answer_frame=frame.number,
        )

    async def request(self, method: str, params: Mapping[str, Any], *, timeout: float = 5.0) -> Mapping[str, Any]:  # noqa: ASYNC109 - passed on
        """Ask, and return the whole response object.

        Raises NotConnected or NoAnswer.
        """
        return (await self.ask(method, params, timeout=timeout)).response

    async def notify(self, method: str, params: Mapping[str, Any]) -> None:
        """Tell, without an id, so that no answer may come."""
        await self._send(self.dialect.request(method, params, None), method)

    async def send_raw(self, data: str | bytes, *, text: bool | None = None) -> Frame:
        """Send anything, well-formed or not: a string as a text frame, bytes as a binary one unless `text`.

        Raises NotConnected.
        """
        return await self._send(data, "", text=text)

    async def next_frame(self, *, timeout: float = 5.0) -> str | bytes:  # noqa: ASYNC109 - so that callers read alike
        """Wait for the next frame that answers no request that is waited for.

        Raises NoAnswer.
        """
        try:
            async with asyncio.timeout(timeout):
                return await self._unasked.get()
        except TimeoutError:
            raise NoAnswer(f"no frame within {timeout:g} s") from None

    async def close(self, code: int = CloseCode.GOING_AWAY, reason: str = "") -> None:
        """Say goodbye and wait until the socket is closed."""
        await self._ws.close(code, reason)

    async def ping(self) -> float:
        """Wait until everything sent so far has reached the adapter; returns the seconds this took."""
        return await (await self._ws.ping())

    @property
    def frames(self) -> list[Frame]:
        """The frames of this link that are remembered."""
        return [frame for frame in self.journal.frames if frame.link == self.number]

    @property
    def handshake(self) -> Mapping[str, str]:
        """The headers of the opening handshake; names in any case."""
        return self._ws.request.headers if self._ws.request else {}

    @property
    def close_code(self) -> int | None:
        """What the adapter said when it closed; None while the socket is open."""
        return self._ws.close_code

    @property
    def waiting(self) -> int:
        """How many requests wait for their answers."""
        return len(self._awaited)

    async def read(self) -> None:
        """Hand answers to whoever awaits them, until the socket closes; whoever opened the socket runs this."""
        try:
            async for data in self._ws:
                self._receive(data)
        except ConnectionClosed:
            pass
        finally:
            for task in self._delayed:
                task.cancel()
            for awaited in self._awaited.values():
                if not awaited.done():
                    awaited.set_result(None)

    def break_off(self) -> None:
        """Break the connection without a goodbye."""
        self._ws.transport.abort()

    async def _send(
        self, data: str | bytes, method: str, *, text: bool | None = None, noted: Callable[[Frame], None] | None = None
    ) -> Frame:
        """Write a frame, with whatever goes wrong on purpose; `noted` hears of it before it is written."""
        fault = self._fault("request", method)
        kind = fault.kind if fault else ""
        if fault is not None and kind == "delay":
            await asyncio.sleep(fault.milliseconds / 1000)
        elif fault is not None and kind == "reorder":
            await self._be_overtaken(fault.milliseconds / 1000)
        elif fault is not None and kind == "rubbish":
            await self.send_rubbish(fault.what)
        elif kind == "drop":
            self.break_off()
        frame = self._note_sent(data, method, kind)
        if noted is not None:
            noted(frame)
        if kind in ("lose", "drop"):
            return frame
        await self._write(data, text=text)
        if kind == "duplicate":
            self._note_sent(data, method, kind)
            await self._write(data, text=text)
        self._let_go()
        after = self._fault("sent", method)
        if after is not None:
            self._break(after)
        return frame

    async def send_rubbish(self, what: str) -> Frame:
        """Write one of the frames that are no requests. Raises NotConnected."""
        data = RUBBISH[what]
        frame = self._note_sent(data, "", "rubbish")
        await self._write(data, text=True if what == "not-utf-8" else None)
        return frame

    async def _send_request(self, method: str, params: Mapping[str, Any], identity: str) -> Asked:
        made: list[Asked] = []

        def noted(frame: Frame) -> None:
            asked = Asked(
                account=self.account,
                identity=identity,
                method=method,
                params=params,
                at=frame.at,
                frame=frame.number,
                sent=2 if frame.fault == "duplicate" else 1,
            )
            made.append(asked)
            self._asked[identity] = asked
            if len(self._asked) > _REMEMBERED:
                self._asked.popitem(last=False)

        await self._send(self.dialect.request(method, params, identity), method, noted=noted)
        return made[0]

    def _fault(self, at: Moment, method: str) -> Fault | None:
        """What goes wrong now, which only requests do."""
        return self._faults.take(at, self.account, method) if self._faults is not None and method else None

    def _break(self, fault: Fault) -> None:
        if fault.kind == "kill" and self._faults is not None:
            # A process that is gone already must not cost the connection: it is noted, and the answer stays away.
            with contextlib.suppress(SimulatorError):
                self._faults.kill(milliseconds=fault.milliseconds)
                # A fast one may have answered before it died; whoever kills it in mid-request hears nothing of it.
                self.break_off()
        if fault.kind == "drop":
            self.break_off()

    async def _be_overtaken(self, seconds: float) -> None:
        """Wait until another frame was written, or so long."""
        gone_by = asyncio.get_running_loop().create_future()
        self._overtaken.append(gone_by)
        await asyncio.wait({gone_by}, timeout=seconds)
        if gone_by in self._overtaken:
            self._overtaken.remove(gone_by)

    def _let_go(self) -> None:
        waiting, self._overtaken = self._overtaken, []
        for gone_by in waiting:
            gone_by.set_result(None)

    def _note_sent(self, data: str | bytes, method: str, fault: str) -> Frame:
        return self.journal.add_frame(
            data, account=self.account, link=self.number, sender="gateway", method=method, fault=fault
        )

    async def _write(self, data: str | bytes, *, text: bool | None = None) -> None:
        try:
            await self._ws.send(data, text=text)
        except ConnectionClosed:
            raise NotConnected(f"the adapter of {self.account} has left") from None

    def _receive(self, data: str | bytes) -> None:
        at = time.monotonic()
        message = _object(data)
        identity = message.get("id")
        asked = self._asked.get(identity) if isinstance(identity, str) else None
        awaited = self._awaited.get(asked.identity) if asked is not None else None
        waited_for = awaited is not None and not awaited.done()
        standing = _standing(asked, waited_for=waited_for)
        fault = self._fault("answer", asked.method) if asked else None
        frame = self.journal.add_frame(
            data,
            account=self.account,
            link=self.number,
            sender="adapter",
            method=asked.method if asked else "",
            verdict=Verdict(
                answers=asked.frame if asked else None,
                standing=standing,
                milliseconds=(at - asked.at) * 1000 if asked else None,
                findings=self._judged(asked, standing, data),
            ),
            fault=fault.kind if fault else "",
        )
        if asked is not None:
            self._asked[asked.identity] = replace(asked, answers=asked.answers + 1)
        if fault is not None and fault.kind == "delay":
            later = asyncio.create_task(self._hand_over_later(message, frame, data, fault.milliseconds / 1000))
            self._delayed.add(later)
            later.add_done_callback(self._delayed.discard)
        elif fault is not None:
            self._break(fault)
        else:
            self._hand_over(message, frame, data)

    async def _hand_over_later(self, message: dict[str, Any], frame: Frame, data: str | bytes, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._hand_over(message, frame, data)

    def _hand_over(self, message: dict[str, Any], frame: Frame, data: str | bytes) -> None:
        identity = message.get("id")
        awaited = self._awaited.get(identity) if isinstance(identity, str) else None
        if awaited is not None and not awaited.done():
            awaited.set_result((message, frame))
            return
        if self._unasked.qsize() >= _REMEMBERED:
            self._unasked.get_nowait()
        self._unasked.put_nowait(data)

    def _judged(self, asked: Asked | None, standing: Standing, data: str | bytes) -> Sequence[Finding]:
        try:
            return self._judge.judge(asked, standing, data)
        except Exception as bug:  # noqa: BLE001 - a judge that fails must be seen, and must not cost the connection
            where = bug.__traceback__
            while where is not None and where.tb_next is not None:
                where = where.tb_next
            line = f"{where.tb_frame.f_code.co_filename}:{where.tb_lineno}" if where else "somewhere"
            message = f"the judge itself failed: {type(bug).__name__} at {line}"
            return (Finding(kind="judge-failed", path="", message=message, source="simulator"),)


def _standing(asked: Asked | None, *, waited_for: bool) -> Standing:
    if asked is None:
        return Standing.UNASKED
    if asked.answers >= asked.sent:
        return Standing.REPEATED
    return Standing.AWAITED if waited_for else Standing.LATE


def _object(data: str | bytes) -> dict[str, Any]:
    """What a frame says, empty when it is no object; the provider reads text frames only."""
    if isinstance(data, bytes):
        return {}
    try:
        message = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}
