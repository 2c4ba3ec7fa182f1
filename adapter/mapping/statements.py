"""Builds the statements that answer the reading requests from a bound mapping.

A child continues its parent's FROM, so the root is the same for one session, for some and for a whole search. Knows
nothing of rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from msgspec.structs import replace
from sqlglot import exp

from adapter.domain.values import TableStatus
from adapter.mapping import schema
from adapter.mapping.bind import Binder, BoundClause
from adapter.mapping.captures import derived_of, is_captured
from adapter.mapping.engines import Engine
from adapter.mapping.extras import extra_place, moment_name
from adapter.mapping.fragments import Fragment
from adapter.mapping.links import Links, first_of
from adapter.mapping.plans import Identity, Kind, Part, Plan, identity, kind_of, part_without_rows, path_of, plan
from adapter.mapping.readings import sorts
from adapter.mapping.rows_sql import encoded_outputs, sums_lines
from adapter.mapping.search import Search
from adapter.mapping.table_status import TableStatuses, conditions_of, name_expression
from adapter.mapping.walk import entities
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

    def __post_init__(self) -> None:
        self._status = TableStatuses(self.binder)
        clauses = self.binder.mapping.clauses
        self._clauses = {path: self.binder.clause(clause) for path, clause in clauses.items()}
        self._links_of = Links(self.binder, self._clauses)

    @property
    def _file(self) -> schema.MappingFile:
        return self.binder.mapping.file

    def tables(self, *, names: bool, statuses: frozenset[TableStatus] | None) -> Plan:
        """The statement for GetTable and ListTables."""
        where = [*conditions_of(self.binder, ("table",)), *self._status.among(statuses)]
        name = name_expression(self.binder) if names else None
        if name is not None:
            where.append(self.engine.one_of([name], ["names"]))
        clause = self._clauses[("table",)]
        outputs = self._outputs(("table",), _TABLE_FIELDS)
        if self._status.tells_null_from_missing:
            outputs["status.there"] = self._status.row_is_there(clause)
        part = Part(
            kind="table", index=0, outputs=outputs, first=first_of(clause), joins=clause.joins, where=tuple(where)
        )
        return self._plan("tables", [part])

    def sessions(self, search: Search) -> Plan:
        """The statement for sessions and their bills."""
        parts = self._parts(search)
        name = {"session": "sessions", "bill": "bills", "full": "bills", "balance": "balances"}[search.content]
        return self._plan(name.removesuffix("s") if search.by == "key" else name, parts)

    def _parts(self, search: Search) -> list[Part]:
        root = self._root(search)
        names = {
            "bill": (*_OWNER_FIELDS, *_BILL_FIELDS),
            "full": (*_SESSION_FIELDS, *_BILL_FIELDS),
            "session": (*_SESSION_FIELDS, "total", "paid", "currency"),
            "balance": _BALANCE_FIELDS,
        }[search.content]
        outputs = {**self._key(), **self._session_outputs(names)}
        if self._links_of.are_decoded and search.content in ("full", "session"):
            outputs |= self._session_outputs(("table",))
        if search.content == "balance":
            outputs |= self._checked() | {"now": self.engine.now()}
            return [self._part("session", 0, outputs, ("session",), root)]
        if has_lines := search.content != "session" or sums_lines(self._file):
            outputs |= self._extras_of("session") | self._moments() | encoded_outputs(self.binder, "session")
        parts = [self._part("session", 0, outputs, ("session",), root)]
        if search.content != "bill" and self._links_of.there_are:
            parts.append(self._links(root))
        if has_lines:
            parts.extend(self._lines(root))
        return parts

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
        """The branches of a whole bill, to ask the database for the types of their outputs: see `probe`."""
        return self._parts(Search(by="key", content="full"))

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
        if search.has_table is not None or search.names:
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

    def _links(self, root: tuple[exp.Expr, ...]) -> Part:
        """The names of each session's tables."""
        clause = self._clauses[("session",)]
        link = self._links_of.link()
        shown = self._outputs(("table",), ("name", "status") if self._status.hides else ("name",))
        outputs = {**self._key(), **{name: self._links_of.tree(tree) for name, tree in shown.items()}}
        if self._links_of.are_decoded:
            outputs |= self._links_of.ids()
        if self._status.hides and self._status.tells_null_from_missing:
            outputs["status.there"] = self._links_of.tree(self._status.row_is_there(self._clauses[("table",)]))
        outputs |= self._order(("session", "tables"))
        return Part(
            kind="link",
            index=0,
            outputs=outputs,
            first=first_of(clause),
            joins=(*clause.joins, exp.Join(this=link.first, on=link.tied), *link.joins),
            where=(*root, *link.where),
        )

    def _lines(self, root: tuple[exp.Expr, ...]) -> Iterator[Part]:
        if ("item",) in self._clauses:
            yield from self._items(root)
        for path, _, _ in entities(self._file):
            is_extra = path[0] in ("discount", "charge") and path in self._clauses
            if is_extra and extra_place(self.binder.mapping, path) is None:
                outputs = self._outputs(path, _EXTRA_FIELDS) | self._tax(path) | self._order(path)
                yield self._part(kind_of(path), int(path[1]), {**self._key(), **outputs}, path, root)

    def _items(self, root: tuple[exp.Expr, ...]) -> Iterator[Part]:
        item = self._outputs(("item",), _ITEM_FIELDS) | encoded_outputs(self.binder, "item")
        item |= self._tax(("item",)) | self._order(("item",)) | self._item_key()
        if self._file.modifier is not None and self._file.modifier.positional is not None:
            item |= {f"modifier.{name}": tree for name, tree in self._outputs(("modifier",), _MODIFIER_FIELDS).items()}
            positional = self.binder.mapping.fragment("modifier", "positional")
            if positional is not None:
                item["positional"] = self.binder.condition(positional)
        item |= self._extras_of("item")
        item = {name: tree for name, tree in item.items() if not self._is_of_session(name, tree)}
        yield self._part("item", 0, {**self._key(), **item}, ("item",), root)
        if ("modifier",) in self._clauses:
            outputs = (
                self._outputs(("modifier",), _MODIFIER_FIELDS) | self._tax(("modifier",)) | self._order(("modifier",))
            )
            yield self._part("modifier", 0, {**self._key(), **self._item_key(), **outputs}, ("modifier",), root)

    def _extras_of(self, owner: str) -> dict[str, exp.Expr]:
        """Discounts and charges that stand in the rows of their session, or of their item, and need none of their own."""
        found: dict[str, exp.Expr] = {}
        for path, _, _ in entities(self._file):
            place = extra_place(self.binder.mapping, path)
            if place is None or place.owner != owner:
                continue
            outputs = self._outputs(path, _EXTRA_FIELDS) | self._tax(path)
            if place.condition is not None:
                outputs = {
                    name: tree if name == "ordered_at" else self._only_if(place.condition, tree)
                    for name, tree in outputs.items()
                }
                outputs["there"] = self.binder.condition(place.condition)
            found |= {f"{path[0]}.{path[1]}.{name}": tree for name, tree in outputs.items()}
        return found

    def _moments(self) -> dict[str, exp.Expr]:
        """When lines were ordered, where the EPOS tells it once for a whole check: read once, not for every line."""
        found: dict[str, exp.Expr] = {}
        for path, _, _ in entities(self._file):
            place = extra_place(self.binder.mapping, path)
            if path == ("item",) or (place is not None and place.owner == "item"):
                tree = self._outputs(path, ("ordered_at",)).get("ordered_at")
                if tree is not None and self._is_of_session("ordered_at", tree):
                    found[moment_name(path)] = tree
        return found

    def _is_of_session(self, name: str, tree: exp.Expr) -> bool:
        """Whether a moment is the same for every line of a session."""
        if name.rsplit(".", 1)[-1] != "ordered_at" or tree.find(exp.Select) is not None:
            return False
        known = self.binder.mapping.clauses[("session",)].scope
        return all(column.table.casefold() in known for column in tree.find_all(exp.Column))

    def _only_if(self, condition: Fragment, tree: exp.Expr) -> exp.Expr:
        """What is more than a column is computed only for the rows that need it."""
        if isinstance(tree, (exp.Column, exp.Literal)):
            return tree
        return exp.Case(ifs=[exp.If(this=self.binder.condition(condition), true=tree)])

    def _part(
        self, kind: Kind, index: int, outputs: dict[str, exp.Expr], path: Path, root: tuple[exp.Expr, ...]
    ) -> Part:
        """A branch that reads from the session and from what continues it down to this entity."""
        chain: list[Path] = [("session",)]
        if path[0] == "modifier":
            chain.append(("item",))
        if path != ("session",):
            chain.append(path)
        joins = tuple(join for step in chain for join in self._clauses[step].joins)
        own = [condition for step in chain[1:] for condition in conditions_of(self.binder, step)]
        return Part(
            kind=kind,
            index=index,
            outputs=outputs,
            first=first_of(self._clauses[("session",)]),
            joins=joins,
            where=(*root, *own),
        )

    def _key(self) -> dict[str, exp.Expr]:
        parts = self.binder.mapping.fragments[("session", "id")]
        return {f"session.{index}": self.binder.expression(part) for index, part in enumerate(parts)}

    def _item_key(self) -> dict[str, exp.Expr]:
        parts = self.binder.mapping.fragments.get(("item", "key"), ())
        return {f"item.{index}": self.binder.expression(part) for index, part in enumerate(parts)}

    def _outputs(self, path: Path, names: tuple[str, ...]) -> dict[str, exp.Expr]:
        found: dict[str, exp.Expr] = {}
        for name in names:
            found.update(self._field((*path, *name.split(".")), name))
        return found

    def _session_outputs(self, names: tuple[str, ...]) -> dict[str, exp.Expr]:
        found: dict[str, exp.Expr] = {}
        for name in names:
            owner = "bill" if name in _BILL_FIELDS else "session"
            found.update(self._field((owner, *name.split(".")), name))
        return found

    def _field(self, path: Path, name: str) -> dict[str, exp.Expr]:
        fragments = self.binder.mapping.fragments.get(path, ())
        if name in _FLAGS:
            return {name: self._flag(path)} if fragments else {}
        trees = [self.binder.expression(fragment) for fragment in fragments]
        if len(trees) == 1:
            is_told_once = name in _CONSTANT or (path[0] in ("charge", "discount") and name in ("id", "name"))
            return {} if is_told_once and self.binder.constant(trees[0]) is not None else {name: trees[0]}
        return {f"{name}.{index}": tree for index, tree in enumerate(trees)}

    def _flag(self, path: Path) -> exp.Expr:
        """A plain column is read as it is; a condition is decided by the database."""
        fragment = self.binder.mapping.fragments[path][0]
        is_plain = isinstance(fragment.tree, exp.Column) and not fragment.tree.meta.get("field")
        if is_plain or is_captured(self.binder, path):
            return self.binder.expression(fragment)
        return self.binder.flag(path)

    def _tax(self, path: Path) -> dict[str, exp.Expr]:
        rule = getattr(self._file, str(path[0]))
        rule = rule[int(path[1])] if isinstance(rule, tuple) else rule
        if rule.tax is None or rule.tax.included is True:
            return {}
        found: dict[str, exp.Expr] = {}
        included = self.binder.mapping.fragment(*path, "tax", "included")
        if included is not None:
            value = self.binder.constant(self.binder.expression(included))
            if value is True:
                return {}
            if value is None:
                found["tax.included"] = self.binder.condition(included)
        rate = self.binder.mapping.fragment(*path, "tax", "rate")
        if rate is not None:
            found["tax.rate"] = self.binder.expression(rate)
        return found

    def _order(self, path: Path) -> dict[str, exp.Expr]:
        parts = self.binder.mapping.fragments.get((*path, "order"), ())
        return {f"order.{index}": self.binder.expression(part) for index, part in enumerate(parts)}


_TABLE_FIELDS = ("name", "max_covers", "status", "area.name")
_SESSION_FIELDS = ("name", "created_at", "finished", "finished_at", "payable", "covers", "waiter.id", "waiter.name")
_OWNER_FIELDS = ("created_at", "waiter.id")
"""What a bill needs of its session: the time it borrows for lines without one, and whose it is."""
_BALANCE_FIELDS = ("waiter.id", "waiter.name", "total", "paid", "currency")
_BILL_FIELDS = ("total", "paid", "tax", "service_charge", "currency", "note")
_ITEM_FIELDS = ("id", "name", "category", "quantity", "amount_per_item", "ordered_at")
_MODIFIER_FIELDS = ("id", "name", "quantity", "amount")
_EXTRA_FIELDS = ("id", "name", "amount", "ordered_at")
_FLAGS = frozenset({"finished", "payable"})
_CONSTANT = frozenset({"currency"})
"""Fields that are decided once when the mapping is bound, if they are constant."""
