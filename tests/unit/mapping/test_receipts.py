from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from adapter.domain.values import ReceiptLine, Session, Waiter
from adapter.mapping.receipt_schema import ReceiptRule
from adapter.mapping.receipts import Receipts

SITE = {
    "name": "The Crown",
    "street": " 1 High St ",
    "empty": "",
    "none": None,
    "odd": "{session.name}",
    "n": Decimal("7.0"),
}
SESSION = Session(
    id=UUID(int=1),
    name="Check 7",
    created_at=datetime(2024, 5, 1, tzinfo=UTC),
    is_payable=True,
    tables=("T1", "T2"),
    covers=0,
    waiter=Waiter(id="7", name="Anna"),
)
BARE = Session(id=UUID(int=2), name="Check 8", created_at=SESSION.created_at, is_payable=True, waiter=Waiter(id="8"))


def lines(session: Session, *header: dict[str, Any]) -> list[ReceiptLine]:
    rule = ReceiptRule.model_validate({"header": list(header)})
    return list(Receipts(rule, SITE).of(session)[0])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Plain", "Plain"),
        ("{site.name}", "The Crown"),
        ("At {site.street}!", "At 1 High St!"),
        ("{session.name} at {session.table}", "Check 7 at T1"),
        ("{session.covers} guests", "0 guests"),
        ("Served by {waiter.name}", "Served by Anna"),
        ("No {site.n}", "No 7"),
        ("{site.odd}", "{session.name}"),
        ("\\1 {site.name} \\g<0>", "\\1 The Crown \\g<0>"),
    ],
)
def test_placeholders_are_filled(text: str, found: str):
    assert [line.text for line in lines(SESSION, {"type": "text", "text": text})] == [found]


@pytest.mark.parametrize(
    "text",
    ["{site.empty}", "{site.none}", "{site.name} {site.empty}", "{session.table}", "{session.covers}", "{waiter.name}"],
)
def test_a_line_with_an_empty_placeholder_is_left_out(text: str):
    assert lines(BARE, {"type": "text", "text": f"Before {text} after"}) == []


@pytest.mark.parametrize("kind", ["merchant_name", "merchant_phone_number", "merchant_email_address", "vat_number"])
def test_every_kind_of_line_is_left_out_when_it_is_empty(kind: str):
    assert lines(SESSION, {"type": kind, "text": "{site.empty}"}) == []
    assert lines(SESSION, {"type": kind, "text": "{site.name}"})[0].kind == kind


def test_an_address_drops_its_empty_lines_and_vanishes_without_any():
    address = {"type": "merchant_address", "lines": ["{site.street}", "{site.empty}", "UK"], "postcode": "{site.none}"}
    (found,) = lines(SESSION, address)
    assert (found.lines, found.postcode) == (("1 High St", "UK"), "")
    assert lines(SESSION, {"type": "merchant_address", "lines": ["{site.empty}"], "postcode": "AB1"}) == []


def test_a_rule_stays_and_styles_are_kept():
    found = lines(
        SESSION,
        {"type": "horizontal_line", "double": True},
        {"type": "text", "text": "Hi", "size": "header_1", "align": "center", "bold": True},
    )
    assert (found[0].kind, found[0].double) == ("horizontal_line", True)
    assert (found[1].size, found[1].align, found[1].bold) == ("header_1", "center", True)


def test_header_and_footer_stay_apart():
    rule = ReceiptRule.model_validate({"footer": [{"type": "text", "text": "Bye"}]})
    header, footer = Receipts(rule, {}).of(SESSION)
    assert list(header) == []
    assert [line.text for line in footer] == ["Bye"]


def test_a_placeholder_that_nobody_knows_is_empty():
    assert lines(SESSION, {"type": "text", "text": "Hi {what.ever}"}) == []
