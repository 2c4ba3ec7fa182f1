"""What the card machines do: which check, which part of it, with a tip or declined, once or twice."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Any

from tests.faults.journal import Journal, Payment
from tests.faults.order_terminal import OrderTerminal
from tests.faults.restaurant import Check
from tests.faults.terminal import Terminal

Machine = Terminal | OrderTerminal


class Floor:
    """The checks that are being paid: so few at a time that card machines meet at them."""

    def __init__(
        self, checks: Sequence[Check], journal: Journal, random: Random, *, window: int, repeats: float = 0.1
    ) -> None:
        """`window` checks are paid at a time; payments are sent again for no reason as often as `repeats`."""
        self._waiting = list(reversed(checks))
        self._open = [self._waiting.pop() for _ in range(window)]
        self._journal = journal
        self._random = random
        self._repeats = repeats

    async def serve(self, terminal: Machine, twin: Machine) -> None:
        """One part of one check; now and then two card machines want it at the same moment, by two adapters."""
        check = self._random.choice(self._open)
        if self._random.random() < 0.15:
            self._journal.counted["races for a lock"] += 1
            await asyncio.gather(self._visit(terminal, check, at=0), self._visit(twin, check, at=1))
        else:
            await self._visit(terminal, check)

    async def _visit(self, terminal: Machine, check: Check, at: int | None = None) -> None:
        bill = await terminal.lock(check, at=at)
        if bill is None:
            self._journal.counted["gave way to another"] += 1
            return
        owed = bill["totalAmount"] - bill["paidAmount"]
        if owed > 0:
            await self._pay(terminal, check, self._choose(terminal, check, owed))
        else:
            self._leave(check)
            await self._repeat(
                terminal,
                [
                    one
                    for one in self._journal.payments.values()
                    if one.session == check.session and one.by_orders == terminal.by_orders
                ],
            )
        await terminal.unlock(check)

    async def _pay(self, terminal: Machine, check: Check, payment: Payment) -> None:
        if self._random.random() < 0.08:
            self._journal.counted["races for a payment"] += 1
            await terminal.record_twice_at_once(check, payment)
        else:
            await terminal.record(check, payment)
        if self._random.random() < self._repeats:
            await self._repeat(terminal, [payment])

    async def _repeat(self, terminal: Machine, payments: Sequence[Payment]) -> None:
        """Send an acknowledged payment again, for no reason."""
        known = [payment for payment in payments if payment.acknowledged]
        if known:
            self._journal.counted["repeated on purpose"] += 1
            payment = self._random.choice(known)
            while await terminal.record_once(payment) == "ERROR_INTERNAL_POS_ERROR":
                pass

    def _choose(self, terminal: Machine, check: Check, owed: int) -> Payment:
        """All that is owed, a part of it, or, rarely, more than that."""
        base = owed if self._random.random() < 0.3 else max(1, owed // self._random.randint(2, 5))
        more: dict[str, Any] = {}
        match self._random.random():
            case chance if chance < 0.07:
                more["successful"] = False
            case chance if chance < 0.09:
                more["currency"] = "EUR"
            case chance if chance < 0.11:
                base = owed + self._random.randint(1, 500)
        if self._random.random() < 0.3:
            more["tips"] = self._random.randint(1, 900)
        return terminal.new_payment(check, base, **more)

    def _leave(self, check: Check) -> None:
        if check in self._open and self._waiting:
            self._open[self._open.index(check)] = self._waiting.pop()
