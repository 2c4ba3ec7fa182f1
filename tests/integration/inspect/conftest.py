"""Databases of every kind to look at, and what an inspection made of them."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from adapter.app import App
from adapter.config import Config
from adapter.inspect.inspecting import Inspection, inspect_database, problems_of
from adapter.mapping.load import load_mapping_text

Look = Callable[..., Inspection]

_numbers = itertools.count(1)


@pytest.fixture
def look() -> Look:
    """Looks at a database; the draft of whatever is found must load."""

    def inspect(url: str, **more: Any) -> Inspection:
        found = inspect_database(url, schema=more.pop("schema", None), tell=more.pop("tell", lambda _: None), **more)
        if found.draft is not None:
            assert problems_of(found.draft, "draft.toml") == []
        return found

    return inspect


@pytest.fixture
def sqlite(tmp_path: Path) -> Callable[[str], str]:
    """Gives the address of an SQLite file in which a script was run."""

    def make(script: str) -> str:
        file = tmp_path / f"till{next(_numbers)}.db"
        connection = sqlite3.connect(file)
        connection.executescript(f"BEGIN;\n{script}\n;COMMIT;")
        connection.close()
        return f"sqlite:///{file}"

    return make


@pytest.fixture
def postgres(new_database: Callable[..., str]) -> Callable[[str], str]:
    """Gives the address of a PostgreSQL database in which a script was run."""

    def make(script: str) -> str:
        url = new_database()
        address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(script)
        return url

    return make


@pytest.fixture
def maria() -> Iterator[Callable[[str], str]]:
    """Gives the address of a MariaDB database in which a script was run; skips where there is no MariaDB."""
    pytest.importorskip("pymysql", reason="PyMySQL is not installed: pip install 'epos-adapter[inspect]'")
    given = os.environ.get("EPOS_TEST_MARIADB_URL", "mariadb://root@127.0.0.1:3306")
    server = make_url(given).set(drivername="mysql+pymysql")
    engine = create_engine(server.set(database=None), isolation_level="AUTOCOMMIT")
    made: list[str] = []

    def make(script: str) -> str:
        name = f"epos_inspect_{os.getpid()}_{next(_numbers)}"
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} CHARACTER SET utf8mb4"))
            made.append(name)
            connection.execute(text(f"USE {name}"))
            for statement in filter(str.strip, script.split(";\n")):
                connection.exec_driver_sql(statement)
        return server.set(drivername="mariadb", database=name).render_as_string(hide_password=False)

    try:
        engine.connect().close()
    except OperationalError:
        engine.dispose()
        pytest.skip("no MariaDB: set EPOS_TEST_MARIADB_URL to mariadb://user:password@host:3306")
    yield make
    with engine.connect() as connection:
        for name in made:
            connection.execute(text(f"DROP DATABASE {name}"))
    engine.dispose()


@pytest.fixture
def ask() -> Iterator[Callable[..., dict[str, Any]]]:
    """Asks an adapter that reads a database by a drafted mapping."""
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        apps: list[App] = []

        def answer(url: str, draft: str, method: str, **params: Any) -> dict[str, Any]:
            config = Config.model_validate({"mapping": "draft", "database": {"url": url}})
            apps.append(App(config, load_mapping_text(draft, "draft.toml"), lambda _: None))
            machine = {"requestorType": "REQUESTOR_TYPE_CARD_MACHINE", "cardMachineRequestorInfo": {"terminalId": "1"}}
            request = {"jsonrpc": "2.0", "id": "1", "method": method, "params": {**params, "requestorInfo": machine}}
            given = runner.run(apps[-1].endpoint("test").handle(json.dumps(request).encode()))
            assert given is not None
            found: dict[str, Any] = json.loads(given)["result"]
            assert "errorCode" not in found, found
            return found

        yield answer
        for app in apps:
            runner.run(app.store.close())
