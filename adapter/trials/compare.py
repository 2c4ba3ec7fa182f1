"""Compares what a test expects with what there is, member by member. Works on values only."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from msgspec import Struct

from adapter.mapping.trial_schema import ABSENT, PRESENT, Row
from adapter.toml.locate import Path

_SHORT = 60
_CLOSE = Decimal("0.000000001")
"""Floats that differ by less were meant to be the same number."""


class Difference(Struct, frozen=True):
    """One member that is not as it should be."""

    path: Path
    """From the top of the expectation."""
    message: str
    is_order: bool = False
    """Whether a list holds what it should, and in another order."""


def differences(expected: Any, found: Any, path: Path = ()) -> Iterator[Difference]:
    """Where what was found lacks something of what is expected, or has it otherwise; more than was asked for is fine."""
    if isinstance(expected, dict):
        yield from _members(expected, found, path)
    elif isinstance(expected, list):
        if not isinstance(found, list) or len(found) != len(expected):
            count = f"expected {len(expected)} {'entry' if len(expected) == 1 else 'entries'}"
            yield Difference(path, f"{count}, was {_entries(found)}")
            return
        pairs = zip(expected, found, strict=True)
        told = [each for index, pair in enumerate(pairs) for each in differences(*pair, (*path, index))]
        if told and _is_reordered(expected, found):
            told = [Difference(path, f"expected the same in another order, was {_entries(found)}", is_order=True)]
        yield from told
    elif not is_same(expected, found):
        yield Difference(path, f"expected {shown(expected)}, was {shown(found)}")


def _is_reordered(expected: list[Any], found: list[Any]) -> bool:
    left = list(found)
    for one in expected:
        match = next((other for other in left if not any(differences(one, other))), None)
        if match is None:
            return False
        left.remove(match)
    return True


def _members(expected: dict[str, Any], found: Any, path: Path) -> Iterator[Difference]:
    if not isinstance(found, dict):
        yield Difference(path, f"expected an object, was {shown(found)}")
        return
    for name, value in expected.items():
        if name not in found:
            if value != ABSENT:
                wanted = "it" if value == PRESENT else shown(value)
                yield Difference((*path, name), f"expected {wanted}, and it is not there")
        elif value == ABSENT:
            yield Difference((*path, name), f"expected nothing, was {shown(found[name])}")
        elif value != PRESENT:
            yield from differences(value, found[name], (*path, name))


def is_same(expected: Any, found: Any) -> bool:
    """Whether a value of a test and one of an answer, or of a column, are the same."""
    if isinstance(expected, bool) or isinstance(found, bool):
        return expected is found or (isinstance(found, int) and not isinstance(found, bool) and expected == found)
    if isinstance(expected, (int, float)) and isinstance(found, (int, float, Decimal)):
        return abs(Decimal(str(expected)) - Decimal(str(found))) < _CLOSE
    if isinstance(expected, str) and isinstance(found, str):
        return expected == found
    if isinstance(expected, str):
        return expected in (str(found), found.isoformat() if isinstance(found, (date, time)) else "")
    if isinstance(expected, datetime) and isinstance(found, str):
        moment = expected.astimezone(UTC) if expected.tzinfo is not None else expected
        return found == f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
    return bool(expected == found)


def row_differences(expected: Sequence[Row], found: Sequence[Row]) -> Iterator[Difference]:
    """Where rows that must be there are not, each told against the row that comes closest to it."""
    left = list(found)
    missing: list[tuple[int, Row]] = []
    for index, row in enumerate(expected):
        match = next((one for one in left if not any(_of_row(row, one))), None)
        if match is None:
            missing.append((index, row))
        else:
            left.remove(match)
    for index, row in missing:
        if not left:
            yield Difference((index,), f"expected such a row, and {'there is no other' if found else 'there is none'}")
            continue
        closest = min(left, key=lambda one: len(list(_of_row(row, one))))
        left.remove(closest)
        for one in _of_row(row, closest):
            yield Difference((index, *one.path), one.message)


def unwanted_rows(unwanted: Sequence[Row], found: Sequence[Row]) -> Iterator[Difference]:
    """Rows that must not be there and are."""
    for index, row in enumerate(unwanted):
        count = sum(not any(_of_row(row, one)) for one in found)
        if count:
            what = f"{count} such row{'s' if count > 1 else ''}" if row else f"{count} row{'s' if count > 1 else ''}"
            yield Difference((index,), f"expected none, was {what}")


def _of_row(expected: Row, found: Row) -> Iterator[Difference]:
    for name, value in expected.items():
        if value in (ABSENT, PRESENT):
            if (found[name] is None) is not (value == ABSENT):
                wanted = "NULL" if value == ABSENT else "a value"
                yield Difference((name,), f"expected {wanted}, was {shown(found[name])}")
        elif not is_same(value, found[name]):
            yield Difference((name,), f"expected {shown(value)}, was {shown(found[name])}")


def shown(value: Any) -> str:
    """A value as a finding shows it: short, and as it would stand on the wire."""
    if value is None:
        return "NULL"
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"


def _entries(found: Any) -> str:
    if not isinstance(found, list):
        return shown(found)
    names = [str(one["name"]) for one in found if isinstance(one, dict) and "name" in one]
    listed = f" ({', '.join(names)})" if names and len(names) == len(found) else ""
    return f"{len(found)}{listed}"
