"""Lock, record and unlock: how long a payment takes, and how many a second, against the floor that does the same."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
import uuid
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any

import psycopg

from adapter.store.ledger import Ledger
from bench.client import Client, client, frame
from bench.data import session_id
from bench.measure import Measure, Scale, of_rounds
from bench.servers import adapter, floor

SESSIONS = 16
_WHO = {
    "requestorType": "REQUESTOR_TYPE_CARD_MACHINE",
    "cardMachineRequestorInfo": {"terminalId": "22334455", "waiterId": 101},
}


async def measure_paying(url: str, scale: Scale) -> list[Measure]:
    """One payment after the other over one socket, and sixteen sessions paid at the same time, taking turns."""
    make_ledger(url)
    checks = itertools.cycle(range(1, scale.bills + 1))
    one: list[tuple[Sequence[float], Sequence[float]]] = []
    many: list[tuple[Sequence[float], Sequence[float]]] = []
    with adapter(url) as ours, floor(url, "rows", module="bench.paying_floor") as theirs:
        async with AsyncExitStack() as stack:
            sockets = {
                name: [await stack.enter_async_context(client(server.port)) for _ in range(SESSIONS)]
                for name, server in (("floor", theirs), ("adapter", ours))
            }
            for server in sockets.values():
                await _checked(server[0], next(checks))
            for number in range(scale.rounds + 1):
                names = ("floor", "adapter") if number % 2 else ("adapter", "floor")
                alone: dict[str, list[float]] = {"floor": [], "adapter": []}
                for _ in range(scale.asked // 10):
                    for name in names:
                        alone[name].append(await _paid(sockets[name][0], next(checks)))
                together = {name: [await _together(sockets[name], checks, scale.under_way // 10)] for name in names}
                if number:
                    one.append((alone["floor"], alone["adapter"]))
                    many.append((together["floor"], together["adapter"]))
    count = scale.rounds * (scale.asked // 10)
    return [
        of_rounds(f"lock + record + unlock over one socket (median of {count})", "ms", one, at_most=1.5),
        of_rounds(f"the same, {SESSIONS} sessions paid in parallel", "/s", many, at_least=0.6),
    ]


def make_ledger(url: str) -> None:
    """The adapter's tables, which the floor uses too."""
    with psycopg.connect(url, autocommit=True) as connection:
        for text in Ledger("epos_adapter").creation():
            connection.execute(text)


def _frames(check: int) -> list[bytes]:
    session = session_id(check)
    payment = {
        "id": str(uuid.uuid4()),
        "sessionId": session,
        "waiterId": 101,
        "currency": "GBP",
        "baseAmount": 1,
        "tipsAmount": 1,
        "cashbackAmount": 0,
        "paymentSuccessful": True,
        "attemptedAt": "2026-11-20T21:40:00.000Z",
        "methodDetails": {
            "method": "PAYMENT_METHOD_CARD_PRESENT",
            "cardPresentPaymentStatus": "CARD_PRESENT_PAYMENT_STATUS_SUCCESSFUL",
            "cardPresentPaymentInfo": {"card": {"scheme": "CARD_SCHEME_VISA"}},
        },
    }
    locked: dict[str, Any] = {"sessionId": session, "requestorInfo": _WHO}
    return [
        frame("LockSession", locked),
        frame("RecordPayment", {"payment": payment, "requestorInfo": _WHO}),
        frame("UnlockSession", locked),
    ]


async def _paid(server: Client, check: int) -> float:
    """The milliseconds that one payment takes."""
    questions = _frames(check)
    started = time.perf_counter()
    for question in questions:
        await server.exchange(question)
    return (time.perf_counter() - started) * 1000


async def _checked(server: Client, check: int) -> None:
    """Both do what they are measured for, or there is nothing to compare."""
    for question, wanted in zip(_frames(check), ("billItems", None, None), strict=True):
        result = json.loads(await server.exchange(question))["result"]
        if set(result) != ({wanted} if wanted else set()):
            raise SystemExit(f"not paid, so its time means nothing: {result}")


async def _together(servers: Sequence[Client], checks: Any, payments: int) -> float:
    """Payments a second, each session on a socket of its own."""

    async def pay(server: Client, mine: Sequence[int]) -> None:
        for check in mine:
            await _paid(server, check)

    each = max(1, payments // len(servers))
    # Sixteen different checks at any moment.
    shares = [[next(checks) for _ in range(each)] for _ in servers]
    started = time.perf_counter()
    await asyncio.gather(*(pay(server, mine) for server, mine in zip(servers, shares, strict=True)))
    return each * len(servers) / (time.perf_counter() - started)
