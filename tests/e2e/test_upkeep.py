"""The commands for the manager and the installer: make the ledger, look at the locks, release one."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
from click.testing import CliRunner
from sqlalchemy.engine import make_url
from websockets.sync.client import connect

from adapter.cli import main

KEY = "0d5f3b1c-invented-key"
AUTHORIZATION = {"Authorization": "Basic bG9jYWw6MGQ1ZjNiMWMtaW52ZW50ZWQta2V5"}
PATIENCE = 20.0
CHECK = 5103
SESSION = str(uuid.UUID(int=0x8 << 76 | 0b10 << 62 | CHECK))
GONE = str(uuid.UUID(int=0x8 << 76 | 0b10 << 62 | 999))

LOCKED = (
    "INSERT INTO epos_adapter.session_lock (session_id, token, locked_at, terminal, waiter)"
    " VALUES (%s, gen_random_uuid(), clock_timestamp() - %s::interval, %s, '12')"
)


@pytest.fixture(scope="module")
def with_ledger(
    restaurant: Callable[[str], str], new_database: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The address of a restaurant that has a ledger."""
    url = new_database(restaurant("floreant"))
    made = Site(tmp_path_factory.mktemp("ledger"), url)
    made.write()
    made.good("ledger", "create")
    return url


@pytest.fixture
def site(tmp_path: Path, with_ledger: str) -> Any:
    """An installation whose ledger is empty."""
    found = Site(tmp_path, with_ledger)
    found.sql("TRUNCATE epos_adapter.session_lock, epos_adapter.recorded_payment, epos_adapter.released_lock")
    found.write()
    return found


@pytest.fixture
def new_site(tmp_path: Path, own_restaurant: Callable[[str], str]) -> Any:
    """An installation without a ledger."""
    found = Site(tmp_path, own_restaurant("floreant"))
    found.write()
    return found


class Done(NamedTuple):
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


class Site:
    """One installation: its configuration, its database, its commands."""

    def __init__(self, folder: Path, url: str) -> None:
        self.url = url
        self.config = folder / "config.toml"

    def write(self, more: str = "") -> None:
        self.config.write_text(
            f'mapping = "floreant"\n{more}\n[database]\nurl = "{self.url}"\n[[connection]]\nname = "local"\n'
            f'listen = "127.0.0.1:0"\naccount = "local"\napi_key = "{KEY}"\n',
            encoding="utf-8",
        )

    def process(self, *arguments: str) -> Done:
        """Run a command as a process of its own, which takes seconds on a busy machine."""
        done = subprocess.run(
            [sys.executable, "-m", "adapter", *arguments, "--config", str(self.config)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def run(self, *arguments: str) -> Done:
        """Run a command inside the tests' own process."""
        user = {"USER": "marguerite", "LOGNAME": "marguerite"}
        done = CliRunner(env=user).invoke(main, [*arguments, "--config", str(self.config)])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return Done(done.exit_code, done.stdout, done.stderr)

    def good(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def sql(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        address = make_url(self.url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as connection:
            cursor = connection.execute(text, values or None)
            return cursor.fetchall() if cursor.description else []

    def lock(self, session: str, age: str, terminal: str | None = "T-4") -> None:
        self.sql(LOCKED, session, age, terminal)


@contextmanager
def serving(site: Any) -> Iterator[Callable[..., dict[str, Any]]]:
    """The adapter as a process of its own, and a card machine that asks it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "adapter", "run", "--config", str(site.config)],
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert process.stderr is not None
    try:
        address = next(found[1] for line in process.stderr if (found := re.search(r'"address":\s*"([\d.:]+)"', line)))
        with connect(f"ws://{address}", additional_headers=AUTHORIZATION, compression=None) as ws:

            def ask(method: str, **params: Any) -> dict[str, Any]:
                machine = {"terminalId": "T-4", "waiterId": 12}
                params["requestorInfo"] = {
                    "requestorType": "REQUESTOR_TYPE_CARD_MACHINE",
                    "cardMachineRequestorInfo": machine,
                }
                ws.send(json.dumps({"jsonrpc": "2.0", "id": "1", "method": method, "params": params}))
                return dict(json.loads(ws.recv(timeout=PATIENCE))["result"])

            yield ask
    finally:
        process.kill()
        process.wait(timeout=PATIENCE)
        process.stderr.close()


def test_recording_waits_for_the_ledger_says_so_and_needs_no_restart_when_it_is_made(new_site: Any):
    payment = {
        "id": str(uuid.uuid4()),
        "sessionId": SESSION,
        "currency": "GBP",
        "baseAmount": 3764,
        "paymentSuccessful": True,
        "attemptedAt": "2026-11-20T21:05:31Z",
    }
    with serving(new_site) as ask:
        assert ask("GetSession", sessionId=SESSION)["session"]["name"] == "Check 5103"
        for method, params in (
            ("LockSession", {"sessionId": SESSION}),
            ("UnlockSession", {"sessionId": SESSION}),
            ("RecordPayment", {"payment": payment}),
        ):
            answer = ask(method, **params)
            assert answer["errorCode"] == "ERROR_INTERNAL_POS_ERROR"
            assert "ledger" in answer["errorReason"]
        assert new_site.process("ledger", "create").returncode == 0
        assert "billItems" in ask("LockSession", sessionId=SESSION)
        assert ask("RecordPayment", payment=payment) == {}
        assert ask("RecordPayment", payment=payment)["errorCode"] == "PAYMENT_ALREADY_RECORDED"
        (shown,) = json.loads(new_site.good("locks", "--json"))
        assert (shown["session"], shown["terminal"], shown["payments"]) == (SESSION, "T-4", 1)
        refused = new_site.run("unlock", str(CHECK), "--reason", "broken")
        assert (refused.returncode, refused.stdout) == (1, "")
        released = new_site.process("unlock", SESSION, "--reason", "broken", "--force")
        assert released.returncode == 0
        assert "T-4" in released.stdout
        assert ask("RecordPayment", payment=payment)["errorCode"] == "SESSION_NOT_LOCKED"
        assert "billItems" in ask("LockSession", sessionId=SESSION)
    assert new_site.sql("SELECT paid, settled FROM ticket WHERE id = %s", CHECK) == [(True, True)]


def test_a_dry_run_prints_the_sql_of_the_ledger_and_changes_nothing(new_site: Any):
    printed = new_site.good("ledger", "create", "--dry-run")
    assert new_site.sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'epos_adapter'") == [(0,)]
    new_site.sql(printed)
    names = "SELECT tablename FROM pg_tables WHERE schemaname = 'epos_adapter' ORDER BY 1"
    assert [name for (name,) in new_site.sql(names)] == [
        "dialing_lease",
        "ledger",
        "order_lock",
        "payment_intent",
        "recorded_payment",
        "released_lock",
        "session_lock",
    ]
    assert new_site.good("locks") == "Nothing is locked.\n"


def test_making_the_ledger_again_changes_nothing(new_site: Any):
    new_site.good("ledger", "create")
    new_site.lock(SESSION, "1 hour")
    everything = (
        "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'epos_adapter'"
        " UNION ALL SELECT session_id::text, terminal, locked_at::text FROM epos_adapter.session_lock"
        " UNION ALL SELECT 'version', version::text, created_at::text FROM epos_adapter.ledger ORDER BY 1, 2"
    )
    before = new_site.sql(everything)
    new_site.good("ledger", "create")
    assert new_site.sql(everything) == before


def test_the_ledger_is_made_where_the_configuration_says(new_site: Any):
    new_site.write('[ledger]\nschema = "pay_at_table"')
    assert "pay_at_table" in new_site.good("ledger", "create")
    assert new_site.sql("SELECT nspname FROM pg_namespace WHERE nspname IN ('epos_adapter', 'pay_at_table')") == [
        ("pay_at_table",)
    ]
    assert json.loads(new_site.good("locks", "--json")) == []


def test_the_locks_are_listed_with_the_oldest_first_and_those_whose_check_is_gone(site: Any):
    site.lock(SESSION, "10 minutes")
    site.lock(GONE, "2 hours", None)
    first, second = json.loads(site.good("locks", "--json"))
    assert (first["session"], first["check"], first["terminal"], first["payments"]) == (GONE, "", "", 0)
    assert (second["session"], second["check"], second["terminal"], second["waiter"]) == (
        SESSION,
        "Check 5103",
        "T-4",
        "12",
    )
    assert (round(first["minutes"]), round(second["minutes"])) == (120, 10)
    for_people = site.good("locks")
    assert for_people.index("gone") < for_people.index("Check 5103")


@pytest.mark.parametrize("named", [SESSION, SESSION.upper(), str(CHECK)], ids=["id", "upper case", "key"])
def test_an_old_lock_is_released_and_who_did_it_and_why_is_kept(site: Any, named: str):
    site.lock(SESSION, "6 minutes")
    done = site.run("unlock", named, "--reason", "terminal 4 was switched off")
    assert done.returncode == 0, done.stderr
    assert "T-4" in done.stdout
    assert "terminal 4 was switched off" in done.stderr
    assert site.sql("SELECT count(*) FROM epos_adapter.session_lock") == [(0,)]
    assert site.sql(
        "SELECT session_id::text, terminal, waiter, released_by, reason, released_at - locked_at > interval '6 minutes'"
        " FROM epos_adapter.released_lock"
    ) == [(SESSION, "T-4", "12", "marguerite", "terminal 4 was switched off", True)]
    again = site.run("unlock", named, "--reason", "again")
    assert (again.returncode, again.stdout) == (1, "")
    assert "not locked" in again.stderr


def test_a_young_lock_is_left_alone_unless_somebody_insists(site: Any):
    site.lock(SESSION, "4 minutes 30 seconds")
    done = site.run("unlock", SESSION, "--reason", "hurry")
    assert (done.returncode, done.stdout) == (1, "")
    assert "--force" in done.stderr
    assert "Traceback" not in done.stderr
    assert site.sql("SELECT count(*) FROM epos_adapter.session_lock") == [(1,)]
    assert site.sql("SELECT count(*) FROM epos_adapter.released_lock") == [(0,)]
    site.good("unlock", SESSION, "--reason", "hurry", "--by", "Tomasz", "--force")
    assert site.sql("SELECT released_by, reason FROM epos_adapter.released_lock") == [("Tomasz", "hurry")]


def test_the_lock_of_a_check_that_is_gone_can_be_released(site: Any):
    site.lock(GONE, "1 hour")
    site.good("unlock", GONE, "--reason", "paid at the till")
    assert site.sql("SELECT count(*) FROM epos_adapter.session_lock") == [(0,)]


@pytest.mark.parametrize("named", ["tuesday", GONE, "4711", "99999999999999999999999999999999999999999"])
def test_what_is_no_locked_session_is_said_in_a_sentence(site: Any, named: str):
    done = site.run("unlock", named, "--reason", "x")
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("epos-adapter: ")


@pytest.mark.parametrize("command", [("locks",), ("unlock", SESSION, "--reason", "x")], ids=["locks", "unlock"])
def test_without_a_ledger_the_commands_say_how_to_make_one(new_site: Any, command: tuple[str, ...]):
    done = new_site.run(*command)
    assert done.returncode == 1
    assert "ledger create" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_reason_is_needed(site: Any):
    done = site.run("unlock", SESSION)
    assert done.returncode == 2
    assert "--reason" in done.stderr


def test_a_database_that_is_not_there_is_said_in_a_sentence(new_site: Any):
    new_site.url = "postgresql://nobody:pass-word-in-url@127.0.0.1:1/nothing"
    new_site.write()
    done = new_site.run("locks")
    assert (done.returncode, done.stdout) == (1, "")
    assert "cannot be reached" in done.stderr
    assert "pass-word-in-url" not in done.stderr
