"""Looks whether a payment on one session changes others: a table is freed for all who sit at it, or for nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from adapter.domain.requests import ListSessions, Requestor
from adapter.domain.values import Session, TableStatus
from adapter.store.book import SqlBook

_NOBODY = Requestor(is_card_machine=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Others:
    """The other open sessions at the tables of one, and what these tables show."""

    sessions: Mapping[UUID, Session] = field(default_factory=dict)
    statuses: Mapping[str, TableStatus] = field(default_factory=dict)


def others_at(book: SqlBook, session_id: UUID, names: tuple[str, ...]) -> Others:
    """Who else sits at these tables."""
    if not names:
        return Others()
    found = book.sessions(ListSessions(requestor=_NOBODY, is_finished=False, table_names=names), waiter_id=None)
    return Others(
        sessions={each.id: each for each in found if each.id != session_id},
        statuses={table.name: table.status for table in book.tables(names=names, statuses=None)},
    )


def spread(before: Others, after: Others) -> Iterator[str]:
    """What has changed for others, in words."""
    for session_id, session in before.sessions.items():
        left = after.sessions.get(session_id)
        if left is None:
            yield f"{session.name} is not found at its table any more"
        elif left.is_payable != session.is_payable:
            yield f"{session.name} is {'payable' if left.is_payable else 'not payable'} now"
    if not after.sessions:
        return
    for name, status in before.statuses.items():
        now = after.statuses.get(name)
        if now is TableStatus.AVAILABLE and status is not TableStatus.AVAILABLE:
            whose = ", ".join(session.name for session in after.sessions.values())
            yield f"table {name} is free, and {whose} still sits there"
