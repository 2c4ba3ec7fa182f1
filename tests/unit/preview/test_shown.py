"""How a preview looks on a terminal of 80 columns and as a page."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from msgspec import structs
from rich.cells import cell_len
from rich.console import Console

from adapter.preview.amounts import money
from adapter.preview.page import page
from adapter.preview.terminal import shortened, show
from adapter.preview.view import (
    Preview,
    ShownBill,
    ShownLine,
    ShownLock,
    ShownModifier,
    ShownSession,
    ShownTable,
    ShownText,
    Skipped,
    age,
)

NOW = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
NASTY = "<script>alert('&')</script>"


def session(number: int, **more: Any) -> ShownSession:
    known: dict[str, Any] = {
        "id": f"00000000-0000-8000-8000-{number:012d}",
        "name": f"Check {number}",
        "tables": ("T1",),
        "created_at": NOW - timedelta(minutes=42),
        "is_finished": False,
        "is_payable": True,
        "waiter": "Ada",
        "covers": 2,
        "currency": "GBP",
        "total": 4725,
        "paid": 0,
        "due": 4725,
        "lines": 2,
    }
    return ShownSession(**{**known, **more})


def preview(**more: Any) -> Preview:
    one = session(1)
    known: dict[str, Any] = {
        "epos": "Some EPOS",
        "mapping": "some.toml",
        "at": NOW,
        "tables": (
            ShownTable(name="T1", max_covers=4, status="occupied", area="Room", sessions=(one.id,)),
            ShownTable(name="T2", max_covers=0, status="available", area="Room", sessions=()),
            ShownTable(name="B1", max_covers=2, status="pending_available", area=None, sessions=()),
        ),
        "sessions": (one,),
        "bill": ShownBill(
            session=one,
            header=(ShownText(text="The Kettle", bold=True, centred=True), ShownText(text="")),
            footer=(ShownText(text="Thank you"),),
            lines=(
                ShownLine(
                    name="Burger",
                    quantity=2,
                    amount=2000,
                    total=4400,
                    modifiers=(ShownModifier(name="Bacon", quantity=1, amount=200),),
                ),
                ShownLine(name="Discount", quantity=1, amount=-100, total=-100),
            ),
            service_charge=425,
            tax=700,
        ),
    }
    return Preview(**{**known, **more})


def printed(shown: Preview, *, width: int = 80, colour: bool = False, encoding: str = "utf-8") -> str:
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="replace")
    show(
        shown,
        Console(
            file=file, width=width, force_terminal=colour, color_system="truecolor" if colour else None, highlight=False
        ),
    )
    file.flush()
    file.seek(0)
    return file.read()


def test_the_list_of_sessions_is_aligned():
    shown = preview(
        sessions=(
            session(1),
            session(22, total=123456789, paid=123, due=123456666, waiter="", covers=None),
            session(3, total=None, due=None, paid=None),
        )
    )
    lines = printed(shown).splitlines()
    (head,) = (number for number, line in enumerate(lines) if line.startswith("  check"))
    end = lines[head].index("due") + len("due")
    for line, due in zip(lines[head + 1 :], ["47.25", "1,234,566.66", ""], strict=False):
        assert line[:end].endswith(due)
    assert "no bill" in lines[head + 3]
    assert "1,234,567.89" in lines[head + 2]


def test_nothing_is_wider_than_80_columns_however_long_the_names():
    long = "A very long name indeed, 长长的名字长长的名字, of everything " * 3
    crowd = [session(n, name=long, tables=(long,), waiter=long, lock=ShownLock(by="terminal 4711")) for n in (1, 2)]
    shown = preview(
        epos=long,
        tables=(ShownTable(name=long, max_covers=10, status="occupied", area=long, sessions=()),),
        sessions=(*crowd, session(3, total=9999999, due=9999999, paid=9999999)),
        skipped=(Skipped(entity="bill", reason=long, count=3),),
        notes=(long,),
    )
    lines = printed(shown).splitlines()
    assert max(map(cell_len, lines)) <= 80
    assert any(line.count("99,999.99") == 3 for line in lines)


def test_a_tax_that_nobody_says_is_told_so():
    shown = preview()
    assert shown.bill is not None
    shown = structs.replace(shown, bill=structs.replace(shown.bill, tax=None))
    assert re.search(r"of which tax +not said *", printed(shown))
    assert "<td>of which tax</td><td>not said</td>" in page(shown)


def test_names_that_differ_at_their_end_can_be_told_apart():
    names = [f"Terrace – North {number}" for number in (1, 2)]
    tables = tuple(ShownTable(name=one, max_covers=4, status="occupied", area="A", sessions=()) for one in names)
    crowd = tuple(session(n, name=f"Evening of the 25th, {n}", tables=(names[0],), waiter="Wilhelmine") for n in (7, 8))
    text = printed(preview(tables=tables, sessions=crowd))
    assert "Terra…rth 1 (4)" in text
    assert "Terra…rth 2 (4)" in text
    for number in "78":
        assert f"  Evening…25th, {number} " in text


@pytest.mark.parametrize("width", range(3, 12))
@pytest.mark.parametrize("name", ["12345678", "长长的名字长长的名字", "a b c d e f", "x"])
def test_a_name_takes_no_more_room_than_there_is(name: str, width: int):
    assert cell_len(shortened(name, width)) <= width
    assert shortened(name, 40) == name


def test_an_amount_is_never_cut_short():
    million = {"total": 99999999999, "due": 99999999999, "paid": 99999999999}
    assert any(
        line.count("999,999,999.99") == 3 for line in printed(preview(sessions=(session(3, **million),))).splitlines()
    )


def test_a_narrow_terminal_is_treated_as_80_columns():
    assert printed(preview(), width=40) == printed(preview(), width=80)


def test_colour_only_where_it_can_be_seen():
    assert "\x1b[" not in printed(preview())
    assert "\x1b[" in printed(preview(), colour=True)


def test_statuses_can_be_told_without_colour_and_without_unicode():
    assert "● T1 (4)" in printed(preview())
    assert "○ T2" in printed(preview())
    plain = printed(preview(), encoding="ascii")
    assert "* T1 (4)" in plain
    assert "* occupied" in plain


def test_areas_are_named_and_what_has_none_comes_last():
    text = printed(preview())
    assert text.index("Room") < text.index("No area")


def test_a_bill_says_how_it_adds_up():
    text = printed(preview())
    for part in ("The Kettle", "at 20.00", "+ Bacon  2.00", "-1.00", "Service charge", "Total GBP", "Thank you"):
        assert part in text
    assert "The lines add up to the total." in text
    off = structs.replace(preview().bill, difference=-5)
    assert "Total minus lines is -0.05 GBP." in printed(preview(bill=off))
    assert "add up" not in printed(preview(bill=off))
    assert "Total minus lines is -0.05 GBP." in page(preview(bill=off))


def test_what_is_wrong_with_a_bill_is_said_in_place_of_it():
    broken = session(1, total=None, due=None, paid=None, problem="the lines do not add up")
    shown = preview(sessions=(broken,), bill=ShownBill(session=broken))
    for text in (printed(shown), page(shown)):
        assert "refused" in text
        assert "the lines do not add up" in text
        assert "The lines add up" not in text


def test_a_restaurant_without_anything_can_be_shown():
    empty = preview(tables=(), sessions=(), bill=None)
    assert "0 tables, 0 occupied  0 open sessions" in printed(empty)
    assert "There are none." in page(empty)


def test_what_was_left_out_is_said_with_its_reason():
    shown = preview(
        skipped=(Skipped(entity="table", reason="its status is 99", count=3),), notes=("nothing can be paid",)
    )
    for text in (printed(shown), page(shown)):
        assert "table: its status is 99 (3 times)" in text
        assert "nothing can be paid" in text


def test_every_text_of_the_restaurant_is_escaped():
    nasty = session(1, name=NASTY, tables=(NASTY,), waiter=NASTY, lock=ShownLock(by=NASTY), currency="GBP")
    refused = session(2, name=NASTY, total=None, problem=NASTY)
    texts = (ShownText(text=NASTY, centred=True),)
    line = ShownLine(
        name=NASTY, quantity=1, amount=1, total=1, modifiers=(ShownModifier(name=NASTY, quantity=2, amount=1),)
    )
    made = page(
        preview(
            epos=NASTY,
            mapping=NASTY,
            tables=(ShownTable(name=NASTY, max_covers=1, status="occupied", area=NASTY, sessions=(nasty.id,)),),
            sessions=(nasty, refused),
            bill=ShownBill(session=nasty, header=texts, footer=texts, lines=(line,), note=NASTY),
            skipped=(Skipped(entity="table", reason=NASTY),),
            notes=(NASTY,),
        )
    )
    assert "<script" not in made
    assert made.count("&lt;script&gt;") >= 14


class Tags(HTMLParser):
    """Everything in a page that a browser would fetch, and every tag that is opened and closed."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.ids: list[str] = []
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("script", "link", "img", "iframe", "object", "embed") or "src" in given:
            self.fetched.append(tag)
        if tag == "a":
            self.targets.append(given["href"] or "")
        if "id" in given:
            self.ids.append(given["id"] or "")


def test_a_page_needs_nothing_from_anywhere():
    made = page(preview())
    tags = Tags()
    tags.feed(made)
    assert not tags.fetched
    assert not re.search(r"url\(|@import|https?:", made)
    assert "default-src 'none'" in made


def test_tables_lead_to_their_sessions():
    tags = Tags()
    tags.feed(page(preview()))
    assert tags.targets == ["#s-00000000-0000-8000-8000-000000000001"]
    assert [target.removeprefix("#") for target in tags.targets] == tags.ids


def test_a_page_is_light_dark_printable_and_fits_a_phone():
    made = page(preview())
    for part in ("prefers-color-scheme: dark", "@media print", "max-width: 36rem", 'name="viewport"'):
        assert part in made
    assert 'http-equiv="refresh"' not in made
    assert 'http-equiv="refresh" content="5"' in page(preview(), again=5.0)


@pytest.mark.parametrize(
    ("amount", "code", "text"),
    [
        (0, "GBP", "0.00"),
        (5, "GBP", "0.05"),
        (-123456, "EUR", "-1,234.56"),
        (1500, "JPY", "1,500"),
        (1234, "BHD", "1.234"),
        (None, "GBP", ""),
    ],
)
def test_money_has_the_decimals_of_its_currency(amount: int | None, code: str, text: str):
    assert money(amount, code) == text


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(-3, "0 min"), (0, "0 min"), (59, "59 min"), (65, "1 h 05"), (47 * 60, "47 h 00"), (2880, "2 d")],
)
def test_ages_are_short(minutes: int, text: str):
    assert age(NOW - timedelta(minutes=minutes), NOW) == text
