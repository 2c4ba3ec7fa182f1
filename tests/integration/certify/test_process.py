"""`certify` as a program that starts the adapter, dials it or is dialled by it, and kills it in the middle of a payment."""

from __future__ import annotations

import base64
import json
import shlex
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

FORGETFUL = Path(__file__).parent / "forgetful.py"
KEY = "11111111-2222-4333-8444-555555555555"
KILLED = ("killed-before-it-answers", "killed-holding-a-lock")
"""Half of them: each start of the whole adapter costs a second. An adapter that forgets fails in the others."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        return int(bound.getsockname()[1])


def certified(*options: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """The exit code, and what came of each scenario."""
    command = [sys.executable, "-m", "adapter", "certify", "--json", "--account", f"bistro:{KEY}", *options]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
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
    code, found = certified("--dial", dial, "--adapter", adapter, "--allow-payments", "--only", "killed-[bh]*")
    assert verdicts(found) == dict.fromkeys(("everything-there-is", *KILLED), "pass"), found
    assert code == 0


def test_an_adapter_that_forgets_when_it_is_killed_does_not():
    port = free_port()
    shown = "Basic " + base64.b64encode(f"bistro:{KEY}".encode()).decode()
    url = f"ws://127.0.0.1:{port}/ws/v1/tables/epos"
    adapter = shlex.join([sys.executable, str(FORGETFUL), url, shown])
    options = ("--gateway", f"127.0.0.1:{port}", "--adapter", adapter, "--allow-payments", "--modifiers-apart")
    code, found = certified(*options, "--only", "killed", "--only", "payment-recorded")
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
    }, found
