"""The rules of the EPOS Data API for locking and paying orders, each a plain function of a till and a request.

An error to a payment makes the provider give the money back, so a payment is refused before anything is written or not at
all, and one that was recorded is acknowledged however often it comes. Each rule runs inside a transaction, may be run again
as a whole, and leaves nothing behind when it raises.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID, uuid5

from msgspec import Struct, structs

from adapter.domain import requests as ask
from adapter.domain.order_rules import NO_ORDER
from adapter.domain.orders import BareOrder, Order, OrderPayment, OrderStatus
from adapter.domain.payments import NO_TIME, Balance, Kept, Lock, OrderLock, Payment, Recorded
from adapter.domain.ports import Till
from adapter.domain.recording import (
    RecordingRules,
    holder_of,
    is_over,
    is_stale,
    release_stale,
    require_recordable,
    said,
    say_who_has_it,
    taken_over,
)
from adapter.domain.rules import require_waiter
from adapter.errors import (
    AlreadyLocked,
    InvalidParams,
    MappingError,
    NotLocked,
    OutcomeUnknown,
    PaymentDiffers,
    PaymentNotRecorded,
    PaymentRefused,
    SessionNotFound,
)

_INTENTS = UUID("0d7b0c0e-5a53-4f7d-9a86-6f0f5f8f4b52")
"""In whose name the ids of payments are made of those of payment intents; another would enter old payments again."""


class LockedOrder(Struct, frozen=True, kw_only=True):
    """An order that was locked."""

    order: Order
    """As it stands under the lock."""
    taken_from: Lock | None = None
    """Whose lock had passed the age limit."""


class PaidOrder(Struct, frozen=True, kw_only=True):
    """An order on which a payment is recorded."""

    order: Order | BareOrder
    """As it stands with the payment."""
    payment: Payment
    is_repeat: bool = False
    """Whether the payment had been recorded before."""


def lock_order(till: Till, request: ask.LockOrder, rules: RecordingRules, token: UUID) -> LockedOrder:
    """Lock an order until a moment and read it. Asked again with the same lock id it is the same lock.

    A moment that is too far ahead is brought near: the provider lets a lock go before its end, and a table whose lock nobody
    deletes must not stay locked.

    Raises SessionNotFound, WaiterIncorrect, AlreadyLocked, InvalidParams, OutcomeUnknown, NotEnabled.
    """
    order = _held_order(till, request, rules, token)
    require_waiter(order.session.waiter, request.requestor, rules.waiter_check)
    until = _end(till, request.expiry, rules)
    earlier = till.order_lock(request.order_id, request.lock_id)
    if earlier is not None and earlier.is_deleted:
        raise AlreadyLocked("this lock has been deleted and is not taken again; another one needs another id")
    held = till.lock_of(request.order_id)
    is_own = held is not None and held.is_of(request.lock_id)
    stale = None if is_own else taken_over(held, till, rules)
    if till.uncertain and not is_own:
        # Never taken, or deleted meanwhile through another adapter: taken now, nobody would delete it.
        raise OutcomeUnknown("the database was lost while locking; this order is not locked by this request")
    total = None if order.bill is None else order.bill.total
    wanted = OrderLock(lock_id=request.lock_id, expires_at=until, total=total)
    if held is not None and held.order is not None and is_own:
        # A repeat that comes late must not shorten what was extended meanwhile.
        until = max(held.order.expires_at, until)
        till.renew(request.order_id, structs.replace(wanted, expires_at=until), token)
        return LockedOrder(order=order)
    if stale is not None:
        release_stale(till, request.order_id, stale)
    till.lock(request.order_id, token, request.requestor, wanted)
    return LockedOrder(order=order, taken_from=stale if stale is not None and stale.order is None else None)


def extend_lock(till: Till, request: ask.ExtendLock, rules: RecordingRules, token: UUID) -> None:
    """Let a lock end later, as near as `lock_order` has it; whoever knows its id may, so no waiter is asked for.

    Never earlier: of two extensions the first may be carried out last, and whoever was told the end of the second relies on it.

    Raises SessionNotFound, NotLocked, InvalidParams.
    """
    is_there = till.hold(request.order_id)
    held = till.lock_of(request.order_id)
    _require_known(till, request.order_id, held, is_there=is_there)
    if held is None or held.order is None or not held.is_of(request.lock_id):
        raise NotLocked("the order is not locked by this lock" + (f": {holder_of(held)}" if held is not None else ""))
    if is_over(held, till):
        raise NotLocked(f"this lock has ended at {said(held.order.expires_at)}")
    until = max(held.order.expires_at, _end(till, request.expiry, rules))
    till.renew(request.order_id, structs.replace(held.order, expires_at=until), token)


def unlock_order(till: Till, request: ask.UnlockOrder, *, reads: bool = True) -> Order | BareOrder:
    """Release a lock if it still keeps the order, and read the order; a lock that is not there is as good as released.

    Without `reads` only its id is told: where the database refuses to read the order, nothing of this unit would be kept.
    Raises SessionNotFound, UnableToUnlock.
    """
    is_there = till.hold(request.order_id)
    held = till.lock_of(request.order_id)
    _require_known(till, request.order_id, held, is_there=is_there)
    is_its_own = held is not None and held.is_of(request.lock_id)
    if held is not None and is_its_own:
        till.release(request.order_id, held)
    # A request for it may still be under way, sent twice or given up: what it took now, nobody would delete.
    till.delete_lock(request.order_id, request.lock_id)
    if not reads:
        return BareOrder(id=request.order_id, status=OrderStatus.ACCEPTED if is_there else OrderStatus.FINALIZED)
    order = _readable(till, request.order_id)
    if order is not None:
        return order
    since = held.locked_at if held is not None and is_its_own else None
    currency, payments = till.paid(request.order_id, since) if since is not None else (None, ())
    return _bare(till, request.order_id, is_there=is_there, currency=currency, payments=payments)


def free_expired(till: Till, session_id: UUID, token: UUID) -> bool:
    """Release the lock of this token if it has ended, so that the till sees it too; whether it was."""
    till.hold(session_id)
    held = till.lock_of(session_id)
    if held is None or held.token != token:
        till.forget(session_id, token)  # the till has released it, or taken the check
        return False
    if not is_over(held, till):
        return False  # extended meanwhile
    release_stale(till, session_id, held)
    return True


def pay_order(till: Till, request: ask.PayOrder, rules: RecordingRules, token: UUID) -> PaidOrder:
    """Record a payment exactly once and read the order; a repeat changes nothing.

    What is owed decides whether it may be paid, and not `Order.is_payable`, to which a till's own columns may add that it is
    locked. Raises SessionNotFound, WaiterIncorrect, AlreadyLocked, PaymentDiffers, PaymentRefused, PaymentNotRecorded,
    MappingError, DatabaseBusy, NotEnabled.
    """
    payment = payment_of(request)
    is_there = till.hold(payment.session_id)
    own = _told(request)
    known = _kept(till, payment)
    if known is not None:
        order = _readable(till, payment.session_id) or _bare(
            till, payment.session_id, is_there=is_there, currency=payment.currency, payments=own
        )
        # Not by the run of this very request whose outcome was not heard.
        return PaidOrder(order=order, payment=payment, is_repeat=known.token != token)
    balance = till.held_balance(payment.session_id)
    held = till.lock_of(payment.session_id)
    _require_known(till, payment.session_id, held, is_there=balance is not None)
    if balance is None:
        raise PaymentNotRecorded("the check has left the till, so nothing more can be paid on it")
    require_waiter(balance.waiter, request.requestor, rules.waiter_check)
    _require_free(till, request, rules, held, balance)
    require_recordable(payment, balance, till.holds)
    before = _readable(till, payment.session_id)
    if before is not None and (before.session.is_finished or before.status.is_over):
        raise PaymentNotRecorded("this order is finished")
    if payment.base > balance.outstanding:
        due = max(balance.outstanding, 0)
        raise PaymentNotRecorded(f"only {due} minor units are due, and {payment.base} were paid")
    till.keep_intent(payment, request.intent)
    till.keep(payment, Recorded(), request.requestor, token)
    till.enter(payment, balance, Recorded(), request.requestor)
    after: Order | BareOrder | None = _readable(till, payment.session_id)
    if after is None:
        is_there = till.hold(payment.session_id)
        if before is not None and not is_there:
            after = _paid(before, payment, own, balance.now)
    if after is None:
        balance = structs.replace(balance, paid=balance.paid + payment.base)
        after = _bare(till, payment.session_id, is_there=is_there, balance=balance, payments=own)
    return PaidOrder(order=after, payment=payment)


def recall_payment(till: Till, request: ask.PayOrder) -> PaidOrder | None:
    """A payment that was recorded before, by what is kept of it alone: its order cannot even be held. None where nothing is.

    Raises PaymentDiffers, PaymentRefused.
    """
    payment = payment_of(request)
    if _kept(till, payment) is None:
        return None
    order = BareOrder(
        id=payment.session_id, status=OrderStatus.ACCEPTED, currency=payment.currency, payments=_told(request)
    )
    return PaidOrder(order=order, payment=payment, is_repeat=True)


def refuse_payment(till: Till, request: ask.PayOrder, reason: str) -> bool:
    """Keep that a payment is refused, before anybody is told; False when it was recorded or refused meanwhile.

    The provider gives it back then, so that no request that is still under way somewhere may record it after all.
    """
    return till.refuse_intent(payment_of(request), request.intent, reason)


def payment_of(request: ask.PayOrder) -> Payment:
    """The payment that is to be recorded: its id follows from the provider's, whoever is asked and however often."""
    return Payment(
        id=uuid5(_INTENTS, request.intent),
        session_id=request.order_id,
        currency=request.currency,
        base=request.paid,
        tips=request.tips,
        successful=True,
        attempted_at=NO_TIME,
        waiter_id=request.requestor.waiter_id,
    )


def _held_order(till: Till, request: ask.LockOrder, rules: RecordingRules, token: UUID) -> Order:
    try:
        order = till.order(request.order_id) if till.hold(request.order_id) else None
    except MappingError:
        say_who_has_it(till, request.order_id, request.requestor, rules, token)
        raise
    if order is None:
        raise SessionNotFound(NO_ORDER)
    return order


def _require_known(till: Till, session_id: UUID, held: Lock | None, *, is_there: bool) -> None:
    """An order is there while the till has it, and as long as we still have something of it."""
    if not is_there and held is None and not till.knows(session_id):
        raise SessionNotFound(NO_ORDER)


def _end(till: Till, expiry: datetime, rules: RecordingRules) -> datetime:
    """When a lock ends that is asked for until `expiry`; raises InvalidParams for one that is over."""
    now = till.now()
    if expiry <= now:
        raise InvalidParams(f"params.expiry: has passed: the database's clock says {said(now)}")
    return min(expiry, now + rules.longest_lock)


def _require_free(
    till: Till, request: ask.PayOrder, rules: RecordingRules, held: Lock | None, balance: Balance
) -> None:
    """Refuse a payment while somebody else has the order, or when it has changed since its payer's lock ended.

    The provider has one lock to an order at most, so who says no lock id and meets one is its holder.
    """
    if held is None or is_stale(held, till, rules):
        ended = till.order_lock(request.order_id, request.lock_id) if request.lock_id is not None else None
        if ended is not None and ended.total != balance.total:
            raise PaymentNotRecorded("the lock has ended, and the order has changed since it was locked")
    elif held.order is None or (request.lock_id is not None and not held.is_of(request.lock_id)):
        raise AlreadyLocked(holder_of(held))


def _kept(till: Till, payment: Payment) -> Kept | None:
    """The payment as it was recorded before; raises PaymentDiffers and PaymentRefused where that can never be."""
    earlier = till.payments(payment)
    known = next((one for one in earlier if _same(one.payment, payment)), None)
    if earlier and known is None:
        raise PaymentDiffers("another payment was recorded under this payment intent, of another amount or order")
    if known is None and (reason := till.refused(payment)) is not None:
        raise PaymentRefused(f"this payment was refused before: {reason}")
    return known


def _told(request: ask.PayOrder) -> tuple[OrderPayment, ...]:
    """The payment as an order tells it."""
    return (OrderPayment(amount=request.paid, tip=request.tips, id=request.intent),)


def _same(kept: Payment, payment: Payment) -> bool:
    """Whether two reports are of the same payment, whenever they came."""
    return structs.replace(kept, attempted_at=payment.attempted_at).identity == payment.identity


def _readable(till: Till, session_id: UUID) -> Order | None:
    """The order; None when it is gone, or cannot be told: that must not cost a payment."""
    with suppress(MappingError):
        return till.order(session_id)
    return None


def _paid(before: Order, payment: Payment, own: tuple[OrderPayment, ...], now: datetime) -> Order:
    """An order that was read before its payment, with the payment: a till may close and move what is paid."""
    bill = before.bill
    if bill is None:
        return before
    bill = structs.replace(bill, paid=bill.paid + payment.base)
    is_over = bill.paid >= bill.total
    return structs.replace(
        before,
        session=structs.replace(before.session, finished_at=now, is_payable=False) if is_over else before.session,
        bill=bill,
        status=OrderStatus.FINALIZED if is_over else before.status,
        tips=before.tips + payment.tips,
        payments=(*before.payments, *own),
    )


def _bare(
    till: Till,
    session_id: UUID,
    *,
    is_there: bool,
    balance: Balance | None = None,
    currency: str | None = None,
    payments: Sequence[OrderPayment] = (),
) -> BareOrder:
    """What is known of an order that cannot be read; `currency` is that of the payments."""
    if balance is None and is_there:
        with suppress(MappingError):
            balance = till.held_balance(session_id)
    return BareOrder(
        id=session_id,
        status=OrderStatus.ACCEPTED if is_there else OrderStatus.FINALIZED,
        currency=currency if balance is None else balance.currency,
        total=None if balance is None else balance.total,
        paid=None if balance is None else balance.paid,
        payments=tuple(payments),
    )
