"""What a mapping uses of a database: which columns it reads and where it says so, what it writes, by table.

Works on values only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlglot import exp

from adapter.mapping.bind import Binder
from adapter.mapping.catalogue import TableFact
from adapter.mapping.record_schema import Step
from adapter.toml.locate import Path

TableKey = tuple[str | None, str]
"""Schema (None for the connection's own) and name, as the catalogue spells it."""


@dataclass(slots=True)
class Use:
    """What is done with one table. Columns by name as the catalogue spells it, each with where the mapping says so."""

    fact: TableFact
    path: Path
    """Where the table is named first."""
    reads: dict[str, Path] = field(default_factory=dict)
    inserts: dict[str, Path] = field(default_factory=dict)
    updates: dict[str, Path] = field(default_factory=dict)
    deletes: Path | None = None
    holds: Path | None = None
    """Where rows of it are held while a payment is recorded."""
    writes: Path | None = None
    """Where it is written to first."""


def uses_of(binder: Binder) -> dict[TableKey, Use]:
    """Every table of a mapping that exists, and what is done with it."""
    found: dict[TableKey, Use] = {}
    for path, tree in _trees(binder):
        is_target = path[-1] == "column"
        place = path[:-1] if is_target or path[-1] == "table" else path
        for node in tree.find_all(exp.Table):
            _use(binder, found, node.db or None, node.meta.get("table"), place)
        for column in tree.find_all(exp.Column):
            use = _use(binder, found, column.meta.get("schema"), column.meta.get("table"), place)
            fact = use.fact.column(column.name) if use is not None else None
            if use is not None and fact is not None and not is_target:
                use.reads.setdefault(fact.name, place)
    if binder.mapping.file.record is not None and binder.mapping.file.capabilities.record_payment:
        _add_writes(binder, found)
    return found


def _trees(binder: Binder) -> Iterator[tuple[Path, exp.Expr]]:
    mapping = binder.mapping
    for path, clause in mapping.clauses.items():
        here: Path = (*path, "from") if mapping.source.locator.keys.get((*path, "from")) is not None else path
        for node in ([clause.first] if clause.first is not None else []) + list(clause.joins):
            yield here, node
    records = mapping.file.capabilities.record_payment
    for path, fragments in mapping.fragments.items():
        if path[0] in ("record", "lock") and not records:
            continue
        for fragment in fragments:
            yield path, fragment.tree


def _use(binder: Binder, found: dict[TableKey, Use], schema: str | None, table: str | None, path: Path) -> Use | None:
    if table is None or binder.catalogue is None:
        return None
    file = binder.mapping.file
    schema = schema or file.schema_
    fact = binder.catalogue.table(schema, f"{file.prefix}{table}")
    if fact is None:
        return None
    return found.setdefault((schema, fact.name), Use(fact=fact, path=path))


def _add_writes(binder: Binder, found: dict[TableKey, Use]) -> None:
    file, fragments = binder.mapping.file, binder.mapping.fragments
    session = binder.mapping.clauses.get(("session",))
    if session is not None and isinstance(session.first, exp.Table):
        use = _use(binder, found, session.first.db or None, session.first.meta.get("table"), ("session", "from"))
        if use is not None:
            use.holds = ("record",)
            if file.lock is not None:
                for part, columns in (("set", file.lock.set), ("clear", file.lock.clear)):
                    _columns(binder, use, use.updates, ("lock", part), [*columns], session.first)
    for index, step in enumerate(file.record.step if file.record is not None else ()):
        path: Path = ("record", "step", index)
        target = fragments.get((*path, "table"))
        if step.find is not None:
            _add_find(binder, found, path, holds=step.lock)
        elif target and isinstance(target[0].tree, exp.Table):
            _add_step(binder, found, path, step, target[0].tree)


def _add_find(binder: Binder, found: dict[TableKey, Use], path: Path, *, holds: bool) -> None:
    fragment = binder.mapping.fragment(*path, "find")
    for node in fragment.tree.find_all(exp.Table) if holds and fragment is not None else ():
        use = _use(binder, found, node.db or None, node.meta.get("table"), (*path, "find"))
        # Sub-selects of a condition are read and not held.
        if use is not None and fragment is not None and node.find_ancestor(exp.Select) is fragment.tree:
            use.holds = use.holds or (*path, "find")


def _add_step(binder: Binder, found: dict[TableKey, Use], path: Path, step: Step, table: exp.Table) -> None:
    use = _use(binder, found, table.db or None, table.meta.get("table"), (*path, step.kind))
    if use is None:
        return
    use.writes = use.writes or (*path, step.kind)
    if step.kind == "delete":
        use.deletes = use.deletes or (*path, "delete")
        return
    columns = [*step.set]
    select = binder.mapping.fragment(*path, "select")
    if select is not None and isinstance(select.tree, exp.Select):
        columns = [output.alias_or_name for output in select.tree.selects]
    _columns(binder, use, use.inserts if step.kind == "insert" else use.updates, path, columns, table)
    for column in step.returning.values():
        known = use.fact.column(column)
        if known is not None:
            use.reads.setdefault(known.name, (*path, "returning"))


def _columns(binder: Binder, use: Use, into: dict[str, Path], path: Path, columns: list[str], table: exp.Table) -> None:
    rules = binder.mapping.file.columns.get(str(table.meta.get("table") or table.name), {})
    kept_up = [name for name, rule in rules.items() if rule.as_ in ("version", "stamp")]
    for name in (*columns, *kept_up):
        fact = use.fact.column(name)
        if fact is not None:
            into.setdefault(fact.name, (*path, "set", name) if name in columns else ("columns", use.fact.name, name))
