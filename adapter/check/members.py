"""Counts how often what the adapter takes out of values was there: members of JSON, what a pattern captures.

A member that is misspelt is as good as NULL, so `missing` would stand in for it on every bill.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from adapter.check.looking import Look, some
from adapter.errors import RowUnreadable
from adapter.mapping import field_schema
from adapter.mapping.gather import Gathered, Row
from adapter.mapping.plans import Plan, path_of
from adapter.mapping.readings import is_blank
from adapter.mapping.rows import Unpacker
from adapter.toml.locate import Path

_FEW = 3
"""Values below which nothing can be said of all of them."""
_AMOUNTS = frozenset({"amount", "amount_per_item", "included", "paid", "quantity", "rate", "tip", "tips", "total"})
"""Fields whose absence changes what a guest is asked for."""
_SHOWN = 8


class Members:
    """What was looked for in the values of one sample, and how often it was there."""

    def __init__(self) -> None:
        self._seen: Counter[Path] = Counter()
        self._found: Counter[Path] = Counter()
        self._there: dict[Path, Counter[str]] = {}
        """The members that decoded rows have, by entity."""
        self._decoded: set[Path] = set()

    def note(self, plan: Plan, rows: Sequence[Row]) -> None:
        """Count what stands behind the rows of a plan."""
        for row in rows:
            branch = plan.branches[row[0]]
            if not branch.derived:
                continue
            behind = len(row) - len(branch.derived)
            there: dict[Path, bool] = {}
            for name, place in branch.slots.items():
                if place < behind:
                    continue
                raw = row[branch.derived[place - behind][0]]
                if raw is not None and not is_blank(raw):
                    path = path_of(branch, name)
                    there[path] = there.get(path, False) or row[place] is not None
            self._add(there)

    def note_decoded(self, unpacker: Unpacker, row: Row, one: Gathered) -> None:
        """Count what stands in the decoded rows of a session; one that cannot be decoded is told elsewhere."""
        try:
            for entity, content in unpacker.contents(row, one):
                there: dict[Path, bool] = {}
                for path, reference in entity.fields.values():
                    if reference.path is not None:
                        there[path] = there.get(path, False) or reference.path.value(content) is not None
                self._decoded.update(there)
                self._add(there)
                if isinstance(content, dict):
                    self._there.setdefault(entity.path, Counter()).update(map(str, content))
        except RowUnreadable:
            return

    def _add(self, there: dict[Path, bool]) -> None:
        self._seen.update(list(there))  # a mapping would be taken for counts
        self._found.update(path for path, is_there in there.items() if is_there)

    def judge(self, look: Look) -> None:
        """Say of everything that was never there that it was not."""
        for path, seen in self._seen.items():
            if seen < _FEW or self._found[path]:
                continue
            what = "rows" if path in self._decoded else "values"
            members = self._there.get(path[:1]) or self._there.get(path[:2]) or Counter[str]()
            has = f"; they have {some(sorted(members), _SHOWN)}" if members and path in self._decoded else ""
            look.findings.add(
                "warning" if _AMOUNTS & set(map(str, path)) and not _chooses(look, path) else "note",
                "path-misses",
                path,
                f"is in none of the {seen} {what} that were looked at{has}",
                "is it spelt as it stands there?",
            )


def _chooses(look: Look, path: Path) -> bool:
    """Whether a field asks for an element of some value, as `payments[method=deposit]`: such a one may be rare."""
    value: Any = look.mapping.file
    for name in path:
        value = value[name] if isinstance(name, int) else getattr(value, name, None)
    if not isinstance(value, field_schema.Expression):
        return False
    said = [value.path, *value.texts, *(part.path for part in value.parts)]
    return any("=" in one for one in said if one is not None)
