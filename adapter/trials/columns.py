"""Looks the columns up that the tests of a mapping name. Works on values only."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.mapping.catalogue import Catalogue, TableFact
from adapter.mapping.load import Mapping
from adapter.mapping.trial_schema import Row, TrialRule
from adapter.toml.load import Source, suggest
from adapter.toml.locate import Path


def check_columns(mapping: Mapping, catalogue: Catalogue, source: Source) -> None:
    """Report every column that a test names and its table does not have, unless the mapping calls it optional."""
    for index, rule in enumerate(mapping.file.test):
        for path, table, column in _named(("test", index), rule):
            fact = _fact(mapping, catalogue, table)
            if fact is not None and fact.column(column) is None and not _is_optional(mapping, table, column):
                hint = suggest(column, fact.columns) or f"it has {', '.join(sorted(fact.columns))}"
                source.report(path, f"the table {fact.name} has no column {column}", hint)


def lacking(mapping: Mapping, catalogue: Catalogue, rule: TrialRule) -> str:
    """Why a test cannot be run on this database: it needs an optional column; empty when it can."""
    for _, table, column in _named((), rule):
        fact = _fact(mapping, catalogue, table)
        if fact is not None and fact.column(column) is None:
            return f"this database lacks the optional column {table}.{column}"
    return ""


def _named(path: Path, rule: TrialRule) -> Iterator[tuple[Path, str, str]]:
    """Every column that a test names: where, its table and its name."""
    parts: list[tuple[Path, dict[str, tuple[Row, ...]]]] = [
        ((*path, "rows"), rule.rows),
        ((*path, "after"), rule.after.present),
        ((*path, "after", "absent"), rule.after.absent),
    ]
    for place, tables in parts:
        for table, rows in tables.items():
            for index, row in enumerate(rows):
                yield from (((*place, table, index, column), table, column) for column in row)


def _fact(mapping: Mapping, catalogue: Catalogue, table: str) -> TableFact | None:
    wanted = f"{mapping.file.prefix}{table}"
    found = (catalogue.table(schema, wanted) for schema in catalogue.tables)
    return next((fact for fact in found if fact is not None), None)


def _is_optional(mapping: Mapping, table: str, column: str) -> bool:
    for name, columns in mapping.file.columns.items():
        if name.casefold() == table.casefold():
            return any(known.casefold() == column.casefold() and rule.optional for known, rule in columns.items())
    return False
