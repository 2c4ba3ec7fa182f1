"""Names that a card machine can show. Knows nothing of where they come from.

A terminal shows a session as `table - session`, so ` - ` may not stand inside a table's name (table-intro page). It is
replaced by an en dash, reversibly: a name that comes back finds its row again.
"""

from __future__ import annotations

import re

_SEPARATOR = re.compile(r" (-|–+)(?= )")
_SAFE = re.compile(r" (–+)(?= )")
_NATURAL = re.compile(r"(\d+)")


def to_wire(name: str) -> str:
    """The name with ` - ` replaced; names that already hold an en dash in that place get one more."""
    if " -" not in name and " –" not in name:
        return name
    return _SEPARATOR.sub(lambda match: " –" if match[1] == "-" else f" {match[1]}–", name)


def from_wire(name: str) -> str | None:
    """The name as the EPOS has it, or None for a name that `to_wire` never gives."""
    if " - " in name:
        return None
    return _SAFE.sub(lambda match: " -" if match[1] == "–" else f" {match[1][:-1]}", name)


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key under which T2 stands before T10, whatever their case."""
    parts = _NATURAL.split(name.casefold())
    # Numbers are compared by their length and then their digits: names may hold more digits than an int is made of.
    return tuple(
        (0, len(part.lstrip("0")), part.lstrip("0")) if part.isdecimal() else (1, 0, part) for part in parts if part
    )
