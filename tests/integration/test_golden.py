"""Every folder under tests/golden: a request, asked of the adapter over a real database, gets exactly its answer."""

from __future__ import annotations

import asyncio
import json
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from adapter.app import App
from adapter.config import Config
from adapter.mapping.load import load_mapping
from tests.conftest import schema_on

GOLDEN = Path(__file__).parent.parent / "golden"
MAPPINGS = Path(__file__).parent.parent.parent / "mappings"


def _said(suite: str) -> dict[str, Any]:
    return tomllib.loads((GOLDEN / suite / "suite.toml").read_text(encoding="utf-8"))


CASES = sorted(path.parent for path in GOLDEN.glob("*/*/request.json"))


@cache
def _engines(suite: str) -> tuple[str, ...]:
    """The engines that a suite's mapping serves, as far as there is a schema to run it on."""
    said = _said(suite)
    # As a table of TOML, not as a mapping: this is asked before any test runs, in every process that runs some.
    file = tomllib.loads((MAPPINGS / said["mapping"]).read_text(encoding="utf-8"))
    own = ("postgresql",) if file["sql"] == "postgresql" else ()
    served = dict.fromkeys((*own, *file.get("engines", ())))
    return tuple(engine for engine in served if schema_on(said["restaurant"], engine).exists())


ASKED = [(engine, case) for case in CASES for engine in _engines(case.parent.name)]
Ask = Callable[[str, str, bytes], Any]


@pytest.fixture(scope="module")
def ask(restaurant: Callable[[str], str], elsewhere: Callable[[str, str], str]) -> Iterator[Ask]:
    """Asks the adapter of a suite; one adapter a suite and engine, as in a restaurant."""
    apps: dict[tuple[str, str], App] = {}
    with asyncio.Runner() as runner:

        def put(suite: str, engine: str, request: bytes) -> Any:
            if (suite, engine) not in apps:
                said = _said(suite)
                name = said["restaurant"]
                url = restaurant(name) if engine == "postgresql" else elsewhere(name, engine)
                apps[suite, engine] = _app(said, url)
            protocol = _said(suite).get("protocol", "tables")
            answer = runner.run(apps[suite, engine].endpoint("test", protocol).handle(request))
            return None if answer is None else json.loads(answer)

        yield put
        for app in apps.values():
            runner.run(app.store.close())


@pytest.mark.parametrize(
    ("engine", "case"),
    [
        pytest.param(
            engine,
            case,
            id=f"{engine}/{case.parent.name}/{case.name}",
            marks=pytest.mark.oldest if engine == "postgresql" else (),
        )
        for engine, case in ASKED
    ],
)
def test_a_golden_request_gets_exactly_its_golden_answer(engine: str, case: Path, ask: Ask):
    expected = json.loads((case / "response.json").read_text(encoding="utf-8"))
    assert ask(case.parent.name, engine, (case / "request.json").read_bytes()) == expected


def test_a_suite_is_asked_on_every_engine_that_its_mapping_serves_and_we_have():
    assert {engine for engine, case in ASKED if case.parent.name == "pasteque"} == {"mariadb", "postgresql", "sqlite"}
    assert {engine for engine, case in ASKED if case.parent.name == "ospos"} == {"mariadb"}


def test_every_golden_bill_adds_up():
    for case in CASES:
        for bill in _bills(json.loads((case / "response.json").read_text(encoding="utf-8"))):
            total = bill["totalAmount"]
            if isinstance(total, dict):
                assert _comes_to(bill) == total["value"], case.name
                continue
            lines = sum(item["quantity"] * item["amountPerItem"] for item in bill["items"])
            assert lines + bill.get("serviceCharge", 0) == total, case.name


def test_there_are_golden_cases_for_every_restaurant():
    assert len([case for case in CASES if case.parent.name == "floreant"]) >= 30
    assert len([case for case in CASES if case.parent.name == "pasteque"]) >= 15
    assert len([case for case in CASES if case.parent.name == "unicenta"]) >= 20
    assert len([case for case in CASES if case.parent.name == "ospos"]) >= 25
    assert len([case for case in CASES if case.parent.name == "floreant-orders"]) >= 10


def _app(suite: dict[str, Any], url: str) -> App:
    config = Config.model_validate(
        {
            "mapping": suite["mapping"],
            "database": {"url": url},
            "site": suite.get("site", {}),
            "rules": {"waiter_check": suite["waiter_check"], "finished_within_hours": 0},
        }
    )
    return App(config, load_mapping(MAPPINGS / suite["mapping"]), lambda _event: None)


def _bills(value: Any) -> Iterator[dict[str, Any]]:
    """Every bill inside an answer, wherever it stands."""
    if isinstance(value, dict):
        if "totalAmount" in value:
            yield value
        for child in value.values():
            yield from _bills(child)
    elif isinstance(value, list):
        for child in value:
            yield from _bills(child)


def _comes_to(order: dict[str, Any]) -> int:
    """What the lines of an order add up to: modifiers are added to a price, discounts taken off."""
    total: int = order.get("serviceChargeAmount", {"value": 0})["value"]
    for item in order["items"]:
        extras = sum(one["quantity"] * one["amountPerModifier"]["value"] for one in item.get("modifiers", []))
        total += item["quantity"] * (item["amountPerItem"]["value"] + extras)
    return total - sum(one["amountTotal"]["value"] for one in order["discounts"])
