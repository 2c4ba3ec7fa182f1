"""What the rules need of the outside, as protocols. Knows nothing of who fulfils them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from adapter.domain.orders import Order, OrderPage, OrderPayment, OrderSearch
from adapter.domain.payments import Balance, Holds, Kept, Lock, OrderLock, Payment, Recorded
from adapter.domain.requests import ListSessions, Requestor
from adapter.domain.values import Bill, ReceiptLine, Session, Table, TableStatus, Waiter

Answer = TypeVar("Answer")


class Book(Protocol):
    """The restaurant's book as one moment shows it: each call is one statement, so one snapshot."""

    def tables(self, *, names: Collection[str] | None, statuses: Collection[TableStatus] | None) -> Sequence[Table]:
        """The tables with one of these names and one of these statuses; None is no filter."""
        ...

    def session(self, session_id: UUID) -> Session | None:
        """The session with this id, open or finished."""
        ...

    def sessions(self, ask: ListSessions, *, waiter_id: str | None) -> Sequence[Session]:
        """The sessions that pass the request's filters, of this waiter only unless None."""
        ...

    def bill(self, session_id: UUID) -> tuple[Waiter | None, Bill | None] | None:
        """Who serves the session with this id, and its bill; None when there is no such session."""
        ...

    def bills(self, session_ids: Sequence[UUID] | None) -> Sequence[tuple[Waiter | None, Bill | None]]:
        """The same for the given sessions, or for all that are listed."""
        ...

    def full_bill(self, session_id: UUID) -> tuple[Session, Bill | None] | None:
        """The session with this id, its tables and all, and its bill; None when there is no such session."""
        ...

    def floor(self) -> Sequence[Table]:
        """All tables with their ids and the ids of their areas, in the natural order of their names.

        A table without an id has its name for one, and so has an area.
        """
        ...

    def order(self, session_id: UUID) -> Order | None:
        """The session with this id as an order; None when there is no such session."""
        ...

    def orders(self, search: OrderSearch) -> OrderPage:
        """One page of the orders for which every condition holds, by the keys of their sessions.

        An order that cannot be read is left out. Raises InvalidParams for a cursor that no page of this restaurant ends
        with.
        """
        ...

    def receipt(self, session: Session) -> tuple[Sequence[ReceiptLine], Sequence[ReceiptLine]]:
        """Header and footer lines for this session's printed bill."""
        ...


class Till(Protocol):
    """One session in the middle of a transaction that nobody else can change it in. Used for a single session.

    Whatever the unit raises, nothing it did is kept.
    """

    @property
    def uncertain(self) -> bool:
        """Whether an earlier run of this unit may have been committed: its connection was lost around COMMIT."""
        ...

    @property
    def holds(self) -> Holds:
        """What the EPOS can hold."""
        ...

    def hold(self, session_id: UUID) -> bool:
        """Keep everybody else from changing the session; False when there is no such session (any more)."""
        ...

    def held_bill(self, session_id: UUID) -> tuple[Waiter | None, Bill | None] | None:
        """Hold the session and read who serves it, and its bill; None when there is no such session."""
        ...

    def held_balance(self, session_id: UUID) -> Balance | None:
        """Hold the session and read what it owes; None when there is no such session (any more)."""
        ...

    def order(self, session_id: UUID) -> Order | None:
        """The session as an order, with what this unit has written; None when there is no such session (any more)."""
        ...

    def lock_of(self, session_id: UUID) -> Lock | None:
        """Who has locked the session; the lock may be over."""
        ...

    def order_lock(self, session_id: UUID, lock_id: str) -> OrderLock | None:
        """What is remembered of a lock of the EPOS Data API, for a day after it has ended."""
        ...

    def now(self) -> datetime:
        """The database's clock."""
        ...

    def lock(self, session_id: UUID, token: UUID, requestor: Requestor, order: OrderLock | None = None) -> None:
        """Lock the session, which nobody has; with `order`, until a moment.

        Raises AlreadyLocked when somebody was faster, NotEnabled for `order` where there is no place to keep it.
        """
        ...

    def renew(self, session_id: UUID, order: OrderLock, token: UUID) -> None:
        """Let the session's lock, which has this id, end when this says, and be that of the request of this token."""
        ...

    def forget(self, session_id: UUID, token: UUID) -> None:
        """Forget the lock of this token, of which the EPOS's own columns know nothing (any more)."""
        ...

    def delete_lock(self, session_id: UUID, lock_id: str) -> None:
        """Remember of a lock of the EPOS Data API, for a day, that it was deleted, whether or not it was ever taken."""
        ...

    def release(self, session_id: UUID, held: Lock, *, by: str | None = None, reason: str = "") -> None:
        """Release the session's lock; with `by`, who released it and why is kept.

        Raises UnableToUnlock when the EPOS does not let it go.
        """
        ...

    def payments(self, payment: Payment) -> Sequence[Kept]:
        """What was recorded under the id of this payment, successful or not."""
        ...

    def knows(self, session_id: UUID) -> bool:
        """Whether the session has been paid on before; it may be gone from the EPOS since."""
        ...

    def paid(self, session_id: UUID, since: datetime) -> tuple[str | None, Sequence[OrderPayment]]:
        """The successful payments that were recorded on the session since a moment, and their currency.

        The EPOS may not have it any more. Of all time there may be other guests' among them: where a check has the id of
        its table, so has the next one.
        """
        ...

    def keep_intent(self, payment: Payment, intent: str) -> None:
        """Keep which of the provider's ids stands behind that of the payment.

        Raises DatabaseBusy when somebody has just done so, NotEnabled where there is no place to keep it.
        """
        ...

    def refuse_intent(self, payment: Payment, intent: str, reason: str) -> bool:
        """Keep that the payment was refused, so that it never is recorded; False when it was recorded or refused before."""
        ...

    def refused(self, payment: Payment) -> str | None:
        """Why the payment was refused before; None where it was not."""
        ...

    def keep(self, payment: Payment, flags: Recorded, requestor: Requestor, token: UUID) -> None:
        """Keep the payment, successful or not, as recorded by the request of this token.

        Raises PaymentAlreadyRecorded when somebody was faster.
        """
        ...

    def enter(self, payment: Payment, balance: Balance, flags: Recorded, requestor: Requestor) -> None:
        """Enter a successful payment in the EPOS.

        Raises PaymentNotRecorded when the EPOS cannot take it.
        """
        ...


class Store(Protocol):
    """Runs units against the restaurant's book."""

    async def read(self, unit: Callable[[Book], Answer]) -> Answer:
        """Run the unit on one connection and answer what it answers.

        Raises StoreError when the database fails, MappingError when its content cannot be read.
        """
        ...

    async def write(self, unit: Callable[[Till], Answer], *, even_unheard: bool = True, insists: bool = True) -> Answer:
        """Run the unit in one transaction and answer what it answers, once that is durable.

        When whoever asked has gone away, it is finished all the same, or given up where `even_unheard` is false and it is
        not being committed yet. The unit is run again, as a whole, when the database was busy or the connection was lost;
        once only where `insists` is false.
        Raises NotEnabled where nothing can be recorded, OutcomeUnknown when it is not known whether it was, and what
        `read` raises; with anything but OutcomeUnknown nothing was written.
        """
        ...

    async def expired_locks(self) -> Sequence[tuple[UUID, UUID]]:
        """The sessions whose locks have ended by themselves and are still there, each with the token of its lock.

        Empty where nothing can be recorded. Raises StoreError.
        """
        ...

    def write_later(self, unit: Callable[[Till], object]) -> None:
        """Run the unit as `write` does, for nobody in particular; what becomes of it is not told."""
        ...
