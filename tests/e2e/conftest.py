"""The system's Chromium, for what is shown in a browser."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = os.environ.get("EPOS_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def chromium() -> Iterator[tuple[Browser, asyncio.AbstractEventLoop]]:
    """One browser for all tests of a worker, and the event loop that it is driven by. Skips a test where there is none."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here: apt-get install chromium, or set EPOS_TEST_CHROMIUM")
    playwright = sync_playwright().start()
    loop = asyncio.get_running_loop()
    launched = playwright.chromium.launch(
        executable_path=CHROMIUM, args=["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    )
    asyncio._set_running_loop(None)
    yield launched, loop
    with _driven_by(loop):
        launched.close()
        playwright.stop()


@pytest.fixture(scope="module")
def browser(chromium: tuple[Browser, asyncio.AbstractEventLoop]) -> Iterator[Browser]:
    """The worker's browser. Whoever opens a context in it closes it: nothing is shared between tests but the process."""
    launched, loop = chromium
    with _driven_by(loop):
        yield launched
        left = len(launched.contexts)
    assert left == 0, f"{left} contexts of the browser were left open"


@contextmanager
def _driven_by(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Playwright leaves its loop in place as the one that runs, where other tests of this worker could run none of theirs."""
    asyncio._set_running_loop(loop)
    try:
        yield
    finally:
        asyncio._set_running_loop(None)
