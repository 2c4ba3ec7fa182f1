"""Checks the entities whose rows come out of one encoded value: every field a plain reference to the codec's row.

Needs no database. What is made of them stands in `rows`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from decimal import Decimal
from typing import Any

from msgspec import Struct

from adapter.mapping import field_schema, schema
from adapter.mapping.codecs.registry import codec_names
from adapter.mapping.content_paths import BadPath, ContentPath, parse_path, parse_reference
from adapter.mapping.fragments import Clause, Fragment
from adapter.mapping.line_schema import Relation, TaxRule
from adapter.mapping.rows_schema import RowsRule
from adapter.mapping.trees import Scope
from adapter.mapping.walk import entities, fields_of
from adapter.toml.load import Source, suggest
from adapter.toml.locate import Path

_CONSTANT = re.compile(r"\s*(?:'(?P<text>(?:[^']|'')*)'|(?P<number>-?\d+(?:\.\d+)?)|:site\.(?P<site>\w+))\s*")


class Reference(Struct, frozen=True, kw_only=True):
    """Where a field of a decoded row has its value: in the row, or the same for all of them."""

    path: ContentPath | None = None
    constant: str | Decimal | None = None
    site: str | None = None
    """The name of a site constant."""


class RowsOf(Struct, frozen=True, kw_only=True):
    """The decoded rows of one entity, as the mapping has them."""

    path: Path
    """The entity: ("item",), ("discount", 0)."""
    rule: RowsRule
    inside: Path | None
    """The entity whose decoded rows hold these; None where the database gives the encoded value."""
    source: ContentPath
    """The way to these rows: within a decoded row of `inside`, then within what the codec gives."""
    fields: dict[str, tuple[Path, Reference]]
    """By the name that the field has in a statement (`name.1`, `tax.rate`): its path in the mapping, and its value."""
    given: tuple[str, ...] = ()
    """Those that the database gives with the encoded value, the same for all of its rows."""


class RowsChecker:
    """One pass over the entities with `rows`; gathers what it finds in `found`."""

    def __init__(
        self,
        file: schema.MappingFile,
        source: Source,
        clauses: dict[Path, Clause],
        expression: Callable[[Path, str, Scope], None],
        fragments: dict[Path, tuple[Fragment, ...]],
    ) -> None:
        """`expression` parses a piece of SQL and adds it to the fragments."""
        self._file = file
        self._source = source
        self._clauses = clauses
        self._expression = expression
        self._fragments = fragments
        self.found: dict[Path, RowsOf] = {}

    def takes(self, path: Path, rule: Relation, parent: Path | None) -> bool:
        """Check an entity if its rows are decoded; False when the database gives them."""
        rows: RowsRule | None = getattr(rule, "rows", None)
        if rows is None:
            if parent in self.found and path[0] == "modifier":
                above = self.found[parent].rule.as_ if parent is not None else ""
                hint = f'write rows = {{ column = "{above}.extras", as = "extra" }}, or positional'
                self._source.report(path, "continues lines that are decoded, so it is decoded too", hint)
                return True
            return False
        if parent is not None:
            self._check(path, rule, rows, parent)
        return True

    def _check(self, path: Path, rule: Relation, rows: RowsRule, parent: Path) -> None:
        for key in ("from", "select", "where"):
            if getattr(rule, "from_" if key == "from" else key) is not None:
                hint = "leave it out" if key != "where" else "say it of members: only = { ... } or skip = { ... }"
                self._source.report((*path, key), "stands beside rows, which are decoded", hint)
        _check_codec(self._source, (*path, "rows", "codec"), rows.codec)
        inside, source = self._source_of(path, rows, parent)
        fields = {} if path[0] != "item" else self._positional(rows.as_)
        for inner, child in fields_of(rule):
            if inner != ("key",):
                fields |= self._field((*path, *inner), ".".join(map(str, inner)), child.texts, rows.as_)
        for index, text in enumerate(rule.order):
            fields |= self._one((*path, "order", index), f"order.{index}", text, rows.as_)
        tax = getattr(rule, "tax", None)
        if isinstance(tax, TaxRule):
            scope = self._clauses[parent].scope if inside is None and parent in self._clauses else None
            fields |= self._tax((*path, "tax"), tax, rows.as_, scope)
        self._required(path, rule)
        given = tuple(f"tax.{name}" for name in ("included", "rate") if (*path, "tax", name) in self._fragments)
        self.found[path] = RowsOf(path=path, rule=rows, inside=inside, source=source, fields=fields, given=given)

    def _source_of(self, path: Path, rows: RowsRule, parent: Path) -> tuple[Path | None, ContentPath]:
        """Whose decoded rows hold these, if any do, and the way to them."""
        here: Path = (*path, "rows")
        inner = parse_path(rows.path) if rows.path is not None else ContentPath()
        where: Path = (
            *here,
            next((name for name in ("column", "sql") if (*here, name) in self._source.locator.keys), "column"),
        )
        above = self.found.get(parent)
        if above is None:
            if parent in self._clauses:
                scope = self._clauses[parent].scope
                if rows.as_.casefold() in scope:
                    self._source.report(
                        (*here, "as"), f"{rows.as_} is a table here already", "call the row something else"
                    )
                self._expression(where, rows.sql, scope)
                if where in self._fragments:
                    self._fragments[here] = self._fragments.pop(where)
            return None, inner
        reference = self._reference(where, rows.sql, above.rule.as_)
        if reference is None or reference.path is None:
            return parent, inner
        return parent, ContentPath(steps=reference.path.steps)

    def _positional(self, alias: str) -> dict[str, tuple[Path, Reference]]:
        """Modifiers that are rows of [item]: their fields stand beside those of the items."""
        rule = self._file.modifier
        if rule is None or rule.positional is None:
            return {}
        path: Path = ("modifier",)
        found = self._one((*path, "positional"), "positional", rule.positional, alias)
        for inner, child in fields_of(rule):
            found |= self._field((*path, *inner), ".".join(map(str, (*path, *inner))), child.texts, alias)
        for key in ("from", "select", "where"):
            if getattr(rule, "from_" if key == "from" else key) is not None:
                self._source.report((*path, key), "positional modifiers are rows of [item]", "leave it out")
        return found

    def _field(self, path: Path, name: str, texts: tuple[str, ...], alias: str) -> dict[str, tuple[Path, Reference]]:
        places = self._places(path, len(texts))
        if len(texts) == 1 and places[0] in (path, (*path, "column"), (*path, "sql")):
            return self._one(places[0], name, texts[0], alias, of=path)
        found: dict[str, tuple[Path, Reference]] = {}
        for index, (place, text) in enumerate(zip(places, texts, strict=True)):
            found |= self._one(place, f"{name}.{index}", text, alias, of=path)
        return found

    def _places(self, path: Path, count: int) -> list[Path]:
        """Where in the file each expression of a field stands."""
        keys = self._source.locator.keys
        for name in ("column", "sql"):
            if (*path, name) in keys:
                return [(*path, name)]
        inside: Path = (*path, "parts") if (*path, "parts") in keys else path
        return [(*inside, index) if (*inside, index) in keys else path for index in range(count)]

    def _tax(self, path: Path, rule: TaxRule, alias: str, scope: Scope | None) -> dict[str, tuple[Path, Reference]]:
        """A rate may stand in the row, or beside the encoded value; `scope` is what stands there, if the database does."""
        found: dict[str, tuple[Path, Reference]] = {}
        for name, text in (("included", rule.included), ("rate", rule.rate)):
            place: Path = (*path, name)
            if text is True:
                found[f"tax.{name}"] = place, Reference(constant=Decimal(1))
            if not isinstance(text, str):
                continue
            if scope is None or _CONSTANT.fullmatch(text) or re.search(rf"\b{alias}\b", text):
                found |= self._one(place, f"tax.{name}", text, alias)
            else:
                self._expression(place, text, scope)
        return found

    def _one(
        self, place: Path, name: str, text: str, alias: str, *, of: Path | None = None
    ) -> dict[str, tuple[Path, Reference]]:
        reference = self._reference(place, text, alias)
        return {} if reference is None else {name: (of or place, reference)}

    def _reference(self, place: Path, text: str, alias: str) -> Reference | None:
        constant = _CONSTANT.fullmatch(text)
        if constant is not None:
            return self._constant(place, constant)
        try:
            path = parse_reference(text, alias)
        except BadPath as error:
            self._source.report_inside(place, 0, f"{text.strip()[:40]}: {error}")
            return None
        if path is not None:
            return Reference(path=path)
        hint = (
            f"write a member of the row, as {alias}.name; a text stands in single quotes; arithmetic has no place here"
        )
        self._source.report_inside(place, 0, f"is read from a decoded row, which is called {alias} and not SQL", hint)
        return None

    def _constant(self, place: Path, match: re.Match[str]) -> Reference | None:
        if match["site"] is None:
            text: Any = match["text"]
            return Reference(constant=text.replace("''", "'") if text is not None else Decimal(match["number"]))
        if match["site"] not in self._file.site:
            hint = suggest(match["site"], self._file.site) or f"declare it: [site] {match['site']} = {{ ... }}"
            self._source.report_inside(place, 0, f"there is no site constant {match['site']}", hint)
            return None
        return Reference(site=match["site"])

    def _required(self, path: Path, rule: Relation) -> None:
        for name in {"item": ("id", "name", "amount_per_item"), "modifier": ("name", "amount")}.get(str(path[0]), ()):
            if getattr(rule, name) is None:
                self._source.report((*path, name), "is missing")


def check_paths(file: schema.MappingFile, source: Source, decoded: Collection[Path]) -> None:
    """Report every `path` that stands where none can; `decoded` are the entities whose rows are decoded."""
    fields = [((*path, *name), child) for path, rule, _ in entities(file) for name, child in fields_of(rule)]
    fields += [
        (("bill", name), child) for name in type(file.bill).model_fields if _is_field(child := getattr(file.bill, name))
    ]
    if file.modifier is not None and file.modifier.positional is not None:
        fields += [(("modifier", *name), child) for name, child in fields_of(file.modifier)]
    for path, child in fields:
        parts: tuple[field_schema.Expression | field_schema.TextPart, ...] = child.parts or (child,)
        for index, said in enumerate(parts):
            if said.path is None:
                continue
            here: Path = (*path, index, "path") if child.parts else (*path, "path")
            _check_codec(source, (*here[:-1], "codec"), said.codec)
            is_modifier_of_line = path[0] == "modifier" and ("item",) in decoded
            if path[:1] in decoded or path[:2] in decoded or is_modifier_of_line:
                source.report(here, "the row is decoded already", "write the way behind the row's name, as line.a.b[0]")
            elif isinstance(child, field_schema.KeyField) and path != ("session", "table"):
                source.report(here, "a key is looked up as it stands in the database, so it takes no path")


def _is_field(value: Any) -> bool:
    return isinstance(value, field_schema.Expression)


def _check_codec(source: Source, path: Path, name: str) -> None:
    names = codec_names()
    if name not in names:
        hint = suggest(name, names) or f"there are {', '.join(names)}; packages may bring more"
        source.report(path, f"there is no codec {name}", hint)
