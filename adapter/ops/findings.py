"""Judges a report: what is not as it should be, in a plain sentence, and what to do about it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from adapter.events import FlagKind
from adapter.ops.report import ConnectionReport, Finding, Report

_LONG_LOCKED = timedelta(minutes=30)
"""After this a guest has long gone."""
_RECENT = timedelta(hours=1)
"""For so long something odd is worth a look."""
_STARTING = timedelta(seconds=15)
"""For so long after its start nobody wonders why something is not there yet."""

ON_FLAG: dict[FlagKind, tuple[str, str]] = {
    "conflict": (
        "Another payment with this id and other values came before.",
        "Compare both with the provider's portal, and refund what was taken twice.",
    ),
    "gone": (
        "It was recorded, and is no longer in the till: the till has written over it.",
        "Enter it at the till again, by hand.",
    ),
    "over_payment": (
        "More was paid than was due.",
        "Look at the check in the till: give the difference back, or enter it as a tip.",
    ),
    "unknown_at_provider": (
        "The provider does not know whether money has moved.",
        "Look at the payment in the provider's portal before the guest pays again.",
    ),
    "unknown_at_till": (
        "The database was lost while it was recorded: it may or may not be in the till.",
        "The provider sends it again by itself; if this stays, look at the check in the till.",
    ),
}
"""What is odd about a flagged payment, and what to do."""


def findings_in(report: Report) -> list[Finding]:
    """Everything that is not as it should be, the worst first."""
    found = [*_program(report), *_database(report), *_mapping(report), *_recording(report)]
    for connection in report.connections:
        found += _connection(report, connection)
    found += [*_payments(report), *_locks(report), *_noted(report)]
    return sorted(found, key=lambda one: one.level != "bad")


def _program(report: Report) -> Iterator[Finding]:
    if "the adapter is stopping" in report.missing:
        yield Finding(
            level="bad",
            about="the adapter",
            says="The adapter is stopping.",
            do="Nothing, if somebody has asked it to; start the service again otherwise.",
        )


def _database(report: Report) -> Iterator[Finding]:
    database = report.database
    if database.is_up:
        return
    if not database.last_error and _is_starting(report):
        yield Finding(
            level="bad", about="database", says="The database has not answered yet.", do="Wait a few seconds."
        )
        return
    yield Finding(
        level="bad",
        about="database",
        says=_sentence(database.last_error or "the database does not answer"),
        do="See that the computer and the service of the EPOS database are running, and that [database] url in "
        "config.toml is right. The adapter tries again by itself every few seconds.",
    )


def _mapping(report: Report) -> Iterator[Finding]:
    mapping = report.mapping
    if mapping.problem_count and not mapping.is_bound:
        count = mapping.problem_count
        yield Finding(
            level="bad",
            about="mapping",
            says=f"The mapping {mapping.file} does not fit the database: {count} problem{'s' if count > 1 else ''}.",
            do="Was the EPOS updated, or is this another EPOS's database? Give the list below to whoever made the mapping. "
            "The adapter tries again by itself.",
        )
    if mapping.refused:
        count = len(mapping.refused)
        yield Finding(
            level="attention",
            about="mapping",
            says=f"The files were read again and have {count} problem{'s' if count > 1 else ''}: "
            "what was served before goes on.",
            do="Put right what is listed below, and run epos-adapter reload again.",
        )
    if mapping.outgrown and _is_recent(mapping.outgrown_at, report.at):
        yield Finding(
            level="attention",
            about="mapping",
            says=_sentence(f"a request failed: {mapping.outgrown}"),
            do="Was the EPOS updated? The mapping is fitted anew by itself: what does not fit any more is then listed, and "
            "what fits again is served. If nothing changes, epos-adapter check may say more.",
        )


def _recording(report: Report) -> Iterator[Finding]:
    recording = report.recording
    if recording.is_on or not recording.is_known:
        return
    what, _, hint = recording.reason.partition("; ")
    yield Finding(
        level="bad" if hint else "attention",
        about="payments",
        says=_sentence(what),
        do=_sentence(hint) if hint else "Nothing, if bills are only to be shown; else see docs/recording.md.",
    )


def _connection(report: Report, connection: ConnectionReport) -> Iterator[Finding]:
    about = f"connection {connection.name}"
    if connection.is_open:
        if _is_recent(connection.taken_at, report.at):
            yield Finding(
                level="attention",
                about=about,
                says="Another adapter took this account within the last hour, and this one has taken it back.",
                do=_ONE_OF_THEM,
            )
        if connection.trouble and _is_recent(connection.trouble_at, report.at):
            yield Finding(level="attention", about=about, says=_sentence(connection.trouble), do=_SAME_KEY)
        return
    if connection.turn == "stands by":
        return
    if connection.is_taken:
        yield Finding(
            level="bad",
            about=about,
            says=_sentence(connection.trouble),
            do=f"{_ONE_OF_THEM} This one waits {max(1, round(connection.retry_in))} s, so that they do not fight for it.",
        )
        return
    if connection.way == "listen":
        waiting = f"no gateway is connected; one may connect to {connection.place}"
        yield Finding(
            level="bad",
            about=about,
            says=_sentence(connection.trouble or waiting),
            do=_SAME_KEY if connection.trouble else "Start the gateway, and see that it uses this address.",
        )
        return
    if connection.turn == "unknown":
        yield Finding(
            level="bad",
            about=about,
            says=_sentence(connection.trouble),
            do="See what is said of the database. The adapter asks again every second, and another one may serve meanwhile.",
        )
        return
    if connection.trouble or not _is_starting(report):
        known = connection.trouble or connection.last_closed or "it has not been opened yet"
        yield Finding(
            level="bad",
            about=about,
            says=_sentence(known),
            do=f"The adapter tries again by itself, within {max(1, round(connection.retry_in))} s. Put right what this says.",
        )
        return
    yield Finding(level="bad", about=about, says="The connection is being opened.", do="Wait a few seconds.")


def _payments(report: Report) -> Iterator[Finding]:
    count = len(report.flagged)
    if count:
        yield Finding(
            level="attention",
            about="payments",
            says=f"{count} payment{'s need' if count > 1 else ' needs'} somebody's attention.",
            do="The list below says what is odd about each, and what to do.",
        )


def _locks(report: Report) -> Iterator[Finding]:
    long = [one for one in report.locks or () if one.seconds >= _LONG_LOCKED.total_seconds()]
    if long:
        yield Finding(
            level="attention",
            about="locks",
            says=f"{len(long)} session{'s have' if len(long) > 1 else ' has'} been locked for more than half an hour.",
            do=f"Look at the card machine. If nobody is paying: epos-adapter unlock {long[0].session} --reason TEXT",
        )


def _noted(report: Report) -> Iterator[Finding]:
    for one in report.noted:
        if one.is_trouble and _is_recent(one.at, report.at):
            yield Finding(
                level="attention",
                about="the log",
                says=_sentence(one.text),
                do="The log has more about it, at the same time.",
            )


_ONE_OF_THEM = (
    "Find the other adapter that uses this account, on an old computer perhaps, and stop it; or let both stand by for each "
    "other (standby = true, on one database)."
)
_SAME_KEY = "Set the same account and api_key on both sides: here they are in config.toml."


def _is_recent(at: datetime | None, now: datetime) -> bool:
    return at is not None and now - at < _RECENT


def _is_starting(report: Report) -> bool:
    return report.at - report.started_at < _STARTING


def _sentence(text: str) -> str:
    """With a capital and a full stop, as sentences have."""
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."
