"""Parses and checks `[lock]` and `[record]`: every fragment in scope, every value known where it is used.

Needs no database. Knows nothing of how the statements are made.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import exp

from adapter.mapping import schema
from adapter.mapping.fragments import Clause, Fragment, FragmentParser
from adapter.mapping.record_schema import AMOUNTS, KINDS, LOCK_VALUES, VALUES, VERIFY_VALUES, LockRule, RecordRule, Step
from adapter.mapping.trees import Origin, Scope
from adapter.toml.load import Source, suggest
from adapter.toml.locate import Path

FIELDS = frozenset({"bill", "session"})
"""Entities whose fields may be referred to in expressions, as `bill.total`."""
ParserFor = Callable[[frozenset[str]], FragmentParser]
"""A parser whose fragments may use these values."""


class RecordChecker:
    """One pass over what writes; adds what it parses to the clauses and fragments of the mapping."""

    def __init__(
        self,
        file: schema.MappingFile,
        source: Source,
        parser: ParserFor,
        clauses: dict[Path, Clause],
        fragments: dict[Path, tuple[Fragment, ...]],
    ) -> None:
        self._file = file
        self._source = source
        self._parser = parser
        self._clauses = clauses
        self._fragments = fragments
        self._known: set[str] = set()

    def run(self) -> None:
        """Check both sections, as far as they are there."""
        if self._file.record is None:
            if self._file.lock is not None and ("record",) not in self._source.locator.keys:
                self._source.report(
                    ("lock",), "has no meaning without [record]", "write [[record.step]], or leave it out"
                )
            return
        session = self._clauses.get(("session",))
        if session is None:
            return
        if not isinstance(session.first, exp.Table):
            self._source.report(("record",), "needs [session] from to begin with a table: its row is held meanwhile")
            return
        if self._file.lock is not None:
            self._lock(self._file.lock, session.scope, session.first)
        self._record(self._file.record, session.scope)

    def _keys(self) -> set[str]:
        count = len(self._fragments.get(("session", "id"), ()))
        return {"session_id"} if count == 1 else {f"session_id_{number}" for number in range(1, count + 1)}

    def _lock(self, rule: LockRule, scope: Scope, table: exp.Table) -> None:
        values = frozenset({*LOCK_VALUES} - {"session_id"} | self._keys())
        for name in ("free", "ours"):
            fragment = self._parser(values).expression(("lock", name), getattr(rule, name), scope)
            self._keep(("lock", name), fragment)
        origin = Origin(table=table.name, schema=table.db or None)
        for part, columns in (("set", rule.set), ("clear", rule.clear)):
            if not columns:
                self._source.report(("lock", part), "is empty", "name the columns and their values")
            for column, text in columns.items():
                path: Path = ("lock", part, column)
                own = {table.alias_or_name.casefold(): origin}
                self._keep(path, self._parser(values).expression(path, text, own, bare=origin))
                self._column(path, column, origin)

    def _record(self, rule: RecordRule, scope: Scope) -> None:
        self._known = {*VALUES, *(f"{name}_minor" for name in AMOUNTS)} - {"session_id"} | self._keys()
        if not rule.tender:
            self._known.discard("tender")
        for name, text in rule.check.items():
            here: Path = ("record", "check", name)
            self._keep(here, self._parser(frozenset()).expression(here, text, scope, fields=FIELDS))
        for part, names in (("check", rule.check), ("make", rule.make)):
            for name in names:
                self._name(("record", part, name), name)
        if rule.tender and "default" not in rule.tender:
            self._source.report(
                ("record", "tender"),
                "needs a default: a new card scheme may come up on any evening",
                'default = "CARD"',
            )
        if not rule.step and ("record", "step") not in self._source.set_aside:
            self._source.report(("record",), "needs at least one [[record.step]]")
        self._recorded(rule)
        self._verify(rule)
        for index, step in enumerate(rule.step):
            self._step(("record", "step", index), step)

    def _recorded(self, rule: RecordRule) -> None:
        recorded = rule.recorded
        if recorded is None:
            return
        path: Path = ("record", "recorded")
        parser = self._parser(frozenset(self._keys() | {"payment_id"}))
        clause = parser.clause((*path, "from"), recorded.from_, None)
        if clause is None:
            return
        self._clauses[path] = Clause(path=path, first=clause.first, joins=clause.joins, scope=clause.scope)
        for name in ("where", "payment_id", "amount", "tip", "cashback", "session_id"):
            text = getattr(recorded, name)
            if text is not None:
                self._keep((*path, name), parser.expression((*path, name), text, clause.scope))

    def _verify(self, rule: RecordRule) -> None:
        if rule.verify is None:
            return
        lasting = {name for name, kind in rule.make.items() if kind != "random"}
        minor = {f"{name}_minor" for name in AMOUNTS if name in VERIFY_VALUES}
        values = frozenset({*VERIFY_VALUES} - {"session_id"} | self._keys() | lasting | minor)
        path: Path = ("record", "verify", "find")
        select = self._parser(values).select(path, rule.verify.find)
        if select is not None:
            self._keep(path, Fragment(path=path, tree=select))

    def _step(self, path: Path, step: Step) -> None:
        self._conditions(path, step)
        for key, message, hint in step.shape_problems():
            self._source.report((*path, key) if key else path, message, hint)
        if sum(getattr(step, kind) is not None for kind in KINDS) != 1:
            return
        if step.find is not None:
            self._find(path, step.find)
            return
        parser = self._parser(frozenset(self._known))
        target = parser.clause((*path, step.kind), step.table, None)
        if target is None:
            return
        table = target.first
        if not isinstance(table, exp.Table) or target.joins or table.alias:
            self._source.report((*path, step.kind), "must be the name of one table")
            return
        self._fragments[(*path, "table")] = (Fragment(path=(*path, step.kind), tree=table),)
        origin = Origin(table=table.name, schema=table.db or None)
        scope: Scope | None = {table.name.casefold(): origin}
        if step.kind == "insert":
            scope = self._rows_inserted(path, step, parser, origin)
        if scope is not None:
            self._values(path, step, parser, scope, origin)

    def _values(self, path: Path, step: Step, parser: FragmentParser, scope: Scope, origin: Origin) -> None:
        bare = None if step.kind == "insert" else origin
        for column, text in step.set.items():
            here: Path = (*path, "set", column)
            self._keep(here, parser.expression(here, text, scope, bare=bare))
            self._column(here, column, origin)
        if step.where is not None:
            self._keep((*path, "where"), parser.expression((*path, "where"), step.where, scope, bare=bare))
        for name, column in step.returning.items():
            self._name((*path, "returning", name), name)
            self._column((*path, "returning", name), column, origin)

    def _rows_inserted(self, path: Path, step: Step, parser: FragmentParser, origin: Origin) -> Scope | None:
        """What the values of new rows may read: the rows of `from`, or nothing; None where that cannot be told."""
        if step.select is not None:
            self._select(path, step.select, parser, origin)
        if step.from_ is None:
            if step.where is not None:
                self._source.report((*path, "where"), "needs from: a single new row has no condition", "say it in when")
            return {}
        clause = parser.clause((*path, "from"), step.from_, None)
        if clause is None:
            return None
        self._clauses[path] = Clause(path=path, first=clause.first, joins=clause.joins, scope=clause.scope)
        return clause.scope

    def _conditions(self, path: Path, step: Step) -> None:
        for text in step.when:
            name = text.removeprefix("not ").strip()
            if name not in self._known:
                self._source.report(
                    (*path, "when"),
                    f"there is no value {name} yet",
                    suggest(name, self._known) or "[record.check] adds one",
                )

    def _find(self, path: Path, text: str) -> None:
        select = self._parser(frozenset(self._known)).select((*path, "find"), text)
        if select is None:
            return
        self._keep((*path, "find"), Fragment(path=(*path, "find"), tree=select))
        for output in select.selects:
            self._name((*path, "find"), output.alias_or_name)

    def _select(self, path: Path, text: str, parser: FragmentParser, origin: Origin) -> None:
        select = parser.select((*path, "select"), text)
        if select is None:
            return
        self._keep((*path, "select"), Fragment(path=(*path, "select"), tree=select))
        for output in select.selects:
            self._column((*path, "select"), output.alias_or_name, origin, key=output.alias_or_name)

    def _name(self, path: Path, name: str) -> None:
        """A value that a step adds for those below."""
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            self._source.report(path, f"{name}: a value's name has small letters, digits and underscores")
        elif name in VALUES:
            self._source.report(path, f"{name} is a value of the payment already", "give it another name")
        elif name in self._known:
            self._source.report(path, f"there is a value {name} already", "give it another name")
        self._known.add(name)

    def _column(self, path: Path, name: str, origin: Origin, *, key: str | None = None) -> None:
        """A column that is written to, to be looked up when the mapping is bound."""
        column = exp.column(exp.to_identifier(name))
        column.meta["table"] = origin.table
        column.meta["schema"] = origin.schema
        self._fragments[(*path, *((key,) if key else ()), "column")] = (Fragment(path=path, tree=column),)

    def _keep(self, path: Path, fragment: Fragment | None) -> None:
        if fragment is not None:
            self._fragments[path] = (fragment,)
