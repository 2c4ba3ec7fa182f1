"""A check as an order: its session and bill, and what the EPOS Data API tells of it beside them.

Every member beyond session and bill has a fallback, so that an EPOS that keeps none of it is served all the same. Money
is a whole number of minor units of the bill's currency. Knows neither wire nor database.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from uuid import UUID

from msgspec import Struct

from adapter.domain.values import Bill, ReceiptLine, Session, Table

LONGEST_NAME = 24
"""Letters of a display name that a card machine shows; it cuts longer ones (flows page)."""

_SHORTEST_TABLE = 4
"""Letters of a table's name below which nobody would know it."""

MOST_ORDERS = 100
"""Orders of a page at most (Cursor of the specification)."""


class OrderStatus(Enum):
    """How far an order has come, in the words of the mapping language."""

    NEW = "new"
    SUBMITTED = "submitted"
    CONFIRMED = "confirmed"
    ACCEPTED = "accepted"
    PREPARING = "preparing"
    PREPARED = "prepared"
    READY = "ready"
    FINALIZED = "finalized"
    CANCELED = "canceled"
    FAILED = "failed"

    @property
    def is_over(self) -> bool:
        """Whether nothing more becomes of the order."""
        return self in (OrderStatus.FINALIZED, OrderStatus.CANCELED, OrderStatus.FAILED)


class OrderKind(Enum):
    """Where an order is eaten, in the words of the mapping language."""

    DINE_IN = "dine_in"
    COLLECTION = "collection"


class Area(Struct, frozen=True, kw_only=True, gc=False):
    """A part of the restaurant in which tables stand."""

    id: str
    name: str


class TaxLine(Struct, frozen=True, kw_only=True, gc=False):
    """One tax of a bill. The lines of the bill hold it already: it is information, and no addend of the total."""

    name: str
    amount: int
    id: str | None = None
    rate: int | None = None
    """In hundredths of a percent: 2000 is 20 %."""
    plu: str | None = None
    """The item that it is the tax of; None for the whole bill."""


class OrderPayment(Struct, frozen=True, kw_only=True, gc=False):
    """One payment on a bill, as the EPOS keeps it."""

    amount: int
    """Without the tip."""
    tip: int = 0
    id: str | None = None
    """What the EPOS keeps as the id that the provider gave; None where it keeps none, as for cash."""
    method: str | None = None
    at: datetime | None = None
    is_rest: bool = False
    """Whether it stands for what the listed payments lack to what is paid, or have too much."""


class Order(Struct, frozen=True, kw_only=True, gc=False):
    """A check with all that is told of it."""

    session: Session
    bill: Bill | None
    """None where the session has no bill: its total is NULL."""
    status: OrderStatus
    """As the EPOS says; else FINALIZED when the session is finished, and ACCEPTED before."""
    kind: OrderKind
    """As the EPOS says; else DINE_IN."""
    reference: str
    """The number or name by which people speak of it; the session's name where there is none."""
    display_name: str
    """What a card machine lists, of at most 24 letters; its table and name where there is none."""
    updated_at: datetime
    """When it last changed, as far as that is known: the latest of the times that session, lines and payments tell."""
    table_ids: tuple[str, ...] = ()
    """Ids of the session's tables, in the order of their names in the session."""
    collect_at: datetime | None = None
    """When an order to be collected is wanted."""
    tips: int = 0
    """In no total and no paid amount."""
    payments: tuple[OrderPayment, ...] = ()
    """Their amounts add up to what is paid: what the EPOS does not list is one payment without an id."""
    tax_lines: tuple[TaxLine, ...] = ()

    @property
    def is_payable(self) -> bool:
        """Whether the order may be paid: its session may, and the EPOS does not call it over."""
        return self.session.is_payable and not self.status.is_over


class OrderSearch(Struct, frozen=True, kw_only=True):
    """Which orders are wanted. Conditions combine with AND; what is left out is no condition."""

    table_id: str | None = None
    waiter_id: str | None = None
    """Orders of this waiter, and those that nobody serves."""
    payable_only: bool = False
    limit: int = MOST_ORDERS
    """From 1 to 100."""
    after: UUID | None = None
    """The session id at which the page before ended."""
    before: UUID | None = None
    """The session id at which the page behind begins. Only one of the two."""


class OrderPage(Struct, frozen=True, kw_only=True):
    """Some of the orders of a search, in an order that does not change while orders are added."""

    orders: Sequence[Order]
    after: UUID | None = None
    """From where the next page goes on; None on the last one."""
    before: UUID | None = None
    """From where the page before goes back; None on the first one."""


class BareOrder(Struct, frozen=True, kw_only=True):
    """What is known of an order that cannot be told in full: it has left the till, or the till has something unreadable in it."""

    id: UUID
    status: OrderStatus
    currency: str | None = None
    """None where nothing tells any amount."""
    total: int | None = None
    paid: int | None = None
    payments: tuple[OrderPayment, ...] = ()
    """Those that were recorded here."""


class OrderBill(Struct, frozen=True, kw_only=True):
    """An order as it is printed: with what stands above and below it."""

    order: Order
    header: tuple[ReceiptLine, ...] = ()
    footer: tuple[ReceiptLine, ...] = ()


class TableSearch(Struct, frozen=True, kw_only=True):
    """Which tables are wanted, and from where on."""

    area_id: str | None = None
    limit: int = MOST_ORDERS
    after: str | None = None
    """The id of the table at which the page before ended."""
    before: str | None = None
    """The id of the table at which the page behind begins. Only one of the two."""


class TablePage(Struct, frozen=True, kw_only=True):
    """Some of the tables, by their ids."""

    tables: Sequence[Table]
    after: str | None = None
    before: str | None = None


def display_name(table: str | None, name: str) -> str:
    """What stands in for a display name: the table and the name of a session, as far as a card machine shows them.

    A long table gives way to the name, which tells two checks of one table apart.
    """
    if table is None or f"{name} ".casefold().startswith(f"{table} ".casefold()):
        return shown(name)
    room = LONGEST_NAME - len(name) - 1
    if _SHORTEST_TABLE <= room < len(table):
        table = table[: room - 1].rstrip() + "…"
    return shown(f"{table} {name}")


def shown(name: str) -> str:
    """As much of a name as a card machine shows."""
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1].rstrip() + "…"
