"""One session inside a writing transaction: held, read, locked, paid. Knows nothing of wires."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP
from typing import Any
from uuid import UUID

from msgspec import structs

from adapter.domain.capabilities import NO_LEDGER
from adapter.domain.money import digits_of, exact
from adapter.domain.orders import Order, OrderPayment
from adapter.domain.payments import Balance, Holds, Kept, Lock, OrderLock, Payment, Recorded
from adapter.domain.requests import Requestor
from adapter.domain.values import Bill, Waiter
from adapter.errors import AlreadyLocked, Bug, DatabaseBusy, NotEnabled, PaymentNotRecorded, UnableToUnlock
from adapter.mapping.balance import step_values, times_of
from adapter.mapping.readings import moment_in_utc
from adapter.mapping.writes import Write, Writes
from adapter.store.book import Bound, SqlBook
from adapter.store.drivers import verdict_on
from adapter.store.ledger import Ledger
from adapter.store.units import Writer


class SqlTill:
    """See ports.Till."""

    def __init__(self, writer: Writer, bound: Bound, writes: Writes, ledger: Ledger | None) -> None:
        """Without a ledger, locks and payments are known by the EPOS's own columns only."""
        self._writer = writer
        self._bound = bound
        self._writes = writes
        self._ledger = ledger
        self._checked: Mapping[str, Any] = {}
        self._now: datetime | None = None
        self._held: UUID | None = None

    @property
    def uncertain(self) -> bool:
        """See ports.Till."""
        return self._writer.uncertain

    @property
    def holds(self) -> Holds:
        """See ports.Till; as the variant of the mapping says that this database needs."""
        said = self._bound.fields.binder.mapping.file.capabilities
        return Holds(partial_payment=said.partial_payment, tips=said.tips)

    def hold(self, session_id: UUID) -> bool:
        """See ports.Till."""
        key = self._key(session_id)
        is_there = key is not None and bool(self._writer.rows(self._writes.hold, key))
        self._held = session_id if is_there else None
        return is_there

    def held_bill(self, session_id: UUID) -> tuple[Waiter | None, Bill | None] | None:
        """See ports.Till."""
        if not self.hold(session_id):
            return None
        return SqlBook(self._writer, self._bound).bill(session_id)

    def order(self, session_id: UUID) -> Order | None:
        """See ports.Till."""
        return SqlBook(self._writer, self._bound, self._ledger).order(session_id)

    def held_balance(self, session_id: UUID) -> Balance | None:
        """See ports.Till."""
        if self._held != session_id and not self.hold(session_id):
            return None
        plan = self._writes.balance
        found = self._bound.assembler.balance(plan, self._writer.rows(plan, self._key(session_id) or {}))
        if found is None:
            return None
        balance, self._checked = found
        self._now = balance.now
        return balance

    def lock_of(self, session_id: UUID) -> Lock | None:
        """See ports.Till."""
        kept = self._ledger.lock_of(self._writer, session_id) if self._ledger is not None else None
        key = self._key(session_id)
        if self._writes.lock is None or key is None:
            return kept
        rows = self._writer.rows(self._writes.lock.state, key)
        if not rows:
            return kept  # the check has left the till, and its columns with it
        free, ours = rows[0][:2]
        if free:
            return None
        return (kept or Lock(token=None)) if ours else Lock(token=None, by_till=True)

    def order_lock(self, session_id: UUID, lock_id: str) -> OrderLock | None:
        """See ports.Till."""
        return self._ledger.orders.order_lock(self._writer, session_id, lock_id) if self._ledger is not None else None

    def now(self) -> datetime:
        """See ports.Till."""
        if self._now is None:
            self._now = moment_in_utc(self._writer.rows(self._writes.clock, {})[0][0])
        return self._now

    def lock(self, session_id: UUID, token: UUID, requestor: Requestor, order: OrderLock | None = None) -> None:
        """See ports.Till."""
        if order is not None:
            self._require_ledger()
        if self._writes.lock is not None:
            touched, _ = self._writer.change(self._writes.lock.take, self._lock_values(session_id, requestor))
            if touched != 1:
                raise AlreadyLocked("somebody locked this session a moment ago")
            if self._ledger is not None:
                # The columns decide; a row that says otherwise is left from a lock that the till has released.
                self._ledger.release(self._writer, session_id)
        if self._ledger is not None:
            self._ledger.lock(self._writer, session_id, token, requestor)
            if order is not None:
                self._ledger.orders.lock(self._writer, session_id, order, token)

    def renew(self, session_id: UUID, order: OrderLock, token: UUID) -> None:
        """See ports.Till."""
        self._require_ledger().orders.renew(self._writer, session_id, order, token)

    def forget(self, session_id: UUID, token: UUID) -> None:
        """See ports.Till."""
        self._require_ledger().orders.forget(self._writer, session_id, token)

    def delete_lock(self, session_id: UUID, lock_id: str) -> None:
        """See ports.Till; without a ledger there are no such locks."""
        if self._ledger is not None:
            self._ledger.orders.delete_lock(self._writer, session_id, lock_id, self.now)

    def release(self, session_id: UUID, held: Lock, *, by: str | None = None, reason: str = "") -> None:
        """See ports.Till."""
        key = self._key(session_id)
        if self._writes.lock is not None and key is not None:
            values = self._lock_values(session_id, Requestor(is_card_machine=False))
            touched, _ = self._writer.change(self._writes.lock.clear, values)
            is_there = bool(self._writer.rows(self._writes.lock.state, key)) if not touched else True
            if not touched and is_there:
                raise UnableToUnlock("the till does not let the check go")
        if self._ledger is not None:
            self._ledger.release(self._writer, session_id)
            if by is not None:
                self._ledger.audit(self._writer, session_id, held, by=by, reason=reason)

    def payments(self, payment: Payment) -> Sequence[Kept]:
        """See ports.Till."""
        if self._ledger is not None:
            return self._ledger.payments(self._writer, payment.id)
        plan = self._writes.recorded
        key = self._key(payment.session_id)
        if plan is None or key is None:
            return ()
        values = {**self._session_key(payment.session_id), "payment_id": str(payment.id)}
        return [Kept(payment=self._as_kept(payment, row)) for row in self._writer.rows(plan, values)]

    def _as_kept(self, payment: Payment, row: Sequence[Any]) -> Payment:
        """A payment as far as the EPOS tells it; the rest is taken to be equal."""
        digits = 0 if self._bound.fields.binder.mapping.file.money.form == "minor" else digits_of(payment.currency) or 0
        kept = {
            name: int(exact(value).scaleb(digits).to_integral_value(ROUND_HALF_UP))
            for name, value in zip(("base", "tips", "cashback"), row, strict=True)
            if value is not None
        }
        return structs.replace(payment, successful=True, **kept)

    def knows(self, session_id: UUID) -> bool:
        """See ports.Till."""
        return self._ledger is not None and self._ledger.knows(self._writer, session_id)

    def paid(self, session_id: UUID, since: datetime) -> tuple[str | None, Sequence[OrderPayment]]:
        """See ports.Till."""
        return self._require_ledger().orders.paid(self._writer, session_id, since)

    def keep_intent(self, payment: Payment, intent: str) -> None:
        """See ports.Till."""
        self._require_ledger().orders.keep_intent(self._writer, payment, intent)

    def refuse_intent(self, payment: Payment, intent: str, reason: str) -> bool:
        """See ports.Till."""
        return self._require_ledger().orders.refuse_intent(self._writer, payment, intent, reason)

    def refused(self, payment: Payment) -> str | None:
        """See ports.Till."""
        return self._require_ledger().orders.refused(self._writer, payment)

    def keep(self, payment: Payment, flags: Recorded, requestor: Requestor, token: UUID) -> None:
        """See ports.Till; without a ledger there is no place to keep it in."""
        if self._ledger is not None:
            self._ledger.keep(self._writer, Kept(payment=payment, token=token, flags=flags), requestor)

    def enter(self, payment: Payment, balance: Balance, flags: Recorded, requestor: Requestor) -> None:
        """See ports.Till."""
        values = {
            **step_values(
                payment,
                balance,
                flags,
                rule=self._writes.rule,
                fields=self._bound.fields,
                times=self._writes.times,
            ),
            **self._checked,
            **self._session_key(payment.session_id),
            "terminal": requestor.terminal_id,
        }
        for step in self._writes.steps:
            if all(bool(values[name]) is wanted for name, wanted in step.when):
                values |= self._run(step, values)

    def _run(self, step: Write, values: Mapping[str, Any]) -> dict[str, Any]:
        """Run one step and give the values that it adds.

        Raises PaymentNotRecorded when it does not do what it must.
        """
        try:
            touched, rows = self._writer.change(step.plan, values)
        except Exception as error:
            kind, code = verdict_on(error)
            if kind in ("altered", "busy", "gone", "login", "slow", "unasked"):
                raise
            raise PaymentNotRecorded(f"the till cannot take it: {step.place} fails with {code}") from None
        if (step.expected == "some" and touched < 1) or (isinstance(step.expected, int) and touched != step.expected):
            wanted = "at least 1 row" if step.expected == "some" else f"{step.expected} row{'s' * (step.expected != 1)}"
            raise PaymentNotRecorded(
                step.missing or f"the till cannot take it: {step.place} touched {touched} rows and not {wanted}"
            )
        if step.asked_after is not None:
            rows = self._writer.rows(step.asked_after, values)
            if len(rows) != touched:
                raise DatabaseBusy("somebody else changed the same rows")
        return dict(zip(step.gives, rows[0] if rows else [None] * len(step.gives), strict=False))

    def _require_ledger(self) -> Ledger:
        """The ledger, without which there is no place for an id or an end of a lock, nor for that of a payment."""
        if self._ledger is None:
            raise NotEnabled(NO_LEDGER)
        return self._ledger

    def _key(self, session_id: UUID) -> dict[str, Any] | None:
        key = self._bound.fields.packing.unpack(session_id)
        return None if key is None else {f"key_{index}": value for index, value in enumerate(key)}

    def _session_key(self, session_id: UUID) -> dict[str, Any]:
        key = self._bound.fields.packing.unpack(session_id)
        if key is None:
            raise Bug("a session that is held has no key")
        if len(key) == 1:
            return {"session_id": key[0]}
        return {f"session_id_{number}": value for number, value in enumerate(key, start=1)}

    def _lock_values(self, session_id: UUID, requestor: Requestor) -> dict[str, Any]:
        return {
            **(self._key(session_id) or {}),
            **self._session_key(session_id),
            **times_of(self._writes.times, now=self.now()),
            "terminal": requestor.terminal_id,
            "waiter": requestor.waiter_id,
        }
