"""One adapter that dials both protocols of the provider at once, over real sockets, on one restaurant."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from websockets.asyncio.server import ServerConnection, serve

from adapter import serving
from adapter.app import App
from adapter.config import Config
from adapter.events import Event, LockExpired
from adapter.mapping.load import load_mapping
from tests.conftest import driver_url
from tests.epos_data import judged
from tests.integration.recording.conftest import MAPPINGS, Place

KEY = "sk_sandbox_1nvented"
TICKET = Place.id(5101)


class Provider:
    """The provider's end of both connections: whoever shows the raw key speaks the EPOS Data API."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self._opened: dict[str, asyncio.Future[ServerConnection]] = {
            name: loop.create_future() for name in ("orders", "tables")
        }
        self._numbers = itertools.count(1)
        self.expired = asyncio.Event()

    async def keep(self, ws: ServerConnection) -> None:
        assert ws.request is not None
        is_orders = ws.request.headers["Authorization"] == f"Basic {KEY}"
        self._opened["orders" if is_orders else "tables"].set_result(ws)
        await ws.wait_closed()

    def hear(self, event: Event) -> None:
        if isinstance(event, LockExpired):
            self.expired.set()

    async def _ask(self, over: str, method: str, params: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        ws = await asyncio.wait_for(asyncio.shield(self._opened[over]), 30)
        request = {"jsonrpc": "2.0", "id": str(next(self._numbers)), "method": method, "params": params}
        await ws.send(json.dumps(request))
        return request, await asyncio.wait_for(ws.recv(decode=False), 30)

    async def orders(self, method: str, **params: Any) -> Any:
        """The result, or the type of the error."""
        sent = {"orderId": TICKET, **params, "headers": {"deviceId": "tm_sandbox_1"}}
        answer = judged(*await self._ask("orders", method, sent))
        return answer["result"] if "result" in answer else answer["error"]["errorType"]

    async def tables(self, method: str, **params: Any) -> Any:
        """The result, or the error code."""
        machine = {"requestorType": "REQUESTOR_TYPE_CARD_MACHINE", "cardMachineRequestorInfo": {"terminalId": "T-1"}}
        _, raw = await self._ask("tables", method, {**params, "requestorInfo": machine})
        result = json.loads(raw)["result"]
        return result.get("errorCode", result)


@asynccontextmanager
async def provider_of(url: str) -> AsyncIterator[Provider]:
    """A provider to which an adapter of this restaurant has opened both connections."""
    provider = Provider()
    async with serve(provider.keep, "127.0.0.1", 0, compression=None) as server:
        way = {
            "dial": f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}",
            "software_house_id": "h",
            "proxy": "none",
        }
        config = Config.model_validate(
            {
                "mapping": "floreant",
                "database": {"url": url, "pool_size": 4},
                "connection": [
                    {"name": "tables", "account": "bistro", "api_key": "key", **way},
                    {"name": "orders", "protocol": "epos-data", "api_key": KEY, **way},
                ],
            }
        )
        app = App(config, load_mapping(MAPPINGS / "floreant.toml"), provider.hear)
        await app.store.create_ledger()
        stop = asyncio.Event()
        running = asyncio.create_task(app.run(stop))
        try:
            yield provider
        finally:
            stop.set()
            await running


def soon() -> str:
    return (datetime.now(UTC) + timedelta(minutes=5)).isoformat()


def pounds(value: int) -> dict[str, Any]:
    return {"value": value, "currencyCode": "GBP"}


def test_locks_and_payments_of_one_protocol_are_those_of_the_other(
    own_restaurant: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(serving, "_SWEEP", 0.02)
    url = own_restaurant("floreant")
    lock, record = {"lockId": "lock_1", "expiry": soon()}, "RecordOrderPaymentByIdV1"
    another = {**lock, "lockId": "lock_2"}
    payment = {"id": str(uuid4()), "sessionId": TICKET, "currency": "GBP", "baseAmount": 725, "paymentSuccessful": True}

    async def evening() -> None:
        async with provider_of(url) as provider:
            order = await provider.orders("CreateOrderLockV1", **lock)
            assert order["totalAmount"] == pounds(4725)
            assert await provider.tables("LockSession", sessionId=TICKET) == "SESSION_ALREADY_LOCKED"
            paid = await provider.orders(record, paymentIntentId="pi_1", paidAmount=pounds(1000), lockId="lock_1")
            assert paid["paidAmount"] == pounds(1000)
            bill = (await provider.tables("GetBillItems", sessionId=TICKET))["billItems"]
            assert (bill["totalAmount"], bill["paidAmount"]) == (4725, 1000)
            await provider.orders("DeleteOrderLockV1", lockId="lock_1")

            assert (await provider.tables("LockSession", sessionId=TICKET))["billItems"] == bill
            assert await provider.orders("CreateOrderLockV1", **another) == "Conflict"
            assert await provider.tables("RecordPayment", payment=payment) == {}
            assert await provider.orders(record, paymentIntentId="pi_2", paidAmount=pounds(1)) == "Conflict"
            assert await provider.tables("UnlockSession", sessionId=TICKET) == {}
            read = await provider.orders("GetOrderByIdV1")
            assert read["paidAmount"] == pounds(1725)
            assert [one["paymentIntentId"] for one in read["payments"]] == ["pi_1", payment["id"]]

            await provider.orders("CreateOrderLockV1", **another)
            with psycopg.connect(driver_url(url), autocommit=True) as till:
                till.execute("UPDATE epos_adapter.order_lock SET expires_at = now()")
                await asyncio.wait_for(provider.expired.wait(), 30)
                assert till.execute("SELECT * FROM epos_adapter.session_lock").fetchall() == []
                rows = till.execute("SELECT session_id FROM epos_adapter.recorded_payment").fetchall()
            assert rows == [(UUID(TICKET),)] * 2

    asyncio.run(evening())
