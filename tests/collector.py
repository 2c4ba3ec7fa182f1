"""A collector of traces on this computer: OTLP over HTTP, as OpenTelemetry's own takes it, for the tests."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from msgspec import Struct
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

PATIENCE = 30.0


class Taken(Struct, kw_only=True):
    """A span as it came over the wire."""

    name: str
    kind: str
    attributes: dict[str, Any]
    resource: dict[str, Any]
    is_error: bool
    trace: bytes
    span: bytes
    parent: bytes
    start: int
    end: int
    everything: str
    """All of it as text, to look for what must not be there."""


class Collector:
    """Remembers what it was sent."""

    def __init__(self, port: int = 0, status: int = 200) -> None:
        self.status = status
        self.asked: list[tuple[str, dict[str, str]]] = []
        """Path and headers of each request, their names in small letters."""
        self._spans: list[Taken] = []
        self._news = threading.Condition()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector._take(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
                self.send_response(collector.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}/v1/traces"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def spans(self, count: int) -> list[Taken]:
        """All spans, once there are so many."""
        with self._news:
            assert self._news.wait_for(lambda: len(self._spans) >= count, PATIENCE), self._spans
            return list(self._spans)

    def _take(self, path: str, headers: dict[str, str], body: bytes) -> None:
        raw = gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body
        request = ExportTraceServiceRequest.FromString(raw)
        with self._news:
            self.asked.append((path, headers))
            if self.status == 200:
                for resource in request.resource_spans:
                    of = _facts(resource.resource.attributes)
                    self._spans += [_taken(span, of) for scope in resource.scope_spans for span in scope.spans]
            self._news.notify_all()

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def collector(port: int = 0, status: int = 200) -> Iterator[Collector]:
    """A collector, while it takes traces."""
    running = Collector(port, status)
    running.start()
    try:
        yield running
    finally:
        running.end()


def _facts(attributes: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in attributes}


def _taken(span: Any, resource: dict[str, Any]) -> Taken:
    return Taken(
        name=span.name,
        kind=Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        attributes=_facts(span.attributes),
        resource=resource,
        is_error=span.status.code == 2,
        trace=span.trace_id,
        span=span.span_id,
        parent=span.parent_span_id,
        start=span.start_time_unix_nano,
        end=span.end_time_unix_nano,
        everything=str(span),
    )
