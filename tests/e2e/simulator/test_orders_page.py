"""The card machine at an EPOS of the EPOS Data API: the same screens, other questions."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from simulator.app import Simulator
from simulator.orders.capabilities import NAMES
from tests.e2e.simulator.machine import accessible, open_bill, press, title
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
    refused = page.locator(".frames li.answers", has_text="Conflict").first
    expect(refused).to_contain_text("The bill is locked: somebody is paying it already.")


def to_the_card(page: Page) -> None:
    """As far as the card, on a clock that can be put forward."""
    page.clock.install()
    open_bill(page)
    for _ in range(2):
        page.locator("#machine .go").first.click()
    title(page, "Present card")


def test_a_lock_is_extended_while_the_guest_looks_for_a_card(page: Page, restaurant: Restaurant):
    to_the_card(page)
    lock = page.locator("#lock")
    expect(lock).to_contain_text(re.compile("Bill locked for (2:00|1:5[0-9])"))
    accessible(page)
    with page.expect_response("**/ExtendOrderLockV1?*"):
        page.clock.fast_forward(50_000)  # less than 75 seconds are left
    expect(lock).to_contain_text(re.compile("Bill locked for (2:00|1:5[0-9])"))
    with page.expect_response("**/ExtendOrderLockV1?*"):
        press(page, "Extend")
    press(page, "Tap the card")
    title(page, "Approved")
    expect(lock).to_be_hidden()
    asked = changing(restaurant)
    assert asked == [
        "CreateOrderLockV1",
        "ExtendOrderLockV1",
        "ExtendOrderLockV1",
        "RecordOrderPaymentByIdV1",
        "DeleteOrderLockV1",
    ]


def test_a_lock_that_has_run_out_takes_no_card_and_is_taken_anew(page: Page, restaurant: Restaurant):
    paid = list(restaurant.epos.payments)
    to_the_card(page)
    page.get_by_label("by itself").uncheck()
    page.clock.fast_forward(125_000)
    title(page, "Lock ran out")
    expect(page.locator("#screen")).to_contain_text("Nothing was charged")
    expect(page.locator("#lock")).to_be_hidden()
    accessible(page)
    press(page, "Lock it again")
    title(page, "Add a tip?")
    assert changing(restaurant) == ["CreateOrderLockV1", "DeleteOrderLockV1", "CreateOrderLockV1"]
    locks = [
        one.data
        for one in restaurant.simulator.gateway.frames
        if one.method == "CreateOrderLockV1" and one.sender == "gateway"
    ]
    assert len({json.loads(one)["params"]["lockId"] for one in locks[-2:]}) == 2, (
        "a lock that was given back is not taken again"
    )
    press(page, "Back")
    expect(page.locator(".bill")).to_be_visible()
    assert restaurant.epos.payments == paid
    assert restaurant.epos.locks == {}
    assert page.evaluate("localStorage.length") == 0


def test_a_lock_that_is_gone_when_it_is_extended_takes_no_card(page: Page, restaurant: Restaurant):
    to_the_card(page)
    restaurant.epos.locks = dict.fromkeys(restaurant.epos.orders, ("lock_other", 4000000000.0))
    press(page, "Extend")
    title(page, "Lock ran out")
    expect(page.locator("#screen")).to_contain_text("The bill is not locked any more")
    press(page, "Lock it again")
    title(page, "Bill is locked")
    frames = [one.method for one in restaurant.simulator.gateway.frames if one.number > restaurant.since]
    assert "RecordOrderPaymentByIdV1" not in frames
    assert set(restaurant.epos.locks.values()) == {("lock_other", 4000000000.0)}, "the other's lock stays"


def test_where_no_lock_can_be_extended_it_is_a_long_one(page: Page, restaurant: Restaurant):
    registry = restaurant.simulator.gateway.registry
    named = [name for name in NAMES if name != "ExtendOrderLock"]
    registry.put("bistro", {"capabilities": [{"name": name, "version": "v1"} for name in named]})
    try:
        page.reload()
        to_the_card(page)
        expect(page.locator("#lock")).to_contain_text(re.compile("Bill locked for (10:00|9:5[0-9])"))
        expect(page.get_by_role("button", name="Extend")).to_have_count(0)
        page.clock.fast_forward(595_000)
        press(page, "Back")
        press(page, "Back")
        expect(page.locator(".bill")).to_be_visible()
        assert changing(restaurant) == ["CreateOrderLockV1", "DeleteOrderLockV1"]
    finally:
        registry.put("bistro", {"capabilities": [{"name": name, "version": "v1"} for name in NAMES]})


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
