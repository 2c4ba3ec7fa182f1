"""What a lease is to whoever dials only while holding it. Knows neither where it is kept nor what is dialled."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct


class Held(Struct, frozen=True, kw_only=True):
    """Whose a lease is."""

    mine: bool
    by: str
    """Who holds it, for people."""


class Lease(Protocol):
    """A lease that runs out unless it is renewed."""

    async def take(self) -> Held:
        """Take the lease, or renew it, unless somebody else holds it. Raises AdapterError."""
        ...

    async def give_back(self) -> None:
        """Let the next one have it at once. Raises AdapterError."""
        ...

    async def close(self) -> None:
        """Never ask for it again."""
        ...
