"""Units that wait inside: their answers and errors, who is told of a cancellation, and what a kept stack holds on to."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import weakref
from contextvars import ContextVar
from typing import Any

import pytest
from sqlalchemy.util import await_only

from adapter.store import stacks as stacks_
from adapter.store.stacks import Stacks, uninterrupted


class Held:
    """Something whose end can be seen."""


def wait(seconds: float = 0) -> None:
    await_only(asyncio.sleep(seconds))


def test_units_at_once_each_get_their_own_answer():
    async def run() -> list[int]:
        stacks = Stacks()

        def unit(number: int) -> int:
            for _ in range(number % 3):
                wait()
            return number

        return [
            answer
            for _ in range(3)
            for answer in await asyncio.gather(
                *(stacks.run(lambda number=number: unit(number)) for number in range(50))
            )
        ]

    assert asyncio.run(run()) == list(range(50)) * 3


def test_a_stack_too_many_is_gone_with_its_unit_before_anybody_looks_for_garbage(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stacks_, "_KEPT", 3)

    def count() -> int:
        return sum(isinstance(one, stacks_._Stack) for one in gc.get_objects())

    async def run() -> None:
        stacks, before = Stacks(), count()
        await asyncio.gather(*(stacks.run(wait) for _ in range(20)))
        assert await stacks.run(lambda: 7) == 7
        assert count() == before + 3
        stacks.close()
        assert count() == before
        assert await stacks.run(lambda: 7) == 7

    gc.collect()
    gc.disable()
    try:
        asyncio.run(run())
    finally:
        gc.enable()


def test_an_error_is_raised_where_the_unit_was_asked_for_and_the_stack_lives_on():
    async def run() -> Any:
        stacks = Stacks()

        def unit() -> None:
            wait()
            raise ValueError("told")

        with pytest.raises(ValueError, match="told"):
            await stacks.run(unit)
        return await stacks.run(lambda: 7)

    assert asyncio.run(run()) == 7


def test_an_error_of_what_is_waited_for_can_be_caught_by_the_unit():
    async def fails() -> None:
        raise ValueError("told")

    def unit() -> str:
        try:
            await_only(fails())
        except ValueError as error:
            return str(error)
        return ""

    assert asyncio.run(Stacks().run(unit)) == "told"


def test_a_cancelled_unit_cleans_up_before_its_caller_goes_on():
    async def run() -> list[str]:
        said = []
        stacks = Stacks()

        def unit() -> None:
            try:
                wait(60)
            finally:
                wait()
                said.append("cleaned up")

        task = asyncio.create_task(stacks.run(unit))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        said.append(await stacks.run(lambda: "next"))
        return said

    assert asyncio.run(run()) == ["cleaned up", "next"]


def test_a_unit_that_may_not_be_interrupted_is_told_of_a_cancellation_at_its_next_wait():
    async def run() -> list[str]:
        said, opened = [], asyncio.Event()
        stacks = Stacks()

        def unit() -> None:
            uninterrupted(True)
            await_only(opened.wait())
            said.append("opened")
            uninterrupted(False)
            try:
                wait(60)
            finally:
                said.append("told")

        task = asyncio.create_task(stacks.run(unit))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.sleep(0)
        assert not said
        opened.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await stacks.run(lambda: 7) == 7
        return said

    assert asyncio.run(run()) == ["opened", "told"]


def test_who_was_cancelled_hears_of_it_even_if_the_unit_ends_without_another_wait():
    async def run() -> None:
        opened = asyncio.Event()

        def unit() -> None:
            uninterrupted(True)
            await_only(opened.wait())

        task = asyncio.create_task(Stacks().run(unit))
        await asyncio.sleep(0)
        task.cancel()
        opened.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())


def test_what_may_not_be_interrupted_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stacks_, "_OPENING", 0.02)

    def unit() -> None:
        uninterrupted(True)
        await_only(asyncio.Event().wait())

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(Stacks().run(unit))


@pytest.mark.parametrize("fails", [False, True])
def test_a_kept_stack_holds_neither_unit_nor_answer_nor_error(fails: bool):
    async def run() -> list[object]:
        stacks = Stacks()

        def one() -> weakref.ref[Held]:
            held = Held()

            def unit() -> Held:
                wait()
                if fails:
                    raise ValueError(held)
                return held

            seen = weakref.ref(held)
            units.append(unit)
            return seen

        units: list[Any] = []
        seen = one()
        with contextlib.suppress(ValueError):
            await stacks.run(units.pop())
        gc.collect()
        return [seen()]

    assert asyncio.run(run()) == [None]


def test_a_unit_sees_the_context_of_its_caller_and_not_that_of_the_one_before():
    name: ContextVar[str] = ContextVar("name")
    stacks = Stacks()

    async def ask(said: str) -> str:
        name.set(said)
        return await stacks.run(name.get)

    async def run() -> list[str]:
        return [await asyncio.create_task(ask(said)) for said in ("first", "second")]

    assert asyncio.run(run()) == ["first", "second"]


def test_stacks_outlive_the_loop_that_they_were_made_in():
    stacks = Stacks()

    def unit() -> int:
        wait()
        return 1

    assert [asyncio.run(stacks.run(unit)) for _ in range(2)] == [1, 1]


def test_who_was_cancelled_hears_of_it_even_if_what_could_not_be_interrupted_failed():
    async def run() -> None:
        opened = asyncio.Event()

        def unit() -> None:
            uninterrupted(True)
            await_only(opened.wait())
            uninterrupted(False)
            raise ValueError

        task = asyncio.create_task(Stacks().run(unit))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.sleep(0)
        opened.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
