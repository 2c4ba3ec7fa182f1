"""The statements that lock a session and record a payment, from a bound mapping. Knows nothing of connections."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace
from sqlglot import exp

from adapter.mapping.comparisons import check_comparisons
from adapter.mapping.encode import Encoder, WrittenTimes
from adapter.mapping.fields import Fields
from adapter.mapping.links import first_of
from adapter.mapping.plans import Plan
from adapter.mapping.record_schema import LockRule, RecordRule, Step
from adapter.mapping.search import Search
from adapter.mapping.statements import Statements
from adapter.mapping.table_status import conditions_of
from adapter.toml.locate import Path


class Write(Struct, frozen=True, kw_only=True):
    """One statement of recording, and what must come of it."""

    plan: Plan
    place: str
    """Where it stands in the mapping, as `step 2, update ticket (floreant.toml:210)`."""
    expected: int | Literal["any", "some"]
    """How many rows it must touch, or find."""
    when: tuple[tuple[str, bool], ...]
    """Values, and what each must be for this step to run."""
    gives: tuple[str, ...]
    """Values that its row adds for later steps."""
    missing: str
    """What to say when the number of rows is another."""
    asked_after: Plan | None = None
    """Gives the values of the rows that were touched, on engines whose changes give none by themselves."""


class LockStatements(Struct, frozen=True, kw_only=True):
    """How the EPOS's own columns are read and written."""

    state: Plan
    """Gives whether the session is free, and whether the lock is ours."""
    take: Plan
    clear: Plan


class Writes(Struct, frozen=True, kw_only=True):
    """Everything that writes."""

    hold: Plan
    """Keeps everybody else from changing the session until the transaction ends."""
    clock: Plan
    """Gives the database's time."""
    balance: Plan
    """Gives what the session owes, and what `[record.check]` asks for."""
    lock: LockStatements | None
    recorded: Plan | None
    """Gives amount, tip and cashback of the payments with an id, as far as the EPOS keeps them."""
    verify: Plan | None
    """Gives a row as long as a payment is in the EPOS."""
    steps: tuple[Write, ...]
    times: WrittenTimes
    rule: RecordRule

    def to_check(self) -> Iterator[tuple[Path, Plan]]:
        """Every statement that the database should be asked about before it is needed, and where it comes from."""
        yield ("session", "id"), self.hold
        yield ("record", "check"), self.balance
        if self.lock is not None:
            yield ("lock", "free"), self.lock.state
            yield ("lock", "set"), self.lock.take
            yield ("lock", "clear"), self.lock.clear
        if self.recorded is not None:
            yield ("record", "recorded"), self.recorded
        if self.verify is not None:
            yield ("record", "verify"), self.verify
        for index, step in enumerate(self.steps):
            yield ("record", "step", index), step.plan


class WriteStatements:
    """Makes the statements of one bound mapping. Making one reports what does not fit to the binder."""

    def __init__(self, statements: Statements, fields: Fields) -> None:
        self._encoder = Encoder(statements.binder, fields)
        self._packing = fields.packing
        self._statements = statements
        self._binder = binder = statements.binder
        self._engine = statements.engine
        self._file = binder.mapping.file

    def make(self) -> Writes | None:
        """All of them; None for a mapping without `[record]`."""
        rule = self._file.record
        if rule is None:
            return None
        check_comparisons(self._binder, self._packing)
        return Writes(
            hold=self._hold(),
            clock=self._plan("clock", exp.Select(expressions=[self._engine.now()])),
            balance=self._statements.sessions(Search(by="key", content="balance")),
            lock=self._lock(self._file.lock) if self._file.lock is not None else None,
            recorded=self._recorded() if rule.recorded is not None else None,
            verify=self._verify() if rule.verify is not None else None,
            steps=tuple(self._step(index, step) for index, step in enumerate(rule.step)),
            times=self._encoder.times,
            rule=rule,
        )

    def alone(self, index: int) -> Iterator[tuple[Path, Plan]]:
        """A step's columns and its condition in a statement each, to find out which one the database refuses."""
        path: Path = ("record", "step", index)
        step = self._file.record.step[index] if self._file.record is not None else None
        if step is None or step.table is None:
            return
        table = self._binder.names.resolve(self._binder.mapping.fragments[(*path, "table")][0].tree.copy())
        fragment = self._binder.mapping.fragment(*path, "where")
        condition = self._binder.condition(fragment) if fragment is not None else None
        clause = self._binder.clause(self._binder.mapping.clauses[path]) if step.from_ is not None else None
        if condition is not None:
            asked = exp.Select(expressions=[exp.Literal.number(1)])
            asked = asked.from_(first_of(clause) if clause is not None else table.copy())
            asked.set("joins", list(clause.joins) if clause is not None else [])
            asked.set("where", exp.Where(this=condition))
            yield (*path, "where"), self._plan("alone", asked)
        for column in step.set:
            given = self._assignment((*path, "set", column))
            if given is not None and step.kind == "update":
                update = exp.Update(this=table.copy(), expressions=[given])
                yield (*path, "set", column), self._plan("alone", update)
            elif given is not None:
                source: exp.Expr = exp.Values(expressions=[exp.Tuple(expressions=[given.expression])])
                if clause is not None:
                    source = exp.Select(expressions=[given.expression]).from_(first_of(clause))
                    source.set("joins", list(clause.joins))
                bare = table.copy()
                bare.set("alias", None)
                into = exp.Schema(this=bare, expressions=[given.this])
                yield (*path, "set", column), self._plan("alone", exp.Insert(this=into, expression=source))

    def _hold(self) -> Plan:
        clause = self._binder.clause(self._binder.mapping.clauses[("session",)])
        first = first_of(clause)
        key = self._session_key()
        alias = first.alias_or_name.casefold()
        own = all(column.table.casefold() == alias for column in key.find_all(exp.Column))
        select = exp.Select(expressions=[exp.Literal.number(1)]).from_(first.copy())
        if not own:
            select.set("joins", [join.copy() for join in clause.joins])
        select.set("where", exp.Where(this=key))
        self._engine.hold(select, None if own else first.alias_or_name)
        return self._plan("hold", select)

    def _session_key(self) -> exp.Expr:
        keys = [self._binder.expression(part) for part in self._binder.mapping.fragments[("session", "id")]]
        return exp.and_(
            *(exp.EQ(this=key, expression=exp.Placeholder(this=f"key_{index}")) for index, key in enumerate(keys))
        )

    def _lock(self, rule: LockRule) -> LockStatements:
        binder = self._binder
        clause = binder.clause(binder.mapping.clauses[("session",)])
        free, ours = (binder.condition(binder.mapping.fragments[("lock", name)][0]) for name in ("free", "ours"))
        where = exp.and_(self._session_key(), *conditions_of(binder, ("session",)))
        state = exp.Select(expressions=[exp.alias_(free.copy(), "free"), exp.alias_(ours.copy(), "ours")])
        state = state.from_(first_of(clause).copy())
        state.set("joins", [join.copy() for join in clause.joins])
        state.set("where", exp.Where(this=where.copy()))
        return LockStatements(
            state=self._plan("lock.state", state),
            take=self._plan("lock.take", self._lock_update("set", rule.set, free)),
            clear=self._plan("lock.clear", self._lock_update("clear", rule.clear, ours)),
        )

    def _lock_update(self, part: str, columns: dict[str, str], condition: exp.Expr) -> exp.Expr:
        """Compare and set: the row is changed only while the condition still holds."""
        clause = self._binder.clause(self._binder.mapping.clauses[("session",)])
        table = first_of(clause).copy()
        values = [self._assignment(("lock", part, column)) for column in columns]
        alias = table.alias_or_name.casefold()
        foreign = {column.table for column in condition.find_all(exp.Column)} - {alias}
        if foreign:
            self._binder.report(
                ("lock", "free" if part == "set" else "ours"),
                f"may read only {alias}, whose row is changed in the same moment",
            )
        own_key = [self._binder.expression(key) for key in self._binder.mapping.fragments[("session", "id")]]
        where = exp.and_(
            *(exp.EQ(this=key, expression=exp.Placeholder(this=f"key_{index}")) for index, key in enumerate(own_key)),
            condition.copy(),
        )
        return exp.Update(
            this=table,
            expressions=[value for value in values if value is not None] + self._kept_up(_table_of(table)),
            where=exp.Where(this=where),
        )

    def _recorded(self) -> Plan:
        path: Path = ("record", "recorded")
        binder = self._binder
        clause = binder.clause(binder.mapping.clauses[path])
        outputs = []
        for name in ("amount", "tip", "cashback"):
            fragment = binder.mapping.fragment(*path, name)
            tree = binder.expression(fragment) if fragment is not None else exp.Null()
            outputs.append(exp.alias_(tree, name))
        payment_id = binder.expression(binder.mapping.fragments[(*path, "payment_id")][0])
        where: list[exp.Expr] = [exp.EQ(this=payment_id, expression=exp.Placeholder(this="payment_id"))]
        session = binder.mapping.fragment(*path, "session_id")
        if session is not None:
            where.append(exp.EQ(this=binder.expression(session), expression=exp.Placeholder(this="session_id")))
        where += conditions_of(binder, path)
        select = exp.Select(expressions=outputs).from_(first_of(clause))
        select.set("joins", list(clause.joins))
        select.set("where", exp.Where(this=exp.and_(*where)))
        return self._plan("recorded", select)

    def _verify(self) -> Plan:
        return self._plan(
            "verify", self._binder.expression(self._binder.mapping.fragments["record", "verify", "find"][0])
        )

    def _step(self, index: int, step: Step) -> Write:
        path: Path = ("record", "step", index)
        if step.find is not None:
            tree = self._binder.expression(self._binder.mapping.fragments[(*path, "find")][0])
            gives = tuple(output.alias_or_name for output in tree.selects) if isinstance(tree, exp.Select) else ()
            if step.lock and isinstance(tree, exp.Select):
                self._engine.hold(tree, None)
        else:
            tree, gives = self._change(path, step), tuple(step.returning)
        source = self._binder.mapping.source
        line, _ = source.locator.place((*path, step.kind))
        file = source.file.replace("\\", "/").rsplit("/", 1)[-1]
        what = " ".join(part for part in (step.kind, step.table) if part)
        plan = self._plan(f"record.{index + 1} {what}", tree)
        if step.when:
            plan = replace(plan, shown=f"-- when {' and '.join(step.when)}\n{plan.shown}")
        asked_after = None
        if step.returning and step.kind not in self._engine.returns:
            asked_after = self._asked_after(path, step, tree)
            tree.set("returning", None)
            plan = self._plan(plan.name, tree)
        return Write(
            plan=plan,
            place=f"step {index + 1}, {what} ({file}:{line})",
            expected=step.expected,
            when=tuple((text.removeprefix("not ").strip(), not text.startswith("not ")) for text in step.when),
            gives=gives,
            missing=step.missing or "",
            asked_after=asked_after,
        )

    def _asked_after(self, path: Path, step: Step, change: exp.Expr) -> Plan | None:
        """The values of changed rows, asked for once they are changed and held; only where that finds the same rows."""
        if step.kind == "insert" and len(step.returning) == 1 and step.from_ is None and step.select is None:
            number = exp.Anonymous(this="LAST_INSERT_ID")
            return self._plan(
                f"{path[-1]} key", exp.Select(expressions=[exp.alias_(number, next(iter(step.returning)))])
            )
        changed = {each.this.name.casefold() for each in change.expressions} if step.kind == "update" else set()
        where = change.args.get("where")
        read = {column.name.casefold() for column in where.find_all(exp.Column)} if where is not None else set()
        if step.kind != "update" or changed & read:
            self._binder.report(
                (*path, "returning"),
                f"{self._engine.shown} cannot give values of rows that it has changed here",
                "find them in a step of their own, with lock = true, before this one",
            )
            return None
        given = [each.copy() for each in change.args["returning"].expressions]
        table = change.this.copy()
        select = exp.Select(expressions=given).from_(table)
        select.set("where", where.copy() if where is not None else None)
        self._engine.hold(select, None)
        return self._plan(f"record.{int(path[-1]) + 1} values", select)

    def _change(self, path: Path, step: Step) -> exp.Expr:
        table = self._binder.names.resolve(self._binder.mapping.fragments[(*path, "table")][0].tree.copy())
        name = _table_of(table)
        if table.alias == table.name:
            table.set("alias", None)
        returning = self._returning(path, step)
        where = self._binder.mapping.fragment(*path, "where")
        condition = exp.Where(this=self._binder.condition(where)) if where is not None else None
        if step.kind == "delete":
            return exp.Delete(this=table, where=condition)
        if step.kind == "update":
            values = [self._assignment((*path, "set", column)) for column in step.set]
            changes = [value for value in values if value is not None]
            changes += self._kept_up(name, said=frozenset(step.set))
            return exp.Update(this=table, expressions=changes, where=condition, returning=returning)
        table.set("alias", None)
        if step.select is not None:
            select = self._binder.expression(self._binder.mapping.fragments[(*path, "select")][0])
            columns = [self._target((*path, "select", output.alias_or_name)) for output in select.selects]  # type: ignore[attr-defined]
            return exp.Insert(
                this=exp.Schema(this=table, expressions=[each for each in columns if each is not None]),
                expression=select,
                returning=returning,
            )
        return self._insert(path, step, table, condition, returning)

    def _insert(
        self, path: Path, step: Step, table: exp.Expr, condition: exp.Where | None, returning: exp.Returning | None
    ) -> exp.Expr:
        pairs = [self._assignment((*path, "set", column)) for column in step.set]
        pairs += self._kept_up(_table_of(table), said=frozenset(step.set), new=True)
        given = [pair for pair in pairs if pair is not None]
        schema = exp.Schema(this=table, expressions=[pair.this for pair in given])
        values = [pair.expression for pair in given]
        source: exp.Expr = exp.Values(expressions=[exp.Tuple(expressions=values)])
        if step.from_ is not None:
            clause = self._binder.clause(self._binder.mapping.clauses[path])
            source = exp.Select(expressions=values).from_(first_of(clause))
            source.set("joins", list(clause.joins))
            source.set("where", condition)
        return exp.Insert(this=schema, expression=source, returning=returning)

    def _returning(self, path: Path, step: Step) -> exp.Returning | None:
        columns = [(name, self._target((*path, "returning", name))) for name in step.returning]
        found = [exp.alias_(self._engine.returned(column), name) for name, column in columns if column is not None]
        return exp.Returning(expressions=found) if found else None

    def _target(self, path: Path) -> exp.Identifier | None:
        """A column that is written to, as this database spells it; None for an optional one that it lacks."""
        column = self._binder.mapping.fragments[(*path, "column")][0].tree.copy()
        if not isinstance(column, exp.Column) or self._binder.names.is_absent(column):
            return None
        self._binder.names.resolve(column)
        found = column.this
        return found if isinstance(found, exp.Identifier) else None

    def _assignment(self, path: Path) -> exp.EQ | None:
        """One column and its value."""
        target = self._target(path)
        fragment = self._binder.mapping.fragment(*path)
        if target is None or fragment is None:
            return None
        column = self._binder.mapping.fragments[(*path, "column")][0].tree
        assert isinstance(column, exp.Column)  # noqa: S101 - as the loader made it
        value = self._encoder.value(path, column, self._binder.expression(fragment))
        return exp.EQ(this=target, expression=value)

    def _kept_up(self, table: str, *, said: frozenset[str] = frozenset(), new: bool = False) -> list[exp.EQ]:
        """The columns that every write maintains, so that none forgets them: versions and time stamps."""
        found = []
        for name, rule in self._file.columns.get(table, {}).items():
            if rule.as_ not in ("version", "stamp") or name in said:
                continue
            column = exp.column(exp.to_identifier(name))
            column.meta["table"] = table
            if self._binder.names.is_absent(column):
                continue
            self._binder.names.resolve(column)
            value = self._encoder.now(column)
            if rule.as_ == "version":
                before = exp.Coalesce(this=column.copy(), expressions=[exp.Literal.number(0)])
                value = exp.Literal.number(0) if new else exp.Add(this=before, expression=exp.Literal.number(1))
            found.append(exp.EQ(this=column.this, expression=value))
        return found

    def _plan(self, name: str, tree: exp.Expr) -> Plan:
        text = self._engine.text(tree)
        driver, names = self._engine.driver(text, apart=True)
        site = {f"site_{key}": value for key, value in self._binder.site.items()}
        return Plan(
            name=name,
            shown=self._engine.shown_text(text),
            driver=driver,
            names=names,
            types=tuple(self._encoder.type_of(known) for known in names),
            branches=(),
            constants={key: value for key, value in site.items() if key in names},
        )


def _table_of(table: exp.Expr) -> str:
    """The name of a table as the mapping has it."""
    return str(table.meta.get("table") or table.name)
