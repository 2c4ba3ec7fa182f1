"""The texts that lock and pay over the EPOS Data API: kept as they were sent, and never a part of a statement."""

from __future__ import annotations

from typing import Any

from tests.integration.injection.test_injection import INNOCENT, PAYLOADS, Till, as_id, till  # noqa: F401 -- a fixture
from tests.integration.recording.elsewhere import PLACES

LONGEST = 200
KEPT = [text for text in PAYLOADS if 0 < len(text) <= LONGEST and text.isprintable()]
LOCK_AND_PAY = ("CreateOrderLockV1", "ExtendOrderLockV1", "RecordOrderPaymentByIdV1", "DeleteOrderLockV1")


def sent(method: str, text: str) -> dict[str, Any]:
    """Every text of a request, and its headers too, is this one."""
    more: dict[str, Any] = {"lockId": text}
    if method == "RecordOrderPaymentByIdV1":
        more |= {"paymentIntentId": text, "paidAmount": {"value": 1, "currencyCode": "GBP"}}
    elif method != "DeleteOrderLockV1":
        more["expiry"] = "2999-01-01T00:00:00Z"
    headers = {"deviceId": text[:60], "waiterId": text, "deviceType": text}
    return {"orderId": as_id("One"), **more, "headers": headers}


def test_what_locks_and_pays_is_kept_as_it_was_sent(till: Till):  # noqa: F811 -- as above
    place = till.place
    # Where values travel apart from the statement they cannot become a part of it, and some of them are enough.
    chosen = KEPT[:: 3 if isinstance(place, PLACES["mariadb"]) else 20]

    async def pay(text: str) -> list[list[str]]:
        asked = []
        for method in LOCK_AND_PAY:
            till.asked.clear()
            answer = await place.ordered(method, **sent(method, text))
            assert "result" in answer, (method, text[:40], answer)
            asked.append(list(till.asked))
        return asked

    async def ask() -> None:
        await pay("first")
        expected = await pay(INNOCENT)
        for text in chosen:
            assert await pay(text) == expected, text[:40]
        for method in LOCK_AND_PAY:
            for text in PAYLOADS[::20]:
                till.asked.clear()
                answer = await place.ordered(method, **{**sent(method, INNOCENT), "orderId": text})
                assert answer["error"]["errorType"] == "NotFound"
                assert till.asked == []

    till.run(ask())
    intents = {intent for (intent,) in place.sql(f"SELECT intent FROM {place.ledger('payment_intent')}")}
    assert intents == {"first", INNOCENT, *chosen}
    locks = {lock_id for (lock_id,) in place.sql(f"SELECT lock_id FROM {place.ledger('order_lock')}")}
    assert locks == intents
    assert place.sql("SELECT word FROM canary") == [("sings",)]
