"""Makes prices that hold their tax of prices that do not. Knows nothing of lines."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from adapter.domain.money import NotMoney, exact
from adapter.errors import RowUnreadable
from adapter.mapping.fields import Fields
from adapter.mapping.gather import Row
from adapter.mapping.plans import Slots
from adapter.mapping.readings import Unreadable, remembered
from adapter.toml.locate import Path, dotted

_NOTHING = Decimal(0)
_ONE = Decimal(1)
_PERCENT = Decimal(100)
_TWICE = Decimal(2)
"""What no price with tax is more than: a 20 that is read as a fraction would make 21 times the price of it."""


class Tax:
    """What a price is multiplied by to hold its tax."""

    def __init__(self, fields: Fields, path: Path, slots: Slots, lead: str) -> None:
        self._fields, self._path = fields, path
        file: Any = fields.binder.mapping.file
        rule: Any = getattr(file, str(path[0]))
        rule = rule[int(path[1])] if len(path) > 1 else rule
        self._rate = slots.get(f"{lead}tax.rate")
        self._included = slots.get(f"{lead}tax.included")
        self.applies = self._rate is not None
        form = rule.tax.form if rule is not None and rule.tax is not None else "percent"
        self._factor = remembered(lambda value: _factor(value, form))

    def factor(self, row: Row) -> Decimal:
        """1 where the price holds its tax already."""
        if self._rate is None or (self._included is not None and row[self._included]):
            return _ONE
        return self._read(row[self._rate])

    def share(self, row: Row, amount: Decimal) -> Decimal:
        """The tax in an amount that holds it."""
        if self._rate is None:
            return _NOTHING
        factor = self._read(row[self._rate])
        return amount - amount / factor if factor else _NOTHING

    def _read(self, rate: Any) -> Decimal:
        try:
            found: Decimal = self._factor(rate)
        except Unreadable as error:
            where: Path = (*self._path, "tax", "rate")
            raise RowUnreadable(f"{dotted(where)} {error} ({self._fields.place(where)})") from None
        return found


def _factor(value: Any, form: str) -> Decimal:
    if value is None:
        return _ONE
    try:
        rate = exact(value)
    except NotMoney as error:
        raise Unreadable(str(error)) from None
    factor = rate if form == "multiplier" else _ONE + (rate / _PERCENT if form == "percent" else rate)
    if not _ONE <= factor <= _TWICE:
        raise Unreadable(f"is below 0 or above 100 %, read as a {form}: is its form another?")
    return factor
