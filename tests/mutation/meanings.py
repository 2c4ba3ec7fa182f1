"""Mistakes of the mind: everything is there and nothing is right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from adapter.toml.locate import Path
from tests.mutation.sheet import Edit, Sheet

_CONDITIONS = ("where",)
_JOIN_ON = re.compile(r"\bON\s+(\w+)\.(\w+)\s*=\s*(\w+)\.(\w+)")


def other_column(sheet: Sheet) -> Iterator[Edit]:
    """Another column of the same table and type."""
    for path, _, end, table, column in sheet.column_references():
        columns = sheet.columns[table]
        others = [name for name, kind in columns.items() if kind == columns[column] and name != column]
        if others:
            other = others[(len(others) * 7 + end) % len(others)]
            yield Edit(path=path, start=end - len(column), end=end, new=other, what=f"{column} -> {other}")


def other_table(sheet: Sheet) -> Iterator[Edit]:
    """Another table of the mapping."""
    tables = sorted(set(sheet.aliases.values()))
    for path, offset, content in sheet.sql:
        for match in re.finditer(r"\b(?:FROM|JOIN)\s+([a-z_]+)\b", content):
            if match[1] in tables:
                other = tables[(tables.index(match[1]) + 1) % len(tables)]
                yield Edit(
                    path=path,
                    start=offset + match.start(1),
                    end=offset + match.end(1),
                    new=other,
                    what=f"{match[1]} -> {other}",
                )


def dropped_where(sheet: Sheet) -> Iterator[Edit]:
    """An entity without its condition."""
    for path, start, end in sheet.entries():
        if path[-1] in _CONDITIONS and path[0] in ("table", "session", "item", "modifier", "discount", "charge"):
            yield Edit(
                path=path,
                start=start,
                end=end,
                new="\n" * sheet.text.count("\n", start, end),
                what=f"without {sheet.text[start:end].strip()[:60]}",
            )


def dropped_inner_where(sheet: Sheet) -> Iterator[Edit]:
    """A sub-select that asks for less."""
    for path, offset, content in sheet.sql:
        for match in re.finditer(r"\s+AND\s+[\w.]+\s*(?:=|<>|<|>)\s*[\w.']+", content):
            yield Edit(
                path=path,
                start=offset + match.start(),
                end=offset + match.end(),
                new="\n" * match[0].count("\n") or " ",
                what=f"without{match[0]}",
            )


def inverted_condition(sheet: Sheet) -> Iterator[Edit]:
    """A condition the wrong way round."""
    for path, offset, content in sheet.sql:
        for match in re.finditer(r"\bNOT (?=[\w(])(?!EXISTS|NULL)|\bNOT (?=EXISTS)|(?<!NOT )\bEXISTS\b", content):
            new = "NOT EXISTS" if match[0] == "EXISTS" else ""
            yield Edit(
                path=path,
                start=offset + match.start(),
                end=offset + match.end(),
                new=new,
                what=f"{match[0].strip()} turned round",
            )
        for match in re.finditer(r"<> 0\b", content):
            yield Edit(path=path, start=offset + match.start(), end=offset + match.end(), new="= 0", what="<> 0 -> = 0")


def swapped_codes(sheet: Sheet) -> Iterator[Edit]:
    """Two codes of a map with each other's meaning."""
    for path, start, end, inside in _maps(sheet):
        pairs = re.findall(r"([\w\"]+) = (\"[^\"]*\"|\w+)", inside)
        for (one, first), (two, second) in pairwise(pairs):
            if first != second:
                new = (
                    inside.replace(f"{one} = {first}", f"{one} = \0")
                    .replace(f"{two} = {second}", f"{two} = {first}")
                    .replace("\0", second)
                )
                yield Edit(path=path, start=start, end=end, new=new, what=f"{one} and {two} swapped")


def dropped_code(sheet: Sheet) -> Iterator[Edit]:
    """A code that the map forgets."""
    for path, start, end, inside in _maps(sheet):
        for match in re.finditer(r"[\w\"]+ = (?:\"[^\"]*\"|\w+)(?:, )?", inside):
            new = (inside[: match.start()] + inside[match.end() :]).rstrip(", ")
            yield Edit(path=path, start=start, end=end, new=f"{new} " if new else "", what=f"without {match[0]}")


def wrong_zone(sheet: Sheet) -> Iterator[Edit]:
    """A restaurant somewhere else, or times in UTC that are not."""
    for path, offset, content in sheet.strings:
        if path == ("site", "timezone", "default"):
            for zone in ("America/New_York", "Europe/Paris", "UTC"):
                yield Edit(path=path, start=offset, end=offset + len(content), new=zone, what=f"{content} -> {zone}")
    for path, start, end in whole_values(sheet):
        if path[-1] in ("created_at", "finished_at", "ordered_at"):
            yield Edit(
                path=path,
                start=start,
                end=end,
                new=f'{{ sql = {sheet.text[start:end]}, form = "utc" }}',
                what=f"{path[-1]} in UTC",
            )


def inverted_flag(sheet: Sheet) -> Iterator[Edit]:
    """Yes for no."""
    for path, start, end in whole_values(sheet):
        if path[-1] in ("finished", "payable") and sheet.text[start] == '"':
            inner = sheet.text[start + 1 : end - 1]
            new = inner.removeprefix("NOT ") if inner.startswith("NOT ") else f"NOT {inner}"
            yield Edit(path=path, start=start, end=end, new=f'"{new}"', what=f"{inner} -> {new}")
    for match in re.finditer(r"missing = (true|false)\b", sheet.text):
        path = path_at(sheet, match.start())
        other = "false" if match[1] == "true" else "true"
        yield Edit(
            path=path, start=match.start(1), end=match.end(1), new=other, what=f"missing = {match[1]} -> {other}"
        )
    for match in re.finditer(r"true = (\w+), false = (\w+)", sheet.text):
        path = path_at(sheet, match.start())
        yield Edit(
            path=path,
            start=match.start(),
            end=match.end(),
            new=f"true = {match[2]}, false = {match[1]}",
            what="true and false swapped",
        )


def wrong_join_key(sheet: Sheet) -> Iterator[Edit]:
    """A join on another column."""
    for path, offset, content in sheet.sql:
        for match in _JOIN_ON.finditer(content):
            table = sheet.aliases.get(match[3])
            columns = sheet.columns.get(table or "", {})
            others = [name for name, kind in columns.items() if kind == columns.get(match[4]) and name != match[4]]
            if others:
                yield Edit(
                    path=path,
                    start=offset + match.start(4),
                    end=offset + match.end(4),
                    new=others[0],
                    what=f"ON ... = {match[3]}.{others[0]}",
                )


def missing_join_key(sheet: Sheet) -> Iterator[Edit]:
    """A join on a part of its key."""
    for path, offset, content in sheet.sql:
        for match in re.finditer(r"\bON [\w.]+ = [\w.]+ AND ", content):
            yield Edit(
                path=path,
                start=offset + match.start() + 3,
                end=offset + match.end(),
                new="",
                what=f"without {match[0][3:]}",
            )


def inner_join(sheet: Sheet) -> Iterator[Edit]:
    """A join that drops what it does not find."""
    for path, offset, content in sheet.sql:
        for match in re.finditer(r"\bLEFT JOIN\b", content):
            yield Edit(
                path=path, start=offset + match.start(), end=offset + match.end(), new="JOIN", what="LEFT JOIN -> JOIN"
            )


def dropped_coalesce(sheet: Sheet) -> Iterator[Edit]:
    """A NULL that nothing stands in for."""
    for path, offset, content in sheet.sql:
        for match in re.finditer(r"COALESCE\(([\w.]+), [\w.']+\)", content):
            yield Edit(
                path=path,
                start=offset + match.start(),
                end=offset + match.end(),
                new=match[1],
                what=f"{match[0]} -> {match[1]}",
            )


def dropped_section(sheet: Sheet) -> Iterator[Edit]:
    """What stands on bills and is forgotten."""
    for path, start, end in sheet.blocks():
        if path[0] in ("discount", "charge", "modifier") and len(path) <= 2:
            yield Edit(
                path=path,
                start=start,
                end=end,
                new="\n" * sheet.text.count("\n", start, end),
                what=f"without [{path[0]}]",
            )


def wrong_order(sheet: Sheet) -> Iterator[Edit]:
    """Lines in another order."""
    for path, start, end in sheet.entries():
        if path[-1] == "order" and path[0] in ("item", "modifier"):
            yield Edit(
                path=path, start=start, end=end, new="\n" * sheet.text.count("\n", start, end), what="without order"
            )


def wrong_capability(sheet: Sheet) -> Iterator[Edit]:
    """An EPOS that can hold more, or less, than it can."""
    if "[capabilities]" not in sheet.text:
        at = sheet.text.index("[table]")
        yield Edit(
            path=("capabilities", "record_payment"),
            start=at,
            end=at,
            new="[capabilities]\nrecord_payment = false\n",
            what="record_payment = false",
        )
    for match in re.finditer(r"(partial_payment|tips|record_payment) = (true|false)", sheet.text):
        other = "false" if match[2] == "true" else "true"
        yield Edit(
            path=("capabilities", match[1]),
            start=match.start(2),
            end=match.end(2),
            new=other,
            what=f"{match[1]} = {other}",
        )


def swapped_fields(sheet: Sheet) -> Iterator[Edit]:
    """Two fields with each other's column."""
    places = {path: (start, end) for path, start, end in whole_values(sheet)}
    for one, two in (
        (("bill", "total"), ("bill", "tax")),
        (("bill", "paid"), ("bill", "total")),
        (("item", "id"), ("item", "name")),
        (("modifier", "id"), ("modifier", "name")),
        (("session", "created_at"), ("session", "finished_at")),
    ):
        if one in places and two in places:
            start, end = places[one]
            other = sheet.text[slice(*places[two])]
            yield Edit(path=one, start=start, end=end, new=other, what=f"{one[1]} is {two[1]}'s")


def _maps(sheet: Sheet) -> Iterator[tuple[Path, int, int, str]]:
    for match in re.finditer(r"\bmap\s*= \{ ([^}]*?) ?\}", sheet.text):
        yield path_at(sheet, match.start()), match.start(1), match.end(1), match[1]


def whole_values(sheet: Sheet) -> Iterator[tuple[Path, int, int]]:
    """Fields that are one plain text, on one line, quotes included."""
    for path, offset, content in sheet.strings:
        if (
            len(path) <= 3
            and path[0] in ("session", "bill", "item", "modifier", "discount", "charge")
            and "\n" not in content
            and sheet.text[offset - 1] == '"'
            and sheet.text[offset - 3 : offset] != '"""'
        ):
            line = sheet.text[sheet.text.rfind("\n", 0, offset) + 1 : offset]
            if re.fullmatch(r"\w+\s*= \"", line):
                yield path, offset - 1, offset + len(content) + 1


def path_at(sheet: Sheet, offset: int) -> Path:
    """The key in whose value a place stands."""
    best: Path = ()
    place = -1
    for path, at in sheet.locator.keys.items():
        if place < at <= offset and len(path) <= 4:
            best, place = path, at
    return best


KINDS = (
    other_column,
    other_table,
    dropped_where,
    dropped_inner_where,
    inverted_condition,
    swapped_codes,
    dropped_code,
    wrong_zone,
    inverted_flag,
    wrong_join_key,
    missing_join_key,
    inner_join,
    dropped_coalesce,
    dropped_section,
    wrong_order,
    wrong_capability,
    swapped_fields,
)
