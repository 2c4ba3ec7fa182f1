"""A NULL that stands for a type is of that type, as PostgreSQL itself names it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from adapter.mapping.engines import POSTGRESQL
from adapter.mapping.engines.postgresql import TYPES
from adapter.mapping.plans import Plan
from adapter.store.database import Database
from adapter.store.engines import DatabaseSettings, connect


@pytest.fixture(scope="module")
def url(new_database: Callable[..., str]) -> str:
    return new_database()


def types_of(url: str, sql: str) -> list[str]:
    async def run() -> list[str]:
        database = Database(connect(DatabaseSettings(url=url)))
        try:
            plan = Plan(name="types", shown=sql, driver=sql, branches=())
            return await database.read(lambda reader: reader.types(plan))
        finally:
            await database.close()

    return asyncio.run(run())


def test_every_null_has_the_type_that_it_is_made_for(url: str):
    nulls = [POSTGRESQL.null_of(oid) for oid in TYPES]
    assert types_of(url, f"SELECT {', '.join(map(str, nulls))}") == list(TYPES)


def test_a_union_takes_the_type_of_such_a_null_and_not_that_of_none(url: str):
    branches = [f"SELECT {POSTGRESQL.null_of('1114')}", "SELECT NULL", "SELECT localtimestamp"]
    assert types_of(url, " UNION ALL ".join(branches)) == ["1114"]


def test_of_a_type_that_a_database_has_made_there_is_none(url: str):
    (mood,) = types_of(url, "SELECT attrelid::regclass FROM pg_attribute LIMIT 0")
    assert POSTGRESQL.null_of(mood) is None
    assert POSTGRESQL.null_of("") is None
