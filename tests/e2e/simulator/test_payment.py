"""What the card machine keeps of a payment, and what it works out: the page's own modules, with a wire that is scripted here."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

FILES = resources.files("simulator.page").joinpath("files")

SCRIPTED = """
async ({ script, work }) => {
  const { Refused } = await import("/page/refused.js");
  const { Kept } = await import("/page/kept.js");
  const { Payment } = await import("/page/payment.js");
  localStorage.clear();
  const answers = { lost: { lost: true }, away: { away: true } };
  const asked = [];
  const wire = {
    account: "demo", telephone: false, terminal: "22334455",
    requestor: { cardMachineRequestorInfo: { terminalId: "22334455" } },
    wait: async () => {},
    async ask(method, params) {
      asked.push([method, params.payment?.id ?? params.sessionId]);
      const answer = script.shift();
      if (answer === "ok") return { totalAmount: 1200, paidAmount: 200, currency: "GBP" };
      throw new Refused(answer, answers[answer] ?? { code: answer });
    },
  };
  // A page that is loaded anew knows only what was kept; the page before it has let go of it.
  const free = { request: async (_name, _options, held) => held({}) };
  const again = () => { const kept = new Kept(localStorage, free); return kept.all().map((one) => new Payment(wire, kept, one)); };
  const said = [];
  const tried = async (what) => { try { await what(); said.push("done"); } catch (problem) { said.push(problem.message); } };
  const one = Payment.at({ id: "bill", name: "Check 1" }, wire, new Kept());
  const pay = async () => { await one.lock(); one.decide("successful", { base: 1000, tip: 0, entry: "chip" }); };
  await (new Function("one", "pay", "again", "tried", `return (async () => { ${work} })()`))(one, pay, again, tried);
  return { asked: asked.map(([method]) => method), ids: asked.map(([, id]) => id), said, left: again().map((each) => each.state) };
}
"""


@pytest.fixture(scope="module")
def modules(browser: Browser) -> Iterator[Page]:
    """A page at an address of its own, where the machine's files are served from the folder they lie in."""

    def serve(route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        file = FILES.joinpath(name)
        if name and file.is_file():
            route.fulfill(body=file.read_text(encoding="utf-8"), content_type="text/javascript")
        else:
            route.fulfill(body="<!doctype html>", content_type="text/html")

    page = browser.new_page()
    # Locks of the browser are for pages that nobody on the way could have changed, as those of this computer.
    page.route("http://localhost/**", serve)
    page.goto("http://localhost/")
    yield page
    page.close()


def played(page: Page, script: list[str], work: str) -> dict[str, Any]:
    return page.evaluate(SCRIPTED, {"script": script, "work": work})


def test_a_lock_whose_answer_was_lost_is_kept_and_given_back_when_the_page_is_loaded_again(modules: Page):
    found = played(
        modules,
        ["lost", "ok", "ok"],
        "await tried(() => one.lock()); const [left] = again(); await tried(() => left.settle());",
    )
    assert found["said"] == ["lost", "done"]
    assert found["asked"] == ["LockSession", "LockSession", "UnlockSession"]
    assert found["left"] == []


def test_a_lock_that_may_be_another_machines_is_never_released_by_itself(modules: Page):
    found = played(
        modules,
        ["lost", "SESSION_ALREADY_LOCKED", "SESSION_ALREADY_LOCKED"],
        "await tried(() => one.lock()); for (const each of [1, 2]) await tried(() => again()[0].settle());",
    )
    assert "UnlockSession" not in found["asked"]
    assert found["left"] == ["unsure"]


@pytest.mark.parametrize("answer", ["SESSION_ALREADY_LOCKED", "BILL_NO_SUCH_BILL", "away"])
def test_a_lock_that_was_refused_or_never_asked_for_leaves_nothing_behind(modules: Page, answer: str):
    assert played(modules, [answer], "await tried(() => one.lock());")["left"] == []


def test_a_charged_payment_is_kept_until_the_till_has_it_and_has_one_id_for_ever(modules: Page):
    found = played(
        modules,
        ["ok", "SESSION_NO_SUCH_SESSION", "away", "lost", "PAYMENT_ALREADY_RECORDED", "ok"],
        "await pay(); await tried(() => one.record());"
        "for (const each of [1, 2, 3]) await tried(() => again()[0].settle());",
    )
    assert found["said"] == ["SESSION_NO_SUCH_SESSION", "away", "lost", "done"]
    assert found["asked"] == ["LockSession", *["RecordPayment"] * 4, "UnlockSession"]
    assert len(set(found["ids"][1:5])) == 1
    assert found["left"] == []


def test_a_bill_that_somebody_unlocked_meanwhile_is_locked_again_for_the_payment(modules: Page):
    work = "await pay(); await tried(() => one.record(() => {}, []));"
    found = played(modules, ["ok", "SESSION_NOT_LOCKED", "ok", "ok"], work)
    assert found["asked"] == ["LockSession", "RecordPayment", "LockSession", "RecordPayment"]
    assert found["said"] == ["done"]
    assert found["left"] == ["done"]
    for end, said in (("lost", "lost"), ("SESSION_NOT_LOCKED", "SESSION_NOT_LOCKED")):
        found = played(modules, ["ok", "SESSION_NOT_LOCKED", "SESSION_ALREADY_LOCKED", end], work)
        assert found["said"] == [said]
        assert found["left"] == ["decided"], "the payment must stay until the till has it"


def test_an_unlock_whose_answer_was_lost_is_not_sent_again_to_a_bill_that_another_machine_may_have_locked(
    modules: Page,
):
    found = played(
        modules,
        ["ok", "ok", "lost", "SESSION_ALREADY_LOCKED"],
        "await pay(); await one.record(); await tried(() => one.finish(() => {}, []));"
        "await tried(() => again()[0].settle());",
    )
    assert found["asked"] == ["LockSession", "RecordPayment", "UnlockSession", "LockSession"]
    assert found["left"] == ["unsure"]


def test_a_lock_that_a_person_releases_is_released_once_and_forgotten(modules: Page):
    found = played(
        modules,
        ["SESSION_ALREADY_LOCKED", "away", "ok"],
        "await tried(() => one.lock()); for (const each of [1, 2]) await tried(() => one.release());",
    )
    assert found["said"] == ["SESSION_ALREADY_LOCKED", "away", "done"]
    assert found["left"] == [], "nothing that a person said once is done again later"


@pytest.mark.parametrize(
    ("answers", "meanwhile", "told"),
    [
        (["ok", "ok"], "", "Check 1: the till has the payment of £10.00 now. Understood"),
        (
            ["PAYMENT_REFUSED", "ok"],
            "Check 1: the bill is still locked. Finish it",
            "Check 1: £10.00 went back to the card, since the till refuses the payment. Understood",
        ),
    ],
)
def test_what_becomes_of_a_charge_while_nobody_looks_stands_there_until_somebody_has_read_it(
    modules: Page, answers: list[str], meanwhile: str, told: str
):
    found = played(
        modules,
        ["ok", "away", *answers],
        "const { Unfinished } = await import('/page/unfinished.js'); const place = document.createElement('section');"
        "await pay(); await tried(() => one.record(() => {}, []));"
        "const left = new Unfinished(place, one.wire, one.kept, () => {}, () => {});"
        "const shown = async () => { throw new Error(place.textContent); };"
        "for (const each of [1, 2]) { await left.settle(); await tried(shown); }"
        "place.querySelector('button').click(); await tried(shown);",
    )
    assert found["said"] == ["away", meanwhile + told, told, ""]
    assert found["left"] == []


def test_a_payment_that_cannot_be_kept_is_not_charged_and_its_bill_is_unlocked(modules: Page):
    found = played(
        modules,
        ["ok", "ok"],
        "await one.lock(); one.kept.storage = { length: 0, setItem() { throw new Error('full'); }, removeItem() {} };"
        "await tried(async () => one.decide('successful', { base: 1000, tip: 0, entry: 'chip' }));"
        "await tried(() => one.finish());",
    )
    assert found["said"] == ["This browser keeps nothing for the page, so no card can be taken.", "done"]
    assert found["asked"] == ["LockSession", "UnlockSession"]


@pytest.mark.parametrize("can_kill", [True, False])
def test_the_button_that_kills_the_adapter_is_there_where_its_process_is_known(modules: Page, *, can_kill: bool):
    modules.route("**/api/faults", lambda route: route.fulfill(json={"planned": [], "can_kill": can_kill}))
    labels = modules.evaluate(
        "async () => { const { Faults } = await import('/page/faults.js'); const place = document.createElement('section');"
        "await new Faults(place, () => 'demo', (method) => method).show();"
        "return [...place.querySelectorAll('button')].map((one) => one.textContent); }"
    )
    assert ("Kill the adapter in mid-payment" in labels) == can_kill
    assert "Drop the connection" in labels


def test_tables_are_grouped_by_the_words_before_their_numbers(modules: Page):
    names = ["T1", "t2", "Table 3", "Terrace 1", "Terrace 2", "Bar – 1", "Bar – – 2", "Booth A", "Window", "14"]
    found = modules.evaluate(
        "async (names) => (await import('/page/plan.js')).areas(names.map((name) => ({ name })))"
        ".map(([area, here]) => [area, here.map((one) => one.name)])",
        names,
    )
    assert found == [
        ["Tables", ["T1", "t2", "Table 3", "14"]],
        ["Terrace", ["Terrace 1", "Terrace 2"]],
        ["Bar", ["Bar – 1", "Bar – – 2"]],
        ["Others", ["Booth A", "Window"]],
    ]


def test_money_is_read_and_written_in_the_digits_of_its_currency(modules: Page):
    found = modules.evaluate(
        "async () => { const { read, written, share } = await import('/page/money.js'); return ["
        "read('12.5', 'GBP'), read('12,50', 'EUR'), read('12.505', 'GBP'), read('12', 'JPY'), read('1.5', 'JPY'), read('', 'GBP'),"
        "written(5, 'GBP'), written(-120, 'EUR'), written(120, 'JPY'), share(1005, 125), share(999999, 200)] }"
    )
    assert found == [1250, 1250, None, 12, None, None, "£0.05", "-€1.20", "JPY 120", 126, 200000]
