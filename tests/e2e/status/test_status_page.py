"""The page in the system's Chromium: as an installer sees it, on a screen and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.status.running import PATIENCE, Adapter, adapter, ask
from tests.faults.server import Server

PHONE = {"width": 360, "height": 740}
SCREEN = {"width": 1280, "height": 900}
HOSTILE = '"><img src=x onerror="document.title=1">'
MILLISECONDS = PATIENCE * 1000


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport=SCREEN)
    opened.set_default_timeout(MILLISECONDS)
    yield opened
    opened.close()


def look(context: BrowserContext, running: Adapter, complaints: list[str]) -> Page:
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"http://127.0.0.1:{running.port}/status")
    return page


def headline(page: Page, text: str) -> None:
    expect(page.locator("main h1")).to_have_text(text, timeout=MILLISECONDS)


def test_the_page_turns_red_and_green_by_itself_and_stays_where_it_is_scrolled_to(
    context: BrowserContext, tmp_path: Path, server: Server, own_evening: str
):
    complaints: list[str] = []
    with adapter(tmp_path, own_evening) as running:
        assert running.command("ledger", "create").returncode == 0
        with running.connected() as ws:
            running.until(lambda: running.report()["recording"]["is_on"], "recording")
            for number in range(20):
                ask(ws, "ListTables", str(number))
            page = look(context, running, complaints)
            headline(page, "Everything works")
            page.set_viewport_size(PHONE)
            page.evaluate("window.scrollTo(0, 400)")
            server.stop()
            try:
                headline(page, "Something is wrong")
                expect(page.locator(".findings")).to_contain_text("The database cannot be reached.")
                expect(page.locator(".findings")).to_contain_text("The adapter tries again by itself")
                assert page.title().startswith("✖")
                assert page.evaluate("window.scrollY") == 400
            finally:
                server.start()
            headline(page, "Everything works")
            assert page.title().startswith("✔")
    assert complaints == []


def test_a_page_whose_adapter_has_gone_says_that_it_is_old(context: BrowserContext, tmp_path: Path, own_evening: str):
    with adapter(tmp_path, own_evening) as running:
        page = look(context, running, [])
        expect(page.locator("#stale")).to_be_hidden()
        running.process.kill()
        expect(page.locator("#stale")).to_be_visible(timeout=MILLISECONDS)
        expect(page.locator("#stale")).to_contain_text("does not answer any more")
        assert page.title().startswith("✖ no answer")


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory, server: Server, evening: str) -> Iterator[Adapter]:
    """An adapter that was asked for what there is not, for those who only look."""
    with adapter(tmp_path_factory.mktemp("asked"), server.new_database("asked", evening)) as running:
        with running.connected() as ws:
            ask(ws, "GetTable", "x" * 60, name="no such table")
            ask(ws, "Nonsense" + "x" * 50, "2")
        yield running


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, SCREEN], ids=["phone", "screen"])
def test_the_page_can_be_read_on_a_phone_and_on_a_screen_by_day_and_by_night(
    browser: Browser, asked: Adapter, scheme: str, size: dict[str, int]
):
    complaints: list[str] = []
    opened = browser.new_context(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
    page = look(opened, asked, complaints)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert page.evaluate(WIDE) == 0
    small = "Math.min(...[...document.querySelectorAll('main p, main dd')].map(e => parseFloat(getComputedStyle(e).fontSize)))"
    assert page.evaluate(small) >= 13
    assert page.evaluate(CONTRAST) >= 4.5
    opened.close()
    assert complaints == []


def test_whatever_a_request_brings_is_shown_as_it_is_and_done_by_nobody(
    context: BrowserContext, tmp_path: Path, own_evening: str
):
    complaints: list[str] = []
    with adapter(tmp_path, own_evening) as running, running.connected() as ws:
        running.until(running.is_ready, "ready")
        ask(ws, HOSTILE, "1")
        ask(ws, "GetTable", "<script>document.title=2</script>", name=HOSTILE)
        machine = {"terminalId": HOSTILE, "waiterId": 1}
        requestor = {"requestorType": "REQUESTOR_TYPE_CARD_MACHINE", "cardMachineRequestorInfo": machine}
        ask(ws, "ListSessions", "3", requestorInfo=requestor)
        page = look(context, running, complaints)
        expect(page.locator("main")).to_contain_text("<script>document.title=2</script>")
        expect(page.locator("main")).to_contain_text(f"terminal {HOSTILE}")
        assert page.locator("main img, main script").count() == 0
        assert "epos-adapter" in page.title()
    assert complaints == []


def test_without_scripts_the_page_is_there_and_shows_itself_anew(browser: Browser, tmp_path: Path, own_evening: str):
    plain = browser.new_context(java_script_enabled=False)
    with adapter(tmp_path, own_evening) as running:
        page = look(plain, running, [])
        assert page.locator("main h1").inner_text() == "Something is wrong"
        with running.connected() as ws:
            ask(ws, "ListTables", "anew")
            expect(page.locator("main")).to_contain_text("request anew", timeout=MILLISECONDS)
    plain.close()


WIDE = "[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).length"
"""How many elements reach beyond the right edge."""
CONTRAST = """
() => {
  const channel = (value) => (value /= 255) <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const bright = ([red, green, blue]) => 0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue);
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = numbers(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const texts = [...document.querySelectorAll("main *")].filter((element) =>
    [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
  return Math.min(...texts.map((element) => {
    const [one, other] = [bright(numbers(getComputedStyle(element).color)), bright(behind(element))];
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  }));
}
"""
"""The worst contrast of any text with what is behind it, as the accessibility guidelines count it."""
