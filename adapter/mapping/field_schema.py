"""How a field of a mapping may be written: as SQL, as a list, or as an inline table when its meaning must be said.

All three become the same model here. Knows nothing of sections and of how values are read.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StrictBool, field_validator, model_validator

from adapter.mapping.content_paths import BadPath, parse_path
from adapter.mapping.patterns import what_is_wrong
from adapter.toml.load import Strict

Code = bool | int | str


def _as_table(value: Any) -> Any:
    """The short forms of a field: a text is its SQL, a list is several of them."""
    if isinstance(value, str):
        return {"sql": value}
    if isinstance(value, list):
        return {"parts": value}
    return _sql_or_table(value)


def _sql_or_table(value: Any) -> Any:
    """A text is its SQL; what is neither that nor a table is refused in words of the language."""
    if isinstance(value, str):
        return {"sql": value}
    if isinstance(value, (dict, Strict)):
        return value
    raise ValueError('must be SQL in quotes, as "k.total", or a table, as { column = "k.total" }')


def _pattern(text: str) -> str:
    wrong = what_is_wrong(text)
    if wrong:
        raise ValueError(wrong)
    return text


def _encoding(name: str) -> str:
    try:
        known = codecs.lookup(name)
    except LookupError:
        known = None
    # Python's codecs know more than texts: base64, for one.
    if known is None or not getattr(known, "_is_text_encoding", True):
        raise ValueError(f"{name!r} is no text encoding; cp1252 and latin-1 are usual")
    return name


Pattern = Annotated[str, AfterValidator(_pattern)]
"""A regular expression in the syntax of Python's `re`."""

Encoding = Annotated[str, AfterValidator(_encoding)]
"""A text encoding that Python knows."""


def _path(text: str) -> str:
    try:
        parse_path(text)
    except BadPath as error:
        raise ValueError(str(error)) from None
    return text


ContentPathText = Annotated[str, AfterValidator(_path)]
"""A way into decoded data; see `content_paths`."""


class TextPart(Strict):
    """One of several expressions of a field."""

    model_config = ConfigDict(populate_by_name=True)

    sql: str = Field(alias="column")
    path: ContentPathText | None = None
    """The way into what the value encodes: see Expression."""
    codec: str = "json"
    """The name of the codec that reads the value: see Expression."""
    match: Pattern | None = None
    """What is captured of the value: see TextField."""
    encoding: Encoding | None = None
    """How the value's bytes are to be read: see TextField."""


class Expression(Strict):
    """Base of all fields: where the value comes from."""

    model_config = ConfigDict(populate_by_name=True)

    sql: str | None = Field(default=None, alias="column")
    """One SQL expression over the aliases in scope. `column` is another name for the same key."""
    parts: tuple[Annotated[TextPart, BeforeValidator(_sql_or_table)], ...] = ()
    """Several expressions: joined by blanks for a text, a path for a category, a composite for a key."""
    path: ContentPathText | None = None
    """The value holds JSON, or what `codec` reads, and this is the way to the one that is meant; NULL if it leads nowhere."""
    codec: str = "json"
    """The name of a codec."""

    @model_validator(mode="after")
    def _has_a_source(self) -> Expression:
        if (self.sql is None) == (not self.parts):
            raise ValueError('a field needs one SQL expression, as { column = "k.total" }')
        if self.path is not None and self.parts:
            raise ValueError('say path of each part, as [{ column = "k.data", path = "name" }, "k.name"]')
        if self.path is None and "codec" in self.model_fields_set:
            raise ValueError('a codec needs the path to what is meant, as path = "date"')
        return self

    @property
    def texts(self) -> tuple[str, ...]:
        """The SQL expressions, one or several."""
        return (self.sql,) if self.sql is not None else tuple(part.sql for part in self.parts)


class _One(Expression):
    """Base of the fields that take one expression only."""

    @field_validator("parts")
    @classmethod
    def _no_list(cls, parts: tuple[TextPart, ...]) -> tuple[TextPart, ...]:
        if parts:
            raise ValueError("this field takes one expression, not a list")
        return parts


class TextField(Expression):
    """A text, trimmed; several are joined by blanks, leaving out the empty ones."""

    missing: str | None = None
    """Used when the value is NULL or blank."""
    match: Pattern | None = None
    """A regular expression that is searched for: its first group is the value, or all of it; without a match, NULL."""
    encoding: Encoding | None = None
    """The encoding of bytes; those that are none of its characters become U+FFFD."""

    @model_validator(mode="after")
    def _parts_say_it_themselves(self) -> TextField:
        if self.parts and (self.match is not None or self.encoding is not None):
            raise ValueError(
                'say match and encoding of each part, as [{ column = "k.label", match = "..." }, "k.name"]'
            )
        return self


class WholeField(_One):
    """A whole number; a text that is none counts as NULL."""

    missing: int | None = None
    """Used when the value is NULL or no number."""
    match: Pattern | None = None
    """As for a text."""


_AS_IT_STANDS = (
    "a key is looked up as it stands in the database, without match and encoding: where it hides in a text, join by an "
    "expression, as LEFT JOIN board b ON k.ref = CONCAT('TAB-', b.id)"
)


class KeyField(Expression):
    """A key: one column or several."""

    form: tuple[Literal["integer", "text", "uuid"], ...] = ()
    """How each part is held; without it, as the database's catalogue says."""
    bits: tuple[Annotated[int, Field(ge=1, le=120)], ...] = ()
    """How many bits each integer part of a composite key needs; without it, as wide as its column."""

    @model_validator(mode="before")
    @classmethod
    def _never_captured(cls, value: Any) -> Any:
        if isinstance(value, dict) and value.keys() & {"match", "encoding"}:
            raise ValueError(_AS_IT_STANDS)
        return value

    @field_validator("parts")
    @classmethod
    def _as_it_stands(cls, parts: tuple[TextPart, ...]) -> tuple[TextPart, ...]:
        if any(part.match is not None or part.encoding is not None for part in parts):
            raise ValueError(_AS_IT_STANDS)
        return parts

    @model_validator(mode="after")
    def _each_part_has_its_own(self) -> KeyField:
        parts = len(self.parts) or 1
        for name, said in (("bits", self.bits), ("form", self.form)):
            if len(said) not in ((0, parts) if name == "bits" else (0, 1, parts)):
                raise ValueError(f"has {parts} parts and {len(said)} {name}: say it of each")
        return self

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
    decimal: Literal[".", ","] = "."
    """The decimal mark, where quantities are held as texts."""
    missing: Decimal | None = None
    """Used when the value is NULL."""


class FlagField(_One):
    """A yes or no."""

    true: tuple[Code, ...] = ()
    """The code, or codes, that mean yes, where the column is not boolean or 0 and 1."""
    false: tuple[Code, ...] = ()
    """The code, or codes, that mean no. Of `true` and `false` one may be left out: every other code is then the other."""
    missing: StrictBool | None = None
    """What NULL, or a row that is not there, means."""

    @field_validator("true", "false", mode="before")
    @classmethod
    def _one_is_a_list_of_one(cls, value: Any) -> Any:
        return value if isinstance(value, (list, tuple)) else (value,)

    @model_validator(mode="after")
    def _a_code_means_one_thing(self) -> FlagField:
        both = {_spelling(code) for code in self.true} & {_spelling(code) for code in self.false}
        if both:
            raise ValueError(f"{', '.join(sorted(both))} cannot mean both yes and no")
        return self


def _spelling(code: Code) -> str:
    """One spelling for a code however it is written: 1, true and "1" are the same bit."""
    return str(int(code)) if isinstance(code, bool) else str(code).strip()


def known_form(form: str) -> str:
    """The form of a time, if it is one.

    Raises ValueError otherwise.
    """
    if form in ("local", "utc", "epoch", "epoch_ms"):
        return form
    try:
        moment = datetime(2026, 11, 20, 19, 30, 15)  # noqa: DTZ001 - only to try the pattern
        if "%" in form and datetime.strptime(moment.strftime(form), form):  # noqa: DTZ007
            return form
    except (ValueError, re.error):
        pass
    raise ValueError("must be 'local', 'utc', 'epoch', 'epoch_ms' or a pattern such as '%d/%m/%Y %H:%M'")


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
        return form if form is None else known_form(form)


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

    @model_validator(mode="after")
    def _knows_a_code(self) -> StatusField:
        if not self.map and self.default is None:
            raise ValueError('needs the codes and what they mean: map = { 1 = "occupied", 0 = "available" }')
        return self


class RateField(_One):
    """A part of something, told to a hundredth of a percent."""

    form: Literal["percent", "fraction", "multiplier"] = "percent"
    """20, 0.2 or 1.2."""
    decimal: Literal[".", ","] = "."
    """The decimal mark, where rates are held as texts."""
    missing: Decimal | None = None
    """Used when the value is NULL, in the unit of `form`."""


OrderStateName = Literal[
    "new", "submitted", "confirmed", "accepted", "preparing", "prepared", "ready", "finalized", "canceled", "failed"
]


class CodesField(_One):
    """A word of the language, by the codes of the EPOS."""

    words: ClassVar[frozenset[str]]
    """All that a code can mean."""
    map: Mapping[str, str] = Field(default_factory=dict)
    missing: str | None = None
    default: str | None = None


class OrderStateField(CodesField):
    """How far an order has come, by its codes; without `map` the value is one of the words itself."""

    words = frozenset(get_args(OrderStateName))
    map: Mapping[str, OrderStateName] = Field(default_factory=dict)
    """Each code of the EPOS and what it means. What no code says is told by whether the session is finished."""
    missing: OrderStateName | None = None
    """What NULL means."""
    default: OrderStateName | None = None
    """What every other code means."""


OrderKindName = Literal["dine_in", "collection"]


class OrderKindField(CodesField):
    """Where an order is eaten, by its codes; without `map` the value is one of the words itself."""

    words = frozenset(get_args(OrderKindName))
    map: Mapping[str, OrderKindName] = Field(default_factory=dict)
    """Each code of the EPOS and what it means. What no code says is `dine_in`."""
    missing: OrderKindName | None = None
    """What NULL means."""
    default: OrderKindName | None = None
    """What every other code means."""


Text = Annotated[TextField, BeforeValidator(_as_table)]
Whole = Annotated[WholeField, BeforeValidator(_as_table)]
Key = Annotated[KeyField, BeforeValidator(_as_table)]
Money = Annotated[MoneyField, BeforeValidator(_as_table)]
Price = Annotated[PriceField, BeforeValidator(_as_table)]
Quantity = Annotated[QuantityField, BeforeValidator(_as_table)]
Flag = Annotated[FlagField, BeforeValidator(_as_table)]
Time = Annotated[TimeField, BeforeValidator(_as_table)]
TableState = Annotated[StatusField, BeforeValidator(_as_table)]
Rate = Annotated[RateField, BeforeValidator(_as_table)]
OrderState = Annotated[OrderStateField, BeforeValidator(_as_table)]
OrderKindCode = Annotated[OrderKindField, BeforeValidator(_as_table)]
