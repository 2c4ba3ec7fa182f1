"""Reads a TOML file into a typed model, or says everything that is wrong with it at once.

Knows nothing of what the files mean. Values never appear in a problem: a configuration file may hold secrets.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from copy import copy
from difflib import get_close_matches
from functools import cache
from pathlib import Path as FilePath
from typing import Any, Literal, TypeVar, get_args, get_origin

import msgspec
from msgspec import Struct
from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator

from adapter.errors import InvalidFile, Problem
from adapter.toml.locate import Locator, Path, dotted, locate

Model = TypeVar("Model", bound=BaseModel)

_POSITION = re.compile(r" \(at line (\d+), column (\d+)\)$")
MISSING = "is missing"
_NUMBERS = (int, float, int | None, float | None)


class Strict(BaseModel):
    """Base of all models of declared files: unknown keys are refused, values never shown."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @field_validator("*", mode="before")
    @classmethod
    def _a_flag_is_no_number(cls, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, bool):
            return value
        annotation = cls.model_fields[info.field_name or ""].annotation
        choices = get_args(annotation) if get_origin(annotation) is Literal else ()
        # True equals 1, but is not the 1 that was meant.
        if choices and not any(isinstance(choice, bool) for choice in choices):
            raise ValueError(f"must be {' or '.join(repr(choice) for choice in choices)}")
        if annotation in _NUMBERS:
            raise ValueError("must be a number, not true or false")
        return value


class Source(Struct):
    """A declared file: where its keys stand, and the problems found in it so far."""

    file: str
    locator: Locator
    digest: str = ""
    """SHA-256 of the file, its first twelve digits."""
    problems: list[Problem] = msgspec.field(default_factory=list)
    set_aside: set[Path] = msgspec.field(default_factory=set)
    """Keys whose value was so wrong that the rest was checked without them."""
    misspelt: set[Path] = msgspec.field(default_factory=set)
    """Keys that are not there and were probably meant by others, of which that is said: they are not called missing too."""

    def report(self, path: Path, message: str, hint: str = "") -> None:
        """Note a problem with the key at this path; nothing more of one that has been set aside."""
        if self._is_set_aside(path) or (message == MISSING and path in self.misspelt):
            return
        line, _ = self.locator.place(path)
        key = dotted(self.locator.name(path))
        self.problems.append(Problem(file=self.file, line=line, key=key, message=message, hint=hint))

    def report_inside(self, path: Path, index: int, message: str, hint: str = "") -> None:
        """Note a problem with the character `index` of the string at this path; nothing more of one that was set aside."""
        if self._is_set_aside(path):
            return
        line, column = self.locator.inside(path, index)
        key = dotted(self.locator.name(path))
        self.problems.append(Problem(file=self.file, line=line, column=column, key=key, message=message, hint=hint))

    def _is_set_aside(self, path: Path) -> bool:
        return any(path[:end] in self.set_aside for end in range(1, len(path) + 1))

    def raise_if_any(self) -> None:
        """Raise InvalidFile with all problems, in the order of the file, if there are any."""
        if self.problems:
            unique = dict.fromkeys(self.problems)
            raise InvalidFile(sorted(unique, key=lambda problem: (problem.line, problem.column)))


def load(file: FilePath, model: type[Model]) -> tuple[Model, Source]:
    """Read a file into a model.

    What is wrong with single keys is noted in the source, and the rest is read without them, so that the caller can go
    on to find every other problem; it must end with `raise_if_any`.
    Raises InvalidFile when so much is wrong that nothing can be made of it.
    """
    return load_text(read(file), str(file), model)


def read(file: FilePath) -> bytes:
    """What a file holds.

    Raises InvalidFile when it cannot be read.
    """
    try:
        return file.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InvalidFile([Problem(file=str(file), line=0, key="", message=f"cannot be read: {reason}")]) from None


def load_text(raw: bytes, name: str, model: type[Model]) -> tuple[Model, Source]:
    """Read TOML text into a model, as `load` does for a file."""
    data, source = parse(raw, name)
    return validate(data, source, model), source


@cache
def _schema_of(model: type[BaseModel]) -> Mapping[str, Any]:
    """The JSON Schema of a model, which takes longer to make than a mapping to read."""
    return model.model_json_schema()


def validate(data: dict[str, Any], source: Source, model: type[Model]) -> Model:
    """Make a model of plain values, as `load` does.

    Keys that are wrong are noted and taken out of the values, and something stands in for those that are missing.
    """
    stood_in: set[Path] = set()
    while True:
        try:
            return model.model_validate(data)
        except ValidationError as error:
            schema = _schema_of(model)
            details = error.errors(include_url=False, include_context=True, include_input=False)
            # What is misspelt comes first, so that it is not called missing as well.
            for detail in sorted(details, key=lambda detail: detail["type"] != "extra_forbidden"):
                _report(detail, data, schema, source)
            gaps: list[Path] = [tuple(detail["loc"]) for detail in details if detail["type"] == "missing"]
            paths = [_known_part(tuple(detail["loc"]), data, "") for detail in details if detail["type"] != "missing"]
            removed = [_remove(data, path) for path in sorted(paths, key=len, reverse=True)]
            # What stood in for a key once and was refused is not tried again.
            filled = [path not in stood_in and _fill(data, path, schema) for path in gaps]
            stood_in.update(gaps)
            if not all(filled) or not any((*removed, *filled)):
                source.raise_if_any()
                raise
            source.set_aside.update(paths, gaps)


def parse(raw: bytes, name: str) -> tuple[dict[str, Any], Source]:
    """Read TOML text into plain values.

    Raises InvalidFile when it is not TOML.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        message = "the file is not UTF-8 text"
        raise InvalidFile(
            [Problem(file=name, line=line, key="", message=message, hint="save it as UTF-8 in the editor")]
        ) from None
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidFile([_syntax_problem(error, name, text)]) from None
    return data, Source(file=name, locator=locate(text), digest=hashlib.sha256(raw).hexdigest()[:12])


def suggest(name: str, known: Iterable[str]) -> str:
    """`did you mean "x"?` for the closest known name, or an empty text."""
    closest = _closest(name, known)
    return f'did you mean "{closest}"?' if closest is not None else ""


def _closest(name: str, known: Iterable[str]) -> str | None:
    by_folded = {candidate.casefold(): candidate for candidate in known}
    matches = get_close_matches(name.casefold(), list(by_folded), n=1, cutoff=0.6)
    return by_folded[matches[0]] if matches else None


def _remove(data: Any, path: Path) -> bool:
    """Take a key out of what was read; False when it is not there or has been taken out with another."""
    for name in path[:-1]:
        try:
            data = data[name]
        except (KeyError, IndexError, TypeError):
            return False
    if isinstance(data, dict) and path and path[-1] in data:
        del data[path[-1]]
        return True
    if isinstance(data, list) and path and isinstance(path[-1], int) and path[-1] < len(data):
        data.clear()  # the positions of what follows would no longer be those of the file
        return True
    return False


def _fill(data: Any, path: Path, schema: Mapping[str, Any]) -> bool:
    """Let something stand in for a key that is missing, so that the rest is looked at; False where nothing can."""
    nodes = _nodes_at(schema, path)
    for name in path[:-1]:
        try:
            data = data[name]
        except (KeyError, IndexError, TypeError):
            return False
    node: Mapping[str, Any] = next((node for node in nodes if "const" in node or "type" in node), {})
    if not isinstance(data, dict) or path[-1] in data or len(node.get("enum", ())) > 1:
        return False  # of several choices none can be taken for what was meant
    stand_in = node["const"] if "const" in node else _STAND_INS.get(node.get("type", ""))
    if stand_in is None:
        return False
    data[str(path[-1])] = copy(stand_in)
    return True


_STAND_INS: Mapping[str, Any] = {"array": [], "boolean": False, "integer": 0, "number": 0, "object": {}, "string": "x"}


def _syntax_problem(error: Exception, name: str, text: str) -> Problem:
    line = getattr(error, "lineno", 0)
    column = getattr(error, "colno", 0)
    message = str(getattr(error, "msg", "")) or str(error) or "nested too deeply"
    position = _POSITION.search(message)
    if not line and position is not None:
        # Before Python 3.14 the position stands only in the text of the message.
        message = message[: position.start()]
        line, column = int(position[1]), int(position[2])
    elif not line:
        message = message.removesuffix(" (at end of document)")
        line = text.rstrip("\n").count("\n") + 1
    if not isinstance(error, tomllib.TOMLDecodeError):
        # What other errors say may quote the text.
        message = "a number is too long, or it is nested too deeply"
    return Problem(
        file=name,
        line=line,
        column=column,
        key="",
        message=f"not valid TOML: {message[:1].lower()}{message[1:]}",
        hint="texts need quotes, one that holds ' and \" stands in '''...''', and an inline table stands on one line",
    )


def _report(detail: Any, data: Mapping[str, Any], schema: Mapping[str, Any], source: Source) -> None:
    path: Path = _known_part(tuple(detail["loc"]), data, detail["type"])
    kind = detail["type"]
    if kind == "extra_forbidden":
        _report_unknown(path, data, schema, source)
    elif kind == "missing":
        source.report(tuple(detail["loc"]), MISSING)
    elif kind in ("literal_error", "enum"):
        source.report(path, f"must be {detail['ctx']['expected']}")
    elif kind == "value_error":
        source.report(path, str(detail["ctx"]["error"]))
    elif kind == "string_type":
        source.report(path, "must be a text in quotes")
    elif kind in ("dict_type", "model_attributes_type", "model_type"):
        source.report(path, "must be a table of settings, as { key = value } or in a section of its own")
    else:
        message = str(detail["msg"])
        source.report(path, message[:1].lower() + message[1:])


def _report_unknown(path: Path, data: Mapping[str, Any], schema: Mapping[str, Any], source: Source) -> None:
    """Say of a key that there is none of its name, and which was meant: one of its section, or an option of a field."""
    section, name = path[:-1], str(path[-1])
    siblings = _names_at(schema, section)
    owner = next((each for each in sorted(siblings) if name in _names_at(schema, (*section, each))), None)
    closest = _closest(name, siblings)
    is_there = closest is not None and closest in _value_at(data, section)
    if closest is not None and not is_there:
        source.misspelt.add((*section, closest))
    if owner is not None and (closest is None or is_there):
        hint = f"it is said of a field, as {owner} = {{ ..., {name} = ... }}"
    elif closest is not None:
        hint = f'did you mean "{closest}"?'
    else:
        hint = f"known here: {', '.join(sorted(siblings))}" if siblings else ""
    source.report(path, "there is no such setting", hint)


def _value_at(data: Any, path: Path) -> Any:
    for name in path:
        data = data[name]
    return data


def _known_part(path: Path, data: Any, kind: str) -> Path:
    """The part of a path that really stands in the file: pydantic adds the names of union branches."""
    if kind == "missing":
        return path
    known: list[str | int] = []
    for name in path:
        inside_table = isinstance(data, Mapping) and name in data
        inside_array = isinstance(data, list) and isinstance(name, int) and name < len(data)
        if not (inside_table or inside_array):
            break
        data = data[name]
        known.append(name)
    return tuple(known)


def _names_at(schema: Mapping[str, Any], path: Path) -> set[str]:
    """The keys that a JSON Schema knows at a path."""
    return {name for node in _nodes_at(schema, path) for name in node.get("properties", {})}


def _nodes_at(schema: Mapping[str, Any], path: Path) -> list[Any]:
    """What a JSON Schema says of a path, its alternatives spread out."""
    nodes = _branches(schema, schema)
    for name in path:
        below: list[Any] = []
        for node in nodes:
            if isinstance(name, int):
                child = node.get("items")
            else:
                child = node.get("properties", {}).get(name, node.get("additionalProperties"))
            if isinstance(child, Mapping):
                below.extend(_branches(child, schema))
        nodes = below
    return nodes


def _branches(node: Mapping[str, Any], schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A schema node with references followed and alternatives spread out."""
    if "$ref" in node:
        return _branches(schema["$defs"][node["$ref"].rsplit("/", 1)[-1]], schema)
    alternatives = [*node.get("anyOf", ()), *node.get("oneOf", ()), *node.get("allOf", ())]
    return [node, *(branch for option in alternatives for branch in _branches(option, schema))]
