"""Writes a draft: a mapping that loads, with what speaks for each guess as a comment above it. Pure."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

from adapter.inspect.amounts import bill_section, item_section
from adapter.inspect.beside import beside_sections, modifier_section
from adapter.inspect.checks import session_section, tables_section
from adapter.inspect.entries import Plain, Section, comment, toml, written
from adapter.inspect.facts import Survey
from adapter.inspect.findings import Findings
from adapter.inspect.places import table_section
from adapter.inspect.words import concepts

_ZONE, _CURRENCY = "Europe/London", "GBP"
_SMALL = 500
"""Rows of a table that may hold settings."""
_NO_CURRENCIES = frozenset({"PLU", "SKU", "VAT", "EAN", "TAX", "POS", "APP"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A drafted mapping."""

    text: str
    todos: int
    """Things that only a person can say."""


def draft(findings: Findings, *, name: str, looked_at: str, schema: str | None) -> Draft:
    """The text of a mapping for what was found; `looked_at` names the database without its password."""
    sections = [
        _site(findings),
        *([_money()] if findings.money.minor else []),
        table_section(findings),
        session_section(findings),
        *_given(tables_section(findings)),
        bill_section(findings),
        item_section(findings),
        *_given(modifier_section(findings)),
        *beside_sections(findings),
    ]
    lines = _head(findings, name, looked_at, schema)
    for section in sections:
        lines += ["", *written(section)]
    lines += ["", *_NEXT]
    text = "\n".join(lines) + "\n"
    return Draft(text=text, todos=sum(1 for line in lines if re.match(r"# .*TODO ", line)))


_NEXT = (
    "# When the TODOs are settled, name this file in a config.toml (mapping = ...) and have every row looked at:",
    "#   epos-adapter check --config config.toml",
)


def _holds_tickets(survey: Survey) -> str:
    """The table of the Openbravo family that keeps each open ticket as one serialized object; empty where there is none."""
    for table in survey.tables.values():
        names = {column.name.lower() for column in table.columns}
        if table.name.lower().endswith("sharedtickets") and "content" in names:
            return table.name
    return ""


def _given(section: Section | None) -> list[Section]:
    return [section] if section is not None else []


def _head(findings: Findings, name: str, looked_at: str, schema: str | None) -> list[str]:
    lines = [
        *comment(f"A draft, made by epos-adapter inspect from {looked_at}."),
        "# Every line is a guess; what speaks for it stands above it. Where it says TODO, only a person can know.",
        "# Nothing of this pays or locks: add [record] and [lock] when the reading is right (docs/recording.md).",
    ]
    tickets = _holds_tickets(findings.known.survey)
    if tickets:
        lines += comment(
            f"{tickets}.content looks like the open tickets of Openbravo POS, uniCenta and their kin: serialized objects, which "
            "no SQL reads. Begin with mappings/unicenta.toml, which reads them by the codec java-openbravo, instead of this draft."
        )
    for note in findings.known.survey.notes:
        lines += comment(f"not looked at: {note}")
    lines += [
        "",
        "version = 1",
        f"epos    = {_quoted(name)}  # TODO its name, and its version",
        f"sql     = {_quoted(findings.engine())}",
    ]
    if schema is not None:
        lines.append(f"schema  = {_quoted(schema)}")
    if findings.prefix:
        lines.append(f"prefix  = {_quoted(findings.prefix)}")
    return lines


def _quoted(text: str) -> str:
    return toml(text)


def _money() -> Section:
    section = Section(title="[money]")
    section.say(
        "form", "minor", "amounts are whole numbers, of a size that pence have", todo="make sure of it: 1250 is 12.50"
    )
    return section


def _site(findings: Findings) -> Section:
    section = Section(title="[site]")
    zone, where = find_zone(findings.known.survey)
    said = f"{where} holds {zone}" if where else ""
    section.say(
        "timezone",
        Plain(f'{{ default = "{zone}", help = "where the restaurant is" }}'),
        said,
        todo="" if where else f"where is the restaurant? {zone} only stands in",
    )
    currency, kept = find_currency(findings.known.survey)
    section.say(
        "currency",
        Plain(f'{{ default = "{currency}", help = "ISO 4217 code" }}'),
        f"{kept} holds {currency}" if kept else "",
        todo="" if kept else f"which currency? {currency} only stands in",
    )
    return section


def find_zone(survey: Survey) -> tuple[str, str]:
    """The only time zone that the settings of the database name, and where; else one that stands in, and nothing."""
    zones = available_timezones()
    found = {value: where for where, value in _settings(survey) if "/" in value and value in zones}
    return next(iter(found.items())) if len(found) == 1 else (_ZONE, "")


def find_currency(survey: Survey) -> tuple[str, str]:
    """The currency that the settings of the database name most often, and where; else one that stands in, and nothing."""
    found: Counter[tuple[str, str]] = Counter()
    for where, value in _settings(survey):
        told = "currency" in concepts(where) or "currency" in where.lower()
        if told and re.fullmatch(r"[A-Z]{3}", value) and value not in _NO_CURRENCIES:
            found[(value, where)] += 1
    if len({value for value, _ in found}) != 1:
        return _CURRENCY, ""
    return found.most_common(1)[0][0]


def _settings(survey: Survey) -> list[tuple[str, str]]:
    """The short texts of small tables, with where each stands; a row of two texts is a key and its value."""
    found: list[tuple[str, str]] = []
    for name, rows in survey.samples.items():
        if len(rows) > _SMALL:
            continue
        for row in rows:
            texts = {column: value.strip() for column, value in row.items() if isinstance(value, str) and value.strip()}
            key: Any = next(iter(texts.values())) if len(texts) == 2 else None
            for column, value in texts.items():
                told = f"{name}.{column}" if key is None or key == value else f"{name} ({key})"
                found.append((told, value))
    return found
