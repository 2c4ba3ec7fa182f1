"""What is particular to one of the provider's protocols: where it waits, how it says who it is, how it asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing that the provider may ask."""

    method: str
    summary: str
    member: str | None = None
    """The only member of a successful result, which the REST face takes out of it; None where there is no such member."""
    example: Mapping[str, Any] = field(default_factory=dict)
    """Parameters as a card machine would send them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a response says, without its envelope."""

    result: Any
    """What an error says where it is one; None where the response has neither."""
    error_code: str | None
    """None where it is a success."""


class Dialect(Protocol):
    """One of the provider's protocols, on JSON-RPC 2.0."""

    @property
    def name(self) -> str:
        """How accounts and judges refer to it."""
        ...

    @property
    def path(self) -> str:
        """Where on the gateway an adapter dials."""
        ...

    @property
    def operations(self) -> tuple[Operation, ...]:
        """Everything that may be asked."""
        ...

    def authorization(self, account: str, key: str) -> str:
        """The Authorization header of this account."""
        ...

    def refuses_key(self, key: str) -> str:
        """Why a key can be none of this protocol; empty where it can."""
        ...

    def environment(self, key: str) -> str:
        """Which of the provider's environments a key opens, where the key tells; else empty."""
        ...

    def request(self, method: str, params: Mapping[str, Any], identity: str | None) -> str:
        """The text of a request; of a notification where there is no identity."""
        ...

    def outcome(self, response: Mapping[str, Any]) -> Outcome:
        """What a response says; well-formed or not."""
        ...
