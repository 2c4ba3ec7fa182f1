"""The frames that a test sends, made complete with what it does not say. Works on values only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args
from uuid import UUID

import msgspec

from adapter.mapping.trial_schema import OF_SESSION, ORDERS, TrialRule
from adapter.protocol.dialect import Dialect
from adapter.protocol.orders.dialect import orders_dialect
from adapter.protocol.tables.dialect import tables_dialect
from adapter.toml.load import suggest
from adapter.toml.locate import Path

_REQUESTOR = {"requestorType": "REQUESTOR_TYPE_CARD_MACHINE", "cardMachineRequestorInfo": {"terminalId": "1"}}
_PAYMENT = {
    "id": "00000000-0000-4000-8000-000000000001",
    "baseAmount": 0,
    "paymentSuccessful": True,
    "attemptedAt": "2026-01-01T12:00:00.000Z",
}
_OF_ORDERS: Mapping[str, Mapping[str, Any]] = {
    "CreateOrderLockV1": {"lockId": "lock_test", "expiry": "2999-01-01T00:00:00Z"},
    "RecordOrderPaymentByIdV1": {"paymentIntentId": "pi_test"},
}
"""What the requests of the EPOS Data API have that a test does not say."""
_AMOUNTS = ("paidAmount", "tipsAmount")
_NEEDS_LOCK = frozenset({"RecordPayment", "UnlockSession"})


def is_locked_before(rule: TrialRule) -> bool:
    """Whether a card machine has locked the session before it is asked."""
    return rule.locked if rule.locked is not None else rule.method in _NEEDS_LOCK


def dialect_of(method: str) -> Dialect:
    """The protocol that has this method."""
    return orders_dialect() if method in ORDERS else tables_dialect()


def unknown_members(rule: TrialRule) -> Iterator[tuple[Path, str]]:
    """Where a test gives a parameter that its method does not have, and what it may mean.

    On the wire such a member is ignored; in a test it is a mistake that would go unseen.
    """
    yield from _unknown(dialect_of(rule.method).routes[rule.method].params.type, rule.params, ("params",))


def _unknown(kind: Any, given: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, str]]:
    known = {field.encode_name: field.type for field in msgspec.structs.fields(kind)}
    for name, value in given.items():
        if name not in known:
            hint = suggest(name, known) or f"there are {', '.join(sorted(known))}"
            yield (*path, name), f"there is no such parameter; {hint}"
            continue
        inner = next((each for each in (known[name], *get_args(known[name])) if _is_struct(each)), None)
        if inner is not None and isinstance(value, dict):
            yield from _unknown(inner, value, (*path, name))


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def asking(rule: TrialRule, session_id: UUID | None, currency: str) -> bytes:
    """The frame of a test; a payment that does not say its currency is in this one."""
    if rule.method in ORDERS:
        return _frame(rule.method, _of_order(rule, session_id, currency))
    params: dict[str, Any] = {"requestorInfo": _REQUESTOR, **rule.params}
    identity = {} if session_id is None else {"sessionId": str(session_id)}
    if rule.method == "RecordPayment":
        payment = rule.params.get("payment", {})
        said = payment if isinstance(payment, dict) else {}
        params["payment"] = {**_PAYMENT, "currency": currency, **identity, **said}
    elif rule.method in OF_SESSION:
        params = {**identity, **params}
    return _frame(rule.method, params)


def _of_order(rule: TrialRule, session_id: UUID | None, currency: str) -> dict[str, Any]:
    identity = {"orderId": str(session_id)} if session_id is not None and rule.method in OF_SESSION else {}
    params = {"headers": {"deviceId": "1"}, **identity, **_OF_ORDERS.get(rule.method, {}), **rule.params}
    for name in _AMOUNTS:
        if isinstance(params.get(name), dict):
            params[name] = {"currencyCode": currency, **params[name]}
    return params


def result_of(raw: bytes) -> dict[str, Any]:
    """What a frame answers; an error of either protocol as `errorCode` and `errorReason`."""
    answer: dict[str, Any] = msgspec.json.decode(raw or b"{}")
    error = answer.get("error")
    if error is not None:
        return {"errorCode": error["errorType"], "errorReason": error.get("debugMessage", "")}
    result: dict[str, Any] = answer.get("result", {})
    return result


def _frame(method: str, params: Mapping[str, Any]) -> bytes:
    return msgspec.json.encode({"jsonrpc": "2.0", "id": "1", "method": method, "params": params})
