from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
import pytest
from msgspec import Struct

from adapter.protocol.tables import wire

SESSION_ID = UUID("5b0e3c64-2f0d-4b57-8f35-9a3b6d4b7c10")
TIME = "2024-05-01T17:41:02.000Z"


def encoded(value: Struct) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))


def wire_names(kind: type[Struct]) -> set[str]:
    return {field.encode_name for field in msgspec.structs.fields(kind)}


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (wire.CardMachineParams, "terminalId waiterId"),
        (wire.RequestorParams, "requestorType cardMachineRequestorInfo"),
        (wire.GetTableParams, "name requestorInfo"),
        (wire.ListTablesParams, "statuses requestorInfo"),
        (wire.SessionParams, "sessionId requestorInfo"),
        (wire.ListSessionsParams, "isFinished hasTable isPayable tableNames requestorInfo"),
        (wire.ListBillItemsParams, "sessionIds requestorInfo"),
        (wire.RecordPaymentParams, "payment requestorInfo"),
        (
            wire.PaymentParams,
            (
                "id sessionId waiterId currency baseAmount tipsAmount gratuityAmount cashbackAmount paymentSuccessful "
                "attemptedAt methodDetails"
            ),
        ),
        (
            wire.MethodDetailsParams,
            "method cardPresentPaymentStatus cardPresentPaymentInfo remotePaymentStatus remotePaymentInfo",
        ),
        (wire.ErrorNotificationParams, "errorCode errorReason id"),
        (wire.Table, "name maxCovers status"),
        (wire.Waiter, "id name"),
        (wire.Session, "id name createdAt isPayable finishedAt tableName numberOfCovers waiter"),
        (wire.Modifier, "id name amountPerModifier quantity"),
        (wire.BillItem, "id name category quantity amountPerItem lastOrderedAt modifiers"),
        (wire.Bill, "totalAmount paidAmount taxAmount serviceCharge currency items note sessionId"),
        (wire.FullBill, "header billItems footer"),
        (wire.ReceiptLines, "receiptLines"),
        (
            wire.ReceiptLine,
            (
                "receiptLineType receiptHorizontalLine receiptLogo receiptMerchantAddress receiptMerchantEmailAddress "
                "receiptMerchantName receiptMerchantPhoneNumber receiptText receiptVATNumber"
            ),
        ),
        (wire.ReceiptLogo, "svgImage"),
        (wire.ReceiptText, "value size align emphasisBold"),
        (wire.ReceiptMerchantName, "merchantName"),
        (wire.ReceiptMerchantPhoneNumber, "phoneNumber"),
        (wire.ReceiptMerchantEmailAddress, "emailAddress"),
        (wire.ReceiptMerchantAddress, "addressLines postcode"),
        (wire.ReceiptHorizontalLine, "type"),
        (wire.ReceiptVatNumber, "vatNumber"),
        (wire.TableResult, "table"),
        (wire.TablesResult, "tables"),
        (wire.SessionResult, "session"),
        (wire.SessionsResult, "sessions"),
        (wire.BillResult, "billItems"),
        (wire.BillsResult, "billItems"),
        (wire.FullBillResult, "fullBill"),
        (wire.EmptyResult, ""),
        (wire.ErrorResult, "errorCode errorReason"),
    ],
)
def test_the_members_are_the_documented_ones(kind: type[Struct], names: str):
    assert wire_names(kind) == set(names.split())


def test_optional_members_that_are_not_given_are_left_out():
    session = wire.Session(id=SESSION_ID, name="Check 1", created_at=TIME, is_payable=True)
    assert encoded(session) == {"id": str(SESSION_ID), "name": "Check 1", "createdAt": TIME, "isPayable": True}
    assert encoded(wire.Waiter(id=7)) == {"id": 7}


def test_zero_false_and_empty_are_still_sent():
    session = wire.Session(id=SESSION_ID, name="", created_at=TIME, is_payable=False, number_of_covers=0)
    assert encoded(session)["isPayable"] is False
    assert encoded(session)["numberOfCovers"] == 0
    bill = wire.Bill(
        total_amount=0, paid_amount=0, tax_amount=0, service_charge=0, currency="GBP", items=[], session_id=SESSION_ID
    )
    assert encoded(bill) == {
        "totalAmount": 0,
        "paidAmount": 0,
        "taxAmount": 0,
        "serviceCharge": 0,
        "currency": "GBP",
        "items": [],
        "sessionId": str(SESSION_ID),
    }


def test_the_category_is_sent_even_when_empty_and_the_modifiers_are_not():
    item = wire.BillItem(id="1", name="Tap water", category=(), quantity=1, amount_per_item=0, last_ordered_at=TIME)
    assert encoded(item) == {
        "id": "1",
        "name": "Tap water",
        "category": [],
        "quantity": 1,
        "amountPerItem": 0,
        "lastOrderedAt": TIME,
    }


def test_empty_lists_are_sent():
    assert encoded(wire.TablesResult(tables=[])) == {"tables": []}
    assert encoded(wire.SessionsResult(sessions=[])) == {"sessions": []}
    assert encoded(wire.BillsResult(bill_items=[])) == {"billItems": []}


def test_an_empty_result_is_an_empty_object():
    assert encoded(wire.EmptyResult()) == {}


def test_unknown_parameters_are_ignored():
    params = msgspec.json.decode(b'{"name":"T1","colour":{"deep":[1]}}', type=wire.GetTableParams)
    assert params.name == "T1"


@pytest.mark.parametrize(
    "kind",
    [wire.GetTableParams, wire.ListTablesParams, wire.ListSessionsParams, wire.ListBillItemsParams, wire.SessionParams],
)
def test_null_is_the_same_as_omitted(kind: type[Struct]):
    names = wire_names(kind) - {"requestorInfo"}
    nulls = msgspec.json.encode(dict.fromkeys(names))
    for field in msgspec.structs.fields(kind):
        if field.encode_name in names:
            assert getattr(msgspec.json.decode(nulls, type=kind), field.name) is None
            assert getattr(msgspec.json.decode(b"{}", type=kind), field.name) is None


def test_every_parameter_says_what_it_should_be():
    kinds = [wire.GetTableParams, wire.ListTablesParams, wire.ListSessionsParams, wire.ListBillItemsParams]
    names = set().union(*(wire_names(kind) for kind in [*kinds, wire.SessionParams, wire.RecordPaymentParams]))
    assert names - {"requestorInfo"} <= wire.EXPECTED.keys()
    assert {f"payment.{name}" for name in wire_names(wire.PaymentParams)} <= wire.EXPECTED.keys()
