"""Readings: what a database value means. Each is made once, when a mapping is bound, and then only called.

A reading raises Unreadable with a reason that holds no value: what is in a restaurant's database stays there.
Knows nothing of SQL.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from adapter.domain.money import NotMoney, exact
from adapter.domain.values import TableStatus
from adapter.mapping.field_schema import (
    CodesField,
    FlagField,
    MoneyField,
    QuantityField,
    RateField,
    StatusField,
    TextField,
    TimeField,
    WholeField,
)

Reading = Callable[[Any], Any]

_BITS = {"0": "0", "1": "1", "false": "0", "true": "1"}
"""The spellings of a bit; columns that hold one come as numbers, bytes or booleans, as the driver likes."""
_MOST_DIGITS = 17
_LARGEST = 10.0**_MOST_DIGITS
_REMEMBERED = 4096
"""How many values a reading remembers: prices and times repeat, and each costs a microsecond to read."""


class Unreadable(ValueError):
    """A value is not what the mapping says it is."""


def remembered(read: Reading) -> Reading:
    """The reading with a memory of its latest values; only for readings whose answer never changes."""
    known: dict[tuple[type, Any], Any] = {}

    def read_once(value: Any) -> Any:
        key = (value.__class__, value)
        try:
            return known[key]
        except KeyError:
            if len(known) >= _REMEMBERED:
                known.clear()
            answer = known[key] = read(value)
            return answer
        except TypeError:
            return read(value)  # a value that cannot be a key, such as a list from JSON

    return read_once


def plain_text(value: Any) -> str:
    """A value as a text without the blanks around it; empty for NULL."""
    if value.__class__ is str:
        return str(value.strip())
    if value is None:
        return ""
    if isinstance(value, bytes):
        try:
            return value.decode().strip()
        except UnicodeDecodeError:
            raise Unreadable("is no UTF-8 text") from None
    if isinstance(value, Decimal):
        shown = format(value, "f")
        return shown.rstrip("0").rstrip(".") if "." in shown else shown
    if isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST:
        return str(int(value))
    return str(value).strip()


def is_blank(value: Any) -> bool:
    """Whether a value is a text that says nothing: it counts as NULL wherever a number is meant."""
    return value.__class__ is str and not value.strip()


def text(field: TextField) -> Reading:
    """One text, trimmed; None when it is NULL or blank and nothing stands in for it."""
    missing = field.missing
    return lambda value: plain_text(value) or missing


def whole(field: WholeField) -> Reading:
    """A whole number; None for NULL and for a text that is none."""
    missing = field.missing

    def read(value: Any) -> int | None:
        if value.__class__ is int:
            return int(value)
        if value is None:
            return missing
        try:
            number = Decimal(plain_text(value))
        except InvalidOperation:
            return missing
        if not number.is_finite():
            return missing
        if number.adjusted() > _MOST_DIGITS:
            raise Unreadable("is too large")
        if number != int(number):
            raise Unreadable("is no whole number")
        return int(number)

    return read


def flag(field: FlagField, *, padded: bool = True) -> Reading:
    """A yes or no; NULL is what `missing` says, and no where nothing is said.

    `padded` codes are read without the blanks around them.
    """
    missing = bool(field.missing)
    yes, no = _codes(field.true), _codes(field.false)
    plain = (yes | no) <= _BITS.keys()
    if plain:
        yes, no = frozenset(_BITS[code] for code in yes), frozenset(_BITS[code] for code in no)

    def read(value: Any) -> bool:
        if value is None:
            return missing
        code = _code(value) if padded or value.__class__ is not str else str(value)
        if plain:
            code = _BITS.get(code, code)
        if yes or no:
            if code in yes or (not yes and code not in no):
                return True
            if code in no or not no:
                return False
        elif code in _BITS.values():
            return code == "1"
        raise Unreadable("is neither of the codes for yes and no")

    return read


def status(field: StatusField) -> Reading:
    """The status of a table: a TableStatus, or None for a hidden one. Takes (value, row is there)."""
    known: Mapping[str, str] = field.map
    plain = known.keys() <= _BITS.keys()
    if plain:
        known = {_BITS[code]: meaning for code, meaning in known.items()}

    def read(pair: tuple[Any, bool]) -> TableStatus | None:
        value, there = pair
        found: str | None
        if value is None:
            found = field.null if there and field.null is not None else field.missing
        else:
            code = _code(value)
            found = known.get(_BITS.get(code, code) if plain else code, field.default)
        if found is None:
            raise Unreadable(
                "is NULL and no missing = is said" if value is None else "is a code that map does not hold"
            )
        return None if found == "hidden" else TableStatus(found)

    return read


def codes(field: CodesField) -> Reading:
    """What a code means, as the word that the language has for it; None where nothing says it."""
    known: Mapping[str, str] = field.map
    plain = bool(known) and known.keys() <= _BITS.keys()
    if plain:
        known = {_BITS[code]: meaning for code, meaning in known.items()}
    words = frozenset() if known else field.words

    def read(value: Any) -> str | None:
        if value is None or is_blank(value):
            return field.missing
        code = _code(value)
        if words:
            return code.casefold() if code.casefold() in words else field.default
        return known.get(_BITS.get(code, code) if plain else code, field.default)

    return remembered(read)


def rate(field: RateField) -> Reading:
    """A rate in hundredths of a percent; None for NULL when nothing stands in for it."""
    scale, less = {"percent": (100, 0), "fraction": (10_000, 0), "multiplier": (10_000, 1)}[field.form]

    def read(value: Any) -> int | None:
        if value is None or is_blank(value):
            if field.missing is None:
                return None
            value = field.missing
        try:
            return int(((exact(value, mark=field.decimal) - less) * scale).to_integral_value(ROUND_HALF_UP))
        except NotMoney as error:
            raise Unreadable(str(error)) from None

    return remembered(read)


def money(field: MoneyField, form: str, digits_minor: int) -> Reading:
    """The exact amount in major units, or None for NULL when nothing stands in for it."""
    scale = -digits_minor if form == "minor" else 0
    missing = field.missing
    mark = field.decimal

    def read(value: Any) -> Decimal | None:
        if value is None or is_blank(value):
            return None if missing is None else missing.scaleb(scale)
        try:
            amount = exact(value, mark=mark)
        except NotMoney as error:
            raise Unreadable(str(error)) from None
        return amount.scaleb(scale) if scale else amount

    return remembered(read)


def quantity(field: QuantityField) -> Reading:
    """How many, as an exact decimal."""
    missing, mark = field.missing, field.decimal

    def read(value: Any) -> Decimal:
        if value is None or is_blank(value):
            if missing is None:
                raise Unreadable("is NULL and no missing = is said")
            return missing
        try:
            return exact(value, mark=mark)
        except NotMoney as error:
            raise Unreadable(str(error)) from None

    return remembered(read)


def time(field: TimeField, *, form: str, zone: ZoneInfo) -> Reading:
    """A moment in UTC, or None for NULL and for a blank text unless `now` stands in for it."""
    read = _time_reader(form, zone, later=field.ambiguous == "later")
    remember = remembered(read)
    if field.missing == "now":
        return lambda value: datetime.now(UTC) if value is None or is_blank(value) else remember(value)
    return lambda value: None if value is None or is_blank(value) else remember(value)


def _time_reader(form: str, zone: ZoneInfo, *, later: bool) -> Callable[[Any], datetime]:
    pattern = form if "%" in form else None
    unit = {"epoch": 1, "epoch_ms": 1000}.get(form)
    home = UTC if form == "utc" else zone

    def read(value: Any) -> datetime:
        try:
            if unit is not None:
                return _from_epoch(exact(value), unit)
            if isinstance(value, str):
                text = value.strip()
                # Its zone is given to it below.
                value = datetime.strptime(text, pattern) if pattern else datetime.fromisoformat(text)  # noqa: DTZ007
            if isinstance(value, date) and not isinstance(value, datetime):
                value = datetime.combine(value, clock())
            if not isinstance(value, datetime):
                raise Unreadable("is no time")
            if value.tzinfo is not None:
                return value.astimezone(UTC)
            # In the hour that the end of daylight saving repeats, fold tells which of the two is meant; in the one
            # that its start leaves out, both folds lie outside and the earlier reading moves the clock forward.
            return value.replace(tzinfo=home, fold=1 if later else 0).astimezone(UTC)
        except (ValueError, OverflowError, NotMoney) as error:
            raise error if isinstance(error, Unreadable) else Unreadable("is no time") from None

    return read


def _from_epoch(value: Decimal, unit: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(value * 1_000_000 / unit))


def _codes(values: tuple[Any, ...]) -> frozenset[str]:
    return frozenset(_code(value) for value in values)


def _code(value: Any) -> str:
    """One spelling for the codes of every driver: 1, a bit that is set and `1 ` all have one."""
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, bytes) and len(value) == 1 and value[0] < 2:
        return str(value[0])
    return plain_text(value)


def stored_form(moment: datetime, *, form: str, zone: ZoneInfo, aware: bool) -> Any:
    """A moment as a column of this form holds it: the inverse of `time`, for comparing with the column."""
    if form in ("epoch", "epoch_ms"):
        return int(moment.timestamp() * (1000 if form == "epoch_ms" else 1))
    if aware:
        return moment
    local = moment.astimezone(UTC if form == "utc" else zone)
    return local.strftime(form) if "%" in form else local.replace(tzinfo=None)


def sorts(form: str) -> bool:
    """Whether what a column of this form holds sorts as its moments do: not where the day or the month comes first."""
    return "%" not in form or "YmdHMSf".startswith("".join(re.findall("%(.)", form)))


def moment_in_utc(value: Any) -> datetime:
    """A moment that an engine's clock or a ledger's row tells: engines that have no zones have it in UTC."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
