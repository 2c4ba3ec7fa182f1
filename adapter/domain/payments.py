"""Payments, locks and balances, as frozen values. Knows neither wire nor database.

Money is a whole number of minor units (pence, cents). Times are aware datetimes in UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from msgspec import Struct

from adapter.domain.values import Waiter

NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
"""For the time of a payment of which none was told; whoever writes it down takes the database's."""


class CardDetails(Struct, frozen=True, kw_only=True):
    """How a payment was made; nothing here decides whether it is recorded. Every member is empty where unknown."""

    method: str = ""
    """`CARD_PRESENT` or `REMOTE`, as the provider has it without its prefix."""
    status: str = ""
    """`SUCCESSFUL`, `DECLINED`, `CANCELLED`, `UNKNOWN`."""
    scheme: str = ""
    """`VISA`, `AMEX`."""
    entry_mode: str = ""
    """`CONTACTLESS`, `CONTACT_CHIP`."""
    auth_code: str = ""
    acquirer_transaction_id: str = ""


class Payment(Struct, frozen=True, kw_only=True):
    """One attempt to pay, or to pay a part, as the provider reports it."""

    id: UUID
    session_id: UUID
    currency: str
    base: int
    """For what stands on the bill; the only amount that the balance knows."""
    tips: int = 0
    cashback: int = 0
    successful: bool
    """Whether money has moved. A payment that failed is kept, and changes no balance."""
    attempted_at: datetime
    waiter_id: str | None = None
    """To whom it is attributed."""
    details: CardDetails = CardDetails()

    @property
    def charged(self) -> int:
        """What the card was charged with."""
        return self.base + self.tips + self.cashback

    @property
    def identity(self) -> tuple[object, ...]:
        """What makes two reports the same payment: its id alone does not (payment-intro page)."""
        return (
            self.id,
            self.session_id,
            self.currency,
            self.base,
            self.tips,
            self.cashback,
            self.successful,
            self.attempted_at,
        )


class OrderLock(Struct, frozen=True, kw_only=True):
    """A lock that ends by itself, as the EPOS Data API has them."""

    lock_id: str
    """The provider's name for it, by which it is extended, deleted and paid under."""
    expires_at: datetime
    """From then on it is nobody's, by the database's clock."""
    total: int | None = None
    """What the order came to when it was locked, in minor units; None where it had no bill."""
    is_deleted: bool = False
    """Whether it was deleted by its name, or its deletion came before it did: it is not to be taken again."""


class Lock(Struct, frozen=True, kw_only=True):
    """Who holds a session."""

    token: UUID | None
    """Which request took it; None where only the EPOS's own columns tell of it."""
    locked_at: datetime | None = None
    terminal: str | None = None
    waiter: str | None = None
    by_till: bool = False
    """Whether it is the till's own lock and not ours to release."""
    order: OrderLock | None = None
    """Of a lock that was taken over the EPOS Data API; None for any other, which has no end."""

    def is_over(self, now: datetime) -> bool:
        """Whether its time has passed."""
        return self.order is not None and now >= self.order.expires_at

    def is_of(self, lock_id: str) -> bool:
        """Whether it is the lock that the provider calls so."""
        return self.order is not None and self.order.lock_id == lock_id


class Holds(Struct, frozen=True, kw_only=True):
    """What an EPOS can hold of a payment."""

    partial_payment: bool = True
    """Whether a part of what is due may be paid."""
    tips: bool = True
    """Whether there is a place for a tip."""


class Balance(Struct, frozen=True, kw_only=True):
    """What a session owes while it is held."""

    waiter: Waiter | None
    currency: str
    total: int | None
    """None where the session has no bill."""
    paid: int
    now: datetime
    """By the database's clock."""

    @property
    def outstanding(self) -> int:
        """What remains to be paid; negative when too much was."""
        return (self.total or 0) - self.paid


class Recorded(Struct, frozen=True, kw_only=True):
    """What became of a payment."""

    over_payment: bool = False
    """More was paid than was owed."""
    conflict: bool = False
    """Another payment with the same id and other values had been recorded before."""


class Kept(Struct, frozen=True, kw_only=True):
    """A payment that was recorded before."""

    payment: Payment
    """A member that is kept nowhere is taken to be equal to that of the payment that was asked for."""
    token: UUID | None = None
    """Which request recorded it; None where nothing tells."""
    flags: Recorded = Recorded()
