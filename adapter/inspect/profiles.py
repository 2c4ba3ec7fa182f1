"""The shape of a column's values: a flag, a code, an amount, a time. Knows nothing of names."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from adapter.inspect.facts import Row

Kind = Literal["empty", "flag", "code", "whole", "decimal", "time", "epoch", "epoch_ms", "day", "text", "other"]

_MOST_CODES = 12
"""Different values that a status or kind may have."""
_TIME_TEXT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d")
_DAY_TEXT = re.compile(r"\d{4}-\d\d-\d\d$")
_NUMBER_TEXT = re.compile(r"\s*[-+]?\d+([.,]\d+)?\s*$")
_FLAG_TEXTS = ({"Y", "N"}, {"T", "F"}, {"J", "N"}, {"YES", "NO"}, {"TRUE", "FALSE"}, {"0", "1"}, {"S", "N"})
_EPOCHS = (946_684_800, 4_102_444_800)
"""The seconds of the years 2000 to 2100."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What the sampled values of a column are like."""

    kind: Kind
    count: int
    """Rows looked at."""
    nulls: int
    counts: Counter[Any]
    """How often each value occurs, as far as it can be counted."""
    aware: bool = False
    """Whether its times carry their zone."""
    lowest: Decimal | None = None
    highest: Decimal | None = None

    @property
    def known(self) -> int:
        """Rows that have a value."""
        return self.count - self.nulls

    @property
    def distinct(self) -> int:
        """Different values."""
        return len(self.counts)

    @property
    def codes(self) -> bool:
        """Whether a few values are used again and again, as those of a status are."""
        return 0 < self.distinct <= _MOST_CODES and (self.known > self.distinct or self.kind == "flag")


def profile(rows: Sequence[Row], column: str) -> Profile:
    """What a column's values look like."""
    values = [row.get(column) for row in rows]
    known = [_plain(value) for value in values if value is not None and value != ""]
    counts = Counter(known)
    kind = _kind(known, counts)
    numbers = [number for number in map(exact, known) if number is not None] if kind in ("whole", "decimal") else []
    return Profile(
        kind=kind,
        count=len(values),
        nulls=len(values) - len(known),
        counts=counts,
        aware=any(isinstance(value, datetime) and value.tzinfo is not None for value in known),
        lowest=min(numbers, default=None),
        highest=max(numbers, default=None),
    )


def exact(value: Any) -> Decimal | None:
    """A number as a Decimal, floats by their shortest text; None for what is no number."""
    if value is None or isinstance(value, (bool, bytes, datetime, date)):
        return None
    if isinstance(value, float):
        return Decimal(repr(value)) if math.isfinite(value) else None
    try:
        number = Decimal(str(value).strip().replace(",", "."))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _plain(value: Any) -> Any:
    if isinstance(value, (dict, list)):
        return str(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        found = bytes(value)
        return found[0] == 1 if found in (b"\x00", b"\x01") else found
    return value.strip() if isinstance(value, str) else value


def _kind(known: list[Any], counts: Counter[Any]) -> Kind:
    if not known:
        return "empty"
    if all(isinstance(value, bool) for value in known):
        return "flag"
    if all(isinstance(value, str) for value in known):
        return _kind_of_texts(known, counts)
    if all(isinstance(value, datetime) for value in known):
        return "time"
    if all(isinstance(value, (date, time)) for value in known):
        return "day"
    numbers = [exact(value) for value in known]
    if any(number is None for number in numbers):
        return "other"
    return _kind_of_numbers([number for number in numbers if number is not None])


def _kind_of_texts(known: list[Any], counts: Counter[Any]) -> Kind:
    if all(_TIME_TEXT.match(value) for value in known):
        return "time"
    if all(_DAY_TEXT.match(value) for value in known):
        return "day"
    upper = {value.upper() for value in counts}
    if any(upper <= pair for pair in _FLAG_TEXTS):
        return "flag"
    if all(_NUMBER_TEXT.match(value) for value in known):
        return "decimal" if any("." in value or "," in value for value in known) else "whole"
    return "code" if len(counts) <= _MOST_CODES and len(known) > len(counts) else "text"


def _kind_of_numbers(numbers: list[Decimal]) -> Kind:
    whole = all(number == number.to_integral_value() for number in numbers)
    if whole and set(numbers) <= {Decimal(0), Decimal(1)}:
        return "flag"
    if whole and all(_EPOCHS[0] <= number <= _EPOCHS[1] for number in numbers):
        return "epoch"
    if whole and all(_EPOCHS[0] * 1000 <= number <= _EPOCHS[1] * 1000 for number in numbers):
        return "epoch_ms"
    return "whole" if whole else "decimal"


_LONG_NUMBER = re.compile(r"\d(?:[ -]?\d){8,}")


def shown(value: Any, *, masked: bool) -> str:
    """A sample value for people; masked, it keeps its shape only: letters as x, digits as 9."""
    if value is None:
        return "NULL"
    if isinstance(value, float):
        return f"{value:.6g}"
    text = " ".join(str(_plain(value)).split())[:30]
    if isinstance(value, (datetime, date, time)):
        return text
    if isinstance(value, str) and _TIME_TEXT.match(text):
        return text
    if masked:
        text = re.sub(r"[^\W\d_]", lambda found: "X" if found[0].isupper() else "x", re.sub(r"\d", "9", text))
    else:
        # No value that is long enough to be a card's or a telephone's number is ever shown.
        text = _LONG_NUMBER.sub(lambda found: "9" * len(found[0]), text)
    return repr(text) if isinstance(value, str) else text


def samples(found: Profile, *, masked: bool, most: int = 4) -> str:
    """The most frequent values of a column, for a comment."""
    return ", ".join(dict.fromkeys(shown(value, masked=masked) for value, _ in found.counts.most_common(most)))
