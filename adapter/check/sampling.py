"""Reads the newest sessions with their bills, row by row, and keeps what became of each. Judges nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from adapter.check.looking import Look
from adapter.check.members import Members
from adapter.domain.orders import Order
from adapter.domain.values import Bill, Session
from adapter.errors import AdapterError
from adapter.events import BillDiffers, Event
from adapter.mapping.bills import BillMaker
from adapter.mapping.captures import complete, is_captured
from adapter.mapping.gather import Gatherer
from adapter.mapping.orders import OrderMaker
from adapter.mapping.readings import is_blank, sorts
from adapter.mapping.search import Search
from adapter.mapping.things import SessionMaker
from adapter.store.book import Bound

_AT_ONCE = 100
"""Sessions read by one statement, so that each stays short."""


_READ = ("session", "bill", "item", "modifier", "discount", "charge", "tax_line", "payment", "table")
"""The sections of a mapping that an order needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One session that was read, as far as it could be."""

    key: tuple[Any, ...]
    session: Session | None
    bill: Bill | None
    order: Order | None = None
    """None where session or bill cannot be read, or where what an order has beside them cannot."""
    difference: int = 0
    """Its total minus its lines, in minor units."""
    problems: tuple[str, ...] = ()
    """Why it, or its bill, cannot be read; each begins with the field."""
    lost_table: str | None = None
    """The table that it refers to and that is not there, where only the adapter can read which that is."""
    has_finished_at: bool = False
    """Whether the till has noted a time when it finished."""


@dataclass(slots=True)
class Sample:
    """The sessions that were read."""

    read: list[Read] = field(default_factory=list)
    members: Members = field(default_factory=Members)
    """What was taken out of their values."""

    @property
    def bills(self) -> list[tuple[Read, Bill]]:
        """Those that have a bill."""
        return [(one, one.bill) for one in self.read if one.bill is not None]

    @property
    def sessions(self) -> list[tuple[Read, Session]]:
        """Those that could be read themselves."""
        return [(one, one.session) for one in self.read if one.session is not None]


async def read_sample(look: Look) -> Sample:
    """The newest sessions, and the newest open ones."""
    bound = look.fit.bound
    sample = Sample()
    if bound is None or not look.fit.is_whole(*_READ):
        look.findings.add(
            "note", "not-checked", ("session",), "no row was read: what does not fit must be mended first"
        )
        return sample
    keys = await _newest(look, only_open=True)
    keys += [key for key in await _newest(look, only_open=False) if key not in keys]
    if keys == [] and not look.prober.left_out:
        look.findings.add("note", "tables-empty", ("session",), "there is no session to look at")
    plan = bound.statements.sessions(Search(by="keys", content="order"))
    for start in range(0, len(keys), _AT_ONCE):
        some = keys[start : start + _AT_ONCE]
        values = {f"keys_{index}": list(column) for index, column in enumerate(zip(*some, strict=True))}
        rows = await look.prober.rows(("session",), f"bills {start + 1} to {start + len(some)}", plan, values)
        if rows is None and look.findings.found and look.findings.found[-1].kind == "sql-fails":
            await _blame(bound, values, look)
        sample.read += _decoded(bound, plan, rows or [], look, sample.members)
    return sample


async def _blame(bound: Bound, values: dict[str, Any], look: Look) -> None:
    """Ask for each field alone, and tell of those that fail in place of the whole."""
    whole = look.findings.found.pop()
    fine = len(look.findings.found)
    for path, plan in bound.statements.alone(Search(by="keys", content="order")):
        await look.prober.rows(path, "some value", plan, values)
    if not any(finding.kind == "sql-fails" for finding in look.findings.found[fine:]):
        look.findings.found.append(whole)


async def _newest(look: Look, *, only_open: bool) -> list[tuple[Any, ...]]:
    """The keys of the newest sessions, those of NULL left out: none can be asked for."""
    binder, mapping = look.binder, look.mapping
    keys = look.key_trees(("session", "id"))
    where: list[exp.Expr] = [exp.Not(this=exp.Is(this=key.copy(), expression=exp.Null())) for key in keys]
    if only_open:
        if ("session", "finished") not in mapping.fragments:
            return []
        where.append(binder.flag(("session", "finished"), wanted=False))
    fact = binder.fact_of(("session", "id"))
    by = keys
    if (len(keys) > 1 or fact is None or fact.family != "integer") and _sorts(look):
        by = [binder.expression(mapping.fragments["session", "created_at"][0])]
    select = look.select(("session",), *(exp.alias_(key.copy(), f"k{index}") for index, key in enumerate(keys)))
    for condition in where:
        select = select.where(condition, copy=False)
    order = [exp.Ordered(this=part.copy(), desc=True, nulls_first=False) for part in by]
    select = select.order_by(*order).limit(look.sample)
    what = "the newest open sessions" if only_open else "the newest sessions"
    rows = await look.prober.select(("session",), what, select)
    return list(dict.fromkeys(tuple(row) for row in rows or ()))


def _sorts(look: Look) -> bool:
    """Whether the newest time comes first where it is sorted by what its column holds: not by 31/12/2025 as a text."""
    path = ("session", "created_at")
    said = look.mapping.file.session.created_at
    form = said.form if said is not None else None
    form = form or look.binder.reading_of(path, "time").get("form") or look.mapping.file.time.form
    return sorts(form) and not is_captured(look.binder, path)


def _decoded(bound: Bound, plan: Any, rows: list[Any], look: Look, members: Members) -> list[Read]:
    fields = bound.fields
    differences: dict[str, int] = {}

    def hear(event: Event) -> None:
        if isinstance(event, BillDiffers):
            differences[event.session] = event.difference

    sessions = SessionMaker(fields, plan)
    bills = BillMaker(fields, plan, sessions.totals, hear, differs="looked at by check")
    orders = OrderMaker(fields, plan, bills)
    place = next(branch for branch in plan.branches if branch.kind == "session").slots.get("finished_at")
    found = []
    whole = list(complete(plan, rows))
    members.note(plan, whole)
    for row, one in Gatherer(plan, len(fields.packing.parts)).gather(whole):
        if bills.unpacker is not None:
            members.note_decoded(bills.unpacker, row, one)
        problems: list[str] = []
        session = bill = order = None
        try:
            session = sessions.make(row, one, None)
        except AdapterError as error:
            problems.append(error.message)
        try:
            bill = bills.make(sessions.owner(row, one), row, one)
        except AdapterError as error:
            problems.append(error.message)
        try:
            order = None if problems else orders.order(row, one, None)
        except AdapterError as error:
            problems.append(error.message)
        found.append(
            Read(
                key=sessions.key(row),
                lost_table=sessions.lost_table(row, one),
                session=session,
                bill=bill,
                order=order,
                difference=differences.get(str(bill.session_id), 0) if bill is not None else 0,
                problems=tuple(dict.fromkeys(problems)),
                has_finished_at=place is not None and row[place] is not None and not is_blank(row[place]),
            )
        )
    look.prober.tell(f"{len(found)} sessions read")
    return found
