"""What an adapter's earlier answers have established, and what of a later one contradicts it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from simulator.judging import Asked, Finding
from simulator.orders.meaning import Thing, member_of, orders, value
from simulator.orders.walks import Walks
from simulator.reading import finding, short

_LOCKS = "CreateOrderLockRequest"
_PAYMENTS = "RecordOrderPaymentRequest"


@dataclass(slots=True)
class _Order:
    """What is known of one order; None for what is not known."""

    lock: str | None = None
    """The id of the lock that was created last and not deleted."""
    expiry: float = 0.0
    """Seconds of the epoch."""
    paid: int | None = None
    """Minor units that were paid when it was seen last."""
    is_exact: bool = False
    """Whether nobody else can have paid since: it was seen under the lock."""
    is_settled: bool = False
    """Whether nothing was left to pay when it was seen last: some tills have such an order no longer."""

    def is_held(self, now: float) -> bool:
        """Whether it is certainly locked; clocks may differ by a second."""
        return self.lock is not None and self.expiry > now + 1

    def hold(self, asked: Asked) -> None:
        """Take note of when its lock ends now, which is never sooner: whoever was told a later end relies on it."""
        self.expiry = max(self.expiry, _moment(asked.params.get("expiry")))


@dataclass(slots=True)
class Memory:
    """What is known of one account's EPOS."""

    _orders: dict[str, _Order] = field(default_factory=dict)
    _payments: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    """What is the same in repeats of a payment, for every intent that was recorded."""
    _walks: Walks = field(default_factory=Walks)
    _areas: frozenset[str] | None = None
    """Every id, as of the last list."""

    def success(self, asked: Asked, result: Any, now: float) -> Iterator[Finding]:
        """Hold a well-formed success against what is known, and learn from it; `now` is in seconds of the epoch."""
        known = self._of(asked)
        match asked.method:
            case "CreateOrderLockV1":
                yield from self._locked(asked, now)
            case "ExtendOrderLockV1" if known.lock == asked.params.get("lockId"):
                known.hold(asked)
            case "RecordOrderPaymentByIdV1":
                yield from self._recorded(asked, result)
            case "ListAreasV1":
                self._areas = frozenset(area["id"] for area in result)
            case "SearchOrdersV1" | "SearchTablesV1":
                yield from self._walks.page(asked.method, asked.params, result)
                yield from self._area_of(result["data"], asked)
        for path, order in orders(asked.method, result):
            yield from self._paid(path, order, now)
        if asked.method == "DeleteOrderLockV1" and known.lock in (None, asked.params.get("lockId")):
            known.lock, known.is_exact = None, False

    def failure(self, asked: Asked, kind: str, now: float) -> Iterator[Finding]:
        """Hold a documented error against what is known."""
        path = "$.error.errorType"
        known = self._of(asked)
        is_held = known.is_held(now)
        match asked.method, kind:
            case _, "NotFound" if is_held and not known.is_settled:
                yield finding("order-denied", path, "this order is locked, so there is one", "Order")
            case "GetOrderByIdV1" | "GetOrderBillByIdV1", "Conflict" if is_held and not self._names_waiter(asked):
                yield finding("read-refused", path, "a lock keeps nobody from reading", "lock-capabilities")
            case "CreateOrderLockV1", "Conflict" if is_held and known.lock == asked.params.get("lockId"):
                yield finding("lock-forgotten", path, "this very lock was created, and is not deleted", _LOCKS)
            case "ExtendOrderLockV1", "Conflict" | "NotFound" if is_held and known.lock == asked.params.get("lockId"):
                yield finding("lock-forgotten", path, "this very lock was created, and is not deleted", _LOCKS)
            case "RecordOrderPaymentByIdV1", _ if self._payments.get(_intent(asked)) == _same(asked.params):
                yield finding(
                    "payment-denied",
                    path,
                    "this payment was recorded before; an error gives money back that the till has as paid",
                    _PAYMENTS,
                )

    def _area_of(self, tables: Sequence[Thing], asked: Asked) -> Iterator[Finding]:
        for number, table in enumerate(tables):
            area = table.get("areaId")
            # The area that a request names was found by the adapter, whatever the list says meanwhile.
            if self._areas is not None and area not in (None, asked.params.get("areaId"), *self._areas):
                yield finding(
                    "area-unknown",
                    f"$.result.data[{number}].areaId",
                    f"{short(area)} is in no list of areas",
                    "Table: areaId is the id of an area",
                )

    def _of(self, asked: Asked) -> _Order:
        return self._orders.setdefault(str(asked.params.get("orderId")), _Order())

    def _names_waiter(self, asked: Asked) -> bool:
        return "waiterId" in member_of(asked.params, "headers")

    def _locked(self, asked: Asked, now: float) -> Iterator[Finding]:
        known, lock = self._of(asked), str(asked.params.get("lockId"))
        if known.lock != lock and known.is_held(now):
            yield finding(
                "locked-twice", "$.result", f"lock {short(known.lock)} holds this order; the answer is Conflict", _LOCKS
            )
        if known.lock != lock:
            known.lock, known.expiry = lock, 0.0
        known.hold(asked)
        # Whoever had it before may have recorded payments of which nothing is known here.
        known.is_exact = False

    def _recorded(self, asked: Asked, order: Thing) -> Iterator[Finding]:
        intent, same = _intent(asked), _same(asked.params)
        earlier = self._payments.get(intent)
        if earlier is not None and earlier != same:
            yield finding(
                "payment-changed",
                "$.result",
                "another payment was recorded under this paymentIntentId; the answer is Conflict",
                _PAYMENTS,
            )
            return
        self._payments[intent] = same
        listed = [each for each in order.get("payments", ()) if each.get("paymentIntentId") == intent]
        paid = member_of(asked.params, "paidAmount").get("value")
        if listed and [value(each["paidAmount"]) for each in listed] != [paid]:
            yield finding(
                "payment-other",
                "$.result.payments",
                f"{paid} were recorded as {short([value(each['paidAmount']) for each in listed])}",
                _PAYMENTS,
            )
        known = self._of(asked)
        if earlier is None and known.paid is not None and isinstance(paid, int):
            known.paid += paid

    def _paid(self, path: str, order: Thing, now: float) -> Iterator[Finding]:
        known = self._orders.setdefault(order["id"], _Order())
        if "paidAmount" not in order:
            return
        paid = value(order["paidAmount"])
        is_exact = known.is_exact and known.is_held(now)
        is_wrong = known.paid is not None and (paid != known.paid if is_exact else paid < known.paid)
        if is_wrong:
            yield finding(
                "paid-amount",
                f"{path}.paidAmount",
                f"{paid} where {known.paid} were paid, by the order as it was and what was recorded since",
                "Order: the sum of all payments",
            )
        known.paid = paid
        known.is_settled = "totalAmount" in order and paid >= value(order["totalAmount"])
        known.is_exact = known.is_held(now)


def _moment(sent: Any) -> float:
    """An expiry in seconds of the epoch; 0, as if it had passed, for what is none."""
    try:
        return datetime.fromisoformat(str(sent)).timestamp()
    except ValueError:
        return 0.0


def _intent(asked: Asked) -> str:
    return str(asked.params.get("paymentIntentId"))


def _same(params: Mapping[str, Any]) -> tuple[Any, ...]:
    """What is equal in a payment and its repeat."""
    paid, tips = member_of(params, "paidAmount"), member_of(params, "tipsAmount")
    return (
        params.get("orderId"),
        paid.get("value"),
        paid.get("currencyCode"),
        tips.get("value", 0),
    )
