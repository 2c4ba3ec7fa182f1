"""Says in words how each field of a mapping is read. Knows nothing of terminals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from adapter.mapping import field_schema, schema
from adapter.mapping.fields import Fields
from adapter.mapping.walk import entities
from adapter.toml.locate import Path, dotted


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldNote:
    """One field: its name, the SQL it is read from, and what becomes of the value."""

    name: str
    sql: str
    reading: str
    place: str
    """File and line."""


def describe(fields: Fields, kinds: frozenset[str]) -> list[FieldNote]:
    """The fields of the entities whose names are given, in the order of the mapping language."""
    found: list[FieldNote] = []
    file = fields.binder.mapping.file
    for path, rule, _ in entities(file):
        if str(path[0]) in kinds:
            found += _of_rule(fields, path, rule)
    if "bill" in kinds:
        found += _of_rule(fields, ("bill",), file.bill)
    return found


def _of_rule(fields: Fields, path: Path, rule: object) -> Iterator[FieldNote]:
    for name in type(rule).model_fields:  # type: ignore[attr-defined]
        value = getattr(rule, name)
        here: Path = (*path, name)
        if isinstance(value, (schema.WaiterRule, schema.Area)):
            yield from _of_rule(fields, here, value)
        elif isinstance(value, field_schema.Expression):
            yield FieldNote(
                name=dotted(here),
                sql=" ".join(" | ".join(value.texts).split()) or "the sum of the lines",
                reading=_reading(fields, here, value) + _decoded(value),
                place=fields.place(here),
            )


def _reading(fields: Fields, path: Path, value: field_schema.Expression) -> str:  # noqa: C901 - a table of kinds
    file = fields.binder.mapping.file
    match value:
        case field_schema.KeyField() if path == ("session", "id"):
            forms = ", ".join(part.form for part in fields.packing.parts)
            return f"key ({forms}), packed into a UUID"
        case field_schema.KeyField():
            return "key"
        case field_schema.FlagField():
            said = {**fields.binder.reading_of(path, "flag"), **value.model_dump(exclude_none=True)}
            return f"yes or no; NULL means {'yes' if said.get('missing') else 'no'}"
        case field_schema.MoneyField():
            currency = fields.currency or "the row's currency"
            unit = value.form or file.money.form
            per = ", for the line" if isinstance(value, field_schema.PriceField) and value.per == "line" else ""
            return f"{unit} units, to minor units of {currency}, {file.money.rounding}{per}"
        case field_schema.QuantityField():
            return f"quantity per {value.per}; a fraction: {value.fraction}"
        case field_schema.StatusField():
            codes = ", ".join(f"{code} = {status}" for code, status in value.map.items())
            rest = f"; no row = {value.missing}" if value.missing else ""
            return f"{codes}{rest}{f'; others = {value.default}' if value.default else ''}"
        case field_schema.TimeField():
            said = {**fields.binder.reading_of(path, "time"), **value.model_dump(exclude_none=True)}
            form = said.get("form") or file.time.form
            zone = str(said.get("zone") or file.time.zone)
            if zone.startswith(":site."):
                zone = str(fields.binder.site.get(zone.removeprefix(":site.")) or zone)
            return f"{form} time{f' in {zone}' if form == 'local' else ''}, to UTC" + (
                f"; NULL means {value.missing}" if value.missing else ""
            )
        case field_schema.WholeField():
            return (
                "whole number"
                + _captured(value)
                + (f"; NULL means {value.missing}" if value.missing is not None else "")
            )
        case field_schema.TextField():
            joined = ", joined by blanks" if len(value.texts) > 1 and path[-1] != "category" else ""
            return f"text, trimmed{joined}{_captured(value)}" + (
                f"; empty means {value.missing}" if value.missing else ""
            )
    return "as it is"


def _decoded(value: field_schema.Expression) -> str:
    """The members of decoded data that a field is."""
    said: list[field_schema.Expression | field_schema.TextPart] = [value, *value.parts]
    return "".join(f"; {part.path} in {part.codec}" for part in said if part.path is not None)


def _captured(value: field_schema.TextField | field_schema.WholeField) -> str:
    """What is captured of a value, and from which bytes."""
    said = [part for part in (value, *value.parts) if isinstance(part, field_schema.Expression | field_schema.TextPart)]
    matches = [part.match for part in said if getattr(part, "match", None)]
    encodings = [getattr(part, "encoding", None) for part in said]
    captured = f", what {' and '.join(map(str, matches))} captures" if matches else ""
    return captured + "".join(f", bytes in {name}" for name in dict.fromkeys(filter(None, encodings)))
