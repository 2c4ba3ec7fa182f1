"""A PostgreSQL that may be stopped, with a restaurant's evening in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.faults.server import Server, own_server

RESTAURANT = Path(__file__).parents[3] / "adapter" / "demo" / "restaurants" / "floreant"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A PostgreSQL that a test may stop."""
    with own_server() as running:
        yield running


@pytest.fixture(scope="module")
def evening(server: Server) -> str:
    """The name of a restaurant's database on that server."""
    url = server.new_database("evening")
    with psycopg.connect(url, autocommit=True) as connection:
        for part in ("schema", "evening"):
            connection.execute((RESTAURANT / f"{part}.sql").read_text(encoding="utf-8"))
    return "evening"


@pytest.fixture
def own_evening(server: Server, evening: str, request: pytest.FixtureRequest) -> str:
    """The address of a copy of that database."""
    return server.new_database(f"own_{abs(hash(request.node.nodeid))}", evening)
