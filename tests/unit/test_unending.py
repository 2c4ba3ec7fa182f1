"""Work that must not end by itself, and what happens to it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from adapter import unending as subject
from adapter.errors import AdapterError
from adapter.events import BugFound, Event
from adapter.unending import unending


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(subject, "PAUSE", 0.001)


class Failing:
    """Work that fails so often, each time in another way, and then waits for the stop."""

    def __init__(self, *failures: BaseException) -> None:
        self.failures = list(failures)
        self.begun = 0
        self.said: list[Event] = []
        self.stop = asyncio.Event()
        self.is_well = asyncio.Event()

    async def __call__(self) -> None:
        self.begun += 1
        if self.failures:
            raise self.failures.pop(0)
        self.is_well.set()
        await self.stop.wait()

    def kept(self, **options: type[Exception]) -> Awaitable[None]:
        return unending(self, self.stop, self.said.append, **options)


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def timed() -> None:
        async with asyncio.timeout(10):
            await test()

    asyncio.run(timed())


def test_work_that_fails_is_said_to_be_a_bug_and_begun_again():
    async def test() -> None:
        work = Failing(RuntimeError("secret"), asyncio.CancelledError(), AdapterError("x"), TimeoutError())
        keeping = asyncio.ensure_future(work.kept())
        await work.is_well.wait()
        work.stop.set()
        await keeping
        assert work.begun == 5
        kinds = [event.error for event in work.said if isinstance(event, BugFound)]
        assert kinds == ["RuntimeError", "CancelledError", "AdapterError", "TimeoutError"]
        assert "secret" not in repr(work.said)

    run(test)


def test_what_cannot_be_had_is_raised():
    async def test() -> None:
        work = Failing(ValueError(), AdapterError("another program listens there"))
        with pytest.raises(AdapterError, match="another program"):
            await work.kept(hopeless=AdapterError)
        assert work.begun == 2

    run(test)


def test_whoever_cancels_it_from_without_ends_it():
    async def test() -> None:
        work = Failing()
        keeping = asyncio.ensure_future(work.kept())
        await work.is_well.wait()
        keeping.cancel()
        await asyncio.wait({keeping})
        assert keeping.cancelled()
        assert work.said == []

    run(test)


def test_nothing_is_begun_again_once_it_is_told_to_stop():
    async def test() -> None:
        work = Failing(RuntimeError())
        work.stop.set()
        await work.kept()
        assert work.begun == 1

    run(test)


def test_work_that_has_done_what_it_had_to_is_left_alone():
    async def test() -> None:
        work = Failing()
        work.stop.set()
        await work.kept()
        assert (work.begun, work.said) == (1, [])

    run(test)
