"""Finds texts in rows: one output, or several joined by blanks. Positions are looked up once, not for every row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, TypeVar

from adapter.errors import RowUnreadable
from adapter.mapping.plans import Slots
from adapter.mapping.readings import Unreadable, plain_text

Row = Sequence[Any]
Value = TypeVar("Value")

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
            return str(value) if value.__class__ is int else _text(value, name)

        return read
    parts_of = parts(slots, name)
    return lambda row: " ".join(parts_of(row))


def id_of(slots: Slots, names: Sequence[str], missing: str | None) -> Callable[[Row], str]:
    """A function that gives the text of the first of these fields that the rows have, or what stands in for a blank one."""
    read = next((found for name in names if (found := text_of(slots, name)) is not None), None)
    if read is None:
        return lambda _row: ""
    return read if not missing else lambda row: read(row) or missing


def first_of(slots: Slots, names: Sequence[str], missing: str | None = None) -> Callable[[Row], str | None] | None:
    """A function that gives the text of the first of these fields that is not blank; None when the rows have none.

    `missing` stands in for the first of them.
    """
    readers = [found for name in names if (found := text_of(slots, name)) is not None]
    if not readers:
        return None
    own, *others = readers

    def read(row: Row) -> str | None:
        found = own(row) or missing
        for each in others:
            if found:
                break
            found = each(row)
        return found or None

    return read


def parts(slots: Slots, name: str) -> Callable[[Row], tuple[str, ...]]:
    """A function that gives the parts of a field that are not blank; they repeat, so the latest are remembered."""
    places = places_of(slots, name)
    if not places:
        return lambda _row: ()
    return read_once(places, lambda row: tuple(text for place in places if (text := _text(row[place], name))))


def _text(value: Any, name: str) -> str:
    try:
        return plain_text(value)
    except Unreadable as error:
        hint = 'say its encoding: { column = "...", encoding = "cp1252" }' if isinstance(value, bytes) else ""
        raise RowUnreadable(f"{name} {error}", hint=hint) from None


def parts_as_they_are(slots: Slots, name: str) -> Callable[[Row], tuple[str, ...]] | None:
    """A function that gives every part of a key as a text, blank ones included; None when the rows do not have it."""
    places = places_of(slots, name)
    return (lambda row: tuple(plain_text(row[place]) for place in places)) if places else None


def read_once(places: Sequence[int], read: Callable[[Row], Value]) -> Callable[[Row], Value]:
    """What is made of the values at these places, with a memory of the latest: the dishes of a restaurant repeat.

    Only where the answer never changes, and where equal values mean the same. A column has one type, but one of JSON,
    in which `true` equals 1.
    """
    raw_of: Callable[[Row], Any] = itemgetter(*places)
    known: dict[Any, Value] = {}

    def get(row: Row) -> Value:
        raw = raw_of(row)
        try:
            return known[raw]
        except KeyError:
            if len(known) >= _REMEMBERED:
                known.clear()
            found = known[raw] = read(row)
            return found
        except TypeError:
            return read(row)  # a value that cannot be a key, such as a list from JSON

    return get
