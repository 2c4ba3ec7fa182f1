"""Who is there and who is not: dead ends that must be noticed, and live ones that must not be given up."""

from __future__ import annotations

import asyncio
import time

from websockets.asyncio.client import ClientConnection

from adapter.connection_events import SignOfLife
from tests.unit.transport.loopback import close_code, echo, run, served, until

QUICK = {"ping_interval": 0.02, "ping_timeout": 0.05}
LARGE = b"x" * 4_000_000
"""More than the buffers of this computer take."""


def deafen(ws: ClientConnection) -> None:
    """Neither read nor answer pings any more; the socket stays open, as when a cable is pulled out."""
    ws.transport.pause_reading()


def test_an_end_that_shows_no_sign_of_life_is_given_up_and_said_by_what_that_is_known() -> None:
    async def test() -> None:
        async with served(echo, **QUICK) as (ws, state):
            deafen(ws)
            ended = await state.ended()
            ws.transport.resume_reading()
            assert ended.reason.startswith("the other end is gone: nothing came from it for 0.")
            assert ended.reason.endswith("nor an answer to a ping within 0.05 s")
            assert await close_code(ws) == 1011

    run(test)


def test_an_end_that_only_answers_pings_is_kept_and_told_of() -> None:
    async def test() -> None:
        async with served(echo, **QUICK) as (ws, state):
            await until(lambda: len(state.heard.of(SignOfLife)) > 3)
            assert all(0 < sign.milliseconds < 1000 for sign in state.heard.of(SignOfLife))
            await ws.send("still here")
            assert await ws.recv() == "still here"

    run(test)


def test_an_end_that_sends_requests_is_there_whether_or_not_it_answers_pings() -> None:
    async def silent(_raw: bytes) -> None:
        """Answers nothing, as to a notification."""

    async def test() -> None:
        async with served(silent, ping_interval=0.1, ping_timeout=0.3) as (ws, state):
            deafen(ws)
            for _ in range(60):
                await ws.send("?")
                await asyncio.sleep(0.01)
            assert not state.serving.done()
            assert not state.heard.of(SignOfLife)
            ws.transport.resume_reading()

    run(test)


def test_whose_pong_waits_unread_behind_a_flood_is_not_taken_for_dead() -> None:
    async def test() -> None:
        working, done = asyncio.Event(), asyncio.Event()

        async def handle(raw: bytes) -> bytes:
            working.set()
            await done.wait()
            return raw

        async with served(handle, max_in_flight=1, read_ahead=1, **QUICK) as (ws, state):
            for _ in range(20):
                await ws.send("a frame of a flood")
            await working.wait()
            await asyncio.sleep(0.3)
            assert not state.serving.done()
            done.set()
            assert [await ws.recv() for _ in range(20)] == ["a frame of a flood"] * 20

    run(test)


def test_an_end_that_takes_no_answers_any_more_is_noticed_although_no_ping_can_be_sent() -> None:
    async def huge(_raw: bytes) -> bytes:
        return LARGE

    async def test() -> None:
        for bound in (1, 32):
            async with served(huge, max_in_flight=bound, **QUICK) as (ws, state):
                deafen(ws)
                for _ in range(3):
                    await ws.send("a bill, please")
                ended = await state.ended()
                assert "the other end is gone" in ended.reason
                assert ended.unanswered > 0
                ws.transport.abort()

    run(test)


def test_stopping_is_not_held_up_by_an_end_that_takes_nothing() -> None:
    async def huge(_raw: bytes) -> bytes:
        return LARGE

    async def test() -> None:
        async with served(huge, grace=0.05, close_timeout=0.05) as (ws, state):
            deafen(ws)
            await ws.send("a bill, please")
            await until(lambda: state.serving is not None)
            await asyncio.sleep(0.05)
            state.stop.set()
            ended = await state.ended()
            assert (ended.received, ended.unanswered) == (1, 1)
            ws.transport.abort()

    run(test)


def test_who_was_held_up_itself_blames_nobody() -> None:
    async def test() -> None:
        async with served(echo, **QUICK) as (ws, state):
            await until(lambda: state.heard.of(SignOfLife))
            await asyncio.sleep(0.025)  # a ping is on its way
            time.sleep(0.7)  # noqa: ASYNC251 - the whole process is held up, the other end in it too
            await ws.send("still here")
            assert await ws.recv() == "still here"
            assert not state.serving.done()

    run(test)
