"""Reads a frame as strictly as the provider may, and says what of its shape is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from simulator.judging import Finding
from simulator.tables.schemas import Schema

_KINDS = {
    "required": "member-missing",
    "additionalProperties": "member-unknown",
    "type": "type-wrong",
    "enum": "value-unknown",
    "pattern": "form-wrong",
    "format": "form-wrong",
    "minLength": "text-empty",
    "minItems": "list-empty",
    "minimum": "number-negative",
    "not": "name-has-dash",
}


class Duplicated(ValueError):
    """An object has a member twice."""


def parsed(data: str) -> Any:
    """The JSON of a frame. Raises ValueError or RecursionError for what is none, or is read differently by others."""
    return json.loads(data, object_pairs_hook=_once, parse_constant=_refused)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise Duplicated(f"the member {next(name for name in names if names.count(name) > 1)} is there twice")
    return found


def _refused(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


_formats = FormatChecker(formats=())


def _is_a_moment(value: object) -> bool:
    """Whether the calendar and the clock have it; the pattern has seen to the form."""
    return not isinstance(value, str) or datetime.fromisoformat(value) is not None


_formats.checks("moment", raises=ValueError)(_is_a_moment)


def _is_whole(_checker: object, value: object) -> bool:
    # The library takes 12.0 for an integer; readers that know the two apart do not.
    return isinstance(value, int) and not isinstance(value, bool)


_Validator = extend(Draft202012Validator, type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_whole))


def shape(value: Any, schema: Schema, path: str) -> Iterator[Finding]:
    """What is wrong with a value's shape; `path` is where it stands."""
    validator = _Validator(schema, format_checker=_formats)
    for error in validator.iter_errors(value):
        yield _finding(error, path)


def _finding(error: ValidationError, path: str) -> Finding:
    kind = _KINDS[str(error.validator)]
    where = path + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path)
    if kind == "type-wrong" and error.instance is None:
        kind = "value-null"
    return Finding(kind=kind, path=where, message=_said(kind, error), source=_source(error))


def _said(kind: str, error: ValidationError) -> str:
    schema = error.schema if isinstance(error.schema, dict) else {}
    match kind:
        case "member-missing":
            missing = [name for name in schema["required"] if name not in error.instance]
            return f"required and not there: {', '.join(missing)}"
        case "member-unknown":
            unknown = sorted(set(error.instance) - set(schema["properties"]))
            return f"not documented, and additional members are not allowed: {', '.join(unknown)}"
        case "value-null":
            return f"null instead of {schema['type']}; what is not known is left out"
        case "type-wrong":
            return f"{short(error.instance)} is no {schema['type']}"
        case "value-unknown":
            return f"{short(error.instance)} is none of {', '.join(schema['enum'])}"
        case "name-has-dash":
            return f"{short(error.instance)} has ' - ' in it, by which terminals divide table and session"
        case "text-empty" | "list-empty":
            return "empty; what has nothing to say is left out"
        case "number-negative":
            return f"{short(error.instance)} is less than nothing"
        case _:
            return f"{short(error.instance)} has not the form {schema.get('pattern', 'of a time that there is')}"


def _source(error: ValidationError) -> str:
    schema = error.schema if isinstance(error.schema, dict) else {}
    return str(schema.get("source", "API reference"))


def short(value: Any) -> str:
    """A value as JSON, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."
