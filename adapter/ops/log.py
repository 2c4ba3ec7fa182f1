"""Writes events to the log: readable on a terminal, JSON otherwise. Knows nothing of what causes them."""

from __future__ import annotations

import contextlib
import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

import msgspec

from adapter.events import Emit, Event, Level

_rich = sys.modules.get("rich")
if _rich is None:
    # structlog would load it for tracebacks, of which no event has one: 4 MB, and a twenty-fifth of the start.
    sys.modules["rich"] = None  # type: ignore[assignment]
import structlog  # noqa: E402 - after what it must not find

if _rich is None:
    del sys.modules["rich"]

_LEVELS: dict[Level, int] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


_KINDS: dict[type[Event], tuple[str, tuple[str, ...]]] = {}
_encode = msgspec.json.Encoder().encode


class _Lines:
    """Writes lines to a stream, whatever characters it knows."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def msg(self, line: str) -> None:
        """Write one line; what the stream cannot say is written as an escape.

        A stream that is closed, or full, costs lines and nothing else: who tells must go on.
        """
        with contextlib.suppress(OSError, ValueError):
            try:
                self._stream.write(f"{line}\n")
            except UnicodeEncodeError:
                encoding = self._stream.encoding or "ascii"
                self._stream.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
            self._stream.flush()

    debug = info = warning = error = msg


def log_to(stream: TextIO, *, level: Level, style: Literal["auto", "console", "json"]) -> Emit:
    """A listener that writes every event of this level or above as one line."""
    readable = style == "console" or (style == "auto" and stream.isatty())
    threshold = _LEVELS[level]
    logger = structlog.wrap_logger(
        _Lines(stream),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
            structlog.dev.ConsoleRenderer(colors=stream.isatty(), pad_event_to=0),
        ]
        if readable
        else [_json],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
    ).bind()
    say = {name: getattr(logger, name) for name in _LEVELS}

    def emit(event: Event) -> None:
        level = event.level
        if _LEVELS[level] < threshold:
            return
        kind = event.__class__
        sentence, names = _said(kind)
        facts: dict[str, Any] = {} if readable else {"kind": kind.__name__}
        for name in names:
            value = getattr(event, name)
            if value.__class__ is float:
                # Short enough to read.
                facts[name] = round(value, 2)
            elif value != "":
                facts[name] = value
        say[level](sentence, **facts)

    return emit


def _json(_logger: object, level: str, line: structlog.typing.EventDict) -> str:
    """The line of an event; one processor, because each costs a microsecond for every request."""
    now = datetime.now(UTC)
    line["level"] = level
    line["timestamp"] = now
    try:
        return _encode(line).decode()
    except UnicodeEncodeError:
        # Half a surrogate pair has no UTF-8; as an escape it can be said.
        line["timestamp"] = now.isoformat().replace("+00:00", "Z")
        return json.dumps(line)


def stderr_log(*, level: Level, style: Literal["auto", "console", "json"]) -> Emit:
    """A listener that writes to the standard error stream."""
    return said_log(sys.stderr, level=level, style=style)


def said_log(stream: TextIO, *, level: Level, style: Literal["auto", "console", "json"]) -> Emit:
    """A listener that writes to a stream what the program says, and nothing that its libraries say."""
    # What asyncio and psycopg say of broken sockets is said by our own events, and would not be in their form.
    for name in ("asyncio", "psycopg"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return log_to(stream, level=level, style=style)


def _sentence(kind: type[Event]) -> str:
    """What the log says: the first line of the event's docstring."""
    return (kind.__doc__ or kind.__name__).strip().splitlines()[0].rstrip(".")


def _said(kind: type[Event]) -> tuple[str, tuple[str, ...]]:
    """The sentence of a kind of event, and the names of its fields."""
    found = _KINDS.get(kind)
    if found is None:
        found = _KINDS[kind] = (_sentence(kind), kind.__struct_fields__)
    return found
