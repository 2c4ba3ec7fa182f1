"""Writes events to the log: readable on a terminal, JSON otherwise. Knows nothing of what causes them."""

from __future__ import annotations

import logging
import sys
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Literal

import structlog

from adapter.events import Emit, Event, Level

if TYPE_CHECKING:
    from typing import TextIO

_LEVELS: dict[Level, int] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


def log_to(stream: TextIO, *, level: Level, style: Literal["auto", "console", "json"]) -> Emit:
    """A listener that writes every event of this level or above as one line."""
    readable = style == "console" or (style == "auto" and stream.isatty())
    threshold = _LEVELS[level]
    logger = structlog.wrap_logger(
        structlog.PrintLogger(stream),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%H:%M:%S" if readable else "iso", utc=not readable),
            structlog.dev.ConsoleRenderer(colors=readable and stream.isatty(), pad_event_to=0)
            if readable
            else structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
    )

    def emit(event: Event) -> None:
        if _LEVELS[event.level] >= threshold:
            name = {} if readable else {"kind": type(event).__name__}
            getattr(logger, event.level)(_sentence(event), **name, **_facts(event))

    return emit


def stderr_log(*, level: Level, style: Literal["auto", "console", "json"]) -> Emit:
    """A listener that writes to the standard error stream."""
    return log_to(sys.stderr, level=level, style=style)


def _sentence(event: Event) -> str:
    """What the log says: the first line of the event's docstring."""
    return (type(event).__doc__ or type(event).__name__).strip().splitlines()[0].rstrip(".")


def _facts(event: Event) -> dict[str, Any]:
    """The fields of an event that say something; numbers short enough to read."""
    found: dict[str, Any] = {}
    for field in fields(event):
        value = getattr(event, field.name)
        if value == "":
            continue
        found[field.name] = round(value, 2) if isinstance(value, float) else value
    return found
