"""An adapter as a process of its own, what is asked of its status port, and what is asked of it as a card machine."""

from __future__ import annotations

import base64
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple

from websockets.sync.client import ClientConnection, connect

KEY = "0d5f3b1c-invented-key"
PATIENCE = 30.0
"""Seconds that anything may take on a machine that does much else."""


class Answer(NamedTuple):
    """What the port answered."""

    status: int
    headers: dict[str, str]
    text: str


class Adapter:
    """A running adapter."""

    def __init__(self, config: Path, process: subprocess.Popen[str]) -> None:
        self.config = config
        self.process = process
        self.log: list[str] = []
        self._heard = threading.Condition()
        assert process.stderr is not None
        self._reader = threading.Thread(target=self._read, args=(process.stderr,), daemon=True)
        self._reader.start()

    def said(self, pattern: str) -> re.Match[str]:
        """The first line of the log that holds a pattern, once it is there."""
        with self._heard:
            found: list[re.Match[str]] = []

            def is_there() -> bool:
                found[:] = [match for line in self.log if (match := re.search(pattern, line))]
                return bool(found)

            assert self._heard.wait_for(is_there, PATIENCE), f"no {pattern} in {self.log}"
            return found[0]

    @property
    def gateway(self) -> str:
        """Where a gateway connects in."""
        address = self.said(r'"Listening".*"address":"([\d.:]+)"')[1]
        return f"ws://{address}"

    @property
    def port(self) -> int:
        """The status port."""
        return int(self.said(r'"StatusServed","address":"http://[\d.]+:(\d+)/status"')[1])

    def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            text = answer.read().decode()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, text)
        finally:
            connection.close()

    def report(self) -> dict[str, Any]:
        return dict(json.loads(self.get("/status.json").text))

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until something holds that comes about by itself."""
        end = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < end, f"never: {what}; {self.get('/status.json').text}"
            time.sleep(0.1)

    def is_ready(self) -> bool:
        return self.get("/ready").status == 200

    @contextmanager
    def connected(self, key: str = KEY) -> Iterator[ClientConnection]:
        """A gateway that is connected in."""
        shown = base64.b64encode(f"local:{key}".encode()).decode()
        headers = {"Authorization": f"Basic {shown}"}
        with connect(self.gateway, additional_headers=headers, compression=None) as ws:
            yield ws

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "adapter", *arguments, "--config", str(self.config)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )

    def end(self) -> None:
        """End it, as a power cut does, and read its log to the end."""
        self.process.kill()
        self.process.wait(timeout=PATIENCE)
        self._reader.join(timeout=PATIENCE)
        assert self.process.stderr is not None
        self.process.stderr.close()

    def _read(self, stream: Any) -> None:
        for line in stream:
            with self._heard:
                self.log.append(line)
                self._heard.notify_all()


def free_port() -> int:
    """A port that nobody has just now, for what must know it beforehand."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(ws: ClientConnection, method: str, identity: str = "1", **params: object) -> dict[str, Any]:
    ws.send(json.dumps({"jsonrpc": "2.0", "id": identity, "method": method, "params": params}))
    return dict(json.loads(ws.recv(timeout=PATIENCE)))


@contextmanager
def adapter(
    folder: Path, url: str, *, status: str = "", more: str = "", port: int = 0, **environment: str
) -> Iterator[Adapter]:
    """Start an adapter on a database; `status` is added to [status], `more` to the whole."""
    config = folder / "config.toml"
    config.write_text(
        f'mapping = "floreant"\n[database]\nurl = "{url}"\n[rules]\nfinished_within_hours = 0\n'
        f'[status]\nlisten = "127.0.0.1:{port}"\n{status}\n'
        f'[[connection]]\nname = "local"\nlisten = "127.0.0.1:0"\naccount = "local"\napi_key = "{KEY}"\n{more}',
        encoding="utf-8",
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "adapter", "run", "--config", str(config)],
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**os.environ, **environment},
    )
    started = Adapter(config, process)
    try:
        yield started
    finally:
        started.end()
