"""Walks over a mapping file: its entities, their fields, and the checks that need no SQL. Knows nothing of fragments."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from adapter.mapping import field_schema, schema
from adapter.mapping.line_schema import Relation
from adapter.mapping.receipt_schema import ReceiptRule
from adapter.toml.load import Source, suggest
from adapter.toml.locate import Path

RECEIPT_NAMES = frozenset({"session.name", "session.table", "session.covers", "waiter.name"})
"""What a receipt line may hold beside site constants."""

BESIDE = frozenset({"charge", "discount", "payment", "tax_line"})
"""Entities of which there may be several kinds, and which need no rows of their own."""

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def entities(file: schema.MappingFile) -> Iterator[tuple[Path, Relation, Path | None]]:
    """Every entity that has rows of its own: its path, its rule and the path of the parent whose FROM it continues."""
    yield ("table",), file.table, None
    yield ("session",), file.session, None
    if file.session.tables is not None:
        yield ("session", "tables"), file.session.tables, ("session",)
    yield ("item",), file.item, ("session",)
    if file.modifier is not None and file.modifier.positional is None:
        yield ("modifier",), file.modifier, ("item",)
    for index, discount in enumerate(file.discount):
        yield ("discount", index), discount, ("session",)
    for index, charge in enumerate(file.charge):
        yield ("charge", index), charge, ("session",)
    for index, tax_line in enumerate(file.tax_line):
        yield ("tax_line", index), tax_line, ("session",)
    for index, payment in enumerate(file.payment):
        yield ("payment", index), payment, ("session",)


def fields_of(rule: Relation) -> Iterator[tuple[Path, field_schema.Expression]]:
    """The fields of an entity, those of its small groups (waiter, area) included."""
    for name in type(rule).model_fields:
        value = getattr(rule, name)
        if isinstance(value, field_schema.Expression):
            yield (name,), value
        elif isinstance(value, (schema.WaiterRule, schema.Area)):
            for inner in type(value).model_fields:
                child = getattr(value, inner)
                if isinstance(child, field_schema.Expression):
                    yield (name, inner), child


def places_of(path: Path, value: field_schema.Expression, source: Source) -> list[tuple[Path, str]]:
    """Where in the file each expression of a field stands."""
    if value.sql is not None:
        for name in ("column", "sql"):
            if (*path, name) in source.locator.strings:
                return [((*path, name), value.sql)]
        return [(path, value.sql)]
    inside: Path = (*path, "parts") if (*path, "parts") in source.locator.keys else path
    places: list[tuple[Path, str]] = []
    for index, text in enumerate(value.texts):
        own: Path = (*inside, index)
        named = next((name for name in ("column", "sql") if (*own, name) in source.locator.strings), None)
        places.append((own if named is None else (*own, named), text))
    return places


def check_zones(file: schema.MappingFile, source: Source) -> None:
    """Report every time zone that is none."""
    zones: list[tuple[Path, str | None]] = [(("time", "zone"), file.time.zone)]
    for path, rule, _ in entities(file):
        zones += [
            ((*path, *name, "zone"), child.zone)
            for name, child in fields_of(rule)
            if isinstance(child, field_schema.TimeField)
        ]
    for table, columns in file.columns.items():
        zones += [(("columns", table, name), rule.zone) for name, rule in columns.items()]
    for path, zone in zones:
        if zone is None:
            continue
        if zone.startswith(":site."):
            name = zone.removeprefix(":site.")
            if name not in file.site:
                hint = 'declare it: [site] timezone = { default = "Europe/London" }' if name == "timezone" else ""
                source.report(path, f"there is no site constant {name}", suggest(name, file.site) or hint)
        elif not is_zone(zone):
            source.report(path, f"{zone} is no IANA time zone", "for example Europe/London")


def check_receipt(receipt: ReceiptRule, site: Collection[str], source: Source) -> None:
    """Report every placeholder of a receipt that stands for nothing."""
    known = RECEIPT_NAMES | {f"site.{name}" for name in site}
    for part in ("header", "footer"):
        for index, line in enumerate(getattr(receipt, part)):
            for text in (line.text, line.postcode, *line.lines):
                for name in PLACEHOLDER.findall(text):
                    if name not in known:
                        hint = suggest(name, known) or f"known: {', '.join(sorted(known))}"
                        source.report(("receipt", part, index), f"there is no {{{name}}}", hint)


def is_zone(name: str) -> bool:
    """Whether a name is an IANA time zone that this machine knows."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def fits(value: object, kind: str) -> bool:
    """Whether a site constant's value is of the declared type."""
    match kind:
        case "flag":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        case _:
            return isinstance(value, str)
