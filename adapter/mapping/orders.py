"""Makes orders of the rows of one plan: a session, its bill, and what stands in where the EPOS keeps less."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from msgspec import structs

from adapter.domain.lines import LineRule
from adapter.domain.money import minor
from adapter.domain.orders import Order, OrderKind, OrderPayment, OrderStatus, TaxLine, display_name, shown
from adapter.domain.values import Bill, Session
from adapter.mapping.beside import Beside, PaymentMaker, TaxLineMaker
from adapter.mapping.bills import BillMaker
from adapter.mapping.fields import Fields
from adapter.mapping.gather import Gathered, Row, branch_of
from adapter.mapping.plans import Plan
from adapter.mapping.things import SessionMaker

_KINDS: dict[str | None, OrderKind] = {None: OrderKind.DINE_IN, **{kind.value: kind for kind in OrderKind}}
_STATUSES: dict[str | None, OrderStatus] = {
    None: OrderStatus.ACCEPTED,
    **{status.value: status for status in OrderStatus},
}
"""By the words of the mapping language, which a dictionary finds in a seventh of the time; None where an EPOS says nothing."""


class OrderMaker(SessionMaker):
    """The orders of one plan."""

    def __init__(self, fields: Fields, plan: Plan, bills: BillMaker) -> None:
        super().__init__(fields, plan)
        self._bills = bills
        slots = branch_of(plan, "session").slots
        self._order_status = self._getter(("session", "status"), slots, "status")
        self._order_kind = self._getter(("session", "kind"), slots, "kind")
        self._collect_at = self._getter(("session", "collect_at"), slots, "collect_at")
        self._updated_at = self._getter(("session", "updated_at"), slots, "updated_at")
        self._reference = self._texts(("session", "reference"), slots, "reference")
        self._display_name = self._texts(("session", "display_name"), slots, "display_name")
        unpacker = bills.unpacker
        taxes: dict[str, Callable[..., TaxLineMaker]] = {"tax_line": TaxLineMaker}
        payments: dict[str, Callable[..., PaymentMaker]] = {"payment": PaymentMaker}
        self._taxes = Beside(fields, plan, unpacker, taxes)
        self._payments = Beside(fields, plan, unpacker, payments)
        self._unpacker = unpacker
        self._tells_tips = "tips" in slots

    def order(self, row: Row, one: Gathered, table_id: str | None) -> Order:
        """The order of a row; the table with this id comes first among its tables.

        Raises RowUnreadable, BillUnbalanced.
        """
        owner = self.owner(row, one)
        tables = self.tables_of(row, one) if one.links else []
        if table_id is not None:
            tables.sort(key=lambda named: named[1] != table_id)
        session = self.session_of(owner, row, one, tuple(dict.fromkeys([name for name, _ in tables])))
        bill = self._bills.make(owner, row, one)
        paid: tuple[OrderPayment, ...] = ()
        taxes: tuple[TaxLine, ...] = ()
        tips = 0
        if bill is not None:
            _, rule = self.totals.rule(row)
            whole = one if self._unpacker is None else self._unpacker.unpack(row, one)
            paid = self._paid(bill, row, whole, rule)
            taxes = self._taxed(bill, row, whole, rule)
            tips = self.totals.amount("tips", row, rule) or 0 if self._tells_tips else sum(each.tip for each in paid)
        name = session.tables[0] if session.tables else None
        return Order(
            session=session,
            bill=bill,
            status=_status(self._order_status(row), session),
            kind=_KINDS[self._order_kind(row)],
            reference=self._reference(row) or session.name,
            display_name=shown(self._display_name(row) or "") or display_name(name, session.name),
            updated_at=self._updated_at(row) or _latest(session, bill, paid),
            table_ids=tuple(dict.fromkeys([found for _, found in tables if found is not None])),
            collect_at=self._collect_at(row),
            tips=tips,
            payments=paid,
            tax_lines=taxes,
        )

    def _paid(self, bill: Bill, row: Row, one: Gathered, rule: LineRule) -> tuple[OrderPayment, ...]:
        """The payments, with one more for what the EPOS does not list: they always come to what is paid."""
        found = [
            payment
            for maker, rows in self._payments.those_there(row, one)
            for each in rows
            if (payment := maker.make(each, rule)) is not None
        ]
        rest = bill.paid - sum(payment.amount for payment in found)
        if rest:
            found.append(OrderPayment(amount=rest, is_rest=True))
        return tuple(found)

    def _taxed(self, bill: Bill, row: Row, one: Gathered, rule: LineRule) -> tuple[TaxLine, ...]:
        """The taxes, those of one kind added up."""
        if not self._taxes:
            return (TaxLine(name="Tax", amount=bill.tax),) if bill.tax else ()
        found: dict[TaxLine, Decimal] = defaultdict(Decimal)
        for maker, rows in self._taxes.those_there(row, one):
            for each in rows:
                tax, amount = maker.make(each, rule)
                found[tax] += amount
        # Added up before they are rounded, as the till adds them.
        made = [(tax, minor(amount, rule.digits, rule.rounding)) for tax, amount in found.items()]
        return tuple(structs.replace(tax, amount=amount) for tax, amount in made if amount)


def _status(said: str | None, session: Session) -> OrderStatus:
    """What the EPOS says; but a session that is finished is over, whatever it says."""
    status = _STATUSES[said]
    return OrderStatus.FINALIZED if session.is_finished and not status.is_over else status


def _latest(session: Session, bill: Bill | None, payments: tuple[OrderPayment, ...]) -> datetime:
    """The latest time that is known of an order."""
    latest = session.created_at
    for item in bill.items if bill is not None else ():
        moment = item.ordered_at
        # The lines of a check that is told its time once share it.
        if moment is not latest and moment > latest:
            latest = moment
    moments = [payment.at for payment in payments if payment.at is not None]
    return max(latest, session.finished_at or latest, *moments)
