from __future__ import annotations

import asyncio
import contextlib
import gc
import weakref
from collections.abc import Iterable

import pytest
from websockets.asyncio.client import ClientConnection

from adapter.deadline import deadline
from adapter.events import BugFound, Event
from tests.unit.transport.loopback import close_code, echo, run, served, until


class Gates:
    """A handler whose answers the test lets go one by one."""

    def __init__(self) -> None:
        self.started: list[bytes] = []
        self.cancelled: list[bytes] = []
        self.most = 0
        self._in_flight = 0
        self._gates: dict[bytes, asyncio.Event] = {}

    def open(self, names: Iterable[bytes]) -> None:
        for name in names:
            self._gate(name).set()

    async def handle(self, raw: bytes) -> bytes:
        self.started.append(raw)
        self._in_flight += 1
        self.most = max(self.most, self._in_flight)
        try:
            await self._gate(raw).wait()
        except asyncio.CancelledError:
            self.cancelled.append(raw)
            raise
        finally:
            self._in_flight -= 1
        return b"answer to " + raw

    def _gate(self, name: bytes) -> asyncio.Event:
        return self._gates.setdefault(name, asyncio.Event())


async def ask(ws: ClientConnection, count: int) -> list[bytes]:
    names = [f"{number:03}".encode() for number in range(count)]
    for name in names:
        await ws.send(name.decode())
    return names


def test_a_slow_request_does_not_delay_the_others() -> None:
    async def test() -> None:
        gates = Gates()
        gates.open([b"fast"])
        async with served(gates.handle) as (ws, _):
            await ws.send("slow")
            await ws.send("fast")
            assert await ws.recv() == "answer to fast"
            gates.open([b"slow"])
            assert await ws.recv() == "answer to slow"

    run(test)


def test_answers_leave_in_the_order_in_which_they_are_ready() -> None:
    async def test() -> None:
        gates = Gates()
        async with served(gates.handle) as (ws, _):
            names = await ask(ws, 5)
            for name in reversed(names):
                gates.open([name])
                assert await ws.recv() == f"answer to {name.decode()}"

    run(test)


@pytest.mark.parametrize("bound", [1, 3])
def test_at_most_the_bound_is_in_flight_and_the_rest_waits_its_turn(bound: int) -> None:
    async def test() -> None:
        gates = Gates()
        async with served(gates.handle, max_in_flight=bound) as (ws, _):
            names = await ask(ws, 12)
            await until(lambda: len(gates.started) == bound)
            await (await ws.ping())  # everything sent has arrived by now
            assert len(gates.started) == bound
            gates.open(names)
            answers = {await ws.recv() for _ in names}
            assert answers == {f"answer to {name.decode()}" for name in names}
            assert gates.most == bound

    run(test)


def test_a_socket_is_left_unread_while_the_bound_is_reached() -> None:
    async def test() -> None:
        gates = Gates()
        async with served(gates.handle, max_in_flight=1, read_ahead=2) as (ws, _):
            names = await ask(ws, 4)
            await until(lambda: gates.started)
            await asyncio.sleep(0.01)  # for the rest to arrive
            pong = asyncio.ensure_future(await ws.ping())
            await asyncio.sleep(0.03)
            assert not pong.done()
            gates.open(names)
            assert [await ws.recv() for _ in names] == [f"answer to {name.decode()}" for name in names]
            await pong

    run(test)


def test_an_answer_travels_as_a_text_frame_whatever_the_request_was() -> None:
    async def test() -> None:
        async with served(echo) as (ws, _):
            for question in ("text", b"binary"):
                await ws.send(question)
                assert isinstance(await ws.recv(), str)

    run(test)


def test_nothing_is_sent_where_there_is_no_answer() -> None:
    async def handle(raw: bytes) -> bytes | None:
        return None if raw == b"notification" else raw

    async def test() -> None:
        async with served(handle) as (ws, _):
            await ws.send("notification")
            await ws.send("request")
            assert await ws.recv() == "request"

    run(test)


def test_a_text_frame_that_is_not_utf8_reaches_the_handler_and_leaves_the_connection_alive() -> None:
    seen: list[bytes] = []

    async def handle(raw: bytes) -> bytes:
        seen.append(raw)
        return b"still here"

    async def test() -> None:
        async with served(handle) as (ws, _):
            await ws.send(b"\xff\xfe{", text=True)
            assert await ws.recv() == "still here"
            assert seen == [b"\xff\xfe{"]

    run(test)


def test_a_request_that_raises_is_reported_and_harms_nobody_else() -> None:
    async def handle(raw: bytes) -> bytes:
        if raw == b"bad":
            raise ValueError("card 4929000000000000")
        return raw

    async def test() -> None:
        async with served(handle) as (ws, state):
            await ws.send("bad")
            await ws.send("good")
            assert await ws.recv() == "good"
        (bug,) = state.heard.of(BugFound)
        assert bug.error == "ValueError"
        assert bug.where.startswith("adapter/transport/session.py:")
        assert bug.reference
        assert "4929" not in repr(bug)

    run(test)


def test_a_request_that_raises_gives_its_place_in_flight_back() -> None:
    async def handle(raw: bytes) -> bytes:
        if raw == b"bad":
            raise ValueError
        return raw

    async def test() -> None:
        async with served(handle, max_in_flight=2) as (ws, _):
            for _ in range(5):
                await ws.send("bad")
            await ws.send("good")
            assert await ws.recv() == "good"

    run(test)


def test_a_listener_that_raises_harms_nobody() -> None:
    async def handle(raw: bytes) -> bytes:
        if raw == b"bad":
            raise ValueError
        return raw

    def emit(event: Event) -> None:
        raise RuntimeError(event)

    async def test() -> None:
        async with served(handle, emit=emit) as (ws, _):
            await ws.send("bad")
            await ws.send("good")
            assert await ws.recv() == "good"

    run(test)


@pytest.mark.parametrize("bound", [2, 32])
def test_what_is_in_flight_is_cancelled_when_the_other_end_goes_away(bound: int) -> None:
    async def test() -> None:
        gates = Gates()
        async with served(gates.handle, max_in_flight=bound) as (ws, state):
            await ask(ws, 2)
            await until(lambda: len(gates.started) == 2)
            await ws.close(1001, "gone home")
            ended = await state.ended()
            assert sorted(gates.cancelled) == [b"000", b"001"]
            assert ended.received == 2
            assert ended.unanswered == 2
            assert "going away (1001: gone home)" in ended.reason
            assert "2 of its requests could not be answered" in ended.reason

    run(test)


def test_a_notification_sent_in_the_last_moment_is_still_heard() -> None:
    seen: list[bytes] = []

    async def handle(raw: bytes) -> None:
        seen.append(raw)

    async def test() -> None:
        async with served(handle) as (ws, state):
            await ws.send("your answer was unreadable")
            await ws.close()
            await state.ended()
            assert seen == [b"your answer was unreadable"]

    run(test)


def test_a_connection_that_breaks_off_is_told_from_one_that_was_closed() -> None:
    async def test() -> None:
        async with served(echo) as (ws, state):
            await ws.send("hello")
            await ws.recv()
            ws.transport.abort()
            ended = await state.ended()
            assert ended.received == 1
            assert "lost without a goodbye" in ended.reason

    run(test)


def test_stopping_loses_no_answer_and_closes_with_1012() -> None:
    async def test() -> None:
        gates = Gates()
        async with served(gates.handle) as (ws, state):
            names = await ask(ws, 3)
            await until(lambda: len(gates.started) == 3)
            state.stop.set()
            gates.open(names[:1])
            answers = [await ws.recv()]
            gates.open(names[1:])
            answers += [await ws.recv(), await ws.recv()]
            assert sorted(answers) == ["answer to 000", "answer to 001", "answer to 002"]
            assert await close_code(ws) == 1012
            ended = await state.ended()
            assert ended.received == 3
            assert ended.unanswered == 0
            assert ended.reason == "the adapter is stopping"

    run(test)


def test_nothing_more_is_read_once_stopping() -> None:
    async def test() -> None:
        gates = Gates()
        async with served(gates.handle) as (ws, state):
            await ask(ws, 1)
            await until(lambda: gates.started)
            state.stop.set()
            await asyncio.sleep(0.01)
            await ws.send("late")
            gates.open([b"000", b"late"])
            assert await ws.recv() == "answer to 000"
            assert await close_code(ws) == 1012
            assert gates.started == [b"000"]

    run(test)


def test_an_other_end_that_goes_on_sending_does_not_hold_up_the_goodbye() -> None:
    async def test() -> None:
        gates = Gates()
        async with served(gates.handle, max_in_flight=1, read_ahead=1) as (ws, state):
            await ask(ws, 100)
            await until(lambda: gates.started)
            state.stop.set()
            gates.open([b"000"])
            assert await ws.recv() == "answer to 000"
            started = asyncio.get_running_loop().time()
            assert await close_code(ws) == 1012
            await state.ended()
            assert asyncio.get_running_loop().time() - started < 2  # close_timeout is 10 s here

    run(test)


def test_stopping_waits_no_longer_than_its_grace() -> None:
    async def test() -> None:
        gates = Gates()
        async with served(gates.handle, grace=0.02) as (ws, state):
            await ask(ws, 2)
            await until(lambda: len(gates.started) == 2)
            gates.open([b"000"])
            state.stop.set()
            assert await ws.recv() == "answer to 000"
            assert await close_code(ws) == 1012
            ended = await state.ended()
            assert gates.cancelled == [b"001"]
            assert ended.unanswered == 1

    run(test)


def test_a_connection_opened_while_stopping_is_closed_at_once() -> None:
    async def test() -> None:
        async with served(echo) as (ws, state):
            state.stop.set()
            assert await close_code(ws) == 1012
            assert (await state.ended()).received == 0

    run(test)


def test_cancelling_the_service_of_a_socket_leaves_nothing_behind() -> None:
    async def test() -> None:
        gates = Gates()
        async with served(gates.handle) as (ws, state):
            await ask(ws, 2)
            await until(lambda: len(gates.started) == 2)
            assert state.serving is not None
            state.serving.cancel()
            await asyncio.wait({state.serving})
            assert sorted(gates.cancelled) == [b"000", b"001"]

    run(test)


def test_at_its_deadline_a_request_is_answered_without_waiting_for_it_to_notice():
    async def scenario() -> tuple[list[str | bytes], bool]:
        thawed, noticed = asyncio.Event(), asyncio.Event()

        async def freeze(raw: bytes) -> bytes:
            if raw == b"quick":
                return b"quick"
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                await thawed.wait()
                noticed.set()
                raise
            return b"never"

        async with served(freeze, deadline=0.02, too_late=lambda raw: b"late: " + raw) as (client, _):
            await client.send("slow")
            answers = [await client.recv()]
            was_frozen = not noticed.is_set()
            await client.send("quick")
            answers.append(await client.recv())
            thawed.set()
            await noticed.wait()
        return answers, was_frozen

    answers, was_frozen = run(scenario)
    assert answers == ["late: slow", "quick"]
    assert was_frozen


def test_whoever_answers_at_a_deadline_knows_whose_it_is():
    worked_on, answered = {}, {}

    async def scenario() -> None:
        async def freeze(raw: bytes) -> bytes:
            worked_on[raw] = deadline.get()
            await asyncio.Event().wait()
            return b"never"

        def too_late(raw: bytes) -> bytes:
            answered[raw] = deadline.get()
            return b"late"

        async with served(freeze, deadline=0.02, too_late=too_late) as (client, _):
            for name in ("first", "second"):
                await client.send(name)
            for _ in range(2):
                await client.recv()

    run(scenario)
    assert answered == worked_on
    assert len({id(one) for one in answered.values()}) == 2


def test_a_request_that_was_cut_short_at_its_deadline_leaves_nothing_that_waits_for_the_garbage_collector():
    held: list[weakref.ref[asyncio.Event]] = []

    async def scenario() -> None:
        async def freeze(raw: bytes) -> bytes:
            if raw == b"next":
                return raw
            never = asyncio.Event()
            held.append(weakref.ref(never))
            await never.wait()
            return b"never"

        async with served(freeze, deadline=0.02, too_late=lambda _: b"late") as (client, _):
            await client.send("slow")
            assert await client.recv() == "late"
            await client.send("next")  # whoever reads has the last one in hand until then
            assert await client.recv() == "next"
            await until(lambda: held[0]() is None)

    gc.disable()
    try:
        run(scenario)
    finally:
        gc.enable()


def test_work_that_does_not_let_itself_be_cut_short_is_not_answered_a_second_time():
    async def scenario() -> list[str | bytes]:
        async def stubborn(raw: bytes) -> bytes:
            if raw == b"slow":
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.Event().wait()
            return b"answer to " + raw

        async with served(stubborn, deadline=0.02, too_late=lambda raw: b"late: " + raw) as (client, _):
            await client.send("slow")
            first = await client.recv()
            await client.send("quick")
            return [first, await client.recv()]

    assert run(scenario) == ["late: slow", "answer to quick"]
