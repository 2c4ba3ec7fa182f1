"""Rows become tables, sessions and bills. Knows nothing of connections; a row is a tuple laid out as its plan says.

A row that cannot be read is an error where one thing was asked for, and is left out (and said so) where many were: one
spoilt check must not take the whole restaurant off the card machines.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import pairwise
from operator import itemgetter
from typing import Any, TypeVar

from msgspec import structs

from adapter.domain.orders import Order
from adapter.domain.payments import Balance
from adapter.domain.values import Bill, Session, Table, Waiter
from adapter.errors import AdapterError
from adapter.events import DuplicateTableName, Emit, RowSkipped
from adapter.mapping.balance import BalanceMaker
from adapter.mapping.bills import BillMaker
from adapter.mapping.captures import complete
from adapter.mapping.fields import Fields
from adapter.mapping.gather import Gathered, Gatherer, Row
from adapter.mapping.names import natural
from adapter.mapping.orders import OrderMaker
from adapter.mapping.plans import Plan
from adapter.mapping.things import OwnerMaker, SessionMaker, TableMaker

Maker = TypeVar("Maker")


class Assembler:
    """Makes domain values of the rows of one bound mapping's plans."""

    def __init__(self, fields: Fields, emit: Emit) -> None:
        self._fields = fields
        self._emit = emit
        self._key_width = len(fields.packing.parts)
        self._makers: dict[tuple[type, int], tuple[Plan, object]] = {}
        """What makes things of a plan's rows, by the plan's identity; the plan is kept so that it stays its own."""

    def tables(self, plan: Plan, rows: Iterable[Row]) -> list[Table]:
        """The visible tables, in the natural order of their names."""
        make = self._maker(TableMaker, plan, lambda: TableMaker(self._fields, plan)).make
        found = []
        for row in complete(plan, rows):
            try:
                table = make(row)
            except AdapterError as error:
                self._emit(RowSkipped(entity="table", reason=error.message))
                continue
            if table is not None:
                found.append(table)
        found.sort(key=lambda table: natural(table.name))
        for before, after in pairwise(found):
            if before.name == after.name:
                self._emit(DuplicateTableName(name=after.name))
        return found

    def sessions(
        self, plan: Plan, rows: Iterable[Row], *, asked: Collection[str] | None, strict: bool
    ) -> list[Session]:
        """The sessions, by the time they began and then their key.

        `asked` are the table names of the request, as on the wire.
        """
        sessions = self._session_maker(plan)
        found = []
        for row, one in self._gathered(plan, rows):
            try:
                session = sessions.make(row, one, asked)
            except AdapterError as error:
                if strict:
                    raise
                self._emit(RowSkipped(entity="session", reason=error.message))
                continue
            found.append((session.created_at, sessions.key(row), session))
        return [session for _, _, session in sorted(found, key=itemgetter(0, 1))]

    def bills(self, plan: Plan, rows: Iterable[Row], *, strict: bool) -> list[tuple[Waiter | None, Bill | None]]:
        """The bills with those who serve them, in the order of their sessions; without a total there is no bill."""
        owners = self._owners(plan)
        bills = self._bill_maker(plan, owners)
        found = []
        for row, one in self._gathered(plan, rows):
            try:
                owner = owners.owner(row, one)
                bill = bills.make(owner, row, one)
            except AdapterError as error:
                if strict:
                    raise
                self._emit(RowSkipped(entity="bill", reason=error.message))
                continue
            found.append((owner.created_at, owners.key(row), (owner.waiter, bill)))
        return [pair for _, _, pair in sorted(found, key=itemgetter(0, 1))]

    def full_bills(self, plan: Plan, rows: Iterable[Row]) -> list[tuple[Session, Bill | None]]:
        """The sessions that can be read, each with its bill."""
        sessions = self._session_maker(plan)
        bills = self._bill_maker(plan, sessions)
        found = []
        for row, one in self._gathered(plan, rows):
            try:
                pair = sessions.make(row, one, None), bills.make(sessions.owner(row, one), row, one)
            except AdapterError as error:
                self._emit(RowSkipped(entity="bill", reason=error.message))
                continue
            found.append((pair[0].created_at, sessions.key(row), pair))
        return [pair for _, _, pair in sorted(found, key=itemgetter(0, 1))]

    def full_bill(self, plan: Plan, rows: Iterable[Row]) -> tuple[Session, Bill | None] | None:
        """The only session among the rows, with its bill; None when there is none."""
        sessions = self._session_maker(plan)
        bills = self._bill_maker(plan, sessions)
        for row, one in self._gathered(plan, rows):
            return sessions.make(row, one, None), bills.make(sessions.owner(row, one), row, one)
        return None

    def floor(self, plan: Plan, rows: Iterable[Row]) -> list[Table]:
        """The visible tables with their ids and areas; a table that has no id has its name for one, and so has an area."""
        return [
            structs.replace(
                table,
                id=table.name if table.id is None else table.id,
                area=table.area or table.area_id,
                area_id=table.area_id or table.area,
            )
            for table in self.tables(plan, rows)
        ]

    def orders(
        self, plan: Plan, rows: Iterable[Row], *, table_id: str | None, strict: bool
    ) -> list[tuple[tuple[Any, ...], Order]]:
        """The orders with the keys of their sessions, in no particular order."""
        orders = self._maker(
            OrderMaker, plan, lambda: OrderMaker(self._fields, plan, self._bill_maker(plan, self._owners(plan)))
        )
        found = []
        for row, one in self._gathered(plan, rows):
            try:
                found.append((orders.key(row), orders.order(row, one, table_id)))
            except AdapterError as error:
                if strict:
                    raise
                self._emit(RowSkipped(entity="order", reason=error.message))
        return found

    def balance(self, plan: Plan, rows: list[Row]) -> tuple[Balance, Mapping[str, Any]] | None:
        """What the only session among the rows owes, and the further values that `[record.check]` asks for."""
        return self._maker(BalanceMaker, plan, lambda: BalanceMaker(self._fields, plan)).make(
            list(complete(plan, rows))
        )

    def _gathered(self, plan: Plan, rows: Iterable[Row]) -> list[tuple[Row, Gathered]]:
        return self._maker(Gatherer, plan, lambda: Gatherer(plan, self._key_width)).gather(complete(plan, rows))

    def _bill_maker(self, plan: Plan, owners: OwnerMaker) -> BillMaker:
        return self._maker(BillMaker, plan, lambda: BillMaker(self._fields, plan, owners.totals, self._emit))

    def _owners(self, plan: Plan) -> OwnerMaker:
        return self._maker(OwnerMaker, plan, lambda: OwnerMaker(self._fields, plan))

    def _session_maker(self, plan: Plan) -> SessionMaker:
        return self._maker(SessionMaker, plan, lambda: SessionMaker(self._fields, plan))

    def _maker(self, kind: type[Maker], plan: Plan, make: Callable[[], Maker]) -> Maker:
        known = self._makers.get((kind, id(plan)))
        if known is None or known[0] is not plan:
            known = self._makers[kind, id(plan)] = (plan, make())
        maker = known[1]
        assert isinstance(maker, kind)  # noqa: S101 - the key says so
        return maker
