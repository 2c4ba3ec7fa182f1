"""Builds the statements that answer the reading requests from a bound mapping.

A child continues its parent's FROM, so the root is the same for one session, for some and for a whole search; where a session
is asked for by its key, its children are found by their own reference to it. Knows nothing of rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from msgspec.structs import replace
from sqlglot import exp

from adapter.domain.values import TableStatus
from adapter.mapping import schema
from adapter.mapping.bind import Binder, BoundClause
from adapter.mapping.captures import derived_of, is_captured
from adapter.mapping.direct import direct
from adapter.mapping.engines import Engine
from adapter.mapping.line_parts import EVERYTHING, OF_BILL, OF_ORDER, Lines, Told
from adapter.mapping.links import Links, first_of
from adapter.mapping.narrowing import narrowed
from adapter.mapping.outputs import BILL_FIELDS, Outputs
from adapter.mapping.pages import page_plan
from adapter.mapping.plans import Identity, Part, Plan, identity, part_without_rows, path_of, plan
from adapter.mapping.readings import sorts
from adapter.mapping.rows_sql import sums_lines
from adapter.mapping.search import Content, Search
from adapter.mapping.table_status import TableStatuses, conditions_of, name_expression
from adapter.toml.locate import Path


@dataclass(slots=True)
class Statements:
    """The statements of one bound mapping. Building one reports what does not fit to the binder."""

    binder: Binder
    engine: Engine
    types: dict[Identity, str] = field(default_factory=dict)
    """The types of expressions, as far as the database has been asked for them: see `probes`."""
    _clauses: dict[Path, BoundClause] = field(init=False)
    _status: TableStatuses = field(init=False)
    _links_of: Links = field(init=False)
    _outputs: Outputs = field(init=False)
    _lines: Lines = field(init=False)

    def __post_init__(self) -> None:
        self._status = TableStatuses(self.binder)
        clauses = self.binder.mapping.clauses
        self._clauses = {path: self.binder.clause(clause) for path, clause in clauses.items()}
        self._links_of = Links(self.binder, self._clauses)
        self._outputs = Outputs(self.binder)
        self._lines = Lines(self.binder, self._clauses, self._outputs)

    @property
    def _file(self) -> schema.MappingFile:
        return self.binder.mapping.file

    def tables(self, *, names: bool, statuses: frozenset[TableStatus] | None) -> Plan:
        """The statement for GetTable and ListTables."""
        where = [*conditions_of(self.binder, ("table",)), *self._status.among(statuses)]
        name = name_expression(self.binder) if names else None
        if name is not None:
            where.append(self.engine.one_of([name], ["names"]))
        return self._plan("tables", [self._table_part(_TABLE_FIELDS, tuple(where))])

    def floor(self) -> Plan:
        """The statement for every table with what else is told of it: its id, and the area in which it stands."""
        return self._plan("floor", [self._table_part(_FLOOR_FIELDS, tuple(conditions_of(self.binder, ("table",))))])

    def _table_part(self, names: tuple[str, ...], where: tuple[exp.Expr, ...]) -> Part:
        clause = self._clauses[("table",)]
        outputs = self._outputs.of(("table",), names)
        if self._status.tells_null_from_missing:
            outputs["status.there"] = self._status.row_is_there(clause)
        return Part(kind="table", index=0, outputs=outputs, first=first_of(clause), joins=clause.joins, where=where)

    def sessions(self, search: Search) -> Plan:
        """The statement for sessions and their bills."""
        parts = self._parts(search)
        name = {"full": "bill"}.get(search.content, search.content) + "s"
        return self._plan(name.removesuffix("s") if search.by == "key" else name, parts)

    def _parts(self, search: Search, told: Told | None = None) -> list[Part]:
        """The branches of a search; `told` is what is read of lines, where that is not what its content says."""
        root = self._root(search)
        outputs = {**self._outputs.key(), **self._outputs.of_session(_FIELDS[search.content])}
        if self._links_of.are_decoded and search.content in ("full", "order", "session"):
            outputs |= self._outputs.of_session(("table",))
        if search.content == "balance":
            outputs |= self._checked() | {"now": self.engine.now()}
            return [self._lines.part("session", outputs, ("session",), root)]
        told = told or (OF_ORDER if search.content == "order" else OF_BILL)
        if has_lines := search.content != "session" or sums_lines(self._file):
            outputs |= self._lines.in_session(told)
        parts = [self._lines.part("session", outputs, ("session",), root)]
        if search.content != "bill" and self._links_of.there_are:
            parts.append(self._links(root, ids=search.content == "order"))
        if has_lines:
            parts.extend(self._lines.parts(root, told))
        if search.by == "key" or (search.by == "keys" and search.content == "order"):
            # A thousand bills by their ids are read faster by way of their sessions; an order is one of a page, or alone.
            parts = [direct(part, root, self.binder.names.fact) for part in parts]
        return parts

    def page(self, search: Search, *, forward: bool, goes_on: bool) -> Plan:
        """The statement for the keys of one page of a search: see `page_plan`."""
        part = self._lines.part("session", self._outputs.key(), ("session",), self._root(search))
        keys = list(self._outputs.key().values())
        narrow = bool(self._finished_filter(search)) or search.table
        return page_plan(
            "page", part, keys, self.engine, self.binder.site, forward=forward, goes_on=goes_on, narrow=narrow
        )

    def _checked(self) -> dict[str, exp.Expr]:
        """What `[record.check]` asks for beside the balance."""
        names = self._file.record.check if self._file.record is not None else {}
        fragments = self.binder.mapping.fragments
        return {f"check.{name}": self.binder.expression(fragments["record", "check", name][0]) for name in names}

    def alone(self, search: Search) -> Iterator[tuple[Path, Plan]]:
        """Each field of a search for sessions in a statement of its own, to find out which one fails on the rows."""
        for part in self._parts(search):
            for name, tree in part.outputs.items():
                yield path_of(part, name), self._plan("alone", [replace(part, outputs={name: tree})])

    def probes(self) -> list[Part]:
        """Everything that is ever read of a session, to ask the database for the types of the outputs: see `probe`."""
        return self._parts(Search(by="key", content="order"), EVERYTHING)

    def probe(self, part: Part, only: str | None = None) -> tuple[Plan, list[Identity]]:
        """A statement that gives no rows, but tells the types of a branch's outputs, or of one of them.

        Comes with what identifies the expression of each column. Types let expressions share columns.
        """
        outputs = {name: tree for name, tree in part.outputs.items() if only is None or name == only}
        asked = replace(part, outputs=outputs, where=part.where if only is None else ())
        text, names = self.engine.driver(part_without_rows(asked, self.engine))
        plan = Plan(name="types", shown="", driver=text, names=names, branches=(), constants=self._constants(names))
        return plan, [identity(tree) for tree in outputs.values()]

    def _constants(self, names: tuple[str, ...]) -> dict[str, object]:
        known = {f"site_{name}": value for name, value in self.binder.site.items()}
        return {name: known.get(name) for name in names}

    def _plan(self, name: str, parts: list[Part]) -> Plan:
        parts = [replace(part, derived=derived_of(self.binder, part)) for part in parts]
        if name in ("order", "orders"):
            parts = narrowed(parts, self.types)
        return plan(name, parts, self.engine, self.binder.site, self.types)

    def site_read(self, name: str) -> Plan | None:
        """The statement that reads a site constant, if the database has it."""
        fragment = self.binder.mapping.fragment("site", name, "read")
        if fragment is None:
            return None
        text = self.engine.text(self.binder.expression(fragment))
        driver, names = self.engine.driver(text)
        return Plan(name=f"site.{name}", shown=self.engine.shown_text(text), driver=driver, names=names, branches=())

    def _root(self, search: Search) -> tuple[exp.Expr, ...]:
        """The conditions on a session, the same in every branch."""
        conditions = conditions_of(self.binder, ("session",))
        keys = [self.binder.expression(part) for part in self.binder.mapping.fragments[("session", "id")]]
        if search.by == "key":
            conditions += [
                exp.EQ(this=key, expression=exp.Placeholder(this=f"key_{index}")) for index, key in enumerate(keys)
            ]
        elif search.by == "keys":
            forms = self.binder.key_types(("session", "id"), self._file.session.id)
            conditions.append(self.engine.one_of(keys, [f"keys_{index}" for index in range(len(keys))], forms))
        conditions += self._finished_filter(search)
        payable = self.binder.mapping.fragment("session", "payable")
        if search.is_payable and payable is not None and not is_captured(self.binder, ("session", "payable")):
            conditions.append(self.binder.flag(("session", "payable")))
        if search.has_table is not None or search.names or search.table:
            conditions += self._links_of.filter(search, self.engine, hides=self._status.hides)
        waiter = self.binder.mapping.fragment("session", "waiter", "id")
        if search.waiter and waiter is not None and not is_captured(self.binder, ("session", "waiter", "id")):
            tree = self.binder.expression(waiter)
            is_waiter = exp.EQ(this=tree, expression=exp.Placeholder(this="waiter"))
            conditions.append(exp.paren(exp.or_(is_waiter, exp.Is(this=tree.copy(), expression=exp.Null()))))
        return tuple(conditions)

    def _finished_filter(self, search: Search) -> list[exp.Expr]:
        wanted = False if search.is_payable else search.is_finished
        if search.is_payable and search.is_finished:
            return [exp.false()]
        finished = self.binder.mapping.fragment("session", "finished")
        if finished is None:
            return [exp.false()] if wanted else []
        if wanted is not None:
            conditions = [self._finished(wanted)]
            return conditions + ([self._since()] if wanted and search.recent else [])
        if not search.recent or not self.can_push_time:
            return []
        return [exp.paren(exp.or_(self._finished(wanted=False), self._since()))]

    def _finished(self, wanted: bool) -> exp.Expr:
        own = self.binder.mapping.fragment("session", "filter", "finished" if wanted else "unfinished")
        if own is not None:
            return self.binder.condition(own)
        if is_captured(self.binder, ("session", "finished")):
            return exp.true()  # only what is read can tell
        return self.binder.flag(("session", "finished"), wanted=wanted)

    @property
    def can_push_time(self) -> bool:
        """Whether the database can tell how long ago a session finished: only where it holds times as times."""
        paths: list[Path] = [("session", name) for name in ("finished_at", "created_at")]
        for path in paths:
            if path not in self.binder.mapping.fragments:
                continue
            said = getattr(self.binder.mapping.file.session, str(path[1]))
            form = (said.form if said is not None else None) or self.binder.mapping.file.time.form
            if not sorts(form):
                return False
            fact = self.binder.fact_of(path)
            unfit = fact is None or fact.family not in ("time", "integer", "decimal")
            if is_captured(self.binder, path) or (self.binder.catalogue is not None and unfit):
                return False
        return True

    def _since(self) -> exp.Expr:
        if not self.can_push_time:
            return exp.true()
        created_at = self.binder.expression(self.binder.mapping.fragments[("session", "created_at")][0])
        finished_at = self.binder.mapping.fragment("session", "finished_at")
        began = exp.GTE(this=created_at, expression=exp.Placeholder(this="since_created"))
        if finished_at is None:
            return began
        moment = self.binder.expression(finished_at)
        ended = exp.GTE(this=moment, expression=exp.Placeholder(this="since_finished"))
        # A finished session without a time borrows the one when it began.
        borrowed = exp.and_(exp.Is(this=moment.copy(), expression=exp.Null()), began)
        return exp.paren(exp.or_(ended, exp.paren(borrowed)))

    def _links(self, root: tuple[exp.Expr, ...], *, ids: bool) -> Part:
        """The names of each session's tables, and their ids if they are wanted."""
        clause = self._clauses[("session",)]
        link = self._links_of.link()
        shown = self._outputs.of(("table",), ("name", "status") if self._status.hides else ("name",))
        outputs = {**self._outputs.key(), **{name: self._links_of.tree(tree) for name, tree in shown.items()}}
        if ids or self._links_of.are_decoded:
            outputs |= self._links_of.ids()
        if self._status.hides and self._status.tells_null_from_missing:
            outputs["status.there"] = self._links_of.tree(self._status.row_is_there(self._clauses[("table",)]))
        outputs |= self._outputs.order(("session", "tables"))
        return Part(
            kind="link",
            index=0,
            outputs=outputs,
            first=first_of(clause),
            joins=(*clause.joins, exp.Join(this=link.first, on=link.tied), *link.joins),
            where=(*root, *link.where),
        )


_TABLE_FIELDS = ("name", "max_covers", "status", "area.name")
_FLOOR_FIELDS = (*_TABLE_FIELDS, "id", "area.id")
_SESSION_FIELDS = ("name", "created_at", "finished", "finished_at", "payable", "covers", "waiter.id", "waiter.name")
_ORDER_FIELDS = ("reference", "display_name", "status", "kind", "collect_at", "updated_at", "tips")
_OWNER_FIELDS = ("created_at", "waiter.id")
"""What a bill needs of its session: the time it borrows for lines without one, and whose it is."""
_BALANCE_FIELDS = ("waiter.id", "waiter.name", "total", "paid", "currency")
_FIELDS: Mapping[Content, tuple[str, ...]] = {
    "balance": _BALANCE_FIELDS,
    "bill": (*_OWNER_FIELDS, *BILL_FIELDS),
    "full": (*_SESSION_FIELDS, *BILL_FIELDS),
    "order": (*_SESSION_FIELDS, *BILL_FIELDS, *_ORDER_FIELDS),
    "session": (*_SESSION_FIELDS, "total", "paid", "currency"),
}
"""What is read of the session itself, by what is asked for."""
