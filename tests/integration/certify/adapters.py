"""Adapters for the certifier to look at: the real one, and the real one with something wrong at its mouth."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from unittest.mock import patch

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from adapter.app import App
from adapter.config import Config, shipped_mappings
from adapter.mapping.load import load_mapping
from adapter.transport.dial import DialSettings
from simulator.accounts import Account
from simulator.gateway import Gateway
from simulator.tables.dialect import TablesDialect

ACCOUNT, KEY = "bistro", "11111111-2222-4333-8444-555555555555"
ORDERS_KEY = "sk_sandbox_1nvented"
ACCOUNTS = {
    "tables": {ACCOUNT: Account(KEY)},
    "epos-data": {ACCOUNT: Account(ORDERS_KEY, dialect="epos-data")},
}
"""The accounts of a gateway that speaks this protocol."""

Message = dict[str, Any]
Ask = Callable[[Message], Awaitable[Message | None]]
Answer = Message | str | bytes | None
Fault = Callable[[Message, Ask], Awaitable[Answer | list[Answer]]]
"""Answers a request in the adapter's place; may ask the real one. A list is several frames."""


def app_of(
    mapping: str, url: str, *, site: dict[str, Any] | None = None, waiter_check: str = "off", **more: Any
) -> App:
    file = next(path for path in shipped_mappings() if path.stem == mapping)
    config = Config.model_validate(
        {
            "mapping": mapping,
            "database": {"url": url, "pool_size": 4},
            "site": site or {},
            "rules": {"finished_within_hours": 0, "waiter_check": waiter_check},
            **more,
        }
    )
    return App(config, load_mapping(file), lambda _event: None)


@asynccontextmanager
async def dialling(
    mapping: str, url: str, gateway: Gateway, *, ledger: bool = False, protocol: str = "tables", **more: Any
) -> AsyncIterator[None]:
    """The whole adapter, connected to a gateway."""
    who = {"account": ACCOUNT, "api_key": KEY} if protocol == "tables" else {"api_key": ORDERS_KEY}
    connection = {
        "name": "provider",
        "protocol": protocol,
        "dial": gateway.url_of(protocol),
        "software_house_id": "house",
        "proxy": "none",
        **who,
    }
    app = app_of(mapping, url, connection=[connection], **more)
    if ledger:
        await app.store.create_ledger()
    stop = asyncio.Event()
    # Nobody else dials this gateway, so nobody need be let in first when a connection was broken on purpose.
    with patch("adapter.connecting.DialSettings", partial(DialSettings, first_delay=0.05)):
        running = asyncio.create_task(app.run(stop))
        try:
            yield
        finally:
            stop.set()
            await running


@asynccontextmanager
async def broken(app: App, fault: Fault, gateway: Gateway) -> AsyncIterator[None]:
    """An adapter that answers by a fault, and dials again whenever its connection is gone."""
    dialled = asyncio.create_task(_keep_dialling(app, fault, gateway))
    try:
        yield
    finally:
        dialled.cancel()
        await asyncio.gather(dialled, return_exceptions=True)


async def _keep_dialling(app: App, fault: Fault, gateway: Gateway) -> None:
    headers = {"Authorization": TablesDialect().authorization(ACCOUNT, KEY), "software-house-id": "house"}
    endpoint = app.endpoint("broken")

    async def ask(request: Message) -> Message | None:
        answer = await endpoint.handle(json.dumps(request).encode())
        return None if answer is None else json.loads(answer)

    while True:
        try:
            async with (
                asyncio.TaskGroup() as answering,
                connect(gateway.url, additional_headers=headers, compression=None, proxy=None, max_size=None) as ws,
            ):
                async for data in ws:
                    answering.create_task(_respond(ws, data, fault, ask))
        except* (OSError, ConnectionClosed):
            await asyncio.sleep(0)


async def _respond(ws: ClientConnection, data: str | bytes, fault: Fault, ask: Ask) -> None:
    try:
        request = json.loads(data)
    except (ValueError, RecursionError):
        request = None
    answers = await fault(request if isinstance(request, dict) else {"rubbish": data}, ask)
    for answer in answers if isinstance(answers, list) else [answers]:
        if answer == "close":
            await ws.close()
        elif answer is not None:
            await ws.send(json.dumps(answer) if isinstance(answer, dict) else answer)
