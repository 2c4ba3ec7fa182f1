"""Answers requests by running the rules against the store. Knows neither wire nor SQL."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar
from uuid import UUID, uuid4

from adapter.domain import order_recording, order_rules, recording, rules
from adapter.domain import requests as ask
from adapter.domain.orders import Area, BareOrder, Order, OrderBill, OrderPage, TablePage
from adapter.domain.payments import Lock, Payment, Recorded
from adapter.domain.ports import Store, Till
from adapter.domain.recording import RecordingRules
from adapter.domain.values import Bill, FullBill, Session, Table
from adapter.errors import (
    AdapterError,
    Bug,
    CommitRefused,
    Conflict,
    DatabaseBusy,
    DatabaseUnavailable,
    MappingError,
    MappingMismatch,
    NotEnabled,
    OutcomeUnknown,
    PaymentAlreadyRecorded,
    PaymentDiffers,
    PaymentNotRecorded,
    PaymentRefused,
    StoreError,
    TooSlow,
)
from adapter.events import Emit, LockExpired, LockTakenOver, PaymentFlagged, PaymentKept, PaymentTurnedDown

Answer = (
    Table
    | Sequence[Table]
    | Session
    | Sequence[Session]
    | Bill
    | Sequence[Bill]
    | FullBill
    | Order
    | BareOrder
    | OrderBill
    | OrderPage
    | TablePage
    | Sequence[Area]
    | None
)

Taken = TypeVar("Taken", recording.Locked, order_recording.LockedOrder)

_MOST_TURNS = 3
_MOST_UNKNOWN = 1000
_UNKNOWN = (DatabaseUnavailable, DatabaseBusy, TooSlow, OutcomeUnknown)
"""After these nobody knows whether a payment is recorded: an earlier request may have done it, whose answer was not heard."""


class Service:
    """The restaurant as the outside may ask it: one method, one answer per request."""

    def __init__(self, store: Store, *, recording_rules: RecordingRules, emit: Emit) -> None:
        self._store = store
        self._rules = recording_rules
        self._emit = emit
        self._unknown: dict[str, None] = {}
        """Payment intents of which this adapter did not know what became, the oldest first."""

    async def answer(self, request: ask.Request) -> Answer:
        """Answer one request; None where there is nothing to say but that it was done.

        Raises an AdapterError that says why there is no answer.
        """
        check = self._rules.waiter_check
        match request:
            case ask.GetBill():
                return await self._store.read(lambda book: rules.get_bill(book, request, check))
            case ask.GetFullBill():
                return await self._store.read(lambda book: rules.get_full_bill(book, request, check))
            case ask.GetSession():
                return await self._store.read(lambda book: rules.get_session(book, request, check))
            case ask.GetTable():
                return await self._store.read(lambda book: rules.get_table(book, request))
            case ask.ListBills():
                return await self._store.read(lambda book: rules.list_bills(book, request, check))
            case ask.ListSessions():
                return await self._store.read(lambda book: rules.list_sessions(book, request, check))
            case ask.ListTables():
                return await self._store.read(lambda book: rules.list_tables(book, request))
            case ask.LockSession() | ask.UnlockSession() | ask.RecordPayment():
                return await self._change(request)
        return await self._of_orders(request)

    async def _of_orders(self, request: ask.Request) -> Answer:
        check = self._rules.waiter_check
        match request:
            case ask.GetOrder():
                return await self._store.read(lambda book: order_rules.get_order(book, request, check))
            case ask.GetOrderBill():
                return await self._store.read(lambda book: order_rules.get_order_bill(book, request, check))
            case ask.SearchOrders():
                return await self._store.read(lambda book: order_rules.search_orders(book, request, check))
            case ask.SearchTables():
                return await self._store.read(lambda book: order_rules.search_tables(book, request))
            case ask.ListAreas():
                return await self._store.read(order_rules.list_areas)
            case ask.HearEvent():
                return None
        return await self._change_order(request)

    async def _change_order(self, request: ask.Request) -> Answer:
        match request:
            case ask.LockOrder():
                return await self._lock_order(request)
            case ask.ExtendLock():
                token = uuid4()
                return await self._store.write(
                    lambda till: order_recording.extend_lock(till, request, self._rules, token)
                )
            case ask.UnlockOrder():
                return await self._unlock_order(request)
            case ask.PayOrder():
                return await self._pay_order(request)
        raise Bug(f"nobody answers {type(request).__name__}")

    async def _change(self, request: ask.LockSession | ask.UnlockSession | ask.RecordPayment) -> Answer:
        match request:
            case ask.LockSession():
                return await self._lock(request)
            case ask.UnlockSession():
                released: list[UUID | None] = []
                await self._store.write(lambda till: recording.unlock_session(till, request, self._rules, released))
            case ask.RecordPayment():
                await self._record(request)
        return None

    # What happened is told only once it is durable: a unit may run several times.

    async def _lock(self, request: ask.LockSession) -> Bill:
        token = uuid4()
        locked = await self._taken(
            request.session_id, token, lambda till: recording.lock_session(till, request, self._rules, token)
        )
        return locked.bill

    async def _lock_order(self, request: ask.LockOrder) -> Order:
        token = uuid4()
        locked = await self._taken(
            request.order_id, token, lambda till: order_recording.lock_order(till, request, self._rules, token)
        )
        return locked.order

    async def _unlock_order(self, request: ask.UnlockOrder) -> Order | BareOrder:
        try:
            return await self._store.write(lambda till: order_recording.unlock_order(till, request))
        except MappingMismatch:
            # An update of the EPOS keeps its orders from being read; a lock must not stay for that.
            return await self._store.write(lambda till: order_recording.unlock_order(till, request, reads=False))

    async def _taken(self, session_id: UUID, token: UUID, take: Callable[[Till], Taken]) -> Taken:
        """Take a lock of this token; whose it was is told."""
        try:
            locked = await self._store.write(take, even_unheard=False)
        except asyncio.CancelledError:
            # A lock that nobody hears of would leave the table locked, for good or until its end. Asked for again
            # meanwhile, it has another token.
            self._store.write_later(lambda till: recording.give_back(till, session_id, token))
            raise
        self._say_taken_over(session_id, locked.taken_from)
        return locked

    async def free_expired_locks(self) -> int:
        """Release the locks that have ended by themselves, so that the till sees it too; how many there were.

        Any number of adapters may do it at once: each lock is released by one of them. Raises AdapterError.
        """
        freed = 0
        for session_id, token in await self._store.expired_locks():
            is_freed = False

            def free(till: Till, session_id: UUID = session_id, token: UUID = token) -> bool:
                return order_recording.free_expired(till, session_id, token)

            # Somebody who has the check now is not waited for again and again: no request shall wait for this.
            with suppress(Conflict, DatabaseBusy, MappingError):
                is_freed = await self._store.write(free, even_unheard=False, insists=False)
            if is_freed:
                freed += 1
                self._emit(LockExpired(session=str(session_id)))
        return freed

    def _say_taken_over(self, session_id: UUID, held: Lock | None) -> None:
        if held is not None:
            since = held.locked_at.isoformat() if held.locked_at is not None else ""
            self._emit(LockTakenOver(session=str(session_id), held_since=since, terminal=held.terminal or ""))

    async def _pay_order(self, request: ask.PayOrder) -> Order | BareOrder:
        """Record a payment; what is answered with an error is never recorded, since the provider gives it back."""
        # By the provider's own id, which is what people can look for in its portal.
        names = {"session": str(request.order_id), "payment": request.intent}
        try:
            paid = await self._paid(request)
        except asyncio.CancelledError:
            self._say_unknown(names, "whoever asked has not heard whether it was recorded")
            raise
        except _UNKNOWN as error:
            self._say_unknown(names, error.message)
            raise OutcomeUnknown(f"it is not known whether this payment is recorded: {error.message}") from None
        except PaymentDiffers as error:
            self._emit(PaymentFlagged(**names, kind="conflict", reason=f"{error.message}; this one was refused"))
            raise
        except NotEnabled:
            raise
        except AdapterError as error:
            self._unknown.pop(request.intent, None)
            self._emit(PaymentTurnedDown(**names, reason=error.message))
            raise
        if not paid.is_repeat or request.intent in self._unknown:
            self._unknown.pop(request.intent, None)
            self._say_kept(names, paid.payment)
        return paid.order

    async def _paid(self, request: ask.PayOrder) -> order_recording.PaidOrder:
        for _ in range(_MOST_TURNS):
            token = uuid4()
            try:
                # Given up when whoever asked has gone: they ask again, or give the money back.
                return await self._store.write(
                    lambda till, token=token: order_recording.pay_order(till, request, self._rules, token),  # type: ignore[misc]
                    even_unheard=False,
                )
            except PaymentAlreadyRecorded:
                continue  # a moment ago: see by whom
            except (*_UNKNOWN, NotEnabled, PaymentDiffers, PaymentRefused):
                raise
            except CommitRefused as error:
                refused: AdapterError = PaymentNotRecorded(f"the till cannot take it: {error.message}")
            except AdapterError as error:
                refused = error
            try:
                is_kept = await self._store.write(
                    lambda till, reason=refused.message: order_recording.refuse_payment(till, request, reason),  # type: ignore[misc]
                    even_unheard=False,
                )
            except NotEnabled:
                raise refused from None  # what cannot be refused cannot be recorded either
            except MappingError:
                return await self._recalled(request, refused)
            if is_kept:
                raise refused
            # Somebody else recorded or refused it meanwhile: see which.
        return await self._recalled(request, Bug("a payment is neither recorded nor refused"))

    async def _recalled(self, request: ask.PayOrder, otherwise: AdapterError) -> order_recording.PaidOrder:
        """A payment that was recorded before, though its order cannot be held: the till has been changed since.

        Raises `otherwise` where nothing is kept of it, OutcomeUnknown where not even that can be asked.
        """
        try:
            known = await self._store.write(
                lambda till: order_recording.recall_payment(till, request), even_unheard=False
            )
        except MappingError as error:
            raise OutcomeUnknown(error.message) from None
        if known is None:
            raise otherwise
        return known

    def _say_unknown(self, names: Mapping[str, str], reason: str) -> None:
        self._unknown[names["payment"]] = None
        if len(self._unknown) > _MOST_UNKNOWN:
            del self._unknown[next(iter(self._unknown))]
        self._emit(PaymentFlagged(**names, kind="unknown_at_till", reason=reason))

    async def _record(self, request: ask.RecordPayment) -> None:
        payment = request.payment
        token = uuid4()
        names = {"session": str(payment.session_id), "payment": str(payment.id)}
        try:
            flags = await self._recorded(request, token)
        except OutcomeUnknown as error:
            self._emit(PaymentFlagged(**names, kind="unknown_at_till", reason=error.message))
            raise
        self._say_kept(names, payment)
        if flags.over_payment:
            self._emit(PaymentFlagged(**names, kind="over_payment", reason="more was paid than was due"))
        if flags.conflict:
            reason = "another payment with this id and other values came before"
            self._emit(PaymentFlagged(**names, kind="conflict", reason=reason))
        if not payment.successful and payment.details.status == "UNKNOWN":
            reason = "the provider does not know whether money has moved"
            self._emit(PaymentFlagged(**names, kind="unknown_at_provider", reason=reason))

    async def _recorded(self, request: ask.RecordPayment, token: UUID) -> Recorded:
        try:
            return await self._store.write(lambda till: recording.record_payment(till, request, self._rules, token))
        except CommitRefused as error:
            raise PaymentNotRecorded(f"the till cannot take it: {error.message}") from None
        except _UNKNOWN:
            raise
        except (MappingError, StoreError):
            # The till has been changed so that the check cannot be held or read: that is no answer to what is recorded.
            with suppress(MappingError, NotEnabled, StoreError):
                recalled = await self._store.write(
                    lambda till: recording.recall_payment(till, request, token), even_unheard=False
                )
                if recalled is not None:
                    return recalled
            raise

    def _say_kept(self, names: Mapping[str, str], payment: Payment) -> None:
        self._emit(
            PaymentKept(
                **names,
                successful=payment.successful,
                currency=payment.currency,
                base=payment.base,
                tips=payment.tips,
                cashback=payment.cashback,
            )
        )
