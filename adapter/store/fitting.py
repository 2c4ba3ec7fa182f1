"""Fits a mapping to the live database: reads the schema, asks for types, has everything that writes checked.

Knows nothing of requests; says only that it was done.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from adapter.domain.money import NotMoney, exact
from adapter.errors import AdapterError, MappingMismatch, StoreError, TooSlow
from adapter.events import Emit, MappingBound
from adapter.mapping.assemble import Assembler
from adapter.mapping.bind import Binder
from adapter.mapping.catalogue import Catalogue
from adapter.mapping.comparisons import unfit_types
from adapter.mapping.engines import Engine
from adapter.mapping.fields import Fields
from adapter.mapping.load import Mapping as LoadedMapping
from adapter.mapping.naming import Naming
from adapter.mapping.plans import Identity, Part, Plan, path_of
from adapter.mapping.readings import plain_text
from adapter.mapping.receipt_schema import ReceiptRule
from adapter.mapping.receipts import Receipts
from adapter.mapping.schema import SiteConstant
from adapter.mapping.search import Search
from adapter.mapping.statements import Statements
from adapter.mapping.text_keys import table_key
from adapter.mapping.writes import WriteStatements
from adapter.store.book import Bound
from adapter.store.choosing import Chooser, tables_of
from adapter.store.database import Database
from adapter.store.reflect import reading
from adapter.store.refusals import in_words
from adapter.toml.locate import Path

_NO_TYPE = "42P18"
"""PostgreSQL's SQLSTATE of a parameter whose type nothing tells."""


class Fitting:
    """Fits one mapping to one database, as often as it is asked to."""

    def __init__(
        self,
        *,
        mapping: LoadedMapping,
        database: Database,
        engine: Engine,
        site: Mapping[str, Any],
        receipt: ReceiptRule | None,
        history: timedelta | None,
        emit: Emit,
        catalogue: Catalogue | None = None,
    ) -> None:
        """`site` are the constants that the installation sets; the rest are read or have defaults.

        `receipt` is what it prints in place of what the mapping says. With a catalogue the schema is not read again.
        """
        self._mapping = mapping
        self._database = database
        self._engine = engine
        self._site = site
        self._receipt = receipt
        self._history = history
        self._emit = emit
        self._catalogue = catalogue

    async def bound(self) -> Bound:
        """The mapping, bound.

        Raises InvalidFile with every problem, StoreError.
        """
        started = time.perf_counter()
        binder = await self.binder()
        bound = await self.bound_by(binder)
        spent = (time.perf_counter() - started) * 1000
        mapping = binder.mapping
        variant = next((each.name for each in self._mapping.variants if each.mapping is mapping), "")
        tables = Naming(mapping=mapping, catalogue=None, source=mapping.source).tables()
        name = mapping.source.file
        self._emit(MappingBound(mapping=name, tables=len(tables), milliseconds=round(spent, 1), variant=variant))
        return replace(bound, variant=variant)

    async def binder(self) -> Binder:
        """The variant of the mapping that the database needs, with its names looked up and its site constants known.

        Raises InvalidFile with every name that is not there, StoreError.
        """
        catalogue = self._catalogue
        if catalogue is None:
            catalogue = await self._database.inspect(reading(tables_of(self._mapping)))
        mapping, _ = await Chooser(self._mapping, self._database, self._engine).chosen(catalogue)
        binder = Binder(mapping=mapping, catalogue=catalogue, engine=self._engine)
        binder.check()
        binder.site = await self._site_constants(binder)
        return binder

    async def bound_by(self, binder: Binder) -> Bound:
        """The mapping, bound by a binder that knows the names and the constants.

        Raises InvalidFile with every problem, StoreError.
        """
        types = await self._types(binder)
        bound = make_bound(
            binder, types=types, engine=self._engine, receipt=self._receipt, history=self._history, emit=self._emit
        )
        await self._check_writes(binder, bound)
        return bound

    async def _check_writes(self, binder: Binder, bound: Bound) -> None:
        """Have the database look at everything that will be written, before the first payment does.

        Raises InvalidFile with every statement that it refuses.
        """
        for path, plan in bound.writes.to_check() if bound.writes is not None else ():
            try:
                await self._prepare(binder, path, plan)
            except (MappingMismatch, StoreError) as error:
                if _is_the_databases(error):
                    raise
                await self._refused(binder, path, error)
        binder.finish()

    async def _prepare(self, binder: Binder, path: Path, plan: Plan) -> None:
        """Have the database look at a statement that will be written, and report values that it takes for others.

        Raises AdapterError when the database refuses it.
        """
        types = await self._database.read(lambda reader: reader.prepare(plan))
        unfit = list(unfit_types(plan.names, types))
        for place, part in self._alone(binder, path) if unfit else ():
            with suppress(MappingMismatch):
                types = await self._database.read(lambda reader, part=part: reader.prepare(part))  # type: ignore[misc]
                for name, type_name in unfit_types(part.names, types):
                    _report_unfit(binder, place, name, type_name)
                    unfit = []
        for name, type_name in unfit:
            _report_unfit(binder, path, name, type_name)

    def _alone(self, binder: Binder, path: Path) -> Iterator[tuple[Path, Plan]]:
        """The columns and the condition of a step, each in a statement of its own."""
        if path[:2] == ("record", "step"):
            statements = WriteStatements(Statements(binder=binder, engine=self._engine), Fields(binder))
            yield from statements.alone(int(path[2]))

    async def _refused(self, binder: Binder, path: Path, error: AdapterError) -> None:
        """Report a statement that the database refuses: of a step, the columns or the condition that it is about.

        Raises StoreError when the database says no more.
        """
        found: list[tuple[Path, AdapterError]] = []
        for place, plan in self._alone(binder, path):
            try:
                await self._database.read(lambda reader, plan=plan: reader.prepare(plan))  # type: ignore[misc]
            except (MappingMismatch, StoreError) as refused:
                if _is_the_databases(refused):
                    raise
                found.append((place, refused))
        for place, why in found or [(path, error)]:
            hint = in_words(why.message) or f"explain shows it; {self._engine.client} says more"
            if _NO_TYPE in why.message:
                hint = "it cannot tell the type of a value: write CAST(:name AS varchar(40))"
            binder.report(place, f"the database refuses this SQL ({why.message})", hint)

    async def _types(self, binder: Binder) -> dict[Identity, str]:
        """The types of the mapping's expressions, as the database tells them.

        Raises InvalidFile with every field whose SQL the database refuses.
        """
        found: dict[Identity, str] = {}
        statements = Statements(binder=binder, engine=self._engine)
        parts = statements.probes()
        binder.finish()
        for part in parts:
            try:
                found |= await self._asked(statements, part)
            except (MappingMismatch, StoreError) as error:
                if _is_the_databases(error):
                    raise
                await self._blame(binder, statements, part, error)
        binder.finish()
        return found

    async def _asked(self, statements: Statements, part: Part, only: str | None = None) -> dict[Identity, str]:
        probe, identities = statements.probe(part, only)
        types = await self._database.read(lambda reader: reader.types(probe))
        return dict(zip(identities, types, strict=True))

    async def _blame(self, binder: Binder, statements: Statements, part: Part, error: AdapterError) -> None:
        """Find out which fields of a branch the database refuses, and report them."""
        refusals: dict[Path, tuple[str, str]] = {}
        for name in part.outputs:
            try:
                await self._asked(statements, part, name)
            except (MappingMismatch, StoreError) as refused:
                if _is_the_databases(refused):
                    raise
                message = refused.message.replace(
                    "the mapping does not fit the database", "the database refuses this SQL"
                )
                hint = in_words(message) or f"explain shows it; {self._engine.client} says more"
                refusals[path_of(part, name)] = message, hint
        if part.kind == "link" and len(refusals) == len({path_of(part, name) for name in part.outputs}) > 1:
            # What all of them share is the way from sessions to tables.
            way: Path = (
                ("session", "table") if ("session", "table") in binder.mapping.fragments else ("session", "tables")
            )
            refusals = {way: next(iter(refusals.values()))}
        for path, (message, hint) in refusals.items():
            binder.report(path, message, hint)
        if not refusals:
            binder.report(
                (part.kind, "where"), error.message, f"explain shows the SQL; {self._engine.client} says more"
            )

    async def _site_constants(self, binder: Binder) -> dict[str, Any]:
        """Each constant's value: what the installation sets, else what the database holds, else the default."""
        found: dict[str, Any] = {}
        statements = Statements(binder=binder, engine=self._engine)
        for name, constant in binder.mapping.file.site.items():
            value = self._site.get(name)
            plan = None if value is not None else statements.site_read(name)
            if plan is not None:
                rows = await self._database.read(lambda reader, plan=plan: reader.rows(plan, {}))  # type: ignore[misc]
                value = rows[0][0] if rows else None
            found[name] = constant_of(constant, value)
        return found


def _is_the_databases(error: AdapterError) -> bool:
    """Whether an error says nothing of the mapping: the database is busy, away or slow."""
    return error.retryable or isinstance(error, TooSlow)


def make_bound(
    binder: Binder,
    *,
    types: dict[Identity, str],
    engine: Engine,
    receipt: ReceiptRule | None,
    history: timedelta | None,
    emit: Emit,
) -> Bound:
    """Everything that requests share, from a mapping whose names have been checked.

    Raises InvalidFile with what does not fit.
    """
    fields = Fields(binder)
    statements = Statements(binder=binder, engine=engine, types=types)
    bound = Bound(
        fields=fields,
        statements=statements,
        assembler=Assembler(fields, emit),
        receipts=Receipts(receipt or binder.mapping.file.receipt, binder.site),
        history=history,
        stored_times={name: fields.stored_time(name) for name in ("created_at", "finished_at")},
        table_key=table_key(binder),
        writes=WriteStatements(statements, fields).make(),
        unsafe=tuple(binder.names.untransacted()),
    )
    # The shapes that every card machine asks for are made now, and with them every problem that making one can find.
    for search in (
        Search(by="key"),
        Search(by="key", content="bill"),
        Search(by="key", content="full"),
        Search(by="keys", content="bill"),
    ):
        bound.plan(search, lambda search=search: statements.sessions(search))  # type: ignore[misc]
    for wanted in (None, True, False):
        search = Search(is_finished=wanted, has_table=True, is_payable=True, names=True, recent=history is not None)
        statements.sessions(search)
    statements.tables(names=True, statuses=frozenset())
    binder.finish()
    return bound


def constant_of(constant: SiteConstant, value: Any) -> Any:
    """A site constant's value as its type has it; the default stands in for a value that is empty or unfit."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return constant.default
    if constant.type == "text":
        return plain_text(value)
    if constant.type == "flag" and not isinstance(value, bool):
        return plain_text(value).casefold() in ("1", "true", "t", "y", "yes")
    if isinstance(value, bool):
        return value if constant.type == "flag" else constant.default
    try:
        number = exact(value)
    except NotMoney:
        return constant.default
    if constant.type == "integer":
        return int(number) if number == int(number) else constant.default
    return number if constant.type == "number" else constant.default


def _report_unfit(binder: Binder, path: Path, name: str, type_name: str) -> None:
    """Say of a value that it is no such thing as the database takes it for."""
    article = "an" if type_name[0] in "aeiou" else "a"
    message = f":{name} is a text, and the database takes {article} {type_name} here: the first payment would fail"
    binder.report(path, message, "is it the right column? else write CAST(... AS text) around what it is compared with")
