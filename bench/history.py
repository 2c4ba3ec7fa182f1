"""ListSessions of open sessions: whether years of closed checks in the same table cost anything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from adapter.app import App
from adapter.config import Config
from adapter.mapping.load import load_mapping
from adapter.mapping.statements import Search
from bench.client import Client, client, frame
from bench.measure import Measure, Scale, of_rounds
from bench.servers import ROOT, adapter

OPEN = 100
SHORT = 10_000
_QUESTION = {"isFinished": False}


async def measure_history(short_url: str, long_url: str, scale: Scale) -> tuple[Measure, list[str]]:
    """The adapter against itself, over a short history and a long one; and how the database finds the open ones."""
    question = frame("ListSessions", _QUESTION)
    with adapter(short_url) as short, adapter(long_url) as long:
        async with client(short.port) as first, client(long.port) as second:
            for server in (first, second):
                answer = await server.ask("ListSessions", _QUESTION)
                assert len(answer["result"]["sessions"]) == OPEN
            rounds = [await _turns((first, second), question, scale.asked // 2) for _ in range(scale.rounds + 1)][1:]
    measure = of_rounds(
        f"ListSessions, {OPEN} open among {scale.closed:,} closed, against {SHORT:,} closed",
        "ms",
        [(given[0], given[1]) for given in rounds],
        at_most=1.2,
        note=f"first column: {SHORT:,} closed",
    )
    lines = await _plan(long_url)
    shown = sorted({line.strip() for line in lines if "ticketsettled" in line or "Seq Scan on ticket " in line})
    return measure, [f"with {scale.closed:,} closed checks the database finds the open ones by:", *shown]


async def _turns(clients: Sequence[Client], question: bytes, count: int) -> list[list[float]]:
    found: list[list[float]] = [[] for _ in clients]
    for _ in range(count):
        for place, server in enumerate(clients):
            found[place].append(1000 * await server.timed(question))
    return found


async def _plan(url: str) -> list[str]:
    """The lines of the plan for the question."""
    config = Config.model_validate({"mapping": "floreant", "database": {"url": url}})
    app = App(config, load_mapping(Path(ROOT / "mappings" / "floreant.toml")), lambda _event: None)
    bound = await app.store.bind()
    plan = bound.statements.sessions(Search(is_finished=False, recent=True))
    rows = await app.store.explain(plan, {"since": datetime(2025, 1, 1)})  # noqa: DTZ001 -- the till's own time
    await app.store.close()
    return [str(row[0]) for row in rows]
