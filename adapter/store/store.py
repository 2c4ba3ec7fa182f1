"""Binds the mapping to the database when it first answers, and runs units of reading against the book.

The adapter may start before the database does, and a mapping may stop fitting when the EPOS is updated: both are said
and tried again, and neither ends the program.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

from adapter.domain.money import NotMoney, exact
from adapter.domain.ports import Book, Till
from adapter.errors import AdapterError, InvalidFile, MappingMismatch, NotEnabled, StoreError, TooSlow
from adapter.events import DatabaseDown, Emit, MappingBound, MappingUnfit, RecordingOff
from adapter.mapping.assemble import Assembler
from adapter.mapping.bind import Binder
from adapter.mapping.engines import Engine
from adapter.mapping.fields import Fields
from adapter.mapping.load import Mapping as LoadedMapping
from adapter.mapping.naming import Naming
from adapter.mapping.plans import Identity, Part, Plan, path_of
from adapter.mapping.readings import plain_text
from adapter.mapping.receipts import Receipts
from adapter.mapping.schema import ReceiptRule, SiteConstant
from adapter.mapping.search import Search
from adapter.mapping.statements import Statements
from adapter.mapping.writes import WriteStatements
from adapter.store.book import Bound, SqlBook
from adapter.store.database import Database
from adapter.store.ledger import VERSION, Ledger, LockRow
from adapter.store.reflect import reading
from adapter.store.till import SqlTill
from adapter.store.units import Writer
from adapter.store.verify import Verifier

Answer = TypeVar("Answer")

_TRY_AGAIN = 10.0
"""Seconds before a mapping that did not fit is tried again."""


class SqlStore:
    """The restaurant's database, read through a mapping."""

    def __init__(
        self,
        *,
        mapping: LoadedMapping,
        database: Database,
        engine: Engine,
        site: Mapping[str, Any],
        receipt: ReceiptRule,
        history: timedelta | None,
        emit: Emit,
        ledger: Ledger | None = None,
    ) -> None:
        """`site` are the constants that the installation sets; the rest are read or have defaults.

        Without a ledger, locks and payments are known by the EPOS's own columns only.
        """
        self._ledger = ledger
        self._recording = False
        self._mapping = mapping
        self._database = database
        self._engine = engine
        self._site = site
        self._receipt = receipt
        self._history = history
        self._emit = emit
        self._bound: Bound | None = None
        self._binding = asyncio.Lock()
        self._unfit: AdapterError | None = None
        self._tried_at = 0.0

    async def read(self, unit: Callable[[Book], Answer]) -> Answer:
        """See ports.Store."""
        bound = self._bound or await self.bind()
        return await self._database.read(lambda reader: unit(SqlBook(reader, bound)))

    async def write(self, unit: Callable[[Till], Answer], *, even_unheard: bool = True) -> Answer:
        """See ports.Store."""
        bound = self._bound or await self.bind()
        if not self._recording:
            await self._require_recording(bound)
        writes, ledger = bound.writes, self._ledger
        assert writes is not None  # noqa: S101 - required just now, or earlier
        return await self._database.write(
            lambda writer: unit(SqlTill(writer, bound, writes, ledger)), even_unheard=even_unheard
        )

    async def look_after_payments(self, stop: asyncio.Event) -> None:
        """Look again and again whether payments are still in the EPOS, where the mapping says how, until `stop` is set."""
        record = self._mapping.file.record
        if record is None or record.verify is None or self._ledger is None:
            return
        while not self._recording:
            try:
                await asyncio.wait_for(stop.wait(), _TRY_AGAIN)
            except TimeoutError:
                continue
            return
        verifier = await self.verifier()
        if verifier is not None:
            await verifier.run(stop)

    async def verifier(self) -> Verifier | None:
        """What looks after payments; None where the mapping does not say how, or there is no ledger."""
        bound = self._bound or await self.bind()
        writes = bound.writes
        if writes is None or writes.verify is None or writes.rule.verify is None or self._ledger is None:
            return None
        return Verifier(
            self._database, bound, writes, self._ledger, self._emit, rule=writes.rule.verify, plan=writes.verify
        )

    async def locks(self) -> list[LockRow]:
        """Every lock of the ledger; raises NotEnabled without one."""
        bound = self._bound or await self.bind()
        await self._require_recording(bound)
        ledger = self._ledger
        return await self._database.read(ledger.locks) if ledger is not None else []

    async def create_ledger(self) -> None:
        """Make the tables of the ledger, as far as they are not there."""
        ledger = self._ledger
        if ledger is None:
            raise NotEnabled("this installation keeps no ledger: [ledger] use = false")

        def create(writer: Writer) -> None:
            for text in ledger.creation():
                writer.change(Plan(name="ledger.create", shown=text, driver=text, branches=()), {})

        await self._database.write(create)

    async def _require_recording(self, bound: Bound) -> None:
        """Raises NotEnabled, with what to do, where nothing can be recorded."""
        if bound.writes is None:
            raise NotEnabled("nothing can be locked or paid: the mapping has no [record]")
        if not self._mapping.file.capabilities.record_payment:
            raise NotEnabled("nothing can be locked or paid: the mapping says record_payment = false")
        ledger = self._ledger
        if ledger is not None:
            version = await self._database.read(ledger.version)
            if version is None:
                raise NotEnabled(
                    f"nothing can be locked or paid: the tables of the ledger are missing in schema {ledger.schema}",
                    hint="run: epos-adapter ledger create",
                )
            if version != VERSION:
                raise NotEnabled(
                    f"nothing can be locked or paid: the ledger has version {version}, and this adapter needs {VERSION}",
                    hint="run: epos-adapter ledger create, or the adapter that made it",
                )
        self._recording = True

    async def bind(self) -> Bound:
        """Check the mapping against the live schema and make its plans.

        Raises StoreError when the database does not answer, MappingMismatch when the mapping does not fit it; what is
        wrong has then been said in events.
        """
        async with self._binding:
            if self._bound is not None:
                return self._bound
            if self._unfit is not None and time.monotonic() - self._tried_at < _TRY_AGAIN:
                raise self._unfit
            try:
                self._bound = await self.bind_or_raise()
            except InvalidFile as error:
                for problem in error.problems:
                    self._emit(MappingUnfit(problem=str(problem)))
                count = len(error.problems)
                self._unfit = MappingMismatch(
                    f"the mapping does not fit the database: {count} problem{'s' if count > 1 else ''}, see the log"
                )
                self._tried_at = time.monotonic()
                raise self._unfit from None
            except StoreError as error:
                self._emit(DatabaseDown(reason=f"{error.message}; {error.hint}" if error.hint else error.message))
                raise
            self._unfit = None
            try:
                await self._require_recording(self._bound)
            except NotEnabled as error:
                self._emit(RecordingOff(reason=f"{error.message}; {error.hint}" if error.hint else error.message))
            except StoreError:
                pass  # asked again when something is to be recorded
            return self._bound

    async def explain(self, plan: Plan, parameters: Mapping[str, Any]) -> list[Any]:
        """What the database would do to run a plan, as its own lines."""
        asking = replace(plan, driver=f"EXPLAIN {plan.driver}", shown=f"EXPLAIN {plan.shown}")
        return await self._database.read(lambda reader: list(reader.rows(asking, parameters)))

    async def close(self) -> None:
        """Close every connection to the database."""
        await self._database.close()

    async def bind_or_raise(self) -> Bound:
        """Bind without saying or remembering anything.

        Raises InvalidFile with every problem, StoreError.
        """
        started = time.perf_counter()
        tables = Naming(mapping=self._mapping, catalogue=None, source=self._mapping.source).tables()
        catalogue = await self._database.inspect(reading(tables))
        binder = Binder(mapping=self._mapping, catalogue=catalogue)
        binder.check()
        binder.site = await self._site_constants(binder)
        types = await self._types(binder)
        bound = make_bound(
            binder, types=types, engine=self._engine, receipt=self._receipt, history=self._history, emit=self._emit
        )
        await self._check_writes(binder, bound)
        spent = (time.perf_counter() - started) * 1000
        name = self._mapping.source.file
        self._emit(MappingBound(mapping=name, tables=len(tables), milliseconds=round(spent, 1)))
        return bound

    async def _check_writes(self, binder: Binder, bound: Bound) -> None:
        """Have the database look at everything that will be written, before the first payment does.

        Raises InvalidFile with every statement that it refuses.
        """
        for path, plan in bound.writes.to_check() if bound.writes is not None else ():
            try:
                await self._database.read(lambda reader, plan=plan: reader.prepare(plan))  # type: ignore[misc]
            except (MappingMismatch, StoreError) as error:
                if error.retryable:
                    raise
                binder.report(
                    path, f"the database refuses this SQL ({error.message})", "explain shows it; psql says more"
                )
        binder.finish()

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
        before = len(binder.problems)
        for name in part.outputs:
            try:
                await self._asked(statements, part, name)
            except (MappingMismatch, StoreError) as refused:
                if _is_the_databases(refused):
                    raise
                message = refused.message.replace(
                    "the mapping does not fit the database", "the database refuses this SQL"
                )
                binder.report(path_of(part, name), message, "explain shows it; psql says more")
        if len(binder.problems) == before:
            binder.report((part.kind, "where"), error.message, "explain shows the SQL; psql says more")

    async def _site_constants(self, binder: Binder) -> dict[str, Any]:
        """Each constant's value: what the installation sets, else what the database holds, else the default."""
        found: dict[str, Any] = {}
        statements = Statements(binder=binder, engine=self._engine)
        for name, constant in self._mapping.file.site.items():
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
    receipt: ReceiptRule,
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
        receipts=Receipts(receipt, binder.site),
        history=history,
        stored_times={name: fields.stored_time(name) for name in ("created_at", "finished_at")},
        writes=WriteStatements(statements, fields).make(),
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
