"""Makes what stands on a bill beside its items: discounts, charges, taxes, payments. Knows nothing of totals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

from adapter.domain.lines import LineError, LineRule, to_minor
from adapter.domain.orders import OrderPayment, TaxLine
from adapter.domain.values import BillItem
from adapter.errors import RowUnreadable
from adapter.mapping.extras import extra_place
from adapter.mapping.fields import Fields
from adapter.mapping.gather import Gathered, Row, branch_of, sorter
from adapter.mapping.plans import Plan, Slots
from adapter.mapping.readings import Unreadable, plain_text, remembered
from adapter.mapping.rows import Unpacker
from adapter.mapping.taxes import Tax
from adapter.mapping.texts import first_of, text_of
from adapter.mapping.walk import entities
from adapter.toml.locate import Path, dotted

_NOTHING = Decimal(0)


class BesideMaker:
    """What one of these entities gives: base of them all."""

    def __init__(self, fields: Fields, path: Path, slots: Slots, lead: str = "", *, of_item: bool = False) -> None:
        """`lead` is what the outputs of a rule without rows of its own begin with; `of_item`: it stands in an item's row."""
        self._fields = fields
        self.path = path
        self._slots = slots
        self._lead = lead
        self.there = slots.get(f"{lead}there")
        """Where a row says whether it holds one; None where every row does."""
        self._in_order = sorter(slots)
        # What stands in the row of an item concerns that item.
        concerned = [f"{lead}plu", "plu", "id", "name"] if of_item else [f"{lead}plu"]
        self._plu = first_of(slots, concerned)

    def those_there(self, rows: Sequence[Row]) -> Sequence[Row]:
        """The rows that hold one of these, in their order; a rule without rows of its own is found in few."""
        there = self.there
        if there is not None:
            rows = [row for row in rows if row[there]]
        return self._in_order(rows) if len(rows) > 1 else rows

    def _text(self, name: str) -> Callable[[Row], str]:
        """A text of each row, or what every one of these is called where the mapping says it once and the rows do not."""
        missing = plain_text(self._read(name, None)) if (*self.path, name) in self._fields.read else ""
        read = text_of(self._slots, f"{self._lead}{name}")
        if read is not None:
            return (lambda row: read(row) or missing) if missing else read
        binder = self._fields.binder
        fragment = binder.mapping.fragment(*self.path, name)
        value = binder.constant(binder.expression(fragment)) if fragment is not None else None
        text = plain_text(value) or missing
        return lambda _row: text

    def _read(self, name: str, value: Any) -> Any:
        return self._fields.read[(*self.path, name)](value)

    def _value_of(self, name: str) -> Callable[[Row], Any]:
        """What reads a field that is no amount; None where the rows do not have it. It raises RowUnreadable."""
        place = self._slots.get(f"{self._lead}{name}")
        if place is None:
            return lambda _row: None
        read = self._fields.read[(*self.path, name)]

        def value(row: Row) -> Any:
            try:
                return read(row[place])
            except Unreadable as error:
                raise self._unreadable(name, str(error)) from None

        return value

    def _major(self, name: str, row: Row, rule: LineRule) -> Decimal | None:
        """An amount of a row in major units; None where it is NULL or the rows do not have it.

        Raises RowUnreadable.
        """
        place = self._slots.get(f"{self._lead}{name}")
        return None if place is None else self._major_in(name, row[place], rule)

    def _major_in(self, name: str, value: Any, rule: LineRule) -> Decimal | None:
        try:
            amount: Decimal | None = self._fields.money((*self.path, name), rule)(value)
        except Unreadable as error:
            raise self._unreadable(name, str(error)) from None
        return amount

    def _minor(self, name: str, amount: Decimal, rule: LineRule) -> int:
        try:
            return to_minor(amount, rule)
        except LineError as error:
            raise self._unreadable(name, str(error)) from None

    def _concerned(self, row: Row) -> str | None:
        """The PLU of the item that it concerns."""
        return None if self._plu is None else self._plu(row)

    def _unreadable(self, name: str, reason: str) -> RowUnreadable:
        where: Path = (*self.path, name)
        return RowUnreadable(f"{dotted(where)} {reason} ({self._fields.place(where)})")


class ExtraMaker(BesideMaker):
    """The discounts, or the charges, of one rule: items of quantity 1."""

    def __init__(self, fields: Fields, path: Path, slots: Slots, lead: str = "", *, of_item: bool = False) -> None:
        super().__init__(fields, path, slots, lead, of_item=of_item and path[0] == "discount")
        self._sign = -1 if path[0] == "discount" else 1
        self._tax = Tax(fields, path, slots, lead)
        self._id, self._name = self._text("id"), self._text("name")
        self._moment, self._rate = self._value_of("ordered_at"), self._value_of("rate")
        self._usual = fields.line_rule
        self._amount = slots[f"{lead}amount"]
        self._untaxed = remembered(lambda value: self._whole(self._present(value, self._usual), self._usual))
        """A rule has few amounts, and without a tax they come to the same each time."""

    def add(self, lines: list[BillItem], created_at: datetime, row: Row, rule: LineRule) -> int:
        """Append the item of a row, if it has an amount, and give the amount in minor units."""
        if self._tax.applies or rule is not self._usual:
            whole = self._whole(self._held(row, rule), rule)
        else:
            whole = self._untaxed(row[self._amount])
        moment = self._moment(row)
        if whole:
            item = BillItem(
                id=self._id(row),
                name=self._name(row) or str(self.path[0]).capitalize(),
                quantity=1,
                amount=whole,
                ordered_at=moment or created_at,
                kind="discount" if self._sign < 0 else "charge",
                plu=self._concerned(row),
                rate=self._rate(row),
            )
            lines.append(item)
        return whole

    def exact(self, row: Row, rule: LineRule) -> tuple[Decimal, Decimal]:
        """The amount of a row before it is rounded, as it changes the total, and the tax in it."""
        amount = self._sign * self._held(row, rule)
        try:
            return amount, self._tax.share(row, amount)
        except Unreadable as error:
            raise self._unreadable("amount", str(error)) from None

    def _held(self, row: Row, rule: LineRule) -> Decimal:
        """The amount with its tax, in major units."""
        amount = self._present(row[self._amount], rule)
        try:
            return amount * self._tax.factor(row)
        except Unreadable as error:
            raise self._unreadable("amount", str(error)) from None

    def _present(self, value: Any, rule: LineRule) -> Decimal:
        amount = self._major_in("amount", value, rule)
        if amount is None:
            raise self._unreadable("amount", "is NULL and no missing = is said")
        return amount

    def _whole(self, amount: Decimal, rule: LineRule) -> int:
        """As it changes the total, in minor units."""
        return self._minor("amount", self._sign * amount, rule)


class TaxLineMaker(BesideMaker):
    """The taxes of one rule."""

    def __init__(self, fields: Fields, path: Path, slots: Slots, lead: str = "", *, of_item: bool = False) -> None:  # noqa: ARG002 -- a tax is that of the bill unless the mapping says otherwise
        super().__init__(fields, path, slots, lead)
        self._id, self._name = self._text("id"), self._text("name")
        self._rate = self._value_of("rate")

    def make(self, row: Row, rule: LineRule) -> tuple[TaxLine, Decimal]:
        """The tax of a row, and how much it comes to, exactly and in major units; its `amount` is left to be said.

        Raises RowUnreadable.
        """
        tax = TaxLine(
            id=self._id(row) or None,
            name=self._name(row) or "Tax",
            amount=0,
            rate=self._rate(row),
            plu=self._concerned(row),
        )
        return tax, self._major("amount", row, rule) or _NOTHING


class PaymentMaker(BesideMaker):
    """The payments of one rule."""

    def __init__(self, fields: Fields, path: Path, slots: Slots, lead: str = "", *, of_item: bool = False) -> None:
        super().__init__(fields, path, slots, lead, of_item=of_item)
        self._id, self._method = self._text("id"), self._text("method")
        self._paid_at = self._value_of("paid_at")

    def make(self, row: Row, rule: LineRule) -> OrderPayment | None:
        """The payment of a row; None for one without an amount.

        Raises RowUnreadable.
        """
        amount = self._minor("amount", self._major("amount", row, rule) or _NOTHING, rule)
        tip = self._minor("tip", self._major("tip", row, rule) or _NOTHING, rule)
        if not amount and not tip:
            return None
        return OrderPayment(
            id=self._id(row) or None,
            amount=amount,
            tip=tip,
            method=self._method(row) or None,
            at=self._paid_at(row),
        )


Made = TypeVar("Made", bound=BesideMaker)


class Beside(Generic[Made]):
    """The entities of one kind, or of some, in the order of the mapping, and where their rows are."""

    def __init__(
        self, fields: Fields, plan: Plan, unpacker: Unpacker | None, kinds: dict[str, Callable[..., Made]]
    ) -> None:
        """`kinds` are the entities that are meant, each with what makes something of its rows."""
        self._found: list[tuple[int | str, Made]] = []
        """With the rows they stand in, or the number of their branch."""
        branches = {(str(branch.kind), branch.index): (number, branch) for number, branch in enumerate(plan.branches)}
        if unpacker is not None:
            branches |= {(str(one.kind), one.index): (unpacker.number_of(one), one) for one in unpacker.branches}
        for path, _, _ in entities(fields.binder.mapping.file):
            make = kinds.get(str(path[0]))
            if make is None:
                continue
            place = extra_place(fields.binder.mapping, path)
            lead = f"{path[0]}.{path[1]}."
            if place is not None:
                is_of_item = place.owner == "item"
                slots = branch_of(plan, place.owner).slots
                self._found.append((place.owner, make(fields, path, slots, lead, of_item=is_of_item)))
            else:
                number, branch = branches[str(path[0]), int(path[1])]
                self._found.append((number, make(fields, path, branch.slots)))

    def __bool__(self) -> bool:
        return bool(self._found)

    def those_there(self, row: Row, one: Gathered) -> Iterator[tuple[Made, Sequence[Row]]]:
        """Those that a session has, each with its rows; `one` is unpacked."""
        for number, maker in self._found:
            if number == "session":
                if maker.there is None or row[maker.there]:
                    yield maker, (row,)
                continue
            rows = one.items if number == "item" else one.extras.get(int(number), ())
            if rows and (there := maker.those_there(rows)):
                yield maker, there
