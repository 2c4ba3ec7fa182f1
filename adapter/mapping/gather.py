"""Sorts the rows of one statement by the session they belong to. Knows nothing of what they mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any

import msgspec
from msgspec import Struct

from adapter.mapping.plans import Branch, Plan, Slots

Row = Sequence[Any]


class Gathered(Struct):
    """Everything one statement says of one session."""

    row: Row | None = None
    rest: Row | None = None
    """What the statement gives of the session in a row of its own; it stands behind `row` once all is gathered."""
    is_ambiguous: bool = False
    """Whether several different sessions came under one key."""
    links: list[Row] = msgspec.field(default_factory=list)
    items: list[Row] = msgspec.field(default_factory=list)
    modifiers: dict[Any, list[Row]] = msgspec.field(default_factory=dict)
    """By the key of their item."""
    extras: dict[int, list[Row]] = msgspec.field(default_factory=dict)
    """By the number of their branch."""


class Gatherer:
    """Sorts the rows of one plan."""

    def __init__(self, plan: Plan, key_width: int) -> None:
        self._session_key: Callable[[Row], Any] = itemgetter(*range(1, 1 + key_width))
        self._item_key = item_key_of(next((branch for branch in plan.branches if branch.kind == "modifier"), None))
        self._kinds = [branch.kind for branch in plan.branches]

    def gather(self, rows: Iterable[Row]) -> list[tuple[Row, Gathered]]:
        """Each session's own row with all that belongs to it, in the order in which the sessions come.

        Rows whose session is not among them are dropped: a statement without a session answers nothing.
        """
        session_key, item_key, kinds = self._session_key, self._item_key, self._kinds
        by_session: dict[Any, Gathered] = {}
        for row in rows:
            key = session_key(row)
            one = by_session.get(key)
            if one is None:
                one = by_session[key] = Gathered()
            kind = kinds[row[0]]
            if kind == "item":
                one.items.append(row)
            elif kind == "modifier":
                one.modifiers.setdefault(item_key(row), []).append(row)
            elif kind == "session":
                one.is_ambiguous = one.is_ambiguous or one.row not in (None, row)
                one.row = row
            elif kind == "rest":
                one.is_ambiguous = one.is_ambiguous or one.rest not in (None, row)
                one.rest = row
            elif kind == "link":
                one.links.append(row)
            else:
                one.extras.setdefault(row[0], []).append(row)
        if "rest" in kinds:
            _join(by_session.values())
        return [(one.row, one) for one in by_session.values() if one.row is not None]


def _join(found: Iterable[Gathered]) -> None:
    """Make one row of the two that each session has.

    One with a single half is none: a condition that looks at the clock may let the one through and not the other.
    """
    for one in found:
        one.row = None if one.row is None or one.rest is None else (*one.row, *one.rest)


def item_key_of(branch: Branch | None) -> Callable[[Row], Any]:
    """What tells to which item a row of a branch belongs."""
    places = [place for name, place in branch.slots.items() if name.startswith("item.")] if branch is not None else []
    return itemgetter(*places) if places else lambda _row: None


def sorter(slots: Slots) -> Callable[[Sequence[Row]], Sequence[Row]]:
    """A function that puts rows in order by their order outputs, NULL last; without any they stay as they came."""
    places = [place for name, place in slots.items() if name.startswith("order.")]
    if not places:
        return lambda rows: rows
    by_order = itemgetter(*places)

    def in_order(rows: Sequence[Row]) -> Sequence[Row]:
        if len(rows) < 2:
            return rows
        try:
            return sorted(rows, key=by_order)
        except TypeError:
            # NULL cannot be compared; it stands last, as PostgreSQL has it.
            return sorted(rows, key=lambda row: tuple((row[place] is None, row[place] or 0) for place in places))

    return in_order


def branch_of(plan: Plan, kind: str) -> Branch:
    """The only branch of a kind."""
    return next(branch for branch in plan.branches if branch.kind == kind)
