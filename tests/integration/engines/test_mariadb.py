"""What a till on MariaDB does that one on PostgreSQL does not: its types, its cases, its collations, its storages."""

from __future__ import annotations

import asyncio
import json
import socket
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from adapter.app import App
from adapter.config import Config
from adapter.events import BugFound, MappingUnfit, RecordingOff, RowSkipped
from adapter.mapping.load import load_mapping_text
from adapter.store.database import Database, Reader
from adapter.store.engines import DatabaseSettings, connect
from tests.conftest import mariadb

SCHEMA = """
CREATE TABLE pos_Tisch (
    nr tinyint unsigned NOT NULL, room smallint unsigned NOT NULL, label varchar(40) CHARACTER SET latin1, seats int unsigned,
    taken bit(1) NOT NULL DEFAULT b'0', PRIMARY KEY (room, nr)
);
CREATE TABLE pos_Check (
    shop tinyint unsigned NOT NULL, id int unsigned NOT NULL, label varchar(40) CHARACTER SET utf8mb4,
    room smallint unsigned, nr tinyint unsigned,
    opened timestamp NOT NULL DEFAULT '2026-07-10 12:00:00', closed datetime NULL,
    done tinyint(1) NOT NULL DEFAULT 0, total decimal(10,2), paid float NOT NULL DEFAULT 0, PRIMARY KEY (shop, id)
);
CREATE TABLE pos_line (
    id bigint unsigned PRIMARY KEY AUTO_INCREMENT, shop tinyint unsigned NOT NULL, check_id int unsigned NOT NULL,
    place int NULL, name varchar(60) CHARACTER SET latin1 COLLATE latin1_german1_ci, qty double, price decimal(15,4), void bit(1) NULL
);
CREATE TABLE pos_paid (
    id int unsigned PRIMARY KEY AUTO_INCREMENT, shop tinyint unsigned, check_id int unsigned, ref varchar(40),
    amount decimal(10,2), rate float, at datetime, at_utc timestamp NULL, ok bit(1), word varchar(40) CHARACTER SET latin1
);
CREATE TABLE pos_log (paid_id int, check_id int, number int);
CREATE TABLE pos_counter (name varchar(10) PRIMARY KEY, value int);
INSERT INTO pos_counter VALUES ('paid', 41);
INSERT INTO pos_Tisch VALUES (255, 65535, 'Gärten 1', 4, b'1'), (1, 1, '  Stube ', 2, b'0');
INSERT INTO pos_Check (shop, id, label, room, nr, done, total, paid) VALUES
    (200, 4294967295, '🍕 Ann''s \\\\ 100%', 65535, 255, 0, 34.35, 10.1), (200, 7, 'Zwei', 1, 1, 0, 20.00, 0),
    (200, 8, 'Fertig', NULL, NULL, 1, 5, 5);
INSERT INTO pos_line (shop, check_id, place, name, qty, price, void) VALUES
    (200, 4294967295, NULL, 'last: Käse', 1, 4.3500, NULL), (200, 4294967295, 2, 'Wein', 2, 10.0000, b'0'),
    (200, 4294967295, 1, 'Brot', 1, 10.0000, b'0'), (200, 4294967295, 1, 'no', 1, 99, b'1'),
    (200, 7, 1, 'Bier', 4, 5, b'0'), (200, 8, 1, 'Bier', 1, 5, b'0');
"""

MAPPING = """
version = 1
epos    = "Kasse"
sql     = "mysql"
prefix  = "pos_"

[site]
timezone = { default = "Europe/Berlin" }
currency = { default = "EUR" }

[columns.line]
void = { as = "flag", missing = false }

[columns.check]
done = { as = "flag" }

[table]
from       = "tisch T"
id         = ["T.room", "t.nr"]
name       = "t.label"
max_covers = "t.seats"
status     = { column = "t.taken", map = { 1 = "occupied", 0 = "available" } }

[session]
from        = "check k"
id          = ["k.shop", "k.id"]
name        = "CONCAT(k.label, ': ', k.id)"
created_at  = "k.opened"
finished    = "k.done"
finished_at = "k.closed"
table       = ["k.room", "k.nr"]

[bill]
total = "k.total"
paid  = "k.paid"

[item]
from            = "JOIN line i ON i.shop = k.shop AND i.check_id = k.id"
where           = "NOT i.void"
order           = ["i.place"]
id              = "i.id"
name            = "i.name"
quantity        = "i.qty"
amount_per_item = "i.price"
"""

RECORD = """
[[record.step]]
insert    = "paid"
returning = { number = "id" }
set = { shop = ":session_id_1", check_id = ":session_id_2", ref = ":payment_id", amount = ":amount", rate = ":amount", at = ":now", at_utc = ":now", ok = ":fully_paid", word = "'Käse 100% \\\\\\\\ ''q'''" }

[[record.step]]
update    = "counter"
where     = "name = 'paid'"
returning = { following = "value" }
set       = { value = "value + 1" }

[[record.step]]
insert = "log"
set = { paid_id = ":number", check_id = ":session_id_2", number = ":following" }

[[record.step]]
update = "check"
where  = "shop = :session_id_1 AND id = :session_id_2"
set    = { paid = ":paid_after", done = ":fully_paid" }
"""
FIRST, SECOND, DONE = ((200, 4294967295), (200, 7), (200, 8))


class Kasse:
    """The adapter over a till on MariaDB."""

    def __init__(self, url: str, runner: asyncio.Runner, mapping: str, **database: Any) -> None:
        self.url, self.runner, self.events = url, runner, []
        settings = {
            "mapping": "kasse.toml",
            "database": {"url": url, "pool_size": 3, **database},
            "rules": {"finished_within_hours": 0},
        }
        events: list[Any] = self.events
        self.app = App(Config.model_validate(settings), load_mapping_text(mapping, "kasse.toml"), events.append)

    def sql(self, text: str) -> list[tuple[Any, ...]]:
        return mariadb(self.url, text)

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

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    def payment(self, key: tuple[int, int], base: int, **more: Any) -> dict[str, Any]:
        return {
            "id": str(uuid.uuid4()),
            "sessionId": wire(key),
            "currency": "EUR",
            "baseAmount": base,
            "tipsAmount": 0,
            "cashbackAmount": 0,
            "paymentSuccessful": True,
            "attemptedAt": "2026-11-20T21:05:31.250Z",
            "methodDetails": {"method": "PAYMENT_METHOD_CARD_PRESENT"},
            **more,
        }


def wire(key: tuple[int, int]) -> str:
    """The id of a check on the wire: eight bits and a sign, 32 and a sign."""
    body = key[0] << 33 | key[1]
    payload = 2 << 120 | body
    number = (
        (payload >> 74) << 80 | 0x8 << 76 | ((payload >> 62) & 0xFFF) << 64 | 0b10 << 62 | payload & ((1 << 62) - 1)
    )
    return str(uuid.UUID(int=number))


@pytest.fixture
def kasse(new_mariadb: Callable[[], str], runner: asyncio.Runner) -> Iterator[Callable[..., Kasse]]:
    opened: list[Kasse] = []

    def open_(
        mapping: str = MAPPING + RECORD, *, sql: str = "", ledger: bool = True, url: str = "", **database: Any
    ) -> Kasse:
        if not url:
            url = new_mariadb()
            mariadb(url, SCHEMA + sql)
        found = Kasse(url, runner, mapping, **database)
        opened.append(found)
        if ledger:
            runner.run(found.app.store.create_ledger())
        return found

    yield open_
    for each in opened:
        runner.run(each.app.store.close())


def test_a_bill_is_read_right_whatever_its_types_and_character_sets(kasse: Callable[..., Kasse]):
    till = kasse()
    bill = till.ask("GetBillItems", sessionId=wire(FIRST))["billItems"]
    assert [(item["name"], item["quantity"], item["amountPerItem"]) for item in bill["items"]] == [
        ("Brot", 1, 1000),
        ("Wein", 2, 1000),
        ("last: Käse", 1, 435),  # NULL stands last
    ]
    assert (bill["totalAmount"], bill["paidAmount"]) == (3435, 1010)
    session = till.ask("GetSession", sessionId=wire(FIRST))["session"]
    assert session["name"] == "🍕 Ann's \\ 100%: 4294967295"
    assert session["tableName"] == "Gärten 1"
    assert not till.of(RowSkipped)


def test_a_timestamp_is_a_moment_and_a_datetime_is_what_the_clock_showed(kasse: Callable[..., Kasse]):
    till = kasse()
    till.sql(
        "SET time_zone = '+00:00'; UPDATE pos_Check SET opened = '2026-07-10 12:00:00', closed = '2026-07-10 14:00:00'"
    )
    session = till.ask("GetSession", sessionId=wire(DONE))["session"]
    assert session["createdAt"] == "2026-07-10T12:00:00.000Z"
    assert session["finishedAt"] == "2026-07-10T12:00:00.000Z"


def test_tables_are_found_by_names_in_another_character_set_and_by_flags_in_bits(kasse: Callable[..., Kasse]):
    till = kasse()
    listed = till.ask("ListTables")["tables"]
    assert {(table["name"], table["status"]) for table in listed} == {
        ("Gärten 1", "TABLE_STATUS_OCCUPIED"),
        ("Stube", "TABLE_STATUS_AVAILABLE"),
    }
    assert till.ask("GetTable", name="Gärten 1")["table"]["maxCovers"] == 4
    assert till.ask("GetTable", name="🍕")["errorCode"] == "TABLE_NO_SUCH_TABLE"
    assert till.ask("ListTables", statuses=["TABLE_STATUS_OCCUPIED"])["tables"] == [
        table for table in listed if table["status"] == "TABLE_STATUS_OCCUPIED"
    ]
    (at,) = till.ask("ListSessions", tableNames=["Gärten 1"])["sessions"]
    assert at["id"] == wire(FIRST)


def test_bills_of_composite_keys_are_exactly_those_that_were_asked_for(kasse: Callable[..., Kasse]):
    till = kasse(sql="INSERT INTO pos_Check (shop, id, label, total) VALUES (7, 200, 'other', 0), (7, 7, 'mixed', 0);")
    asked = [wire(SECOND), wire((7, 200))]
    found = till.ask("ListBillItems", sessionIds=asked)["billItems"]
    assert sorted(bill["sessionId"] for bill in found) == sorted(asked)


def test_sessions_are_filtered_as_they_are_read(kasse: Callable[..., Kasse]):
    till = kasse()
    for finished in (True, False):
        ids = [session["id"] for session in till.ask("ListSessions", isFinished=finished)["sessions"]]
        assert sorted(ids) == sorted([wire(DONE)] if finished else [wire(FIRST), wire(SECOND)])


def test_a_payment_is_written_with_its_keys_its_flags_and_its_times(kasse: Callable[..., Kasse]):
    till = kasse()
    sent = till.payment(SECOND, 2000)
    assert "billItems" in till.ask("LockSession", sessionId=wire(SECOND)), till.events
    assert till.ask("RecordPayment", payment=sent) == {}
    assert till.ask("RecordPayment", payment=sent)["errorCode"] == "PAYMENT_ALREADY_RECORDED"
    (row,) = till.sql(
        "SELECT shop, check_id, ref, amount, rate, ok = 1, word,"
        " ABS(TIMESTAMPDIFF(SECOND, at_utc, NOW())) < 60, ABS(TIMESTAMPDIFF(MINUTE, UTC_TIMESTAMP(), at)) IN (59, 60, 61, 119, 120, 121) FROM pos_paid"
    )
    assert row == (200, 7, sent["id"], 20, 20, 1, "Käse 100% \\ 'q'", 1, 1)
    assert till.sql("SELECT paid, done FROM pos_Check WHERE id = 7") == [(20, 1)]
    assert till.sql("SELECT l.paid_id = p.id, l.check_id, l.number FROM pos_log l, pos_paid p") == [(1, 7, 42)]
    assert till.sql("SELECT value FROM pos_counter") == [(42,)]
    assert till.sql("SELECT attempted_at FROM epos_adapter_recorded_payment")[0][0].microsecond == 250_000


def test_the_session_may_only_read_but_for_what_is_recorded(kasse: Callable[..., Kasse]):
    from adapter.errors import StoreError
    from adapter.mapping.plans import Plan

    till = kasse()
    plan = Plan(name="x", shown="", driver="UPDATE pos_Check SET total = 0", branches=())
    for _ in range(2):
        with pytest.raises(StoreError, match="1792"):
            till.runner.run(till.app.store._database.read(lambda reader: reader.rows(plan, {})))
        till.ask("LockSession", sessionId=wire(SECOND))
        till.ask("UnlockSession", sessionId=wire(SECOND))


def test_storages_that_cannot_undo_are_named_and_nothing_is_recorded(kasse: Callable[..., Kasse]):
    till = kasse(
        sql="ALTER TABLE pos_paid ENGINE = MyISAM; ALTER TABLE pos_log ENGINE = Aria; ALTER TABLE pos_line ENGINE = MyISAM;"
    )
    answer = till.ask("LockSession", sessionId=wire(SECOND))
    assert answer["errorCode"] == "ERROR_INTERNAL_POS_ERROR"
    (off,) = till.of(RecordingOff)
    for text in (answer["errorReason"], off.reason):
        assert "pos_paid (MyISAM)" in text
        assert "pos_log (Aria)" in text
        assert "pos_line" not in text  # it is only read
    assert "totalAmount" in till.ask("GetBillItems", sessionId=wire(SECOND))["billItems"]


def test_a_column_that_is_not_there_is_told_with_its_line_before_the_first_payment(kasse: Callable[..., Kasse]):
    till = kasse((MAPPING + RECORD).replace('"value + 1"', '"valeu + 1"'), ledger=False)
    assert till.ask("LockSession", sessionId=wire(SECOND))["errorCode"] == "ERROR_INTERNAL_POS_ERROR"
    assert [event.problem for event in till.of(MappingUnfit)]
    assert "valeu" in till.of(MappingUnfit)[0].problem


def test_values_of_a_changed_row_are_refused_where_the_change_hides_the_row(kasse: Callable[..., Kasse]):
    till = kasse((MAPPING + RECORD).replace("\"name = 'paid'\"", '"value = 41"'), ledger=False)
    till.ask("LockSession", sessionId=wire(SECOND))
    (unfit,) = till.of(MappingUnfit)
    assert "record.step[1].returning" in unfit.problem
    assert "lock = true" in unfit.problem


def test_an_update_reads_the_row_as_it_was(kasse: Callable[..., Kasse]):
    step = '[[record.step]]\nupdate = "counter"\nwhere = "name = \'paid\'"\nset = { value = "value + 1", name = "CONCAT(\'p\', value)" }\n'
    till = kasse(MAPPING + step)
    till.ask("LockSession", sessionId=wire(SECOND))
    assert till.ask("RecordPayment", payment=till.payment(SECOND, 2000)) == {}
    assert till.sql("SELECT name, value FROM pos_counter") == [("p41", 42)]


def test_a_text_that_a_column_cannot_hold_is_refused_and_nothing_is_written(kasse: Callable[..., Kasse]):
    step = '[[record.step]]\ninsert = "paid"\nset = { ref = ":payment_id", word = "\'🍕\'" }\n'
    till = kasse(MAPPING + step)
    till.ask("LockSession", sessionId=wire(SECOND))
    answer = till.ask("RecordPayment", payment=till.payment(SECOND, 2000))
    assert answer["errorCode"] == "PAYMENT_NOT_RECORDED"
    assert "step 1, insert paid (kasse.toml:" in answer["errorReason"]
    assert till.sql("SELECT COUNT(*) FROM epos_adapter_recorded_payment") == [(0,)]


@pytest.mark.parametrize("mode", ["ANSI_QUOTES", "NO_BACKSLASH_ESCAPES", "ANSI", "", "ORACLE"])
def test_the_servers_own_sql_mode_changes_nothing(kasse: Callable[..., Kasse], mode: str):
    till = kasse()
    # A mode of the whole server would be everybody's: one that is set before the adapter's own is the same to it.
    found = Kasse(f"{till.url}?init_command=SET+sql_mode%3D%27{mode}%27", till.runner, MAPPING + RECORD)
    try:
        session = found.ask("GetSession", sessionId=wire(FIRST))["session"]
        assert session["name"].startswith("🍕 Ann's \\ 100%")
        assert found.ask("GetTable", name="x\\'; DROP TABLE pos_paid; -- ")["errorCode"] == "TABLE_NO_SUCH_TABLE"
        found.ask("LockSession", sessionId=wire(SECOND))
        assert found.ask("RecordPayment", payment=found.payment(SECOND, 2000)) == {}
        assert found.sql("SELECT word FROM pos_paid") == [("Käse 100% \\ 'q'",)]
    finally:
        found.runner.run(found.app.store.close())


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="Linux alone can be told so")
def test_a_network_that_is_dead_is_noticed_long_before_the_system_would(mariadb_url: str):
    async def told() -> list[int]:
        database = Database(connect(DatabaseSettings(url=mariadb_url, statement_timeout=4)))
        names = (socket.TCP_USER_TIMEOUT, socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL)

        def ask(reader: Reader) -> list[int]:
            own = reader._connection.driver_connection._writer.get_extra_info("socket")
            assert own.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            return [own.getsockopt(socket.IPPROTO_TCP, name) for name in names]

        try:
            return await database.read(ask)
        finally:
            await database.close()

    assert asyncio.run(told()) == [8000, 4, 4]
