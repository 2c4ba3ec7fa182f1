"""The status of tables in SQL: which tables are shown, and the inverse of the status map. Knows nothing of rows."""

from __future__ import annotations

from sqlglot import exp

from adapter.domain.values import TableStatus
from adapter.mapping import field_schema
from adapter.mapping.bind import Binder, BoundClause
from adapter.toml.locate import Path


class TableStatuses:
    """Conditions on tables by their status."""

    def __init__(self, binder: Binder) -> None:
        self._binder = binder
        rule = binder.mapping.file.table.status
        self._rule = rule or field_schema.StatusField.model_validate({"sql": "status"})

    def visible(self) -> list[exp.Expr]:
        """What makes a table visible: its where, and no status that hides it."""
        hidden = {code for code, status in self._rule.map.items() if status == "hidden"}
        conditions = conditions_of(self._binder, ("table",))
        if hidden and ("table", "status") in self._binder.mapping.fragments:
            status = one_expression(self._binder, ("table", "status"))
            shown = exp.Not(this=exp.In(this=status, expressions=[self._code(code, status) for code in sorted(hidden)]))
            conditions.append(exp.paren(exp.or_(shown, exp.Is(this=status.copy(), expression=exp.Null()))))
        return conditions

    def among(self, statuses: frozenset[TableStatus] | None) -> list[exp.Expr]:
        """The inverse of the status map; what it cannot tell is left to the reading of the rows."""
        rule = self._rule
        if statuses is None or rule.default is not None:
            return []
        wanted = {status.value for status in statuses}
        tree = one_expression(self._binder, ("table", "status"))
        tests: list[exp.Expr] = []
        codes = [self._code(code, tree) for code, status in rule.map.items() if status in wanted]
        if codes:
            tests.append(exp.In(this=tree.copy(), expressions=codes))
        if rule.missing in wanted or rule.null in wanted:
            tests.append(exp.Is(this=tree.copy(), expression=exp.Null()))
        return [exp.paren(exp.or_(*tests))] if tests else [exp.false()]

    def _code(self, code: str, tree: exp.Expr) -> exp.Expr:
        """A code of the status map, as the literal that its column is compared with."""
        if code in ("true", "false"):
            return exp.Boolean(this=code == "true")
        fact = self._binder.fact_of(("table", "status"))
        is_number = code.lstrip("-").isdigit() and (fact is None or fact.family != "text") and not tree.is_string
        return exp.Literal.number(code) if is_number else exp.Literal.string(code)

    @property
    def tells_null_from_missing(self) -> bool:
        """Whether NULL in a row means something else than no row at all."""
        return self._rule.null is not None

    def row_is_there(self, clause: BoundClause) -> exp.Expr:
        """Whether the row that the status comes from exists: a column of its join is not NULL."""
        status = self._binder.mapping.fragment("table", "status")
        alias = status.tree.table.casefold() if status is not None and isinstance(status.tree, exp.Column) else ""
        for join in clause.joins:
            if join.this.alias_or_name.casefold() == alias and join.args.get("on") is not None:
                for column in join.args["on"].find_all(exp.Column):
                    if column.table.casefold() == alias:
                        return exp.Not(this=exp.Is(this=column.copy(), expression=exp.Null()))
        self._binder.report(
            ("table", "status", "null"), "only a status that is a column of a LEFT JOIN can tell NULL from no row"
        )
        return exp.true()


def conditions_of(binder: Binder, path: Path) -> list[exp.Expr]:
    """The `where` of an entity, if it has one."""
    fragment = binder.mapping.fragment(*path, "where")
    if fragment is None:
        return []
    condition = binder.condition(fragment)
    return [exp.paren(condition) if isinstance(condition, exp.Or) else condition]


def one_expression(binder: Binder, path: Path) -> exp.Expr:
    """A field as one expression; a text of several parts is joined by blanks."""
    trees = [binder.expression(part) for part in binder.mapping.fragments[path]]
    if len(trees) == 1:
        return trees[0]
    return exp.Trim(this=exp.ConcatWs(expressions=[exp.Literal.string(" "), *trees]))
