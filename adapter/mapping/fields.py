"""The reading of every field of a bound mapping, made once. Knows nothing of statements and rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from msgspec import structs
from sqlglot import exp

from adapter.domain.lines import LineRule
from adapter.domain.money import digits_of
from adapter.mapping import field_schema, readings, schema
from adapter.mapping.bind import Binder
from adapter.mapping.divisions import check_divisions
from adapter.mapping.fragments import SITE
from adapter.mapping.keys import Packing
from adapter.mapping.readings import Reading
from adapter.mapping.walk import entities, is_zone
from adapter.toml.locate import Path

Field = TypeVar("Field", bound=field_schema.Expression)

_UNKNOWN_DIGITS = 2
"""Decimals assumed of an amount in minor units while its currency stands in the row itself."""


@dataclass(slots=True)
class Fields:
    """How each field of one bound mapping is read."""

    binder: Binder
    packing: Packing = field(init=False)
    currency: str | None = field(init=False)
    """The currency of every bill, or None where each row names its own."""
    line_rule: LineRule = field(init=False)
    _by_digits: dict[tuple[Path, int], Reading] = field(init=False, default_factory=dict)
    read: Mapping[Path, Reading] = field(init=False)
    """Readings by field path, as ("bill", "total")."""

    def __post_init__(self) -> None:
        file = self.binder.mapping.file
        self.packing = self.binder.packing_of(("session", "id"), file.session.id)
        self.currency = self._constant_currency()
        digits = _UNKNOWN_DIGITS if self.currency is None else digits_of(self.currency) or 0
        quantity = file.item.quantity
        self.line_rule = LineRule(
            digits=digits,
            rounding=file.money.rounding,
            stage=file.money.stage,
            fraction=quantity.fraction if quantity is not None else "fold",
            inexact=file.money.inexact,
        )
        self.read = dict(self._readings(file, digits))
        check_divisions(self.binder)
        for path, entity in self.binder.mapping.rows.items():
            self.binder.codec((*path, "rows", "codec"), entity.rule.codec)

    def rule_for(self, digits: int) -> LineRule:
        """The line rule for a currency with so many decimals."""
        if digits == self.line_rule.digits:
            return self.line_rule
        return structs.replace(self.line_rule, digits=digits)

    def money(self, path: Path, rule: LineRule) -> Reading:
        """The reading of an amount in the currency of a rule: pence and fils are not the same part of their unit."""
        if rule.digits == self.line_rule.digits:
            return self.read[path]
        known = self._by_digits.get((path, rule.digits))
        if known is None:
            value: Any = self.binder.mapping.file
            for name in path:
                value = value[name] if isinstance(name, int) else getattr(value, name)
            reading = self._reading(path, value, rule.digits)
            known = self._by_digits[path, rule.digits] = reading or self.read[path]
        return known

    def place(self, path: Path) -> str:
        """`floreant.toml:71` for the field at this path."""
        source = self.binder.mapping.source
        line, _ = source.locator.place(path)
        return f"{source.file.replace(chr(92), '/').rsplit('/', 1)[-1]}:{line}"

    def stored_time(self, name: str) -> Callable[[datetime], Any]:
        """How a moment is written to be compared with a session's `created_at` or `finished_at`."""
        file = self.binder.mapping.file
        path: Path = ("session", name)
        said = getattr(file.session, name) or field_schema.TimeField.model_validate({"sql": "x"})
        said = self._merged(path, said, "time")
        fact = self.binder.fact_of(path)
        aware = fact is not None and fact.aware
        form = said.form or file.time.form
        zone = self._zone(path, said)
        return lambda moment: readings.stored_form(moment, form=form, zone=zone, aware=aware)

    def time_writer(self, form: str | None = None, zone: str | None = None) -> Callable[[datetime], Any]:
        """How a moment is written in this form and zone, or in those of [time]; `aware` is for columns with a zone."""
        form = form or self.binder.mapping.file.time.form
        if form == "aware":
            return lambda moment: moment
        said = field_schema.TimeField.model_validate({"sql": "x", **({"zone": zone} if zone else {})})
        needs_zone = form == "local" or "%" in form
        where = self._zone(("time", "zone"), said) if needs_zone else ZoneInfo("UTC")
        return lambda moment: readings.stored_form(moment, form=form, zone=where, aware=False)

    def _constant_currency(self) -> str | None:
        fragment = self.binder.mapping.fragment("bill", "currency")
        if fragment is None:
            return None
        value = self.binder.constant(fragment.tree)
        if value is None:
            return None
        code = str(value).strip()
        if digits_of(code) is None:
            constant = fragment.tree.name.removeprefix(SITE) if isinstance(fragment.tree, exp.Placeholder) else None
            path: Path = ("site", constant) if constant is not None else fragment.path
            self.binder.report(path, f"{code!r} is no currency", "an ISO 4217 code such as GBP is needed")
        return code

    def _readings(self, file: schema.MappingFile, digits: int) -> list[tuple[Path, Reading]]:
        found: list[tuple[Path, Reading]] = []
        for path, rule, _ in entities(file):
            found += self._of_rule(path, rule, digits)
        found += self._of_rule(("bill",), file.bill, digits)
        if file.modifier is not None and file.modifier.positional is not None:
            found += self._of_rule(("modifier",), file.modifier, digits)
        return found

    def _of_rule(self, path: Path, rule: Any, digits: int) -> list[tuple[Path, Reading]]:
        found: list[tuple[Path, Reading]] = []
        for name in type(rule).model_fields:
            value = getattr(rule, name)
            here: Path = (*path, name)
            if isinstance(value, (schema.WaiterRule, schema.Area)):
                found += self._of_rule(here, value, digits)
            elif isinstance(value, field_schema.Expression):
                reading = self._reading(here, value, digits)
                if reading is not None:
                    found.append((here, reading))
            elif value is None and here in self.binder.mapping.fragments:
                # The outputs of a whole SELECT are read as if each had been written out.
                implied = _implied(rule, name)
                reading = self._reading(here, implied, digits) if implied is not None else None
                if reading is not None:
                    found.append((here, reading))
        return found

    def _reading(self, path: Path, value: field_schema.Expression, digits: int) -> Reading | None:
        match value:
            case field_schema.FlagField():
                return self._flag(path, value)
            case field_schema.MoneyField():
                said = self._merged(path, value, "money")
                form = said.form or self.binder.mapping.file.money.form
                self._check_minor(path, form)
                return readings.money(said, form, digits)
            case field_schema.QuantityField():
                return readings.quantity(value)
            case field_schema.RateField():
                return readings.rate(value)
            case field_schema.CodesField():
                return readings.codes(value)
            case field_schema.StatusField():
                return readings.status(value)
            case field_schema.TimeField():
                return self._time(path, self._merged(path, value, "time"))
            case field_schema.TextField():
                return readings.text(self._merged(path, value, "text"))
            case field_schema.WholeField():
                return readings.whole(value)
        return None

    def _check_minor(self, path: Path, form: str) -> None:
        """Minor units are whole: a column with decimals holds pounds."""
        fact = self.binder.fact_of(path)
        if form == "minor" and fact is not None and fact.family == "decimal" and fact.decimals > 0:
            hint = 'leave form = "minor" out, or write CAST(... AS integer) if it does hold pence'
            self.binder.report(path, f"cannot be in minor units: {fact.name} is {fact.type_name}, with decimals", hint)

    def _flag(self, path: Path, value: field_schema.FlagField) -> Reading:
        said = self._merged(path, value, "flag")
        fact = self.binder.fact_of(path)
        if fact is not None and fact.family == "text" and not (said.true or said.false):
            hint = 'say which codes mean yes and no: { column = "...", true = "Y", false = "N" }'
            self.binder.report(path, f"{fact.name} is a text", hint)
        # A CHAR column is padded by the database, which ignores that when it compares; a VARCHAR is compared as it is.
        padded = fact is None or fact.family != "text" or fact.type_name.upper().startswith("CHAR")
        return readings.flag(said, padded=padded)

    def _time(self, path: Path, said: field_schema.TimeField) -> Reading:
        form = said.form or self.binder.mapping.file.time.form
        return readings.time(said, form=form, zone=self._zone(path, said))

    def _zone(self, path: Path, said: field_schema.TimeField) -> ZoneInfo:
        zone = said.zone or self.binder.mapping.file.time.zone
        if zone.startswith(":site."):
            zone = str(self.binder.site.get(zone.removeprefix(":site.")) or "")
        if not is_zone(zone):
            # Without a catalogue the constant may not be known yet, and nothing is read.
            if self.binder.catalogue is not None:
                self.binder.report(
                    path, f"{zone!r} is no IANA time zone", "set it in [site], for example Europe/London"
                )
            zone = "UTC"
        return ZoneInfo(zone)

    def _merged(self, path: Path, value: Field, kind: str) -> Field:
        """A field with what `[columns]` says of its column, where the field itself says nothing."""
        declared = self.binder.reading_of(path, kind)
        if not declared:
            return value
        known = set(type(value).model_fields)
        own = value.model_dump(exclude_unset=True, by_alias=False)
        return type(value).model_validate({**{k: v for k, v in declared.items() if k in known}, **own})


def _implied(rule: Any, name: str) -> field_schema.Expression | None:
    for kind in (
        field_schema.FlagField,
        field_schema.PriceField,
        field_schema.MoneyField,
        field_schema.OrderKindField,
        field_schema.OrderStateField,
        field_schema.QuantityField,
        field_schema.StatusField,
        field_schema.TimeField,
        field_schema.TextField,
        field_schema.WholeField,
    ):
        if kind.__name__ in str(type(rule).model_fields[name].annotation):
            return kind.model_validate({"sql": "x"})
    return None
