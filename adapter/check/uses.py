"""What a mapping uses of a database, and where the mapping says so, by table.

Which columns those are is told by `adapter.mapping.needs`, from the very statements that will be run, as it is for
`epos-adapter grants`; here each gets its place in the file. Works on values only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from sqlglot import exp

from adapter.mapping.bind import Binder
from adapter.mapping.catalogue import TableFact
from adapter.mapping.engines import Engine
from adapter.mapping.needs import ALL, needs_of
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


def uses_of(binder: Binder, engine: Engine, *, given: Collection[str] = (), ledger: bool = True) -> dict[TableKey, Use]:
    """Every table of a mapping that exists, and what is done with it.

    `given` are the site constants that the installation sets, `ledger` is whether there is one.
    """
    # What does not fit has been said of the binder that is given; its problems are not told twice.
    asking = Binder(mapping=binder.mapping, catalogue=binder.catalogue, site=dict(binder.site), engine=engine)
    needs = needs_of(asking, engine, given=given, ledger=ledger)
    places = _Places(binder)
    found: dict[TableKey, Use] = {}
    for table in needs.tables:
        fact = binder.catalogue.table(*table) if binder.catalogue is not None else None
        if fact is None:
            continue
        writes = needs.writes.get(table, {})
        use = found[table] = Use(fact=fact, path=places.of(table))
        use.reads = places.of_columns(table, _there(fact, needs.reads.get(table, frozenset())), "read")
        use.inserts = places.of_columns(table, _there(fact, writes.get("insert", frozenset())), "insert")
        use.updates = places.of_columns(table, _there(fact, writes.get("update", frozenset())), "update")
        use.deletes = places.steps.get((table, "delete"))
        use.holds = ("record",) if table in needs.held else None
        use.writes = next((path for (of, _), path in places.steps.items() if of == table), None)
    return found


def _there(fact: TableFact, columns: Collection[str]) -> list[str]:
    """The columns that exist, all of them where a SELECT names none."""
    return [name for name in fact.columns if ALL in columns or name in columns]


class _Places:
    """Where a mapping names its tables and columns first."""

    def __init__(self, binder: Binder) -> None:
        self._binder = binder
        self._tables: dict[TableKey, Path] = {}
        self._columns: dict[tuple[TableKey, str, str], Path] = {}
        """By table, what is done, and column."""
        self.steps: dict[tuple[TableKey, str], Path] = {}
        """What a step does with a table, and where it says so."""
        for where, tree in self._trees():
            self._note(where, tree)
        record = binder.mapping.file.record
        for index, step in enumerate(record.step if record is not None else ()):
            path: Path = ("record", "step", index)
            target = binder.mapping.fragment(*path, "table")
            key = self._key(target.tree) if target is not None else None
            if key is not None:
                self.steps.setdefault((key, step.kind), (*path, step.kind))

    def of(self, table: TableKey) -> Path:
        """Where a table is named first."""
        return self._tables.get(table, ())

    def of_columns(self, table: TableKey, columns: Collection[str], what: str) -> dict[str, Path]:
        """Where columns are first read, or written; those that every write maintains, where that is declared."""
        found: dict[str, Path] = {}
        for name in columns:
            path = self._columns.get((table, what, name))
            if path is None and what != "read" and name in self._binder.mapping.file.columns.get(table[1], {}):
                path = ("columns", table[1], name)
            found[name] = path or self._columns.get((table, "read", name)) or self.of(table)
        return found

    def _note(self, path: Path, tree: exp.Expr) -> None:
        is_target = path[-1] == "column"
        place = path[:-1] if is_target or path[-1] == "table" else path
        for node in tree.find_all(exp.Table):
            key = self._key(node)
            if key is not None:
                self._tables.setdefault(key, place)
        for column in tree.find_all(exp.Column):
            key = self._key(column)
            fact = self._binder.names.fact(column)
            if key is not None and fact is not None:
                self._tables.setdefault(key, place)
                self._columns.setdefault((key, self._done(path) if is_target else "read", fact.name), place)

    def _done(self, path: Path) -> str:
        """What the mapping does with a column that it names as a target: `("record", "step", 0, "set", ...)`."""
        if path[0] == "lock":
            return "update"
        if path[3] == "returning":
            return "read"
        record = self._binder.mapping.file.record
        return record.step[int(path[2])].kind if record is not None else "update"

    def _trees(self) -> Iterator[tuple[Path, exp.Expr]]:
        mapping = self._binder.mapping
        for path, clause in mapping.clauses.items():
            here: Path = (*path, "from") if mapping.source.locator.keys.get((*path, "from")) is not None else path
            for node in ([clause.first] if clause.first is not None else []) + list(clause.joins):
                yield here, node
        for path, fragments in mapping.fragments.items():
            for fragment in fragments:
                yield path, fragment.tree

    def _key(self, node: exp.Expr) -> TableKey | None:
        table = node.meta.get("table")
        catalogue, file = self._binder.catalogue, self._binder.mapping.file
        if table is None or catalogue is None:
            return None
        schema = (node.db if isinstance(node, exp.Table) else node.meta.get("schema")) or file.schema_
        fact = catalogue.table(schema, f"{file.prefix}{table}")
        return (schema, fact.name) if fact is not None else None
