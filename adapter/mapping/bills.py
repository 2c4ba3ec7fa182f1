"""Makes bills of the rows of one session: totals, and lines that add up to them. Knows nothing of statements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from adapter.domain.lines import LineError, LineRule, to_minor
from adapter.domain.money import digits_of
from adapter.domain.values import Bill, BillItem, Waiter
from adapter.errors import BillUnbalanced, RowUnreadable
from adapter.events import BillDiffers, Emit
from adapter.mapping.bill_lines import ExtraMaker, LineMaker
from adapter.mapping.extras import extra_place, moment_name
from adapter.mapping.fields import Fields
from adapter.mapping.gather import Gathered, Row, branch_of
from adapter.mapping.plans import Plan, Slots
from adapter.mapping.readings import Unreadable, plain_text, remembered
from adapter.mapping.texts import text_of
from adapter.mapping.walk import entities
from adapter.toml.locate import Path, dotted


class Owner(Struct, frozen=True, kw_only=True):
    """What a bill needs of its session."""

    session_id: UUID
    created_at: datetime
    waiter: Waiter | None


class Totals:
    """The amounts of a session's row, in minor units of its currency."""

    def __init__(self, fields: Fields, slots: Slots) -> None:
        self._fields = fields
        self._slots = slots
        self._minor = {name: self._reader(name) for name in ("total", "paid", "tax", "service_charge") if name in slots}

    def rule(self, row: Row) -> tuple[str, LineRule]:
        """The currency of a row, and how its amounts become whole ones."""
        rule = self._fields.line_rule
        if self._fields.currency is not None:
            return self._fields.currency, rule
        if "currency" not in self._slots:
            return "", rule
        code = plain_text(row[self._slots["currency"]])
        if not code:
            code = self._fields.read["bill", "currency"](None) or ""
        digits = digits_of(code)
        if digits is None:
            path: Path = ("bill", "currency")
            raise RowUnreadable(f"{dotted(path)} is no currency code ({self._fields.place(path)})")
        return code, self._fields.rule_for(digits)

    def amount(self, name: str, row: Row, rule: LineRule) -> int | None:
        """One of the amounts; None when it is NULL or the mapping does not have it."""
        read = self._minor.get(name)
        return None if read is None else read(row, rule)

    def _reader(self, name: str) -> Callable[[Row, LineRule], int | None]:
        path: Path = ("bill", name)
        place = self._slots[name]
        fields = self._fields
        usual = fields.line_rule

        def convert(value: Any, rule: LineRule) -> int | None:
            amount = fields.money(path, rule)(value)
            return None if amount is None else to_minor(amount, rule)

        known = remembered(lambda value: convert(value, usual))

        def read(row: Row, rule: LineRule) -> int | None:
            try:
                answer: int | None = known(row[place]) if rule is usual else convert(row[place], rule)
            except (Unreadable, LineError) as error:
                raise RowUnreadable(f"{dotted(path)} {error} ({self._fields.place(path)})") from None
            return answer

        return read


class BillMaker:
    """The bills of one plan."""

    def __init__(self, fields: Fields, plan: Plan, totals: Totals, emit: Emit) -> None:
        self._fields = fields
        self._emit = emit
        self._totals = totals
        self._rule = fields.binder.mapping.file.bill
        self._lines = LineMaker(fields, plan)
        slots = branch_of(plan, "session").slots
        self._note = text_of(slots, "note") or (lambda _row: "")
        self._no_note = fields.read[("bill", "note")](None) if ("bill", "note") in fields.read else None
        self._moments = {
            path: slots[moment_name(path)]
            for path, _, _ in entities(fields.binder.mapping.file)
            if moment_name(path) in slots
        }
        self._extras: list[tuple[int | str, ExtraMaker]] = []
        """Discounts and charges in the order of the mapping, with the rows they stand in or the number of their branch."""
        branches = {(str(branch.kind), branch.index): number for number, branch in enumerate(plan.branches)}
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
                number = branches[str(path[0]), int(path[1])]
                self._extras.append((number, ExtraMaker(fields, path, plan.branches[number].slots)))

    def make(self, owner: Owner, row: Row, one: Gathered) -> Bill | None:
        """The bill; None when the session has none.

        Raises RowUnreadable, BillUnbalanced.
        """
        totals = self._totals
        currency, line_rule = totals.rule(row)
        total = totals.amount("total", row, line_rule)
        if total is None:
            return None
        lines, sum_of_lines = self._lines.make(self._moment(("item",), owner, row), one, line_rule)
        for number, extra in self._extras:
            if number == "session":
                rows: Sequence[Row] = (row,)
            else:
                rows = one.items if number == "item" else one.extras.get(int(number), ())
            there = extra.those_there(rows)
            moment = self._moment(extra.path, owner, row) if there else owner.created_at
            for each in there:
                sum_of_lines += extra.add(lines, moment, each, line_rule)
        service = totals.amount("service_charge", row, line_rule)
        difference = total - sum_of_lines - (service or 0)
        if difference:
            self._settle(difference, lines, owner)
        return Bill(
            session_id=owner.session_id,
            total=total,
            paid=totals.amount("paid", row, line_rule) or 0,
            tax=totals.amount("tax", row, line_rule) or 0,
            currency=currency,
            service_charge=service,
            items=tuple(lines),
            note=self._note(row) or self._no_note,
        )

    def _moment(self, path: Path, owner: Owner, row: Row) -> datetime:
        """When lines were ordered that do not say it themselves."""
        place = self._moments.get(path)
        if place is None:
            return owner.created_at
        try:
            moment: datetime | None = self._fields.read[(*path, "ordered_at")](row[place])
        except Unreadable as error:
            where: Path = (*path, "ordered_at")
            raise RowUnreadable(f"{dotted(where)} {error} ({self._fields.place(where)})") from None
        return moment or owner.created_at

    def _settle(self, difference: int, lines: list[BillItem], owner: Owner) -> None:
        """Do with a difference between total and lines what the mapping says."""
        rounding = self._rule.rounding_line
        if rounding is not None and abs(difference) <= rounding.limit:
            moment = owner.created_at
            lines.append(BillItem(id="rounding", name=rounding.name, quantity=1, amount=difference, ordered_at=moment))
        elif self._rule.differs is None:
            raise BillUnbalanced(
                "the lines of this bill do not add up to its total "
                f"(total minus lines is {difference} minor units; {self._fields.place(('bill', 'total'))})"
            )
        else:
            self._emit(BillDiffers(session=str(owner.session_id), difference=difference))
