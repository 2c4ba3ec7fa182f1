"""What may stand in a mapping file, section by section. Knows nothing of how SQL is made from it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from adapter.mapping.field_schema import (
    Expression,
    Flag,
    FlagField,
    Key,
    Money,
    MoneyField,
    OrderKindCode,
    OrderState,
    TableState,
    Text,
    TextField,
    Time,
    TimeField,
    Whole,
    known_form,
)
from adapter.mapping.line_schema import ExtraRule, ItemRule, ModifierRule, PaymentRule, Relation, TaxLineRule
from adapter.mapping.receipt_schema import ReceiptRule
from adapter.mapping.record_schema import LockRule, RecordRule
from adapter.mapping.rows_schema import Total
from adapter.mapping.trial_schema import TrialRule
from adapter.toml.load import Strict

Rounding = Literal["half-up", "half-even", "up", "down"]


READINGS: dict[str, type[Expression]] = {"flag": FlagField, "money": MoneyField, "text": TextField, "time": TimeField}


class ColumnReading(Strict):
    """What a column means, said once for every field, filter and write that uses it."""

    as_: Literal["flag", "time", "money", "text", "version", "stamp"] | None = Field(default=None, alias="as")
    """What it is; `version` and `stamp` name columns that every write maintains."""
    optional: bool = False
    """The column is read as NULL where a site's schema lacks it."""
    true: Any = None
    """Of a flag: the code, or codes, that mean yes."""
    false: Any = None
    """Of a flag: the code, or codes, that mean no."""
    missing: Any = None
    """What NULL means."""
    form: str | None = None
    """Of a time: `local`, `utc`, `epoch`, `epoch_ms` or a pattern; of money: `major` or `minor`."""
    zone: str | None = None
    """Of a local time: its IANA zone, where it is not the site's."""
    ambiguous: str | None = None
    """Of a local time: which moment an hour means that the end of daylight saving repeats."""
    decimal: str | None = None
    """Of money held as a text: the decimal mark."""
    encoding: str | None = None
    """Of a text held as bytes: what they are encoded in."""

    @model_validator(mode="after")
    def _options_fit_the_reading(self) -> ColumnReading:
        kind = READINGS.get(self.as_ or "")
        said = self.options()
        if kind is None:
            if said:
                raise ValueError(f'{", ".join(sorted(said))}: say as = "flag", "time", "money" or "text" first')
            return self
        unknown = said.keys() - kind.model_fields.keys()
        if unknown:
            raise ValueError(f"a {self.as_} has no {', '.join(sorted(unknown))}")
        try:
            kind.model_validate({"sql": "x", **said})
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            raise ValueError(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from None
        return self

    def options(self) -> dict[str, Any]:
        """What was said about the reading, as a field of the same kind would say it."""
        return self.model_dump(exclude={"as_", "optional"}, exclude_none=True)


class SiteConstant(Strict):
    """What each installation sets in its own configuration, or has in a row of its database."""

    type: Literal["text", "integer", "number", "flag"] = "text"
    """What kind of value it is."""
    default: str | int | float | bool | None = None
    """The value where the installation sets none and `read` finds none."""
    read: str | None = None
    """A SELECT of one value, run when the adapter starts; its first row counts."""
    required: bool = False
    """The installation must set it."""
    help: str = ""
    """What the installer should know of it."""


class Area(Strict):
    """The part of the restaurant where a table stands."""

    id: Text | None = None
    """What tells one area from another."""
    name: Text | None = None
    """What staff call it."""


class WaiterRule(Strict):
    """Who serves a session."""

    id: Text
    """What the waiter keys into the card machine; a number on most."""
    name: Text | None = None
    """Shown on the bill; several parts are joined by blanks."""


class TableRule(Relation):
    """The tables of the restaurant."""

    id: Key | None = None
    """What sessions refer to a table by."""
    name: Text | None = None
    """What staff call the table; by this it is asked for."""
    max_covers: Whole | None = None
    """How many guests it seats."""
    status: TableState | None = None
    """How it stands: `available`, `occupied`, `pending_available`, `not_in_use`, or `hidden`."""
    area: Area | None = None
    """Where in the restaurant it stands."""


class TablesOfSession(Relation):
    """The tables of a session, where it may have several."""

    table: Key
    """The table's id."""


class SessionFilter(Strict):
    """Search conditions that only the integrator can say well; each must mean the same as the field."""

    finished: str | None = None
    """SQL that is true for finished sessions, as their index wants it."""
    unfinished: str | None = None
    """SQL that is true for open sessions, as their index wants it."""


class SessionRule(Relation):
    """The checks of the restaurant."""

    id: Key | None = None
    """What tells one check from another; becomes the session id on the wire and back."""
    name: Text | None = None
    """What staff call the check."""
    created_at: Time | None = None
    """When it was opened."""
    finished: Flag | None = None
    """Whether it is over; without it every row is an open session."""
    finished_at: Time | None = None
    """When it was closed; without it, a finished session borrows `created_at`."""
    payable: Flag | None = None
    """A condition beside the protocol's own: a session is payable when it is not finished and a balance remains."""
    covers: Whole | None = None
    """How many guests there are."""
    waiter: WaiterRule | None = None
    """Who serves it."""
    table: Key | None = None
    """The table's id, where a session has one at most."""
    tables: TablesOfSession | None = None
    reference: Text | None = None
    """The number by which people speak of it; without it, the `name`."""
    display_name: Text | None = None
    """What a card machine lists, of at most 24 letters; without it, its table and its `name`."""
    status: OrderState | None = None
    """How far the order has come; without it, `accepted` until it is finished, and `finalized` then."""
    kind: OrderKindCode | None = None
    """Whether it is eaten here or collected: `dine_in` or `collection`; without it, `dine_in`."""
    collect_at: Time | None = None
    """When it is to be collected, if it is."""
    updated_at: Time | None = None
    """When it last changed; without it, the latest of the times that it, its lines and its payments tell."""
    filter: SessionFilter = SessionFilter()
    """Search conditions that only you can write well."""

    @model_validator(mode="after")
    def _one_way_to_tables(self) -> SessionRule:
        if self.table is not None and self.tables is not None:
            raise ValueError("say either session.table or [session.tables], not both")
        return self


class RoundingLine(Strict):
    """A line that takes up what rounding leaves between the lines and the total."""

    name: str = "Rounding"
    """What the line is called on the bill."""
    limit: int = Field(default=5, ge=1)
    """The largest difference it may take up, in minor units."""


class BillRule(Strict):
    """The totals of a bill."""

    total: Total | None = None
    """Everything due, service charge included, gratuities and tips left out. NULL: this session has no bill."""
    paid: Money | None = None
    """Paid so far, tips left out; `0` where the EPOS keeps no payments on open checks."""
    tax: Total | None = None
    """The tax in the total; for information."""
    service_charge: Money | None = None
    """The part of the total that is a service charge."""
    currency: Text | None = None
    """ISO 4217 code, as `'GBP'`; without it, the site constant `currency`."""
    note: Text | None = None
    """A text that belongs to the whole bill."""
    tips: Money | None = None
    """The tips paid, which are no part of `total` and `paid`; without it, the sum of those in [[payment]]."""
    rounding_line: RoundingLine | None = None
    """Takes up small differences between the lines and the total."""
    differs: str | None = None
    """Why the lines of this EPOS need not add up to its total. Without it a bill that does not is refused."""


class MoneyRule(Strict):
    """How amounts become whole minor units."""

    form: Literal["major", "minor"] = "major"
    """Whether amounts are held in pounds or in pence."""
    rounding: Rounding = "half-up"
    """How half a penny is rounded."""
    stage: Literal["line", "unit"] = "line"
    """Whether a line's amount is rounded once, or the price of a single item."""
    inexact: Literal["round", "refuse"] = "round"
    """What to do with an amount that does not fit minor units."""


class TimeRule(Strict):
    """How times are held unless a field says otherwise."""

    zone: str = ":site.timezone"
    """IANA zone of local times, or the site constant that holds it."""
    form: Annotated[str, AfterValidator(known_form)] = "local"
    """`local` (naive, in the zone), `utc`, `epoch`, `epoch_ms`, or a pattern such as `%d/%m/%Y %H:%M`."""
    ambiguous: Literal["earlier", "later"] = "earlier"
    """Which moment an hour means that the end of daylight saving repeats."""


class Capabilities(Strict):
    """What this EPOS can hold, and so what the adapter offers."""

    record_payment: bool = True
    """Whether payments can be entered; `false`: nothing is locked or paid."""
    partial_payment: bool = True
    """Whether a check can be paid in parts."""
    tips: bool = True
    """Whether a payment may have a tip."""


class VariantProbe(Strict):
    """What tells one version of an EPOS from another."""

    sql: str | None = None
    """A SELECT of one value; the variant is the one when a row of it says yes."""
    table: str | None = None
    """A table that only this version has."""
    column: str | None = None
    """A column that only this version has, as `ticket.version_no`."""

    @model_validator(mode="after")
    def _one_question(self) -> VariantProbe:
        if sum(value is not None for value in (self.sql, self.table, self.column)) != 1:
            raise ValueError('say one of "SELECT ...", { table = "..." } and { column = "table.column" }')
        if self.column is not None and [bool(name) for name in self.column.split(".")] != [True, True]:
            raise ValueError('a column is written with its table: { column = "ticket.version_no" }')
        return self


class VariantRule(Strict):
    """What is different in another version of the EPOS. Its other keys are sections of the file, laid over those there."""

    model_config = ConfigDict(extra="allow")

    when: Annotated[
        VariantProbe | None, BeforeValidator(lambda value: {"sql": value} if isinstance(value, str) else value)
    ] = None
    """Needed; a variant without it has been said to lack it."""
    without: tuple[str, ...] = ()
    """Keys of the file that this version does not have, as `session.payable`."""


class MappingFile(Strict):
    """A whole mapping file."""

    version: Literal[1]
    """Version of the mapping language."""
    epos: str
    """Name of the EPOS, for people."""
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
    tax_line: tuple[TaxLineRule, ...] = ()
    """Without any, the bill's `tax` is one line."""
    payment: tuple[PaymentRule, ...] = ()
    """Without any, what is paid is one payment."""
    receipt: ReceiptRule = ReceiptRule()
    lock: LockRule | None = None
    """Without it, locks are kept in the ledger only."""
    record: RecordRule | None = None
    """Without it, nothing is locked and no payment recorded."""
    test: tuple[TrialRule, ...] = ()
    """Rows, a request and its answer: what shows that the mapping is right."""
    variant: dict[str, VariantRule] = Field(default_factory=dict)
    """Other versions of the EPOS; the first whose `when` holds is used, else the file without any."""
