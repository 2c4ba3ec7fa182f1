"""Where discounts, charges, taxes and payments stand: in rows of their own, or in those of their session or item.

A discount of a line is mostly a column of the line. Where its rows are the rows of [item], reading them once is enough:
a statement with one branch less is a tenth faster. Knows nothing of statements.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct
from sqlglot import exp

from adapter.mapping.fragments import Clause, Fragment
from adapter.mapping.load import Mapping
from adapter.mapping.walk import BESIDE
from adapter.toml.locate import Path


class Place(Struct, frozen=True, kw_only=True):
    """The rows that a discount or charge stands in, and the condition under which it does."""

    owner: Literal["item", "session"]
    condition: Fragment | None


def extra_place(mapping: Mapping, path: Path) -> Place | None:
    """Where a discount or charge stands; None when it has rows of its own."""
    if path[0] not in BESIDE or path in mapping.rows:
        return None
    clause = mapping.clauses[path]
    condition = mapping.fragment(*path, "where")
    if not clause.joins:
        return Place(owner="session", condition=condition)
    item = mapping.clauses.get(("item",))
    if item is None or not _same_rows(clause, item) or mapping.file.session.select is not None:
        return None
    rest = _without(condition, mapping.fragment("item", "where"))
    return None if rest is None else Place(owner="item", condition=rest.fragment)


def moment_name(path: Path) -> str:
    """What the output of a session's row is called that tells when the lines of an entity were ordered."""
    return ".".join(("at", *map(str, path)))


class _Rest(Struct, frozen=True, kw_only=True):
    fragment: Fragment | None


def _same_rows(clause: Clause, item: Clause) -> bool:
    return [join.sql() for join in clause.joins] == [join.sql() for join in item.joins]


def _without(condition: Fragment | None, known: Fragment | None) -> _Rest | None:
    """What a condition asks beside what is known to hold; None when something that is known is not asked for."""
    asked = _conjuncts(condition)
    for part in _conjuncts(known):
        matching = next((each for each in asked if each == part), None)
        if matching is None:
            return None
        asked.remove(matching)
    if condition is None or not asked:
        return _Rest(fragment=None)
    return _Rest(fragment=Fragment(path=condition.path, tree=exp.and_(*(part.copy() for part in asked))))


def _conjuncts(fragment: Fragment | None) -> list[exp.Expr]:
    if fragment is None:
        return []
    tree = fragment.tree
    return list(tree.flatten()) if isinstance(tree, exp.And) else [tree]
