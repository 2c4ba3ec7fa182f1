"""One PostgreSQL for all tests of this folder: they stop it, and must not stop that of the others."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.server import Server, own_server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with own_server() as running:
        yield running
