"""Lays the row of a session out as two, where that makes every row of a statement narrower. Knows no engine and no rows.

A session has two dozen fields and a line ten, and in one statement each row is as wide as the widest: of orders more than half
of the places in a line's row were empty, and each NULL is written, sent and read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from msgspec.structs import replace
from sqlglot import exp

from adapter.mapping.plans import REST, Identity, Part, identity, is_key, width
from adapter.mapping.trees import aliases

_WORTH = 3
"""Columns that must be saved, for the database finds each session once more."""


def narrowed(parts: Sequence[Part], types: Mapping[Identity, str]) -> list[Part]:
    """The same branches, of which the first, the sessions' own, is followed by its other half if that is worth it.

    Both halves begin with the session's key and have the same conditions, so in one statement they tell of the same sessions.
    """
    session, *others = parts
    if session.derived or not others:
        return list(parts)
    halves = [*_halves(session, types), *others]
    return halves if width(halves, types) + _WORTH <= width(parts, types) else list(parts)


def _halves(session: Part, types: Mapping[Identity, str]) -> tuple[Part, Part]:
    """The outputs dealt out by turns, those of each type by themselves; what is the same expression stays together.

    What an outer join brings in is all in the first half, so that the other does without the join.
    """
    brought = frozenset(alias for join in session.joins if join.side == "LEFT" for alias in aliases(join))
    groups: defaultdict[str, dict[Identity, dict[str, exp.Expr]]] = defaultdict(dict)
    own: dict[str, exp.Expr] = {}
    for name, tree in session.outputs.items():
        key = identity(tree)
        if is_key(name):
            own[name] = tree
        else:
            groups[types.get(key, "")].setdefault(key, {})[name] = tree
    first, second = dict(own), dict(own)
    for group in groups.values():
        joined = {key: _is_of(brought, *outputs.values()) for key, outputs in group.items()}
        dealt = sorted(group, key=lambda key: not joined[key])
        half = max(sum(joined.values()), (len(group) + 1) // 2)
        for place, key in enumerate(dealt):
            (first if place < half else second).update(group[key])
    return replace(session, outputs=first), replace(session, outputs=second, index=REST)


def _is_of(brought: frozenset[str], *trees: exp.Expr) -> bool:
    return any(column.table.casefold() in brought for tree in trees for column in tree.find_all(exp.Column))
