"""Each fault is what it says, as a program with a real PostgreSQL behind the proxy sees it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, LiteralString

import psycopg
import pytest

from tests.faults.proxy import Fault, Proxy
from tests.faults.server import Server

PATIENCE = 20.0
MOMENT = 0.2  # seconds; what has not come by then was not going to come on its own

_numbers = itertools.count(1)
Connection = psycopg.AsyncConnection[Any]


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), PATIENCE))


class Behind:
    """A proxy before a database with one empty table."""

    def __init__(self, proxy: Proxy, name: str, direct: str) -> None:
        self.proxy = proxy
        self.url = proxy.url(name)
        self._direct = direct

    async def connect(self) -> Connection:
        return await psycopg.AsyncConnection.connect(self.url)

    def rows(self) -> int:
        with psycopg.connect(self._direct) as connection:
            found = connection.execute("SELECT COUNT(*) FROM row").fetchone()
        assert found is not None
        return int(found[0])


@asynccontextmanager
async def behind(server: Server) -> AsyncIterator[Behind]:
    name = f"proxy_{next(_numbers)}"
    direct = server.new_database(name)
    with psycopg.connect(direct, autocommit=True) as connection:
        connection.execute("CREATE TABLE row (number int)")
    async with Proxy(server.socket) as proxy:
        yield Behind(proxy, name, direct)


async def insert(connection: Connection) -> None:
    await connection.execute("INSERT INTO row VALUES (%s)", (1,))


async def in_a_pipeline(connection: Connection, *statements: LiteralString) -> None:
    async with connection.pipeline():
        for statement in statements:
            await connection.execute(statement, prepare=False)


async def nothing_comes(waiting: asyncio.Task[Any]) -> bool:
    done, _ = await asyncio.wait({waiting}, timeout=MOMENT)
    return not done


def test_without_a_fault_everything_arrives(server: Server):
    async def test() -> None:
        async with behind(server) as it:
            connection = await it.connect()
            await insert(connection)
            await connection.commit()
            long = await (await connection.execute("SELECT REPEAT('x', 1000000)")).fetchone()
            assert long == ("x" * 1_000_000,)
            await connection.close()
            assert it.rows() == 1

    run(test)


def test_a_request_for_encryption_is_refused_so_that_the_rest_can_be_read(server: Server):
    async def test() -> None:
        async with behind(server) as it:
            connection = await psycopg.AsyncConnection.connect(it.url, sslmode="prefer")
            assert not connection.pgconn.ssl_in_use
            await connection.close()
            with pytest.raises(psycopg.OperationalError, match="does not support SSL"):
                await psycopg.AsyncConnection.connect(it.url, sslmode="require")

    run(test)


def test_a_connection_cut_before_its_commit_leaves_nothing(server: Server):
    async def test() -> None:
        async with behind(server) as it:
            connection = await it.connect()
            trap = it.proxy.arm(Fault.CUT_BEFORE)
            await insert(connection)
            assert not trap.sprung.is_set()
            with pytest.raises(psycopg.OperationalError):
                await connection.commit()
            assert trap.sprung.is_set()
            assert connection.closed
            assert it.rows() == 0

    run(test)


def test_a_connection_cut_after_its_commit_leaves_the_row(server: Server):
    async def test() -> None:
        async with behind(server) as it:
            connection = await it.connect()
            trap = it.proxy.arm(Fault.CUT_AFTER)
            await insert(connection)
            with pytest.raises(psycopg.OperationalError):
                await connection.commit()
            assert trap.answer == "COMMIT"
            assert it.rows() == 1

    run(test)


def test_a_commit_in_a_prepared_statement_or_in_a_pipeline_is_seen_too(server: Server):
    async def test() -> None:
        async with behind(server) as it:
            connection = await it.connect()
            await connection.set_autocommit(True)
            trap = it.proxy.arm(Fault.CUT_AFTER)
            with pytest.raises(psycopg.OperationalError):
                await in_a_pipeline(connection, "BEGIN", "INSERT INTO row VALUES (1)", "COMMIT")
            assert trap.answer == "COMMIT"
            assert it.rows() == 1

    run(test)


def test_a_trap_springs_once_and_only_for_its_own_connection(server: Server):
    async def test() -> None:
        async with behind(server) as it:
            first, second = await it.connect(), await it.connect()
            trap = it.proxy.links[0].arm(Fault.CUT_BEFORE)
            await insert(second)
            await second.commit()
            await insert(first)
            with pytest.raises(psycopg.OperationalError):
                await first.commit()
            assert trap.link is not None
            assert trap.link.closed
            await insert(second)
            await second.commit()
            await second.close()
            assert it.rows() == 2

    run(test)


def test_the_answer_to_a_commit_can_be_held_while_the_row_is_there(server: Server):
    async def test() -> None:
        async with behind(server) as it:
            connection = await it.connect()
            trap = it.proxy.arm(Fault.HOLD)
            await insert(connection)
            waiting = asyncio.create_task(connection.commit())
            await trap.answered.wait()
            assert await nothing_comes(waiting)
            assert it.rows() == 1
            assert trap.link is not None
            trap.link.thaw()
            await waiting
            await connection.close()

    run(test)


def test_a_stalled_commit_is_carried_out_when_it_is_let_go_even_if_nobody_waits_for_it(server: Server):
    async def test() -> None:
        async with behind(server) as it:
            connection = await it.connect()
            trap = it.proxy.arm(Fault.STALL)
            await insert(connection)
            waiting = asyncio.create_task(connection.commit())
            await trap.sprung.wait()
            assert await nothing_comes(waiting)
            assert it.rows() == 0
            connection.pgconn.finish()
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            assert trap.link is not None
            trap.link.thaw()
            await trap.answered.wait()
            assert it.rows() == 1

    run(test)


def test_a_frozen_connection_is_silent_and_open_until_it_is_thawed(server: Server):
    async def test() -> None:
        async with behind(server) as it:
            connection = await it.connect()
            it.proxy.freeze()
            waiting = asyncio.create_task(connection.execute("SELECT 1"))
            assert await nothing_comes(waiting)
            newcomer = asyncio.create_task(it.connect())
            assert await nothing_comes(newcomer)
            it.proxy.thaw()
            assert await (await waiting).fetchone() == (1,)
            await (await newcomer).close()
            await connection.close()

    run(test)


def test_one_connection_can_be_frozen_alone(server: Server):
    async def test() -> None:
        async with behind(server) as it:
            first, second = await it.connect(), await it.connect()
            it.proxy.links[0].freeze()
            waiting = asyncio.create_task(first.execute("SELECT 1"))
            assert await nothing_comes(waiting)
            assert await (await second.execute("SELECT 2")).fetchone() == (2,)
            it.proxy.links[0].thaw()
            assert await (await waiting).fetchone() == (1,)
            await first.close()
            await second.close()

    run(test)


def test_a_deaf_proxy_accepts_newcomers_and_never_answers_while_the_others_go_on(server: Server):
    async def test() -> None:
        async with behind(server) as it:
            connection = await it.connect()
            it.proxy.deafen()
            newcomer = asyncio.create_task(it.connect())
            assert await nothing_comes(newcomer)
            assert it.proxy.unanswered == 1
            assert await (await connection.execute("SELECT 1")).fetchone() == (1,)
            it.proxy.hear()
            with pytest.raises(psycopg.OperationalError):
                await newcomer
            await (await it.connect()).close()
            await connection.close()

    run(test)


def test_a_plain_cut_closes_every_connection_and_lets_new_ones_in(server: Server):
    async def test() -> None:
        async with behind(server) as it:
            connection = await it.connect()
            await insert(connection)
            it.proxy.cut()
            with pytest.raises(psycopg.OperationalError):
                await connection.commit()
            assert it.rows() == 0
            await (await it.connect()).close()

    run(test)


def test_a_server_that_was_stopped_at_once_keeps_what_was_committed_and_comes_back(server: Server):
    async def test() -> None:
        async with behind(server) as it:
            connection = await it.connect()
            await insert(connection)
            await connection.commit()
            await insert(connection)
            await asyncio.to_thread(server.stop)
            with pytest.raises(psycopg.OperationalError):
                await connection.commit()
            with pytest.raises(psycopg.OperationalError):
                await it.connect()
            await asyncio.to_thread(server.start)
            assert it.rows() == 1
            await (await it.connect()).close()

    run(test)
