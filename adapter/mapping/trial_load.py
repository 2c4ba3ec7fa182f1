"""Checks the `[[test]]`s of a mapping as far as no database is needed. Knows nothing of how they are run."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from adapter.mapping import schema
from adapter.mapping.trial_schema import METHODS, OF_SESSION, WRITING, TrialRule
from adapter.mapping.walk import fits
from adapter.toml.load import Source, suggest
from adapter.toml.locate import Path


def check_trials(file: schema.MappingFile, tables: Collection[str], source: Source) -> None:
    """Report everything wrong with the tests of a mapping that uses these tables."""
    names: set[str] = set()
    is_whole = not source.problems  # a FROM that could not be read may have named any table
    for index, rule in enumerate(file.test):
        path: Path = ("test", index)
        if rule.name in names:
            source.report((*path, "name"), "another test has this name")
        names.add(rule.name)
        _check(path, rule, file, source)
        for place, name in tables_of(path, rule):
            if is_whole and name.casefold() not in {table.casefold() for table in tables}:
                hint = _nearest(name, tables, source) or f"it uses {', '.join(sorted(tables))}"
                source.report(place, f"the mapping does not use a table {name}", hint)


def _nearest(name: str, tables: Collection[str], source: Source) -> str:
    """The table that may be meant, and where the mapping names it: it may be that one which is misspelt."""
    hint = suggest(name, tables)
    meant = re.search(r'"(\w+)"', hint)
    found = re.search(rf"\b{meant[1]}\b", source.locator.text, re.IGNORECASE) if meant is not None else None
    return f"{hint} Line {source.locator.text.count(chr(10), 0, found.start()) + 1} names it" if found else hint


def tables_of(path: Path, rule: TrialRule) -> Iterator[tuple[Path, str]]:
    """The tables that a test names, and where."""
    for part, rows in (("rows", rule.rows), ("after", rule.after.present)):
        yield from (((*path, part, name), name) for name in rows)
    yield from (((*path, "after", "absent", name), name) for name in rule.after.absent)


def _check(path: Path, rule: TrialRule, file: schema.MappingFile, source: Source) -> None:
    if rule.method not in METHODS:
        hint = suggest(rule.method, METHODS) or ", ".join(METHODS)
        source.report((*path, "method"), f"there is no method {rule.method}", hint)
        return
    if rule.method in WRITING and file.record is None:
        source.report((*path, "method"), f"{rule.method} needs [record], which this mapping does not have")
    if rule.method in OF_SESSION and not rule.session and not {"orderId", "sessionId"} & {*rule.params}:
        source.report(path, f"{rule.method} is asked of a session", "write session = [101], the key of its row")
    if rule.session and rule.method not in OF_SESSION:
        source.report((*path, "session"), f"{rule.method} is not asked of one session", "leave it out")
    if not rule.expect and not rule.after.present and not rule.after.absent:
        source.report(path, "expects nothing, so it cannot fail", "write expect = { ... }")
    if (rule.after.present or rule.after.absent) and rule.method not in WRITING:
        source.report((*path, "after"), f"{rule.method} changes nothing", "write expect = { ... }")
    _check_site(path, rule, file, source)


def _check_site(path: Path, rule: TrialRule, file: schema.MappingFile, source: Source) -> None:
    for name, value in rule.site.items():
        constant = file.site.get(name)
        if constant is None:
            source.report((*path, "site", name), "there is no such site constant", suggest(name, file.site))
        elif not fits(value, constant.type):
            source.report((*path, "site", name), f"must be of type {constant.type}")
