"""What payments a till can hold is told by refusals that are documented, and by payments that are taken beside them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from simulator.certify.discovery import discover
from simulator.certify.holding import Holds, what_it_holds
from simulator.errors import NoAnswer

SESSION = {"id": "s", "isPayable": True, "waiter": {"id": 7}}
DUE = 900
NO_PARTS, NO_TIPS = "this till holds no parts", "this till has no place for a tip"


@dataclass
class Till:
    """Records payments on one session, by rules of its own or by whims."""

    takes_parts: bool = True
    takes_tips: bool = True
    whim: str = ""
    """What is wrong with it: one of the texts below."""
    recorded: list[tuple[int, int]] = field(default_factory=list)
    """Base and tip of each payment."""
    refused: int = 0
    locked: int = 0
    """How many times it was locked and not unlocked."""

    async def ask(self, method: str, params: Mapping[str, Any]) -> Any:
        if self.whim == "payments are not answered" and method == "RecordPayment":
            raise NoAnswer("no answer to RecordPayment within 1 s")
        code, why = self.answer(method, params)
        bill = {"sessionId": "s", "totalAmount": DUE, "paidAmount": self.paid, "currency": "GBP"}
        result = {"tables": [], "sessions": [SESSION] if self.paid < DUE else [], "billItems": [bill]}
        return SimpleNamespace(error_code=code, result=result if code is None else {"errorReason": why})

    @property
    def paid(self) -> int:
        return sum(base for base, _ in self.recorded)

    def answer(self, method: str, params: Mapping[str, Any]) -> tuple[str | None, str]:
        is_known = "s" in (params.get("sessionId"), params.get("payment", {}).get("sessionId"))
        if method in ("LockSession", "UnlockSession", "RecordPayment"):
            if self.whim == "nothing is offered":
                return "ERROR_INTERNAL_POS_ERROR", "nothing can be locked"
            if not is_known:
                return "SESSION_NO_SUCH_SESSION", "there is none"
        if method == "LockSession" and self.whim == "locks fail":
            return "ERROR_INTERNAL_POS_ERROR", "it broke"
        self.locked += {"LockSession": 1, "UnlockSession": -1}.get(method, 0)
        return self.pay(params["payment"]) if method == "RecordPayment" else (None, "")

    def pay(self, payment: Mapping[str, Any]) -> tuple[str | None, str]:
        base, tip = payment["baseAmount"], payment["tipsAmount"]
        is_part = base < DUE - self.paid
        code = "ERROR_INTERNAL_POS_ERROR" if self.whim == "parts fail" and is_part else "PAYMENT_NOT_RECORDED"
        broken = {
            "everything is refused": True,
            "the first is refused": not self.refused,
            "less than a pound is refused": base < 100,
        }.get(self.whim, False)
        why = (not self.takes_parts and is_part and NO_PARTS) or (not self.takes_tips and tip and NO_TIPS)
        if broken or why:
            self.refused += 1
            return code, " " if self.whim == "it does not say why" else why or "it broke"
        self.recorded.append((base, tip))
        return None, ""


def found(till: Till) -> Holds:
    bill = {"sessionId": "s", "totalAmount": DUE, "paidAmount": 0, "currency": "GBP"}
    return asyncio.run(what_it_holds(till.ask, SESSION, bill, {}))


@pytest.mark.parametrize(
    ("till", "holds", "recorded"),
    [
        (Till(), Holds(), [(1, 0), (1, 1)]),
        (Till(takes_tips=False), Holds(tips=NO_TIPS), [(1, 0)]),
        (Till(takes_parts=False), Holds(parts=NO_PARTS), [(DUE, 1)]),
        (Till(takes_parts=False, takes_tips=False), Holds(parts=NO_PARTS, tips=NO_TIPS), [(DUE, 0)]),
    ],
)
def test_a_refusal_is_a_rule_where_a_payment_without_what_was_refused_is_taken(
    till: Till, holds: Holds, recorded: list[tuple[int, int]]
):
    assert found(till) == holds
    assert till.recorded == recorded
    assert till.locked == 0


@pytest.mark.parametrize(
    "till",
    [
        Till(whim="everything is refused"),
        Till(whim="the first is refused"),
        Till(whim="less than a pound is refused"),
        Till(takes_parts=False, whim="parts fail"),
        Till(takes_parts=False, whim="it does not say why"),
        Till(takes_tips=False, whim="it does not say why"),
        Till(takes_parts=False, whim="everything is refused"),
        Till(whim="locks fail"),
    ],
    ids=lambda till: till.whim,
)
def test_a_till_that_fails_has_no_rule_that_would_excuse_it(till: Till):
    assert found(till) == Holds()
    assert till.locked == 0


def test_what_answers_every_lock_and_payment_alike_offers_none_and_one_that_fails_at_a_session_has_no_excuse():
    offers_nothing = asyncio.run(discover(Till(whim="nothing is offered").ask, may_lock=True))
    assert offers_nothing.why_not("recording") == "it records nothing: nothing can be locked"
    assert offers_nothing.thing("recording") is None
    fails = asyncio.run(discover(Till(whim="locks fail").ask, may_lock=True))
    assert fails.thing("recording") is not None
    assert fails.thing("part-paying") is not None


def test_each_kind_of_till_has_scenarios_of_its_own_and_says_why_others_do_not_apply():
    whole = asyncio.run(discover(Till(takes_parts=False).ask, may_lock=True))
    # The session that was paid in full for it is there no more.
    assert whole.thing("session") is None
    assert {need: whole.thing(need) is not None for need in ("part-paying", "whole-paying", "tips", "no-tips")} == {
        "part-paying": False,
        "whole-paying": True,
        "tips": True,
        "no-tips": False,
    }
    assert whole.why_not("part-paying") == f"it takes no part of what is due: {NO_PARTS}"
    tipless = asyncio.run(discover(Till(takes_tips=False).ask, may_lock=True))
    assert tipless.why_not("tips") == f"it takes no tips: {NO_TIPS}"
    assert tipless.thing("no-tips") is not None
    assert tipless.why_not("whole-paying") == "it takes parts of what is due"


def test_payments_that_are_not_answered_are_for_the_scenarios_to_tell_of():
    silent = asyncio.run(discover(Till(whim="payments are not answered").ask, may_lock=True))
    assert silent.thing("session") is not None
    assert silent.thing("recording") is not None
    assert silent.thing("part-paying") is not None
