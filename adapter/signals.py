"""Hears when the program is asked to end, or to read its files again."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

_INPUT = 0
"""The file descriptor of the standard input."""
_MUCH = 4096
"""Bytes of it that are thrown away at once."""


def on_signal(loop: asyncio.AbstractEventLoop, stop: Callable[[], Any]) -> None:
    """Call `stop` when the program is asked to end: by Ctrl-C, by systemd, or by Windows."""

    def wake(_number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stop)

    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        number = getattr(signal, name, None)
        if number is None:
            continue
        try:
            loop.add_signal_handler(number, stop)
        except (NotImplementedError, RuntimeError):
            # Windows has no signal handlers on the loop.
            signal.signal(number, wake)


def on_hangup(loop: asyncio.AbstractEventLoop, react: Callable[[], Any]) -> None:
    """Call `react` on SIGHUP, where there is such a signal: not on Windows, whose way to reload is `epos-adapter reload`."""
    number = getattr(signal, "SIGHUP", None)
    if number is not None:
        loop.add_signal_handler(number, react)


def on_end_of_input(loop: asyncio.AbstractEventLoop, stop: Callable[[], Any]) -> None:
    """Call `stop` when the standard input ends: where it is a pipe that whoever started this program holds, it is gone."""

    def wait() -> None:
        with suppress(OSError):
            # Not `sys.stdin`: a thread that waits inside it cannot be left behind when Python ends.
            while os.read(_INPUT, _MUCH):
                pass
        with suppress(RuntimeError):  # the loop has ended by itself meanwhile
            loop.call_soon_threadsafe(stop)

    threading.Thread(target=wait, name="end-of-input", daemon=True).start()
