from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from msgspec import Raw

from adapter.domain import requests as ask
from adapter.domain.payments import CardDetails, Payment
from adapter.domain.requests import Requestor
from adapter.domain.values import TableStatus
from adapter.errors import (
    AdapterError,
    BillNotFound,
    InvalidParams,
    MalformedRequest,
    RequestError,
    SessionNotFound,
    TableNotFound,
    UnknownMethod,
    WaiterIncorrect,
)
from adapter.protocol.dialect import decode_request, error_code
from adapter.protocol.tables.dialect import ERROR_CODES, tables_dialect

DIALECT = tables_dialect()
SESSION_ID = UUID("5b0e3c64-2f0d-4b57-8f35-9a3b6d4b7c10")
BY_CARD_MACHINE = {
    "requestorType": "REQUESTOR_TYPE_CARD_MACHINE",
    "cardMachineRequestorInfo": {"terminalId": "22334455", "waiterId": 7},
}
ANA = Requestor(is_card_machine=True, terminal_id="22334455", waiter_id="7")
ANONYMOUS = Requestor(is_card_machine=True)

DOCUMENTED_CODES = {
    "BILL_NO_SUCH_BILL",
    "ERROR_INTERNAL_POS_ERROR",
    "ERROR_PARSE_ERROR",
    "PAYMENT_ALREADY_RECORDED",
    "PAYMENT_NOT_RECORDED",
    "SESSION_ALREADY_LOCKED",
    "SESSION_NO_SUCH_SESSION",
    "SESSION_NOT_LOCKED",
    "SESSION_UNABLE_TO_UNLOCK",
    "TABLE_NO_SUCH_TABLE",
    "WAITER_INCORRECT_WAITER_ID",
}


def read(method: str, params: Any) -> Any:
    raw = params if isinstance(params, bytes) else json.dumps(params).encode()
    return decode_request(DIALECT, DIALECT.routes[method], Raw(raw))


def requestor_of(info: Any) -> Requestor:
    found: Requestor = read("ListTables", {"requestorInfo": info}).requestor
    return found


def with_waiter(waiter: Any) -> Requestor:
    return requestor_of({**BY_CARD_MACHINE, "cardMachineRequestorInfo": {"terminalId": "1", "waiterId": waiter}})


ABOUT_A_SESSION = {"sessionId": str(SESSION_ID), "requestorInfo": BY_CARD_MACHINE}
PAYMENT = {
    "id": "7d1f0b0c-0a3c-4a53-9c9b-2f6f4b1f9e01 ",
    "sessionId": str(SESSION_ID),
    "waiterId": 7,
    "currency": "GBP",
    "baseAmount": 1175,
    "tipsAmount": 125,
    "cashbackAmount": 0,
    "paymentSuccessful": True,
    "attemptedAt": "2024-05-01T18:05:31.000Z",
    "methodDetails": {"method": "PAYMENT_METHOD_CARD_PRESENT"},
}


@pytest.mark.parametrize(
    ("method", "params", "request_read"),
    [
        ("GetTable", {"name": "T12", "requestorInfo": BY_CARD_MACHINE}, ask.GetTable(requestor=ANA, name="T12")),
        (
            "ListTables",
            {"statuses": ["TABLE_STATUS_AVAILABLE", "TABLE_STATUS_OCCUPIED"], "requestorInfo": BY_CARD_MACHINE},
            ask.ListTables(requestor=ANA, statuses=frozenset({TableStatus.AVAILABLE, TableStatus.OCCUPIED})),
        ),
        ("GetSession", ABOUT_A_SESSION, ask.GetSession(requestor=ANA, session_id=SESSION_ID)),
        (
            "ListSessions",
            {
                "isFinished": False,
                "hasTable": True,
                "isPayable": True,
                "tableNames": [],
                "requestorInfo": BY_CARD_MACHINE,
            },
            ask.ListSessions(requestor=ANA, is_finished=False, has_table=True, is_payable=True, table_names=()),
        ),
        ("LockSession", ABOUT_A_SESSION, ask.LockSession(requestor=ANA, session_id=SESSION_ID)),
        ("UnlockSession", ABOUT_A_SESSION, ask.UnlockSession(requestor=ANA, session_id=SESSION_ID)),
        ("GetBillItems", ABOUT_A_SESSION, ask.GetBill(requestor=ANA, session_id=SESSION_ID)),
        (
            "ListBillItems",
            {"sessionIds": [str(SESSION_ID)], "requestorInfo": BY_CARD_MACHINE},
            ask.ListBills(requestor=ANA, session_ids=(SESSION_ID,)),
        ),
        ("GetFullBill", ABOUT_A_SESSION, ask.GetFullBill(requestor=ANA, session_id=SESSION_ID)),
        (
            "RecordPayment",
            {"payment": PAYMENT, "requestorInfo": BY_CARD_MACHINE},
            ask.RecordPayment(
                requestor=ANA,
                payment=Payment(
                    id=UUID("7d1f0b0c-0a3c-4a53-9c9b-2f6f4b1f9e01"),
                    session_id=SESSION_ID,
                    currency="GBP",
                    base=1175,
                    tips=125,
                    successful=True,
                    attempted_at=datetime(2024, 5, 1, 18, 5, 31, tzinfo=UTC),
                    waiter_id="7",
                    details=CardDetails(method="CARD_PRESENT"),
                ),
            ),
        ),
    ],
)
def test_the_example_of_every_operation_is_read(method: str, params: Any, request_read: Any):
    assert read(method, params) == request_read


def test_every_operation_has_a_route():
    assert set(DIALECT.routes) == {
        "GetBillItems",
        "GetFullBill",
        "GetSession",
        "GetTable",
        "ListBillItems",
        "ListSessions",
        "ListTables",
        "LockSession",
        "RecordPayment",
        "UnlockSession",
    }
    assert set(DIALECT.notifications) == {"ErrorNotification"}


@pytest.mark.parametrize("method", ["GetSession", "GetBillItems", "GetFullBill", "LockSession", "UnlockSession"])
@pytest.mark.parametrize(
    "params",
    [
        {},
        {"sessionId": None},
        {"sessionId": 7},
        {"sessionId": ""},
        {"sessionId": "1042"},
        {"sessionId": "{5b0e3c64-2f0d-4b57-8f35-9a3b6d4b7c10}"},
        {"sessionId": "urn:uuid:5b0e3c64-2f0d-4b57-8f35-9a3b6d4b7c10"},
        {"sessionId": f"{SESSION_ID}0"},
        {"sessionId": [str(SESSION_ID)]},
    ],
)
def test_a_missing_or_wrong_session_id_is_a_parse_error_that_names_it(method: str, params: Any):
    with pytest.raises(InvalidParams) as refusal:
        read(method, params)
    assert refusal.value.message == "params.sessionId: expected a UUID"
    assert error_code(DIALECT, refusal.value) == "ERROR_PARSE_ERROR"


@pytest.mark.parametrize(
    ("method", "params", "reason"),
    [
        ("GetTable", {}, "params.name: expected a string"),
        ("GetTable", {"name": None}, "params.name: expected a string"),
        ("GetTable", {"name": 12}, "params.name: expected a string"),
        ("ListTables", {"statuses": ["TABLE_STATUS_SECRET"]}, "params.statuses: expected a list of table statuses"),
        ("ListTables", {"statuses": "TABLE_STATUS_OCCUPIED"}, "params.statuses: expected a list of table statuses"),
        ("ListTables", {"statuses": [None]}, "params.statuses: expected a list of table statuses"),
        ("ListSessions", {"isFinished": "SECRET"}, "params.isFinished: expected true or false"),
        ("ListSessions", {"isFinished": 0}, "params.isFinished: expected true or false"),
        ("ListSessions", {"hasTable": 1}, "params.hasTable: expected true or false"),
        ("ListSessions", {"isPayable": []}, "params.isPayable: expected true or false"),
        ("ListSessions", {"tableNames": "SECRET"}, "params.tableNames: expected a list of strings"),
        ("ListSessions", {"tableNames": [12]}, "params.tableNames: expected a list of strings"),
        ("ListBillItems", {"sessionIds": "SECRET"}, "params.sessionIds: expected a list of UUIDs"),
        ("ListBillItems", {"sessionIds": ["SECRET"]}, "params.sessionIds: expected a list of UUIDs"),
        ("ListBillItems", {"sessionIds": [str(SESSION_ID), 7]}, "params.sessionIds: expected a list of UUIDs"),
        ("RecordPayment", {}, "params.payment: expected an object"),
        ("RecordPayment", {"payment": "SECRET"}, "params.payment: expected an object"),
        ("RecordPayment", {"payment": {}}, "params.payment.paymentSuccessful: expected true or false"),
        ("RecordPayment", {"payment": {"sessionId": 7}}, "params.payment.sessionId: expected a UUID"),
        ("ListTables", [], "params: expected an object"),
        ("ListTables", "SECRET", "params: expected an object"),
        ("ListTables", None, "params: expected an object"),
        ("ListTables", b'{"statuses":', "params: not readable"),
        ("GetTable", b'{"deep":' + b"[" * 200_000 + b"]" * 200_000 + b"}", "params: nested too deeply"),
    ],
)
def test_a_wrong_parameter_is_refused_by_its_path_and_not_repeated(method: str, params: Any, reason: str):
    with pytest.raises(InvalidParams) as refusal:
        read(method, params)
    assert refusal.value.message == reason


@pytest.mark.parametrize(
    "text",
    [
        str(SESSION_ID).upper(),
        SESSION_ID.hex,
        SESSION_ID.hex.upper(),
        f"  {SESSION_ID}\n",
        "5b0e3c642f0d-4b57-8f359a3b6d4b7c10",
    ],
)
def test_case_dashes_and_blanks_of_a_uuid_do_not_matter(text: str):
    assert read("GetSession", {"sessionId": text}).session_id == SESSION_ID
    assert read("ListBillItems", {"sessionIds": [text]}).session_ids == (SESSION_ID,)
    assert read("RecordPayment", {"payment": {**PAYMENT, "sessionId": text}}).payment.session_id == SESSION_ID
    assert read("RecordPayment", {"payment": {**PAYMENT, "id": text}}).payment.id == SESSION_ID


@pytest.mark.parametrize("name", ["", " T12 ", "Bar - Left", "T\u200b12", "\u0000"])
def test_an_incoming_name_is_passed_on_untouched(name: str):
    assert read("GetTable", {"name": name}).name == name
    assert read("ListSessions", {"tableNames": [name]}).table_names == (name,)


def test_omitted_filters_and_null_filters_are_no_filters():
    nothing = ask.ListSessions(requestor=ANONYMOUS)
    nulls = {"isFinished": None, "hasTable": None, "isPayable": None, "tableNames": None}
    assert read("ListSessions", {}) == nothing
    assert read("ListSessions", nulls) == nothing
    assert read("ListTables", {"statuses": None}) == read("ListTables", {}) == ask.ListTables(requestor=ANONYMOUS)
    assert read("ListBillItems", {"sessionIds": None}) == read("ListBillItems", {})
    assert read("ListBillItems", {}) == ask.ListBills(requestor=ANONYMOUS)


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("TABLE_STATUS_AVAILABLE", TableStatus.AVAILABLE),
        ("TABLE_STATUS_OCCUPIED", TableStatus.OCCUPIED),
        ("TABLE_STATUS_PENDING_AVAILABLE", TableStatus.PENDING_AVAILABLE),
        ("TABLE_STATUS_NOT_IN_USE", TableStatus.NOT_IN_USE),
    ],
)
def test_every_status_can_be_asked_for(name: str, status: TableStatus):
    assert read("ListTables", {"statuses": [name, name]}).statuses == {status}


def test_empty_filters_stay_empty_for_the_rules_to_judge():
    assert read("ListTables", {"statuses": []}).statuses == frozenset()
    assert read("ListBillItems", {"sessionIds": []}).session_ids == ()
    assert read("ListSessions", {"tableNames": []}).table_names == ()


def test_a_consumer_device_has_neither_terminal_nor_waiter():
    info = {**BY_CARD_MACHINE, "requestorType": "REQUESTOR_TYPE_CONSUMER_DEVICE", "consumerDeviceRequestorInfo": {}}
    assert requestor_of(info) == Requestor(is_card_machine=False)


@pytest.mark.parametrize("odd", [None, 7, "SECRET", [], {"terminalId": []}])
def test_a_consumer_device_stays_one_whatever_else_is_said(odd: Any):
    info = {"requestorType": "REQUESTOR_TYPE_CONSUMER_DEVICE", "cardMachineRequestorInfo": odd}
    assert requestor_of(info) == Requestor(is_card_machine=False)


@pytest.mark.parametrize(
    "info",
    [
        None,
        7,
        "REQUESTOR_TYPE_CONSUMER_DEVICE",
        [],
        {},
        {"requestorType": None},
        {"requestorType": "REQUESTOR_TYPE_KIOSK"},
        {"requestorType": ["REQUESTOR_TYPE_CONSUMER_DEVICE"]},
        {"requestorType": "REQUESTOR_TYPE_CARD_MACHINE"},
        {"requestorType": "REQUESTOR_TYPE_CARD_MACHINE", "cardMachineRequestorInfo": None},
        {"requestorType": "REQUESTOR_TYPE_CARD_MACHINE", "cardMachineRequestorInfo": "SECRET"},
        {"consumerDeviceRequestorInfo": {}},
    ],
)
def test_whoever_does_not_say_otherwise_is_a_card_machine_without_ids(info: Any):
    assert requestor_of(info) == ANONYMOUS


def test_a_missing_requestor_is_a_card_machine_without_ids():
    assert read("GetTable", {"name": "T1"}).requestor == ANONYMOUS


def test_the_ids_count_whatever_the_type_of_card_machine_is_called():
    assert requestor_of({**BY_CARD_MACHINE, "requestorType": "REQUESTOR_TYPE_NEW_CARD_MACHINE"}) == ANA


@pytest.mark.parametrize("number", [b"1e999", b"9" * 5000])
def test_a_number_beyond_reason_is_no_waiter(number: bytes):
    info = b'{"requestorInfo":{"cardMachineRequestorInfo":{"waiterId":' + number + b"}}}"
    assert read("ListTables", info).requestor == ANONYMOUS


@pytest.mark.parametrize(
    ("sent_as", "waiter_id"),
    [
        (7, "7"),
        (0, "0"),
        (-7, "-7"),
        (7.0, "7"),
        ("7", "7"),
        ("001", "1"),
        (" 007 ", "7"),
        ("000", "0"),
        ("A7", "A7"),
        (" ana ", "ana"),
        ("0٣", "0٣"),
        ("7.5", "7.5"),
        (7.5, None),
        (1e300, None),
        (True, None),
        (False, None),
        (None, None),
        ("", None),
        ("   ", None),
        ("a\nb", None),
        ("x" * 65, None),
        ([], None),
        ([7], None),
        ({}, None),
    ],
)
def test_a_waiter_id_is_a_number_without_leading_zeros_or_text_or_none(sent_as: Any, waiter_id: str | None):
    assert with_waiter(sent_as) == Requestor(is_card_machine=True, terminal_id="1", waiter_id=waiter_id)


@pytest.mark.parametrize(
    ("sent_as", "terminal_id"),
    [
        ("22334455", "22334455"),
        ("00123", "00123"),
        (" 1 ", "1"),
        ("", None),
        ([], None),
        (22334455, None),
        (None, None),
        ({}, None),
        ("a\u0007b", None),
        ("x" * 65, None),
    ],
)
def test_a_terminal_id_is_a_string_or_unknown(sent_as: Any, terminal_id: str | None):
    info = {**BY_CARD_MACHINE, "cardMachineRequestorInfo": {"terminalId": sent_as, "waiterId": 7}}
    assert requestor_of(info) == Requestor(is_card_machine=True, terminal_id=terminal_id, waiter_id="7")


def kinds_of(kind: type[AdapterError]) -> list[type[AdapterError]]:
    return [kind, *(found for below in kind.__subclasses__() for found in kinds_of(below))]


@pytest.mark.parametrize("kind", kinds_of(AdapterError))
def test_every_error_has_a_documented_code(kind: type[AdapterError]):
    assert error_code(DIALECT, kind.__new__(kind)) in DOCUMENTED_CODES


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (RequestError, "ERROR_PARSE_ERROR"),
        (MalformedRequest, "ERROR_PARSE_ERROR"),
        (UnknownMethod, "ERROR_PARSE_ERROR"),
        (InvalidParams, "ERROR_PARSE_ERROR"),
        (SessionNotFound, "SESSION_NO_SUCH_SESSION"),
        (TableNotFound, "TABLE_NO_SUCH_TABLE"),
        (BillNotFound, "BILL_NO_SUCH_BILL"),
        (WaiterIncorrect, "WAITER_INCORRECT_WAITER_ID"),
    ],
)
def test_errors_have_the_codes_of_the_errors_page(kind: type[AdapterError], code: str):
    assert error_code(DIALECT, kind("why")) == code


def test_all_other_errors_are_internal():
    told_apart = {kind for kind in ERROR_CODES if kind is not AdapterError}
    others = [kind for kind in kinds_of(AdapterError) if not told_apart.intersection(kind.__mro__)]
    assert others
    assert {error_code(DIALECT, kind.__new__(kind)) for kind in others} == {"ERROR_INTERNAL_POS_ERROR"}


@pytest.mark.parametrize(
    ("params", "said"),
    [
        (
            b'{"errorCode":"ERROR_PARSE_ERROR","errorReason":"no currency","id":"abc"}',
            ("ERROR_PARSE_ERROR", "no currency", "abc"),
        ),
        (b"{}", ("", "", "")),
        (b'{"errorCode":7,"errorReason":null,"id":["abc"]}', ("7", "", "['abc']")),
        (b'{"errorReason":"two\\nlines"}', ("", "two lines", "")),
        (b"[]", ("", "its parameters cannot be read", "")),
    ],
)
def test_a_complaint_is_read_whatever_it_holds(params: bytes, said: tuple[str, str, str]):
    complaint = DIALECT.notifications["ErrorNotification"](Raw(params))
    assert (complaint.error_code, complaint.reason, complaint.reference) == said


def test_a_long_complaint_is_clipped():
    complaint = DIALECT.notifications["ErrorNotification"](Raw(b'{"errorReason":"' + b"x" * 5000 + b'"}'))
    assert complaint.reason == "x" * 1000


def paid(**changed: Any) -> Payment:
    """The payment that is read when these members of the example are others; None leaves one out."""
    sent = {name: value for name, value in {**PAYMENT, **changed}.items() if value is not None}
    return read("RecordPayment", {"payment": sent, "requestorInfo": BY_CARD_MACHINE}).payment


def test_a_tip_is_read_under_both_of_its_names_and_the_documented_one_wins():
    assert paid(tipsAmount=None, gratuityAmount=75).tips == 75
    assert paid(tipsAmount=125, gratuityAmount=75).tips == 125
    assert paid(tipsAmount=0, gratuityAmount=75).tips == 0
    assert paid(tipsAmount=None).tips == 0


def test_the_amounts_together_are_what_the_card_was_charged_with():
    assert paid(baseAmount=100, tipsAmount=200, cashbackAmount=300).charged == 600


@pytest.mark.parametrize(
    ("sent", "moment"),
    [
        ("2024-05-01T18:05:31.000Z", datetime(2024, 5, 1, 18, 5, 31, tzinfo=UTC)),
        ("2024-05-01T20:05:31+02:00", datetime(2024, 5, 1, 18, 5, 31, tzinfo=UTC)),
        ("2024-05-01T18:05:31.1234567Z", datetime(2024, 5, 1, 18, 5, 31, 123456, tzinfo=UTC)),
        ("2024-05-01T18:05:31", datetime(2024, 5, 1, 18, 5, 31, tzinfo=UTC)),
        (None, datetime(1970, 1, 1, tzinfo=UTC)),
    ],
)
def test_the_time_of_a_payment_is_read_with_any_offset(sent: str | None, moment: datetime):
    assert paid(attemptedAt=sent).attempted_at == moment


@pytest.mark.parametrize(
    ("member", "value", "reason"),
    [
        ("baseAmount", -1, "a whole number of minor units, not negative"),
        ("baseAmount", None, "a whole number of minor units, not negative"),
        ("baseAmount", 11.75, "a whole number of minor units, not negative"),
        ("baseAmount", 10**15, "a whole number of minor units, not negative"),
        ("tipsAmount", -1, "a whole number of minor units, not negative"),
        ("cashbackAmount", "1", "a whole number of minor units, not negative"),
        ("currency", None, "an ISO 4217 code"),
        ("currency", "pounds", "an ISO 4217 code"),
        ("paymentSuccessful", None, "true or false"),
        ("paymentSuccessful", 1, "true or false"),
        ("attemptedAt", "yesterday", "a time, as 2024-05-01T18:05:31.000Z"),
        ("attemptedAt", "9999-12-31T23:59:59-14:00", "a time, as 2024-05-01T18:05:31.000Z"),
        ("id", None, "a UUID"),
    ],
)
def test_a_payment_that_cannot_be_understood_is_refused_by_its_member(member: str, value: Any, reason: str):
    with pytest.raises(InvalidParams) as refusal:
        paid(**{member: value})
    assert refusal.value.message == f"params.payment.{member}: expected {reason}"


def test_whose_payment_it_is_comes_from_the_payment_and_else_from_who_asks():
    assert paid(waiterId=12).waiter_id == "12"
    assert paid(waiterId=None).waiter_id == "7"


def test_how_it_was_paid_is_kept_without_the_prefixes_of_the_wire():
    info = {
        "acquirerTransactionId": "T-1",
        "authCode": "A1B2C3",
        "entryMode": "ENTRY_MODE_CONTACTLESS",
        "card": {"scheme": "CARD_SCHEME_AMEX", "last4PAN": "0004"},
    }
    details = {
        "method": "PAYMENT_METHOD_CARD_PRESENT",
        "cardPresentPaymentStatus": "CARD_PRESENT_PAYMENT_STATUS_SUCCESSFUL",
        "cardPresentPaymentInfo": info,
    }
    assert paid(methodDetails=details).details == CardDetails(
        method="CARD_PRESENT",
        status="SUCCESSFUL",
        scheme="AMEX",
        entry_mode="CONTACTLESS",
        auth_code="A1B2C3",
        acquirer_transaction_id="T-1",
    )


@pytest.mark.parametrize(
    "details", ["SECRET", 7, [], {"method": 7, "cardPresentPaymentInfo": []}, {"cardPresentPaymentInfo": {"card": 7}}]
)
def test_odd_details_do_not_fail_a_payment(details: Any):
    assert paid(methodDetails=details).details == CardDetails()
