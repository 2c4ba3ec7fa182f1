"""The whole adapter over real sockets and a real database: in both directions, and through rubbish."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from adapter.app import App
from adapter.config import Config, find_mapping, shipped_mappings
from adapter.connecting import serve_connection
from adapter.connection_events import ConnectionClosed
from adapter.events import BugFound, Event
from adapter.mapping.load import load_mapping
from simulator.gateway import Gateway

ACCOUNT, KEY = "bistro", "11111111-2222-4333-8444-555555555555"
AUTHORIZATION = {"Authorization": "Basic YmlzdHJvOjExMTExMTExLTIyMjItNDMzMy04NDQ0LTU1NTU1NTU1NTU1NQ=="}
VALID = {"jsonrpc": "2.0", "id": "probe", "method": "GetTable", "params": {"name": "T1"}}


def config(url: str, **connection: Any) -> Config:
    return Config.model_validate(
        {
            "mapping": "floreant",
            "database": {"url": url, "pool_size": 4},
            "rules": {"finished_within_hours": 0},
            "connection": [{"name": "test", "account": ACCOUNT, "api_key": KEY, **connection}],
        }
    )


@asynccontextmanager
async def serving(settings: Config, events: list[Event]) -> AsyncIterator[asyncio.Future[int]]:
    """An adapter that runs; gives the port it listens on, if it does."""
    stop = asyncio.Event()
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    file = next(path for path in shipped_mappings() if path.stem == "floreant")
    app = App(settings, load_mapping(file), events.append)
    running = asyncio.create_task(app.run(stop, on_listening=lambda _name, bound: port.set_result(bound)))
    try:
        yield port
    finally:
        stop.set()
        await running


@asynccontextmanager
async def local_gateway(url: str, events: list[Event]) -> AsyncIterator[ClientConnection]:
    async with serving(config(url, listen="127.0.0.1:0"), events) as port:
        address = f"ws://127.0.0.1:{await port}"
        async with connect(address, additional_headers=AUTHORIZATION, compression=None) as ws:
            yield ws


async def answer_to_probe(ws: ClientConnection) -> Any:
    """The answer to a valid request; whatever else is answered meanwhile is not it."""
    await ws.send(json.dumps(VALID))
    while True:
        answer = json.loads(await asyncio.wait_for(ws.recv(), 10))
        if answer["id"] == "probe":
            return answer["result"]


def test_the_provider_is_dialled_and_its_questions_are_answered(restaurant: Callable[[str], str]):
    async def run() -> Any:
        async with Gateway({ACCOUNT: KEY}) as gateway:
            settings = config(restaurant("floreant"), dial=gateway.url, software_house_id="house", proxy="none")
            async with serving(settings, []):
                await gateway.connected(ACCOUNT, timeout=30)
                return await gateway.request(ACCOUNT, "GetTable", {"name": "T1"}, timeout=30)

    assert asyncio.run(run())["result"]["table"]["name"] == "T1"


def test_a_hundred_questions_at_once_each_get_their_own_answer(restaurant: Callable[[str], str]):
    async def run() -> dict[str, str]:
        async with local_gateway(restaurant("floreant"), []) as ws:
            names = {str(number): f"T{number % 12}" for number in range(100)}
            for number, name in names.items():
                await ws.send(json.dumps({"id": number, "method": "GetTable", "params": {"name": name}}))
            answers = [json.loads(await ws.recv()) for _ in names]
            assert {answer["id"] for answer in answers} == set(names)
            return {
                names[answer["id"]]: answer["result"].get("table", {}).get("name", answer["result"].get("errorCode"))
                for answer in answers
            }

    found = asyncio.run(run())
    assert found["T1"] == "T1"
    assert found["T10"] == "T10"
    assert found["T5"] == "TABLE_NO_SUCH_TABLE"


def test_two_requests_with_the_same_id_are_both_answered(restaurant: Callable[[str], str]):
    async def run() -> list[Any]:
        async with local_gateway(restaurant("floreant"), []) as ws:
            await ws.send(json.dumps(VALID))
            await ws.send(json.dumps({**VALID, "method": "ListTables", "params": {}}))
            return [json.loads(await ws.recv()) for _ in range(2)]

    answers = asyncio.run(run())
    assert [answer["id"] for answer in answers] == ["probe", "probe"]
    assert {next(iter(answer["result"])) for answer in answers} == {"table", "tables"}


def test_the_connection_outlives_ten_thousand_random_frames(restaurant: Callable[[str], str]):
    events: list[Event] = []

    async def run() -> Any:
        chance = random.Random(20261120)  # noqa: S311 - the same rubbish every time
        async with local_gateway(restaurant("floreant"), events) as ws:
            reading = asyncio.create_task(keep_reading(ws))
            for _ in range(10_000):
                data, is_text = random_frame(chance)
                await ws.send(data, text=is_text)
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            return await answer_to_probe(ws)

    assert asyncio.run(run())["table"]["name"] == "T1"
    assert not [event for event in events if isinstance(event, ConnectionClosed) and "1011" in event.reason]


def test_a_frame_beyond_the_limit_is_refused_by_its_id_and_the_connection_lives(restaurant: Callable[[str], str]):
    async def run() -> tuple[Any, Any]:
        async with local_gateway(restaurant("floreant"), []) as ws:
            await ws.send(json.dumps({**VALID, "id": "large", "params": {"name": "x" * 2_000_000}}))
            refused = json.loads(await ws.recv())
            return refused, await answer_to_probe(ws)

    refused, answered = asyncio.run(run())
    assert refused["id"] == "large"
    assert refused["result"]["errorCode"] == "ERROR_PARSE_ERROR"
    assert "1048576" in refused["result"]["errorReason"]
    assert answered["table"]["name"] == "T1"


def test_an_error_notification_is_never_answered(restaurant: Callable[[str], str]):
    async def run() -> Any:
        async with local_gateway(restaurant("floreant"), []) as ws:
            complaint = {"errorCode": "ERROR_PARSE_ERROR", "errorReason": "x", "id": "probe"}
            await ws.send(json.dumps({"jsonrpc": "2.0", "method": "ErrorNotification", "params": complaint}))
            await ws.send(json.dumps({"jsonrpc": "2.0", "id": "e", "method": "ErrorNotification", "params": complaint}))
            return await answer_to_probe(ws)

    assert asyncio.run(run())["table"]["name"] == "T1"


def test_the_mapping_of_a_configuration_is_found_beside_it_or_among_the_shipped_ones(tmp_path: Any):
    own = tmp_path / "own.toml"
    own.write_text("", encoding="utf-8")
    assert find_mapping("own.toml", beside=tmp_path / "config.toml") == own
    shipped = find_mapping("pasteque", beside=tmp_path / "config.toml")
    assert shipped is not None
    assert shipped.name == "pasteque.toml"
    assert find_mapping("nothing", beside=tmp_path / "config.toml") is None


async def keep_reading(ws: ClientConnection) -> None:
    async for _ in ws:
        pass


def random_frame(chance: random.Random) -> tuple[bytes, bool]:
    """Rubbish of many kinds: bytes, broken JSON, JSON of the wrong shape, requests with something wrong in them."""
    kind = chance.randrange(6)
    if kind == 0:
        return chance.randbytes(chance.randrange(200)), False
    if kind == 1:
        return chance.randbytes(chance.randrange(200)), True
    if kind == 2:
        return json.dumps(random_json(chance, 3)).encode(), True
    request: dict[str, Any] = {"jsonrpc": "2.0", "id": chance.choice(["a", 1, None, {}, [], True, 1.5, "é" * 99])}
    request["method"] = chance.choice(["GetTable", "ListTables", "GetSession", "ListSessions", "Nothing", 7, None, ""])
    request["params"] = random_json(chance, 2) if kind == 3 else {"name": random_json(chance, 1), "sessionId": "x"}
    raw = bytearray(json.dumps(request).encode())
    if kind == 5:
        for _ in range(chance.randrange(1, 5)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
    return bytes(raw), True


def random_json(chance: random.Random, depth: int) -> Any:
    if depth == 0 or chance.random() < 0.4:
        return chance.choice([None, True, 0, -1, 1e308, "", "T1", "'; DROP TABLE ticket; --", "\0", "é", 2**70])
    if chance.random() < 0.5:
        return [random_json(chance, depth - 1) for _ in range(chance.randrange(4))]
    keys = ["name", "sessionId", "statuses", "tableNames", "requestorInfo", "x"]
    return {chance.choice(keys): random_json(chance, depth - 1) for _ in range(chance.randrange(4))}


@pytest.mark.parametrize("oddity", [RuntimeError("a bug"), asyncio.CancelledError()], ids=["bug", "cancelled"])
def test_a_connection_that_a_bug_has_ended_is_opened_again(monkeypatch: pytest.MonkeyPatch, oddity: BaseException):
    from adapter import app as subject
    from adapter import unending

    monkeypatch.setattr(unending, "PAUSE", 0.01)
    events: list[Event] = []
    odd = [oddity]

    async def serve(*arguments: Any, **named: Any) -> None:
        if odd:
            raise odd.pop()
        await serve_connection(*arguments, **named)

    monkeypatch.setattr(subject, "serve_connection", serve)

    async def run() -> Any:
        async with local_gateway("postgresql://nobody@127.0.0.1:1/nowhere", events) as ws:
            await ws.send(json.dumps({**VALID, "method": "Nothing"}))
            return json.loads(await asyncio.wait_for(ws.recv(), 10))

    assert asyncio.run(run())["result"]["errorCode"] == "ERROR_PARSE_ERROR"
    assert [event.error for event in events if isinstance(event, BugFound)] == [type(oddity).__name__]
