"""Connections pass from one unit to the next: to whoever waits longest, never to two, and no place is ever lost."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from psycopg import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.util import await_only

from adapter.errors import Bug
from adapter.store.connections import Connections
from adapter.store.engines import DatabaseSettings, connect
from adapter.store.stacks import Stacks


class Hands:
    """Connections as units on stacks take them and give them back."""

    def __init__(self, url: str, **settings: Any) -> None:
        self.connections = Connections(connect(DatabaseSettings(url=url, **settings)))
        self._stacks = Stacks()

    async def take(self, *, at_once: bool = True) -> PoolProxiedConnection:
        return await self._stacks.run(lambda: self.connections.take(at_once=at_once))

    async def hold(self) -> None:
        """Take one, wait, and give it back."""

        def held() -> None:
            connection = self.connections.take()
            try:
                await_only(asyncio.sleep(10))
            finally:
                self.connections.give_back(connection)

        await self._stacks.run(held)

    async def asks(self, *, at_once: bool = True) -> asyncio.Task[PoolProxiedConnection]:
        """Somebody who waits for one by now."""
        task = asyncio.ensure_future(self.take(at_once=at_once))
        await asyncio.sleep(0)
        return task

    def give_back(self, connection: PoolProxiedConnection) -> None:
        self.connections.give_back(connection)

    async def lose(self, connection: PoolProxiedConnection) -> None:
        def lost() -> None:
            self.connections.lost(connection, RuntimeError())
            self.connections.give_back(connection)

        await self._stacks.run(lost)

    async def close(self) -> None:
        await self._stacks.run(self.connections.close)


@pytest.fixture(scope="module")
def url(new_database: Callable[..., str]) -> str:
    return new_database()


def with_hands(url: str, use: Callable[[Hands], Awaitable[None]], **settings: Any) -> None:
    async def run() -> None:
        hands = Hands(url, **settings)
        try:
            await use(hands)
            assert hands.connections.in_use == 0
        finally:
            await hands.close()

    asyncio.run(run())


def test_the_last_connection_to_come_back_is_the_first_to_go(url: str):
    async def use(hands: Hands) -> None:
        first, second = await hands.take(), await hands.take()
        hands.give_back(first)
        hands.give_back(second)
        assert await hands.take() is second
        hands.give_back(second)

    with_hands(url, use, pool_size=2)


def test_a_connection_that_comes_back_goes_to_whoever_waits_longest(url: str):
    async def use(hands: Hands) -> None:
        only = await hands.take()
        waiting = [await hands.asks() for _ in range(3)]
        for task in waiting:
            assert not task.done()
            hands.give_back(only)
            assert await task is only
        hands.give_back(only)

    with_hands(url, use, pool_size=1)


async def busy(hands: Hands) -> list[PoolProxiedConnection]:
    """As many in use as may be before whoever can wait does."""
    return [await hands.take(at_once=False) for _ in range(4)]


def test_where_a_few_are_in_use_whoever_can_wait_gets_the_first_that_comes_back(url: str):
    async def use(hands: Hands) -> None:
        few = await busy(hands)
        waiting = await hands.asks(at_once=False)
        hands.give_back(few[2])
        assert await waiting is few[2]
        assert hands.connections.in_use == 4
        for connection in few:
            hands.give_back(connection)

    with_hands(url, use, pool_size=8)


def test_whoever_cannot_wait_gets_another_at_once_and_waits_for_nobody_who_can(url: str):
    async def use(hands: Hands) -> None:
        few = await busy(hands)
        waiting = await hands.asks(at_once=False)
        another = await hands.take()
        assert another not in few
        assert not waiting.done()
        hands.give_back(another)
        assert await waiting is another
        for connection in (*few, another):
            hands.give_back(connection)

    with_hands(url, use, pool_size=8)


def test_where_those_in_use_are_slow_whoever_waits_gets_another_a_ready_one_first(url: str):
    async def use(hands: Hands) -> None:
        few = await busy(hands)
        ready = await hands.take()
        hands.give_back(ready)
        more = [await hands.take(at_once=False) for _ in range(4)]
        assert more[0] is ready
        assert len({id(one) for one in (*few, *more)}) == hands.connections.in_use == 8
        for connection in (*few, *more):
            hands.give_back(connection)

    with_hands(url, use, pool_size=8)


def test_where_all_are_in_use_by_then_nobody_waits_longer_than_the_pool_says(url: str):
    async def use(hands: Hands) -> None:
        few = await busy(hands)
        waiting = await hands.asks(at_once=False)
        last = await hands.take()
        with pytest.raises(PoolTimeout):
            await waiting
        for connection in (*few, last):
            hands.give_back(connection)

    with_hands(url, use, pool_size=5, pool_timeout=0.05)


def test_whoever_goes_while_there_are_others_to_be_had_leaves_no_place_taken(url: str):
    async def use(hands: Hands) -> None:
        few = await busy(hands)
        gone, late = await hands.asks(at_once=False), await hands.asks(at_once=False)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        another = await late
        assert hands.connections.in_use == 5
        for connection in (*few, another):
            hands.give_back(connection)

    with_hands(url, use, pool_size=8)


def test_whoever_stops_waiting_is_passed_over(url: str):
    async def use(hands: Hands) -> None:
        only = await hands.take()
        gone, there = await hands.asks(), await hands.asks()
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        hands.give_back(only)
        assert await there is only
        hands.give_back(only)

    with_hands(url, use, pool_size=1)


def test_a_connection_that_comes_in_the_moment_in_which_somebody_goes_is_passed_on(url: str):
    async def use(hands: Hands) -> None:
        only = await hands.take()
        gone, there = await hands.asks(), await hands.asks()
        hands.give_back(only)
        gone.cancel()
        assert await there is only
        assert gone.cancelled()
        hands.give_back(only)

    with_hands(url, use, pool_size=1)


def test_the_place_of_a_connection_that_was_thrown_away_goes_to_whoever_waits_and_another_is_opened(url: str):
    async def use(hands: Hands) -> None:
        broken = await hands.take()
        waiting = await hands.asks()
        await hands.lose(broken)
        another = await waiting
        assert another is not broken
        assert another.is_valid
        hands.give_back(another)

    with_hands(url, use, pool_size=1)


def test_connections_that_were_open_when_one_was_lost_are_not_used_again(url: str):
    async def use(hands: Hands) -> None:
        ready, broken = await hands.take(), await hands.take()
        hands.give_back(ready)
        await hands.lose(broken)
        fresh = await hands.take()
        assert fresh is not ready
        assert not ready.is_valid
        hands.give_back(fresh)

    with_hands(url, use, pool_size=2)


def test_nobody_waits_longer_than_the_pool_says_and_the_place_is_not_lost(url: str):
    async def use(hands: Hands) -> None:
        only = await hands.take()
        with pytest.raises(PoolTimeout):
            await hands.take()
        hands.give_back(only)
        assert await hands.take() is only
        hands.give_back(only)

    with_hands(url, use, pool_size=1, pool_timeout=0.01)


def test_whoever_waited_in_vain_leaves_nothing_that_waits_for_the_garbage_collector(url: str):
    async def use(hands: Hands) -> None:
        only = await hands.take()
        gc.collect()
        gc.disable()
        try:
            with suppress(PoolTimeout):
                await hands.take()
            assert not [one for one in gc.get_objects() if isinstance(one, PoolTimeout)]
        finally:
            gc.enable()
        hands.give_back(only)

    with_hands(url, use, pool_size=1, pool_timeout=0.01)


def test_a_connection_that_cannot_be_opened_takes_no_place():
    async def use(hands: Hands) -> None:
        for _ in range(3):
            with pytest.raises(OperationalError):
                await hands.take()

    with_hands("postgresql://nobody@127.0.0.1:1/nowhere", use, pool_size=1, pool_timeout=0.01)


def test_whoever_goes_while_theirs_is_opened_takes_no_place(url: str):
    async def use(hands: Hands) -> None:
        gone = asyncio.ensure_future(hands.hold())
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        assert gone.cancelled()
        assert hands.connections.in_use == 0

    with_hands(url, use, pool_size=1)


def test_a_connection_is_given_back_once(url: str):
    async def use(hands: Hands) -> None:
        only = await hands.take()
        waiting = await hands.asks()
        hands.give_back(only)
        with pytest.raises(Bug):
            hands.give_back(only)
        assert await waiting is only
        hands.give_back(only)

    with_hands(url, use, pool_size=1)
