"""Starts what is measured as processes of their own: the adapter as it is run in a restaurant, and the floor."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.client import ACCOUNT, KEYS

ROOT = Path(__file__).parent.parent

_CONFIG = """
mapping = "floreant"

[database]
url = "{url}"

[rules]
finished_within_hours = 24

[[connection]]
name = "bench"
listen = "127.0.0.1:{port}"
api_key = "{key}"
{how}
"""
_HOW = {"tables": f'account = "{ACCOUNT}"', "epos-data": 'protocol = "epos-data"'}
"""What a connection says beside its key, by its protocol."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A server and where it listens."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def resident_megabytes(self) -> float:
        """What it holds in memory now (VmRSS)."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        return float("nan")


@contextmanager
def adapter(url: str, *prefix: str, protocol: str = "tables") -> Iterator[Running]:
    """`python -m adapter run` in listen mode; `prefix` is put before `-m adapter`, for a profiler."""
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="epos-adapter-bench-") as folder:
        config = Path(folder) / "config.toml"
        config.write_text(_CONFIG.format(url=url, port=port, key=KEYS[protocol], how=_HOW[protocol]), encoding="utf-8")
        with _process([*prefix, "-m", "adapter", "run", "--config", str(config)], Path(folder) / "log") as process:
            yield Running(port=port, process=process)


@contextmanager
def floor(url: str, form: str, *, module: str = "bench.floor") -> Iterator[Running]:
    """A floor as a process of its own, in one of its two forms."""
    port = _free_port()
    with (
        tempfile.TemporaryDirectory(prefix="epos-adapter-bench-") as folder,
        _process(["-m", module, url, str(port), form], Path(folder) / "log") as process,
    ):
        yield Running(port=port, process=process)


@contextmanager
def _process(arguments: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as stream:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, stderr=stream, env=environment)
        try:
            yield process
        except BaseException:
            sys.stderr.write(log.read_text(encoding="utf-8", errors="replace")[-4000:])
            raise
        finally:
            process.terminate()
            process.wait(15)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
