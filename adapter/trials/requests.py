"""The frames that a test sends, made complete with what it does not say. Works on values only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from adapter.mapping.trial_schema import OF_SESSION, TrialRule

_REQUESTOR = {"requestorType": "REQUESTOR_TYPE_CARD_MACHINE", "cardMachineRequestorInfo": {"terminalId": "1"}}
_PAYMENT = {
    "id": "00000000-0000-4000-8000-000000000001",
    "baseAmount": 0,
    "paymentSuccessful": True,
    "attemptedAt": "2026-01-01T12:00:00.000Z",
}
_NEEDS_LOCK = frozenset({"RecordPayment", "UnlockSession"})


def is_locked_before(rule: TrialRule) -> bool:
    """Whether a card machine has locked the session before it is asked."""
    return rule.locked if rule.locked is not None else rule.method in _NEEDS_LOCK


def asking(rule: TrialRule, session_id: UUID | None, currency: str) -> bytes:
    """The frame of a test; a payment that does not say its currency is in this one."""
    params: dict[str, Any] = {"requestorInfo": _REQUESTOR, **rule.params}
    identity = {} if session_id is None else {"sessionId": str(session_id)}
    if rule.method == "RecordPayment":
        payment = rule.params.get("payment", {})
        said = payment if isinstance(payment, dict) else {}
        params["payment"] = {**_PAYMENT, "currency": currency, **identity, **said}
    elif rule.method in OF_SESSION:
        params = {**identity, **params}
    return _frame(rule.method, params)


def _frame(method: str, params: Mapping[str, Any]) -> bytes:
    return msgspec.json.encode({"jsonrpc": "2.0", "id": "1", "method": method, "params": params})
