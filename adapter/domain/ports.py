"""What the rules need of the outside, as protocols. Knows nothing of who fulfils them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Protocol, TypeVar
from uuid import UUID

from adapter.domain.requests import ListSessions
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

    def receipt(self, session: Session) -> tuple[Sequence[ReceiptLine], Sequence[ReceiptLine]]:
        """Header and footer lines for this session's printed bill."""
        ...


class Store(Protocol):
    """Runs a unit of reading against the restaurant's book."""

    async def read(self, unit: Callable[[Book], Answer]) -> Answer:
        """Run the unit on one connection and answer what it answers.

        Raises StoreError when the database fails, MappingError when its content cannot be read.
        """
        ...
