"""Finds where in a TOML text each key and value stands. Knows nothing of what the keys mean.

`tomllib` says what a file holds but not where; this walks the same text and only ever sees files that `tomllib` has
accepted, so it need not judge syntax.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection
from itertools import pairwise

import msgspec
from msgspec import Struct

Path = tuple[str | int, ...]

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPE = re.compile(r"\\(?:u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)
_JOINED_LINES = re.compile(r"\\[ \t]*\r?\n[ \t\r\n]*")
_BASIC_KEY = re.compile(r'"(?:[^"\\]|\\.)*"')
_SCALAR = re.compile(r"[^,\]\}#\r\n]*")
_QUOTES = ('"""', "'''", '"', "'")


class Locator(Struct):
    """Positions of the keys and values of one TOML text, from 1."""

    text: str
    keys: dict[Path, int] = msgspec.field(default_factory=dict)
    """Offset of each key; of each element, for arrays."""
    strings: dict[Path, tuple[int, str]] = msgspec.field(default_factory=dict)
    """Offset of the first character of each string's content, and its quotes."""
    moved: dict[Path, Path] = msgspec.field(default_factory=dict)
    """Keys that stand elsewhere in the text than their path says: see `overlaid`."""

    def name(self, path: Path) -> Path:
        """The path under which a key stands in the text."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.moved:
                return (*self.moved[path[:end]], *path[end:])
        return path

    def place(self, path: Path) -> tuple[int, int]:
        """Line and column of the key at this path, or of the nearest key above it; (1, 1) for the whole file."""
        while path:
            if path in self.keys:
                return self._line_and_column(self.keys[path])
            path = path[:-1]
        return 1, 1

    def inside(self, path: Path, index: int) -> tuple[int, int]:
        """Line and column of the character `index` of the string at this path."""
        if path not in self.strings:
            return self.place(path)
        offset, quotes = self.strings[path]
        if quotes[0] == '"':
            offset = self._skip_escaped(offset, index)
        else:
            offset += index
        return self._line_and_column(min(offset, len(self.text)))

    def _skip_escaped(self, offset: int, index: int) -> int:
        while offset < len(self.text):
            # A backslash before a line end joins the lines and stands for no character at all.
            joined = _JOINED_LINES.match(self.text, offset)
            if joined is not None:
                offset = joined.end()
                continue
            if index == 0:
                break
            match = _ESCAPE.match(self.text, offset)
            offset = offset + 1 if match is None else match.end()
            index -= 1
        return offset

    def _line_and_column(self, offset: int) -> tuple[int, int]:
        before = self.text[:offset]
        return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def locate(text: str) -> Locator:
    """Find every key and value of a valid TOML text."""
    return _Walker(text.replace("\r\n", "\n")).walk()


def overlaid(base: Locator, root: Path, replaced: Collection[Path]) -> Locator:
    """The positions of a text of which what stands below `root` has been laid over the rest.

    `replaced` are the paths, without the root, of what is not the rest's any more.
    """
    gone = frozenset(replaced)

    def stays(path: Path) -> bool:
        return path[:1] != root[:1] and not any(path[:end] in gone for end in range(1, len(path) + 1))

    def comes(path: Path) -> bool:
        return path[: len(root)] == root and len(path) > len(root)

    size = len(root)
    keys = {path[size:]: offset for path, offset in base.keys.items() if comes(path)}
    strings = {path[size:]: place for path, place in base.strings.items() if comes(path)}
    return Locator(
        text=base.text,
        keys=keys | {path: offset for path, offset in base.keys.items() if stays(path)},
        strings=strings | {path: place for path, place in base.strings.items() if stays(path)},
        moved={path: (*root, *path) for path in gone},
    )


class _Walker:
    """One pass over the text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._found = Locator(text)
        self._lengths: dict[Path, int] = {}
        """How many tables each array of tables holds so far."""

    def walk(self) -> Locator:
        prefix: Path = ()
        while self._skip_blank():
            if self._text[self._at] == "[":
                prefix = self._header()
            else:
                self._pair(prefix)
        return self._found

    def _header(self) -> Path:
        start = self._at
        is_array = self._text.startswith("[[", start)
        self._at += 2 if is_array else 1
        path = self._resolve(self._dotted())
        self._skip_space()
        self._at += 2 if is_array else 1
        if is_array:
            index = self._lengths.get(path, 0)
            self._lengths[path] = index + 1
            self._note_parents(path, start)
            path = (*path, index)
        self._note_parents(path, start)
        return path

    def _resolve(self, names: list[str]) -> Path:
        """A header's names as a path: inside an array of tables they mean its latest table."""
        path: Path = ()
        for position, name in enumerate(names):
            path = (*path, name)
            if position < len(names) - 1 and path in self._lengths:
                path = (*path, self._lengths[path] - 1)
        return path

    def _pair(self, prefix: Path) -> None:
        start = self._at
        path = (*prefix, *self._dotted())
        for end in range(len(prefix) + 1, len(path) + 1):
            self._found.keys.setdefault(path[:end], start)
        self._skip_space()
        self._at += 1
        self._skip_space()
        self._value(path)

    def _value(self, path: Path) -> None:
        quotes = next((q for q in _QUOTES if self._text.startswith(q, self._at)), None)
        if quotes is not None:
            self._string(path, quotes)
        elif self._text[self._at] == "[":
            self._array(path)
        elif self._text[self._at] == "{":
            self._inline_table(path)
        else:
            match = _SCALAR.match(self._text, self._at)
            self._at = match.end() if match else self._at + 1

    def _string(self, path: Path, quotes: str) -> None:
        self._at += len(quotes)
        if len(quotes) == 3 and self._text.startswith("\n", self._at):
            self._at += 1
        self._found.strings[path] = (self._at, quotes)
        while not self._text.startswith(quotes, self._at):
            self._at += 2 if self._text[self._at] == "\\" and quotes[0] == '"' else 1
        self._at += len(quotes)
        # Up to two quotes may stand directly before the closing three.
        while len(quotes) == 3 and self._text.startswith(quotes[0], self._at):
            self._at += 1

    def _array(self, path: Path) -> None:
        self._at += 1
        index = 0
        while self._skip_blank() and self._text[self._at] != "]":
            if self._text[self._at] == ",":
                self._at += 1
                continue
            self._found.keys[(*path, index)] = self._at
            self._value((*path, index))
            index += 1
        self._at += 1

    def _inline_table(self, path: Path) -> None:
        self._at += 1
        while self._skip_blank() and self._text[self._at] != "}":
            if self._text[self._at] == ",":
                self._at += 1
                continue
            self._pair(path)
        self._at += 1

    def _dotted(self) -> list[str]:
        names = [self._key()]
        self._skip_space()
        while self._text.startswith(".", self._at):
            self._at += 1
            self._skip_space()
            names.append(self._key())
            self._skip_space()
        return names

    def _key(self) -> str:
        self._skip_space()
        basic = _BASIC_KEY.match(self._text, self._at)
        if basic is not None:
            self._at = basic.end()
            return next(iter(tomllib.loads(f"{basic.group()} = 0")))
        if self._text[self._at] == "'":
            end = self._text.index("'", self._at + 1)
            name = self._text[self._at + 1 : end]
            self._at = end + 1
            return name
        match = _BARE_KEY.match(self._text, self._at)
        self._at = match.end() if match else self._at + 1
        return match.group() if match else ""

    def _note_parents(self, path: Path, offset: int) -> None:
        for end in range(1, len(path) + 1):
            self._found.keys.setdefault(path[:end], offset)

    def _skip_space(self) -> None:
        while self._at < len(self._text) and self._text[self._at] in " \t":
            self._at += 1

    def _skip_blank(self) -> bool:
        """Skip blanks, line ends and comments; False at the end of the text."""
        while self._at < len(self._text):
            character = self._text[self._at]
            if character == "#":
                end = self._text.find("\n", self._at)
                self._at = len(self._text) if end < 0 else end
            elif character in " \t\r\n":
                self._at += 1
            else:
                return True
        return False


def dotted(path: Path) -> str:
    """A path as people write it: `session.tables.from`, `connection[0].dial`."""
    if not path:
        return ""
    parts = [str(path[0])]
    for _, name in pairwise(path):
        parts.append(f"[{name}]" if isinstance(name, int) else f".{name}")
    return "".join(parts)
