"""Fits a mapping to a database as the service does, but goes on after each misfit to find the others too.

Asks for no row. Knows nothing of what rows mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace
from sqlglot import exp

from adapter.check.findings import Findings
from adapter.check.probing import is_denied, reason_of
from adapter.errors import AdapterError, DatabaseBusy, DatabaseUnavailable, InvalidFile, Problem
from adapter.mapping.bind import Binder
from adapter.mapping.catalogue import Catalogue, TableFact
from adapter.mapping.load import Mapping
from adapter.mapping.naming import TableName
from adapter.mapping.plans import Identity, Part
from adapter.mapping.statements import Statements
from adapter.store.book import Bound
from adapter.store.choosing import Chooser, tables_of
from adapter.store.fitting import Fitting, constant_of, make_bound
from adapter.store.reflect import reading

_KINDS = (
    ("has no table", "missing-table"),
    ("has no column", "missing-column"),
    ("lacks the optional column", "missing-column"),
    ("may be NULL", "null-undeclared"),
    ("cannot become a session id", "key-form"),
    ("the database refuses", "sql-refused"),
    ("is no currency", "currency-unknown"),
)
"""What tells the kind of a misfit that has none of its own."""


@dataclass(slots=True)
class Fit:
    """How a mapping fits, as far as it does."""

    binder: Binder
    bound: Bound | None
    """None where no statement could be made."""
    unread: dict[str, str] = field(default_factory=dict)
    """Site constants whose `read` could not be asked, and why; empty where the role may not."""
    empty: frozenset[str] = frozenset()
    """Site constants whose `read` gave nothing."""
    troubled: frozenset[str] = frozenset()
    """Dotted keys with a misfit."""

    def is_whole(self, *sections: str) -> bool:
        """Whether nothing in these sections of the mapping is amiss, so that their statements can be run."""
        return not any(key.split(".", 1)[0].split("[", 1)[0] in sections for key in self.troubled)


class _PatientBinder(Binder):
    """A binder that goes on after problems: they gather in it until somebody takes them."""

    __slots__ = ()

    def finish(self) -> None:
        """Go on; whoever made it takes the problems."""


class PatientFitting(Fitting):
    """Fits one mapping to one database and never stops at a problem."""

    async def looked_through(self, findings: Findings, tell: Callable[[str], None]) -> Fit:
        """Everything static that is wrong goes to the findings.

        Raises DatabaseUnavailable.
        """
        tell("the schema")
        catalogue, held = await self._catalogue_of(tables_of(self._mapping))
        for table in sorted(held):
            findings.add("note", "not-checked", (), f"{table}: not looked at, because somebody else holds the table")
        seen: list[Problem] = []
        binder = _PatientBinder(mapping=await self._chosen(catalogue, seen), catalogue=catalogue, engine=self._engine)
        findings.source = binder.mapping.source
        fit = Fit(binder=binder, bound=None)
        binder.check()
        self._collect(binder, seen)
        await self._constants(fit)
        tell("the types of every expression")
        types = await self._asked_types(binder, seen, findings)
        self._collect(binder, seen)
        fit.bound = self._statements(binder, types, sound=not seen)
        self._collect(binder, seen)
        tell("the statements that record")
        if fit.bound is not None:
            await self._prepared(binder, fit.bound, seen, findings)
        self._collect(binder, seen)
        # A table that is held could not be looked up, which is all that is wrong with it.
        amiss = [p for p in seen if not any(p.message == f"the database has no table {name}" for name in held)]
        for problem, kind in _told_once(amiss):
            findings.take("error", kind, problem)
        fit.troubled = frozenset(problem.key for problem in seen)
        return fit

    async def _chosen(self, catalogue: Catalogue, seen: list[Problem]) -> Mapping:
        """The variant of the mapping that this database needs."""
        try:
            return (await Chooser(self._mapping, self._database, self._engine).chosen(catalogue))[0]
        except InvalidFile as error:
            seen += error.problems
        except DatabaseUnavailable:
            raise
        except AdapterError as error:
            place = self._mapping.source.file
            message = f"it cannot be told which variant this database needs, because {reason_of(error)}"
            seen.append(Problem(file=place, line=0, key="variant", message=message))
        return self._mapping

    async def _catalogue_of(self, wanted: set[TableName]) -> tuple[Catalogue, set[str]]:
        """The catalogue of the wanted tables, and the names of those that somebody else holds for himself."""
        try:
            return await self._database.inspect(reading(wanted)), set()
        except DatabaseBusy:
            pass
        tables: dict[str | None, dict[str, TableFact]] = {}
        known: set[str] = set()
        held: set[str] = set()
        for schema, name in sorted(wanted, key=str):
            try:
                found = await self._database.inspect(reading({(schema, name)}))
            except DatabaseBusy:
                held.add(name)
                continue
            tables.setdefault(schema, {}).update(found.tables.get(schema, {}))
            known |= found.known
        return Catalogue(tables=tables, known=frozenset(known)), held

    @staticmethod
    def _collect(binder: Binder, seen: list[Problem]) -> None:
        """Take what was found so far out of the binder, so that it goes on."""
        known = {problem.key for problem in seen}
        for problem in binder.problems:
            is_echo = "the database refuses" in problem.message and problem.key in known
            if problem not in seen and not is_echo and not is_denied(problem.message):
                seen.append(problem)
        binder.problems.clear()

    def _statements(self, binder: Binder, types: dict[Identity, str], *, sound: bool) -> Bound | None:
        """Every statement; those of the sound sections of a mapping with misfits work all the same."""
        try:
            return make_bound(
                binder,
                types=types,
                engine=self._engine,
                receipt=self._receipt,
                history=self._history,
                emit=self._emit,
            )
        except (AdapterError, LookupError, TypeError, ValueError):
            # The service would have stopped at the first misfit, and need not work beyond it; without one it must.
            if sound:
                raise
            return None

    async def _constants(self, fit: Fit) -> None:
        """The site constants, each by itself: one that cannot be read does not hide the others."""
        binder = fit.binder
        found: dict[str, Any] = {}
        empty: set[str] = set()
        statements = Statements(binder=binder, engine=self._engine)
        for name, constant in binder.mapping.file.site.items():
            value = self._site.get(name)
            plan = statements.site_read(name) if value is None and _is_there(binder, ("site", name, "read")) else None
            if plan is not None:
                try:
                    rows = await self._database.read(lambda reader, plan=plan: reader.rows(plan, {}))  # type: ignore[misc]
                except DatabaseUnavailable:
                    raise
                except AdapterError as error:
                    fit.unread[name] = "" if is_denied(error.message) else reason_of(error)
                else:
                    value = rows[0][0] if rows else None
                    if constant_of(replace_default(constant), value) is None:
                        empty.add(name)
            found[name] = constant_of(constant, value)
        binder.site = found
        fit.empty = frozenset(empty)

    async def _asked_types(self, binder: Binder, seen: list[Problem], findings: Findings) -> dict[Identity, str]:
        types: dict[Identity, str] = {}
        statements = Statements(binder=binder, engine=self._engine)
        parts = statements.probes()
        self._collect(binder, seen)
        for part in filter(None, (_sound_part(binder, part) for part in parts)):
            try:
                types |= await self._asked(statements, part)
            except DatabaseUnavailable:
                raise
            except AdapterError as error:
                if error.retryable or error.code == "E403":
                    findings.add(
                        "note", "not-checked", (part.kind,), f"types not asked for, because {reason_of(error)}"
                    )
                elif not is_denied(error.message):
                    with suppress(AdapterError):
                        await self._blame(binder, statements, part, error)
        return types

    async def _prepared(self, binder: Binder, bound: Bound, seen: list[Problem], findings: Findings) -> None:
        """Have the database look at everything that will be written, one statement at a time."""
        names = {problem.key for problem in seen}
        for path, plan in bound.writes.to_check() if bound.writes is not None else ():
            key = ".".join(str(part) for part in path[:2])
            if any(name.startswith(key) for name in names if not key.startswith("record.step")):
                continue
            if not all(_is_there(binder, known) for known in binder.mapping.fragments if known[: len(path)] == path):
                continue
            if path in (("session", "id"), ("record", "check")) and not _session_is_there(binder):
                continue
            try:
                await self._prepare(binder, path, plan)
            except DatabaseUnavailable:
                raise
            except AdapterError as error:
                if error.retryable or error.code == "E403":
                    findings.add("note", "not-checked", path, f"SQL not tried, because {reason_of(error)}")
                    continue
                await self._refused(binder, path, error)


def replace_default(constant: Any) -> Any:
    """The same constant without what stands in for it."""
    return constant.model_copy(update={"default": None})


def _told_once(problems: list[Problem]) -> Iterator[tuple[Problem, str]]:
    """Each problem with its kind; a table that is missing is said once, with the other lines that name it."""
    by_message: dict[str, list[Problem]] = {}
    for problem in dict.fromkeys(problems):
        is_table = "has no table" in problem.message
        by_message.setdefault(problem.message if is_table else str(problem), []).append(problem)
    for alike in by_message.values():
        first = min(alike, key=lambda problem: problem.line)
        lines = sorted({problem.line for problem in alike} - {first.line})
        if lines:
            shown = ", ".join(str(line) for line in lines[:8]) + (" and more" if len(lines) > 8 else "")
            first = replace(first, message=f"{first.message} (named in lines {shown} too)")
        kind = next((kind for text, kind in _KINDS if text in first.message), "misfit")
        yield first, kind


def _is_there(binder: Binder, path: tuple[str | int, ...]) -> bool:
    """Whether every table and column of a fragment exists."""
    return all(_sound(binder, fragment.tree) for fragment in binder.mapping.fragments.get(path, ()))


def _session_is_there(binder: Binder) -> bool:
    clause = binder.mapping.clauses.get(("session",))
    nodes = [] if clause is None else [*([clause.first] if clause.first is not None else []), *clause.joins]
    return all(_sound(binder, node) for node in nodes) and all(
        _is_there(binder, path) for path in binder.mapping.fragments if path[0] in ("session", "bill")
    )


def _sound(binder: Binder, tree: exp.Expr) -> bool:
    catalogue, file = binder.catalogue, binder.mapping.file
    if catalogue is None:
        return True
    for node in tree.find_all(exp.Table):
        if isinstance(node.this, exp.Identifier) and not node.meta.get("cte"):
            name = node.name if "resolved" in node.meta else f"{file.prefix}{node.meta.get('table', node.name)}"
            if catalogue.table(node.db or file.schema_, name) is None:
                return False
    for column in tree.find_all(exp.Column):
        if column.meta.get("table") is None:
            continue
        table = catalogue.table(column.meta.get("schema") or file.schema_, f"{file.prefix}{column.meta['table']}")
        if table is None or (table.column(column.name) is None and not binder.names.is_absent(column)):
            return False
    return True


def _sound_part(binder: Binder, part: Part) -> Part | None:
    """A branch without the outputs that name what is not there; None where its rows themselves cannot be had."""
    if not all(_sound(binder, tree) for tree in (part.first, *part.joins, *part.where)):
        return None
    outputs = {name: tree for name, tree in part.outputs.items() if _sound(binder, tree)}
    return replace(part, outputs=outputs) if outputs else None
