from __future__ import annotations

import asyncio
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from adapter.connection_events import ConnectionClosed, ConnectionOpened, DialFailed, Dialing
from adapter.transport.dial import dial
from adapter.transport.session import SocketSettings
from adapter.turn_events import AccountTaken
from simulator.gateway import Gateway
from tests.unit.transport.dialling import (
    ACCOUNT,
    HEADERS,
    KEY,
    TOKEN,
    Script,
    accept_and_close,
    dialled,
    dialling,
    settings,
)
from tests.unit.transport.loopback import (
    Heard,
    answering,
    echo,
    listening,
    run,
    until,
    unused_port,
)


def test_requests_of_the_provider_are_answered_and_the_handshake_says_who_we_are() -> None:
    async def handle(raw: bytes) -> bytes:
        return raw.replace(b'"method"', b'"result"')

    async def test() -> None:
        async with Gateway({ACCOUNT: KEY}) as gateway, dialling(gateway.url, handle) as (_, heard):
            link = await gateway.connected(ACCOUNT)
            answer = await gateway.request(ACCOUNT, "ListTables", {})
            assert answer["result"] == "ListTables"
            assert link.handshake["software-house-id"] == "sw-1"
            assert link.handshake["reseller-id"] == "re-1"
            assert link.handshake["authorization"] == f"Basic {TOKEN}"
        kinds = [type(event) for event in heard]
        assert kinds == [Dialing, ConnectionOpened, ConnectionClosed]
        assert heard.of(ConnectionClosed)[0].received == 1
        assert heard.of(ConnectionOpened)[0].peer in gateway.url

    run(test)


def test_a_refused_key_is_tried_again_for_ever_at_the_longest_delay_and_said_plainly() -> None:
    async def test() -> None:
        async with Gateway({ACCOUNT: "another key"}) as gateway:
            heard, pauses = await dialled(gateway.url, pauses=20, jitter=0.1, longest_delay=45.0)
        assert pauses == [45.0] * 20
        failures = heard.of(DialFailed)
        assert len(heard.of(Dialing)) == len(failures) == 20
        plainly = (
            "the provider refused the account name or API key (HTTP 401): "
            "check account and api_key of connection 'dojo'"
        )
        assert {failure.reason for failure in failures} == {plainly}
        assert {failure.retry_in for failure in failures} == {45.0}

    run(test)


def test_a_gateway_that_accepts_and_closes_is_not_hammered() -> None:
    async def test() -> None:
        script = Script()
        async with listening(script) as url:
            heard, pauses = await dialled(url, pauses=9)
        assert script.connections == 9
        assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]
        assert len(heard.of(ConnectionOpened)) == len(heard.of(ConnectionClosed)) == 9
        reason = heard.of(DialFailed)[-1].reason
        assert "as soon as it was open" in reason
        assert "another adapter may be using this account, and the last to connect wins" in reason
        assert [dialing.attempt for dialing in heard.of(Dialing)] == list(range(1, 10))

    run(test)


def test_the_pause_is_drawn_at_random_below_its_bound() -> None:
    async def test() -> None:
        async with listening(accept_and_close) as url:
            _, pauses = await dialled(url, pauses=4, jitter=0.25, first_delay=2.0, longest_delay=10.0)
        assert pauses == [0.5, 1.0, 2.0, 2.5]

    run(test)


def test_only_a_frame_makes_the_pause_short_again() -> None:
    async def test() -> None:
        async with listening(Script(False, False, False, True, False, False)) as url:
            heard, pauses = await dialled(url, pauses=6)
        assert pauses == [1.0, 2.0, 4.0, 1.0, 1.0, 2.0]
        # The connection over which a frame came ended like any other: that is no failure to connect.
        assert len(heard.of(DialFailed)) == 5
        assert [closed.received for closed in heard.of(ConnectionClosed)] == [0, 0, 0, 1, 0, 0]

    run(test)


def test_a_quiet_connection_that_lasted_neither_counts_as_failure_nor_as_evidence() -> None:
    async def test() -> None:
        async with listening(accept_and_close) as url:
            heard, pauses = await dialled(url, pauses=3, settled_after=0.0)
        assert pauses == [1.0, 1.0, 1.0]
        assert not heard.of(DialFailed)

    run(test)


def test_a_query_in_the_address_is_not_shown() -> None:
    async def test() -> None:
        async with listening(accept_and_close) as url:
            heard, _ = await dialled(f"{url}/ws?token=s3cret")
        assert heard.of(Dialing)[0].url == f"{url}/ws"

    run(test)


def test_a_frame_beyond_the_hard_limit_closes_with_1009_and_is_dialled_again() -> None:
    codes: list[int | None] = []

    async def flood(ws: ServerConnection) -> None:
        await ws.send("x" * 2000)
        await ws.wait_closed()
        codes.append(ws.close_code)

    async def test() -> None:
        async with listening(flood) as url:
            heard, pauses = await dialled(url, pauses=2, socket=SocketSettings(hard_max_frame=1000))
        assert codes == [1009, 1009]
        assert "a frame was larger than this side takes (1009" in heard.of(ConnectionClosed)[0].reason
        assert len(pauses) == 2

    run(test)


def test_a_frame_within_the_hard_limit_is_answered() -> None:
    async def test() -> None:
        async with (
            Gateway({ACCOUNT: KEY}) as gateway,
            dialling(gateway.url, socket=SocketSettings(hard_max_frame=1000)),
        ):
            await gateway.connected(ACCOUNT)
            await gateway.send_raw(ACCOUNT, "x" * 1000)
            assert await gateway.next_frame(ACCOUNT) == "x" * 1000

    run(test)


def test_stopping_loses_no_answer_and_closes_with_1012() -> None:
    gate = asyncio.Event()

    async def handle(raw: bytes) -> bytes:
        await gate.wait()
        return raw

    async def test() -> None:
        async with Gateway({ACCOUNT: KEY}) as gateway, dialling(gateway.url, handle) as (stop, heard):
            link = await gateway.connected(ACCOUNT)
            asking = [asyncio.create_task(gateway.request(ACCOUNT, "GetTable", {"n": n})) for n in range(3)]
            await until(lambda: len(gateway.frames) == 3)
            await link.ping()  # so the requests have arrived
            stop.set()
            await asyncio.sleep(0.01)
            gate.set()
            answers = await asyncio.gather(*asking)
            assert [answer["params"]["n"] for answer in answers] == [0, 1, 2]
            await until(lambda: link.close_code)
            assert link.close_code == 1012
        assert heard.of(ConnectionClosed)[0].reason == "the adapter is stopping"
        assert len(heard.of(Dialing)) == 1

    run(test)


def test_stopping_ends_an_attempt_that_gets_no_answer() -> None:
    async def test() -> None:
        async with answering(None, close=False) as port, dialling(f"ws://127.0.0.1:{port}") as (_, heard):
            await until(lambda: heard)
            await asyncio.sleep(0.01)
        assert [type(event) for event in heard] == [Dialing]

    run(test)


def test_stopping_ends_a_pause() -> None:
    async def test() -> None:
        url = f"ws://127.0.0.1:{unused_port()}"
        stop, heard = asyncio.Event(), Heard()
        task = asyncio.create_task(
            dial(url, HEADERS, echo, settings(first_delay=3600.0), heard.append, stop, random=lambda: 0.99)
        )
        await until(lambda: heard.of(DialFailed))
        stop.set()
        await task

    run(test)


def test_a_dialer_that_is_stopped_before_it_begins_does_nothing() -> None:
    async def test() -> None:
        stop, heard = asyncio.Event(), Heard()
        stop.set()
        await dial("ws://127.0.0.1:9", HEADERS, echo, settings(), heard.append, stop)
        assert not heard

    run(test)


def test_cancelling_a_dialer_closes_its_connection() -> None:
    async def test() -> None:
        async with Gateway({ACCOUNT: KEY}) as gateway:
            task = asyncio.create_task(dial(gateway.url, HEADERS, echo, settings(), lambda _: None, asyncio.Event()))
            link = await gateway.connected(ACCOUNT)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await until(lambda: link.close_code)

    run(test)


def test_the_older_of_two_adapters_on_one_account_is_told_why_it_was_closed() -> None:
    async def test() -> None:
        async with Gateway({ACCOUNT: KEY}) as gateway, dialling(gateway.url, first_delay=0.0) as (stop, heard):
            await gateway.connected(ACCOUNT)
            stop_later = asyncio.Event()
            later = asyncio.create_task(dial(gateway.url, HEADERS, echo, settings(), lambda _: None, stop_later))
            await until(lambda: heard.of(ConnectionClosed))
            stop.set()
            stop_later.set()
            await later
        assert "(1008: another connection for this account)" in heard.of(ConnectionClosed)[0].reason

    run(test)


def closing(*closes: tuple[int, str], frame: bool = False) -> Any:
    """A gateway that closes one connection after another so, the last way for ever."""
    left = list(closes)

    async def accept(ws: ServerConnection) -> None:
        if frame:
            await ws.send("hello")
            await ws.recv()
        await ws.close(*(left.pop(0) if len(left) > 1 else left[0]))

    return accept


@pytest.mark.parametrize("frame", [True, False])
@pytest.mark.parametrize(
    ("code", "says"),
    [
        (1008, "another connection for this account"),
        (1008, ""),
        (4001, "x"),
        (1000, "replaced by a newer connection"),
        (1001, "Superseded"),
    ],
)
def test_two_that_take_the_account_from_each_other_wait_longer_each_time(code: int, says: str, *, frame: bool) -> None:
    async def test() -> None:
        async with listening(closing((code, says), frame=frame)) as url:
            heard, pauses = await dialled(url, pauses=7, longest_delay=60.0)
            assert pauses == [60.0, 120.0, 240.0, 480.0, 900.0, 900.0, 900.0]
            assert [event.times for event in heard.of(AccountTaken)] == [1, 2, 3, 4, 5, 6, 7]
            assert f"({code}" in heard.of(AccountTaken)[0].reason
            assert not heard.of(DialFailed)
            _, pauses = await dialled(url, pauses=3, jitter=0.0, longest_delay=60.0)
            assert pauses == [30.0, 60.0, 120.0]

    run(test)


@pytest.mark.parametrize("code", [1000, 1001, 1011, 1012, 1013])
def test_a_provider_that_restarts_has_not_given_the_account_away(code: int) -> None:
    async def test() -> None:
        async with listening(closing((code, "bye"), frame=True)) as url:
            heard, pauses = await dialled(url, pauses=3)
        assert not heard.of(AccountTaken)
        assert pauses == [1.0, 1.0, 1.0]

    run(test)


def test_an_account_that_was_ours_for_long_is_taken_for_the_first_time() -> None:
    async def test() -> None:
        async with listening(closing((1008, ""))) as url:
            heard, pauses = await dialled(url, pauses=3, peaceful_after=0.0)
        assert [event.times for event in heard.of(AccountTaken)] == [1, 1, 1]
        assert pauses == [60.0, 60.0, 60.0]

    run(test)


def test_nothing_is_dialled_once_that_is_not_allowed() -> None:
    async def test() -> None:
        stop, heard = asyncio.Event(), Heard()
        task = asyncio.create_task(
            dial("ws://127.0.0.1:9", HEADERS, echo, settings(may_dial=lambda: False), heard.append, stop)
        )
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not task.done()
        stop.set()
        await task
        assert not heard

    run(test)


def test_a_handshake_is_not_begun_once_that_is_not_allowed_any_more() -> None:
    asked = iter([True, False])

    async def test() -> None:
        async with Gateway({ACCOUNT: KEY}) as gateway:
            stop, heard = asyncio.Event(), Heard()
            allowed = settings(may_dial=lambda: next(asked, False))
            task = asyncio.create_task(
                dial(gateway.url, HEADERS, echo, allowed, heard.append, stop, random=lambda: 0.0)
            )
            await until(lambda: heard.of(DialFailed))
            stop.set()
            await task
            assert not gateway.frames
            assert not gateway.live

    run(test)


def test_a_secret_that_the_other_end_echoes_is_not_passed_on() -> None:
    async def echo_the_key(ws: ServerConnection) -> None:
        assert ws.request is not None
        await ws.close(1008, f"bad key: {KEY}"[:120])

    async def test() -> None:
        async with listening(echo_the_key) as url:
            heard, _ = await dialled(url, pauses=2)  # looks for secrets in everything
        assert "bad key: ***" in heard.of(ConnectionClosed)[0].reason

    run(test)


def test_the_library_that_could_log_the_handshake_is_kept_silent(caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        async with Gateway({ACCOUNT: KEY}) as gateway, dialling(gateway.url):
            await gateway.connected(ACCOUNT)

    with caplog.at_level("DEBUG"):
        run(test)
    ours = [record.getMessage() for record in caplog.records if record.name != "websockets.server"]
    assert not [message for message in ours if TOKEN in message]


def test_headers_do_not_show_their_secret() -> None:
    assert KEY not in repr(HEADERS)
    assert TOKEN not in repr(HEADERS)
    assert "Authorization" in repr(HEADERS)


def test_whatever_goes_wrong_the_dialler_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError(KEY)

    async def test() -> None:
        monkeypatch.setattr("adapter.transport.session.serve", broken)
        async with listening(accept_and_close) as url:
            heard, pauses = await dialled(url, pauses=3)
        assert pauses == [1.0, 2.0, 4.0]
        assert "in an unexpected way (RuntimeError)" in heard.of(DialFailed)[0].reason

    run(test)


def test_whoever_may_dial_again_does() -> None:
    # The lease may be renewed a moment after it was found to be over: it is held then, and nobody else would ever dial.
    asked = iter([False, False])

    async def test() -> None:
        async with Gateway({ACCOUNT: KEY}) as gateway:
            stop, heard = asyncio.Event(), Heard()
            allowed = settings(may_dial=lambda: next(asked, True))
            task = asyncio.create_task(
                dial(gateway.url, HEADERS, echo, allowed, heard.append, stop, sleep=lambda _: asyncio.sleep(0))
            )
            await until(lambda: heard.of(ConnectionOpened))
            stop.set()
            await task

    run(test)
