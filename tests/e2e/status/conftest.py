"""A PostgreSQL that may be stopped, with a restaurant's evening in it."""

from __future__ import annotations

import itertools
from pathlib import Path

import psycopg
import pytest

from tests.faults.server import Server

RESTAURANT = Path(__file__).parents[3] / "adapter" / "demo" / "restaurants" / "floreant"


_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def evening(server: Server) -> str:
    """The name of a restaurant's database on that server."""
    url = server.new_database("evening")
    with psycopg.connect(url, autocommit=True) as connection:
        for part in ("schema", "evening"):
            connection.execute((RESTAURANT / f"{part}.sql").read_text(encoding="utf-8"))
    return "evening"


@pytest.fixture
def own_evening(server: Server, evening: str) -> str:
    """The address of a copy of that database."""
    return server.new_database(f"own_{next(_numbers)}", evening)
