"""SQLite from 3.35 on. It has no exact decimals: amounts are floats there, taken by their shortest text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from adapter.mapping.engines.base import Engine, LedgerWords, rewritten

_NUDGE = "1.00000000000001"
"""Half a penny stands as a float a little below or above itself; this moves it to the side where decimals round it."""
_AMOUNTS = frozenset({"amount", "cashback", "charged", "due_after", "paid_after", "paid_before", "tip", "total"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SQLite(Engine):
    """What SQLite does its own way."""

    def ported(self, tree: exp.Expr) -> exp.Expr:
        """See Engine."""
        return rewritten(tree, _ported)

    def now(self) -> exp.Expr:
        """See Engine: a text, in UTC."""
        words = [exp.Literal.string("%Y-%m-%d %H:%M:%f"), exp.Literal.string("now")]
        return exp.Anonymous(this="STRFTIME", expressions=words)

    def hold(self, select: exp.Select, alias: str | None) -> None:
        """See Engine: a transaction that may write has the whole file to itself (BEGIN IMMEDIATE)."""

    def one_of(self, columns: Sequence[exp.Expr], names: Sequence[str], forms: Sequence[str] = ()) -> exp.Expr:  # noqa: ARG002 -- see Engine
        """See Engine: each list is one JSON text."""
        aliases = [f"w{index}" for index in range(len(names))]
        sources = [
            exp.Table(
                this=exp.Anonymous(this="JSON_EACH", expressions=[exp.Placeholder(this=name)]),
                alias=exp.TableAlias(this=exp.to_identifier(alias)),
            )
            for name, alias in zip(names, aliases, strict=True)
        ]
        rows = exp.Select(expressions=[exp.column("value", table=alias) for alias in aliases]).from_(sources[0])
        for alias, source in zip(aliases[1:], sources[1:], strict=True):
            same = exp.EQ(this=exp.column("key", table=alias), expression=exp.column("key", table=aliases[0]))
            rows = rows.join(source, on=same)
        left = columns[0] if len(columns) == 1 else exp.Tuple(expressions=list(columns))
        return exp.In(this=left, query=exp.Subquery(this=rows))

    def as_decimal(self, tree: exp.Expr) -> exp.Expr:
        """See Engine: there are none."""
        return tree

    def rounded(self, tree: exp.Expr, digits: int) -> exp.Expr:
        """See Engine."""
        return _rounded(tree, exp.Literal.number(digits))

    def cut(self, tree: exp.Expr, length: int) -> exp.Expr:
        """See Engine."""
        return _letters(tree, exp.Literal.number(1), exp.Literal.number(length))


def _ported(node: exp.Expr) -> exp.Expr:
    match node:
        case exp.Cast():
            return _cast(node)
        case exp.Concat():
            parts = [exp.Coalesce(this=part, expressions=[exp.Literal.string("")]) for part in node.expressions]
            joined: exp.Expr = parts[0]
            for part in parts[1:]:
                joined = exp.DPipe(this=joined, expression=part)
            return exp.paren(joined)
        case exp.Div():
            exact = exp.Cast(this=node.this, to=exp.DataType.build("real"))
            return exp.Div(this=exact, expression=node.expression, typed=True, safe=True)
        case exp.Left():
            return _letters(node.this, exp.Literal.number(1), node.expression)
        case exp.Round():
            return _rounded(node.this, node.args.get("decimals") or exp.Literal.number(0))
    return node


def _cast(node: exp.Cast) -> exp.Expr:
    """Types are no more than a leaning here: what a cast to them does elsewhere is said in full."""
    size = [int(str(each.this.this)) for each in node.to.expressions]
    if node.to.is_type("decimal"):
        exact = _rounded(node.this, exp.Literal.number(size[1]))
        exact.meta["digits"] = size[1]
        return exact
    value = _plain_text(node.this)
    return value if not size else _letters(value, exp.Literal.number(1), exp.Literal.number(size[0]))


def _plain_text(value: exp.Expr) -> exp.Expr:
    """A value as a text, with all the decimals that an exact one has elsewhere."""
    if isinstance(value, (exp.Placeholder, exp.Parameter)) and value.name in _AMOUNTS:
        return exp.Placeholder(this=f"{value.name}_text")
    if "digits" in value.meta:
        form = exp.Literal.string(f"%.{value.meta['digits']}f")
        return exp.Anonymous(this="PRINTF", expressions=[form, value])
    return exp.Cast(this=value, to=exp.DataType.build("text"))


def _rounded(value: exp.Expr, digits: exp.Expr) -> exp.Expr:
    nudged = exp.Mul(this=exp.paren(value), expression=exp.Literal.number(_NUDGE))
    return exp.Anonymous(this="ROUND", expressions=[nudged, digits])


def _letters(value: exp.Expr, start: exp.Expr, length: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this="SUBSTR", expressions=[value, start, length])


SQLITE = SQLite(
    name="sqlite",
    shown="SQLite",
    speaks="sqlite",
    writes="sqlite",
    client="sqlite3",
    types_first=False,
    schemas=False,
    explains="EXPLAIN QUERY PLAN",
    ledger=LedgerWords(
        types={
            "uuid": "text",
            "moment": "text",
            "text": "text",
            "key_text": "text",
            "number": "integer",
            "counter": "integer NOT NULL PRIMARY KEY AUTOINCREMENT",
            "flag": "boolean",
            "version": "integer",
        },
        clock="STRFTIME('%Y-%m-%d %H:%M:%f', 'now')",
        exists="SELECT COUNT(*) > 0 FROM sqlite_master WHERE type = 'table' AND name = :name",
        recently="(JULIANDAY('now') - JULIANDAY({moment})) * 86400 < :seconds",
        age="(JULIANDAY('now') - JULIANDAY({moment})) * 86400",
    ),
)
