"""Everything the program can say, as frozen classes. Knows nothing of who listens.

Code emits events and never logs; the log, the metrics and the status page are listeners that `app` connects.
No event holds SQL parameters, secrets or card data.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal

from msgspec import Struct

Level = Literal["debug", "info", "warning", "error"]


class Event(Struct, frozen=True, kw_only=True):
    """Base of all events; the first line of a subclass's docstring is what the log says."""

    level: ClassVar[Level] = "info"


Emit = Callable[[Event], None]

FlagKind = Literal["conflict", "gone", "over_payment", "unknown_at_provider", "unknown_at_till"]
"""Why a payment needs somebody's attention, in a word that metrics can count by."""


class Started(Event, frozen=True, kw_only=True):
    """The adapter is up."""

    version: str
    mapping: str
    """File of the mapping."""
    epos: str
    digest: str = ""
    """SHA-256 of the mapping's file, its first twelve digits: tells whether it is the one that was tried."""


class Reloaded(Event, frozen=True, kw_only=True):
    """The files were read again, and what they say is served."""

    mapping: str
    epos: str
    digest: str
    """Of the mapping's file, as in Started."""
    kept: int
    """How many connections stayed as they were."""
    opened: int
    closed: int


class ReloadRefused(Event, frozen=True, kw_only=True):
    """The files were read again and cannot be served; what was served before goes on."""

    level: ClassVar[Level] = "error"
    problem: str
    """One problem, as in MappingUnfit."""
    number: int = 1


class Stopping(Event, frozen=True, kw_only=True):
    """The adapter takes no more requests, and finishes those it has."""


class Stopped(Event, frozen=True, kw_only=True):
    """The adapter has stopped."""


class MappingBound(Event, frozen=True, kw_only=True):
    """The mapping fits the database and is being served."""

    mapping: str
    tables: int
    """How many database tables the mapping reads."""
    milliseconds: float
    variant: str = ""
    """Which variant of the mapping this database needs; empty for the file without any."""


class MappingUnfit(Event, frozen=True, kw_only=True):
    """The mapping does not fit the database."""

    level: ClassVar[Level] = "error"
    problem: str
    """One problem, as `file:line: key: message; hint`."""
    number: int = 1
    """Which one of those that were found together, from 1."""


class RegistrationDiffers(Event, frozen=True, kw_only=True):
    """The provider was told of other capabilities than the mapping offers; `epos-adapter register` mends it."""

    level: ClassVar[Level] = "warning"
    missing: str = ""
    """What is offered and will not be asked for, with commas between."""
    superfluous: str = ""
    """What may be asked for and nobody answers."""


class RegistrationUnknown(Event, frozen=True, kw_only=True):
    """It could not be looked up which capabilities the provider was told of."""

    level: ClassVar[Level] = "warning"
    reason: str


class MappingOutgrown(Event, frozen=True, kw_only=True):
    """The database refused a statement of a mapping that fitted it before: the EPOS has changed."""

    level: ClassVar[Level] = "error"
    reason: str


class DatabaseDown(Event, frozen=True, kw_only=True):
    """The database does not answer; trying again."""

    level: ClassVar[Level] = "error"
    reason: str


class DatabaseUp(Event, frozen=True, kw_only=True):
    """The database answers again."""

    seconds: float
    """How long it did not."""


class StatementRun(Event, frozen=True, kw_only=True):
    """A statement was run."""

    level: ClassVar[Level] = "debug"
    name: str
    """What it reads, as `bill` or `sessions`."""
    sql: str
    """Its text with placeholders, never with values."""
    rows: int
    milliseconds: float


class StatementFailed(Event, frozen=True, kw_only=True):
    """A statement failed, or was cut short."""

    level: ClassVar[Level] = "debug"
    name: str
    error: str
    """Class of the driver's error, or of what cut it short."""
    milliseconds: float


class RowSkipped(Event, frozen=True, kw_only=True):
    """A row cannot be read as the mapping says, and was left out of a list."""

    level: ClassVar[Level] = "error"
    entity: str
    reason: str


class DuplicateTableName(Event, frozen=True, kw_only=True):
    """Several tables of the EPOS have the same name; only the first can be asked for."""

    level: ClassVar[Level] = "warning"
    name: str


class BillDiffers(Event, frozen=True, kw_only=True):
    """The lines of a bill do not add up to its total, as the mapping allows."""

    level: ClassVar[Level] = "warning"
    session: str
    difference: int
    """Total minus lines, in minor units."""


class RequestAnswered(Event, frozen=True, kw_only=True):
    """A request was answered."""

    connection: str
    method: str
    outcome: str
    """`ok`, the error code that went onto the wire, or `unanswered` where any answer could have been untrue."""
    milliseconds: float
    reason: str = ""
    """Why there was an error; empty otherwise."""
    terminal: str = ""
    waiter: str = ""
    reference: str = ""
    """The request's id."""


class PaymentKept(Event, frozen=True, kw_only=True):
    """A payment, or the attempt of one, is in the database."""

    session: str
    payment: str
    successful: bool
    currency: str
    base: int
    """In minor units, as the other two."""
    tips: int
    cashback: int


class PaymentFlagged(Event, frozen=True, kw_only=True):
    """A payment needs somebody's attention."""

    level: ClassVar[Level] = "warning"
    session: str
    payment: str
    kind: FlagKind
    reason: str


class PaymentTurnedDown(Event, frozen=True, kw_only=True):
    """A payment was refused for good, so that the provider gives it back; nothing of it is in the EPOS."""

    level: ClassVar[Level] = "warning"
    session: str
    payment: str
    reason: str


class PaymentGone(Event, frozen=True, kw_only=True):
    """A payment that was recorded is no longer in the EPOS: a till has written over it, and somebody must enter it again."""

    level: ClassVar[Level] = "error"
    session: str
    payment: str
    currency: str
    base: int
    """In minor units, as the tip."""
    tips: int


class LockTakenOver(Event, frozen=True, kw_only=True):
    """A lock had passed the age limit and was taken over; whoever held it can no longer pay."""

    level: ClassVar[Level] = "warning"
    session: str
    held_since: str
    terminal: str
    """Whose lock it was."""


class LockExpired(Event, frozen=True, kw_only=True):
    """A lock of the EPOS Data API has ended by itself, and was released at the till: who took it never deleted it."""

    level: ClassVar[Level] = "warning"
    session: str


class LockReleased(Event, frozen=True, kw_only=True):
    """A lock was released by hand."""

    level: ClassVar[Level] = "warning"
    session: str
    by: str
    reason: str


class RecordingOn(Event, frozen=True, kw_only=True):
    """Sessions can be locked and paid."""

    ledger: str = ""
    """Schema of the adapter's own tables, and their version; empty where there are none."""


class RecordingOff(Event, frozen=True, kw_only=True):
    """Nothing can be locked or paid."""

    level: ClassVar[Level] = "warning"
    reason: str


class FrameIgnored(Event, frozen=True, kw_only=True):
    """A frame could not be answered: it carries no id to answer to."""

    level: ClassVar[Level] = "warning"
    connection: str
    reason: str
    size: int
    """In bytes."""


class ProviderComplained(Event, frozen=True, kw_only=True):
    """The provider could not read an answer (ErrorNotification)."""

    level: ClassVar[Level] = "error"
    connection: str
    error_code: str
    reason: str
    reference: str
    """Id of the request whose answer it could not read."""


class BugFound(Event, frozen=True, kw_only=True):
    """Something happened that should not; please report it with this reference."""

    level: ClassVar[Level] = "error"
    reference: str
    error: str
    """Class of the exception."""
    where: str
    """Files, lines and functions of our own code, without values."""


class StatusServed(Event, frozen=True, kw_only=True):
    """The status page can be looked at."""

    address: str
    """As `http://127.0.0.1:8791/status`."""


class StatusNotServed(Event, frozen=True, kw_only=True):
    """The status port could not be opened; requests are answered all the same, and it is tried again."""

    level: ClassVar[Level] = "error"
    reason: str


class StatusRefused(Event, frozen=True, kw_only=True):
    """Somebody asked for the status with a wrong token."""

    level: ClassVar[Level] = "warning"
    peer: str


class StatusLockedOut(Event, frozen=True, kw_only=True):
    """Somebody showed too many wrong tokens for the status, and is not answered for a while; other addresses are."""

    level: ClassVar[Level] = "warning"
    address: str
    attempts: int
    """How many wrong ones in a row."""
    seconds: int
    """How long nothing is told to this address, not even for the right token."""


class TracesLost(Event, frozen=True, kw_only=True):
    """Traces cannot be delivered; requests are answered all the same. Said again only once they could be."""

    level: ClassVar[Level] = "warning"
    reason: str


class TracesTaken(Event, frozen=True, kw_only=True):
    """Traces are delivered again."""
