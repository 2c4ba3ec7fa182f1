"""Reads an AsyncAPI document as far as messages are judged by it: a schema for the request and the answer of each method.

It is the provider's own file, of which the project has no copy: whoever wants to try has theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from jsonschema import Draft7Validator, FormatChecker
from jsonschema.exceptions import SchemaError, ValidationError

from tests.published.shapes import Shapes, subschemas

Side = Literal["publish", "subscribe"]
"""As the document has it, from where the EPOS stands: it publishes answers, and subscribes to requests."""

ENVELOPE = "JsonrpcResponseV1"
"""The schema of what all answers share, for those to methods that are none."""
_AT = "#/components/schemas/"
_WHOLE = {"int32": 2**31, "int64": 2**63}


class SpecificationUnreadable(Exception):
    """What was given cannot be judged by, and why."""


class Specification:
    """Everything that the document says of messages."""

    def __init__(self, document: Any) -> None:
        """Raises SpecificationUnreadable."""
        if not isinstance(document, Mapping) or not str(document.get("asyncapi", "")).startswith("2."):
            raise SpecificationUnreadable("this is no AsyncAPI document of version 2: it has no `asyncapi: 2...`")
        self._components = document.get("components", {})
        self._schemas = schemas = self._components.get("schemas", {})
        self.title = f"{document.get('info', {}).get('title')} {document.get('info', {}).get('version')}"
        self._payloads = {
            (method, side): channel[side]["message"]["payload"]
            for method, channel in (document.get("channels") or {}).items()
            for side in ("publish", "subscribe")
            if side in channel
        }
        if not self._payloads:
            raise SpecificationUnreadable("it has no channels, so no messages")
        if ENVELOPE not in schemas:
            raise SpecificationUnreadable(f"it has no schema {ENVELOPE} for what all answers share")
        self._check_readable()
        self._validators: dict[tuple[str, Side], Any] = {}
        self.shapes = Shapes((*schemas.values(), *self._payloads.values()), _FORMATS)
        """What its schemas can tell apart."""

    @classmethod
    def read(cls, file: Path) -> Specification:
        """Of a file in YAML or JSON. Raises SpecificationUnreadable."""
        try:
            return cls(yaml.load(file.read_text(encoding="utf-8"), _TextLoader))  # noqa: S506 - it makes fewer objects yet
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as problem:
            raise SpecificationUnreadable(f"{file} cannot be read: {problem}") from None

    @property
    def methods(self) -> list[str]:
        """Those that have an answer."""
        return sorted(method for method, side in self._payloads if side == "publish")

    def wrong(self, method: str, side: Side, message: Any) -> Iterator[ValidationError]:
        """What the schema of a message refuses; of an answer to a method that is none, the schema of all answers."""
        key = (method, side)
        if key not in self._validators:
            schema = {"allOf": [self._payload(method, side)], "components": self._components}
            self._validators[key] = Draft7Validator(schema, format_checker=_FORMATS)
        yield from self._validators[key].iter_errors(message)

    def unnamed(self, method: str, side: Side, message: Any) -> Iterator[str]:
        """The members, as a path, that no schema of a message names. They pass it, for it forbids none."""
        yield from _unnamed(self._parts([self._payload(method, side)]), message, "", self._parts)

    def _payload(self, method: str, side: Side) -> Any:
        return self._payloads.get((method, side), {"$ref": _AT + ENVELOPE})

    def _parts(self, schemas: Iterable[Any]) -> list[Any]:
        """Schemas with all that they consist of."""
        found = []
        waiting = list(schemas)
        while waiting:
            schema = waiting.pop()
            found.append(schema)
            if "$ref" in schema:
                waiting.append(self._schemas[schema["$ref"].removeprefix(_AT)])
            for way in ("allOf", "anyOf", "oneOf"):
                waiting += schema.get(way, ())
        return found

    def _check_readable(self) -> None:
        for name, schema in self._schemas.items():
            try:
                Draft7Validator.check_schema(schema)
            except SchemaError as problem:
                where = ".".join(map(str, problem.absolute_path))
                raise SpecificationUnreadable(f"components.schemas.{name}.{where}: {problem.message}") from None
        for schema in self._every_schema():
            if "$ref" in schema and schema["$ref"].removeprefix(_AT) not in self._schemas:
                raise SpecificationUnreadable(f"$ref {schema['$ref']}: it has no such schema")
            if "format" in schema and schema["format"] not in _FORMATS.checkers:
                raise SpecificationUnreadable(f"format {schema['format']}: nobody here can tell it; add it to _FORMATS")

    def _every_schema(self) -> Iterator[Mapping[str, Any]]:
        for schema in (*self._schemas.values(), *self._payloads.values()):
            yield from subschemas(schema)


class _TextLoader(yaml.SafeLoader):
    """Reads times as the texts they are."""


_TextLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}

_FORMATS = FormatChecker(["date-time"])
"""Made with the one that is asked for: without its library (rfc3339-validator) it cannot be, and is not passed over."""


def _fits(bits: str) -> Any:
    # As every format, it has nothing to say of other types.
    return lambda value: not isinstance(value, int) or -_WHOLE[bits] <= value < _WHOLE[bits]


for _name in _WHOLE:
    _FORMATS.checkers = {**_FORMATS.checkers, _name: (_fits(_name), ())}


def _unnamed(parts: list[Any], value: Any, path: str, parts_of: Callable[[Iterable[Any]], list[Any]]) -> Iterator[str]:
    if isinstance(value, list):
        below = parts_of(part["items"] for part in parts if "items" in part)
        for each in value:
            yield from _unnamed(below, each, f"{path}[]", parts_of)
    if isinstance(value, dict):
        for name, member in value.items():
            here = f"{path}.{name}" if path else name
            named = [part["properties"][name] for part in parts if name in part.get("properties", {})]
            if named:
                yield from _unnamed(parts_of(named), member, here, parts_of)
            else:
                yield here
