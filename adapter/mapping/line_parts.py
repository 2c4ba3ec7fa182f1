"""The branches of a statement that bring what stands on a bill: items, modifiers, and what stands beside them.

Knows nothing of sessions but their key and their conditions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct
from sqlglot import exp

from adapter.mapping.bind import Binder, BoundClause
from adapter.mapping.extras import extra_place, moment_name
from adapter.mapping.fragments import Fragment
from adapter.mapping.links import first_of
from adapter.mapping.outputs import Outputs
from adapter.mapping.plans import Kind, Part, kind_of
from adapter.mapping.rows_sql import encoded_outputs
from adapter.mapping.table_status import conditions_of
from adapter.mapping.walk import entities
from adapter.toml.locate import Path


class Told(Struct, frozen=True, kw_only=True):
    """Which fields are read of each line, and of which entities beside them."""

    item: tuple[str, ...]
    modifier: tuple[str, ...]
    beside: Mapping[str, tuple[str, ...]]
    """By entity; one that is not named is not read."""

    @property
    def kinds(self) -> frozenset[str]:
        """The entities that are read."""
        return frozenset({"item", "modifier", *self.beside})


_EXTRA = ("id", "name", "amount", "ordered_at")

OF_BILL = Told(
    item=("id", "name", "category", "quantity", "amount_per_item", "ordered_at"),
    modifier=("id", "name", "quantity", "amount"),
    beside={"discount": _EXTRA, "charge": _EXTRA},
)
"""What a bill of the Tables API needs."""

OF_ORDER = Told(
    item=("id", "name", "quantity", "amount_per_item", "ordered_at", "plu", "note"),
    modifier=(*OF_BILL.modifier, "plu"),
    beside={
        "discount": (*_EXTRA, "plu", "rate"),
        "charge": (*_EXTRA, "plu"),
        "tax_line": ("id", "name", "amount", "rate", "plu"),
        "payment": ("id", "amount", "tip", "method", "paid_at"),
    },
)
"""What an order of the EPOS Data API needs, which knows no categories."""

EVERYTHING = Told(item=(*OF_ORDER.item, "category"), modifier=OF_ORDER.modifier, beside=OF_ORDER.beside)
"""What either of them needs."""


class Lines:
    """The lines of the bills of one bound mapping."""

    def __init__(self, binder: Binder, clauses: Mapping[Path, BoundClause], outputs: Outputs) -> None:
        self._binder = binder
        self._clauses = clauses
        self._outputs = outputs

    def in_session(self, told: Told) -> dict[str, exp.Expr]:
        """What lines need that stands in the row of their session."""
        return (
            self._beside("session", told)
            | self._moments()
            | encoded_outputs(self._binder, self._outputs, "session", told.kinds)
        )

    def parts(self, root: tuple[exp.Expr, ...], told: Told) -> Iterator[Part]:
        """The branches whose rows the lines are; `root` are the conditions on their sessions."""
        if ("item",) in self._clauses:
            yield from self._items(root, told)
        for path, _, _ in entities(self._binder.mapping.file):
            is_read = path[0] in told.beside and path in self._clauses
            if is_read and extra_place(self._binder.mapping, path) is None:
                outputs = self._fields_beside(path, told) | self._outputs.order(path)
                key = self._outputs.key()
                yield self.part(kind_of(path), {**key, **outputs}, path, root, index=int(path[1]))

    def part(
        self, kind: Kind, outputs: dict[str, exp.Expr], path: Path, root: tuple[exp.Expr, ...], *, index: int = 0
    ) -> Part:
        """A branch that reads from the session and from what continues it down to this entity."""
        chain: list[Path] = [("session",)]
        if path[0] == "modifier":
            chain.append(("item",))
        if path != ("session",):
            chain.append(path)
        joins = tuple(join for step in chain for join in self._clauses[step].joins)
        own = [condition for step in chain[1:] for condition in conditions_of(self._binder, step)]
        return Part(
            kind=kind,
            index=index,
            outputs=outputs,
            first=first_of(self._clauses[("session",)]),
            joins=joins,
            where=(*root, *own),
        )

    def _items(self, root: tuple[exp.Expr, ...], told: Told) -> Iterator[Part]:
        made, file = self._outputs, self._binder.mapping.file
        item = made.of(("item",), told.item) | encoded_outputs(self._binder, made, "item", told.kinds)
        item |= made.tax(("item",)) | made.order(("item",)) | made.item_key()
        if file.modifier is not None and file.modifier.positional is not None:
            item |= {f"modifier.{name}": tree for name, tree in made.of(("modifier",), told.modifier).items()}
            positional = self._binder.mapping.fragment("modifier", "positional")
            if positional is not None:
                item["positional"] = self._binder.condition(positional)
        item |= self._beside("item", told)
        item = {name: tree for name, tree in item.items() if not self._is_of_session(name, tree)}
        yield self.part("item", {**made.key(), **item}, ("item",), root)
        if ("modifier",) in self._clauses:
            path: Path = ("modifier",)
            outputs = made.of(path, told.modifier) | made.tax(path) | made.order(path)
            yield self.part("modifier", {**made.key(), **made.item_key(), **outputs}, path, root)

    def _beside(self, owner: str, told: Told) -> dict[str, exp.Expr]:
        """What stands beside the items in the rows of their session, or of an item, and needs none of its own."""
        found: dict[str, exp.Expr] = {}
        for path, _, _ in entities(self._binder.mapping.file):
            place = extra_place(self._binder.mapping, path)
            if place is None or place.owner != owner or path[0] not in told.beside:
                continue
            outputs = self._fields_beside(path, told)
            if place.condition is not None:
                outputs = {
                    name: tree if name == "ordered_at" else self._only_if(place.condition, tree)
                    for name, tree in outputs.items()
                }
                outputs["there"] = self._binder.condition(place.condition)
            found |= {f"{path[0]}.{path[1]}.{name}": tree for name, tree in outputs.items()}
        return found

    def _fields_beside(self, path: Path, told: Told) -> dict[str, exp.Expr]:
        return self._outputs.of(path, told.beside[str(path[0])]) | self._outputs.tax(path)

    def _moments(self) -> dict[str, exp.Expr]:
        """When lines were ordered, where the EPOS tells it once for a whole check: read once, not for every line."""
        found: dict[str, exp.Expr] = {}
        for path, _, _ in entities(self._binder.mapping.file):
            place = extra_place(self._binder.mapping, path)
            if path == ("item",) or (place is not None and place.owner == "item"):
                tree = self._outputs.of(path, ("ordered_at",)).get("ordered_at")
                if tree is not None and self._is_of_session("ordered_at", tree):
                    found[moment_name(path)] = tree
        return found

    def _is_of_session(self, name: str, tree: exp.Expr) -> bool:
        """Whether a moment is the same for every line of a session."""
        if name.rsplit(".", 1)[-1] != "ordered_at" or tree.find(exp.Select) is not None:
            return False
        known = self._binder.mapping.clauses[("session",)].scope
        return all(column.table.casefold() in known for column in tree.find_all(exp.Column))

    def _only_if(self, condition: Fragment, tree: exp.Expr) -> exp.Expr:
        """What is more than a column is computed only for the rows that need it."""
        if isinstance(tree, (exp.Column, exp.Literal)):
            return tree
        return exp.Case(ifs=[exp.If(this=self._binder.condition(condition), true=tree)])
