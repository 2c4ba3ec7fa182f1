"""Plans: statements ready to run, and where in their rows each field stands. Knows nothing of connections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from sqlglot import exp

from adapter.mapping.engines import Engine

Kind = Literal["charge", "discount", "item", "link", "modifier", "session", "table"]
Slots = Mapping[str, int]
"""Position in a row of each output, by name: `name`, `waiter.id`, `order.0`, `key.1`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """Rows of one kind within a statement."""

    kind: Kind
    index: int
    """Which one of several discounts or charges."""
    slots: Slots


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One statement: its text, its fixed parameters and how its rows are laid out.

    The first output of every row is the number of its branch.
    """

    name: str
    shown: str
    """For people."""
    driver: str
    """For the driver."""
    names: tuple[str, ...] = ()
    """The parameters of the driver's text, in their order."""
    branches: tuple[Branch, ...]
    constants: Mapping[str, Any] = field(default_factory=dict)
    """Site constants that the statement uses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A branch before it has a place in a statement: what it gives and where from."""

    kind: Kind
    index: int
    outputs: Mapping[str, exp.Expr]
    shared: frozenset[str] = frozenset()
    """Outputs that stand in the same place for every branch: the key of the session, of the item."""
    first: exp.Expr
    joins: tuple[exp.Join, ...] = ()
    where: tuple[exp.Expr, ...] = ()


def plan(name: str, parts: list[Part], engine: Engine, site: Mapping[str, Any]) -> Plan:
    """Lay the parts out as the branches of one statement."""
    parts = [_pruned(part) for part in parts]
    layout: Layout = {}
    for number, part in enumerate(parts):
        for output in part.outputs:
            layout.setdefault((None if output in part.shared else number, output), len(layout) + 1)
    texts = [_select(number, part, layout, engine) for number, part in enumerate(parts)]
    if len(parts) > 1:
        texts.insert(0, _typing(parts, layout, engine))
    text = "\nUNION ALL\n".join(texts)
    driver, names = engine.driver(text)
    return Plan(
        name=name,
        shown=engine.shown(text),
        driver=driver,
        names=names,
        branches=tuple(
            Branch(kind=part.kind, index=part.index, slots=_slots(number, part, layout))
            for number, part in enumerate(parts)
        ),
        constants={f"site_{key}": value for key, value in site.items() if f"⟦site_{key}⟧" in text},
    )


Layout = dict[tuple[int | None, str], int]
"""The place of each output, by the branch that owns it (None: shared by all) and its name."""


def _pruned(part: Part) -> Part:
    """The part without the LEFT JOINs that nothing in it uses: they could only multiply its rows."""
    joins = list(part.joins)
    for join in reversed(part.joins):
        if join.side != "LEFT":
            continue
        alias = join.this.alias_or_name.casefold()
        others = [*part.outputs.values(), *part.where, *(other for other in joins if other is not join)]
        used = any(column.table.casefold() == alias for tree in others for column in tree.find_all(exp.Column))
        if not used:
            joins.remove(join)
    return replace(part, joins=tuple(joins))


def _slots(number: int, part: Part, layout: Layout) -> dict[str, int]:
    return {output: layout[None if output in part.shared else number, output] for output in part.outputs}


def _select(number: int, part: Part, layout: Layout, engine: Engine) -> str:
    """One branch: its own outputs in their places, NULL everywhere else."""
    by_place = {place: part.outputs[name] for name, place in _slots(number, part, layout).items()}
    lines = [f"{number} AS branch"]
    nulls = 0
    for (owner, name), place in layout.items():
        tree = by_place.get(place)
        if tree is None:
            nulls += 1
            continue
        if nulls:
            lines.append(", ".join(["NULL"] * nulls))
            nulls = 0
        lines.append(engine.text(exp.alias_(tree.copy(), _output_name(owner, name))))
    if nulls:
        lines.append(", ".join(["NULL"] * nulls))
    return _with_outputs(lines, _source(part, where=part.where), engine)


def _typing(parts: list[Part], layout: Layout, engine: Engine) -> str:
    """An empty first branch that gives every output its type: a column of NULLs has none of its own."""
    owners = {
        place: number
        for number, part in reversed(list(enumerate(parts)))
        for place in _slots(number, part, layout).values()
    }
    lines = ["-1 AS branch"]
    for (owner, name), place in layout.items():
        inner = exp.column(_inner_name(name), table=f"b{owners[place]}")
        lines.append(engine.text(exp.alias_(inner, _output_name(owner, name))))
    sources = []
    for number, part in enumerate(parts):
        inner_select = _source(part, where=())
        own = [exp.alias_(tree.copy(), _inner_name(name)) for name, tree in part.outputs.items()]
        inner_select.set("expressions", own)
        sources.append(exp.Subquery(this=inner_select, alias=exp.TableAlias(this=exp.to_identifier(f"b{number}"))))
    select = exp.Select(expressions=[exp.Var(this=_OUTPUTS)]).from_(sources[0])
    select.set("joins", [exp.Join(this=source, kind="CROSS") for source in sources[1:]])
    never = exp.EQ(this=exp.Literal.number(1), expression=exp.Literal.number(0))
    select.set("where", exp.Where(this=never))
    return _with_outputs(lines, select, engine)


_OUTPUTS = "⟪outputs⟫"


def _source(part: Part, where: tuple[exp.Expr, ...]) -> exp.Select:
    select = exp.Select(expressions=[exp.Var(this=_OUTPUTS)]).from_(part.first.copy())
    if part.joins:
        select.set("joins", [join.copy() for join in part.joins])
    if where:
        select.set("where", exp.Where(this=exp.and_(*(condition.copy() for condition in where))))
    return select


def _with_outputs(lines: list[str], select: exp.Select, engine: Engine) -> str:
    listed = ",\n  ".join(line.replace("\n", "\n  ") for line in lines)
    return engine.text(select).replace(_OUTPUTS, listed, 1)


def _inner_name(name: str) -> str:
    return name.replace(".", "_")


def _output_name(owner: int | None, name: str) -> str:
    return _inner_name(name) if owner is None else f"{_inner_name(name)}_{owner}"
