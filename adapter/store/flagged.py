"""A payment of the ledger that needs somebody's attention, and why. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from adapter.events import FlagKind
from adapter.mapping.readings import moment_in_utc


class FlaggedRow(Struct, frozen=True, kw_only=True):
    """A payment that needs somebody's attention."""

    payment_id: UUID
    session_id: UUID
    recorded_at: datetime
    kinds: tuple[FlagKind, ...]
    intent: str | None = None
    """The provider's id of a payment over the EPOS Data API."""

    @property
    def name(self) -> str:
        """What the provider calls it."""
        return self.intent or str(self.payment_id)


def flagged_row(row: Sequence[Any]) -> FlaggedRow:
    """What a row of the ledger's statement `flagged` tells."""
    payment_id, session_id, recorded_at, over_payment, conflict, missing_since, successful, status, intent = row
    found: dict[FlagKind, bool] = {
        "conflict": bool(conflict),
        "gone": missing_since is not None,
        "over_payment": bool(over_payment),
        "unknown_at_provider": not successful and status == "UNKNOWN",
    }
    return FlaggedRow(
        payment_id=uuid_of(payment_id),
        session_id=uuid_of(session_id),
        recorded_at=moment_in_utc(recorded_at),
        kinds=tuple(kind for kind, is_so in found.items() if is_so),
        intent=intent,
    )


def uuid_of(value: Any) -> UUID:
    """An id, of which engines that have no such type give the text."""
    return value if isinstance(value, UUID) else UUID(str(value))
