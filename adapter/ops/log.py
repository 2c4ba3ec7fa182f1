"""Writes events to the log: readable on a terminal, JSON otherwise. Knows nothing of what causes them."""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import fields
from typing import Any, Literal, TextIO

import msgspec
import structlog

from adapter.events import Emit, Event, Level

_LEVELS: dict[Level, int] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


_SENTENCES: dict[type[Event], str] = {}
_NAMES: dict[type[Event], tuple[str, ...]] = {}


class _Lines:
    """Writes lines to a stream, whatever characters it knows."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def msg(self, line: str) -> None:
        """Write one line; what the stream cannot say is written as an escape."""
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
            structlog.processors.TimeStamper(fmt="%H:%M:%S" if readable else "iso", utc=not readable),
            structlog.dev.ConsoleRenderer(colors=readable and stream.isatty(), pad_event_to=0)
            if readable
            else structlog.processors.JSONRenderer(serializer=_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
    ).bind()
    say = {name: getattr(logger, name) for name in _LEVELS}

    def emit(event: Event) -> None:
        if _LEVELS[event.level] >= threshold:
            name = {} if readable else {"kind": type(event).__name__}
            say[event.level](_sentence(type(event)), **name, **_facts(event))

    return emit


def _json(line: dict[str, Any], **_options: Any) -> str:
    try:
        return msgspec.json.encode(line).decode()
    except UnicodeEncodeError:
        # Half a surrogate pair has no UTF-8; as an escape it can be said.
        return json.dumps(line)


def stderr_log(*, level: Level, style: Literal["auto", "console", "json"]) -> Emit:
    """A listener that writes to the standard error stream."""
    # What asyncio says of broken sockets is said by our own events, and would not be in their form.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    return log_to(sys.stderr, level=level, style=style)


def _sentence(kind: type[Event]) -> str:
    """What the log says: the first line of the event's docstring."""
    found = _SENTENCES.get(kind)
    if found is None:
        found = _SENTENCES[kind] = (kind.__doc__ or kind.__name__).strip().splitlines()[0].rstrip(".")
    return found


def _names(kind: type[Event]) -> tuple[str, ...]:
    found = _NAMES.get(kind)
    if found is None:
        found = _NAMES[kind] = tuple(field.name for field in fields(kind))
    return found


def _facts(event: Event) -> dict[str, Any]:
    """The fields of an event that say something; numbers short enough to read."""
    found: dict[str, Any] = {}
    for name in _names(type(event)):
        value = getattr(event, name)
        if value.__class__ is float:
            found[name] = round(value, 2)
        elif value != "":
            found[name] = value
    return found
