"""A log file that begins anew when it has grown, for where nothing else keeps logs. Knows nothing of what is written."""

from __future__ import annotations

import io
import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

from adapter.errors import AdapterError


class RotatingFile(io.TextIOBase):
    """Lines in a file of at most so many bytes; the ones before it are kept as `name.1`, `name.2` and so on."""

    def __init__(self, file: Path, *, size: int, kept: int) -> None:
        """`size` is in bytes. Raises AdapterError when the file cannot be written."""
        super().__init__()
        try:
            self._handler = _Handler(file, maxBytes=size, backupCount=kept, encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise AdapterError(f"the log {file} cannot be written: {reason}", hint="see [log] file") from None

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """As every line is written."""
        return "utf-8"

    def isatty(self) -> bool:
        """Never a terminal."""
        return False

    def write(self, text: str) -> int:
        """Write one line. A disk that is full costs lines, and never a payment."""
        self._handler.emit(logging.makeLogRecord({"msg": text.removesuffix("\n")}))
        return len(text)

    def close(self) -> None:
        """Close the file."""
        self._handler.close()
        super().close()


class _Handler(RotatingFileHandler):
    """Goes on in the same file where it cannot be put aside."""

    def doRollover(self) -> None:  # noqa: N802 - the library's name
        """Put the file aside and begin another."""
        try:
            super().doRollover()
        except OSError:
            # On Windows a file that somebody has open cannot be renamed; the next line tries again.
            if self.stream is None:
                self.stream = self._open()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - as above
        """Say nothing: there is nowhere to say it."""
