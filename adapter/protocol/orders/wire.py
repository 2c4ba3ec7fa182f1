"""What goes out by the EPOS Data API, member for member. Knows nothing of what it means.

Exactly the members of the specification, version 1.0.0; an optional one is UNSET rather than null. Members are camelCase on
the wire. Money is an object, times are UTC with milliseconds and Z.
"""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

OrderStatus = Literal[
    "New",
    "Submitted",
    "Confirmed",
    "Accepted",
    "Preparing",
    "Prepared",
    "Ready",
    "Finalized",
    "Canceled",
    "Failed",
]
"""How far an order has come; Finalized is completed and paid."""


class Money(Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """An amount."""

    value: int
    """Minor units."""
    currency_code: str


class DineIn(Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """An order that is eaten at a table."""

    table_id: str | UnsetType = UNSET
    waiter_id: str | UnsetType = UNSET


class Collection(Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """An order that is collected."""

    collect_at: str | UnsetType = UNSET


class OrderDetails(Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """Where an order is eaten: its type and the one object that belongs to it."""

    order_type: Literal["DineIn", "Collection"]
    dine_in: DineIn | UnsetType = UNSET
    collection: Collection | UnsetType = UNSET


class Modifier(Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """A choice or extra on an item."""

    name: str
    quantity: int
    """For one single item."""
    amount_per_modifier: Money
    plu: str


class OrderItem(Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """A line of an order."""

    name: str
    amount_per_item: Money
    """Of one item before modifiers and discounts."""
    plu: str
    quantity: int
    note: str | UnsetType = UNSET
    modifiers: list[Modifier] | UnsetType = UNSET


class Discount(Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """What is taken off an order; a positive amount."""

    name: str
    amount_total: Money
    affected_plu: str | UnsetType = UNSET
    """Left out for the whole order."""
    amount_percentage: int | UnsetType = UNSET
    """In hundredths of a percent."""


class TaxLine(Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """One tax of an order."""

    amount_total: Money
    id: str | UnsetType = UNSET
    """60 characters at most."""
    name: str | UnsetType = UNSET
    """100 characters at most."""
    affected_plu: str | UnsetType = UNSET
    amount_percentage: int | UnsetType = UNSET
    """In hundredths of a percent."""


class Payment(Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """A payment on an order."""

    payment_intent_id: str | UnsetType = UNSET
    paid_amount: Money
    tips_amount: Money | UnsetType = UNSET


class Order(Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """An order."""

    id: UUID
    status: OrderStatus
    details: OrderDetails
    payable: bool
    items: list[OrderItem] | UnsetType = UNSET
    discounts: list[Discount] | UnsetType = UNSET
    tax_lines: list[TaxLine] | UnsetType = UNSET
    total_amount: Money | UnsetType = UNSET
    """Service charge included, tips excluded; this and the other amounts are left out where there is no bill."""
    paid_amount: Money | UnsetType = UNSET
    tips_amount: Money | UnsetType = UNSET
    service_charge_amount: Money | UnsetType = UNSET
    payments: list[Payment] | UnsetType = UNSET
    note: str | UnsetType = UNSET
    reference: str | UnsetType = UNSET
    display_name: str | UnsetType = UNSET
    created_at: str | UnsetType = UNSET
    updated_at: str | UnsetType = UNSET


class Table(Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """A table."""

    id: str
    name: str
    max_covers: int | UnsetType = UNSET
    area_id: str | UnsetType = UNSET


class Area(Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """A part of the restaurant. ListAreasV1 answers a bare array of them."""

    id: str
    name: str


class Orders(Struct, frozen=True, kw_only=True):
    """A page of orders."""

    data: list[Order]
    before: str | UnsetType = UNSET
    after: str | UnsetType = UNSET


class Tables(Struct, frozen=True, kw_only=True):
    """A page of tables."""

    data: list[Table]
    before: str | UnsetType = UNSET
    after: str | UnsetType = UNSET


class Svg(Struct, frozen=True, kw_only=True, rename="camel"):
    """A picture."""

    svg_image: str


class Text(Struct, frozen=True, kw_only=True, rename="camel"):
    """A line of text."""

    value: str
    size: Literal["Body", "Header1", "Header2"]
    align: Literal["Left", "Center", "Right"] | UnsetType = UNSET
    bold: bool | UnsetType = UNSET


class HorizontalLine(Struct, frozen=True, kw_only=True):
    """A line across the paper."""

    line: Literal["Single", "Double"]


class MerchantName(Struct, frozen=True, kw_only=True):
    """The restaurant's name."""

    name: str


class MerchantAddress(Struct, frozen=True, kw_only=True, rename="camel"):
    """The restaurant's address."""

    address_lines: tuple[str, ...]
    postcode: str


class MerchantEmailAddress(Struct, frozen=True, kw_only=True, rename="camel"):
    """The restaurant's e-mail address."""

    email_address: str


class MerchantPhoneNumber(Struct, frozen=True, kw_only=True, rename="camel"):
    """The restaurant's telephone number."""

    phone_number: str


class TaxNumber(Struct, frozen=True, kw_only=True):
    """The restaurant's number with the tax office, and what it is called."""

    name: str
    number: str


class BillLine(Struct, frozen=True, kw_only=True, rename="camel"):
    """A line above or below a printed bill: its type and the one payload that belongs to it."""

    line_type: Literal[
        "HorizontalLine",
        "Logo",
        "MerchantAddress",
        "MerchantEmailAddress",
        "MerchantName",
        "MerchantPhoneNumber",
        "TaxNumber",
        "Text",
    ]
    horizontal_line: HorizontalLine | UnsetType = UNSET
    logo: Svg | UnsetType = UNSET
    merchant_address: MerchantAddress | UnsetType = UNSET
    merchant_email_address: MerchantEmailAddress | UnsetType = UNSET
    merchant_name: MerchantName | UnsetType = UNSET
    merchant_phone_number: MerchantPhoneNumber | UnsetType = UNSET
    tax_number: TaxNumber | UnsetType = UNSET
    text: Text | UnsetType = UNSET


class BillLines(Struct, frozen=True, kw_only=True):
    """What stands above or below a printed bill."""

    lines: list[BillLine]


class OrderBill(Struct, frozen=True, kw_only=True):
    """An order as it is printed."""

    header: BillLines
    order: Order
    footer: BillLines


class Empty(Struct, frozen=True, kw_only=True):
    """Of ExtendOrderLockV1 and HandleEventV1."""


class Error(Struct, frozen=True, kw_only=True, rename="camel"):
    """Why a request failed."""

    error_type: str
    """`NotFound`, `UnexpectedError`, `InvalidRequest` or `Conflict`."""
    debug_message: str | UnsetType = UNSET
