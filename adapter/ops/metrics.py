"""Counts events for Prometheus. Knows nothing of what causes them, and nothing of the port they are read from.

Labels have few values, whoever asks whatever: methods and outcomes of the protocol, connections of the configuration.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, get_args

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4 as CONTENT_TYPE
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics import Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import CollectorRegistry

from adapter import connection_events, events, turn_events
from adapter.events import Event
from adapter.ops.report import Sources
from adapter.ops.reporter import missing_in
from adapter.ops.state import State

_REQUEST_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_STATEMENT_SECONDS = (0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0)
__all__ = ["CONTENT_TYPE", "Metrics"]
_UNKNOWN = "unknown"
"""The method of a request that names none that there is."""


class Metrics:
    """The counters of one adapter, in a registry of their own."""

    def __init__(self, connections: Iterable[str] = ()) -> None:
        """Those of `connections` are there from the start, with nothing counted."""
        # When each series began is of no use to anybody here, and doubles what is read.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        registry = self.registry = CollectorRegistry()
        ProcessCollector(registry=registry)

        def counter(name: str, help_: str, *labels: str) -> Counter:
            return Counter(f"epos_adapter_{name}", help_, labels, registry=registry)

        def gauge(name: str, help_: str, *labels: str) -> Gauge:
            return Gauge(f"epos_adapter_{name}", help_, labels, registry=registry)

        # The adapter
        self._build = gauge("build_info", "Always 1; says what is running.", "version", "python", "mapping", "digest")
        self._ready = gauge("ready", "1 when requests can be answered: mapping, database and a connection.")
        self._bound = gauge("mapping_bound", "1 when the mapping fits the database and is being served.")
        self._recording = gauge("recording_enabled", "1 when sessions can be locked and paid.")
        # Requests
        self._requests = counter("requests", "Requests answered.", "connection", "method", "outcome")
        self._answer_times = Histogram(
            "epos_adapter_request_duration_seconds",
            "From the arrival of a request to its answer.",
            ("method",),
            registry=registry,
            buckets=_REQUEST_SECONDS,
        )
        self._in_flight = gauge("requests_in_flight", "Requests being answered now.", "connection")
        # Connections
        self._connection_up = gauge("connection_up", "1 while the connection is open.", "connection")
        self._standby = gauge("connection_standby", "1 while another adapter serves the account.", "connection")
        self._frame_age = gauge(
            "connection_last_frame_age_seconds",
            "Since the last frame was answered; NaN before the first.",
            "connection",
        )
        self._ping = gauge(
            "connection_ping_seconds", "What the last ping of a silent connection took; NaN before.", "connection"
        )
        self._opened = counter("connections_opened", "Connections opened.", "connection")
        self._dial_failures = counter("dial_failures", "Attempts to dial that failed.", "connection")
        self._accounts_taken = counter(
            "accounts_taken", "Times that another adapter took the account of a connection.", "connection"
        )
        self._refused = counter("connections_refused", "Gateways turned away.", "connection")
        self._locked_out = counter(
            "lockouts", "Addresses not heard for a while after too many wrong keys.", "connection"
        )
        # The database
        self._database_up = gauge("database_up", "1 while the database answers.")
        self._database_losses = counter("database_losses", "Times the database stopped answering.")
        self._statement_times = Histogram(
            "epos_adapter_statement_duration_seconds",
            "One SQL statement, from sending it to having its rows.",
            registry=registry,
            buckets=_STATEMENT_SECONDS,
        )
        self._pool_in_use = gauge("database_pool_in_use", "Connections of the pool in use now.")
        self._pool_size = gauge("database_pool_size", "Connections that the pool may have.")
        # Payments
        self._kept = counter("payments_recorded", "Payments recorded, successful or declined.", "successful")
        self._flagged = counter("payments_flagged", "Payments that need somebody's attention.", "kind")
        self._turned_down = counter("payments_turned_down", "Payments refused for good, which the provider gives back.")
        self._expired = counter("locks_expired", "Locks of the EPOS Data API that ended by themselves.")
        self._taken_over = counter("locks_taken_over", "Locks taken over after the age limit.")
        # What is odd
        self._rows_skipped = counter("rows_skipped", "Rows left out of lists because they cannot be read.")
        self._bills_differ = counter("bills_differing", "Bills whose lines do not add up to the total, as allowed.")
        self._ignored = counter("frames_ignored", "Frames that carry no id to answer to.", "connection")
        self._complaints = counter("provider_complaints", "Answers that the provider could not read.", "connection")
        self._bugs = counter("bugs", "Things that should not happen.")
        self._requests_of: dict[tuple[str, str, str], Counter] = {}
        self._times_of: dict[str, Histogram] = {}
        self._hearing = self._listeners()
        self._followed: set[str] = set()
        self.follow(connections)
        for kind in get_args(events.FlagKind):
            self._flagged.labels(kind)
        for successful in ("true", "false"):
            self._kept.labels(successful)

    def follow(self, connections: Iterable[str]) -> None:
        """Tell of these connections from now on, and of no others."""
        names = set(connections)
        counters = (self._opened, self._dial_failures, self._accounts_taken, self._refused, self._locked_out)
        for name in names - self._followed:
            for each in (*counters, self._ignored, self._complaints):
                each.labels(name)
        for name in self._followed - names:
            for gauge in (self._connection_up, self._standby, self._frame_age, self._ping, self._in_flight):
                gauge.remove(name)
        self._followed = names

    def __call__(self, event: Event) -> None:
        """Count an event."""
        hear = self._hearing.get(event.__class__)
        if hear is not None:
            hear(event)

    def text(self, state: State, sources: Sources) -> bytes:
        """All of it as Prometheus reads it, with what is looked up now."""
        now = datetime.now(UTC)
        mapping = state.mapping
        self._build.labels(state.version, platform.python_version(), mapping.file, mapping.digest).set(1)
        self._ready.set(not missing_in(state))
        self._bound.set(mapping.is_bound)
        self._recording.set(state.recording.is_on is True)
        self._database_up.set(state.database.is_up is True)
        self._pool_in_use.set(sources.pool_in_use())
        self._pool_size.set(sources.pool_size())
        for name, one in state.connections.items():
            age = (now - one.frame_at).total_seconds() if one.frame_at is not None else float("nan")
            self._connection_up.labels(name).set(one.opened > 0)
            self._standby.labels(name).set(one.turn == "stands by")
            self._frame_age.labels(name).set(age)
            took = one.ping_milliseconds
            self._ping.labels(name).set(float("nan") if took is None else took / 1000)
            self._in_flight.labels(name).set(sources.in_flight(name))
        return generate_latest(self.registry)

    def _listeners(self) -> dict[type[Event], Callable[[Any], None]]:
        return {
            turn_events.AccountTaken: lambda event: self._accounts_taken.labels(event.connection).inc(),
            events.BillDiffers: lambda _: self._bills_differ.inc(),
            events.BugFound: lambda _: self._bugs.inc(),
            connection_events.ConnectionOpened: lambda event: self._opened.labels(event.connection).inc(),
            connection_events.ConnectionRefused: lambda event: self._refused.labels(event.connection).inc(),
            connection_events.MoreRefused: lambda event: self._refused.labels(event.connection).inc(event.count),
            connection_events.LockedOut: lambda event: self._locked_out.labels(event.connection).inc(),
            events.DatabaseDown: lambda _: self._database_losses.inc(),
            connection_events.DialFailed: lambda event: self._dial_failures.labels(event.connection).inc(),
            events.FrameIgnored: lambda event: self._ignored.labels(event.connection).inc(),
            events.LockExpired: lambda _: self._expired.inc(),
            events.LockTakenOver: lambda _: self._taken_over.inc(),
            events.PaymentFlagged: lambda event: self._flagged.labels(event.kind).inc(),
            events.PaymentGone: lambda _: self._flagged.labels("gone").inc(),
            events.PaymentKept: lambda event: self._kept.labels("true" if event.successful else "false").inc(),
            events.PaymentTurnedDown: lambda _: self._turned_down.inc(),
            events.ProviderComplained: lambda event: self._complaints.labels(event.connection).inc(),
            events.RequestAnswered: self._request_answered,
            events.RowSkipped: lambda _: self._rows_skipped.inc(),
            events.StatementRun: lambda event: self._statement_times.observe(event.milliseconds / 1000),
        }

    def _request_answered(self, event: events.RequestAnswered) -> None:
        method = event.method or _UNKNOWN
        labels = (event.connection, method, event.outcome)
        # Kept, since looking a label up costs more than counting.
        requests = self._requests_of.get(labels)
        if requests is None:
            requests = self._requests_of[labels] = self._requests.labels(*labels)
        times = self._times_of.get(method)
        if times is None:
            times = self._times_of[method] = self._answer_times.labels(method)
        requests.inc()
        times.observe(event.milliseconds / 1000)
