"""The statements that a writing method runs when all goes well, in their order, for people to read."""

from __future__ import annotations

from adapter.domain.capabilities import NO_LEDGER
from adapter.errors import NotEnabled
from adapter.mapping.plans import Plan
from adapter.mapping.search import Search
from adapter.mapping.writes import Writes
from adapter.store.book import Bound
from adapter.store.ledger import Ledger

TABLES = frozenset({"LockSession", "RecordPayment", "UnlockSession"})
ORDERS = frozenset({"CreateOrderLockV1", "DeleteOrderLockV1", "ExtendOrderLockV1", "RecordOrderPaymentByIdV1"})


def recording_plans(method: str, bound: Bound, writes: Writes, ledger: Ledger | None) -> list[Plan]:
    """The statements of one of `TABLES` or `ORDERS`; raises NotEnabled for one of the latter without a ledger."""
    if method in TABLES:
        return _of_tables(method, bound, writes, ledger)
    if ledger is None:
        raise NotEnabled(NO_LEDGER)
    return _of_orders(method, bound, writes, ledger)


def _of_orders(method: str, bound: Bound, writes: Writes, ledger: Ledger) -> list[Plan]:
    search = Search(by="key", content="order")
    order = bound.plan(search, lambda: bound.statements.sessions(search))
    has_ids = any(rule.id is not None for rule in bound.fields.binder.mapping.file.payment)
    after = [order, ledger.plan("intents")] if has_ids else [order]
    columns = writes.lock
    held = [ledger.plan("lock_of")] + ([columns.state] if columns is not None else [])
    match method:
        case "CreateOrderLockV1":
            plans = [writes.hold, order, writes.clock, ledger.plan("order_lock"), *held]
            plans += [columns.take, ledger.plan("release")] if columns is not None else []
            return [*plans, ledger.plan("lock"), ledger.plan("renew"), ledger.plan("lock_order")]
        case "ExtendOrderLockV1":
            return [writes.hold, *held, writes.clock, ledger.plan("renew"), ledger.plan("hand_over")]
        case "DeleteOrderLockV1":
            cleared = [columns.clear] if columns is not None else []
            return [writes.hold, *held, *cleared, ledger.plan("release"), ledger.plan("delete_lock"), *after]
    asked = [writes.hold, ledger.plan("payments"), ledger.plan("refused"), writes.balance, *held, order]
    return [*asked, ledger.plan("keep_intent"), ledger.plan("keep"), *_steps(writes), *after]


def _of_tables(method: str, bound: Bound, writes: Writes, ledger: Ledger | None) -> list[Plan]:
    bill = Search(by="key", content="bill")
    columns = writes.lock
    plans = [writes.hold]
    plans.append(
        bound.plan(bill, lambda: bound.statements.sessions(bill)) if method == "LockSession" else writes.balance
    )
    plans += [ledger.plan("lock_of")] if ledger is not None else []
    plans += [columns.state] if columns is not None else []
    if method == "LockSession":
        plans += [columns.take] if columns is not None else []
        plans += [ledger.plan("release")] if columns is not None and ledger is not None else []
        plans += [ledger.plan("lock")] if ledger is not None else []
    elif method == "UnlockSession":
        plans += [columns.clear] if columns is not None else []
        plans += [ledger.plan("release")] if ledger is not None else []
    else:
        plans += [ledger.plan("payments"), ledger.plan("keep")] if ledger is not None else []
        plans += [writes.recorded] if ledger is None and writes.recorded is not None else []
        plans += _steps(writes)
    return plans


def _steps(writes: Writes) -> list[Plan]:
    return [plan for step in writes.steps for plan in (step.plan, step.asked_after) if plan is not None]
