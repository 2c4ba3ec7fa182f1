"""Runs the `[[test]]`s of the mapping, and makes findings of those that fail."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from adapter.check.findings import Findings
from adapter.check.probing import reason_of
from adapter.config import Config
from adapter.errors import AdapterError, DatabaseUnavailable, InvalidFile, Problem
from adapter.mapping.load import Mapping
from adapter.store.engines import DatabaseSettings
from adapter.trials import CopiesRefused, TestResult, run_tests

_SECONDS = 60.0
"""Longest that all tests together may take."""


class Tests(Struct, frozen=True, kw_only=True):
    """How many tests there were, and what became of them."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0


async def look_at_tests(
    config: Config,
    mapping: Mapping,
    settings: DatabaseSettings,
    findings: Findings,
    tell: Callable[[str], None],
) -> Tests:
    """Run every test on a connection of its own; raises DatabaseUnavailable."""
    results: list[TestResult] = []

    def hear(result: TestResult) -> None:
        results.append(result)
        tell(f"the tests of the mapping, {len(results)} done")

    try:
        async with asyncio.timeout(_SECONDS):
            await run_tests(mapping, settings, use_ledger=config.ledger.use, on_result=hear)
    except InvalidFile as error:
        known = {finding.problem.key for finding in findings.found if finding.severity == "error"}
        for problem in error.problems:
            if problem.key not in known:
                findings.take("error", "test-fails", problem)
        findings.add("note", "not-checked", ("test",), "the tests were not run: what does not fit must be mended first")
    except DatabaseUnavailable:
        raise
    except AdapterError as error:
        why, hint = reason_of(error), error.hint
        if isinstance(error, CopiesRefused):
            hint = f"nothing, on site; before, for epos-adapter test: {hint}"
        findings.add("note", "not-checked", ("test",), f"the tests could not be run, because {why}", hint)
    except TimeoutError:
        findings.add("note", "not-checked", ("test",), f"the tests took more than {_SECONDS:.0f} seconds")
    _judge(mapping, results, findings)
    return Tests(
        passed=sum(result.passed and not result.skipped for result in results),
        failed=sum(not result.passed for result in results),
        skipped=sum(bool(result.skipped) for result in results),
    )


def _judge(mapping: Mapping, results: list[TestResult], findings: Findings) -> None:
    for result in results:
        for problem in result.findings:
            findings.take("error", "test-fails", replace(problem, message=f"{result.name}: {problem.message}"))
        if result.skipped:
            message = f"{result.name}: not run, because {result.skipped}"
            place = Problem(file=mapping.source.file, line=result.line, key="test", message=message)
            findings.take("note", "not-checked", place)
