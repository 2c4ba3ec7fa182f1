"""Looks into parsed SQL: which aliases a column can see, how deep a tree is, where it stands. Reports nothing."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from sqlglot import exp


class Origin(Struct, frozen=True, kw_only=True):
    """What an alias stands for: a table, or the outputs of a SELECT."""

    table: str | None
    """The table's name as written, or None for a SELECT."""
    schema: str | None = None
    outputs: frozenset[str] | None = None
    """The output names of a SELECT, folded; None when they cannot be told."""


Scope = Mapping[str, Origin]
"""Every alias in reach, folded, and what it stands for."""


def depth(tree: exp.Expr) -> int:
    """How deeply a tree is nested; walked without recursion, which is what it guards."""
    deepest, level = 0, [tree]
    while level:
        deepest += 1
        level = [child for node in level for child in node.iter_expressions()]
    return deepest


def inner_scopes(column: exp.Column, root: exp.Expr) -> list[dict[str, Origin]]:
    """The aliases of the SELECTs around a column, innermost first, up to the fragment's root."""
    scopes = []
    node: exp.Expr | None = column
    while node is not None:
        if isinstance(node, exp.Select) and (node is root or root in ancestors(node)):
            scopes.append(origins(node))
        if node is root:
            break
        node = node.parent
    return scopes


def ancestors(node: exp.Expr) -> list[exp.Expr]:
    """Everything a node stands in, from the inside out."""
    found = []
    while node.parent is not None:
        node = node.parent
        found.append(node)
    return found


def origins(select: exp.Select) -> dict[str, Origin]:
    """The aliases of a SELECT, and what each stands for."""
    found: dict[str, Origin] = {}
    ctes = {cte.alias.casefold(): outputs(cte.this) for cte in select.ctes}
    from_ = select.args.get("from_") or select.args.get("from")
    sides = ([from_.this] if from_ is not None else []) + [join.this for join in select.args.get("joins") or ()]
    for node in (source for side in sides for source in sources(side)):
        alias = node.alias_or_name.casefold()
        if isinstance(node, exp.Table) and node.name.casefold() in ctes:
            found[alias] = Origin(table=None, outputs=ctes[node.name.casefold()])
            node.meta["cte"] = True
        elif isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
            found[alias] = Origin(table=node.name, schema=node.db or None)
        else:
            found[alias] = Origin(table=None, outputs=outputs(node.this if isinstance(node, exp.Subquery) else node))
    return found


def in_brackets(node: exp.Expr) -> list[exp.Join] | None:
    """The joins of `(a JOIN b ON ...)`, which is one side of a join without a name of its own; None for anything else."""
    if not isinstance(node, exp.Subquery) or node.alias or not isinstance(node.this, exp.Table):
        return None
    joins = list(node.this.args.get("joins") or ())
    return joins + [inner for join in joins for inner in in_brackets(join.this) or ()]


def sources(node: exp.Expr) -> list[exp.Expr]:
    """What one side of a join brings in: itself, or everything in its brackets."""
    if in_brackets(node) is None:
        return [node]
    joins = node.this.args.get("joins") or ()
    return [node.this, *(source for join in joins for source in sources(join.this))]


def aliases(join: exp.Join) -> frozenset[str]:
    """The names under which a join brings in its tables."""
    return frozenset(source.alias_or_name.casefold() for source in sources(join.this))


def outputs(select: exp.Expr | None) -> frozenset[str] | None:
    """The output names of a SELECT, or None where they cannot be told (a star, a function that gives rows)."""
    if not isinstance(select, exp.Query):
        return None
    names = [output.alias_or_name.casefold() for output in select.selects]
    return None if "*" in names or "" in names else frozenset(names)


def has_clauses(select: exp.Select) -> bool:
    """Whether a SELECT has more than outputs."""
    kept = {"expressions", "kind", "hint", "distinct", "operation_modifiers"}
    return any(value for name, value in select.args.items() if name not in kept) or bool(select.args.get("distinct"))


def start_of(node: exp.Expr) -> int:
    """Offset of the first name in a tree, in the text that was parsed."""
    for inner in node.find_all(exp.Identifier):
        start = inner.meta.get("start")
        if start is not None:
            table = inner.parent
            if isinstance(table, exp.Column) and table.args.get("table") is not None:
                return int(table.args["table"].meta.get("start", start))
            return int(start)
    return 0


def offset(text: str, line: int | None, column: int | None) -> int:
    """Offset of a line and column as the parser counts them."""
    if not line or not column:
        return 0
    lines = text.split("\n")
    return sum(len(before) + 1 for before in lines[: line - 1]) + column - 1
