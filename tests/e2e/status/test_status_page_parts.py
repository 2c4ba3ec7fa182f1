"""The rarer parts of the page in the system's Chromium: whose turn it is, refused files, payments to look at, on a phone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from playwright.sync_api import Browser, expect

from adapter import connection_events, events, turn_events
from adapter.events import Event, FlagKind
from adapter.ops.findings import ON_FLAG
from adapter.ops.port import PortSettings
from adapter.ops.report import Kept, OpenLock, Sources
from adapter.ops.state import Flagged
from adapter.ops.watch import Watch, Watched
from tests.e2e.status.test_status_page import CONTRAST, PHONE, WIDE

LONG = "till-in-the-back-office-of-the-copper-kettle.internal.example, process 123456"
PROBLEM = (
    "/etc/epos-adapter/mappings/the-copper-kettle/floreant-with-a-very-long-name.toml:212: payment.amount: no column"
)
IDS = "3f1c6f0e-5a34-4d5e-9d2b-6f2b8f0f3c11"

WHAT_HAPPENED: list[Event] = [
    events.Started(version="1.2.3", mapping="floreant.toml", epos="Floreant POS", digest="0123456789ab"),
    events.MappingBound(mapping="floreant.toml", tables=9, milliseconds=12.0),
    events.RecordingOn(ledger="epos_adapter, version 1"),
    turn_events.LeaseTaken(connection="held"),
    connection_events.ConnectionOpened(connection="held", peer="api.example:443"),
    turn_events.StandingBy(connection="standby", holder=LONG),
    connection_events.ConnectionOpened(connection="taken", peer="api.example:443"),
    connection_events.ConnectionClosed(connection="taken", reason="connected elsewhere (1008)", received=3),
    turn_events.AccountTaken(connection="taken", reason="connected elsewhere", times=3, retry_in=240.0),
    events.ReloadRefused(problem=PROBLEM, number=1),
    events.ReloadRefused(problem="config.toml:7: rules.waiter_check: must be 'off' or 'enforce'", number=2),
    events.TracesLost(reason="the collector cannot be reached (ConnectionError)"),
]


async def kept() -> Kept:
    at = datetime.now(UTC) - timedelta(minutes=5)
    return Kept(
        locks=[OpenLock(session=IDS, seconds=2400.0, terminal="22334455", payments=1)],
        flagged=[Flagged(at=at, session=IDS, payment=IDS, kind=kind) for kind in get_args(FlagKind)],
    )


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The status port of an adapter to which all of that has happened."""
    loop, over, ready = asyncio.new_event_loop(), asyncio.Event(), threading.Event()
    found: list[int] = []

    def heard(event: Event) -> None:
        if isinstance(event, events.StatusServed):
            found.append(int(event.address.split(":")[2].partition("/")[0]))
            ready.set()

    names = ("held", "standby", "taken")
    watch = Watch(
        PortSettings(host="127.0.0.1", port=0),
        [Watched(name=name, dial="wss://staging-api.example/ws/v1/tables/epos", listen=None) for name in names],
    )
    tell = watch.beside(heard)
    for event in WHAT_HAPPENED:
        tell(event)
    sources = Sources(kept=kept, pool_in_use=lambda: 2, pool_size=lambda: 8, in_flight=lambda _: 0)
    thread = threading.Thread(target=lambda: loop.run_until_complete(watch.serve(sources, tell, over)))
    thread.start()
    assert ready.wait(30)
    try:
        yield found[0]
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_whose_turn_it_is_refused_files_and_payments_to_look_at_can_be_read_on_a_phone(
    browser: Browser, port: int, scheme: str
):
    opened = browser.new_context(viewport=PHONE, color_scheme=scheme)  # type: ignore[arg-type]
    complaints: list[str] = []
    page = opened.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"http://127.0.0.1:{port}/status")
    expect(page.locator("main h1")).to_have_text("Something is wrong")
    parts = {name: page.locator(".part", has_text=f"Connection {name}") for name in ("held", "standby", "taken")}
    for name, mark in (("held", "open"), ("standby", "stands by"), ("taken", "taken by another")):
        expect(parts[name].locator(".mark")).to_have_text(mark)
    expect(parts["held"]).to_contain_text("held since")
    expect(parts["standby"]).to_contain_text(LONG)
    expect(parts["taken"]).to_contain_text("3 times in a row")
    findings = page.locator(".findings")
    expect(findings).to_contain_text("Find the other adapter that uses this account")
    expect(findings).to_contain_text("This one waits 240 s")
    expect(findings).not_to_contain_text("connection standby")
    expect(findings).to_contain_text("The files were read again and have 2 problems: what was served before goes on.")
    expect(page.locator(".problems li")).to_have_count(2)
    expect(page.locator(".problems")).to_contain_text(PROBLEM)
    flagged = page.locator("section", has=page.get_by_role("heading", name="Payments to look at"))
    expect(flagged.locator(".rows > li")).to_have_count(len(ON_FLAG))
    for says, do in ON_FLAG.values():
        expect(flagged).to_contain_text(says)
        expect(flagged).to_contain_text(do)
    expect(page.locator("main")).to_contain_text("locked for 40 min")
    expect(page.locator("main")).to_contain_text("Traces cannot be delivered")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.evaluate(WIDE) == 0
    assert page.evaluate(CONTRAST) >= 4.5
    page.evaluate("window.scrollTo(500, 0)")
    assert page.evaluate("window.scrollX") == 0
    opened.close()
    assert complaints == []
