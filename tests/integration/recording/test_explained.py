"""What `explain` lists for a method that writes is what is run."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from adapter.app import App
from adapter.config import Config
from adapter.events import Event, StatementRun
from adapter.explain import explain
from adapter.mapping.load import load_mapping

MAPPINGS = Path(__file__).parent.parent.parent.parent / "mappings"
CHECK = str(UUID(int=0x8 << 76 | 0b10 << 62 | 5101))
PAYMENT = {
    "id": "7d1f0b0c-0a3c-4a53-9c9b-2f6f4b1f9e01",
    "sessionId": CHECK,
    "currency": "GBP",
    "baseAmount": 4725,
    "paymentSuccessful": True,
    "attemptedAt": "2026-11-20T21:40:00.000Z",
}
EVENING: list[tuple[str, dict[str, Any]]] = [
    ("LockSession", {"sessionId": CHECK}),
    ("RecordPayment", {"payment": PAYMENT}),
    ("UnlockSession", {"sessionId": CHECK}),
]
LOCK = {"orderId": str(UUID(int=0x8 << 76 | 0b10 << 62 | 5103)), "lockId": "lock_1"}
ORDERS: list[tuple[str, dict[str, Any]]] = [
    ("CreateOrderLockV1", {**LOCK, "expiry": "2999-01-01T00:00:00Z"}),
    ("ExtendOrderLockV1", {**LOCK, "expiry": "2999-01-01T00:00:00Z"}),
    (
        "RecordOrderPaymentByIdV1",
        {**LOCK, "paymentIntentId": "pi_1", "paidAmount": {"value": 3764, "currencyCode": "GBP"}},
    ),
    ("DeleteOrderLockV1", LOCK),
    ("SearchOrdersV1", {}),
    ("SearchTablesV1", {}),
    ("ListAreasV1", {}),
]


def test_every_statement_that_is_explained_is_run_and_no_other(own_restaurant: Callable[[str], str]):
    heard: list[Event] = []

    async def evening() -> None:
        config = Config.model_validate({"mapping": "floreant", "database": {"url": own_restaurant("floreant")}})
        app = App(config, load_mapping(MAPPINGS / "floreant.toml"), heard.append, tell_statements=True)
        await app.store.create_ledger()
        await app.store.bind()
        try:
            await compare(app)
        finally:
            await app.store.close()

    async def compare(app: App) -> None:
        tables, orders = app.endpoint("test"), app.endpoint("orders", "epos-data")
        for endpoint, method, params in [(tables, *each) for each in EVENING] + [(orders, *each) for each in ORDERS]:
            heard.clear()
            request = {"jsonrpc": "2.0", "id": "1", "method": method, "params": params}
            answer = json.loads(await endpoint.handle(json.dumps(request).encode()) or b"")
            assert "errorCode" not in answer["result"], answer
            listed = await explain(method, "{}", config_file=None, mapping_name="floreant", connect_to_database=False)
            run = [event.name for event in heard if isinstance(event, StatementRun)]
            if method == "SearchOrdersV1":
                assert run.pop() == "ledger.intents"  # of the payment just now; an empty restaurant has none
            assert [statement.name for statement in listed.statements] == run, method

    asyncio.run(evening())
