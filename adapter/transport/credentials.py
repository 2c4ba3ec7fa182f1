"""Says who we are in an opening handshake. Knows nothing of sockets, and never shows a secret."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from adapter.errors import AdapterError

HIDDEN = "***"


class Identity(Protocol):
    """Who we are to the provider, and how it is shown: each protocol has a way of its own."""

    @property
    def is_complete(self) -> bool:
        """Whether there is anything to check others against."""
        ...

    @property
    def asks_for(self) -> str:
        """What somebody must show, in words."""
        ...

    def authorization(self) -> str:
        """The value of the Authorization header."""
        ...

    def shown_in(self, authorization: str) -> bytes | None:
        """What a header shows, to be compared with `expected`; None when it can be no such thing."""
        ...

    @property
    def expected(self) -> bytes:
        """What a header must show."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """An account and its key, as the Tables API wants them; the key stays out of every repr."""

    account: str
    api_key: str = field(repr=False)

    @property
    def is_complete(self) -> bool:
        """See Identity."""
        return bool(self.account and self.api_key)

    @property
    def asks_for(self) -> str:
        """See Identity."""
        return "account name and API key"

    def authorization(self) -> str:
        """See Identity; raises AdapterError when the account holds a colon."""
        return basic_authorization(self.account, self.api_key)

    def shown_in(self, authorization: str) -> bytes | None:
        """See Identity."""
        return account_and_key(authorization)

    @property
    def expected(self) -> bytes:
        """See Identity."""
        return f"{self.account}:{self.api_key}".encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class RawKey:
    """A key that stands for itself, as the EPOS Data API wants it: sent as it is, without an account and not in base64."""

    api_key: str = field(repr=False)

    @property
    def is_complete(self) -> bool:
        """See Identity."""
        return bool(self.api_key)

    @property
    def asks_for(self) -> str:
        """See Identity."""
        return "API key"

    def authorization(self) -> str:
        """See Identity; raises AdapterError when the key cannot stand in a header."""
        if not (self.api_key.isascii() and self.api_key.isprintable() and " " not in self.api_key):
            raise AdapterError("api_key cannot be sent as a header", hint="was it copied with a blank or a line's end?")
        return f"Basic {self.api_key}"

    def shown_in(self, authorization: str) -> bytes | None:
        """See Identity."""
        scheme, _, key = authorization.partition(" ")
        return key.strip().encode() if scheme.lower() == "basic" and key.strip() else None

    @property
    def expected(self) -> bytes:
        """See Identity."""
        return self.api_key.encode()


class HandshakeHeaders(dict[str, str]):
    """Header names and values whose repr shows the names only, because one of the values is a secret."""

    def __repr__(self) -> str:
        return f"<headers {', '.join(self)}>"


def basic_authorization(account: str, api_key: str) -> str:
    """The value of the Authorization header: `Basic` and base64 of `account:api_key` (getting-started page).

    Raises AdapterError when the account holds a colon, since the other end could not tell where the key begins.
    """
    if ":" in account:
        raise AdapterError("an account name cannot hold a colon", hint="account and api_key are two settings")
    return "Basic " + base64.b64encode(f"{account}:{api_key}".encode()).decode("ascii")


def handshake_headers(identity: Identity, *, software_house_id: str, reseller_id: str = "") -> HandshakeHeaders:
    """The headers that the provider asks for (getting-started page); `reseller-id` only when there is one.

    Raises AdapterError when an id cannot stand in a header.
    """
    headers = HandshakeHeaders(Authorization=identity.authorization())
    for name, value in (("software-house-id", software_house_id), ("reseller-id", reseller_id)):
        if not (value.isascii() and (value.isprintable() or not value)):
            raise AdapterError(f"{name} cannot be sent as a header", hint="plain letters, digits and hyphens only")
        if value:
            headers[name] = value
    return headers


def account_and_key(authorization: str) -> bytes | None:
    """The `account:key` inside an Authorization header, or None when it is not a readable Basic one."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "basic" or not token:
        return None
    try:
        return base64.b64decode(token.strip(), validate=True)
    except (binascii.Error, ValueError):  # ValueError: not ASCII
        return None


def secrets_in(headers: Mapping[str, str]) -> tuple[str, ...]:
    """What must not be shown of these headers: the credential as it travels, and the key inside it."""
    secrets: list[str] = []
    for name, value in headers.items():
        if name.lower() != "authorization":
            continue
        pair = account_and_key(value) or b""
        key = pair.partition(b":")[2].decode(errors="replace")
        secrets += [value, value.partition(" ")[2], key]
    return tuple(secret for secret in secrets if secret)


def hide(text: str, secrets: tuple[str, ...]) -> str:
    """The text without the secrets, for words that come from the other end and might echo what we sent."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return text
