"""The messages of the Tables API, member for member. Knows nothing of what they mean.

What comes in is read leniently: unknown members are ignored, and null is the same as omitted. What goes out has exactly
the documented members, for the provider allows no others (errors page); an optional one is UNSET rather than null.
Members are camelCase on the wire. Money is in minor units, times are UTC with milliseconds and Z.
"""

from __future__ import annotations

from typing import Any, Final, Literal
from uuid import UUID

from msgspec import UNSET, Raw, Struct, UnsetType, field

TableStatus = Literal[
    "TABLE_STATUS_AVAILABLE",
    "TABLE_STATUS_NOT_IN_USE",
    "TABLE_STATUS_OCCUPIED",
    "TABLE_STATUS_PENDING_AVAILABLE",
]
"""How a table stands (table-intro page)."""

CONSUMER_DEVICE: Final = "REQUESTOR_TYPE_CONSUMER_DEVICE"
"""The `requestorType` of a guest's own phone (requestor page); a card machine has another."""

EXPECTED: Final = {
    "": "an object",
    "hasTable": "true or false",
    "isFinished": "true or false",
    "isPayable": "true or false",
    "name": "a string",
    "payment": "an object",
    "payment.attemptedAt": "a time, as 2024-05-01T18:05:31.000Z",
    "payment.baseAmount": "a whole number of minor units, not negative",
    "payment.cashbackAmount": "a whole number of minor units, not negative",
    "payment.currency": "an ISO 4217 code",
    "payment.gratuityAmount": "a whole number of minor units, not negative",
    "payment.id": "a UUID",
    "payment.methodDetails": "an object",
    "payment.paymentSuccessful": "true or false",
    "payment.sessionId": "a UUID",
    "payment.tipsAmount": "a whole number of minor units, not negative",
    "payment.waiterId": "a number",
    "sessionId": "a UUID",
    "sessionIds": "a list of UUIDs",
    "statuses": "a list of table statuses",
    "tableNames": "a list of strings",
}
"""What each parameter should be, by its path, for the reason of a refusal."""

_ABSENT: Final = Raw(b"{}")


# What comes in


class CardMachineParams(Struct, frozen=True, kw_only=True, rename="camel"):
    """Who holds the card machine (requestor page)."""

    terminal_id: Any = None
    """A string of digits; one example of the list-sessions page has an empty array."""
    waiter_id: Any = None
    """A number; on the requestor page a string such as "001"; absent where the terminal does not ask for it."""


class RequestorParams(Struct, frozen=True, kw_only=True, rename="camel"):
    """Who asks (requestor page)."""

    requestor_type: Any = None
    card_machine_requestor_info: Raw = _ABSENT
    """CardMachineParams, unread because an odd one does not fail a request."""


class GetTableParams(Struct, frozen=True, kw_only=True, rename="camel"):
    """Parameters of GetTable (get-table page)."""

    name: str | None = None
    """Required."""
    requestor_info: Raw = _ABSENT
    """RequestorParams, here and below; unread because an odd one does not fail a request."""


class ListTablesParams(Struct, frozen=True, kw_only=True, rename="camel"):
    """Parameters of ListTables (list-tables page)."""

    statuses: list[TableStatus] | None = None
    requestor_info: Raw = _ABSENT


class SessionParams(Struct, frozen=True, kw_only=True, rename="camel"):
    """Parameters of GetSession, LockSession, UnlockSession, GetBillItems and GetFullBill (the page of each)."""

    session_id: str | None = None
    """Required; a UUID."""
    requestor_info: Raw = _ABSENT


class ListSessionsParams(Struct, frozen=True, kw_only=True, rename="camel"):
    """Parameters of ListSessions (list-sessions page)."""

    is_finished: bool | None = None
    has_table: bool | None = None
    is_payable: bool | None = None
    table_names: list[str] | None = None
    requestor_info: Raw = _ABSENT


class ListBillItemsParams(Struct, frozen=True, kw_only=True, rename="camel"):
    """Parameters of ListBillItems (list-bill-items page)."""

    session_ids: list[str] | None = None
    """UUIDs."""
    requestor_info: Raw = _ABSENT


class MethodDetailsParams(Struct, frozen=True, kw_only=True, rename="camel"):
    """How it was paid (payment-intro page); nothing in it decides whether the payment is recorded."""

    method: Any = None
    card_present_payment_status: Any = None
    card_present_payment_info: Any = None
    remote_payment_status: Any = None
    remote_payment_info: Any = None
    """Either info holds acquirerTransactionId, authCode, entryMode and card, of which only `scheme` is kept."""


class PaymentParams(Struct, frozen=True, kw_only=True, rename="camel"):
    """A payment (payment-intro page). Amounts are in minor units; together they are what the card was charged with."""

    id: str | None = None
    """Required; a UUID. The page's own example has a blank after it."""
    session_id: str | None = None
    """Required; a UUID."""
    waiter_id: Any = None
    currency: str | None = None
    """Required; ISO 4217 alpha-3."""
    base_amount: int | None = None
    """Required."""
    tips_amount: int | None = None
    gratuity_amount: int | None = None
    """What the provider's own connector calls `tipsAmount`."""
    cashback_amount: int | None = None
    payment_successful: bool | None = None
    """Required: it decides whether money has moved."""
    attempted_at: str | None = None
    method_details: Raw = _ABSENT
    """MethodDetailsParams, unread because odd ones do not fail a payment."""


class RecordPaymentParams(Struct, frozen=True, kw_only=True, rename="camel"):
    """Parameters of RecordPayment (record-payment page)."""

    payment: PaymentParams | None = None
    """Required."""
    requestor_info: Raw = _ABSENT


class ErrorNotificationParams(Struct, frozen=True, kw_only=True, rename="camel"):
    """Parameters of ErrorNotification: which answer the provider could not read, and why (API reference)."""

    error_code: Any = None
    error_reason: Any = None
    id: Any = None


# What goes out


class Table(Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """A table (table-intro page)."""

    name: str
    max_covers: int
    status: TableStatus


class Waiter(Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """Who serves a session (session-intro page); terminals show the id where there is no name (get-session page)."""

    id: int
    name: str | UnsetType = UNSET


class Session(Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """A session (session-intro page)."""

    id: UUID
    name: str
    table_name: str | UnsetType = UNSET
    """Equal to Table.name; omitted where there is no table."""
    number_of_covers: int | UnsetType = UNSET
    created_at: str
    finished_at: str | UnsetType = UNSET
    """Omitted until finished: the session-intro page calls it mandatory, the examples leave it out."""
    is_payable: bool
    waiter: Waiter | UnsetType = UNSET


class Modifier(Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """A choice, extra or promotion on a bill item (bill-intro page)."""

    id: str
    name: str
    amount_per_modifier: int
    quantity: int


class BillItem(Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """A line of a bill (bill-intro page)."""

    id: str
    name: str
    category: tuple[str, ...]
    """Always sent, even if empty: the page calls it optional, the provider's own connector requires it."""
    quantity: int
    amount_per_item: int
    last_ordered_at: str
    modifiers: list[Modifier] | UnsetType = UNSET
    """Omitted where there are none."""


class Bill(Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """A bill, called `billItems` wherever it is a member (bill-intro page)."""

    total_amount: int
    paid_amount: int
    tax_amount: int
    service_charge: int | UnsetType = UNSET
    currency: str
    items: list[BillItem]
    note: str | UnsetType = UNSET
    session_id: UUID


class ReceiptLogo(Struct, frozen=True, kw_only=True, rename="camel"):
    """A picture in the middle of a line (get-full-bill page)."""

    svg_image: str


class ReceiptText(Struct, frozen=True, kw_only=True, rename="camel"):
    """A line of text (get-full-bill page)."""

    value: str
    size: Literal["SIZE_HEADER_1", "SIZE_HEADER_2", "SIZE_BODY"]
    align: Literal["ALIGN_LEFT", "ALIGN_CENTER", "ALIGN_RIGHT"] | UnsetType = UNSET
    emphasis_bold: bool | UnsetType = UNSET


class ReceiptMerchantName(Struct, frozen=True, kw_only=True, rename="camel"):
    """The restaurant's name (get-full-bill page)."""

    merchant_name: str


class ReceiptMerchantPhoneNumber(Struct, frozen=True, kw_only=True, rename="camel"):
    """The restaurant's telephone number (get-full-bill page)."""

    phone_number: str


class ReceiptMerchantEmailAddress(Struct, frozen=True, kw_only=True, rename="camel"):
    """The restaurant's e-mail address (get-full-bill page)."""

    email_address: str


class ReceiptMerchantAddress(Struct, frozen=True, kw_only=True, rename="camel"):
    """The restaurant's address, which the terminal lays out (get-full-bill page)."""

    address_lines: tuple[str, ...]
    postcode: str


class ReceiptHorizontalLine(Struct, frozen=True, kw_only=True, rename="camel"):
    """A line across the paper (get-full-bill page; its member's name is that of the provider's own connector)."""

    type: Literal["HORIZONTAL_LINE_SINGLE", "HORIZONTAL_LINE_DOUBLE"]


class ReceiptVatNumber(Struct, frozen=True, kw_only=True, rename="camel"):
    """The restaurant's VAT number (the provider's own connector)."""

    vat_number: str


class ReceiptLine(Struct, frozen=True, kw_only=True, rename="camel"):
    """A line above or below a printed bill: its type and the one payload that belongs to it (get-full-bill page).

    Image and URL lines are not offered: no source gives them a `receiptLineType` of their own.
    """

    receipt_line_type: Literal[
        "RECEIPT_LINE_TYPE_HORIZONTAL_LINE",
        "RECEIPT_LINE_TYPE_LOGO",
        "RECEIPT_LINE_TYPE_MERCHANT_ADDRESS",
        "RECEIPT_LINE_TYPE_MERCHANT_EMAIL_ADDRESS",
        "RECEIPT_LINE_TYPE_MERCHANT_NAME",
        "RECEIPT_LINE_TYPE_MERCHANT_PHONE_NUMBER",
        "RECEIPT_LINE_TYPE_TEXT",
        "RECEIPT_LINE_TYPE_VAT_NUMBER",
    ]
    receipt_horizontal_line: ReceiptHorizontalLine | UnsetType = UNSET
    receipt_logo: ReceiptLogo | UnsetType = UNSET
    receipt_merchant_address: ReceiptMerchantAddress | UnsetType = UNSET
    receipt_merchant_email_address: ReceiptMerchantEmailAddress | UnsetType = UNSET
    receipt_merchant_name: ReceiptMerchantName | UnsetType = UNSET
    receipt_merchant_phone_number: ReceiptMerchantPhoneNumber | UnsetType = UNSET
    receipt_text: ReceiptText | UnsetType = UNSET
    receipt_vat_number: ReceiptVatNumber | UnsetType = field(default=UNSET, name="receiptVATNumber")


class ReceiptLines(Struct, frozen=True, kw_only=True, rename="camel"):
    """What stands above or below a printed bill (get-full-bill page)."""

    receipt_lines: list[ReceiptLine]


class FullBill(Struct, frozen=True, kw_only=True, rename="camel"):
    """A bill as it is printed (get-full-bill page)."""

    header: ReceiptLines | UnsetType = UNSET
    bill_items: Bill
    footer: ReceiptLines | UnsetType = UNSET


# The `result` of each answer


class TableResult(Struct, frozen=True, kw_only=True):
    """Of GetTable (get-table page)."""

    table: Table


class TablesResult(Struct, frozen=True, kw_only=True):
    """Of ListTables (list-tables page)."""

    tables: list[Table]


class SessionResult(Struct, frozen=True, kw_only=True):
    """Of GetSession (get-session page)."""

    session: Session


class SessionsResult(Struct, frozen=True, kw_only=True):
    """Of ListSessions (list-sessions page)."""

    sessions: list[Session]


class BillResult(Struct, frozen=True, kw_only=True, rename="camel"):
    """Of GetBillItems (get-bill-items page) and LockSession (lock-session page): one bill in spite of the name."""

    bill_items: Bill


class BillsResult(Struct, frozen=True, kw_only=True, rename="camel"):
    """Of ListBillItems (list-bill-items page): a list under the name that elsewhere means one bill."""

    bill_items: list[Bill]


class FullBillResult(Struct, frozen=True, kw_only=True, rename="camel"):
    """Of GetFullBill (get-full-bill page)."""

    full_bill: FullBill


class EmptyResult(Struct, frozen=True, kw_only=True):
    """Of UnlockSession and RecordPayment: `{}`, as the provider's own connector sends."""


class ErrorResult(Struct, frozen=True, kw_only=True, rename="camel"):
    """Of any method that failed; told from success by `errorCode` alone (errors page)."""

    error_code: str
    error_reason: str
