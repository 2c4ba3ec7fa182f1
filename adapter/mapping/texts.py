"""Finds texts in rows: one output, or several joined by blanks. Positions are looked up once, not for every row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

from adapter.mapping.plans import Slots
from adapter.mapping.readings import plain_text

Row = Sequence[Any]

_REMEMBERED = 4096


def places_of(slots: Slots, name: str) -> list[int]:
    """Where the parts of a field stand: one place, several, or none."""
    if name in slots:
        return [slots[name]]
    places: list[int] = []
    while f"{name}.{len(places)}" in slots:
        places.append(slots[f"{name}.{len(places)}"])
    return places


def text_of(slots: Slots, name: str) -> Callable[[Row], str] | None:
    """A function that gives a field's text, trimmed and joined by blanks; None when the rows do not have it."""
    places = places_of(slots, name)
    if not places:
        return None
    if len(places) == 1:
        (place,) = places

        def read(row: Row) -> str:
            value = row[place]
            if value.__class__ is str:
                return str.strip(value)
            return str(value) if value.__class__ is int else plain_text(value)

        return read
    parts_of = parts(slots, name)
    return lambda row: " ".join(parts_of(row))


def parts(slots: Slots, name: str) -> Callable[[Row], tuple[str, ...]]:
    """A function that gives the parts of a field that are not blank; they repeat, so the latest are remembered."""
    places = places_of(slots, name)
    if not places:
        return lambda _row: ()
    raw_of: Callable[[Row], Any] = itemgetter(*places)
    single = len(places) == 1
    known: dict[Any, tuple[str, ...]] = {}

    def read(row: Row) -> tuple[str, ...]:
        raw = raw_of(row)
        found = known.get(raw)
        if found is None:
            values = (raw,) if single else raw
            found = tuple(text for text in map(plain_text, values) if text)
            if len(known) >= _REMEMBERED:
                known.clear()
            known[raw] = found
        return found

    return read
