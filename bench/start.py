"""The process as a restaurant runs it: how soon it answers after it was started, and what it holds in memory."""

from __future__ import annotations

import random
import statistics
import time
from typing import Any

from bench.client import client, frame
from bench.data import session_id
from bench.measure import Measure, Scale
from bench.servers import adapter

_SOON = 1.5
_SMALL = 100.0
_MIXED = 1000


async def measure_start(url: str, scale: Scale) -> list[Measure]:
    """From spawn to the first answer, and the memory after a thousand requests of all kinds."""
    seconds = []
    for _ in range(scale.starts):
        started = time.perf_counter()
        with adapter(url) as ours:
            async with client(ours.port) as asked:
                answer = await asked.ask("GetTable", {"name": "T1"})
                seconds.append(time.perf_counter() - started)
                assert answer["result"]["table"]["name"] == "T1"
    with adapter(url) as ours:
        async with client(ours.port) as asked:
            await asked.ask("GetTable", {"name": "T1"})
            fresh = ours.resident_megabytes
            for question in _mixed(scale):
                answer = await asked.exchange(question)
                assert b"errorCode" not in answer
            mixed = ours.resident_megabytes
            for _ in range(10):
                await asked.exchange(frame("ListBillItems", {}))
            lists = ours.resident_megabytes
    soon = statistics.median(seconds)
    return [
        Measure(
            what=f"process start to first answer (median of {scale.starts})",
            unit="s",
            floor=None,
            adapter=soon,
            ratio=None,
            target=f"< {_SOON:g} s",
            held=soon < _SOON,
            note=f"slowest {max(seconds):.2f} s",
        ),
        Measure(
            what=f"resident memory after {_MIXED:,} mixed requests",
            unit="MB",
            floor=None,
            adapter=mixed,
            ratio=None,
            target=f"< {_SMALL:g} MB",
            held=mixed < _SMALL,
            note=f"{fresh:.1f} MB after the first; {lists:.1f} MB after 10 lists of {scale.bills:,} bills more",
        ),
    ]


def _mixed(scale: Scale) -> list[bytes]:
    """Requests as an evening brings them."""
    some = random.Random(2)  # noqa: S311 -- the same evening every time

    def session() -> str:
        return session_id(some.randint(1, scale.bills))

    kinds: list[tuple[int, str, Any]] = [
        (20, "GetBillItems", lambda: {"sessionId": session()}),
        (15, "GetFullBill", lambda: {"sessionId": session()}),
        (15, "GetSession", lambda: {"sessionId": session()}),
        (15, "GetTable", lambda: {"name": f"T{some.randint(1, 40)}"}),
        (10, "ListTables", lambda: {"statuses": ["TABLE_STATUS_OCCUPIED"]}),
        (10, "ListTables", dict),
        (10, "ListSessions", lambda: {"isPayable": True, "tableNames": [f"T{some.randint(1, 40)}"]}),
        (5, "ListBillItems", lambda: {"sessionIds": [session() for _ in range(20)]}),
    ]
    chosen = some.choices(kinds, weights=[weight for weight, _, _ in kinds], k=_MIXED)
    return [frame(method, params()) for _, method, params in chosen]
