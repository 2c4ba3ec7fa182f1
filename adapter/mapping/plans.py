"""Plans: statements ready to run, and where in their rows each field stands. Knows nothing of connections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlglot import exp

from adapter.mapping.engines import Engine
from adapter.mapping.readings import Reading
from adapter.mapping.trees import aliases
from adapter.mapping.walk import BESIDE
from adapter.toml.locate import Path

Kind = Literal["charge", "discount", "item", "link", "modifier", "payment", "rest", "session", "table", "tax_line"]
Slots = Mapping[str, int]
"""Position in a row of each output, by name: `name`, `waiter.id`, `order.0`, `key.1`."""


REST = 1
"""The index of a session's branch that holds the other half of its row (`adapter/mapping/narrowing.py`)."""


class Branch(Struct, frozen=True, kw_only=True):
    """Rows of one kind within a statement."""

    kind: Kind
    """`rest` is what is put behind the session's own row before anything of it is read."""
    index: int
    """Which one of several discounts or charges."""
    slots: Slots
    derived: tuple[tuple[int, Reading], ...] = ()
    """What is made of a row's values and stands behind them, in order: the place it is made of, and how."""


class Plan(Struct, frozen=True, kw_only=True):
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
    types: tuple[str, ...] = ()
    """The SQL types in which they are sent, as far as that is known; `unknown` where the server decides."""
    branches: tuple[Branch, ...]
    once: bool = False
    """Whether a row that is there already is no failure: none is touched then."""
    constants: Mapping[str, Any] = msgspec.field(default_factory=dict)
    """Site constants that the statement uses."""


class Part(Struct, frozen=True, kw_only=True):
    """A branch before it has a place in a statement: what it gives and where from."""

    kind: Kind
    index: int
    outputs: Mapping[str, exp.Expr]
    first: exp.Expr
    joins: tuple[exp.Join, ...] = ()
    where: tuple[exp.Expr, ...] = ()
    derived: Mapping[str, Reading] = msgspec.field(default_factory=dict)
    """Outputs that are not read as they come: what is made of each."""


Identity = tuple[str, frozenset[Any]]
"""What makes two expressions the same: their text, and the tables that its aliases stand for."""


def identity(tree: exp.Expr) -> Identity:
    """What identifies an expression."""
    tables = frozenset((column.table.casefold(), column.meta.get("table")) for column in tree.find_all(exp.Column))
    return tree.sql(), tables


def plan(name: str, parts: list[Part], engine: Engine, site: Mapping[str, Any], types: Mapping[Identity, str]) -> Plan:
    """Lay the parts out as the branches of one statement."""
    parts = [pruned(part) for part in parts]
    layout = _Layout(types)
    slots = [layout.place(number, part) for number, part in enumerate(parts)]
    needs_types = len(parts) > 1 and engine.types_first
    nulls = layout.nulls(engine) if needs_types else {}
    texts = [
        _select(number, part, slots[number], layout, engine, {} if number or nulls is None else nulls)
        for number, part in enumerate(parts)
    ]
    if nulls is None:
        texts.insert(0, _typing(parts, layout, engine))
    text = "\nUNION ALL\n".join(texts)
    driver, names = engine.driver(text)
    return Plan(
        name=name,
        shown=engine.shown_text(text),
        driver=driver,
        names=names,
        branches=_branches(parts, slots, behind=len(layout.owners) + 1),
        constants={f"site_{key}": value for key, value in site.items() if f"\ue000site_{key}\ue001" in text},
    )


def width(parts: Sequence[Part], types: Mapping[Identity, str]) -> int:
    """How many columns a statement of these branches would have."""
    layout = _Layout(types)
    for number, part in enumerate(parts):
        layout.place(number, part)
    return len(layout.owners)


def is_key(output: str) -> bool:
    """Whether an output is a part of the key of the session to which its row belongs."""
    return output.startswith("session.")


def _branches(parts: Sequence[Part], slots: Sequence[Slots], *, behind: int) -> tuple[Branch, ...]:
    found = [_branch(part, slots[number], behind=behind) for number, part in enumerate(parts)]
    for number, part in enumerate(parts):
        if part.kind == "session" and part.index == REST:
            whole = {name: behind + place for name, place in slots[number].items() if not is_key(name)}
            found[0] = replace(found[0], slots={**found[0].slots, **whole})
            found[number] = Branch(kind="rest", index=0, slots={})
    return tuple(found)


def _branch(part: Part, slots: Slots, *, behind: int) -> Branch:
    """A branch; what is derived of its rows stands behind them, so that one column can serve several fields."""
    derived = [(slots[name], read) for name, read in part.derived.items()]
    places = {name: behind + number for number, name in enumerate(part.derived)}
    return Branch(kind=part.kind, index=part.index, slots={**slots, **places}, derived=tuple(derived))


class _Layout:
    """The columns of a statement, from 1. The fewer there are, the less every row costs.

    The same expression stands in the same column in every branch, and so do columns of the same database type: they
    can never be in each other's way, as each row is of one branch.
    """

    def __init__(self, types: Mapping[Identity, str]) -> None:
        self._types = types
        self.owners: list[tuple[int, str]] = []
        """For each column, the branch and output that it was made for."""
        self._by_expression: dict[Identity, int] = {}
        self._by_type: dict[str, list[int]] = {}

    def place(self, number: int, part: Part) -> dict[str, int]:
        """Give each output of a branch its column."""
        keys = {name: identity(tree) for name, tree in part.outputs.items()}
        taken: dict[int, Identity] = {}
        own: dict[Identity, int] = {}
        if self.owners:
            # By whatever a branch refers to its session: that stands where the session's key does.
            for place, name in enumerate(filter(is_key, keys), start=1):
                own[keys[name]] = place
                taken[place] = keys[name]
        for key in keys.values():
            # What stands somewhere already keeps its column, unless something else of this branch stands there too.
            column = self._by_expression.get(key)
            if column is not None and taken.setdefault(column, key) == key:
                own[key] = column
        for name, key in keys.items():
            if key in own:
                continue
            column = self._free(self._types.get(key), taken)
            if column is None:
                self.owners.append((number, name))
                column = len(self.owners)
                self._by_type.setdefault(self._types.get(key, ""), []).append(column)
            self._by_expression.setdefault(key, column)
            own[key] = column
            taken[column] = key
        return {name: own[key] for name, key in keys.items()}

    def nulls(self, engine: Engine) -> dict[int, str] | None:
        """What the first branch gives in columns made for others, so that a UNION knows their types; None if a type is unknown."""
        types = {column: name for name, columns in self._by_type.items() for column in columns}
        found: dict[int, str] = {}
        for column, (number, _) in enumerate(self.owners, start=1):
            null = engine.null_of(types.get(column, "")) if number else ""
            if null is None:
                return None
            if null:
                found[column] = null
        return found

    def _free(self, type_name: str | None, taken: Mapping[int, Identity]) -> int | None:
        if not type_name:
            return None
        return next((column for column in self._by_type.get(type_name, ()) if column not in taken), None)


def pruned(part: Part) -> Part:
    """The part without the LEFT JOINs that nothing in it uses: they could only multiply its rows."""
    joins = list(part.joins)
    for join in reversed(part.joins):
        if join.side != "LEFT":
            continue
        brought = aliases(join)
        others = [*part.outputs.values(), *part.where, *(other for other in joins if other is not join)]
        used = any(column.table.casefold() in brought for tree in others for column in tree.find_all(exp.Column))
        if not used:
            joins.remove(join)
    return replace(part, joins=tuple(joins))


def _select(number: int, part: Part, slots: Slots, layout: _Layout, engine: Engine, typed: Mapping[int, str]) -> str:
    """One branch: its own outputs in their places, NULL everywhere else, of a type where that is said."""
    by_place: dict[int, str] = {}
    for name, place in slots.items():
        by_place.setdefault(place, name)
    lines = [f"{number} AS branch"]
    nulls: list[str] = []
    for place in range(1, len(layout.owners) + 1):
        output = by_place.get(place)
        if output is None:
            nulls.append(typed.get(place, "NULL"))
            continue
        if nulls:
            lines.append(", ".join(nulls))
            nulls = []
        lines.append(engine.text(exp.alias_(part.outputs[output].copy(), _column_name(output, part), copy=False)))
    if nulls:
        lines.append(", ".join(nulls))
    return _with_outputs(lines, select_of(part, where=part.where), engine)


def _typing(parts: list[Part], layout: _Layout, engine: Engine) -> str:
    """An empty first branch that gives every column its type: a column of NULLs has none of its own."""
    lines = ["-1 AS branch"]
    wanted: dict[int, list[str]] = {}
    for place, (number, name) in enumerate(layout.owners, start=1):
        inner = exp.column(_inner_name(name), table=f"b{number}")
        lines.append(engine.text(exp.alias_(inner, f"c{place}", copy=False)))
        wanted.setdefault(number, []).append(name)
    sources = []
    for number, names in wanted.items():
        part = parts[number]
        inner_select = select_of(part, where=())
        inner_select.set(
            "expressions", [exp.alias_(part.outputs[name].copy(), _inner_name(name), copy=False) for name in names]
        )
        sources.append(exp.Subquery(this=inner_select, alias=exp.TableAlias(this=exp.to_identifier(f"b{number}"))))
    select = exp.Select(expressions=[exp.Var(this=_OUTPUTS)]).from_(sources[0])
    select.set("joins", [exp.Join(this=source, kind="CROSS") for source in sources[1:]])
    never = exp.EQ(this=exp.Literal.number(1), expression=exp.Literal.number(0))
    select.set("where", exp.Where(this=never))
    return _with_outputs(lines, select, engine)


_OUTPUTS = "\ue002"


def select_of(part: Part, where: tuple[exp.Expr, ...]) -> exp.Select:
    """The rows of a branch under these conditions; what is selected of them is left to be said."""
    select = exp.Select(expressions=[exp.Var(this=_OUTPUTS)]).from_(part.first.copy())
    if part.joins:
        select.set("joins", [join.copy() for join in part.joins])
    if where:
        select.set("where", exp.Where(this=exp.and_(*(condition.copy() for condition in where), copy=False)))
    return select


def kind_of(path: Path) -> Kind:
    """What the rows of an entity are called that stands on a bill."""
    return cast("Kind", path[0])


def path_of(part: Part | Branch, output: str) -> Path:
    """The field of the mapping that an output of a branch comes from."""
    names: list[str | int] = [name for name in output.split(".") if not name.isdigit()]
    numbers = [int(name) for name in output.split(".") if name.isdigit()]
    owner: Path = (part.kind, part.index) if part.kind in BESIDE else (part.kind,)
    if names[0] in BESIDE:
        return (names[0], numbers[0], *("where" if name == "there" else name for name in names[1:]))
    if names[0] == "rows":
        return (*names[1:], *numbers, "rows")
    if names[0] == "given":
        return (names[1], *numbers, *names[2:])
    if names[0] == "at":
        return (*names[1:], *numbers, "ordered_at")
    if names[0] == "session":
        return ("session", "id")
    if names[0] == "item":
        return ("item", "key")
    if names[0] == "modifier":
        return tuple(names)
    if part.kind == "session" and names[0] in _OF_BILL:
        return ("bill", *names)
    return ("table" if part.kind == "link" else owner[0], *owner[1:], *names)


def rows_name(path: Path) -> str:
    """What the output of a row is called that holds the encoded rows of an entity."""
    return ".".join(("rows", *map(str, path)))


def given_name(path: Path, name: str) -> str:
    """What the output of a row is called that holds a field of all the encoded rows of an entity: `tax.rate`."""
    return ".".join(("given", *map(str, path), name))


_OF_BILL = frozenset({"currency", "note", "paid", "service_charge", "tax", "tips", "total"})


def part_without_rows(part: Part, engine: Engine) -> str:
    """The outputs of one branch, for no rows at all."""
    part = pruned(part)
    never = exp.EQ(this=exp.Literal.number(1), expression=exp.Literal.number(0))
    select = select_of(part, where=(*part.where, never))
    # The key that is asked for would be a parameter; without rows anything will do.
    nothing_asked: Any = select.transform(
        lambda node: exp.Null() if isinstance(node, exp.Placeholder) and node.name.startswith("key_") else node
    )
    lines = [
        engine.text(exp.alias_(tree.copy(), f"c{index}", copy=False))
        for index, tree in enumerate(part.outputs.values())
    ]
    return _with_outputs(lines, nothing_asked, engine)


def _with_outputs(lines: list[str], select: exp.Select, engine: Engine) -> str:
    listed = ",\n  ".join(line.replace("\n", "\n  ") for line in lines)
    return engine.text(select).replace(_OUTPUTS, listed, 1)


def _inner_name(name: str) -> str:
    return name.replace(".", "_")


def _column_name(name: str, part: Part) -> str:
    """What an output is called in the SQL that people read."""
    return (
        _inner_name(name)
        if name.split(".", maxsplit=1)[0] in ("session", "item")
        else f"{part.kind}_{_inner_name(name)}"
    )
