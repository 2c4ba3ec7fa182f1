"""What an EPOS registers with the provider before it is asked anything (Dojo API, `/epos/integrations`)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from simulator.errors import GatewayError, SimulatorError

NAMES = (
    "SearchOrders",
    "GetOrderById",
    "GetOrderBillById",
    "CreateOrder",
    "CancelOrderById",
    "CreateOrderLock",
    "ExtendOrderLock",
    "DeleteOrderLock",
    "RecordOrderPaymentById",
    "SearchTables",
    "ListAreas",
    "CreateParty",
    "GetPartyById",
    "UpdateParty",
    "DeletePartyById",
    "SearchParties",
    "CreateReservation",
    "GetReservationById",
    "UpdateReservation",
    "DeleteReservationById",
    "SearchReservations",
    "HandleEvent:payment_intent.created",
    "HandleEvent:payment_intent.status_updated",
)
_OLDER: Mapping[str, str] = {
    "GetOrderBill": "GetOrderBillById",
    "RecordOrderPayment": "RecordOrderPaymentById",
    "UpdatePartyById": "UpdateParty",
    "UpdateReservationById": "UpdateReservation",
}
"""Names that are taken for others (core-concepts pages)."""
_FIRST_VERSION = re.compile(r"v?1(\.0)*")


class WrongRegistration(SimulatorError):
    """A list of capabilities is not one."""


class NotRegistered(GatewayError):
    """The capability is not registered, so the provider does not ask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """One capability as it was registered."""

    name: str
    version: str
    updated: datetime


@dataclass(slots=True)
class Registry:
    """What each account has registered."""

    _registered: dict[str, tuple[datetime, Sequence[Capability]]] = field(default_factory=dict)

    def put(self, account: str, body: Any) -> None:
        """Register these capabilities and no others. Raises WrongRegistration."""
        now = datetime.now(UTC)
        created, _ = self._registered.get(account, (now, ()))
        self._registered[account] = (created, [_read(one, now) for one in _listed(body)])

    def integrations(self, account: str) -> list[dict[str, Any]]:
        """What is registered, as the provider answers it; an empty list where nothing ever was."""
        if account not in self._registered:
            return []
        created, capabilities = self._registered[account]
        told = [{"name": one.name, "version": one.version, "updatedAt": _text(one.updated)} for one in capabilities]
        return [{"capabilities": told, "createdAt": _text(created)}]

    def names(self, account: str) -> list[str] | None:
        """The capabilities that are registered; None where nothing ever was."""
        if account not in self._registered:
            return None
        return [_OLDER.get(one.name, one.name) for one in self._registered[account][1]]

    def check(self, account: str, method: str, params: Mapping[str, Any]) -> None:
        """Raises NotRegistered where the account has registered something, and not what this asks for."""
        registered = self.names(account)
        if registered is None:
            return
        wanted = capability_of(method, params)
        if wanted not in registered:
            raise NotRegistered(
                f"{wanted} is not registered for {account}, so the provider does not ask for it",
                hint="epos-adapter register --apply registers what the adapter offers",
            )


def capability_of(method: str, params: Mapping[str, Any]) -> str:
    """The name under which a method is registered; an event has one for each kind."""
    name = method.removesuffix("V1")
    return f"{name}:{params.get('event')}" if name == "HandleEvent" else name


def _listed(body: Any) -> list[Any]:
    found = body.get("capabilities") if isinstance(body, dict) else None
    if not isinstance(found, list):
        raise WrongRegistration('the body is no {"capabilities": [...]}')
    return found


def _read(one: Any, now: datetime) -> Capability:
    name, version = (one.get("name"), one.get("version")) if isinstance(one, dict) else (None, None)
    if not isinstance(name, str) or _OLDER.get(name, name) not in NAMES:
        raise WrongRegistration(f"there is no capability {name}", hint=f"known: {', '.join(NAMES)}")
    if not isinstance(version, str) or not _FIRST_VERSION.fullmatch(version):
        raise WrongRegistration(f"{name} has no version {version}", hint="v1")
    return Capability(name=name, version=version, updated=now)


def _text(when: datetime) -> str:
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
