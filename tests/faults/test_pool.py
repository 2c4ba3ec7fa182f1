"""The torture of the pool, in a few rounds; `make faults ARGS=pool` does it at length."""

from __future__ import annotations

import asyncio

from tests.faults.pool import POOL, torture
from tests.faults.server import Server


def test_no_connection_is_lost_whatever_cuts_a_request_short(server: Server):
    outcome = asyncio.run(torture(server, cancels=15, freezes=1, restarts=1))
    assert not outcome.violations, "\n".join(outcome.lines())
    assert outcome.cancelled == 15
    assert outcome.failed.total() > 3
    assert outcome.sessions <= POOL
