"""The card machine page in the system's Chromium, at the demonstration's restaurant."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

PATIENCE = 20_000
"""Milliseconds."""


@pytest.fixture(scope="module")
def demo() -> Iterator[str]:
    """The address of a demonstration that stays up."""
    command = [sys.executable, "-m", "adapter", "demo"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        try:
            said = ""
            for line in process.stdout:
                said += line
                found = re.search(r"the card machine\s+(http://\S+)/", line)
                if found:
                    break
            else:
                pytest.fail(said)
            yield found[1]
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)


@pytest.fixture
def page(browser: Browser, demo: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto(demo)
    yield opened
    context.close()
    # What the browser itself logs of an answer of 422 or 503 is no fault of the page.
    assert complaints == []


def asked(page: Page) -> list[tuple[str, dict[str, Any]]]:
    """Method and parameters of everything that was asked about one bill, in order."""
    with urllib.request.urlopen(f"{page.url}api/frames?limit=1000") as answer:  # noqa: S310 -- our own address
        entries = json.load(answer)["entries"]
    frames = [json.loads(one["data"]) for one in entries if one["type"] == "frame" and one["sender"] == "gateway"]
    return [(one["method"], one["params"]) for one in frames]


def paying(page: Page, since: int = 0) -> list[str]:
    return [method for method, _ in asked(page)[since:] if method in ("LockSession", "RecordPayment", "UnlockSession")]


def press(page: Page, name: str | re.Pattern[str]) -> None:
    page.locator("#machine").get_by_role("button", name=name).first.click()


def open_bill(page: Page) -> None:
    """The first table with something to pay, as somebody would who has never seen it."""
    table = page.locator(".tile:has(strong)").first
    table.wait_for()
    has_several = table.locator("small").count() > 0
    table.click()
    if has_several:
        page.locator(".sessions button", has_text="£").first.click()
    expect(page.locator(".bill .total").first).to_contain_text("Total")


def title(page: Page, text: str) -> None:
    expect(page.locator("#title")).to_have_text(text)


def test_a_bill_is_paid_by_pressing_the_green_buttons(page: Page):
    open_bill(page)
    since = len(asked(page))
    for screen in ("Add a tip?", "Present card", "Approved"):
        page.locator("#machine .go").first.click()
        title(page, screen)
    expect(page.locator("#screen")).to_contain_text("The bill is paid in full.")
    assert paying(page, since) == ["LockSession", "RecordPayment", "UnlockSession"]
    expect(page.locator(".frames li.answers").first).to_contain_text("✓ valid")
    assert page.locator(".frames li.wrong").count() == 0
    recorded = page.locator(".frames li.answers", has_text="RecordPayment")
    recorded.locator("summary").click()
    expect(recorded.locator(".sql")).to_contain_text("INSERT INTO transactions")
    [payment] = [params["payment"] for method, params in asked(page)[since:] if method == "RecordPayment"]
    assert payment["id"] not in recorded.locator(".sql").inner_text(), "statements are told without their values"


def test_a_card_that_is_declined_or_a_guest_who_leaves_keeps_no_bill_locked(page: Page):
    open_bill(page)
    since = len(asked(page))
    press(page, re.compile("^Pay "))
    title(page, "Add a tip?")
    press(page, "Back")
    expect(page.locator(".bill")).to_be_visible()
    assert paying(page, since) == ["LockSession", "UnlockSession"]
    since = len(asked(page))
    press(page, re.compile("^Pay "))
    press(page, "No tip")
    press(page, "Card is declined")
    title(page, "Declined")
    assert paying(page, since) == ["LockSession", "RecordPayment", "UnlockSession"]
    _, params = [one for one in asked(page) if one[0] == "RecordPayment"][-1]
    assert params["payment"]["paymentSuccessful"] is False


def test_a_share_of_a_bill_whose_answer_is_lost_is_recorded_once_with_the_same_id(page: Page):
    open_bill(page)
    page.get_by_text("Make something go wrong").click()
    page.get_by_role("button", name="Drop in mid-payment").click()
    expect(page.locator(".planned")).to_contain_text("drop (RecordPayment)")
    since = len(asked(page))
    press(page, "Split equally")
    press(page, re.compile("^2 × "))
    press(page, re.compile(r"^10 % · "))
    press(page, "Insert the card and enter the PIN")
    title(page, "Approved")
    expect(page.locator("#screen")).to_contain_text("is left to pay.")
    payments = [params["payment"] for method, params in asked(page)[since:] if method == "RecordPayment"]
    assert len(payments) >= 2
    assert all(one == payments[0] for one in payments)
    assert payments[0]["tipsAmount"] > 0
    assert paying(page, since)[-1] == "UnlockSession"
    press(page, re.compile("^Next share: "))
    press(page, "No tip")
    press(page, "Tap the card")
    title(page, "Approved")
    expect(page.locator("#screen")).to_contain_text("The bill is paid in full.")


def test_a_page_that_is_loaded_anew_unlocks_the_bill_that_it_had_locked(page: Page):
    open_bill(page)
    since = len(asked(page))
    press(page, re.compile("^Pay "))
    title(page, "Add a tip?")
    page.reload()
    title(page, "Tables")
    assert paying(page, since) == ["LockSession", "UnlockSession"]


def test_a_bill_that_another_machine_has_locked_is_released_only_by_somebody_who_was_asked(page: Page):
    open_bill(page)
    [params] = [params for method, params in asked(page) if method == "GetBillItems"][-1:]
    answer = page.request.post(f"{page.url}v1/copperkettle/LockSession", data=params)
    assert answer.ok
    since = len(asked(page))
    press(page, re.compile("^Pay "))
    title(page, "Bill is locked")
    press(page, "Release the lock")
    title(page, "Release the lock?")
    press(page, "Leave it locked")
    title(page, "Tables")
    assert "UnlockSession" not in paying(page, since)
    open_bill(page)
    press(page, re.compile("^Pay "))
    press(page, "Release the lock")
    press(page, "Nobody is paying: release it")
    expect(page.locator(".bill")).to_be_visible()
    assert paying(page, since)[-1] == "UnlockSession"


def test_a_charged_payment_that_the_till_does_not_take_is_kept_and_given_up_only_by_somebody_who_was_asked(page: Page):
    open_bill(page)
    since = len(asked(page))
    # The till is closed to payments: the adapter is never reached.
    refusal = {"status": 422, "json": {"errorCode": "SESSION_NO_SUCH_SESSION"}}
    page.route("**/RecordPayment?*", lambda route: route.fulfill(**refusal))
    for name in (re.compile("^Pay "), "No tip", "Tap the card"):
        press(page, name)
    title(page, "Paid, not recorded")
    press(page, "Give up")
    title(page, "Give up this payment?")
    press(page, "Keep it and try again")
    title(page, "Paid, not recorded")
    press(page, "Later: go on with other tables")
    unfinished = page.locator("#unfinished")
    expect(unfinished).to_contain_text("charged, and the till does not know it yet")
    page.reload()
    expect(unfinished).to_contain_text("charged, and the till does not know it yet")
    open_bill(page)
    expect(page.locator(".actions")).to_contain_text("was charged for this bill")
    expect(page.locator(".actions .go")).to_have_count(0)
    assert paying(page, since) == ["LockSession"], "what is not recorded stays locked"
    page.unroute("**/RecordPayment?*")
    unfinished.get_by_role("button").click()
    title(page, "Approved")
    expect(unfinished).to_be_hidden()
    assert paying(page, since) == ["LockSession", "RecordPayment", "UnlockSession"]


def test_a_payment_that_is_given_up_goes_back_to_the_card_and_unlocks_the_bill(page: Page):
    open_bill(page)
    since = len(asked(page))
    page.route(
        "**/RecordPayment?*", lambda route: route.fulfill(status=422, json={"errorCode": "SESSION_NO_SUCH_SESSION"})
    )
    for name in (re.compile("^Pay "), "No tip", "Tap the card", "Give up", re.compile("^Give .* back and unlock")):
        press(page, name)
    title(page, "Given back")
    assert paying(page, since) == ["LockSession", "UnlockSession"]
    expect(page.locator("#unfinished")).to_be_hidden()


def test_what_the_till_rings_up_is_on_the_bill_and_on_the_paper(page: Page):
    open_bill(page)
    check = page.locator("#title").inner_text().rpartition(" ")[2]
    page.locator("#till-check").select_option(value=check)
    item, price = page.locator("#till-item option:checked").inner_text().split(" · ")
    comes_to = total(page) + Decimal(price)
    rung_up = page.locator(".bill .row.item", has_text=item)
    before = rung_up.count()
    page.get_by_role("button", name="Ring it up").click()
    expect(page.locator("#till")).to_contain_text(f"Check {check} comes to")
    expect(rung_up).to_have_count(before + 1)
    assert total(page) == comes_to
    press(page, "Print the bill")
    expect(page.locator(".paper")).to_contain_text(item)
    expect(page.locator(".paper")).to_contain_text("VAT GB 000 0000 00")
    expect(page.locator(".paper img[alt=Logo]")).to_have_js_property("complete", value=True)


CIRCLE = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 4 4' width='40'><circle cx='2' cy='2' r='2'/></svg>"
PAPER: list[tuple[str, dict[str, Any], str]] = [
    ("LOGO", {"receiptLogo": {"svgImage": CIRCLE}}, ""),
    ("TEXT", {"receiptImage": {"svgImage": CIRCLE, "align": "ALIGN_RIGHT"}}, ""),
    ("MERCHANT_NAME", {"receiptMerchantName": {"merchantName": "The Kettle"}}, "The Kettle"),
    ("MERCHANT_ADDRESS", {"receiptMerchantAddress": {"addressLines": ["14 Tallow Lane"], "postcode": "SE1"}}, "SE1"),
    ("MERCHANT_PHONE_NUMBER", {"receiptMerchantPhoneNumber": {"phoneNumber": "020 7946"}}, "020 7946"),
    ("MERCHANT_EMAIL_ADDRESS", {"receiptMerchantEmailAddress": {"emailAddress": "a@b.example"}}, "a@b.example"),
    ("HORIZONTAL_LINE", {"receiptHorizontalLine": {"type": "HORIZONTAL_LINE_DOUBLE"}}, ""),
    ("VAT_NUMBER", {"receiptVATNumber": {"vatNumber": "GB 1"}}, "VAT GB 1"),
    ("TEXT", {"receiptText": {"value": "<b>bold</b>", "size": "SIZE_HEADER_1"}}, "<b>bold</b>"),
    (
        "TEXT",
        {"receiptUrl": {"url": "https://pay.example/1", "description": "Pay", "showQR": True}},
        "https://pay.example/1",
    ),
    ("TEXT", {"receiptUrl": {"url": "https://pay.example/2", "showQR": True, "showURL": False}}, ""),
    ("PIGEON", {}, "a line that is not known: RECEIPT_LINE_TYPE_PIGEON"),
]


def test_the_paper_has_every_documented_line_with_its_images_and_codes_drawn(page: Page):
    open_bill(page)

    def add_lines(route: Route) -> None:
        full = route.fetch().json()
        lines = [{"receiptLineType": f"RECEIPT_LINE_TYPE_{kind}", **payload} for kind, payload, _ in PAPER]
        route.fulfill(json=full | {"footer": {"receiptLines": lines}})

    page.route("**/GetFullBill?*", add_lines)
    press(page, "Print the bill")
    paper = page.locator(".paper")
    for _, _, words in PAPER:
        expect(paper).to_contain_text(words)
    expect(paper).not_to_contain_text("pay.example/2")
    expect(paper.locator("img.qr")).to_have_count(2)
    expect(paper.locator("hr.double")).to_have_count(1)
    undrawn = "images => Promise.all(images.map(one => one.decode())).then(() => images.filter(one => !one.naturalWidth).length)"
    assert paper.locator("img").evaluate_all(undrawn) == 0


def total(page: Page) -> Decimal:
    """What the bill comes to that the card machine shows."""
    return Decimal(page.locator(".bill .total span").nth(1).inner_text().removeprefix("£"))
