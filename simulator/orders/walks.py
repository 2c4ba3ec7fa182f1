"""Whether pages follow each other without a gap and without a repeat."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from simulator.judging import Finding
from simulator.orders.meaning import Thing, member_of
from simulator.reading import finding, short

_REMEMBERED = 200
"""Pages whose cursors may still be used."""


@dataclass(slots=True)
class Walks:
    """Which entries were given before each cursor."""

    _given: OrderedDict[tuple[str, str, str], frozenset[str]] = field(default_factory=OrderedDict)
    """By what was searched, the way and the cursor: every entry of the pages that led to it."""

    def page(self, method: str, params: Thing, result: Thing) -> Iterator[Finding]:
        """Hold a page against those before it."""
        search = _search(method, params)
        ids = frozenset(entry["id"] for entry in result["data"])
        cursor = member_of(params, "cursor")
        for way in ("after", "before"):
            given = self._given.get((search, way, str(cursor.get(way))), frozenset())
            if twice := sorted(given & ids):
                yield finding(
                    "page-repeats",
                    "$.result.data",
                    f"{short(twice[0])} was on a page before this one",
                    f"Cursor: {way} leads to other entries",
                )
            if way in result:
                self._keep((search, way, result[way]), given | ids)

    def _keep(self, key: tuple[str, str, str], ids: frozenset[str]) -> None:
        self._given[key] = ids
        self._given.move_to_end(key)
        if len(self._given) > _REMEMBERED:
            self._given.popitem(last=False)


def _search(method: str, params: Mapping[str, Any]) -> str:
    """What was searched, whichever page of it and whoever asked with what limit."""
    said = {name: value for name, value in params.items() if name != "cursor"}
    return f"{method} {json.dumps(said, sort_keys=True, default=str)}"


def gaps(before: Sequence[str], walked: Sequence[str], after: Sequence[str]) -> list[str]:
    """The entries that were there before a walk and after it, and on none of its pages."""
    seen = set(walked)
    lasting = set(after)
    return [each for each in before if each in lasting and each not in seen]
