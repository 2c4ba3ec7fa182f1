"""What a bound mapping needs of the database: which columns its statements read and write. Knows nothing of roles.

Taken from the very statements that requests become, so that it is neither more nor less than what will be used.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from sqlglot import exp, parse_one

from adapter.domain.values import TableStatus
from adapter.mapping.bind import Binder
from adapter.mapping.engines import Engine
from adapter.mapping.fields import Fields
from adapter.mapping.fragments import Fragment
from adapter.mapping.naming import TableName
from adapter.mapping.plans import Plan
from adapter.mapping.search import Search
from adapter.mapping.statements import Statements
from adapter.mapping.writes import WriteStatements

Kind = Literal["insert", "update", "delete"]

ALL = "*"
"""Stands among columns for every one of the table."""

_NO_SCHEMA: TableName = (None, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What statements need, by table: schema (None for the connection's own) and name, as the database spells them."""

    reads: Mapping[TableName, frozenset[str]]
    """The columns that are read. None at all where only the rows matter; `ALL` for a SELECT that names none."""
    writes: Mapping[TableName, Mapping[Kind, frozenset[str]]]
    """The columns that are written by each kind of statement; none for a delete."""
    held: frozenset[TableName] = frozenset()
    """Tables whose rows are held by SELECT ... FOR UPDATE."""

    def __or__(self, other: Needs) -> Needs:
        reads = {
            table: self.reads.get(table, frozenset()) | other.reads.get(table, frozenset())
            for table in [*self.reads, *other.reads]
        }
        kinds: dict[TableName, dict[Kind, frozenset[str]]] = {}
        for writes in (self.writes, other.writes):
            for table, by_kind in writes.items():
                mine = kinds.setdefault(table, {})
                for kind, columns in by_kind.items():
                    mine[kind] = mine.get(kind, frozenset()) | columns
        return Needs(reads=reads, writes=kinds, held=self.held | other.held)

    @property
    def tables(self) -> list[TableName]:
        """Every table, those of the connection's own schema first."""
        return sorted({*self.reads, *self.writes, *self.held}, key=lambda table: (table[0] or "", table[1]))

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            ".".join(part for part in table if part): {
                "select": sorted(self.reads[table]) if table in self.reads else None,
                **{kind: sorted(columns) for kind, columns in sorted(self.writes.get(table, {}).items())},
                "held": table in self.held,
            }
            for table in self.tables
        }


def needs_of(binder: Binder, engine: Engine, *, given: Collection[str] = (), ledger: bool = True) -> Needs:
    """What every statement of a mapping needs, for reading as well as for locking and paying.

    `given` are the site constants that the installation sets, which are not read; `ledger` is whether there is one,
    as some statements are needed only without it and some only with it. Problems are reported to the binder.
    """
    collector = _Collector(binder, engine)
    known = binder.site
    open_flags = [
        name
        for name, rule in binder.mapping.file.site.items()
        if rule.type == "flag" and name not in given and rule.read
    ]
    # A flag that the till itself keeps decides which columns are read, and may be changed at the till on any day.
    trees: list[exp.Expr] = []
    for turn in (True, False) if open_flags else (True,):
        binder.site = {**known, **dict.fromkeys(open_flags, turn)}
        trees += _trees(binder, engine, given, ledger=ledger)
    binder.site = known
    # Tables come first: how one is spelled is said where it is named, and not at its columns.
    for tree in trees:
        collector.add_tables(tree)
    for tree in trees:
        collector.add_columns(tree)
    return collector.needs()


def _trees(binder: Binder, engine: Engine, given: Collection[str], *, ledger: bool) -> list[exp.Expr]:
    """Every tree that becomes SQL."""
    noting, noted = _noting(engine)
    statements = Statements(binder=binder, engine=noting)
    for name in binder.mapping.file.site:
        if name not in given:
            statements.site_read(name)
    statuses: list[frozenset[TableStatus] | None] = [None, *(frozenset({status}) for status in TableStatus)]
    for names, among in itertools.product((False, True), statuses):
        statements.tables(names=names, statuses=among)
    statements.floor()
    for search in _searches():
        statements.sessions(search)
    for forward, table in itertools.product((True, False), (True, False)):
        statements.page(Search(table=table, waiter=True, recent=True), forward=forward, goes_on=True)
    unused: set[str] = set()
    # Nothing is asked for what is never offered: without the capability nothing is locked or paid.
    if binder.mapping.file.capabilities.record_payment:
        writes = WriteStatements(statements, Fields(binder)).make()
        if writes is not None:
            only_without, only_with = writes.recorded, writes.verify
            unused = {plan.driver for plan in ([only_without] if ledger else [only_with]) if plan is not None}
    return [tree for text, tree in noted if not unused or engine.driver(text, apart=True)[0] not in unused]


def needs_of_fragments(fragments: Collection[Fragment], binder: Binder, engine: Engine) -> Needs:
    """What single pieces of SQL need that are run as they stand."""
    collector = _Collector(binder, engine)
    trees = [binder.names.resolve(fragment.tree.copy()) for fragment in fragments]
    for tree in trees:
        collector.add_tables(tree)
    for tree in trees:
        collector.add_columns(tree)
    return collector.needs()


def needs_of_plans(plans: Collection[Plan], engine: Engine) -> Needs:
    """What statements need that are made of text, each table with its schema: those of the ledger."""
    found: dict[str, Any] = {"reads": defaultdict(set), "writes": defaultdict(lambda: defaultdict(set))}
    for plan in plans:
        _note_text(parse_one(plan.shown, read=engine.writes), found)
    return _frozen(found["reads"], found["writes"], set())


def _note_text(tree: exp.Expr, found: dict[str, Any]) -> None:
    """Note what a statement needs whose columns belong to the table of their own SELECT."""
    reads, writes = found["reads"], found["writes"]
    target = tree.find(exp.Table) if isinstance(tree, (exp.Insert, exp.Update, exp.Delete)) else None
    written = _written(tree)
    if target is not None:
        kind: Kind = tree.key  # type: ignore[assignment]
        writes[target.db or None, target.name][kind].update(column.name for column in written)
    for table in _rows_of(tree):
        reads[table.db or None, table.name].update(())
    skipped = {id(column) for column in written}
    for column in tree.find_all(exp.Column):
        if id(column) in skipped:
            continue
        select = column.find_ancestor(exp.Select)
        near = list(_rows_of(select)) if select is not None else []
        owners = [table for table in near if not column.table or table.alias_or_name == column.table]
        if not owners and select is not None:
            owners = [table for table in _rows_of(tree) if table.alias_or_name == column.table]
        owner = owners[0] if owners else target
        if owner is not None:
            reads[owner.db or None, owner.name].add(column.name)


def _searches() -> Iterator[Search]:
    """Every condition and every content of the searches that requests become, in as few searches as hold them."""
    yield Search(by="key")
    yield Search(by="key", content="full")
    yield Search(by="key", content="order")
    yield Search(by="keys", content="bill")
    yield Search(content="bill", recent=True)
    for finished, payable, has_table in itertools.product((None, True, False), (None, True), (None, True, False)):
        names = has_table is not False
        yield Search(
            is_finished=finished, is_payable=payable, has_table=has_table, names=names, waiter=True, recent=True
        )


def _noting(engine: Engine) -> tuple[Engine, list[tuple[str, exp.Expr]]]:
    """An engine that only notes what it is asked to make text of: a name for each tree, which stands in for its text."""
    noted: list[tuple[str, exp.Expr]] = []

    def text(_self: Engine, tree: exp.Expr, **_options: Any) -> str:
        noted.append((f"statement {len(noted)}", tree))
        return noted[-1][0]

    kind = type("NotingEngine", (type(engine),), {"text": text})
    return kind(**{each.name: getattr(engine, each.name) for each in fields(engine) if each.init}), noted


@dataclass(slots=True)
class _Collector:
    """Gathers what trees need whose columns know their table."""

    binder: Binder
    engine: Engine
    reads: dict[TableName, set[str]] = field(default_factory=lambda: defaultdict(set))
    writes: dict[TableName, dict[Kind, set[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    held: set[TableName] = field(default_factory=set)

    def add_tables(self, tree: exp.Expr) -> None:
        """Note the tables of one statement, and what is written."""
        self._target(tree)
        for table in _rows_of(tree):
            self.reads[self._named(table)].update(())
        for select in tree.find_all(exp.Select):
            if any(output.is_star for output in select.expressions):
                for table in _rows_of(select):
                    self.reads[self._named(table)].add(ALL)
        for lock in tree.find_all(exp.Lock):
            self._hold(lock)

    def add_columns(self, tree: exp.Expr) -> None:
        """Note what is read of each table."""
        target = self._target(tree)
        for column in tree.find_all(exp.Column):
            known = column.meta.get("table")
            if known is not None:
                self.reads[self._owner(column)].add(self._column(column))
            elif target is not None and column.find_ancestor(exp.Returning) is not None:
                self.reads[target].add(self._spelled(column.this))
                if isinstance(tree, exp.Insert) and self.engine.name == "mariadb":
                    # All columns of such a statement must be those that the role may both insert and read.
                    self.writes[target]["insert"].add(self._spelled(column.this))
                    self.reads[target].update(self._spelled(written) for written in _written(tree))

    def needs(self) -> Needs:
        """What was gathered."""
        return _frozen(self.reads, self.writes, self.held)

    def _target(self, tree: exp.Expr) -> TableName | None:
        """The table that a statement writes to, its columns noted."""
        if not isinstance(tree, (exp.Insert, exp.Update, exp.Delete)):
            return None
        table = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
        target = self._named(table)
        kind: Kind = tree.key  # type: ignore[assignment]
        self.writes[target][kind].update(self._spelled(identifier) for identifier in _written(tree))
        return target

    def _hold(self, lock: exp.Lock) -> None:
        select = lock.parent
        assert isinstance(select, exp.Select)  # noqa: S101 - what a Lock stands in
        named = {table.name.casefold() for table in lock.expressions or ()}
        for table in _rows_of(select, deep=False):
            if not named or table.alias_or_name.casefold() in named:
                self.held.add(self._named(table))

    def _named(self, table: exp.Expr) -> TableName:
        if not isinstance(table, exp.Table):
            return _NO_SCHEMA
        file = self.binder.mapping.file
        schema = table.db or file.schema_
        fact = None
        if self.binder.catalogue is not None:
            fact = self.binder.catalogue.table(schema, table.name)
        return schema, fact.name if fact is not None else self._spelled(table.this)

    def _owner(self, column: exp.Column) -> TableName:
        file = self.binder.mapping.file
        schema = column.meta.get("schema") or file.schema_
        name = f"{file.prefix}{column.meta['table']}"
        fact = self.binder.catalogue.table(schema, name) if self.binder.catalogue is not None else None
        if fact is not None:
            return schema, fact.name
        # As the engine folds it, unless the mapping has it letter by letter.
        exact = file.identifiers == "exact" or (schema, name) in self.reads or (schema, name) in self.writes
        return schema, name if exact else self._folded(name)

    def _column(self, column: exp.Column) -> str:
        fact = self.binder.names.fact(column)
        return fact.name if fact is not None else self._spelled(column.this)

    def _spelled(self, identifier: exp.Expr) -> str:
        return identifier.name if identifier.args.get("quoted") else self._folded(identifier.name)

    def _folded(self, name: str) -> str:
        return name.lower() if self.engine.speaks == "postgresql" else name


def _written(tree: exp.Expr) -> list[exp.Expr]:
    """The names of the columns that a statement writes."""
    if isinstance(tree, exp.Insert):
        return list(tree.this.expressions) if isinstance(tree.this, exp.Schema) else []
    if isinstance(tree, exp.Update):
        return [assigned.this for assigned in tree.expressions]
    return []


_OPEN = frozenset({"information_schema", "pg_catalog"})
"""Schemas that everybody may read, and nobody can be granted."""


def _rows_of(tree: exp.Expr, *, deep: bool = True) -> Iterator[exp.Table]:
    """The tables whose rows a tree reads; not those that it writes to, and no names of its own SELECTs."""
    for table in tree.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier) or table.meta.get("cte") or table.db.lower() in _OPEN:
            continue
        above = table.parent
        if isinstance(above, (exp.From, exp.Join)) and (deep or above.parent is tree):
            yield table


def _frozen(
    reads: Mapping[TableName, set[str]], writes: Mapping[TableName, Mapping[Kind, set[str]]], held: set[TableName]
) -> Needs:
    return Needs(
        reads={table: frozenset(columns) for table, columns in reads.items() if table != _NO_SCHEMA},
        writes={
            table: {kind: frozenset(columns) for kind, columns in kinds.items()} for table, kinds in writes.items()
        },
        held=frozenset(held),
    )
