"""The rules for locking, unlocking and paying, each a plain function of a till and a request.

They read as the specification does: existence, waiter, lock, duplicate, record (lock-session and record-payment pages).
Each runs inside a transaction, may be run again as a whole, and leaves nothing behind when it raises.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from adapter.domain import requests as ask
from adapter.domain.payments import Balance, Holds, Kept, Lock, Payment, Recorded
from adapter.domain.ports import Till
from adapter.domain.rules import NO_BILL, NO_SESSION, WaiterCheck, require_waiter
from adapter.domain.values import Bill
from adapter.errors import (
    AlreadyLocked,
    BillNotFound,
    MappingError,
    NotLocked,
    OutcomeUnknown,
    PaymentAlreadyRecorded,
    PaymentNotRecorded,
    PaymentUnderWay,
    SessionNotFound,
    UnableToUnlock,
)

SHORTEST_LOCK = timedelta(minutes=5)
"""How long a lock is left alone in any case: a guest may still be looking for the card."""
LONGEST_LOCK = timedelta(hours=1)
"""Until when a lock of the EPOS Data API may be asked for, unless the restaurant says otherwise."""


class RecordingRules(Struct, frozen=True, kw_only=True):
    """What differs from restaurant to restaurant."""

    waiter_check: WaiterCheck = WaiterCheck.OFF
    acknowledge_duplicates_first: bool = False
    """Whether an identical payment is acknowledged before the lock is looked at. The page has it the other way round,
    under which a repeat that arrives after UnlockSession is never acknowledged."""
    lock_age_limit: timedelta | None = None
    """After how long a lock may be taken over; None for never."""
    longest_lock: timedelta = LONGEST_LOCK
    """How far ahead a lock may end by itself; one that is asked for longer ends then."""


class Locked(Struct, frozen=True, kw_only=True):
    """A session that was locked."""

    bill: Bill
    """As it stands under the lock."""
    taken_from: Lock | None = None
    """Whose lock had passed the age limit."""


def lock_session(till: Till, request: ask.LockSession, rules: RecordingRules, token: UUID) -> Locked:
    """Lock a session and read its bill; `token` tells this request's own lock from everybody else's.

    Raises SessionNotFound, WaiterIncorrect, AlreadyLocked, BillNotFound, OutcomeUnknown.
    """
    try:
        found = till.held_bill(request.session_id)
    except MappingError:
        say_who_has_it(till, request.session_id, request.requestor, rules, token)
        raise
    if found is None:
        raise SessionNotFound(NO_SESSION)
    waiter, bill = found
    require_waiter(waiter, request.requestor, rules.waiter_check)
    held = till.lock_of(request.session_id)
    is_own = held is not None and held.token == token  # a COMMIT whose answer was lost
    stale = None if is_own else taken_over(held, till, rules)
    if till.uncertain and not is_own:
        # It was never taken, or given back meanwhile by a machine that went elsewhere: taken now, it could be nobody's.
        raise OutcomeUnknown("the database was lost while locking; this session is not locked by this request")
    if bill is None:
        raise BillNotFound(NO_BILL)
    if stale is not None:
        release_stale(till, request.session_id, stale)
    if not is_own:
        till.lock(request.session_id, token, request.requestor)
    return Locked(bill=bill, taken_from=stale if stale is not None and stale.order is None else None)


def taken_over(held: Lock | None, till: Till, rules: RecordingRules) -> Lock | None:
    """Somebody else's lock that whoever wants the session may take over; None where nobody has it.

    Raises AlreadyLocked.
    """
    if held is not None and not is_stale(held, till, rules):
        raise AlreadyLocked(holder_of(held))
    return held


def release_stale(till: Till, session_id: UUID, held: Lock) -> None:
    """Release a lock that has ended by itself, or that may be taken over, and keep why."""
    by = "lock age limit" if held.order is None else "expiry"
    till.release(session_id, held, by=by, reason=holder_of(held))


def say_who_has_it(till: Till, session_id: UUID, requestor: ask.Requestor, rules: RecordingRules, token: UUID) -> None:
    """Of a session whose bill cannot be told: a lock is asked for before the bill is, so a held one is what is answered.

    Raises WaiterIncorrect, AlreadyLocked.
    """
    with suppress(MappingError):
        balance = till.held_balance(session_id)
        if balance is not None:
            require_waiter(balance.waiter, requestor, rules.waiter_check)
    held = till.lock_of(session_id)
    if held is not None and held.token != token and not is_stale(held, till, rules):
        raise AlreadyLocked(holder_of(held))


def give_back(till: Till, session_id: UUID, token: UUID) -> None:
    """Release the lock that a request took whose asker has gone, if it took one and it is still there."""
    till.hold(session_id)
    held = till.lock_of(session_id)
    if held is not None and held.token == token:
        till.release(session_id, held, by="adapter", reason="whoever asked for the lock had gone")


def unlock_session(till: Till, request: ask.UnlockSession, rules: RecordingRules, released: list[UUID | None]) -> None:
    """Release the lock of a session, whoever holds it: the protocol knows no owner.

    `released` is empty at first and kept from one run of the same request to the next: a run after a lost COMMIT must not
    release a lock that somebody else was granted meanwhile.

    Raises SessionNotFound, WaiterIncorrect, NotLocked, UnableToUnlock.
    """
    balance = till.held_balance(request.session_id)
    held = till.lock_of(request.session_id)
    require_session(till, request.session_id, balance, held)
    if balance is not None:
        require_waiter(balance.waiter, request.requestor, rules.waiter_check)
    if till.uncertain and (held is None or held.token not in released):
        return  # released by the run whose outcome was not heard
    if held is None or is_over(held, till):
        raise NotLocked("this session is not locked")
    if held.by_till or held.order is not None:
        raise UnableToUnlock(holder_of(held))  # whoever asks has none of its locks
    released.append(held.token)
    till.release(request.session_id, held)


def release_by_hand(till: Till, session_id: UUID, *, by: str, reason: str, force: bool) -> Lock:
    """Release a lock that no card machine will, and keep who did it and why; answers whose it was.

    A lock that is young may have a payment under way, and is only released by `force`.
    Raises NotLocked, UnableToUnlock, PaymentUnderWay.
    """
    till.hold(session_id)
    held = till.lock_of(session_id)
    if held is None:
        raise NotLocked("this session is not locked")
    if held.by_till:
        raise UnableToUnlock(holder_of(held))
    is_young = held.locked_at is not None and till.now() - held.locked_at < SHORTEST_LOCK
    if not force and is_young and not is_over(held, till):
        raise PaymentUnderWay(
            f"{holder_of(held)}, less than {SHORTEST_LOCK.seconds // 60} minutes ago: a payment may be under way",
            hint="look at the card machine; if there is none, add --force",
        )
    till.release(session_id, held, by=by, reason=reason)
    return held


def record_payment(till: Till, request: ask.RecordPayment, rules: RecordingRules, token: UUID) -> Recorded:
    """Record a payment exactly once; `token` tells what this very request recorded from what another did.

    Raises SessionNotFound, WaiterIncorrect, NotLocked, PaymentAlreadyRecorded, PaymentNotRecorded.
    """
    payment = request.payment
    balance = till.held_balance(payment.session_id)
    held = till.lock_of(payment.session_id)
    earlier = till.payments(payment)
    known = _known(earlier, payment)
    if known is None:
        require_session(till, payment.session_id, balance, held)
    if balance is not None:
        require_waiter(balance.waiter, request.requestor, rules.waiter_check)
    if known is not None and till.uncertain and known.token in (token, None):
        return known.flags  # recorded by the run whose outcome was not heard
    if known is not None and rules.acknowledge_duplicates_first:
        raise PaymentAlreadyRecorded("this payment has been recorded already")
    if held is None or held.by_till or is_over(held, till):
        raise NotLocked("this session is not locked")
    if known is not None:
        raise PaymentAlreadyRecorded("this payment has been recorded already")
    if not payment.successful:
        flags = Recorded(conflict=bool(earlier))
        till.keep(payment, flags, request.requestor, token)
        return flags
    if balance is None:
        raise PaymentNotRecorded("the check has left the till, so nothing more can be paid on it")
    require_recordable(payment, balance, till.holds)
    flags = Recorded(over_payment=payment.base > max(balance.outstanding, 0), conflict=bool(earlier))
    till.keep(payment, flags, request.requestor, token)
    till.enter(payment, balance, flags, request.requestor)
    return flags


def recall_payment(till: Till, request: ask.RecordPayment, token: UUID) -> Recorded | None:
    """What became of a payment, by what is kept of it alone: its check cannot be held or read. None where nothing is kept.

    Whose the check is and who has locked it cannot be told then. Raises PaymentAlreadyRecorded where another request did it.
    """
    known = _known(till.payments(request.payment), request.payment)
    if known is not None and known.token != token:
        raise PaymentAlreadyRecorded("this payment has been recorded already")
    return None if known is None else known.flags


def require_recordable(payment: Payment, balance: Balance, holds: Holds) -> None:
    """Refuse what the EPOS cannot hold.

    Raises PaymentNotRecorded.
    """
    if payment.currency != balance.currency:
        raise PaymentNotRecorded(f"the payment is in {payment.currency}, the bill in {balance.currency}")
    if balance.total is None:
        raise PaymentNotRecorded(NO_BILL)
    if not holds.partial_payment and payment.base < balance.outstanding:
        raise PaymentNotRecorded(
            f"this till cannot hold a part payment: {balance.outstanding} minor units are due, {payment.base} were paid"
        )
    if not holds.tips and payment.tips:
        raise PaymentNotRecorded("this till has no place for a tip")


def require_session(till: Till, session_id: UUID, balance: Balance | None, held: Lock | None) -> None:
    """A session is there while the till has it, and as long as we still have something of it.

    Raises SessionNotFound.
    """
    if balance is None and held is None and not till.knows(session_id):
        raise SessionNotFound(NO_SESSION)


def is_stale(held: Lock, till: Till, rules: RecordingRules) -> bool:
    """Whether a lock may be taken over: its time has passed, or, where it has no end, the age limit."""
    if held.order is not None:
        return is_over(held, till)
    if rules.lock_age_limit is None or held.by_till or held.locked_at is None:
        return False
    return till.now() - held.locked_at >= rules.lock_age_limit


def is_over(held: Lock, till: Till) -> bool:
    """Whether a lock has ended by itself."""
    return held.order is not None and held.is_over(till.now())


def holder_of(held: Lock) -> str:
    """Who has locked a session, for the waiter who may not."""
    if held.by_till:
        return "the check is in use at the till"
    since = f" since {said(held.locked_at)}" if held.locked_at is not None else ""
    until = f" until {said(held.order.expires_at)}" if held.order is not None else ""
    return f"locked{since} by terminal {held.terminal or 'unknown'}{until}"


def _known(earlier: Sequence[Kept], payment: Payment) -> Kept | None:
    """This very payment among those that were kept under its id."""
    return next((one for one in earlier if one.payment.identity == payment.identity), None)


def said(moment: datetime) -> str:
    """A moment for people to read, with its date: a lock may have stood since yesterday, or end tomorrow."""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
