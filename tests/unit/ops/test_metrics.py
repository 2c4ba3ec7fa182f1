from __future__ import annotations

import re
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from adapter import connection_events, events
from adapter.ops.metrics import Metrics
from adapter.ops.report import Kept, Sources
from adapter.ops.state import Connection, State

ROOT = Path(__file__).parents[3]
OURS = "epos_adapter_"


async def _nothing() -> Kept | None:
    return None


SOURCES = Sources(kept=_nothing, pool_in_use=lambda: 3, pool_size=lambda: 8, in_flight=lambda _: 2)


def told(*heard: events.Event) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample, by its name and its labels."""
    metrics, state = Metrics(["dojo"]), State([Connection(name="dojo", way="dial", place="wss://x")])
    for event in heard:
        state(event)
        metrics(event)
    text = metrics.text(state, SOURCES).decode()
    return {
        (sample.name.removeprefix(OURS), tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def answered(method: str, outcome: str) -> events.RequestAnswered:
    return events.RequestAnswered(connection="dojo", method=method, outcome=outcome, milliseconds=20)


def test_requests_are_counted_by_connection_method_and_outcome():
    found = told(answered("GetTable", "ok"), answered("GetTable", "ok"), answered("", "ERROR_PARSE_ERROR"))
    labels = (("connection", "dojo"), ("method", "GetTable"), ("outcome", "ok"))
    assert found["requests_total", labels] == 2
    assert (
        found["requests_total", (("connection", "dojo"), ("method", "unknown"), ("outcome", "ERROR_PARSE_ERROR"))] == 1
    )
    assert found["request_duration_seconds_sum", (("method", "GetTable"),)] == 0.04
    assert found["request_duration_seconds_bucket", (("le", "0.025"), ("method", "GetTable"))] == 2
    assert found["request_duration_seconds_bucket", (("le", "0.01"), ("method", "GetTable"))] == 0


def test_what_is_there_is_1_and_what_is_not_is_0():
    names = ("ready", "mapping_bound", "database_up", "recording_enabled")
    before = told()
    assert [before[name, ()] for name in names] == [0, 0, 0, 0]
    bound = events.MappingBound(mapping="m", tables=1, milliseconds=1)
    after = told(bound, events.RecordingOn(), connection_events.ConnectionOpened(connection="dojo", peer="x"))
    assert [after[name, ()] for name in names] == [1, 1, 1, 1]
    assert after["connection_up", (("connection", "dojo"),)] == 1
    assert after["requests_in_flight", (("connection", "dojo"),)] == 2
    assert (after["database_pool_in_use", ()], after["database_pool_size", ()]) == (3, 8)


def test_flagged_payments_are_there_from_the_start_with_nothing_counted():
    found = told(events.PaymentGone(session="s", payment="p", currency="GBP", base=1, tips=0))
    assert found["payments_flagged_total", (("kind", "gone"),)] == 1
    assert found["payments_flagged_total", (("kind", "over_payment"),)] == 0


def test_no_label_holds_what_a_request_brings():
    hostile = events.RequestAnswered(
        connection="dojo",
        method="GetTable",
        outcome="ok",
        milliseconds=1,
        terminal="T-evil",
        waiter="W-evil",
        reference="R-evil",
        reason="evil",
    )
    assert "evil" not in str(told(hostile))


def test_every_metric_is_documented_and_every_documented_metric_is_there():
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `epos_adapter_(\w+)`", page, re.MULTILINE))
    families = {
        family.name.removeprefix(OURS) for family in Metrics().registry.collect() if family.name.startswith(OURS)
    }
    counters = {family.name.removeprefix(OURS) for family in Metrics().registry.collect() if family.type == "counter"}
    assert documented == {f"{name}_total" if name in counters else name for name in families}


def test_every_metric_of_the_example_alerts_is_there():
    rules = (ROOT / "deploy" / "prometheus-rules.yaml").read_text(encoding="utf-8")
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `epos_adapter_(\w+)`", page, re.MULTILINE))
    used = {re.sub(r"_(bucket|sum|count)$", "", name) for name in re.findall(r"epos_adapter_(\w+)", rules)}
    assert used
    assert used <= documented


def test_names_carry_their_units():
    for name in (family.name for family in Metrics().registry.collect()):
        if "duration" in name or "age" in name.split("_"):
            assert name.endswith("_seconds"), name


def test_the_last_ping_is_told_in_seconds():
    found = told(
        connection_events.SignOfLife(connection="dojo", milliseconds=80),
        connection_events.SignOfLife(connection="dojo", milliseconds=40),
    )
    assert found["connection_ping_seconds", (("connection", "dojo"),)] == 0.04


def test_payments_turned_down_and_locks_that_ended_by_themselves_are_counted_from_nought():
    assert told()["payments_turned_down_total", ()] == told()["locks_expired_total", ()] == 0
    turned_down = events.PaymentTurnedDown(session="s", payment="p", reason="it was closed")
    found = told(turned_down, turned_down, events.LockExpired(session="s"))
    assert (found["payments_turned_down_total", ()], found["locks_expired_total", ()]) == (2, 1)
