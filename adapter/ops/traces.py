"""Makes OpenTelemetry traces of what is heard: a span for each request, and one for each of its statements.

Loaded only where the configuration has [traces]. What is in a span is what stands here, and nothing else: names out of
the protocol, the mapping and the configuration, never a value of a request or a row.

https://opentelemetry.io/docs/specs/semconv/rpc/json-rpc/ and .../db/sql/ name the attributes.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import requests
from msgspec import Struct
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio
from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context

from adapter import __version__
from adapter.addresses import is_loopback
from adapter.deadline import kept
from adapter.events import Emit, Event, RequestAnswered, StatementFailed, StatementRun, TracesLost, TracesTaken

_FLUSH = 3.0
"""Seconds that the last spans may take on their way when the adapter stops."""
_WAITING = 2048
"""Spans that wait at most; the newest are left out while nobody takes them."""
_TOGETHER = 512
_UNKNOWN = "unknown"
_SYSTEMS = {"sqlserver": "microsoft.sql_server"}
"""Engines that the conventions call something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceSettings:
    """Where spans are sent to, and whose they are."""

    endpoint: str
    """Where the collector takes traces, by OTLP over HTTP."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    service: str
    instance: str
    share: float = 1.0
    """Of how many requests there is a trace: 1 for each of them, 0.1 for one of ten."""
    timeout: float = 10.0
    """Seconds in which the collector must have taken what is sent at a time."""
    engine: str = ""
    """Of the database."""


class _Statement(Struct, frozen=True):
    """A statement that has ended."""

    name: str
    error: str
    rows: int
    milliseconds: float
    at: int
    """When it ended, by the clock that never goes back, in nanoseconds."""


class _Trace(Struct):
    """What is known of a request under way; it hangs on its deadline, and goes with it."""

    statements: list[_Statement]
    context: Context | None = None
    """That of the request's span, once it was answered."""


class Traces:
    """Listens, and hands spans to a thread that sends them. Nothing here waits for the collector."""

    def __init__(self, settings: TraceSettings) -> None:
        # What the libraries say of a collector that is away is said by our own events, once.
        for name in ("opentelemetry", "urllib3"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self.engine = settings.engine
        self._exporter = _Exporter(settings)
        self._provider = TracerProvider(
            sampler=ParentBasedTraceIdRatio(settings.share),
            resource=Resource(
                {
                    "service.name": settings.service,
                    "service.version": __version__,
                    "service.instance.id": settings.instance,
                    "telemetry.sdk.language": "python",
                    "telemetry.sdk.name": "opentelemetry",
                }
            ),
            shutdown_on_exit=False,
        )
        # Every number is given, so that no environment variable of the SDK's decides.
        processor = BatchSpanProcessor(
            self._exporter,
            max_queue_size=_WAITING,
            schedule_delay_millis=1000,
            max_export_batch_size=_TOGETHER,
            export_timeout_millis=settings.timeout * 1000,
        )
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("epos-adapter", __version__)
        self._hearing: dict[type[Event], Callable[[Any], None]] = {
            RequestAnswered: self._request_answered,
            StatementFailed: self._statement_failed,
            StatementRun: self._statement_run,
        }

    def __call__(self, event: Event) -> None:
        """Hear of an event, in the context of the request that it is about."""
        hear = self._hearing.get(event.__class__)
        if hear is not None:
            hear(event)

    async def serve(self, emit: Emit, stop: asyncio.Event) -> None:
        """Say when spans are lost and when they are taken again, until `stop` is set; then send the last ones, or give up."""
        loop = asyncio.get_running_loop()
        told = ""

        def tell(reason: str) -> None:
            nonlocal told
            if bool(reason) == bool(told):
                return
            told = reason
            emit(TracesLost(reason=reason) if reason else TracesTaken())

        def from_the_thread(reason: str) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(tell, reason)

        self._exporter.tell = from_the_thread
        await stop.wait()
        ended = asyncio.Event()

        def shut_down() -> None:
            self._provider.shutdown()
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(ended.set)

        # Not asyncio's threads, which the end of the program waits for.
        threading.Thread(target=shut_down, name="last spans", daemon=True).start()
        try:
            await asyncio.wait_for(ended.wait(), _FLUSH)
        except TimeoutError:
            self._exporter.give_up()
            tell(f"the last ones were not taken within {_FLUSH:g} s")

    # What is heard

    def _statement_run(self, event: StatementRun) -> None:
        self._statement(_Statement(event.name, "", event.rows, event.milliseconds, time.perf_counter_ns()))

    def _statement_failed(self, event: StatementFailed) -> None:
        self._statement(_Statement(event.name, event.error, 0, event.milliseconds, time.perf_counter_ns()))

    def _statement(self, statement: _Statement) -> None:
        trace = _trace()
        if trace is None:
            return  # nobody's request: the adapter asks for itself
        if trace.context is None:
            trace.statements.append(statement)
        else:
            # Of a request that was answered at its deadline, which is the one that somebody wants to know about.
            self._statement_span(statement, trace.context, time.time_ns() - time.perf_counter_ns())

    def _request_answered(self, event: RequestAnswered) -> None:
        trace = _trace()
        wall, now = time.time_ns(), time.perf_counter_ns()
        method = event.method or _UNKNOWN
        attributes = {
            "rpc.system.name": "jsonrpc",
            # Its name before 1.38 of the conventions, by which many still look.
            "rpc.system": "jsonrpc",
            "rpc.method": method,
            "rpc.response.status_code": event.outcome,
            "jsonrpc.protocol.version": "2.0",
            "epos.connection": event.connection,
        }
        if _is_uuid(event.reference):
            attributes["jsonrpc.request.id"] = event.reference
        if event.outcome != "ok":
            attributes["error.type"] = event.outcome
        span = self._tracer.start_span(
            method,
            Context(),
            SpanKind.SERVER,
            attributes,
            start_time=wall - round(event.milliseconds * 1e6),
        )
        context = set_span_in_context(span, Context())
        if trace is not None:
            trace.context = context
            for statement in trace.statements:
                self._statement_span(statement, context, wall - now)
            trace.statements.clear()
        if event.outcome != "ok":
            span.set_status(Status(StatusCode.ERROR))
        span.end(wall)

    def _statement_span(self, statement: _Statement, context: Context, clock: int) -> None:
        """`clock` is what the wall's clock is ahead of the other, in nanoseconds."""
        attributes: dict[str, str | int] = {
            "db.system.name": _SYSTEMS.get(self.engine, self.engine),
            "db.query.summary": statement.name,
        }
        if statement.error:
            attributes["error.type"] = statement.error
        else:
            attributes["epos.rows"] = statement.rows
        at = statement.at + clock
        span = self._tracer.start_span(
            statement.name, context, SpanKind.CLIENT, attributes, start_time=at - round(statement.milliseconds * 1e6)
        )
        if statement.error:
            span.set_status(Status(StatusCode.ERROR))
        span.end(at)


class _Exporter(SpanExporter):
    """Sends spans, and tells what became of it. Runs on the thread of its own that sends."""

    def __init__(self, settings: TraceSettings) -> None:
        self.tell: Callable[[str], None] = lambda _: None
        """Is told why spans were lost, and nothing when they were taken."""
        self._session = _Session()
        # As `dial` does it: a proxy is never used to reach this computer itself.
        self._session.trust_env = not is_loopback(urlsplit(settings.endpoint).hostname or "")
        self._inner = OTLPSpanExporter(
            settings.endpoint,
            headers=settings.headers,
            timeout=settings.timeout,
            compression=Compression.Gzip,
            session=self._session,
        )

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """See SpanExporter."""
        self._session.trouble = "the collector did not answer in time"
        result = self._inner.export(spans)
        self.tell("" if result is SpanExportResult.SUCCESS else self._session.trouble)
        return result

    def shutdown(self) -> None:
        """See SpanExporter."""
        self.give_up()

    def give_up(self) -> None:
        """Try nothing again any more."""
        self._inner.shutdown()  # type: ignore[no-untyped-call]


class _Session(requests.Session):
    """Remembers in plain words why the last request came to nothing, without a letter of what the other end said."""

    trouble = ""

    def request(self, *arguments: Any, **named: Any) -> requests.Response:
        """See requests.Session."""
        try:
            response = super().request(*arguments, **named)
        except requests.exceptions.SSLError:
            self.trouble = "the collector's certificate is not trusted"
            raise
        except requests.exceptions.ProxyError:
            self.trouble = "the proxy on the way to the collector does not let it through"
            raise
        except requests.exceptions.Timeout:
            self.trouble = "the collector did not answer in time"
            raise
        except requests.exceptions.RequestException as problem:
            self.trouble = f"the collector cannot be reached ({type(problem).__name__})"
            raise
        self.trouble = f"the collector refuses them (HTTP {response.status_code})"
        return response


def _trace() -> _Trace | None:
    """That of the request that the present task works on."""
    return kept("trace", lambda: _Trace([]))


def _is_uuid(reference: str) -> bool:
    """Whether an id is what the protocol says it is: what else a gateway may use for one is nobody's to know."""
    try:
        return str(UUID(reference)) == reference.lower()
    except ValueError:
        return False
