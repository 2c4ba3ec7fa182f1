"""The status of tables in SQL: which tables are shown, and the inverse of the status map. Knows nothing of rows."""

from __future__ import annotations

from sqlglot import exp

from adapter.domain.values import TableStatus
from adapter.mapping import field_schema
from adapter.mapping.bind import Binder, BoundClause, code_literal
from adapter.mapping.captures import is_captured
from adapter.mapping.trees import aliases
from adapter.toml.locate import Path


class TableStatuses:
    """Conditions on tables by their status."""

    def __init__(self, binder: Binder) -> None:
        self._binder = binder
        rule = binder.mapping.file.table.status
        self._rule = rule or field_schema.StatusField.model_validate({"sql": "status"})

    @property
    def hides(self) -> bool:
        """Whether some status hides a table."""
        return "hidden" in {*self._rule.map.values(), self._rule.missing, self._rule.null, self._rule.default}

    def among(self, statuses: frozenset[TableStatus] | None) -> list[exp.Expr]:
        """The inverse of the status map; what it cannot tell exactly is left to the reading of the rows."""
        rule = self._rule
        fragment = self._binder.mapping.fragment("table", "status")
        if (
            statuses is None
            or rule.default is not None
            or fragment is None
            or not isinstance(fragment.tree, exp.Column)
            or is_captured(self._binder, ("table", "status"))
        ):
            return []
        wanted = {status.value for status in statuses}
        tree = self._binder.expression(fragment)
        fact = self._binder.fact_of(("table", "status"))
        # Codes are trimmed when they are read; tables are few, so this may cost the index.
        is_text = fact is not None and fact.family in ("other", "text")
        compared = exp.Trim(this=self._binder.engine.as_text(tree.copy())) if is_text else tree.copy()
        tests: list[exp.Expr] = []
        codes = [code_literal(code, fact) for code, status in rule.map.items() if status in wanted]
        if codes:
            tests.append(exp.In(this=compared, expressions=codes))
        if rule.missing in wanted or rule.null in wanted:
            tests.append(exp.Is(this=tree.copy(), expression=exp.Null()))
        return [exp.paren(exp.or_(*tests))] if tests else [exp.false()]

    @property
    def tells_null_from_missing(self) -> bool:
        """Whether NULL in a row means something else than no row at all."""
        return self._rule.null is not None

    def row_is_there(self, clause: BoundClause) -> exp.Expr:
        """Whether the row that the status comes from exists: a column of its join is not NULL."""
        status = self._binder.mapping.fragment("table", "status")
        alias = status.tree.table.casefold() if status is not None and isinstance(status.tree, exp.Column) else ""
        for join in clause.joins:
            if alias in aliases(join) and join.args.get("on") is not None:
                for column in join.args["on"].find_all(exp.Column):
                    if column.table.casefold() == alias:
                        return exp.Not(this=exp.Is(this=column.copy(), expression=exp.Null()))
        self._binder.report(
            ("table", "status", "null"),
            "only a status that is a column of a LEFT JOIN can tell NULL from no row",
            "say it by missing, which means NULL where no row can be missing",
        )
        return exp.true()


def conditions_of(binder: Binder, path: Path) -> list[exp.Expr]:
    """The `where` of an entity, if it has one."""
    fragment = binder.mapping.fragment(*path, "where")
    if fragment is None:
        return []
    condition = binder.condition(fragment)
    return [exp.paren(condition) if isinstance(condition, exp.Or) else condition]


def name_expression(binder: Binder) -> exp.Expr | None:
    """The name of a table as it is read, for comparing; None where only the reading knows it."""
    parts = binder.mapping.fragments[("table", "name")]
    rule = binder.mapping.file.table.name
    if len(parts) != 1 or (rule is not None and rule.missing is not None) or is_captured(binder, ("table", "name")):
        return None
    tree = binder.expression(parts[0])
    if binder.catalogue is not None and not _is_text(binder, tree):
        return None
    return exp.Trim(this=binder.engine.as_text(tree))


def _is_text(binder: Binder, tree: exp.Expr) -> bool:
    """Whether an expression plainly gives a text: 7.00 is read as 7, and would not be found as such."""
    match tree:
        case exp.Column():
            fact = binder.names.fact(tree)
            return fact is not None and fact.family in ("integer", "text")
        case exp.Literal():
            return bool(tree.is_string)
        case exp.Concat() | exp.ConcatWs() | exp.DPipe() | exp.Lower() | exp.Substring() | exp.Trim() | exp.Upper():
            return True
        case exp.Cast():
            return bool(tree.to.is_type(*exp.DataType.TEXT_TYPES))
        case exp.Coalesce():
            return all(_is_text(binder, each) for each in (tree.this, *tree.expressions))
        case exp.Nullif() | exp.Paren():
            return _is_text(binder, tree.this)
    return False
