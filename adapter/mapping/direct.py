"""Finds what belongs to a session by its own reference to it, without the session being found once more. Knows no rows.

Of `ticket k JOIN ticket_item i ON i.ticket_id = k.id WHERE NOT k.voided AND k.id = ?` there remains `ticket_item i WHERE
i.ticket_id = ?`. Whether a session is wanted, its own branch says: what comes of one that is not finds no session in the same
answer and is dropped (`adapter/mapping/gather.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace
from sqlglot import exp

from adapter.mapping.catalogue import ColumnFact
from adapter.mapping.plans import Part, is_key, pruned
from adapter.mapping.trees import aliases, in_brackets

Fact = Callable[[exp.Column], ColumnFact | None]
"""What the catalogue knows of a column."""

_EXACT = frozenset({"integer", "uuid"})
"""Kinds of keys that are equal only where they are the same, whatever the engine: texts may differ in case, and still join."""


def direct(part: Part, root: Sequence[exp.Expr], fact: Fact) -> Part:
    """The branch without its sessions' own table, where it needs nothing of it but the key by which the two are joined.

    `root` are those of its conditions that say which sessions are wanted, among them what the key must be. One that counts
    on more of the session than its key is the session's alone, unless it says which rows of another table go with it.
    """
    short = pruned(part)
    if part.kind == "session" or not short.joins or in_brackets(short.first) is not None:
        return part
    join, *others = short.joins
    on = join.args.get("on")
    if join.side or join.kind not in ("", "INNER") or on is None:
        return part
    tied = list(on.flatten()) if isinstance(on, exp.And) else [on]
    keys = [tree for name, tree in part.outputs.items() if is_key(name)]
    stands_for, said = _references(keys, tied, aliases(join), fact)
    if len(stands_for) < len({_place(key) for key in keys}):
        return part

    gone = frozenset({short.first.alias_or_name.casefold()})
    own = [condition for condition in short.where if not any(condition is wanted for wanted in root)]
    asked = [condition for condition in root if not _mentions(_told(condition, stands_for), gone)]
    left_out = [condition for condition in root if not any(condition is one for one in asked)]
    there = frozenset(alias for each in short.joins for alias in aliases(each))
    rest = [condition for condition in tied if not any(condition is one for one in said)]
    # A SELECT inside that calls a table of its own by the same name would take what stands for the key for that table's.
    names = frozenset(column.table.casefold() for column in stands_for.values())
    told = (*part.outputs.values(), *others, *short.where, *rest)
    if any(_takes(tree, names) for tree in told) or any(_mentions(tree, there) for tree in left_out):
        return part
    made = replace(
        part,
        outputs={name: _told(tree, stands_for) for name, tree in part.outputs.items()},
        first=join.this,
        joins=tuple(_told(other, stands_for) for other in others),
        where=tuple(_told(condition, stands_for) for condition in (*asked, *rest, *own)),
    )
    trees = (*made.outputs.values(), made.first, *made.joins, *made.where)
    return part if not asked or any(_mentions(tree, gone) for tree in trees) else made


Place = tuple[str, str]


def _place(tree: exp.Expr) -> Place:
    return (tree.table.casefold(), tree.name) if isinstance(tree, exp.Column) else ("", tree.sql())


def _references(
    keys: Sequence[exp.Expr], tied: Sequence[exp.Expr], brought: frozenset[str], fact: Fact
) -> tuple[dict[Place, exp.Column], list[exp.Expr]]:
    """What stands for each column of the key in the table that is joined, and the conditions that say so."""
    found: dict[Place, exp.Column] = {}
    said: list[exp.Expr] = []
    wanted = {_place(key): key for key in keys}
    for condition in tied:
        if not isinstance(condition, exp.EQ):
            continue
        for own, other in ((condition.this, condition.expression), (condition.expression, condition.this)):
            key = wanted.get(_place(own))
            is_free = _place(own) not in found and _place(other) not in map(_place, found.values())
            if key is None or not is_free or not _is_of(other, brought) or not _is_same(key, other, fact):
                continue
            found[_place(own)] = other
            said.append(condition)
            break
    return found, said


def _is_of(tree: exp.Expr, brought: frozenset[str]) -> bool:
    return isinstance(tree, exp.Column) and tree.table.casefold() in brought


def _is_same(key: exp.Expr, other: exp.Expr, fact: Fact) -> bool:
    """Whether both columns hold the same kind of value, so that equal ones are the same to the adapter too."""
    if not isinstance(key, exp.Column) or not isinstance(other, exp.Column):
        return False
    one, two = fact(key), fact(other)
    return one is not None and two is not None and _kind(one) is not None and _kind(one) == _kind(two)


def _kind(fact: ColumnFact) -> tuple[str, int] | None:
    """What is the same of columns whose equal values are the same; None where equal ones may differ."""
    is_bits = fact.type_name.upper().startswith("BIT")  # of a whole number, on MariaDB: they come as bytes
    return (fact.family, fact.bits) if fact.family in _EXACT and not is_bits else None


def _told(tree: exp.Expr, stands_for: Mapping[Place, exp.Column]) -> exp.Expr:
    """The tree with what stands for the key in place of it."""

    def put(node: exp.Expr) -> exp.Expr:
        column = stands_for.get(_place(node)) if isinstance(node, exp.Column) else None
        return node if column is None else column.copy()

    return tree.transform(put)


def _mentions(tree: exp.Expr, names: frozenset[str]) -> bool:
    """Whether anything in a tree is of a table of these names, or takes one of them for itself."""
    columns = tree.find_all(exp.Column)
    return any((column.table or column.name).casefold() in names for column in columns) or _takes(tree, names)


def _takes(tree: exp.Expr, names: frozenset[str]) -> bool:
    """Whether a table inside a tree is called by one of these names."""
    return any(
        node.alias_or_name.casefold() in names for node in tree.find_all(exp.Table, exp.Subquery, exp.TableAlias)
    )
