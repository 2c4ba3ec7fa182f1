"""What payments a till of the Tables API can hold: found by trying them on one session, once."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulator.certify.play import Ask, Thing


@dataclass(frozen=True, slots=True)
class Holds:
    """Each empty where such a payment is held, and where it could not be told."""

    parts: str = ""
    """Why no part of what is due can be paid."""
    tips: str = ""
    """Why no tip can."""


async def what_it_holds(ask: Ask, session: Thing, bill: Thing, by: Mapping[str, Any]) -> Holds:
    """Lock a session, pay a penny or two of it, or all of it where no less is taken, and unlock it again.

    A refusal is a rule of the till where it is the documented one, says why, and the same session takes a payment without
    what was refused, under the same lock. Whoever refuses everything has no such rule, and neither has one who fails.
    """
    lock = {"sessionId": session["id"], "requestorInfo": by}
    due = bill["totalAmount"] - bill["paidAmount"]

    async def refusal(base: int, tip: int = 0) -> str | None:
        """Why a payment was refused, empty where it was recorded; None where it was neither."""
        asked = {"payment": payment_on(session, bill, base=base, tip=tip), "requestorInfo": by}
        answer = await ask("RecordPayment", asked)
        if answer.error_code is None:
            return ""
        why = answer.result.get("errorReason")
        return why if answer.error_code == "PAYMENT_NOT_RECORDED" and isinstance(why, str) and why.strip() else None

    if (await ask("LockSession", lock)).error_code is not None:
        return Holds()
    holds = Holds()
    part = await refusal(1)
    if part == "":
        holds = Holds(tips=await refusal(1, tip=1) or "")
    elif part and await refusal(due - 1):
        tip = await refusal(due, tip=1)
        if tip == "" or await refusal(due) == "":
            holds = Holds(parts=part, tips=tip or "")
    await ask("UnlockSession", lock)
    return holds


def payment_on(session: Thing, bill: Thing, *, base: int, tip: int = 0) -> dict[str, Any]:
    """A successful payment by card; amounts in minor units."""
    waiter = {"waiterId": session["waiter"]["id"]} if "waiter" in session else {}
    return {
        "id": str(uuid.uuid4()),
        "sessionId": session["id"],
        **waiter,
        "currency": bill.get("currency", "GBP"),
        "baseAmount": base,
        "tipsAmount": tip,
        "cashbackAmount": 0,
        "paymentSuccessful": True,
        "attemptedAt": "2026-11-20T20:15:30.000Z",
        "methodDetails": {
            "method": "PAYMENT_METHOD_CARD_PRESENT",
            "cardPresentPaymentStatus": "CARD_PRESENT_PAYMENT_STATUS_SUCCESSFUL",
        },
    }
