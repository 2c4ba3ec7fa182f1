from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import msgspec
import pytest

from adapter.domain.values import (
    Bill,
    BillItem,
    FullBill,
    Modifier,
    ReceiptLine,
    Session,
    Table,
    TableStatus,
    Waiter,
)
from adapter.protocol.tables.dialect import tables_dialect

SESSION_ID = UUID("5b0e3c64-2f0d-4b57-8f35-9a3b6d4b7c10")
ORDERED = datetime(2024, 5, 1, 17, 41, 2, tzinfo=UTC)


def sent(method: str, answer: Any, *, modifiers_in_item_price: bool = True) -> Any:
    dialect = tables_dialect(modifiers_in_item_price=modifiers_in_item_price)
    return msgspec.json.decode(msgspec.json.encode(dialect.routes[method].to_result(answer)))


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (TableStatus.AVAILABLE, "TABLE_STATUS_AVAILABLE"),
        (TableStatus.OCCUPIED, "TABLE_STATUS_OCCUPIED"),
        (TableStatus.PENDING_AVAILABLE, "TABLE_STATUS_PENDING_AVAILABLE"),
        (TableStatus.NOT_IN_USE, "TABLE_STATUS_NOT_IN_USE"),
    ],
)
def test_every_status_has_its_name(status: TableStatus, name: str):
    table = Table(name="T1", max_covers=0, status=status, area="Terrace")
    assert sent("GetTable", table) == {"table": {"name": "T1", "maxCovers": 0, "status": name}}
    assert sent("ListTables", [table]) == {"tables": [{"name": "T1", "maxCovers": 0, "status": name}]}


BARE_SESSION = Session(id=SESSION_ID, name="Check 1042", created_at=ORDERED, is_payable=False)
BARE_SESSION_SENT = {
    "id": "5b0e3c64-2f0d-4b57-8f35-9a3b6d4b7c10",
    "name": "Check 1042",
    "createdAt": "2024-05-01T17:41:02.000Z",
    "isPayable": False,
}


def test_a_bare_session_has_the_required_members_only():
    assert sent("GetSession", BARE_SESSION) == {"session": BARE_SESSION_SENT}
    assert sent("ListSessions", [BARE_SESSION]) == {"sessions": [BARE_SESSION_SENT]}


def test_a_full_session_has_all_members():
    session = Session(
        id=SESSION_ID,
        name="Check 1042",
        created_at=ORDERED,
        is_payable=True,
        finished_at=ORDERED + timedelta(hours=1),
        tables=("T12", "T13"),
        covers=0,
        waiter=Waiter(id="7", name="Ana"),
    )
    assert sent("GetSession", session) == {
        "session": {
            **BARE_SESSION_SENT,
            "isPayable": True,
            "finishedAt": "2024-05-01T18:41:02.000Z",
            "tableName": "T12",
            "numberOfCovers": 0,
            "waiter": {"id": 7, "name": "Ana"},
        }
    }


@pytest.mark.parametrize(
    ("waiter", "member"),
    [
        (Waiter(id="7"), {"waiter": {"id": 7}}),
        (Waiter(id="0", name=""), {"waiter": {"id": 0, "name": ""}}),
        (Waiter(id="A7", name="Ana"), {}),
        (Waiter(id="", name="Ana"), {}),
    ],
)
def test_a_waiter_is_sent_only_under_a_whole_number(waiter: Waiter, member: Any):
    session = msgspec.structs.replace(BARE_SESSION, waiter=waiter)
    assert sent("GetSession", session)["session"] == {**BARE_SESSION_SENT, **member}


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (ORDERED, "2024-05-01T17:41:02.000Z"),
        (ORDERED.replace(microsecond=999_999), "2024-05-01T17:41:02.999Z"),
        (ORDERED.replace(microsecond=7_000), "2024-05-01T17:41:02.007Z"),
        (ORDERED.replace(microsecond=1), "2024-05-01T17:41:02.000Z"),
        (ORDERED.replace(year=1), "0001-05-01T17:41:02.000Z"),
        (ORDERED.astimezone(timezone(timedelta(hours=2))), "2024-05-01T17:41:02.000Z"),
        (ORDERED.astimezone(timezone(timedelta(hours=-9, minutes=-30))), "2024-05-01T17:41:02.000Z"),
    ],
)
def test_times_are_utc_with_milliseconds(moment: datetime, text: str):
    session = msgspec.structs.replace(BARE_SESSION, created_at=moment, finished_at=moment)
    member = sent("GetSession", session)["session"]
    assert (member["createdAt"], member["finishedAt"]) == (text, text)


EGG = Modifier(id="m-3", name="Extra egg", amount=150, quantity=2)
PROMOTION = Modifier(id="m-9", name="Happy hour", amount=-100, quantity=1)
RAMEN = BillItem(
    id="sku-77",
    name="Ramen",
    quantity=2,
    amount=1100,
    ordered_at=ORDERED,
    category=("food", "mains"),
    modifiers=(EGG, PROMOTION),
)
WATER = BillItem(id="sku-0", name="Tap water", quantity=1, amount=0, ordered_at=ORDERED)
BILL = Bill(session_id=SESSION_ID, total=2600, paid=0, tax=0, currency="GBP", items=(RAMEN, WATER))
WATER_SENT = {
    "id": "sku-0",
    "name": "Tap water",
    "category": [],
    "quantity": 1,
    "amountPerItem": 0,
    "lastOrderedAt": "2024-05-01T17:41:02.000Z",
}
BILL_SENT = {
    "totalAmount": 2600,
    "paidAmount": 0,
    "taxAmount": 0,
    "currency": "GBP",
    "items": [
        {
            "id": "sku-77",
            "name": "Ramen",
            "category": ["food", "mains"],
            "quantity": 2,
            "amountPerItem": 1300,
            "lastOrderedAt": "2024-05-01T17:41:02.000Z",
            "modifiers": [
                {"id": "m-3", "name": "Extra egg", "amountPerModifier": 150, "quantity": 2},
                {"id": "m-9", "name": "Happy hour", "amountPerModifier": -100, "quantity": 1},
            ],
        },
        WATER_SENT,
    ],
    "sessionId": "5b0e3c64-2f0d-4b57-8f35-9a3b6d4b7c10",
}


def test_a_bill_is_sent_alone_or_in_a_list_under_the_same_name():
    assert sent("GetBillItems", BILL) == {"billItems": BILL_SENT}
    assert sent("LockSession", BILL) == {"billItems": BILL_SENT}
    assert sent("ListBillItems", [BILL, BILL]) == {"billItems": [BILL_SENT, BILL_SENT]}
    assert sent("ListBillItems", []) == {"billItems": []}


def test_an_item_price_is_with_its_modifiers_unless_told_otherwise():
    item = sent("GetBillItems", BILL, modifiers_in_item_price=False)["billItems"]["items"][0]
    assert item["amountPerItem"] == 1100
    assert len(item["modifiers"]) == 2


def test_the_option_on_item_prices_holds_for_every_answer_with_a_bill():
    full = FullBill(bill=BILL)
    assert sent("GetFullBill", full)["fullBill"]["billItems"]["items"][0]["amountPerItem"] == 1300
    plain = sent("GetFullBill", full, modifiers_in_item_price=False)
    assert plain["fullBill"]["billItems"]["items"][0]["amountPerItem"] == 1100
    listed = sent("ListBillItems", [BILL], modifiers_in_item_price=False)
    assert listed["billItems"][0]["items"][0]["amountPerItem"] == 1100


def test_service_charge_and_note_are_sent_when_there_are_any():
    bill = msgspec.structs.replace(BILL, items=(), service_charge=0, note="")
    member = sent("GetBillItems", bill)["billItems"]
    assert member == {**BILL_SENT, "items": [], "serviceCharge": 0, "note": ""}


def test_unlocking_and_recording_answer_an_empty_object():
    assert sent("UnlockSession", None) == {}
    assert sent("RecordPayment", None) == {}


def test_a_full_bill_without_lines_has_neither_header_nor_footer():
    assert sent("GetFullBill", FullBill(bill=BILL)) == {"fullBill": {"billItems": BILL_SENT}}


@pytest.mark.parametrize(
    ("line", "member"),
    [
        (ReceiptLine(kind="logo", text="<svg/>"), {"receiptLogo": {"svgImage": "<svg/>"}}),
        (ReceiptLine(kind="text", text="Hello"), {"receiptText": {"value": "Hello", "size": "SIZE_BODY"}}),
        (
            ReceiptLine(kind="text", text="", size="header_1", align="center", bold=False),
            {
                "receiptText": {
                    "value": "",
                    "size": "SIZE_HEADER_1",
                    "align": "ALIGN_CENTER",
                    "emphasisBold": False,
                }
            },
        ),
        (
            ReceiptLine(kind="text", text="Hi", size="header_2", align="left", bold=True),
            {
                "receiptText": {
                    "value": "Hi",
                    "size": "SIZE_HEADER_2",
                    "align": "ALIGN_LEFT",
                    "emphasisBold": True,
                }
            },
        ),
        (
            ReceiptLine(kind="text", text="Hi", align="right"),
            {"receiptText": {"value": "Hi", "size": "SIZE_BODY", "align": "ALIGN_RIGHT"}},
        ),
        (
            ReceiptLine(kind="merchant_name", text="Noodle House"),
            {"receiptMerchantName": {"merchantName": "Noodle House"}},
        ),
        (
            ReceiptLine(kind="merchant_phone_number", text="01234"),
            {"receiptMerchantPhoneNumber": {"phoneNumber": "01234"}},
        ),
        (
            ReceiptLine(kind="merchant_email_address", text="a@b.example"),
            {"receiptMerchantEmailAddress": {"emailAddress": "a@b.example"}},
        ),
        (
            ReceiptLine(kind="merchant_address", lines=("5 Quay St", "Ayr"), postcode="AB1 2CD"),
            {"receiptMerchantAddress": {"addressLines": ["5 Quay St", "Ayr"], "postcode": "AB1 2CD"}},
        ),
        (ReceiptLine(kind="horizontal_line"), {"receiptHorizontalLine": {"type": "HORIZONTAL_LINE_SINGLE"}}),
        (
            ReceiptLine(kind="horizontal_line", double=True),
            {"receiptHorizontalLine": {"type": "HORIZONTAL_LINE_DOUBLE"}},
        ),
        (ReceiptLine(kind="vat_number", text="000"), {"receiptVATNumber": {"vatNumber": "000"}}),
    ],
)
def test_a_receipt_line_is_its_type_and_its_one_payload(line: ReceiptLine, member: dict[str, Any]):
    expected = {"receiptLineType": f"RECEIPT_LINE_TYPE_{line.kind.upper()}", **member}
    above = sent("GetFullBill", FullBill(bill=BILL, header=(line, line)))["fullBill"]
    assert above == {"header": {"receiptLines": [expected, expected]}, "billItems": BILL_SENT}
    below = sent("GetFullBill", FullBill(bill=BILL, footer=(line,)))["fullBill"]
    assert below == {"billItems": BILL_SENT, "footer": {"receiptLines": [expected]}}
