"""Runs every family of findings against one installation, in an order in which each knows what it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path as FilePath
from typing import Any

from msgspec import structs
from msgspec.structs import replace

from adapter.check.codes import look_at_codes
from adapter.check.engines import inspector_of
from adapter.check.filters import look_at_filters
from adapter.check.findings import SEVERITIES, Finding, Findings, counts
from adapter.check.fit import PatientFitting
from adapter.check.indexes import look_at_indexes, look_at_plans
from adapter.check.joins import look_at_joins
from adapter.check.looking import Look
from adapter.check.money import judge_money
from adapter.check.nulls import look_at_nulls
from adapter.check.orders import look_at_orders
from adapter.check.plausible import judge_sessions, look_at_ignored
from adapter.check.privileges import look_at_privileges
from adapter.check.probing import QUESTION_SECONDS, WAITING_SECONDS, Prober
from adapter.check.recording import look_at_recording
from adapter.check.rehearse import Rehearsal, rehearse
from adapter.check.rows import judge_rows
from adapter.check.sampling import read_sample
from adapter.check.site import look_at_site
from adapter.check.sums import look_at_sums
from adapter.check.tables import look_at_links, look_at_tables
from adapter.check.trying import Tests, look_at_tests
from adapter.check.uses import uses_of
from adapter.config import Config
from adapter.errors import AdapterError, DatabaseUnavailable
from adapter.mapping.capabilities import Served, served_by
from adapter.mapping.load import Mapping
from adapter.mapping.pruning import without
from adapter.serving import database_settings
from adapter.store.database import Database
from adapter.store.engines import connect, engine_of
from adapter.store.ledger import Ledger

SAMPLE = 200
"""Sessions that are read unless somebody wants more."""
_SECONDS = 120.0
"""Longest that all questions together may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was found."""

    mapping: str
    epos: str
    findings: tuple[Finding, ...]
    sessions: int
    """How many were read."""
    tests: Tests = field(default_factory=Tests)
    rehearsals: tuple[Rehearsal, ...] = ()
    capabilities: tuple[Served, ...] = ()
    """How far the mapping serves each capability of the EPOS Data API."""

    @property
    def is_good(self) -> bool:
        """Whether there is no error."""
        return not any(finding.severity == "error" for finding in self.findings)

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "mapping": self.mapping,
            "epos": self.epos,
            "sessions": self.sessions,
            "counts": counts(self.findings),
            "findings": [finding.as_dict() for finding in self.findings],
            "tests": structs.asdict(self.tests),
            "rehearsals": [rehearsal.as_dict() for rehearsal in self.rehearsals],
            "capabilities": [served.as_dict() for served in self.capabilities],
        }


async def check(
    config: Config,
    mapping: Mapping,
    *,
    config_file: FilePath,
    sample: int = SAMPLE,
    session: str | None = None,
    seconds: float = _SECONDS,
    tell: Callable[[str], None] = lambda _: None,
) -> Report:
    """Look at everything; with `session` (an id or a key), rehearse a payment of it too.

    Raises AdapterError when the database cannot be reached.
    """
    given = database_settings(config)
    settings = replace(
        given,
        pool_size=1,
        statement_timeout=min(given.statement_timeout, QUESTION_SECONDS),
        lock_timeout=min(given.lock_timeout, WAITING_SECONDS),
    )
    database = Database(connect(settings), write_patience=QUESTION_SECONDS)
    findings = Findings(source=mapping.source)
    try:
        look = await _first_look(config, mapping, database, findings, config_file, sample, seconds, tell)
        await look_at_site(look)
        await look_at_privileges(look)
        read = await read_sample(look)
        judge_rows(look, read)
        read.members.judge(look)
        judge_money(look, read)
        await look_at_orders(look, read)
        keys = [one.key for one in read.read]
        judge_sessions(look, read, await look_at_tables(look))
        await look_at_ignored(look)
        await look_at_links(look, read)
        await look_at_codes(look)
        await look_at_joins(look, keys)
        await look_at_filters(look)
        await look_at_nulls(look)
        await look_at_sums(look)
        await look_at_indexes(look)
        await look_at_plans(look, keys)
        await look_at_recording(look)
        rehearsals = await _rehearsed(look, session) if session is not None else []
        if look.prober.left_out:
            findings.add(
                "note",
                "not-checked",
                (),
                f"{look.prober.left_out} questions were not asked: {seconds:.0f} seconds are up",
            )
    finally:
        await database.close()
    # They have a connection of their own, and never two are open.
    has_tests = bool(look.mapping.file.test)
    tests = await look_at_tests(config, mapping, settings, findings, tell) if has_tests else Tests()
    return Report(
        mapping=mapping.source.file,
        epos=look.mapping.file.epos,
        findings=_in_order(findings.found),
        sessions=len(read.read),
        tests=tests,
        rehearsals=tuple(rehearsals),
        capabilities=served_by(look.mapping, ledger=config.ledger.use),
    )


async def _rehearsed(look: Look, session: str) -> list[Rehearsal]:
    """The rehearsals; one that cannot even begin is a finding beside all the others."""
    try:
        return await rehearse(look, session)
    except DatabaseUnavailable:
        raise
    except AdapterError as error:
        look.findings.beside("error", "rehearsal-fails", str(look.config_file), "", error.message, error.hint)
        return []


async def _first_look(
    config: Config,
    mapping: Mapping,
    database: Database,
    findings: Findings,
    config_file: FilePath,
    sample: int,
    seconds: float,
    tell: Callable[[str], None],
) -> Look:
    engine = engine_of(config.database.url.get_secret_value())

    def fitting(of: Mapping) -> PatientFitting:
        return PatientFitting(
            mapping=of,
            database=database,
            engine=engine,
            site=config.site,
            receipt=config.receipt,
            history=timedelta(hours=config.rules.finished_within_hours) or None,
            emit=lambda _: None,
        )

    fit = await fitting(mapping).looked_through(findings, tell)
    uses = uses_of(fit.binder, engine, given=config.site, ledger=config.ledger.use)
    pruned = without(fit.binder.mapping, fit.troubled)
    if pruned is not None:
        # What is wrong with it has been said; the rows are looked at without it.
        fit = await fitting(pruned).looked_through(Findings(source=pruned.source), tell)
    prober = Prober(
        database=database, engine=engine, findings=findings, site=fit.binder.site, seconds=seconds, tell=tell
    )
    look = Look(
        config=config,
        config_file=config_file,
        mapping=fit.binder.mapping,
        fit=fit,
        prober=prober,
        findings=findings,
        inspector=inspector_of(engine.name),
        uses=uses,
        sample=sample,
        ledger=Ledger(config.ledger.schema_, engine) if config.ledger.use else None,
    )
    if look.inspector is not None:
        look.states.update(await look.inspector.tables(prober, list(look.uses)))
    return look


def _in_order(findings: list[Finding]) -> tuple[Finding, ...]:
    """Errors first, then by the place in the file."""
    return tuple(
        sorted(
            findings,
            key=lambda one: (SEVERITIES.index(one.severity), one.problem.file, one.problem.line, one.problem.column),
        )
    )
