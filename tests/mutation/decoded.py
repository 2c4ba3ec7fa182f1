"""Mistakes in what is read out of encoded values: rows, and members of them, that no database knows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from adapter.toml.locate import Path
from tests.mutation.meanings import path_at
from tests.mutation.sheet import Edit, Sheet

_DECODED = re.compile(r"codec\s*=\s*\"[\w-]+\".*?\bas\s*=\s*\"(\w+)\"")
_WAY = re.compile(r"codec\s*=\s*\"(?P<codec>[\w-]+)\"[,\s]+path\s*=\s*\"(?P<path>[\w.]+)\"")


def other_member(sheet: Sheet) -> Iterator[Edit]:
    """Another member of a decoded row."""
    members = sorted({member for *_, member in _members(sheet)})
    for path, start, end, member in _members(sheet):
        other = members[(members.index(member) + 1) % len(members)]
        yield Edit(path=path, start=start, end=end, new=other, what=f"{member} -> {other}")


def misspelt_member(sheet: Sheet) -> Iterator[Edit]:
    """A letter that is missing in the name of a member."""
    for path, _, end, member in _members(sheet):
        yield Edit(path=path, start=end - 1, end=end, new="", what=f"{member} -> {member[:-1]}")


def wrong_way(sheet: Sheet) -> Iterator[Edit]:
    """Another place in the encoded value, or another encoding."""
    found = list(_WAY.finditer(sheet.text))
    places = [match["path"] for match in found]
    for match in found:
        path = path_at(sheet, match.start())
        for name, other in (("path", next((one for one in places if one != match["path"]), "")), ("codec", "json")):
            if other:
                start, end = match.span(name)
                yield Edit(path=path, start=start, end=end, new=other, what=f"{match[name]} -> {other}")


def _members(sheet: Sheet) -> Iterator[tuple[Path, int, int, str]]:
    """Every member of a decoded row that a field is: path, start, end, name."""
    aliases = set(_DECODED.findall(sheet.text))
    for path, offset, content in sheet.strings:
        for match in re.finditer(r"(?<![\w.])(\w+)\.([\w.]+)", content):
            if match[1] in aliases:
                yield path, offset + match.start(2), offset + match.end(2), match[2]


KINDS = (other_member, misspelt_member, wrong_way)
