"""The provider's REST API as far as an EPOS registers itself there."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from simulator.accounts import who
from simulator.errors import SimulatorError
from simulator.gateway import Gateway
from simulator.http.endpoint import json_answer, object_of

BODY = {
    "type": "object",
    "properties": {
        "capabilities": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "version": {"type": "string", "enum": ["v1"]}},
                "required": ["name", "version"],
            },
        }
    },
    "required": ["capabilities"],
}


class Unauthorized(SimulatorError):
    """It does not say whose EPOS it is."""


async def register(gateway: Gateway, request: Request) -> Response:
    """Put a list of capabilities in the place of the one before."""
    account = _account(gateway, request)
    gateway.registry.put(account, await object_of(request))
    registered = gateway.registry.integrations(account)
    names = ", ".join(one["name"] for one in registered[0]["capabilities"])
    gateway.journal.add_note("registered", names or "nothing", account=account)
    return json_answer(registered)


async def registered(gateway: Gateway, request: Request) -> Response:
    """What is registered for WebSockets."""
    return json_answer(gateway.registry.integrations(_account(gateway, request)))


async def integrations(gateway: Gateway, request: Request) -> Response:
    """What is registered at all."""
    over_sockets = gateway.registry.integrations(_account(gateway, request))
    return json_answer({"wsIntegrations": over_sockets, "restIntegrations": [], "dojoManagedIntegrations": []})


def _account(gateway: Gateway, request: Request) -> str:
    """Whose EPOS asks. Raises Unauthorized."""
    account, wrong = who(request.headers.getlist, gateway.accounts, gateway.dialect("epos-data"))
    if account is None:
        gateway.journal.add_note("refused", f"registering: {wrong}")
        raise Unauthorized(wrong, hint="Authorization: Basic and the account's API key as it is")
    return account
