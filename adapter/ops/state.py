"""Remembers what the adapter has said of itself, as much as one page shows. Knows nothing of pages and ports.

A listener to events. Whatever it keeps is bounded: an adapter that runs for years, or is asked by somebody hostile, keeps
no more than one that has just started.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from adapter import connection_events, events, turn_events
from adapter.events import Event
from adapter.ops.known import Connection, Database, Flagged, Mapping, Noted, Recording, Turn

__all__ = ["Connection", "Flagged", "State", "Turn", "clean"]

REQUESTS_KEPT = 20
_FLAGGED_KEPT = 20
_NOTED_KEPT = 12
_PROBLEMS_KEPT = 50
_LONGEST = 300


class State:
    """What one page shows; told by events, by whichever name the configuration gives."""

    def __init__(self, connections: list[Connection], *, now: Callable[[], datetime] | None = None) -> None:
        self._now = now or (lambda: datetime.now(UTC))
        self.version = ""
        self.started_at = self._now()
        self.is_stopping = False
        self.connections = {one.name: one for one in connections}
        self.database = Database()
        self.mapping = Mapping()
        self.recording = Recording()
        self.requests: deque[tuple[datetime, events.RequestAnswered]] = deque(maxlen=REQUESTS_KEPT)
        self.flagged: deque[Flagged] = deque(maxlen=_FLAGGED_KEPT)
        self.noted: dict[str, Noted] = {}
        self._hearing: dict[type[Event], Callable[[Any], None]] = {
            turn_events.AccountTaken: self._account_taken,
            events.BillDiffers: self._bill_differs,
            events.BugFound: self._bug_found,
            connection_events.ConnectionClosed: self._connection_closed,
            connection_events.ConnectionOpened: self._connection_opened,
            connection_events.ConnectionRefused: self._connection_refused,
            connection_events.LockedOut: self._locked_out,
            connection_events.MoreRefused: self._more_refused,
            events.DatabaseDown: self._database_down,
            events.DatabaseUp: self._database_up,
            connection_events.DialFailed: self._dial_failed,
            events.DuplicateTableName: self._duplicate_table_name,
            events.FrameIgnored: self._frame_ignored,
            turn_events.LeaseLost: self._lease_lost,
            turn_events.LeaseTaken: self._lease_taken,
            turn_events.LeaseUnknown: self._lease_unknown,
            connection_events.Listening: self._listening,
            events.LockExpired: self._lock_expired,
            events.LockReleased: self._lock_released,
            events.LockTakenOver: self._lock_taken_over,
            events.MappingBound: self._mapping_bound,
            events.MappingOutgrown: self._mapping_outgrown,
            events.MappingUnfit: self._mapping_unfit,
            events.PaymentFlagged: self._payment_flagged,
            events.PaymentGone: self._payment_gone,
            events.PaymentKept: self._payment_known,
            events.PaymentTurnedDown: self._payment_known,
            events.ProviderComplained: self._provider_complained,
            events.RecordingOff: self._recording_off,
            events.RecordingOn: self._recording_on,
            events.Reloaded: self._reloaded,
            events.ReloadRefused: self._reload_refused,
            events.RequestAnswered: self._request_answered,
            events.RowSkipped: self._row_skipped,
            connection_events.SignOfLife: self._sign_of_life,
            turn_events.StandingBy: self._standing_by,
            events.Started: self._started,
            events.StatusLockedOut: self._status_locked_out,
            events.StatusRefused: self._status_refused,
            events.Stopping: self._stopping,
            events.TracesLost: self._traces_lost,
        }

    def __call__(self, event: Event) -> None:
        """Hear of an event."""
        hear = self._hearing.get(event.__class__)
        if hear is not None:
            hear(event)

    # The program

    def _started(self, event: events.Started) -> None:
        self.version = event.version
        self.started_at = self._now()
        self.mapping.file, self.mapping.epos, self.mapping.digest = event.mapping, event.epos, event.digest

    def _reloaded(self, event: events.Reloaded) -> None:
        mapping = self.mapping
        mapping.file, mapping.epos, mapping.digest = event.mapping, event.epos, event.digest
        mapping.refused, mapping.refused_at = [], None

    def _reload_refused(self, event: events.ReloadRefused) -> None:
        mapping = self.mapping
        if event.number == 1:
            mapping.refused = []
        mapping.refused_at = self._now()
        if len(mapping.refused) < _PROBLEMS_KEPT:
            mapping.refused.append(clean(event.problem))

    def follow(self, connections: list[Connection]) -> None:
        """Remember these connections from now on: of those that were there before, what is known of them."""

        def same(one: Connection) -> Connection:
            known = self.connections.get(one.name)
            return one if known is None or known.way != one.way else known

        self.connections = {one.name: same(one) for one in connections}

    def _stopping(self, _event: events.Stopping) -> None:
        self.is_stopping = True

    # The database, the mapping and the ledger

    def _database_down(self, event: events.DatabaseDown) -> None:
        now, database = self._now(), self.database
        if database.is_up is not False:
            database.is_up, database.since = False, now
        database.error, database.error_at = clean(event.reason), now

    def _database_up(self, _event: events.DatabaseUp) -> None:
        self.database.is_up, self.database.since = True, self._now()

    def _mapping_bound(self, event: events.MappingBound) -> None:
        mapping = self.mapping
        mapping.is_bound, mapping.since, mapping.tables = True, self._now(), event.tables
        mapping.problems, mapping.problem_count = [], 0
        mapping.outgrown, mapping.outgrown_at = "", None
        if self.database.is_up is not True:
            self.database.is_up, self.database.since = True, mapping.since

    def _mapping_unfit(self, event: events.MappingUnfit) -> None:
        mapping = self.mapping
        if event.number == 1:
            mapping.problems = []
        mapping.is_bound = False
        mapping.problem_count = event.number
        if len(mapping.problems) < _PROBLEMS_KEPT:
            mapping.problems.append(clean(event.problem))
        if self.database.is_up is not True:
            # It has told what it has, and what not.
            self.database.is_up, self.database.since = True, self._now()

    def _mapping_outgrown(self, event: events.MappingOutgrown) -> None:
        self.mapping.outgrown, self.mapping.outgrown_at = clean(event.reason), self._now()

    def _recording_on(self, event: events.RecordingOn) -> None:
        self.recording = Recording(is_on=True, ledger=event.ledger)

    def _recording_off(self, event: events.RecordingOff) -> None:
        self.recording = Recording(is_on=False, reason=clean(event.reason))

    # Connections

    def _listening(self, event: connection_events.Listening) -> None:
        connection = self.connections.get(event.connection)
        if connection is not None:
            connection.place, connection.since = event.address, self._now()

    def _connection_opened(self, event: connection_events.ConnectionOpened) -> None:
        connection = self.connections.get(event.connection)
        if connection is None:
            return
        connection.opened += 1
        connection.peer = clean(event.peer)
        if connection.opened == 1:
            connection.since = self._now()
        connection.trouble, connection.trouble_at, connection.is_taken = "", None, False

    def _connection_closed(self, event: connection_events.ConnectionClosed) -> None:
        connection = self.connections.get(event.connection)
        if connection is None:
            return
        now = self._now()
        connection.opened = max(connection.opened - 1, 0)
        connection.closed, connection.closed_at = clean(event.reason), now
        if not connection.opened:
            connection.since = now

    def _dial_failed(self, event: connection_events.DialFailed) -> None:
        connection = self.connections.get(event.connection)
        if connection is None:
            return
        now = self._now()
        connection.trouble, connection.trouble_at, connection.retry_in = clean(event.reason), now, event.retry_in
        connection.is_taken = False
        connection.since = connection.since or now

    def _account_taken(self, event: turn_events.AccountTaken) -> None:
        connection = self.connections.get(event.connection)
        if connection is None:
            return
        connection.is_taken, connection.taken_at, connection.retry_in = True, self._now(), event.retry_in
        times = f" ({event.times} times in a row)" if event.times > 1 else ""
        self._trouble(
            connection, f"another adapter has connected with this account{times}, and the last to connect wins"
        )

    def _standing_by(self, event: turn_events.StandingBy) -> None:
        connection = self._turn(event.connection, "stands by")
        if connection is not None:
            connection.holder, connection.trouble = clean(event.holder), ""
            connection.is_taken, connection.taken_at = False, None

    def _lease_taken(self, event: turn_events.LeaseTaken) -> None:
        connection = self._turn(event.connection, "holds")
        if connection is not None:
            connection.trouble, connection.is_taken = "", False

    def _lease_lost(self, event: turn_events.LeaseLost) -> None:
        connection = self._turn(event.connection, "unknown")
        if connection is not None:
            self._trouble(connection, f"this adapter may not dial any more: {event.reason}")

    def _lease_unknown(self, event: turn_events.LeaseUnknown) -> None:
        connection = self._turn(event.connection, "unknown")
        if connection is not None:
            self._trouble(connection, f"it cannot be told whether this adapter may dial: {event.reason}")

    def _turn(self, name: str, turn: Turn) -> Connection | None:
        connection = self.connections.get(name)
        if connection is not None:
            connection.turn, connection.turn_since, connection.holder = turn, self._now(), ""
        return connection

    def _trouble(self, connection: Connection, says: str) -> None:
        now = self._now()
        connection.trouble, connection.trouble_at = clean(says), now
        connection.since = connection.since or now

    def _connection_refused(self, event: connection_events.ConnectionRefused) -> None:
        connection = self.connections.get(event.connection)
        if connection is None:
            return
        reason = f"a gateway at {event.peer or 'an unknown address'} was turned away: {event.reason}"
        connection.trouble, connection.trouble_at = clean(reason), self._now()

    def _more_refused(self, event: connection_events.MoreRefused) -> None:
        self._note(
            f"gateways are turned away again and again at connection '{event.connection}': somebody tries without end"
        )

    def _locked_out(self, event: connection_events.LockedOut) -> None:
        self._note(
            f"{event.address} shows wrong keys again and again, and is not heard for {event.seconds} s: "
            f"is api_key of connection '{event.connection}' the one that its gateway has?",
            is_trouble=True,
        )

    def _sign_of_life(self, event: connection_events.SignOfLife) -> None:
        connection = self.connections.get(event.connection)
        if connection is not None:
            connection.sign_at, connection.ping_milliseconds = self._now(), event.milliseconds

    # Requests and payments

    def _request_answered(self, event: events.RequestAnswered) -> None:
        now = self._now()
        connection = self.connections.get(event.connection)
        if connection is not None:
            connection.frame_at = now
        self.requests.append((now, event))

    def _payment_flagged(self, event: events.PaymentFlagged) -> None:
        self.flagged.append(
            Flagged(at=self._now(), session=event.session, payment=event.payment, kind=event.kind),
        )

    def _payment_gone(self, event: events.PaymentGone) -> None:
        self.flagged.append(Flagged(at=self._now(), session=event.session, payment=event.payment, kind="gone"))

    def _payment_known(self, event: events.PaymentKept | events.PaymentTurnedDown) -> None:
        """What was not known of a payment is known once it is kept, or refused."""
        for one in [one for one in self.flagged if one.payment == event.payment and one.kind == "unknown_at_till"]:
            self.flagged.remove(one)

    # What is odd

    def _bill_differs(self, event: events.BillDiffers) -> None:
        self._note(f"the lines of a bill do not add up to its total, as the mapping allows (session {event.session})")

    def _bug_found(self, event: events.BugFound) -> None:
        self._note(f"internal error {event.error}, reference {event.reference}: please report it", is_trouble=True)

    def _duplicate_table_name(self, event: events.DuplicateTableName) -> None:
        self._note(f"several tables are called {event.name}: only the first can be asked for", is_trouble=True)

    def _frame_ignored(self, event: events.FrameIgnored) -> None:
        self._note(f"a frame on {event.connection} could not be answered: {event.reason}")

    def _lock_expired(self, event: events.LockExpired) -> None:
        self._note(f"the lock of session {event.session} was never deleted, and has ended by itself")

    def _lock_released(self, event: events.LockReleased) -> None:
        self._note(f"the lock of session {event.session} was released by hand")

    def _lock_taken_over(self, event: events.LockTakenOver) -> None:
        self._note(f"the lock of session {event.session} had passed the age limit and was taken over")

    def _provider_complained(self, event: events.ProviderComplained) -> None:
        self._note(f"the provider could not read an answer ({event.error_code}): {event.reason}", is_trouble=True)

    def _row_skipped(self, event: events.RowSkipped) -> None:
        self._note(f"a {event.entity} cannot be read and is left out of lists: {event.reason}", is_trouble=True)

    def _status_refused(self, event: events.StatusRefused) -> None:
        self._note(f"somebody at {event.peer} asked for this page with a wrong token")

    def _status_locked_out(self, event: events.StatusLockedOut) -> None:
        self._note(
            f"{event.address} shows wrong tokens for this page again and again, and is not answered for {event.seconds} s: "
            "does somebody there have an old [status] token?",
            is_trouble=True,
        )

    def _traces_lost(self, event: events.TracesLost) -> None:
        self._note(f"traces cannot be delivered, and requests are answered all the same: {event.reason}")

    def _note(self, text: str, *, is_trouble: bool = False) -> None:
        text = clean(text[:1].upper() + text[1:])
        known = self.noted.pop(text, None)
        times = known.times + 1 if known is not None else 1
        self.noted[text] = Noted(text=text, at=self._now(), times=times, is_trouble=is_trouble)
        if len(self.noted) > _NOTED_KEPT:
            del self.noted[next(iter(self.noted))]


def clean(text: str, longest: int = _LONGEST) -> str:
    """A text as it may be shown: on one line, of characters that can be seen and sent, and not too long."""
    shown = "".join(letter if letter.isprintable() else "\ufffd" for letter in " ".join(text[: 2 * longest].split()))
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"
