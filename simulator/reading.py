"""Reads a frame as strictly as the provider may, and says what of its shape is wrong. Knows no protocol.

Shapes are JSON Schemas. `source` beside a type says where the contract has it, `said` what is wrong with a value that breaks
it where the rule alone would not tell; the validator ignores members that it does not know.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from simulator.judging import Finding, Standing

Schema = dict[str, Any]

_KINDS = {
    "required": "member-missing",
    "additionalProperties": "member-unknown",
    "type": "type-wrong",
    "enum": "value-unknown",
    "pattern": "form-wrong",
    "format": "form-wrong",
    "minLength": "text-empty",
    "minItems": "list-empty",
    "minimum": "number-too-small",
    "maximum": "number-too-large",
    "maxLength": "text-too-long",
    "not": "name-has-dash",
}


_REMEMBERED = 2000
"""Good values that are remembered."""
_INTERNALS = re.compile(
    r"Traceback \(most recent|\bSELECT\b.+\bFROM\b|\bINSERT INTO\b|\bUPDATE\b.+\bSET\b|[A-Za-z]+Error\(|://[^/\s]+:[^/\s]+@"
)
"""SQL, a traceback, an exception's class or an address with a password."""


def object_of(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None, *, source: str) -> Schema:
    """Exactly these members: additional ones are not allowed."""
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
        "source": source,
    }


def list_of(items: Schema) -> Schema:
    """Any number of them."""
    return {"type": "array", "items": items}


def one_of(*values: str) -> Schema:
    """One of these texts."""
    return {"type": "string", "enum": list(values)}


class Duplicated(ValueError):
    """An object has a member twice."""


def judged(
    data: str | bytes, standing: Standing, contract: Callable[[dict[str, Any]], Iterable[Finding]]
) -> Sequence[Finding]:
    """Everything that is wrong with a frame, each thing once.

    `contract` says what is wrong with the object in it; a frame that cannot be opened has nothing else.
    """
    message, unreadable = opened(data)
    return tuple(dict.fromkeys(unreadable or (*out_of_turn(standing), *contract(message))))


def opened(data: str | bytes) -> tuple[dict[str, Any], Sequence[Finding]]:
    """The object in a frame; empty, and why, where there is none that every reader would read alike."""
    if isinstance(data, bytes):
        return {}, (finding("frame-binary", "", "a binary frame; the provider reads text frames only", "connector"),)
    try:
        message = parsed(data)
    except Duplicated as problem:
        return {}, (finding("member-twice", "", str(problem), "JSON: names in an object are unique"),)
    except (ValueError, RecursionError):
        return {}, (finding("frame-no-json", "", f"no JSON: {short(data)}", "API reference"),)
    if not isinstance(message, dict):
        return {}, (finding("frame-no-object", "$", "not an object; one frame holds one response", "API reference"),)
    return message, ()


def out_of_turn(standing: Standing) -> Iterator[Finding]:
    """What is wrong with when an answer comes."""
    match standing:
        case Standing.UNASKED:
            yield finding("answer-unasked", "$.id", "its id is of no request", "API reference: the id is echoed")
        case Standing.REPEATED:
            yield finding("answer-repeated", "$.id", "this request was answered before", "API reference")
        case Standing.LATE:
            yield Finding(
                kind="answer-late",
                path="$.id",
                message="nobody waits for this answer any more",
                source="flow-diagrams page",
                severity="warning",
            )
        case Standing.AWAITED:
            pass


def shows_internals(reason: Any) -> bool:
    """Whether a reason is no sentence for people but SQL, a traceback or an address with its password."""
    return isinstance(reason, str) and _INTERNALS.search(reason) is not None


def finding(kind: str, path: str, message: str, source: str) -> Finding:
    """An error; in one line where it is found."""
    return Finding(kind=kind, path=path, message=message, source=source)


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


class Shapes:
    """Looks at shapes, and at each only once: the same order comes a hundred times in an evening."""

    def __init__(self, schemas: Mapping[str, Schema]) -> None:
        """`schemas` are the shapes by name."""
        self._schemas = schemas
        self._good: set[tuple[str, str]] = set()

    def wrong(self, name: str, value: Any, path: str) -> Sequence[Finding]:
        """What is wrong with a value that should have the shape of this name."""
        known = (name, json.dumps(value))
        if known in self._good:
            return ()
        found = tuple(shape(value, self._schemas[name], path))
        if not found:
            if len(self._good) >= _REMEMBERED:
                self._good.clear()
            self._good.add(known)
        return found


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
            return f"{short(error.instance)} {schema['said']}"
        case "text-empty" | "list-empty":
            return "empty; what has nothing to say is left out"
        case "number-too-small" | "number-too-large" | "text-too-long":
            return f"{short(error.instance)} is beyond {schema[str(error.validator)]}"
        case _:
            return f"{short(error.instance)} has not the form {schema.get('pattern', 'of a time that there is')}"


def _source(error: ValidationError) -> str:
    schema = error.schema if isinstance(error.schema, dict) else {}
    return str(schema.get("source", "API reference"))


def short(value: Any) -> str:
    """A value as JSON, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."
