"""Hears when the program is asked to end, or to read its files again."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from types import FrameType
from typing import Any


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
