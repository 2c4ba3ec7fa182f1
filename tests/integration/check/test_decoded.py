"""Checking tills that keep whole tickets in one value: spoilt ones are found with their key, and whole ones are not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.check.conftest import MAPPINGS, Installation
from tests.integration.language.test_json_till import BURGER, COLA, MAPPING, SQL, _data, _sale
from tests.tickets import EVENING, serialized

PIZZA = serialized(EVENING[0].ticket)


@pytest.fixture
def unicenta(own_restaurant: Callable[[str], str], tmp_path: Path) -> Installation:
    """The shipped mapping over its evening, whose tickets are serialized."""
    return Installation(own_restaurant("unicenta"), (MAPPINGS / "unicenta.toml").read_text(encoding="utf-8"), tmp_path)


@pytest.fixture
def of_json(new_database: Callable[..., str], tmp_path: Path) -> Installation:
    """A till that keeps a sale as JSON."""
    made = Installation(new_database(), MAPPING, tmp_path)
    made.sql(SQL)
    whole = _data(5, COLA, BURGER, custname="Ann", discounts=[{"name": "Regular", "val": 2}])
    made.sql(_sale(1, total="21.50", data=whole) + _sale(2, total="3", data=_data(None, COLA)))
    made.sql(_sale(3, status=1, total="3", data=_data(5, COLA, payments=[{"method": "deposit", "amount": 3}])))
    return made


def found(made: Installation) -> list[str]:
    """Errors and warnings, in short."""
    return [f"{f.kind} {f.problem.key}: {f.problem.message}" for f in made.report().findings if f.severity != "note"]


def test_serialized_tickets_of_the_evening_are_sound(unicenta: Installation):
    report = unicenta.report()
    assert [f.kind for f in report.findings if f.severity != "note"] == ["table-lost"]  # those at the bar have none
    assert {f.kind for f in report.findings if f.severity == "note"} == {"dash-in-name"}
    assert report.sessions == 7
    assert (report.tests.passed, report.tests.failed, report.tests.skipped) == (3, 0, 0)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (PIZZA[:-1], "is cut off or damaged"),
        (PIZZA[: len(PIZZA) // 2], "is cut off or damaged"),
        (b'{"m_sId": "1"}', "item.rows"),
    ],
    ids=["shortened", "halved", "something-else"],
)
def test_a_spoilt_serialized_ticket_is_found_with_its_key(unicenta: Installation, content: bytes, said: str):
    unicenta.sql(
        f"INSERT INTO sharedtickets (id, name, appuser, content) VALUES ('8', 'Bad', 'I', '\\x{content.hex()}')"
    )
    finding = unicenta.only("row-unreadable")
    assert said in str(finding.problem)
    assert finding.problem.message.endswith("1 of 8 sessions that were looked at (8)")
    assert finding.problem.line == unicenta.line("rows")
    assert "NULLIF(" in finding.problem.hint


def test_sales_of_json_are_sound(of_json: Installation):
    report = of_json.report()
    assert [str(f.problem) for f in report.findings] == []
    assert report.sessions == 3


@pytest.mark.parametrize(
    ("data", "key", "said"),
    [
        ('{"custname": "Torn", "items": [{"ref"', "item.rows", "row-unreadable item.rows: is no JSON: 1 of 4"),
        (_data(5, {**COLA, "qty": "many"}), "item.quantity", "row-unreadable item.quantity: is no number: 1 of 4"),
        (_data(5, {**COLA, "unit": None}), "item.amount_per_item", "row-unreadable item.amount_per_item: is NULL"),
        (_data(5, {**COLA, "unit": 4}), "bill.total", "bill-unbalanced bill.total: 1 of 4 bills do not add up"),
        (_data(5, COLA, discounts=[{"val": "x"}]), "discount[0].amount", "row-unreadable discount[0].amount: is no"),
        (_data(77, COLA), "session.table", "table-lost session.table: 1 open sessions refer to a table that is not"),
    ],
    ids=["torn", "no-number", "nothing", "other-price", "odd-discount", "no-such-table"],
)
def test_a_spoilt_sale_of_json_is_found_at_its_field(of_json: Installation, data: Any, key: str, said: str):
    of_json.sql(_sale(9, total="3", data=data))
    (only,) = found(of_json)
    assert only.startswith(said)
    assert f" {key}: " in only
    assert "9" in only or "77" in only
