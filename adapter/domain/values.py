"""The things a restaurant and a card machine talk about, as frozen values. Knows neither wire nor database.

Money is a whole number of minor units (pence, cents) of the bill's currency. Times are aware datetimes in UTC.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Literal
from uuid import UUID

from msgspec import Struct

_LONGEST_NUMBER = 18
"""Digits of a waiter id that still is a number on every machine: it fits 64 bits."""


LineKind = Literal["item", "discount", "charge", "rounding"]


class TableStatus(Enum):
    """How a table stands, in the words of the mapping language."""

    AVAILABLE = "available"
    OCCUPIED = "occupied"
    PENDING_AVAILABLE = "pending_available"
    NOT_IN_USE = "not_in_use"


class Table(Struct, frozen=True, kw_only=True, gc=False):
    """A table of the restaurant."""

    name: str
    max_covers: int
    status: TableStatus
    area: str | None = None
    id: str | None = None
    """As the EPOS has it, where it was asked for: the parts of a key of several columns with commas between them."""
    area_id: str | None = None
    """What tells its area from others, where it was asked for."""


class Waiter(Struct, frozen=True, kw_only=True, gc=False):
    """Who serves a session."""

    id: str
    """As the EPOS holds it, without leading zeros where it is a number."""
    name: str | None = None

    @property
    def number(self) -> int | None:
        """The id as the whole number that terminals key in, or None where the EPOS has another kind of id."""
        return int(self.id) if self.id.isascii() and self.id.isdigit() and len(self.id) <= _LONGEST_NUMBER else None


class Session(Struct, frozen=True, kw_only=True, gc=False):
    """An open or finished check: one party, at one table or several or none."""

    id: UUID
    name: str
    created_at: datetime
    is_payable: bool
    finished_at: datetime | None = None
    tables: tuple[str, ...] = ()
    """Names of its tables, in the order of the mapping."""
    covers: int | None = None
    waiter: Waiter | None = None

    @property
    def is_finished(self) -> bool:
        """Whether the session is over."""
        return self.finished_at is not None


class Modifier(Struct, frozen=True, kw_only=True, gc=False):
    """A choice or extra that belongs to a bill item."""

    id: str
    name: str
    amount: int
    """For one modifier, in minor units; negative for a promotion."""
    quantity: int
    """For one single item of the line it belongs to."""
    plu: str | None = None
    """The number by which the EPOS looks it up, where it was asked for."""

    @property
    def number(self) -> str:
        """Its PLU; its id where the EPOS has none, and its name where it has neither."""
        return self.plu or self.id or self.name


class BillItem(Struct, frozen=True, kw_only=True, gc=False):
    """A line of a bill."""

    id: str
    name: str
    quantity: int
    amount: int
    """For one item without its modifiers, in minor units; negative for a discount."""
    ordered_at: datetime
    category: tuple[str, ...] = ()
    """From general to specific."""
    modifiers: tuple[Modifier, ...] = ()
    kind: LineKind = "item"
    """A discount is a line with a negative amount; rounding is what the lines lack to the total."""
    plu: str | None = None
    """The number by which the EPOS looks the product up, where it was asked for; of a discount, the item it is on."""
    rate: int | None = None
    """Of a discount by rate, where it was asked for: in hundredths of a percent."""
    note: str | None = None
    """What the kitchen or the guest should know, where it was asked for."""

    @property
    def number(self) -> str:
        """Its PLU; its id where the EPOS has none, and its name where it has neither."""
        return self.plu or self.id or self.name

    @property
    def amount_with_modifiers(self) -> int:
        """For one item including its modifiers, in minor units."""
        amount = self.amount
        for modifier in self.modifiers:  # ten thousand lines pass here for one answer; a generator costs twice as much
            amount += modifier.amount * modifier.quantity
        return amount


class Bill(Struct, frozen=True, kw_only=True, gc=False):
    """What a session owes: its lines and its totals, all in minor units of one currency."""

    session_id: UUID
    total: int
    """Everything due, service charge included, gratuity and tips excluded."""
    paid: int
    """Paid so far, tips excluded."""
    tax: int
    """The tax inside or on top of the items; informational, never an addend of the total."""
    currency: str
    """ISO 4217 alpha-3."""
    service_charge: int | None = None
    items: tuple[BillItem, ...] = ()
    note: str | None = None

    @property
    def outstanding(self) -> int:
        """What remains to be paid."""
        return self.total - self.paid


class ReceiptLine(Struct, frozen=True, kw_only=True, gc=False):
    """One line of the header or footer of a printed bill."""

    kind: str
    """`text`, `logo`, `horizontal_line`, `vat_number`, `merchant_name`, `merchant_address`,
    `merchant_phone_number` or `merchant_email_address`."""
    text: str = ""
    """The text, name, number, address or SVG image; empty for a horizontal line."""
    lines: tuple[str, ...] = ()
    """The lines of an address, without its postcode."""
    postcode: str = ""
    size: str = "body"
    """`header_1`, `header_2` or `body`; of text only."""
    align: str | None = None
    """`left`, `center` or `right`; of text only."""
    bold: bool | None = None
    double: bool = False
    """A double horizontal line instead of a single one."""


class FullBill(Struct, frozen=True, kw_only=True, gc=False):
    """A bill as it is printed: with what stands above and below it."""

    bill: Bill
    header: tuple[ReceiptLine, ...] = ()
    footer: tuple[ReceiptLine, ...] = ()
