"""Asks the book what a preview shows. Changes nothing; knows nothing of how it is shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from msgspec import structs

from adapter.app import App
from adapter.config import Config
from adapter.domain.payments import Lock
from adapter.domain.ports import Book
from adapter.domain.requests import ListSessions, Requestor
from adapter.domain.values import Bill, BillItem, ReceiptLine, Session, Table
from adapter.errors import InvalidFile, MappingError, MappingMismatch, NotEnabled, Problem, SessionNotFound
from adapter.events import BillDiffers, DuplicateTableName, Event, RecordingOff, RowSkipped
from adapter.mapping.load import Mapping as LoadedMapping
from adapter.mapping.pruning import reading_only
from adapter.preview.as_order import shown_order
from adapter.preview.view import (
    Preview,
    ShownBill,
    ShownLine,
    ShownLock,
    ShownModifier,
    ShownSession,
    ShownTable,
    ShownText,
    Skipped,
)
from adapter.store.book import Bound
from adapter.upkeep import session_of

_NOBODY = Requestor(is_card_machine=False)
_PATIENCE = 3.0
_MOST_ASKED = 50
"""Bills that are asked for one by one, to tell why they are not among the others."""
_UNFIT = "nothing is answered to card machines until the mapping fits this database; this is what could be read"


class Looker:
    """Looks at one restaurant, as often as it is asked to."""

    def __init__(self, config: Config, mapping: LoadedMapping) -> None:
        self._mapping = mapping
        self._events: list[Event] = []
        self._off = ""
        self._whole = self._app_of(config, mapping)
        self._reading = self._app_of(config, reading_only(mapping)) if mapping.file.record is not None else None
        self._app = self._whole
        self._misfits: tuple[str, ...] = ()

    def _app_of(self, config: Config, mapping: LoadedMapping) -> App:
        return App(config, mapping, self._events.append, write_patience=_PATIENCE)

    async def _bind(self) -> Bound:
        """Bind the mapping, or as much of it as reads where only what records does not fit.

        Raises InvalidFile with every misfit when nothing can be read, StoreError.
        """
        self._app, self._misfits = self._whole, ()
        try:
            return await self._whole.store.bind()
        except MappingMismatch:
            misfits = await self._why(self._whole)
        if self._reading is None:
            raise InvalidFile(misfits)
        self._app, self._misfits = self._reading, tuple(str(problem) for problem in misfits)
        try:
            return await self._reading.store.bind()
        except MappingMismatch:
            raise InvalidFile(misfits) from None

    @staticmethod
    async def _why(app: App) -> list[Problem]:
        """What does not fit, word for word."""
        try:
            await app.store.bind_or_raise()
        except InvalidFile as error:
            return error.problems
        return []  # it fits by now, and the next look will find it so

    async def look(self, wanted: str | None = None) -> Preview:
        """The restaurant now; `wanted` is the session whose bill is shown in full, by its id or its key in the EPOS.

        Raises AdapterError, SessionNotFound when there is no such session.
        """
        self._events.clear()
        bound = await self._bind()
        store = self._app.store
        chosen = session_of(wanted, bound.fields.packing) if wanted is not None else None
        tables, sessions, bills = await store.read(_everything)
        by_id = {bill.session_id: bill for bill in bills}
        problems = await self._problems([each for each in sessions if each.id not in by_id])
        skipped = self._skipped(problems)
        locks = await self._locks([*(each.id for each in sessions), *([chosen] if chosen is not None else [])])
        shown = [_session(each, by_id.get(each.id), problems.get(each.id, ""), locks.get(each.id)) for each in sessions]
        bill = await self._bill(chosen or _most_telling(shown), is_wanted=chosen is not None, locks=locks)
        says_tax = bound.fields.binder.mapping.file.bill.tax is not None
        return Preview(
            epos=bound.fields.binder.mapping.file.epos,
            mapping=self._mapping.source.file,
            at=datetime.now(UTC),
            tables=tuple(_table(each, sessions) for each in tables),
            sessions=tuple(shown),
            bill=bill if bill is None or says_tax else structs.replace(bill, tax=None),
            skipped=skipped,
            notes=self._notes(),
            misfits=self._misfits,
        )

    async def close(self) -> None:
        """Close every connection to the database."""
        for app in filter(None, (self._whole, self._reading)):
            await app.store.close()

    async def _problems(self, without: Sequence[Session]) -> Mapping[UUID, str]:
        """Why sessions have no bill among the others; nothing for those that simply have none."""
        found = {}
        said = len(self._events)
        for session in without[:_MOST_ASKED]:
            try:
                await self._app.store.read(lambda book, session=session: book.bill(session.id))  # type: ignore[misc]
            except MappingError as error:
                found[session.id] = error.message
        del self._events[said:]
        return found

    async def _locks(self, sessions: Sequence[UUID]) -> Mapping[UUID, Lock]:
        """Who holds which session; nobody where nothing can be locked."""
        try:
            return await self._app.store.held(sessions)
        except NotEnabled:
            return {}

    async def _bill(self, wanted: UUID | None, *, is_wanted: bool, locks: Mapping[UUID, Lock]) -> ShownBill | None:
        if wanted is None:
            return None

        def read(book: Book) -> ShownBill | None:
            try:
                found = book.full_bill(wanted)
            except MappingError as error:
                # The session alone can be read where its bill cannot.
                session = book.session(wanted)
                if session is None:
                    return None
                return ShownBill(session=_session(session, None, error.message, locks.get(wanted)))
            if found is None:
                return None
            session, bill = found
            header, footer = book.receipt(session)
            shown = _full(_session(session, bill, "", locks.get(wanted)), bill, header, footer)
            try:
                order = book.order(wanted)
            except MappingError as error:
                # What is wrong with an order alone does not keep the other protocol from its bill.
                return structs.replace(shown, order_problem=error.message)
            return shown if order is None else structs.replace(shown, order=shown_order(order))

        bill: ShownBill | None = await self._app.store.read(read)
        if bill is None and is_wanted:
            raise SessionNotFound("there is no such session", hint="leave --session out to see which there are")
        return bill

    def _skipped(self, problems: Mapping[UUID, str]) -> tuple[Skipped, ...]:
        """What was left out, but for the bills of sessions that are there and say why themselves."""
        counts = Counter((event.entity, event.reason) for event in self._events if isinstance(event, RowSkipped))
        counts.subtract(("bill", reason) for reason in problems.values())
        return tuple(
            Skipped(entity=entity, reason=reason, count=count)
            for (entity, reason), count in sorted(counts.items())
            if count > 0
        )

    def _notes(self) -> tuple[str, ...]:
        notes = []
        for event in self._events:
            if isinstance(event, RecordingOff):
                self._off = event.reason  # said once, when the mapping is bound
            elif isinstance(event, DuplicateTableName):
                notes.append(f"several tables are called {event.name}: only the first can be asked for")
            elif isinstance(event, BillDiffers):
                notes.append(f"the lines of {event.session} differ from its total, as the mapping allows")
        off = _UNFIT if self._misfits else self._off
        return tuple(dict.fromkeys([*([off] if off else []), *notes]))


def _everything(book: Book) -> tuple[Sequence[Table], Sequence[Session], list[Bill]]:
    tables = book.tables(names=None, statuses=None)
    sessions = book.sessions(ListSessions(requestor=_NOBODY, is_finished=False), waiter_id=None)
    bills = book.bills([session.id for session in sessions]) if sessions else []
    return tables, sessions, [bill for _, bill in bills if bill is not None]


def _most_telling(sessions: Sequence[ShownSession]) -> UUID | None:
    """The session whose bill shows most: payable, with many lines, new."""
    with_bill = [each for each in sessions if each.total is not None]
    best = max(with_bill, key=lambda each: (each.is_payable, each.lines, each.created_at), default=None)
    return UUID(best.id) if best is not None else None


def _table(table: Table, sessions: Sequence[Session]) -> ShownTable:
    return ShownTable(
        name=table.name,
        max_covers=table.max_covers,
        status=table.status.value,
        area=table.area,
        sessions=tuple(str(each.id) for each in sessions if table.name in each.tables),
    )


def _session(session: Session, bill: Bill | None, problem: str, lock: Lock | None) -> ShownSession:
    waiter = session.waiter
    return ShownSession(
        id=str(session.id),
        name=session.name,
        tables=session.tables,
        created_at=session.created_at,
        is_finished=session.is_finished,
        is_payable=session.is_payable,
        waiter=(waiter.name or waiter.id) if waiter is not None else "",
        covers=session.covers,
        currency=bill.currency if bill is not None else "",
        total=bill.total if bill is not None else None,
        paid=bill.paid if bill is not None else None,
        due=bill.outstanding if bill is not None else None,
        lines=len(bill.items) if bill is not None else 0,
        lock=_lock(lock),
        problem=problem,
    )


def _lock(lock: Lock | None) -> ShownLock | None:
    if lock is None:
        return None
    if lock.by_till:
        return ShownLock(by="till", since=lock.locked_at)
    return ShownLock(by=f"terminal {lock.terminal}" if lock.terminal else "card machine", since=lock.locked_at)


def _full(
    session: ShownSession, bill: Bill | None, header: Sequence[ReceiptLine], footer: Sequence[ReceiptLine]
) -> ShownBill:
    if bill is None:
        return ShownBill(session=session)
    lines = tuple(_line(item) for item in bill.items)
    return ShownBill(
        session=session,
        header=_texts(header),
        footer=_texts(footer),
        lines=lines,
        service_charge=bill.service_charge,
        tax=bill.tax,
        note=bill.note or "",
        difference=bill.total - sum(line.total for line in lines) - (bill.service_charge or 0),
    )


def _line(item: BillItem) -> ShownLine:
    return ShownLine(
        name=item.name,
        quantity=item.quantity,
        amount=item.amount,
        total=item.quantity * item.amount_with_modifiers,
        modifiers=tuple(
            ShownModifier(name=each.name, quantity=each.quantity, amount=each.amount) for each in item.modifiers
        ),
    )


def _texts(lines: Sequence[ReceiptLine]) -> tuple[ShownText, ...]:
    """The lines above or below a bill; a logo is only named, as an image may hold anything."""
    found = []
    for line in lines:
        centred = line.align == "center" or line.kind.startswith("merchant")
        bold = bool(line.bold) or line.size != "body" or line.kind == "merchant_name"
        texts = [*line.lines, *([line.postcode] if line.postcode else [])] or [line.text]
        if line.kind == "horizontal_line":
            texts = [""]
        elif line.kind == "logo":
            texts, centred = ["[logo]"], True
        elif line.kind == "vat_number":
            texts = [f"VAT no. {line.text}"]
        found += [ShownText(text=text, bold=bold, centred=centred) for text in texts]
    return tuple(found)


async def preview(config: Config, mapping: LoadedMapping, wanted: str | None = None) -> Preview:
    """Look once.

    Raises AdapterError.
    """
    looker = Looker(config, mapping)
    try:
        return await looker.look(wanted)
    finally:
        await looker.close()
