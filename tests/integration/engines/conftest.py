"""The three engines that we run, each with a database of its own and the adapter's way to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from adapter.mapping.engines import ENGINES, Engine
from adapter.mapping.plans import Plan
from adapter.store.database import Database
from adapter.store.engines import DatabaseSettings, connect
from tests.conftest import run_script

RUN = ("postgresql", "mariadb", "sqlite")


@dataclass(kw_only=True)
class Place:
    """A database, as the adapter sees it."""

    name: str
    url: str
    runner: asyncio.Runner
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.database = Database(connect(DatabaseSettings(url=self.url, pool_size=2, **self.settings)))

    @property
    def engine(self) -> Engine:
        return ENGINES[self.name]

    def script(self, sql: str) -> None:
        """Run SQL past the adapter."""
        run_script(self.url, sql)

    def plan(self, sql: str, **more: Any) -> Plan:
        """A statement with parameters as :name."""
        driver, names = self.engine.driver(self.engine.marked(sql), apart=True)
        return Plan(name="test", shown=sql, driver=driver, names=names, branches=(), **more)

    def rows(self, sql: str, **values: Any) -> list[Any]:
        """Read as the adapter reads."""
        plan = self.plan(sql)
        return [tuple(row) for row in self.run(self.database.read(lambda reader: reader.rows(plan, values)))]

    def run(self, waited: Any) -> Any:
        return self.runner.run(waited)


@pytest.fixture(scope="session")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as made:
        yield made


@pytest.fixture(scope="module")
def place_on(request: pytest.FixtureRequest, runner: asyncio.Runner) -> Iterator[Callable[..., Place]]:
    """Opens a new database on an engine; all are closed after the module."""
    made: list[Place] = []

    def open_(engine: str, **settings: Any) -> Place:
        fixture = "new_database" if engine == "postgresql" else f"new_{engine}"
        place = Place(name=engine, url=request.getfixturevalue(fixture)(), runner=runner, settings=settings)
        made.append(place)
        return place

    yield open_
    for place in made:
        place.run(place.database.close())


@pytest.fixture(params=RUN)
def place(request: pytest.FixtureRequest, place_on: Callable[..., Place]) -> Place:
    """A new database on each engine in turn."""
    return place_on(request.param)
