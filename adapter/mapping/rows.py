"""Makes rows of encoded values, laid out as the rows of a statement are, so that every reading serves both.

A value is decoded where a bill is made and not before, so that a spoilt one spoils its own bill only. Knows nothing of
what the rows mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from adapter.errors import RowUnreadable
from adapter.mapping import field_schema
from adapter.mapping.captures import capture_of
from adapter.mapping.codecs.content import Undecodable
from adapter.mapping.content_paths import ContentPath, code_of, parse_path
from adapter.mapping.fields import Fields
from adapter.mapping.gather import Gathered, Row, item_key_of
from adapter.mapping.plans import Branch, Plan, Slots, given_name, kind_of, rows_name
from adapter.mapping.readings import Reading, Unreadable, flag
from adapter.mapping.rows_load import Reference, RowsOf
from adapter.toml.locate import Path, dotted

_MOST_ROWS = 10_000
_ITEM_KEY = "item.0"
"""The output that tells one decoded line from another: its number."""

_TEXTS = frozenset({"category", "id", "method", "name", "note", "plu"})

Get = Callable[[Any], Any]


class DecodedRows:
    """The decoded rows of one entity."""

    def __init__(self, fields: Fields, entity: RowsOf, owner: Slots) -> None:
        """`owner` lays out the row that holds the encoded value."""
        self.entity = entity
        self._fields = fields
        self._codec = fields.binder.codec((*entity.path, "rows", "codec"), entity.rule.codec)
        self._only = _conditions(entity.rule.only)
        self._skip = _conditions(entity.rule.skip)
        self._key = parse_path(entity.rule.key) if entity.rule.key is not None else None
        self._inner = parse_path(entity.rule.path) if entity.rule.path is not None else ContentPath()
        self._gets = [self._getter(name, path, reference) for name, (path, reference) in entity.fields.items()]
        given = {name: owner[place] for name in entity.given if (place := given_name(entity.path, name)) in owner}
        self._given = tuple(given.values())
        names = [*entity.fields, *given, *([_ITEM_KEY] if entity.path == ("item",) else [])]
        self.branch = Branch(
            kind=kind_of(entity.path),
            index=int(entity.path[1]) if len(entity.path) > 1 else 0,
            slots={name: place for place, name in enumerate(names)},
        )

    def content(self, value: Any) -> list[Any]:
        """What the rows are made of, in order; none for NULL.

        Raises RowUnreadable.
        """
        if value is None:
            return []
        try:
            return self._chosen(self._codec(value))
        except (Undecodable, Unreadable) as error:
            raise self._unreadable(str(error)) from None

    def row(self, content: Any, number: int, owner: Row = ()) -> Row:
        """One row; `number` tells it from the others of its bill, `owner` is the row that holds the encoded value."""
        row = [get(content) for get in self._gets]
        row += [owner[place] for place in self._given]
        if self.entity.path == ("item",):
            row.append(number)
        return tuple(row)

    def _chosen(self, content: Any) -> list[Any]:
        found: list[Any] = []
        for one in self._inner.every(content):
            if one is None:
                continue
            if isinstance(one, (list, tuple)):
                found.extend(one)
            elif isinstance(one, dict):
                found.append(one)
            else:
                raise Unreadable("leads to a single value, not to rows")
            if len(found) > _MOST_ROWS:
                raise Unreadable(f"has more than {_MOST_ROWS} rows")
        chosen = [one for one in found if self._is_wanted(one)]
        if self._key is None:
            return chosen
        latest: dict[Any, Any] = {}
        for number, one in enumerate(chosen):
            key = self._key.value(one)
            # A row without a key is not the same as another one without.
            latest[number if key is None else code_of(key)] = one
        return list(latest.values())

    def _is_wanted(self, content: Any) -> bool:
        return all(_code_at(path, content) in codes for path, codes in self._only) and not any(
            _code_at(path, content) in codes for path, codes in self._skip
        )

    def _getter(self, name: str, path: Path, reference: Reference) -> Get:
        if reference.path is None:
            constant = reference.constant
            if reference.site is not None:
                constant = self._fields.binder.site.get(reference.site)
            return lambda _content: constant
        last = name.rsplit(".", 1)[-1]
        capture = capture_of(self._fields.binder, path, int(last) if last.isdigit() else 0)
        value_at = reference.path.value
        if capture is not None:
            return lambda content: capture(value_at(content))
        if name.rsplit(".", 1)[-1] in ("included", "positional"):
            # Conditions, which a database would have decided.
            read = flag(field_schema.FlagField.model_validate({"sql": "x"}))
            return lambda content: self._flag(path, read, value_at(content))
        if name.removeprefix("modifier.").split(".")[0] in _TEXTS:
            return lambda content: _word(value_at(content))
        return value_at

    def _flag(self, path: Path, read: Reading, value: Any) -> bool:
        try:
            return bool(read(value))
        except Unreadable as error:
            raise RowUnreadable(f"{dotted(path)} {error} ({self._fields.place(path)})") from None

    def _unreadable(self, reason: str) -> RowUnreadable:
        path: Path = (*self.entity.path, "rows")
        return RowUnreadable(f"{dotted(path)} {reason} ({self._fields.place(path)})")


class Unpacker:
    """Puts the decoded rows of a plan where those of the database would be."""

    def __init__(self, fields: Fields, plan: Plan) -> None:
        self.branches: list[Branch] = []
        self._own: list[tuple[int, DecodedRows]] = []
        """Entities that come out of the session's row, and where their value stands in it."""
        self._of_items: tuple[int, DecodedRows] | None = None
        """Modifiers that come out of a row of [item] that the database gives."""
        self._of_lines: DecodedRows | None = None
        """Modifiers that come out of a decoded line."""
        places = {branch.kind: branch.slots for branch in plan.branches}
        for entity in fields.binder.mapping.rows.values():
            owner = places.get("item" if entity.path == ("modifier",) else "session", {})
            place = owner.get(rows_name(entity.path))
            if entity.inside is None and place is None:
                continue  # a statement that asks for no lines
            made = DecodedRows(fields, entity, owner)
            self.branches.append(made.branch)
            if entity.inside is not None:
                self._of_lines = made
            elif entity.path == ("modifier",):
                self._of_items = (int(place or 0), made)
            else:
                self._own.append((int(place or 0), made))
        self._first_extra = len(plan.branches)
        self._item_key = item_key_of(next((branch for branch in plan.branches if branch.kind == "item"), None))

    def number_of(self, branch: Branch) -> int:
        """The number under which the rows of a decoded discount or charge are found."""
        return self._first_extra + self.branches.index(branch)

    def unpack(self, row: Row, one: Gathered) -> Gathered:
        """What belongs to a session, with its decoded rows among it; what was gathered is left as it was.

        Raises RowUnreadable.
        """
        whole = Gathered(row=one.row, links=one.links, items=one.items, modifiers=one.modifiers, extras={**one.extras})
        for place, entity in self._own:
            contents = entity.content(row[place])
            rows = [entity.row(content, number, row) for number, content in enumerate(contents)]
            if entity.branch.kind != "item":
                whole.extras[self.number_of(entity.branch)] = rows
                continue
            whole.items = rows
            if self._of_lines is not None:
                whole.modifiers = dict(self._below(self._of_lines, contents))
        if self._of_items is not None:
            place, entity = self._of_items
            whole.modifiers = {
                self._item_key(item): [entity.row(content, 0, item) for content in entity.content(item[place])]
                for item in one.items
            }
        return whole

    def contents(self, row: Row, one: Gathered) -> Iterator[tuple[RowsOf, Any]]:
        """What the decoded rows of a session are made of, each with its entity.

        Raises RowUnreadable.
        """
        for place, entity in self._own:
            contents = entity.content(row[place])
            yield from ((entity.entity, content) for content in contents)
            if entity.branch.kind == "item" and self._of_lines is not None:
                below = self._of_lines
                values = [value for line in contents for value in below.entity.source.every(line)]
                yield from ((below.entity, content) for value in values for content in below.content(value))
        if self._of_items is not None:
            place, entity = self._of_items
            for item in one.items:
                yield from ((entity.entity, content) for content in entity.content(item[place]))

    @staticmethod
    def _below(entity: DecodedRows, lines: Sequence[Any]) -> Iterator[tuple[int, list[Row]]]:
        for number, line in enumerate(lines):
            contents = [content for value in entity.entity.source.every(line) for content in entity.content(value)]
            if contents:
                yield number, [entity.row(content, 0) for content in contents]


def _word(value: Any) -> Any:
    """A value that is read as a text: yes and no as JSON writes them, which else would be taken for 1 and 0."""
    return code_of(value) if isinstance(value, bool) else value


def _conditions(said: dict[str, tuple[Any, ...]]) -> list[tuple[ContentPath, frozenset[str]]]:
    return [(parse_path(path), frozenset(map(code_of, codes))) for path, codes in said.items()]


def _code_at(path: ContentPath, content: Any) -> str | None:
    value = path.value(content)
    return None if value is None else code_of(value)
