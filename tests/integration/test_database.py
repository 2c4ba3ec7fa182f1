"""The way to the database: lost connections, slow statements, refusals; each said in one of our own errors."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from adapter.errors import AdapterError, DatabaseBusy, DatabaseUnavailable, MappingMismatch, StoreError, TooSlow
from adapter.mapping.plans import Plan
from adapter.store.database import Database, Reader, translate
from adapter.store.engines import DatabaseSettings, connect, engine_of


def reading(sql: str, **parameters: Any) -> Callable[[Reader], Any]:
    plan = Plan(name="test", shown=sql, driver=sql, names=tuple(parameters), branches=())
    return lambda reader: reader.rows(plan, parameters)


def on_database(url: str, use: Callable[[Database], Awaitable[Any]], **settings: Any) -> Any:
    async def run() -> Any:
        database = Database(connect(DatabaseSettings(url=url, **settings)))
        try:
            return await use(database)
        finally:
            await database.close()

    return asyncio.run(run())


@pytest.fixture(scope="module")
def url(new_database: Callable[..., str]) -> str:
    return new_database()


def terminate_all(url: str) -> int:
    """End every other connection to this database, as a restart of the server does."""
    with psycopg.connect(url, autocommit=True) as connection:
        ended = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return len(ended.fetchall())


def test_a_network_that_is_dead_is_noticed_long_before_the_system_would(url: str):
    async def use(database: Database) -> Any:
        return await database.read(lambda reader: reader._connection.driver_connection.info.get_parameters())

    told = on_database(url, use, statement_timeout=4)
    assert {name: told.get(name) for name in ("tcp_user_timeout", "keepalives_idle", "keepalives_interval")} == {
        "tcp_user_timeout": "8000",
        "keepalives_idle": "4",
        "keepalives_interval": "4",
    }


def test_after_every_connection_was_lost_the_next_reads_succeed(url: str):
    async def use(database: Database) -> tuple[int, list[Any]]:
        slow = reading("SELECT 1, pg_sleep(0.05)")
        await asyncio.gather(*(database.read(slow) for _ in range(8)))
        lost = await asyncio.to_thread(terminate_all, url)
        return lost, await asyncio.gather(*(database.read(reading("SELECT 7")) for _ in range(40)))

    lost, answers = on_database(url, use, pool_size=8)
    assert lost == 8
    assert answers == [[(7,)]] * 40


def test_a_connection_that_is_lost_in_the_middle_is_tried_again(url: str):
    async def use(database: Database) -> Any:
        waiting = asyncio.create_task(database.read(reading("SELECT 5 FROM pg_sleep(0.3)")))
        await asyncio.sleep(0.1)
        await asyncio.to_thread(terminate_all, url)
        return await waiting

    assert on_database(url, use) == [(5,)]


def test_a_slow_statement_is_ended_by_the_database_itself(url: str):
    async def use(database: Database) -> Any:
        with pytest.raises(TooSlow):
            await database.read(reading("SELECT pg_sleep(30)"))
        return await database.read(reading("SELECT 1"))

    assert on_database(url, use, statement_timeout=0.1, lock_timeout=0.05) == [(1,)]


def test_a_cancelled_read_gives_its_connection_back(url: str):
    async def use(database: Database) -> Any:
        for _ in range(5):
            task = asyncio.create_task(database.read(reading("SELECT pg_sleep(30)")))
            await asyncio.sleep(0.02)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        return await database.read(reading("SELECT 1"))

    assert on_database(url, use, pool_size=1, pool_timeout=1.0) == [(1,)]


def test_when_all_connections_are_in_use_the_wait_has_an_end(url: str):
    async def use(database: Database) -> None:
        blocking = asyncio.create_task(database.read(reading("SELECT pg_sleep(2)")))
        await asyncio.sleep(0.05)
        with pytest.raises(DatabaseBusy):
            await database.read(reading("SELECT 1"))
        blocking.cancel()
        await asyncio.gather(blocking, return_exceptions=True)

    on_database(url, use, pool_size=1, pool_timeout=0.05)


def test_a_statement_gives_the_same_values_however_often_it_is_run(url: str):
    # From its second run on a connection an answer may come in binary form.
    values = (
        "true, 1::int2, -2::int4, 3000000000::int8, 34.225::float8, 0.1::float8, '-0'::float8, 'NaN'::float8",
        "12.50::numeric, 0.00::numeric(9,2), 1e20::numeric, 'NaN'::numeric, 'é'::text, ' x '::varchar(5)",
        "'2024-05-01'::date, '2024-05-01 18:02:03.123456'::timestamp, '2024-10-27 01:30+01'::timestamptz",
        "'6d0d4a2f-8c7e-4c49-9a53-5d8f4c2d9a11'::uuid, NULL::int4, NULL::numeric, NULL::text",
    )

    async def use(database: Database) -> list[Any]:
        read = reading(f"SELECT {', '.join(values)}")
        return [await database.read(read) for _ in range(4)]

    first, *others = map(repr, on_database(url, use, pool_size=1))
    assert "34.225, 0.1, -0.0, nan, Decimal('12.50'), Decimal('0.00')" in first
    assert others == [first] * 3


@pytest.mark.parametrize(
    "value",
    [
        "0.1::float4",
        "'1,5'::money",
        "'a'::\"char\"",
        "'{1,2}'::int4[]",
        "'{\"a\": 1}'::jsonb",
        "'ab'::char(4)",
        "'12:30'::time",
    ],
)
def test_values_without_a_known_binary_form_keep_their_text(url: str, value: str):
    async def use(database: Database) -> list[Any]:
        return [await database.read(reading(f"SELECT 1, {value}")) for _ in range(3)]

    first, *others = map(repr, on_database(url, use, pool_size=1))
    assert others == [first] * 2


def test_nothing_can_be_changed_through_a_reading_connection(url: str):
    async def use(database: Database) -> None:
        with pytest.raises(StoreError) as caught:
            await database.read(reading("CREATE TABLE intruder (id integer)"))
        assert "25006" in caught.value.message

    on_database(url, use)


@pytest.mark.parametrize(
    "sql", ["SELECT * FROM no_such_table", "SELECT no_such_column FROM pg_class", "SELECT no_such_function(1)"]
)
def test_what_the_schema_lacks_is_a_mismatch_of_the_mapping(url: str, sql: str):
    async def use(database: Database) -> None:
        with pytest.raises(MappingMismatch):
            await database.read(reading(sql))

    on_database(url, use)


def test_a_value_that_the_driver_cannot_send_is_no_lost_connection(url: str):
    async def use(database: Database) -> None:
        with pytest.raises(StoreError) as caught:
            await database.read(reading("SELECT $1::text", x="a\0b"))
        assert not isinstance(caught.value, DatabaseUnavailable)

    on_database(url, use)


def test_no_error_repeats_what_the_database_said(url: str):
    async def use(database: Database) -> None:
        with pytest.raises(StoreError) as caught:
            await database.read(reading("SELECT $1::integer", x="secret-value"))
        assert "secret-value" not in f"{caught.value.message}{caught.value.hint}{caught.value.__cause__}"

    on_database(url, use)


def test_a_database_that_is_not_there_is_unavailable(url: str):
    missing = make_url(url).set(database="no_such_database").render_as_string(hide_password=False)

    async def use(database: Database) -> None:
        with pytest.raises(DatabaseUnavailable):
            await database.read(reading("SELECT 1"))

    on_database(missing, use)
    on_database("postgresql://x:y@127.0.0.1:1/z", use, connect_timeout=1.0)


@pytest.mark.parametrize("address", ["", "nonsense", "oracle://x/y", "db2://x/y"])
def test_an_address_of_no_engine_that_is_run_on_is_refused(address: str):
    with pytest.raises(AdapterError) as caught:
        engine_of(address)
    assert caught.value.hint


def test_a_text_that_is_read_again_gives_what_is_asked_for_now(url: str):
    sql = "SELECT n, $1::int FROM generate_series(1, $1::int) n"
    plan = Plan(name="test", shown=sql, driver=sql, names=("many",), branches=())

    async def use(database: Database) -> list[Any]:
        return [await database.read(lambda reader, many=many: reader.rows(plan, {"many": many})) for many in counts]

    counts = [1, 2, 0, 2000, 3, 3]
    assert on_database(url, use) == [[(n, many) for n in range(1, many + 1)] for many in counts]


def test_a_time_that_python_cannot_hold_does_not_spoil_the_next_answer_of_the_same_text(url: str):
    sql = "SELECT $1::text::timestamp"
    plan = Plan(name="test", shown=sql, driver=sql, names=("at",), branches=())

    async def use(database: Database) -> list[Any]:
        times = ("2024-05-01", "infinity", "2024-05-02", "infinity")
        return [await database.read(lambda reader, at=at: reader.rows(plan, {"at": at})[0][0]) for at in times]

    assert on_database(url, use) == [datetime(2024, 5, 1), "infinity", datetime(2024, 5, 2), "infinity"]  # noqa: DTZ001


def test_after_an_error_the_same_text_can_be_asked_again(url: str):
    sql = "SELECT 10 / $1::int"
    plan = Plan(name="test", shown=sql, driver=sql, names=("by",), branches=())

    async def use(database: Database) -> list[Any]:
        found: list[Any] = []
        for by in (5, 0, 2):
            try:
                found.append(await database.read(lambda reader, by=by: reader.rows(plan, {"by": by})))
            except StoreError as error:
                found.append(type(error))
        return found

    assert on_database(url, use, pool_size=1) == [[(2,)], StoreError, [(5,)]]


def test_a_read_that_is_cut_short_while_its_connection_is_being_opened_leaves_none_behind(url: str):
    """Found by hundreds of callers that hung up: the server had a connection more for each eighth of them."""

    async def use(database: Database) -> int:
        for number in range(60):
            reading_ = asyncio.create_task(database.read(reading("SELECT 1")))
            await asyncio.sleep(number * 0.0003)
            reading_.cancel()
            await asyncio.gather(reading_, return_exceptions=True)
            # So that the next one has to open a connection too.
            await database.stacks.run(database.connections.close)
        for _ in range(200):  # the server ends what was closed in its own time
            if not (left := await asyncio.to_thread(count_all, url)):
                break
            await asyncio.sleep(0.02)
        return left

    gc.collect()
    gc.disable()  # which would close what nobody knows of, but only when it looks
    try:
        assert on_database(url, use) == 0
    finally:
        gc.enable()


def count_all(url: str) -> int:
    """How many other connections this database has."""
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchone()
    return int(found[0]) if found is not None else 0


def test_a_server_that_does_not_answer_the_call_in_time_cannot_be_reached():
    found = translate(psycopg.errors.ConnectionTimeout("connection timeout expired"))
    assert isinstance(found, DatabaseUnavailable)
