"""What is known of each part of the adapter, as it is remembered."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct

from adapter import events

Turn = Literal["alone", "holds", "stands by", "unknown"]
"""Whose turn it is to dial: nobody else's, this adapter's, another's, or that cannot be told."""


class Connection(Struct, kw_only=True):
    """One connection of the configuration."""

    name: str
    way: Literal["dial", "listen"]
    place: str
    """Where it dials to, or listens."""
    protocol: str = "tables"
    environment: str = ""
    """`sandbox` or `production`, where the key tells; empty where it does not."""
    opened: int = 0
    """How many sockets are open: gateways that dial in may be several."""
    since: datetime | None = None
    """Since when it is open, or not."""
    peer: str = ""
    closed: str = ""
    """Why the last one ended; empty when none has."""
    closed_at: datetime | None = None
    trouble: str = ""
    """Why it could not be opened, or who was turned away; empty once one is open."""
    trouble_at: datetime | None = None
    retry_in: float = 0.0
    frame_at: datetime | None = None
    """When the last frame was answered."""
    sign_at: datetime | None = None
    """When a ping was answered last: a connection that is busy needs none."""
    ping_milliseconds: float | None = None
    """How long that took."""
    turn: Turn = "alone"
    turn_since: datetime | None = None
    holder: str = ""
    """Which adapter serves the account while this one stands by."""
    is_taken: bool = False
    """Whether another adapter has the account as far as is known."""
    taken_at: datetime | None = None
    """When it last took it."""


class Flagged(Struct, frozen=True, kw_only=True):
    """A payment that needs somebody's attention."""

    at: datetime
    session: str
    payment: str
    kind: events.FlagKind


class Noted(Struct, kw_only=True):
    """Something odd, and how often it happened."""

    text: str
    at: datetime
    """When it happened last."""
    times: int = 1
    is_trouble: bool = False
    """Whether somebody should look at it."""


class Database(Struct, kw_only=True):
    """What is known of the database."""

    is_up: bool | None = None
    """None before it was first asked."""
    since: datetime | None = None
    error: str = ""
    error_at: datetime | None = None


class Mapping(Struct, kw_only=True):
    """What is known of the mapping."""

    file: str = ""
    epos: str = ""
    digest: str = ""
    is_bound: bool = False
    since: datetime | None = None
    tables: int = 0
    problems: list[str] = msgspec.field(default_factory=list)
    problem_count: int = 0
    outgrown: str = ""
    outgrown_at: datetime | None = None
    refused: list[str] = msgspec.field(default_factory=list)
    """Why the files that were last read again are not served."""
    refused_at: datetime | None = None


class Recording(Struct, kw_only=True):
    """Whether sessions can be locked and paid."""

    is_on: bool | None = None
    """None before it was first looked at."""
    reason: str = ""
    ledger: str = ""
