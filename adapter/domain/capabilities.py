"""The capabilities of the EPOS Data API: which there are, and which an EPOS offers. Knows neither wire nor mappings.

An EPOS registers what it offers with the provider, by name and version, and is asked for nothing else. A method on the
wire is the name with V1 behind it.
"""

from __future__ import annotations

from collections.abc import Mapping

VERSION = "v1"

READING = ("SearchOrders", "GetOrderById", "GetOrderBillById", "SearchTables", "ListAreas")
PAYING = ("CreateOrderLock", "ExtendOrderLock", "DeleteOrderLock", "RecordOrderPaymentById")
NO_LEDGER = "orders are locked and paid with the ledger only, and [ledger] use = false"
"""Why those that pay are not offered without one: there is no place for the id and the end of a lock, nor for a payment's."""
EVENTS = ("HandleEvent:payment_intent.created", "HandleEvent:payment_intent.status_updated")
"""Answered, and not asked for: a payment is recorded by a request of its own, and an event adds nothing to it."""

_ORDERS = "orders are made and canceled at the till"
_PARTIES = "an EPOS of this kind keeps no parties"
_RESERVATIONS = "an EPOS of this kind keeps no reservations"
NOT_OFFERED: Mapping[str, str] = {
    "CreateOrder": _ORDERS,
    "CancelOrderById": _ORDERS,
    "CreateParty": _PARTIES,
    "GetPartyById": _PARTIES,
    "UpdateParty": _PARTIES,
    "DeletePartyById": _PARTIES,
    "SearchParties": _PARTIES,
    "CreateReservation": _RESERVATIONS,
    "GetReservationById": _RESERVATIONS,
    "UpdateReservation": _RESERVATIONS,
    "DeleteReservationById": _RESERVATIONS,
    "SearchReservations": _RESERVATIONS,
}
"""What the protocol has and no mapping can say, and why."""

_OLD_NAMES: Mapping[str, str] = {
    "GetOrderBill": "GetOrderBillById",
    "RecordOrderPayment": "RecordOrderPaymentById",
    "UpdatePartyById": "UpdateParty",
    "UpdateReservationById": "UpdateReservation",
}
"""Names that are still accepted for others (core-concepts pages)."""


def name_of(registered: str) -> str:
    """The name of a capability as it is written today."""
    return _OLD_NAMES.get(registered, registered)


def method_of(capability: str) -> str:
    """The method on the wire by which a capability is asked for."""
    return f"{capability.partition(':')[0]}{VERSION.upper()}"


KEY_PREFIXES: Mapping[str, str] = {"sk_sandbox_": "sandbox", "sk_prod_": "production"}
"""How a key begins, and which environment it opens: both have the same address."""


def environment_of(api_key: str) -> str:
    """`sandbox` or `production`; empty for what is no key of the EPOS Data API."""
    return next((name for prefix, name in KEY_PREFIXES.items() if api_key.startswith(prefix)), "")
