"""What a preview shows, as values. Knows neither terminal nor HTML.

Money is a whole number of minor units. Times are aware datetimes in UTC.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from adapter.preview.as_order import ShownOrder

STATUSES = {
    "occupied": "occupied",
    "available": "available",
    "pending_available": "being cleared",
    "not_in_use": "not in use",
}
"""Every status of a table, in the words of the mapping language, and what people are told."""


class ShownTable(Struct, frozen=True, kw_only=True):
    """A table, and who sits at it."""

    name: str
    max_covers: int
    status: str
    """One of `STATUSES`."""
    area: str | None
    sessions: tuple[str, ...]
    """Ids of its open sessions."""


class ShownLock(Struct, frozen=True, kw_only=True):
    """Who holds a session."""

    by: str
    """`terminal 4`, `till`."""
    since: datetime | None = None


class ShownSession(Struct, frozen=True, kw_only=True):
    """An open session, and what it owes."""

    id: str
    name: str
    tables: tuple[str, ...]
    created_at: datetime
    is_finished: bool
    is_payable: bool
    waiter: str
    """Name of who serves it, or the id where there is no name; empty for nobody."""
    covers: int | None = None
    currency: str = ""
    total: int | None = None
    """None where there is no bill, or none that can be read: see `problem`."""
    paid: int | None = None
    due: int | None = None
    lines: int = 0
    lock: ShownLock | None = None
    problem: str = ""
    """Why the bill cannot be answered; empty when it can, or when there is none."""


class ShownModifier(Struct, frozen=True, kw_only=True):
    """A choice or extra of a line."""

    name: str
    quantity: int
    """For one single item of the line."""
    amount: int
    """For one."""


class ShownLine(Struct, frozen=True, kw_only=True):
    """A line of a bill: an item, a discount (negative) or a charge."""

    name: str
    quantity: int
    amount: int
    """For one, without its modifiers."""
    total: int
    """Of the line, its modifiers included."""
    modifiers: tuple[ShownModifier, ...] = ()


class ShownText(Struct, frozen=True, kw_only=True):
    """A line above or below a printed bill."""

    text: str
    """Empty for a rule."""
    bold: bool = False
    centred: bool = False


class ShownBill(Struct, frozen=True, kw_only=True):
    """One bill in full."""

    session: ShownSession
    header: tuple[ShownText, ...] = ()
    footer: tuple[ShownText, ...] = ()
    lines: tuple[ShownLine, ...] = ()
    service_charge: int | None = None
    tax: int | None = None
    """None where the mapping does not say it; card machines are told 0 then."""
    note: str = ""
    order: ShownOrder | None = None
    """What the EPOS Data API is told beside that; None where it cannot be told: see `order_problem`."""
    order_problem: str = ""
    difference: int = 0
    """Total minus everything that stands on the bill; 0 when it adds up."""

    @property
    def sum_of_lines(self) -> int:
        """What the lines add up to, the service charge not included."""
        return sum(line.total for line in self.lines)


class Skipped(Struct, frozen=True, kw_only=True):
    """Something that card machines do not get to see, and why."""

    entity: str
    reason: str
    count: int = 1


class Preview(Struct, frozen=True, kw_only=True):
    """The restaurant at one moment."""

    epos: str
    mapping: str
    at: datetime
    tables: tuple[ShownTable, ...]
    sessions: tuple[ShownSession, ...]
    bill: ShownBill | None
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    """What else should be known, such as why nothing can be paid."""
    misfits: tuple[str, ...] = ()
    """What of locking and paying does not fit the database, each with its line; the adapter answers nothing meanwhile."""

    def areas(self) -> list[tuple[str, list[ShownTable]]]:
        """The tables by area, in the order in which areas come up; those without one last."""
        found: dict[str, list[ShownTable]] = {}
        for table in self.tables:
            found.setdefault(table.area or "", []).append(table)
        return sorted(found.items(), key=lambda area: not area[0])

    def due(self) -> dict[str, int]:
        """What remains to be paid, by currency."""
        found: dict[str, int] = {}
        for session in self.sessions:
            if session.due:
                found[session.currency] = found.get(session.currency, 0) + session.due
        return found


def age(since: datetime, now: datetime) -> str:
    """How long ago something was: 12 min, 2 h 05, 3 d."""
    minutes = max(0, int((now - since).total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60:02d}"
    return f"{minutes // (24 * 60):,} d"


def counted(count: int, one: str, many: str = "") -> str:
    """`1 table`, `3 tables`."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"
