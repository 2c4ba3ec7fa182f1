"""Makes sessions and tables of their rows. Made once for each plan, so that positions are not looked up for each row."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from adapter.domain.values import Session, Table, Waiter
from adapter.errors import RowUnreadable
from adapter.mapping.bill_contents import BillContents
from adapter.mapping.bills import Owner, Totals
from adapter.mapping.fields import Fields
from adapter.mapping.gather import Gathered, Row, branch_of, sorter
from adapter.mapping.keys import UnpackableKey
from adapter.mapping.names import to_wire
from adapter.mapping.plans import Plan, Slots
from adapter.mapping.readings import Reading, Unreadable
from adapter.mapping.text_keys import key_text
from adapter.mapping.texts import parts_as_they_are, places_of, read_once, text_of
from adapter.toml.locate import Path, dotted

Get = Callable[[Row], Any]


class _Maker:
    """What both have in common: fields of rows, read or refused with their place in the mapping."""

    def __init__(self, fields: Fields) -> None:
        self._fields = fields

    def _getter(self, path: Path, slots: Slots, name: str) -> Get:
        """A function that reads a field of a row; None for a row that does not have it."""
        place = slots.get(name)
        if place is None:
            return lambda _row: None
        read: Reading = self._fields.read[path]

        def get(row: Row) -> Any:
            try:
                return read(row[place])
            except Unreadable as error:
                raise self.unreadable(path, str(error)) from None

        return get

    def _namer(self, path: Path, slots: Slots, name: str) -> Callable[[Row], str]:
        """A function that gives a name as it may stand on the wire."""
        joined = self._placed(path, text_of(slots, name) or (lambda _row: ""))
        missing = self._fields.read[path](None) if path in self._fields.read else None

        def get(row: Row) -> str:
            found = joined(row) or missing
            if not found:
                raise self.unreadable(path, "is empty and no missing = is said")
            return to_wire(found)

        return get

    def _texts(self, path: Path, slots: Slots, name: str) -> Callable[[Row], str | None]:
        """A function that gives a text, of one column or of several; None where it is blank and has no `missing`."""
        joined = text_of(slots, name)
        if joined is None:
            return lambda _row: None
        missing: str | None = self._fields.read[path](None)
        placed = self._placed(path, joined)
        return lambda row: placed(row) or missing

    def _placed(self, path: Path, joined: Callable[[Row], str]) -> Callable[[Row], str]:
        """The same text; where it cannot be read, the place of the field in the mapping is said too."""

        def get(row: Row) -> str:
            try:
                return joined(row)
            except RowUnreadable as error:
                place = self._fields.place(path)
                raise RowUnreadable(f"{path[0]}.{error.message} ({place})", hint=error.hint) from None

        return get

    def unreadable(self, path: Path, reason: str) -> RowUnreadable:
        """The error for a field that cannot be read."""
        return RowUnreadable(f"{dotted(path)} {reason} ({self._fields.place(path)})")


class TableMaker(_Maker):
    """The tables of one plan."""

    def __init__(self, fields: Fields, plan: Plan) -> None:
        super().__init__(fields)
        slots = plan.branches[0].slots
        self._status = slots["status"]
        self._there = slots.get("status.there")
        self._read_status = fields.read["table", "status"]
        self._covers = self._getter(("table", "max_covers"), slots, "max_covers")
        self._area = self._texts(("table", "area", "name"), slots, "area.name")
        self._area_id = self._texts(("table", "area", "id"), slots, "area.id")
        self._id = parts_as_they_are(slots, "id")
        self._name = self._namer(("table", "name"), slots, "name")

    def make(self, row: Row) -> Table | None:
        """The table of a row; None for one that is hidden."""
        there = self._there is None or bool(row[self._there])
        try:
            status = self._read_status((row[self._status], there))
        except Unreadable as error:
            raise self.unreadable(("table", "status"), str(error)) from None
        if status is None:
            return None
        covers = self._covers(row)
        if covers is None:
            raise self.unreadable(("table", "max_covers"), "is NULL and no missing = is said")
        return Table(
            name=self._name(row),
            max_covers=covers,
            status=status,
            area=self._area(row),
            id=None if self._id is None else key_text(self._id(row)),
            area_id=self._area_id(row),
        )


class OwnerMaker(_Maker):
    """What every session row of one plan tells: whose bill it is."""

    def __init__(self, fields: Fields, plan: Plan) -> None:
        super().__init__(fields)
        slots = branch_of(plan, "session").slots
        self.totals = Totals(fields, slots)
        self._slots = slots
        self._key = [slots[f"session.{index}"] for index in range(len(fields.packing.parts))]
        self._created_at = self._getter(("session", "created_at"), slots, "created_at")
        self._waiter_id = self._texts(("session", "waiter", "id"), slots, "waiter.id")
        self._waiter_name = self._texts(("session", "waiter", "name"), slots, "waiter.name")
        told = [*places_of(slots, "waiter.id"), *places_of(slots, "waiter.name")]
        self._waiter = read_once(told, self._read_waiter) if told else self._read_waiter

    def key(self, row: Row) -> tuple[Any, ...]:
        """The key of a row's session, as the EPOS has it."""
        return tuple([row[place] for place in self._key])

    def owner(self, row: Row, one: Gathered) -> Owner:
        """The session of a row, as far as a bill needs it."""
        if one.is_ambiguous:
            raise self.unreadable(("session", "id"), "is shared by several checks, or a join multiplies them")
        try:
            session_id = self._fields.packing.pack(self.key(row))
        except (UnpackableKey, TypeError, ValueError) as error:
            raise self.unreadable(("session", "id"), f"cannot become a session id: {error}") from None
        created_at = self._created_at(row)
        if created_at is None:
            raise self.unreadable(("session", "created_at"), "is NULL and no missing = is said")
        return Owner(session_id=session_id, created_at=created_at, waiter=self._waiter(row))

    def _read_waiter(self, row: Row) -> Waiter | None:
        waiter_id = self._waiter_id(row)
        if waiter_id is None:
            return None
        if waiter_id.isascii() and waiter_id.isdigit():
            waiter_id = waiter_id.lstrip("0") or "0"
        return Waiter(id=waiter_id, name=self._waiter_name(row))


class SessionMaker(OwnerMaker):
    """The sessions of one plan."""

    def __init__(self, fields: Fields, plan: Plan) -> None:
        super().__init__(fields, plan)
        slots = self._slots
        self._name = self._namer(("session", "name"), slots, "name")
        self._finished = self._getter(("session", "finished"), slots, "finished")
        self._finished_at = self._getter(("session", "finished_at"), slots, "finished_at")
        self._payable = self._getter(("session", "payable"), slots, "payable") if "payable" in slots else None
        self._covers = self._getter(("session", "covers"), slots, "covers")
        links = next((branch.slots for branch in plan.branches if branch.kind == "link"), None)
        self._links_in_order = sorter(links or {})
        self._table_name = self._namer(("table", "name"), links or {}, "name")
        # Where only the adapter can read at which table a session is, every table is there to choose from.
        self._ref = parts_as_they_are(slots, "table")
        self._id = parts_as_they_are(links or {}, "id")
        self._status = (links or {}).get("status")
        self._there = (links or {}).get("status.there")
        self._read_status = fields.read["table", "status"]
        self._contents = BillContents(fields, plan) if self.totals.total_is_summed else None

    def make(self, row: Row, one: Gathered, asked: Collection[str] | None) -> Session:
        """The session of a row; `asked` are the table names of the request, as on the wire."""
        return self.session_of(self.owner(row, one), row, one, self._tables(row, one, asked))

    def session_of(self, owner: Owner, row: Row, one: Gathered, tables: tuple[str, ...]) -> Session:
        """The session of a row whose owner and tables are known."""
        finished = self._finished(row)
        payable = (
            not finished and (self._payable is None or self._payable(row)) and self._outstanding(owner, row, one) > 0
        )
        return Session(
            id=owner.session_id,
            name=self._name(row),
            created_at=owner.created_at,
            # A finished session is told by its time on the wire, so one without a time borrows the other.
            finished_at=(self._finished_at(row) or owner.created_at) if finished else None,
            is_payable=payable,
            tables=tables,
            covers=self._covers(row),
            waiter=owner.waiter,
        )

    def lost_table(self, row: Row, one: Gathered) -> str | None:
        """The table that a session refers to and that is not there, where only the adapter can tell which that is."""
        if self._ref is None or self._id is None:
            return None
        ref = self._ref(row)
        if not all(ref) or any(self._id(link) == ref for link in one.links):
            return None
        return ",".join(map(str, ref))

    def _visible_table(self, row: Row) -> str | None:
        """The name of a table that card machines are shown; None for one that is hidden or has no name."""
        try:
            if self._status is not None and self._read_status((row[self._status], self._status_there(row))) is None:
                return None
            return self._table_name(row)
        except (RowUnreadable, Unreadable):
            return None  # the list of tables says what is wrong with it

    def _status_there(self, row: Row) -> bool:
        return self._there is None or bool(row[self._there])

    def _outstanding(self, owner: Owner, row: Row, one: Gathered) -> int:
        """What a session still owes; one whose bill cannot be read owes nothing that could be paid."""
        try:
            _, rule = self.totals.rule(row)
            total = self.totals.amount("total", row, rule)
            if self._contents is not None:
                one = self._contents.unpacked(row, one)
                _, lines = self._contents.make(owner.created_at, row, one, rule)
                total, _ = self.totals.summed(self._contents, row, one, rule, lines)
            return 0 if total is None else total - (self.totals.amount("paid", row, rule) or 0)
        except RowUnreadable:
            return 0

    def tables_of(self, row: Row, one: Gathered) -> list[tuple[str, str | None]]:
        """The names of a session's tables in their order, with their ids where those are read."""
        links: Sequence[Row] = one.links
        if links and self._ref is not None and self._id is not None:
            ref = self._ref(row)
            links = [link for link in links if self._id(link) == ref] if all(ref) else []
        named = [(self._visible_table(link), link) for link in self._links_in_order(links)] if links else ()
        return [(name, None if self._id is None else key_text(self._id(link))) for name, link in named if name]

    def _tables(self, row: Row, one: Gathered, asked: Collection[str] | None) -> tuple[str, ...]:
        """The names of a session's tables; one that was asked for comes first."""
        if not one.links:
            return ()
        names = [name for name, _ in self.tables_of(row, one)]
        if asked is not None:
            names.sort(key=lambda name: name not in asked)
        return tuple(dict.fromkeys(names))
