"""`epos-adapter preview` over a real database: what is shown is what is answered."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len
from sqlalchemy.engine import make_url

from adapter.app import App, load
from adapter.cli import main
from adapter.events import Event, StatementRun
from adapter.preview import look
from adapter.store.ledger import Ledger

CHECK = "00000000-0000-8000-8000-0000000013ef"


class Place:
    """An installation of its own, and a way to its database."""

    def __init__(self, folder: Path, url: str, name: str) -> None:
        self.url = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self.config = folder / "config.toml"
        self.config.write_text(f'mapping = "{name}"\n[database]\nurl = "{url}"\n', encoding="utf-8")

    def run(self, *arguments: str) -> Result:
        done = CliRunner().invoke(main, ["preview", "--config", str(self.config), *arguments])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    def good(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.exit_code == 0, done.stderr
        return done.stdout

    def json(self, *arguments: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.good("--json", *arguments))
        return found

    def sql(self, text: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(text)  # type: ignore[call-overload]


@pytest.fixture
def floreant(tmp_path: Path, own_restaurant: Callable[[str], str]) -> Place:
    return Place(tmp_path, own_restaurant("floreant"), "floreant")


@pytest.fixture
def shared(tmp_path: Path, restaurant: Callable[[str], str]) -> Place:
    """For those that change nothing."""
    return Place(tmp_path, restaurant("floreant"), "floreant")


def test_the_terminal_shows_tables_sessions_and_a_bill_in_80_columns(shared: Place):
    text = shared.good()
    lines = text.splitlines()
    assert max(map(cell_len, lines)) <= 80
    assert "\x1b[" not in text
    assert re.search(r"^14 tables, 8 occupied  12 open sessions  322\.87 GBP to be paid", text, re.MULTILINE)
    assert re.search(r"^  Check 5102  T10, T11 +Tomasz +7 .* 194\.00  80\.00  114\.00", text, re.MULTILINE)
    assert re.search(r"^  Check 5110 .*no bill", text, re.MULTILINE)
    assert "The bill in full  Check 5102" in text
    assert "The lines add up to the total." in text
    assert "nothing can be locked or paid: the tables of the ledger epos_adapter are missing" in " ".join(text.split())


def test_what_is_shown_is_what_a_card_machine_is_answered(shared: Place):
    config, mapping = load(shared.config)

    async def asked() -> tuple[Any, Any]:
        app = App(config, mapping, lambda _event: None)

        async def ask(method: str, params: dict[str, Any]) -> Any:
            params["requestorInfo"] = {"requestorType": "REQUESTOR_TYPE_CONSUMER"}
            request = {"jsonrpc": "2.0", "id": "1", "method": method, "params": params}
            return json.loads(await app.endpoint("test").handle(json.dumps(request).encode()) or b"")["result"]

        try:
            return await ask("ListTables", {}), await ask("ListSessions", {"filter": {"isFinished": False}})
        finally:
            await app.store.close()

    tables, sessions = asyncio.run(asked())
    shown = shared.json()
    assert [each["name"] for each in shown["tables"]] == [each["name"] for each in tables["tables"]]
    listed = {each["id"]: each for each in sessions["sessions"]}
    assert listed
    for each in shown["sessions"]:
        if each["id"] in listed:
            assert each["is_payable"] == listed[each["id"]]["isPayable"]
            assert each["name"] == listed[each["id"]]["name"]
    assert listed.keys() >= {each["id"] for each in shown["sessions"]}


def test_a_bill_can_be_chosen_by_key_and_by_id(shared: Place):
    by_key = shared.json("--session", "5103")["bill"]
    assert by_key["session"]["id"] == CHECK
    assert by_key == shared.json("--session", CHECK)["bill"]
    assert sum(line["total"] for line in by_key["lines"]) + (by_key["service_charge"] or 0) == 3764


def test_a_session_that_there_is_not_is_said(shared: Place):
    done = shared.run("--session", "99")
    assert done.exit_code == 1
    assert "there is no such session" in done.stderr
    assert shared.run("--session", "no key at all").exit_code == 1


def test_what_cannot_be_read_is_shown_with_its_reason_and_where_it_stands(floreant: Place):
    floreant.sql(
        "UPDATE ticket SET total_price = total_price + 5 WHERE id = 5103;"
        "UPDATE ticket SET create_date = NULL WHERE id = 5108;"
        "UPDATE shop_table_status SET table_status = 99 WHERE id = (SELECT MAX(id) FROM shop_table_status)"
    )
    found = floreant.json("--session", "5103")
    (broken,) = (each for each in found["sessions"] if each["name"] == "Check 5103")
    assert "do not add up to its total (total minus lines is 500 minor units" in broken["problem"]
    assert found["bill"]["session"]["problem"] == broken["problem"]
    assert {each["entity"] for each in found["skipped"]} == {"session", "table"}
    assert any("floreant.toml:" in each["reason"] for each in found["skipped"])
    assert len(found["sessions"]) == 11
    text = floreant.good()
    assert "refused" in text
    assert "Left out, as they cannot be read" in text


def test_locks_of_the_ledger_are_shown(floreant: Place):
    for text in Ledger("epos_adapter").creation():
        floreant.sql(text)
    floreant.sql(
        "INSERT INTO epos_adapter.session_lock (session_id, token, terminal)"
        f" VALUES ('{CHECK}', gen_random_uuid(), '4711')"
    )
    found = floreant.json("--session", "5103")
    assert [each["lock"]["by"] for each in found["sessions"] if each["lock"]] == ["terminal 4711"]
    assert found["bill"]["session"]["lock"]["by"] == "terminal 4711"
    assert found["notes"] == []
    assert re.search(r"^  Check 5103 .* 4711 *$", floreant.good(), re.MULTILINE)


def test_locks_in_the_tills_own_columns_are_shown(floreant: Place, tmp_path: Path):
    for text in Ledger("epos_adapter").creation():
        floreant.sql(text)
    floreant.sql("ALTER TABLE ticket ADD held text; UPDATE ticket SET held = 'TILL' WHERE id = 5103")
    text = (Path(__file__).parents[2] / "mappings" / "floreant.toml").read_text(encoding="utf-8")
    (tmp_path / "own.toml").write_text(
        text + '\n[lock]\nfree  = "k.held IS NULL"\nours  = "k.held = \'DOJO\'"\n'
        'set   = { held = "\'DOJO\'" }\nclear = { held = "NULL" }\n',
        encoding="utf-8",
    )
    floreant.config.write_text(floreant.config.read_text().replace('"floreant"', '"own.toml"'), encoding="utf-8")
    found = floreant.json()
    assert [(each["name"], each["lock"]["by"]) for each in found["sessions"] if each["lock"]] == [
        ("Check 5103", "till")
    ]


def test_a_page_escapes_a_table_called_script(floreant: Place, tmp_path: Path):
    floreant.sql("UPDATE shop_table SET name = '<script>' WHERE id = (SELECT MIN(id) FROM shop_table)")
    file = tmp_path / "preview.html"
    assert str(file) in floreant.good("--html", str(file))
    page = file.read_text(encoding="utf-8")
    assert "<script" not in page
    assert "<b>&lt;script&gt;</b>" in page
    assert not file.with_name("preview.html.new").exists()


def test_a_page_that_cannot_be_written_is_said(shared: Place, tmp_path: Path):
    done = shared.run("--html", str(tmp_path / "nowhere" / "preview.html"))
    assert done.exit_code == 1
    assert "cannot be written" in done.stderr


@pytest.fixture
def misfit(shared: Place, tmp_path: Path) -> Place:
    """Its third step writes a column that is not there."""
    text = (Path(__file__).parents[2] / "mappings" / "floreant.toml").read_text(encoding="utf-8")
    (tmp_path / "own.toml").write_text(text.replace("\ntips_amount ", "\ntip_amount ", 1), encoding="utf-8")
    shared.config.write_text(shared.config.read_text().replace('"floreant"', '"own.toml"'), encoding="utf-8")
    return shared


def test_what_reads_is_shown_where_a_step_of_recording_does_not_fit_and_the_misfit_too(misfit: Place, tmp_path: Path):
    done = misfit.run()
    assert done.exit_code == 1
    # Without its spaces: where a line is wrapped hangs on how long the path of a temporary folder is.
    shown = "".join(done.stdout.split())
    assert re.search(r"own\.toml:\d+:\d+:record\.step\[\d\]\.set\.tip_amount:.*hasnocolumntip_amount", shown), (
        done.stdout
    )
    assert 'didyoumean"tips_amount"?' in shown
    assert "cardmachines" in shown
    assert "322.87GBPtobepaid" in shown
    found = json.loads(misfit.run("--json").stdout)
    assert len(found["misfits"]) == 1
    assert len(found["sessions"]) == 12
    page = tmp_path / "preview.html"
    assert misfit.run("--html", str(page)).exit_code == 1
    assert "record.step" in page.read_text(encoding="utf-8")


def test_why_nothing_can_be_shown_is_told_with_its_lines(shared: Place, tmp_path: Path):
    text = (Path(__file__).parents[2] / "mappings" / "floreant.toml").read_text(encoding="utf-8")
    (tmp_path / "own.toml").write_text(text.replace('"k.create_date"', '"k.created"', 1), encoding="utf-8")
    shared.config.write_text(shared.config.read_text().replace('"floreant"', '"own.toml"'), encoding="utf-8")
    done = shared.run()
    assert done.exit_code == 2
    assert re.search(r"own\.toml:\d+:\d+: session\.created_at: .*created", done.stderr), done.stderr


@pytest.mark.parametrize("method", ["ListSessions", "RecordPayment"])
def test_explain_shows_what_it_can_of_a_mapping_that_does_not_fit(misfit: Place, method: str):
    done = CliRunner().invoke(main, ["explain", method, "--config", str(misfit.config), "--json"])
    assert done.exit_code == 1, done.output
    found = json.loads(done.stdout)
    assert len(found["misfits"]) == 1
    assert "tip_amount" in found["misfits"][0]
    assert len(found["statements"]) >= 1
    shown = " ".join(statement["sql"] for statement in found["statements"])
    assert "ticket" in shown
    assert ("tip_amount" in shown) is (method == "RecordPayment")
    # With a database there is a plan, which only sound statements have.
    assert bool(found["statements"][0]["plan"]) is (method == "ListSessions")


def test_nothing_is_read_that_no_card_machine_needs(shared: Place, monkeypatch: pytest.MonkeyPatch):
    heard: list[Event] = []

    class Telling(App):
        def __init__(self, config: Any, mapping: Any, emit: Any, **more: Any) -> None:
            super().__init__(
                config, mapping, lambda event: (heard.append(event), emit(event)), tell_statements=True, **more
            )

    monkeypatch.setattr(look, "App", Telling)
    shown = json.dumps(shared.json())
    statements = [event.sql for event in heard if isinstance(event, StatementRun)]
    assert any("users" in text for text in statements)
    assert not any("user_pass" in text or "*" in text.replace("* ", "") for text in statements)
    assert "pass" not in shown


def test_watching_goes_on_and_shows_changes(floreant: Place, tmp_path: Path):
    file = tmp_path / "preview.html"
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "adapter",
            "preview",
            "--config",
            str(floreant.config),
            "--html",
            str(file),
            "--watch",
            "1",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        assert until(lambda: file.exists() and "Check 5103" in file.read_text(encoding="utf-8"), process)
        assert 'http-equiv="refresh" content="1"' in file.read_text(encoding="utf-8")
        floreant.sql("UPDATE ticket SET voided = TRUE WHERE id = 5103")
        assert until(lambda: "Check 5103" not in file.read_text(encoding="utf-8"), process)
    finally:
        process.kill()
        process.communicate()


def until(holds: Callable[[], bool], process: subprocess.Popen[bytes]) -> bool:
    import time

    patience = time.monotonic() + 60
    while time.monotonic() < patience and process.poll() is None:
        if holds():
            return True
        time.sleep(0.1)
    return False
