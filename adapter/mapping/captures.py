"""What the adapter takes out of a value before it is read: a member of JSON, what a pattern captures, text from bytes.

A captured value stands behind its row, in a place of its own, so that several fields can be captured from one column
and every reading is as if the database had given it. No database knows of it: it can be no condition.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from adapter.mapping import field_schema
from adapter.mapping.codecs.content import Codec, Undecodable
from adapter.mapping.content_paths import ContentPath, parse_path
from adapter.mapping.patterns import Pattern, TooSlow
from adapter.mapping.plans import Part, Plan, path_of
from adapter.mapping.readings import Reading, Unreadable, plain_text, remembered
from adapter.toml.locate import Path

if TYPE_CHECKING:
    from adapter.mapping.bind import Binder
    from adapter.mapping.gather import Row


def complete(plan: Plan, rows: Iterable[Row]) -> Iterable[Row]:
    """The rows of a plan with what is derived of each behind it."""
    for branch in plan.branches:
        if branch.derived:
            break
    else:
        return rows
    derived = [branch.derived for branch in plan.branches]
    # A plan of one branch says it in its rows too.
    return [(*row, *(read(row[place]) for place, read in derived[row[0]])) for row in rows]


def derived_of(binder: Binder, part: Part) -> Mapping[str, Reading]:
    """What is derived of the outputs of a branch, by the name of the output."""
    found: dict[str, Reading] = {}
    for name in part.outputs:
        last = name.rsplit(".", 1)[-1]
        reading = capture_of(binder, path_of(part, name), int(last) if last.isdigit() else 0)
        if reading is not None:
            found[name] = reading
    return found


def is_captured(binder: Binder, path: Path) -> bool:
    """Whether a field is more than what the database gives, so that no condition can be put to it."""
    count = len(binder.mapping.fragments.get(path, ()))
    return any(capture_of(binder, path, index) is not None for index in range(count))


def is_decoded(binder: Binder, path: Path) -> bool:
    """Whether a field is a member of what its column encodes, so that the column's type and meaning are not its own."""
    value = _field(binder, path)
    return value is not None and (value.path is not None or any(part.path is not None for part in value.parts))


def says_more(value: field_schema.Expression, index: int) -> bool:
    """Whether an expression of a field is said to be captured or decoded."""
    return any(_said(value, index)) or _part(value, index).path is not None


def _part(value: field_schema.Expression, index: int) -> field_schema.Expression | field_schema.TextPart:
    return value.parts[index] if index < len(value.parts) else value


def _said(value: field_schema.Expression, index: int) -> tuple[str | None, str | None]:
    """The `match` and `encoding` of one of a field's expressions."""
    said = _part(value, index)
    return getattr(said, "match", None), getattr(said, "encoding", None)


def capture_of(binder: Binder, path: Path, index: int) -> Reading | None:
    """What is taken out of one expression of a field before it is read; None where it is read as it comes."""
    value = _field(binder, path)
    if value is None:
        return None
    match, encoding = _said(value, index)
    fragments = binder.mapping.fragments.get(path, ())
    tree = fragments[index].tree if index < len(fragments) else None
    said = _part(value, index)
    if encoding is None and isinstance(value, field_schema.TextField) and isinstance(tree, exp.Column):
        rule = binder.names.column_rule(tree)
        encoding = rule.encoding if rule is not None and rule.as_ == "text" and said.path is None else None
    capture = _capture(match, encoding) if match or encoding else None
    if said.path is None:
        return capture
    decoded = _member(binder.codec(path, said.codec), parse_path(said.path))
    if capture is None:
        return decoded
    return lambda held: capture(decoded(held))


def _member(codec: Codec, path: ContentPath) -> Reading:
    def read(value: Any) -> Any:
        if value is None:
            return None
        try:
            return path.value(codec(value))
        except Undecodable:
            return None  # bad JSON is as good as none; rows are stricter

    return read


def _field(binder: Binder, path: Path) -> field_schema.Expression | None:
    value: Any = binder.mapping.file
    for name in path:
        try:
            value = value[name] if isinstance(name, int) else getattr(value, name)
        except (AttributeError, IndexError, TypeError):
            return None
    return value if isinstance(value, field_schema.Expression) else None


class _Spoilt:
    """Stands in for what could not be captured, so that whoever reads it is told why: other rows are none the worse."""

    __slots__ = ()

    def __str__(self) -> str:
        """Raises Unreadable, as every reading of an unknown kind of value asks for its text."""
        raise Unreadable("takes too long to be searched for its match")


def _capture(match: str | None, encoding: str | None) -> Reading:
    pattern = Pattern(match) if match is not None else None

    def read(value: Any) -> Any:
        if encoding is not None and isinstance(value, (bytes, bytearray, memoryview)):
            value = bytes(value).decode(encoding, errors="replace")
        if pattern is None or value is None:
            return value
        try:
            text = plain_text(value)
        except Unreadable:
            return value  # the field's own reading says what is wrong with it
        try:
            return pattern.capture(text)
        except TooSlow:
            return _Spoilt()

    return remembered(read)
