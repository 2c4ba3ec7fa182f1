"""Judges the sessions that were read: rows that cannot be, bills that do not add up, times and keys that make no sense."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from sqlglot import exp

from adapter.check.looking import Look, judged, shown_key, some
from adapter.check.money import money
from adapter.check.sampling import Read, Sample
from adapter.toml.locate import Path, dotted

_PLACE = re.compile(r" \([^()]*:\d+\)$")
_KINDS = (
    ("shared by several checks", "session-shared"),
    ("cannot become a session id", "key-unpackable"),
    ("no currency", "currency-unknown"),
)
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_TOLERANCE = timedelta(minutes=5)
_MOST_AHEAD = timedelta(days=366)
_FEW = 3
"""Sessions below which a majority says nothing."""


def judge_rows(look: Look, sample: Sample) -> None:
    """Find what cannot be read, and sessions that contradict themselves."""
    _unreadable(look, sample)
    if look.now is not None:
        _times(look, sample, look.now)
    _finished(look, sample)


def _unreadable(look: Look, sample: Sample) -> None:
    by_reason: dict[str, list[Read]] = {}
    for one in sample.read:
        for problem in one.problems:
            by_reason.setdefault(_PLACE.sub("", problem), []).append(one)
    paths = {dotted(path): path for path in look.mapping.fragments}
    for reason, bad in by_reason.items():
        key, _, why = reason.partition(" ")
        path: Path = paths.get(key, tuple(key.split(".")))
        kind = next((kind for text, kind in _KINDS if text in why), "row-unreadable")
        keys = [shown_key(one.key) for one in bad]
        look.findings.add(
            judged(len(bad), len(sample.read)),
            kind,
            path,
            f"{why}: {len(bad)} of {len(sample.read)} sessions that were looked at ({some(keys)})",
            _HINTS.get(kind, _ENCODED if path[-1] == "rows" else _UNREADABLE),
        )


def _times(look: Look, sample: Sample, now: datetime) -> None:
    sessions = sample.sessions
    odd = [one for one, session in sessions if not _EARLIEST <= session.created_at <= now + _MOST_AHEAD]
    if odd:
        look.findings.add(
            judged(len(odd), len(sessions)),
            "time-implausible",
            ("session", "created_at"),
            f"lies before 1990 or years ahead: {_of(odd, len(sessions))}",
            'an epoch has a unit: form = "epoch" is seconds, "epoch_ms" milliseconds',
        )
    ahead = [one for one, session in sessions if now + _TOLERANCE < session.created_at <= now + _MOST_AHEAD]
    if ahead:
        newest = max(session.created_at for one, session in sessions if one in ahead)
        look.findings.add(
            "warning",
            "time-future",
            ("session", "created_at"),
            f"lies in the future, up to {_span(newest - now)}: {_of(ahead, len(sessions))}",
            'is the time zone right, and form = "local" or "utc"?',
        )
    early = [one for one, session in sessions if session.finished_at and session.finished_at < session.created_at]
    if early:
        look.findings.add(
            "warning",
            "finished-too-early",
            ("session", "finished_at"),
            f"is before created_at: {_of(early, len(sessions))}",
            "are both times in the same form and zone?",
        )


def _finished(look: Look, sample: Sample) -> None:
    fragments = look.mapping.fragments
    if ("session", "finished") not in fragments:
        return
    is_open = [one for one, session in sample.sessions if not session.is_finished]
    closed = [one for one, session in sample.sessions if session.is_finished]
    if ("session", "finished_at") in fragments:
        timed = [one for one in is_open if one.has_finished_at]
        untimed = [one for one in closed if not one.has_finished_at]
        for odd, all_, what in (
            (timed, is_open, "open sessions have the time when they finished"),
            (untimed, closed, "finished sessions have no time when they did"),
        ):
            if len(all_) >= _FEW and len(odd) * 2 > len(all_):
                # A till may keep one time only, that of the last change.
                is_harmless = odd is timed and _is_one_time(look)
                look.findings.add(
                    "note" if is_harmless else "warning",
                    "finished-contradicts",
                    ("session", "finished"),
                    f"{len(odd)} of {len(all_)} {what}{_ONE_TIME if is_harmless else ''} ({some([shown_key(one.key) for one in odd])})",
                    "is the flag the right way round, and the time the right column?",
                )
    owing = [one for one in closed if one.bill is not None and one.bill.outstanding]
    unpaid = [one for one in owing if one.bill is not None and one.bill.outstanding > 0]
    if len(closed) >= _FEW and len(owing) * 2 > len(closed):
        look.findings.add(
            "warning",
            "finished-owes",
            ("bill", "paid"),
            f"differs from the total of {_of(owing, len(closed))} that are finished",
            "is it the amount paid, without tips and change, and is finished right?",
        )
    elif unpaid:
        owed = [f"{shown_key(one.key)}: {money(one.bill.outstanding, one.bill.currency)}" for one in unpaid if one.bill]
        look.findings.add(
            "warning" if judged(len(unpaid), len(closed)) == "error" else "note",
            "finished-owes",
            ("session", "finished"),
            f"{len(unpaid)} of {len(closed)} finished sessions still owe something ({some(owed)}), and none of them can be paid",
            "written off at the till? else finished is too wide, or bill.paid lacks a kind of payment",
        )


_ONE_TIME = ", which is the time when they began"


def _is_one_time(look: Look) -> bool:
    """Whether created_at and finished_at are one column."""
    first, last = (look.mapping.fragments.get(("session", name)) for name in ("created_at", "finished_at"))
    return bool(first and last and isinstance(first[0].tree, exp.Column) and first[0].tree == last[0].tree)


def _of(odd: list[Read], count: int) -> str:
    return f"{len(odd)} of {count} sessions ({some([shown_key(one.key) for one in odd])})"


def _span(ahead: timedelta) -> str:
    hours = ahead.total_seconds() / 3600
    return f"{hours:.0f} hours" if hours < 48 else f"{hours / 24:.0f} days"


_UNREADABLE = "say what it means there (missing, map, form), or leave such rows out with where"
_ENCODED = "what stands there for nothing can be made NULL, which holds no rows: column = \"NULLIF(l.extras, '-')\""
_HINTS = {
    "currency-unknown": "an ISO 4217 code such as GBP is needed; is it the right column?",
    "key-unpackable": 'say how it is held, as { column = "...", form = "text" }, or give it more bits',
    "session-shared": "a session needs a key of its own: add the column that tells them apart, or mend the join",
}
