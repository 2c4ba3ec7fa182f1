"""SQL Server from 2019 on. Its SQL is compiled and reviewed, and has not been run by us.

It has no booleans: a condition is no value and a value no condition, so each is made the other where it must be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from adapter.mapping.engines.base import Engine, LedgerWords, rewritten

_CONDITIONS = (
    exp.And,
    exp.Between,
    exp.EQ,
    exp.Exists,
    exp.GT,
    exp.GTE,
    exp.In,
    exp.Is,
    exp.LT,
    exp.LTE,
    exp.Like,
    exp.NEQ,
    exp.Not,
    exp.Or,
)
_TYPES = {"bigint": "bigint", "bpchar": "nvarchar(450)", "text": "nvarchar(450)", "uuid": "uniqueidentifier"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SQLServer(Engine):
    """What SQL Server does its own way."""

    def spelled(self, tree: exp.Expr) -> exp.Expr:
        """See Engine."""
        if isinstance(tree, exp.Update):
            _update_by_alias(tree)
        return _value(tree) if isinstance(tree, _CONDITIONS) else _inside(tree)

    def ported(self, tree: exp.Expr) -> exp.Expr:
        """See Engine."""
        return rewritten(tree, _ported)

    def now(self) -> exp.Expr:
        """See Engine: in UTC."""
        return exp.Anonymous(this="SYSUTCDATETIME")

    def hold(self, select: exp.Select, alias: str | None) -> None:
        """See Engine: by hints on the tables."""
        from_ = select.args.get("from_") or select.args.get("from")
        tables = [from_.this, *(join.this for join in select.args.get("joins") or ())] if from_ is not None else []
        for table in tables:
            if isinstance(table, exp.Table) and alias in (None, table.alias_or_name):
                words = [exp.Var(this=word) for word in ("UPDLOCK", "ROWLOCK", "HOLDLOCK")]
                table.set("hints", [exp.WithTableHint(expressions=words)])

    def one_of(self, columns: Sequence[exp.Expr], names: Sequence[str], forms: Sequence[str] = ()) -> exp.Expr:
        """See Engine: each list is one JSON text."""
        kinds = [_TYPES[form] for form in forms] or ["nvarchar(450)"] * len(columns)
        aliases = [f"w{index}" for index in range(len(names))]
        sources = [
            exp.Table(
                this=exp.Anonymous(this="OPENJSON", expressions=[exp.Placeholder(this=name)]),
                alias=exp.TableAlias(this=exp.to_identifier(alias)),
            )
            for name, alias in zip(names, aliases, strict=True)
        ]
        values = [
            exp.Cast(this=exp.column("value", table=alias), to=exp.DataType.build(kind, dialect="tsql"))
            for alias, kind in zip(aliases, kinds, strict=True)
        ]
        rows = exp.Select().from_(sources[0])
        for alias, source in zip(aliases[1:], sources[1:], strict=True):
            same = exp.EQ(
                this=exp.column("key", table=alias, quoted=True),
                expression=exp.column("key", table=aliases[0], quoted=True),
            )
            rows = rows.join(source, on=same)
        if len(columns) == 1:
            return exp.In(this=columns[0], query=exp.Subquery(this=rows.select(values[0])))
        # A row is no value here, so the pairs are looked for one by one.
        tests = [exp.EQ(this=value, expression=column) for value, column in zip(values, columns, strict=True)]
        return exp.Exists(this=rows.select("1").where(*tests))

    def returned(self, column: exp.Identifier) -> exp.Expr:
        """See Engine."""
        return exp.Column(this=column, table=exp.to_identifier("inserted"))

    def as_text(self, tree: exp.Expr) -> exp.Expr:
        """See Engine."""
        return exp.Cast(this=tree, to=exp.DataType.build("nvarchar(max)", dialect="tsql"))


def _update_by_alias(update: exp.Update) -> None:
    """`UPDATE k SET ... FROM checks AS k`: an alias stands in the FROM alone."""
    table = update.this
    if isinstance(table, exp.Table) and table.alias and table.alias != table.name:
        update.set("from_", exp.From(this=table.copy()))
        update.set("this", exp.to_table(table.alias))


def _inside(tree: exp.Expr) -> exp.Expr:
    """A tree whose values and conditions each stand where they may."""
    for name, value in list(tree.args.items()):
        is_condition = _holds_condition(tree, name)
        if isinstance(value, exp.Expr):
            tree.set(name, _condition(value) if is_condition else _value(value))
        elif isinstance(tree, exp.Update) and name == "expressions":
            for assignment in tree.expressions:
                assignment.set("expression", _value(assignment.expression))
        elif isinstance(value, list):
            tree.set(name, [_value(each) if isinstance(each, exp.Expr) else each for each in value])
    return tree


def _holds_condition(tree: exp.Expr, name: str) -> bool:
    if isinstance(tree, (exp.And, exp.Or, exp.Not)):
        return True
    if isinstance(tree, exp.Paren):
        return isinstance(tree.parent, (exp.And, exp.Or, exp.Not, exp.Where, exp.Having, exp.Join, exp.If))
    if isinstance(tree, exp.If):
        return name == "this" and not (isinstance(tree.parent, exp.Case) and tree.parent.args.get("this"))
    if isinstance(tree, exp.Join):
        return name == "on"
    return isinstance(tree, (exp.Where, exp.Having)) and name == "this"


def _condition(node: exp.Expr) -> exp.Expr:
    """Something that must be a condition."""
    if isinstance(node, exp.Paren):
        node.set("this", _condition(node.this))
        return node
    if isinstance(node, exp.Boolean):
        one, other = exp.Literal.number(1), exp.Literal.number(1 if node.this else 0)
        return exp.EQ(this=one, expression=other)
    if isinstance(node, _CONDITIONS):
        return _inside(node)
    return exp.EQ(this=_value(node), expression=exp.Literal.number(1))


def _value(node: exp.Expr) -> exp.Expr:
    """Something that must be a value."""
    if isinstance(node, exp.Paren) and isinstance(node.unnest(), _CONDITIONS):
        return _value(node.unnest())
    if isinstance(node, _CONDITIONS) and not isinstance(node.parent, (exp.Where, exp.Having)):
        yes, no = exp.Literal.number(1), exp.Literal.number(0)
        if isinstance(node, (exp.Exists, exp.Is)):
            return _inside(exp.Case(ifs=[exp.If(this=node.copy(), true=yes)], default=no))
        # NULL stays unknown: neither the condition nor its opposite holds.
        turned = exp.Not(this=exp.paren(node.copy()))
        ifs = [exp.If(this=node.copy(), true=yes), exp.If(this=turned, true=no)]
        return _inside(exp.Case(ifs=ifs))
    if isinstance(node, exp.Boolean):
        return exp.Literal.number(int(bool(node.this)))
    return _inside(node)


def _ported(node: exp.Expr) -> exp.Expr:
    match node:
        case exp.Cast() if node.to.is_type("text", "varchar"):
            size = [str(each.this.this) for each in node.to.expressions] or ["max"]
            return exp.Cast(this=node.this, to=exp.DataType.build(f"nvarchar({size[0]})", dialect="tsql"))
        case exp.Div():
            # Whole numbers divide to whole numbers, and so do decimals without decimals.
            exact = exp.Mul(this=exp.paren(node.this), expression=exp.Literal.number("1.0"))
            return exp.Div(this=exact, expression=node.expression, typed=True)
        case exp.MD5():
            letters = exp.Cast(this=node.this, to=exp.DataType.build("varchar(8000)", dialect="tsql"))
            digest = exp.Anonymous(this="HASHBYTES", expressions=[exp.Literal.string("MD5"), letters])
            shown = [exp.Var(this="VARCHAR(32)"), digest, exp.Literal.number(2)]
            return exp.Lower(this=exp.Anonymous(this="CONVERT", expressions=shown))
    return node


SQLSERVER = SQLServer(
    name="sqlserver",
    shown="SQL Server",
    speaks="sqlserver",
    writes="tsql",
    client="sqlcmd",
    explains="",
    ledger=LedgerWords(
        before=("IF SCHEMA_ID('{schema}') IS NULL EXEC('CREATE SCHEMA {schema}')",),
        create="IF OBJECT_ID('{table}') IS NULL CREATE TABLE {table}",
        types={
            "uuid": "uniqueidentifier",
            "moment": "datetime2(6)",
            "text": "nvarchar(max)",
            "key_text": "nvarchar(255)",
            "number": "bigint",
            "counter": "bigint NOT NULL IDENTITY PRIMARY KEY",
            "flag": "bit",
            "version": "integer",
        },
        index="""\
IF INDEXPROPERTY(OBJECT_ID('{table}'), '{name}', 'IndexID') IS NULL CREATE INDEX {name} ON {table} ({columns})""",
        clock="SYSUTCDATETIME()",
        exists="SELECT CASE WHEN OBJECT_ID(:name) IS NULL THEN 0 ELSE 1 END",
        recently="{moment} > DATEADD(SECOND, -:seconds, SYSUTCDATETIME())",
        age="DATEDIFF_BIG(MILLISECOND, {moment}, SYSUTCDATETIME()) / 1000.0",
        one_row="SELECT TOP 1 {what}",
        once="",
    ),
)
