"""Exactly once, on engines other than PostgreSQL: things break in the middle, and what was answered is what is there."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from adapter.app import App
from adapter.config import Config
from adapter.events import BugFound
from adapter.mapping.load import load_mapping_text
from adapter.store.drivers import driver_of
from tests.conftest import mariadb, run_script

SCHEMA = """
CREATE TABLE chk (id int PRIMARY KEY, name varchar(40), opened datetime, total decimal(10,2), paid decimal(10,2) NOT NULL, held_by varchar(20), held_at datetime);
CREATE TABLE pay (id varchar(36) PRIMARY KEY, chk_id int, amount decimal(10,2), twin int, FOREIGN KEY (twin) REFERENCES chk (id) {deferred});
CREATE TABLE counter (id int PRIMARY KEY, value int);
INSERT INTO chk VALUES (1, 'One', '2026-01-10 12:00:00', 50, 0, NULL, NULL), (2, 'Two', '2026-01-10 12:00:00', 20, 0, NULL, NULL);
INSERT INTO counter VALUES (1, 0);
"""

pymysql = pytest.importorskip("pymysql")

MAPPING = """
version = 1
epos    = "Two tables"
sql     = "{sql}"

[site]
timezone = { default = "Europe/London" }
currency = { default = "GBP" }
twin     = { type = "integer", default = 1 }

[table]
from       = "chk t"
where      = "t.id < 0"
id         = "t.id"
name       = "t.name"
max_covers = "4"
status     = { sql = "t.id > 0", map = { true = "occupied", false = "available" } }

[session]
from       = "chk k"
id         = "k.id"
name       = "k.name"
created_at = "k.opened"

[bill]
total = "k.total"
paid  = "k.paid"

[item]
from            = "JOIN chk i ON i.id = k.id"
id              = "i.id"
name            = "'Everything'"
amount_per_item = "i.total"

[[record.step]]
insert = "pay"
set = { id = ":payment_id", chk_id = ":session_id", amount = ":amount", twin = ":site.twin" }

[[record.step]]
update = "counter"
where  = "id = 1"
set    = { value = "value + 1" }

[[record.step]]
update = "chk"
where  = "id = :session_id"
set    = { paid = ":paid_after" }
"""

LOCK = """
[lock]
free  = "k.held_by IS NULL"
ours  = "k.held_by = 'card'"
set   = { held_by = "'card'", held_at = ":now" }
clear = { held_by = "NULL", held_at = "NULL" }
"""


class Till:
    """The adapter over a small till, and ways to break it."""

    def __init__(self, url: str, engine: str, runner: asyncio.Runner, toml: str = "", **more: Any) -> None:
        self.url, self.engine, self.runner = url, engine, runner
        self.events: list[Any] = []
        mapping = (MAPPING + toml).replace("{sql}", {"mariadb": "mysql"}.get(engine, engine))
        config = {
            "mapping": "small.toml",
            "database": {"url": url, "pool_size": 3, "lock_timeout": 1, "statement_timeout": 3},
            "rules": {"finished_within_hours": 0},
            **more,
        }
        self.app = App(
            Config.model_validate(config),
            load_mapping_text(mapping, "small.toml"),
            self.events.append,
            write_patience=6.0,
        )
        runner.run(self.app.store.create_ledger())

    @property
    def driver(self) -> Any:
        return driver_of("sqlite" if self.engine == "sqlite" else "mariadb")

    def sql(self, text: str) -> list[tuple[Any, ...]]:
        if self.engine == "mariadb":
            return mariadb(self.url, text)
        with closing(sqlite3.connect(str(make_url(self.url).database), isolation_level=None)) as connection:
            return connection.execute(text).fetchall()

    async def asked(self, method: str, **params: Any) -> dict[str, Any]:
        machine = {"requestorType": "REQUESTOR_TYPE_CARD_MACHINE", "cardMachineRequestorInfo": {"terminalId": "T"}}
        request = {"jsonrpc": "2.0", "id": "1", "method": method, "params": {**params, "requestorInfo": machine}}
        answer = await self.app.endpoint("test").handle(json.dumps(request).encode())
        assert answer is not None
        assert not [event for event in self.events if isinstance(event, BugFound)], self.events
        found: dict[str, Any] = json.loads(answer)["result"]
        return found

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        return dict(self.runner.run(self.asked(method, **params)))

    def lock(self, key: int = 1) -> None:
        found = self.ask("LockSession", sessionId=wire(key))
        assert "billItems" in found, (found, self.events)

    def written(self) -> tuple[int, int, int]:
        """How many payments there are in the ledger, in the till, and by its counter."""
        (ledger,) = self.sql("SELECT COUNT(*) FROM epos_adapter_recorded_payment")
        (pays,) = self.sql("SELECT COUNT(*) FROM pay")
        (counter,) = self.sql("SELECT value FROM counter")
        return ledger[0], pays[0], counter[0]


def wire(key: int) -> str:
    return str(uuid.UUID(int=0x8 << 76 | 0b10 << 62 | key))


def payment(base: int, key: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "sessionId": wire(key),
        "currency": "GBP",
        "baseAmount": base,
        "tipsAmount": 0,
        "cashbackAmount": 0,
        "paymentSuccessful": True,
        "attemptedAt": "2026-11-20T21:05:31.250Z",
        "methodDetails": {"method": "PAYMENT_METHOD_CARD_PRESENT"},
        **more,
    }


@pytest.fixture
def open_till(request: pytest.FixtureRequest, runner: asyncio.Runner) -> Iterator[Callable[..., Till]]:
    opened: list[Till] = []

    def open_(engine: str, *, url: str = "", **more: Any) -> Till:
        if not url:
            url = request.getfixturevalue(f"new_{engine}")()
            deferred = "DEFERRABLE INITIALLY DEFERRED" if engine == "sqlite" else ""
            run_script(url, SCHEMA.replace("{deferred}", deferred))
        till = Till(url, engine, runner, **more)
        opened.append(till)
        return till

    yield open_
    for till in opened:
        runner.run(till.app.store.close())


@pytest.fixture(params=["mariadb", "sqlite"])
def till(request: pytest.FixtureRequest, open_till: Callable[..., Till]) -> Till:
    return open_till(request.param)


def test_a_payment_is_recorded_once_however_often_it_is_sent_and_by_whom(till: Till, open_till: Callable[..., Till]):
    other = open_till(till.engine, url=till.url)
    till.lock()
    sent = payment(2000)

    async def race() -> list[dict[str, Any]]:
        return await asyncio.gather(
            *(one.asked("RecordPayment", payment=sent) for one in (till, other, till, other, till, other))
        )

    answers = till.runner.run(race())
    codes = sorted(answer.get("errorCode", "") for answer in answers)
    assert codes == ["", *["PAYMENT_ALREADY_RECORDED"] * 5]
    assert till.written() == (1, 1, 1)
    assert float(till.sql("SELECT paid FROM chk WHERE id = 1")[0][0]) == 20


def test_two_machines_never_hold_one_session(till: Till, open_till: Callable[..., Till]):
    other = open_till(till.engine, url=till.url)

    async def race() -> list[dict[str, Any]]:
        return await asyncio.gather(*(one.asked("LockSession", sessionId=wire(1)) for one in (till, other) * 4))

    answers = till.runner.run(race())
    assert sorted(answer.get("errorCode", "") for answer in answers) == ["", *["SESSION_ALREADY_LOCKED"] * 7]


def test_payments_of_one_check_follow_each_other_and_none_is_lost(till: Till, open_till: Callable[..., Till]):
    other = open_till(till.engine, url=till.url)
    till.lock()

    async def race() -> list[dict[str, Any]]:
        return await asyncio.gather(*(one.asked("RecordPayment", payment=payment(100)) for one in (till, other) * 5))

    assert till.runner.run(race()) == [{}] * 10
    assert till.written() == (10, 10, 10)
    assert float(till.sql("SELECT paid FROM chk WHERE id = 1")[0][0]) == 10


def test_a_commit_whose_answer_is_lost_is_found_and_not_run_twice(till: Till, monkeypatch: pytest.MonkeyPatch):
    till.lock()
    commit, lost = till.driver.commit, []

    def deaf(connection: Any, patience: float) -> None:
        commit(connection, patience)
        if not lost:
            lost.append(1)
            raise TimeoutError

    monkeypatch.setattr(till.driver, "commit", deaf)
    sent = payment(2000)
    assert till.ask("RecordPayment", payment=sent) == {}
    assert lost
    assert till.written() == (1, 1, 1)


def test_a_commit_that_never_arrives_is_run_again(till: Till, monkeypatch: pytest.MonkeyPatch):
    till.lock()
    commit, lost = till.driver.commit, []

    def cut(connection: Any, patience: float) -> None:
        if not lost:
            lost.append(1)
            raise TimeoutError
        commit(connection, patience)

    monkeypatch.setattr(till.driver, "commit", cut)
    assert till.ask("RecordPayment", payment=payment(2000)) == {}
    assert till.written() == (1, 1, 1)


def test_a_commit_that_sqlite_refuses_is_told_and_nothing_is_there(open_till: Callable[..., Till]):
    till = open_till("sqlite", site={"twin": 99})  # a deferred foreign key fails only now
    till.lock()
    answer = till.ask("RecordPayment", payment=payment(2000))
    assert answer["errorCode"] == "PAYMENT_NOT_RECORDED"
    assert till.written() == (0, 0, 0)
    till.sql("INSERT INTO chk VALUES (99, 'x', NULL, 0, 0, NULL, NULL)")
    assert till.ask("RecordPayment", payment=payment(2000)) == {}
    assert till.written() == (1, 1, 1)


def test_a_commit_that_mariadb_refuses_is_told_and_nothing_is_there(
    open_till: Callable[..., Till], monkeypatch: pytest.MonkeyPatch
):
    till = open_till("mariadb")
    till.lock()
    monkeypatch.setattr(till.driver, "_COMMIT", "SIGNAL SQLSTATE '45000'")
    answer = till.ask("RecordPayment", payment=payment(2000))
    assert answer["errorCode"] == "PAYMENT_NOT_RECORDED"
    assert till.written() == (0, 0, 0)
    monkeypatch.undo()
    assert till.ask("RecordPayment", payment=payment(2000)) == {}
    assert till.written() == (1, 1, 1)


def test_a_connection_that_is_killed_while_it_waits_is_replaced(open_till: Callable[..., Till]):
    till = open_till("mariadb")
    till.lock()
    holding = _holding(till)

    async def both() -> dict[str, Any]:
        paying = asyncio.ensure_future(till.asked("RecordPayment", payment=payment(2000)))
        await asyncio.sleep(0.3)
        assert await asyncio.to_thread(_kill, till, "FOR UPDATE")
        await asyncio.to_thread(holding.close)
        return await paying

    assert till.runner.run(both()) == {}
    assert till.written() == (1, 1, 1)


def test_connections_that_are_killed_at_any_moment_lose_nothing_and_double_nothing(open_till: Callable[..., Till]):
    till = open_till("mariadb")
    till.lock()
    killed: list[int] = []
    sent: list[dict[str, Any]] = []

    async def pay_until_some_are_killed() -> None:
        while len(killed) < 12:
            sent.append(payment(10))
            paying = asyncio.ensure_future(till.asked("RecordPayment", payment=sent[-1]))
            killed.append(await asyncio.to_thread(_kill, till, ""))
            answer = await paying
            if answer != {}:
                again = await till.asked("RecordPayment", payment=sent[-1])
                assert again == {} or again["errorCode"] == "PAYMENT_ALREADY_RECORDED", again

    till.runner.run(pay_until_some_are_killed())
    assert sum(killed) > 3
    assert till.written() == (len(sent), len(sent), len(sent))


def test_a_row_that_the_till_holds_is_waited_for_and_then_refused(till: Till):
    till.lock()
    with closing(_holding(till)):
        answer = till.ask("RecordPayment", payment=payment(2000))
        assert answer["errorCode"] == "ERROR_INTERNAL_POS_ERROR"
        assert "busy" in answer["errorReason"]
    assert till.written() == (0, 0, 0)
    assert till.ask("RecordPayment", payment=payment(2000)) == {}


def test_a_row_that_the_till_lets_go_in_time_costs_nothing_but_time(till: Till):
    till.lock()
    holding = _holding(till)
    threading.Timer(1.5, holding.close).start()
    assert till.ask("RecordPayment", payment=payment(2000)) == {}
    assert till.written() == (1, 1, 1)


def test_a_deadlock_is_run_again_as_a_whole(open_till: Callable[..., Till], monkeypatch: pytest.MonkeyPatch):
    till = open_till("mariadb")
    till.lock()
    begin, begun, refused = till.driver.begin, [], []
    monkeypatch.setattr(till.driver, "begin", lambda connection: (begun.append(1), begin(connection)))
    found = make_url(till.url)
    with closing(
        pymysql.connect(host=found.host, port=found.port or 3306, user=found.username, database=found.database)
    ) as other:
        cursor = other.cursor()
        cursor.execute("UPDATE counter SET value = value + 100")

        async def both() -> dict[str, Any]:
            paying = asyncio.ensure_future(till.asked("RecordPayment", payment=payment(2000)))
            await asyncio.sleep(0.4)  # it holds the check and waits for the counter
            refused.append(await asyncio.to_thread(_refused, cursor, "UPDATE chk SET name = 'till' WHERE id = 1"))
            await asyncio.to_thread(other.rollback)
            return await paying

        assert till.runner.run(both()) == {}
    assert refused == [1213] or len(begun) == 2  # one of the two was undone
    assert till.written() == (1, 1, 1)


def test_a_key_that_is_there_already_is_told_with_its_step(till: Till):
    till.lock()
    sent = payment(2000)
    till.sql(f"INSERT INTO pay VALUES ('{sent['id']}', 1, 1, 1)")
    answer = till.ask("RecordPayment", payment=sent)
    assert answer["errorCode"] == "PAYMENT_NOT_RECORDED"
    assert re.search(
        r"step 1, insert pay \(small.toml:\d+\) fails with (error 1062|SQLITE_CONSTRAINT_PRIMARYKEY)",
        answer["errorReason"],
    )
    assert till.written() == (0, 1, 0)


def test_an_update_that_changes_nothing_has_still_found_its_row(till: Till):
    till.lock()
    assert till.ask("RecordPayment", payment=payment(0)) == {}
    assert till.ask("RecordPayment", payment=payment(0)) == {}
    assert till.written() == (2, 2, 2)


def test_a_statement_that_takes_too_long_is_ended_by_the_database(till: Till):
    from adapter.errors import TooSlow
    from adapter.mapping.plans import Plan

    endless = {
        "mariadb": "SELECT SLEEP(20)",
        "sqlite": "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT COUNT(*) FROM n",
    }
    plan = Plan(name="x", shown="", driver=endless[till.engine], branches=())
    if till.engine == "mariadb":
        plan = Plan(
            name="x",
            shown="",
            driver="SELECT COUNT(*) FROM information_schema.columns a, information_schema.columns b, information_schema.columns c",
            branches=(),
        )
    with pytest.raises(TooSlow):
        till.runner.run(till.app.store._database.read(lambda reader: reader.rows(plan, {})))
    till.lock()


def test_a_question_whose_asker_goes_away_leaves_nothing_behind(till: Till):
    till.lock()

    async def given_up() -> None:
        for delay in (0.0, 0.001, 0.003, 0.01, 0.02, 0.05):
            task = asyncio.ensure_future(till.asked("GetBillItems", sessionId=wire(1)))
            await asyncio.sleep(delay)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    till.runner.run(given_up())
    assert till.ask("GetBillItems", sessionId=wire(1))["billItems"]["totalAmount"] == 5000
    assert till.ask("RecordPayment", payment=payment(2000)) == {}
    assert till.written() == (1, 1, 1)


def test_a_file_that_is_not_there_is_not_made(tmp_path: Any, runner: asyncio.Runner):
    from adapter.errors import DatabaseUnavailable
    from adapter.store.database import Database
    from adapter.store.engines import DatabaseSettings, connect

    file = tmp_path / "no such till.db"
    database = Database(connect(DatabaseSettings(url=f"sqlite:///{file.as_posix()}")))
    with pytest.raises(DatabaseUnavailable):
        runner.run(database.read(lambda reader: reader.rows(None, {})))  # type: ignore[arg-type]
    runner.run(database.close())
    assert not file.exists()


@pytest.mark.parametrize("engine", ["mariadb", "sqlite"])
def test_the_tills_own_lock_is_taken_and_respected(engine: str, open_till: Callable[..., Till]):
    till = open_till(engine, toml=LOCK)
    till.sql("UPDATE chk SET held_by = 'till' WHERE id = 2")
    assert till.ask("LockSession", sessionId=wire(2))["errorCode"] == "SESSION_ALREADY_LOCKED"
    till.lock()
    ((by, at),) = till.sql("SELECT held_by, held_at FROM chk WHERE id = 1")
    assert (by, at is not None) == ("card", True)
    assert till.ask("LockSession", sessionId=wire(1))["errorCode"] == "SESSION_ALREADY_LOCKED"
    assert till.ask("RecordPayment", payment=payment(2000)) == {}
    assert till.ask("UnlockSession", sessionId=wire(1)) == {}
    assert till.sql("SELECT held_by, held_at FROM chk WHERE id = 1") == [(None, None)]


def test_the_lists_of_locks_and_the_look_after_payments_work(till: Till):
    till.lock()
    assert till.ask("RecordPayment", payment=payment(2000)) == {}
    (row,) = till.runner.run(till.app.store.locks())
    assert row.payments == 1
    assert 0 <= row.seconds < 60
    assert str(row.session_id) == wire(1)
    ledger, database = till.app.store._ledger, till.app.store._database
    assert ledger is not None
    ((number, kept, _),) = till.runner.run(database.read(lambda reader: ledger.recent(reader, 60)))
    assert kept.base == 2000
    assert till.runner.run(database.read(lambda reader: ledger.recent(reader, 0))) == []
    assert till.runner.run(database.write(lambda writer: ledger.missing(writer, number)))
    assert not till.runner.run(database.write(lambda writer: ledger.missing(writer, number)))
    assert till.ask("UnlockSession", sessionId=wire(1)) == {}


def _holding(till: Till) -> Any:
    """Somebody who holds the check."""
    if till.engine == "sqlite":
        connection = sqlite3.connect(str(make_url(till.url).database), isolation_level=None, check_same_thread=False)
        connection.execute("BEGIN IMMEDIATE")
        return connection
    found = make_url(till.url)
    held = pymysql.connect(host=found.host, port=found.port or 3306, user=found.username, database=found.database)
    held.cursor().execute("SELECT 1 FROM chk WHERE id = 1 FOR UPDATE")
    return held


def _kill(till: Till, doing: str) -> int:
    """Kill the adapter's connections that are doing this; how many there were."""
    asked = "SELECT id, COALESCE(info, '') FROM information_schema.processlist WHERE db = %s"
    found = mariadb(till.url, asked, make_url(till.url).database)
    numbers = [number for number, info in found if doing in info and "processlist" not in info]
    for number in numbers:
        with suppress(pymysql.err.OperationalError):  # it has ended by itself
            mariadb(till.url, f"KILL {number}")
    return len(numbers)


def _refused(cursor: Any, sql: str) -> int:
    """The number with which a statement is refused; of two in a deadlock one is, and the database decides which."""
    try:
        cursor.execute(sql)
    except pymysql.err.OperationalError as error:
        return int(error.args[0])
    return 0
