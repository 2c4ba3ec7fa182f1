from __future__ import annotations

import asyncio
import base64
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import InvalidStatus

from simulator.gateway import Account, Gateway, NoAnswer, NotConnected, UnknownAccount, local_gateway
from simulator.journal import Note
from simulator.judging import Asked, Finding, Standing
from tests.unit.transport.loopback import close_code, listening, run, until

ACCOUNTS = {"one": "key-1", "two": "key-2"}


def headers(account: str = "one", key: str = "key-1", *, software_house: str | None = "sw-1") -> dict[str, str]:
    token = base64.b64encode(f"{account}:{key}".encode()).decode()
    return {"Authorization": f"Basic {token}"} | ({"software-house-id": software_house} if software_house else {})


@asynccontextmanager
async def adapter(gateway: Gateway, account: str = "one") -> AsyncIterator[ClientConnection]:
    """A socket as an adapter would open it."""
    async with connect(gateway.url, additional_headers=headers(account, ACCOUNTS[account]), proxy=None) as ws:
        await gateway.connected(account)
        yield ws


async def answer(ws: ClientConnection, result: object) -> None:
    request = json.loads(await ws.recv())
    await ws.send(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}))


def test_a_request_is_answered_by_whoever_is_connected_for_the_account() -> None:
    async def test() -> None:
        async with Gateway(ACCOUNTS) as gateway, adapter(gateway) as ws:
            asking = asyncio.create_task(gateway.request("one", "GetTable", {"name": "Zoë 1"}))
            request = json.loads(await ws.recv())
            assert request == {
                "jsonrpc": "2.0",
                "id": request["id"],
                "method": "GetTable",
                "params": {"name": "Zoë 1"},
            }
            assert str(uuid.UUID(request["id"])) == request["id"]
            response = {"jsonrpc": "2.0", "id": request["id"], "result": {"maxCovers": 4}}
            await ws.send(json.dumps(response))
            assert await asking == response

    run(test)


def test_answers_find_their_requests_in_any_order() -> None:
    async def test() -> None:
        async with Gateway(ACCOUNTS) as gateway, adapter(gateway) as ws:
            asking = [asyncio.create_task(gateway.request("one", "GetTable", {"n": n})) for n in range(5)]
            requests = [json.loads(await ws.recv()) for _ in asking]
            for request in reversed(requests):
                await ws.send(json.dumps({"id": request["id"], "result": request["params"]["n"]}))
            assert [(await each)["result"] for each in asking] == [0, 1, 2, 3, 4]

    run(test)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        headers("one", "key-2"),
        headers("three", "key-1"),
        headers(software_house=None),
        {"Authorization": "Basic one:key-1", "software-house-id": "sw-1"},
    ],
)
def test_an_adapter_that_does_not_say_who_it_is_gets_401(wrong: dict[str, str]) -> None:
    async def test() -> None:
        async with Gateway(ACCOUNTS) as gateway:
            with pytest.raises(InvalidStatus, match="401"):
                await connect(gateway.url, additional_headers=wrong, proxy=None)

    run(test)


def test_another_path_gets_404() -> None:
    async def test() -> None:
        async with Gateway(ACCOUNTS) as gateway:
            with pytest.raises(InvalidStatus, match="404"):
                await connect(gateway.url + "/other", additional_headers=headers(), proxy=None)

    run(test)


def test_the_last_to_connect_has_the_account() -> None:
    async def test() -> None:
        async with Gateway(ACCOUNTS) as gateway, adapter(gateway) as older:
            asking = asyncio.create_task(gateway.request("one", "ListTables", {}))
            await older.recv()
            async with adapter(gateway) as newer:
                assert await close_code(older) == 1008
                assert older.close_reason == "another connection for this account"
                with pytest.raises(NoAnswer, match="left before it answered ListTables"):
                    await asking
                asking = asyncio.create_task(gateway.request("one", "ListTables", {}))
                await answer(newer, [])
                assert (await asking)["result"] == []

    run(test)


def test_accounts_do_not_disturb_each_other() -> None:
    async def test() -> None:
        async with Gateway(ACCOUNTS) as gateway, adapter(gateway, "one") as one, adapter(gateway, "two") as two:
            asking = [asyncio.create_task(gateway.request(account, "ListTables", {})) for account in ACCOUNTS]
            await answer(two, "of two")
            await answer(one, "of one")
            assert [(await each)["result"] for each in asking] == ["of one", "of two"]

    run(test)


def test_asking_where_nobody_is_connected_says_so() -> None:
    async def test() -> None:
        async with Gateway(ACCOUNTS) as gateway:
            with pytest.raises(NotConnected, match="for one"):
                await gateway.request("one", "ListTables", {})
            with pytest.raises(NotConnected, match=r"within 0\.01 s"):
                await gateway.connected("one", timeout=0.01)

    run(test)


def test_an_account_is_free_again_once_its_adapter_has_left() -> None:
    async def test() -> None:
        async with Gateway(ACCOUNTS) as gateway:
            async with adapter(gateway):
                assert gateway.live == {"one"}
            await until(lambda: not gateway.live)
            with pytest.raises(NotConnected):
                await gateway.notify("one", "ErrorNotification", {})
            async with adapter(gateway) as ws:
                await gateway.send_raw("one", "hello")
                assert await ws.recv() == "hello"

    run(test)


def test_an_adapter_that_does_not_answer_is_waited_for_as_long_as_asked() -> None:
    async def test() -> None:
        async with Gateway(ACCOUNTS) as gateway, adapter(gateway) as ws:
            with pytest.raises(NoAnswer, match=r"no answer to ListTables within 0\.01 s"):
                await gateway.request("one", "ListTables", {}, timeout=0.01)
            await answer(ws, "too late")
            assert json.loads(await gateway.next_frame("one"))["result"] == "too late"

    run(test)


def test_an_adapter_that_leaves_in_the_middle_fails_the_request_at_once() -> None:
    async def test() -> None:
        async with Gateway(ACCOUNTS) as gateway, adapter(gateway) as ws:
            asking = asyncio.create_task(gateway.request("one", "ListTables", {}, timeout=60))
            await ws.recv()
            await ws.close()
            with pytest.raises(NoAnswer, match="left before"):
                await asking

    run(test)


def test_a_notification_carries_no_id() -> None:
    async def test() -> None:
        async with Gateway(ACCOUNTS) as gateway, adapter(gateway) as ws:
            await gateway.notify("one", "ErrorNotification", {"errorCode": "ERROR_PARSE_ERROR"})
            assert json.loads(await ws.recv()) == {
                "jsonrpc": "2.0",
                "method": "ErrorNotification",
                "params": {"errorCode": "ERROR_PARSE_ERROR"},
            }

    run(test)


def test_anything_may_be_sent_well_formed_or_not() -> None:
    async def test() -> None:
        async with Gateway(ACCOUNTS) as gateway, adapter(gateway) as ws:
            await gateway.send_raw("one", "{")
            await gateway.send_raw("one", b"\x00\xff")
            await gateway.send_raw("one", b"\xff", text=True)
            assert await ws.recv() == "{"
            assert await ws.recv() == b"\x00\xff"
            assert await ws.recv(decode=False) == b"\xff"

    run(test)


@pytest.mark.parametrize("frame", ["not JSON", "[]", "1", "null", '{"id": null}', '{"id": ["x"]}', b'{"id": "x"}'])
def test_a_frame_that_answers_nothing_is_kept_for_whoever_wants_it(frame: str | bytes) -> None:
    async def test() -> None:
        async with Gateway(ACCOUNTS) as gateway, adapter(gateway) as ws:
            await ws.send(frame)
            assert await gateway.next_frame("one") == frame
            with pytest.raises(NoAnswer):
                await gateway.next_frame("one", timeout=0.01)

    run(test)


def test_an_answer_in_a_binary_frame_is_no_answer() -> None:
    async def test() -> None:
        async with Gateway(ACCOUNTS) as gateway, adapter(gateway) as ws:
            asking = asyncio.create_task(gateway.request("one", "ListTables", {}, timeout=0.03))
            request = json.loads(await ws.recv())
            await ws.send(json.dumps({"id": request["id"], "result": {}}).encode())
            with pytest.raises(NoAnswer, match="no answer"):
                await asking

    run(test)


def test_frames_of_both_directions_are_remembered_with_their_time() -> None:
    async def test() -> None:
        async with Gateway(ACCOUNTS) as gateway, adapter(gateway) as ws:
            asking = asyncio.create_task(gateway.request("one", "ListTables", {}))
            await answer(ws, [])
            await asking
            question, reply = gateway.frames
            assert (question.sender, question.account) == ("gateway", "one")
            assert (reply.sender, reply.account) == ("adapter", "one")
            assert json.loads(question.data)["id"] == json.loads(reply.data)["id"]
            assert question.at <= reply.at

    run(test)


def test_an_adapter_can_be_sent_away() -> None:
    async def test() -> None:
        async with Gateway(ACCOUNTS) as gateway, adapter(gateway) as ws:
            link = await gateway.connected("one")
            assert link.handshake["software-house-id"] == "sw-1"
            assert link.close_code is None
            await asyncio.gather(gateway.disconnect("one", 1013, "later"), close_code(ws))
            assert (ws.close_code, ws.close_reason) == (1013, "later")
            assert link.close_code == 1013

    run(test)


def test_leaving_the_gateway_closes_what_is_open() -> None:
    async def test() -> None:
        async with Gateway(ACCOUNTS) as gateway:
            ws = await connect(gateway.url, additional_headers=headers(), proxy=None)
            await gateway.connected("one")
        assert await close_code(ws) == 1001

    run(test)


def test_a_local_gateway_dials_an_adapter_that_listens() -> None:
    seen: list[str] = []

    async def listener(ws: ServerConnection) -> None:
        assert ws.request is not None
        seen.append(ws.request.headers["Authorization"])
        request = json.loads(await ws.recv())
        await ws.send(json.dumps({"id": request["id"], "result": request["method"]}))
        await ws.wait_closed()

    async def test() -> None:
        async with listening(listener) as url, local_gateway(url, "one", "key-1") as link:
            assert (await link.request("ListTables", {}))["result"] == "ListTables"
            assert await link.ping() >= 0
            assert len(link.frames) == 2
        await until(lambda: link.close_code)
        assert seen == [headers()["Authorization"]]
        with pytest.raises(NotConnected, match="has left"):
            await link.request("ListTables", {})

    run(test)


class Strict:
    """Objects to everything, and remembers what it was asked."""

    def __init__(self) -> None:
        self.heard: list[tuple[str | None, Standing]] = []

    def judge(self, asked: Asked | None, standing: Standing, data: str | bytes) -> list[Finding]:
        self.heard.append((asked.method if asked else None, standing))
        if data == "break":
            raise ValueError("a secret")
        return [Finding(kind="bad", path="$", message="no", source="here")]


def test_an_exchange_tells_what_was_asked_and_answered_and_what_is_wrong_with_it() -> None:
    async def test() -> None:
        async with Gateway(ACCOUNTS, judges={"tables": Strict}) as gateway, adapter(gateway) as ws:
            asking = asyncio.create_task(gateway.ask("one", "GetTable", {"name": "T1"}))
            await answer(ws, {"errorCode": "TABLE_NO_SUCH_TABLE"})
            exchange = await asking
            assert (exchange.method, exchange.params) == ("GetTable", {"name": "T1"})
            assert (exchange.result, exchange.error_code) == (exchange.response["result"], "TABLE_NO_SUCH_TABLE")
            assert [finding.kind for finding in exchange.findings] == ["bad"]
            question, reply = (
                gateway.journal.frame(number) for number in (exchange.request_frame, exchange.answer_frame)
            )
            assert question is not None
            assert reply is not None
            assert (question.method, reply.method, reply.answers) == ("GetTable", "GetTable", question.number)
            assert reply.findings == exchange.findings
            assert reply.milliseconds == exchange.milliseconds > 0

    run(test)


def test_the_judge_is_told_how_each_frame_stands_to_what_was_asked() -> None:
    judge = Strict()

    async def test() -> None:
        async with Gateway(ACCOUNTS, judges={"tables": lambda: judge}) as gateway, adapter(gateway) as ws:
            asking = asyncio.create_task(gateway.ask("one", "GetTable", {}, identity="same"))
            request = await ws.recv()
            for text in (request, request, '{"id": "another"}', "break"):
                await ws.send(text)
            await asking
            with pytest.raises(NoAnswer) as missed:
                await gateway.ask("one", "ListTables", {}, timeout=0.01)
            await ws.send(await ws.recv())
            frames = gateway.journal.frames
            while (await gateway.next_frame("one")) != frames[-1].data:
                pass
            assert missed.value.request_frame == frames[-1].number
            failed = next(frame for frame in frames if frame.data == "break").findings[0]
            assert (failed.kind, "ValueError" in failed.message, "secret" in failed.message) == (
                "judge-failed",
                True,
                False,
            )

    run(test)
    assert judge.heard == [
        ("GetTable", Standing.AWAITED),
        ("GetTable", Standing.REPEATED),
        (None, Standing.UNASKED),
        (None, Standing.UNASKED),
        ("ListTables", Standing.LATE),
    ]


def test_an_account_that_nobody_has_is_told_from_one_that_nobody_is_connected_for() -> None:
    async def test() -> None:
        async with Gateway(ACCOUNTS) as gateway:
            for asking in (gateway.ask("three", "ListTables", {}), gateway.connected("three")):
                with pytest.raises(UnknownAccount, match="there is no account three"):
                    await asking
        with pytest.raises(UnknownAccount):
            Gateway(ACCOUNTS, dial=[("ws://127.0.0.1:1", "three")])

    run(test)


@pytest.mark.parametrize(
    ("shown", "wrong"),
    [
        ({"software-house-id": "sw-1", "reseller-id": "re-1"}, None),
        ({"software-house-id": "sw-2", "reseller-id": "re-1"}, "wrong software-house-id"),
        ({"software-house-id": "sw-1"}, "wrong reseller-id"),
        ({"reseller-id": "re-1"}, "it showed no software-house-id"),
    ],
)
def test_software_house_and_reseller_are_checked_where_the_account_has_them(
    shown: dict[str, str], wrong: str | None
) -> None:
    account = Account("key-1", software_house_id="sw-1", reseller_id="re-1")

    async def test() -> None:
        async with Gateway({"one": account}) as gateway:
            sent = headers(software_house=None) | shown
            if wrong is None:
                async with connect(gateway.url, additional_headers=sent, proxy=None):
                    await gateway.connected("one")
                return
            with pytest.raises(InvalidStatus, match="401"):
                await connect(gateway.url, additional_headers=sent, proxy=None)
            assert [note.text for note in gateway.journal.since(0) if isinstance(note, Note)] == [wrong]

    run(test)


def test_no_key_is_in_the_journal_even_if_the_adapter_tells_it() -> None:
    async def test() -> None:
        async with Gateway(ACCOUNTS) as gateway, adapter(gateway) as ws:
            await ws.send("my key is key-1, or " + headers()["Authorization"])
            await gateway.next_frame("one")
            assert gateway.frames[0].data == "my key is ***, or Basic ***"
            assert "key-1" not in repr(gateway.accounts)

    run(test)


def test_the_gateway_keeps_dialling_an_adapter_that_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulator.gateway._REDIAL", 0.0)
    shown: list[str] = []

    async def listener(ws: ServerConnection) -> None:
        assert ws.request is not None
        shown.append(ws.request.headers["Authorization"])
        await answer(ws, len(shown))

    async def test() -> None:
        async with listening(listener) as url, Gateway(ACCOUNTS, dial=[(url, "two")]) as gateway:
            for time in (1, 2):
                link = await gateway.connected("two")
                assert (await link.ask("ListTables", {})).result == time
                await until(lambda link=link: gateway.links.get("two") is not link)

    run(test)
    assert set(shown) == {headers("two", "key-2")["Authorization"]}


def test_an_adapter_that_cannot_be_dialled_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulator.gateway._REDIAL", 0.0)
    tried = 0

    def refuse(ws: ServerConnection, _request: object) -> object:
        nonlocal tried
        tried += 1
        return ws.respond(401, "no")

    async def nobody(_ws: ServerConnection) -> None:
        return None

    async def test() -> None:
        async with listening(nobody, process_request=refuse) as url, Gateway(ACCOUNTS, dial=[(url, "two")]) as gateway:
            await until(lambda: tried > 2)
            (note,) = gateway.journal.since(0)
            assert isinstance(note, Note)
            assert (note.kind, note.account) == ("unreachable", "two")
            assert "is the key the one that it expects?" in note.text
            with pytest.raises(NotConnected):
                await gateway.ask("two", "ListTables", {})

    run(test)


def test_connections_that_come_and_go_are_noted() -> None:
    async def test() -> None:
        async with Gateway(ACCOUNTS) as gateway:
            async with adapter(gateway):
                pass
            await until(lambda: not gateway.live)
            notes = [entry for entry in gateway.journal.since(0) if isinstance(entry, Note)]
            assert [(note.kind, note.account, note.text) for note in notes] == [
                ("connected", "one", "an adapter dialled in"),
                ("left", "one", "closed with 1000"),
            ]

    run(test)
