"""What may be said of rows that come out of one encoded value, and of a total that is the sum of the lines."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from adapter.mapping.field_schema import Code, ContentPathText, MoneyField
from adapter.toml.load import Strict


def _alias(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text):
        raise ValueError("is the name of a row, made of letters, digits and underscores")
    return text


Codes = Annotated[
    tuple[Code | float, ...],
    BeforeValidator(lambda value: value if isinstance(value, (list, tuple)) else (value,)),
]


class RowsRule(Strict):
    """Rows that a codec makes of one value of the parent's row."""

    model_config = ConfigDict(populate_by_name=True)

    sql: str = Field(alias="column")
    """SQL for the encoded value; for modifiers of lines that are decoded, a member of the line, as `line.extras`."""
    codec: str = "json"
    """The name of a codec."""
    path: ContentPathText | None = None
    """The way to the rows: to a list, whose elements they are, or to one object. Without it, the whole value."""
    as_: Annotated[str, AfterValidator(_alias)] = Field(alias="as")
    """What fields call a row."""
    only: dict[ContentPathText, Codes] = Field(default_factory=dict)
    """Members and the values that they must have; other rows are left out."""
    skip: dict[ContentPathText, Codes] = Field(default_factory=dict)
    """Members and values of rows that are left out."""
    key: ContentPathText | None = None
    """Of several rows that have the same value here the last one counts, where the first one stood."""


class TotalField(MoneyField):
    """The total of a bill, or its tax: an amount in SQL, or the sum of its lines."""

    sum: Literal["lines"] | None = None
    """The EPOS stores no total: it is what items, discounts, charges and the service charge come to."""
    rounded: Literal["bill", "line"] = "bill"
    """Whether the exact sum is rounded once, or the lines are and then added."""

    @model_validator(mode="after")
    def _has_a_source(self) -> TotalField:
        if (self.sql is None) == (self.sum is None):
            raise ValueError('a total needs one SQL expression, as "k.total", or { sum = "lines" }')
        if self.sum is None and "rounded" in self.model_fields_set:
            raise ValueError('rounded is said of a sum: { sum = "lines", rounded = "bill" }')
        if self.sum is not None and self.model_fields_set & {"form", "decimal", "missing"}:
            raise ValueError("the sum of the lines is read as the lines are: form, decimal and missing have no meaning")
        return self


Total = Annotated[TotalField, BeforeValidator(lambda value: {"sql": value} if isinstance(value, str) else value)]
