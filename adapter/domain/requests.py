"""What can be asked of a restaurant, free of any wire. Knows neither wire nor database."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from adapter.domain.orders import OrderSearch, TableSearch
from adapter.domain.payments import Payment
from adapter.domain.values import TableStatus


class Requestor(Struct, frozen=True, kw_only=True):
    """Who asks: a card machine in a waiter's hand, or a guest's own phone."""

    is_card_machine: bool
    terminal_id: str | None = None
    waiter_id: str | None = None
    """Without leading zeros where it is a number; None when none was keyed in."""


class GetTable(Struct, frozen=True, kw_only=True):
    """One table, by its name."""

    requestor: Requestor
    name: str


class ListTables(Struct, frozen=True, kw_only=True):
    """The tables whose status is one of those given; all of them when none is given."""

    requestor: Requestor
    statuses: frozenset[TableStatus] | None = None


class GetSession(Struct, frozen=True, kw_only=True):
    """One session, open or finished, by its id."""

    requestor: Requestor
    session_id: UUID


class ListSessions(Struct, frozen=True, kw_only=True):
    """The sessions for which every given filter holds; None is no filter."""

    requestor: Requestor
    is_finished: bool | None = None
    has_table: bool | None = None
    is_payable: bool | None = None
    table_names: tuple[str, ...] | None = None


class GetBill(Struct, frozen=True, kw_only=True):
    """The bill of one session."""

    requestor: Requestor
    session_id: UUID


class ListBills(Struct, frozen=True, kw_only=True):
    """The bills of the given sessions, or of all of them."""

    requestor: Requestor
    session_ids: tuple[UUID, ...] | None = None


class GetFullBill(Struct, frozen=True, kw_only=True):
    """The bill of one session, dressed for printing."""

    requestor: Requestor
    session_id: UUID


class LockSession(Struct, frozen=True, kw_only=True):
    """Keep a session for one payer, and read its bill."""

    requestor: Requestor
    session_id: UUID


class UnlockSession(Struct, frozen=True, kw_only=True):
    """Let a session go."""

    requestor: Requestor
    session_id: UUID


class RecordPayment(Struct, frozen=True, kw_only=True):
    """Enter a payment, or the attempt of one."""

    requestor: Requestor
    payment: Payment


class GetOrder(Struct, frozen=True, kw_only=True):
    """One session as an order."""

    requestor: Requestor
    order_id: UUID


class GetOrderBill(Struct, frozen=True, kw_only=True):
    """One session as an order, dressed for printing."""

    requestor: Requestor
    order_id: UUID


class SearchOrders(Struct, frozen=True, kw_only=True):
    """A page of orders."""

    requestor: Requestor
    search: OrderSearch
    has_none: bool = False
    """Whether something was asked for that no order of an EPOS has: a party or a reservation."""


class SearchTables(Struct, frozen=True, kw_only=True):
    """A page of tables."""

    requestor: Requestor
    search: TableSearch


class ListAreas(Struct, frozen=True, kw_only=True):
    """The parts of the restaurant in which tables stand."""

    requestor: Requestor


class LockOrder(Struct, frozen=True, kw_only=True):
    """Keep an order for one payer until a moment, and read it."""

    requestor: Requestor
    order_id: UUID
    lock_id: str
    expiry: datetime
    """From then on the lock is nobody's, by the database's clock."""


class ExtendLock(Struct, frozen=True, kw_only=True):
    """Keep an order longer."""

    requestor: Requestor
    order_id: UUID
    lock_id: str
    expiry: datetime


class UnlockOrder(Struct, frozen=True, kw_only=True):
    """Let an order go, if this lock still keeps it, and read it."""

    requestor: Requestor
    order_id: UUID
    lock_id: str


class PayOrder(Struct, frozen=True, kw_only=True):
    """Enter a payment that was captured, and read the order; whoever asks gives the money back when it is refused."""

    requestor: Requestor
    order_id: UUID
    intent: str
    """The provider's id of the payment."""
    currency: str
    paid: int
    """In minor units, without the tip."""
    tips: int = 0
    lock_id: str | None = None
    """The lock under which it was taken, where the provider says one."""


class HearEvent(Struct, frozen=True, kw_only=True):
    """What the provider tells of a payment; nothing follows from it."""

    requestor: Requestor
    event_id: str
    name: str
    intent: str
    status: str


Request = (
    GetTable
    | ListTables
    | GetSession
    | ListSessions
    | GetBill
    | ListBills
    | GetFullBill
    | LockSession
    | UnlockSession
    | RecordPayment
    | GetOrder
    | GetOrderBill
    | SearchOrders
    | SearchTables
    | ListAreas
    | LockOrder
    | ExtendLock
    | UnlockOrder
    | PayOrder
    | HearEvent
)
