"""Serves what one pair of files says: a mapping bound to its database, and what answers over the connections to it.

Another pair may take its place while the adapter runs; requests in flight are then finished here.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from adapter.config import Config
from adapter.domain.recording import RecordingRules
from adapter.domain.rules import WaiterCheck
from adapter.domain.service import Service
from adapter.errors import AdapterError, MappingMismatch, StoreError
from adapter.events import Emit
from adapter.mapping.load import Mapping
from adapter.ops.report import Kept, OpenLock
from adapter.ops.state import Flagged, clean
from adapter.protocol.endpoint import Endpoint
from adapter.protocol.orders.dialect import orders_dialect
from adapter.protocol.tables.dialect import tables_dialect
from adapter.store.database import Database
from adapter.store.engines import DatabaseSettings, connect, engine_of
from adapter.store.health import Health
from adapter.store.ledger import Ledger
from adapter.store.store import SqlStore
from adapter.unending import unending

if TYPE_CHECKING:
    from adapter.ops.watch import Watch

_DATABASE_RETRY = 5.0
"""Seconds between attempts to reach a database that does not answer."""
_SWEEP = 5.0
"""Seconds between looks for locks that have ended by themselves."""
_GRACE = 15.0
"""Seconds, beside the deadline, that requests may take to finish once another pair has taken over."""
_LOOK = 0.05
"""Seconds between looks whether they have."""


class Serving:
    """A store, a service, and an endpoint for each connection."""

    def __init__(
        self,
        config: Config,
        mapping: Mapping,
        emit: Emit,
        *,
        tell_statements: bool = False,
        write_patience: float | None = None,
        watch: Watch | None = None,
    ) -> None:
        """See `adapter.app.App`; `emit` is told of everything, and `watch` of statements alone."""
        self.config = config
        self.mapping = mapping
        self._emit = emit
        self._stop = asyncio.Event()
        self._tasks: list[asyncio.Future[None]] = []
        settings = database_settings(config)
        engine = engine_of(settings.url)
        statements = emit if tell_statements else None
        self.store = SqlStore(
            mapping=mapping,
            database=Database(
                connect(settings),
                statements if watch is None else watch.statements(statements),
                health=Health(emit),
                write_patience=settings.write_patience if write_patience is None else write_patience,
            ),
            engine=engine,
            site=config.site,
            receipt=config.receipt,
            history=timedelta(hours=config.rules.finished_within_hours) or None,
            emit=emit,
            ledger=Ledger(config.ledger.schema_, engine) if config.ledger.use else None,
        )
        self._endpoints: dict[str, Endpoint] = {}
        self.service = Service(self.store, recording_rules=recording_rules(config), emit=emit)

    def start(self) -> list[asyncio.Future[None]]:
        """Bind the mapping, and look after database and payments, until it is ended; gives what does."""
        work: list[Callable[[], Awaitable[None]]] = [
            self._bind,
            lambda: self.store.keep_fitting(self._stop),
            lambda: self.store.look_after_database(self._stop),
            lambda: self.store.look_after_payments(self._stop),
            self._look_after_locks,
        ]
        self._tasks = [asyncio.ensure_future(unending(each, self._stop, self._emit)) for each in work]
        return self._tasks

    async def _look_after_locks(self) -> None:
        """Release again and again what has ended by itself. To whoever asks it is free at once; the till must be told."""
        while not self._stop.is_set():
            try:
                await asyncio.wait_for(self._stop.wait(), _SWEEP)
            except TimeoutError:
                with suppress(AdapterError):  # every request says what is wrong with the database
                    await self.service.free_expired_locks()

    def end(self) -> None:
        """Look after nothing any more; what is in flight goes on."""
        self._stop.set()

    async def close(self) -> None:
        """Close the database, once what looked after it has ended and what is in flight is finished."""
        self.end()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.store.close()

    async def finish(self) -> None:
        """Close it once nothing is in flight any more, which was asked for before another pair took over."""
        self.end()
        clock = asyncio.get_running_loop()
        last = clock.time() + self.config.limits.request_deadline + _GRACE
        while self.in_flight and clock.time() < last:  # noqa: ASYNC110 -- whoever counts them signals nobody
            await asyncio.sleep(_LOOK)
        await self.close()

    @property
    def in_flight(self) -> int:
        """Frames that are being answered here now."""
        return sum(one.in_flight for one in self._endpoints.values())

    def in_flight_on(self, connection: str) -> int:
        """The same for one connection."""
        return self._endpoints[connection].in_flight if connection in self._endpoints else 0

    def endpoint(self, connection: str, protocol: str = "tables") -> Endpoint:
        """What answers the frames of one connection, in the words of its protocol; the same one for the same name."""
        if connection in self._endpoints:
            return self._endpoints[connection]
        rules, limits = self.config.rules, self.config.limits
        made = self._endpoints[connection] = Endpoint(
            connection=connection,
            dialect=(
                orders_dialect()
                if protocol == "epos-data"
                else tables_dialect(modifiers_in_item_price=rules.modifiers_in_item_price)
            ),
            service=self.service,
            emit=self._emit,
            deadline=limits.request_deadline,
            max_size=limits.max_message_bytes,
        )
        return made

    async def kept(self) -> Kept | None:
        """What the ledger tells of locks and of payments that need attention."""
        found = await self.store.watched()
        if found is None:
            return None
        locks, flagged = found
        return Kept(
            locks=[
                OpenLock(
                    session=str(row.session_id),
                    seconds=round(row.seconds, 1),
                    terminal=clean(row.lock.terminal or ""),
                    payments=row.payments,
                )
                for row in locks
            ],
            flagged=[
                Flagged(at=row.recorded_at, session=str(row.session_id), payment=row.name, kind=kind)
                for row in flagged
                for kind in row.kinds
            ],
        )

    async def _bind(self) -> None:
        """Bind the mapping before the first request needs it; keep trying while the database is not there."""
        while not self._stop.is_set():
            try:
                await self.store.bind()
            except (StoreError, MappingMismatch):
                pass  # it has said why
            except AdapterError:
                return
            else:
                # Binding leaves syntax trees behind, which point at themselves: megabytes, for as long as nobody looks.
                gc.collect()
                return
            try:
                await asyncio.wait_for(self._stop.wait(), _DATABASE_RETRY)
            except TimeoutError:
                continue


def recording_rules(config: Config) -> RecordingRules:
    """What this installation allows."""
    rules = config.rules
    return RecordingRules(
        waiter_check=WaiterCheck(rules.waiter_check),
        acknowledge_duplicates_first=rules.acknowledge_duplicates_first,
        lock_age_limit=timedelta(minutes=rules.lock_age_limit_minutes) or None,
        longest_lock=timedelta(minutes=rules.longest_lock_minutes),
    )


def database_settings(config: Config) -> DatabaseSettings:
    """How the database of this installation is reached."""
    database = config.database
    return DatabaseSettings(
        url=database.url.get_secret_value(),
        pool_size=database.pool_size,
        pool_timeout=database.pool_timeout,
        connect_timeout=database.connect_timeout,
        statement_timeout=database.statement_timeout,
        lock_timeout=database.lock_timeout,
        prepare=database.prepare,
    )
