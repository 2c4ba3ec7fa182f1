"""Binds a mapping to a live schema: names resolved, optional columns settled, NULLs judged, every misfit reported.

Works on values only: the catalogue was read by somebody else. Without a catalogue everything that the mapping names is
taken to exist, which is what `explain` shows when there is no database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from msgspec import Struct
from sqlglot import exp

from adapter.domain.money import digits_of
from adapter.errors import Problem
from adapter.mapping import field_schema
from adapter.mapping.captures import is_captured, is_decoded
from adapter.mapping.catalogue import Catalogue, ColumnFact
from adapter.mapping.codecs.content import Codec
from adapter.mapping.codecs.registry import CodecMissing, Remembering, codec_named
from adapter.mapping.engines import POSTGRESQL, Engine
from adapter.mapping.fragments import SITE, Clause, Fragment
from adapter.mapping.keys import Packing, Part, UnpackableKey, packing
from adapter.mapping.load import REQUIRED
from adapter.mapping.load import Mapping as LoadedMapping
from adapter.mapping.naming import Naming
from adapter.mapping.predicates import Conditions, FlagColumn
from adapter.mapping.trees import aliases, in_brackets
from adapter.mapping.walk import BESIDE
from adapter.toml.load import Source, suggest
from adapter.toml.locate import Path, dotted

_BITS = frozenset({"boolean", "integer"})
"""Families of columns that may be a yes or no without more being said."""
_BIT_TYPES = frozenset({"BIT", "BIT(1)"})
_ANY_CURRENCY = 4
"""Decimals of the currency that has most of them."""


Tree = TypeVar("Tree", bound=exp.Expr)


class BoundClause(Struct, frozen=True, kw_only=True):
    """A FROM clause ready to be built upon."""

    first: exp.Expr | None
    joins: tuple[exp.Join, ...]


@dataclass(slots=True)
class Binder:
    """One mapping against one catalogue. Problems gather in it; `finish` raises them all."""

    mapping: LoadedMapping
    catalogue: Catalogue | None
    site: Mapping[str, Any] = field(default_factory=dict)
    """Values of the site constants that are known so far."""
    engine: Engine = POSTGRESQL
    """Whose SQL is made; fragments in another's are ported."""
    names: Naming = field(init=False)
    _source: Source = field(init=False)
    _conditions: Conditions = field(init=False)
    _here: Path = field(init=False, default=())
    _said: field_schema.FlagField | None = field(init=False, default=None)
    """What the flag field that is being turned into SQL says of its column."""
    _joining: frozenset[str] = field(init=False, default=frozenset())
    """What is brought in by the join whose ON is being turned into SQL."""
    _codecs: dict[str, Codec] = field(init=False, default_factory=dict)
    _fields: list[Path] = field(init=False, default_factory=list)
    """Fields being put in place of references to them, to notice circles."""

    def __post_init__(self) -> None:
        self._source = Source(file=self.mapping.source.file, locator=self.mapping.source.locator)
        self.names = Naming(mapping=self.mapping, catalogue=self.catalogue, source=self._source)
        self._conditions = Conditions(
            flag_of=self._flag_of, may_be_null=self._may_be_null, complain=self._complain, refuse=self._refuse
        )

    def check(self) -> None:
        """Look every table and column of the mapping up in the catalogue.

        Raises InvalidFile with everything that is not there.
        """
        for clause in self.mapping.clauses.values():
            nodes = [*([clause.first] if clause.first is not None else []), *clause.joins]
            for node in nodes:
                self.names.check(clause.path if clause.first is None else (*clause.path,), node)
        for found in self.mapping.fragments.values():
            for fragment in found:
                self.names.check(fragment.path, fragment.tree)
        self.names.check_declared()
        for path in REQUIRED:
            found = self.mapping.fragments.get(path, ())
            if any(isinstance(tree := fragment.tree, exp.Column) and self.names.is_absent(tree) for fragment in found):
                self.report(path, "is needed, and this database lacks the optional column that it is")
        self.finish()

    def finish(self) -> None:
        """Raise InvalidFile with all problems found so far, if there are any."""
        self._source.raise_if_any()

    def report(self, path: Path, message: str, hint: str = "") -> None:
        """Note a problem with the key at this path."""
        self._source.report(path, message, hint)

    def report_inside(self, path: Path, index: int, message: str, hint: str = "") -> None:
        """Note a problem with the character `index` of the SQL at this path."""
        self._source.report_inside(path, index, message, hint)

    @property
    def problems(self) -> list[Problem]:
        """What was found so far."""
        return self._source.problems

    def expression(self, fragment: Fragment) -> exp.Expr:
        """A fragment's SQL with this database's names, optional columns and declared NULLs."""
        self._here = fragment.path
        return self.names.resolve(self._conditions.inside(self._settled(self._ported(fragment.tree))))

    def condition(self, fragment: Fragment, *, wanted: bool = True) -> exp.Expr:
        """SQL that is true exactly when the fragment's condition holds, or does not."""
        self._here = fragment.path
        return self.names.resolve(self._conditions.holds(self._settled(self._ported(fragment.tree)), wanted))

    def flag(self, path: Path, *, wanted: bool = True) -> exp.Expr:
        """SQL that is true exactly when a flag field is yes, or is no, as its own options and its column's say."""
        value: Any = self.mapping.file
        for name in path:
            value = getattr(value, str(name))
        fragment = self.mapping.fragments[path][0]
        if isinstance(value, field_schema.FlagField) and isinstance(fragment.tree, exp.Column):
            declared = self.reading_of(path, "flag")
            own = value.model_dump(exclude_unset=True, by_alias=False)
            self._said = field_schema.FlagField.model_validate({**declared, **own})
        try:
            return self.condition(fragment, wanted=wanted)
        finally:
            self._said = None

    def clause(self, clause: Clause) -> BoundClause:
        """A FROM clause with this database's names."""
        self._here = clause.path
        first = None if clause.first is None else self.names.resolve(self._within(self._ported(clause.first)))
        joins = tuple(self._join(self._ported(join)) for join in clause.joins)
        return BoundClause(first=first, joins=joins)

    def reading_of(self, path: Path, kind: str) -> dict[str, Any]:
        """What `[columns]` says of the column that a field plainly is, for a reading of this kind."""
        fragment = self.mapping.fragment(*path)
        column = fragment.tree if fragment is not None else None
        if not isinstance(column, exp.Column) or is_decoded(self, path):
            return {}
        rule = self.names.column_rule(column)
        if rule is None or rule.as_ is None:
            return {}
        if rule.as_ != kind:
            name = f"[columns.{column.meta.get('table')}] {column.name}"
            self.report(path, f"is a {kind} here, but {name} is declared as {rule.as_}")
            return {}
        return rule.options()

    def codec(self, path: Path, name: str) -> Codec:
        """The codec of a name, one for the whole mapping; a problem of the key at this path where there is none."""
        if name not in self._codecs:
            try:
                self._codecs[name] = Remembering(codec_named(name))
            except CodecMissing as error:
                self.report(path, str(error))
                return lambda _value: None
        return self._codecs[name]

    def fact_of(self, path: Path, index: int = 0) -> ColumnFact | None:
        """What the catalogue knows of the column that a field plainly is."""
        found = self.mapping.fragments.get(path, ())
        tree = found[index].tree if index < len(found) else None
        return self.names.fact(tree) if isinstance(tree, exp.Column) and not is_decoded(self, path) else None

    def packing_of(self, path: Path, field_: field_schema.KeyField | None) -> Packing:
        """How the key at this path becomes a session id; a problem when it cannot."""
        forms = field_.form if field_ is not None else ()
        bits = field_.bits if field_ is not None else ()
        count = max(1, len(self.mapping.fragments.get(path, ())))
        parts = [self._part(path, index, count, forms, bits) for index in range(count)]
        try:
            return packing(parts)
        except UnpackableKey as error:
            self.report(path, f"cannot become a session id: {error}")
            return Packing(parts=tuple(parts))

    def key_types(self, path: Path, field_: field_schema.KeyField | None) -> list[str]:
        """The SQL type of each part of a key, wide enough for any."""
        found = []
        for index, part in enumerate(self.packing_of(path, field_).parts):
            fact = self.fact_of(path, index)
            padded = fact is not None and fact.type_name.upper().startswith("CHAR")
            found.append({"integer": "bigint", "text": "bpchar" if padded else "text", "uuid": "uuid"}[part.form])
        return found

    def constant(self, tree: exp.Expr) -> Any:
        """The value of an expression that is a literal or a site constant; None for any other."""
        if isinstance(tree, exp.Literal):
            return tree.this if tree.is_string else int(tree.this) if tree.this.isdigit() else None
        if isinstance(tree, (exp.Placeholder, exp.Parameter)):
            return self.site.get(tree.name.removeprefix(SITE))
        return None

    def _part(self, path: Path, index: int, count: int, forms: tuple[str, ...], bits: tuple[int, ...]) -> Part:
        fact = self.fact_of(path, index)
        form = forms[index] if index < len(forms) else forms[0] if len(forms) == 1 else None
        if form is None and fact is not None:
            form = {"integer": "integer", "text": "text", "uuid": "uuid", "decimal": "integer"}.get(fact.family)
            if form is None:
                self.report(path, f"cannot become a session id: {fact.name} is {fact.type_name}")
            if form == "text" and count == 1 and (fact.length is None or fact.length > 15):
                self.report(
                    path,
                    f"cannot become a session id: {fact.name} may hold more than 15 characters",
                    'if it holds UUIDs or short texts only, say so: { column = "...", form = "text" }',
                )
        width = bits[index] if index < len(bits) else None
        if width is None:
            width = (
                # A key is letters and digits; one that holds others may not fit, and its row is refused then.
                (fact.length or 15) * 8
                if form == "text" and fact is not None
                else fact.bits
                if fact is not None
                else 32
            )
        return Part(form=form or "integer", bits=width)  # type: ignore[arg-type]

    def _ported(self, tree: Tree) -> Tree:
        """A copy of a fragment in the SQL of the engine."""
        if self.mapping.file.sql == self.engine.speaks:
            return tree.copy()
        ported: Any = self.engine.ported(tree.copy())
        return cast("Tree", ported)

    def _join(self, join: exp.Join) -> exp.Join:
        on = join.args.get("on")
        if on is not None:
            # Where a join looks for its rows, they are there.
            self._joining = aliases(join)
            join.set("on", self._conditions.holds(self._settled(on), wanted=True))
            self._joining = frozenset()
        join.set("this", self._within(join.this))
        self.names.resolve(join)
        return join

    def _within(self, node: exp.Expr) -> exp.Expr:
        return self._conditions.inside(self._settled(node)) if isinstance(node, exp.Subquery) else node

    def _settled(self, tree: exp.Expr) -> exp.Expr:
        """Optional columns that are not there become NULL; references to fields become their SQL."""

        def settle(node: exp.Expr) -> exp.Expr:
            if not isinstance(node, exp.Column):
                return node
            if node.meta.get("field"):
                return self._field(node)
            if self.names.is_absent(node):
                null = exp.Null()
                rule = self.names.column_rule(node)
                if rule is not None and rule.as_ == "flag" and rule.missing is not None:
                    null.meta["missing"] = rule.missing
                return null
            return node

        return tree.transform(settle, copy=False)

    def _field(self, column: exp.Column) -> exp.Expr:
        path: Path = (column.table.casefold(), column.name.casefold())
        fragment = self.mapping.fragment(*path)
        here = self._here
        if fragment is None:
            known = {str(known[1]) for known in self.mapping.fragments if known[0] == path[0] and len(known) == 2}
            self.report(here, f"there is no field {dotted(path)}", suggest(str(path[1]), known))
            return exp.Null()
        if is_captured(self, path):
            self.report(here, f"{dotted(path)} is captured by the adapter, so SQL cannot refer to it")
            return exp.Null()
        if path in self._fields:
            self.report(here, f"{dotted(path)} refers to itself")
            return exp.Null()
        self._fields.append(path)
        tree = exp.paren(self._settled(self._ported(fragment.tree)), copy=False)
        self._fields.pop()
        is_money = path[0] == "bill" and path[1] in ("total", "paid", "tax", "service_charge")
        if not is_money:
            return tree
        fact = self.fact_of(path)
        if fact is not None and fact.family == "text":
            self.report(here, f"{dotted(path)} is held as a text, so the database cannot compare it")
        said = getattr(self.mapping.file.bill, str(path[1]))
        missing = said.missing if said is not None and said.missing is not None else 0
        # Comparisons see what the wire sees: amounts are rounded before they are compared.
        exact = self.engine.as_decimal(tree)
        stored = exp.Coalesce(this=exact, expressions=[exp.Literal.number(str(missing))])
        return self.engine.rounded(stored, self._digits(said))

    def _digits(self, said: field_schema.MoneyField | None) -> int:
        """Decimals of a stored amount as far as they matter: those of the currency, or enough for any."""
        form = (said.form if said is not None else None) or self.mapping.file.money.form
        fragment = self.mapping.fragment("bill", "currency")
        code = self.constant(fragment.tree) if fragment is not None else None
        digits = digits_of(str(code)) if code is not None else None
        return 0 if form == "minor" else _ANY_CURRENCY if digits is None else digits

    def _flag_of(self, column: exp.Column) -> FlagColumn | None:
        rule = self.names.column_rule(column)
        fact = self.names.fact(column)
        said = self._said
        if said is None and rule is not None and rule.as_ == "flag":
            said = field_schema.FlagField.model_validate({"sql": "x", **rule.options()})
        says_codes = said is not None and bool(said.true or said.false)
        known = _BITS | {"decimal"} if said is not None else _BITS
        if (
            not says_codes
            and fact is not None
            and fact.family not in known
            and fact.type_name.upper() not in _BIT_TYPES
        ):
            return None
        true, false = self._flag_codes(said, fact)
        missing = said.missing if said is not None else None
        if fact is None and self.catalogue is not None:
            # A column of a SELECT: nothing is known of it but what the mapping says.
            return FlagColumn(true=true, false=false, missing=bool(missing), nullable=True)
        return FlagColumn(true=true, false=false, missing=missing, nullable=self._may_be_null(column))

    @staticmethod
    def _flag_codes(
        said: field_schema.FlagField | None, fact: ColumnFact | None
    ) -> tuple[tuple[exp.Expr, ...], tuple[exp.Expr, ...]]:
        """The literals that mean yes and no; none at all for a boolean column."""
        true, false = (said.true, said.false) if said is not None else ((), ())
        if not true and not false:
            if fact is None or fact.family == "boolean":
                return (), ()
            true, false = (1,), (0,)
        if fact is not None and fact.family == "boolean" and all(code in (True, 1) for code in true):
            return (), ()
        return tuple(code_literal(code, fact) for code in true), tuple(code_literal(code, fact) for code in false)

    def _may_be_null(self, column: exp.Column) -> bool:
        if column.table.casefold() in self._outer() - self._joining:
            return True
        fact = self.names.fact(column)
        return fact.nullable if fact is not None else False

    def _outer(self) -> frozenset[str]:
        """Aliases that a LEFT JOIN brings in where the present fragment stands: all their columns may be NULL."""
        here = ("session",) if self._here[:1] == ("bill",) else self._here
        chain = {"item": [("session",)], "modifier": [("session",), ("item",)]}.get(str(here[0]) if here else "", [])
        if (here and here[0] in BESIDE) or here[:2] == ("session", "tables"):
            chain = [("session",)]
        own = [path for path in self.mapping.clauses if here[: len(path)] == path]
        return frozenset(
            alias
            for path in (*chain, *own)
            for outer in self.mapping.clauses[path].joins
            for join in (outer, *(in_brackets(outer.this) or ()))
            if join.side == "LEFT"
            for alias in aliases(join)
        )

    def _complain(self, column: exp.Column, message: str) -> None:
        table, name = column.meta.get("table", column.table), column.name
        hint = "say what it means: add missing = false, or true, to the field"
        if self._said is None:
            hint = f'say what it means: [columns.{table}] {name} = {{ as = "flag", missing = false }}'
        if "silently" in message:
            hint = f"add OR {column.sql()} IS NULL, or AND {column.sql()} IS NOT NULL"
        self._source.report_inside(self._here, int(column.meta.get("index", 0)), f"{column.sql()} {message}", hint)

    def _refuse(self, node: exp.Expr) -> None:
        column, text = node.find(exp.Column), node.sql()
        index = int(column.meta.get("index", 0)) if column is not None else 0
        message = f"{text} is a number or a text, and no condition"
        self._source.report_inside(self._here, index, message, f"say when it holds, as in {text} <> 0")


def code_literal(code: Any, fact: ColumnFact | None) -> exp.Expr:
    """A code as the literal that a column of this kind is compared with."""
    text = str(code).lower() if isinstance(code, bool) else str(code)
    family = fact.family if fact is not None else None
    if family in ("text", "other", "uuid"):
        return exp.Literal.string({"true": "1", "false": "0"}.get(text, text) if family == "other" else text)
    if family == "boolean" or (family is None and text in ("true", "false")):
        return exp.Boolean(this=text in ("1", "true"))
    if family in ("integer", "decimal", "float") and text in ("true", "false"):
        return exp.Literal.number(int(text == "true"))
    is_number = text.lstrip("-").isdigit()
    return exp.Literal.number(text) if is_number else exp.Literal.string(text)
