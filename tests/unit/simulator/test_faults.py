from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

from simulator.app import Simulator
from simulator.errors import NoAnswer, NotConnected, SimulatorError
from simulator.faults import KINDS, RUBBISH, WrongFault
from simulator.gateway import Gateway
from simulator.journal import Note
from simulator.judging import Standing
from tests.unit.simulator.http_client import ask
from tests.unit.simulator.test_gateway import ACCOUNTS, adapter, answer, headers
from tests.unit.transport.loopback import run, until


@asynccontextmanager
async def meeting() -> AsyncIterator[tuple[Gateway, ClientConnection]]:
    async with Gateway(ACCOUNTS) as gateway, adapter(gateway) as ws:
        yield gateway, ws


async def broken(ws: ClientConnection) -> bool:
    """Whether the connection ends without a goodbye."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            await ws.recv()
    return ws.close_code == CloseCode.ABNORMAL_CLOSURE


@pytest.mark.parametrize(("at", "reaches"), [("request", False), ("sent", True), ("answer", True)])
def test_a_connection_can_break_before_after_and_at_the_answer_of_a_request(at: str, reaches: bool) -> None:
    async def test() -> None:
        async with meeting() as (gateway, ws):
            gateway.faults.plan("drop", at=at)  # type: ignore[arg-type]
            asking = asyncio.create_task(gateway.ask("one", "RecordPayment", {}))
            if at == "answer":
                await answer(ws, {})
            elif reaches:
                assert json.loads(await ws.recv())["method"] == "RecordPayment"
            assert await broken(ws)
            with pytest.raises(NoAnswer, match="left before it answered RecordPayment"):
                await asking
            assert not list(gateway.faults.planned)

    run(test)


def test_a_lost_answer_leaves_the_connection_and_is_in_the_journal() -> None:
    async def test() -> None:
        async with meeting() as (gateway, ws):
            gateway.faults.plan("lose", method="RecordPayment", account="one")
            asking = asyncio.create_task(gateway.ask("one", "RecordPayment", {}, timeout=0.05))
            await answer(ws, {})
            with pytest.raises(NoAnswer, match="no answer to RecordPayment"):
                await asking
            lost = gateway.frames[-1]
            assert (lost.sender, lost.fault) == ("adapter", "lose")
            again = asyncio.create_task(gateway.ask("one", "RecordPayment", {}))
            await answer(ws, {})
            assert (await again).result == {}

    run(test)


def test_a_request_and_an_answer_can_be_delayed_while_others_pass() -> None:
    async def test() -> None:
        async with meeting() as (gateway, ws):
            gateway.faults.plan("delay", at="request", method="LockSession", milliseconds=50)
            gateway.faults.plan("delay", at="answer", method="ListTables", milliseconds=50)
            slow = asyncio.create_task(gateway.ask("one", "LockSession", {}))
            await asyncio.sleep(0)
            late = asyncio.create_task(gateway.ask("one", "ListTables", {}))
            await answer(ws, "first")
            await answer(ws, "second")
            assert ((await slow).result, (await late).result) == ("second", "first")

    run(test)


def test_a_request_written_twice_may_be_answered_twice_and_not_thrice() -> None:
    async def test() -> None:
        async with meeting() as (gateway, ws):
            gateway.faults.plan("duplicate")
            asking = asyncio.create_task(gateway.ask("one", "RecordPayment", {}))
            first, second = await ws.recv(), await ws.recv()
            assert first == second
            for _ in range(3):
                await ws.send(json.dumps({"id": json.loads(first)["id"], "result": {}}))
            await asking
            await until(lambda: len(gateway.frames) == 5)
            standings = [frame.standing for frame in gateway.frames if frame.sender == "adapter"]
            assert standings == [Standing.AWAITED, Standing.LATE, Standing.REPEATED]

    run(test)


def test_a_request_can_be_overtaken_by_the_next_or_goes_when_none_comes() -> None:
    async def test() -> None:
        async with meeting() as (gateway, ws):
            gateway.faults.plan("reorder", milliseconds=60_000)
            asking = [asyncio.create_task(gateway.ask("one", "UnlockSession", {}))]
            await until(lambda: not list(gateway.faults.planned))
            asking.append(asyncio.create_task(gateway.ask("one", "RecordPayment", {})))
            order = [json.loads(await ws.recv())["method"] for _ in asking]
            assert order == ["RecordPayment", "UnlockSession"]
            gateway.faults.plan("reorder", milliseconds=1)
            asking.append(asyncio.create_task(gateway.ask("one", "ListTables", {})))
            assert json.loads(await ws.recv())["method"] == "ListTables"
            for task in asking:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)

    run(test)


def test_rubbish_of_every_kind_is_written_and_requests_go_on() -> None:
    async def test() -> None:
        async with meeting() as (gateway, ws):
            for what, data in RUBBISH.items():
                gateway.faults.plan("rubbish", what=what)
                asking = asyncio.create_task(gateway.ask("one", "ListTables", {}))
                got = await ws.recv(decode=False) if what == "not-utf-8" else await ws.recv()
                assert got == data
                await answer(ws, [])
                assert (await asking).result == []

    run(test)


def test_a_fault_happens_as_often_as_planned_only_to_what_was_meant_and_can_be_taken_back() -> None:
    async def test() -> None:
        async with meeting() as (gateway, _ws):
            often = gateway.faults.plan("lose", at="request", method="ListTables", times=2)
            always = gateway.faults.plan("lose", at="request", account="two", times=None)
            met = [
                gateway.faults.take("request", account, method)
                for account, method in (("one", "GetTable"), *[("one", "ListTables")] * 3, *[("two", "GetTable")] * 3)
            ]
            assert met == [None, often, often, None, always, always, always]
            assert list(gateway.faults.planned) == [always]
            gateway.faults.cancel(always.number)
            with pytest.raises(WrongFault, match="no fault 2 is planned"):
                gateway.faults.cancel(always.number)
            gateway.faults.plan("drop")
            gateway.faults.clear()
            assert not list(gateway.faults.planned)
            notes = [entry.text for entry in gateway.journal.since(0) if isinstance(entry, Note)]
            assert notes.count("lose at the request of ListTables") == 2

    run(test)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"kind": "explode"}, "there is no fault explode"),
        ({"kind": "duplicate", "at": "answer"}, "duplicate cannot happen at answer"),
        ({"kind": "drop", "times": 0}, "less than once"),
        ({"kind": "delay", "milliseconds": float("nan")}, "milliseconds are from"),
        ({"kind": "rubbish", "what": "compost"}, "no rubbish compost"),
        ({"kind": "kill"}, "does not know the adapter's process"),
    ],
)
def test_what_is_no_fault_is_refused_when_it_is_planned(wanted: dict[str, object], said: str) -> None:
    async def test() -> None:
        async with Gateway(ACCOUNTS) as gateway:
            with pytest.raises(SimulatorError, match=said):
                gateway.faults.plan(**wanted)  # type: ignore[arg-type]

    run(test)


def test_faults_are_planned_listed_taken_back_and_done_at_once_over_http() -> None:
    async def test() -> None:
        async with Simulator(ACCOUNTS) as simulator, adapter(simulator.gateway) as ws:
            faults = f"{simulator.url}/api/faults"
            first = (await ask(faults, "POST", {"kind": "lose", "method": "ListTables"})).json
            await ask(faults, "POST", {"kind": "delay", "milliseconds": 5, "times": None, "account": "one"})
            listed = (await ask(faults)).json
            assert [(each["kind"], each["at"], each["left"]) for each in listed["planned"]] == [
                ("lose", "answer", 1),
                ("delay", "request", None),
            ]
            assert [each["kind"] for each in listed["kinds"]] == list(KINDS)
            assert not listed["can_kill"], "nobody said which process the adapter is"
            assert listed["rubbish"] == list(RUBBISH)
            assert (await ask(f"{faults}/{first['number']}", "DELETE")).status == 200
            assert (await ask(f"{faults}/{first['number']}", "DELETE")).status == 404
            await ask(faults, "DELETE")
            assert (await ask(faults)).json["planned"] == []
            for body, status in (
                ({"kind": "explode"}, 400),
                ({"kind": "drop", "more": 1}, 400),
                ({"kind": "drop", "account": "three"}, 404),
                ({"kind": "drop", "at": "now"}, 400),
                ({"kind": "delay", "at": "now", "account": "one"}, 400),
                ({"kind": "drop", "at": "now", "account": "two"}, 503),
                ({"kind": "kill", "at": "now"}, 409),
            ):
                assert (await ask(faults, "POST", body)).status == status, body
            done = await ask(faults, "POST", {"kind": "rubbish", "at": "now", "account": "one", "what": "list"})
            assert (done.status, await ws.recv()) == (200, RUBBISH["list"])
            await ask(faults, "POST", {"kind": "drop", "at": "now", "account": "one"})
            assert await broken(ws)

    run(test)


def test_an_adapter_that_was_started_here_is_killed_in_mid_payment_and_comes_back(tmp_path: Path) -> None:
    program = tmp_path / "adapter.py"
    shown = headers()
    program.write_text(
        f"""
import json, sys
from websockets.sync.client import connect
with connect(sys.argv[1], additional_headers={shown!r}, proxy=None) as ws:
    for text in ws:
        request = json.loads(text)
        if request["method"] != "RecordPayment":
            ws.send(json.dumps({{"jsonrpc": "2.0", "id": request["id"], "result": {{}}}}))
""",
        encoding="utf-8",
    )

    async def test() -> None:
        gateway = Gateway(ACCOUNTS)
        async with gateway:
            url = gateway.url
            gateway._process._command = f'"{sys.executable}" "{program}" {url}'
            gateway._process.start()
            first = await gateway.connected("one", timeout=9)
            gateway.faults.plan("kill", method="RecordPayment", milliseconds=0)
            with pytest.raises(NoAnswer, match="left before it answered RecordPayment"):
                await gateway.ask("one", "RecordPayment", {}, timeout=9)
            await until(lambda: gateway.links.get("one") not in (first, None))
            assert (await gateway.ask("one", "ListTables", {})).result == {}
        with pytest.raises(NotConnected):
            await gateway.ask("one", "ListTables", {})
        notes = [entry.text for entry in gateway.journal.since(0) if isinstance(entry, Note)]
        assert sum(note.startswith("the adapter's process has ended") for note in notes) == 1

    run(test)


def test_a_process_that_runs_already_is_killed_and_none_that_could_not_be_an_adapter() -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as sleeping:

        async def test() -> None:
            async with Gateway(ACCOUNTS, adapter=sleeping.pid) as gateway:
                assert gateway.faults.can_kill
                gateway.faults.kill()

        run(test)
        assert sleeping.wait(10) != 0
    for pid in (0, 1, -5, os.getpid()):
        with pytest.raises(SimulatorError, match="is no process of an adapter"):
            Gateway(ACCOUNTS, adapter=pid)


def test_a_command_that_cannot_be_run_is_said_and_leaves_nothing_open() -> None:
    async def test() -> None:
        gateway = Gateway(ACCOUNTS, adapter="/there/is/no/such-program")
        with pytest.raises(SimulatorError, match="command cannot be run: FileNotFoundError"):
            await gateway.__aenter__()
        with pytest.raises(OSError, match="Connect call failed"):
            await connect(gateway.url, proxy=None)

    run(test)
