"""Every shipped mapping certifies, over the whole adapter and a real database of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from simulator.certify.outcome import Certificate, Verdict
from simulator.certify.run import certify
from simulator.gateway import Gateway
from tests.integration.certify.adapters import ACCOUNT, ACCOUNTS, KEY, dialling


def certificate(
    mapping: str, url: str, *, payments: bool = False, protocol: str = "tables", **more: Any
) -> Certificate:
    async def run() -> Certificate:
        async with (
            Gateway(ACCOUNTS[protocol]) as gateway,
            dialling(mapping, url, gateway, ledger=payments, protocol=protocol, **more),
        ):
            return await certify(gateway, ACCOUNT, allow_payments=payments, timeout=10.0, quiet=0.05)

    return asyncio.run(run())


def failures(found: Certificate) -> dict[str, tuple[str, ...]]:
    return {
        outcome.scenario.name: tuple(outcome.reasons) for outcome in found.outcomes if outcome.verdict is Verdict.FAIL
    }


@pytest.mark.parametrize(
    ("mapping", "engine", "site"),
    [
        ("floreant", "postgresql", {"vat_number": "GB 000 0000 00"}),
        ("pasteque", "postgresql", {}),
        ("unicenta", "postgresql", {"covers_per_table": 4}),
        ("ospos", "mariadb", {}),
    ],
)
def test_a_shipped_mapping_certifies(
    mapping: str, engine: str, site: dict[str, Any], elsewhere: Callable[[str, str], str]
):
    found = certificate(mapping, elsewhere(mapping, engine), site=site)
    assert failures(found) == {}
    assert found.is_good
    assert found.count(Verdict.PASS) >= 60
    assert {outcome.scenario.group for outcome in found.outcomes if outcome.verdict is Verdict.NOT_RUN} == {
        "locks",
        "payments",
        "in full",
        "killed",
    }


def test_what_records_certifies_with_payments_and_waiters(own_restaurant: Callable[[str], str]):
    found = certificate("floreant", own_restaurant("floreant"), payments=True, waiter_check="enforce")
    assert failures(found) == {}
    assert found.count(Verdict.PASS) >= 130
    assert found.count(Verdict.NOT_RUN) == 0


def test_the_epos_data_api_of_a_shipped_mapping_certifies_with_payments_and_waiters(
    own_restaurant: Callable[[str], str],
):
    url = own_restaurant("floreant")
    found = certificate("floreant", url, payments=True, protocol="epos-data", waiter_check="enforce")
    assert failures(found) == {}
    assert found.count(Verdict.PASS) >= 140
    # Locks that did not expire would not be a failure; here they must.
    lacking = [each.scenario for each in found.outcomes if each.verdict is Verdict.NOT_APPLICABLE]
    assert {scenario.name for scenario in lacking if scenario.group != "killed"} == {
        "no-waiter-without-rule",
        "wrong-waiter-without-rule",
    }


def test_what_cannot_record_says_why_its_payments_are_not_applicable(restaurant: Callable[[str], str]):
    async def run() -> Certificate:
        url = restaurant("floreant")
        async with Gateway({ACCOUNT: KEY}) as gateway, dialling("floreant", url, gateway):
            return await certify(gateway, ACCOUNT, allow_payments=True, only=["locks", "payments"])

    found = asyncio.run(run())
    assert failures(found) == {}
    reasons = {outcome.reasons for outcome in found.outcomes if outcome.scenario.group == "payments"}
    assert all("it records nothing: " in " ".join(each) and "ledger" in " ".join(each) for each in reasons)
