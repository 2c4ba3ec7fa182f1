"""Payments that a till writes over are noticed, once, by whichever adapter looks first."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from adapter.app import App
from adapter.config import Config
from adapter.events import Event, PaymentGone
from adapter.mapping.load import Mapping, load_mapping_text
from tests.conftest import driver_url

FLOREANT = Path(__file__).parent.parent.parent.parent / "mappings" / "floreant.toml"
VERIFY = """
[record.verify]
find  = "SELECT x.id AS id FROM transactions x WHERE x.card_transaction_id = :payment_id AND x.amount = :amount"
every = 1
"""
CHECK = str(UUID(int=0x8 << 76 | 0b10 << 62 | 5101))
PAYMENT = {
    "id": "7d1f0b0c-0a3c-4a53-9c9b-2f6f4b1f9e01",
    "sessionId": CHECK,
    "currency": "GBP",
    "baseAmount": 1000,
    "paymentSuccessful": True,
    "attemptedAt": "2026-11-20T21:40:00.000Z",
}


def mapping() -> Mapping:
    return load_mapping_text(FLOREANT.read_text(encoding="utf-8") + VERIFY)


def app_on(url: str, heard: list[Event]) -> App:
    return App(Config.model_validate({"mapping": "floreant", "database": {"url": url}}), mapping(), heard.append)


async def ask(app: App, method: str, params: dict[str, Any]) -> Any:
    request = {"jsonrpc": "2.0", "id": "1", "method": method, "params": params}
    return json.loads(await app.endpoint("test").handle(json.dumps(request).encode()) or b"")["result"]


@pytest.mark.parametrize("is_overwritten", [True, False])
def test_a_payment_that_the_till_writes_over_is_told_once_and_marked(
    own_restaurant: Callable[[str], str], is_overwritten: bool
):
    url = own_restaurant("floreant")
    heard: list[Event] = []

    async def evening() -> None:
        first, second = app_on(url, heard), app_on(url, heard)
        await first.store.create_ledger()
        await ask(first, "LockSession", {"sessionId": CHECK})
        assert await ask(first, "RecordPayment", {"payment": PAYMENT}) == {}
        assert await ask(first, "RecordPayment", {"payment": {**PAYMENT, "baseAmount": 1500}}) == {}
        if is_overwritten:
            with psycopg.connect(driver_url(url), autocommit=True) as till:
                till.execute("DELETE FROM transactions WHERE card_transaction_id = %s AND amount = 15", [PAYMENT["id"]])
        for app in (first, second, first):
            verifier = await app.store.verifier()
            assert verifier is not None
            await verifier.look()
        await first.store.close()
        await second.store.close()

    asyncio.run(evening())
    gone = [event for event in heard if isinstance(event, PaymentGone)]
    assert [event.base for event in gone] == ([1500] if is_overwritten else [])
    with psycopg.connect(driver_url(url)) as connection:
        marked = connection.execute(
            "SELECT base, missing_since IS NOT NULL FROM epos_adapter.recorded_payment ORDER BY base"
        ).fetchall()
    assert marked == [(1000, False), (1500, is_overwritten)]


def test_without_a_rule_nothing_is_looked_after(own_restaurant: Callable[[str], str]):
    url = own_restaurant("floreant")

    async def evening() -> None:
        plain = load_mapping_text(FLOREANT.read_text(encoding="utf-8"))
        app = App(Config.model_validate({"mapping": "floreant", "database": {"url": url}}), plain, lambda _: None)
        assert await app.store.verifier() is None
        await app.store.look_after_payments(asyncio.Event())
        await app.store.close()

    asyncio.run(evening())


def test_looking_ends_when_the_adapter_stops(own_restaurant: Callable[[str], str]):
    async def evening() -> None:
        app = app_on(own_restaurant("floreant"), [])
        await app.store.create_ledger()
        await app.store.bind()
        stop = asyncio.Event()
        looking = asyncio.create_task(app.store.look_after_payments(stop))
        stop.set()
        await looking
        await app.store.close()

    asyncio.run(evening())
