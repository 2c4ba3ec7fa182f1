"""What the fuzzer begins with: one request of each kind, odd frames, and what it found earlier (`corpus/`)."""

from __future__ import annotations

import json
import os
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import FrameType

from tests.fuzz.judge import METHODS, ORDER_METHODS, ORDER_PARTS, PARTS, judge

FOLDER = Path(__file__).parent / "corpus"
ORDERS_FOLDER = FOLDER / "orders"
FOUND = FOLDER / "found.txt"
"""Inputs of earlier runs that reach what no other does, in base64, one a line."""
Step = tuple[str, int, int]
"""A file, and two of its lines that ran one after the other."""
_ADAPTER = f"{os.sep}adapter{os.sep}"
RIGHT_HEADER = bytes([PARTS]) + b"Basic " + b64encode(b"local:key")


def given() -> list[bytes]:
    """What nobody had to find; each request of a method also as its parameters alone."""
    frames = _frames_in(FOLDER)
    orders = _frames_in(ORDERS_FOLDER)
    return [
        *frames,
        *(_parameters(frame, PARTS, METHODS) for frame in frames if _has_parameters(frame)),
        *(bytes([ORDER_PARTS]) + frame for frame in orders),
        *(_parameters(frame, ORDER_PARTS, ORDER_METHODS) for frame in orders),
        RIGHT_HEADER,
    ]


def seeds() -> list[bytes]:
    """All of it, with what was found."""
    return [*given(), *(b64decode(line, validate=True) for line in FOUND.read_text(encoding="ascii").split())]


def words() -> list[str]:
    """Names and values that nobody guesses, as the lines of libFuzzer's dictionary."""
    found: set[str] = {*METHODS, *ORDER_METHODS}
    for raw in (file.read_text(encoding="utf-8") for file in sorted(FOLDER.rglob("*.json"))):
        found.update(part for part in raw.split('"')[1::2] if len(part) > 2 and part.isascii() and part.isprintable())
    return [f'"{word}"' for word in sorted(found) if "\\" not in word]


def keep(inputs: Iterable[bytes]) -> None:
    """Write what a run found."""
    lines = sorted(b64encode(each).decode() for each in inputs)
    FOUND.write_text("".join(f"{line}\n" for line in lines), encoding="ascii", newline="\n")


def _has_parameters(frame: bytes) -> bool:
    document = json.loads(frame)
    return isinstance(document, dict) and document["method"] in METHODS and "params" in document


def _parameters(frame: bytes, first: int, methods: Sequence[str]) -> bytes:
    document = json.loads(frame)
    return bytes([first + 1 + methods.index(document["method"])]) + json.dumps(document["params"]).encode()


def _frames_in(folder: Path) -> list[bytes]:
    return [file.read_bytes().rstrip(b"\n") for file in sorted(folder.glob("*.json"))]


def fewest(inputs: Iterable[bytes], tried: Iterable[bytes]) -> list[bytes]:
    """Those that reach steps in the adapter's code that neither those tried already nor a shorter one reaches."""
    known: set[Step] = set().union(*map(steps_of, tried))
    kept = []
    for each in sorted(inputs, key=lambda one: (len(one), one)):
        steps = steps_of(each)
        if steps - known:
            known |= steps
            kept.append(each)
    return kept


def steps_of(data: bytes) -> set[Step]:
    """Which lines of the adapter followed on which when this was judged."""
    steps: set[Step] = set()
    last = 0

    def follow(frame: FrameType, event: str, _: object) -> Callable[..., object] | None:
        nonlocal last
        if _ADAPTER not in frame.f_code.co_filename:
            return None
        if event == "line":
            steps.add((frame.f_code.co_filename, last, frame.f_lineno))
            last = frame.f_lineno
        return follow

    before = sys.gettrace()
    sys.settrace(follow)
    try:
        judge(data)
    finally:
        sys.settrace(before)
    return steps
