"""The reading rules of Pay-at-Table, each a plain function of a book and a request.

They read as the specification does: existence first, then the waiter, then the bill. Know neither wire nor database.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from adapter.domain import requests as ask
from adapter.domain.ports import Book
from adapter.domain.values import Bill, FullBill, Session, Table, Waiter
from adapter.errors import BillNotFound, SessionNotFound, TableNotFound, WaiterIncorrect

NO_SESSION = "there is no session with this id"
NO_BILL = "this session has no bill"


class WaiterCheck(Enum):
    """Whether a session may be handled only by the waiter who serves it (optional for an EPOS, by the test cases)."""

    OFF = "off"
    ENFORCE = "enforce"


def get_table(book: Book, request: ask.GetTable) -> Table:
    """The table with this name.

    Raises TableNotFound when there is none.
    """
    for table in book.tables(names=[request.name], statuses=None):
        return table
    raise TableNotFound("there is no table of this name")


def list_tables(book: Book, request: ask.ListTables) -> Sequence[Table]:
    """The tables with one of the requested statuses; no statuses and an empty list both mean all of them."""
    return book.tables(names=None, statuses=request.statuses or None)


def get_session(book: Book, request: ask.GetSession, check: WaiterCheck) -> Session:
    """The session with this id, open or finished.

    Raises SessionNotFound, WaiterIncorrect.
    """
    session = book.session(request.session_id)
    if session is None:
        raise SessionNotFound(NO_SESSION)
    require_waiter(session.waiter, request.requestor, check)
    return session


def list_sessions(book: Book, request: ask.ListSessions, check: WaiterCheck) -> Sequence[Session]:
    """The sessions that pass every filter, and are the waiter's own where waiters are checked."""
    if not must_check(request.requestor, check):
        return book.sessions(request, waiter_id=None)
    if request.requestor.waiter_id is None:
        return []
    return book.sessions(request, waiter_id=request.requestor.waiter_id)


def get_bill(book: Book, request: ask.GetBill, check: WaiterCheck) -> Bill:
    """The bill of the session with this id.

    Raises SessionNotFound, WaiterIncorrect, BillNotFound.
    """
    found = book.bill(request.session_id)
    if found is None:
        raise SessionNotFound(NO_SESSION)
    waiter, bill = found
    require_waiter(waiter, request.requestor, check)
    if bill is None:
        raise BillNotFound(NO_BILL)
    return bill


def list_bills(book: Book, request: ask.ListBills, check: WaiterCheck) -> Sequence[Bill]:
    """The bills of the requested sessions; no ids and an empty list both mean all.

    Sessions that are unknown, have no bill or are another waiter's are left out.
    """
    found = book.bills(request.session_ids or None)
    if must_check(request.requestor, check):
        asking = request.requestor.waiter_id
        found = [(waiter, bill) for waiter, bill in found if asking is not None and _serves(asking, waiter)]
    return [bill for _, bill in found if bill is not None]


def get_full_bill(book: Book, request: ask.GetFullBill, check: WaiterCheck) -> FullBill:
    """The bill of the session with this id, with the receipt lines above and below it.

    Raises SessionNotFound, WaiterIncorrect, BillNotFound.
    """
    found = book.full_bill(request.session_id)
    if found is None:
        raise SessionNotFound(NO_SESSION)
    session, bill = found
    require_waiter(session.waiter, request.requestor, check)
    if bill is None:
        raise BillNotFound(NO_BILL)
    header, footer = book.receipt(session)
    return FullBill(bill=bill, header=tuple(header), footer=tuple(footer))


def require_waiter(waiter: Waiter | None, requestor: ask.Requestor, check: WaiterCheck) -> None:
    """Refuse a card machine whose waiter does not serve the session, where waiters are checked.

    Raises WaiterIncorrect.
    """
    if not must_check(requestor, check):
        return
    if requestor.waiter_id is None:
        raise WaiterIncorrect("no waiter id was given, and this restaurant asks for one")
    if not _serves(requestor.waiter_id, waiter):
        raise WaiterIncorrect(f"waiter {requestor.waiter_id} does not serve this session")


def must_check(requestor: ask.Requestor, check: WaiterCheck) -> bool:
    """Whether the waiter matters: never for a guest's own device, which has none."""
    return check is WaiterCheck.ENFORCE and requestor.is_card_machine


def _serves(asking: str, waiter: Waiter | None) -> bool:
    """Whether a waiter may handle a session; one that nobody serves is open to everybody."""
    return waiter is None or waiter.id == asking
