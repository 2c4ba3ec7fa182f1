"""Looks again whether recorded payments are still in the EPOS: some tills delete and write again what they hold.

Keeps nothing: which payments to look at is in the ledger, so any adapter does it, and goes on after a restart.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from adapter.domain.payments import Payment, Recorded
from adapter.errors import AdapterError
from adapter.events import Emit, PaymentGone
from adapter.mapping.balance import payment_values
from adapter.mapping.plans import Plan
from adapter.mapping.record_schema import VerifyRule
from adapter.mapping.writes import Writes
from adapter.store.book import Bound
from adapter.store.database import Database
from adapter.store.ledger import Ledger
from adapter.store.units import Reader


class Verifier:
    """Looks after the recent payments of one restaurant."""

    def __init__(
        self,
        database: Database,
        bound: Bound,
        writes: Writes,
        ledger: Ledger,
        emit: Emit,
        *,
        rule: VerifyRule,
        plan: Plan,
    ) -> None:
        """`rule` says how often, and `plan` gives a row as long as a payment is there."""
        self._database = database
        self._bound = bound
        self._writes = writes
        self._ledger = ledger
        self._emit = emit
        self._rule = rule
        self._plan = plan

    async def run(self, stop: asyncio.Event, is_current: Callable[[Bound], bool]) -> None:
        """Look every so often, until `stop` is set or the mapping has been fitted anew.

        A database that does not answer is asked again next time.
        """
        while not stop.is_set() and is_current(self._bound):
            with suppress(AdapterError):  # every request says what is wrong with the database
                await self.look()
            try:
                await asyncio.wait_for(stop.wait(), self._rule.every)
            except TimeoutError:
                continue

    async def look(self) -> None:
        """Look once; a payment that is gone is told once, by whichever adapter notes it first.

        Raises AdapterError when the database does not answer.
        """
        seconds = self._rule.within_minutes * 60
        gone = await self._database.read(
            lambda reader: [
                (number, payment)
                for number, payment, flags in self._ledger.recent(reader, seconds)
                if not self._is_there(reader, payment, flags)
            ]
        )
        names = {payment.id for _, payment in gone}
        intents = await self._database.read(lambda reader: self._ledger.orders.intents(reader, names)) if names else {}
        for number, payment in gone:
            if await self._database.write(lambda writer, number=number: self._ledger.missing(writer, number)):  # type: ignore[misc]
                self._emit(
                    PaymentGone(
                        session=str(payment.session_id),
                        payment=intents.get(payment.id, str(payment.id)),
                        currency=payment.currency,
                        base=payment.base,
                        tips=payment.tips,
                    )
                )

    def _is_there(self, reader: Reader, payment: Payment, flags: Recorded) -> bool:
        bound = self._bound
        key = bound.fields.packing.unpack(payment.session_id) or ()
        names = ["session_id"] if len(key) == 1 else [f"session_id_{number}" for number in range(1, len(key) + 1)]
        values: dict[str, Any] = {
            **payment_values(payment, flags, rule=self._writes.rule, fields=bound.fields, currency=payment.currency),
            **dict(zip(names, key, strict=True)),
        }
        return bool(reader.rows(self._plan, values))
