"""Puts the parts together: configuration -> running service -> drained. Nothing connects at import."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from adapter import __version__
from adapter.config import Config, load_config
from adapter.connecting import Line, serve_connection
from adapter.connection_config import RegistrationConfig
from adapter.domain.service import Service
from adapter.errors import AdapterError, InvalidFile, Problem, where_of
from adapter.events import (
    BugFound,
    Emit,
    RegistrationDiffers,
    RegistrationUnknown,
    Reloaded,
    ReloadRefused,
    Started,
    Stopped,
    Stopping,
)
from adapter.mapping.capabilities import offered_by
from adapter.mapping.load import Mapping
from adapter.ops.report import Sources
from adapter.protocol.endpoint import Endpoint
from adapter.serving import Serving, database_settings
from adapter.store.engines import engine_of
from adapter.store.store import SqlStore
from adapter.unending import unending
from adapter.watching import engine_name, watched

if TYPE_CHECKING:
    from adapter.ops.registration import ProviderSettings
    from adapter.ops.watch import Watch

_TIDY = 30.0
"""Seconds between looks for garbage."""


class App:
    """One adapter: what it serves, and its connections to the provider."""

    def __init__(
        self,
        config: Config,
        mapping: Mapping,
        emit: Emit,
        *,
        tell_statements: bool = False,
        write_patience: float | None = None,
        watch: Watch | None = None,
        read_again: Callable[[], tuple[Config, Mapping]] | None = None,
    ) -> None:
        """`tell_statements` emits every SQL statement, which `demo` and debug logs show.

        For `write_patience` seconds a change is tried again while the database is busy or away. `watch` listens beside
        `emit`, and its port is served while the adapter runs. `read_again` reads the files anew, for `reload`.
        """
        self._watch = watch
        self._emit = emit if watch is None else watch.beside(emit)
        self._tell_statements = tell_statements
        self._write_patience = write_patience
        self._read_again = read_again
        self._serving = self._serve(config, mapping)
        self._lines: dict[str, Line] = {}
        self._tasks: set[asyncio.Future[None]] = set()
        self._failures: list[asyncio.Future[None]] = []
        self._reloading = asyncio.Lock()
        self._stop = asyncio.Event()
        self._on_listening: Callable[[str, int], None] | None = None

    @property
    def store(self) -> SqlStore:
        """The restaurant's database, through the mapping that is served now."""
        return self._serving.store

    @property
    def service(self) -> Service:
        """What answers requests now."""
        return self._serving.service

    def endpoint(self, connection: str, protocol: str = "tables") -> Endpoint:
        """What answers the frames of one connection now, in the words of its protocol."""
        return self._serving.endpoint(connection, protocol)

    async def run(self, stop: asyncio.Event, *, on_listening: Callable[[str, int], None] | None = None) -> None:
        """Serve every connection until `stop` is set, then finish what is in flight.

        Raises AdapterError when a connection can never work, such as an address that is in use.
        """
        config, source = self._serving.config, self._serving.mapping.source
        epos = self._serving.mapping.file.epos
        self._emit(Started(version=__version__, mapping=source.file, epos=epos, digest=source.digest))
        self._stop, self._on_listening = stop, on_listening
        drained = asyncio.Event()
        telling = asyncio.ensure_future(self._tell(drained))
        for work in (_tidy_up(stop), self._compare_registration(stop), *self._serving.start()):
            self._keep(work)
        for connection in config.connection:
            self._open(Line(connection, config, self.endpoint(connection.name, connection.protocol)))
        try:
            await stop.wait()
            self._emit(Stopping())
        finally:
            stop.set()
            self._serving.end()
            for line in self._lines.values():
                line.ending.set()
            async with self._reloading:
                pass  # one that is under way ends first, and what waits for its turn sees the stop
            await asyncio.gather(*self._tasks, return_exceptions=True)
            # The last to go: until everything is answered it says that the adapter is stopping.
            drained.set()
            await asyncio.gather(telling, return_exceptions=True)
            await self._serving.close()
            self._emit(Stopped())
        for failed in self._failures:
            failed.result()

    def _keep(self, work: Awaitable[None]) -> asyncio.Future[None]:
        """Let something run beside; what it raises ends the adapter."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Future[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._failures.append(task)
            self._stop.set()

    def _serve(self, config: Config, mapping: Mapping) -> Serving:
        return Serving(
            config,
            mapping,
            self._emit,
            tell_statements=self._tell_statements,
            write_patience=self._write_patience,
            watch=self._watch,
        )

    def _open(self, line: Line) -> None:
        """Keep a connection from now on."""
        self._lines[line.connection.name] = line
        database = database_settings(line.config)

        def serve() -> Awaitable[None]:
            return serve_connection(line, database, self._emit, on_listening=self._on_listening)

        # An address that cannot be had ends the adapter; whatever else happens to one connection does not.
        line.task = self._keep(unending(serve, line.ending, self._emit, hopeless=AdapterError))

    # Reloading

    async def reload(self) -> list[str]:
        """Read the files again and serve what they say, if all of it can be served; else every problem, and nothing changes.

        Requests in flight are finished as they began. A connection whose settings are the same stays open.
        """
        async with self._reloading:
            try:
                problems = await self._reload()
            except InvalidFile as error:
                problems = [str(problem) for problem in error.problems]
            except AdapterError as error:
                problems = [f"{error.message}; {error.hint}" if error.hint else error.message]
            except Exception as error:  # noqa: BLE001 - what is served goes on, whatever this was
                reference = token_hex(6)
                self._emit(BugFound(reference=reference, error=type(error).__name__, where=where_of(error)))
                problems = [f"internal error, reference {reference}"]
            for number, problem in enumerate(problems, start=1):
                self._emit(ReloadRefused(problem=problem, number=number))
            return problems

    def reload_soon(self) -> None:
        """The same, where nobody waits for what becomes of it."""
        self._keep(self._reload_alone())

    async def _reload_alone(self) -> None:
        await self.reload()

    async def _reload(self) -> list[str]:
        if self._read_again is None:
            return ["this adapter was not started from files"]
        if self._stop.is_set():
            return ["the adapter is stopping"]
        config, mapping = await asyncio.to_thread(self._read_again)
        old = self._serving
        problems = [
            f"[{name}] cannot change while the adapter runs; put it back, or restart the adapter"
            for name in ("log", "status", "traces")
            if getattr(config, name) != getattr(old.config, name)
        ]
        if not config.connection:
            problems.append("there is no [[connection]], so nobody could ask anything")
        if problems:
            return problems
        serving = self._serve(config, mapping)
        try:
            lines = [Line(one, config, serving.endpoint(one.name, one.protocol)) for one in config.connection]
            opened = [line for line in lines if not self._is_kept(line)]
            for line in opened:
                line.check(self._lines.values())
            await serving.store.bind_or_refuse()
        except BaseException:
            await serving.close()
            raise
        if self._stop.is_set():
            await serving.close()
            return ["the adapter is stopping"]
        await self._take_over(serving, lines, opened)
        return []

    def _is_kept(self, line: Line) -> bool:
        known = self._lines.get(line.connection.name)
        return known is not None and known.fingerprint == line.fingerprint

    async def _take_over(self, serving: Serving, lines: list[Line], opened: list[Line]) -> None:
        old, self._serving = self._serving, serving
        source = serving.mapping.source
        if self._watch is not None:
            self._watch.follow(watched(serving.config), engine_name(serving.config))
        for line in lines:
            if line not in opened:
                # The next frame is answered by the new one.
                self._lines[line.connection.name].answers = line.answers
        kept = {line.connection.name for line in lines if line not in opened}
        ended = [self._lines.pop(name) for name in list(self._lines) if name not in kept]
        for line in ended:
            line.ending.end("its settings have changed")
        await asyncio.gather(*(line.task for line in ended if line.task is not None), return_exceptions=True)
        for work in (*serving.start(), old.finish()):
            self._keep(work)
        for line in opened:
            self._open(line)
        if self._stop.is_set():
            serving.end()
            for line in self._lines.values():
                line.ending.set()
        self._emit(
            Reloaded(
                mapping=source.file,
                epos=serving.mapping.file.epos,
                digest=source.digest,
                kept=len(kept),
                opened=len(opened),
                closed=len(ended),
            )
        )

    # What runs beside

    async def _tell(self, drained: asyncio.Event) -> None:
        """Serve the status port, where there is one."""
        if self._watch is None:
            return
        # What serves now is asked anew each time.
        sources = Sources(
            kept=lambda: self._serving.kept(),  # noqa: PLW0108 - as above
            pool_in_use=lambda: self.store.in_use,
            pool_size=lambda: self._serving.config.database.pool_size,
            in_flight=lambda name: self._serving.in_flight_on(name),  # noqa: PLW0108 - as above
            reload=self.reload,
        )
        watch = self._watch
        await unending(lambda: watch.serve(sources, self._emit, drained), drained, self._emit)

    async def _compare_registration(self, stop: asyncio.Event) -> None:
        """Say once whether the provider was told of what the mapping offers; it costs nothing but a line in the log."""
        serving = self._serving
        registration, ledger = serving.config.registration, serving.config.ledger.use
        if registration is None:
            return
        asking = asyncio.ensure_future(compare_registration(registration, serving.mapping, self._emit, ledger=ledger))
        stopping = asyncio.ensure_future(stop.wait())
        await asyncio.wait({asking, stopping}, return_when=asyncio.FIRST_COMPLETED)
        for task in (asking, stopping):
            task.cancel()
        await asyncio.gather(asking, stopping, return_exceptions=True)


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


async def compare_registration(
    config: RegistrationConfig, mapping: Mapping, emit: Emit, *, ledger: bool = True
) -> None:
    """Say whether what is registered with the provider is what a mapping offers; `ledger` is whether there is one."""
    from adapter.ops.registration import Provider, compared  # noqa: PLC0415 - an HTTP client is loaded where one is used

    try:
        async with Provider(provider_settings(config)) as provider:
            found = compared(offered_by(mapping, ledger=ledger), await provider.registered())
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


def run_async(main: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine on the event loop that the drivers can use: psycopg does not run on Windows' default one."""
    if sys.platform == "win32":
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            return runner.run(main)
    return asyncio.run(main)
