"""Finds look-ups that no index serves, and statements that go through many rows for a few, by the database's estimate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from adapter.check.engines import EVERY, Visit
from adapter.check.joins import matched
from adapter.check.looking import Look
from adapter.check.uses import TableKey
from adapter.mapping.search import Search
from adapter.toml.locate import Path

MANY_ROWS = 10_000
"""Rows that no statement for one bill should go through."""
_GROWN = 1_000
"""Rows from which on a table is no longer read as fast as its index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _LookUp:
    """Rows of one table that are wanted by the values of some columns."""

    key: TableKey
    columns: tuple[str, ...]
    path: Path
    what: str
    grows: bool
    """Whether the table has more rows every evening."""


async def look_at_indexes(look: Look) -> None:
    """Find look-ups without an index."""
    inspector = look.inspector
    if inspector is None:
        look.not_on_this_engine((), "indexes")
        return
    seen: set[tuple[TableKey, str]] = set()
    for one in _look_ups(look):
        state = look.states.get(one.key)
        if state is None or state.indexes is None or not state.is_table or (one.key, one.columns[0]) in seen:
            continue
        if any(index.columns[0] in one.columns and not index.partial for index in state.indexes):
            continue
        seen |= {(one.key, column) for column in one.columns}
        rows = await _rows_in(look, one.key)
        if rows < _GROWN and not one.grows:
            continue
        name = inspector.name(one.key)
        look.findings.add(
            "warning",
            "no-index",
            one.path,
            f"{one.what} looks rows of {name} up by {', '.join(one.columns)}, which no index serves "
            f"({rows if rows < MANY_ROWS else f'about {rows}'} rows)",
            "with the EPOS vendor's consent, add the index",
            sql=inspector.index(name, one.columns),
        )


async def _rows_in(look: Look, key: TableKey) -> int:
    state = look.states[key]
    if state.rows is not None and state.rows > 0:
        return state.rows
    table = exp.table_(key[1], db=key[0], quoted=True)
    few = exp.Select(expressions=[exp.alias_(exp.Literal.number(1), "one")]).from_(table).limit(MANY_ROWS)
    select = exp.Select(expressions=[exp.Count(this=exp.Star())]).from_(exp.Subquery(this=few, alias="x"))
    counted = await look.prober.select((), f"the rows of {key[1]}", select)
    return int(counted[0][0]) if counted else 0


def _look_ups(look: Look) -> Iterator[_LookUp]:
    mapping = look.mapping
    ids = [fragment.tree for fragment in mapping.fragments.get(("session", "id"), ())]
    yield from _by(look, ids, ("session", "id"), "every request for one session", grows=True)
    for path, clause in mapping.clauses.items():
        if path[0] == "record":
            continue
        for index, join in enumerate(clause.joins):
            is_child = path not in (("table",), ("session",)) and index == 0
            yield from _by(
                look, matched(join), (*path, "from"), f"the join of {join.this.alias_or_name}", grows=is_child
            )
    for path, fragments in mapping.fragments.items():
        if path[0] == "site" or path[-1] in ("column", "table"):
            continue
        for fragment in fragments:
            yield from _inside(look, path, fragment.tree)
    yield from _filtered(look)
    yield from _written(look)


def _by(look: Look, trees: list[Any], path: Path, what: str, *, grows: bool) -> Iterator[_LookUp]:
    """The look-up by columns of one table; none where they are no plain columns."""
    columns = [tree for tree in trees if isinstance(tree, exp.Column)]
    facts = [fact for column in columns if (fact := look.binder.names.fact(column)) is not None]
    key = look.key_of(columns[0]) if columns else None
    if key is not None and len(facts) == len(trees) and facts:
        yield _LookUp(key=key, columns=tuple(fact.name for fact in facts), path=path, what=what, grows=grows)


def _inside(look: Look, path: Path, tree: exp.Expr) -> Iterator[_LookUp]:
    """Sub-selects that are looked up by a value from outside, for every row that is read."""
    for select in tree.find_all(exp.Select):
        from_ = select.args.get("from_") or select.args.get("from")
        where = select.args.get("where")
        if from_ is None or where is None or not isinstance(from_.this, exp.Table):
            continue
        own = {
            node.alias_or_name.casefold() for node in [from_.this, *(j.this for j in select.args.get("joins") or ())]
        }
        condition = where.this
        equal: list[exp.Column] = []
        for part in condition.flatten() if isinstance(condition, exp.And) else [condition]:
            if not isinstance(part, exp.EQ):
                continue
            for side, other in ((part.this, part.expression), (part.expression, part.this)):
                outside = [c for c in other.find_all(exp.Column, exp.Placeholder) if _is_outside(c, own)]
                if isinstance(side, exp.Column) and not _is_outside(side, own) and outside:
                    equal.append(side)
        first = [column for column in equal if look.key_of(column) == look.key_of(equal[0])]
        yield from _by(look, first, path, "a sub-select", grows=path[0] != "record" or path[1] == "verify")


def _is_outside(node: exp.Expr, own: set[str]) -> bool:
    if isinstance(node, exp.Placeholder):
        return not node.name.startswith("site_")
    return bool(isinstance(node, exp.Column) and node.table and node.table.casefold() not in own)


def _filtered(look: Look) -> Iterator[_LookUp]:
    """The columns by which lists are searched."""
    for name in ("finished",):
        fragment = look.mapping.fragment("session", name)
        if fragment is not None and look.mapping.fragment("session", "filter", "unfinished") is None:
            yield from _by(look, [fragment.tree], ("session", name), "every list of open sessions", grows=False)


def _written(look: Look) -> Iterator[_LookUp]:
    """Rows that are changed by a value that is given, and payments that are looked for."""
    for path, fragments in look.mapping.fragments.items():
        if path[0] != "record" or path[-1] not in ("where", "payment_id"):
            continue
        tree = fragments[0].tree
        if path[-1] == "payment_id":
            yield from _by(look, [tree], path, "every payment", grows=True)
            continue
        parts = tree.flatten() if isinstance(tree, exp.And) else [tree]
        for part in parts:
            if isinstance(part, exp.EQ) and isinstance(part.expression, exp.Placeholder):
                yield from _by(look, [part.this], path, "every payment", grows=False)


async def look_at_plans(look: Look, sample: list[tuple[Any, ...]]) -> None:
    """Judge the statements of one bill and of a list by what they go through."""
    inspector, bound = look.inspector, look.fit.bound
    if inspector is None:
        look.not_on_this_engine((), "slow shapes")
        return
    if (
        bound is None
        or not sample
        or not look.fit.is_whole("session", "bill", "item", "modifier", "discount", "charge")
    ):
        return
    told = {finding.message for finding in (found.problem for found in look.findings.found if found.kind == "no-index")}
    plan = bound.statements.sessions(Search(by="key", content="bill"))
    values = {f"key_{index}": part for index, part in enumerate(sample[0])}
    for visit in await inspector.visits(look.prober, plan, values) or ():
        key = _table_of(look, visit)
        if key is None or any(f"rows of {inspector.name(key)} " in message for message in told):
            continue
        rows = visit.rows if visit.rows != EVERY else await _rows_in(look, key)
        if rows >= MANY_ROWS:
            look.findings.add(
                "warning",
                "slow-shape",
                _place_of(look, visit.alias),
                f"reading one bill goes through about {rows} rows of {key[1]} ({visit.how})",
                "tie it to the session by plain columns, so that an index serves it; explain GetBillItems shows the plan",
            )


def _table_of(look: Look, visit: Visit) -> TableKey | None:
    """The table that a node of a plan reads, which some engines tell by its alias."""
    if visit.table:
        return next((known for known in look.states if known[1] == visit.table), None)
    folded = visit.alias.casefold()
    trees = [node for clause in look.mapping.clauses.values() for node in (clause.first, *clause.joins)]
    trees += [fragment.tree for fragments in look.mapping.fragments.values() for fragment in fragments]
    for node in (table for tree in trees if tree is not None for table in tree.find_all(exp.Table)):
        if node.alias_or_name.casefold() == folded and node.meta.get("table"):
            return look.key_named(node.db or None, str(node.meta["table"]))
    return None


def _place_of(look: Look, alias: str) -> Path:
    """Where the mapping uses an alias first."""
    folded = alias.casefold()
    for path, clause in look.mapping.clauses.items():
        nodes = [*([clause.first] if clause.first is not None else []), *(join.this for join in clause.joins)]
        if any(node.alias_or_name.casefold() == folded for node in nodes):
            return (*path, "from")
    for path, fragments in look.mapping.fragments.items():
        for fragment in fragments:
            if any(table.alias_or_name.casefold() == folded for table in fragment.tree.find_all(exp.Table)):
                return path
    # PostgreSQL numbers aliases that a statement uses several times: l, l_1, l_2.
    return _place_of(look, alias.rsplit("_", 1)[0]) if "_" in alias else ("session",)
