"""The ids of payments in orders: those that the adapter made for the EPOS, and those of the provider behind them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from msgspec import structs

from adapter.domain.orders import Order

_MADE = 5
"""The version of ids that are made of others."""
_LENGTHS = (32, 36)


def made_id(text: str | None) -> UUID | None:
    """The id that an EPOS keeps of a payment, if it may be one that stands for a payment intent."""
    if text is None or len(text.strip()) not in _LENGTHS:
        return None
    try:
        found = UUID(text.strip())
    except ValueError:
        return None
    return found if found.version == _MADE else None


def with_intents(order: Order, intents: Mapping[UUID, str]) -> Order:
    """An order whose payments have the ids of their intents."""

    def intent_of(text: str | None) -> str | None:
        made = made_id(text)
        return intents.get(made) if made is not None else None

    payments = [
        payment if (intent := intent_of(payment.id)) is None else structs.replace(payment, id=intent)
        for payment in order.payments
    ]
    return structs.replace(order, payments=tuple(payments))
