"""Whether every lock was held by one card machine at a time, and let go when it was given back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from math import inf
from typing import Any

from tests.faults.journal import OK, Attempt, Hold, Journal
from tests.faults.violations import Violation

_RELEASING = ("UnlockSession", "DeleteOrderLockV1")
"""What releases a lock: one that has no end, and one that has."""
_LATE = 10.0
"""How long after it was sent a request without an answer may still be carried out, in seconds: no fault lasts longer."""


def audit_locks(journal: Journal, locked: Sequence[Any], log: Sequence[Any]) -> Iterator[Violation]:
    """What is wrong, by what the card machines were told, by what is locked at the end, and by the log of the table."""
    holds: dict[str, list[Hold]] = defaultdict(list)
    for hold in journal.holds:
        holds[hold.session].append(hold)
    for session, there in holds.items():
        yield from _overlaps(journal, sorted(there, key=lambda hold: hold.granted), log)
        yield from _unasked(journal, session, there, [row for row in log if row.session == session])
        taken = ("lock", "renew")
        yield from _unfounded(there, [row for row in log if row.session == session and row.operation in taken])
    for hold in journal.holds:
        if hold.missing is not None and not _by_another(journal, hold, hold.missing, log):
            yield Violation("lock lost", f"{hold.session} was let go while {hold.terminal} held it")
    for row in locked:
        yield Violation("stuck lock", f"{row.session} is still locked for {row.terminal}")


def orphan(journal: Journal, session: str, terminal: str, at: float) -> bool:
    """Whether this lock may come from a request whose answer its terminal has never had, so that nobody unlocked it."""
    unheard = [
        attempt.sent
        for attempt in journal.attempts
        if (attempt.method, attempt.terminal, attempt.session) == ("LockSession", terminal, session)
        and not attempt.definite
        and attempt.sent <= at
    ]
    given_back = [
        attempt.sent
        for attempt in journal.attempts
        if (attempt.method, attempt.terminal, attempt.session) == ("UnlockSession", terminal, session)
        and attempt.outcome == OK
        and attempt.sent >= at
    ]
    return bool(unheard) and not given_back


def _overlaps(journal: Journal, holds: Sequence[Hold], log: Sequence[Any]) -> Iterator[Violation]:
    for number, first in enumerate(holds):
        for second in holds[number + 1 :]:
            if second.granted >= first.over:
                continue
            if _by_another(journal, first, second.granted, log):
                journal.counted["unlocked by another"] += 1
                continue
            yield Violation(
                "double holder",
                f"{first.session} was held by {first.terminal} from {first.granted:.3f} until {first.until}"
                f" and granted to {second.terminal} at {second.granted:.3f}",
            )


def _by_another(journal: Journal, hold: Hold, before: float, log: Sequence[Any]) -> bool:
    """Whether another terminal's request to unlock has ended this hold: the protocol lets anybody unlock."""
    released = any(
        (row.operation, row.session, row.terminal) == ("release", hold.session, hold.terminal)
        and hold.asked <= row.at <= before
        for row in log
    )
    return released and any(
        attempt.method == "UnlockSession"
        and attempt.session == hold.session
        and attempt.terminal != hold.terminal
        and attempt.sent < before
        and (
            hold.asked < attempt.sent + _LATE
            if not attempt.definite
            else attempt.outcome == OK and (attempt.answered or inf) > hold.asked
        )
        for attempt in journal.attempts
    )


def _unfounded(holds: Sequence[Hold], locks: Sequence[Any]) -> Iterator[Violation]:
    """Each grant has a lock of its own in the database, taken between question and answer."""
    left = list(locks)
    for hold in holds:
        found = next(
            (row for row in left if row.terminal == hold.terminal and hold.asked <= row.at <= hold.granted), None
        )
        if found is None:
            yield Violation("lock without a row", f"{hold.session} was granted to {hold.terminal} and never locked")
        else:
            left.remove(found)


def _unasked(journal: Journal, session: str, holds: Sequence[Hold], log: Sequence[Any]) -> Iterator[Violation]:
    """Each release of a lock has a request of its own: one UnlockSession must not release two locks.

    An adapter may give a lock back by itself when whoever asked for it has gone, and only if nobody was told of it.
    """
    asked = [one for one in journal.attempts if one.method in _RELEASING and one.session == session]
    # One that has an end may be released from then on by whoever comes.
    released = [row for row in log if row.operation == "release" and (row.ends is None or row.at < row.ends)]
    given: dict[int, int] = {}
    """Which release each request has got, both by their places."""

    def give(place: int, tried: set[int]) -> bool:
        for number, attempt in enumerate(asked):
            its_own = attempt.method == _RELEASING[released[place].ends is not None]
            if number in tried or not its_own or not _may_release(attempt, released[place].at):
                continue
            tried.add(number)
            if number not in given or give(given[number], tried):
                given[number] = place
                return True
        return False

    for place, row in enumerate(released):
        if give(place, set()):
            continue
        if _never_heard_of(journal, session, holds, row):
            journal.counted["given back unheard"] += 1
        else:
            yield Violation(
                "lock lost", f"{session} was released at {row.at:.3f} ({row.terminal}), and nobody asked for it"
            )


def _may_release(attempt: Attempt, at: float) -> bool:
    if attempt.outcome == OK:
        return attempt.sent <= at <= (attempt.answered or inf)
    return not attempt.definite and attempt.sent <= at <= attempt.sent + _LATE


def _never_heard_of(journal: Journal, session: str, holds: Sequence[Hold], row: Any) -> bool:
    """Whether a lock that was released may be that of a request whose answer its terminal has never had."""
    is_held = any(hold.terminal == row.terminal and hold.granted <= row.at < hold.over for hold in holds)
    return not is_held and any(
        attempt.method in ("CreateOrderLockV1", "LockSession")
        and (attempt.terminal, attempt.session) == (row.terminal, session)
        and not attempt.definite
        and attempt.sent <= row.at
        for attempt in journal.attempts
    )
