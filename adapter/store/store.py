"""Binds the mapping to the database when it first answers, and runs units of reading against the book.

The adapter may start before the database does, and a mapping may stop fitting when the EPOS is updated: both are said
and tried again, and neither ends the program.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from contextvars import Context
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from msgspec.structs import replace

from adapter.domain.payments import Lock
from adapter.domain.ports import Book, Till
from adapter.errors import (
    AdapterError,
    DatabaseUnavailable,
    InvalidFile,
    MappingMismatch,
    NotEnabled,
    StoreError,
)
from adapter.events import Emit, MappingOutgrown, MappingUnfit, RecordingOff, RecordingOn
from adapter.mapping.engines import Engine
from adapter.mapping.load import Mapping as LoadedMapping
from adapter.mapping.plans import Plan
from adapter.mapping.receipt_schema import ReceiptRule
from adapter.mapping.variants import files_of
from adapter.store import refit
from adapter.store.book import Bound, SqlBook
from adapter.store.database import Database
from adapter.store.fitting import Fitting
from adapter.store.flagged import FlaggedRow
from adapter.store.ledger import VERSION, Ledger, LockRow
from adapter.store.till import SqlTill
from adapter.store.units import Reader, Writer
from adapter.store.verify import Verifier

Answer = TypeVar("Answer")

_BIND_PATIENCE = 20.0
"""Seconds that binding may take; it takes a half."""
_PURGE_AGAIN = 3600.0
"""Seconds between looks for old locks that nobody needs to remember any more."""
_CLOSE_PATIENCE = 10.0
"""Seconds that what nobody waits for any more may take to be written before the connections are closed."""
_LOOK = 1.0
"""Seconds between looks whether the database has refused a statement of the mapping."""


class SqlStore:
    """The restaurant's database, read through a mapping."""

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
        ledger: Ledger | None = None,
    ) -> None:
        """`site` are the constants that the installation sets; the rest are read or have defaults.

        Without a ledger, locks and payments are known by the EPOS's own columns only.
        """
        self._ledger = ledger
        self._recording = False
        self._not_recording = ""
        self._later: set[asyncio.Task[None]] = set()
        self._mapping = mapping
        self._database = database
        self._engine = engine
        self._fitting = Fitting(
            mapping=mapping,
            database=database,
            engine=engine,
            site=site,
            receipt=receipt,
            history=history,
            emit=emit,
        )
        self._emit = emit
        self._bound: Bound | None = None
        self._binding = asyncio.Lock()
        self._unfit: AdapterError | None = None
        self._problems: list[str] = []
        self._tried_at = 0.0
        self._refit = refit.Refit()
        database.when_altered = self._refit.refused
        self._purged_at = -_PURGE_AGAIN

    async def read(self, unit: Callable[[Book], Answer]) -> Answer:
        """See ports.Store."""
        bound = self._bound or await self.bind()
        try:
            # Before recording was found to be on, the ledger's tables may not be there.
            ledger = self._ledger if self._recording else None
            return await self._database.read(lambda reader: unit(SqlBook(reader, bound, ledger)))
        except MappingMismatch as error:
            self._say_outgrown(error)
            raise

    async def write(self, unit: Callable[[Till], Answer], *, even_unheard: bool = True, insists: bool = True) -> Answer:
        """See ports.Store."""
        bound = self._bound or await self.bind()
        if not self._recording:
            await self._require_recording(bound)
        writes, ledger = bound.writes, self._ledger
        assert writes is not None  # noqa: S101 - required just now, or earlier
        try:
            return await self._database.write(
                lambda writer: unit(SqlTill(writer, bound, writes, ledger)), even_unheard=even_unheard, insists=insists
            )
        except MappingMismatch as error:
            self._say_outgrown(error)
            raise

    def write_later(self, unit: Callable[[Till], object]) -> None:
        """See ports.Store."""

        async def alone() -> None:
            with suppress(AdapterError):
                await self.write(unit)

        # In a context of its own: the deadline of whoever asked has nothing to do with it.
        task = asyncio.get_running_loop().create_task(alone(), context=Context())
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def expired_locks(self) -> Sequence[tuple[UUID, UUID]]:
        """See ports.Store; now and then, what is remembered of old locks is forgotten."""
        ledger = self._ledger
        if ledger is None or not self._recording:
            return ()
        if time.monotonic() - self._purged_at >= _PURGE_AGAIN:
            self._purged_at = time.monotonic()
            if await self._database.read(ledger.orders.has_old):
                await self._database.write(ledger.orders.purge)
        return await self._database.read(ledger.orders.expired)

    async def look_after_payments(self, stop: asyncio.Event) -> None:
        """Look again and again whether payments are still in the EPOS, where the mapping says how, until `stop` is set."""
        said = any(file.record is not None and file.record.verify is not None for file in files_of(self._mapping))
        if not said or self._ledger is None:
            return
        while not self._recording:
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), refit.AGAIN)
                return
        while not stop.is_set():
            verifier = await self.verifier()
            if verifier is None:
                return
            await verifier.run(stop, self._is_bound_by)

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

    async def held(self, session_ids: Sequence[UUID]) -> Mapping[UUID, Lock]:
        """Who holds each of these sessions that somebody holds, the till included; raises NotEnabled like `locks`."""
        bound = self._bound or await self.bind()
        await self._require_recording(bound)
        writes, ledger = bound.writes, self._ledger
        assert writes is not None  # noqa: S101 - required just now
        if writes.lock is None:
            return {row.session_id: row.lock for row in await self.locks() if row.session_id in session_ids}

        def ask(reader: Reader) -> dict[UUID, Lock]:
            # Of a till, only what reads is used.
            till = SqlTill(reader, bound, writes, ledger)  # type: ignore[arg-type]
            found = ((session_id, till.lock_of(session_id)) for session_id in session_ids)
            return {session_id: lock for session_id, lock in found if lock is not None}

        return await self._database.read(ask)

    async def watched(self) -> tuple[list[LockRow], list[FlaggedRow]] | None:
        """Every lock, and the payments of the last week that need attention; None where no ledger tells.

        Raises StoreError, MappingMismatch.
        """
        ledger = self._ledger
        if ledger is None or not self._recording:
            return None
        return await self._database.read(lambda reader: (ledger.locks(reader), ledger.flagged(reader)))

    @property
    def in_use(self) -> int:
        """How many connections to the database are answering something now."""
        return self._database.in_use

    async def look_after_database(self, stop: asyncio.Event) -> None:
        """Look every few seconds whether the database is there, and payments can be recorded, until `stop` is set."""
        await self._database.health.watch(self._look, stop)

    async def keep_fitting(self, stop: asyncio.Event) -> None:
        """Fit the mapping anew when an update of the EPOS has altered its tables or made a statement impossible, until `stop`.

        Until it fits, what the database still takes is answered as before.
        """
        while not stop.is_set():
            if self._refit.is_due:
                await self._fit_again()
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _LOOK)

    async def _fit_again(self) -> None:
        self._refit.begun()
        try:
            async with asyncio.timeout(_BIND_PATIENCE):
                bound = await self.bind_or_raise()
        except (InvalidFile, StoreError, MappingMismatch, TimeoutError) as error:
            self._refit.failed()
            if isinstance(error, InvalidFile):  # of the others, whoever looks after the database tells
                self._say_unfit([str(problem) for problem in error.problems])
            return
        self._refit.fitted()
        self._problems, self._bound = [], bound
        # What connections remember of statements is of the tables as they were.
        self._database.connections.renew()
        self._recording = False
        await self._say_recording(bound)

    def _say_outgrown(self, error: MappingMismatch) -> None:
        self._refit.refused()
        self._emit(MappingOutgrown(reason=error.message))

    def _is_bound_by(self, bound: Bound) -> bool:
        return self._bound is bound

    async def _look(self) -> None:
        if self._bound is None:
            return  # whoever binds it says what is wrong
        await self._database.is_there()
        if not self._recording:
            await self._say_recording(self._bound)

    async def create_ledger(self) -> None:
        """Make the tables of the ledger, as far as they are not there."""
        ledger = self._ledger
        if ledger is None:
            raise NotEnabled("this installation keeps no ledger: [ledger] use = false")

        def create(writer: Writer, plans: Sequence[Plan]) -> None:
            for plan in plans:
                writer.define(plan)

        plans = ledger.creation_plans()
        # Where a CREATE TABLE ends the transaction that it stands in, each has one of its own.
        units = [plans] if self._engine.creates_in_transactions else [[plan] for plan in plans]
        for unit in units:
            await self._database.write(lambda writer, unit=unit: create(writer, unit))  # type: ignore[misc]

    async def _require_recording(self, bound: Bound) -> None:
        """Raises NotEnabled, with what to do, where nothing can be recorded."""
        if bound.writes is None:
            raise NotEnabled("nothing can be locked or paid: the mapping has no [record]")
        if not bound.fields.binder.mapping.file.capabilities.record_payment:
            raise NotEnabled("nothing can be locked or paid: the mapping says record_payment = false")
        if bound.unsafe:
            listed = ", ".join(f"{table} ({storage})" for table, storage in bound.unsafe)
            raise NotEnabled(
                f"nothing can be locked or paid: what is written cannot be undone in {listed}",
                hint="convert the table, with the vendor's word for it: ALTER TABLE ... ENGINE = InnoDB",
            )
        ledger = self._ledger
        if ledger is not None:
            version = await self._database.read(ledger.version)
            if version is None:
                raise NotEnabled(
                    f"nothing can be locked or paid: the tables of the ledger {ledger.schema} are missing",
                    hint="run: epos-adapter ledger create",
                )
            if version != VERSION:
                raise NotEnabled(
                    f"nothing can be locked or paid: the ledger has version {version}, and this adapter needs {VERSION}",
                    hint="run: epos-adapter ledger create, and epos-adapter grants; or the adapter that made it",
                )
            try:
                await self._database.read(ledger.look)
            except MappingMismatch:
                raise NotEnabled(
                    f"nothing can be locked or paid: the adapter may not use all tables of the ledger {ledger.schema}",
                    hint="run: epos-adapter grants, and let whoever owns the tables run what it prints",
                ) from None
        if not self._recording:
            self._recording = True
            self._not_recording = ""
            self._emit(RecordingOn(ledger=f"{ledger.schema}, version {VERSION}" if ledger is not None else ""))

    async def _say_recording(self, bound: Bound) -> None:
        """Say whether anything can be recorded, when that has changed."""
        try:
            await self._require_recording(bound)
        except NotEnabled as error:
            reason = f"{error.message}; {error.hint}" if error.hint else error.message
            if reason != self._not_recording:
                self._not_recording = reason
                self._emit(RecordingOff(reason=reason))
        except StoreError:
            pass  # asked again when something is to be recorded

    async def bind(self) -> Bound:
        """Check the mapping against the live schema and make its plans.

        Raises StoreError when the database does not answer, MappingMismatch when the mapping does not fit it; what is
        wrong has then been said in events.
        """
        async with self._binding:
            if self._bound is not None:
                return self._bound
            if self._unfit is not None and time.monotonic() - self._tried_at < refit.AGAIN:
                raise self._unfit
            try:
                async with asyncio.timeout(_BIND_PATIENCE):
                    self._bound = await self.bind_or_raise()
            except TimeoutError:
                # Its network is dead, which the server's own limits cannot tell; the next attempt has a new connection.
                silent = DatabaseUnavailable("the database does not answer")
                self._database.health.failed(silent)
                raise silent from None
            except InvalidFile as error:
                self._say_unfit([str(problem) for problem in error.problems])
                count = len(error.problems)
                self._unfit = MappingMismatch(
                    f"the mapping does not fit the database: {count} problem{'s' if count > 1 else ''}, see the log"
                )
                self._tried_at = time.monotonic()
                raise self._unfit from None
            except StoreError as error:
                self._database.health.failed(error)
                raise
            self._unfit, self._problems = None, []
            await self._say_recording(self._bound)
            return self._bound

    async def bind_or_refuse(self) -> None:
        """Bind once, and say nothing of what does not fit: another mapping goes on being served.

        Raises InvalidFile with every problem, StoreError.
        """
        try:
            async with asyncio.timeout(_BIND_PATIENCE):
                self._bound = await self.bind_or_raise()
        except TimeoutError:
            raise DatabaseUnavailable("the database does not answer") from None
        await self._say_recording(self._bound)

    def _say_unfit(self, problems: list[str]) -> None:
        """Say what does not fit, once: it is tried again for as long as it takes."""
        if problems == self._problems:
            return
        self._problems = problems
        for number, problem in enumerate(problems, start=1):
            self._emit(MappingUnfit(problem=problem, number=number))

    async def explain(self, plan: Plan, parameters: Mapping[str, Any]) -> list[Any]:
        """What the database would do to run a plan, as its own lines."""
        word = self._engine.explains
        if not word:
            return []
        asking = replace(plan, driver=f"{word} {plan.driver}", shown=f"{word} {plan.shown}")
        return await self._database.read(lambda reader: list(reader.rows(asking, parameters)))

    async def close(self) -> None:
        """Close every connection to the database, once nothing is to be written any more."""
        if self._later:
            await asyncio.wait(self._later, timeout=_CLOSE_PATIENCE)
        await self._database.close()

    async def bind_or_raise(self) -> Bound:
        """Bind without saying or remembering anything but that it was done.

        Raises InvalidFile with every problem, StoreError.
        """
        return await self._fitting.bound()
