"""Listens to the adapter and tells what it heard: state, metrics, traces and the port. Knows no configuration."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from secrets import token_hex
from typing import TYPE_CHECKING

from adapter.errors import where_of
from adapter.events import BugFound, Emit, Event
from adapter.ops.metrics import CONTENT_TYPE, Metrics
from adapter.ops.port import Port, PortSettings
from adapter.ops.report import Sources
from adapter.ops.reporter import Reporter
from adapter.ops.state import Connection, State

if TYPE_CHECKING:
    from adapter.ops.statements import Statements
    from adapter.ops.traces import Traces


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A connection of the configuration, as it is watched."""

    name: str
    dial: str | None
    listen: str | None
    protocol: str = "tables"
    environment: str = ""
    """`sandbox` or `production`, where the key tells."""


class Watch:
    """Everything that listens beside the log."""

    def __init__(
        self,
        settings: PortSettings | None,
        connections: list[Watched],
        traces: Traces | None = None,
        statements: Statements | None = None,
    ) -> None:
        """Without `settings` there is no port, without `traces` there are none, without `statements` nobody is told any."""
        self._settings = settings
        self._traces = traces
        self._statements = statements
        self._hearing_statements = [one for one in (traces, statements) if one is not None]
        self.state = State([_connection(one) for one in connections])
        self._metrics = Metrics(one.name for one in connections)

    def beside(self, emit: Emit) -> Emit:
        """Tells both `emit` and this."""
        state, metrics, more = self.state, self._metrics, self._hearing_statements

        def tell(event: Event) -> None:
            emit(event)
            try:
                state(event)
                metrics(event)
                for hear in more:
                    hear(event)
            except Exception as error:  # noqa: BLE001 - it must end neither a payment nor the work that tells of it
                emit(BugFound(reference=token_hex(6), error=type(error).__name__, where=where_of(error)))

        return tell

    def follow(self, connections: list[Watched], engine: str) -> None:
        """Watch these connections from now on, and a database of this engine."""
        if self._traces is not None:
            self._traces.engine = engine
        self.state.follow([_connection(one) for one in connections])
        self._metrics.follow(self.state.connections)

    def statements(self, emit: Emit | None) -> Emit:
        """Who is told of every SQL statement: the metrics, and `emit` where somebody wants to see them."""
        if emit is not None or not self._hearing_statements:
            return self._metrics if emit is None else emit
        hearing = (self._metrics, *self._hearing_statements)

        def tell(event: Event) -> None:
            for one in hearing:
                one(event)

        return tell

    async def serve(self, sources: Sources, emit: Emit, stop: asyncio.Event) -> None:
        """Serve the port, and send traces, until `stop` is set."""
        work: list[Awaitable[None]] = []
        if self._settings is not None:
            work.append(self._serve_port(self._settings, sources, emit, stop))
        if self._traces is not None:
            work.append(self._traces.serve(emit, stop))
        await asyncio.gather(*work)

    async def _serve_port(self, settings: PortSettings, sources: Sources, emit: Emit, stop: asyncio.Event) -> None:
        reporter = Reporter(self.state, sources)
        port = Port(
            settings,
            reporter,
            lambda: (self._metrics.text(self.state, sources), CONTENT_TYPE),
            emit,
            sources.reload,
            self._statements,
        )
        try:
            await port.serve(stop)
        finally:
            reporter.close()


def _connection(one: Watched) -> Connection:
    place = one.listen or ""
    if one.dial is not None:
        # What may be secret in an address stands in front of an @ or behind a question mark.
        scheme, slashes, rest = one.dial.partition("?")[0].rpartition("//")
        place = scheme + slashes + rest.rpartition("@")[2]
    return Connection(
        name=one.name,
        way="listen" if one.dial is None else "dial",
        place=place,
        protocol=one.protocol,
        environment=one.environment,
    )
