from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from websockets.asyncio.client import connect

from simulator.app import Simulator
from simulator.errors import SimulatorError
from simulator.http.endpoints import ENDPOINTS
from simulator.http.guard import refusal
from tests.unit.simulator.http_client import ask
from tests.unit.transport.loopback import run, until

KEY = "key-of-one"
SHOWN = {
    "Authorization": "Basic " + base64.b64encode(f"one:{KEY}".encode()).decode(),
    "software-house-id": "house",
}
RESULTS: dict[str, object] = {
    "ListTables": {"tables": [{"name": "T1"}]},
    "GetTable": {"errorCode": "TABLE_NO_SUCH_TABLE", "errorReason": "no table T9"},
    "UnlockSession": {},
    "GetBillItems": {"billItems": {}, "more": 1},
}


@asynccontextmanager
async def simulator(**more: object) -> AsyncIterator[Simulator]:
    """A simulator with one adapter, which answers from RESULTS, and nothing at all where they have no answer."""
    async with Simulator({"one": KEY, "two": "key-of-two"}, **more) as running:  # type: ignore[arg-type]

        async def answer() -> None:
            async with connect(running.gateway.url, additional_headers=SHOWN, proxy=None) as ws:
                async for text in ws:
                    request = json.loads(text) if text[:1] == "{" else {}
                    if request.get("method") == "ListSessions":
                        await ws.send(json.dumps({"jsonrpc": "2.0", "id": request["id"]}))
                    elif request.get("method") in RESULTS:
                        result = RESULTS[request["method"]]
                        await ws.send(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}))

        answering = asyncio.create_task(answer())
        try:
            await running.gateway.connected("one")
            yield running
        finally:
            answering.cancel()
            await asyncio.gather(answering, return_exceptions=True)


def test_an_operation_is_one_endpoint_that_takes_parameters_and_gives_the_unwrapped_result() -> None:
    async def test() -> None:
        async with simulator() as one:
            tables = await ask(f"{one.url}/v1/one/ListTables", "POST", {"statuses": []})
            assert (tables.status, tables.json) == (200, [{"name": "T1"}])
            question = one.gateway.journal.frame(int(tables.headers["simulator-request-frame"]))
            reply = one.gateway.journal.frame(int(tables.headers["simulator-answer-frame"]))
            assert question is not None
            assert json.loads(question.data)["params"] == {"statuses": []}
            assert reply is not None
            assert reply.answers == question.number
            assert tables.headers["simulator-findings"] == str(len(reply.findings))
            nothing = await ask(f"{one.url}/v1/one/UnlockSession", "POST")
            assert (nothing.status, nothing.json) == (200, {})
            odd = await ask(f"{one.url}/v1/one/GetBillItems", "POST", {})
            assert (odd.status, odd.json) == (200, RESULTS["GetBillItems"])
            refused = await ask(f"{one.url}/v1/one/GetTable", "POST", {"name": "T9"})
            assert (refused.status, refused.json) == (422, RESULTS["GetTable"])
            assert (await ask(f"{one.url}/v1/one/ListSessions", "POST", {})).status == 502

    run(test)


REFUSED = [
    ("POST", "/v1/one/ListTables", b"[", 400, "not JSON"),
    ("POST", "/v1/one/ListTables", b"[]", 400, "no JSON object"),
    ("POST", "/v1/one/ListTables", b" " * 16_000_001, 413, "longer than"),
    ("POST", "/v1/one/ListTables?timeout=soon", b"{}", 400, "timeout=soon"),
    ("POST", "/v1/one/ListTables?timeout=nan", b"{}", 400, "timeout=nan"),
    ("POST", "/v1/one/listTables", b"{}", 404, "no operation listTables"),
    ("POST", "/v1/three/ListTables", b"{}", 404, "no account three"),
    ("POST", "/v1/two/ListTables", b"{}", 503, "no adapter is connected for two"),
    ("POST", "/v1/one/GetSession?timeout=0.01", b"{}", 504, "no answer to GetSession"),
    ("GET", "/v1/one/ListTables", b"", 405, "verb"),
    ("GET", "/nowhere", b"", 404, "nothing here"),
    ("GET", "/api/frames/999", b"", 404, "no frame 999"),
    ("GET", "/api/frames?limit=0", b"", 400, "limit=0"),
    ("DELETE", "/api/connections/one?code=1005", b"", 400, "code=1005"),
    ("DELETE", "/api/connections/one?reason=" + "x" * 124, b"", 400, "123 bytes"),
    ("POST", "/api/raw/one?as=pigeon", b"", 400, "as=pigeon"),
    ("GET", "/api/qr", b"", 400, "text is missing"),
    ("GET", "/api/qr?text=" + "x" * 2400, b"", 400, "too long"),
]


def test_what_cannot_be_done_is_said_with_a_status_and_a_sentence() -> None:
    async def test() -> None:
        async with simulator() as one:
            for verb, path, body, status, said in REFUSED:
                answer = await ask(one.url + path, verb, body)
                assert answer.status == status, path
                assert said in answer.json["error"], path

    run(test)


def test_connections_are_listed_and_can_be_closed() -> None:
    async def test() -> None:
        async with simulator() as one:
            first, second = (await ask(f"{one.url}/api/connections")).json["connections"]
            assert (first["account"], first["connected"], first["software_house_id"]) == ("one", True, "house")
            assert (second["account"], second["connected"], second["since"]) == ("two", False, None)
            link = one.gateway.links["one"]
            closed = await ask(f"{one.url}/api/connections/one?code=1012&reason=later", "DELETE")
            assert (closed.status, link.close_code) == (200, 1012)
            assert (await ask(f"{one.url}/api/connections/two", "DELETE")).status == 503

    run(test)


def test_frames_are_listed_one_is_shown_in_full_and_bytes_are_sent_as_they_are() -> None:
    async def test() -> None:
        async with simulator() as one:
            long = await ask(f"{one.url}/api/raw/one", "POST", b"x" * 30_000)
            binary = await ask(f"{one.url}/api/raw/one?as=binary", "POST", b"\xff\x00")
            number = long.json["frame"]
            entries = (await ask(f"{one.url}/api/frames?since={number - 1}")).json
            assert [entry["number"] for entry in entries["entries"]] == [number, binary.json["frame"]]
            assert entries["last"] == binary.json["frame"]
            shown, sent = entries["entries"]
            assert (len(shown["data"]), shown["cut"]) == (20_000, True)
            assert (sent["data"], sent["encoding"]) == ("/wA=", "base64")
            full = (await ask(f"{one.url}/api/frames/{number}")).json
            assert (len(full["data"]), full["cut"]) == (30_000, False)
            first = (await ask(f"{one.url}/api/frames?since=0&limit=1")).json
            assert (len(first["entries"]), first["last"]) == (1, 1)
            newest = (await ask(f"{one.url}/api/frames?limit=1&account=one")).json
            assert newest["entries"][0]["number"] == newest["last"] == binary.json["frame"]
            assert (await ask(f"{one.url}/api/frames?account=two")).json["entries"] == []

    run(test)


def test_events_come_as_they_happen_go_on_where_they_were_and_end_with_the_simulator() -> None:
    async def test() -> None:
        async with simulator() as one:
            listening = [
                asyncio.create_task(ask(f"{one.url}/api/events?since=0")),
                asyncio.create_task(ask(f"{one.url}/api/events", headers={"Last-Event-ID": "1"})),
                asyncio.create_task(ask(f"{one.url}/api/events?since=99999")),
            ]
            await ask(f"{one.url}/v1/one/ListTables", "POST")
        for stream, numbers in zip(listening, ([1, 2, 3, 4], [2, 3, 4], [1, 2, 3, 4]), strict=True):
            text = (await stream).body.decode()
            events = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]
            assert [event["number"] for event in events] == numbers
            assert [event.get("method") for event in events][-3:-1] == ["ListTables", "ListTables"]
            assert text.count("event: note") + text.count("event: frame") == len(numbers)

    run(test)


@pytest.mark.parametrize(
    ("headers", "let_through"),
    [
        ({"host": "localhost:8800"}, True),
        ({"host": "[::1]:8800"}, True),
        ({"host": "127.0.0.1:8800", "origin": "http://127.0.0.1:8800"}, True),
        ({"host": "127.0.0.1:8800", "origin": "http://127.0.0.1:9999"}, False),
        ({"host": "127.0.0.1:8800", "origin": "null"}, False),
        ({"host": "127.0.0.1:8800", "sec-fetch-site": "cross-site"}, False),
        ({"host": "127.0.0.1:8800", "sec-fetch-site": "same-site"}, False),
        ({"host": "127.0.0.1:8800", "sec-fetch-site": "same-origin"}, True),
        ({"host": "rebound.example:8800"}, False),
        ({"host": "127.0.0.1.rebound.example"}, False),
        ({"host": "localhost@rebound.example"}, False),
        ({"host": "["}, False),
        ({}, False),
    ],
)
def test_only_this_computers_own_pages_and_programs_are_answered(headers: dict[str, str], let_through: bool) -> None:
    assert (refusal("POST", Headers(headers)) is None) == let_through


def test_a_link_on_a_page_from_elsewhere_may_lead_here_but_not_ask_here() -> None:
    link = {"host": "localhost:1", "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert refusal("GET", Headers(link)) is None
    assert refusal("POST", Headers(link)) is not None


def test_a_request_by_another_name_is_turned_away_before_anything_is_done() -> None:
    async def test() -> None:
        async with simulator() as one:
            frames = len(one.gateway.frames)
            answer = await ask(f"{one.url}/v1/one/ListTables", "POST", {}, {"Host": "rebound.example"})
            assert (answer.status, len(one.gateway.frames)) == (403, frames)
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]

    run(test)


def test_openapi_has_every_endpoint_and_every_operation_with_an_example() -> None:
    async def test() -> None:
        async with simulator() as one:
            start = await ask(one.url + "/")
            assert (start.status, start.headers["content-type"]) == (200, "text/html; charset=utf-8")
            paths = (await ask(one.url + "/openapi.json")).json["paths"]
            for endpoint in ENDPOINTS:
                if "{operation}" not in endpoint.path:
                    assert endpoint.verb.lower() in paths[endpoint.path.replace(":int", "")], endpoint.path
            for operation in one.gateway.dialect_of("one").operations:
                body = paths[f"/v1/{{account}}/{operation.method}"]["post"]["requestBody"]
                assert "requestorInfo" in body["content"]["application/json"]["example"]
            identities = [described["operationId"] for verbs in paths.values() for described in verbs.values()]
            assert len(identities) == len(set(identities))

    run(test)


def test_a_qr_code_is_drawn_as_svg_and_its_page_may_load_nothing_else() -> None:
    async def test() -> None:
        async with simulator() as one:
            drawn = await ask(f"{one.url}/api/qr?text=https%3A%2F%2Fkettle.example%2Fpay%3Fcheck%3D5101")
            assert (drawn.status, drawn.headers["content-type"]) == (200, "image/svg+xml")
            assert drawn.body.startswith(b"<svg ")
            assert "default-src 'self'" in drawn.headers["content-security-policy"]
            other = await ask(f"{one.url}/api/qr?text=https%3A%2F%2Fkettle.example%2Fpay%3Fcheck%3D5102")
            assert other.body != drawn.body

    run(test)


def test_pages_can_be_added_and_come_first() -> None:
    async def page(_request: Request) -> PlainTextResponse:
        return PlainTextResponse("a page")

    async def test() -> None:
        async with simulator(pages=[Route("/", page)]) as one:
            assert (await ask(one.url + "/")).body == b"a page"

    run(test)


@pytest.mark.parametrize("address", ["0.0.0.0:0", "192.168.0.1:0", "restaurant.example:0", "8800", "127.0.0.1:70000"])
def test_nothing_is_listened_on_that_other_computers_reach(address: str) -> None:
    places: list[Callable[[], Simulator]] = [
        lambda: Simulator({"one": KEY}, listen=address),
        lambda: Simulator({"one": KEY}, gateway=address),
    ]
    for place in places:
        with pytest.raises(SimulatorError):
            place()


def test_a_port_that_is_taken_is_said_and_leaves_nothing_open() -> None:
    async def test() -> None:
        async with Simulator({"one": KEY}) as first:
            taken = first.url.removeprefix("http://")
            second = Simulator({"one": KEY}, listen=taken)
            with pytest.raises(SimulatorError, match="already listens on"):
                await second.__aenter__()
            with pytest.raises(OSError, match="Connect call failed"):
                await connect(second.gateway.url, proxy=None)
        await until(lambda: not first.gateway.live)

    run(test)
