"""Nothing secret and no card number anywhere, when nothing works: wrong files, a lost database, a misfit, a crash."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg

from tests.e2e.status.running import KEY, adapter, ask, free_port
from tests.e2e.status.test_secrets import SESSION, everything_said
from tests.faults.server import Server

TOKEN = "an-invented-token-of-the-tests"
DATABASE_PASSWORD = "pass-word-of-the-database"
PROXY_PASSWORD = "pass-word-of-the-proxy"
DIAL_KEY = "the-key-that-is-dialled-with"
CARD, OTHER_CARD = "4111111111111111", "5555555555554444"
HOLDER = "MARGUERITE HOLDER"
SECRETS = (TOKEN, DATABASE_PASSWORD, PROXY_PASSWORD, DIAL_KEY, KEY, CARD, OTHER_CARD, HOLDER, "Traceback")
CRASH = """
import sys
from adapter import app, cli
async def broken(self, *arguments, **more):
    raise RuntimeError(self._serving.config.database.url.get_secret_value())
app.App.run = broken
sys.argv = ["epos-adapter", "run", "--config", sys.argv[1]]
cli.main()
"""


def test_nothing_secret_is_said_when_nothing_works(tmp_path: Path, own_evening: str, server: Server):
    texts: dict[str, str] = {}
    with psycopg.connect(own_evening, autocommit=True) as owner:
        owner.execute("UPDATE transactions SET card_number = %s, card_holder_name = %s", (CARD, HOLDER))
    url = own_evening.replace("postgres@", f"postgres:{DATABASE_PASSWORD}@")
    dialled = (
        f'[[connection]]\nname = "dojo"\ndial = "wss://127.0.0.1:{free_port()}"\naccount = "someone"\n'
        f'api_key = "{DIAL_KEY}"\nsoftware_house_id = "house"\n'
        f'proxy = "http://proxy:{PROXY_PASSWORD}@127.0.0.1:{free_port()}"\n'
        '[log]\nlevel = "debug"\n'
    )
    with adapter(tmp_path, url, status=f'token = "{TOKEN}"', more=dialled, port=free_port()) as running:
        assert running.command("ledger", "create").returncode == 0
        for command in (("check", "--json"), ("explain", "GetFullBill"), ("preview",), ("grants", "--json")):
            done = running.command(*command)
            texts[" ".join(command)] = done.stdout + done.stderr
            assert done.stdout, command
        running.said('"DialFailed"')
        with running.connected() as ws:
            texts["answers"] = str([ask(ws, *each) for each in requests()] + [pay(ws)])
            with psycopg.connect(own_evening, autocommit=True) as owner:
                owner.execute("ALTER TABLE ticket RENAME COLUMN total_price TO total_cost")
            texts["misfit"] = str([ask(ws, "ListSessions"), pay(ws)])
            done = running.command("check")
            texts["check of a misfit"] = done.stdout + done.stderr
            assert done.returncode
            server.stop()
            try:
                texts["no database"] = str([ask(ws, "ListSessions"), pay(ws)])
                for name in ("check", "preview"):
                    done = running.command(name)
                    texts[f"{name} without a database"] = done.stdout + done.stderr
                    assert done.returncode == 1
                texts |= everything_said(running)
            finally:
                server.start()
        texts["crash"] = said_by("-c", CRASH, str(running.config))
        assert "internal error, RuntimeError" in texts["crash"]
        for number, (good, bad) in enumerate(mistakes(url)):
            text = running.config.read_text(encoding="utf-8")
            assert good in text
            wrong = tmp_path / f"wrong-{number}.toml"
            wrong.write_text(text.replace(good, bad, 1), encoding="utf-8")
            texts[f"mistake {number}"] = said_by("-m", "adapter", "run", "--config", str(wrong))
            assert texts[f"mistake {number}"]
    texts["log"] = "".join(running.log)
    assert '"StatementRun"' in texts["log"]
    assert '"DatabaseDown"' in texts["log"]
    for where, text in texts.items():
        for secret in SECRETS:
            assert secret not in text, (where, secret, text[max(0, text.find(secret) - 200) :][:300])


def requests() -> list[tuple[str, str]]:
    return [(method, "1") for method in ("ListTables", "ListSessions", "ListBillItems", "GetTable", "NoSuchMethod")]


def pay(ws: Any) -> dict[str, Any]:
    """Send card data where it belongs, and where it does not."""
    card = {"scheme": "CARD_SCHEME_VISA", "last4PAN": CARD, "pan": OTHER_CARD, "cardholderName": HOLDER}
    payment = {
        "id": "11111111-2222-4333-8444-555555555556",
        "sessionId": SESSION,
        "currency": "GBP",
        "baseAmount": 1,
        "paymentSuccessful": True,
        "attemptedAt": CARD,
        "pan": OTHER_CARD,
        "methodDetails": {"method": "PAYMENT_METHOD_CARD_PRESENT", "cardPresentPaymentInfo": {"card": card}},
    }
    refused = [
        ask(ws, "RecordPayment", payment=payment),
        ask(ws, "RecordPayment", payment=payment | {"attemptedAt": "2026-11-20T21:05:31.250Z"}),
        ask(ws, "GetSession", sessionId=CARD),
        ask(ws, "GetTable", name=CARD),
        ask(ws, "ListTables", statuses=[CARD]),
        ask(ws, "ListSessions", tableNames=[OTHER_CARD], pan=CARD),
    ]
    return {"answers": refused}


def mistakes(url: str) -> list[tuple[str, str]]:
    """What is written, and what somebody may write instead who is in a hurry."""
    return [
        (f'url = "{url}"', f"url = '{url}'x"),
        (f'url = "{url}"', f'url = "{url.replace("postgresql", "postgers")}"'),
        (f'url = "{url}"', f'ulr = "{url}"'),
        (f'api_key = "{KEY}"', f'api_key = ["{KEY}"]'),
        (f'token = "{TOKEN}"', f'token = {{ file = "{TOKEN}", env = "{TOKEN}" }}'.replace(TOKEN, "none", 1)),
        (f'proxy = "http://proxy:{PROXY_PASSWORD}@', f'proxy = "htp://proxy:{PROXY_PASSWORD}@'),
    ]


def said_by(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, encoding="utf-8", timeout=60, check=False
    )
    assert done.returncode, done
    return done.stdout + done.stderr
