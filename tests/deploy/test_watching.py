"""The example alerts and the dashboard: every metric that they name is one that the adapter tells."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from adapter import events
from adapter.ops.metrics import Metrics
from adapter.ops.report import Sources
from adapter.ops.state import Connection, State

DEPLOY = Path(__file__).parent.parent.parent / "deploy"
RULES = DEPLOY / "prometheus-rules.yaml"
DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana-dashboard.json").read_text(encoding="utf-8"))
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
EXPRESSIONS = [(panel["title"], target["expr"]) for panel in PANELS for target in panel["targets"]]

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not installed: apt-get install prometheus"
)


@pytest.fixture(scope="module")
def told() -> dict[str, set[str]]:
    """The name of every sample that the adapter tells, and the labels that it has."""

    async def nothing() -> None:
        """No ledger."""

    metrics, state = Metrics(["dojo"]), State([Connection(name="dojo", way="dial", place="wss://x")])
    metrics(events.RequestAnswered(connection="dojo", method="GetTable", outcome="ok", milliseconds=1))
    text = metrics.text(
        state, Sources(kept=nothing, pool_in_use=int, pool_size=lambda: 8, in_flight=lambda _: 0)
    ).decode()
    found: dict[str, set[str]] = {}
    for name, labels in re.findall(r"^(\w+)(?:\{(.*)\})? \S+$", text, re.MULTILINE):
        found.setdefault(name, set()).update(re.findall(r"(\w+)=", labels))
    return found


def named(text: str) -> set[str]:
    return set(re.findall(r"\b(?:epos_adapter|process)_\w+", text))


@pytest.mark.parametrize(("title", "expression"), EXPRESSIONS)
def test_every_metric_and_label_of_the_dashboard_is_told(title: str, expression: str, told: dict[str, set[str]]):
    assert named(expression), title
    for name in named(expression):
        assert name in told, f"{title}: {name}"
        ours = {"instance", "le", *told[name]}  # Prometheus adds the first; the second is a histogram's
        used = set(re.findall(r"(\w+)(?:=~|!=|=)", expression))
        for words in re.findall(r"by \(([\w, ]+)\)", expression):
            used.update(words.split(", "))
        assert used <= ours, f"{title}: {used - ours}"


def test_every_metric_of_the_alerts_is_told(told: dict[str, set[str]]):
    found = named(RULES.read_text(encoding="utf-8")) - {"epos_adapter_token"}
    assert len(found) >= 9
    assert found <= told.keys()


def test_every_alert_is_tried_where_it_must_speak_and_where_it_must_not():
    alerts = set(re.findall(r"- alert: (\w+)", RULES.read_text(encoding="utf-8")))
    cases = (DEPLOY / "prometheus-rules.test.yaml").read_text(encoding="utf-8")
    silent = set(re.findall(r"alertname: (\w+), exp_alerts: \[\]", cases))
    spoken = set(re.findall(r"alertname: (\w+)\n +exp_alerts:\n +- exp_labels", cases))
    assert len(alerts) == 11
    assert silent == spoken == alerts


def test_every_panel_says_what_it_shows_and_none_lies_on_another():
    taken: set[tuple[int, int]] = set()
    for panel in PANELS:
        assert panel["description"].endswith("."), panel["title"]
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)


@needs_promtool
def test_prometheus_understands_the_alerts_and_every_expression_of_the_dashboard(tmp_path: Path):
    subprocess.run(["promtool", "check", "rules", RULES], check=True, capture_output=True)
    subprocess.run(
        ["promtool", "test", "rules", DEPLOY / "prometheus-rules.test.yaml"], check=True, capture_output=True
    )
    rules = [{"record": f"r{number}", "expr": expr} for number, (_, expr) in enumerate(EXPRESSIONS)]
    every = tmp_path / "rules.yaml"  # JSON is YAML
    every.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}), encoding="utf-8")
    done = subprocess.run(["promtool", "check", "rules", every], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
