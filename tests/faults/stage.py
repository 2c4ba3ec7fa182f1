"""Two adapters on one database, each behind a proxy of its own, for tests that break one thing at a chosen moment."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from random import Random
from typing import Any

import psycopg

from tests.faults.adapters import PATIENCE, Adapter, folder, running
from tests.faults.client import Line
from tests.faults.journal import Journal, Payment
from tests.faults.ledger import Ledger
from tests.faults.order_line import OrderLine
from tests.faults.order_terminal import OrderTerminal
from tests.faults.proxy import Proxy
from tests.faults.restaurant import Check, fill, instrument, minor, read_checks
from tests.faults.server import Server
from tests.faults.terminal import Terminal

_CHECKS = 120
_KEY = """(SELECT COALESCE((SELECT payment_id::text FROM epos_adapter.payment_intent WHERE intent = k.id), k.id)
  FROM (SELECT %s::text AS id) k)"""
"""What a payment is called in the tables: its id, or that which was made of its intent."""


class Stage:
    """The adapters, the ways to break them, and what the tables say."""

    def __init__(self, server: Server, url: str, adapters: list[Adapter], proxies: list[Proxy]) -> None:
        self.server = server
        self.url = url
        self.adapters = adapters
        self.proxies = proxies
        self.journal = Journal()
        self.ledger = Ledger(url)
        self.lines = [Line(adapter.port, PATIENCE) for adapter in adapters]
        """A socket to each adapter, for questions to exactly this one."""
        self._checks = read_checks(url)
        self._given = 0
        self._numbers = itertools.count(20_000_000)
        """No two card machines have the same: one that is not sure takes a lock under its number for its own."""

    def check(self) -> Check:
        """A check that no test has had; it is closed once it is paid."""
        while True:
            self._given += 1
            check = self._checks[self._given - 1]
            if check.ticket % 3:
                return check

    def two_of_one_table(self) -> tuple[Check, Check]:
        """Two checks that no test has had, which sit at a table of their own."""
        first, second = self.check(), self.check()
        while first.ticket // 2 != second.ticket // 2:
            first, second = second, self.check()
        return first, second

    def terminal(self, adapter: int | None = None) -> Terminal:
        """A card machine that reaches all adapters, or only one."""
        chosen = self.adapters if adapter is None else [self.adapters[adapter]]
        ways = [Line(one.port, PATIENCE) for one in chosen]
        number = next(self._numbers)
        return Terminal(str(number), ways, self.journal, self.ledger, seeded(number))

    def order_terminal(self) -> OrderTerminal:
        """A card machine of the EPOS Data API that reaches all adapters."""
        number = next(self._numbers)
        ways = [OrderLine(one.order_port, PATIENCE) for one in self.adapters]
        return OrderTerminal(str(number), ways, self.journal, seeded(number))

    def rows(self, payment: Payment) -> int:
        """How often the till has a payment."""
        return int(self._one(f"SELECT COUNT(*) FROM transactions WHERE card_transaction_id::text = {_KEY}", payment.id))

    def entries(self, payment: Payment) -> int:
        """How often the ledger has a payment."""
        found = f"SELECT COUNT(*) FROM epos_adapter.recorded_payment WHERE payment_id::text = {_KEY}"
        return int(self._one(found, payment.id))

    def paid(self, check: Check) -> int:
        """What the till says has been paid since the beginning."""
        return minor(self._one("SELECT paid_amount FROM ticket WHERE id = %s", check.ticket)) - check.paid

    def table_status(self, check: Check) -> int:
        """How the till shows the table of a check."""
        return int(
            self._one(
                "SELECT table_status FROM shop_table_status s JOIN ticket_table_num n ON n.table_id = s.id"
                " WHERE n.ticket_id = %s",
                check.ticket,
            )
        )

    def fail(self, sequence: str, times: int) -> None:
        """Let so many of the next payments fail, in the way of this sequence."""
        self._one("SELECT setval(%s, %s)", f"faults.{sequence}", times)

    def change(self, statement: str, *values: object) -> None:
        """Change something past the adapter; the statement gives a row."""
        self._one(statement, *values)

    def _one(self, statement: str, *values: object) -> Any:
        with psycopg.connect(self.url, autocommit=True) as connection:
            row = connection.execute(statement.encode(), values).fetchone()
        if row is None:
            raise LookupError(statement)
        return row[0]


def seeded(seed: int) -> Random:
    """A generator that gives the same each time; nothing here is secret."""
    return Random(seed)  # noqa: S311


@asynccontextmanager
async def stage(server: Server, name: str) -> AsyncIterator[Stage]:
    """A stage with a database of this name, its adapters ready."""
    url = server.new_database(name)
    fill(url, _CHECKS)
    async with AsyncExitStack() as stack:
        place = await stack.enter_async_context(folder())
        proxies = [await stack.enter_async_context(Proxy(server.socket)) for _ in range(2)]
        adapters = [Adapter(place, f"adapter-{number}", proxy.url(name)) for number, proxy in enumerate(proxies, 1)]
        await adapters[0].create_ledger()
        instrument(url)
        await stack.enter_async_context(running(*adapters))
        made = Stage(server, url, adapters, proxies)
        yield made
        for line in made.lines:
            await line.close()
