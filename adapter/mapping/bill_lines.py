"""Makes the lines of a bill of their rows: items with modifiers, discounts, charges. Knows nothing of totals.

Ten thousand lines may pass here for one answer, so what can be decided once is decided when a maker is made.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from operator import itemgetter
from typing import Any

from adapter.domain.lines import Extra, Line, LineError, LineRule, bill_item, to_minor
from adapter.domain.money import NotMoney, exact, minor_if_exact
from adapter.domain.values import BillItem, Session
from adapter.errors import RowUnreadable
from adapter.mapping.fields import Fields
from adapter.mapping.gather import Gathered, Row, in_order, item_key_of
from adapter.mapping.plans import Branch, Plan, Slots
from adapter.mapping.readings import Unreadable, plain_text, remembered
from adapter.toml.locate import Path, dotted

_ONE = Decimal(1)
_PERCENT = Decimal(100)


class LineMaker:
    """The items of a bill with their modifiers."""

    def __init__(self, fields: Fields, plan: Plan) -> None:
        self._fields = fields
        branches = {branch.kind: branch for branch in plan.branches}
        self._branch = branches["item"]
        self._modifiers = branches.get("modifier")
        slots = self._branch.slots
        self._slots = slots
        file = fields.binder.mapping.file
        self._amount = slots["amount_per_item"]
        self._per_line = file.item.amount_per_item is not None and file.item.amount_per_item.per == "line"
        self._quantity = slots.get("quantity")
        self._ordered = slots.get("ordered_at")
        self._positional = slots.get("positional")
        self._tax = Tax(fields, ("item",), self._branch)
        self._exact = remembered(_exact_minor(fields))
        self._category = _category(slots)
        self._item_key = item_key_of(self._branch)
        self._order = tuple(place for name, place in slots.items() if name.startswith("order."))
        if self._modifiers is not None:
            self._extra = ModifierMaker(fields, self._modifiers, "", Tax(fields, ("modifier",), self._modifiers))
        elif self._positional is not None:
            self._extra = ModifierMaker(fields, self._branch, "modifier.", self._tax)

    def make(self, session: Session, one: Gathered, rule: LineRule) -> tuple[list[BillItem], int]:
        """The items in their order, and the sum of their amounts in minor units."""
        rows = in_order(one.items, self._slots) if self._order else one.items
        if self._positional is not None:
            return self._positioned(session, rows, rule)
        lines: list[BillItem] = []
        total = 0
        read_quick = self._quick(rule)
        modifiers = one.modifiers
        item_key = self._item_key
        for row in rows:
            below = modifiers.get(item_key(row)) if modifiers else None
            if below is None and read_quick is not None:
                quick = read_quick(session, row)
                if quick is not None:
                    lines.append(quick[0])
                    total += quick[1]
                    continue
            extras = () if below is None or self._modifiers is None else in_order(below, self._modifiers.slots)
            item, amount = self._slow(session, row, extras, rule)
            lines.append(item)
            total += amount
        return lines, total

    def _positioned(self, session: Session, rows: list[Row], rule: LineRule) -> tuple[list[BillItem], int]:
        """Rows that modify the nearest row before them that does not; a first one stands for itself."""
        groups: list[tuple[Row, list[Row]]] = []
        for row in rows:
            if row[self._positional or 0] and groups:
                groups[-1][1].append(row)
            else:
                groups.append((row, []))
        lines: list[BillItem] = []
        total = 0
        for row, below in groups:
            item, amount = self._slow(session, row, below, rule)
            lines.append(item)
            total += amount
        return lines, total

    def _quick(self, rule: LineRule) -> Callable[[Session, Row], tuple[BillItem, int] | None] | None:
        """The way for a plain line: whole quantity, a price of whole pence, tax inside, no modifiers."""
        if self._tax.applies or self._per_line or rule.digits != self._fields.line_rule.digits:
            return None
        slots = self._slots
        id_, name_, amount_, quantity_, ordered_ = (
            slots.get("id"),
            slots.get("name"),
            self._amount,
            self._quantity,
            self._ordered,
        )
        if id_ is None or name_ is None or quantity_ is None:
            return None
        exact, category = self._exact, self._category
        ordered_at = self._fields.read[("item", "ordered_at")] if ordered_ is not None else None

        def read(session: Session, row: Row) -> tuple[BillItem, int] | None:
            quantity, name = row[quantity_], row[name_]
            if quantity.__class__ is float and quantity.is_integer():
                quantity = int(quantity)
            if quantity.__class__ is not int or quantity <= 0 or not name:
                return None
            amount = exact(row[amount_])
            if amount is None:
                return None
            moment = ordered_at(row[ordered_]) if ordered_at is not None and ordered_ is not None else None
            item = BillItem(
                id=plain_text(row[id_]),
                name=plain_text(name),
                quantity=quantity,
                amount=amount,
                ordered_at=moment or session.created_at,
                category=category(row),
            )
            return item, amount * quantity

        return read

    def _slow(self, session: Session, row: Row, below: Any, rule: LineRule) -> tuple[BillItem, int]:
        path: Path = ("item",)
        try:
            path = ("item", "quantity")
            quantity = _ONE if self._quantity is None else self._fields.read[path](row[self._quantity])
            path = ("item", "amount_per_item")
            amount = self._fields.read[path](row[self._amount])
            if amount is None:
                raise Unreadable("is NULL and no missing = is said")
            if self._per_line and quantity:
                amount = amount / quantity
            amount *= self._tax.factor(row)
            path = ("item", "name")
            name = _text(self._slots, "name", row) or self._fields.read[path](None)
            if not name:
                raise Unreadable("is empty and no missing = is said")
            path = ("item", "ordered_at")
            moment = self._fields.read[path](row[self._ordered]) if self._ordered is not None else None
            path = ("modifier",)
            extras = [self._extra.make(modifier) for modifier in below]
            path = ("item",)
            line = Line(
                id=_text(self._slots, "id", row),
                name=name,
                quantity=quantity,
                amount=amount,
                ordered_at=moment or session.created_at,
                category=self._category(row),
                extras=extras,
            )
            return bill_item(line, rule)
        except (Unreadable, LineError) as error:
            raise RowUnreadable(f"{dotted(path)} {error} ({self._fields.place(path)})") from None


class ModifierMaker:
    """The modifiers of an item, before they are rounded."""

    def __init__(self, fields: Fields, branch: Branch, lead: str, tax: Tax) -> None:
        file = fields.binder.mapping.file
        rule = file.modifier
        slots = branch.slots

        def place(name: str, fallback: str) -> int | None:
            return slots.get(f"{lead}{name}", slots.get(fallback))

        self._fields = fields
        self._slots = slots
        self._lead = lead
        self._tax = tax
        own_amount = f"{lead}amount" in slots
        own_quantity = f"{lead}quantity" in slots
        self._amount = place("amount", "amount_per_item")
        self._quantity = place("quantity", "quantity")
        self._read_amount = fields.read[("modifier", "amount") if own_amount else ("item", "amount_per_item")]
        quantity_path: Path = ("modifier", "quantity") if own_quantity else ("item", "quantity")
        self._read_quantity = fields.read.get(quantity_path)
        said = rule.quantity if rule is not None else None
        self._per_line = said is not None and said.per == "line"
        self._amount_per_line = rule is not None and rule.amount is not None and rule.amount.per == "line"

    def make(self, row: Row) -> Extra:
        """One modifier."""
        quantity = _ONE
        if self._quantity is not None and self._read_quantity is not None:
            quantity = self._read_quantity(row[self._quantity])
        amount = self._read_amount(row[self._amount or 0])
        if amount is None:
            raise Unreadable("has an amount that is NULL")
        if self._amount_per_line and quantity:
            amount = amount / quantity
        return Extra(
            id=_text(self._slots, f"{self._lead}id", row) or _text(self._slots, "id", row),
            name=_text(self._slots, f"{self._lead}name", row) or _text(self._slots, "name", row) or "Extra",
            amount=amount * self._tax.factor(row),
            quantity=quantity,
            per_line=self._per_line,
        )


class ExtraMaker:
    """The discounts, or the charges, of one rule: items of quantity 1."""

    def __init__(self, fields: Fields, branch: Branch) -> None:
        self._fields = fields
        self._branch = branch
        self._path: Path = (branch.kind, branch.index)
        self._sign = -1 if branch.kind == "discount" else 1
        self._tax = Tax(fields, self._path, branch)

    def add(self, lines: list[BillItem], session: Session, one: Gathered, rule: LineRule) -> int:
        """Append this rule's items, and give the sum of their amounts in minor units."""
        mine = [row for branch, row in one.extras if branch is self._branch]
        slots = self._branch.slots
        total = 0
        for row in in_order(mine, slots):
            path: Path = (*self._path, "amount")
            try:
                amount = self._fields.read[path](row[slots["amount"]])
                if amount is None:
                    raise Unreadable("is NULL and no missing = is said")
                whole = self._sign * to_minor(amount * self._tax.factor(row), rule)
                path = (*self._path, "ordered_at")
                moment = self._fields.read[path](row[slots["ordered_at"]]) if "ordered_at" in slots else None
            except (Unreadable, LineError) as error:
                raise RowUnreadable(f"{dotted(path)} {error} ({self._fields.place(path)})") from None
            if whole:
                lines.append(
                    BillItem(
                        id=_text(slots, "id", row),
                        name=_text(slots, "name", row) or self._branch.kind.capitalize(),
                        quantity=1,
                        amount=whole,
                        ordered_at=moment or session.created_at,
                    )
                )
                total += whole
        return total


class Tax:
    """What a price is multiplied by to hold its tax."""

    def __init__(self, fields: Fields, path: Path, branch: Branch) -> None:
        file: Any = fields.binder.mapping.file
        rule: Any = getattr(file, str(path[0]))
        rule = rule[int(path[1])] if len(path) > 1 else rule
        self._rate = branch.slots.get("tax.rate")
        self._included = branch.slots.get("tax.included")
        self.applies = self._rate is not None
        form = rule.tax.form if rule is not None and rule.tax is not None else "percent"
        self._factor = remembered(lambda value: _factor(value, form))

    def factor(self, row: Row) -> Decimal:
        """1 where the price holds its tax already."""
        if self._rate is None or (self._included is not None and row[self._included]):
            return _ONE
        answer: Decimal = self._factor(row[self._rate])
        return answer


def _factor(value: Any, form: str) -> Decimal:
    if value is None:
        return _ONE
    try:
        rate = exact(value)
    except NotMoney as error:
        raise Unreadable(f"has a tax rate that {error}") from None
    if form == "multiplier":
        return rate
    return _ONE + (rate / _PERCENT if form == "percent" else rate)


def _exact_minor(fields: Fields) -> Callable[[Any], int | None]:
    """An item's price in minor units where it needs no rounding; None sends the line the slow way."""
    read = fields.read[("item", "amount_per_item")]
    digits = fields.line_rule.digits

    def convert(value: Any) -> int | None:
        try:
            amount = read(value)
        except Unreadable:
            return None
        return None if amount is None else minor_if_exact(amount, digits)

    return convert


def _category(slots: Slots) -> Callable[[Row], tuple[str, ...]]:
    places = [place for name, place in slots.items() if name == "category" or name.startswith("category.")]
    if not places:
        return lambda _row: ()
    known: dict[Any, tuple[str, ...]] = {}
    raw_of: Callable[[Row], Any] = itemgetter(*places)

    def read(row: Row) -> tuple[str, ...]:
        raw = raw_of(row)
        found = known.get(raw)
        if found is None:
            values = raw if len(places) > 1 else (raw,)
            found = tuple(text for text in map(plain_text, values) if text)
            if len(known) > 4096:
                known.clear()
            known[raw] = found
        return found

    return read


def _text(slots: Slots, name: str, row: Row) -> str:
    if name in slots:
        return plain_text(row[slots[name]])
    parts = [plain_text(row[place]) for slot, place in slots.items() if slot.startswith(f"{name}.")]
    return " ".join(part for part in parts if part)
