"""What is said of whose turn it is to dial, where several adapters could. Knows nothing of who listens."""

from __future__ import annotations

from typing import ClassVar

from adapter.events import Event, Level


class AccountTaken(Event, frozen=True, kw_only=True):
    """Another adapter has connected with this account, and the last to connect wins; waiting, so as not to fight."""

    level: ClassVar[Level] = "error"
    connection: str
    reason: str
    """What the provider said when it closed the connection."""
    times: int
    """How often in a row."""
    retry_in: float
    """Seconds until this adapter connects again."""


class StandingBy(Event, frozen=True, kw_only=True):
    """Another adapter serves this account; standing by to take over."""

    connection: str
    holder: str
    """Its computer and process."""


class LeaseTaken(Event, frozen=True, kw_only=True):
    """This adapter serves the account from now on; others with the same lease stand by."""

    connection: str


class LeaseLost(Event, frozen=True, kw_only=True):
    """This adapter may not dial any more, since another one may."""

    level: ClassVar[Level] = "warning"
    connection: str
    reason: str


class LeaseUnknown(Event, frozen=True, kw_only=True):
    """It cannot be told whether this adapter may dial, so it does not."""

    level: ClassVar[Level] = "error"
    connection: str
    reason: str
