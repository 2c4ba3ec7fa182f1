"""What the fields of a mapping become among the outputs of a statement, each under its name. Knows no FROM."""

from __future__ import annotations

from sqlglot import exp

from adapter.mapping.bind import Binder
from adapter.mapping.captures import is_captured
from adapter.mapping.walk import BESIDE
from adapter.toml.locate import Path

BILL_FIELDS = ("total", "paid", "tax", "service_charge", "currency", "note")
_OF_BILL = frozenset({*BILL_FIELDS, "tips"})
_FLAGS = frozenset({"finished", "payable"})
_CONSTANT = frozenset({"currency"})
"""Fields that are decided once when the mapping is bound, if they are constant."""


class Outputs:
    """The outputs of one bound mapping's fields."""

    def __init__(self, binder: Binder) -> None:
        self._binder = binder
        self._fragments = binder.mapping.fragments

    def of(self, path: Path, names: tuple[str, ...]) -> dict[str, exp.Expr]:
        """Those of an entity that the mapping has."""
        found: dict[str, exp.Expr] = {}
        for name in names:
            found.update(self._field((*path, *name.split(".")), name))
        return found

    def of_session(self, names: tuple[str, ...]) -> dict[str, exp.Expr]:
        """Those of a session and of its bill, which are read where the session is."""
        found: dict[str, exp.Expr] = {}
        for name in names:
            owner = "bill" if name in _OF_BILL else "session"
            found.update(self._field((owner, *name.split(".")), name))
        return found

    def key(self) -> dict[str, exp.Expr]:
        """What tells to which session a row belongs."""
        parts = self._fragments[("session", "id")]
        return {f"session.{index}": self._binder.expression(part) for index, part in enumerate(parts)}

    def item_key(self) -> dict[str, exp.Expr]:
        """What tells to which item a row belongs."""
        parts = self._fragments.get(("item", "key"), ())
        return {f"item.{index}": self._binder.expression(part) for index, part in enumerate(parts)}

    def order(self, path: Path) -> dict[str, exp.Expr]:
        """What the rows of an entity are put in order by."""
        parts = self._fragments.get((*path, "order"), ())
        return {f"order.{index}": self._binder.expression(part) for index, part in enumerate(parts)}

    def tax(self, path: Path) -> dict[str, exp.Expr]:
        """What the price of a line needs to hold its tax, and to tell how much of it is tax where that is summed."""
        rule = getattr(self._binder.mapping.file, str(path[0]))
        rule = rule[int(path[1])] if isinstance(rule, tuple) else rule
        said = getattr(rule, "tax", None)
        if said is None:
            return {}
        found: dict[str, exp.Expr] = {}
        included = self._binder.mapping.fragment(*path, "tax", "included")
        value = self._binder.constant(self._binder.expression(included)) if included is not None else said.included
        if value is True:
            total_tax = self._binder.mapping.file.bill.tax
            if total_tax is None or total_tax.sum is None:
                return {}
            # Nobody pays more for it, but how much of the price is tax is asked for.
            found["tax.included"] = exp.Literal.number(1)
        elif included is not None and value is None:
            found["tax.included"] = self._binder.condition(included)
        rate = self._binder.mapping.fragment(*path, "tax", "rate")
        if rate is not None:
            found["tax.rate"] = self._binder.expression(rate)
        return found

    def _field(self, path: Path, name: str) -> dict[str, exp.Expr]:
        fragments = self._fragments.get(path, ())
        if name in _FLAGS:
            return {name: self._flag(path)} if fragments else {}
        trees = [self._binder.expression(fragment) for fragment in fragments]
        if len(trees) == 1:
            is_told_once = name in _CONSTANT or (path[0] in BESIDE and name in ("id", "name"))
            return {} if is_told_once and self._binder.constant(trees[0]) is not None else {name: trees[0]}
        return {f"{name}.{index}": tree for index, tree in enumerate(trees)}

    def _flag(self, path: Path) -> exp.Expr:
        """A plain column is read as it is; a condition is decided by the database."""
        fragment = self._fragments[path][0]
        is_plain = isinstance(fragment.tree, exp.Column) and not fragment.tree.meta.get("field")
        if is_plain or is_captured(self._binder, path):
            return self._binder.expression(fragment)
        return self._binder.flag(path)
