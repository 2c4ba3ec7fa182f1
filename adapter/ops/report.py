"""What is told of the adapter at one moment: the same for people and for scripts. Knows nothing of how it is shown.

Holds no secrets, card data, SQL or names of guests: of sessions and payments, only their ids.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Literal

from msgspec import Struct

from adapter.events import FlagKind
from adapter.ops.state import Flagged, Turn

Level = Literal["good", "attention", "bad"]
"""All is well; it works but somebody should look; something does not work."""


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that is not as it should be."""

    level: Level
    about: str
    """As `database` or `connection dojo`."""
    says: str
    """What is wrong."""
    do: str
    """What to do about it."""


class OpenLock(Struct, frozen=True, kw_only=True):
    """A session that a card machine has locked."""

    session: str
    seconds: float
    """Its age."""
    terminal: str
    payments: int
    """Recorded since it was locked."""


class FlaggedPayment(Struct, frozen=True, kw_only=True):
    """A payment that needs somebody's attention."""

    payment: str
    session: str
    at: datetime
    kind: FlagKind
    says: str
    """What is odd about it."""
    do: str
    """What to do about it."""


class Kept(Struct, frozen=True, kw_only=True):
    """What the ledger tells, asked when somebody looks."""

    locks: list[OpenLock]
    flagged: list[Flagged]


class Sources(Struct, frozen=True, kw_only=True):
    """Where that is asked which is not remembered but looked up."""

    kept: Callable[[], Awaitable[Kept | None]]
    """What the ledger tells; None where there is none. Raises AdapterError."""
    pool_in_use: Callable[[], int]
    pool_size: Callable[[], int]
    in_flight: Callable[[str], int]
    """Requests that are being answered on a connection now."""
    reload: Callable[[], Awaitable[list[str]]] | None = None
    """Reads the files again; gives why that was refused, and nothing when it was done."""


class ConnectionReport(Struct, frozen=True, kw_only=True):
    """One connection."""

    name: str
    way: Literal["dial", "listen"]
    place: str
    is_open: bool
    sockets: int
    since: datetime | None
    peer: str
    trouble: str
    trouble_at: datetime | None
    retry_in: float
    last_closed: str
    last_closed_at: datetime | None
    last_frame_at: datetime | None
    last_sign_at: datetime | None
    """When a request or the answer to a ping came last: what tells that the other end is there."""
    ping_milliseconds: float | None
    """How long the last ping took; None where none was needed yet."""
    in_flight: int
    turn: Turn
    """Whose turn it is to dial, where several adapters serve an account."""
    turn_since: datetime | None
    holder: str
    """Which adapter serves the account while this one stands by."""
    is_taken: bool
    """Whether another adapter has the account as far as is known."""
    taken_at: datetime | None
    """When another adapter last took it."""
    protocol: str = "tables"
    """`tables` or `epos-data`."""
    environment: str = ""
    """`sandbox` or `production`, where the key tells; empty where it does not."""


class DatabaseReport(Struct, frozen=True, kw_only=True):
    """The database."""

    is_up: bool
    since: datetime | None
    last_error: str
    last_error_at: datetime | None
    pool_in_use: int
    pool_size: int


class MappingReport(Struct, frozen=True, kw_only=True):
    """The mapping."""

    file: str
    epos: str
    digest: str
    is_bound: bool
    since: datetime | None
    tables: int
    problem_count: int
    problems: list[str]
    """As `file:line: key: message; hint`; the first fifty."""
    outgrown: str
    """What the database said when it refused a statement that it took before; empty when it has not."""
    outgrown_at: datetime | None
    refused: list[str]
    """Why the files that were last read again are not served; empty when they are."""
    refused_at: datetime | None


class RecordingReport(Struct, frozen=True, kw_only=True):
    """Whether sessions can be locked and paid."""

    is_on: bool
    is_known: bool
    """Whether it has been looked at."""
    reason: str
    """Why not; empty where they can."""
    ledger: str


class RequestReport(Struct, frozen=True, kw_only=True):
    """A request that was answered."""

    at: datetime
    connection: str
    method: str
    outcome: str
    milliseconds: float
    reason: str
    terminal: str
    reference: str


class NotedReport(Struct, frozen=True, kw_only=True):
    """Something odd that the log tells of."""

    at: datetime
    text: str
    times: int
    is_trouble: bool
    """Whether somebody should look at it."""


class Report(Struct, frozen=True, kw_only=True):
    """All of it."""

    level: Level
    ready: bool
    missing: list[str]
    """What is missing to be ready; empty when it is."""
    findings: list[Finding]
    at: datetime
    version: str
    started_at: datetime
    connections: list[ConnectionReport]
    database: DatabaseReport
    mapping: MappingReport
    recording: RecordingReport
    flagged: list[FlaggedPayment]
    locks: list[OpenLock] | None
    """None where they cannot be told."""
    locks_note: str
    """Why they cannot be told."""
    requests: list[RequestReport]
    """The latest first."""
    noted: list[NotedReport]
