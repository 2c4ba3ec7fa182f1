"""Who may connect, and how they show it."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from simulator.dialect import Dialect
from simulator.errors import SimulatorError


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


def check(accounts: Mapping[str, Account], dialects: Mapping[str, Dialect]) -> None:
    """Raises SimulatorError where an account speaks what nobody knows, or cannot be told by its key."""
    seen: dict[str, str] = {}
    for name, account in accounts.items():
        dialect = dialects.get(account.dialect)
        if dialect is None:
            raise SimulatorError(
                f"account {name} speaks {account.dialect}, which nobody knows", hint=f"known: {', '.join(dialects)}"
            )
        if why := dialect.refuses_key(account.key):
            raise SimulatorError(f"account {name} cannot speak {account.dialect}: {why}")
        shown = dialect.authorization(name, account.key)
        if shown in seen:
            raise SimulatorError(f"accounts {seen[shown]} and {name} have one key, and nothing else tells them apart")
        seen[shown] = name


def who(
    shown: Callable[[str], Sequence[str]], accounts: Mapping[str, Account], dialect: Dialect
) -> tuple[str | None, str]:
    """The account whose credentials a request shows, or None and what is wrong with them.

    `shown` gives the values of a header, which may have been sent twice.

    Takes the same time whatever was shown, and says nothing of it.
    """
    credentials = shown("Authorization")
    sent = credentials[0].encode() if len(credentials) == 1 else b""
    found = None
    for name, account in accounts.items():
        same = hmac.compare_digest(sent, dialect.authorization(name, account.key).encode())
        if same and account.dialect == dialect.name:
            found = name
    if found is None:
        return None, _wrong(sent, accounts, dialect)
    for header, wanted, needed in (
        ("software-house-id", accounts[found].software_house_id, True),
        ("reseller-id", accounts[found].reseller_id, False),
    ):
        ids = shown(header)
        if needed and not any(ids):
            return None, f"it showed no {header}"
        if wanted is not None and not (len(ids) == 1 and hmac.compare_digest(ids[0].encode(), wanted.encode())):
            return None, f"wrong {header}"
    return found, ""


def _wrong(sent: bytes, accounts: Mapping[str, Account], dialect: Dialect) -> str:
    """What is wrong with credentials that are nobody's."""
    if not sent:
        return "it showed no account name and API key"
    others = {
        form
        for name, account in accounts.items()
        if account.dialect == dialect.name
        for key in (account.key, f"{name}:{account.key}")
        for form in (f"Basic {key}", f"Basic {base64.b64encode(key.encode()).decode()}")
    }
    if any(hmac.compare_digest(sent, form.encode()) for form in others):
        return "the right API key in the form of the provider's other protocol"
    return "wrong account name or API key"


def secrets(accounts: Mapping[str, Account]) -> Iterator[str]:
    """Every text from which a key could be read."""
    for name, account in accounts.items():
        yield account.key
        for text in (account.key, f"{name}:{account.key}"):
            yield base64.b64encode(text.encode()).decode()
