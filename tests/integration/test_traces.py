"""Traces of the whole adapter: over a real socket from a gateway, through a real database, to a collector."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from websockets.asyncio.client import connect

from adapter.app import App
from adapter.config import Config, shipped_mappings
from adapter.errors import AdapterError
from adapter.mapping.load import load_mapping
from adapter.watching import watch_of
from tests.collector import PATIENCE, collector
from tests.integration.test_connections import ACCOUNT, AUTHORIZATION, KEY

IDS = ("6f0d9c7e-1111-4222-8333-444444444444", "6f0d9c7e-5555-4666-8777-888888888888")


def config(url: str, **sections: Any) -> Config:
    return Config.model_validate(
        {
            "mapping": "floreant",
            "database": {"url": url, "pool_size": 4},
            "rules": {"finished_within_hours": 0},
            "status": {"use": False},
            "connection": [{"name": "test", "account": ACCOUNT, "api_key": KEY, "listen": "127.0.0.1:0"}],
            **sections,
        }
    )


async def asked(settings: Config, *requests: tuple[str, dict[str, Any]]) -> list[Any]:
    """What an adapter answers to these, all sent at once, and stopped afterwards."""
    stop = asyncio.Event()
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    mapping = load_mapping(next(path for path in shipped_mappings() if path.stem == "floreant"))
    app = App(settings, mapping, lambda _: None, watch=watch_of(settings))
    running = asyncio.create_task(app.run(stop, on_listening=lambda _, bound: port.set_result(bound)))
    try:
        async with connect(f"ws://127.0.0.1:{await port}", additional_headers=AUTHORIZATION, compression=None) as ws:
            for identity, (method, params) in zip(IDS, requests, strict=True):
                await ws.send(json.dumps({"jsonrpc": "2.0", "id": identity, "method": method, "params": params}))
            return [json.loads(await ws.recv()) for _ in requests]
    finally:
        stop.set()
        await running


def test_each_request_brings_the_statements_that_were_run_for_it(
    restaurant: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("adapter.ops.traces._FLUSH", PATIENCE)
    with collector() as taking:
        settings = config(restaurant("floreant"), traces={"endpoint": taking.url, "instance": "till-1"})
        answers = asyncio.run(asked(settings, ("ListTables", {}), ("GetTable", {"name": "no such table"})))
        found = taking.spans(4)
    assert {one["id"] for one in answers} == set(IDS)
    requests = {one.name: one for one in found if one.kind == "SERVER"}
    assert {name: one.attributes["jsonrpc.request.id"] for name, one in requests.items()} == dict(
        zip(("ListTables", "GetTable"), IDS, strict=True)
    )
    assert requests["GetTable"].attributes["error.type"] == "TABLE_NO_SUCH_TABLE"
    assert requests["ListTables"].resource["service.instance.id"] == "till-1"
    statements = [one for one in found if one.kind == "CLIENT"]
    assert {one.parent for one in statements} == {one.span for one in requests.values()}
    assert {one.attributes["db.system.name"] for one in statements} == {"postgresql"}
    assert not [one for one in found if "SELECT" in one.everything or "no such table" in one.everything]


def test_without_traces_nothing_of_them_is_loaded():
    program = (
        "import sys, adapter.cli; from adapter.config import Config; from adapter.watching import watch_of;"
        "watch_of(Config.model_validate({'mapping': 'x', 'database': {'url': 'sqlite://'}}));"
        "print([name for name in sys.modules if name.startswith(('opentelemetry', 'requests', 'google'))])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_traces_without_what_makes_them_say_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "opentelemetry.context", None)
    monkeypatch.delitem(sys.modules, "adapter.ops.traces", raising=False)
    with pytest.raises(AdapterError) as caught:
        watch_of(config("sqlite://", traces={"endpoint": "http://127.0.0.1:4318"}))
    assert "[traces] needs opentelemetry" in caught.value.message
    assert "epos-adapter[otel]" in caught.value.hint
