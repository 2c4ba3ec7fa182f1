"""Asks a running adapter's port how it is, and prints that for people. Opens one connection, to this computer usually."""

from __future__ import annotations

import http.client
from datetime import datetime

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from adapter.addresses import host_and_port
from adapter.errors import AdapterError
from adapter.ops.port import RELOAD_HEADER, PortSettings, Reload
from adapter.ops.report import Level, Report

_PATIENCE = 10.0
_MARKS: dict[Level, tuple[str, str]] = {
    "good": ("ok", "green"),
    "attention": ("look", "yellow"),
    "bad": ("wrong", "red"),
}
_SHOWN = 10
"""Requests."""
_WIDTH = 120


def ask(settings: PortSettings) -> tuple[Report, bytes]:
    """How the adapter is, and the same as it came.

    Raises AdapterError when it does not answer, or not as an adapter does.
    """
    place, _, body = _asked(settings, "GET", "/status.json")
    try:
        return msgspec.json.decode(body, type=Report), body
    except msgspec.MsgspecError:
        raise _no_adapter(place) from None


def reload(settings: PortSettings) -> tuple[Reload, bytes]:
    """Have the adapter read its files again, and give what became of it, and the same as it came; raises as `ask` does."""
    place, status, body = _asked(settings, "POST", "/reload")
    try:
        if status in (http.client.OK, http.client.ACCEPTED, http.client.CONFLICT):
            return msgspec.json.decode(body, type=Reload), body
    except msgspec.MsgspecError:
        pass
    raise _no_adapter(place)


def _asked(settings: PortSettings, method: str, path: str) -> tuple[str, int, bytes]:
    # An address that stands for all of this computer's is asked at the one that is always there.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(settings.host, settings.host)  # noqa: S104
    place = host_and_port(host, settings.port)
    connection = http.client.HTTPConnection(host, settings.port, timeout=_PATIENCE)
    headers = {RELOAD_HEADER: method}
    if settings.token:
        headers["Authorization"] = f"Bearer {settings.token}"
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException):
        raise AdapterError(
            f"no adapter answers on {place}", hint="is it running? is this the config.toml that it runs with?"
        ) from None
    finally:
        connection.close()
    if answer.status == http.client.UNAUTHORIZED:
        raise AdapterError(f"the adapter on {place} wants another token", hint="see [status] token in config.toml")
    if answer.status == http.client.TOO_MANY_REQUESTS:
        raise AdapterError(
            f"the adapter on {place} was shown too many wrong tokens from this computer",
            hint="wait a minute; who else asks it, with an old token perhaps?",
        )
    return place, answer.status, body


def _no_adapter(place: str) -> AdapterError:
    return AdapterError(
        f"what answers on {place} is no adapter of this version", hint="see [status] listen in config.toml"
    )


def show(report: Report, console: Console) -> None:
    """Print a report for people."""
    whole = not console.is_terminal
    if whole:
        # Nothing is cut for a width that nobody has.
        console.width = max(console.width, _WIDTH)
    headline = "Ready." if report.ready else "Not ready."
    console.print(Text(headline, style="bold green" if report.ready else "bold red"))
    for one in report.findings:
        word, colour = _MARKS[one.level]
        console.print(Text.assemble((f"{word:<6}", colour), f"{one.about}: {one.says}"), soft_wrap=whole)
        console.print(Text(f"      {one.do}", style="dim"), soft_wrap=whole)
    console.print()
    console.print(_parts(report))
    if report.mapping.problems:
        console.print()
        for problem in report.mapping.problems:
            console.print(Text(problem), soft_wrap=whole)
    if report.requests:
        console.print()
        console.print(_requests(report))


def _parts(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    for _ in range(3):
        table.add_column()

    def row(name: str, word: str, facts: str, *, good: bool) -> None:
        table.add_row(name, Text(word, style="green" if good else "red"), Text(facts))

    for one in report.connections:
        facts = f"{one.way}s {one.place}"
        if one.since is not None:
            facts += f", since {_at(one.since)}"
        if one.last_closed:
            facts += f"; last ended: {one.last_closed}"
        if one.turn == "holds":
            facts += "; holds the lease"
        stands_by = one.turn == "stands by"
        if stands_by:
            facts += f"; served by {one.holder}"
        word = "open" if one.is_open else "stands by" if stands_by else "not open"
        row(f"connection {one.name}", word, facts, good=one.is_open or stands_by)
    database, mapping, recording = report.database, report.mapping, report.recording
    used = f"{database.pool_in_use} of {database.pool_size} connections in use"
    since = f", since {_at(database.since)}" if database.since is not None else ""
    row("database", "answers" if database.is_up else "does not answer", used + since, good=database.is_up)
    row(
        "mapping",
        "bound" if mapping.is_bound else "not bound",
        f"{mapping.file}, SHA-256 {mapping.digest}",
        good=mapping.is_bound,
    )
    row(
        "payments",
        "on" if recording.is_on else "off",
        (f"ledger {recording.ledger}" if recording.ledger else "") if recording.is_on else recording.reason,
        good=recording.is_on,
    )
    locks = "not known" if report.locks is None else f"{len(report.locks)} open"
    row("locks", locks, report.locks_note, good=report.locks is not None)
    row("flagged", str(len(report.flagged)), "payments to look at" if report.flagged else "", good=not report.flagged)
    row("version", report.version, f"running since {_at(report.started_at)}", good=True)
    return table


def _requests(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("at", "request", "outcome", "ms", "why"):
        table.add_column(name, justify="right" if name == "ms" else "left")
    for one in report.requests[:_SHOWN]:
        table.add_row(
            _at(one.at),
            Text(one.method or "(no such method)"),
            Text(one.outcome, style="green" if one.outcome == "ok" else "yellow"),
            f"{one.milliseconds:,.1f}",
            Text(one.reason),
        )
    return table


def _at(moment: datetime) -> str:
    return f"{moment.astimezone():%d %b %H:%M:%S}"
