"""GetBillItems and ListBillItems: how long the adapter takes for the answer that the floor gives too."""

from __future__ import annotations

import json
import random
import statistics
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from adapter.app import App
from adapter.config import Config
from adapter.events import Event, StatementRun
from adapter.mapping.load import load_mapping
from bench.client import Client, client, frame
from bench.data import session_id
from bench.measure import Measure, Scale, of_rounds
from bench.servers import ROOT, adapter, floor

IN_FLIGHT = 16
_CHECKED = 100

Sample = Callable[[Client], Awaitable[Sequence[float]]]


async def measure_answers(url: str, scale: Scale) -> list[Measure]:
    """Latency and throughput of one bill, and the time of all bills, with the servers taking turns."""
    one = [frame("GetBillItems", {"sessionId": session_id(number)}) for number in range(1, scale.bills + 1)]
    ids = [session_id(number) for number in range(1, scale.bills + 1)]
    lists = {
        "without sessionIds": frame("ListBillItems", {}),
        "by sessionIds": frame("ListBillItems", {"sessionIds": ids}),
    }

    with adapter(url) as ours, floor(url, "rows") as rows, floor(url, "document") as document:
        async with client(ours.port) as asked, client(rows.port) as first, client(document.port) as second:
            clients = (asked, first, second)
            for question in (*one[:_CHECKED], *one[-_CHECKED:], *lists.values()):
                await _same(clients, question)

            found = []
            what = f"GetBillItems, 10 lines, one at a time (median of {scale.rounds * scale.asked})"
            order = random.Random(1).choices(one, k=scale.asked)  # noqa: S311 -- the same order every time
            rounds = [await _turns(clients, order) for _ in range(scale.rounds + 1)][1:]
            found.append(_against_faster(what, "ms", rounds, at_most=1.5))

            async def many(server: Client) -> Sequence[float]:
                return [
                    await server.throughput((one * (scale.under_way // len(one) + 1))[: scale.under_way], IN_FLIGHT)
                ]

            what = f"GetBillItems, 10 lines, {IN_FLIGHT} in flight on one socket"
            found.append(_against_faster(what, "/s", await _rounds(clients, many, scale.rounds), at_least=0.6))

            for how, question in lists.items():

                async def all_bills(server: Client, question: bytes = question) -> Sequence[float]:
                    return [1000 * await server.timed(question) for _ in range(scale.lists)]

                what = f"ListBillItems, {scale.bills:,} bills of 10 lines, {how}"
                found.append(_against_faster(what, "ms", await _rounds(clients, all_bills, scale.rounds), at_most=1.5))
    return found


async def count_statements(url: str, scale: Scale) -> Measure:
    """Whether the number of SQL statements depends on the number of bills. Nothing is timed."""
    run: list[StatementRun] = []

    def emit(event: Event) -> None:
        if isinstance(event, StatementRun):
            run.append(event)

    config = Config.model_validate({"mapping": "floreant", "database": {"url": url}})
    app = App(config, load_mapping(Path(ROOT / "mappings" / "floreant.toml")), emit, tell_statements=True)
    await app.store.bind()
    endpoint = app.endpoint("bench")
    counts = []
    questions = [{"sessionIds": [session_id(n) for n in range(1, many + 1)]} for many in (1, scale.bills)]
    for params in (*questions, {}):
        run.clear()
        answer = json.loads(await endpoint.handle(frame("ListBillItems", params)) or b"")
        assert len(answer["result"]["billItems"]) == len(params.get("sessionIds", range(scale.bills)))
        counts.append(len(run))
    await app.store.close()
    return Measure(
        what=f"ListBillItems, SQL statements for 1 bill, for {scale.bills:,}, and without sessionIds",
        unit="",
        floor=counts[0],
        adapter=max(counts[1:]),
        ratio=max(counts[1:]) / counts[0],
        target="the same",
        held=len(set(counts)) == 1,
        note=f"{', '.join(map(str, counts))}; first column: for 1 bill",
    )


async def _same(clients: Sequence[Client], question: bytes) -> None:
    """Every server gives the same answer, or there is nothing to compare."""
    answers = [json.loads(await server.exchange(question)) for server in clients]
    if not all(answer == answers[0] for answer in answers):
        raise SystemExit(f"the answers differ, so their times mean nothing: {question[:200]!r}")


Round = list[Sequence[float]]
"""What each server gave in one round."""


async def _rounds(clients: Sequence[Client], sample: Sample, count: int) -> list[Round]:
    """Each server in turn, round by round, after one round that does not count."""
    found: list[Round] = []
    for number in range(count + 1):
        order = range(len(clients)) if number % 2 else reversed(range(len(clients)))
        given = {place: await sample(clients[place]) for place in order}
        found.append([given[place] for place in range(len(clients))])
    return found[1:]


async def _turns(clients: Sequence[Client], questions: Sequence[bytes]) -> Round:
    """Each question to each server, one straight after the other."""
    found: list[list[float]] = [[] for _ in clients]
    for question in questions:
        for place, server in enumerate(clients):
            found[place].append(1000 * await server.timed(question))
    return list(found)


def _against_faster(
    what: str, unit: str, rounds: Sequence[Round], *, at_most: float = 0, at_least: float = 0
) -> Measure:
    """The adapter against the faster of the two forms of the floor."""

    def typical(place: int) -> float:
        return statistics.median(value for given in rounds for value in given[place])

    better = min if at_most else max
    place = better((1, 2), key=typical)
    names = {1: "rows", 2: "document"}
    other = 3 - place
    return of_rounds(
        what,
        unit,
        [(given[place], given[0]) for given in rounds],
        at_most=at_most or None,
        at_least=at_least or None,
        note=f"floor: {names[place]}; its other form, {names[other]}: {typical(other):,.2f} {unit}",
    )
