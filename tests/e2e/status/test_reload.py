"""Files that are read again while an adapter runs: all of them are served, or nothing changes."""

from __future__ import annotations

import json
import os
import signal
import threading
from pathlib import Path

import psycopg
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from adapter.config import shipped_mappings
from tests.e2e.status.running import KEY, PATIENCE, Adapter, adapter, ask, free_port
from tests.faults.server import Server

FLOREANT = next(path for path in shipped_mappings() if path.stem == "floreant")
ASKED = {"X-Epos-Adapter": "test"}


def use_own_mapping(running: Adapter) -> Path:
    """Give the adapter a mapping of its own to read the next time."""
    own = running.config.parent / "own.toml"
    own.write_text(FLOREANT.read_text(encoding="utf-8"), encoding="utf-8")
    change(running, 'mapping = "floreant"', 'mapping = "own.toml"')
    return own


def change(running: Adapter, before: str, after: str) -> None:
    text = running.config.read_text(encoding="utf-8")
    assert before in text
    running.config.write_text(text.replace(before, after), encoding="utf-8")


def posted(running: Adapter) -> dict[str, object]:
    return dict(json.loads(running.get("/reload", "POST", **ASKED).text))


def sessions(ws: ClientConnection) -> int:
    return len(ask(ws, "ListSessions")["result"]["sessions"])


def test_files_that_are_read_again_are_served_over_the_connections_that_are_open(tmp_path: Path, own_evening: str):
    with adapter(tmp_path, own_evening, port=free_port()) as running, running.connected() as ws:
        running.until(running.is_ready, "ready")
        before, digest = sessions(ws), running.report()["mapping"]["digest"]
        own = use_own_mapping(running)
        own.write_text(own.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
        change(running, "finished_within_hours = 0", "finished_within_hours = 0.001")
        done = running.command("reload")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == "Read again: what the files say is served now.\n"
        assert sessions(ws) < before, "answered as the new file says, over the old connection"
        report = running.report()
        assert report["mapping"]["file"].endswith("own.toml")
        assert report["mapping"]["digest"] != digest
        assert report["connections"][0]["last_closed"] == ""
        assert running.said('"kind":"Reloaded".*"kept":1')


def test_files_that_cannot_be_served_are_refused_with_every_reason_and_change_nothing(tmp_path: Path, own_evening: str):
    with adapter(tmp_path, own_evening, port=free_port()) as running, running.connected() as ws:
        running.until(running.is_ready, "ready")
        before, digest = sessions(ws), running.report()["mapping"]["digest"]
        own = use_own_mapping(running)
        good = own.read_text(encoding="utf-8")
        change(running, "finished_within_hours = 0", "finished_within_hours = 0.001")

        own.write_text(good + "\n[nonsense]\nx = 1\n", encoding="utf-8")
        done = running.command("reload")
        assert done.returncode == 2
        assert f"own.toml:{good.count(chr(10)) + 2}: nonsense: there is no such setting" in done.stderr
        assert "Refused: what was served before goes on." in done.stderr

        own.write_text(good.replace('"ticket"', '"tickets_of_another_till"'), encoding="utf-8")
        found = posted(running)
        assert not found["is_done"]
        assert "the database has no table" in str(found["problems"])

        own.write_text(good, encoding="utf-8")
        change(running, "[status]", '[log]\nlevel = "error"\n[status]')
        assert "[log] cannot change while the adapter runs" in str(posted(running)["problems"])

        report = running.report()
        assert report["mapping"]["digest"] == digest
        assert report["mapping"]["is_bound"]
        assert report["ready"]
        assert len(report["mapping"]["refused"]) == 1
        assert [one["about"] for one in report["findings"] if "read again" in one["says"]] == ["mapping"]
        assert "[log] cannot change" in running.get("/status").text
        assert sessions(ws) == before

        change(running, '[log]\nlevel = "error"\n', "")
        assert posted(running) == {"is_done": True, "problems": []}
        assert running.report()["mapping"]["refused"] == []
        assert sessions(ws) < before


def test_no_answer_is_lost_while_files_are_read_again_and_what_is_in_flight_ends_as_it_began(
    tmp_path: Path, own_evening: str
):
    with adapter(tmp_path, own_evening) as running, running.connected() as ws, running.connected() as beside:
        assert running.command("ledger", "create").returncode == 0
        running.until(lambda: running.report()["recording"]["is_on"], "payments can be recorded")
        session = ask(ws, "ListSessions")["result"]["sessions"][0]["id"]
        outcomes: list[str] = []
        enough = threading.Event()

        def keep_asking() -> None:
            while not enough.is_set():
                outcomes.append(ask(beside, "ListTables", str(len(outcomes)))["result"].get("errorCode", "ok"))

        asking = threading.Thread(target=keep_asking)
        asking.start()
        with psycopg.connect(own_evening) as holding:
            holding.execute("LOCK TABLE epos_adapter.session_lock IN ACCESS EXCLUSIVE MODE")
            ws.send(
                json.dumps({"jsonrpc": "2.0", "id": "held", "method": "LockSession", "params": {"sessionId": session}})
            )
            running.until(lambda: running.report()["connections"][0]["in_flight"] >= 1, "in flight")
            assert posted(running)["is_done"]
            holding.rollback()
        assert json.loads(ws.recv(timeout=PATIENCE))["id"] == "held"
        if hasattr(signal, "SIGHUP"):
            os.kill(running.process.pid, signal.SIGHUP)
            running.until(lambda: sum('"Reloaded"' in line for line in running.log) == 2, "read again on SIGHUP")
        enough.set()
        asking.join()
        assert set(outcomes) == {"ok"}
        assert len(outcomes) > 20


def test_a_connection_whose_settings_have_changed_is_opened_anew(tmp_path: Path, own_evening: str):
    with adapter(tmp_path, own_evening) as running, running.connected() as ws:
        running.until(running.is_ready, "ready")
        change(running, 'api_key = "', 'api_key = "a-new-')
        assert posted(running)["is_done"]
        with pytest.raises(ConnectionClosed) as closed:
            ws.recv(timeout=PATIENCE)
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1012, "its settings have changed")
        running.until(lambda: sum('"Listening"' in line for line in running.log) == 2, "listening again")
        address = [line for line in running.log if '"Listening"' in line][-1]
        running.log[:] = [line for line in running.log if '"Listening"' not in line] + [address]
        with pytest.raises(InvalidStatus), running.connected():
            pass
        with running.connected(key=f"a-new-{KEY}") as again:
            assert sessions(again) > 0


def test_only_a_program_may_have_files_read_again_and_a_database_that_is_away_keeps_what_is_served(
    tmp_path: Path, server: Server, own_evening: str
):
    with adapter(tmp_path, own_evening) as running, running.connected() as ws:
        running.until(running.is_ready, "ready")
        assert running.get("/reload").status == 405
        assert running.get("/reload", "POST").status == 403
        assert running.get("/reload", "POST", Origin="http://evil.example", **ASKED).status == 403
        assert running.get("/reload", "POST", Host="evil.example", **ASKED).status == 421
        server.stop()
        try:
            problems = str(posted(running)["problems"])
        finally:
            server.start()
        assert "database" in problems
        running.until(running.is_ready, "ready again")
        assert sessions(ws) > 0
