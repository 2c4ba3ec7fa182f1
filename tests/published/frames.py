"""Reads what was written down by the recorder: answers with the requests they answer, and requests of the simulator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Place = Literal["socket", "process"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One message, and how it came about."""

    text: str
    asked: str | None = None
    """What an answer answers; None for a message that answers nothing."""
    place: Place = "process"
    """Whether it went out on a socket, or was handed to whoever asked within the process."""
    by: str = ""
    """The test or the program."""


def answers(folder: Path) -> Iterator[Frame]:
    """Every message of the adapter."""
    for lines in _files(folder):
        sent = {line["sent"] for line in lines if "sent" in line}
        for line in lines:
            if "made" in line:
                went_out = line["made"] in sent or line.get("on_socket", False)
                yield Frame(
                    text=line["frame"],
                    asked=line.get("asked"),
                    place="socket" if went_out else "process",
                    by=line["by"],
                )


def requests(folder: Path) -> Iterator[Frame]:
    """Every request of the simulator."""
    for lines in _files(folder):
        for line in lines:
            if "request" in line:
                yield Frame(text=line["request"], place="socket", by=line["by"])


def _files(folder: Path) -> Iterator[list[dict[str, Any]]]:
    for file in sorted(folder.glob("*.jsonl")):
        lines = file.read_text(encoding="utf-8").split("\n")
        # A process that was killed may have left its last line in the middle; nothing is sent before its line is whole.
        yield [json.loads(line) for line in lines[:-1]]
