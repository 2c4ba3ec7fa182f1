"""Whether a mistake in a mapping is found before a guest is: by loading it, or by `check` on a restaurant's database."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from msgspec.structs import replace

from adapter.check import check
from adapter.check.findings import Finding
from adapter.config import Config
from adapter.errors import AdapterError, InvalidFile, Problem
from adapter.mapping.load import Mapping, load_mapping_text
from adapter.trials import run_tests
from tests.mutation.sheet import Edit, Sheet
from tests.mutation.stage import Till
from tests.mutation.work import Task

Found = Literal["load", "check", "test", "nobody"]

_OF_ROWS = frozenset({"from", "order", "where"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of one mistake."""

    task: Task
    line: int
    found: Found
    """Who found it: the loader, a test of the mapping, or a look at the database (misfits included)."""
    pointed: bool
    """Whether what was said names the key that holds the mistake: see `_points`."""
    said: tuple[str, ...] = ()


def judge(given: tuple[Till, Task]) -> Verdict:
    """The same as `judged`, for a process of its own."""
    return asyncio.run(judged(*given))


async def judged(till: Till, task: Task) -> Verdict:
    """Make a mistake and see who finds it.

    The database is looked at only where the tests of the mapping find nothing, or do not name the key: it takes longer.
    """
    sheet = till.sheet
    text = sheet.apply(task.edit)
    try:
        mapping = load_mapping_text(text, f"{sheet.name}.toml")
    except InvalidFile as error:
        return _verdict(sheet, task, "load", error.problems)
    try:
        results = await run_tests(mapping, till.url)
    except InvalidFile as error:
        return _verdict(sheet, task, "check", error.problems)
    except AdapterError as error:
        return _verdict(sheet, task, "check", [Problem(file="", line=0, key="", message=str(error))])
    failed = [finding for result in results for finding in result.findings]
    tested = _verdict(sheet, task, "test", failed)
    if failed and tested.pointed:
        return tested
    known = await _known(till)
    found = [one.problem for one in await _findings(till, mapping) if _what(one) not in known]
    if found:
        return _verdict(sheet, task, "check", [*failed, *found])
    return tested if failed else _verdict(sheet, task, "nobody", [])


_KNOWN: dict[str, frozenset[tuple[str, str, str]]] = {}


async def _known(till: Till) -> frozenset[tuple[str, str, str]]:
    """What is found in the mapping as it is: odd rows of the evening, put there for the eye."""
    name = till.sheet.name
    if name not in _KNOWN:
        mapping = load_mapping_text(till.sheet.text, f"{name}.toml")
        _KNOWN[name] = frozenset(map(_what, await _findings(till, mapping)))
    return _KNOWN[name]


async def _findings(till: Till, mapping: Mapping) -> list[Finding]:
    config = _config(till.url)
    report = await check(
        config, replace(mapping, file=mapping.file.model_copy(update={"test": ()})), config_file=Path("config.toml")
    )
    return [one for one in report.findings if one.severity != "note"]


@cache
def _config(url: str) -> Config:
    return Config.model_validate({"mapping": "m", "database": {"url": url}, "rules": {"finished_within_hours": 0}})


def _what(finding: Finding) -> tuple[str, str, str]:
    return finding.kind, finding.problem.key, re.sub(r"\d+", "0", finding.problem.message)


def _verdict(sheet: Sheet, task: Task, found: Found, problems: list[Problem]) -> Verdict:
    return Verdict(
        task=task,
        line=sheet.lines_of(task.edit).start,
        found=found,
        pointed=any(_points(sheet, task.edit, problem) for problem in problems),
        said=tuple(map(str, problems)),
    )


def _points(sheet: Sheet, edit: Edit, problem: Problem) -> bool:
    """Whether a problem names a line of the key with the mistake.

    For what is left out there is no line to name: any key of its section will do, or a table that only it has used. For
    what says which rows an entity has, any key of the section will do: all its fields are wrong at once.
    """
    lines = sheet.lines_of(edit)
    told = f"{problem.key} {problem.message} {problem.hint}"
    named = {problem.line, *(int(number) for number in re.findall(r"(?:\bline |\.toml:)(\d+)", told, re.IGNORECASE))}
    if named & set(lines):
        return True
    is_left_out = not edit.new.strip()
    if is_left_out and any(re.search(rf"\b{table}\b", told) for table in sheet.tables_of(edit)):
        return True
    if not is_left_out and edit.path[-1] not in _OF_ROWS:
        return False
    return any(sheet.section_of(line) == sheet.section_of(lines.start) for line in named)
