"""A burst that is larger than every limit; `make faults ARGS=flood` does ten times as much."""

from __future__ import annotations

import asyncio

import pytest

from tests.faults.flood import flood
from tests.faults.server import Server


@pytest.mark.parametrize("sockets", [1, 20])
def test_a_burst_is_answered_to_the_last_request_and_costs_little_memory(server: Server, sockets: int):
    outcome = asyncio.run(flood(server, requests=600, sockets=sockets))
    assert outcome.outcomes.total() == 600
    assert set(outcome.outcomes) <= {"ok", "ERROR_INTERNAL_POS_ERROR"}
    assert outcome.outcomes["ok"] > 0
    # Every socket may have as many requests in hand and frames in its buffers as one has: half a megabyte.
    assert outcome.most - outcome.before < 2_000_000 + 600_000 * sockets, "\n".join(outcome.lines())
