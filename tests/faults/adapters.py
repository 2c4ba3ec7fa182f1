"""The adapter as it is run in a restaurant: processes of their own, which may be killed, held up and started again."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import psycopg

from adapter.store.ledger import Ledger
from tests.faults.client import ACCOUNT, KEY, Line, Lost
from tests.faults.order_line import ORDERS_KEY

ROOT = Path(__file__).parent.parent.parent
PROGRAM = "adapter"

DEADLINE = 2.0
"""When an adapter answers at the latest."""

PATIENCE = 4.0
"""How long a card machine waits for an answer: longer than the deadline."""

_START = 60.0
_CONFIG = """
mapping = "floreant"

[database]
url = "{url}"
pool_timeout = 1.0
connect_timeout = 1.0
statement_timeout = 1.0
lock_timeout = 0.5

[limits]
request_deadline = {deadline}

[status]
listen = "127.0.0.1:{status}"

[[connection]]
name = "faults"
{way}
account = "{account}"
api_key = "{key}"
"""
_ORDERS = """
[[connection]]
name = "orders"
protocol = "epos-data"
listen = "127.0.0.1:{port}"
api_key = "{key}"
"""

_DIALS = """dial = "{url}"
software_house_id = "faults"
ping_interval = 1.0
ping_timeout = 1.0
longest_delay = {longest_delay}"""


class Adapter:
    """One adapter with a configuration, a log and a port of its own, running or not."""

    def __init__(
        self,
        folder: Path,
        name: str,
        url: str,
        *,
        program: str = PROGRAM,
        environment: Mapping[str, str] | None = None,
        dial: str = "",
        longest_delay: float = 1.0,
        more: str = "",
    ) -> None:
        """It waits for gateways on a port, unless `dial` says where it finds one; `more` is said of its connection."""
        self.name = name
        self.port = _free_port()
        self.order_port = _free_port()
        """Where it listens to the EPOS Data API."""
        self.status_port = _free_port()
        self.log = folder / f"{name}.log"
        self._program = program
        self._url = url
        self._environment = {**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})}
        self._config = folder / f"{name}.toml"
        way = _DIALS.format(url=dial, longest_delay=longest_delay) if dial else f'listen = "127.0.0.1:{self.port}"'
        way = f"{way}\n{more}"
        text = _CONFIG.format(url=url, way=way, status=self.status_port, account=ACCOUNT, key=KEY, deadline=DEADLINE)
        text += _ORDERS.format(port=self.order_port, key=ORDERS_KEY)
        self._config.write_text(text, encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    async def create_ledger(self) -> None:
        """Make the tables of its own, as an installer does; those of the adapter without a program that must start."""
        if self._program == PROGRAM:
            async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as connection:
                for text in Ledger("epos_adapter").creation():
                    await connection.execute(text)  # type: ignore[call-overload]
            return
        command = [sys.executable, "-m", self._program, "ledger", "create", "--config", str(self._config)]
        await asyncio.to_thread(
            subprocess.run, command, cwd=ROOT, check=True, capture_output=True, env=self._environment
        )

    def start(self) -> None:
        """Start the process; it takes a moment until it answers."""
        command = [sys.executable, "-m", self._program, "run", "--config", str(self._config)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, stderr=log, env=self._environment)

    @property
    def pid(self) -> int:
        """The number of its process."""
        if self._process is None:
            raise RuntimeError(f"{self.name} has not been started")
        return self._process.pid

    @property
    def runs(self) -> bool:
        """Whether its process has not ended."""
        return self._process is not None and self._process.poll() is None

    async def ready(self, within: float = _START) -> None:
        """Wait until it answers from the database.

        Raises TimeoutError, with the end of its log, when it does not within so many seconds.
        """
        line = Line(self.port, PATIENCE)
        try:
            async with asyncio.timeout(within):
                while not await _answers(line):  # noqa: ASYNC110 -- another process has no event to wait for
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise TimeoutError(self.log.read_text(encoding="utf-8", errors="replace")[-4000:]) from None
        finally:
            await line.close()

    async def comes_back(self, within: float = _START) -> bool:
        """Whether it serves within so many seconds."""
        try:
            await self.ready(within)
        except TimeoutError:
            return False
        return True

    def kill(self) -> None:
        """End it at once, whatever it is doing."""
        self.signal(signal.SIGKILL)
        self._ended()

    def stop(self) -> None:
        """End it in an orderly way."""
        self.signal(signal.SIGTERM)
        self._ended()

    def pause(self) -> None:
        """Hold it up, as a computer does that is short of everything."""
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self.signal(signal.SIGCONT)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, if it runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def _ended(self) -> None:
        if self._process is not None:
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(20)
                raise


@asynccontextmanager
async def running(*adapters: Adapter) -> AsyncIterator[None]:
    """These adapters, started and ready, and stopped at the end."""
    async with AsyncExitStack() as stack:
        for adapter in adapters:
            adapter.start()
            stack.callback(adapter.kill)
            stack.callback(adapter.resume)
        for adapter in adapters:
            await adapter.ready()
        yield


@asynccontextmanager
async def folder() -> AsyncIterator[Path]:
    """A folder for configurations and logs, deleted at the end."""
    with tempfile.TemporaryDirectory(prefix="epos-adapter-faults-") as name:
        yield Path(name)


async def _answers(line: Line) -> bool:
    try:
        return (await line.ask("ListTables", {})).outcome == "ok"
    except Lost:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
