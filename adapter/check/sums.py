"""Counts the rows that a SUM leaves out because a part of what is added is NULL there: their other amounts go with it."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from adapter.check.looking import Look
from adapter.errors import InvalidFile
from adapter.mapping.trees import aliases


async def look_at_sums(look: Look) -> None:
    """Find sums of differences, as of a payment and its tip, in which NULL takes a whole row along."""
    for path, fragments in look.mapping.fragments.items():
        for fragment in fragments:
            if next(fragment.tree.find_all(exp.Sum), None) is None:
                continue
            try:
                tree = look.binder.expression(fragment)
            except InvalidFile:
                continue  # what does not fit has been said
            for select, lost, kept in _losing(tree):
                await _count(look, path, select, lost, kept)


def _losing(tree: exp.Expr) -> Iterator[tuple[exp.Select, exp.Expr, exp.Expr]]:
    """Each part of a sum or difference inside a SUM, with its sub-select and the part that goes with it."""
    for total in tree.find_all(exp.Sum):
        select = total.find_ancestor(exp.Select)
        if select is None:
            continue
        for pair in total.find_all(exp.Add, exp.Sub):
            if pair.find_ancestor(exp.Sum, exp.Select) is not total:
                continue
            for lost, kept in ((pair.this, pair.expression), (pair.expression, pair.this)):
                if next(lost.find_all(exp.Column), None) is not None:
                    yield select, lost, kept


async def _count(look: Look, path: tuple[str | int, ...], select: exp.Select, lost: exp.Expr, kept: exp.Expr) -> None:
    source = select.args.get("from_") or select.args.get("from")
    if source is None or select.args.get("joins"):
        return  # only a plain table can be asked without the check around it
    own = set(aliases(source))
    if not all(column.table.casefold() in own for side in (lost, kept) for column in side.find_all(exp.Column)):
        return
    asked = exp.Select(expressions=[exp.Count(this=exp.Star())])
    asked.set("from_" if "from_" in select.args else "from", source.copy())
    conditions = select.args["where"].this.flatten() if select.args.get("where") is not None else ()
    for condition in conditions:
        if all(column.table.casefold() in own for column in condition.find_all(exp.Column)):
            asked = asked.where(condition.copy(), copy=False)
    asked = asked.where(exp.Is(this=exp.paren(lost.copy()), expression=exp.Null()), copy=False)
    asked = asked.where(exp.Not(this=exp.Is(this=exp.paren(kept.copy()), expression=exp.Null())), copy=False)
    rows = await look.prober.select(path, "sums with NULL in them", asked)
    if rows and rows[0][0]:
        names = ", ".join(dict.fromkeys(column.sql() for column in lost.find_all(exp.Column)))
        look.findings.add(
            "warning",
            "null-undeclared",
            path,
            f"SUM leaves {rows[0][0]} rows out whole, because what it adds of {names} is NULL there",
            "write COALESCE(..., 0) around that part of the sum",
        )
