"""Mistakes of the hand: names that are not there, quotes and brackets, keys that do not exist."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.mutation.sheet import COLUMN, Edit, Sheet

_TABLE = re.compile(r"\b(?:FROM|JOIN)\s+([a-z_]+)\b")
_TEXT = re.compile(r"'([A-Za-z_]+)'")
_SITE = re.compile(r":site\.(\w+)")


def misspelt_column(sheet: Sheet) -> Iterator[Edit]:
    """A letter of a column is left out."""
    for path, _, end, _, column in sheet.column_references():
        wrong = column[:-2] + column[-1] if len(column) > 2 else column + "x"
        yield Edit(path=path, start=end - len(column), end=end, new=wrong, what=f"{column} -> {wrong}")


def misspelt_table(sheet: Sheet) -> Iterator[Edit]:
    """A letter of a table is doubled."""
    for path, offset, content in sheet.sql:
        for match in _TABLE.finditer(content):
            wrong = match[1] + match[1][-1]
            yield Edit(
                path=path,
                start=offset + match.start(1),
                end=offset + match.end(1),
                new=wrong,
                what=f"{match[1]} -> {wrong}",
            )


def unknown_alias(sheet: Sheet) -> Iterator[Edit]:
    """An alias that nothing has."""
    for path, offset, content in sheet.sql:
        for match in COLUMN.finditer(content):
            yield Edit(
                path=path,
                start=offset + match.start(1),
                end=offset + match.end(1),
                new="zz",
                what=f"{match[0]} -> zz.{match[2]}",
            )


def missing_alias(sheet: Sheet) -> Iterator[Edit]:
    """A column without its alias, where that could be any table's."""
    for path, offset, content in sheet.sql:
        if "SELECT" in content:
            continue  # inside a SELECT of one table it is plain
        for match in COLUMN.finditer(content):
            yield Edit(
                path=path,
                start=offset + match.start(),
                end=offset + match.start(2),
                new="",
                what=f"{match[0]} -> {match[2]}",
            )


def misspelt_key(sheet: Sheet) -> Iterator[Edit]:
    """A letter of a setting is left out."""
    for path, start, _ in sheet.entries():
        key = str(path[-1])
        if (
            len(path) > 1
            and len(key) > 3
            and path[0] not in ("columns", "site", "test")
            and "set" not in path
            and key.isidentifier()
            and sheet.text.startswith(key, start)
            and path[:2] not in (("record", "tender"), ("record", "check"), ("record", "make"))
        ):
            wrong = key[:2] + key[3:]
            yield Edit(path=path, start=start, end=start + len(key), new=wrong, what=f"{key} -> {wrong}")


def misspelt_section(sheet: Sheet) -> Iterator[Edit]:
    """A section's header with a letter too many."""
    for path, start, _ in sheet.blocks():
        if path[0] in ("columns", "test"):
            continue
        match = re.compile(r"\[+([a-z]+)").match(sheet.text, start)
        if match is not None:
            yield Edit(
                path=path,
                start=match.start(1),
                end=match.end(1),
                new=match[1] + "s",
                what=f"[{match[1]}] -> [{match[1]}s]",
            )


def missing_key(sheet: Sheet) -> Iterator[Edit]:
    """A field that is needed is left out."""
    needed = {
        ("table", "id"),
        ("table", "name"),
        ("table", "status"),
        ("table", "max_covers"),
        ("session", "id"),
        ("session", "name"),
        ("session", "created_at"),
        ("bill", "total"),
        ("bill", "paid"),
        ("item", "name"),
        ("item", "amount_per_item"),
        ("table", "from"),
        ("session", "from"),
        ("item", "from"),
    }
    for path, start, end in sheet.entries():
        if path in needed:
            blank = "\n" * sheet.text.count("\n", start, end)
            yield Edit(path=path, start=start, end=end, new=blank, what=f"without {'.'.join(map(str, path))}")


def text_without_quotes(sheet: Sheet) -> Iterator[Edit]:
    """A text that SQL takes for a name."""
    for path, offset, content in sheet.sql:
        for match in _TEXT.finditer(content):
            yield Edit(
                path=path,
                start=offset + match.start(),
                end=offset + match.end(),
                new=match[1],
                what=f"{match[0]} -> {match[1]}",
            )


def unclosed_bracket(sheet: Sheet) -> Iterator[Edit]:
    """A closing bracket is missing."""
    for path, offset, content in sheet.sql:
        at = content.rfind(")")
        if at >= 0:
            yield Edit(path=path, start=offset + at, end=offset + at + 1, new="", what="a ) is missing")


def unclosed_quote(sheet: Sheet) -> Iterator[Edit]:
    """A closing quote of a text is missing."""
    for path, offset, content in sheet.sql:
        at = content.rfind("'")
        if at >= 0:
            yield Edit(path=path, start=offset + at, end=offset + at + 1, new="", what="a ' is missing")


def unknown_constant(sheet: Sheet) -> Iterator[Edit]:
    """A site constant that is not declared."""
    for path, offset, content in sheet.sql:
        for match in _SITE.finditer(content):
            yield Edit(
                path=path,
                start=offset + match.start(1),
                end=offset + match.end(1),
                new=match[1] + "s",
                what=f"{match[0]} -> {match[0]}s",
            )


def unknown_value(sheet: Sheet) -> Iterator[Edit]:
    """A value that no step has."""
    for path, offset, content in sheet.sql:
        for match in re.finditer(r"(?<!:):((?!site\b)[a-z_]+)", content):
            yield Edit(
                path=path,
                start=offset + match.start(1),
                end=offset + match.end(1),
                new=match[1] + "s",
                what=f":{match[1]} -> :{match[1]}s",
            )


def comma_for_join(sheet: Sheet) -> Iterator[Edit]:
    """A join without its condition."""
    for path, offset, content in sheet.sql:
        for match in re.finditer(r"\s+ON\s+[\w.]+ = [\w.]+(?=\s*$|\s+(?:LEFT|JOIN|WHERE)|\n)", content):
            yield Edit(
                path=path, start=offset + match.start(), end=offset + match.end(), new="", what=f"without{match[0]}"
            )


def unknown_word(sheet: Sheet) -> Iterator[Edit]:
    """A word of a setting that is none of those there are."""
    for path, offset, content in sheet.strings:
        if path[-1] in ("form", "per", "fraction", "as", "type", "rounding") and content.isalpha():
            yield Edit(
                path=path,
                start=offset,
                end=offset + len(content),
                new=content + "s",
                what=f"{path[-1]} = {content} -> {content}s",
            )


KINDS = (
    misspelt_column,
    misspelt_table,
    unknown_alias,
    missing_alias,
    misspelt_key,
    misspelt_section,
    missing_key,
    text_without_quotes,
    unclosed_bracket,
    unclosed_quote,
    unknown_constant,
    unknown_value,
    comma_for_join,
    unknown_word,
)
