from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.errors import BillNotFound, DatabaseBusy, SessionNotFound, TableNotFound, WaiterIncorrect
from adapter.events import FrameIgnored, ProviderComplained
from tests.fuzz.judge import METHODS, SESSION_ID, assert_documented, handled

FAILURES = [
    BillNotFound("why"),
    DatabaseBusy("why", hint="what to do"),
    SessionNotFound("why"),
    TableNotFound("why"),
    WaiterIncorrect("why"),
    ZeroDivisionError("why"),
]

frames_tried = settings(derandomize=True, database=None, deadline=None, max_examples=200)

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
identities = st.text() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
requestors = st.fixed_dictionaries(
    {},
    optional={
        "requestorType": st.sampled_from(["REQUESTOR_TYPE_CARD_MACHINE", "REQUESTOR_TYPE_CONSUMER_DEVICE"]) | documents,
        "cardMachineRequestorInfo": st.fixed_dictionaries({"terminalId": documents, "waiterId": documents}) | documents,
    },
)
parameters = st.fixed_dictionaries(
    {},
    optional={
        "name": st.text() | documents,
        "sessionId": st.just(str(SESSION_ID)) | st.uuids().map(str) | documents,
        "sessionIds": st.lists(st.uuids().map(str)) | documents,
        "statuses": st.lists(st.sampled_from(["TABLE_STATUS_OCCUPIED", "TABLE_STATUS_AVAILABLE"])) | documents,
        "isFinished": st.booleans() | documents,
        "tableNames": st.lists(st.text()) | documents,
        "payment": st.just({"sessionId": str(SESSION_ID)}) | documents,
        "requestorInfo": requestors | documents,
    },
)
requests = st.fixed_dictionaries(
    {"id": identities, "method": st.sampled_from(METHODS), "params": parameters},
    optional={"jsonrpc": st.just("2.0") | documents, "unknown": documents},
)


def encoded(document: Any, *, ascii_only: bool = True) -> bytes:
    return json.dumps(document, ensure_ascii=ascii_only).encode(errors="replace")


@frames_tried
@given(st.binary())
def test_random_bytes_are_never_too_much(raw: bytes):
    assert_documented(raw)


@frames_tried
@given(documents, st.booleans())
def test_random_json_is_never_too_much(document: Any, ascii_only: bool):
    assert_documented(encoded(document, ascii_only=ascii_only))


@frames_tried
@given(st.dictionaries(st.sampled_from(["id", "method", "params", "jsonrpc"]), documents))
def test_random_members_are_never_too_much(document: Any):
    assert_documented(encoded(document))


@frames_tried
@given(requests, st.sampled_from([None, *FAILURES]))
def test_every_request_is_answered_with_a_documented_code_under_its_own_id(request: Any, failure: Exception | None):
    assert_documented(encoded(request), failure)


@frames_tried
@given(requests)
def test_an_id_comes_back_byte_for_byte(request: Any):
    identity = encoded(request["id"])
    answer, events = handled(encoded(request))
    if answer is None:
        assert isinstance(events[0], ProviderComplained | FrameIgnored)
    else:
        assert answer.startswith(b'{"jsonrpc":"2.0","id":' + identity + b',"result":')


def cut(raw: bytes, at: int, _: int) -> bytes:
    return raw[:at]


def flip(raw: bytes, at: int, byte: int) -> bytes:
    return raw[:at] + bytes([byte]) + raw[at + 1 :]


def insert(raw: bytes, at: int, byte: int) -> bytes:
    return raw[:at] + bytes([byte]) + raw[at:]


def repeat(raw: bytes, at: int, times: int) -> bytes:
    return raw[:at] + raw[at : at + 1] * times + raw[at:]


@frames_tried
@given(requests, st.sampled_from([cut, flip, insert, repeat]), st.floats(0, 1), st.integers(0, 255))
def test_a_damaged_request_is_never_too_much(
    request: Any, damage: Callable[[bytes, int, int], bytes], where: float, byte: int
):
    raw = encoded(request)
    assert_documented(damage(raw, int(len(raw) * where), byte))
