"""Turns a condition into SQL that holds or does not hold, with NULL given the meaning the mapping declared.

A condition is never wrapped in CASE, COALESCE or IS NOT TRUE: its parts are turned one by one, so that `NOT settled`
becomes `settled = FALSE`, which an index on the column serves. Knows nothing of rows.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct
from sqlglot import exp

_BOOLEAN = (exp.And, exp.Or, exp.Not)


class FlagColumn(Struct, frozen=True, kw_only=True):
    """What is known of a column that is used as a yes or no."""

    true: tuple[exp.Expr, ...]
    false: tuple[exp.Expr, ...]
    """Literals; both empty for a boolean column."""
    missing: bool | None
    """What NULL means, or None when nobody said."""
    nullable: bool


LookUp = Callable[[exp.Column], FlagColumn | None]
"""Tells about a column that may stand alone as a condition; None for one that is no flag."""

Complain = Callable[[exp.Column, str], None]
"""Reports a column whose NULL would decide something that nobody declared."""

Refuse = Callable[[exp.Expr], None]
"""Reports a number or a text that stands where a condition must."""


class Conditions(Struct, frozen=True, kw_only=True):
    """Builds conditions for one mapping against one catalogue."""

    flag_of: LookUp
    may_be_null: Callable[[exp.Column], bool]
    complain: Complain
    refuse: Refuse

    def holds(self, node: exp.Expr, wanted: bool) -> exp.Expr:
        """SQL that is true exactly when the condition holds (wanted) or does not (not wanted), NULL meaning no."""
        match node:
            case exp.Paren():
                return exp.paren(self.holds(node.this, wanted), copy=False)
            case exp.Not():
                return self._negated(node, wanted)
            case exp.And() | exp.Or():
                joined = exp.And if isinstance(node, exp.And) == wanted else exp.Or
                sides = (self.holds(node.this, wanted), self.holds(node.expression, wanted))
                return joined(this=_grouped(sides[0], joined), expression=_grouped(sides[1], joined))
            case exp.Column():
                return self._column(node, wanted)
            case exp.EQ(this=exp.Column() as column, expression=exp.Boolean() as literal) if self.flag_of(column):
                # `k.void = FALSE` is another way to write NOT k.void.
                return self._column(column, wanted == bool(literal.this))
            case exp.Boolean():
                return exp.Boolean(this=bool(node.this) == wanted)
            case exp.Null() if "missing" in node.meta:
                # A flag whose column this site lacks is what its NULL would be.
                return exp.Boolean(this=bool(node.meta["missing"]) == wanted)
            case _:
                return self._leaf(node, wanted)

    def inside(self, node: exp.Expr) -> exp.Expr:
        """An expression with every condition in it (CASE WHEN, WHERE, ON, AND, OR, NOT) given its declared meaning."""
        if isinstance(node, _BOOLEAN):
            return self.holds(node, wanted=True)
        for name, value in list(node.args.items()):
            if isinstance(value, exp.Expr):
                node.set(name, self._condition(value) if self._is_condition(node, name) else self.inside(value))
            elif isinstance(value, list):
                node.set(name, [self.inside(each) if isinstance(each, exp.Expr) else each for each in value])
        return node

    @staticmethod
    def _is_condition(node: exp.Expr, name: str) -> bool:
        """Whether the argument of a node is a condition: of WHERE, HAVING, ON and WHEN, but not of CASE x WHEN."""
        if isinstance(node, exp.If):
            return name == "this" and not (isinstance(node.parent, exp.Case) and node.parent.args.get("this"))
        return (isinstance(node, (exp.Where, exp.Having)) and name == "this") or (
            isinstance(node, exp.Join) and name == "on"
        )

    def _condition(self, node: exp.Expr) -> exp.Expr:
        return self.holds(node, wanted=True)

    def _negated(self, node: exp.Not, wanted: bool) -> exp.Expr:
        if wanted and isinstance(node.this, (exp.Between, exp.ILike, exp.In, exp.Like)):
            self._check_nulls(node.this)
        return self.holds(node.this, not wanted)

    def _column(self, column: exp.Column, wanted: bool) -> exp.Expr:
        flag = self.flag_of(column)
        if flag is None:
            self.complain(column, "is no yes or no, so it cannot stand alone as a condition")
            return column
        if flag.nullable and flag.missing is None and not wanted:
            self.complain(column, "may be NULL, and nobody says what that means")
        return flag_test(column, flag, wanted)

    def _leaf(self, node: exp.Expr, wanted: bool) -> exp.Expr:
        if _is_value(node):
            self.refuse(node)
            return exp.Boolean(this=wanted)
        if wanted and (isinstance(node, exp.NEQ) or node.args.get("negate") or _is_bit_off(node)):
            self._check_nulls(node)
        node = self.inside(node)
        if wanted:
            return node
        if isinstance(node, (exp.Exists, exp.Is)):
            return exp.Not(this=node)
        sides = [side for side in (node.args.get("this"), node.args.get("expression")) if isinstance(side, exp.Expr)]
        opposite = _OPPOSITE.get(type(node))
        if opposite is None:
            unknown = [exp.Is(this=exp.paren(node.copy()), expression=exp.Null())]
            if isinstance(node, exp.In) and not node.args.get("query") and not self._unsure(node.this):
                unknown = []
            turned: exp.Expr = exp.Not(this=exp.paren(node))
        else:
            unknown = [exp.Is(this=_side(side), expression=exp.Null()) for side in sides if self._unsure(side)]
            turned = opposite(this=node.this, expression=node.expression)
        return exp.paren(exp.or_(turned, *unknown)) if unknown else turned

    def _unsure(self, side: exp.Expr) -> bool:
        """Whether one side of a comparison may be NULL."""
        if isinstance(side, exp.Paren):
            return self._unsure(side.this)
        if isinstance(side, exp.Column):
            return self.may_be_null(side)
        return not isinstance(side, (exp.Boolean, exp.Literal, exp.Placeholder))

    def _check_nulls(self, node: exp.Expr) -> None:
        """A "differs from" or "is none of" silently drops the rows where a column is NULL."""
        for column in _operands(node):
            if self.may_be_null(column) and not _tested_for_null(column, node):
                self.complain(column, "may be NULL, and a row where it is would silently be left out")


def _side(side: exp.Expr) -> exp.Expr:
    return side.copy() if isinstance(side, exp.Column) else exp.paren(side.copy())


def flag_test(column: exp.Column, flag: FlagColumn, wanted: bool) -> exp.Expr:
    """The test for a yes or no in the form that an index on the column serves."""
    codes, others = (flag.true, flag.false) if wanted else (flag.false, flag.true)
    if not codes and not others:
        test: exp.Expr = exp.EQ(this=column.copy(), expression=exp.Boolean(this=wanted))
    elif codes:
        test = _among(column, codes)
    else:
        test = (
            exp.NEQ(this=column.copy(), expression=others[0].copy())
            if len(others) == 1
            else exp.Not(this=_among(column, others))
        )
    if flag.nullable and flag.missing is wanted:
        return exp.paren(exp.or_(test, exp.Is(this=column.copy(), expression=exp.Null())))
    return test


def _among(column: exp.Column, codes: tuple[exp.Expr, ...]) -> exp.Expr:
    if len(codes) == 1:
        return exp.EQ(this=column.copy(), expression=codes[0].copy())
    return exp.In(this=column.copy(), expressions=[code.copy() for code in codes])


def _grouped(side: exp.Expr, inside: type[exp.Expr]) -> exp.Expr:
    return exp.paren(side, copy=False) if isinstance(side, (exp.And, exp.Or)) and not isinstance(side, inside) else side


def _operands(node: exp.Expr) -> list[exp.Column]:
    """The columns whose NULL makes a comparison unknown: not those of sub-selects, nor where NULL is provided for."""
    found: list[exp.Column] = []
    waiting = [child for child in (node.args.get("this"), node.args.get("expression")) if isinstance(child, exp.Expr)]
    while waiting:
        child = waiting.pop()
        if isinstance(child, exp.Column):
            found.append(child)
        elif not isinstance(child, (exp.Case, exp.Coalesce, exp.Subquery, exp.Select)):
            waiting.extend(each for each in child.iter_expressions())
    return found


def _is_value(node: exp.Expr) -> bool:
    """Whether SQL is plainly a number or a text. SQLite and MariaDB take those for conditions, PostgreSQL does not."""
    match node:
        case exp.Paren():
            return _is_value(node.this)
        case exp.Case():
            results = [*(each.args["true"] for each in node.args["ifs"]), node.args.get("default")]
            return any(_is_value(result) for result in results if result is not None)
        case exp.Coalesce():
            return any(_is_value(each) for each in (node.this, *node.expressions))
        case _:
            return isinstance(node, _VALUES)


def _is_bit_off(node: exp.Expr) -> bool:
    """Whether bits of a mask must be off: that is a negation, though it is written with `=`."""
    if not isinstance(node, exp.EQ):
        return False
    sides = [side.unnest() for side in (node.this, node.expression)]
    return any(isinstance(side, exp.BitwiseAnd) for side in sides) and any(
        isinstance(side, exp.Literal) and side.this == "0" for side in sides
    )


def _tested_for_null(column: exp.Column, node: exp.Expr) -> bool:
    root = node.root()
    return any(isinstance(test.this, exp.Column) and test.this == column for test in root.find_all(exp.Is))


_VALUES = (
    exp.Abs,
    exp.Add,
    exp.AggFunc,
    exp.BitwiseAnd,
    exp.BitwiseLeftShift,
    exp.BitwiseNot,
    exp.BitwiseOr,
    exp.BitwiseRightShift,
    exp.BitwiseXor,
    exp.Concat,
    exp.Div,
    exp.DPipe,
    exp.Length,
    exp.Literal,
    exp.Lower,
    exp.Mod,
    exp.Mul,
    exp.Neg,
    exp.Round,
    exp.Sub,
    exp.Substring,
    exp.Trim,
    exp.Upper,
)
"""What gives a number or a text, whatever it is given."""

_OPPOSITE: dict[type[exp.Expr], type[exp.Binary]] = {
    exp.EQ: exp.NEQ,
    exp.GT: exp.LTE,
    exp.GTE: exp.LT,
    exp.LT: exp.GTE,
    exp.LTE: exp.GT,
    exp.NEQ: exp.EQ,
}
