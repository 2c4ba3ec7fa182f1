"""A lease whose way to the database is dead."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from adapter.errors import DatabaseUnavailable
from adapter.mapping.engines import ENGINES
from adapter.store import lease as subject
from adapter.store.lease import SqlLease
from adapter.store.ledger import Ledger


class Dead:
    """A database whose network forgets what is sent."""

    cut = 0

    async def write(self, *_: object, **__: object) -> Any:
        try:
            await asyncio.Event().wait()
        finally:
            self.cut += 1


def test_a_question_without_an_answer_is_given_up_so_that_another_connection_is_tried(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(subject, "PATIENCE", 0.01)
    dead: Any = Dead()
    lease = SqlLease(
        dead, Ledger("epos_adapter", ENGINES["postgresql"]), account=uuid4(), holder=uuid4(), held_by="till-1"
    )
    for _ in range(2):
        with pytest.raises(DatabaseUnavailable, match="does not answer"):
            asyncio.run(lease.take())
    assert dead.cut == 2
