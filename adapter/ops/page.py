"""The report as a page for the installer: one document, nothing from elsewhere, readable without a script.

Every value is escaped by the way it is put together. Knows nothing of ports.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from datetime import datetime
from importlib import resources
from urllib.parse import quote

from markupsafe import Markup

from adapter.ops.report import (
    ConnectionReport,
    Finding,
    FlaggedPayment,
    Level,
    OpenLock,
    Report,
    RequestReport,
)

_PAGES = resources.files("adapter.ops").joinpath("pages")
_STYLE = _PAGES.joinpath("status.css").read_text(encoding="utf-8")
_SCRIPT = _PAGES.joinpath("status.js").read_text(encoding="utf-8")

_SLOW = 1000.0
"""Milliseconds after which a waiter notices."""


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


POLICY = (
    f"default-src 'none'; style-src {_hash(_STYLE)}; script-src {_hash(_SCRIPT)}; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy under which the page works: its own style and script, and nothing else."""

# Shapes that differ, not colours only.
_SHAPES: dict[str, str] = {
    "good": '<circle cx="12" cy="12" r="11" fill="{}"/><path d="M6.8 12.4l3.6 3.6 7-7.6" stroke="{}"/>',
    "attention": '<path d="M12 1.5L23 21.5H1z" fill="{}" stroke="none"/><path d="M12 8.5v6M12 17.6v.3" stroke="{}"/>',
    "bad": '<path d="M7.5 1h9L23 7.5v9L16.5 23h-9L1 16.5v-9z" fill="{}"/><path d="M8 8l8 8M16 8l-8 8" stroke="{}"/>',
    "quiet": '<circle cx="12" cy="12" r="10" fill="none" stroke="{}"/><path d="M7.5 12h9" stroke="{}"/>',
}
_ICON_COLOURS: dict[Level, str] = {"good": "#12703f", "attention": "#b06a00", "bad": "#b3261e"}
_HEADLINES: dict[Level, str] = {
    "good": "Everything works",
    "attention": "It works, but somebody should look",
    "bad": "Something is wrong",
}
_TITLES: dict[Level, str] = {"good": "✔ works", "attention": "! look", "bad": "✖ wrong"}

_DOCUMENT = Markup("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title} – epos-adapter</title>
<link rel="icon" href="{icon}">
<noscript><meta http-equiv="refresh" content="5"></noscript>
<style>{style}</style>
</head>
<body>
<div id="stale" hidden role="alert"><div class="banner bad">{cross}<div><h1>The adapter does not answer any more</h1>
<p>What stands below is old. See that the epos-adapter service is running, and that its computer can be reached.</p>
</div></div></div>
{main}
<script>{script}</script>
</body>
</html>
""")

_MAIN = Markup("""\
<main data-version="{version}">
<section class="banner {level}">{shape}<div>
<h1 role="status">{headline}</h1>
<p class="soft">{epos}</p>
</div>{findings}</section>
<div class="{cards_are}">{cards}</div>
{problems}{flagged}{locks}{requests}{noted}
<footer><p>epos-adapter {version}, running since {started}. As it was at {at}; shown anew every 5 seconds.</p></footer>
</main>""")


def status_page(report: Report) -> bytes:
    """The page, in UTF-8."""
    level = report.level
    main = _MAIN.format(
        version=report.version,
        level=level,
        shape=_shape(level),
        headline=_HEADLINES[level],
        epos=f"Pay-at-Table for {report.mapping.epos}" if report.mapping.epos else "Pay-at-Table",
        findings=_findings(report.findings),
        cards=_joined((_connections(report), _database(report), _mapping(report), _recording(report))),
        cards_are="cards many" if len(report.connections) > 1 else "cards",
        problems=_problems(report),
        flagged=_flagged(report),
        locks=_locks(report),
        requests=_requests(report),
        noted=_noted(report),
        started=_when(report.started_at, report.at),
        at=_when(report.at, report.at),
    )
    icon = _svg(_SHAPES[level].format(_ICON_COLOURS[level], "white"))
    page = _DOCUMENT.format(
        title=_TITLES[level],
        icon=f"data:image/svg+xml,{quote(icon)}",
        style=Markup(_STYLE),  # noqa: S704 - a file of our own
        script=Markup(_SCRIPT),  # noqa: S704 - as above
        cross=_shape("bad"),
        main=main,
    )
    return page.encode("utf-8", "backslashreplace")


# The parts


def _findings(findings: list[Finding]) -> Markup:
    if not findings:
        return Markup("")
    row = Markup('<li><p class="about small">{}{}</p><p class="says">{}</p><p>{}</p></li>')
    rows = [
        row.format(_mark(one.level, {"bad": "wrong"}.get(one.level, "look")), _soft(one.about), one.says, one.do)
        for one in findings
    ]
    return Markup('<ul class="findings">{}</ul>').format(_joined(rows))


def _connections(report: Report) -> Markup:
    parts = [_connection(report, one) for one in report.connections]
    return Markup('<section class="card">{}</section>').format(_joined(parts))


def _protocol(one: ConnectionReport) -> str:
    """What a connection speaks, and where its key tells, in which environment."""
    spoken = "EPOS Data API" if one.protocol == "epos-data" else "Tables API"
    return f"{spoken}, {one.environment}" if one.environment else spoken


def _connection(report: Report, one: ConnectionReport) -> Markup:
    now = report.at
    facts: list[tuple[str, object]] = [("dials" if one.way == "dial" else "listens", one.place)]
    facts.append(("speaks", _protocol(one)))
    if one.is_open:
        facts.append(("open since", _since(one.since, now)))
        if one.way == "listen":
            facts.append(("gateway", one.peer if one.sockets == 1 else f"{one.sockets} of them, the last {one.peer}"))
    elif one.since is not None:
        facts.append(
            ("not open since" if one.last_closed or one.way == "dial" else "waiting since", _since(one.since, now))
        )
    if one.turn == "holds":
        facts.append(("lease", Markup("held since {}").format(_since(one.turn_since, now))))
    elif one.turn == "stands by":
        facts.append(("served by", one.holder))
        facts.append(("standing by", Markup("since {}").format(_since(one.turn_since, now))))
    if one.trouble:
        facts.append(("trouble", _told(one.trouble, one.trouble_at, now)))
    if one.last_closed:
        facts.append(("last ended", _told(one.last_closed, one.last_closed_at, now)))
    facts.append(("last request", _since(one.last_frame_at, now) if one.last_frame_at else "none yet"))
    if one.is_open and one.last_sign_at is not None:
        took = "" if one.ping_milliseconds is None else f", ping {one.ping_milliseconds:,.0f} ms"
        facts.append(("sign of life", Markup("{}{}").format(_since(one.last_sign_at, now), took)))
    if one.in_flight:
        facts.append(("in flight", one.in_flight))
    title = Markup("<h2>Connection {}{}</h2>").format(one.name, _connection_mark(one))
    return Markup('<div class="part">{}{}</div>').format(title, _facts(facts))


def _connection_mark(one: ConnectionReport) -> Markup:
    if one.is_open:
        return _mark("good", "open")
    if one.turn == "stands by":
        return _mark("quiet", "stands by")
    return _mark("bad", "taken by another" if one.is_taken else "not open")


def _database(report: Report) -> Markup:
    database = report.database
    mark = _mark("good", "answers") if database.is_up else _mark("bad", "does not answer")
    facts: list[tuple[str, object]] = []
    if database.since is not None:
        facts.append(("since", _since(database.since, report.at)))
    facts.append(("in use", f"{database.pool_in_use} of {database.pool_size} connections"))
    if database.last_error:
        facts.append(("last error", _told(database.last_error, database.last_error_at, report.at)))
    return _card(Markup("Database{}").format(mark), _facts(facts))


def _mapping(report: Report) -> Markup:
    mapping = report.mapping
    if mapping.is_bound:
        mark = _mark("attention", "outgrown") if mapping.outgrown else _mark("good", "bound")
    else:
        mark = _mark("bad", "does not fit" if mapping.problem_count else "not bound")
    facts: list[tuple[str, object]] = [("file", mapping.file), ("SHA-256", _id(mapping.digest))]
    if mapping.is_bound:
        facts.append(("since", _since(mapping.since, report.at)))
        facts.append(("reads", f"{mapping.tables} tables of the EPOS"))
    if mapping.outgrown:
        facts.append(("refused", _told(mapping.outgrown, mapping.outgrown_at, report.at)))
    return _card(Markup("Mapping{}").format(mark), _facts(facts))


def _problems(report: Report) -> Markup:
    mapping = report.mapping
    if mapping.refused:
        listed = _joined(Markup("<li><code>{}</code></li>").format(one) for one in mapping.refused)
        title = Markup("Read again, and not served{}").format(_mark("attention", str(len(mapping.refused))))
        return Markup('<section class="card wide"><h2>{}</h2><ol class="problems">{}</ol></section>').format(
            title, listed
        )
    if not mapping.problems:
        return Markup("")
    items = [Markup("<li><code>{}</code></li>").format(one) for one in mapping.problems]
    left = mapping.problem_count - len(mapping.problems)
    if left > 0:
        items.append(Markup('<li class="soft">and {} more, in the log</li>').format(left))
    title = Markup("What does not fit{}").format(_mark("bad", str(mapping.problem_count)))
    return Markup('<section class="card wide"><h2>{}</h2><ol class="problems">{}</ol></section>').format(
        title, _joined(items)
    )


def _recording(report: Report) -> Markup:
    recording = report.recording
    if recording.is_on:
        mark, facts = _mark("good", "on"), [("payments", "sessions can be locked and paid")]
    elif recording.is_known:
        mark, facts = _mark("attention", "off"), [("because", recording.reason)]
    else:
        mark, facts = _mark("quiet", "not known yet"), [("because", "that is seen once the mapping is bound")]
    if recording.is_on:
        facts.append(("ledger", recording.ledger or "none: the till's own columns"))
    return _card(Markup("Payments{}").format(mark), _facts(facts))


def _flagged(report: Report) -> Markup:
    if not report.flagged:
        return Markup("")

    def row(one: FlaggedPayment) -> Markup:
        return Markup(
            '<li><p class="line"><span class="grow">{says}</span>{at}</p><p>{do}</p>'
            '<p class="more">payment {payment}<br>session {session}</p></li>'
        ).format(
            says=one.says,
            at=_when(one.at, report.at),
            do=one.do,
            payment=_id(one.payment),
            session=_id(one.session),
        )

    return _wide(
        Markup("Payments to look at{}").format(_mark("attention", str(len(report.flagged)))), map(row, report.flagged)
    )


def _locks(report: Report) -> Markup:
    if report.locks is None:
        note = Markup('<p class="soft">Cannot be told: {}.</p>').format(report.locks_note or "not asked yet")
        return Markup('<section class="card wide"><h2>Open locks</h2>{}</section>').format(note)

    def row(one: OpenLock) -> Markup:
        paid = f"{one.payments} payment{'s' if one.payments != 1 else ''} since"
        return Markup(
            '<li><p class="line"><span class="grow">locked for {age}</span><span>terminal {terminal}</span>'
            '<span class="soft">{paid}</span></p><p class="more">session {session}</p></li>'
        ).format(age=_span(one.seconds), terminal=one.terminal or "unknown", paid=paid, session=_id(one.session))

    return _wide(
        Markup("Open locks{}").format(_mark("quiet", str(len(report.locks)))),
        map(row, report.locks),
        "No session is locked.",
    )


def _requests(report: Report) -> Markup:
    def row(one: RequestReport) -> Markup:
        is_good = one.outcome == "ok"
        more = [f"{one.milliseconds:,.{0 if one.milliseconds >= 100 else 1}f} ms", one.connection]
        more += [f"terminal {one.terminal}"] if one.terminal else []
        more += [f"request {one.reference}"] if one.reference else []
        reason = Markup("<p>{}</p>").format(one.reason) if one.reason else Markup("")
        level = "attention" if not is_good else "quiet" if one.milliseconds >= _SLOW else "good"
        return Markup(
            '<li><p class="line">{at}<span class="grow">{method}</span>{mark}</p>{reason}<p class="more">{more}</p></li>'
        ).format(
            at=_when(one.at, report.at),
            method=one.method or "(no such method)",
            mark=_mark(level, one.outcome),
            reason=reason,
            more=" · ".join(more),
        )

    return _wide(Markup("Recent requests"), map(row, report.requests), "Nobody has asked anything yet.")


def _noted(report: Report) -> Markup:
    if not report.noted:
        return Markup("")
    rows = [
        Markup('<li><p class="line"><span class="grow">{}</span>{}{}</p></li>').format(
            one.text,
            Markup("<span>{} times</span>").format(one.times) if one.times > 1 else "",
            _when(one.at, report.at),
        )
        for one in report.noted
    ]
    return _wide(Markup("Odd things lately"), rows)


# The pieces


def _card(title: Markup, *inside: Markup) -> Markup:
    return Markup('<section class="card"><h2>{}</h2>{}</section>').format(title, _joined(inside))


def _wide(title: Markup, rows: Iterable[Markup], none: str = "") -> Markup:
    inside = _joined(rows)
    body = (
        Markup('<ul class="rows">{}</ul>').format(inside) if inside else Markup('<p class="soft">{}</p>').format(none)
    )
    return Markup('<section class="card wide"><h2>{}</h2>{}</section>').format(title, body)


def _facts(facts: Iterable[tuple[str, object]]) -> Markup:
    return Markup("<dl>{}</dl>").format(_joined(Markup("<dt>{}</dt><dd>{}</dd>").format(*fact) for fact in facts))


def _mark(level: str, word: str) -> Markup:
    return Markup('<span class="mark {}">{}{}</span>').format(level, _shape(level), word)


def _soft(text: str) -> Markup:
    return Markup('<span class="soft">{}</span>').format(text)


def _id(text: str) -> Markup:
    return Markup('<span class="id">{}</span>').format(text)


def _told(text: str, at: datetime | None, now: datetime) -> Markup:
    return Markup('{} <span class="soft">({})</span>').format(text, _when(at, now)) if at else Markup("{}").format(text)


def _since(at: datetime | None, now: datetime) -> Markup:
    if at is None:
        return Markup("")
    return Markup('{} <span class="soft">({} ago)</span>').format(_when(at, now), _span((now - at).total_seconds()))


def _when(at: datetime, now: datetime) -> Markup:
    """In the computer's own time, with the day when it is not today."""
    local = at.astimezone()
    shown = f"{local:%H:%M:%S}" if local.date() == now.astimezone().date() else f"{local:%d %b %H:%M}"
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(timespec="seconds"), shown)


def _span(seconds: float) -> str:
    if seconds < 60:
        return f"{max(0, int(seconds))} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min"
    if seconds < 86400:
        return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60)} min"
    days = int(seconds // 86400)
    return f"{days} day{'s' if days > 1 else ''}"


def _shape(level: str) -> Markup:
    cut = "currentColor" if level == "quiet" else "var(--card)"
    return Markup(_svg(_SHAPES[level].format("currentColor", cut)))  # noqa: S704 - shapes of our own


def _svg(shapes: str) -> str:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke-width="2.6" '
        f'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{shapes}</svg>'
    )


def _joined(parts: Iterable[Markup]) -> Markup:
    return Markup("").join(parts)
