"""A demonstration that is killed, and an adapter whose parent is gone."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.e2e.test_program import KEY, PATIENCE, Lines, ask, run, write_config

ADAPTER = (sys.executable, "-m", "adapter")


def test_a_killed_demonstration_leaves_nothing_behind_and_the_next_one_just_works():
    demo = subprocess.Popen(
        [*ADAPTER, "demo", "--no-browser"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    assert demo.stdout is not None
    started: list[psutil.Process] = []
    try:
        lines = Lines(demo.stdout)
        host, port = lines.until(r"the adapter\s+ws://([\d.:]+)")[1].split(":")
        files = Path(lines.until(r"its files\s+(\S+)config\.toml")[1])
        database = psutil.Process(int((files / "database" / "postmaster.pid").read_text().split()[0]))
        started = [*psutil.Process(demo.pid).children(recursive=True), database]
        assert any("run" in each.cmdline() for each in started)
        socket.create_connection((host, int(port))).close()
        demo.kill()
        assert demo.wait(timeout=PATIENCE) != 0
        _, left = psutil.wait_procs(started, timeout=3 * PATIENCE)
        assert not left
        until(lambda: not files.exists())
    finally:
        demo.kill()
        demo.wait(timeout=PATIENCE)
        # Before the stream is closed, which waits for its reader: whoever is left has it open too.
        for each in started:
            if each.is_running():
                each.kill()
        demo.stdout.close()
    done = run("demo", "--once", "--plain")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_demonstration_that_is_killed_before_its_database_is_there_leaves_no_files(tmp_path: Path):
    demo = subprocess.Popen(
        [*ADAPTER, "demo", "--no-browser"],
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**os.environ, "TMPDIR": str(tmp_path), "TEMP": str(tmp_path)},
    )
    assert demo.stdout is not None
    try:
        lines = Lines(demo.stdout)
        lines.until("starting a PostgreSQL of our own")
        until(lambda: list(tmp_path.glob("epos-adapter-demo-*/database/*")))
    finally:
        demo.kill()
        demo.wait(timeout=PATIENCE)
        demo.stdout.close()
    until(lambda: not list(tmp_path.glob("epos-adapter-demo-*")))


@pytest.mark.parametrize("as_a_service", [True, False], ids=["a service", "of a demonstration"])
def test_an_adapter_ends_with_its_input_only_where_it_was_told_to(
    tmp_path: Path, restaurant: Callable[[str], str], *, as_a_service: bool
):
    config = write_config(tmp_path, restaurant("floreant"))
    options = [] if as_a_service else ["--while-input-is-open"]
    with subprocess.Popen(
        [*ADAPTER, "run", "--config", str(config), *options],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**os.environ, "LOCAL_KEY": KEY},
    ) as adapter:
        assert adapter.stdin is not None
        assert adapter.stderr is not None
        try:
            lines = Lines(adapter.stderr)
            if as_a_service:
                adapter.stdin.close()
            address = lines.until(r'"address":\s*"([\d.:]+)"')[1]
            assert "result" in ask(address, "GetTable", name="T1")
            if as_a_service:
                adapter.send_signal(signal.SIGTERM)
            else:
                adapter.stdin.close()
            assert adapter.wait(timeout=PATIENCE) == 0
            lines.until('"kind":"Stopped"')
        finally:
            adapter.kill()


def until(holds: Callable[[], object]) -> None:
    """Wait until something holds that nobody tells of."""
    last = time.monotonic() + 3 * PATIENCE
    while not holds():
        assert time.monotonic() < last, "this took too long"
        time.sleep(0.05)
