"""What the published specification gets wrong, or says of others than us: each exception by its name, with its reason.

A message may need one only where its reason is at hand, and one that no message needs is reported as unused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """One thing that the specification has against a message."""

    what: Literal["schema", "unnamed", "no channel"]
    """Its schema refuses it; it names no such member; it has no such method."""
    path: str
    says: str
    missing: frozenset[str] = frozenset()
    """The members that are lacking, of an object at this path."""
    message: Mapping[str, Any]
    asked: Mapping[str, Any]
    """What a message answers; empty where it answers nothing."""


@dataclass(frozen=True, slots=True)
class Exemption:
    """Why something may be otherwise than the specification has it, and where."""

    why: str
    holds: Callable[[Wrong], bool]


ANSWERS: Mapping[str, Exemption] = {
    "method is named nowhere": Exemption(
        "JsonrpcResponseV1 requires `method` of every answer and has no such property: it is that of the request.",
        lambda wrong: wrong.what == "unnamed" and wrong.path == "method" and _is_echoed(wrong),
    ),
    "an error stands alone": Exemption(
        "Every answer of a method is composed with a schema that requires `result`, also beside an `error`; by JSON-RPC it is"
        " one of them.",
        lambda wrong: (
            wrong.what == "schema" and wrong.path == "" and wrong.missing == {"result"} and "error" in wrong.message
        ),
    ),
    "a method without a channel": Exemption(
        "A request for a method that the specification has not is to be refused, and no schema says how: the refusal is held"
        " against what all answers share.",
        lambda wrong: wrong.what == "no channel" and "result" not in wrong.message and is_refusal(wrong.message),
    ),
}
"""What answers may need."""

REQUESTS: Mapping[str, Exemption] = {
    "odd headers": Exemption(
        "Certify sends headers of other types on purpose: they are for logs, and no reason to refuse a request.",
        lambda wrong: wrong.what == "schema" and wrong.path.startswith("params.headers."),
    ),
    "members of tomorrow": Exemption(
        "Certify sends parameters on purpose that the specification does not name yet: they are to be passed over.",
        lambda wrong: wrong.what == "unnamed" and wrong.path.rpartition(".")[2] in _OF_TOMORROW,
    ),
    "an event of tomorrow": Exemption(
        "Certify tells on purpose of an event that the specification does not name yet: success or a refusal will do.",
        lambda wrong: wrong.path == "params.data" and wrong.message["params"].get("event") not in _EVENTS,
    ),
}
"""What requests of the simulator may need, beside being refused."""

_OF_TOMORROW = ("colour", "deep")
_EVENTS = ("payment_intent.created", "payment_intent.status_updated")


def is_refusal(answer: Mapping[str, Any]) -> bool:
    """Whether it says that its request was wrong."""
    error = answer.get("error")
    return isinstance(error, Mapping) and error.get("errorType") == "InvalidRequest"


def _is_echoed(wrong: Wrong) -> bool:
    method = wrong.asked.get("method")
    return bool(wrong.message["method"] == (method if isinstance(method, str) else ""))
