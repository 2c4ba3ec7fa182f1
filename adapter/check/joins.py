"""Finds joins that multiply rows and inner joins that drop them: by unique indexes, else by looking at live rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from adapter.check.looking import Look, shown_key
from adapter.check.uses import TableKey
from adapter.mapping.links import first_of
from adapter.mapping.table_status import conditions_of
from adapter.mapping.walk import entities
from adapter.toml.locate import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class _Joined:
    """One join that must give exactly one row."""

    path: Path
    """Where it stands."""
    chain: tuple[exp.Join, ...]
    """The joins before it."""
    join: exp.Join
    place: int
    """Where its table stands in the text."""
    first: exp.Expr
    is_child: bool


async def look_at_joins(look: Look, sample: list[tuple[Any, ...]]) -> None:
    """Look at each join that must not change the number of rows; `sample` are keys of sessions."""
    if not look.fit.is_whole("session", "item", "modifier", "table", "discount", "charge"):
        return
    for one in _joins(look):
        await _multiplies(look, one, sample)
        if one.join.kind != "CROSS":
            await _drops(look, one, sample)


def _joins(look: Look) -> Iterator[_Joined]:
    """The joins after the one whose rows are wanted."""
    clauses = look.mapping.clauses
    session = look.binder.clause(clauses[("session",)])
    for path, _, parent in entities(look.mapping.file):
        clause = clauses.get(path)
        if clause is None or not clause.joins:
            continue
        bound = look.binder.clause(clause)
        above: tuple[exp.Join, ...] = ()
        first = first_of(bound) if parent is None else first_of(session)
        if parent is not None:
            above = session.joins
        if path == ("modifier",):
            above += look.binder.clause(clauses[("item",)]).joins
        # Of a child's joins, those up to the table that its rows are of give as many as there are.
        wanted = -1 if parent is None else _rows_of(look, path, [join.this.alias_or_name for join in bound.joins])
        for index, join in enumerate(bound.joins):
            if index > wanted:
                yield _Joined(
                    path=(*path, "from"),
                    chain=(*above, *bound.joins[:index]),
                    join=join,
                    place=_start(clause.joins[index]),
                    first=first,
                    is_child=parent is not None,
                )


def _rows_of(look: Look, path: Path, aliases: list[str]) -> int:
    """Which of a child's joins brings the table that its rows are of: that of its key, or of its amount."""
    names = {"item": ("key", "amount_per_item", "name"), "tables": ("table",)}
    for name in names.get(str(path[-1]), ("amount", "name", "id")):
        for fragment in look.mapping.fragments.get((*path, name), ()):
            for column in fragment.tree.find_all(exp.Column):
                folded = [alias.casefold() for alias in aliases]
                if column.table.casefold() in folded:
                    return folded.index(column.table.casefold())
    return 0


def _start(join: exp.Join) -> int:
    found = join.this.this.meta.get("start", 0) if isinstance(join.this, exp.Table) else 0
    return max(0, int(found) - len("SELECT 1 FROM "))


def matched(join: exp.Join) -> list[exp.Column]:
    """The columns of a joined table that ON sets equal to something else's."""
    alias = join.this.alias_or_name.casefold()
    on = join.args.get("on")
    found = []
    for part in on.flatten() if isinstance(on, exp.And) else [on] if on is not None else []:
        test = part.unnest() if isinstance(part, exp.Paren) else part
        if not isinstance(test, exp.EQ):
            continue
        for side, other in ((test.this, test.expression), (test.expression, test.this)):
            is_own = isinstance(side, exp.Column) and side.table.casefold() == alias
            if is_own and all(column.table.casefold() != alias for column in other.find_all(exp.Column)):
                found.append(side)
    return found


def is_unique(look: Look, key: TableKey | None, columns: set[str]) -> bool | None:
    """Whether no two rows share these columns; None where no index says so."""
    state = look.states.get(key) if key is not None else None
    if state is None or state.indexes is None:
        return None
    return True if any(index.unique and set(index.columns) <= columns for index in state.indexes) else None


async def _multiplies(look: Look, one: _Joined, sample: list[tuple[Any, ...]]) -> None:
    columns = matched(one.join)
    names = {fact.name for column in columns if (fact := look.binder.names.fact(column)) is not None}
    key = look.key_of(columns[0]) if columns else None
    if is_unique(look, key, names):
        return
    table = one.join.this.alias_or_name
    double = None
    if columns:
        by = [column.copy() for column in columns]
        select = exp.Select(expressions=[*by, exp.Count(this=exp.Star())]).from_(one.join.this.copy())
        for column in by:
            select = select.where(exp.Not(this=exp.Is(this=column.copy(), expression=exp.Null())), copy=False)
        select = select.where(*_own(one.join), copy=False).group_by(*(column.copy() for column in by))
        select = select.having(exp.GT(this=exp.Count(this=exp.Star()), expression=exp.Literal.number(1))).limit(1)
        double = await look.prober.select(one.path, f"whether {table} is unique", select)
        if not double:
            return
    row = await _first_doubled(look, one, sample)
    listed = ", ".join(column.sql() for column in columns) or "its condition"
    if row:
        message = f"the join of {table} gives several rows for one: for {_entity(one)} {shown_key(tuple(row[0][:-1]))}"
        look.findings.add("error", "join-multiplies", one.path, message, _HINT, index=one.place)
    elif double:
        message = f"the join of {table} can give several rows: {listed} is not unique ({shown_key(tuple(double[0][:-1]))} is there {double[0][-1]} times)"
        look.findings.add("warning", "join-multiplies", one.path, message, _HINT, index=one.place)


_HINT = "join by a key that is unique, or read it by a sub-select that gives one row"


def _entity(one: _Joined) -> str:
    return "table" if one.path[0] == "table" else "session"


def _own(join: exp.Join) -> list[exp.Expr]:
    """The parts of ON that look at the joined table only."""
    alias = join.this.alias_or_name.casefold()
    on = join.args.get("on")
    parts = list(on.flatten()) if isinstance(on, exp.And) else [on] if on is not None else []
    return [
        part.copy()
        for part in parts
        if (columns := list(part.find_all(exp.Column))) and all(column.table.casefold() == alias for column in columns)
    ]


async def _first_doubled(look: Look, one: _Joined, sample: list[tuple[Any, ...]]) -> list[Any] | None:
    """The first row that a join really doubles."""
    root: Path = ("table",) if one.path[0] == "table" else ("session",)
    by = look.key_trees((*root, "id")) or look.key_trees((*root, "name"))
    if one.is_child:
        rows = _row_key(look, one)
        if not rows:
            return None
        by = [*by, *rows]
    select = exp.Select(expressions=[*(tree.copy() for tree in by), exp.Count(this=exp.Star())])
    select = _from(one, select, with_join=True)
    values = _among(look, select, sample) if root == ("session",) else {}
    for condition in _above(look, root, one):
        select = select.where(condition, copy=False)
    select = select.group_by(*(tree.copy() for tree in by))
    select = select.having(exp.GT(this=exp.Count(this=exp.Star()), expression=exp.Literal.number(1))).limit(1)
    return await look.prober.select(one.path, f"rows that {one.join.this.alias_or_name} doubles", select, values)


def _row_key(look: Look, one: _Joined) -> list[exp.Expr]:
    """What tells the rows of a child apart: its key, or a unique index of its table."""
    if one.path[0] == "item":
        keys = look.key_trees(("item", "key"))
        if keys:
            return keys
    node = one.chain[-1].this if one.chain else one.first
    key = look.key_named(node.db or None, str(node.meta.get("table"))) if isinstance(node, exp.Table) else None
    state = look.states.get(key) if key is not None else None
    unique = next((index for index in (state.indexes or ()) if index.unique), None) if state is not None else None
    return (
        [exp.column(exp.to_identifier(name, quoted=True), table=node.alias_or_name) for name in unique.columns]
        if unique
        else []
    )


def _from(one: _Joined, select: exp.Select, *, with_join: bool) -> exp.Select:
    select = select.from_(one.first.copy())
    joins = [join.copy() for join in one.chain]
    select.set("joins", [*joins, one.join.copy()] if with_join else joins)
    return select


def _among(look: Look, select: exp.Select, sample: list[tuple[Any, ...]]) -> dict[str, Any]:
    """Only the sessions of the sample, so that it takes no longer however many there are."""
    keys = look.key_trees(("session", "id"))
    forms = look.binder.key_types(("session", "id"), look.mapping.file.session.id)
    wanted = look.prober.engine.one_of(keys, [f"keys_{index}" for index in range(len(keys))], forms)
    select.where(wanted, copy=False)
    columns = list(zip(*sample, strict=True)) or [()] * len(keys)
    return {f"keys_{index}": list(column) for index, column in enumerate(columns)}


def _above(look: Look, root: Path, one: _Joined) -> list[exp.Expr]:
    """The conditions that can be told without the joins that come later."""
    known = {one.first.alias_or_name.casefold(), *(join.this.alias_or_name.casefold() for join in one.chain)}
    conditions = [*conditions_of(look.binder, root)]
    if one.is_child:
        conditions += conditions_of(look.binder, one.path[:-1])
    return [
        condition
        for condition in conditions
        if all(
            column.table.casefold() in known
            for column in condition.find_all(exp.Column)
            if column.find_ancestor(exp.Select) is None
        )
    ]


async def _drops(look: Look, one: _Joined, sample: list[tuple[Any, ...]]) -> None:
    root: Path = ("table",) if one.path[0] == "table" else ("session",)
    key = (look.key_trees((*root, "id")) or look.key_trees((*root, "name")))[0]
    inner = exp.Select(expressions=[exp.Literal.number(1)]).from_(one.join.this.copy())
    on = one.join.args.get("on")
    if on is not None:
        inner.set("where", exp.Where(this=on.copy()))
    lone = exp.Case(
        ifs=[exp.If(this=exp.Exists(this=inner), true=exp.Literal.number(0))], default=exp.Literal.number(1)
    )
    example = exp.Max(this=exp.Case(ifs=[exp.If(this=exp.Not(this=exp.Exists(this=inner.copy())), true=key.copy())]))
    select = exp.Select(expressions=[exp.Count(this=exp.Star()), exp.Sum(this=lone), example])
    select = _from(one, select, with_join=False)
    # What the session's own joins leave out is not in the sample.
    values = _among(look, select, sample) if one.is_child else {}
    for condition in _above(look, root, one):
        select = select.where(condition, copy=False)
    if one.join.side == "LEFT":
        # A row that refers to nothing is not missed.
        for column in _outside(one.join):
            select = select.where(exp.Not(this=exp.Is(this=column.copy(), expression=exp.Null())), copy=False)
    table = one.join.this.alias_or_name
    rows = await look.prober.select(one.path, f"rows that the join of {table} leaves out", select, values)
    if not rows or not rows[0][1]:
        return
    without, lost, found = rows[0]
    if one.join.side == "LEFT":
        _misses(look, one, int(without), int(lost))
        return
    what = "tables" if root == ("table",) else "lines" if one.is_child else "sessions"
    look.findings.add(
        "warning",
        "join-drops",
        one.path,
        f"the join of {table} leaves out {lost} of {without} {what} (such as {_entity(one)} {found}): "
        f"{without} without it, {int(without) - int(lost)} with it",
        "write LEFT JOIN, unless they are meant to be left out",
        index=one.place,
    )


def _outside(join: exp.Join) -> list[exp.Column]:
    """The columns that ON compares with those of the joined table."""
    alias = join.this.alias_or_name.casefold()
    on = join.args.get("on")
    return [
        column
        for column in (on.find_all(exp.Column) if on is not None else ())
        if column.table.casefold() != alias and column.find_ancestor(exp.Select) is None
    ]


def _misses(look: Look, one: _Joined, count: int, lost: int) -> None:
    table = one.join.this
    key = look.key_named(table.db or None, str(table.meta.get("table"))) if isinstance(table, exp.Table) else None
    state = look.states.get(key) if key is not None else None
    # An empty table is not joined by the wrong column; one that was never counted may be empty.
    if count < _FEW or lost * 10 < count * 9 or one.is_child or state is None:
        return
    look.findings.add(
        "note" if lost < count else "warning",
        "join-misses",
        one.path,
        f"the join of {table.alias_or_name} finds a row for {count - lost} of {count} that refer to one",
        "are they joined by the right columns?",
        index=one.place,
    )


_FEW = 3
"""Rows below which nothing can be said of most of them."""
