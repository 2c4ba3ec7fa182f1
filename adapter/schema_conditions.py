"""What the models and the loader check by code, as far as JSON Schema can say it. Knows no values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapter.mapping.load import REQUIRED
from adapter.mapping.record_schema import KINDS

Schema = dict[str, Any]

SITE_TYPES = {"flag": "boolean", "integer": "integer", "number": "number", "text": "string"}
"""What JSON Schema calls the types of site constants."""


def _any_of(*names: str) -> Schema:
    return {"anyOf": [{"required": [name]} for name in names]}


def _one_source(needed: list[str], *, decoded: bool = False, may_be_neither: bool = False) -> Schema:
    """An entity has `from` or `rows`, and then its fields, or `select`, whose outputs are fields too."""
    sources: list[Schema] = [
        {"required": ["from", *needed], "not": _any_of("select", "rows")},
        {"required": ["select"], "not": _any_of("from", "rows")},
    ]
    if decoded:
        sources.append({"required": ["rows", *needed], "not": _any_of("from", "select")})
    if may_be_neither:
        sources.append({"not": _any_of("from", "select", "rows")})
    return {"oneOf": sources}


def _needed(section: str) -> list[str]:
    return [name for of, name in REQUIRED if of == section]


CONDITIONS: Mapping[str, Schema] = {
    "TableRule": _one_source(_needed("table")),
    "SessionRule": {**_one_source(_needed("session")), "not": {"required": ["table", "tables"]}},
    "TablesOfSession": _one_source([]),
    "ItemRule": _one_source(_needed("item"), decoded=True),
    "ExtraRule": _one_source([], decoded=True, may_be_neither=True),
    "ModifierRule": {
        "oneOf": [
            {"required": ["positional"], "not": _any_of("from", "select", "where", "rows", "tax")},
            {"required": ["from", "name", "amount"], "not": _any_of("select", "positional", "rows")},
            {"required": ["rows", "name", "amount"], "not": _any_of("from", "select", "positional")},
            {"required": ["select"], "not": _any_of("from", "positional", "rows")},
        ]
    },
    "BillRule": {"required": _needed("bill")},
    "TaxRule": {
        "anyOf": [
            {"required": ["rate"]},
            {"not": {"required": ["included"]}},
            {"properties": {"included": {"const": True}}},
        ]
    },
    "SiteConstant": {
        "allOf": [
            {
                "if": {"properties": {"type": {"const": kind}}, "required": [] if kind == "text" else ["type"]},
                "then": {"properties": {"default": {"type": name}}},
            }
            for kind, name in SITE_TYPES.items()
        ]
    },
    "Receipt": {
        "allOf": [
            {
                "if": {"properties": {"type": {"const": "merchant_address"}}, "required": ["type"]},
                "then": {"required": ["lines"], "properties": {"lines": {"minItems": 1}}},
                "else": {
                    "if": {"properties": {"type": {"const": "horizontal_line"}}},
                    "else": {"required": ["text"], "properties": {"text": {"minLength": 1}}},
                },
            }
        ]
    },
    "RecordRule": {"required": ["step"]},
    "Step": {
        "oneOf": [{"required": [kind]} for kind in KINDS],
        "dependentRequired": {"update": ["set", "where"], "delete": ["where"]},
    },
}
"""What the models and the loader check by code, by the name of the model."""
