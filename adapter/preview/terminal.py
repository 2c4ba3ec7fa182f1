"""A preview for a terminal: aligned, 80 columns wide at least, in colour where there is any. Knows no database."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size
from rich.columns import Columns
from rich.console import Console, Group, JustifyMethod, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

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

_SIGNS = {"occupied": "●", "available": "○", "pending_available": "◐", "not_in_use": "×"}
_PLAIN_SIGNS = {"occupied": "*", "available": "o", "pending_available": "~", "not_in_use": "x"}
_COLOURS = {"occupied": "red", "available": "green", "pending_available": "yellow", "not_in_use": "bright_black"}
_CELL = 18
"""Columns that one table takes."""
_BILL = 56
"""Columns of a bill: what fits an 80-column terminal with room beside it."""
_MOST_SESSIONS = 200
_TEXTS = 3
"""Columns of the list of sessions that are names: check, table, waiter."""
_SHORTEST = 6
"""Columns that a name has at least."""


def show(preview: Preview, console: Console) -> None:
    """Print a preview."""
    width = max(console.width, 80)
    console.width = width
    signs = _PLAIN_SIGNS if console.options.ascii_only else _SIGNS
    _head(preview, console, width)
    _tables(preview, console, signs)
    _sessions(preview, console)
    if preview.bill is not None:
        console.print()
        console.print(_heading("The bill in full", preview.bill.session.name))
        console.print(Padding(_bill(preview.bill), (1, 0, 0, 2)))
        _order(preview.bill, console)
    _left_out(preview, console)


def _head(preview: Preview, console: Console, width: int) -> None:
    at = f"{preview.at.astimezone():%a %d %b %Y, %H:%M}"
    name = Text(preview.epos, style="bold", no_wrap=True, overflow="ellipsis")
    line = Table.grid(expand=True)
    line.add_column(ratio=1)
    line.add_column(justify="right", no_wrap=True)
    line.add_row(name, Text(at, style="dim"))
    console.print(line, width=width)
    occupied = sum(table.status == "occupied" for table in preview.tables)
    parts = [
        f"{counted(len(preview.tables), 'table')}, {occupied} occupied",
        counted(len(preview.sessions), "open session"),
        *(f"{money(amount, code)} {code} to be paid" for code, amount in sorted(preview.due().items())),
    ]
    console.print(Text("  ".join(parts)))
    for note in preview.notes:
        console.print(Text(f"! {note}", style="yellow"))
    for misfit in preview.misfits:
        console.print(Text(f"! {misfit}", style="red"))


def _tables(preview: Preview, console: Console, signs: dict[str, str]) -> None:
    for area, tables in preview.areas():
        console.print()
        console.print(_heading(area or ("Tables" if len(preview.areas()) == 1 else "No area")))
        cells = [_cell(table, signs) for table in tables]
        console.print(Padding(Columns(cells, width=_CELL, padding=(0, 1)), (0, 0, 0, 2)))
    legend = Text("  ")
    there = {table.status for table in preview.tables}
    for status, words in STATUSES.items():
        if status in there:
            legend.append(f"{signs[status]} ", style=_COLOURS[status])
            legend.append(f"{words}   ", style="dim")
    if there:
        legend.append("(seats)", style="dim")
        console.print()
        console.print(legend)


def _cell(table: ShownTable, signs: dict[str, str]) -> Text:
    seats = f" ({table.max_covers})" if table.max_covers else ""
    cell = Text(no_wrap=True, overflow="ellipsis")
    cell.append(f"{signs[table.status]} ", style=_COLOURS[table.status])
    cell.append(shortened(table.name, _CELL - 3 - len(seats)))
    cell.append(seats, style="dim")
    return cell


def shortened(name: str, width: int) -> str:
    """A name in so many columns, cut in the middle: the numbers that tell one from another stand at the end."""
    if cell_len(name) <= width:
        return name
    tail = ""
    while cell_len(name[-len(tail) - 1 :]) <= width // 2:
        tail = name[-len(tail) - 1 :]
    return f"{set_cell_size(name, width - 1 - cell_len(tail)).rstrip()}…{tail.lstrip()}"


def _sessions(preview: Preview, console: Console) -> None:
    console.print()
    console.print(_heading("Open sessions"))
    if not preview.sessions:
        console.print(Text("  none", style="dim"))
        return
    shown = preview.sessions[:_MOST_SESSIONS]
    codes = {session.currency for session in shown if session.currency}
    rows = [_row(session, preview, with_code=len(codes) > 1) for session in shown]
    is_locked = any(session.lock for session in shown)
    names = ["check", "table", "waiter", "gst", "age", "total", "paid", "due", *(["lock"] if is_locked else [])]
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", expand=False)
    widths = _widths(names, rows, console.width - 2)
    # An amount that is cut short is another amount: rather let the terminal break the line.
    console.width = max(console.width, sum(widths) + 2 * len(widths))
    for index, (name, width) in enumerate(zip(names, widths, strict=True)):
        justify: JustifyMethod = "right" if _TEXTS <= index < _TEXTS + 5 else "left"
        grid.add_column(name, justify=justify, no_wrap=True, overflow="ellipsis", width=width)
    for row in rows:
        named = [
            Text(shortened(text.plain, room), style=text.style)
            for text, room in zip(row, widths[:_TEXTS], strict=False)
        ]
        grid.add_row(*named, *row[_TEXTS : len(names)])
    console.print(Padding(grid, (0, 0, 0, 2)))
    if len(preview.sessions) > _MOST_SESSIONS:
        console.print(Text(f"  and {len(preview.sessions) - _MOST_SESSIONS:,} more", style="dim"))
    for session in preview.sessions:
        if session.problem:
            console.print(Padding(Text(f"{session.name}: {session.problem}", style="red"), (0, 0, 0, 2)))


def _widths(names: list[str], rows: list[list[Text]], width: int) -> list[int]:
    """Numbers get what they need, and names share what is left."""
    needed = [max(len(name), *(row[index].cell_len for row in rows)) for index, name in enumerate(names)]
    left = width - 2 * (len(names) - 1) - sum(needed[_TEXTS:])
    # The shortest first: what it does not need the others may have.
    for turn, index in enumerate(sorted(range(_TEXTS), key=lambda index: needed[index])):
        needed[index] = max(_SHORTEST, min(needed[index], left // (_TEXTS - turn)))
        left -= needed[index]
    return needed


def _row(session: ShownSession, preview: Preview, *, with_code: bool) -> list[Text]:
    code = f" {session.currency}" if with_code and session.currency else ""
    if session.total is None:
        word = Text("refused", style="red") if session.problem else Text("no bill", style="dim")
        amounts = [word, Text(), Text()]
    else:
        due = Text(money(session.due, session.currency) + code, style="bold" if session.is_payable else "dim")
        paid = Text(money(session.paid, session.currency)) if session.paid else Text("-", style="dim")
        amounts = [Text(money(session.total, session.currency)), paid, due]
    lock = session.lock.by.removeprefix("terminal ") if session.lock else ""
    return [
        Text(session.name),
        Text(", ".join(session.tables)) if session.tables else Text("-", style="dim"),
        Text(session.waiter) if session.waiter else Text("-", style="dim"),
        Text("" if session.covers is None else str(session.covers)),
        Text(age(session.created_at, preview.at)),
        *amounts,
        Text(lock, style="yellow"),
    ]


def _bill(bill: ShownBill) -> RenderableType:
    session = bill.session
    parts: list[RenderableType] = [_text(line) for line in bill.header]
    if not bill.header:
        parts.append(_text(ShownText(text=session.name, bold=True, centred=True)))
    if session.problem:
        parts.append(Text(session.problem, style="red"))
        return _narrow(parts)
    if session.total is None:
        parts.append(Text("This session has no bill.", style="dim"))
        return _narrow(parts)
    parts.append(Text())
    grid = Table.grid(expand=True, padding=(0, 1))
    grid.add_column(justify="right", no_wrap=True, min_width=3)
    grid.add_column(ratio=1)
    grid.add_column(justify="right", no_wrap=True)
    for line in bill.lines:
        _line(grid, line, session.currency)
    if not bill.lines:
        grid.add_row("", Text("no lines", style="dim"), "")
    parts += [grid, Rule(style="dim")]
    totals = Table.grid(expand=True, padding=(0, 1))
    totals.add_column(ratio=1)
    totals.add_column(justify="right", no_wrap=True)
    for name, amount, style in _totals(bill):
        totals.add_row(Text(name, style=style), Text(amount, style=style))
    parts.append(totals)
    if bill.note:
        parts.append(Text(f"Note: {bill.note}"))
    parts += [_text(line) for line in bill.footer]
    parts += [Text(), _adds_up(bill)]
    return _narrow(parts)


def _order(bill: ShownBill, console: Console) -> None:
    """What the EPOS Data API is told beside the bill."""
    if bill.order is None and not bill.order_problem:
        return
    console.print()
    console.print(_heading("For the EPOS Data API", bill.session.name))
    if bill.order is None:
        console.print(Padding(Text(bill.order_problem, style="red"), (0, 0, 0, 2)))
        return
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(max_width=_BILL)
    before = ""
    for name, text in bill.order.rows():
        grid.add_row("" if name == before else name, Text(text))
        before = name
    console.print(Padding(grid, (0, 0, 0, 2)))


def _totals(bill: ShownBill) -> list[tuple[str, str, str]]:
    session = bill.session
    code = session.currency
    rows = []
    if bill.service_charge is not None:
        rows.append(("Lines", money(bill.sum_of_lines, code), ""))
        rows.append(("Service charge", money(bill.service_charge, code), ""))
    rows.append((f"Total {code}", money(session.total, code), "bold"))
    rows.append(("of which tax", "not said" if bill.tax is None else money(bill.tax, code), "dim"))
    if session.paid:
        rows.append(("Paid", money(-session.paid, code), ""))
    rows.append((f"Due {code}", money(session.due, code), "bold"))
    return rows


def _line(grid: Table, line: ShownLine, code: str) -> None:
    each = f"  at {money(line.amount, code)}" if line.quantity != 1 else ""
    name = Text(line.name)
    name.append(each, style="dim")
    style = "green" if line.total < 0 else ""
    grid.add_row(Text(str(line.quantity), style=style), name, Text(money(line.total, code), style=style))
    for each_one in line.modifiers:
        count = f"{each_one.quantity} x " if each_one.quantity != 1 else ""
        amount = f"  {money(each_one.amount, code)}" if each_one.amount else ""
        grid.add_row("", Text(f"  + {count}{each_one.name}{amount}", style="dim"), "")


def _adds_up(bill: ShownBill) -> Text:
    code = bill.session.currency
    if not bill.difference:
        return Text("✓ The lines add up to the total.", style="green")
    return Text(f"✗ Total minus lines is {money(bill.difference, code)} {code}.", style="red")


def _text(line: ShownText) -> RenderableType:
    if not line.text:
        return Rule(style="dim")
    return Text(line.text, style="bold" if line.bold else "", justify="center" if line.centred else "left")


def _narrow(parts: list[RenderableType]) -> RenderableType:
    """As wide as a printed bill."""
    grid = Table.grid()
    grid.add_column(width=_BILL)
    grid.add_row(Group(*parts))
    return grid


def _left_out(preview: Preview, console: Console) -> None:
    if not preview.skipped:
        return
    console.print()
    console.print(_heading("Left out, as they cannot be read"))
    for each in preview.skipped:
        times = f" ({each.count:,} times)" if each.count > 1 else ""
        console.print(Padding(Text(f"{each.entity}: {each.reason}{times}", style="red"), (0, 0, 0, 2)))


def _heading(title: str, more: str = "") -> Text:
    found = Text(title, style="bold cyan")
    if more:
        found.append(f"  {more}", style="dim")
    return found
