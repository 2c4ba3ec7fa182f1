from __future__ import annotations

import asyncio
import gc
import json
import weakref
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any
from uuid import UUID

import pytest

from adapter.domain.requests import GetTable, Request
from adapter.domain.values import Table, TableStatus
from adapter.errors import AdapterError, Bug, DatabaseUnavailable, TableNotFound
from adapter.events import BugFound, Event, FrameIgnored, ProviderComplained, RequestAnswered
from adapter.protocol.endpoint import Endpoint
from adapter.protocol.tables.dialect import tables_dialect

TABLE = Table(name="T12", max_covers=4, status=TableStatus.OCCUPIED)
IDENTITY = "0f6c1d0e-56a7-4a1c-9b1e-7a5b0c9f1a01"
SECRET = "the secret of T12"


class FakeService:
    def __init__(self, work: Callable[[Request], Awaitable[Any]]) -> None:
        self.work = work
        self.requests: list[Request] = []

    async def answer(self, request: Request) -> Any:
        self.requests.append(request)
        return await self.work(request)


class Heard(list[Event]):
    def only(self) -> Any:
        (event,) = self
        return event


async def one_table(_: Request) -> Table:
    return TABLE


def failing(error: BaseException) -> FakeService:
    async def fail(_: Request) -> Table:
        raise error

    return FakeService(fail)


def endpoint(service: FakeService, heard: Heard, **options: Any) -> Endpoint:
    given: dict[str, Any] = {
        "connection": "till",
        "dialect": tables_dialect(),
        "service": service,
        "emit": heard.append,
        "deadline": 5.0,
    }
    return Endpoint(**given | options)


def ask(raw: bytes, service: FakeService | None = None, **options: Any) -> tuple[Any, Heard]:
    heard = Heard()
    answer = asyncio.run(endpoint(service or FakeService(one_table), heard, **options).handle(raw))
    return None if answer is None else json.loads(answer), heard


def within_seconds(scenario: Coroutine[Any, Any, Any]) -> Any:
    async def timed() -> Any:
        async with asyncio.timeout(5):
            return await scenario

    return asyncio.run(timed())


def frame(method: str = "GetTable", **params: Any) -> bytes:
    requestor = {
        "requestorType": "REQUESTOR_TYPE_CARD_MACHINE",
        "cardMachineRequestorInfo": {"terminalId": "22334455", "waiterId": "007"},
    }
    sent = {"name": "T12", "requestorInfo": requestor, **params}
    return json.dumps({"jsonrpc": "2.0", "id": IDENTITY, "method": method, "params": sent}).encode()


def test_a_request_is_answered_under_its_own_id():
    answer, _ = ask(frame())
    assert answer == {
        "jsonrpc": "2.0",
        "id": IDENTITY,
        "result": {"table": {"name": "T12", "maxCovers": 4, "status": "TABLE_STATUS_OCCUPIED"}},
    }


def test_an_answered_request_is_said_once_with_who_asked_and_never_with_what():
    _, heard = ask(frame(name=SECRET))
    event = heard.only()
    assert isinstance(event, RequestAnswered)
    assert (event.connection, event.method, event.outcome, event.reason) == ("till", "GetTable", "ok", "")
    assert (event.terminal, event.waiter, event.reference) == ("22334455", "7", IDENTITY)
    assert 0 < event.milliseconds < 1000
    assert SECRET not in repr(event)


def test_an_error_is_answered_in_the_result_and_said_once():
    answer, heard = ask(frame(), failing(TableNotFound("there is no table of this name")))
    assert answer == {
        "jsonrpc": "2.0",
        "id": IDENTITY,
        "result": {"errorCode": "TABLE_NO_SUCH_TABLE", "errorReason": "there is no table of this name"},
    }
    event = heard.only()
    assert (event.outcome, event.reason) == ("TABLE_NO_SUCH_TABLE", "there is no table of this name")
    assert (event.terminal, event.waiter, event.reference) == ("22334455", "7", IDENTITY)


def test_a_hint_is_for_the_log_and_not_for_the_wire():
    answer, heard = ask(frame(), failing(DatabaseUnavailable("no connection", hint="see config.toml")))
    assert answer["result"] == {"errorCode": "ERROR_INTERNAL_POS_ERROR", "errorReason": "no connection"}
    assert heard.only().reason == "no connection; see config.toml"


def test_a_reason_that_utf_8_cannot_hold_is_still_sent():
    answer, _ = ask(frame(), failing(TableNotFound("odd \ud800")))
    assert answer["result"] == {"errorCode": "TABLE_NO_SUCH_TABLE", "errorReason": "odd ?"}


def test_half_a_surrogate_pair_is_refused_under_the_requests_id_and_nothing_is_run():
    service = FakeService(one_table)
    answer, heard = ask(frame(name="half \ud800"), service)
    assert answer["id"] == IDENTITY
    assert answer["result"]["errorCode"] == "ERROR_PARSE_ERROR"
    assert "half of a surrogate pair" in answer["result"]["errorReason"]
    assert service.requests == []
    assert heard.only().reference == IDENTITY


class Kept:
    """Something that a request has in hand."""

    error: BaseException | None = None


def left_behind(ends: Callable[[], Awaitable[Any]]) -> list[Kept]:
    """What is still there of a request that ended with an error, before anybody looks for garbage."""
    held: list[weakref.ref[Kept]] = []

    async def fail(_: Request) -> Table:
        in_hand = Kept()
        held.append(weakref.ref(in_hand))
        try:
            await ends()
        except (AdapterError, asyncio.CancelledError) as error:
            # The error holds this frame, and this frame the error: a circle, as libraries that try again make one.
            in_hand.error = error
            raise
        raise AssertionError

    async def scenario() -> None:
        asked = asyncio.ensure_future(endpoint(FakeService(fail), Heard()).handle(frame()))
        await asyncio.wait({asked}, timeout=0.01)
        asked.cancel()
        await asyncio.wait({asked})

    gc.collect()
    gc.disable()
    try:
        asyncio.run(scenario())
        return [thing for one in held if (thing := one()) is not None]
    finally:
        gc.enable()


def test_a_request_that_failed_leaves_nothing_that_waits_for_the_garbage_collector():
    async def fails() -> None:
        raise TableNotFound("there is no table of this name") from ValueError("of the driver")

    assert left_behind(fails) == []


def test_a_request_that_was_cut_short_leaves_nothing_that_waits_for_the_garbage_collector():
    assert left_behind(asyncio.Event().wait) == []


@pytest.mark.parametrize("identity", [b"", b'"id":null,', b'"id":[],', b'"id":true,'])
def test_a_request_without_an_id_is_neither_run_nor_answered(identity: bytes):
    service = FakeService(one_table)
    answer, heard = ask(b"{" + identity + b'"method":"GetTable","params":{"name":"T12"}}', service)
    assert answer is None
    assert service.requests == []
    event = heard.only()
    assert isinstance(event, FrameIgnored)
    assert (event.connection, event.reason) == ("till", "no id to answer to")


@pytest.mark.parametrize("raw", [b"", b"[]", b"\xff", b'[{"id":1,"method":"GetTable"}]', b"[" * 200_000])
def test_an_unreadable_frame_is_ignored_and_said(raw: bytes):
    answer, heard = ask(raw)
    assert answer is None
    assert isinstance(heard.only(), FrameIgnored)
    assert heard.only().size == len(raw)


@pytest.mark.parametrize("member", ["", ',"method":null', ',"method":7', ',"method":["GetTable"]'])
def test_a_request_without_a_method_is_a_parse_error(member: str):
    answer, heard = ask(f'{{"id":5{member}}}'.encode())
    assert answer == {
        "jsonrpc": "2.0",
        "id": 5,
        "result": {"errorCode": "ERROR_PARSE_ERROR", "errorReason": "method: expected a string"},
    }
    assert (heard.only().method, heard.only().reference) == ("", "5")


@pytest.mark.parametrize(
    ("method", "shown"),
    [
        ("gettable", "gettable"),
        ("", "such method"),
        ("x" * 65, "such method"),
        ("a\u0007b", "such method"),
        ("caf\u00e9", "such method"),
    ],
)
def test_an_unknown_method_is_a_parse_error_that_repeats_only_a_harmless_name(method: str, shown: str):
    answer, heard = ask(frame(method))
    assert answer["result"] == {
        "errorCode": "ERROR_PARSE_ERROR",
        "errorReason": f"method: this protocol has no {shown}",
    }
    assert heard.only().method == ""


def test_a_wrong_parameter_is_a_parse_error_that_names_its_path():
    service = FakeService(one_table)
    answer, heard = ask(frame("GetSession", sessionId=SECRET), service)
    reason = "params.sessionId: expected a UUID"
    assert answer["result"] == {"errorCode": "ERROR_PARSE_ERROR", "errorReason": reason}
    assert (heard.only().method, heard.only().outcome, heard.only().reason) == (
        "GetSession",
        "ERROR_PARSE_ERROR",
        reason,
    )
    assert service.requests == []


def test_a_frame_over_the_limit_is_refused_under_its_id():
    service = FakeService(one_table)
    raw = frame(unknown="x" * 1000)
    answer, heard = ask(raw, service, max_size=1000)
    assert answer == {
        "jsonrpc": "2.0",
        "id": IDENTITY,
        "result": {"errorCode": "ERROR_PARSE_ERROR", "errorReason": "the request is larger than 1000 bytes"},
    }
    assert heard.only().method == "GetTable"
    assert service.requests == []


def test_a_frame_over_the_limit_without_an_id_is_ignored():
    answer, heard = ask(b'{"method":"GetTable","params":"' + b"x" * 1000 + b'"}', max_size=1000)
    assert answer is None
    assert isinstance(heard.only(), FrameIgnored)


def test_a_frame_at_the_limit_is_answered():
    raw = frame()
    answer, _ = ask(raw, max_size=len(raw))
    assert "table" in answer["result"]


@pytest.mark.parametrize("identity", ["", '"id":"a",', '"id":7,'])
def test_an_error_notification_is_said_and_never_answered(identity: str):
    answer, heard = ask(
        f'{{"jsonrpc":"2.0",{identity}"method":"ErrorNotification","params":{{"errorCode":"ERROR_PARSE_ERROR",'
        f'"errorReason":"billItems.currency is required","id":"{IDENTITY}"}}}}'.encode()
    )
    assert answer is None
    assert heard.only() == ProviderComplained(
        connection="till",
        error_code="ERROR_PARSE_ERROR",
        reason="billItems.currency is required",
        reference=IDENTITY,
    )


@pytest.mark.parametrize("params", [b"null", b"[]", b"7", b'{"errorCode":1e999}'])
def test_an_error_notification_that_cannot_be_read_is_still_said(params: bytes):
    answer, heard = ask(b'{"method":"ErrorNotification","params":' + params + b"}")
    assert answer is None
    assert isinstance(heard.only(), ProviderComplained)


def assert_reported(answer: Any, heard: Heard, kind: str) -> BugFound:
    bug, answered = heard
    assert isinstance(bug, BugFound)
    assert isinstance(answered, RequestAnswered)
    assert bug.error == kind
    assert len(bug.reference) == 12
    assert int(bug.reference, 16) >= 0
    reason = f"internal error, reference {bug.reference}"
    assert answer["result"] == {"errorCode": "ERROR_INTERNAL_POS_ERROR", "errorReason": reason}
    assert answered.reason == reason
    return bug


def test_an_unexpected_error_is_a_reference_on_the_wire_and_our_own_lines_in_the_log():
    answer, heard = ask(frame(), failing(ZeroDivisionError(SECRET)))
    bug = assert_reported(answer, heard, "ZeroDivisionError")
    assert SECRET not in repr(bug) + repr(answer)
    for place in bug.where.split(" > "):
        file, _, rest = place.partition(":")
        line, _, function = rest.partition(" ")
        assert file == "adapter/protocol/endpoint.py"
        assert line.isdigit()
        assert function.isidentifier()


def test_an_answer_that_cannot_be_encoded_is_a_bug():
    async def no_table(_: Request) -> str:
        return SECRET

    answer, heard = ask(frame(), FakeService(no_table))
    bug = assert_reported(answer, heard, "AttributeError")
    assert "adapter/protocol/tables/dialect.py" in bug.where
    assert SECRET not in repr(bug)


def test_a_bug_of_our_own_is_a_bug():
    answer, heard = ask(frame(), failing(Bug("nobody answers this")))
    assert_reported(answer, heard, "Bug")


def test_endless_recursion_is_a_bug():
    async def recurse(request: Request) -> Table:
        return await recurse(request)

    answer, heard = ask(frame(), FakeService(recurse))
    assert_reported(answer, heard, "RecursionError")


def test_work_that_is_cancelled_from_within_is_a_bug_and_does_not_cancel_the_connection():
    answer, heard = ask(frame(), failing(asyncio.CancelledError()))
    assert_reported(answer, heard, "Bug")


def test_a_listener_that_fails_does_not_cost_the_answer():
    def fail(_: Event) -> None:
        raise OSError(SECRET)

    answer, _ = ask(frame(), emit=fail)
    assert answer["result"]["table"]["name"] == "T12"
    assert ask(b"[]", emit=fail)[0] is None


def test_a_dialect_that_fails_where_no_answer_is_possible_is_a_bug():
    heard = Heard()
    broken = endpoint(FakeService(one_table), heard)
    broken._dialect.notifications["ErrorNotification"] = lambda _: 1 / 0  # type: ignore[index]
    assert asyncio.run(broken.handle(b'{"method":"ErrorNotification"}')) is None
    assert heard.only().error == "ZeroDivisionError"


def test_what_takes_too_long_is_answered_with_an_error_that_says_so():
    heard = Heard()
    asked = endpoint(FakeService(one_table), heard, deadline=0.02)
    answer = json.loads(asked.too_late(frame()) or b"")
    reason = "the EPOS database took longer than 0.02 s"
    assert answer["result"] == {"errorCode": "ERROR_INTERNAL_POS_ERROR", "errorReason": reason}
    assert (heard.only().outcome, heard.only().reason) == ("ERROR_INTERNAL_POS_ERROR", reason)


@pytest.mark.parametrize("raw", [b"", b"[]", b'{"method": "GetTable"}', b'{"id": "1", "method": "ErrorNotification"}'])
def test_what_must_not_be_answered_is_not_answered_late_either(raw: bytes):
    assert endpoint(FakeService(one_table), Heard()).too_late(raw) is None


def test_cancelling_the_handling_cancels_the_work_and_says_nothing():
    async def scenario() -> Heard:
        begun, cancelled = asyncio.Event(), asyncio.Event()

        async def freeze(_: Request) -> Table:
            begun.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.set()
                raise
            return TABLE

        heard = Heard()
        handling = asyncio.create_task(endpoint(FakeService(freeze), heard).handle(frame()))
        await begun.wait()
        handling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await handling
        await cancelled.wait()
        return heard

    assert within_seconds(scenario()) == []


def test_a_slow_request_does_not_hold_up_a_quick_one():
    async def scenario() -> list[str]:
        gate = asyncio.Event()
        order: list[str] = []

        async def work(request: Request) -> Table:
            assert isinstance(request, GetTable)
            if request.name == "slow":
                await gate.wait()
            order.append(request.name)
            return TABLE

        asked = endpoint(FakeService(work), Heard())
        slow = asyncio.create_task(asked.handle(frame(name="slow")))
        await asyncio.sleep(0)
        await asked.handle(frame(name="quick"))
        gate.set()
        await slow
        return order

    assert within_seconds(scenario()) == ["quick", "slow"]


def test_a_long_or_odd_id_is_clipped_and_escaped_for_the_log():
    _, heard = ask('{"id":"é'.encode() + b"x" * 500 + b'","method":"GetTable"}')
    assert heard.only().reference == "\\xc3\\xa9" + "x" * 55


def test_the_service_is_asked_in_the_words_of_the_domain():
    service = FakeService(one_table)
    ask(frame("GetSession", sessionId="5B0E3C642F0D4B578F359A3B6D4B7C10"), service)
    (request,) = service.requests
    assert request.session_id == UUID("5b0e3c64-2f0d-4b57-8f35-9a3b6d4b7c10")  # type: ignore[union-attr]
