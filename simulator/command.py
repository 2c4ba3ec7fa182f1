"""The command `epos-adapter simulate`: runs a simulator and says what happens to its connections."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from simulator.accounts import Account
from simulator.app import Simulator
from simulator.config import INVENTED_KEYS, Settings
from simulator.explaining import Explaining
from simulator.gateway import JUDGES, JUDGES_OF_MODIFIERS_APART
from simulator.journal import Note

Say = Callable[[str], object]
"""Prints a line."""


async def simulate(settings: Settings, stop: asyncio.Event, say: Say) -> None:
    """Run until `stop` is set. Raises SimulatorError."""
    explaining = Explaining(settings.explain, settings.explain_token) if settings.explain else None
    async with Simulator(
        settings.accounts,
        listen=settings.listen,
        gateway=settings.gateway,
        dial=settings.dial,
        adapter=settings.adapter,
        judges=JUDGES_OF_MODIFIERS_APART if settings.modifiers_apart else JUDGES,
    ) as simulator:
        simulator.gateway.explaining = explaining
        for line in _beginning(simulator, settings):
            say(line)
        telling = asyncio.create_task(_tell(simulator, say))
        try:
            await stop.wait()
        finally:
            telling.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await telling


def _beginning(simulator: Simulator, settings: Settings) -> list[str]:
    """Where everything is, and what an adapter must be told to connect."""
    lines = [f"card machine   {simulator.url}/", f"endpoints      {simulator.url}/openapi.json"]
    lines += [f"dialling       {url} for {account}" for url, account in settings.dial]
    dialled = {account for _, account in settings.dial}
    waiting = [name for name in settings.accounts if name not in dialled]
    for name in waiting:
        account = settings.accounts[name]
        lines += ["", f"waiting for the adapter of {name}; in its config.toml:", ""]
        lines += [f"  {line}" for line in _config(name, account, simulator)]
    return [*lines, ""]


def _config(name: str, account: Account, simulator: Simulator) -> list[str]:
    """What stands in the configuration of an adapter that dials."""
    key = account.key if account.key in INVENTED_KEYS.values() else "(as given)"
    shown = [f'api_key = "{key}"', f'software_house_id = "{account.software_house_id or "any"}"']
    begin = ["[[connection]]", f'name = "{name}"', f'dial = "{simulator.gateway.url_of(account.dialect)}"']
    if account.dialect == "tables":
        return [*begin, f'account = "{name}"', *shown, 'proxy = "none"']
    register = ["", "[registration]", f'api = "{simulator.url}"', *shown]
    return [*begin, f'protocol = "{account.dialect}"', *shown, 'proxy = "none"', *register]


async def _tell(simulator: Simulator, say: Say) -> None:
    async for entry in simulator.gateway.journal.follow(0):
        if isinstance(entry, Note):
            say(f"{entry.when:%H:%M:%S} {entry.account or '-'}: {entry.kind.replace('_', ' ')}, {entry.text}")
