"""Finds the columns of a table that may be something: by their names, and by what their values look like."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from adapter.inspect.facts import Column, Reference, Survey, Table
from adapter.inspect.profiles import Profile, profile
from adapter.inspect.words import meanings, words

_LEAST = 0.4
"""Below it a name does not speak of a thing: `gratuity_id` is no gratuity."""

Fits = Callable[[Column, Profile], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A column that may be what is looked for."""

    column: Column
    profile: Profile
    score: float
    """From 0 to 1."""


@dataclass(slots=True)
class Known:
    """A survey, and what was worked out of it so far."""

    survey: Survey
    _profiles: dict[tuple[str, str], Profile] = field(default_factory=dict)
    _references: dict[str, list[Reference]] = field(default_factory=dict)

    def table(self, name: str) -> Table:
        """The table of this name."""
        return self.survey.tables[name]

    def profile(self, table: str, column: str) -> Profile:
        """What the sampled values of a column look like."""
        found = self._profiles.get((table, column))
        if found is None:
            found = self._profiles[(table, column)] = profile(self.survey.sample(table), column)
        return found

    def referring(self, table: str) -> list[Reference]:
        """The references that a table holds, strongest first."""
        if not self._references:
            for one in sorted(self.survey.references, key=lambda each: -each.strength):
                self._references.setdefault(one.table, []).append(one)
        return self._references.get(table, [])

    def link(self, table: str, to: str) -> Reference | None:
        """How one table refers to another."""
        return next((one for one in self.referring(table) if one.to == to), None)

    def refers(self, table: str, column: str) -> Reference | None:
        """What a column refers to, if that is sure enough."""
        return next((one for one in self.referring(table) if column in dict(one.pairs) and one.strength >= 0.5), None)

    def find(
        self,
        table: str,
        wanted: Collection[str],
        fits: Fits,
        *,
        avoid: Collection[str] = (),
        without: Collection[str] = (),
    ) -> list[Candidate]:
        """The columns of a table whose names speak of something wanted and whose values fit, best first.

        `avoid` are concepts that speak against a column, `without` the columns that are something else already.
        """
        found: list[Candidate] = []
        for column in self.table(table).columns:
            score = _spoken_of(column.name, frozenset(wanted), frozenset(avoid))
            if score < _LEAST or column.name in without:
                continue
            shape = self.profile(table, column.name)
            if not fits(column, shape):
                continue
            if shape.count and not shape.known:
                score *= 0.5
            found.append(Candidate(column=column, profile=shape, score=score))
        return sorted(found, key=lambda one: -one.score)

    def first(self, table: str, wanted: Collection[str], fits: Fits, **more: Collection[str]) -> Candidate | None:
        """The best of `find`, or None."""
        found = self.find(table, wanted, fits, **more)
        return found[0] if found else None


def _spoken_of(name: str, wanted: frozenset[str], avoid: frozenset[str]) -> float:
    said = [one for one in words(name) if not one.isdigit()]
    hits = [index for index, word in enumerate(said) if meanings(word) & wanted]
    if not hits:
        return 0.0
    score = 0.6 + (0.2 if len(hits) == len(said) else 0.0) + (0.2 if hits[-1] == len(said) - 1 else 0.0)
    strange = sum(1 for index, word in enumerate(said) if index not in hits and not meanings(word))
    against = sum(1 for index, word in enumerate(said) if index not in hits and meanings(word) & avoid)
    return max(0.0, score - 0.08 * strange - 0.45 * against)


def is_time(column: Column, shape: Profile) -> bool:
    """A moment: a date and time, an epoch, or a text that is one."""
    if shape.kind in ("time", "epoch", "epoch_ms"):
        return True
    return column.family == "time" and shape.kind in ("empty", "day") and column.type_name != "time"


def is_amount(column: Column, shape: Profile) -> bool:
    """Money or a rate: a number, or a text that is one."""
    if shape.kind == "empty":
        return column.numeric
    return shape.kind in ("decimal", "whole", "flag") and (column.numeric or column.family in ("text", "other"))


def is_count(column: Column, shape: Profile) -> bool:
    """A quantity: a number that is neither a key nor far away from what anybody orders."""
    return is_amount(column, shape) and (shape.highest is None or abs(shape.highest) < 10_000)


def is_whole(column: Column, shape: Profile) -> bool:
    """A small whole number, such as that of guests."""
    if shape.kind == "empty":
        return column.family in ("integer", "decimal")
    return shape.kind in ("whole", "flag") and (shape.highest is None or 0 <= shape.highest < 1000)


def is_text(column: Column, shape: Profile) -> bool:
    """Words."""
    return column.family == "text" and shape.kind in ("empty", "text", "code", "whole", "flag", "other")


def is_flag(column: Column, shape: Profile) -> bool:
    """A yes or no."""
    return shape.kind == "flag" or (column.family == "boolean" and shape.kind == "empty")


def is_code(column: Column, shape: Profile) -> bool:
    """A status or kind: a few values, used again and again."""
    if column.family in ("time", "float"):
        return False
    return shape.kind == "empty" or (shape.codes and shape.kind in ("code", "whole", "flag", "text"))


def is_anything(_column: Column, _shape: Profile) -> bool:
    """Any column."""
    return True
