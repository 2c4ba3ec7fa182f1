"""`certify` as a program that starts the adapter, dials it or is dialled by it, and kills it in the middle of a payment."""

from __future__ import annotations

import base64
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FORGETFUL = Path(__file__).parent / "forgetful.py"
KEY = "11111111-2222-4333-8444-555555555555"
KILLED = ("killed-before-it-answers", "killed-holding-a-lock")
"""Half of them: each start of the whole adapter costs a second. An adapter that forgets fails in the others."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        return int(bound.getsockname()[1])


CERTIFY = (sys.executable, "-m", "adapter", "certify", "--json", "--account", f"bistro:{KEY}", "--allow-payments")


def certified(*options: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """The exit code, and what came of each scenario."""
    ended = subprocess.run([*CERTIFY, *options], capture_output=True, text=True, timeout=120, check=False)
    try:
        told = json.loads(ended.stdout)
    except ValueError:
        raise AssertionError(f"{ended.returncode}: {ended.stdout}{ended.stderr}") from None
    return ended.returncode, {each["name"]: each for each in told["scenarios"]}


def verdicts(found: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {name: each["verdict"] for name, each in found.items()}


def test_an_adapter_that_is_killed_in_the_middle_of_payments_certifies(
    own_restaurant: Callable[[str], str], tmp_path: Path
):
    port = free_port()
    config = tmp_path / "config.toml"
    config.write_text(
        f'mapping = "floreant"\n[database]\nurl = "{own_restaurant("floreant")}"\n[rules]\nfinished_within_hours = 0\n'
        '[status]\nuse = false\n[site]\nvat_number = "GB 1"\n'
        f'[[connection]]\nname = "provider"\nlisten = "127.0.0.1:{port}"\naccount = "bistro"\napi_key = "{KEY}"\n'
    )
    program = [sys.executable, "-m", "adapter"]
    subprocess.run([*program, "ledger", "create", "--config", config], check=True, capture_output=True)
    adapter = shlex.join([*program, "run", "--config", str(config)])
    dial = f"ws://127.0.0.1:{port}"
    page, cases = tmp_path / "certificate.html", tmp_path / "certificate.xml"
    reports = ("--html", str(page), "--junit", str(cases))
    code, found = certified("--dial", dial, "--adapter", adapter, "--only", "killed-[bh]*", *reports)
    assert verdicts(found) == dict.fromkeys(("everything-there-is", *KILLED), "pass"), found
    assert code == 0
    assert "killed-holding-a-lock" in page.read_text(encoding="utf-8")
    assert cases.read_text(encoding="utf-8").count("<testcase ") == 3


def forgetful() -> tuple[str, ...]:
    """Options with which the adapter that forgets is started, and dials the certifier."""
    port = free_port()
    shown = "Basic " + base64.b64encode(f"bistro:{KEY}".encode()).decode()
    command = [sys.executable, str(FORGETFUL), f"ws://127.0.0.1:{port}/ws/v1/tables/epos", shown]
    return "--gateway", f"127.0.0.1:{port}", "--adapter", shlex.join(command), "--modifiers-apart"


def test_an_adapter_that_forgets_when_it_is_killed_does_not():
    code, found = certified(*forgetful(), "--only", "killed", "--only", "payment-recorded")
    assert code == 1
    assert verdicts(found) == {
        # Its items and modifiers come to the total where they are taken apart.
        "everything-there-is": "pass",
        "payment-recorded": "pass",
        "killed-before-it-answers": "fail",
        "killed-after-it-answered": "fail",
        "killed-holding-a-lock": "fail",
        # The lock may be gone with the adapter that was giving it, but the payment before it is missing from the bill.
        "killed-while-locking": "fail",
        "killed-paying-in-full-before-it-answers": "fail",
        "killed-paying-in-full-after-it-answered": "fail",
    }, found


@pytest.mark.skipif(sys.platform == "win32", reason="there Ctrl-C cannot be sent to one program alone")
# Before it are a payment on a session that there is not, and those by which is found what the till can hold.
@pytest.mark.parametrize("which", [2, 4], ids=["while it finds out", "in a scenario"])
def test_who_stops_it_in_the_middle_of_a_payment_leaves_nothing_locked(which: int):
    command = [*CERTIFY, *forgetful(), "--only", "payment-answer-lost"]
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # as in what a script has put into the background
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a program begins without what its parent ignores
    # A group of its own, as a terminal has one for what it runs: Ctrl-C reaches all of it.
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, process_group=0) as running:
        assert running.stderr is not None
        for line in running.stderr:
            which -= line == "RecordPayment\n"
            if which == 0:
                os.killpg(running.pid, signal.SIGINT)
                break
        assert "UnlockSession\n" in running.stderr.read()
    assert running.returncode != 0
