"""Makes bills of the rows of one session: totals, and lines that add up to them. Knows nothing of statements."""

from __future__ import annotations

from collections.abc import Callable

from adapter.domain.lines import LineError, LineRule, to_minor
from adapter.domain.money import digits_of
from adapter.domain.values import Bill, BillItem, Session
from adapter.errors import BillUnbalanced, RowUnreadable
from adapter.mapping.bill_lines import ExtraMaker, LineMaker
from adapter.mapping.fields import Fields
from adapter.mapping.gather import Gathered, Row, branch_of
from adapter.mapping.plans import Plan, Slots
from adapter.mapping.readings import Unreadable, plain_text
from adapter.toml.locate import Path, dotted

Make = Callable[[Session, Row, Gathered], tuple[Bill | None, int]]
"""A bill (None when the session has none) and by how much its lines differ from its total."""


class BillMaker:
    """The bills of one bound mapping."""

    def __init__(self, fields: Fields) -> None:
        self._fields = fields
        self._rule = fields.binder.mapping.file.bill

    def outstanding(self, slots: Slots, row: Row) -> int:
        """What a session still owes; 0 when it has no bill."""
        line_rule = self._line_rule(slots, row)[1]
        total = self._amount("total", slots, row, line_rule)
        return 0 if total is None else total - (self._amount("paid", slots, row, line_rule) or 0)

    def maker(self, plan: Plan) -> Make:
        """The function that makes the bills of one plan."""
        slots = branch_of(plan, "session").slots
        items = LineMaker(self._fields, plan)
        branches = [branch for branch in plan.branches if branch.kind in ("charge", "discount")]
        extras = [ExtraMaker(self._fields, branch) for branch in branches]

        def make(session: Session, row: Row, one: Gathered) -> tuple[Bill | None, int]:
            currency, line_rule = self._line_rule(slots, row)
            total = self._amount("total", slots, row, line_rule)
            if total is None:
                return None, 0
            lines, sum_of_lines = items.make(session, one, line_rule)
            for extra in extras:
                sum_of_lines += extra.add(lines, session, one, line_rule)
            service = self._amount("service_charge", slots, row, line_rule) if "service_charge" in slots else None
            difference = total - sum_of_lines - (service or 0)
            if difference:
                difference = self._settle(difference, lines, session)
            note = plain_text(row[slots["note"]]) if "note" in slots else ""
            bill = Bill(
                session_id=session.id,
                total=total,
                paid=self._amount("paid", slots, row, line_rule) or 0,
                tax=self._amount("tax", slots, row, line_rule) or 0,
                currency=currency,
                service_charge=service,
                items=tuple(lines),
                note=note or None,
            )
            return bill, difference

        return make

    def _settle(self, difference: int, lines: list[BillItem], session: Session) -> int:
        """Do with a difference between total and lines what the mapping says; what remains is told."""
        rounding = self._rule.rounding_line
        if rounding is not None and abs(difference) <= rounding.limit:
            lines.append(
                BillItem(
                    id="rounding", name=rounding.name, quantity=1, amount=difference, ordered_at=session.created_at
                )
            )
            return 0
        if self._rule.differs is None:
            raise BillUnbalanced(
                f"the lines of {session.name} do not add up to its total "
                f"(total minus lines is {difference} minor units; {self._fields.place(('bill', 'total'))})"
            )
        return difference

    def _line_rule(self, slots: Slots, row: Row) -> tuple[str, LineRule]:
        rule = self._fields.line_rule
        if self._fields.currency is not None:
            return self._fields.currency, rule
        if "currency" not in slots:
            return "", rule
        code = plain_text(row[slots["currency"]])
        if not code:
            code = self._fields.read[("bill", "currency")](None) or ""
        digits = digits_of(code)
        if digits is None:
            path: Path = ("bill", "currency")
            raise RowUnreadable(f"{dotted(path)} is no currency code ({self._fields.place(path)})")
        if digits == rule.digits:
            return code, rule
        return code, LineRule(
            digits=digits, rounding=rule.rounding, stage=rule.stage, fraction=rule.fraction, inexact=rule.inexact
        )

    def _amount(self, name: str, slots: Slots, row: Row, rule: LineRule) -> int | None:
        path: Path = ("bill", name)
        if name not in slots:
            return None
        try:
            amount = self._fields.read[path](row[slots[name]])
            return None if amount is None else to_minor(amount, rule)
        except (Unreadable, LineError) as error:
            raise RowUnreadable(f"{dotted(path)} {error} ({self._fields.place(path)})") from None
