"""Keeps the SQL of the newest requests, for whoever sets an installation up. Made only where the configuration asks for it.

What is kept is the text of statements as they stand in the plans, with placeholders: no value of a request, a setting or a row.
"""

from __future__ import annotations

from collections import OrderedDict

from msgspec import Struct

from adapter.deadline import kept
from adapter.events import Event, RequestAnswered, StatementFailed, StatementRun

_KEPT = 200
"""Requests."""
_LONGEST = 100
"""Statements of one request."""


class Statement(Struct, frozen=True, kw_only=True):
    """A statement that was run for a request."""

    name: str
    """What it reads or writes, as `bill` or `sessions`."""
    sql: str
    """Its text with placeholders; empty where it failed."""
    rows: int
    milliseconds: float
    error: str = ""
    """Class of the error, where it failed."""


class Explained(Struct, frozen=True, kw_only=True):
    """A request, and what it became."""

    method: str
    outcome: str
    """`ok`, or the error code that was answered."""
    statements: list[Statement]


class Statements:
    """Listens, and forgets the oldest request when another is answered."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Explained] = OrderedDict()

    def __call__(self, event: Event) -> None:
        """Hear of an event, in the context of the request that it is about."""
        if isinstance(event, StatementRun):
            self._add(
                Statement(name=event.name, sql=event.sql, rows=event.rows, milliseconds=round(event.milliseconds, 2))
            )
        elif isinstance(event, StatementFailed):
            self._add(
                Statement(name=event.name, sql="", rows=0, milliseconds=round(event.milliseconds, 2), error=event.error)
            )
        elif isinstance(event, RequestAnswered):
            self._kept.pop(event.reference, None)
            self._kept[event.reference] = Explained(
                method=event.method, outcome=event.outcome, statements=_of_the_request()
            )
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)

    def of(self, reference: str) -> Explained | None:
        """What a request became, by its id; None where it is not known, or forgotten."""
        return self._kept.get(reference)

    def _add(self, statement: Statement) -> None:
        found = _of_the_request()
        if len(found) < _LONGEST:
            found.append(statement)


def _of_the_request() -> list[Statement]:
    """The statements of the request that the present task works on; nobody's, where it works on none."""
    found: list[Statement] | None = kept("statements", list)
    return [] if found is None else found
