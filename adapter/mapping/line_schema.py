"""What may be said of the rows that stand on a bill: items, modifiers, discounts, charges, taxes, payments."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from adapter.mapping.field_schema import Key, Money, Price, Quantity, Rate, Text, Time
from adapter.mapping.rows_schema import RowsRule
from adapter.toml.load import Strict


class Relation(Strict):
    """Rows: a FROM clause with aliases, or a whole SELECT, and the condition on it."""

    from_: str | None = Field(default=None, alias="from")
    """A FROM clause with an alias for every table. A child's begins with JOIN and continues that of its parent."""
    select: str | None = None
    """The escape hatch: a SELECT whose output names are the fields. Read as `<entity>.<name>`."""
    where: str | None = None
    """An SQL condition: rows for which it does not hold are not there."""
    order: Annotated[tuple[str, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)] = ()
    """SQL expressions by which rows are put in order."""


class TaxRule(Strict):
    """How the prices of a line relate to tax."""

    included: bool | str = True
    """Whether prices hold the tax already; a text is an SQL condition or a site constant."""
    rate: str | None = None
    """SQL for the rate of a line; needed unless prices always hold the tax."""
    form: Literal["percent", "fraction", "multiplier"] = "percent"
    """20, 0.2 or 1.2."""


class ItemRule(Relation):
    """The lines of a bill."""

    rows: RowsRule | None = None
    """Instead of `from`: the lines come out of one encoded value of the session's row."""
    key: Key | None = None
    """What tells one line of a bill from another; without it, the order."""
    id: Text | None = None
    """Id of the product; several lines may have the same."""
    name: Text | None = None
    """What stands on the bill."""
    category: Text | None = None
    """From general to specific, as a list."""
    quantity: Quantity | None = None
    """How many; one without it. What is not whole is folded into one entry."""
    amount_per_item: Price | None = None
    """The price of one, without its modifiers."""
    ordered_at: Time | None = None
    """When it was ordered; without it, when the session began."""
    tax: TaxRule | None = None
    """How its price relates to tax."""
    plu: Text | None = None
    """The number by which the till looks the product up; without it, or where it is blank, the `id`."""
    note: Text | None = None
    """What the guest asked for, as "no onions"."""


class ModifierRule(Relation):
    """Choices and extras."""

    rows: RowsRule | None = None
    """Instead of `from`: the modifiers come out of one encoded value of the item's row."""
    positional: str | None = None
    """A condition on the rows of [item]: where it holds, the row modifies the nearest row before it."""
    id: Text | None = None
    """Id of the choice or extra."""
    name: Text | None = None
    """What stands on the bill."""
    quantity: Quantity | None = None
    """How many; one without it. `per = "line"` where it is counted for the whole line."""
    amount: Price | None = None
    """The price of one; negative for a promotion."""
    tax: TaxRule | None = None
    """How its price relates to tax; without it, as that of its line does."""
    plu: Text | None = None
    """The number by which the till looks it up; without it, or where it is blank, the `id`."""


class ExtraRule(Relation):
    """Amounts that stand on the bill beside the items: discounts and charges."""

    rows: RowsRule | None = None
    """Instead of `from`: they come out of one encoded value of the session's row."""
    id: Text
    """What tells it from others on the bill."""
    name: Text
    """What stands on the bill."""
    amount: Money
    """Positive for a discount as well as for a charge."""
    ordered_at: Time | None = None
    """When it was given; without it, when the session began."""
    tax: TaxRule | None = None
    """How it relates to tax; needed where the prices of [item] are without it."""
    plu: Text | None = None
    """Of a discount: the `plu` of the item it is on. Without it, that of the row of [item] it stands in, if it does."""
    rate: Rate | None = None
    """Of a discount by rate: how much."""


class TaxLineRule(Relation):
    """The taxes of a bill, one by one. Information: the lines hold them already, or `tax` says how they do."""

    rows: RowsRule | None = None
    """Instead of `from`: they come out of one encoded value of the session's row."""
    id: Text | None = None
    """What tells one tax from another."""
    name: Text
    """What stands on the bill, as `'VAT'`."""
    amount: Money
    """How much it comes to. Rows of the same id, name, rate and plu are added up."""
    rate: Rate | None = None
    """How much it is in percent."""
    plu: Text | None = None
    """The `plu` of the item that it is the tax of, where the till keeps taxes by item."""


class PaymentRule(Relation):
    """The payments of a bill, one by one. What they lack to `bill.paid` is shown as one payment without an id."""

    rows: RowsRule | None = None
    """Instead of `from`: they come out of one encoded value of the session's row."""
    id: Text | None = None
    """Where a step of [record] writes `:payment_id`; blank for what no card machine reported."""
    amount: Money
    """What was paid of the bill, without the tip, as `bill.paid` counts it."""
    tip: Money | None = None
    """The tip that was paid with it."""
    method: Text | None = None
    """The till's own word for how it was paid."""
    paid_at: Time | None = None
    """When it was paid."""
