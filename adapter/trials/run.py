"""Runs the tests of a mapping: rows in, a request through the real endpoint, and the answer compared.

Whatever a test does, it does to temporary copies of the till's tables, in a transaction that is rolled back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import types

from adapter.domain.recording import RecordingRules
from adapter.domain.service import Service
from adapter.errors import AdapterError, InvalidFile, Problem
from adapter.events import BugFound, Event, RowSkipped
from adapter.mapping.bind import Binder
from adapter.mapping.catalogue import Catalogue
from adapter.mapping.keys import UnpackableKey
from adapter.mapping.load import Mapping as LoadedMapping
from adapter.mapping.naming import Naming
from adapter.mapping.trial_schema import WRITING, Row, TrialRule
from adapter.protocol.endpoint import Endpoint
from adapter.store.book import Bound
from adapter.store.choosing import variant_for
from adapter.store.engines import DatabaseSettings
from adapter.store.fitting import Fitting
from adapter.store.ledger import Ledger
from adapter.store.reflect import reading
from adapter.toml.load import Source
from adapter.toml.locate import Path, dotted
from adapter.trials.columns import check_columns, lacking
from adapter.trials.compare import Difference, differences, row_differences, unwanted_rows
from adapter.trials.copies import TableShape, shapes
from adapter.trials.flat import flat_catalogue, flat_mapping, require_distinct
from adapter.trials.origins import origin_of_column, origin_of_member, origin_of_order
from adapter.trials.requests import asking, dialect_of, is_locked_before, result_of, unknown_members
from adapter.trials.rows import complete
from adapter.trials.stage import RowRefused, Stage, StagedStore

_PATIENCE = 30.0


class TestResult(Struct, frozen=True, kw_only=True):
    """What became of one test."""

    __test__: ClassVar[bool] = False  # pytest takes every class of such a name for its own

    name: str
    line: int
    """Where it stands in the mapping."""
    passed: bool
    findings: list[Problem] = []
    """What was not as expected."""
    skipped: str = ""
    """Why it was not run; it has not failed then."""


async def run_tests(
    mapping: LoadedMapping,
    database: str | DatabaseSettings,
    *,
    use_ledger: bool = True,
    on_result: Callable[[TestResult], None] | None = None,
) -> list[TestResult]:
    """Run the tests of a mapping on copies of this database's tables, in the order of the file.

    Nothing of the installation counts but its schema: constants have the values that a test gives them, else what `read`
    finds in its rows, else their defaults. Without `use_ledger`, locks and payments are known by the till's columns only.
    `on_result` is told of each as it comes.

    Raises InvalidFile with everything in the mapping and its tests that does not fit the database, AdapterError when
    the tests cannot be run at all.
    """
    settings = database if isinstance(database, DatabaseSettings) else DatabaseSettings(url=database)
    mapping = await variant_for(mapping, settings)
    if not mapping.file.test:
        return []
    # One connection; its statements are not kept, for the tables they name are gone with the transaction.
    stage = Stage(replace(settings, pool_size=1, prepare=False))
    ledger = stage.ledger() if use_ledger else None
    try:
        play = await _opened(mapping, stage, ledger)
        results = []
        for index, rule in enumerate(mapping.file.test):
            result = await play.result(index, rule)
            results.append(result)
            if on_result is not None:
                on_result(result)
        return results
    finally:
        await stage.leave()


async def _opened(mapping: LoadedMapping, stage: Stage, ledger: Ledger | None) -> _Play:
    """A stage with copies of all tables on it; raises InvalidFile with every name that is not there."""
    source = Source(file=mapping.source.file, locator=mapping.source.locator)
    tables = Naming(mapping=mapping, catalogue=None, source=source).tables()
    await stage.require(tables)
    require_distinct(tables, mapping.source.file)
    catalogue = await stage.inspect(reading(tables))
    check_columns(mapping, catalogue, source)
    try:
        Binder(mapping=mapping, catalogue=catalogue, engine=stage.engine).check()
    except InvalidFile as error:
        source.problems += error.problems
    source.raise_if_any()
    there = [(schema, fact.name) for schema, name in sorted(tables, key=str) if (fact := catalogue.table(schema, name))]
    copied = await stage.inspect(lambda connection: shapes(connection, there))
    await stage.open(copied, ledger)
    return _Play(mapping, stage, ledger, flat_catalogue(catalogue), copied)


class _Play:
    """The tests of one mapping, one after the other, on an open stage."""

    def __init__(
        self,
        mapping: LoadedMapping,
        stage: Stage,
        ledger: Ledger | None,
        catalogue: Catalogue,
        tables: list[TableShape],
    ) -> None:
        self._mapping = mapping
        self._flat = flat_mapping(mapping)
        self._stage = stage
        self._ledger = ledger
        self._catalogue = catalogue
        self._tables = tables
        self._bound: dict[str, Bound] = {}
        self._events: list[Event] = []

    async def result(self, index: int, rule: TrialRule) -> TestResult:
        """Run one test."""
        path: Path = ("test", index)
        line, _ = self._mapping.source.locator.place(path)
        skipped = lacking(self._mapping, self._catalogue, rule)
        if skipped:
            return TestResult(name=rule.name, line=line, passed=True, skipped=skipped)
        self._events.clear()
        async with self._stage.scene():
            findings = [self._problem(path, one) for one in await self._differences(rule)]
        if findings:
            findings += [self._problem(path, Difference((), text)) for text in self._said()]
        return TestResult(name=rule.name, line=line, passed=not findings, findings=findings)

    async def _differences(self, rule: TrialRule) -> list[Difference]:
        refused = [Difference(path, message) for path, message in unknown_members(rule)] + await self._put(rule)
        if refused:
            return refused
        bound = await self._bound_with(rule)
        session_id = None
        if rule.session:
            try:
                session_id = _session_id(bound, rule.session)
            except (UnpackableKey, ValueError) as error:
                return [Difference(("session",), f"cannot be a session's key: {error}")]
        store = StagedStore(self._stage, bound, self._ledger)
        currency = None
        if session_id is not None and is_locked_before(rule):
            try:
                currency = await store.lock(session_id)
            except AdapterError as error:
                return [Difference(("expect", "error"), f"it cannot be locked before: {error.message}")]
        elif session_id is not None and rule.method == "RecordOrderPaymentByIdV1":
            currency = await store.currency_of(session_id)
        answer = await _answer(self._endpoint(store, rule.method), asking(rule, session_id, currency or "GBP"))
        found = [*_of_answer(rule, answer), *[one async for one in self._of_tables(rule)]]
        if found and "errorCode" in answer and rule.method not in WRITING:
            found += await self._of_unbalanced(rule, session_id)
        return found

    async def _of_unbalanced(self, rule: TrialRule, session_id: UUID | None) -> list[Difference]:
        """What else is wrong with a bill that was refused because it does not add up: which amount it is."""
        bill = self._flat.file.bill.model_copy(update={"differs": "to see what it is made of"})
        lenient = replace(self._flat, file=self._flat.file.model_copy(update={"bill": bill}))
        store = StagedStore(self._stage, await self._bound_with(rule, lenient), self._ledger)
        answer = await _answer(self._endpoint(store, rule.method), asking(rule, session_id, ""))
        return [] if "errorCode" in answer else list(_of_answer(rule, answer))

    async def _put(self, rule: TrialRule) -> list[Difference]:
        """Put the rows on the stage; gives those that the database refuses."""
        refused = []
        for name, rows in rule.rows.items():
            table = self._table(name)
            for number, row in enumerate(rows, start=1):
                try:
                    await self._stage.put(table, complete(row, table, number))
                except RowRefused as error:
                    refused.append(Difference(("rows", name, number - 1), f"the database refuses it: {error.message}"))
        await self._stage.restart(self._tables)
        return refused

    async def _bound_with(self, rule: TrialRule, mapping: LoadedMapping | None = None) -> Bound:
        """The mapping, bound with the constants of a test; made once for all that have the same."""
        fitting = Fitting(
            mapping=mapping or self._flat,
            database=self._stage,
            engine=self._stage.engine,
            site=rule.site,
            receipt=None,
            history=None,
            emit=self._events.append,
            catalogue=self._catalogue,
        )
        binder = await fitting.binder()
        known = repr((mapping is None, sorted(binder.site.items())))
        if known not in self._bound:
            self._bound[known] = await fitting.bound_by(binder)
        return self._bound[known]

    def _endpoint(self, store: StagedStore, method: str) -> Endpoint:
        emit = self._events.append
        service = Service(store, recording_rules=RecordingRules(), emit=emit)
        return Endpoint(connection="test", dialect=dialect_of(method), service=service, emit=emit, deadline=_PATIENCE)

    async def _of_tables(self, rule: TrialRule) -> Any:
        for name, rows in rule.after.present.items():
            for one in row_differences(self._unpadded(name, rows), await self._held(name, rows)):
                yield Difference(("after", name, *one.path), one.message)
        for name, rows in rule.after.absent.items():
            for one in unwanted_rows(self._unpadded(name, rows), await self._held(name, rows)):
                yield Difference(("after", "absent", name, *one.path), one.message)

    async def _held(self, name: str, rows: tuple[Row, ...]) -> list[Row]:
        columns = list(dict.fromkeys(column for row in rows for column in row))
        return self._unpadded(name, await self._stage.held(self._table(name), columns))

    def _unpadded(self, name: str, rows: Sequence[Row]) -> list[Row]:
        """Rows without the blanks with which a database fills a CHAR column up: to the language they are no part of it."""
        table = self._table(name)
        padded = {
            column
            for row in rows
            for column in row
            if (shape := table.column(column)) is not None and isinstance(shape.kind, types.CHAR)
        }
        return [
            {
                key: value.rstrip(" ") if key in padded and isinstance(value, str) else value
                for key, value in row.items()
            }
            for row in rows
        ]

    def _table(self, name: str) -> TableShape:
        wanted = f"{self._mapping.file.prefix}{name}".casefold()
        return next(table for table in self._tables if table.name.casefold() == wanted)

    def _said(self) -> Iterator[str]:
        """What the program said meanwhile that tells why a test fails."""
        for event in self._events:
            if isinstance(event, RowSkipped):
                yield f"a {event.entity} was left out: {event.reason}"
            elif isinstance(event, BugFound):
                yield f"a bug of the adapter, please report it: {event.error} in {event.where}"

    def _problem(self, path: Path, one: Difference) -> Problem:
        place = (*path, *one.path)
        line, _ = self._mapping.source.locator.place(place)
        part, rest = one.path[:1], one.path[1:]
        hint = ""
        if part == ("expect",):
            if one.is_order:
                hint = origin_of_order(self._mapping, rest)
            else:
                hint = origin_of_member(self._mapping, rest, negative="-" in one.message)
        elif part == ("after",):
            rest = rest[1:] if rest[0] == "absent" else rest
            hint = origin_of_column(self._mapping, str(rest[0]), str(rest[-1]))
        return Problem(file=self._mapping.source.file, line=line, key=dotted(place), message=one.message, hint=hint)


def _of_answer(rule: TrialRule, answer: dict[str, Any]) -> Iterator[Difference]:
    """Where the answer is not as expected."""
    expected = {name: value for name, value in rule.expect.items() if name not in ("error", "reason")}
    code, reason = rule.expect.get("error"), rule.expect.get("reason")
    if code is None and "errorCode" in answer:
        yield Difference(("expect",) if rule.expect else (), f"expected an answer, was {_error(answer)}")
        return
    if code is not None and answer.get("errorCode") != code:
        was = _error(answer) if "errorCode" in answer else "an answer"
        yield Difference(("expect", "error"), f"expected {code}, was {was}")
        return
    if reason is not None and str(reason) not in answer.get("errorReason", ""):
        yield Difference(("expect", "reason"), f"expected {reason!r} in it, was {answer.get('errorReason', '')!r}")
    yield from differences(expected, answer, ("expect",))


def _error(answer: dict[str, Any]) -> str:
    return f"{answer['errorCode']}: {answer['errorReason']}"


async def _answer(endpoint: Endpoint, frame: bytes) -> dict[str, Any]:
    return result_of(await endpoint.handle(frame) or b"")


def _session_id(bound: Bound, key: tuple[str | int, ...]) -> UUID:
    return bound.fields.packing.pack(key)
