"""Puts the parts together: configuration -> running service -> drained. Nothing connects at import."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from adapter import __version__
from adapter.config import Config, StatusConfig, load_config
from adapter.connecting import serve_connection
from adapter.connection_config import ConnectionConfig, RegistrationConfig
from adapter.domain.recording import RecordingRules
from adapter.domain.rules import WaiterCheck
from adapter.domain.service import Service
from adapter.errors import AdapterError, InvalidFile, MappingMismatch, Problem, StoreError, where_of
from adapter.events import (
    BugFound,
    Emit,
    RegistrationDiffers,
    RegistrationUnknown,
    Started,
    Stopped,
    Stopping,
)
from adapter.mapping.capabilities import offered_by
from adapter.mapping.load import Mapping
from adapter.ops.port import PortSettings
from adapter.ops.report import Kept, OpenLock, Sources
from adapter.ops.state import Flagged, clean
from adapter.protocol.endpoint import Endpoint
from adapter.protocol.tables.dialect import tables_dialect
from adapter.store.database import Database
from adapter.store.engines import DatabaseSettings, connect, engine_of
from adapter.store.health import Health
from adapter.store.ledger import Ledger
from adapter.store.store import SqlStore

if TYPE_CHECKING:
    from adapter.ops.registration import ProviderSettings
    from adapter.ops.watch import Watch

_TIDY = 30.0
"""Seconds between looks for garbage."""
_DATABASE_RETRY = 5.0
"""Seconds between attempts to reach a database that does not answer."""


class App:
    """One adapter: a store, a service, and its connections to the provider."""

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
        """`tell_statements` emits every SQL statement, which `demo` and debug logs show.

        For `write_patience` seconds a change is tried again while the database is busy or away. `watch` listens beside
        `emit`, and its port is served while the adapter runs.
        """
        self._config = config
        self._mapping = mapping
        self._watch = watch
        emit = self._emit = emit if watch is None else watch.beside(emit)
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

    async def run(self, stop: asyncio.Event, *, on_listening: Callable[[str, int], None] | None = None) -> None:
        """Serve every connection until `stop` is set, then finish what is in flight.

        Raises AdapterError when a connection can never work, such as an address that is in use.
        """
        source = self._mapping.source
        self._emit(
            Started(version=__version__, mapping=source.file, epos=self._mapping.file.epos, digest=source.digest)
        )
        drained = asyncio.Event()
        telling = asyncio.ensure_future(self._tell(drained))
        work: list[Coroutine[Any, Any, None]] = [
            self._bind(stop),
            self._say_stopping(stop),
            self.store.look_after_database(stop),
            self.store.look_after_payments(stop),
            _tidy_up(stop),
            self._compare_registration(stop),
        ]
        work += [self._connection(connection, stop, on_listening) for connection in self._config.connection]
        tasks = [asyncio.ensure_future(each) for each in work]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            stop.set()
            for task in done:
                task.result()
        finally:
            stop.set()
            await asyncio.gather(*tasks, return_exceptions=True)
            # The last to go: until everything is answered it says that the adapter is stopping.
            drained.set()
            await asyncio.gather(telling, return_exceptions=True)
            await self.store.close()
            self._emit(Stopped())

    async def _tell(self, drained: asyncio.Event) -> None:
        """Serve the status port, where there is one."""
        if self._watch is None:
            return
        endpoints = self._endpoints
        sources = Sources(
            kept=self._kept,
            pool_in_use=lambda: self.store.in_use,
            pool_size=self._config.database.pool_size,
            in_flight=lambda name: endpoints[name].in_flight if name in endpoints else 0,
        )
        try:
            await self._watch.serve(sources, self._emit, drained)
        except Exception as error:  # noqa: BLE001 - whatever it is, it must cost no payment, and must not be silent
            self._emit(BugFound(reference=token_hex(6), error=type(error).__name__, where=where_of(error)))

    async def _compare_registration(self, stop: asyncio.Event) -> None:
        """Say once whether the provider was told of what the mapping offers; it costs nothing but a line in the log."""
        if self._config.registration is None:
            return
        asking = asyncio.ensure_future(compare_registration(self._config.registration, self._mapping, self._emit))
        stopping = asyncio.ensure_future(stop.wait())
        await asyncio.wait({asking, stopping}, return_when=asyncio.FIRST_COMPLETED)
        for task in (asking, stopping):
            task.cancel()
        await asyncio.gather(asking, stopping, return_exceptions=True)

    async def _kept(self) -> Kept | None:
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
                Flagged(at=row.recorded_at, session=str(row.session_id), payment=str(row.payment_id), kind=kind)
                for row in flagged
                for kind in row.kinds
            ],
        )

    async def _say_stopping(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._emit(Stopping())

    def endpoint(self, connection: str) -> Endpoint:
        """What answers the frames of one connection."""
        rules, limits = self._config.rules, self._config.limits
        return Endpoint(
            connection=connection,
            dialect=tables_dialect(modifiers_in_item_price=rules.modifiers_in_item_price),
            service=self.service,
            emit=self._emit,
            deadline=limits.request_deadline,
            max_size=limits.max_message_bytes,
        )

    def _connection(
        self, connection: ConnectionConfig, stop: asyncio.Event, on_listening: Callable[[str, int], None] | None
    ) -> Coroutine[Any, Any, None]:
        endpoint = self._endpoints[connection.name] = self.endpoint(connection.name)
        database = database_settings(self._config)
        return serve_connection(
            connection, endpoint, self._config, database, self._emit, stop, on_listening=on_listening
        )

    async def _bind(self, stop: asyncio.Event) -> None:
        """Bind the mapping before the first request needs it; keep trying while the database is not there."""
        while not stop.is_set():
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
                await asyncio.wait_for(stop.wait(), _DATABASE_RETRY)
            except TimeoutError:
                continue


def calm_the_garbage_collector() -> None:
    """What was loaded stays for good, and a large answer is no garbage: do not look through it again and again.

    Measured on a list of 1,000 bills: a tenth of the time was spent looking.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


async def _tidy_up(stop: asyncio.Event) -> None:
    """Look for garbage now and then, since the collector was told to hardly ever look (`adapter.cli`).

    What a request leaves behind that was cut short points at itself, and may hold a socket: measured, 20,000 objects after
    300 of them. What was loaded is frozen, so that a look at those takes 5 ms, and one at nothing a twentieth of one.
    """
    while not stop.is_set():
        try:
            await asyncio.wait_for(stop.wait(), _TIDY)
        except TimeoutError:
            gc.collect()


def load(config_file: Path) -> tuple[Config, Mapping]:
    """Read an installation's files and check that they fit each other and the engine.

    Raises InvalidFile with every problem.
    """
    config, mapping = load_config(config_file)
    try:
        engine = engine_of(config.database.url.get_secret_value())
    except AdapterError as error:
        problem = Problem(file=str(config_file), line=0, key="database.url", message=error.message, hint=error.hint)
        raise InvalidFile([problem]) from None
    if engine.speaks != mapping.file.sql and engine.name not in mapping.file.engines:
        message = f"is written in the SQL of {mapping.file.sql}, and the database is {engine.name}"
        hint = f'if all it says means the same there, add engines = ["{mapping.file.sql}", "{engine.name}"]'
        raise InvalidFile([Problem(file=mapping.source.file, line=0, key="sql", message=message, hint=hint)])
    return config, mapping


def recording_rules(config: Config) -> RecordingRules:
    """What this installation allows."""
    rules = config.rules
    return RecordingRules(
        waiter_check=WaiterCheck(rules.waiter_check),
        acknowledge_duplicates_first=rules.acknowledge_duplicates_first,
        lock_age_limit=timedelta(minutes=rules.lock_age_limit_minutes) or None,
    )


async def compare_registration(config: RegistrationConfig, mapping: Mapping, emit: Emit) -> None:
    """Say whether what is registered with the provider is what a mapping offers."""
    from adapter.ops.registration import Provider, compared  # noqa: PLC0415 - an HTTP client is loaded where one is used

    try:
        async with Provider(provider_settings(config)) as provider:
            found = compared(offered_by(mapping), await provider.registered())
    except AdapterError as error:
        emit(RegistrationUnknown(reason=error.message))
        return
    except Exception as error:  # noqa: BLE001 - whatever it is, it must cost no payment, and must not be silent
        emit(BugFound(reference=token_hex(6), error=type(error).__name__, where=where_of(error)))
        return
    if not found.is_same:
        emit(RegistrationDiffers(missing=", ".join(found.added), superfluous=", ".join(found.taken_away)))


def provider_settings(config: RegistrationConfig) -> ProviderSettings:
    """For whom the provider is asked."""
    from adapter.ops.registration import ProviderSettings  # noqa: PLC0415 - as above

    return ProviderSettings(
        api=config.api,
        api_key=config.api_key.get_secret_value(),
        software_house_id=config.software_house_id,
        reseller_id=config.reseller_id,
        timeout=config.timeout,
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


def watch_of(config: Config) -> Watch | None:
    """What listens beside the log and serves the status port; None where the configuration has it off."""
    if not config.status.use:
        return None
    from adapter.ops.watch import Watch, Watched  # noqa: PLC0415 - commands that do not serve need not load it

    connections = [Watched(name=one.name, dial=one.dial, listen=one.listen) for one in config.connection]
    return Watch(status_settings(config.status), connections)


def status_settings(status: StatusConfig) -> PortSettings:
    """Where the status port is, and who may look."""
    host, port = status.listen_at
    return PortSettings(host=host, port=port, token=status.token.get_secret_value())


def run_async(main: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine on the event loop that the drivers can use: psycopg does not run on Windows' default one."""
    if sys.platform == "win32":
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            return runner.run(main)
    return asyncio.run(main)
