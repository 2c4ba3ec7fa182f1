"""The card machine at an EPOS of the EPOS Data API: the same screens, other questions."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from simulator.app import Simulator
from tests.e2e.simulator.machine import open_bill, press, title
from tests.unit.simulator.certify.orders_epos import ACCOUNTS, Epos, dialling


@dataclass
class Restaurant:
    epos: Epos
    simulator: Simulator
    since: int = 0


@pytest.fixture(scope="module")
def opened() -> Iterator[Restaurant]:
    """An EPOS in memory and the simulator, on a thread of their own."""
    started, stop = threading.Event(), asyncio.Event()
    found: list[Restaurant] = []
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        epos = Epos()
        async with Simulator(ACCOUNTS) as simulator, dialling(epos, simulator.gateway):
            await simulator.gateway.connected("bistro")
            found.append(Restaurant(epos, simulator))
            loops.append(asyncio.get_running_loop())
            started.set()
            await stop.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert started.wait(10)
    yield found[0]
    loops[0].call_soon_threadsafe(stop.set)
    thread.join()


@pytest.fixture
def restaurant(opened: Restaurant) -> Restaurant:
    """The same with nothing locked, refused or asked yet; what is paid stays paid, which the judge remembers."""
    opened.epos.locks.clear()
    for identity, order in Epos().orders.items():
        opened.epos.orders[identity]["status"] = order["status"]
    opened.since = opened.simulator.gateway.journal.last
    return opened


@pytest.fixture
def page(browser: Browser, restaurant: Restaurant) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto(restaurant.simulator.url)
    yield opened
    context.close()
    assert complaints == []


def changing(restaurant: Restaurant) -> list[str]:
    frames = [one for one in restaurant.simulator.gateway.frames if one.number > restaurant.since]
    asked = [one.method for one in frames if one.sender == "gateway"]
    assert not [one.findings for one in frames if one.findings]
    return [method for method in asked if "Lock" in method or "Payment" in method]


def test_an_order_is_paid_by_pressing_the_green_buttons(page: Page, restaurant: Restaurant):
    open_bill(page)
    expect(page.locator(".sessions, .bill").first).to_be_visible()
    for screen in ("Add a tip?", "Present card", "Approved"):
        page.locator("#machine .go").first.click()
        title(page, screen)
    assert changing(restaurant) == ["CreateOrderLockV1", "RecordOrderPaymentByIdV1", "DeleteOrderLockV1"]
    order, _, paid, _ = restaurant.epos.payments[-1]
    assert paid == restaurant.epos.orders[order]["totalAmount"]["value"]
    assert restaurant.epos.locks == {}
    assert page.evaluate("localStorage.length") == 0


def test_a_declined_card_is_not_told_and_the_order_is_given_back(page: Page, restaurant: Restaurant):
    paid = list(restaurant.epos.payments)
    open_bill(page)
    for _ in range(2):
        page.locator("#machine .go").first.click()
    press(page, "Card is declined")
    title(page, "Declined")
    assert changing(restaurant) == ["CreateOrderLockV1", "DeleteOrderLockV1"]
    assert restaurant.epos.payments == paid


def test_a_payment_that_is_refused_says_that_the_money_goes_back(page: Page, restaurant: Restaurant):
    open_bill(page)
    for _ in range(2):
        page.locator("#machine .go").first.click()
    for order in restaurant.epos.orders.values():
        order["status"] = "Finalized"
    press(page, "Tap the card")
    title(page, "Given back")
    expect(page.locator("#screen")).to_contain_text("went back to the card: the till refuses the payment.")
    expect(page.locator("#screen")).to_contain_text("It says: so it is")
    assert restaurant.epos.locks == {}
    assert page.evaluate("localStorage.length") == 0


def test_an_order_of_somebody_else_is_locked(page: Page, restaurant: Restaurant):
    open_bill(page)
    restaurant.epos.locks = dict.fromkeys(restaurant.epos.orders, ("lock_other", 4000000000.0))
    page.locator("#machine .go").first.click()
    title(page, "Bill is locked")


TOLD = """
async () => {
  const { billOf, namesOf } = await import("/page/orders.js");
  const { lines } = await import("/page/orderpaper.js");
  const { rows, paper } = await import("/page/receipt.js");
  const money = (value) => ({ value, currencyCode: "GBP" });
  const order = {
    id: "1", totalAmount: money(2460), paidAmount: money(500), taxLines: [{ amountTotal: money(400) }],
    serviceChargeAmount: money(100), discounts: [{ name: "Regular", amountTotal: money(200) }],
    items: [{ name: "Pie", plu: "1", quantity: 2, amountPerItem: money(1250),
      modifiers: [{ name: "Peas", plu: "m", quantity: 1, amountPerModifier: money(30) }] }],
  };
  const header = lines({ lines: [
    { lineType: "MerchantName", merchantName: { name: "The Kettle" } },
    { lineType: "HorizontalLine", horizontalLine: { line: "Double" } },
    { lineType: "TaxNumber", taxNumber: { name: "VAT", number: "GB 1" } },
    { lineType: "Text", text: { value: "Hi", size: "Header1", align: "Center", bold: true } },
    { lineType: "MerchantAddress", merchantAddress: { addressLines: ["14 Tallow Lane"], postcode: "SE1" } },
    { lineType: "Pigeon" },
  ] });
  const text = (nodes) => nodes.map((one) => [...one.children].map((each) => each.textContent).join(" "));
  return {
    rows: text(rows(billOf(order))),
    paper: paper({ header, billItems: billOf(order), footer: lines(undefined) }).textContent,
    none: billOf({ id: "1" }),
    names: [...namesOf([
      { id: "1", displayName: "The party of Mr Smythe-Jones", details: {} },
      { id: "2", displayName: "T12", details: {} },
      { id: "3", displayName: "T12", details: {} },
      { id: "4", details: { dineIn: { tableId: "7" } } },
      { id: "5", details: {} },
    ]).values()],
  };
}
"""


def test_an_order_is_told_as_a_bill_with_its_modifiers_and_discounts(page: Page):
    told = page.evaluate(TOLD)
    assert told["rows"] == [
        "2 × Pie £25.00",
        "Peas £0.60",
        "Regular -£2.00",
        "Service charge £1.00",
        "Total £24.60",
        "of which tax £4.00",
        "Paid -£5.00",
        "To pay £19.60",
    ]
    assert "The Kettle" in told["paper"]
    assert "VAT GB 1" in told["paper"]
    assert "not known: Pigeon" in told["paper"]
    assert told["none"] is None
    assert told["names"] == ["The party of Mr Smythe-J", "T12 - 1", "T12 - 2", "7", "5"]
