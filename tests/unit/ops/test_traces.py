"""Traces as a collector gets them: over a real socket, decoded again."""

from __future__ import annotations

import asyncio
import contextvars
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from adapter import __version__
from adapter.deadline import Deadline, deadline
from adapter.events import (
    DatabaseDown,
    Event,
    RequestAnswered,
    StatementFailed,
    StatementRun,
    TracesLost,
    TracesTaken,
)
from adapter.ops import traces as subject
from adapter.ops.traces import Traces, TraceSettings
from tests.collector import Collector, Taken, collector

ID = "3f1c6f0e-5a34-4d5e-9d2b-6f2b8f0f3c11"
CARD = "4111111111111111"


@pytest.fixture
def taking() -> Iterator[Collector]:
    with collector() as running:
        yield running


def settings(url: str, **more: Any) -> TraceSettings:
    return TraceSettings(endpoint=url, service="a till", instance="till-1", engine="postgresql", **more)


def answered(method: str = "GetBill", outcome: str = "ok", **more: Any) -> RequestAnswered:
    return RequestAnswered(connection="dojo", method=method, outcome=outcome, milliseconds=50.0, **more)


def ran(name: str) -> StatementRun:
    return StatementRun(name=name, sql="SELECT secret FROM cards", rows=3, milliseconds=2.0)


def in_a_request(*heard: Event, by: Callable[[Event], None]) -> None:
    """Have these happen while one request is worked on."""

    def happen() -> None:
        deadline.set(Deadline())
        for event in heard:
            by(event)

    contextvars.copy_context().run(happen)


def sent(made: Traces, heard: list[Event]) -> None:
    """Run it to its orderly end, by which all is sent."""

    async def run() -> None:
        stop = asyncio.Event()
        stop.set()
        await made.serve(heard.append, stop)

    asyncio.run(run())


def spans_of(collector: Collector, *requests: tuple[Event, ...], count: int, **more: Any) -> list[Taken]:
    made, heard = Traces(settings(collector.url, **more)), []
    for events in requests:
        in_a_request(*events, by=made)
    sent(made, heard)
    assert heard == []
    return collector.spans(count)


def test_a_request_is_a_span_and_each_of_its_statements_one_within_it(taking: Collector):
    found = spans_of(taking, (ran("lock"), ran("bill"), answered(reference=ID)), count=3)
    request, (*statements,) = found[-1], found[:-1]
    assert (request.name, request.kind, request.parent, request.is_error) == ("GetBill", "SERVER", b"", False)
    assert request.attributes == {
        "rpc.system.name": "jsonrpc",
        "rpc.system": "jsonrpc",
        "rpc.method": "GetBill",
        "rpc.response.status_code": "ok",
        "jsonrpc.protocol.version": "2.0",
        "jsonrpc.request.id": ID,
        "epos.connection": "dojo",
    }
    assert [(one.name, one.kind, one.parent) for one in statements] == [
        ("lock", "CLIENT", request.span),
        ("bill", "CLIENT", request.span),
    ]
    assert statements[1].attributes == {
        "db.system.name": "postgresql",
        "db.query.summary": "bill",
        "epos.rows": 3,
    }
    assert {one.trace for one in found} == {request.trace}
    assert (request.end - request.start, statements[0].end - statements[0].start) == (50_000_000, 2_000_000)
    assert all(request.start <= one.start and one.end <= request.end for one in statements)


def test_requests_at_the_same_time_keep_their_statements_apart(taking: Collector):
    made, heard = Traces(settings(taking.url)), []
    first, second = contextvars.copy_context(), contextvars.copy_context()
    for context in (first, second):
        context.run(deadline.set, Deadline())
    first.run(made, ran("bill"))
    second.run(made, ran("tables"))
    first.run(made, ran("lock"))
    second.run(made, answered("ListTables"))
    first.run(made, answered("GetBill"))
    sent(made, heard)
    found = taking.spans(5)
    (bill,) = [one for one in found if one.name == "GetBill"]
    assert [one.name for one in found if one.parent == bill.span] == ["bill", "lock"]
    assert len({one.trace for one in found}) == 2


def test_a_request_that_fails_is_an_error_by_its_code_and_says_nothing_more(taking: Collector):
    (request,) = spans_of(taking, (answered(outcome="SESSION_NO_SUCH_SESSION", reason="no session 17"),), count=1)
    assert request.is_error
    assert request.attributes["error.type"] == "SESSION_NO_SUCH_SESSION"
    assert request.attributes["rpc.response.status_code"] == "SESSION_NO_SUCH_SESSION"
    assert "17" not in str(request.attributes)


def test_a_statement_that_failed_is_there_with_what_it_failed_by(taking: Collector):
    failed = StatementFailed(name="bill", error="QueryCanceled", milliseconds=5.0)
    statement, _ = spans_of(taking, (failed, answered(outcome="ERROR_INTERNAL")), count=2)
    assert (statement.is_error, statement.attributes["error.type"]) == (True, "QueryCanceled")
    assert "epos.rows" not in statement.attributes


def test_a_statement_that_ends_after_the_request_was_answered_at_its_deadline_is_still_the_requests(taking: Collector):
    failed = StatementFailed(name="bill", error="CancelledError", milliseconds=9000.0)
    request, statement = spans_of(taking, (answered(outcome="ERROR_INTERNAL"), failed), count=2)
    assert (statement.name, statement.parent, statement.trace) == ("bill", request.span, request.trace)


def test_nothing_of_what_is_asked_or_read_is_in_a_span(taking: Collector):
    loud = answered(reason="secret reason", terminal="secret terminal", waiter="secret waiter", reference=CARD)
    for one in spans_of(taking, (ran("bill"), loud), count=2):
        assert "secret" not in one.everything
        assert CARD not in one.everything


@pytest.mark.parametrize("reference", [CARD, "", "abc", "{" + ID + "}", ID.replace("-", ""), "1"])
def test_an_id_that_is_no_uuid_is_left_out(taking: Collector, reference: str):
    (request,) = spans_of(taking, (answered(reference=reference),), count=1)
    assert "jsonrpc.request.id" not in request.attributes


def test_a_method_that_there_is_none_of_is_unknown(taking: Collector):
    (request,) = spans_of(taking, (answered(method="", outcome="ERROR_METHOD_NOT_FOUND"),), count=1)
    assert (request.name, request.attributes["rpc.method"]) == ("unknown", "unknown")


def test_what_the_adapter_asks_for_itself_and_what_is_never_answered_is_no_trace(taking: Collector):
    made, heard = Traces(settings(taking.url)), []
    made(ran("health"))
    in_a_request(ran("bill"), by=made)
    in_a_request(answered("ListTables"), by=made)
    made(DatabaseDown(reason="x"))
    sent(made, heard)
    assert [one.name for one in taking.spans(1)] == ["ListTables"]


def test_the_collector_is_told_who_sends_and_asked_with_the_headers_that_are_set(taking: Collector):
    (request,) = spans_of(taking, (answered(),), count=1, headers={"Authorization": "Bearer invented"})
    assert request.resource == {
        "service.name": "a till",
        "service.version": __version__,
        "service.instance.id": "till-1",
        "telemetry.sdk.language": "python",
        "telemetry.sdk.name": "opentelemetry",
    }
    path, headers = taking.asked[0]
    assert path == "/v1/traces"
    assert headers["authorization"] == "Bearer invented"
    assert headers["content-type"] == "application/x-protobuf"


def test_no_header_is_in_what_settings_show_of_themselves():
    assert "invented" not in repr(settings("http://127.0.0.1:1", headers={"Authorization": "Bearer invented"}))


def test_of_a_share_of_requests_there_is_a_whole_trace_and_of_the_others_nothing(taking: Collector):
    made, heard = Traces(settings(taking.url, share=0.5)), []
    for _ in range(200):
        in_a_request(ran("bill"), answered(), by=made)
    sent(made, heard)
    found = taking.spans(2)
    requests = {one.span for one in found if one.name == "GetBill"}
    assert 50 < len(requests) < 150
    assert {one.parent for one in found if one.name == "bill"} == requests


def test_a_collector_that_is_not_there_is_said_once_and_said_again_when_it_is_back():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    heard: list[Event] = []

    async def run() -> None:
        made, stop, said = Traces(settings(f"http://127.0.0.1:{port}/v1/traces", timeout=0.2)), asyncio.Event(), None

        def emit(event: Event) -> None:
            heard.append(event)
            assert said is not None
            said.set()

        serving = asyncio.create_task(made.serve(emit, stop))
        said = asyncio.Event()
        await asyncio.sleep(0)
        for _ in range(2):  # two batches, which are both lost
            in_a_request(answered(), by=made)
            await asyncio.to_thread(made._provider.force_flush)
        await said.wait()
        assert [type(event) for event in heard] == [TracesLost]
        said.clear()
        with collector(port) as running:
            in_a_request(answered(), by=made)
            await asyncio.to_thread(made._provider.force_flush)
            await said.wait()
            assert len(running.spans(1)) == 1
            stop.set()
            await serving

    asyncio.run(asyncio.wait_for(run(), 30))
    assert [type(event) for event in heard] == [TracesLost, TracesTaken]
    assert "cannot be reached" in str(heard[0])
    assert str(port) not in str(heard[0])


def test_a_collector_that_refuses_is_said_with_its_answer():
    heard: list[Event] = []
    with collector(status=401) as refusing:
        made = Traces(settings(refusing.url))
        in_a_request(answered(), by=made)
        sent(made, heard)
    (lost,) = heard
    assert "refuses" in str(lost)
    assert "401" in str(lost)


def test_a_collector_that_says_nothing_holds_up_neither_requests_nor_the_end(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(subject, "_FLUSH", 0.05)
    heard: list[Event] = []
    with socket.create_server(("127.0.0.1", 0)) as mute:
        made = Traces(settings(f"http://127.0.0.1:{mute.getsockname()[1]}/v1/traces", timeout=1.0))
        # More than wait for it at most: the rest is left out, and nobody is held up or told anew.
        for _ in range(subject._WAITING + 500):
            in_a_request(answered(), by=made)
        sent(made, heard)
    (lost,) = heard
    assert isinstance(lost, TracesLost)
    assert "not taken within" in lost.reason
