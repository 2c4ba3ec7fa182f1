"""Nothing secret anywhere that the adapter speaks, after a run with wrong keys, hostile ids and odd names."""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection

from simulator.gateway import Gateway
from tests.e2e.status.running import KEY, PATIENCE, Adapter, adapter, ask, free_port

TOKEN = "an-invented-token-of-the-tests"
DATABASE_PASSWORD = "pass-word-of-the-database"
DIAL_KEY = "the-key-that-the-provider-refuses"
WRONG_KEY = "a-wrong-key-that-a-gateway-shows"
LAST_DIGITS = "last-digits-4242"
AUTH_CODE = "auth-code-987"
GUEST = "Marguerite Duclos"
WAITER = "Tomasz Secretname"
SESSION = str(uuid.UUID(int=0x8 << 76 | 0b10 << 62 | 5103))
PAYMENT = "11111111-2222-4333-8444-555555555555"
SECRETS = (TOKEN, DATABASE_PASSWORD, DIAL_KEY, WRONG_KEY, KEY, AUTH_CODE, GUEST, WAITER, LAST_DIGITS)
SQL = ("SELECT ", "INSERT ", "FROM ticket", "shop_table")
ODD = ("'; DROP TABLE ticket; --", "\u202e\u0000", "${jndi:ldap://x}", "{{7*7}}", "../../etc/passwd", "<svg/onload=x>")
FRAMES = ("[" * 5000, "null", '{"jsonrpc":"2.0"}', '{"id":"","method":{}}', "\ufffd")


def test_nothing_secret_is_in_the_status_the_metrics_or_the_log(tmp_path: Path, own_evening: str):
    name_people(own_evening)
    url = own_evening.replace("postgres@", f"postgres:{DATABASE_PASSWORD}@")
    with provider() as address:
        dialled = (
            f'[[connection]]\nname = "dojo"\ndial = "{address}"\naccount = "someone"\napi_key = "{DIAL_KEY}"\n'
            'software_house_id = "house"\nproxy = "none"\n'
        )
        with adapter(
            tmp_path, url, status=f'token = "{TOKEN}"\nexplain = true', more=dialled, port=free_port()
        ) as running:
            made = running.command("ledger", "create")
            assert made.returncode == 0, made.stderr
            running.said('"DialFailed".*HTTP 401')
            show_wrong_keys(running)
            with running.connected() as ws:
                pay_too_much(ws)
                be_odd(ws)
            texts = everything_said(running)
            explained = running.get("/statements.json?request=pay", Authorization=f"Bearer {TOKEN}").text
    texts["log"] = "".join(running.log)
    # It was no quiet evening: what had to be told was told.
    assert "refused the account name or API key (HTTP 401)" in texts["/status"]
    assert "More was paid than was due." in texts["/status"]
    assert "wrong account name or API key" in texts["log"]
    assert 'epos_adapter_payments_flagged_total{kind="conflict"} 1.0' in texts["/metrics"]
    # Where it is asked for, SQL is told, and still nothing of a payment, a guest or a key.
    assert "INSERT INTO transactions" in explained
    assert not [secret for secret in (*SECRETS, PAYMENT) if secret in explained]
    for where, text in texts.items():
        for secret in (*SECRETS, *SQL):
            assert secret not in text, (where, secret)


def name_people(url: str) -> None:
    """Give the waiters, the guests and a table names that are found again."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE users SET first_name = %s, last_name = ''", (WAITER,))
        connection.execute("UPDATE ticket SET delivery_address = %s", (GUEST,))
        connection.execute("UPDATE shop_table SET name = %s WHERE id = 1", ('<b onclick="x">\u202eT1',))


@contextmanager
def provider() -> Iterator[str]:
    """A provider that knows another key; gives its address."""
    there, done = threading.Event(), threading.Event()
    place: list[str] = []

    async def stand() -> None:
        async with Gateway({"someone": "another-key"}) as gateway:
            place.append(gateway.url)
            there.set()
            await asyncio.to_thread(done.wait)

    standing = threading.Thread(target=lambda: asyncio.run(stand()))
    standing.start()
    assert there.wait(PATIENCE)
    try:
        yield place[0]
    finally:
        done.set()
        standing.join()


def show_wrong_keys(running: Adapter) -> None:
    for _ in range(3):
        with pytest.raises(InvalidStatus), running.connected(key=WRONG_KEY):
            pass
    assert running.get("/status", Authorization=f"Bearer {WRONG_KEY}").status == 401


def pay_too_much(ws: ClientConnection) -> None:
    assert "errorCode" not in ask(ws, "LockSession", "lock", sessionId=SESSION)["result"]
    card = {"authCode": AUTH_CODE, "card": {"scheme": "CARD_SCHEME_VISA", "last4PAN": LAST_DIGITS}}
    payment: dict[str, Any] = {
        "id": PAYMENT,
        "sessionId": SESSION,
        "currency": "GBP",
        "baseAmount": 10_000_000,
        "tipsAmount": 0,
        "cashbackAmount": 0,
        "paymentSuccessful": True,
        "attemptedAt": "2026-11-20T21:05:31.250Z",
        "methodDetails": {"method": "PAYMENT_METHOD_CARD_PRESENT", "cardPresentPaymentInfo": card},
    }
    assert ask(ws, "RecordPayment", "pay", payment=payment)["result"] == {}
    ask(ws, "RecordPayment", "again", payment=payment | {"baseAmount": 5})


def be_odd(ws: ClientConnection) -> None:
    for odd in ODD:
        ask(ws, "GetFullBill", odd, sessionId=SESSION)
        ask(ws, "GetTable", odd, name=odd)
        ask(ws, "GetSession", odd, sessionId=odd)
        ask(ws, "ListSessions", odd, waiterId=odd, tableNames=[odd])
    for frame in FRAMES:
        ws.send(frame)


def everything_said(running: Adapter) -> dict[str, str]:
    """Whatever the adapter tells, by where."""
    told = running.command("status")
    pages = ("/status", "/status.json", "/metrics", "/ready", "/live")
    texts = {path: running.get(path, Authorization=f"Bearer {TOKEN}").text for path in pages}
    return texts | {"command": told.stdout + told.stderr}
