"""Listens to the adapter and tells what it heard: state, metrics and the port put together. Knows no configuration."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from adapter.events import Emit, Event
from adapter.ops.metrics import CONTENT_TYPE, Metrics
from adapter.ops.port import Port, PortSettings
from adapter.ops.report import Sources
from adapter.ops.reporter import Reporter
from adapter.ops.state import Connection, State


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

    def __init__(self, settings: PortSettings, connections: list[Watched]) -> None:
        self._settings = settings
        self.state = State([_connection(one) for one in connections])
        self._metrics = Metrics(one.name for one in connections)

    def beside(self, emit: Emit) -> Emit:
        """Tells both `emit` and this."""
        state, metrics = self.state, self._metrics

        def tell(event: Event) -> None:
            emit(event)
            state(event)
            metrics(event)

        return tell

    def follow(self, connections: list[Watched]) -> None:
        """Watch these connections from now on."""
        self.state.follow([_connection(one) for one in connections])
        self._metrics.follow(self.state.connections)

    def statements(self, emit: Emit | None) -> Emit:
        """Who is told of every SQL statement: the metrics, and `emit` where somebody wants to see them."""
        return self._metrics if emit is None else emit

    async def serve(self, sources: Sources, emit: Emit, stop: asyncio.Event) -> None:
        """Serve the port until `stop` is set."""
        reporter = Reporter(self.state, sources)
        port = Port(
            self._settings,
            reporter,
            lambda: (self._metrics.text(self.state, sources), CONTENT_TYPE),
            emit,
            sources.reload,
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
