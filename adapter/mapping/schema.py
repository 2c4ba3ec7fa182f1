"""What may stand in a mapping file, key by key. Knows nothing of how SQL is made from it.

A field is written as a text (one SQL expression, most often just a column), as a list of such texts, or as an inline
table when its meaning must be said. All three become the same model here.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from adapter.toml.load import Strict

Code = bool | int | str
Rounding = Literal["half-up", "half-even", "up", "down"]


def _as_table(value: Any) -> Any:
    """The short forms of a field: a text is its SQL, a list is several of them."""
    if isinstance(value, str):
        return {"sql": value}
    if isinstance(value, list):
        return {"parts": value}
    return value


class Expression(Strict):
    """Base of all fields: where the value comes from."""

    sql: str | None = Field(default=None, alias="column")
    """One SQL expression over the aliases in scope. `column` is another name for the same key."""
    parts: tuple[str, ...] = ()
    """Several expressions: joined by blanks for a text, a path for a category, a composite for a key."""

    @model_validator(mode="after")
    def _has_a_source(self) -> Expression:
        if (self.sql is None) == (not self.parts):
            raise ValueError('a field needs one SQL expression, as { column = "k.total" }')
        return self

    @property
    def texts(self) -> tuple[str, ...]:
        """The SQL expressions, one or several."""
        return (self.sql,) if self.sql is not None else self.parts


class _One(Expression):
    """Base of the fields that take one expression only."""

    @field_validator("parts")
    @classmethod
    def _no_list(cls, parts: tuple[str, ...]) -> tuple[str, ...]:
        if parts:
            raise ValueError("this field takes one expression, not a list")
        return parts


class TextField(Expression):
    """A text, trimmed; several are joined by blanks, leaving out the empty ones."""

    missing: str | None = None
    """Used when the value is NULL or blank."""


class WholeField(_One):
    """A whole number; a text that is none counts as NULL."""

    missing: int | None = None


class KeyField(Expression):
    """A key: one column or several."""

    form: tuple[Literal["integer", "text", "uuid"], ...] = ()
    """How each part is held; without it, as the database's catalogue says."""
    bits: tuple[int, ...] = ()
    """How many bits each integer part of a composite key needs; without it, as wide as its column."""

    @field_validator("form", "bits", mode="before")
    @classmethod
    def _one_is_a_list_of_one(cls, value: Any) -> Any:
        return value if isinstance(value, (list, tuple)) else (value,)


class MoneyField(_One):
    """An amount of money."""

    form: Literal["major", "minor"] | None = None
    """In pounds (the default) or in pence. Decimals, floats and texts are all understood."""
    decimal: Literal[".", ","] = "."
    """The decimal mark, where amounts are held as texts."""
    missing: Decimal | None = None
    """Used when the value is NULL, in the unit of `form`."""


class PriceField(MoneyField):
    """An amount of money of an item or modifier."""

    per: Literal["item", "line"] = "item"
    """Whether it is for a single one or for the whole line."""


class QuantityField(_One):
    """How many."""

    per: Literal["item", "line"] = "item"
    """For a modifier: whether it is counted for a single item or for the whole line."""
    fraction: Literal["fold", "round", "refuse"] = "fold"
    """What to do with 0.35 kg: one entry named `0.35 x Cheese` with the amount of the line, or rounding, or refusal."""
    missing: Decimal | None = None


class FlagField(_One):
    """A yes or no."""

    true: tuple[Code, ...] = ()
    false: tuple[Code, ...] = ()
    """The codes that mean yes and no, where the column is not boolean or 0 and 1. One may be left out."""
    missing: bool | None = None
    """What NULL, or a row that is not there, means."""

    @field_validator("true", "false", mode="before")
    @classmethod
    def _one_is_a_list_of_one(cls, value: Any) -> Any:
        return value if isinstance(value, (list, tuple)) else (value,)


class TimeField(_One):
    """A moment."""

    form: str | None = None
    """`local` (the default: naive, in the site's zone), `utc`, `epoch`, `epoch_ms`, or a pattern such as `%d/%m/%Y %H:%M`."""
    zone: str | None = None
    """IANA zone of a local time, where it is not the site's."""
    ambiguous: Literal["earlier", "later"] = "earlier"
    """Which moment an hour means that the end of daylight saving repeats."""
    missing: Literal["now"] | None = None
    """`now` stands in for NULL where the EPOS keeps no such time."""

    @field_validator("form")
    @classmethod
    def _known_form(cls, form: str | None) -> str | None:
        if form is not None and form not in ("local", "utc", "epoch", "epoch_ms") and "%" not in form:
            raise ValueError("must be 'local', 'utc', 'epoch', 'epoch_ms' or a pattern such as '%d/%m/%Y %H:%M'")
        return form


Status = Literal["available", "occupied", "pending_available", "not_in_use", "hidden"]


class StatusField(_One):
    """The status of a table, by its codes."""

    map: dict[str, Status] = Field(default_factory=dict)
    """Each code of the EPOS and what it means. `true` and `false` are the codes of a yes or no."""
    missing: Status | None = None
    """What a row that is not there means; and NULL, unless `null` says otherwise."""
    null: Status | None = None
    """What NULL in a row that is there means."""
    default: Status | None = None
    """What every other code means; without it such a row cannot be read."""


Text = Annotated[TextField, BeforeValidator(_as_table)]
Whole = Annotated[WholeField, BeforeValidator(_as_table)]
Key = Annotated[KeyField, BeforeValidator(_as_table)]
Money = Annotated[MoneyField, BeforeValidator(_as_table)]
Price = Annotated[PriceField, BeforeValidator(_as_table)]
Quantity = Annotated[QuantityField, BeforeValidator(_as_table)]
Flag = Annotated[FlagField, BeforeValidator(_as_table)]
Time = Annotated[TimeField, BeforeValidator(_as_table)]
TableState = Annotated[StatusField, BeforeValidator(_as_table)]


class ColumnReading(Strict):
    """What a column means, said once for every field, filter and write that uses it."""

    as_: Literal["flag", "time", "money", "text", "version", "stamp"] | None = Field(default=None, alias="as")
    optional: bool = False
    """The column is read as NULL where a site's schema lacks it."""
    true: Any = None
    false: Any = None
    missing: Any = None
    form: str | None = None
    zone: str | None = None
    ambiguous: str | None = None
    decimal: str | None = None

    def options(self) -> dict[str, Any]:
        """What was said about the reading, as a field of the same kind would say it."""
        return self.model_dump(exclude={"as_", "optional"}, exclude_none=True)


class SiteConstant(Strict):
    """What each installation sets in its own configuration, or has in a row of its database."""

    type: Literal["text", "integer", "number", "flag"] = "text"
    default: str | int | float | bool | None = None
    read: str | None = None
    """A SELECT of one value, run when the adapter starts; its first row counts."""
    required: bool = False
    """The installation must set it."""
    help: str = ""


class TaxRule(Strict):
    """How the prices of a line relate to tax."""

    included: bool | str = True
    """Whether prices hold the tax already; a text is an SQL condition or a site constant."""
    rate: str | None = None
    """SQL for the rate of a line; needed unless prices always hold the tax."""
    form: Literal["percent", "fraction", "multiplier"] = "percent"
    """20, 0.2 or 1.2."""


class Area(Strict):
    """The part of the restaurant where a table stands."""

    id: Text | None = None
    name: Text | None = None


class WaiterRule(Strict):
    """Who serves a session."""

    id: Text
    name: Text | None = None


class Relation(Strict):
    """Rows: a FROM clause with aliases, or a whole SELECT, and the condition on it."""

    from_: str | None = Field(default=None, alias="from")
    select: str | None = None
    """The escape hatch: a SELECT whose output names are the fields. Read as `<entity>.<name>`."""
    where: str | None = None
    order: Annotated[tuple[str, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)] = ()
    """SQL expressions by which rows are put in order."""


class TableRule(Relation):
    """The tables of the restaurant."""

    id: Key | None = None
    """What sessions refer to a table by."""
    name: Text | None = None
    max_covers: Whole | None = None
    status: TableState | None = None
    area: Area | None = None


class TablesOfSession(Relation):
    """The tables of a session, where it may have several."""

    table: Key
    """The table's id."""


class SessionFilter(Strict):
    """Search conditions that only the integrator can say well; each must mean the same as the field."""

    finished: str | None = None
    unfinished: str | None = None


class SessionRule(Relation):
    """The checks of the restaurant."""

    id: Key | None = None
    name: Text | None = None
    created_at: Time | None = None
    finished: Flag | None = None
    finished_at: Time | None = None
    payable: Flag | None = None
    """A condition beside the protocol's own: a session is payable when it is not finished and a balance remains."""
    covers: Whole | None = None
    waiter: WaiterRule | None = None
    table: Key | None = None
    """The table's id, where a session has one at most."""
    tables: TablesOfSession | None = None
    filter: SessionFilter = SessionFilter()

    @model_validator(mode="after")
    def _one_way_to_tables(self) -> SessionRule:
        if self.table is not None and self.tables is not None:
            raise ValueError("say either session.table or [session.tables], not both")
        return self


class RoundingLine(Strict):
    """A line that takes up what rounding leaves between the lines and the total."""

    name: str = "Rounding"
    limit: int = Field(default=5, ge=1)
    """The largest difference it may take up, in minor units."""


class BillRule(Strict):
    """The totals of a bill."""

    total: Money | None = None
    paid: Money | None = None
    tax: Money | None = None
    service_charge: Money | None = None
    currency: Text | None = None
    note: Text | None = None
    rounding_line: RoundingLine | None = None
    differs: str | None = None
    """Why the lines of this EPOS need not add up to its total. Without it a bill that does not is refused."""


class ItemRule(Relation):
    """The lines of a bill."""

    key: Key | None = None
    """What tells one line of a bill from another; without it, the order."""
    id: Text | None = None
    name: Text | None = None
    category: Text | None = None
    quantity: Quantity | None = None
    amount_per_item: Price | None = None
    ordered_at: Time | None = None
    tax: TaxRule | None = None


class ModifierRule(Relation):
    """Choices and extras."""

    positional: str | None = None
    """A condition on the rows of [item]: where it holds, the row modifies the nearest row before it."""
    id: Text | None = None
    name: Text | None = None
    quantity: Quantity | None = None
    amount: Price | None = None
    tax: TaxRule | None = None


class ExtraRule(Relation):
    """Amounts that stand on the bill beside the items: discounts and charges."""

    id: Text
    name: Text
    amount: Money
    ordered_at: Time | None = None
    tax: TaxRule | None = None


class MoneyRule(Strict):
    """How amounts become whole minor units."""

    form: Literal["major", "minor"] = "major"
    rounding: Rounding = "half-up"
    stage: Literal["line", "unit"] = "line"
    """Whether a line's amount is rounded once, or the price of a single item."""
    inexact: Literal["round", "refuse"] = "round"
    """What to do with an amount that does not fit minor units."""


class TimeRule(Strict):
    """How times are held unless a field says otherwise."""

    zone: str = ":site.timezone"
    form: str = "local"
    ambiguous: Literal["earlier", "later"] = "earlier"


class Capabilities(Strict):
    """What this EPOS can hold, and so what the adapter offers."""

    record_payment: bool = True
    partial_payment: bool = True
    tips: bool = True


class Receipt(Strict):
    """One line above or below the printed bill.

    Texts may hold {site.name}, {session.name}, {session.table}, {session.covers} and {waiter.name}; a line in which one
    of them is empty is left out.
    """

    type: Literal[
        "text",
        "logo",
        "horizontal_line",
        "vat_number",
        "merchant_name",
        "merchant_address",
        "merchant_phone_number",
        "merchant_email_address",
    ]
    text: str = ""
    """The text, name or number; for a logo, its SVG image."""
    lines: tuple[str, ...] = ()
    """The lines of an address."""
    postcode: str = ""
    size: Literal["header_1", "header_2", "body"] = "body"
    align: Literal["left", "center", "right"] | None = None
    bold: bool | None = None
    double: bool = False

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> Receipt:
        if self.type == "merchant_address":
            if not self.lines:
                raise ValueError('an address needs lines = ["..."]')
        elif self.type != "horizontal_line" and not self.text:
            raise ValueError(f'a line of type {self.type} needs text = "..."')
        return self


class ReceiptRule(Strict):
    """What stands above and below a printed bill."""

    header: tuple[Receipt, ...] = ()
    footer: tuple[Receipt, ...] = ()


class MappingFile(Strict):
    """A whole mapping file."""

    version: Literal[1]
    epos: str
    sql: Literal["postgresql", "mysql", "sqlite", "sqlserver"]
    """The dialect the SQL of this file is written in."""
    engines: tuple[Literal["postgresql", "mariadb", "mysql", "sqlite", "sqlserver"], ...] = ()
    """The engines this file serves; without it, the one whose dialect it is written in."""
    schema_: str | None = Field(default=None, alias="schema")
    """Schema (or database) of the tables, where it is not the connection's own."""
    prefix: str = ""
    """What every table name begins with; left off in this file."""
    identifiers: Literal["engine", "exact"] = "engine"
    """`exact`: every name is meant letter by letter, as if it stood in quotes."""
    site: dict[str, SiteConstant] = Field(default_factory=dict)
    columns: dict[str, dict[str, ColumnReading]] = Field(default_factory=dict)
    money: MoneyRule = MoneyRule()
    time: TimeRule = TimeRule()
    capabilities: Capabilities = Capabilities()
    table: TableRule
    session: SessionRule
    bill: BillRule
    item: ItemRule
    modifier: ModifierRule | None = None
    discount: tuple[ExtraRule, ...] = ()
    charge: tuple[ExtraRule, ...] = ()
    receipt: ReceiptRule = ReceiptRule()
