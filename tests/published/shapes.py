"""Tells messages apart as far as schemas can: two of one shape are right or wrong together, so one of them is judged."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from jsonschema import FormatChecker

_FORM = {"$ref", "type", "properties", "required", "additionalProperties", "items", "allOf", "anyOf", "oneOf", "not"}
"""Keywords that look at what a shape keeps."""
_VALUES = {"enum", "const", "format", "pattern", "minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum"}
"""Keywords that look into values; a shape says how each of them stands."""
_SILENT = {"title", "description", "default", "example", "readOnly"}


class Shapes:
    """The shapes of messages under some schemas."""

    def __init__(self, schemas: Iterable[Mapping[str, Any]], formats: FormatChecker) -> None:
        """With a keyword among them that is not known here, every message is a shape of its own."""
        every = [each for schema in schemas for each in subschemas(schema)]
        known = _FORM | _VALUES | _SILENT
        self.are_exact = any(not name.startswith("x-") and name not in known for each in every for name in each)
        self._values = {
            _exact(value)
            for each in every
            for value in (*each.get("enum", ()), *([each["const"]] if "const" in each else ()))
        }
        self._formats = sorted({each["format"] for each in every if "format" in each})
        self._patterns = [re.compile(text) for text in sorted({each["pattern"] for each in every if "pattern" in each})]
        self._lengths = _bounds(every, "minLength", "maxLength")
        self._counts = _bounds(every, "minItems", "maxItems")
        self._sizes = _bounds(every, "minimum", "maximum")
        self._checker = formats
        self._of_scalar = cache(self._scalar)

    def of(self, message: Any) -> Hashable:
        """What tells it from others."""
        if self.are_exact:
            return repr(message)
        if isinstance(message, dict):
            return frozenset((name, self.of(member)) for name, member in message.items())
        if isinstance(message, list):
            return (*_standing(len(message), self._counts), frozenset(map(self.of, message)))
        return self._of_scalar(type(message), message)

    def _scalar(self, kind: type, value: Any) -> Hashable:
        own = _exact(value) if _exact(value) in self._values else None
        formats = tuple(self._checker.conforms(value, name) for name in self._formats)
        if isinstance(value, str):
            patterns = tuple(bool(pattern.search(value)) for pattern in self._patterns)
            return (kind, own, formats, patterns, _standing(len(value), self._lengths))
        whole = isinstance(value, float) and value.is_integer()
        sizes = () if value is None else _standing(value, self._sizes)
        return (kind, own, formats, whole, sizes)


def subschemas(schema: Any) -> Iterator[Mapping[str, Any]]:
    """A schema and all those that are written within it."""
    if not isinstance(schema, Mapping):
        return
    yield schema
    below = [
        *schema.get("properties", {}).values(),
        schema.get("items"),
        schema.get("additionalProperties"),
        schema.get("not"),
    ]
    for child in (*below, *(part for way in ("allOf", "anyOf", "oneOf") for part in schema.get(way, ()))):
        yield from subschemas(child)


def _bounds(schemas: Iterable[Mapping[str, Any]], *names: str) -> list[float]:
    return sorted({schema[name] for schema in schemas for name in names if name in schema})


def _standing(value: float, bounds: Iterable[float]) -> tuple[int, ...]:
    """How a number stands to each bound: below, at or above it."""
    return tuple((value > bound) - (value < bound) for bound in bounds)


def _exact(value: Any) -> tuple[type, str]:
    return (type(value), repr(value))
