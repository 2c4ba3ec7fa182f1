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

    async def take(self) -> PoolProxiedConnection:
        return await self._stacks.run(self.connections.take)

    async def hold(self) -> None:
        """Take one, wait, and give it back."""

        def held() -> None:
            connection = self.connections.take()
            try:
                await_only(asyncio.sleep(10))
            finally:
                self.connections.give_back(connection)

        await self._stacks.run(held)

    async def asks(self) -> asyncio.Task[PoolProxiedConnection]:
        """Somebody who waits for one by now."""
        task = asyncio.ensure_future(self.take())
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
