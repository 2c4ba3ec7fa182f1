"""What a unit of work has in its hands."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Sequence
from typing import Any, cast

import pytest
from sqlalchemy.pool import PoolProxiedConnection

from adapter.mapping.plans import Plan
from adapter.store.drivers.base import Driver
from adapter.store.units import Reader

_PLAN = Plan(name="list", shown="SELECT 1", driver="SELECT 1", branches=())


class _Rows(list[tuple[int]]):
    """A list that can be watched."""


class _Long:
    """A driver whose answers have so many rows."""

    def __init__(self, many: int) -> None:
        self._many = many

    def run(self, _connection: PoolProxiedConnection, _sql: str, _values: Sequence[Any]) -> list[tuple[int]]:
        return _Rows((number,) for number in range(self._many))


@pytest.mark.parametrize(("many", "is_kept"), [(1, False), (5000, True)])
def test_a_long_answer_is_not_taken_apart_before_what_was_made_of_it_is_on_its_way(many: int, *, is_kept: bool) -> None:
    async def kept_and_left() -> tuple[bool, object]:
        reader = Reader(cast("PoolProxiedConnection", None), cast("Driver", _Long(many)), None)
        rows = weakref.ref(cast("_Rows", reader.rows(_PLAN, {})))
        kept = rows() is not None
        await asyncio.sleep(0)
        return kept, rows()

    assert asyncio.run(kept_and_left()) == (is_kept, None)
