"""What a fragment may use where a mapping serves an engine besides the one whose SQL it is written in.

sqlglot would write nearly anything in any dialect, and much of it would mean something else there. So only what stands
in the tables below is allowed, and each line of them is run on every engine that it names (`tests/integration/engines`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct
from sqlglot import exp

from adapter.mapping.engines.base import Engine

EVERYWHERE = frozenset({"mariadb", "mysql", "sqlite", "sqlserver"})


class Form(Struct, frozen=True, kw_only=True):
    """One function, and how it is written on the engines that have it."""

    shown: str
    forms: Mapping[str, str]
    """What is written, by engine; an engine that is not there has none that means the same."""


def _same(shown: str, **others: str) -> Form:
    forms = dict.fromkeys(EVERYWHERE, shown) | others
    if "mariadb" in others:
        forms["mysql"] = others["mariadb"]
    return Form(shown=shown, forms={engine: form for engine, form in forms.items() if form})


FUNCTIONS: Mapping[type[exp.Expr], Form] = {
    exp.Abs: _same("ABS(x)"),
    exp.Coalesce: _same("COALESCE(x, y)"),
    exp.Concat: _same(
        "CONCAT(x, y)", mariadb="CONCAT(COALESCE(x, ''), COALESCE(y, ''))", sqlite="COALESCE(x, '') || COALESCE(y, '')"
    ),
    exp.Count: _same("COUNT(x)"),
    exp.Div: _same("x / y", sqlite="CAST(x AS REAL) / y", sqlserver="x * 1.0 / y"),
    exp.Exists: _same("EXISTS (SELECT ...)"),
    exp.Left: _same("LEFT(x, 3)", sqlite="SUBSTR(x, 1, 3)"),
    exp.Length: _same("LENGTH(x)", mariadb="CHAR_LENGTH(x)", sqlserver=""),
    exp.MD5: _same("MD5(x)", sqlserver="LOWER(CONVERT(VARCHAR(32), HASHBYTES('MD5', x), 2))"),
    exp.Max: _same("MAX(x)"),
    exp.Min: _same("MIN(x)"),
    exp.Nullif: _same("NULLIF(x, y)"),
    exp.Replace: _same("REPLACE(x, 'a', 'b')", sqlserver=""),
    exp.Round: _same("ROUND(x, 2)", sqlite="ROUND(x * 1.00000000000001, 2)"),
    exp.Sum: _same("SUM(x)"),
    exp.Trim: _same("TRIM(x)"),
}
"""The functions that mean the same everywhere, in the form that each engine is given."""

CASTS: Mapping[str, Form] = {
    "decimal": _same("CAST(x AS decimal(10, 2))", sqlite="ROUND(x * 1.00000000000001, 2)"),
    "text": _same("CAST(x AS text)", mariadb="CAST(x AS CHAR)", sqlserver="CAST(x AS NVARCHAR(MAX))"),
    "varchar": _same(
        "CAST(x AS varchar(9))",
        mariadb="CAST(x AS CHAR(9))",
        sqlite="SUBSTR(CAST(x AS TEXT), 1, 9)",
        sqlserver="CAST(x AS NVARCHAR(9))",
    ),
}
"""The types that a value may be cast to."""

_SYNTAX = (
    exp.Add,
    exp.Alias,
    exp.And,
    exp.Between,
    exp.Boolean,
    exp.Case,
    exp.Column,
    exp.Distinct,
    exp.EQ,
    exp.From,
    exp.GT,
    exp.GTE,
    exp.Group,
    exp.Having,
    exp.Identifier,
    exp.If,
    exp.In,
    exp.Join,
    exp.LT,
    exp.LTE,
    exp.Limit,
    exp.Literal,
    exp.Mul,
    exp.NEQ,
    exp.Neg,
    exp.Not,
    exp.Null,
    exp.Or,
    exp.Order,
    exp.Ordered,
    exp.Parameter,
    exp.Paren,
    exp.Placeholder,
    exp.Select,
    exp.Star,
    exp.Sub,
    exp.Subquery,
    exp.Table,
    exp.TableAlias,
    exp.Tuple,
    exp.Union,
    exp.Where,
)
"""What is written and means the same everywhere."""


def problems(tree: exp.Expr, engine: Engine) -> Iterator[tuple[exp.Expr, str, str]]:
    """What a fragment uses that an engine does not have in the same meaning: where, what is wrong, what to do."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        found = _problem(node, engine)
        if found is not None:
            yield node, *found
            continue
        if isinstance(node, exp.Cast):
            waiting.append(node.this)
        else:
            waiting.extend(node.iter_expressions())


def _problem(node: exp.Expr, engine: Engine) -> tuple[str, str] | None:
    own = f"write a file of its own for {engine.shown}, or compute it in a view"
    if isinstance(node, exp.Cast):
        return _cast_problem(node, engine)
    if isinstance(node, exp.Is):
        fits = isinstance(node.expression, exp.Null)
        return None if fits else ("IS is for NULL only where several engines are served", "write = TRUE or = FALSE")
    if isinstance(node, exp.Div) and not (_is_exact(node.this) or _is_exact(node.expression)):
        return "a division drops what is after the point on some engines", "write CAST(x AS decimal(20, 8)) / y"
    if isinstance(node, exp.Left) and not _is_whole(node.expression):
        return "LEFT needs a number of letters", own
    if isinstance(node, exp.Trim) and (node.expression or node.args.get("position")):
        return "only TRIM(x), of blanks at both ends, is the same on every engine", own
    form = FUNCTIONS.get(type(node))
    if form is not None:
        if engine.name in form.forms:
            return None
        return f"{form.shown} has no like on {engine.shown}", own
    if isinstance(node, _SYNTAX):
        return None
    allowed = ", ".join(sorted(form.shown.split("(")[0].strip() for form in FUNCTIONS.values() if "(" in form.shown))
    name = node.name.upper() if isinstance(node, exp.Anonymous) else node.key.upper()
    return f"{name} is not known to mean the same on {engine.shown}", f"{own}; allowed are {allowed}"


def _cast_problem(node: exp.Cast, engine: Engine) -> tuple[str, str] | None:
    sizes = len(node.to.expressions)
    kind = str(node.to.this.value).lower() if isinstance(node.to.this, exp.DType) else ""
    hint = "allowed are decimal(digits, decimals), varchar(length) and text"
    if kind not in CASTS or sizes != {"decimal": 2, "text": 0, "varchar": 1}[kind] or isinstance(node, exp.TryCast):
        return f"CAST to {node.to.sql(dialect='postgres')} is not known to mean the same on {engine.shown}", hint
    return None


def _is_exact(side: exp.Expr) -> bool:
    """Whether a number plainly has a place for what is after the point."""
    match side:
        case exp.Paren() | exp.Neg():
            return _is_exact(side.this)
        case exp.Literal():
            return not side.is_string and "." in str(side.this)
        case exp.Cast():
            return bool(side.to.is_type("decimal"))
        case exp.Add() | exp.Mul() | exp.Sub():
            return _is_exact(side.this) or _is_exact(side.expression)
    return False


def _is_whole(tree: exp.Expr) -> bool:
    return isinstance(tree, exp.Literal) and not tree.is_string and str(tree.this).isdigit()
