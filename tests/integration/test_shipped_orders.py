"""Every shipped mapping tells orders too: what its till's own rows say of an evening, worked out by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapter.app import App
from adapter.config import Config
from adapter.domain.orders import Order, OrderKind, OrderPayment, OrderSearch, OrderStatus, TaxLine
from adapter.domain.values import Table
from adapter.events import Event, RowSkipped
from adapter.mapping.load import load_mapping

MAPPINGS = Path(__file__).parent.parent.parent / "mappings"
PASTEQUE = [("pasteque", "postgresql"), ("pasteque", "mariadb"), ("pasteque", "sqlite")]
EVERYWHERE = [("floreant", "postgresql"), *PASTEQUE, ("ospos", "mariadb"), ("unicenta", "postgresql")]


class Evening:
    """A shipped mapping over its restaurant's evening."""

    def __init__(self, runner: asyncio.Runner, name: str, url: str) -> None:
        self.skipped: list[Event] = []
        config = Config.model_validate(
            {"mapping": name, "database": {"url": url}, "rules": {"finished_within_hours": 0}}
        )
        self.app = App(config, load_mapping(MAPPINGS / f"{name}.toml"), self._hear)
        self._runner = runner

    def _hear(self, event: Event) -> None:
        if isinstance(event, RowSkipped):
            self.skipped.append(event)

    def read(self, unit: Callable[[Any], Any]) -> Any:
        return self._runner.run(self.app.store.read(unit))

    def orders(self, **search: Any) -> list[Order]:
        return list(self.read(lambda book: book.orders(OrderSearch(**search))).orders)

    def order(self, name: str) -> Order:
        return next(order for order in self.orders() if order.session.name == name)

    def tables(self) -> dict[str, Table]:
        return {table.name: table for table in self.read(lambda book: book.floor())}


Open = Callable[[str, str], Evening]


@pytest.fixture(scope="module")
def evening(restaurant: Callable[[str], str], elsewhere: Callable[[str, str], str]) -> Iterator[Open]:
    """Opens a shipped mapping over its restaurant, once for each engine."""
    opened: dict[tuple[str, str], Evening] = {}
    with asyncio.Runner() as runner:

        def open_(name: str, engine: str) -> Evening:
            if (name, engine) not in opened:
                url = restaurant(name) if engine == "postgresql" else elsewhere(name, engine)
                opened[name, engine] = Evening(runner, name, url)
            return opened[name, engine]

        yield open_
        for one in opened.values():
            runner.run(one.app.store.close())


def lines(order: Order) -> list[tuple[Any, ...]]:
    """Kind, quantity, PLU, amount before modifiers, and rate of each line."""
    assert order.bill is not None
    return [
        (item.kind, item.quantity, item.plu if item.kind == "discount" else item.number, item.amount, item.rate)
        for item in order.bill.items
    ]


@pytest.mark.parametrize(("name", "engine"), EVERYWHERE)
def test_an_order_is_the_session_and_the_bill_of_the_other_protocol_and_its_payments_come_to_what_is_paid(
    evening: Open, name: str, engine: str
):
    place = evening(name, engine)
    orders = place.orders()
    assert len(orders) >= 3
    assert not [event for event in place.skipped if getattr(event, "entity", "") != "order"]
    for order in orders:
        assert place.read(lambda book, order=order: book.order(order.session.id)) == order
        assert place.read(lambda book, order=order: book.session(order.session.id)) == order.session
        _, bill = place.read(lambda book, order=order: book.bill(order.session.id))
        if bill is None or order.bill is None:
            assert bill is order.bill is None
            continue
        told = [(item.id, item.name, item.quantity, item.amount_with_modifiers) for item in bill.items]
        assert [(item.id, item.name, item.quantity, item.amount_with_modifiers) for item in order.bill.items] == told
        assert (order.bill.total, order.bill.paid, order.bill.tax) == (bill.total, bill.paid, bill.tax)
        whole = sum(item.quantity * item.amount_with_modifiers for item in order.bill.items)
        assert whole + (order.bill.service_charge or 0) == bill.total
        assert sum(payment.amount for payment in order.payments) == bill.paid
        # Each tax is rounded by itself.
        assert abs(sum(tax.amount for tax in order.tax_lines) - bill.tax) <= max(0, len(order.tax_lines) - 1)
        assert len(order.display_name) <= 24


def test_floreant_tells_payments_with_their_tips_and_where_an_order_is_eaten(evening: Open):
    place = evening("floreant", "postgresql")
    order = place.order("Check 5102")
    # Cash of 50 for 40, a card with 4 of tip, and 20 that were voided.
    assert order.payments == (
        OrderPayment(amount=4000, method="CASH", at=datetime(2026, 11, 20, 20, 33, tzinfo=UTC)),
        OrderPayment(amount=4000, tip=400, method="CREDIT CARD", at=datetime(2026, 11, 20, 20, 35, 10, tzinfo=UTC)),
    )
    assert (order.tips, order.updated_at) == (400, datetime(2026, 11, 20, 20, 35, 10, tzinfo=UTC))
    assert (order.display_name, order.reference, order.table_ids) == ("T10 Check 5102", "5102", ("5", "13"))
    assert order.tax_lines == (TaxLine(name="Tax", amount=2868),)
    # Discounts of lines are on the item of their line, those of the check on all of it.
    assert [line for line in lines(order) if line[0] == "discount"] == [
        ("discount", 1, "510", -420, None),
        ("discount", 1, "540", -75, None),
        ("discount", 1, None, -1000, None),
    ]
    kinds = {name: place.order(f"Check {name}").kind for name in ("5101", "5107", "5108", "5111")}
    eaten, taken = OrderKind.DINE_IN, OrderKind.COLLECTION
    assert kinds == {"5101": eaten, "5107": eaten, "5108": taken, "5111": taken}
    summer = place.order("Check 3050")
    assert summer.status is OrderStatus.FINALIZED
    # 22:05 on the till's clock; the id is another provider's, and none to ours.
    (paid,) = summer.payments
    assert (paid.amount, paid.id, paid.at) == (5400, None, datetime(2026, 7, 10, 21, 5, tzinfo=UTC))
    assert {(place.tables()[name].id, place.tables()[name].area_id) for name in ("T10", "Bar – 1")} == {
        ("5", "1"),
        ("7", "2"),
    }
    at_t2 = [order.session.name for order in place.orders(table_id="2", payable_only=True)]
    assert at_t2 == ["Check 5103", "Check 5104"]


@pytest.mark.parametrize(("name", "engine"), PASTEQUE)
def test_pasteque_tells_each_tax_after_both_discounts(evening: Open, name: str, engine: str):
    place = evening(name, engine)
    # (2 x 12.4583 + 2 x 1.25 + 3 x 4.9583 x 0.5) x 0.9 x 0.2
    assert place.order("Table 4 – Anna").tax_lines == (TaxLine(id="002", name="20% VAT", rate=2000, amount=627),)
    # tea at 20 %, scones at 5 %, a book at none
    assert place.order("Table 2").tax_lines == (
        TaxLine(id="002", name="20% VAT", rate=2000, amount=103),
        TaxLine(id="001", name="5% VAT", rate=500, amount=40),
    )
    assert lines(place.order("Table 4 – Anna")) == [
        ("item", 2, "100001", 1495, None),
        ("item", 3, "LAGER", 595, None),
        ("discount", 1, "LAGER", -893, 5000),
        ("discount", 1, None, -418, 1000),
    ]
    # The discount of an extra is on the extra.
    assert lines(place.order("Table 10"))[-1] == ("discount", 1, "900003", -38, 2000)
    assert place.order("Table 4 – Anna").display_name == "Table 4 – Anna"
    assert place.tables()["Bar – Left"].area_id == "1"
    assert [order.session.name for order in place.orders(table_id="bar1")] == ["Bar – Left"]


def test_ospos_tells_taxes_by_name_and_payments_with_change_taken_off(evening: Open):
    place = evening("ospos", "mariadb")
    order = place.order("Sale 101")
    assert order.payments == (OrderPayment(amount=1500, method="Cash", at=datetime(2026, 11, 20, 19, 40, tzinfo=UTC)),)
    # 3.1667 + 0.4000 + 2.1367 + 1.3333
    assert order.tax_lines == (TaxLine(name="VAT", rate=2000, amount=704),)
    assert [item.note for item in order.bill.items if item.note] == ["cold"] if order.bill is not None else False
    # A percentage is told, a fixed amount has none.
    assert lines(order)[-2:] == [("discount", 1, "R2", -143, 1000), ("discount", 1, "R2", -150, None)]
    assert place.order("Sale 102").tax_lines == (
        TaxLine(name="County", rate=450, amount=45),
        TaxLine(name="State", rate=400, amount=85),
    )
    assert place.order("Sale 109").kind is OrderKind.COLLECTION
    assert [payment.id for payment in place.order("Sale 111").payments] == ["till-0001"]


def test_unicenta_tells_what_the_codec_reads(evening: Open):
    place = evening("unicenta", "postgresql")
    orders = place.orders()
    assert all(order.payments == () and order.status is OrderStatus.ACCEPTED for order in orders)
    taxed = [order for order in orders if order.bill is not None and order.bill.tax]
    assert taxed
    assert all(order.tax_lines == (TaxLine(name="Tax", amount=order.bill.tax),) for order in taxed if order.bill)
