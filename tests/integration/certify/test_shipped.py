"""Every shipped mapping certifies over both protocols, with the whole adapter and a real database of its own."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from simulator.certify.outcome import Certificate, Verdict
from simulator.certify.run import certify
from simulator.gateway import Gateway
from tests.integration.certify.adapters import ACCOUNT, ACCOUNTS, dialling

AS_INSTALLED: dict[str, dict[str, Any]] = {
    "floreant": {"site": {"vat_number": "GB 000 0000 00"}, "waiter_check": "enforce"},
    "unicenta": {"site": {"covers_per_table": 4}},
}
"""What config.toml says beside the defaults."""


def certificate(
    mapping: str,
    url: str,
    *,
    payments: bool = True,
    ledger: bool = True,
    protocol: str = "tables",
    only: Sequence[str] = (),
    **more: Any,
) -> Certificate:
    async def run() -> Certificate:
        async with (
            Gateway(ACCOUNTS[protocol]) as gateway,
            dialling(mapping, url, gateway, ledger=ledger, protocol=protocol, **more),
        ):
            return await certify(gateway, ACCOUNT, allow_payments=payments, only=only, timeout=10.0, quiet=0.05)

    return asyncio.run(run())


def failures(found: Certificate) -> dict[str, tuple[str, ...]]:
    return {
        outcome.scenario.name: tuple(outcome.reasons) for outcome in found.outcomes if outcome.verdict is Verdict.FAIL
    }


def left_out(found: Certificate) -> dict[str, int]:
    """Why scenarios that lock or pay are not applicable, up to what the EPOS itself said, and how many are so for that."""
    return dict(
        Counter(
            "; ".join(outcome.reasons).partition(":")[0]
            for outcome in found.outcomes
            if outcome.verdict is Verdict.NOT_APPLICABLE
            and outcome.scenario.changes
            # Nobody starts an adapter here that could be killed.
            and outcome.scenario.group != "killed"
        )
    )


@pytest.mark.parametrize(
    ("protocol", "mapping", "engine", "passing", "reasons"),
    [
        ("tables", "floreant", "postgresql", 142, {"it takes parts of what is due": 1, "it takes tips": 1}),
        (
            "tables",
            "pasteque",
            "postgresql",
            106,
            {
                "it takes no part of what is due": 19,
                "it takes tips": 1,
                "no session with a bill has a waiter; it does not ask whose waiter it is": 3,
            },
        ),
        (
            "tables",
            "ospos",
            "mariadb",
            131,
            {
                "it does not ask whose waiter it is": 3,
                "it takes no tips": 2,
                "it takes parts of what is due": 1,
                "no session is left that has anything to pay": 1,
                "no session is left that has anything to pay; it takes no tips": 1,
            },
        ),
        ("tables", "unicenta", "postgresql", 84, {"it records nothing": 53}),
        ("epos-data", "floreant", "postgresql", 145, {}),
        (
            "epos-data",
            "pasteque",
            "postgresql",
            111,
            {
                "it takes no part of what is due": 19,
                "no order of a waiter has 50 minor units to pay; it does not ask whose waiter it is": 2,
                "no order that is over is listed": 1,
                "the till has an order no longer that is paid in full": 1,
            },
        ),
        (
            "epos-data",
            "ospos",
            "mariadb",
            140,
            {"it does not ask whose waiter it is": 2, "it takes no tips, which the API leaves open": 1},
        ),
        ("epos-data", "unicenta", "postgresql", 77, {"not offered": 66}),
    ],
)
def test_a_shipped_mapping_certifies_with_payments(
    protocol: str,
    mapping: str,
    engine: str,
    passing: int,
    reasons: dict[str, int],
    elsewhere: Callable[[str, str], str],
):
    found = certificate(mapping, elsewhere(mapping, engine), protocol=protocol, **AS_INSTALLED.get(mapping, {}))
    assert failures(found) == {}
    assert found.is_good
    assert found.count(Verdict.NOT_RUN) == 0
    assert found.count(Verdict.PASS) >= passing
    assert left_out(found) == reasons


def test_what_locks_or_pays_is_run_where_that_is_allowed_and_nowhere_else(restaurant: Callable[[str], str]):
    url = restaurant("floreant")
    found = certificate(
        "floreant", url, payments=False, ledger=False, only=["look-ups", "locks", "payments", "in full"]
    )
    assert found.is_good
    not_run = {outcome.scenario.group for outcome in found.outcomes if outcome.verdict is Verdict.NOT_RUN}
    assert not_run == {"locks", "payments", "in full"}


def test_what_cannot_record_says_why_its_payments_are_not_applicable(restaurant: Callable[[str], str]):
    found = certificate("floreant", restaurant("floreant"), ledger=False, only=["locks", "payments"])
    assert failures(found) == {}
    payments = [outcome for outcome in found.outcomes if outcome.scenario.group == "payments"]
    assert payments
    for outcome in payments:
        assert outcome.verdict is Verdict.NOT_APPLICABLE
        assert "it records nothing: " in outcome.reasons[0]
        assert "ledger" in outcome.reasons[0]
