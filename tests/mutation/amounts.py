"""Mistakes in amounts: the wrong unit, the wrong sign, the wrong tax, the wrong currency."""

from __future__ import annotations

import re
from collections.abc import Iterator

from adapter.toml.locate import Path
from tests.mutation.meanings import path_at, whole_values
from tests.mutation.sheet import Edit, Sheet

_MONEY = re.compile(r"total|price|amount|discount|charge|paid|tax")


def scaled_money(sheet: Sheet) -> Iterator[Edit]:
    """Pounds for pence."""
    for path, _, end, _, column in _money_columns(sheet):
        yield Edit(path=path, start=end, end=end, new=" * 100", what=f"{column} * 100")


def money_in_minor(sheet: Sheet) -> Iterator[Edit]:
    """Amounts that are said to be pence."""
    for path, start, end in whole_values(sheet):
        if path[-1] in ("total", "paid", "tax", "service_charge", "amount", "amount_per_item"):
            text = sheet.text[start:end]
            yield Edit(
                path=path,
                start=start,
                end=end,
                new=f'{{ sql = {text}, form = "minor" }}',
                what=f'{path[-1]} with form = "minor"',
            )


def wrong_sign(sheet: Sheet) -> Iterator[Edit]:
    """An amount with the other sign."""
    for path, start, end in whole_values(sheet):
        if path[-1] in ("total", "paid", "tax", "service_charge", "amount", "amount_per_item"):
            inner = sheet.text[start + 1 : end - 1]
            yield Edit(path=path, start=start, end=end, new=f'"0 - ({inner})"', what=f"- {path[-1]}")


def wrong_tax_basis(sheet: Sheet) -> Iterator[Edit]:
    """Inclusive for exclusive, percent for fraction."""
    for match in re.finditer(r'included = (:site\.\w+|"[^"]*"|true|false)', sheet.text):
        other = "true" if match[1] == "false" else "false"
        yield Edit(
            path=path_at(sheet, match.start()),
            start=match.start(1),
            end=match.end(1),
            new=other,
            what=f"included = {match[1]} -> {other}",
        )
    for match in re.finditer(r'form\s*= "(percent|fraction)"', sheet.text):
        other = "fraction" if match[1] == "percent" else "percent"
        yield Edit(
            path=path_at(sheet, match.start()),
            start=match.start(1),
            end=match.end(1),
            new=other,
            what=f"{match[1]} -> {other}",
        )


def wrong_basis(sheet: Sheet) -> Iterator[Edit]:
    """For each item what is for the line, and the reverse."""
    for match in re.finditer(r'per = "line"', sheet.text):
        yield Edit(
            path=path_at(sheet, match.start()),
            start=match.start(),
            end=match.end(),
            new='per = "item"',
            what="per line -> per item",
        )
    for path, start, end in whole_values(sheet):
        if path == ("item", "amount_per_item"):
            yield Edit(
                path=path,
                start=start,
                end=end,
                new=f'{{ sql = {sheet.text[start:end]}, per = "line" }}',
                what="price for the line",
            )


def wrong_currency(sheet: Sheet) -> Iterator[Edit]:
    """Another currency."""
    for path, offset, content in sheet.strings:
        if path == ("site", "currency", "default"):
            for code in ("EUR", "JPY", "POUND"):
                yield Edit(path=path, start=offset, end=offset + len(content), new=code, what=f"{content} -> {code}")


def swapped_arithmetic(sheet: Sheet) -> Iterator[Edit]:
    """Plus for minus."""
    for path, offset, content in sheet.sql:
        for match in re.finditer(r" ([-+]) (?=[\w(])", content):
            new = "+" if match[1] == "-" else "-"
            yield Edit(
                path=path,
                start=offset + match.start(1),
                end=offset + match.end(1),
                new=new,
                what=f"{match[1]} -> {new}",
            )


def _money_columns(sheet: Sheet) -> Iterator[tuple[Path, int, int, str, str]]:
    for path, start, end, table, column in sheet.column_references():
        if (
            path[0] in ("bill", "item", "modifier", "discount", "charge")
            and path[-1] not in ("where", "from", "id", "name", "key")
            and _MONEY.search(column)
            and not column.endswith("_id")
        ):
            yield path, start, end, table, column


KINDS = (scaled_money, money_in_minor, wrong_sign, wrong_tax_basis, wrong_basis, wrong_currency, swapped_arithmetic)
