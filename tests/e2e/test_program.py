"""The program itself, as a person or a service manager runs it."""

from __future__ import annotations

import json
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

import pytest
from click.testing import CliRunner
from websockets.sync.client import connect

from adapter.cli import main

KEY = "0d5f3b1c-invented-key"
AUTHORIZATION = {"Authorization": "Basic bG9jYWw6MGQ1ZjNiMWMtaW52ZW50ZWQta2V5"}
PATIENCE = 20.0
ROOT = Path(__file__).parent.parent.parent


class Lines:
    """The lines of a stream as they come."""

    def __init__(self, stream: IO[str]) -> None:
        self._waiting: queue.Queue[str | None] = queue.Queue()
        self.seen: list[str] = []
        threading.Thread(target=self._read, args=(stream,), daemon=True).start()

    def until(self, pattern: str) -> re.Match[str]:
        while True:
            line = self._waiting.get(timeout=PATIENCE)
            assert line is not None, f"ended without {pattern}: {self.seen}"
            found = re.search(pattern, line)
            if found:
                return found

    def _read(self, stream: IO[str]) -> None:
        for line in stream:
            self.seen.append(line)
            self._waiting.put(line)
        self._waiting.put(None)


@contextmanager
def running(config: Path, **environment: str) -> Iterator[tuple[subprocess.Popen[str], Lines]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "adapter", "run", "--config", str(config)],
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**os.environ, **environment},
    )
    assert process.stderr is not None
    lines = Lines(process.stderr)
    try:
        yield process, lines
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(timeout=PATIENCE)
        process.stderr.close()


def write_config(folder: Path, url: str, more: str = "") -> Path:
    file = folder / "config.toml"
    file.write_text(
        f"""
mapping = "floreant"
{more}
[database]
url = "{url}"
[rules]
finished_within_hours = 0
[[connection]]
name    = "local"
listen  = "127.0.0.1:0"
account = "local"
api_key = {{ env = "LOCAL_KEY" }}
""",
        encoding="utf-8",
    )
    return file


def ask(address: str, method: str, **params: object) -> dict[str, object]:
    with connect(f"ws://{address}", additional_headers=AUTHORIZATION, compression=None) as ws:
        ws.send(json.dumps({"jsonrpc": "2.0", "id": "1", "method": method, "params": params}))
        return dict(json.loads(ws.recv(timeout=PATIENCE)))


def test_the_adapter_starts_answers_and_ends_when_it_is_told_to(tmp_path: Path, restaurant: Callable[[str], str]):
    config = write_config(tmp_path, restaurant("floreant"))
    with running(config, LOCAL_KEY=KEY) as (process, lines):
        address = lines.until(r'"address":\s*"([\d.:]+)"')[1]
        assert ask(address, "GetTable", name="T1")["result"] == {
            "table": {"name": "T1", "maxCovers": 2, "status": "TABLE_STATUS_OCCUPIED"}
        }
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=PATIENCE) == 0
    log = [json.loads(line) for line in lines.seen]
    assert [line["kind"] for line in log if line["kind"] in ("Started", "RequestAnswered", "Stopped")] == [
        "Started",
        "RequestAnswered",
        "Stopped",
    ]
    assert KEY not in "".join(lines.seen)


def test_the_adapter_starts_without_a_database_and_says_so(tmp_path: Path):
    config = write_config(tmp_path, "postgresql://nobody:pass-word-in-url@127.0.0.1:1/nothing")
    with running(config, LOCAL_KEY=KEY) as (_, lines):
        address = lines.until(r'"address":\s*"([\d.:]+)"')[1]
        if not any("the database cannot be reached" in line for line in lines.seen):
            lines.until("the database cannot be reached")
        assert ask(address, "ListTables")["result"] == {
            "errorCode": "ERROR_INTERNAL_POS_ERROR",
            "errorReason": "the database cannot be reached",
        }
    assert "pass-word-in-url" not in "".join(lines.seen)


def test_a_mapping_that_does_not_fit_is_told_line_by_line_and_the_adapter_stays_up(
    tmp_path: Path, new_database: Callable[..., str]
):
    config = write_config(tmp_path, new_database())
    with running(config, LOCAL_KEY=KEY) as (_, lines):
        address = lines.until(r'"address":\s*"([\d.:]+)"')[1]
        lines.until(r"floreant\.toml:\d+: table\.from: the database has no table shop_table")
        reason = str(ask(address, "ListTables")["result"])
        assert "the mapping does not fit the database" in reason


def test_every_problem_of_the_configuration_is_told_at_once_and_ends_with_2(tmp_path: Path):
    config = write_config(tmp_path, "postgresql://x/y", more='maping = "floreant"')
    done = run("run", "--config", str(config))
    assert done.returncode == 2
    assert f'{config}:3: maping: there is no such setting; did you mean "mapping"?' in done.stderr
    assert "the environment variable LOCAL_KEY is not set" in done.stderr
    assert done.stderr.rstrip().endswith("2 problems")


def test_a_configuration_that_is_not_there_ends_with_2(tmp_path: Path):
    done = run("run", "--config", str(tmp_path / "nowhere.toml"))
    assert done.returncode == 2
    assert "nowhere.toml: cannot be read: No such file or directory" in done.stderr


def test_a_configuration_without_a_connection_is_refused(tmp_path: Path):
    config = tmp_path / "config.toml"
    config.write_text('mapping = "floreant"\n[database]\nurl = "postgresql://x/y"\n', encoding="utf-8")
    done = run("run", "--config", str(config))
    assert done.returncode == 1
    assert "no [[connection]]" in done.stderr


def test_a_port_that_is_taken_ends_the_program_with_a_sentence(tmp_path: Path, restaurant: Callable[[str], str]):
    config = write_config(tmp_path, restaurant("floreant"))
    with running(config, LOCAL_KEY=KEY) as (_, lines):
        address = lines.until(r'"address":\s*"([\d.:]+)"')[1]
        config.write_text(config.read_text(encoding="utf-8").replace("127.0.0.1:0", address), encoding="utf-8")
        done = run("run", "--config", str(config), LOCAL_KEY=KEY)
    assert done.returncode == 1
    assert "another program already listens on" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_demonstration_finds_every_answer_to_be_what_it_should_be():
    done = run("demo", "--once", "--plain")
    assert done.returncode == 0, done.stdout + done.stderr
    journey = json.loads((ROOT / "adapter" / "demo" / "journey.json").read_text(encoding="utf-8"))
    assert done.stdout.count("✓ as it should be") == sum(len(step.get("look", [step])) for step in journey) >= 25
    assert "Every answer is what it should be." in done.stdout


def test_the_demonstration_opens_a_card_machine_that_follows_the_till_until_it_is_told_to_stop():
    process = subprocess.Popen(
        [sys.executable, "-m", "adapter", "demo"], stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    assert process.stdout is not None
    lines = Lines(process.stdout)
    try:
        lines.until("Everything stays up until Ctrl-C")
        url = lines.until(r"the card machine\s+(http://[\d.:]+)/")[1]
        address = lines.until(r"the adapter\s+ws://([\d.:]+)")[1]
        assert re.fullmatch(r"127\.0\.0\.1:\d+", address)
        files = Path(lines.until(r"its files\s+(\S+)config\.toml")[1])
        assert (files / "adapter.log").is_file()
        ring_up_on_the_till(url)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=PATIENCE) == 0
        assert not files.exists()
        host, port = address.split(":")
        with pytest.raises(ConnectionRefusedError), socket.create_connection((host, int(port))):
            pytest.fail("the adapter outlived its demonstration")
        assert lines.seen[-1].strip() == "Stopped."
    finally:
        process.kill()
        process.wait(timeout=PATIENCE)
        process.stdout.close()


def ring_up_on_the_till(url: str) -> None:
    """Add to every open check by SQL, and see the card machine's bills follow, with nothing for the judge to find."""
    status, menu = called(f"{url}/till/items")
    assert status == 200
    item = next(each for each in menu["items"] if each["name"] == "Espresso")
    before = {check["check"]: check for check in called(f"{url}/till/checks")[1]["checks"]}
    bills = bills_by_session(url)
    assert len(before) >= 5
    for number, check in before.items():
        status, done = called(f"{url}/till/checks/{number}/items", {"item": item["item"], "count": 2})
        assert status == 200
        assert Decimal(done["check"]["due"]) - Decimal(check["due"]) == 2 * Decimal(item["price"])
        assert done["check"]["items"][-1] == {"name": "Espresso", "count": 2}
        assert [sql.split()[0] for sql in done["sql"]] == ["SELECT", "INSERT", "UPDATE"]
    added = 2 * int(Decimal(item["price"]) * 100)
    grown = {session for session, total in bills_by_session(url).items() if total == bills.get(session, 0) + added}
    assert len(grown) == len(before)
    frames = called(f"{url}/api/frames?limit=1000")[1]["entries"]
    assert [frame["findings"] for frame in frames if frame.get("sender") == "adapter"] == [[], []]
    for path, body in (
        ("/till/checks/3050/items", {"item": item["item"]}),  # settled
        (f"/till/checks/{min(before)}/items", {"item": 1}),
    ):
        assert called(url + path, body)[0] == 404
    for body in ({}, {"item": "501"}, {"item": item["item"], "count": 0}, {"item": True}, {"item": 2**40}):
        assert called(f"{url}/till/checks/{min(before)}/items", body)[0] == 400


def bills_by_session(url: str) -> dict[str, int]:
    """What every open session comes to, as a card machine is told."""
    status, bills = called(f"{url}/v1/copperkettle/ListBillItems", {"requestorInfo": CONSUMER})
    assert status == 200
    return {bill["sessionId"]: bill["totalAmount"] for bill in bills}


def called(url: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
    """GET, or POST of a body: the status and what was answered."""
    asked = urllib.request.Request(url, None if body is None else json.dumps(body).encode())  # noqa: S310 - this computer
    try:
        with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:  # noqa: S310 - as above
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)


CONSUMER = {"requestorType": "REQUESTOR_TYPE_CONSUMER_DEVICE", "consumerDeviceRequestorInfo": {}}


@pytest.mark.parametrize("mapping", ["floreant", "pasteque", "unicenta"])
def test_explain_shows_the_sql_of_every_reading_method_without_a_database(mapping: str):
    for method in (
        "GetBillItems",
        "GetFullBill",
        "GetSession",
        "GetTable",
        "ListBillItems",
        "ListSessions",
        "ListTables",
    ):
        done = CliRunner().invoke(main, ["explain", method, "--mapping", mapping, "--json"])
        assert done.exit_code == 0, done.output
        found = json.loads(done.stdout)
        assert len(found["statements"]) == 1
        assert "SELECT" in found["statements"][0]["sql"]
        assert found["fields"]


def test_explain_with_a_database_shows_its_plan(tmp_path: Path, restaurant: Callable[[str], str]):
    config = write_config(tmp_path, restaurant("floreant"))
    done = run("explain", "GetBillItems", "--config", str(config), LOCAL_KEY=KEY)
    assert done.returncode == 0, done.stderr
    assert "Append" in done.stdout
    assert "ticket_item" in done.stdout
    assert "major units, to minor units of GBP" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("GetTabel", "--mapping", "floreant"), 'did you mean "GetTable"?'),
        (("GetTable", "--mapping", "florant"), "there is no mapping florant"),
        (("GetTable", "--mapping", "floreant", "--params", "{"), "--params is not JSON"),
        (("GetTable", "--mapping", "floreant", "--params", "[]"), "--params must be a JSON object"),
        (("GetTable", "--mapping", "floreant", "--params", '{"name": 1}'), "params.name"),
    ],
)
def test_explain_says_what_it_does_not_know(arguments: tuple[str, ...], said: str):
    done = CliRunner().invoke(main, ["explain", *arguments])
    assert done.exit_code == 1
    assert said in done.stderr


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "adapter", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
        env={**os.environ, **environment},
    )
