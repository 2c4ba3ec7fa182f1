"""The adapter of the demonstration, installed as one is in a restaurant: a configuration, a ledger, and a process of its own.

So it can be killed in the middle of a payment, as a power cut does, and everything else stays up.
"""

from __future__ import annotations

import json
import os
import shlex
import socket
import subprocess
import sys
from contextlib import ExitStack
from importlib import resources
from pathlib import Path
from string import Template

import psycopg

from adapter.store.ledger import Ledger
from simulator.accounts import Account
from simulator.gateway import Gateway

ACCOUNT = "copperkettle"
ORDERS = "epos-data"
"""The successor's protocol, and the name of its account."""
LOCAL_ACCOUNT = "local"
_KEY = "00000000-0000-4000-8000-00000000d302"
"""An invented API key: it opens the stand-in on this machine and nothing else."""
_ORDERS_KEY = "sk_sandbox_00000000d302"
ACCOUNTS = {ACCOUNT: Account(_KEY), ORDERS: Account(_ORDERS_KEY, dialect=ORDERS)}
"""Who may connect to the stand-in."""
_LEDGER = "epos_adapter"


class Installation:
    """Where the demonstration's adapter has its files and its ports."""

    def __init__(self, folder: Path, database: str) -> None:
        """`folder` is an empty one, `database` the address of the restaurant's database."""
        self.config = folder / "config.toml"
        self._database = database
        # Chosen beforehand, so that an adapter that was killed finds the provider again, and is found where it was.
        self.gateway, self.status, self.local = _free_addresses(3)

    @property
    def command(self) -> str:
        """What starts the adapter, as one text for this system."""
        words = [sys.executable, "-m", "adapter", "run", "--config", str(self.config), "--while-input-is-open"]
        return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)

    def create_ledger(self) -> None:
        """Make the adapter's own tables: what `epos-adapter ledger create` does."""
        with psycopg.connect(self._database) as connection:
            for statement in Ledger(_LEDGER).creation():
                connection.execute(statement.encode())

    def write(self, gateway: Gateway) -> None:
        """Write the configuration of an adapter that dials this gateway."""
        here = resources.files("adapter.demo")
        logo = here.joinpath("restaurants", "floreant", "logo.svg").read_text(encoding="utf-8")
        values = {
            "database": self._database,
            "status": self.status,
            "local": self.local,
            "tables": gateway.url,
            "orders": gateway.url_of(ORDERS),
            "account": ACCOUNT,
            "key": _KEY,
            "orders_key": _ORDERS_KEY,
            "logo": logo,
        }
        text = Template(here.joinpath("config.toml").read_text(encoding="utf-8"))
        # What JSON writes as a text, TOML reads as the same.
        self.config.write_text(
            text.safe_substitute({name: json.dumps(value) for name, value in values.items()}), encoding="utf-8"
        )


def _free_addresses(count: int) -> list[str]:
    """Addresses of this computer on which nobody listens."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]
