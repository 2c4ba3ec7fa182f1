"""What a unit of work has in its hands: one connection, for reading or inside a transaction. Knows no restaurants."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.pool import PoolProxiedConnection

from adapter.events import Emit, StatementFailed, StatementRun
from adapter.mapping.plans import Plan
from adapter.store.drivers.base import Driver

Row = Sequence[Any]

_MANY = 1000
"""Rows of an answer that take a millisecond or more to be taken apart again."""


class Reader:
    """One connection, for the time of one unit."""

    def __init__(self, connection: PoolProxiedConnection, driver: Driver, emit: Emit | None) -> None:
        self._connection = connection
        self._driver = driver
        self._emit = emit

    def rows(self, plan: Plan, parameters: Mapping[str, Any]) -> list[Row]:
        """Run a plan's statement and give its rows."""
        started = time.perf_counter()
        try:
            found = self._driver.run(self._connection, plan.driver, _values(plan, parameters))
        except BaseException as error:
            self._tell_failed(plan, error, started)
            raise
        self._tell(plan, len(found), started)
        if len(found) > _MANY:
            # Kept until the loop comes round, when the answer that is made of them is on its way: taking the rows of a
            # thousand bills apart is a thirtieth of the time of their answer.
            asyncio.get_running_loop().call_soon(_let_go, found)
        return found

    def types(self, plan: Plan) -> list[str]:
        """The types of the columns that a statement would give."""
        return self._driver.column_types(self._connection, plan.driver, [plan.constants[name] for name in plan.names])

    def prepare(self, plan: Plan) -> Sequence[str]:
        """Have the server check a statement without running it; the types it takes its parameters for, if it says them."""
        return self._driver.prepare(self._connection, plan.driver, plan.types)

    def _tell(self, plan: Plan, rows: int, started: float) -> None:
        if self._emit is not None:
            spent = (time.perf_counter() - started) * 1000
            self._emit(StatementRun(name=plan.name, sql=plan.shown, rows=rows, milliseconds=spent))

    def _tell_failed(self, plan: Plan, error: BaseException, started: float) -> None:
        if self._emit is not None:
            spent = (time.perf_counter() - started) * 1000
            self._emit(StatementFailed(name=plan.name, error=type(error).__name__, milliseconds=spent))


def _let_go(_found: list[Row]) -> None:
    """Who calls this held them until now."""


class Writer(Reader):
    """One connection inside a transaction, for the time of one unit."""

    def __init__(
        self, connection: PoolProxiedConnection, driver: Driver, emit: Emit | None, *, uncertain: bool
    ) -> None:
        super().__init__(connection, driver, emit)
        self.uncertain = uncertain
        """Whether an earlier run of this unit may have been committed."""

    def change(self, plan: Plan, parameters: Mapping[str, Any]) -> tuple[int, list[Row]]:
        """Run a statement that writes, and give how many rows it touched and those it returned."""
        started = time.perf_counter()
        try:
            values = _values(plan, parameters)
            touched, found = self._driver.change(self._connection, plan.driver, values, once=plan.once)
        except BaseException as error:
            self._tell_failed(plan, error, started)
            raise
        self._tell(plan, touched, started)
        return touched, found

    def define(self, plan: Plan) -> None:
        """Run a statement that makes a table."""
        self._driver.define(self._connection, plan.driver)


def _values(plan: Plan, parameters: Mapping[str, Any]) -> list[Any]:
    return [parameters[name] if name in parameters else plan.constants[name] for name in plan.names]
