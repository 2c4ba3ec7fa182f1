"""Writes down every answer that the real adapter makes in the EPOS Data API, and whether it went out on a socket.

Beside them it has the requests of the simulator, which stands in for the provider.

It sits inside the adapter's process, where an answer is made and where a socket takes it: what tests put between the adapter
and a judge, and the adapters that they invent, are not seen. `EPOS_TEST_FRAMES` names the folder, one file a process; with it
the tests record themselves (tests/conftest.py), and whoever is recorded has the adapters recorded that it starts.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import Any, NamedTuple
from weakref import WeakSet

FOLDER = "EPOS_TEST_FRAMES"
"""The environment variable with the folder of the frames."""
PROGRAM = Path(__file__).with_name("program.py")

_OURS = "SearchOrdersV1"
"""A method that only the dialect which is recorded has."""


class _Made(NamedTuple):
    """The answer that a task has made last: the very object, and its number."""

    task: asyncio.Task[Any] | None
    frame: bytes
    number: int


_made: ContextVar[_Made | None] = ContextVar("made", default=None)


def record_if_asked() -> None:
    """Record from here on, where the environment names a folder."""
    folder = os.environ.get(FOLDER)
    if folder and not getattr(subprocess.Popen.__init__, "records", False):
        _Recorder(Path(folder)).install()


class _Recorder:
    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder.absolute()
        self._numbers = itertools.count(1)
        self._sockets: WeakSet[Any] = WeakSet()
        self._opened: tuple[int, int] = (0, -1)

    def install(self) -> None:
        """Put itself where answers are made, where they are sent, and where processes are started."""
        self._hear_answers()
        self._hear_sockets()
        self._hear_requests()
        self._follow_processes()

    def _hear_answers(self) -> None:
        from adapter.protocol.endpoint import Endpoint

        handle, too_late = Endpoint.handle, Endpoint.too_late

        async def recorded_handle(endpoint: Endpoint, raw: bytes) -> bytes | None:
            return self._note(endpoint, raw, await handle(endpoint, raw))

        def recorded_too_late(endpoint: Endpoint, raw: bytes) -> bytes | None:
            return self._note(endpoint, raw, too_late(endpoint, raw))

        Endpoint.handle, Endpoint.too_late = recorded_handle, recorded_too_late  # type: ignore[method-assign]

    def _hear_sockets(self) -> None:
        from websockets.asyncio.connection import Connection

        from adapter.transport.session import _Session

        opened, send = _Session.__init__, Connection.send

        def recorded_open(session: Any, ws: Any, handle: Any, *rest: Any) -> None:
            if _speaks_it(handle):
                self._sockets.add(ws)
            opened(session, ws, handle, *rest)

        async def recorded_send(ws: Connection, message: Any, **options: Any) -> None:
            if ws in self._sockets:
                self._note_sent(message)
            await send(ws, message, **options)

        _Session.__init__, Connection.send = recorded_open, recorded_send  # type: ignore[method-assign]

    def _hear_requests(self) -> None:
        from simulator.link import Link

        send = Link._send_request

        async def recorded_request(link: Link, method: str, params: Any, identity: str) -> Any:
            if link.dialect.name == "epos-data":
                self._write({"request": link.dialect.request(method, params, identity), "by": _who()})
            return await send(link, method, params, identity)

        Link._send_request = recorded_request  # type: ignore[method-assign]

    def _follow_processes(self) -> None:
        start = subprocess.Popen.__init__

        def recorded_start(process: Any, args: Any, *rest: Any, **options: Any) -> None:
            start(process, followed(args), *rest, **options)

        recorded_start.records = True  # type: ignore[attr-defined]
        subprocess.Popen.__init__ = recorded_start  # type: ignore[method-assign]

    def _note(self, endpoint: Any, raw: bytes, frame: bytes | None) -> bytes | None:
        if frame is not None and _OURS in endpoint._dialect.routes:
            number = next(self._numbers)
            _made.set(_Made(_task(), frame, number))
            self._write({"made": number, "asked": _text(raw), "frame": _text(frame), "by": _who()})
        return frame

    def _note_sent(self, message: Any) -> None:
        made = _made.get()
        if made is not None and made.task is _task() and made.frame is message:
            self._write({"sent": made.number})
        else:
            # Nobody's answer: whatever it is, it went out.
            self._write({"made": next(self._numbers), "frame": _text(message), "by": _who(), "on_socket": True})

    def _write(self, entry: dict[str, Any]) -> None:
        # At once and unbuffered, for a process may be killed in the next moment.
        pid, file = self._opened
        if pid != os.getpid():
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
            file = os.open(self._folder / f"{os.getpid()}-{secrets.token_hex(4)}.jsonl", flags, 0o600)
            self._opened = (os.getpid(), file)
        os.write(file, json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")


def followed(args: Any) -> Any:
    """The command of a process; of one that starts the adapter, with the recorder in it."""
    if isinstance(args, Sequence) and not isinstance(args, str) and list(args[:3]) == [sys.executable, "-m", "adapter"]:
        return [sys.executable, str(PROGRAM), *args[2:]]
    return args


def _speaks_it(handle: Any) -> bool:
    answers = getattr(handle, "__self__", None)
    connection = getattr(answers, "connection", None)
    if connection is not None:
        return bool(connection.protocol == "epos-data")
    return _OURS in getattr(getattr(answers, "_dialect", None), "routes", ())


def _task() -> asyncio.Task[Any] | None:
    """Whoever runs; nobody where a test drives an answer by hand, without a loop."""
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None


def _text(data: bytes | str) -> str:
    return data if isinstance(data, str) else bytes(data).decode("utf-8", "replace")


def _who() -> str:
    """The test that is run, or the process that is none of a test."""
    return os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0] or " ".join(sys.argv[:2])
