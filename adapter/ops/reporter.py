"""Makes the report of one moment: what is remembered, and what is looked up when somebody asks. Knows no pages and ports."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

from msgspec import structs

from adapter.errors import AdapterError
from adapter.ops.findings import ON_FLAG, findings_in
from adapter.ops.report import (
    ConnectionReport,
    DatabaseReport,
    FlaggedPayment,
    Kept,
    Level,
    MappingReport,
    NotedReport,
    RecordingReport,
    Report,
    RequestReport,
    Sources,
)
from adapter.ops.state import Connection, Flagged, State, clean

_PATIENCE = 1.5
"""Seconds that the ledger may take to tell what it has."""
_FRESH = 2.0
"""Seconds for which what the ledger told is told again: many may look at the page."""


class Reporter:
    """Makes reports, and asks the ledger no more often than it must."""

    def __init__(self, state: State, sources: Sources) -> None:
        self._state = state
        self._sources = sources
        self._asking: asyncio.Future[Kept | None] | None = None
        self._kept: Kept | None = None
        self._note = ""
        self._kept_at = float("-inf")

    async def report(self) -> Report:
        """Everything that is told now."""
        await self._ask_ledger()
        report = self._told()
        found = findings_in(report)
        level: Level = max((one.level for one in found), key=_WORSE.index, default="good")
        return structs.replace(report, level=level, findings=found)

    def missing(self) -> list[str]:
        """What is missing to be ready; empty when the adapter is."""
        return missing_in(self._state)

    async def _ask_ledger(self) -> None:
        """Look up what the ledger has, or say why that cannot be told."""
        if time.monotonic() - self._kept_at < _FRESH:
            return
        if not self._state.database.is_up:
            self._cannot_tell("the database cannot be asked")
            return
        if not self._state.mapping.is_bound:
            self._cannot_tell("the mapping is not bound")
            return
        if self._asking is None:
            self._asking = asyncio.ensure_future(self._sources.kept())
        asking = self._asking
        # Not awaited for longer: cancelling what a frozen server holds takes ten seconds.
        await asyncio.wait({asking}, timeout=_PATIENCE)
        if not asking.done():
            self._cannot_tell("the database takes too long")
            return
        self._asking = None
        if asking.cancelled() or isinstance(asking.exception(), AdapterError):
            self._cannot_tell("the database cannot be asked")
            return
        kept = asking.result()
        self._kept, self._kept_at = kept, time.monotonic()
        self._note = "" if kept is not None else "no ledger keeps them"

    def _cannot_tell(self, why: str) -> None:
        self._kept, self._note = None, why

    def close(self) -> None:
        """Stop asking."""
        if self._asking is not None:
            self._asking.cancel()

    def _told(self) -> Report:
        state, sources, kept = self._state, self._sources, self._kept
        missing = missing_in(state)
        recording = state.recording
        return Report(
            level="good",
            ready=not missing,
            missing=missing,
            findings=[],
            at=datetime.now(UTC),
            version=state.version,
            started_at=state.started_at,
            connections=[_connection(one, sources.in_flight(one.name)) for one in state.connections.values()],
            database=_database(state, sources),
            mapping=_mapping(state),
            recording=RecordingReport(
                is_on=recording.is_on is True,
                reason=recording.reason or ("" if recording.is_on else "not known yet"),
                is_known=recording.is_on is not None,
                ledger=recording.ledger,
            ),
            flagged=_flagged(state, kept),
            locks=None if kept is None else kept.locks,
            locks_note=self._note,
            requests=_requests(state),
            noted=[
                NotedReport(at=one.at, text=one.text, times=one.times, is_trouble=one.is_trouble)
                for one in reversed(state.noted.values())
            ],
        )


def missing_in(state: State) -> list[str]:
    """What is missing to be ready, in plain words; empty when the adapter is."""
    found = []
    if state.is_stopping:
        found.append("the adapter is stopping")
    if not state.database.is_up:
        known = state.database.error
        found.append(f"the database does not answer: {known}" if known else "the database has not answered yet")
    if not state.mapping.is_bound:
        count = state.mapping.problem_count
        why = f": {count} problem{'s' if count > 1 else ''}" if count else " yet"
        found.append(f"the mapping is not bound to the database{why}")
    # One that stands by is as ready as it can be: another adapter answers meanwhile.
    if not any(one.opened or one.turn == "stands by" for one in state.connections.values()):
        troubles = [f"{one.name}: {one.trouble}" for one in state.connections.values() if one.trouble]
        found.append("no connection to the provider is open" + (f" ({'; '.join(troubles)})" if troubles else ""))
    return found


_WORSE: tuple[Level, ...] = ("good", "attention", "bad")


def _connection(one: Connection, in_flight: int) -> ConnectionReport:
    return ConnectionReport(
        name=one.name,
        protocol=one.protocol,
        environment=one.environment,
        way=one.way,
        place=one.place,
        is_open=one.opened > 0,
        sockets=one.opened,
        since=one.since,
        peer=one.peer if one.opened else "",
        trouble=one.trouble,
        trouble_at=one.trouble_at,
        retry_in=round(one.retry_in, 1),
        last_closed=one.closed,
        last_closed_at=one.closed_at,
        last_frame_at=one.frame_at,
        last_sign_at=max((at for at in (one.frame_at, one.sign_at) if at is not None), default=None),
        ping_milliseconds=None if one.ping_milliseconds is None else round(one.ping_milliseconds, 1),
        in_flight=in_flight,
        turn=one.turn,
        turn_since=one.turn_since,
        holder=one.holder,
        is_taken=one.is_taken,
        taken_at=one.taken_at,
    )


def _database(state: State, sources: Sources) -> DatabaseReport:
    database = state.database
    return DatabaseReport(
        is_up=database.is_up is True,
        since=database.since,
        last_error=database.error,
        last_error_at=database.error_at,
        pool_in_use=sources.pool_in_use(),
        pool_size=sources.pool_size(),
    )


def _mapping(state: State) -> MappingReport:
    mapping = state.mapping
    return MappingReport(
        file=mapping.file,
        epos=mapping.epos,
        digest=mapping.digest,
        is_bound=mapping.is_bound,
        since=mapping.since,
        tables=mapping.tables,
        problem_count=mapping.problem_count,
        problems=list(mapping.problems),
        outgrown=mapping.outgrown,
        outgrown_at=mapping.outgrown_at,
        refused=list(mapping.refused),
        refused_at=mapping.refused_at,
    )


def _flagged(state: State, kept: Kept | None) -> list[FlaggedPayment]:
    """Those of the ledger, and those that were told of since the start and are not in it."""
    found: dict[tuple[str, str], Flagged] = {(one.payment, one.kind): one for one in state.flagged}
    if kept is not None:
        found |= {(one.payment, one.kind): one for one in kept.flagged}
    return [
        FlaggedPayment(
            payment=clean(one.payment),
            session=clean(one.session),
            at=one.at,
            kind=one.kind,
            says=ON_FLAG[one.kind][0],
            do=ON_FLAG[one.kind][1],
        )
        for one in sorted(found.values(), key=lambda one: one.at, reverse=True)
    ]


def _requests(state: State) -> list[RequestReport]:
    return [
        RequestReport(
            at=at,
            connection=one.connection,
            method=one.method,
            outcome=one.outcome,
            milliseconds=round(one.milliseconds, 1),
            reason=clean(one.reason),
            terminal=clean(one.terminal),
            reference=clean(one.reference),
        )
        for at, one in reversed(state.requests)
    ]
