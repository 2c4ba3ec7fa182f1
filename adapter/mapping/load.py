"""A mapping file becomes a checked `Mapping`: every fragment parsed, every name in scope, all problems at once.

Needs no database. What only the live schema can tell is checked in `bind`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path as FilePath
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlglot import exp

from adapter.mapping import field_schema, schema
from adapter.mapping.captures import says_more
from adapter.mapping.fragments import Clause, Fragment, FragmentParser
from adapter.mapping.line_schema import Relation, TaxRule
from adapter.mapping.record_load import FIELDS, RecordChecker
from adapter.mapping.rows_load import RowsChecker, RowsOf, check_paths
from adapter.mapping.serving import check_engines
from adapter.mapping.tax_load import check_taxes
from adapter.mapping.trees import Origin, Scope
from adapter.mapping.trial_load import check_trials
from adapter.mapping.variants import Variant, variants_of
from adapter.mapping.walk import BESIDE, check_receipt, check_zones, entities, fields_of, fits, places_of
from adapter.toml.load import Source, parse, read, suggest, validate
from adapter.toml.locate import Path, dotted


class Mapping(Struct, frozen=True, kw_only=True):
    """A mapping file, parsed: what `bind` makes plans of."""

    file: schema.MappingFile
    source: Source
    clauses: dict[Path, Clause] = msgspec.field(default_factory=dict)
    """FROM clauses by the path of their entity."""
    fragments: dict[Path, tuple[Fragment, ...]] = msgspec.field(default_factory=dict)
    """The expressions of each field, by the path of the field; `where` and `order` too."""
    variants: tuple[Variant, ...] = ()
    """The same file for other versions of the EPOS."""
    rows: dict[Path, RowsOf] = msgspec.field(default_factory=dict)
    """The entities whose rows are decoded; they have neither clause nor fragments, but for their encoded value."""

    def fragment(self, *path: str | int) -> Fragment | None:
        """The only expression of a field, or None when the mapping does not have it."""
        found = self.fragments.get(path)
        return found[0] if found else None


def load_mapping(file: FilePath) -> Mapping:
    """Read and check a mapping file.

    Raises InvalidFile with every problem in it.
    """
    return _load(*parse(read(file), str(file)))


def load_mapping_text(text: str, name: str = "mapping.toml") -> Mapping:
    """Read and check the text of a mapping, as `load_mapping` does for a file."""
    return _load(*parse(text.encode(), name))


def _load(data: dict[str, Any], source: Source) -> Mapping:
    file = validate(deepcopy(data), source, schema.MappingFile)
    mapping = _check(file, source)
    variants = tuple(variants_of(file, data, source, _check))
    source.raise_if_any()
    return replace(mapping, variants=variants)


def _check(file: schema.MappingFile, source: Source) -> Mapping:
    checker = _Checker(file, source)
    checker.run()
    clauses, fragments = checker.clauses, checker.fragments
    return Mapping(file=file, source=source, clauses=clauses, fragments=fragments, rows=checker.rows.found)


class _Checker:
    """One pass over a mapping file that parses and checks every part of it."""

    def __init__(self, file: schema.MappingFile, source: Source) -> None:
        self._file = file
        self._source = source
        self._parser = FragmentParser(source, file.sql, frozenset(file.site))
        self.clauses: dict[Path, Clause] = {}
        self.fragments: dict[Path, tuple[Fragment, ...]] = {}
        self.rows = RowsChecker(file, source, self.clauses, self._expression, self.fragments)

    def run(self) -> None:
        self._check_site()
        for path, rule, parent in entities(self._file):
            if not self.rows.takes(path, rule, parent):
                self._relation(path, rule, parent)
        self._bill()
        self._positional()
        RecordChecker(self._file, self._source, self._parser_with, self.clauses, self.fragments).run()
        self._required()
        self._check_columns()
        self._check_references()
        check_paths(self._file, self._source, self.rows.found)
        check_taxes(self._file, self._source)
        check_zones(self._file, self._source)
        check_receipt(self._file.receipt, self._file.site, self._source)
        check_trials(self._file, self._tables(), self._source)
        check_engines(self._file, self._trees(), self._source)

    def _trees(self) -> Iterator[tuple[Path, exp.Expr]]:
        for clause in self.clauses.values():
            for tree in (*([clause.first] if clause.first is not None else []), *clause.joins):
                yield clause.path, tree
        for path, found in self.fragments.items():
            if path[-1] not in ("column", "table") or path[0] not in ("lock", "record"):
                for fragment in found:
                    yield fragment.path, fragment.tree

    def _parser_with(self, values: frozenset[str]) -> FragmentParser:
        return FragmentParser(self._source, self._file.sql, frozenset(self._file.site), values)

    def _relation(self, path: Path, rule: Relation, parent: Path | None) -> None:
        scope = self._open(path, rule, parent)
        if scope is None:
            return
        if rule.where is not None:
            self._expression((*path, "where"), rule.where, scope)
        for index, text in enumerate(rule.order):
            self._order(path, index, text, scope)
        for name, child in fields_of(rule):
            self._field((*path, *name), child, scope)
        if isinstance(rule, schema.SessionRule):
            for turn, condition in (("finished", rule.filter.finished), ("unfinished", rule.filter.unfinished)):
                if condition is not None:
                    self._expression((*path, "filter", turn), condition, scope)
        tax = getattr(rule, "tax", None)
        if isinstance(tax, TaxRule):
            self._tax((*path, "tax"), tax, scope)

    def _open(self, path: Path, rule: Relation, parent: Path | None) -> Scope | None:
        """Parse what an entity reads from; None when its fields cannot be checked."""
        if parent is not None and parent not in self.clauses:
            return None
        above = self.clauses[parent].scope if parent is not None else None
        if rule.from_ is not None and rule.select is not None:
            self._source.report((*path, "select"), "stands beside from", "an entity has either from or select")
            return None
        if rule.select is not None:
            return self._open_select(path, rule.select, above)
        if rule.from_ is None:
            if path[0] not in BESIDE:
                self._source.report(
                    path, "needs from or select", f'write from = "{_EXAMPLES.get(str(path[-1]), "...")}"'
                )
                return None
            # A discount or charge without rows of its own has one for every session.
            self.clauses[path] = Clause(path=path, first=None, joins=(), scope=above or {})
            return above
        clause = self._parser.clause((*path, "from"), rule.from_, above)
        if clause is None:
            return None
        self.clauses[path] = clause
        return clause.scope

    def _open_select(self, path: Path, text: str, above: Scope | None) -> Scope | None:
        select = self._parser.select((*path, "select"), text)
        if select is None:
            return None
        name = str(path[0] if len(path) == 1 or isinstance(path[1], int) else path[1])
        outputs = frozenset(output.alias_or_name.casefold() for output in select.selects)
        source = exp.Subquery(this=select, alias=exp.TableAlias(this=exp.to_identifier(name, quoted=True)))
        scope = {**(above or {}), name: Origin(table=None, outputs=outputs)}
        joins: tuple[exp.Join, ...] = ()
        first: exp.Expr | None = source
        if above is not None:
            joined = self._join_to_session(path, select, name, outputs)
            if joined is None:
                return None
            first, joins = None, (exp.Join(this=source, on=joined),)
        self.clauses[path] = Clause(path=path, first=first, joins=joins, scope=scope)
        self._fields_of_select(path, name, outputs)
        return scope

    def _join_to_session(self, path: Path, select: exp.Select, name: str, outputs: frozenset[str]) -> exp.Expr | None:
        if select.args.get("group") or select.args.get("distinct"):
            self._source.report((*path, "select"), "is grouped, so the database would compute it for every check")
            return None
        keys = self.fragments.get(("session", "id"), ())
        if len(keys) != 1 or "session_id" not in outputs:
            self._source.report(
                (*path, "select"), "needs an output named session_id", "it joins the rows to their session"
            )
            return None
        return exp.EQ(
            this=exp.column("session_id", table=exp.to_identifier(name, quoted=True)), expression=keys[0].tree.copy()
        )

    def _fields_of_select(self, path: Path, name: str, outputs: frozenset[str]) -> None:
        """Outputs of a SELECT that are named like a field are that field."""
        rule = next(rule for where, rule, _ in entities(self._file) if where == path)
        for known in type(rule).model_fields:
            if known in outputs and known in _ALL_FIELDS and getattr(rule, known, None) is None:
                tree = exp.column(known, table=exp.to_identifier(name, quoted=True))
                self.fragments[(*path, known)] = (Fragment(path=(*path, "select"), tree=tree),)

    def _field(self, path: Path, value: field_schema.Expression, scope: Scope) -> None:
        self._expressions(path, places_of(path, value, self._source), scope)
        for index, fragment in enumerate(self.fragments.get(path, ())):
            if says_more(value, index) and fragment.tree.find(exp.Column) is None:
                self._source.report(path, "is the same for every row, so path, match and encoding have nothing to read")

    def _expression(self, path: Path, text: str, scope: Scope) -> None:
        self._expressions(path, [(path, text)], scope)

    def _expressions(self, path: Path, places: list[tuple[Path, str]], scope: Scope) -> None:
        found = [self._parser.expression(place, text, scope, fields=FIELDS) for place, text in places]
        good = tuple(fragment for fragment in found if fragment is not None)
        if len(good) == len(found):
            self.fragments[path] = good

    def _order(self, path: Path, index: int, text: str, scope: Scope) -> None:
        place: Path = (*path, "order", index)
        fragment = self._parser.expression(place, text, scope)
        if fragment is not None:
            self.fragments[(*path, "order")] = (*self.fragments.get((*path, "order"), ()), fragment)

    def _tax(self, path: Path, rule: TaxRule, scope: Scope) -> None:
        if isinstance(rule.included, str):
            self._expression((*path, "included"), rule.included, scope)
        if rule.rate is not None:
            self._expression((*path, "rate"), rule.rate, scope)

    def _bill(self) -> None:
        if ("session",) not in self.clauses:
            return
        scope = self.clauses[("session",)].scope
        if self._file.bill.total is not None and self._file.bill.total.sum and self._file.record is not None:
            hint = "leave [record] out, or write the sum in SQL"
            self._source.report(
                ("bill", "total"), "is summed by the adapter, and a payment needs one that SQL gives", hint
            )
        for name in ("total", "paid", "tax", "service_charge", "currency", "note", "tips"):
            value = getattr(self._file.bill, name)
            if value is not None and value.texts:
                self._field(("bill", name), value, scope)
        if self._file.bill.currency is None and ("session",) in self.clauses:
            if "currency" not in self._file.site:
                self._source.report(
                    ("bill",), "currency is missing", "write currency = \"'GBP'\", or declare [site] currency"
                )
            else:
                self._expressions(("bill", "currency"), [(("bill",), ":site.currency")], scope)

    def _positional(self) -> None:
        rule = self._file.modifier
        if rule is None or rule.positional is None or ("item",) not in self.clauses:
            return
        scope = self.clauses[("item",)].scope
        self._expression(("modifier", "positional"), rule.positional, scope)
        for name, child in fields_of(rule):
            self._field(("modifier", *name), child, scope)
        for key, text in (("from", rule.from_), ("select", rule.select), ("where", rule.where)):
            if text is not None:
                self._source.report(("modifier", key), "positional modifiers are rows of [item]", "leave it out")
        if not self._file.item.order:
            self._source.report(
                ("item",), "positional modifiers need the order of the lines", 'write order = ["l.line"]'
            )

    def _required(self) -> None:
        for path in REQUIRED:
            if path in self.fragments or path[:-1] not in ({("bill",)} | set(self.clauses)):
                continue
            rule = getattr(self._file, str(path[0]))
            if getattr(rule, str(path[1])) is None:
                self._source.report(path, "is missing")
        linked = ("session", "table") in self.fragments or self._file.session.tables is not None
        if linked and ("table", "id") not in self.fragments and self._file.table.id is None:
            self._source.report(("table", "id"), "is missing", "sessions refer to their table by it")
        self._check_links()
        child = self._file.modifier is not None and self._file.modifier.positional is None
        if child and ("item",) in self.clauses and self._file.item.key is None:
            self._source.report(("item", "key"), "is missing", "modifiers find their line by it")
        if child and ("modifier",) in self.clauses and self._file.modifier is not None:
            for name, value in (("name", self._file.modifier.name), ("amount", self._file.modifier.amount)):
                if value is None and ("modifier", name) not in self.fragments:
                    self._source.report(("modifier", name), "is missing")

    def _check_links(self) -> None:
        """A session refers to its table by as many columns as the table's id has."""
        ids = self.fragments.get(("table", "id"))
        for path in (("session", "table"), ("session", "tables", "table")):
            refs = self.fragments.get(path)
            if ids and refs and len(ids) != len(refs):
                self._source.report(path, f"has {len(refs)} columns, and table.id has {len(ids)}")

    def _tables(self) -> set[str]:
        """Every table that is named, as it is written."""
        tables = {
            origin.table.casefold()
            for clause in self.clauses.values()
            for origin in clause.scope.values()
            if origin.table
        }
        trees = [fragment.tree for found in self.fragments.values() for fragment in found]
        trees += [join for clause in self.clauses.values() for join in clause.joins]
        return tables | {table.name.casefold() for tree in trees for table in tree.find_all(exp.Table)}

    def _check_columns(self) -> None:
        tables = self._tables()
        for name in self._file.columns:
            if tables and name.casefold() not in tables and not self._source.problems:
                self._source.report(("columns", name), "no entity reads this table", suggest(name, tables))

    def _check_references(self) -> None:
        """References to fields, such as `bill.total`, must mean one that is there."""
        for found in self.fragments.values():
            for fragment in found:
                for column in fragment.tree.find_all(exp.Column):
                    path: Path = (column.table.casefold(), column.name.casefold())
                    if column.meta.get("field") and path not in self.fragments and not self._is_said(path):
                        known = {str(each[1]) for each in self.fragments if each[0] == path[0] and len(each) == 2}
                        message, hint = f"there is no field {dotted(path)}", suggest(column.name, known)
                        if getattr(getattr(self._file.bill, column.name.casefold(), None), "sum", None):
                            message = f"{dotted(path)} is summed by the adapter, so SQL cannot refer to it"
                            hint = "a session is payable only while a balance remains, without its being said"
                        self._source.report_inside(fragment.path, int(column.meta.get("index", 0)), message, hint)

    def _is_said(self, path: Path) -> bool:
        """Whether a field is there, as far as that can be told of one in which something else is wrong."""
        rule = getattr(self._file, str(path[0]), None)
        value = getattr(rule, str(path[1]), None)
        aside = self._source.set_aside
        is_broken = path[:1] in aside or path in aside or ("session",) not in self.clauses
        return is_broken or (value is not None and not getattr(value, "sum", None))

    def _check_site(self) -> None:
        for name, constant in self._file.site.items():
            path: Path = ("site", name)
            if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
                self._source.report(path, "a site constant's name has small letters, digits and underscores")
            if constant.read is not None:
                select = self._parser.select((*path, "read"), constant.read, named=False)
                if select is not None:
                    self.fragments[(*path, "read")] = (Fragment(path=(*path, "read"), tree=select),)
            if constant.default is not None and not fits(constant.default, constant.type):
                self._source.report((*path, "default"), f"is no {constant.type}")


REQUIRED: tuple[tuple[str, str], ...] = (
    ("table", "name"),
    ("table", "max_covers"),
    ("table", "status"),
    ("session", "id"),
    ("session", "name"),
    ("session", "created_at"),
    ("bill", "total"),
    ("bill", "paid"),
    ("item", "id"),
    ("item", "name"),
    ("item", "amount_per_item"),
)

_ALL_FIELDS = frozenset(
    [
        "id",
        "key",
        "name",
        "max_covers",
        "status",
        "created_at",
        "finished",
        "finished_at",
        "payable",
        "covers",
        "table",
        "category",
        "quantity",
        "amount_per_item",
        "ordered_at",
        "amount",
    ]
)

_EXAMPLES = {
    "item": "JOIN ticket_item i ON i.ticket_id = k.id",
    "modifier": "JOIN ticket_item_modifier m ON m.ticket_item_id = i.id",
    "session": "ticket k",
    "table": "shop_table t",
    "tables": "JOIN ticket_table_num n ON n.ticket_id = k.id",
}
