"""Makes bills of the rows of one session: totals, and lines that add up to them. Knows nothing of statements."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from adapter.domain.lines import LineError, LineRule, to_minor
from adapter.domain.money import digits_of
from adapter.domain.values import Bill, BillItem, Waiter
from adapter.errors import BillUnbalanced, RowUnreadable
from adapter.events import BillDiffers, Emit
from adapter.mapping.bill_contents import BillContents
from adapter.mapping.fields import Fields
from adapter.mapping.gather import Gathered, Row, branch_of
from adapter.mapping.plans import Plan, Slots
from adapter.mapping.readings import Unreadable, plain_text, remembered
from adapter.mapping.rows import Unpacker
from adapter.mapping.texts import text_of
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
        self._minor = {
            name: self._reader(name) for name in ("total", "paid", "tax", "service_charge", "tips") if name in slots
        }
        bill = fields.binder.mapping.file.bill
        self.total_is_summed = bill.total is not None and bill.total.sum is not None
        self.tax_is_summed = bill.tax is not None and bill.tax.sum is not None
        self._adds_rounded_lines = bill.total is not None and bill.total.rounded == "line"

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

    def summed(self, contents: BillContents, row: Row, one: Gathered, rule: LineRule, lines: int) -> tuple[int, int]:
        """The total and the tax of an EPOS that stores neither; `lines` is the sum of the rounded lines.

        Raises RowUnreadable.
        """
        total, tax = contents.exact(row, one, rule)
        service = self.amount("service_charge", row, rule) or 0
        try:
            return (lines if self._adds_rounded_lines else to_minor(total, rule)) + service, to_minor(tax, rule)
        except LineError as error:
            raise RowUnreadable(f"bill.total {error} ({self._fields.place(('bill', 'total'))})") from None

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

    def __init__(self, fields: Fields, plan: Plan, totals: Totals, emit: Emit, *, differs: str | None = None) -> None:
        """`differs` lets bills be made that do not add up, whatever the mapping says of it; the difference is emitted."""
        self._fields = fields
        self._emit = emit
        self._totals = totals
        self._rule = fields.binder.mapping.file.bill
        self._contents = BillContents(fields, plan)
        self._differs = differs or self._rule.differs
        slots = branch_of(plan, "session").slots
        self._note = text_of(slots, "note") or (lambda _row: "")
        self._no_note = fields.read[("bill", "note")](None) if ("bill", "note") in fields.read else None

    @property
    def unpacker(self) -> Unpacker | None:
        """What decodes rows, where the mapping has such."""
        return self._contents.unpacker

    def make(self, owner: Owner, row: Row, one: Gathered) -> Bill | None:
        """The bill; None when the session has none.

        Raises RowUnreadable, BillUnbalanced.
        """
        totals = self._totals
        currency, line_rule = totals.rule(row)
        total = totals.amount("total", row, line_rule)
        if total is None and not totals.total_is_summed:
            return None
        one = self._contents.unpacked(row, one)
        lines, sum_of_lines = self._contents.make(owner.created_at, row, one, line_rule)
        tax = totals.amount("tax", row, line_rule) or 0
        if total is None or totals.tax_is_summed:
            summed, its_tax = totals.summed(self._contents, row, one, line_rule, sum_of_lines)
            total = summed if total is None else total
            tax = its_tax if totals.tax_is_summed else tax
        service = totals.amount("service_charge", row, line_rule)
        difference = total - sum_of_lines - (service or 0)
        if difference:
            self._settle(difference, lines, owner)
        return Bill(
            session_id=owner.session_id,
            total=total,
            paid=totals.amount("paid", row, line_rule) or 0,
            tax=tax,
            currency=currency,
            service_charge=service,
            items=tuple(lines),
            note=self._note(row) or self._no_note,
        )

    def _settle(self, difference: int, lines: list[BillItem], owner: Owner) -> None:
        """Do with a difference between total and lines what the mapping says."""
        rounding = self._rule.rounding_line
        if rounding is not None and abs(difference) <= rounding.limit:
            moment = owner.created_at
            line = BillItem(
                id="rounding", name=rounding.name, quantity=1, amount=difference, ordered_at=moment, kind="rounding"
            )
            lines.append(line)
        elif self._differs is None:
            raise BillUnbalanced(
                "the lines of this bill do not add up to its total "
                f"(total minus lines is {difference} minor units; {self._fields.place(('bill', 'total'))})"
            )
        else:
            self._emit(BillDiffers(session=str(owner.session_id), difference=difference))
