"""A small run with every fault; and runs with adapters that are wrong on purpose, which must not get away with it."""

from __future__ import annotations

import asyncio

import pytest

from tests.faults.report import figures, table
from tests.faults.run import Plan, run
from tests.faults.saboteur import KINDS
from tests.faults.server import Server
from tests.faults.stub import MISTAKE

STUB = "tests.faults.stub"


def test_a_hundred_payments_under_every_fault_are_each_recorded_once(server: Server):
    outcome = asyncio.run(run(server, Plan(payments=100, seed=20, pause=0.2, think=0.3, limit=900)))
    assert not outcome.violations, table(outcome)
    assert set(outcome.injected) == KINDS
    assert figures(outcome)["payments"]["tried"] >= 100


@pytest.mark.parametrize(
    ("mistake", "kinds"),
    [
        ("", set()),
        ("forgets", {"doubled", "accepted twice", "wrong balance"}),
        ("loses", {"lost", "accepted twice"}),
        ("shares", {"double holder", "lock without a row", "lock lost"}),
    ],
)
def test_an_adapter_is_found_out_by_its_mistake(server: Server, mistake: str, kinds: set[str]):
    # Which payments meet which mistake is a matter of who is faster; half of them are sent again, so that some do.
    plan = Plan(
        payments=60,
        seed=3,
        think=0.02,
        repeats=0.5,
        orders=False,
        program=STUB,
        environment={MISTAKE: mistake},
        saboteur=False,
        limit=900,
    )
    outcome = asyncio.run(run(server, plan))
    assert {violation.kind for violation in outcome.violations} >= kinds
    assert bool(outcome.violations) == bool(mistake), table(outcome)
