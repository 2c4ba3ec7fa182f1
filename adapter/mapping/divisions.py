"""Finds divisions of whole numbers in amounts, quantities and rates: most databases drop what is behind the point."""

from __future__ import annotations

from sqlglot import exp

from adapter.mapping.bind import Binder

_FIELDS = frozenset(
    {"amount", "amount_per_item", "paid", "quantity", "rate", "service_charge", "tax", "tip", "tips", "total"}
)
_SECTIONS = frozenset({"bill", "charge", "discount", "item", "modifier", "payment", "tax_line"})
_WHOLE_TYPES = frozenset({exp.DataType.Type.BIGINT, exp.DataType.Type.INT, exp.DataType.Type.SMALLINT})


def check_divisions(binder: Binder) -> None:
    """Report them to the binder. MariaDB and MySQL divide exactly, so there none is wrong."""
    if binder.mapping.file.sql == "mysql":
        return
    for path, fragments in binder.mapping.fragments.items():
        if path[0] not in _SECTIONS or path[-1] not in _FIELDS:
            continue
        for division in (one for fragment in fragments for one in fragment.tree.find_all(exp.Div)):
            divisor = division.expression
            if _is_whole(binder, division.this) and _is_whole(binder, divisor):
                hint = (
                    f"write / {divisor.this}.0" if isinstance(divisor, exp.Literal) else "multiply one of them by 1.0"
                )
                binder.report(path, "divides whole numbers, which drops what is behind the point", hint)


def _is_whole(binder: Binder, tree: exp.Expr | None) -> bool:
    """Whether an expression plainly gives a whole number; of what is not known it is not said."""
    match tree:
        case exp.Column():
            fact = binder.names.fact(tree)
            # SQLite keeps 350 as a whole number in a column of decimals too.
            whole = ("integer", "decimal") if binder.mapping.file.sql == "sqlite" else ("integer",)
            return fact is not None and fact.family in whole
        case exp.Literal():
            return not tree.is_string and str(tree.this).isdigit()
        case exp.Count():
            return True
        case exp.Cast():
            return tree.to.this in _WHOLE_TYPES
        case exp.Sum() | exp.Min() | exp.Max() | exp.Abs() | exp.Paren() | exp.Neg():
            return _is_whole(binder, tree.this)
        case exp.Add() | exp.Sub() | exp.Mul() | exp.Div() | exp.Mod():
            return _is_whole(binder, tree.this) and _is_whole(binder, tree.expression)
        case exp.Coalesce():
            return all(_is_whole(binder, each) for each in (tree.this, *tree.expressions))
        case exp.Case():
            given = [each.args["true"] for each in tree.args["ifs"]] + [tree.args.get("default")]
            return all(each is None or _is_whole(binder, each) for each in given)
        case exp.Subquery(this=exp.Select() as select) if len(select.expressions) == 1:
            return _is_whole(binder, select.expressions[0])
    return False
