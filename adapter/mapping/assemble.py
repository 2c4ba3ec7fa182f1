"""Rows become tables, sessions and bills. Knows nothing of connections; a row is a tuple laid out as its plan says.

A row that cannot be read is an error where one thing was asked for, and is left out (and said so) where many were: one
spoilt check must not take the whole restaurant off the card machines.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from itertools import pairwise
from operator import itemgetter
from typing import Any, TypeVar

from adapter.domain.values import Bill, Session, Table, Waiter
from adapter.errors import AdapterError, RowUnreadable
from adapter.events import BillDiffers, DuplicateTableName, Emit, RowSkipped
from adapter.mapping.bills import BillMaker
from adapter.mapping.fields import Fields
from adapter.mapping.gather import Gathered, Row, branch_of, gather, in_order
from adapter.mapping.keys import UnpackableKey
from adapter.mapping.names import natural, to_wire
from adapter.mapping.plans import Plan, Slots
from adapter.mapping.readings import Unreadable, plain_text
from adapter.toml.locate import Path, dotted

Thing = TypeVar("Thing")


class Assembler:
    """Makes domain values of the rows of one bound mapping's plans."""

    def __init__(self, fields: Fields, emit: Emit) -> None:
        self._fields = fields
        self._emit = emit
        self._bills = BillMaker(fields)
        self._key_width = len(fields.packing.parts)

    def tables(self, plan: Plan, rows: Iterable[Row]) -> list[Table]:
        """The visible tables, in the natural order of their names."""
        slots = plan.branches[0].slots
        found = []
        for row in rows:

            def make(row: Row = row) -> Table | None:
                return self._table(slots, row)

            table = self._tolerant("table", make, strict=False)
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
        """The sessions, by the time they began and then their key; `asked` are the table names of the request, as on the wire."""
        slots = branch_of(plan, "session").slots
        found = []
        for row, one in gather(plan, rows, self._key_width):

            def make(row: Row = row, one: Gathered = one) -> Session:
                return self._session(plan, slots, row, one, asked)

            session = self._tolerant("session", make, strict=strict)
            if session is not None:
                found.append((session.created_at, self._key(slots, row), session))
        return [session for _, _, session in sorted(found, key=itemgetter(0, 1))]

    def bills(self, plan: Plan, rows: Iterable[Row], *, strict: bool) -> list[tuple[Session, Bill | None]]:
        """The sessions with their bills; a session without a total has no bill."""
        slots = branch_of(plan, "session").slots
        make = self._bills.maker(plan)
        found = []
        for row, one in gather(plan, rows, self._key_width):

            def both(row: Row = row, one: Gathered = one) -> tuple[Session, Bill | None]:
                session = self._session(plan, slots, row, one, None)
                bill, difference = make(session, row, one)
                if difference:
                    self._emit(BillDiffers(session=session.name, difference=difference))
                return session, bill

            pair = self._tolerant("bill", both, strict=strict)
            if pair is not None:
                found.append((pair[0].created_at, self._key(slots, row), pair))
        return [pair for _, _, pair in sorted(found, key=itemgetter(0, 1))]

    def _table(self, slots: Slots, row: Row) -> Table | None:
        there = bool(row[slots["status.there"]]) if "status.there" in slots else True
        status = self._read(("table", "status"), (row[slots["status"]], there))
        if status is None:
            return None
        covers = self._read(("table", "max_covers"), row[slots["max_covers"]])
        area = self._read(("table", "area", "name"), row[slots["area.name"]]) if "area.name" in slots else None
        name = self._name(("table", "name"), slots, row)
        if covers is None:
            raise self._unreadable(("table", "max_covers"), "is NULL and no missing = is said")
        return Table(name=to_wire(name), max_covers=covers, status=status, area=area)

    def _session(self, plan: Plan, slots: Slots, row: Row, one: Gathered, asked: Collection[str] | None) -> Session:
        key = self._key(slots, row)
        try:
            session_id = self._fields.packing.pack(key)
        except (UnpackableKey, ValueError) as error:
            raise self._unreadable(("session", "id"), str(error)) from None
        created_at = self._read(("session", "created_at"), row[slots["created_at"]])
        if created_at is None:
            raise self._unreadable(("session", "created_at"), "is NULL and no missing = is said")
        finished = "finished" in slots and self._read(("session", "finished"), row[slots["finished"]])
        finished_at = None
        if finished:
            closed = (
                self._read(("session", "finished_at"), row[slots["finished_at"]]) if "finished_at" in slots else None
            )
            # A finished session is told by its time on the wire, so one without a time borrows the other.
            finished_at = closed or created_at
        payable = "payable" not in slots or self._read(("session", "payable"), row[slots["payable"]])
        outstanding = self._bills.outstanding(slots, row)
        return Session(
            id=session_id,
            name=to_wire(self._name(("session", "name"), slots, row)),
            created_at=created_at,
            finished_at=finished_at,
            is_payable=bool(payable) and not finished and outstanding > 0,
            tables=self._table_names(plan, one, asked),
            covers=self._read(("session", "covers"), row[slots["covers"]]) if "covers" in slots else None,
            waiter=self._waiter(slots, row),
        )

    def _key(self, slots: Slots, row: Row) -> tuple[Any, ...]:
        return tuple(row[slots[f"session.{index}"]] for index in range(self._key_width))

    def _table_names(self, plan: Plan, one: Gathered, asked: Collection[str] | None) -> tuple[str, ...]:
        """The names of a session's tables; one that was asked for comes first."""
        if not one.links:
            return ()
        slots = branch_of(plan, "link").slots
        names = [to_wire(self._name(("table", "name"), slots, row)) for row in in_order(one.links, slots)]
        if asked is not None:
            names.sort(key=lambda name: name not in asked)
        return tuple(dict.fromkeys(names))

    def _waiter(self, slots: Slots, row: Row) -> Waiter | None:
        if "waiter.id" not in slots:
            return None
        waiter_id = self._read(("session", "waiter", "id"), row[slots["waiter.id"]])
        if waiter_id is None:
            return None
        if waiter_id.isascii() and waiter_id.isdigit():
            waiter_id = str(int(waiter_id))
        return Waiter(id=waiter_id, name=self._joined("waiter.name", slots, row) or None)

    def _name(self, path: Path, slots: Slots, row: Row) -> str:
        name = self._joined(path[-1], slots, row) or self._read(path, None)
        if not name:
            raise self._unreadable(path, "is empty and no missing = is said")
        return str(name)

    @staticmethod
    def _joined(name: str | int, slots: Slots, row: Row) -> str:
        """A text of one part or several, joined by blanks."""
        if name in slots:
            return plain_text(row[slots[str(name)]])
        parts = []
        index = 0
        while f"{name}.{index}" in slots:
            parts.append(plain_text(row[slots[f"{name}.{index}"]]))
            index += 1
        return " ".join(part for part in parts if part)

    def _read(self, path: Path, value: Any) -> Any:
        try:
            return self._fields.read[path](value)
        except Unreadable as error:
            raise self._unreadable(path, str(error)) from None

    def _unreadable(self, path: Path, reason: str) -> RowUnreadable:
        return RowUnreadable(f"{dotted(path)} {reason} ({self._fields.place(path)})")

    def _tolerant(self, entity: str, make: Callable[[], Thing], *, strict: bool) -> Thing | None:
        try:
            return make()
        except AdapterError as error:
            if strict:
                raise
            self._emit(RowSkipped(entity=entity, reason=error.message))
            return None
