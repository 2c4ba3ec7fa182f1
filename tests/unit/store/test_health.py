from __future__ import annotations

import asyncio

import pytest

from adapter.errors import DatabaseBusy, DatabaseUnavailable, SessionNotFound
from adapter.events import DatabaseDown, DatabaseUp, Event
from adapter.store import health as subject
from adapter.store.health import Health

AWAY = DatabaseUnavailable("the database cannot be reached")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(subject, "EVERY", 0.01)
    monkeypatch.setattr(subject, "_PATIENCE", 0.05)


class Watched:
    """A database that is asked by nobody but its health, until it has said so many things."""

    def __init__(self) -> None:
        self.said: list[Event] = []
        self.health = Health(self.said.append)
        self.stop = asyncio.Event()
        self.asked = 0

    async def until(self, answers: list[object], *, said: int) -> list[type[Event]]:
        async def ask() -> None:
            self.asked += 1
            answer = answers[min(self.asked, len(answers)) - 1]
            if isinstance(answer, BaseException):
                if isinstance(answer, DatabaseUnavailable):
                    self.health.failed(answer)
                raise answer
            if isinstance(answer, asyncio.Event):
                await answer.wait()
            self.health.answered()

        watching = asyncio.create_task(self.health.watch(ask, self.stop))
        async with asyncio.timeout(10):
            while len(self.said) < said or self.asked < len(answers):  # noqa: ASYNC110 - it has no event to wait for
                await asyncio.sleep(0)
        self.stop.set()
        await watching
        return [type(event) for event in self.said]


def test_a_database_that_goes_and_comes_is_told_once_each():
    watched = Watched()
    assert asyncio.run(watched.until([None, AWAY, AWAY, AWAY, None, None], said=2)) == [DatabaseDown, DatabaseUp]


def test_a_reason_that_changes_is_told_again():
    watched = Watched()
    refused = DatabaseUnavailable("the database refuses the user", hint="check [database] url")
    assert asyncio.run(watched.until([AWAY, refused, None], said=3)) == [DatabaseDown, DatabaseDown, DatabaseUp]
    assert watched.said[1] == DatabaseDown(reason="the database refuses the user; check [database] url")


def test_a_frozen_database_is_told_before_it_answers():
    watched, thawed = Watched(), asyncio.Event()

    async def run() -> list[type[Event]]:
        asyncio.get_running_loop().call_later(0.2, thawed.set)
        return await watched.until([thawed], said=2)

    assert asyncio.run(run()) == [DatabaseDown, DatabaseUp]


def test_a_busy_database_is_away_when_it_serves_nobody():
    busy = DatabaseBusy("all connections to the database are in use")
    watched = Watched()
    assert asyncio.run(watched.until([busy, None], said=2)) == [DatabaseDown, DatabaseUp]


def test_a_database_that_serves_others_is_not_asked_and_not_away():
    watched = Watched()

    async def run() -> None:
        busy = True

        async def serve() -> None:
            while busy:
                watched.health.answered()
                await asyncio.sleep(0.001)

        serving = asyncio.create_task(serve())
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(0.1, stop.set)

        async def ask() -> None:
            raise DatabaseBusy("all connections to the database are in use")

        await watched.health.watch(ask, stop)
        busy = False
        await serving

    asyncio.run(run())
    assert watched.said == []


def test_an_error_that_says_nothing_of_the_database_is_no_silence():
    watched = Watched()

    async def run() -> None:
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(0.1, stop.set)

        async def ask() -> None:
            raise SessionNotFound("none")

        await watched.health.watch(ask, stop)

    asyncio.run(run())
    assert watched.said == []


def test_a_question_that_is_never_answered_is_given_up_and_another_one_asked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(subject, "_GIVEN_UP", 0.01)
    watched = Watched()
    assert asyncio.run(watched.until([asyncio.Event(), None], said=2)) == [DatabaseDown, DatabaseUp]
