"""What is said of the sockets to and from the provider. Knows nothing of who listens."""

from __future__ import annotations

from typing import ClassVar

from adapter.events import Event, Level


class Dialing(Event, frozen=True, kw_only=True):
    """Opening the connection to the provider."""

    level: ClassVar[Level] = "debug"
    connection: str
    url: str
    attempt: int


class EnvironmentChosen(Event, frozen=True, kw_only=True):
    """A connection speaks the EPOS Data API, and its key has chosen the environment."""

    connection: str
    environment: str
    """`sandbox` or `production`."""


class ConnectionOpened(Event, frozen=True, kw_only=True):
    """A connection is open."""

    connection: str
    peer: str
    """The provider's address, or that of the gateway that connected in."""


class ConnectionClosed(Event, frozen=True, kw_only=True):
    """A connection was closed."""

    level: ClassVar[Level] = "warning"
    connection: str
    reason: str
    received: int
    """Frames received while it was open."""


class SignOfLife(Event, frozen=True, kw_only=True):
    """The other end of a silent connection answered a ping."""

    level: ClassVar[Level] = "debug"
    connection: str
    milliseconds: float
    """How long it took."""


class DialFailed(Event, frozen=True, kw_only=True):
    """The connection to the provider could not be opened; trying again."""

    level: ClassVar[Level] = "error"
    connection: str
    reason: str
    """In plain words: what is wrong and, where it is known, what to do."""
    retry_in: float
    """Seconds until the next attempt."""


class Listening(Event, frozen=True, kw_only=True):
    """Waiting for a gateway to connect."""

    connection: str
    address: str


class ConnectionRefused(Event, frozen=True, kw_only=True):
    """A gateway was turned away."""

    level: ClassVar[Level] = "warning"
    connection: str
    peer: str
    reason: str


class MoreRefused(Event, frozen=True, kw_only=True):
    """More gateways were turned away than the log is told of one by one."""

    level: ClassVar[Level] = "warning"
    connection: str
    count: int
    """How many more, since the last that was told of."""


class LockedOut(Event, frozen=True, kw_only=True):
    """Somebody showed too many wrong keys, and is not heard for a while; other addresses are."""

    level: ClassVar[Level] = "warning"
    connection: str
    address: str
    attempts: int
    """How many wrong ones in a row."""
    seconds: int
    """How long nothing is heard from this address, not even the right key."""
