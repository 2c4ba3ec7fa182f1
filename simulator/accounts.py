"""Who may connect, and how they show it."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from websockets.datastructures import Headers

from simulator.dialect import Dialect


@dataclass(frozen=True, slots=True)
class Account:
    """One restaurant's account with the provider."""

    key: str = field(repr=False)
    """Its API key."""
    dialect: str = "tables"
    """The protocol that is spoken with it."""
    software_house_id: str | None = None
    """What must be shown; None for anything that is not empty."""
    reseller_id: str | None = None
    """What must be shown; None for anything or nothing (the sources disagree on whether it is required)."""


def who(headers: Headers, accounts: Mapping[str, Account], dialect: Dialect) -> tuple[str | None, str]:
    """The account whose credentials a handshake shows, or None and what is wrong with them.

    Takes the same time whatever was shown, and says nothing of it.
    """
    # Not `get`: it raises where a header was sent twice.
    shown = headers.get_all("Authorization")
    sent = shown[0].encode() if len(shown) == 1 else b""
    found = None
    for name, account in accounts.items():
        same = hmac.compare_digest(sent, dialect.authorization(name, account.key).encode())
        if same and account.dialect == dialect.name:
            found = name
    if found is None:
        return None, "wrong account name or API key" if sent else "it showed no account name and API key"
    for header, wanted, needed in (
        ("software-house-id", accounts[found].software_house_id, True),
        ("reseller-id", accounts[found].reseller_id, False),
    ):
        ids = headers.get_all(header)
        if needed and not any(ids):
            return None, f"it showed no {header}"
        if wanted is not None and not (len(ids) == 1 and hmac.compare_digest(ids[0].encode(), wanted.encode())):
            return None, f"wrong {header}"
    return found, ""


def secrets(accounts: Mapping[str, Account]) -> Iterator[str]:
    """Every text from which a key could be read."""
    for name, account in accounts.items():
        yield account.key
        for text in (account.key, f"{name}:{account.key}"):
            yield base64.b64encode(text.encode()).decode()
