"""An adapter that finds nothing, asked over a socket and without one; for the test of the recorder, in a process of its own."""

from __future__ import annotations

import json
from typing import Any

from adapter.domain.requests import Request
from adapter.errors import NotFound
from adapter.protocol.endpoint import Endpoint
from adapter.protocol.orders.dialect import orders_dialect
from adapter.protocol.tables.dialect import tables_dialect
from tests.unit.transport.loopback import run, served


class Nothing:
    """Has none of what it is asked for."""

    async def answer(self, _request: Request) -> Any:
        raise NotFound("no such order")


def endpoint(dialect: Any) -> Endpoint:
    return Endpoint(connection="till", dialect=dialect, service=Nothing(), emit=lambda _: None, deadline=5.0)


def asked(identity: str, method: str, **params: str) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": identity, "method": method, "params": params}).encode()


async def talk() -> None:
    orders = endpoint(orders_dialect())
    async with served(orders.handle) as (ws, _):
        await ws.send(asked("on a socket", "GetOrderByIdV1", orderId="1"), text=True)
        await ws.recv()
    await orders.handle(asked("in process", "GetOrderByIdV1", orderId="2"))
    orders.too_late(asked("too late", "ListAreasV1"))
    await orders.handle(asked("silence", "HandleEventV1")[:-1])
    async with served(endpoint(tables_dialect()).handle) as (ws, _):
        await ws.send(asked("other protocol", "ListTables"), text=True)
        await ws.recv()


if __name__ == "__main__":
    run(talk)
