"""What the adapter tells of itself on its own port, by a process of its own and a database that is stopped under it."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from websockets.exceptions import InvalidStatus

from tests.e2e.status.running import PATIENCE, adapter, ask, free_port
from tests.faults.server import Server

TOKEN = "an-invented-token-of-the-tests"
PAYMENT = "11111111-2222-4333-8444-555555555555"
SESSION = "00000000-0000-4000-8000-0000000013ef"


def test_the_adapter_is_alive_at_once_and_ready_when_nothing_is_missing(tmp_path: Path, own_evening: str):
    with adapter(tmp_path, own_evening) as running:
        assert running.get("/live").status == 200
        running.until(lambda: running.report()["mapping"]["is_bound"], "bound")
        not_yet = running.get("/ready")
        assert (not_yet.status, not_yet.text) == (503, "not ready\nno connection to the provider is open\n")
        with running.connected():
            running.until(running.is_ready, "ready")
            assert running.get("/ready").text == "ready\n"
        running.until(lambda: not running.is_ready(), "not ready without a connection")


def test_a_database_that_is_stopped_is_told_within_seconds_and_one_that_is_back_by_itself(
    tmp_path: Path, server: Server, own_evening: str
):
    with adapter(tmp_path, own_evening) as running, running.connected():
        running.until(running.is_ready, "ready")
        server.stop()
        try:
            running.until(lambda: not running.is_ready(), "not ready without a database")
            assert "the database does not answer: the database cannot be reached" in running.get("/ready").text
            report = running.report()
            assert report["level"] == "bad"
            worst = report["findings"][0]
            assert (worst["about"], worst["says"]) == ("database", "The database cannot be reached.")
            assert "The adapter tries again by itself" in worst["do"]
            assert "epos_adapter_database_up 0.0" in running.get("/metrics").text
            assert "Something is wrong" in running.get("/status").text
        finally:
            server.start()
        running.until(running.is_ready, "ready again")
        database = running.report()["database"]
        assert (database["is_up"], database["last_error"]) == (True, "the database cannot be reached")
        running.said('"DatabaseDown"')
        running.said('"DatabaseUp"')


def test_a_gateway_with_a_wrong_key_is_told_in_plain_words(tmp_path: Path, own_evening: str):
    with adapter(tmp_path, own_evening) as running:
        with pytest.raises(InvalidStatus), running.connected(key="a-wrong-key"):
            pass
        said = [one["says"] for one in running.report()["findings"] if one["about"] == "connection local"]
        assert len(said) == 1
        assert said[0].startswith("A gateway at 127.0.0.1:")
        assert said[0].endswith("was turned away: wrong account name or API key.")


def test_payments_that_need_attention_and_open_locks_are_read_from_the_ledger(tmp_path: Path, own_evening: str):
    with adapter(tmp_path, own_evening) as running, running.connected():
        running.until(lambda: running.report()["recording"]["is_known"], "known whether payments can be recorded")
        report = running.report()
        assert not report["recording"]["is_on"]
        assert "epos-adapter ledger create" in report["recording"]["reason"]
        assert report["locks"] is None
        assert running.command("ledger", "create").returncode == 0
        running.until(lambda: running.report()["recording"]["is_on"], "payments can be recorded, without a restart")
        with psycopg.connect(own_evening, autocommit=True) as connection:
            connection.execute(
                "INSERT INTO epos_adapter.session_lock (session_id, token, locked_at, terminal)"
                " VALUES (%s, gen_random_uuid(), clock_timestamp() - interval '40 minutes', 'T-4')",
                (SESSION,),
            )
            connection.execute(
                "INSERT INTO epos_adapter.recorded_payment (payment_id, token, session_id, currency, base, tips, cashback,"
                " successful, attempted_at, over_payment, conflict, status) VALUES"
                " (%s, gen_random_uuid(), %s, 'GBP', 100, 0, 0, true, now(), true, false, 'CAPTURED'),"
                " (gen_random_uuid(), gen_random_uuid(), %s, 'GBP', 100, 0, 0, true, now(), false, false, 'CAPTURED')",
                (PAYMENT, SESSION, SESSION),
            )
        running.until(lambda: bool(running.report()["locks"]), "the lock is told")
        report = running.report()
        assert [(one["payment"], one["kind"]) for one in report["flagged"]] == [(PAYMENT, "over_payment")]
        (lock,) = report["locks"]
        assert (lock["session"], lock["terminal"], lock["payments"]) == (SESSION, "T-4", 2)
        assert lock["seconds"] >= 40 * 60
        assert report["level"] == "attention"
        assert {one["about"] for one in report["findings"]} == {"payments", "locks"}


def test_a_mapping_that_does_not_fit_is_told_with_its_lines_and_bound_once_it_fits(tmp_path: Path, server: Server):
    url = server.new_database("empty")
    with adapter(tmp_path, url) as running:
        running.until(lambda: running.report()["mapping"]["problem_count"] > 0, "problems")
        mapping = running.report()["mapping"]
        assert any("floreant.toml:" in one and "the database has no table" in one for one in mapping["problems"])
        assert (
            f"the mapping is not bound to the database: {mapping['problem_count']} problems"
            in running.get("/ready").text
        )
        assert running.report()["database"]["is_up"]
        restaurant = Path(__file__).parents[3] / "adapter" / "demo" / "restaurants" / "floreant"
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute((restaurant / "schema.sql").read_text(encoding="utf-8"))
            connection.execute((restaurant / "evening.sql").read_text(encoding="utf-8"))
        running.until(lambda: running.report()["mapping"]["is_bound"], "bound without a request")
        assert running.report()["mapping"]["problems"] == []


def test_requests_are_told_with_outcome_and_time_and_counted(tmp_path: Path, own_evening: str):
    with adapter(tmp_path, own_evening) as running, running.connected() as ws:
        running.until(running.is_ready, "ready")
        ask(ws, "ListTables", "a")
        ask(ws, "GetTable", "b", name="no such table")
        ask(ws, "Nonsense", "c")
        requests = running.report()["requests"]
        assert [(one["method"], one["outcome"], one["reference"]) for one in requests] == [
            ("", "ERROR_PARSE_ERROR", "c"),
            ("GetTable", "TABLE_NO_SUCH_TABLE", "b"),
            ("ListTables", "ok", "a"),
        ]
        assert all(one["milliseconds"] >= 0 for one in requests)
        metrics = running.get("/metrics").text
        assert 'epos_adapter_requests_total{connection="local",method="ListTables",outcome="ok"} 1.0' in metrics
        assert 'method="unknown",outcome="ERROR_PARSE_ERROR"} 1.0' in metrics
        assert 'epos_adapter_request_duration_seconds_count{method="ListTables"} 1.0' in metrics
        assert "epos_adapter_ready 1.0" in metrics


def test_with_a_token_nothing_but_life_is_told_without_it(tmp_path: Path, own_evening: str):
    with adapter(tmp_path, own_evening, status=f'token = "{TOKEN}"', port=free_port()) as running:
        assert running.get("/live").status == 200
        assert running.get("/ready").text == "not ready\n"
        for path in ("/status", "/status.json", "/metrics", "/", "/nothing"):
            assert running.get(path).status == 401
        for wrong in ("Bearer wrong", "Basic " + "A" * 50):
            assert running.get("/status", Authorization=wrong).status == 401
        shown = base64.b64encode(f"anybody:{TOKEN}".encode()).decode()
        for authorization in (f"Bearer {TOKEN}", f"Basic {shown}"):
            assert running.get("/status", Authorization=authorization).status == 200
        assert len(running.get("/ready", Authorization=f"Bearer {TOKEN}").text.splitlines()) > 1
        assert sum("StatusRefused" in line for line in running.log) == 1
        told = running.command("status", "--json")
        assert json.loads(told.stdout)["ready"] is False
        text = running.config.read_text(encoding="utf-8")
        running.config.write_text(text.replace(TOKEN, TOKEN[::-1]), encoding="utf-8")
        told = running.command("status")
        assert (told.returncode, told.stdout) == (1, "")
        assert "wants another token" in told.stderr


def test_the_command_prints_the_same_and_ends_with_0_when_ready(tmp_path: Path, own_evening: str):
    with adapter(tmp_path, own_evening, port=free_port()) as running:
        running.until(lambda: running.report()["mapping"]["is_bound"], "bound")
        not_ready = running.command("status")
        assert (not_ready.returncode, not_ready.stdout.splitlines()[0]) == (1, "Not ready.")
        assert "No gateway is connected" in not_ready.stdout
        with running.connected():
            running.until(running.is_ready, "ready")
            ready = running.command("status")
            assert (ready.returncode, ready.stdout.splitlines()[0]) == (0, "Ready."), ready.stdout + ready.stderr
            told = running.command("status", "--json")
            assert told.returncode == 0
            assert json.loads(told.stdout).keys() == running.report().keys()
    nobody = running.command("status")
    assert nobody.returncode == 1
    assert "no adapter answers on 127.0.0.1:" in nobody.stderr
    assert "Traceback" not in nobody.stderr


def test_a_status_port_that_is_taken_costs_no_answer_and_is_had_once_it_is_free(tmp_path: Path, own_evening: str):
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    with adapter(tmp_path / "first", own_evening) as first:
        port = first.port
        with adapter(tmp_path / "second", own_evening, port=port) as second:
            second.said(r'"StatusNotServed".*another program already listens on 127\.0\.0\.1')
            with second.connected() as ws:
                assert "result" in ask(ws, "ListTables")
                first.process.kill()
                assert second.port == port


def test_an_adapter_whose_port_is_off_has_none(tmp_path: Path, own_evening: str):
    with adapter(tmp_path, own_evening, status="use = false") as running:
        with running.connected() as ws:
            assert "result" in ask(ws, "ListTables")
        told = running.command("status")
        assert told.returncode == 1
        assert "[status] use = false" in told.stderr
    assert not any("StatusServed" in line for line in running.log)


def test_an_adapter_that_stops_says_so_until_the_last_request_is_answered(tmp_path: Path, own_evening: str):
    with adapter(tmp_path, own_evening) as running, running.connected() as ws:
        running.until(running.is_ready, "ready")
        with psycopg.connect(own_evening) as till:
            till.execute("LOCK TABLE shop_table IN ACCESS EXCLUSIVE MODE")
            ws.send(json.dumps({"jsonrpc": "2.0", "id": "1", "method": "ListTables", "params": {}}))
            running.until(lambda: running.report()["connections"][0]["in_flight"] == 1, "a request in flight")
            running.process.terminate()
            running.said('"Stopping"')
            assert running.get("/ready").text.startswith("not ready\nthe adapter is stopping\n")
        assert "result" in json.loads(ws.recv(timeout=PATIENCE))
        assert running.process.wait(timeout=PATIENCE) == 0


def test_a_log_file_is_written_to_beside_the_configuration_and_the_error_stream_stays_empty(tmp_path: Path):
    config = tmp_path / "config.toml"
    config.write_text(
        'mapping = "floreant"\n[database]\nurl = "postgresql://x@127.0.0.1:1/x"\n[log]\nfile = "adapter.log"\n'
        '[status]\nuse = false\n[[connection]]\nlisten = "127.0.0.1:0"\naccount = "a"\napi_key = "b"\n',
        encoding="utf-8",
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "adapter", "run", "--config", str(config)], stderr=subprocess.PIPE, text=True
    )
    log, end = tmp_path / "adapter.log", time.monotonic() + PATIENCE
    while not (log.exists() and '"Listening"' in log.read_text(encoding="utf-8")):
        assert time.monotonic() < end
        time.sleep(0.1)
    process.terminate()
    assert process.communicate(timeout=PATIENCE) == (None, "")
    assert [json.loads(line)["kind"] for line in log.read_text(encoding="utf-8").splitlines()][-1] == "Stopped"
