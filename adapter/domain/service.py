"""Answers requests by running the rules against the store. Knows neither wire nor SQL."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID, uuid4

from adapter.domain import order_rules, recording, rules
from adapter.domain import requests as ask
from adapter.domain.orders import Area, Order, OrderBill, OrderPage, TablePage
from adapter.domain.ports import Store
from adapter.domain.recording import RecordingRules
from adapter.domain.values import Bill, FullBill, Session, Table
from adapter.errors import Bug, CommitRefused, OutcomeUnknown, PaymentNotRecorded
from adapter.events import Emit, LockTakenOver, PaymentFlagged, PaymentKept

Answer = (
    Table
    | Sequence[Table]
    | Session
    | Sequence[Session]
    | Bill
    | Sequence[Bill]
    | FullBill
    | Order
    | OrderBill
    | OrderPage
    | TablePage
    | Sequence[Area]
    | None
)


class Service:
    """The restaurant as the outside may ask it: one method, one answer per request."""

    def __init__(self, store: Store, *, recording_rules: RecordingRules, emit: Emit) -> None:
        self._store = store
        self._rules = recording_rules
        self._emit = emit

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
        try:
            locked = await self._store.write(
                lambda till: recording.lock_session(till, request, self._rules, token), even_unheard=False
            )
        except asyncio.CancelledError:
            # A lock that nobody hears of would leave the table locked.
            self._store.write_later(lambda till: recording.give_back(till, request.session_id, token))
            raise
        if locked.taken_from is not None:
            held = locked.taken_from
            since = held.locked_at.isoformat() if held.locked_at is not None else ""
            self._emit(LockTakenOver(session=str(request.session_id), held_since=since, terminal=held.terminal or ""))
        return locked.bill

    async def _record(self, request: ask.RecordPayment) -> None:
        payment = request.payment
        token = uuid4()
        names = {"session": str(payment.session_id), "payment": str(payment.id)}
        try:
            flags = await self._store.write(lambda till: recording.record_payment(till, request, self._rules, token))
        except CommitRefused as error:
            raise PaymentNotRecorded(f"the till cannot take it: {error.message}") from None
        except OutcomeUnknown as error:
            self._emit(PaymentFlagged(**names, kind="unknown_at_till", reason=error.message))
            raise
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
        if flags.over_payment:
            self._emit(PaymentFlagged(**names, kind="over_payment", reason="more was paid than was due"))
        if flags.conflict:
            reason = "another payment with this id and other values came before"
            self._emit(PaymentFlagged(**names, kind="conflict", reason=reason))
        if not payment.successful and payment.details.status == "UNKNOWN":
            reason = "the provider does not know whether money has moved"
            self._emit(PaymentFlagged(**names, kind="unknown_at_provider", reason=reason))
