"""A till for tests of rules: what a database would have after everything that was committed, as a few attributes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from msgspec import structs

from adapter.domain.orders import Order, OrderKind, OrderPayment, OrderStatus
from adapter.domain.payments import Balance, Holds, Kept, Lock, OrderLock, Payment, Recorded
from adapter.domain.requests import Requestor
from adapter.domain.values import Bill, Session, Waiter
from adapter.errors import RowUnreadable

SESSION = UUID("5b0e3c64-2f0d-4b57-8f35-9a3b6d4b7c10")
NOW = datetime(2026, 11, 20, 21, 40, tzinfo=UTC)
MACHINE = Requestor(is_card_machine=True, terminal_id="22334455")


class Memory:
    """See the module."""

    def __init__(self) -> None:
        self.uncertain = False
        self.holds = Holds()
        self.held: Lock | None = None
        self.ended: dict[str, OrderLock] = {}
        self.kept: list[Kept] = []
        self.intents: dict[UUID, str] = {}
        self.refusals: dict[UUID, str] = {}
        self.releases = 0
        self.total: int | None = 1000
        self.is_there = True
        self.is_readable = True
        self.finished_at: datetime | None = None
        self.moves_what_is_paid = False
        self.clock = NOW
        self.waiter: Waiter | None = None
        self.kind = OrderKind.DINE_IN

    def hold(self, _session_id: UUID) -> bool:
        return self.is_there

    def held_bill(self, session_id: UUID) -> tuple[Waiter | None, Bill | None]:
        return self.waiter, Bill(session_id=session_id, total=1000, paid=0, tax=0, currency="GBP")

    def held_balance(self, _session_id: UUID) -> Balance | None:
        if not self.is_there:
            return None
        return Balance(waiter=self.waiter, currency="GBP", total=self.total, paid=self._paid(), now=self.clock)

    def order(self, session_id: UUID) -> Order | None:
        if not self.is_readable:
            raise RowUnreadable("something in it cannot be read")
        if not self.is_there:
            return None
        paid = self._paid()
        bill = None
        if self.total is not None:
            bill = Bill(session_id=session_id, total=self.total, paid=paid, tax=0, currency="GBP")
        return Order(
            session=Session(
                id=session_id,
                name="Check",
                created_at=NOW,
                is_payable=self.held is None,
                finished_at=self.finished_at,
                waiter=self.waiter,
            ),
            bill=bill,
            status=OrderStatus.FINALIZED if self.finished_at is not None else OrderStatus.ACCEPTED,
            kind=self.kind,
            reference="Check",
            display_name="Check",
            updated_at=NOW,
        )

    def _paid(self) -> int:
        return sum(one.payment.base for one in self.kept if one.payment.successful)

    def lock_of(self, _session_id: UUID) -> Lock | None:
        return self.held

    def order_lock(self, _session_id: UUID, lock_id: str) -> OrderLock | None:
        return self.ended.get(lock_id)

    def now(self) -> datetime:
        return self.clock

    def lock(self, _session_id: UUID, token: UUID, requestor: Requestor, order: OrderLock | None = None) -> None:
        assert self.held is None
        self.held = Lock(token=token, locked_at=self.clock, terminal=requestor.terminal_id, order=order)
        if order is not None:
            self.ended[order.lock_id] = order

    def renew(self, _session_id: UUID, order: OrderLock, token: UUID) -> None:
        assert self.held is not None
        self.held = structs.replace(self.held, order=order, token=token)
        self.ended[order.lock_id] = order

    def forget(self, _session_id: UUID, token: UUID) -> None:
        assert self.held is None or self.held.token != token

    def delete_lock(self, _session_id: UUID, lock_id: str) -> None:
        kept = self.ended.get(lock_id) or OrderLock(lock_id=lock_id, expires_at=self.clock)
        self.ended[lock_id] = structs.replace(kept, is_deleted=True)

    def release(self, _session_id: UUID, _held: Lock, *, by: str | None = None, reason: str = "") -> None:
        assert (by is None) == (not reason)
        self.held = None
        self.releases += 1

    def payments(self, payment: Payment) -> Sequence[Kept]:
        return [one for one in self.kept if one.payment.id == payment.id]

    def paid(self, _session_id: UUID, _since: datetime) -> tuple[str | None, Sequence[OrderPayment]]:
        found = [
            OrderPayment(amount=one.payment.base, tip=one.payment.tips, id=self.intents.get(one.payment.id))
            for one in self.kept
            if one.payment.successful
        ]
        return ("GBP" if found else None), found

    def knows(self, _session_id: UUID) -> bool:
        return bool(self.kept)

    def keep_intent(self, payment: Payment, intent: str) -> None:
        self.intents[payment.id] = intent

    def refuse_intent(self, payment: Payment, _intent: str, reason: str) -> bool:
        if payment.id in self.intents or payment.id in self.refusals:
            return False
        self.refusals[payment.id] = reason
        return True

    def refused(self, payment: Payment) -> str | None:
        return self.refusals.get(payment.id)

    def keep(self, payment: Payment, flags: Recorded, _requestor: Requestor, token: UUID) -> None:
        self.kept.append(Kept(payment=payment, token=token, flags=flags))

    def enter(self, payment: Payment, _balance: Balance, _flags: Recorded, _requestor: Requestor) -> None:
        assert payment.successful
        assert self.kept[-1].payment == payment
        if self.moves_what_is_paid and self.total is not None and self._paid() >= self.total:
            self.is_there = False
