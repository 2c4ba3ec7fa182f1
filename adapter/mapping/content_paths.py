"""Paths into decoded data: `customer.covers`, `orders[-1]`, `taxes[id=2].amount`, `guests.*.items`.

A path that leads nowhere gives nothing, which is NULL to a reading: what an EPOS leaves out of its JSON is no mistake.
Knows nothing of codecs and fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct

_NAME = r"[^\s.\[\]\"'=*]+"
_STEP = re.compile(
    rf"""(?:\.(?P<member>{_NAME}) | (?P<each>\.\*|\[\*\]) | \[(?P<index>-?\d{{1,9}})\]
        | \["(?P<quoted>[^"]*)"\] | \[(?P<key>{_NAME}(?:\.{_NAME})*)=(?:"(?P<text>[^"]*)"|(?P<word>[^\]"]*))\])""",
    re.VERBOSE,
)
_LARGEST = 1e17
_HOW = 'write members with dots, [0] or [-1] for an element, [id=2] for the one whose id is 2, * for all, ["a b"]'


class BadPath(ValueError):
    """A path cannot be read; the message says how one is written."""


class _Member(Struct, frozen=True):
    name: str


class _Index(Struct, frozen=True):
    number: int


class _Each(Struct, frozen=True):
    pass


class _Matching(Struct, frozen=True):
    """The first element whose member has this value."""

    path: tuple[str, ...]
    value: str


_Step = _Member | _Index | _Each | _Matching


class ContentPath(Struct, frozen=True):
    """A way into decoded data."""

    steps: tuple[_Step, ...] = ()

    def every(self, content: Any) -> Iterator[Any]:
        """Everything that the path leads to, in order: one thing at most, unless it has a `*`."""
        return _follow(content, self.steps)

    def value(self, content: Any) -> Any:
        """The first single value that the path leads to; None for nothing, and for an object or a list."""
        return next((found for found in self.every(content) if found is not None and not _holds_more(found)), None)


def parse_path(text: str) -> ContentPath:
    """Read a path as it stands in a mapping.

    Raises BadPath.
    """
    return ContentPath(steps=_steps(text if text.startswith("[") else f".{text}"))


def parse_reference(text: str, alias: str) -> ContentPath | None:
    """Read `line.product.name` as a path into the row that is called `line`; None for what does not begin so.

    Raises BadPath.
    """
    text = text.strip()
    rest = text[len(alias) :]
    if text[: len(alias)].casefold() != alias.casefold() or not (rest == "" or rest[0] in ".["):
        return None
    return ContentPath(steps=_steps(rest))


def code_of(value: Any) -> str:
    """One spelling for a value that is compared: `true`, `2` and `2.0` as they would stand in a mapping."""
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST:
        return str(int(value))
    if isinstance(value, Decimal):
        shown = format(value, "f")
        return shown.rstrip("0").rstrip(".") if "." in shown else shown
    return str(value).strip()


def _steps(text: str) -> tuple[_Step, ...]:
    found: list[_Step] = []
    at = 0
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None:
            raise BadPath(f"is no path from {text[at:][:20]!r} on; {_HOW}")
        found.append(_step(match))
        at = match.end()
    return tuple(found)


def _step(match: re.Match[str]) -> _Step:
    if match["member"] is not None:
        return _Member(match["member"])
    if match["quoted"] is not None:
        return _Member(match["quoted"])
    if match["index"] is not None:
        return _Index(int(match["index"]))
    if match["key"] is not None:
        wanted = match["text"] if match["text"] is not None else match["word"].strip()
        return _Matching(path=tuple(match["key"].split(".")), value=wanted)
    return _Each()


def _follow(content: Any, steps: Sequence[_Step]) -> Iterator[Any]:
    for position, step in enumerate(steps):
        if isinstance(step, _Each):
            for child in _children(content):
                yield from _follow(child, steps[position + 1 :])
            return
        content = _next(content, step)
        if content is None:
            return
    yield content


def _next(content: Any, step: _Step) -> Any:
    match step:
        case _Member(name=name):
            return content.get(name) if isinstance(content, Mapping) else None
        case _Index(number=number):
            return content[number] if _is_list(content) and -len(content) <= number < len(content) else None
        case _Matching(path=path, value=value):
            elements = content if _is_list(content) else ()
            return next((one for one in elements if _is_of(one, path, value)), None)
    return None


def _is_of(element: Any, path: tuple[str, ...], value: str) -> bool:
    for name in path:
        element = element.get(name) if isinstance(element, Mapping) else None
    return element is not None and not _holds_more(element) and code_of(element) == value


def _children(content: Any) -> Sequence[Any]:
    if isinstance(content, Mapping):
        return list(content.values())
    return content if _is_list(content) else ()


def _is_list(content: Any) -> bool:
    return isinstance(content, (list, tuple))


def _holds_more(content: Any) -> bool:
    return isinstance(content, (Mapping, list, tuple))
