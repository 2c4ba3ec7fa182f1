"""The scenarios of the EPOS Data API: each is sound, an EPOS that is right passes them, and one that is not fails."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from simulator.certify.orders import passes
from simulator.certify.orders_found import NEEDS
from simulator.certify.outcome import Certificate, Verdict
from simulator.certify.run import certify
from simulator.certify.scenario import scenarios
from simulator.gateway import Gateway
from simulator.orders.dialect import OrdersDialect
from simulator.orders.schemas import ERROR_TYPES
from tests.unit.simulator.certify.orders_epos import ACCOUNTS, Epos, dialling

EVERY = scenarios("epos-data")
CHANGING = {operation.method for operation in OrdersDialect.operations} & {
    "CreateOrderLockV1",
    "ExtendOrderLockV1",
    "DeleteOrderLockV1",
    "RecordOrderPaymentByIdV1",
}


def certificate(epos: Epos, *only: str) -> Certificate:
    async def run() -> Certificate:
        async with Gateway(ACCOUNTS) as gateway, dialling(epos, gateway):
            return await certify(
                gateway, "bistro", allow_payments=True, only=only, timeout=10.0, patience=20.0, quiet=0.02
            )

    return asyncio.run(run())


def ended(found: Certificate, verdict: Verdict) -> dict[str, tuple[str, ...]]:
    return {each.scenario.name: tuple(each.reasons) for each in found.outcomes if each.verdict is verdict}


def test_there_are_more_than_a_hundred_scenarios_each_with_a_name_and_a_sentence_of_its_own():
    assert len(EVERY) >= 100
    assert len({scenario.name for scenario in EVERY}) == len(EVERY)
    assert len({scenario.proves for scenario in EVERY}) == len(EVERY)
    assert all(scenario.proves.endswith(".") and scenario.steps for scenario in EVERY)


def test_scenarios_need_only_what_can_be_found():
    assert {need for scenario in EVERY for need in scenario.needs} <= set(NEEDS)


def test_every_operation_is_asked_and_every_error_that_can_be_had_is_wanted():
    steps = [each for scenario in EVERY for step in scenario.steps for each in (step, *(step.race or ()))]
    assert {operation.method for operation in OrdersDialect.operations} <= {
        step.ask or step.filter or step.pages for step in steps
    }
    # What nobody expects is made by no frame.
    assert set(ERROR_TYPES) - {kind for step in steps for kind in step.expect} == {"UnexpectedError"}


def test_what_locks_or_pays_says_so():
    for scenario in EVERY:
        methods = {each.ask for step in scenario.steps for each in (step, *(step.race or ()))}
        if methods & CHANGING:
            assert scenario.changes, scenario.name


def test_an_epos_that_is_right_certifies_and_nothing_is_left_locked():
    epos = Epos(checks_waiters=True)
    found = certificate(epos)
    assert ended(found, Verdict.FAIL) == {}
    assert ended(found, Verdict.NOT_RUN) == {}
    assert found.count(Verdict.PASS) >= 120
    assert not [lock for order, lock in epos.locks.items() if epos._held({"id": order})]


@pytest.mark.parametrize(
    ("quirk", "only"),
    [
        ("always payable", "order-over"),
        ("payableOnly passed over", "orders-payable"),
        ("place passed over", "orders-of-a-table"),
        ("a filter that loses one", "orders-payable"),
        ("pages that skip", "orders-page-by-page"),
        ("pages that skip backwards", "orders-page-by-page"),
        ("pages that repeat", "orders-page-by-page"),
        ("locks that break", "lock-again-by-its-id"),
        ("a lock for everybody", "lock-held"),
        ("a lock's own repeat refused", "lock-answer-lost"),
        ("an unlock that does nothing", "lock-after-lock"),
        ("anybody unlocks", "unlock-by-another-id"),
        ("a second unlock refused", "unlock-twice"),
        ("anybody extends", "extend-by-another-id"),
        ("an extension that does nothing", "lock-extended"),
        ("a payment that is forgotten", "payment-recorded"),
        ("a tip paid off the order", "payment-tip"),
        ("every payment refused", "paid-in-full"),
        ("a repeat refused", "payment-answer-lost"),
        ("a repeat paid twice", "payment-connection-lost"),
        ("another amount taken for a repeat", "payment-twice-with-another-amount"),
        ("another's lock passed over", "payment-with-another-lock"),
        ("a payment that unlocks", "payment-keeps-the-lock"),
        ("a finished order paid", "payment-on-a-finished-order"),
        ("an amount rounded", "payment-amount-with-a-fraction"),
        ("a currency passed over", "payment-other-currency"),
    ],
)
def test_an_epos_with_one_thing_wrong_fails_where_that_is_tried(quirk: str, only: str):
    assert only in ended(certificate(Epos(quirk), only), Verdict.FAIL)


def test_locks_that_do_not_expire_are_no_failure():
    found = certificate(Epos("locks that never expire"), "lock-expired-already")
    (reason,) = ended(found, Verdict.NOT_APPLICABLE)["lock-expired-already"]
    assert reason == "its locks do not expire, which the API leaves open"


def test_a_restaurant_that_is_closed_has_nothing_to_pay_and_certifies_for_the_rest():
    epos = Epos()
    epos.orders.clear()
    found = certificate(epos, "searches", "orders", "payments")
    assert ended(found, Verdict.FAIL) == {}
    assert found.count(Verdict.PASS) >= 25
    assert ended(found, Verdict.NOT_APPLICABLE)["payment-recorded"] == ("no order has 50 minor units to pay",)


def test_what_is_not_offered_is_not_applicable_and_says_what_the_epos_said():
    class Reading(Epos):
        def answer(self, request: dict[str, Any]) -> dict[str, Any]:
            is_offered = request.get("method") not in CHANGING
            return {
                **super().answer(request if is_offered else {**request, "params": None}),
                "method": request["method"],
            }

    found = certificate(Reading(), "payments", "locks")
    assert ended(found, Verdict.FAIL) == {}
    (reason,) = ended(found, Verdict.NOT_APPLICABLE)["payment-recorded"]
    assert reason.startswith("not offered: CreateOrderLockV1, DeleteOrderLockV1, RecordOrderPaymentByIdV1 (")


def test_an_order_that_nobody_serves_may_be_left_out_or_not_by_a_waiters_filter():
    nobody = {"id": "1", "payable": True, "details": {"orderType": "DineIn", "dineIn": {}}}
    search = {"dineIn": {"waiterId": "7"}}
    assert not passes("SearchOrdersV1", nobody, search)
    assert passes("SearchOrdersV1", nobody, search, strictly=False)
    assert not passes("SearchOrdersV1", {**nobody, "payable": False}, {"payableOnly": True}, strictly=False)
