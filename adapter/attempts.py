"""Counts wrong credentials by address, and says who must wait. Knows no sockets and no credentials."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable

FREE = 10
"""Wrong credentials that an address may show in a row before it must wait."""
WAIT = 60.0
"""Seconds that it must wait then, and again after each further one."""
FORGET = 600.0
"""Seconds without an attempt after which all is forgiven."""
MOST = 1000
"""Addresses that are remembered; the one that was heard of longest ago is forgotten for the next."""


class Attempts:
    """Who has shown wrong credentials how often. An address never waits for what another one did."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds that never go back."""
        self._clock = clock
        self._known: dict[str, tuple[int, float]] = {}
        """How often in a row, and when last, by address; the oldest first."""

    def __len__(self) -> int:
        return len(self._known)

    def must_wait(self, host: str) -> float:
        """Seconds until this address may try again; 0 when it may."""
        wrong, last = self._known.get(_network(host), (0, 0.0))
        return max(0.0, last + WAIT - self._clock()) if wrong >= FREE else 0.0

    def wrong(self, host: str) -> int:
        """Count a wrong attempt; gives how many there were in a row."""
        name, now = _network(host), self._clock()
        wrong, last = self._known.pop(name, (0, now))
        count = 1 if now - last > FORGET else wrong + 1
        if len(self._known) >= MOST:
            del self._known[next(iter(self._known))]
        self._known[name] = (count, now)
        return count

    def right(self, host: str) -> None:
        """Forgive: whoever is there knows the credentials."""
        self._known.pop(_network(host), None)


def _network(host: str) -> str:
    """What counts as one address: of IPv6 the 64 bits that a line is given, since the others are anybody's choice."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.IPv6Network((address, 64), strict=False))
    return str(address)
