"""The till's program is updated under a running adapter: what no longer fits is said, and it comes back by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from adapter.events import Event, MappingBound, MappingUnfit, RecordingOff, RecordingOn
from adapter.store import refit, store

PATIENCE = 20.0


@pytest.fixture
def place(
    another: Callable[..., Any], own_restaurant: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    """An adapter that has answered, and looks again without letting anybody wait."""
    monkeypatch.setattr(refit, "AGAIN", 0.0)
    monkeypatch.setattr(store, "_LOOK", 0.01)
    place = another(own_restaurant("floreant"), "floreant")
    assert "errorCode" not in place.ask("GetTable", name="T1")
    with looked_after(place):
        yield place


@contextmanager
def looked_after(place: Any) -> Iterator[None]:
    """While the adapter keeps its mapping fitted, as it does while it serves."""
    stop = asyncio.Event()

    async def begin() -> asyncio.Task[None]:
        return asyncio.ensure_future(place.app.store.keep_fitting(stop))

    task = place.runner.run(begin())

    async def end() -> None:
        stop.set()
        await task

    try:
        yield
    finally:
        place.runner.run(end())


def wait_for(place: Any, kind: type[Event], count: int = 1) -> list[Any]:
    """What the adapter says of its own accord; nobody asks it anything meanwhile."""

    async def until() -> None:
        async with asyncio.timeout(PATIENCE):
            while len(place.of(kind)) < count:  # noqa: ASYNC110 - an event is no asyncio.Event
                await asyncio.sleep(0.01)

    place.runner.run(until())
    return list(place.of(kind))


def test_what_does_not_fit_after_an_update_is_listed_without_a_restart_and_served_again_when_it_fits(place: Any):
    place.sql("ALTER TABLE shop_table RENAME TO once_a_shop_table")
    assert "errorCode" in place.ask("GetTable", name="T1")
    assert any("shop_table" in told.problem for told in wait_for(place, MappingUnfit))
    place.sql("ALTER TABLE once_a_shop_table RENAME TO shop_table")
    wait_for(place, MappingBound, 2)
    assert place.ask("GetTable", name="T1")["table"]["name"] == "T1"
    place.lock_and_pay(5103, 100)
    # The same once more: it is told once more.
    told = len(place.of(MappingUnfit))
    place.sql("ALTER TABLE shop_table RENAME TO once_a_shop_table")
    place.ask("GetTable", name="T1")
    wait_for(place, MappingUnfit, told + 1)


def test_until_it_fits_again_a_payment_that_the_database_takes_is_recorded(place: Any):
    place.lock(5103)
    place.sql("ALTER TABLE shop_floor RENAME TO once_a_shop_floor")
    assert "errorCode" in place.ask("ListTables")
    wait_for(place, MappingUnfit)
    place.pay(5103, 100)


def test_a_ledger_that_was_taken_away_is_said_and_used_again_when_it_is_back(place: Any):
    wait_for(place, RecordingOn)
    place.sql("ALTER SCHEMA epos_adapter RENAME TO away")
    assert "errorCode" in place.ask("LockSession", sessionId=place.id(5103))
    (told, *_) = wait_for(place, RecordingOff)
    assert "ledger create" in told.reason
    place.sql("ALTER SCHEMA away RENAME TO epos_adapter")
    place.lock_and_pay(5103, 100)
