"""A preview as one HTML page that needs nothing else: no script, no font, no image, nothing from the network.

Every text of the restaurant is escaped. Knows no database.
"""

from __future__ import annotations

from functools import cache
from html import escape
from pathlib import Path

from adapter import __version__
from adapter.preview.amounts import money
from adapter.preview.view import (
    STATUSES,
    Preview,
    ShownBill,
    ShownLine,
    ShownSession,
    ShownTable,
    ShownText,
    age,
    counted,
)

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""What the page may load: its own style and nothing else."""


def page(preview: Preview, *, again: float | None = None) -> str:
    """The whole page; with `again` a browser loads it anew every so many seconds."""
    at = f"{preview.at.astimezone():%A %d %B %Y, %H:%M}"
    refresh = f'<meta http-equiv="refresh" content="{max(1, round(again))}">\n' if again is not None else ""
    parts = [
        f"<h1>{escape(preview.epos)}</h1>\n<p class=sub>as the adapter sees it, {escape(at)}</p>",
        _facts(preview),
        *(f"<p class=note>{escape(note)}</p>" for note in (*preview.notes, *preview.misfits)),
        _tables(preview),
        _sessions(preview),
        _bill(preview.bill) if preview.bill is not None else "",
        _left_out(preview),
        (
            f"<footer>epos-adapter {escape(__version__)}, mapping {escape(Path(preview.mapping).name)}."
            " Asked of the database in the way in which card machines are answered.</footer>"
        ),
    ]
    body = "\n".join(part for part in parts if part)
    return (
        "<!DOCTYPE html>\n"
        '<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="referrer" content="no-referrer">\n{refresh}'
        f"<title>{escape(preview.epos)}</title>\n<style>\n{_style()}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


@cache
def _style() -> str:
    return Path(__file__).with_name("page.css").read_text(encoding="utf-8")


def _facts(preview: Preview) -> str:
    occupied = sum(table.status == "occupied" for table in preview.tables)
    facts = [
        (f"{occupied:,} of {len(preview.tables):,}", "tables occupied"),
        (f"{len(preview.sessions):,}", "open session" if len(preview.sessions) == 1 else "open sessions"),
        *((money(amount, code), f"{code} to be paid") for code, amount in sorted(preview.due().items())),
    ]
    locked = sum(session.lock is not None for session in preview.sessions)
    if locked:
        facts.append((f"{locked:,}", "locked"))
    return "<ul class=facts>" + "".join(f"<li><b>{escape(n)}</b>{escape(what)}</li>" for n, what in facts) + "</ul>"


def _tables(preview: Preview) -> str:
    parts = ["<h2>Tables</h2>"]
    names = {session.id: session.name for session in preview.sessions}
    for area, tables in preview.areas():
        if area or len(preview.areas()) > 1:
            occupied = sum(table.status == "occupied" for table in tables)
            parts.append(f"<h3>{escape(area or 'No area')} <small>{occupied} of {len(tables)} occupied</small></h3>")
        parts.append("<ul class=tables>" + "".join(_table(table, names) for table in tables) + "</ul>")
    if not preview.tables:
        parts.append("<p class=soft>There are none.</p>")
    return "\n".join(parts)


def _table(table: ShownTable, names: dict[str, str]) -> str:
    seats = f" <i>{counted(table.max_covers, 'seat')}</i>" if table.max_covers else ""
    links = ", ".join(f'<a href="#s-{escape(each)}">{escape(names.get(each, each))}</a>' for each in table.sessions)
    checks = f"<div>{links}</div>" if links else ""
    return (
        f'<li class="{escape(table.status)}"><b>{escape(table.name)}</b>'
        f"<span>{escape(STATUSES[table.status])}{seats}</span>{checks}</li>"
    )


def _sessions(preview: Preview) -> str:
    if not preview.sessions:
        return "<h2>Open sessions</h2>\n<p class=soft>There are none.</p>"
    codes = {session.currency for session in preview.sessions if session.currency}
    locked = any(session.lock for session in preview.sessions)
    rows = "\n".join(_session(each, preview, with_code=len(codes) > 1, with_lock=locked) for each in preview.sessions)
    last = "<th>Lock" if locked else ""
    return (
        "<h2>Open sessions</h2>\n<table class=list>\n<thead><tr><th>Check<th>Table<th>Waiter<th class=n>Guests"
        f"<th class=n>Age<th class=n>Total<th class=n>Paid<th class=n>Due{last}</tr></thead>\n<tbody>\n{rows}\n"
        "</tbody>\n</table>"
    )


def _session(session: ShownSession, preview: Preview, *, with_code: bool, with_lock: bool) -> str:
    code = f" {session.currency}" if with_code and session.currency else ""
    opened = f"{session.created_at.astimezone():%d %b %Y, %H:%M}"
    cells = [
        f"<td class=name>{escape(session.name)}</td>",
        _cell("Table", ", ".join(session.tables), "table"),
        _cell("Waiter", session.waiter, "waiter"),
        _cell("Guests", "" if session.covers is None else str(session.covers), "n guests"),
        f'<td class="n age" title="since {escape(opened)}">{escape(age(session.created_at, preview.at))}</td>',
    ]
    if session.total is None:
        word = "refused" if session.problem else "no bill"
        why = f"<span class=why>{escape(session.problem)}</span>" if session.problem else ""
        cells.append(f"<td class=why-cell colspan=3><span class=soft>{word}</span>{why}</td>")
    else:
        due = "n due" if session.is_payable else "n soft"
        cells += [
            _cell("Total", money(session.total, session.currency), "n"),
            _cell("Paid", money(session.paid, session.currency) if session.paid else "", "n"),
            _cell("Due", money(session.due, session.currency) + code, due),
        ]
    if with_lock:
        cells.append(f'<td class="lock{"" if session.lock else " empty"}">{_lock(session, preview)}</td>')
    return f'<tr id="s-{escape(session.id)}">{"".join(cells)}</tr>'


def _cell(label: str, text: str, kind: str = "") -> str:
    classes = f"{kind}{'' if text else ' soft'}".strip()
    return (
        f'<td{f" class={chr(34)}{classes}{chr(34)}" if classes else ""} data-label="{label}">{escape(text or "–")}</td>'
    )


def _lock(session: ShownSession, preview: Preview) -> str:
    if session.lock is None:
        return ""
    since = f", {age(session.lock.since, preview.at)}" if session.lock.since is not None else ""
    return escape(f"locked by {session.lock.by}{since}")


def _bill(bill: ShownBill) -> str:
    session = bill.session
    parts = [_text(line) for line in bill.header] or [_text(ShownText(text=session.name, bold=True, centred=True))]
    if session.problem:
        parts.append(f"<p class=why>{escape(session.problem)}</p>")
    elif session.total is None:
        parts.append("<p class=soft>This session has no bill.</p>")
    else:
        lines = "\n".join(_line(line, session.currency) for line in bill.lines)
        parts.append(f"<table>\n{lines or '<tr><td><td class=soft>no lines<td></tr>'}\n</table>")
        parts.append(f"<table class=sums>\n{_sums(bill)}\n</table>")
        if bill.note:
            parts.append(f"<p>Note: {escape(bill.note)}</p>")
        parts += [_text(line) for line in bill.footer]
    paper = "\n".join(parts)
    return f"<h2>{escape(session.name)} in full</h2>\n<div class=bill>\n{paper}\n</div>{_verdict(bill)}{_order(bill)}"


def _order(bill: ShownBill) -> str:
    """What the EPOS Data API is told beside the bill."""
    if bill.order is None:
        return f"\n<p class=why>{escape(bill.order_problem)}</p>" if bill.order_problem else ""
    rows = "\n".join(
        f'<tr><td class=soft>{escape(name)}</td><td data-label="{escape(name)}">{escape(text)}</td></tr>'
        for name, text in bill.order.rows()
    )
    return f"\n<h2>For the EPOS Data API</h2>\n<table class=order>\n{rows}\n</table>"


def _verdict(bill: ShownBill) -> str:
    if bill.session.total is None:
        return ""
    if not bill.difference:
        return "\n<p class=verdict>✓ The lines add up to the total.</p>"
    code = bill.session.currency
    return f'\n<p class="verdict bad">✗ Total minus lines is {money(bill.difference, code)} {escape(code)}.</p>'


def _text(line: ShownText) -> str:
    if not line.text:
        return "<hr>"
    classes = " ".join(name for name, wanted in (("c", line.centred), ("b", line.bold)) if wanted)
    return f'<p class="{classes}">{escape(line.text)}</p>' if classes else f"<p>{escape(line.text)}</p>"


def _line(line: ShownLine, code: str) -> str:
    each = f" <small>at {money(line.amount, code)}</small>" if line.quantity != 1 else ""
    modifiers = "".join(
        f"<small class=m>+ {f'{one.quantity} x ' if one.quantity != 1 else ''}{escape(one.name)}"
        f"{f' {money(one.amount, code)}' if one.amount else ''}</small>"
        for one in line.modifiers
    )
    off = " class=off" if line.total < 0 else ""
    return (
        f"<tr{off}><td>{line.quantity}</td><td>{escape(line.name)}{each}{modifiers}</td>"
        f"<td>{money(line.total, code)}</td></tr>"
    )


def _sums(bill: ShownBill) -> str:
    session = bill.session
    code = session.currency
    rows: list[tuple[str, str, int | None]] = []
    if bill.service_charge is not None:
        rows += [("", "Lines", bill.sum_of_lines), ("", "Service charge", bill.service_charge)]
    rows += [("b", f"Total {code}", session.total or 0), ("soft", "of which tax", bill.tax)]
    if session.paid:
        rows.append(("", "Paid", -session.paid))
    rows.append(("b", f"Due {code}", session.due or 0))
    return "\n".join(
        f"<tr{f' class={kind}' if kind else ''}><td>{escape(name)}</td><td>{'not said' if amount is None else money(amount, code)}</td></tr>"
        for kind, name, amount in rows
    )


def _left_out(preview: Preview) -> str:
    if not preview.skipped:
        return ""
    rows = "".join(
        f"<li>{escape(each.entity)}: {escape(each.reason)}{f' ({each.count:,} times)' if each.count > 1 else ''}</li>"
        for each in preview.skipped
    )
    return f"<h2>Left out, as they cannot be read</h2>\n<ul class=left>{rows}</ul>"
