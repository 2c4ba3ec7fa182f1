"""Watches the steps of a rehearsed payment: each row that is written, before and after, whatever the engine gives of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from adapter.check.looking import Look
from adapter.check.uses import TableKey
from adapter.mapping.plans import Plan
from adapter.mapping.writes import Write, Writes
from adapter.store.book import Bound
from adapter.store.units import Row, Writer


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One row that a step would write."""

    step: str
    """Which step, as the mapping has it."""
    table: str
    before: dict[str, str] | None
    """None for a new row."""
    after: dict[str, str] | None
    """None for one that is gone."""
    key: tuple[str, ...] = ()
    """The columns that tell it from other rows of its table, as far as that is known."""


class Watching(Writer):
    """A connection inside a transaction that notes each row before and after a step writes it."""

    def __init__(self, hands: Writer, look: Look, bound: Bound, writes: Writes, seen: list[Written]) -> None:
        self._hands = hands
        self._look = look
        self._bound = bound
        self._seen = seen
        self._steps = {id(step.plan): (index, step) for index, step in enumerate(writes.steps)}
        self.uncertain = False

    def rows(self, plan: Plan, parameters: Any) -> list[Row]:
        """Run a statement that reads."""
        return self._hands.rows(plan, parameters)

    def types(self, plan: Plan) -> list[str]:
        """See Reader."""
        return self._hands.types(plan)

    def prepare(self, plan: Plan) -> Sequence[str]:
        """See Reader."""
        return self._hands.prepare(plan)

    def change(self, plan: Plan, parameters: Any) -> tuple[int, list[Row]]:
        """Run a statement that writes; a step's rows are noted."""
        index, step = self._steps.get(id(plan), (-1, None))
        kind = self._bound.writes.rule.step[index].kind if self._bound.writes is not None and index >= 0 else ""
        key = self._table(index) if kind in ("insert", "update", "delete") else None
        inspector = self._look.inspector
        if step is None or key is None or inspector is None:
            return self._hands.change(plan, parameters)
        columns = self._columns(key, kind)
        before = self._changed(index, columns, parameters) if kind == "update" else []
        gives = bool(step.gives) and step.asked_after is None
        telling = inspector.returning(plan, kind, columns, gives) if columns else None
        if telling is None:
            touched, rows = self._hands.change(plan, parameters)
            written = self._again(key, columns, before)
            self._note(step, key, kind, columns, before, written)
            return touched, rows
        touched, rows = self._hands.change(telling, parameters)
        width = len(step.gives) if gives else 0
        written = [tuple(row[width:]) for row in rows]
        self._note(step, key, kind, columns, before, written)
        return touched, [row[:width] for row in rows] if width else []

    def look_once_more(self) -> None:
        """Have the server look at what it would look at only when committing."""
        inspector = self._look.inspector
        if inspector is not None:
            plan = inspector.constraints_now()
            if plan is not None:
                self._hands.change(plan, {})

    def _table(self, index: int) -> TableKey | None:
        target = self._look.mapping.fragments.get(("record", "step", index, "table"))
        node = target[0].tree if target else None
        return (
            self._look.key_named(node.db or None, str(node.meta.get("table"))) if isinstance(node, exp.Table) else None
        )

    def _columns(self, key: TableKey, kind: str) -> list[str]:
        look = self._look
        state, columns = look.states.get(key), look.uses[key].fact.columns
        if state is None:
            return list(columns)
        allowed = state.readable
        if kind == "insert" and look.inspector is not None and look.inspector.returning_is_inserting:
            allowed &= state.insertable
            if not set(look.uses[key].inserts) <= allowed:
                return []
        return [name for name in columns if name in allowed]

    def _changed(self, index: int, columns: list[str], parameters: Any) -> list[tuple[Any, ...]]:
        """The rows that an update will change."""
        look, path = self._look, ("record", "step", index)
        target, where = look.mapping.fragments[(*path, "table")][0], look.mapping.fragment(*path, "where")
        table = look.binder.names.resolve(target.tree.copy())
        outputs: list[exp.Expr] = [exp.column(exp.to_identifier(name, quoted=True)) for name in columns]
        select = exp.Select(expressions=outputs).from_(table)
        if where is not None:
            select.set("where", exp.Where(this=look.binder.condition(where)))
        return self._asked(select, parameters)

    def _unique(self, key: TableKey) -> tuple[str, ...]:
        """The columns that tell the rows of a table apart; none where no index says so."""
        state = self._look.states.get(key)
        indexes = (state.indexes if state is not None else None) or ()
        return next((tuple(index.columns) for index in indexes if index.unique), ())

    def _again(self, key: TableKey, columns: list[str], before: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """Rows that were read before as they are now, for engines that do not give them; by a key that tells them apart."""
        unique = self._unique(key)
        if not unique or not set(unique) <= set(columns):
            return []
        outputs: list[exp.Expr] = [exp.column(exp.to_identifier(name, quoted=True)) for name in columns]
        select = exp.Select(expressions=outputs).from_(exp.table_(key[1], db=key[0], quoted=True))
        for number, name in enumerate(unique):
            same = exp.EQ(this=exp.column(name, quoted=True), expression=exp.Placeholder(this=f"key_{number}"))
            select = select.where(same, copy=False)
        found = []
        for row in before:
            known = dict(zip(columns, row, strict=True))
            found += self._asked(select, {f"key_{number}": known[name] for number, name in enumerate(unique)})
        return found

    def _asked(self, select: exp.Select, parameters: Any) -> list[tuple[Any, ...]]:
        look = self._look
        text = look.prober.engine.text(select)
        driver, names = look.prober.engine.driver(text, apart=True)
        site = {f"site_{name}": value for name, value in look.binder.site.items()}
        constants = {name: site[name] for name in names if name in site}
        plan = Plan(name="check", shown="", driver=driver, names=names, branches=(), constants=constants)
        return [tuple(row) for row in self._hands.rows(plan, parameters)]

    def _note(
        self,
        step: Write,
        key: TableKey,
        kind: str,
        columns: Sequence[str],
        before: list[tuple[Any, ...]],
        written: list[tuple[Any, ...]],
    ) -> None:
        def named(row: Sequence[Any]) -> dict[str, str]:
            return {name: _shown(value) for name, value in zip(columns, row, strict=False)}

        for place, row in enumerate(written):
            old = _partner(row, before, place) if kind == "update" else row if kind == "delete" else None
            self._seen.append(
                Written(
                    step=step.place,
                    table=key[1],
                    before=named(old) if old is not None else None,
                    after=named(row) if kind != "delete" else None,
                    key=self._unique(key) or tuple(columns[:1]),
                )
            )


def _partner(row: tuple[Any, ...], before: list[tuple[Any, ...]], place: int) -> tuple[Any, ...] | None:
    """The same row before: the one that has most in common with it."""
    if not before:
        return None
    return max(
        before,
        key=lambda old: (
            sum(one == other for one, other in zip(old, row, strict=False)),
            old == before[min(place, len(before) - 1)],
        ),
    )


def _shown(value: Any) -> str:
    return "NULL" if value is None else str(value)
