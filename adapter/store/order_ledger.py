"""What the ledger keeps for the EPOS Data API beside locks and payments: when locks end, and whose intents were paid."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from adapter.domain.orders import OrderPayment
from adapter.domain.payments import Lock, OrderLock, Payment
from adapter.errors import DatabaseBusy
from adapter.mapping.plans import Plan
from adapter.mapping.readings import moment_in_utc
from adapter.store.flagged import uuid_of
from adapter.store.units import Reader, Writer

_REMEMBERED = 24 * 3600.0
"""Seconds for which a lock is remembered that has ended: longer than anybody pays under it."""

STATEMENTS = {
    "order_lock": """\
SELECT lock_id, expires_at, total, deleted FROM {order_lock}
WHERE session_id = :session_id AND lock_id = :lock_id""",
    "lock_order": """\
INSERT INTO {order_lock} (session_id, lock_id, token, expires_at, total, deleted)
VALUES (:session_id, :lock_id, :token, :expires_at, :total, :deleted)""",
    "renew": """\
UPDATE {order_lock} SET token = :token, expires_at = :expires_at, total = :total
WHERE session_id = :session_id AND lock_id = :lock_id""",
    "delete_lock": "UPDATE {order_lock} SET deleted = :deleted WHERE session_id = :session_id AND lock_id = :lock_id",
    "hand_over": "UPDATE {session_lock} SET token = :token WHERE session_id = :session_id",
    "forget": "DELETE FROM {session_lock} WHERE session_id = :session_id AND token = :token",
    "expired": """\
SELECT l.session_id, l.token
FROM {session_lock} l JOIN {order_lock} o ON o.session_id = l.session_id AND o.token = l.token
WHERE {has_ended}""",
    # Not while its row in session_lock is there, which would be a lock without an end from then on.
    "ended": "SELECT count(*) FROM {order_lock} WHERE NOT ({lately}) AND token NOT IN (SELECT token FROM {session_lock})",
    "purge": "DELETE FROM {order_lock} WHERE NOT ({lately}) AND token NOT IN (SELECT token FROM {session_lock})",
    "keep_intent": """\
INSERT INTO {payment_intent} (payment_id, intent)
VALUES (:payment_id, :intent){once}""",
    "refuse_intent": """\
INSERT INTO {payment_intent} (payment_id, intent, refused)
VALUES (:payment_id, :intent, :refused){once}""",
    "refused": "SELECT refused FROM {payment_intent} WHERE payment_id = :payment_id AND refused IS NOT NULL",
    "intents": "SELECT payment_id, intent FROM {payment_intent} WHERE {is_one}",
    "paid": """\
SELECT p.currency, p.base, p.tips, p.recorded_at, i.intent
FROM {recorded_payment} p LEFT JOIN {payment_intent} i ON i.payment_id = p.payment_id
WHERE p.session_id = :session_id AND p.recorded_at >= :since AND {is_set}
ORDER BY p.number""",
}
ONCE = frozenset({"keep_intent", "refuse_intent"})


class OrderLedger:
    """The part of one ledger that only the EPOS Data API writes."""

    def __init__(self, plans: Mapping[str, Plan]) -> None:
        """`plans` are those of `STATEMENTS`, among others."""
        self._plans = plans

    def look(self, hands: Reader, nobody: UUID) -> None:
        """See `Ledger.look`."""
        self.order_lock(hands, nobody, "")
        self.intents(hands, [nobody])

    def order_lock(self, hands: Reader, session_id: UUID, lock_id: str) -> OrderLock | None:
        """What is remembered of a lock."""
        asked = {"session_id": session_id, "lock_id": lock_id}
        for row in hands.rows(self._plans["order_lock"], asked):
            return order_lock_in(row)
        return None

    def lock(self, hands: Writer, session_id: UUID, order: OrderLock, token: UUID) -> None:
        """Say of the lock of this token when it ends; its id may have been used before."""
        if not self._renew(hands, session_id, order, token):
            hands.change(self._plans["lock_order"], _values(session_id, order, token))

    def renew(self, hands: Writer, session_id: UUID, order: OrderLock, token: UUID) -> None:
        """Let the session's lock end at another moment, and be that of another request."""
        self._renew(hands, session_id, order, token)
        hands.change(self._plans["hand_over"], {"session_id": session_id, "token": token})

    def delete_lock(self, hands: Writer, session_id: UUID, lock_id: str, now: Callable[[], datetime]) -> None:
        """Remember that a lock was deleted, even of one that was never taken, which ends when that is."""
        asked = {"session_id": session_id, "lock_id": lock_id, "deleted": True}
        touched, _ = hands.change(self._plans["delete_lock"], asked)
        if not touched:
            never = OrderLock(lock_id=lock_id, expires_at=now(), is_deleted=True)
            hands.change(self._plans["lock_order"], _values(session_id, never, uuid4()))

    def forget(self, hands: Writer, session_id: UUID, token: UUID) -> None:
        """Forget the lock of this token, unless there is another by now."""
        hands.change(self._plans["forget"], {"session_id": session_id, "token": token})

    def expired(self, hands: Reader) -> list[tuple[UUID, UUID]]:
        """The sessions whose locks have ended and are still there, each with the token of its lock."""
        return [(uuid_of(session_id), uuid_of(token)) for session_id, token in hands.rows(self._plans["expired"], {})]

    def has_old(self, hands: Reader) -> bool:
        """Whether locks are remembered that nobody needs any more."""
        return bool(hands.rows(self._plans["ended"], {"seconds": _REMEMBERED})[0][0])

    def purge(self, hands: Writer) -> None:
        """Forget those."""
        hands.change(self._plans["purge"], {"seconds": _REMEMBERED})

    def keep_intent(self, hands: Writer, payment: Payment, intent: str) -> None:
        """Keep the provider's id of a payment; raises DatabaseBusy when somebody was faster, whose payment then counts."""
        touched, _ = hands.change(self._plans["keep_intent"], {"payment_id": payment.id, "intent": intent})
        if not touched:
            raise DatabaseBusy("a payment under this intent was recorded a moment ago")

    def refuse_intent(self, hands: Writer, payment: Payment, intent: str, reason: str) -> bool:
        """Keep that a payment was refused, for good; False when it was recorded or refused before."""
        values = {"payment_id": payment.id, "intent": intent, "refused": reason}
        touched, _ = hands.change(self._plans["refuse_intent"], values)
        return touched > 0

    def refused(self, hands: Reader, payment: Payment) -> str | None:
        """Why a payment was refused; None where it was not."""
        rows = hands.rows(self._plans["refused"], {"payment_id": payment.id})
        return rows[0][0] if rows else None

    def intents(self, hands: Reader, payment_ids: Collection[UUID]) -> Mapping[UUID, str]:
        """The provider's ids of these payments, as far as they came over the EPOS Data API."""
        rows = hands.rows(self._plans["intents"], {"ids": list(payment_ids)})
        return {uuid_of(payment_id): intent for payment_id, intent in rows}

    def paid(self, hands: Reader, session_id: UUID, since: datetime) -> tuple[str | None, list[OrderPayment]]:
        """The successful payments on a session since a moment, and their currency."""
        rows = hands.rows(self._plans["paid"], {"session_id": session_id, "since": since})
        found = [
            OrderPayment(amount=base, tip=tips, id=intent, at=moment_in_utc(recorded_at))
            for _, base, tips, recorded_at, intent in rows
        ]
        return (rows[0][0] if rows else None), found

    def _renew(self, hands: Writer, session_id: UUID, order: OrderLock, token: UUID) -> bool:
        touched, _ = hands.change(self._plans["renew"], _renewed(session_id, order, token))
        return touched > 0


def order_lock_in(row: Sequence[Any]) -> OrderLock | None:
    """The lock that a row tells: its id, its end, the total, whether it was deleted; None where it tells none."""
    lock_id, expires_at, total, deleted = row
    if lock_id is None:
        return None
    return OrderLock(lock_id=lock_id, expires_at=moment_in_utc(expires_at), total=total, is_deleted=bool(deleted))


def lock_in(row: Sequence[Any]) -> Lock:
    """The lock that a row tells: token, since when, terminal and waiter, then what `order_lock_in` reads."""
    token, locked_at, terminal, waiter = row[:4]
    return Lock(
        token=uuid_of(token),
        locked_at=moment_in_utc(locked_at),
        terminal=terminal,
        waiter=waiter,
        order=order_lock_in(row[4:8]),
    )


def _renewed(session_id: UUID, order: OrderLock, token: UUID) -> dict[str, Any]:
    """What may be another of a lock that is known; one that was deleted stays so."""
    return {
        "session_id": session_id,
        "lock_id": order.lock_id,
        "token": token,
        "expires_at": order.expires_at,
        "total": order.total,
    }


def _values(session_id: UUID, order: OrderLock, token: UUID) -> dict[str, Any]:
    return {**_renewed(session_id, order, token), "deleted": order.is_deleted}
