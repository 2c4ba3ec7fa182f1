"""Parses the SQL that stands in a mapping, and refuses what cannot be one expression, one FROM clause or one SELECT.

sqlglot is the parser: positions, columns and tables come from it. It never translates from one dialect to another
here. Knows nothing of catalogues and readings.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping

import sqlglot
from msgspec import Struct
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from adapter.mapping.row_functions import instead_of
from adapter.mapping.side_effects import side_effect
from adapter.mapping.trees import (
    Origin,
    Scope,
    depth,
    has_clauses,
    in_brackets,
    inner_scopes,
    offset,
    outputs,
    sources,
    start_of,
)
from adapter.toml.load import Source, suggest
from adapter.toml.locate import Path

# sqlglot warns here when it falls back to an unparsed command, which is refused below with a better sentence.
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)

DIALECTS: Mapping[str, str] = {
    "mysql": "mysql",
    "postgresql": "postgres",
    "sqlite": "sqlite",
    "sqlserver": "tsql",
}
"""The `sql` setting of a mapping, and what sqlglot calls the dialect."""

SITE = "site_"
"""What the name of a site constant begins with once it is a parameter."""

_SITE_OR_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|(?<![:\w]):site\.(\w+)")
_PARENT = "parent_"
_DEEPEST = 120
_TOO_DEEP = "is nested too deeply to be read"
_FORBIDDEN = (
    exp.Alter,
    exp.Analyze,
    exp.Command,
    exp.Copy,
    exp.Create,
    exp.Delete,
    exp.Drop,
    exp.Grant,
    exp.Insert,
    exp.Into,
    exp.Lock,
    exp.Merge,
    exp.Set,
    exp.Transaction,
    exp.TruncateTable,
    exp.Update,
)


class Fragment(Struct, frozen=True, kw_only=True):
    """One parsed piece of SQL and where it stands in the file."""

    path: Path
    tree: exp.Expr


class Clause(Struct, frozen=True, kw_only=True):
    """A parsed FROM clause: its first table (none where it continues its parent's) and its joins."""

    path: Path
    first: exp.Expr | None
    joins: tuple[exp.Join, ...]
    scope: Scope
    """Its own aliases and those of the parent."""


class FragmentParser:
    """Parses the fragments of one file and reports every problem with the place where it stands."""

    def __init__(
        self, source: Source, dialect: str, site: frozenset[str], values: frozenset[str] = frozenset()
    ) -> None:
        """`values` are the parameters that fragments may use beside site constants, as `:amount`."""
        self._source = source
        self._dialect = DIALECTS[dialect]
        self._site = site
        self._values = values
        self._bare: Origin | None = None

    def expression(
        self,
        path: Path,
        text: str,
        scope: Scope,
        *,
        fields: frozenset[str] = frozenset(),
        bare: Origin | None = None,
    ) -> Fragment | None:
        """Parse one scalar expression over the aliases in scope.

        `fields` are names such as `bill` whose members may be referred to as if they were columns; `bare` is the table
        whose columns may be written without an alias.
        """
        self._bare = bare
        try:
            return self._expression(path, text, scope, fields)
        finally:
            self._bare = None

    def _expression(self, path: Path, text: str, scope: Scope, fields: frozenset[str]) -> Fragment | None:
        lead = "SELECT "
        tree = self._parse(path, lead, text)
        if tree is None:
            return None
        if not isinstance(tree, exp.Select) or len(tree.expressions) != 1 or has_clauses(tree):
            self._source.report(path, "must be one SQL expression", 'several values make a list, as ["a.x", "a.y"]')
            return None
        found = tree.expressions[0]
        if isinstance(found, (exp.Star, exp.Alias)) or (
            isinstance(found, exp.Column) and isinstance(found.this, exp.Star)
        ):
            self._source.report(path, "must be one SQL expression without a name of its own", "leave out AS and *")
            return None
        if not self._check(path, found, scope, len(lead), fields):
            return None
        return Fragment(path=path, tree=found)

    def clause(self, path: Path, text: str, parent: Scope | None) -> Clause | None:
        """Parse a FROM clause; with a parent it continues the parent's and begins with JOIN."""
        lead = "SELECT 1 FROM " if parent is None else f"SELECT 1 FROM {_PARENT} "
        if parent is not None and not re.match(
            r"\s*(?:--[^\n]*\n\s*)*(?:(?:LEFT|INNER|CROSS)\s+(?:OUTER\s+)?)?JOIN\b", text, re.IGNORECASE
        ):
            self._source.report(path, "continues the FROM of its parent, so it begins with JOIN")
            return None
        tree = self._parse(path, lead, text)
        if tree is None:
            return None
        if not isinstance(tree, exp.Select) or any(
            tree.args.get(name)
            for name in ("where", "group", "having", "order", "limit", "offset", "qualify", "windows")
        ):
            self._source.report(path, "must be only a FROM clause", "conditions stand in where, ordering in order")
            return None
        return self._clause_of(path, tree, parent, len(lead))

    def select(self, path: Path, text: str, *, named: bool = True) -> exp.Select | None:
        """Parse a whole SELECT; a named one gives the fields of an entity, another a single value."""
        tree = self._parse(path, "", text)
        if tree is None:
            return None
        if not isinstance(tree, exp.Select):
            self._source.report(path, "must be one SELECT")
            return None
        if not named and (len(tree.expressions) != 1 or tree.expressions[0].is_star):
            self._source.report(path, "must be a SELECT of one value")
            return None
        if named and any(output.is_star or not output.alias_or_name for output in tree.expressions):
            self._source.report(path, "every output needs a name", "write each as <expression> AS <field>")
            return None
        return tree if self._check(path, tree, {}, 0, frozenset()) else None

    def _parse(self, path: Path, lead: str, text: str) -> exp.Expr | None:
        if not text.strip():
            self._source.report(path, "is empty", "leave the key out instead")
            return None
        marked = lead + _SITE_OR_QUOTED.sub(lambda m: f":{SITE}{m[1]}" if m[1] else m[0], text)
        try:
            trees = sqlglot.parse(marked, read=self._dialect)
        except ParseError as error:
            detail = error.errors[0] if error.errors else {}
            index = offset(marked, detail.get("line"), detail.get("col")) - len(detail.get("highlight") or "")
            message = str(detail.get("description") or "cannot be read as SQL").split(" but got <Token")[0]
            if "<class" in message:
                message = "something is missing here"
            near = str(detail.get("highlight") or "").strip()
            self._source.report_inside(
                path, max(0, index + 1 - len(lead)), f"not valid SQL{f' near {near!r}' if near else ''}: {message}"
            )
            return None
        except RecursionError:
            self._source.report(path, _TOO_DEEP, "compute it in a view, or say it in fewer steps")
            return None
        except TokenError:
            self._source.report(path, "not valid SQL: a quote or comment is not closed", "a text needs '...' around it")
            return None
        if len(trees) != 1 or trees[0] is None:
            self._source.report(path, "must be one piece of SQL", "leave out the semicolon")
            return None
        refused = self._refusal(trees[0], text)
        if refused is not None:
            self._source.report(path, *refused)
            return None
        return trees[0]

    def _refusal(self, tree: exp.Expr, text: str) -> tuple[str, str] | None:
        """Why SQL that was understood is not taken, and what to do; None where it is."""
        if _unbalanced(text):
            # The parser takes some for closed at the end: CAST(k.total AS decimal(10, 2) is one.
            return "not valid SQL: brackets are not closed, or closed twice", ""
        if depth(tree) > _DEEPEST:
            return _TOO_DEEP, "compute it in a view, or say it in fewer steps"
        forbidden = next(tree.find_all(*_FORBIDDEN), None)
        if forbidden is not None:
            return f"may only read: {forbidden.key.upper()} is not allowed here", ""
        called = side_effect(tree, counting=bool(self._values))
        return None if called is None else (f"may only read: {called} does more than compute a value", "")

    def _clause_of(self, path: Path, tree: exp.Select, parent: Scope | None, lead: int) -> Clause | None:
        from_ = tree.args.get("from_") or tree.args.get("from")
        first = from_.this if from_ is not None and parent is None else None
        joins = tuple(tree.args.get("joins") or ())
        scope: dict[str, Origin] = dict(parent or {})
        good = True
        for side in ([first] if first is not None else []) + [join.this for join in joins]:
            for node in sources(side):
                good = self._add_origin(path, node, scope, lead, is_join=side is not first) and good
        for join in [*joins, *(inner for outer in joins for inner in in_brackets(outer.this) or ())]:
            behind_comma = join.this.args.get("joins") if isinstance(join.this, exp.Table) else None
            if behind_comma:
                index = max(start_of(behind_comma[0].this) - lead, 0)
                self._source.report_inside(path, index, "commas do not join tables here", "write JOIN ... ON")
                good = False
            if not (join.args.get("on") or join.args.get("using") or join.kind == "CROSS"):
                index = start_of(join.this) - lead
                self._source.report_inside(path, max(index, 0), "a join needs ON", "commas do not join tables here")
                good = False
            if join.args.get("using") or join.method == "NATURAL":
                self._source.report(
                    path, "write ON instead of USING and NATURAL", "so that it is plain which columns meet"
                )
                good = False
            if join.side in ("RIGHT", "FULL"):
                self._source.report(
                    path, f"{join.side} JOIN would add rows that belong to no parent", "turn the join round"
                )
                good = False
            on = join.args.get("on")
            good = (on is None or self._check(path, on, scope, lead, frozenset())) and good
        return Clause(path=path, first=first, joins=joins, scope=scope) if good else None

    def _add_origin(self, path: Path, node: exp.Expr, scope: dict[str, Origin], lead: int, *, is_join: bool) -> bool:
        alias = node.alias_or_name.casefold()
        if isinstance(node, exp.Subquery):
            select = node.this
            if not node.alias:
                self._source.report(path, "a SELECT in a FROM clause needs a name", "write (SELECT ...) x")
                return False
            if is_join and isinstance(select, exp.Select) and (select.args.get("group") or select.args.get("distinct")):
                self._source.report(
                    path,
                    f"joins the grouped SELECT {node.alias}, which the database computes for every check of the restaurant",
                    "use a correlated sub-select in the field instead: (SELECT SUM(...) FROM ... WHERE ... = k.id)",
                )
                return False
            if not self._check(path, select, scope, lead, frozenset()):
                return False
            origin = Origin(table=None, outputs=outputs(select))
        elif isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
            node.meta["table"] = node.name
            origin = Origin(table=node.name, schema=node.db or None)
        else:
            self._source.report(path, *instead_of(node, path))
            return False
        if alias in scope:
            self._source.report_inside(
                path, max(start_of(node) - lead, 0), f"the name {node.alias_or_name} is used twice"
            )
            return False
        scope[alias] = origin
        return True

    def _check(self, path: Path, tree: exp.Expr, scope: Scope, lead: int, fields: frozenset[str]) -> bool:
        """Check every name in a tree and note on each column which table it belongs to."""
        good = self._check_parameters(path, tree)
        for aggregate in tree.find_all(exp.AggFunc):
            if aggregate.find_ancestor(exp.Select) is (
                tree.parent_select if not isinstance(tree, exp.Select) else None
            ):
                self._source.report(
                    path,
                    f"{aggregate.key.upper()} needs a SELECT of its own",
                    "write (SELECT SUM(x.amount) FROM x WHERE x.check_id = k.id)",
                )
                good = False
        for comparison in tree.find_all(exp.EQ, exp.NEQ):
            if isinstance(comparison.expression, exp.Null) or isinstance(comparison.this, exp.Null):
                self._source.report(
                    path, "nothing is ever equal to NULL, nor different", "write IS NULL or IS NOT NULL"
                )
                good = False
        for table in tree.find_all(exp.Table):
            if isinstance(table.this, exp.Identifier):
                table.meta["table"] = table.name
        for column in list(tree.find_all(exp.Column)):
            good = self._check_column(path, column, tree, scope, lead, fields) and good
        return good

    def _check_parameters(self, path: Path, tree: exp.Expr) -> bool:
        good = True
        for parameter in tree.find_all(exp.Placeholder, exp.Parameter):
            name = parameter.name
            if name in self._values or (name.startswith(SITE) and name.removeprefix(SITE) in self._site):
                continue
            good = False
            if name.startswith(SITE):
                known = name.removeprefix(SITE)
                hint = suggest(known, self._site) or f"declare it: [site] {known} = {{ ... }}"
                self._source.report(path, f"there is no site constant {known}", hint)
            else:
                hint = suggest(name, self._values) or "site constants are written :site.<name>"
                if path[0] == "record":
                    hint += (
                        "; more values come from [record.check], from [record.make] and from find and returning above"
                    )
                self._source.report(path, f"unknown parameter :{name}", hint)
        return good

    def _check_column(
        self, path: Path, column: exp.Column, root: exp.Expr, scope: Scope, lead: int, fields: frozenset[str]
    ) -> bool:
        index = max(start_of(column) - lead, 0)
        inner = inner_scopes(column, root)
        alias = column.table.casefold()
        if not alias:
            return self._check_bare(path, column, inner, index, scope)
        for names in inner:
            if alias in names:
                return self._note(path, column, names[alias], index)
        if alias in scope:
            return self._note(path, column, scope[alias], index)
        if alias in fields:
            column.meta["field"] = True
            column.meta["index"] = index
            return True
        known = {*scope, *(name for names in inner for name in names), *fields}
        hint = suggest(alias, known) or (f"in scope: {', '.join(sorted(known))}" if known else "")
        self._source.report_inside(path, index, f"{column.sql()}: nothing here is called {column.table}", hint)
        return False

    def _check_bare(
        self, path: Path, column: exp.Column, inner: list[dict[str, Origin]], index: int, scope: Scope
    ) -> bool:
        """A column without an alias is plain only inside a SELECT that reads one table."""
        if inner and len(inner[0]) == 1:
            return self._note(path, column, next(iter(inner[0].values())), index)
        if not inner and self._bare is not None:
            return self._note(path, column, self._bare, index)
        if not inner and self._values and not scope:
            self._source.report_inside(
                path,
                index,
                f"{column.name}: a new row has no columns to read",
                f"a text stands in single quotes: '{column.name}'",
            )
            return False
        first, *others = [*(inner[0] if inner and inner[0] else scope)] or ["k"]
        among = f" ({', '.join((first, *others))})" if others else ""
        hint = f"write {first}.{column.name} for a column{among}, '{column.name}' for a text"
        if column.this.args.get("quoted"):
            hint = f"a text stands in single quotes: '{column.name}'"
        self._source.report_inside(path, index, f"{column.name}: which table does this column belong to?", hint)
        return False

    def _note(self, path: Path, column: exp.Column, origin: Origin, index: int) -> bool:
        if origin.table is not None:
            column.meta["table"] = origin.table
            column.meta["schema"] = origin.schema
            column.meta["index"] = index
            return True
        if origin.outputs is not None and column.name.casefold() not in origin.outputs:
            hint = suggest(column.name, origin.outputs) or f"it gives {', '.join(sorted(origin.outputs))}"
            self._source.report_inside(path, index, f"the SELECT {column.table} gives no {column.name}", hint)
            return False
        return True


def _unbalanced(text: str) -> bool:
    bare = "" if "\\" in text else _SITE_OR_QUOTED.sub("", text)
    return bare.count("(") != bare.count(")")
