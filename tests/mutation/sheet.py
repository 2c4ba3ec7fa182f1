"""A mapping as whoever makes a mistake in it sees it: its text, where each value stands, and the columns there are."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from adapter.toml.locate import Locator, Path, locate

ALIASED = re.compile(r"\b(?:FROM|JOIN)\s+(\w+)\s+(?!ON\b|WHERE\b|LEFT\b|JOIN\b)(\w+)", re.IGNORECASE)
LEADING = re.compile(r"^\s*(\w+)\s+(\w)\b")
COLUMN = re.compile(r"(?<![\w.:'])([a-z]\w*)\.([a-z_]\w*)\b(?!\()")

_PROSE = frozenset(
    {
        "as",
        "default",
        "epos",
        "form",
        "fraction",
        "help",
        "missing",
        "name",
        "rounding",
        "sql",
        "stage",
        "text",
        "type",
        "zone",
    }
)
"""Keys whose values are words and no SQL, unless they hold a column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One change of the text, and the key it is made in."""

    path: Path
    start: int
    end: int
    new: str
    what: str
    """What was done, for people."""


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One mapping file."""

    name: str
    text: str
    columns: Mapping[str, Mapping[str, str]]
    """For each table, the type of each of its columns."""
    document: dict[str, Any] = field(init=False)
    locator: Locator = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "document", tomllib.loads(self.text))
        object.__setattr__(self, "locator", locate(self.text))

    @cached_property
    def strings(self) -> list[tuple[Path, int, str]]:
        """Every text: its path, where its content begins, and the content. Texts with escapes are left alone."""
        found = []
        for path, (offset, quotes) in self.locator.strings.items():
            end = self.text.index(quotes, offset)
            content = self.text[offset:end]
            if "\\" not in content and "test" not in path:
                found.append((path, offset, content))
        return found

    @cached_property
    def sql(self) -> list[tuple[Path, int, str]]:
        """The texts that are SQL."""
        return [
            (path, offset, content)
            for path, offset, content in self.strings
            if str(path[-1]) != "help"
            and (
                COLUMN.search(content)
                or (str(path[-1]) not in _PROSE and re.search(r"\b(SELECT|JOIN|CASE|NULL)\b|^:", content))
            )
        ]

    @cached_property
    def aliases(self) -> dict[str, str]:
        """The table that each alias stands for, where that is the same in the whole file."""
        found: dict[str, set[str]] = {}
        for path, _, content in self.strings:
            pairs = ALIASED.findall(content)
            if path[-1] in ("from", "recorded"):
                pairs += LEADING.findall(content)
            for table, alias in pairs:
                found.setdefault(alias, set()).add(table)
        return {alias: next(iter(tables)) for alias, tables in found.items() if len(tables) == 1}

    def column_references(self) -> Iterator[tuple[Path, int, int, str, str]]:
        """Every `alias.column`: path, start, end, table and column."""
        for path, offset, content in self.sql:
            for match in COLUMN.finditer(content):
                table = self.aliases.get(match[1])
                if table is not None and match[2] in self.columns.get(table, {}):
                    yield path, offset + match.start(), offset + match.end(), table, match[2]

    def line_of(self, offset: int) -> int:
        """The line of a place in the text, from 1."""
        return self.text.count("\n", 0, offset) + 1

    def lines_of(self, edit: Edit) -> range:
        """The lines in which an edit stands: those that it changes, and the key whose value it changes."""
        first = min(self.locator.place(edit.path)[0], self.line_of(edit.start))
        return range(first, max(self.line_of(edit.end), first) + 1)

    def apply(self, edit: Edit) -> str:
        """The text with one mistake in it."""
        return self.text[: edit.start] + edit.new + self.text[edit.end :]

    def blocks(self) -> Iterator[tuple[Path, int, int]]:
        """Every section with a header of its own: its path, and from where to where it stands."""
        heads = [match.start() for match in re.finditer(r"^\[", self.text, re.MULTILINE)]
        by_offset = {offset: path for path, offset in self.locator.keys.items()}
        for start, end in zip(heads, [*heads[1:], len(self.text)], strict=True):
            path = by_offset.get(start)
            if path is not None:
                yield path, start, end

    def entries(self) -> Iterator[tuple[Path, int, int]]:
        """Every key that stands on lines of its own: its path, and from where to where it stands."""
        places = sorted((offset, path) for path, offset in self.locator.keys.items())
        for offset, path in places:
            begins = self.text.rfind("\n", 0, offset) + 1
            if begins != offset or self.text[offset] == "[":
                continue
            stop = re.compile(r"^(?:\[|[A-Za-z_\"'.0-9]+\s*=|\s*$|#)", re.MULTILINE).search(
                self.text, self._end_of_value(path, offset)
            )
            yield path, offset, stop.start() if stop is not None else len(self.text)

    def tables_of(self, edit: Edit) -> set[str]:
        """The tables that stand in what an edit takes away: those that a step writes, and those that nothing else reads."""
        gone, rest = self.text[edit.start : edit.end], self.apply(edit).split("[[test]]")[0]
        read = {table for table, _ in ALIASED.findall(gone)}
        written = set(re.findall(r'\b(?:insert|update|delete)\s*= "(\w+)"', gone))
        return written | {table for table in read if not re.search(rf"\b{table}\b", rest)}

    def section_of(self, line: int) -> int:
        """The line of the header above a line, or of the first step of recording for any of them; 0 above all of them."""
        heads = [
            self.line_of(match.start()) for match in re.finditer(r"^\[(?!\[?record\.step)", self.text, re.MULTILINE)
        ]
        return max((head for head in heads if head <= line), default=0)

    def _end_of_value(self, path: Path, offset: int) -> int:
        if path in self.locator.strings:
            start, quotes = self.locator.strings[path]
            return self.text.index(quotes, start) + len(quotes)
        return self.text.index("\n", offset)
