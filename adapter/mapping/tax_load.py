"""Checks that every price whose tax matters says whether it holds it: a price without tax would be told too low.

Works on the settings only; what is SQL in them is checked where it is parsed.
"""

from __future__ import annotations

from collections.abc import Iterator

from adapter.mapping import schema
from adapter.mapping.line_schema import ExtraRule, TaxRule
from adapter.mapping.rows_schema import RowsRule
from adapter.mapping.walk import entities
from adapter.toml.load import Source
from adapter.toml.locate import Path


def check_taxes(file: schema.MappingFile, source: Source) -> None:
    """Report every amount of which it is not said, or said without effect, how it relates to tax.

    Modifiers need not say it: they are priced as their line is.
    """
    for path, tax, rows in _taxes(file):
        if tax is not None and tax.included is not True and tax.rate is None:
            rate = f"{rows.as_}.tax.rate" if rows is not None else "t.rate"
            source.report((*path, "tax"), "prices without tax need a rate", f'write rate = "{rate}"')
    if file.modifier is not None and file.modifier.positional is not None:
        for key, value, hint in (
            ("tax", file.modifier.tax, "say it there; where they differ from dishes, by CASE in its rate"),
            ("rows", file.modifier.rows, "leave it out"),
        ):
            if value is not None:
                source.report(("modifier", key), "positional modifiers are rows of [item], and priced as those", hint)
    if (
        file.bill.tax is not None
        and file.bill.tax.sum is not None
        and (file.item.tax is None or not file.item.tax.rate)
    ):
        hint = 'write [item] tax = { rate = "..." }, with included = false where prices are without it'
        source.report(("bill", "tax"), "is the sum of what the lines hold, and [item] has no rate of tax", hint)
    if file.item.tax is None or file.item.tax.included is True:
        return
    for path, rule, _ in entities(file):
        if isinstance(rule, ExtraRule) and rule.tax is None:
            hint = 'write tax = { included = true }; or, if it does not, tax = { included = false, rate = "..." }'
            message = "the prices of [item] do not hold their tax, and whether this amount does is not said"
            source.report((*path, "tax"), message, hint)


def _taxes(file: schema.MappingFile) -> Iterator[tuple[Path, TaxRule | None, RowsRule | None]]:
    for path, rule, _ in entities(file):
        yield path, getattr(rule, "tax", None), getattr(rule, "rows", None)
