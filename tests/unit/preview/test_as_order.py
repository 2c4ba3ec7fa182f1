"""What a preview tells of an order beside its bill, on a terminal and as a page."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from html import unescape

from msgspec import structs
from rich.console import Console

from adapter.preview.as_order import ShownOrder, ShownPayment, ShownTax
from adapter.preview.page import page
from adapter.preview.terminal import show
from adapter.preview.view import Preview, ShownBill, ShownSession

NOW = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)

ORDER = ShownOrder(
    display_name="T1 <Ann>",
    reference="A-17",
    status="preparing",
    kind="dine_in",
    updated_at=NOW,
    collect_at=None,
    table_ids=("7",),
    currency="GBP",
    tips=150,
    payments=(
        ShownPayment(amount=1500, tip=150, id="pi_1", method="VISA", at=NOW, is_rest=False),
        ShownPayment(amount=500, tip=0, id="", method="", at=None, is_rest=True),
    ),
    taxes=(ShownTax(name="VAT", amount=151, rate=2000), ShownTax(name="City", amount=1, rate=550)),
    products=(("0042", "Burger"),),
)
SESSION = ShownSession(
    id="1", name="Check 1", tables=("T1",), created_at=NOW, is_finished=False, is_payable=True, waiter="", currency="GBP",
    total=2000, paid=2000, due=0,
)  # fmt: skip
PREVIEW = Preview(
    epos="Some EPOS",
    mapping="some.toml",
    at=NOW,
    tables=(),
    sessions=(SESSION,),
    bill=ShownBill(session=SESSION, order=ORDER, difference=0),
)


def printed(preview: Preview) -> str:
    file = io.StringIO()
    show(preview, Console(file=file, width=100, highlight=False))
    return file.getvalue()


def test_every_part_of_an_order_is_told_with_its_name():
    rows = ORDER.rows()
    assert ("Reference", "A-17") in rows
    assert ("Status", "preparing, dine in") in rows
    assert [text for name, text in rows if name == "Tax"] == ["1.51  VAT 20 %", "0.01  City 5.5 %"]
    paid = [text for name, text in rows if name == "Paid"]
    assert paid[0].startswith("15.00 and 1.50 tip  VISA  pi_1  ")
    assert paid[1] == "5.00  of which the till lists nothing"
    assert ("PLU", "0042  Burger") in rows


def test_the_terminal_and_the_page_tell_the_same():
    on_terminal, on_page = printed(PREVIEW), page(PREVIEW)
    assert "<Ann>" not in on_page
    for _, text in ORDER.rows():
        assert text in on_terminal
        assert text in unescape(on_page)


def test_an_order_that_cannot_be_told_says_why_and_the_bill_stands():
    assert PREVIEW.bill is not None
    bad = structs.replace(
        PREVIEW, bill=structs.replace(PREVIEW.bill, order=None, order_problem="payment[0].amount is no <number>")
    )
    assert "payment[0].amount is no <number>" in printed(bad)
    assert "payment[0].amount is no &lt;number&gt;" in page(bad)
    assert "Total GBP" in printed(bad)
