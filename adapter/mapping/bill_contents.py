"""What stands on a bill: items with modifiers, discounts, charges, and what they come to. Knows nothing of totals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from adapter.domain.lines import LineRule
from adapter.domain.values import BillItem
from adapter.errors import RowUnreadable
from adapter.mapping.bill_lines import ExtraMaker, LineMaker
from adapter.mapping.extras import extra_place, moment_name
from adapter.mapping.fields import Fields
from adapter.mapping.gather import Gathered, Row, branch_of
from adapter.mapping.plans import Plan
from adapter.mapping.readings import Unreadable
from adapter.mapping.rows import Unpacker
from adapter.mapping.walk import entities
from adapter.toml.locate import Path, dotted


class BillContents:
    """The lines of the bills of one plan."""

    def __init__(self, fields: Fields, plan: Plan) -> None:
        self._fields = fields
        self._unpacker = Unpacker(fields, plan) if fields.binder.mapping.rows else None
        decoded = self._unpacker.branches if self._unpacker is not None else []
        self._lines = LineMaker(fields, {branch.kind: branch for branch in [*plan.branches, *decoded]})
        slots = branch_of(plan, "session").slots
        self._moments = {
            path: slots[moment_name(path)]
            for path, _, _ in entities(fields.binder.mapping.file)
            if moment_name(path) in slots
        }
        self._extras: list[tuple[int | str, ExtraMaker]] = []
        """Discounts and charges in the order of the mapping, with the rows they stand in or the number of their branch."""
        branches = {(str(branch.kind), branch.index): (number, branch) for number, branch in enumerate(plan.branches)}
        if self._unpacker is not None:
            branches |= {(str(one.kind), one.index): (self._unpacker.number_of(one), one) for one in decoded}
        for path, _, _ in entities(fields.binder.mapping.file):
            if path[0] not in ("discount", "charge"):
                continue
            place = extra_place(fields.binder.mapping, path)
            lead = f"{path[0]}.{path[1]}."
            if place is not None and place.owner == "session":
                self._extras.append(("session", ExtraMaker(fields, path, slots, lead)))
            elif place is not None:
                self._extras.append(("item", ExtraMaker(fields, path, branch_of(plan, "item").slots, lead)))
            else:
                number, branch = branches[str(path[0]), int(path[1])]
                self._extras.append((number, ExtraMaker(fields, path, branch.slots)))

    def unpacked(self, row: Row, one: Gathered) -> Gathered:
        """What belongs to a session, what is decoded included.

        Raises RowUnreadable.
        """
        return one if self._unpacker is None else self._unpacker.unpack(row, one)

    def make(self, created_at: datetime, row: Row, one: Gathered, rule: LineRule) -> tuple[list[BillItem], int]:
        """The lines in their order, and the sum of their amounts in minor units; `one` is unpacked.

        Raises RowUnreadable.
        """
        lines, total = self._lines.make(self._moment(("item",), created_at, row), one, rule)
        for extra, rows in self._those_there(row, one):
            moment = self._moment(extra.path, created_at, row) if rows else created_at
            for each in rows:
                total += extra.add(lines, moment, each, rule)
        return lines, total

    def exact(self, row: Row, one: Gathered, rule: LineRule) -> tuple[Decimal, Decimal]:
        """What the lines come to before anything is rounded, and the tax in it; `one` is unpacked.

        Raises RowUnreadable.
        """
        total, tax = self._lines.exact(one, rule)
        for extra, rows in self._those_there(row, one):
            for each in rows:
                amount, share = extra.exact(each, rule)
                total += amount
                tax += share
        return total, tax

    def _those_there(self, row: Row, one: Gathered) -> Iterator[tuple[ExtraMaker, Sequence[Row]]]:
        """The discounts and charges with their rows."""
        for number, extra in self._extras:
            if number == "session":
                rows: Sequence[Row] = (row,)
            else:
                rows = one.items if number == "item" else one.extras.get(int(number), ())
            yield extra, extra.those_there(rows)

    def _moment(self, path: Path, created_at: datetime, row: Row) -> datetime:
        """When lines were ordered that do not say it themselves."""
        place = self._moments.get(path)
        if place is None:
            return created_at
        try:
            moment: datetime | None = self._fields.read[(*path, "ordered_at")](row[place])
        except Unreadable as error:
            where: Path = (*path, "ordered_at")
            raise RowUnreadable(f"{dotted(where)} {error} ({self._fields.place(where)})") from None
        return moment or created_at
