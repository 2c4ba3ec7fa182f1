"""A run of seconds with the quick faults; and a judge who is told of losses and of growth, and must not overlook them."""

from __future__ import annotations

import asyncio

from tests.faults.server import Server
from tests.faults.soak.report import figures, table
from tests.faults.soak.run import Plan, _judge, run
from tests.faults.soak.tally import FAILED, LOST, Tally, Trouble, Window
from tests.faults.soak.weight import Weight

SLOW = frozenset({"line deaf", "PostgreSQL frozen"})


def test_no_answer_is_lost_but_while_something_is_broken(server: Server):
    plan = Plan(minutes=0.1, seed=7, think=0.4, pause=0.5, without=SLOW, judges_memory=False)
    outcome = asyncio.run(run(server, plan))
    assert not outcome.violations, table(outcome)
    found = figures(outcome)
    assert len(found["faults"]) == 6  # five kinds, and all together
    assert found["requests"]["accepted"] > 50
    assert found["payments"]["acknowledged"] > 5


def told(*troubles: Trouble) -> list[str]:
    tally = Tally(windows=[Window("cut", 10, 11, 12), Window("frozen", 20)], troubles=list(troubles))
    return [violation.kind for violation in _judge(tally, Weight(), Plan(minutes=1, judges_memory=False))]


def test_a_request_is_excused_only_if_something_was_broken_while_it_was_under_way():
    assert told(Trouble(9, 10.1, "GetTable", LOST), Trouble(11.9, 14, "GetTable", FAILED)) == []
    assert told(Trouble(25, 26, "GetTable", LOST)) == []
    assert told(Trouble(5, 9.9, "GetTable", LOST)) == ["answer lost"]
    assert told(Trouble(12.1, 13, "GetTable", LOST)) == ["answer lost"]
    assert told(Trouble(12.1, 13, "GetTable", FAILED)) == ["request failed"]


def test_growth_is_seen_whatever_the_memory_did_while_warming_up():
    weight = Weight()
    weight.samples = [(at, 50 + min(at, 20) * 2 if at < 20 else 100 + (at - 20) // 10, 9) for at in range(101)]
    assert (weight.first, weight.last) == (100, 107)
    assert [one.kind for one in _judge(Tally(), weight, Plan(minutes=30))] == ["growth"]
    weight.samples = [(at, 100 + at % 3, 9) for at in range(101)]
    assert _judge(Tally(), weight, Plan(minutes=30)) == []
