"""SearchOrdersV1 page by page and GetOrderByIdV1: how long the adapter takes for the answers that the floor gives too."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

from bench.answers import IN_FLIGHT
from bench.client import Client, client, frame
from bench.data import session_id
from bench.measure import Measure, Scale, of_rounds
from bench.servers import adapter, floor

_PAGE = 100
_CHECKED = 50
_TURN = 250
"""Questions with many in flight before it is the other server's turn."""


async def measure_orders(url: str, scale: Scale) -> list[Measure]:
    """One order, and all open ones by pages; whether the last page takes longer than the first."""
    with adapter(url, protocol="epos-data") as ours, floor(url, "rows", module="bench.orders_floor") as hand:
        async with client(ours.port, protocol="epos-data") as asked, client(hand.port) as first:
            clients = (first, asked)
            one = [frame("GetOrderByIdV1", _with(orderId=session_id(number))) for number in range(1, scale.bills + 1)]
            for question in (*one[:_CHECKED], *one[-_CHECKED:]):
                await _same(clients, question)
            pages = await _pages(clients)

            found = []
            order = random.Random(1).choices(one, k=scale.asked)  # noqa: S311 -- the same order every time
            rounds = [await _turns(clients, order) for _ in range(scale.rounds + 1)][1:]
            what = f"GetOrderByIdV1, 10 lines, one at a time (median of {scale.rounds * scale.asked})"
            found.append(of_rounds(what, "ms", rounds, at_most=1.5))

            many = (one * (scale.under_way // len(one) + 1))[: scale.under_way]
            under_way = [await _under_way(clients, many) for _ in range(scale.rounds + 1)][1:]
            what = f"GetOrderByIdV1, 10 lines, {IN_FLIGHT} in flight on one socket"
            found.append(of_rounds(what, "/s", under_way, at_least=0.6))

            whole = [await _turns(clients, pages) for _ in range(scale.rounds + 1)][1:]
            sums = [([sum(by_hand)], [sum(by_us)]) for by_hand, by_us in whole]
            what = f"SearchOrdersV1, {scale.bills:,} open orders of 10 lines in pages of {_PAGE}"
            found.append(of_rounds(what, "ms", sums, at_most=1.5))
            # The last page is shorter: the one before it is as long as the first.
            ends = [([by_us[0]], [by_us[-2]]) for _, by_us in whole]
            note = "first column: the first page"
            found.append(of_rounds("SearchOrdersV1, the last full page", "ms", ends, at_most=1.2, note=note))
    return found


def _with(**params: Any) -> dict[str, Any]:
    return {**params, "headers": {}}


async def _pages(clients: Sequence[Client]) -> list[bytes]:
    """The questions for every page, each of which both servers answer alike."""
    questions: list[bytes] = []
    after: str | None = None
    while True:
        cursor = {"limit": _PAGE} if after is None else {"limit": _PAGE, "after": after}
        questions.append(frame("SearchOrdersV1", _with(payableOnly=True, cursor=cursor)))
        answer = json.loads(await _same(clients, questions[-1]))
        after = answer["result"].get("after")
        if after is None:
            return questions


async def _same(clients: Sequence[Client], question: bytes) -> bytes:
    """Every server gives the same answer to the byte, or there is nothing to compare."""
    by_hand, by_us = [await server.exchange(question) for server in clients]
    if by_hand != by_us:
        raise SystemExit(f"the answers differ, so their times mean nothing: {question[:200]!r}")
    return by_us


async def _under_way(clients: Sequence[Client], questions: Sequence[bytes]) -> tuple[list[float], list[float]]:
    """Answers a second of each server. They take turns often, since a machine is not as fast in one second as in the next."""
    spent = [0.0, 0.0]
    for begin in range(0, len(questions), _TURN):
        part = questions[begin : begin + _TURN]
        for place in (0, 1) if begin // _TURN % 2 else (1, 0):
            spent[place] += len(part) / await clients[place].throughput(part, IN_FLIGHT)
    by_hand, by_us = (len(questions) / seconds for seconds in spent)
    return [by_hand], [by_us]


async def _turns(clients: Sequence[Client], questions: Sequence[bytes]) -> tuple[list[float], list[float]]:
    """Each question to each server, one straight after the other."""
    found: tuple[list[float], list[float]] = ([], [])
    for question in questions:
        for place, server in enumerate(clients):
            found[place].append(1000 * await server.timed(question))
    return found
