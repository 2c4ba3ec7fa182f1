"""One connection and one transaction in which a till is played: copies of its tables, and a ledger, that nobody else sees.

Whatever happens on it, it is rolled back.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any, TypeVar
from uuid import UUID

from msgspec import structs
from sqlalchemy.pool import PoolProxiedConnection

from adapter.domain.ports import Book, Till
from adapter.domain.requests import Requestor
from adapter.errors import AdapterError, Bug, NotEnabled
from adapter.mapping.engines import Engine
from adapter.mapping.naming import TableName
from adapter.mapping.plans import Plan
from adapter.store.book import Bound, SqlBook
from adapter.store.database import Database
from adapter.store.drivers import verdict_on
from adapter.store.engines import DatabaseSettings, connect, engine_of
from adapter.store.ledger import Ledger
from adapter.store.till import SqlTill
from adapter.store.units import Reader, Writer
from adapter.trials.copies import Copying, TableShape, copying

Answer = TypeVar("Answer")


class RowRefused(AdapterError):
    """The database does not take a row of a test."""


class CopiesRefused(AdapterError):
    """The role may not make copies of the till's tables."""

    def __init__(self, message: str, grant: str = "") -> None:
        """`grant` is the statement that gives what is missing, where it is known."""
        super().__init__(
            f"{message}, and the tests run on temporary copies of the tables",
            hint="run it as whoever owns the tables, best on a copy of the database"
            + (f"; or let them run: {grant}" if grant else ""),
        )


class Stage(Database):
    """A database for as long as its one transaction lasts; each unit is undone alone when it raises."""

    def __init__(self, settings: DatabaseSettings) -> None:
        """Nothing is connected yet. Raises AdapterError for an engine that tests cannot be run on."""
        self.engine: Engine = engine_of(settings.url)
        self.copying: Copying = copying(self.engine.name)
        super().__init__(connect(self.copying.connection(settings)))
        self._stage: PoolProxiedConnection | None = None

    def ledger(self) -> Ledger:
        """A ledger whose tables are temporary too."""
        words = structs.replace(self.engine.ledger, create=self.copying.ledger_create)
        return Ledger(self.copying.ledger_schema, replace(self.engine, ledger=words))

    async def require(self, tables: Iterable[TableName]) -> None:
        """Raises CopiesRefused when the role may not make copies of these tables, whatever else is wrong."""
        probes = self.copying.probes(tables)
        if not probes:
            return

        def tried() -> None:
            connection = self.connections.take()
            try:
                for text in self.copying.room():
                    self.driver.change(connection, text, ())
                self.driver.begin(connection)
                # Asked before: what PostgreSQL refuses once ends what can be asked in a transaction.
                ((role, database),) = self.driver.run(connection, self.copying.asked, ())
                for probe in probes:
                    try:
                        self.driver.change(connection, probe.text, ())
                    except self.driver_error as error:
                        # What is not there, and whatever else is wrong, is said later, with its line where it has one.
                        if self._is_denied(error):
                            grant = probe.grant.replace("{database}", database).replace("{role}", role)
                            raise CopiesRefused(f"the role {role} may not {probe.what}", grant) from None
            finally:
                connection.invalidate()
                self.connections.give_back(connection)

        await self._translated(tried)

    async def open(self, tables: Sequence[TableShape], ledger: Ledger | None) -> None:
        """Begin the transaction and make the copies; raises CopiesRefused, StoreError or MappingMismatch."""
        copies = [(table.name, text) for table in tables for text in self.copying.copy(table)]
        texts: list[str] = []
        if ledger is not None:
            # What makes room for them is not needed: temporary tables have a schema of theirs.
            texts += ledger.creation()[len(self.engine.ledger.before) :]
        texts += self.copying.guard()

        def begun() -> None:
            self._stage = self.connections.take()
            for text in self.copying.room():
                self.driver.change(self._stage, text, ())
            self.driver.begin(self._stage)
            for name, text in copies:
                try:
                    self.driver.change(self._stage, text, ())
                except self.driver_error as error:
                    if self._is_denied(error):  # a column's type may be in a schema that the role may not use
                        raise CopiesRefused(f"the role may not make a copy of {name}") from None
                    raise
            for text in texts:
                self.driver.change(self._stage, text, ())

        await self._translated(begun)

    async def leave(self) -> None:
        """Undo everything and close the connection."""
        stage, self._stage = self._stage, None

        def left() -> None:
            if stage is None:
                return
            try:
                self.driver.roll_back(stage)
            finally:
                stage.invalidate()
                self.connections.give_back(stage)

        await self._translated(left)
        await self.close()

    @asynccontextmanager
    async def scene(self) -> AsyncIterator[None]:
        """What is done inside is undone at the end, and the copies are as empty as before."""
        await self._run_text("SAVEPOINT scene")
        try:
            yield
        finally:
            await self._run_text("ROLLBACK TO SAVEPOINT scene")

    async def put(self, table: TableShape, row: dict[str, Any]) -> None:
        """Add a row to a copy; raises RowRefused."""
        text = self.copying.insert(table, list(row))

        def put() -> None:
            try:
                self.driver.change(self._connection, text, list(row.values()))
            except self.driver_error as error:
                raise RowRefused(str(error).split("\n", 1)[0]) from None

        await self._within(put)

    async def restart(self, tables: Sequence[TableShape]) -> None:
        """Let the columns that count go on after the rows that are there."""
        text = self.copying.restart(tables)
        if text is not None:
            await self._run_text(text)

    async def held(self, table: TableShape, columns: Sequence[str]) -> list[dict[str, Any]]:
        """The rows of a copy, with these columns of it."""
        names = [column.name for name in columns if (column := table.column(name)) is not None]
        outputs = ", ".join(map(self.copying.quoted, names)) or "1"
        text = f"SELECT {outputs} FROM {self.copying.quoted(table.name)}"
        plan = Plan(name="held", shown=text, driver=text, branches=())
        rows = await self.read(lambda reader: reader.rows(plan, {}))
        return [dict(zip(columns, row, strict=True)) if columns else {} for row in rows]

    async def read(self, unit: Callable[[Reader], Answer]) -> Answer:
        """Run a unit of reading, as `Database.read` does, but only once."""
        return await self._within(lambda: unit(Reader(self._connection, self.driver, None)))

    async def write(
        self,
        unit: Callable[[Writer], Answer],
        *,
        even_unheard: bool = True,  # noqa: ARG002 -- it is waited for
        insists: bool = True,  # noqa: ARG002 -- nobody is in the way
    ) -> Answer:
        """Run a unit of writing, as `Database.write` does, but only once, and durable for nobody."""
        return await self._within(lambda: unit(Writer(self._connection, self.driver, None, uncertain=False)))

    def _is_denied(self, error: BaseException) -> bool:
        return verdict_on(error).code in self.copying.denied

    @property
    def _connection(self) -> PoolProxiedConnection:
        if self._stage is None:
            raise Bug("the stage is not open")
        return self._stage

    async def _run_text(self, text: str) -> None:
        await self._translated(lambda: self.driver.change(self._connection, text, ()))

    async def _within(self, unit: Callable[[], Answer]) -> Answer:
        def guarded() -> Answer:
            self.driver.change(self._connection, "SAVEPOINT unit", ())
            try:
                answer = unit()
            except Exception:
                self.driver.change(self._connection, "ROLLBACK TO SAVEPOINT unit", ())
                raise
            self.driver.change(self._connection, "RELEASE SAVEPOINT unit", ())
            return answer

        return await self._translated(guarded)

    async def _translated(self, unit: Callable[[], Answer]) -> Answer:
        def run() -> Answer:
            try:
                return unit()
            except self.driver_error as error:
                raise self.translate(error) from None

        return await self.stacks.run(run)


class StagedStore:
    """See ports.Store: the book and the till of a stage, read and written through a bound mapping."""

    def __init__(self, stage: Stage, bound: Bound, ledger: Ledger | None) -> None:
        """Without a ledger, locks and payments are known by the EPOS's own columns only."""
        self._stage = stage
        self._bound = bound
        self._ledger = ledger

    async def read(self, unit: Callable[[Book], Answer]) -> Answer:
        """See ports.Store."""
        return await self._stage.read(lambda reader: unit(SqlBook(reader, self._bound)))

    async def write(self, unit: Callable[[Till], Answer], *, even_unheard: bool = True, insists: bool = True) -> Answer:  # noqa: ARG002 -- the protocol's names
        """See ports.Store."""
        writes = self._bound.writes
        if writes is None or not self._bound.fields.binder.mapping.file.capabilities.record_payment:
            raise NotEnabled(
                "nothing can be locked or paid: the mapping has no [record], or says record_payment = false"
            )
        return await self._stage.write(lambda writer: unit(SqlTill(writer, self._bound, writes, self._ledger)))

    async def lock(self, session_id: UUID) -> str | None:
        """Lock a session as a card machine would, whatever its lines; gives the currency of its bill.

        Does nothing, and gives None, where there is no such session. Raises AdapterError when it cannot be locked.
        """

        def locked(till: Till) -> str | None:
            balance = till.held_balance(session_id)
            if balance is None:
                return None
            till.lock(session_id, UUID(int=1), Requestor(is_card_machine=True, terminal_id="1"))
            return balance.currency

        return await self.write(locked)

    async def currency_of(self, session_id: UUID) -> str | None:
        """The currency of a session's bill; None where it cannot be told."""
        with suppress(AdapterError):
            balance = await self.write(lambda till: till.held_balance(session_id))
            return None if balance is None else balance.currency
        return None

    async def expired_locks(self) -> Sequence[tuple[UUID, UUID]]:
        """See ports.Store: nothing ends while a test is played."""
        return ()

    def write_later(self, unit: Callable[[Till], object]) -> None:  # noqa: ARG002 -- as above
        """See ports.Store; nobody leaves a stage before the end."""
        raise Bug("nothing is done later on a stage")
