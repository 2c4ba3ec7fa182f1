"""Whoever dials only while a lease is held, with a lease and a dialler that do as they are told."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import pytest

from adapter.errors import DatabaseUnavailable
from adapter.events import BugFound
from adapter.lease import Held
from adapter.transport import standby
from adapter.transport.ending import Ending
from adapter.transport.standby import Timing, dial_while_held
from adapter.turn_events import LeaseLost, LeaseTaken, LeaseUnknown, StandingBy
from tests.unit.transport.loopback import Heard, run, until

SOON = Timing(lasts=0.4, margin=0.1, renewed_every=0.02, looked_every=0.01)


class Ledger:
    """Whose the lease is."""

    def __init__(self) -> None:
        self.holder = ""
        self.is_away = False
        self.frozen: asyncio.Event | None = None
        self.asked = 0
        self.odd: list[BaseException] = []
        """What asking raises next."""


class One:
    """One adapter's way to it."""

    def __init__(self, ledger: Ledger, name: str) -> None:
        self._ledger = ledger
        self._name = name

    async def take(self) -> Held:
        ledger = self._ledger
        ledger.asked += 1
        if ledger.frozen is not None:
            await ledger.frozen.wait()
        if ledger.odd:
            raise ledger.odd.pop()
        if ledger.is_away:
            raise DatabaseUnavailable("the database cannot be reached")
        ledger.holder = ledger.holder or self._name
        return Held(mine=ledger.holder == self._name, by=ledger.holder)

    async def give_back(self) -> None:
        if self._ledger.holder == self._name:
            self._ledger.holder = ""

    async def close(self) -> None:
        pass


class Dialler:
    """Counts who dials."""

    def __init__(self) -> None:
        self.dialling = 0
        self.why: list[str] = []
        self.may: Callable[[], bool] = lambda: False

    async def __call__(self, stop: Ending, may_dial: Callable[[], bool]) -> None:
        self.may = may_dial
        self.dialling += 1
        try:
            await stop.wait()
            self.why.append(stop.why)
        finally:
            self.dialling -= 1


@contextlib.asynccontextmanager
async def adapter(
    ledger: Ledger, name: str, timing: Timing = SOON
) -> AsyncIterator[tuple[Dialler, Heard, asyncio.Event]]:
    dialler, heard, stop = Dialler(), Heard(), asyncio.Event()
    task = asyncio.create_task(
        dial_while_held(One(ledger, name), dialler, timing, heard.append, stop, connection="dojo")
    )
    try:
        yield dialler, heard, stop
    finally:
        stop.set()
        if ledger.frozen is not None:
            ledger.frozen.set()
        await task


def test_one_dials_and_the_other_stands_by_until_it_is_stopped():
    async def test() -> None:
        ledger = Ledger()
        async with adapter(ledger, "first") as (first, heard, stop):
            await until(lambda: first.dialling)
            async with adapter(ledger, "second") as (second, said, _):
                await until(lambda: said)
                assert said == [StandingBy(connection="dojo", holder="first")]
                assert not second.dialling
                stop.set()
                await until(lambda: second.dialling)
                assert not first.dialling
                assert first.why == ["the adapter is stopping"]
        assert heard == [LeaseTaken(connection="dojo")]
        assert said == [StandingBy(connection="dojo", holder="first"), LeaseTaken(connection="dojo")]
        assert ledger.holder == ""

    run(test)


def test_one_that_cannot_renew_stops_before_the_lease_is_over_and_dials_again_when_it_can():
    async def test() -> None:
        ledger = Ledger()
        async with adapter(ledger, "first") as (first, heard, _):
            await until(lambda: first.dialling)
            ledger.is_away = True
            await until(lambda: heard.of(LeaseLost))
            assert heard.of(LeaseLost)[0].reason == "it could not be renewed: the database cannot be reached"
            assert not first.may()
            await until(lambda: heard.of(LeaseUnknown))
            assert first.why == ["another adapter may serve this account now"]
            assert not first.dialling
            ledger.is_away = False
            await until(lambda: first.dialling)

    run(test)


def test_one_whose_question_hangs_stops_in_time_and_asks_nothing_beside_it():
    async def test() -> None:
        ledger = Ledger()
        async with adapter(ledger, "first") as (first, heard, _):
            await until(lambda: first.dialling)
            ledger.frozen = asyncio.Event()
            await until(lambda: heard.of(LeaseLost))
            assert heard.of(LeaseLost)[0].reason == "it was not renewed in time"
            asked = ledger.asked
            await until(lambda: not first.dialling)
            assert ledger.asked == asked
            ledger.frozen.set()
            await until(lambda: first.dialling)

    run(test)


def test_an_answer_that_comes_late_does_not_count_from_when_it_came():
    async def test() -> None:
        ledger = Ledger()
        ledger.frozen = asyncio.Event()
        async with adapter(ledger, "first", Timing(lasts=0.2, margin=0.1, looked_every=0.01)) as (first, heard, _):
            await until(lambda: ledger.asked == 1)
            await asyncio.sleep(0.15)
            ledger.frozen.set()
            await until(lambda: heard.of(LeaseTaken))
            assert ledger.asked >= 2
            assert first.may() or not first.dialling

    run(test)


@pytest.mark.parametrize("clock", [0, 1])
def test_a_computer_that_slept_is_told_by_either_clock(monkeypatch: pytest.MonkeyPatch, clock: int):
    slept = [0.0, 0.0]
    clocks = standby._clocks
    monkeypatch.setattr(
        standby, "_clocks", lambda: tuple(now + more for now, more in zip(clocks(), slept, strict=True))
    )

    async def test() -> None:
        ledger = Ledger()
        timing = Timing(lasts=60, margin=1, renewed_every=30)
        async with adapter(ledger, "first", timing) as (first, _, stop):
            await until(lambda: first.dialling)
            assert first.may()
            slept[clock] = 59.0
            assert not first.may()
            stop.set()

    run(test)


def test_one_that_finds_another_in_its_place_steps_back_at_once():
    async def test() -> None:
        ledger = Ledger()
        async with adapter(ledger, "first") as (first, heard, _):
            await until(lambda: first.dialling)
            ledger.holder = "second"
            await until(lambda: heard.of(LeaseLost))
            assert heard.of(LeaseLost)[0].reason == "another adapter has it (second)"
            await until(lambda: heard.of(StandingBy))
            assert not first.dialling

    run(test)


@pytest.mark.parametrize("oddity", [RuntimeError("a bug"), asyncio.CancelledError()], ids=["bug", "cancelled"])
def test_nothing_that_goes_wrong_inside_ends_it(oddity: BaseException):
    async def test() -> None:
        ledger = Ledger()
        ledger.odd = [oddity]
        async with adapter(ledger, "first") as (first, heard, _):
            await until(lambda: first.dialling)
            ledger.odd = [oddity]
            asked = ledger.asked
            await until(lambda: ledger.asked > asked + 2)
            assert first.dialling
            assert not heard.of(LeaseLost)
            assert heard.of(BugFound) or heard.of(LeaseUnknown)

    run(test)
