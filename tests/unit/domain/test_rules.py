from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from adapter.domain import requests as ask
from adapter.domain import rules
from adapter.domain.rules import WaiterCheck
from adapter.domain.values import Bill, ReceiptLine, Session, Table, TableStatus, Waiter
from adapter.errors import BillNotFound, SessionNotFound, TableNotFound, WaiterIncorrect

NOW = datetime(2024, 5, 1, tzinfo=UTC)
ANNAS, BENS, NOBODYS, BILLLESS, UNKNOWN = (UUID(int=number) for number in range(5))


def session(session_id: UUID, waiter: str | None) -> Session:
    served_by = None if waiter is None else Waiter(id=waiter)
    return Session(id=session_id, name=f"Check {session_id.int}", created_at=NOW, is_payable=True, waiter=served_by)


def bill(session_id: UUID) -> Bill:
    return Bill(session_id=session_id, total=1000, paid=0, tax=0, currency="GBP")


@dataclass
class FakeBook:
    found: dict[UUID, tuple[Session, Bill | None]] = field(
        default_factory=lambda: {
            ANNAS: (session(ANNAS, "7"), bill(ANNAS)),
            BENS: (session(BENS, "8"), bill(BENS)),
            NOBODYS: (session(NOBODYS, None), bill(NOBODYS)),
            BILLLESS: (session(BILLLESS, "7"), None),
        }
    )
    asked: list[Any] = field(default_factory=list)

    def tables(self, *, names: Collection[str] | None, statuses: Collection[TableStatus] | None) -> Sequence[Table]:
        self.asked.append((names, statuses))
        every = [Table(name=name, max_covers=2, status=TableStatus.AVAILABLE) for name in ("T1", "T2", "T1")]
        return [table for table in every if names is None or table.name in names]

    def session(self, session_id: UUID) -> Session | None:
        return self.found[session_id][0] if session_id in self.found else None

    def sessions(self, request: ask.ListSessions, *, waiter_id: str | None) -> Sequence[Session]:
        self.asked.append((request, waiter_id))
        return [one for one, _ in self.found.values() if waiter_id is None or one.waiter == Waiter(id=waiter_id)]

    def bill(self, session_id: UUID) -> tuple[Waiter | None, Bill | None] | None:
        found = self.found.get(session_id)
        return None if found is None else (found[0].waiter, found[1])

    def bills(self, session_ids: Sequence[UUID] | None) -> Sequence[tuple[Waiter | None, Bill | None]]:
        self.asked.append(session_ids)
        wanted = [pair for key, pair in self.found.items() if session_ids is None or key in session_ids]
        return [(found.waiter, bill) for found, bill in wanted]

    def full_bill(self, session_id: UUID) -> tuple[Session, Bill | None] | None:
        return self.found.get(session_id)

    def receipt(self, found: Session) -> tuple[Sequence[ReceiptLine], Sequence[ReceiptLine]]:
        return [ReceiptLine(kind="text", text=found.name)], []


def machine(waiter: str | None = None) -> ask.Requestor:
    return ask.Requestor(is_card_machine=True, terminal_id="22334455", waiter_id=waiter)


GUEST = ask.Requestor(is_card_machine=False)
OFF, ENFORCE = WaiterCheck.OFF, WaiterCheck.ENFORCE


def get(kind: str, session_id: UUID, requestor: ask.Requestor, check: WaiterCheck) -> Any:
    book = FakeBook()
    match kind:
        case "session":
            return rules.get_session(book, ask.GetSession(requestor=requestor, session_id=session_id), check)
        case "bill":
            return rules.get_bill(book, ask.GetBill(requestor=requestor, session_id=session_id), check)
        case _:
            return rules.get_full_bill(book, ask.GetFullBill(requestor=requestor, session_id=session_id), check)


KINDS = ["session", "bill", "full bill"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("requestor", "check", "session_id", "is_answered"),
    [
        (machine(), OFF, ANNAS, True),
        (machine("7"), OFF, ANNAS, True),
        (machine("8"), OFF, ANNAS, True),
        (GUEST, OFF, ANNAS, True),
        (machine("7"), ENFORCE, ANNAS, True),
        (machine("8"), ENFORCE, ANNAS, False),
        (machine("999"), ENFORCE, ANNAS, False),
        (machine(""), ENFORCE, ANNAS, False),
        (machine(), ENFORCE, ANNAS, False),
        (machine(), ENFORCE, NOBODYS, False),
        (machine("7"), ENFORCE, NOBODYS, True),
        (GUEST, ENFORCE, ANNAS, True),
        (ask.Requestor(is_card_machine=False, waiter_id="8"), ENFORCE, ANNAS, True),
    ],
)
def test_a_session_is_for_its_own_waiter_where_waiters_are_checked(
    kind: str, requestor: ask.Requestor, check: WaiterCheck, session_id: UUID, is_answered: bool
):
    if is_answered:
        assert get(kind, session_id, requestor, check) is not None
    else:
        with pytest.raises(WaiterIncorrect):
            get(kind, session_id, requestor, check)


def test_a_missing_waiter_and_a_wrong_one_have_reasons_of_their_own():
    with pytest.raises(WaiterIncorrect, match="no waiter id was given"):
        get("bill", ANNAS, machine(), ENFORCE)
    with pytest.raises(WaiterIncorrect, match="waiter 8 does not serve this session"):
        get("bill", ANNAS, machine("8"), ENFORCE)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("requestor", [machine(), machine("8"), GUEST])
def test_existence_comes_before_the_waiter(kind: str, requestor: ask.Requestor):
    with pytest.raises(SessionNotFound):
        get(kind, UNKNOWN, requestor, ENFORCE)


@pytest.mark.parametrize("kind", ["bill", "full bill"])
@pytest.mark.parametrize(
    ("requestor", "error"),
    [
        (machine("8"), WaiterIncorrect),
        (machine(), WaiterIncorrect),
        (machine("7"), BillNotFound),
        (GUEST, BillNotFound),
    ],
)
def test_the_waiter_comes_before_the_bill(kind: str, requestor: ask.Requestor, error: type[Exception]):
    with pytest.raises(error):
        get(kind, BILLLESS, requestor, ENFORCE)


def test_a_session_needs_no_bill():
    assert get("session", BILLLESS, machine("7"), ENFORCE).id == BILLLESS


def test_a_full_bill_is_the_bill_with_its_lines():
    found = get("full bill", ANNAS, GUEST, OFF)
    assert found.bill == bill(ANNAS)
    assert [line.text for line in found.header] == ["Check 0"]
    assert found.footer == ()


def test_a_table_is_found_by_its_name_alone():
    book = FakeBook()
    assert rules.get_table(book, ask.GetTable(requestor=machine(), name="T2")).name == "T2"
    assert book.asked == [(["T2"], None)]


def test_of_tables_with_one_name_the_first_is_given():
    assert rules.get_table(FakeBook(), ask.GetTable(requestor=GUEST, name="T1")).name == "T1"


def test_a_table_that_is_not_there_is_not_found():
    with pytest.raises(TableNotFound):
        rules.get_table(FakeBook(), ask.GetTable(requestor=GUEST, name="T9"))


@pytest.mark.parametrize(
    ("statuses", "asked"),
    [(None, None), (frozenset(), None), (frozenset({TableStatus.OCCUPIED}), {TableStatus.OCCUPIED})],
)
def test_no_statuses_are_no_filter(statuses: frozenset[TableStatus] | None, asked: Any):
    book = FakeBook()
    assert len(rules.list_tables(book, ask.ListTables(requestor=machine(), statuses=statuses))) == 3
    assert book.asked == [(None, asked)]


@pytest.mark.parametrize(
    ("requestor", "check", "found"),
    [
        (machine("7"), OFF, 4),
        (machine(), OFF, 4),
        (GUEST, ENFORCE, 4),
        (machine("7"), ENFORCE, 2),
        (machine("999"), ENFORCE, 0),
        (machine(), ENFORCE, 0),
    ],
)
def test_a_list_of_sessions_holds_the_waiters_own(requestor: ask.Requestor, check: WaiterCheck, found: int):
    assert len(rules.list_sessions(FakeBook(), ask.ListSessions(requestor=requestor), check)) == found


def test_the_filters_of_a_list_reach_the_book_as_they_are():
    book = FakeBook()
    request = ask.ListSessions(requestor=machine("7"), is_finished=True, table_names=("T1",))
    rules.list_sessions(book, request, ENFORCE)
    assert book.asked == [(request, "7")]


@pytest.mark.parametrize(
    ("requestor", "check", "found"),
    [
        (machine("7"), OFF, [ANNAS, BENS, NOBODYS]),
        (GUEST, ENFORCE, [ANNAS, BENS, NOBODYS]),
        (machine("7"), ENFORCE, [ANNAS, NOBODYS]),
        (machine("8"), ENFORCE, [BENS, NOBODYS]),
        (machine(), ENFORCE, []),
    ],
)
def test_a_list_of_bills_leaves_out_what_may_not_be_seen(
    requestor: ask.Requestor, check: WaiterCheck, found: list[UUID]
):
    bills = rules.list_bills(FakeBook(), ask.ListBills(requestor=requestor), check)
    assert [one.session_id for one in bills] == found


@pytest.mark.parametrize(("ids", "asked"), [(None, None), ((), None), ((BENS, UNKNOWN), (BENS, UNKNOWN))])
def test_no_ids_are_no_filter_and_unknown_ones_are_left_out(ids: tuple[UUID, ...] | None, asked: Any):
    book = FakeBook()
    bills = rules.list_bills(book, ask.ListBills(requestor=GUEST, session_ids=ids), OFF)
    assert book.asked == [asked]
    assert len(bills) == (1 if ids else 3)


@pytest.mark.parametrize(
    ("waiter", "number"), [("7", 7), ("0", 0), ("12345678901234567890", None), ("A7", None), ("²", None), ("", None)]
)
def test_a_waiter_has_a_number_where_terminals_can_key_it_in(waiter: str, number: int | None):
    assert Waiter(id=waiter).number == number
