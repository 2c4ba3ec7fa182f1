"""The card machine page in the system's Chromium, at the demonstration's restaurant."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.e2e.simulator.machine import PAPER, accessible, asked, keys, open_bill, paying, press, reach, title, total

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


@pytest.mark.parametrize("account", ["copperkettle", "epos-data"])
def test_a_payment_in_whose_middle_the_adapter_is_killed_is_there_once_when_it_is_back(page: Page, account: str):
    page.get_by_label("Account").select_option(account)
    open_bill(page)
    page.get_by_text("Make something go wrong").click()
    page.get_by_role("button", name="Kill the adapter in mid-payment").click()
    expect(page.locator(".planned")).to_contain_text("kill")
    press(page, "Other amount")
    page.locator("#amount").fill("1.50")
    press(page, "Continue")
    press(page, "No tip")
    before = page.locator("#till-check").inner_text()
    press(page, "Tap the card")
    expect(page.locator("#connection")).to_contain_text("The connection to the adapter is lost")
    title(page, "Approved")
    expect(page.locator("#connection")).to_be_hidden()
    frames = page.locator(".frames")
    expect(frames).to_contain_text("the adapter's process has ended with")
    told = [params for method, params in asked(page) if method.startswith("Record")]
    assert told[-1] == told[-2], "the same payment, sent to the adapter that was started again"
    # As the till has it: the part is gone from what is due on one check, and gone once.
    expect(page.locator("#till-check")).not_to_have_text(before)
    after = page.locator("#till-check").inner_text()
    owed = [sum(map(Decimal, re.findall(r"(?<= · )[\d.]+$", text, re.MULTILINE))) for text in (before, after)]
    assert owed[0] - owed[1] == Decimal("1.50")


def test_a_page_that_is_loaded_anew_unlocks_the_bill_that_it_had_locked_and_another_one_leaves_it_alone(page: Page):
    open_bill(page)
    since = len(asked(page))
    press(page, re.compile("^Pay "))
    title(page, "Add a tip?")
    another = page.context.new_page()
    another.goto(page.url)
    title(another, "Tables")
    expect(another.locator("#unfinished")).to_be_hidden()
    assert paying(page, since) == ["LockSession"]
    another.close()
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


def test_a_bill_that_cannot_be_unlocked_for_good_is_forgotten_only_by_somebody_who_was_asked(page: Page):
    open_bill(page)
    # As where the simulator was started anew without this account.
    page.route("**/UnlockSession?*", lambda route: route.fulfill(status=404, json={"error": "there is no account"}))
    press(page, re.compile("^Pay "))
    title(page, "Add a tip?")
    press(page, "Back")
    title(page, "Still locked")
    press(page, "Later: go on with other tables")
    unfinished = page.locator("#unfinished")
    expect(unfinished).to_contain_text("the bill is still locked")
    unfinished.get_by_role("button").click()
    press(page, "Forget it")
    title(page, "Forget the lock?")
    press(page, "Forget it here")
    title(page, "Tables")
    expect(unfinished).to_be_hidden()
    page.unroute("**/UnlockSession?*")
    [params] = [params for method, params in asked(page) if method == "LockSession"][-1:]
    assert page.request.post(f"{page.url}v1/copperkettle/UnlockSession", data=params).ok


def test_what_the_till_rings_up_is_on_the_bill_and_on_the_paper(page: Page):
    open_bill(page)
    check = page.locator("#title").inner_text().rpartition(" ")[2]
    page.locator("#till-check").select_option(value=check)
    item, price = page.locator("#till-item option:checked").inner_text().split(" · ")
    comes_to = total(page) + Decimal(price)
    rung_up = page.locator(".bill .row.item", has_text=item)
    before = rung_up.count()
    pay = page.locator("#screen").get_by_role("button", name=re.compile("^Pay "))
    pay.focus()
    # As somebody else does it at the till: the focus of this page stays where it is.
    page.locator("#till").get_by_role("button", name="Ring it up").evaluate("one => one.click()")
    expect(page.locator("#till")).to_contain_text(f"Check {check} comes to")
    expect(rung_up).to_have_count(before + 1)
    assert total(page) == comes_to
    expect(pay).to_be_focused()
    press(page, "Print the bill")
    expect(page.locator(".paper")).to_contain_text(item)
    expect(page.locator(".paper")).to_contain_text("VAT GB 000 0000 00")
    expect(page.locator(".paper img[alt=Logo]")).to_have_js_property("complete", value=True)


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


def test_a_waiter_without_a_mouse_takes_a_part_and_a_tip_of_their_own(page: Page):
    title(page, "Tables")
    accessible(page)
    reach(page, "Waiter: none")
    keys(page, "7", "Enter")
    title(page, "Tables")
    expect(page.locator("#waiter")).to_have_text("Waiter: 7")
    since = len(asked(page))
    reach(page, re.compile("Occupied £"))
    expect(page.locator("#title")).not_to_have_text("Tables")
    if page.locator(".sessions").is_visible():
        reach(page, re.compile("£"))
    reach(page, "Other amount")
    title(page, "Amount")
    keys(page, *"9999", "Enter")
    expect(page.locator("#wrong")).to_contain_text("is left to pay")
    accessible(page)
    page.locator("#amount").press("ControlOrMeta+a")
    keys(page, *"1.05", "Enter")
    title(page, "Add a tip?")
    accessible(page)
    reach(page, "Other tip")
    title(page, "Tip")
    keys(page, *"0,4", "Enter")
    title(page, "Present card")
    expect(page.locator(".price")).to_have_text("£1.45")
    keys(page, "Escape")
    title(page, "Add a tip?")
    reach(page, "Other tip")
    keys(page, *"0.4", "Enter")
    reach(page, "Insert the card and enter the PIN")
    title(page, "Approved")
    accessible(page)
    [(_, params)] = [one for one in asked(page)[since:] if one[0] == "RecordPayment"]
    assert params["requestorInfo"]["cardMachineRequestorInfo"]["waiterId"] == 7
    payment = params["payment"]
    assert (payment["baseAmount"], payment["tipsAmount"], payment["waiterId"]) == (105, 40, 7)
    assert paying(page, since) == ["LockSession", "RecordPayment", "UnlockSession"]


def test_a_guest_pays_a_part_on_a_phone_of_their_own(browser: Browser, demo: str):
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    late: list[Route] = []

    def hold_up(route: Route) -> None:
        late.append(route)

    page.route("**/ListTables?*", hold_up, times=1)
    page.goto(demo)
    press(page, "Waiter: none")
    with page.expect_response("**/ListBillItems?*"):
        late[0].continue_()
    title(page, "Waiter")  # whoever is typing a number is not taken elsewhere by tables that come late
    page.get_by_label("This is a guest's own phone").check()
    press(page, "Show the tables")
    expect(page.locator("#waiter")).to_have_text("Guest's phone")
    since = len(asked(page))
    open_bill(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing is wider than the phone"
    accessible(page)
    press(page, "Other amount")
    page.locator("#machine").get_by_role("button", name="2", exact=True).tap()
    press(page, "Continue")
    press(page, "No tip")
    title(page, "Pay by phone")
    press(page, "Pay")
    title(page, "Approved")
    [(_, params)] = [one for one in asked(page)[since:] if one[0] == "RecordPayment"]
    assert params["requestorInfo"] == {
        "requestorType": "REQUESTOR_TYPE_CONSUMER_DEVICE",
        "consumerDeviceRequestorInfo": {},
    }
    payment = params["payment"]
    assert (payment["baseAmount"], payment["methodDetails"]["method"]) == (200, "PAYMENT_METHOD_REMOTE")
    assert "waiterId" not in payment
    context.close()


FAULTS = {
    "Delay the next answer": "Tables",
    "Send the next request twice": "Tables",
    "Swap the next two requests": "Tables",
    "Send rubbish": "Tables",
    "Lose the next answer": "No tables",
    "Drop the connection": "Tables",
}
"""What the machine shows when its tables are asked for after each."""


def shortened(plan: str | None) -> str | None:
    """A fault that takes milliseconds, where the button has it take seconds."""
    return plan and json.dumps(json.loads(plan) | {"milliseconds": 100})


def test_every_button_that_makes_something_go_wrong_says_what_happens_and_the_machine_comes_back(page: Page):
    # An answer that is lost is waited for no longer than it must be here.
    page.route("**/v1/**", lambda route: route.continue_(url=route.request.url.replace("timeout=8", "timeout=0.9")))
    page.route("**/api/faults", lambda route: route.continue_(post_data=shortened(route.request.post_data)))
    page.get_by_text("Make something go wrong").click()
    offered = page.locator("#faults .faults").get_by_role("button").all_inner_texts()
    assert set(offered) == {
        *FAULTS,
        "Lose a payment's answer",
        "Drop in mid-payment",
        "Kill the adapter in mid-payment",
    }
    shown = page.locator("#faults [role=status]")
    for name, screen in FAULTS.items():
        page.locator("#faults").get_by_role("button", name=name).click()
        expect(shown).to_have_text(re.compile(f"{name}: (done|planned)"))
        press(page, "Waiter: none")
        press(page, "Show the tables")
        title(page, screen)
        expect(page.locator("#connection")).to_be_hidden()
    expect(page.locator(".frames")).to_contain_text("On purpose")
    page.locator("#faults").get_by_role("button", name="Lose a payment's answer").click()
    page.get_by_role("button", name="Take back").click()
    expect(shown).to_have_text("Taken back.")
    expect(page.locator(".planned li")).to_have_count(0)
    since = len(asked(page))
    open_bill(page)
    press(page, "Other amount")
    page.locator("#amount").fill("1")
    press(page, "Continue")
    press(page, "No tip")
    page.locator("#faults").get_by_role("button", name="Lose a payment's answer").click()
    expect(page.locator(".planned li")).to_have_count(1)
    press(page, "Tap the card")
    title(page, "Approved")
    assert paying(page, since) == ["LockSession", "RecordPayment", "RecordPayment", "UnlockSession"]
