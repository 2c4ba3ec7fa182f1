"""What stands on a bill: items with modifiers, discounts, charges, and what they come to. Knows nothing of totals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from adapter.domain.lines import LineRule
from adapter.domain.values import BillItem
from adapter.errors import RowUnreadable
from adapter.mapping.beside import Beside, ExtraMaker
from adapter.mapping.bill_lines import LineMaker
from adapter.mapping.extras import moment_name
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
        kinds: dict[str, Callable[..., ExtraMaker]] = {"discount": ExtraMaker, "charge": ExtraMaker}
        self._extras = Beside(fields, plan, self._unpacker, kinds)

    @property
    def unpacker(self) -> Unpacker | None:
        """What decodes rows, where the mapping has such."""
        return self._unpacker

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
        for extra, rows in self._extras.those_there(row, one):
            moment = self._moment(extra.path, created_at, row)
            for each in rows:
                total += extra.add(lines, moment, each, rule)
        return lines, total

    def exact(self, row: Row, one: Gathered, rule: LineRule) -> tuple[Decimal, Decimal]:
        """What the lines come to before anything is rounded, and the tax in it; `one` is unpacked.

        Raises RowUnreadable.
        """
        total, tax = self._lines.exact(one, rule)
        for extra, rows in self._extras.those_there(row, one):
            for each in rows:
                amount, share = extra.exact(each, rule)
                total += amount
                tax += share
        return total, tax

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
