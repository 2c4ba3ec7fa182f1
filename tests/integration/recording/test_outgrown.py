"""The till's program is updated under a running adapter: what no longer fits is said, and it comes back by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from adapter.events import DatabaseDown, Event, MappingBound, MappingOutgrown, MappingUnfit, RecordingOff, RecordingOn
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


TWO_COLUMNS = (
    ('id         = "k.id"\nname       = "k.name"', 'id = ["k.id", "k.part"]\nname = "k.name"'),
    ('id              = "i.id"', 'id = "i.name"'),
)


@pytest.fixture
def small_place(small: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Opens the restaurant of two tables, looked after in the same way."""
    monkeypatch.setattr(refit, "AGAIN", 0.0)
    monkeypatch.setattr(store, "_LOOK", 0.01)
    with ExitStack() as looking:

        def open_(*sql: str, **more: Any) -> Any:
            place = small(*sql, **more)
            looking.enter_context(looked_after(place))
            return place

        yield open_


def names(place: Any) -> set[str]:
    return {session["name"] for session in place.ask("ListSessions")["sessions"]}


def test_a_column_whose_type_was_altered_is_read_as_it_is_now(small_place: Callable[..., Any]):
    place = small_place("ALTER TABLE chk ADD part int NOT NULL DEFAULT 1", "", edits=TWO_COLUMNS)
    for _ in range(3):  # often enough to be prepared
        assert names(place) == {"One", "Two"}
    place.sql(
        "ALTER TABLE chk ALTER id TYPE bigint; INSERT INTO chk (id, name, total) VALUES (1::bigint << 40, 'Big', 5)"
    )
    assert "sessions" in place.ask("ListSessions")
    wait_for(place, MappingBound, 2)
    assert names(place) == {"One", "Two", "Big"}
    assert not place.of(MappingOutgrown)
    assert not place.of(DatabaseDown)


def test_a_payment_is_recorded_though_a_column_was_altered_and_the_mapping_is_fitted_anew(
    small_place: Callable[..., Any],
):
    place = small_place()
    place.lock(1)
    for _ in range(3):
        place.pay(1, 100)
    place.sql("ALTER TABLE chk ALTER paid TYPE numeric(12,4)")
    place.pay(1, 100)
    wait_for(place, MappingBound, 2)
    place.pay(1, 100)
    assert place.sql("SELECT paid::float, (SELECT count(*) FROM pay) FROM chk WHERE id = 1") == [(5.0, 5)]


def test_a_type_that_the_mapping_does_not_fit_is_told_and_until_then_it_is_answered_as_before(
    small_place: Callable[..., Any],
):
    place = small_place("ALTER TABLE chk ADD part int NOT NULL DEFAULT 1", "", edits=TWO_COLUMNS)
    for _ in range(3):
        assert names(place) == {"One", "Two"}
    place.sql("ALTER TABLE chk ALTER id TYPE bigint, ALTER part TYPE bigint")
    assert names(place) == {"One", "Two"}
    assert any("128 bits" in told.problem for told in wait_for(place, MappingUnfit))
    assert names(place) == {"One", "Two"}
    assert not place.of(DatabaseDown)
