"""What the tests of the card machine's page do with it, and see of it."""

from __future__ import annotations

import json
import re
import urllib.request
from decimal import Decimal
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

AXE = Axe()


def asked(page: Page) -> list[tuple[str, dict[str, Any]]]:
    """Method and parameters of everything that was asked about one bill, in order."""
    with urllib.request.urlopen(f"{page.url}api/frames?limit=1000") as answer:  # noqa: S310 -- our own address
        entries = json.load(answer)["entries"]
    # What has no method is rubbish that was sent on purpose.
    frames = [
        json.loads(one["data"])
        for one in entries
        if one["type"] == "frame" and one["sender"] == "gateway" and one["method"]
    ]
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


def total(page: Page) -> Decimal:
    """What the bill comes to that the card machine shows."""
    return Decimal(page.locator(".bill .total span").nth(1).inner_text().removeprefix("£"))


def accessible(page: Page) -> None:
    """No rule of axe-core on contrast, names, labels or roles is broken by what is shown now."""
    found = AXE.run(page)
    assert found.response["passes"], "axe looked at nothing"
    assert found.violations_count == 0, found.generate_report()


def keys(page: Page, *pressed: str) -> None:
    for key in pressed:
        page.keyboard.press(key)


def reach(page: Page, name: str | re.Pattern[str]) -> None:
    """Go on by the tabulator to a button, as somebody does who has no mouse, and press it."""
    target = page.locator("#machine").get_by_role("button", name=name).first
    target.wait_for()
    for _ in range(40):
        page.keyboard.press("Tab")
        if target.evaluate("one => one === document.activeElement"):
            page.keyboard.press("Enter")
            return
    pytest.fail(f"the tabulator does not lead to {name}")


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
