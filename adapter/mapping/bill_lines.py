"""Makes the lines of a bill of their rows: items with their modifiers. Knows nothing of totals.

Ten thousand lines may pass here for one answer, so everything that can be decided once is decided when a maker is made,
which is once for each plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import repeat
from typing import Any

from msgspec.structs import replace

from adapter.domain.lines import Extra, Line, LineError, LineRule, bill_item, exact_amounts
from adapter.domain.money import minor_if_exact
from adapter.domain.values import BillItem, Modifier
from adapter.errors import RowUnreadable
from adapter.mapping.field_schema import TextField
from adapter.mapping.fields import Fields
from adapter.mapping.gather import Gathered, Row, item_key_of, sorter
from adapter.mapping.plans import Branch, Slots
from adapter.mapping.readings import Reading, Unreadable, remembered
from adapter.mapping.taxes import Tax
from adapter.mapping.texts import first_of, id_of, parts, places_of, read_once, text_of
from adapter.toml.locate import Path, dotted

_ONE = Decimal(1)
_NOT_PLAIN = (0, None, "", (), "")
_ANY_TIME = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for the time of lines that are only added up."""

Made = tuple[BillItem, int]
"""An item and the amount of its line in minor units."""


Quick = Callable[[datetime, Sequence[Row], Iterable[Sequence[Row]], LineRule], tuple[list[BillItem], int]]
"""Makes lines of the rows of items, each with those of its modifiers."""


class LineMaker:
    """The items of a bill with their modifiers."""

    def __init__(self, fields: Fields, branches: Mapping[str, Branch]) -> None:
        """`branches` lay out the rows of items and of modifiers."""
        self._fields = fields
        self._branch = branches["item"]
        slots = self._branch.slots
        file = fields.binder.mapping.file
        self._in_order = sorter(slots)
        self._item_key = item_key_of(self._branch)
        self._amount = slots["amount_per_item"]
        self._read_amount = fields.read["item", "amount_per_item"]
        self._per_line = file.item.amount_per_item is not None and file.item.amount_per_item.per == "line"
        self._quantity = slots.get("quantity")
        self._ordered = slots.get("ordered_at")
        self._ordered_at = fields.read.get(("item", "ordered_at"))
        self._positional = slots.get("positional")
        self._tax = Tax(fields, ("item",), slots, "")
        self._id = id_of(slots, ["id"], file.item.id.missing if file.item.id is not None else None)
        self._name = text_of(slots, "name") or (lambda _row: "")
        self._category = parts(slots, "category")
        self._plu = first_of(slots, ["plu"], _missing(file.item.plu))
        self._note = first_of(slots, ["note"], _missing(file.item.note))
        exact_of = _exact_minor(self._read_amount, fields.line_rule.digits)
        quantity = self._quantity or 0
        self._own_id = None if self._is_of_dish("id") else self._id
        told = ["name", "category"] if self._own_id is not None else ["id", "name", "category"]
        self._dish = read_once(
            [quantity, self._amount, *(place for name in told for place in places_of(slots, name))],
            lambda row: (
                _count(row[quantity]),
                exact_of(row[self._amount]),
                self._name(row),
                self._category(row),
                self._id(row) if self._own_id is None else "",
            ),
        )
        modifiers = branches.get("modifier")
        self._extras: ModifierMaker | None = None
        if modifiers is not None:
            own = Tax(fields, ("modifier",), modifiers.slots, "") if file.modifier and file.modifier.tax else None
            self._extras = ModifierMaker(fields, modifiers.slots, "", own, self._tax)
            self._extras_in_order = sorter(modifiers.slots)
        elif self._positional is not None:
            self._extras = ModifierMaker(fields, slots, "modifier.", self._tax, self._tax)
            self._extras_in_order = list
        self._quick = self._quick_way()

    def _is_of_dish(self, name: str) -> bool:
        """Whether lines of one dish have a field in common that is remembered with it.

        What each line has for itself would never be found again, and only in a column of one type do equal values mean the same.
        """
        slots = self._branch.slots
        of_line = {place for output, place in slots.items() if output.startswith(("item.", "order."))}
        fact = self._fields.binder.fact_of(("item", name))
        has_type = fact is not None and fact.family in ("integer", "text") and not self._fields.binder.mapping.rows
        return has_type and of_line.isdisjoint(places_of(slots, name))

    def make(self, created_at: datetime, one: Gathered, rule: LineRule) -> tuple[list[BillItem], int]:
        """The items in their order, and the sum of their amounts in minor units."""
        rows, below = self._groups(one)
        if self._can_be_quick(rule):
            return self._quick(created_at, rows, below, rule)
        lines: list[BillItem] = []
        total = 0
        for row, modifiers in zip(rows, below, strict=False):
            item, amount = self._slow(created_at, row, modifiers, rule)
            lines.append(item)
            total += amount
        return lines, total

    def _groups(self, one: Gathered) -> tuple[Sequence[Row], Iterable[Sequence[Row]]]:
        """The rows of the items, and for each those of its modifiers, all in order."""
        rows = self._in_order(one.items)
        if self._positional is not None:
            return self._positioned(rows, self._positional)
        found = one.modifiers
        if not found:
            return rows, repeat(())
        in_order = self._extras_in_order
        return rows, [in_order(found[key]) if key in found else () for key in map(self._item_key, rows)]

    @staticmethod
    def _positioned(rows: Sequence[Row], positional: int) -> tuple[Sequence[Row], Sequence[Sequence[Row]]]:
        """Rows that modify the nearest row before them that does not; a first one stands for itself."""
        items: list[Row] = []
        below: list[list[Row]] = []
        for row in rows:
            if row[positional] and items:
                below[-1].append(row)
            else:
                items.append(row)
                below.append([])
        return items, below

    def _can_be_quick(self, rule: LineRule) -> bool:
        return (
            self._quantity is not None
            and not self._tax.applies
            and not self._per_line
            and rule.digits == self._fields.line_rule.digits
            and (self._extras is None or self._extras.can_be_quick)
        )

    def _quick_way(self) -> Quick:
        """The way for plain lines: whole quantities at whole pence with the tax inside; any other goes the slow way.

        A closure and one loop, because ten thousand lines pass through it for one answer: it looks nothing up.
        """
        own_id_of, dish_of, amount_at = self._own_id, self._dish, self._amount
        quantity_at, extras, slow = self._quantity or 0, self._extras, self._slow
        plu_of, note_of = self._plu, self._note
        moment_of = self._moment_of()

        def quick(
            created_at: datetime, rows: Sequence[Row], below: Iterable[Sequence[Row]], rule: LineRule
        ) -> tuple[list[BillItem], int]:
            lines: list[BillItem] = []
            total = 0
            for row, under in zip(rows, below, strict=False):
                # What is remembered takes `true` for 1, so the type is asked for each time.
                is_number = row[quantity_at].__class__ is not bool and row[amount_at].__class__ is not bool
                quantity, amount, name, category, identity = dish_of(row) if is_number else _NOT_PLAIN
                moment = created_at if moment_of is None else moment_of(row, created_at)
                modifiers, more = (
                    extras.quick(under, quantity) if under and extras is not None and quantity else ((), 0)
                )
                if not quantity or amount is None or not name or modifiers is None or moment is None:
                    item, more = slow(created_at, row, under, rule)
                    lines.append(item)
                    total += more
                    continue
                total += amount * quantity + more
                lines.append(
                    BillItem(
                        id=identity if own_id_of is None else own_id_of(row),
                        name=name,
                        quantity=quantity,
                        amount=amount,
                        ordered_at=moment,
                        category=category,
                        modifiers=modifiers,
                        plu=None if plu_of is None else plu_of(row),
                        note=None if note_of is None else note_of(row),
                    )
                )
            return lines, total

        return quick

    def _moment_of(self) -> Callable[[Row, datetime], datetime | None] | None:
        """What tells when a line was ordered, and otherwise its check; None where it cannot be read.

        None where no line says it.
        """
        read, place = self._ordered_at, self._ordered
        if read is None or place is None:
            return None

        def moment(row: Row, created_at: datetime) -> datetime | None:
            try:
                return read(row[place]) or created_at
            except Unreadable:
                return None

        return moment

    def exact(self, one: Gathered, rule: LineRule) -> tuple[Decimal, Decimal]:
        """What all lines come to before anything is rounded, in major units, and the tax in it."""
        total = tax = Decimal(0)
        for row, below in zip(*self._groups(one), strict=False):
            own, *extras = exact_amounts(self._line(_ANY_TIME, row, below, rule))
            total += own + sum(extras)
            tax += self._tax.share(row, own)
            if self._extras is not None:
                share = self._extras.share
                tax += sum(share(each, row, amount) for each, amount in zip(below, extras, strict=True))
        return total, tax

    def _slow(self, created_at: datetime, row: Row, below: Sequence[Row], rule: LineRule) -> Made:
        line = self._line(created_at, row, below, rule)
        try:
            return bill_item(line, rule)
        except LineError as error:
            raise RowUnreadable(f"item {error} ({self._fields.place(('item',))})") from None

    def _line(self, created_at: datetime, row: Row, below: Sequence[Row], rule: LineRule) -> Line:
        path: Path = ("item",)
        try:
            path = ("item", "quantity")
            quantity = _ONE if self._quantity is None else self._fields.read[path](row[self._quantity])
            path = ("item", "amount_per_item")
            amount = self._fields.money(path, rule)(row[self._amount])
            if amount is None:
                raise Unreadable("is NULL and no missing = is said")
            amount *= self._tax.factor(row)
            path = ("item", "name")
            name = self._name(row) or self._fields.read[path](None)
            if not name:
                raise Unreadable("is empty and no missing = is said")
            path = ("item", "ordered_at")
            moment = self._ordered_at(row[self._ordered]) if self._ordered_at and self._ordered is not None else None
            path = ("modifier",)
            extras = [self._extras.make(modifier, row, rule) for modifier in below] if self._extras is not None else []
            path = ("item",)
            return Line(
                id=self._id(row),
                name=name,
                quantity=quantity,
                amount=amount,
                is_line_amount=self._per_line,
                ordered_at=moment or created_at,
                category=self._category(row),
                extras=extras,
                plu=None if self._plu is None else self._plu(row),
                note=None if self._note is None else self._note(row),
            )
        except (Unreadable, LineError) as error:
            raise RowUnreadable(f"{dotted(path)} {error} ({self._fields.place(path)})") from None


class ModifierMaker:
    """The modifiers of an item."""

    def __init__(self, fields: Fields, slots: Slots, lead: str, own: Tax | None, of_line: Tax) -> None:
        """`own` is the tax of a modifier's own row; without it, it is priced as its line is."""
        rule = fields.binder.mapping.file.modifier
        tax = own or of_line
        self._tax = tax
        self._is_taxed_as_line = own is None
        own_amount = f"{lead}amount" in slots
        own_quantity = f"{lead}quantity" in slots
        self._amount = slots[f"{lead}amount" if own_amount else "amount_per_item"]
        self._fields = fields
        self._amount_path: Path = ("modifier", "amount") if own_amount else ("item", "amount_per_item")
        self._read_amount = fields.read[self._amount_path]
        self._quantity = slots.get(f"{lead}quantity") if own_quantity else slots.get("quantity")
        self._quantity_path: Path = ("modifier", "quantity") if own_quantity else ("item", "quantity")
        self._read_quantity = fields.read.get(self._quantity_path)
        no_id = rule.id.missing if rule is not None and rule.id is not None else None
        self._id = id_of(slots, [f"{lead}id", "id"], no_id)
        self._name = text_of(slots, f"{lead}name") or text_of(slots, "name") or (lambda _row: "")
        # A positional modifier is a row of [item], and its PLU that of an item.
        named = [f"{lead}plu", f"{lead}id", "plu"] if lead else ["plu"]
        is_told = any(places_of(slots, name) for name in (named[0], "plu"))
        self._plu = first_of(slots, named, _missing(rule.plu) if rule is not None else None) if is_told else None
        self._missing_name = rule.name.missing if rule is not None and rule.name is not None else None
        self._per_line = rule is not None and rule.quantity is not None and rule.quantity.per == "line"
        self._amount_per_line = rule is not None and rule.amount is not None and rule.amount.per == "line"
        self._exact_of = _exact_minor(self._read_amount, fields.line_rule.digits)
        self.can_be_quick = not tax.applies and not self._amount_per_line and self._quantity is not None
        told = [f"{lead}id", f"{lead}name", f"{lead}plu", "id", "name", "plu"]
        # The same extras are chosen all evening, so whole ones are remembered.
        self._whole = read_once(
            [self._quantity or 0, self._amount, *{place for name in told for place in places_of(slots, name)}],
            self._if_whole,
        )

    def quick(self, rows: Sequence[Row], items: int) -> tuple[tuple[Modifier, ...] | None, int]:
        """The modifiers of a line of so many items, and their amount for the line; None unless all are whole."""
        found = []
        total = 0
        quantity_at, amount_at, whole = self._quantity or 0, self._amount, self._whole
        shared = self._per_line and items > 1
        for row in rows:
            # Asked of each row: what is remembered takes `true` for 1.
            if row[quantity_at].__class__ is not int or row[amount_at].__class__ is bool:
                return None, 0
            modifier = whole(row)
            if modifier is None:
                return None, 0
            if shared:
                if modifier.quantity % items:
                    return None, 0
                modifier = replace(modifier, quantity=modifier.quantity // items)
            found.append(modifier)
            total += modifier.amount * modifier.quantity
        return tuple(found), total * items

    def _if_whole(self, row: Row) -> Modifier | None:
        """The modifier of a row with a whole quantity and amount; None for any other."""
        amount, quantity = self._exact_of(row[self._amount]), row[self._quantity or 0]
        if amount is None or quantity < 0:
            return None
        plu = None if self._plu is None else self._plu(row)
        return Modifier(id=self._id(row), name=self._label(row), amount=amount, quantity=quantity, plu=plu)

    def share(self, row: Row, line: Row, amount: Decimal) -> Decimal:
        """The tax in the amount of a modifier."""
        return self._tax.share(line if self._is_taxed_as_line else row, amount)

    def make(self, row: Row, line: Row, rule: LineRule) -> Extra:
        """One modifier before it is rounded; `line` is the row of its item.

        Raises RowUnreadable, with the field that cannot be read.
        """
        path = self._quantity_path
        try:
            quantity = _ONE
            if self._quantity is not None and self._read_quantity is not None:
                quantity = self._read_quantity(row[self._quantity])
            path = self._amount_path
            amount = self._fields.money(path, rule)(row[self._amount])
            if amount is None:
                raise Unreadable("is NULL and no missing = is said")
            amount *= self._tax.factor(line if self._is_taxed_as_line else row)
        except Unreadable as error:
            raise RowUnreadable(f"{dotted(path)} {error} ({self._fields.place(path)})") from None
        return Extra(
            id=self._id(row),
            name=self._label(row),
            amount=amount,
            quantity=quantity,
            is_line_amount=self._amount_per_line,
            per_line=self._per_line,
            plu=None if self._plu is None else self._plu(row),
        )

    def _label(self, row: Row) -> str:
        return self._name(row) or self._missing_name or "Extra"


def _missing(field: TextField | None) -> str | None:
    """What stands in for a blank text."""
    return field.missing if field is not None else None


def _count(value: Any) -> int:
    """A quantity that is whole and above nothing; 0 for any other."""
    if value.__class__ is float and value.is_integer():
        value = int(value)
    return value if value.__class__ is int and value > 0 else 0


def _exact_minor(read: Reading, digits: int) -> Callable[[Any], int | None]:
    """A price in minor units where it needs no rounding; None sends its line the slow way."""

    def convert(value: Any) -> int | None:
        try:
            amount = read(value)
        except Unreadable:
            return None
        return None if amount is None else minor_if_exact(amount, digits)

    return remembered(convert)
