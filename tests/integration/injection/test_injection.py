"""No text that a stranger sends is ever part of a statement: each of `payloads.json`, in every place that takes a text.

That it cannot be is shown by what the driver is given: the same statements for the worst value as for an innocent one.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import uuid
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from adapter.app import App
from adapter.config import Config
from adapter.events import DatabaseDown, Event
from adapter.mapping.load import load_mapping_text
from adapter.protocol.tables import wire
from adapter.protocol.tables.dialect import ERROR_CODES, tables_dialect
from adapter.store.drivers import driver_of
from tests.conftest import run_script
from tests.integration.recording.conftest import Place
from tests.integration.recording.elsewhere import PLACES

ENGINES = ("postgresql", "mariadb", "sqlite")
PAYLOADS: list[str] = [
    *itertools.chain.from_iterable(json.loads((Path(__file__).parent / "payloads.json").read_bytes()).values()),
    "'" * 20_000,
    "T" * 50_000,
    "\\" * 9_999 + "' OR 1=1 --",
]
INNOCENT = "T1"
SESSION = "0b0e3c64-2f0d-8b57-8f35-9a3b6d4b7c10"

SCHEMA = """
CREATE TABLE board (id int PRIMARY KEY, name varchar(100), state int);
CREATE TABLE staff (id varchar(64) PRIMARY KEY, name varchar(40));
CREATE TABLE chk (
    id varchar(15) PRIMARY KEY, name varchar(40), opened {moment}, total decimal(10,2), paid decimal(10,2) NOT NULL,
    board_id int, staff_id varchar(64), held_by varchar(10), held_terminal varchar(100), held_waiter varchar(100)
);
CREATE TABLE pay (
    id varchar(36) PRIMARY KEY, chk_id varchar(15), amount decimal(10,2), terminal varchar(100), waiter varchar(100),
    method varchar(100), scheme varchar(100), entry_mode varchar(100), auth_code varchar(100), acquirer_id varchar(100)
);
CREATE TABLE canary (id int PRIMARY KEY, word varchar(40));
INSERT INTO canary VALUES (1, 'sings');
INSERT INTO board VALUES (1, 'T1', 1), (2, 'T''2', 1);
INSERT INTO staff VALUES ('T1', 'One'), ('12', 'Twelve');
INSERT INTO chk VALUES ('One', 'One', '2026-01-10 12:00:00', 9000, 0, 1, 'T1', NULL, NULL, NULL);
INSERT INTO chk VALUES ('Two', 'Two', '2026-01-10 12:00:00', 20, 0, 2, '12', NULL, NULL, NULL);
"""

MAPPING = """
version = 1
epos    = "Texts everywhere"
sql     = "{sql}"
site    = { timezone = { default = "Europe/London" }, currency = { default = "GBP" } }

[table]
from       = "board t"
id         = "t.id"
name       = "t.name"
max_covers = "4"
status     = { column = "t.state", map = { 0 = "available", 1 = "occupied" } }

[session]
from       = "chk k LEFT JOIN staff w ON w.id = k.staff_id"
id         = { column = "k.id", form = "text" }
name       = "k.name"
created_at = "k.opened"
table      = "k.board_id"
waiter     = { id = "w.id", name = "w.name" }

[bill]
total = "k.total"
paid  = "k.paid"

[item]
from            = "JOIN chk i ON i.id = k.id"
id              = "i.id"
name            = "'Everything'"
amount_per_item = "i.total"

[lock]
free  = "k.held_by IS NULL"
ours  = "k.held_by IS NOT NULL"
set   = { held_by = "'card'", held_terminal = ":terminal", held_waiter = ":waiter" }
clear = { held_by = "NULL" }

[[record.step]]
insert = "pay"

[record.step.set]
id          = ":payment_id"
chk_id      = ":session_id"
amount      = ":amount"
terminal    = ":terminal"
waiter      = ":waiter"
method      = ":method"
scheme      = ":scheme"
entry_mode  = ":entry_mode"
auth_code   = ":auth_code"
acquirer_id = ":acquirer_id"

[[record.step]]
update = "chk"
where  = "id = :session_id"
set    = { paid = ":paid_after" }
"""


class Till(NamedTuple):
    """An adapter over a till, and the statements that its driver was given, in the order they were run."""

    place: Place
    asked: list[str]

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Ask much in one go."""
        self.place.runner.run(work)

    async def ask(self, method: str, requestor: Any = None, **params: Any) -> tuple[dict[str, Any], list[str]]:
        """What is answered, which must be a documented result or error, and the statements that it took."""
        self.asked.clear()
        request = {"jsonrpc": "2.0", "id": "1", "method": method, "params": {**params, "requestorInfo": requestor}}
        answer = await self.place.sent(request)
        assert answer.get("errorCode") in {None, *ERROR_CODES.values()}
        # What words a database has for its own mistakes must not be what a stranger reads.
        assert not re.search("SELECT|syntax|sqlite|psycopg|pymysql", answer.get("errorReason", ""), re.IGNORECASE)
        return answer, list(self.asked)


def machine(terminal: str | None = "T-1", waiter: str | None = None) -> dict[str, Any]:
    info = {"terminalId": terminal, "waiterId": waiter}
    return {"requestorType": "REQUESTOR_TYPE_CARD_MACHINE", "cardMachineRequestorInfo": info}


def as_id(text: str) -> str:
    """The id on the wire of a check whose key is this text, as far as a key can be as long."""
    key = int.from_bytes(text.encode(errors="replace")[:15].ljust(15, b"\0"), "big")
    number = 1 << 120 | key
    number = number >> 74 << 80 | 0x8 << 76 | (number >> 62 & 0xFFF) << 64 | 0b10 << 62 | number & ((1 << 62) - 1)
    return str(uuid.UUID(int=number))


BOUND: dict[str, Callable[[str], tuple[str, dict[str, Any]]]] = {
    "GetTable name": lambda text: ("GetTable", {"name": text}),
    "ListSessions tableNames": lambda text: ("ListSessions", {"tableNames": [text]}),
    "GetBillItems waiter": lambda text: ("GetBillItems", {"sessionId": as_id("Two"), "requestor": machine(text, text)}),
    "GetFullBill key": lambda text: ("GetFullBill", {"sessionId": as_id(text)}),
    "ListBillItems keys": lambda text: ("ListBillItems", {"sessionIds": [as_id(text)]}),
    "LockSession key": lambda text: ("LockSession", {"sessionId": as_id(text)}),
}
"""Texts that are compared with what is in the database."""

REFUSED: dict[str, Callable[[str], tuple[str, dict[str, Any]]]] = {
    "ListTables statuses": lambda text: ("ListTables", {"statuses": [text]}),
    "ListBillItems sessionIds": lambda text: ("ListBillItems", {"sessionIds": [text]}),
    **{
        f"{method} sessionId": lambda text, method=method: (method, {"sessionId": text})  # type: ignore[misc]
        for method in ("GetSession", "GetBillItems", "GetFullBill", "LockSession", "UnlockSession")
    },
    **{
        f"RecordPayment {name}": lambda text, name=name: ("RecordPayment", {"payment": payment(**{name: text})})  # type: ignore[misc]
        for name in ("id", "sessionId", "currency", "attemptedAt")
    },
}
"""Texts that must have a form, and are read before anybody asks the database."""


def payment(text: str = INNOCENT, **more: Any) -> dict[str, Any]:
    """A payment whose every free text is this one."""
    card = {"scheme": text, "last4PAN": text}
    info = {"authCode": text, "acquirerTransactionId": text, "entryMode": text, "card": card}
    details = {"method": text, "cardPresentPaymentStatus": text, "cardPresentPaymentInfo": info}
    return {
        "id": str(uuid.uuid4()),
        "sessionId": as_id("One"),
        "currency": "GBP",
        "baseAmount": 100,
        "paymentSuccessful": True,
        "attemptedAt": "2026-11-20T21:05:31Z",
        "waiterId": text,
        "methodDetails": details,
        **more,
    }


@pytest.fixture(scope="module", params=ENGINES)
def till(request: pytest.FixtureRequest) -> Iterator[Till]:
    engine = request.param
    url = request.getfixturevalue("new_database" if engine == "postgresql" else f"new_{engine}")()
    run_script(url, SCHEMA.replace("{moment}", "timestamp" if engine == "postgresql" else "datetime"))
    sql = {"mariadb": "mysql"}.get(engine, engine)
    mapping = MAPPING.replace("{sql}", sql)
    settings = {
        "mapping": "test.toml",
        "database": {"url": url, "pool_size": 1},
        "rules": {"finished_within_hours": 0, "waiter_check": "off"},
    }
    events: list[Event] = []
    with asyncio.Runner() as runner, pytest.MonkeyPatch.context() as patch:
        app = App(Config.model_validate(settings), load_mapping_text(mapping, "test.toml"), events.append)
        kind = PLACES.get(engine, Place)
        place = kind(url=url, app=app, runner=runner, mapping=mapping, events=events)
        runner.run(app.store.create_ledger())
        runner.run(app.store.bind())
        asked: list[str] = []
        listen(patch, engine, asked)
        yield Till(place, asked)
        place.close()


def listen(patch: pytest.MonkeyPatch, engine: str, asked: list[str]) -> None:
    """Note every statement as the driver is given it; on MariaDB also as it leaves for the server, without values."""
    driver = driver_of(engine)
    for name in ("run", "change"):
        real = getattr(driver, name)

        def noting(connection: Any, text: str, values: Sequence[Any], real: Any = real, **more: Any) -> Any:
            asked.append(text)
            return real(connection, text, values, **more)

        patch.setattr(driver, name, noting)
    if engine == "mariadb":
        import aiomysql

        query = aiomysql.Connection.query

        async def leaving(self: Any, sql: Any, *more: Any, **named: Any) -> Any:
            asked.append(without_values(sql if isinstance(sql, str) else sql.decode("utf-8", "surrogateescape")))
            return await query(self, sql, *more, **named)

        patch.setattr(aiomysql.Connection, "query", leaving)


def without_values(sql: str) -> str:
    """A statement as MariaDB reads it in our mode, with a mark in place of each text and number."""
    texts = re.sub(r"(?:_binary|N)?'(?:[^'\\]|\\.|'')*'", "''", sql, flags=re.DOTALL)
    return re.sub(r"\b\d[\d.e+-]*\b", "0", texts).replace("NULL", "''")


@pytest.mark.parametrize("where", BOUND)
def test_a_text_that_is_looked_for_is_a_value_and_never_a_part_of_the_statement(till: Till, where: str):
    async def ask() -> None:
        method, innocent = BOUND[where](INNOCENT)
        _, expected = await till.ask(method, **innocent)
        assert expected
        for text in PAYLOADS:
            answer, asked = await till.ask(method, **BOUND[where](text)[1])
            # Fewer, where no row of this database can be meant; never another.
            assert set(asked) <= set(expected), text[:40]
            # Nobody but who asks for the right thing gets anything.
            if where in ("GetTable name", "GetFullBill key", "LockSession key"):
                assert "errorCode" in answer, text[:40]
            if where == "ListSessions tableNames":
                assert answer == {"sessions": []}, text[:40]

    before = till.place.state()
    till.run(ask())
    assert till.place.state() == before
    assert not till.place.of(DatabaseDown)


def test_many_names_at_once_are_as_many_values(till: Till):
    async def ask() -> None:
        _, expected = await till.ask("ListSessions", tableNames=[f"N{number}" for number in range(len(PAYLOADS))])
        answer, asked = await till.ask("ListSessions", tableNames=PAYLOADS)
        assert answer == {"sessions": []}
        assert [text.count("(") for text in asked] == [text.count("(") for text in expected]
        answer, _ = await till.ask("ListSessions", tableNames=[*PAYLOADS, "T'2"])
        assert [session["name"] for session in answer["sessions"]] == ["Two"]

    before = till.place.state()
    till.run(ask())
    assert till.place.state() == before


@pytest.mark.parametrize("till", ["sqlite"], indirect=True)
def test_a_text_that_must_have_a_form_reaches_no_database(till: Till):
    async def ask() -> None:
        for make, text in itertools.product(REFUSED.values(), PAYLOADS):
            method, params = make(text)
            answer, asked = await till.ask(method, **params)
            assert answer["errorCode"] == "ERROR_PARSE_ERROR", (method, text[:40])
            assert asked == []

    till.run(ask())


def test_what_is_recorded_is_what_was_sent_and_nothing_else(till: Till):
    place, sent = till.place, {}

    async def pay(text: str) -> list[list[str]]:
        asked = []
        for method in ("LockSession", "RecordPayment", "UnlockSession"):
            params: dict[str, Any] = {"sessionId": as_id("One")}
            if method == "RecordPayment":
                params = {"payment": payment(text)}
                sent[params["payment"]["id"]] = text
            answer, statements = await till.ask(method, machine(text, text), **params)
            assert "errorCode" not in answer, (text[:40], answer, place.said())
            asked.append(statements)
        return asked

    async def ask() -> None:
        expected = await pay(INNOCENT)
        assert all(expected)
        # Where values travel apart from the statement they cannot become a part of it, and some of them are enough.
        for text in RECORDED if isinstance(place, PLACES["mariadb"]) else RECORDED[::4]:
            assert await pay(text) == expected, text[:40]

    before = place.state()
    till.run(ask())
    columns = "terminal, waiter, method, scheme, entry_mode, auth_code, acquirer_id"
    rows = place.sql(f"SELECT id, chk_id, amount, {columns} FROM pay")
    assert len(rows) == len(sent)
    for key, check, amount, terminal, *texts in rows:
        kept = as_kept(sent[key])
        assert (check, float(amount), terminal) == ("One", 1.0, kept)
        assert texts == [as_waiter(kept), *[kept] * 5]
    after = place.state()
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {name for name in after if name.endswith(("pay", "chk", "recorded_payment"))}
    assert after.keys() == before.keys()
    [(paid, terminal)] = place.sql("SELECT paid, held_terminal FROM chk WHERE id = 'One'")
    assert (float(paid), terminal) == (float(len(sent)), as_kept(list(sent.values())[-1]))
    assert [float(row[0]) for row in place.sql("SELECT paid FROM chk WHERE id = 'Two'")] == [0.0]


def as_kept(text: str) -> str | None:
    """What may be kept of an id that the provider sends: no more than 64 characters, all of which can be shown."""
    text = text.strip()
    return text if 0 < len(text) <= 64 and text.isprintable() else None


RECORDED = [text for text in PAYLOADS if as_kept(text) is not None] + [text for text in PAYLOADS if not as_kept(text)][
    ::8
]
"""All that is kept, and some of what is not: all of these are NULL."""


def as_waiter(text: str | None) -> str | None:
    return (text.lstrip("0") or "0") if text is not None and text.isascii() and text.isdigit() else text


def test_every_text_that_a_method_takes_is_tried():
    tried = {name.split()[1] for name in (*BOUND, *REFUSED) if name.split()[1] not in ("key", "keys", "waiter")}
    tried |= {"waiterId", "methodDetails"}  # in `payment`
    taken: set[str] = set()
    for route in tables_dialect().routes.values():
        structs = [msgspec.inspect.type_info(route.params.type)]
        while structs:
            struct = structs.pop()
            assert isinstance(struct, msgspec.inspect.StructType)
            for field in struct.fields:
                kinds = getattr(field.type, "types", (field.type,))
                structs += [kind for kind in kinds if isinstance(kind, msgspec.inspect.StructType)]
                if any(may_hold_text(kind) for kind in kinds):
                    taken.add(field.encode_name)
    assert taken - {"requestorInfo"} == tried
    inside = {field.encode_name for field in msgspec.structs.fields(wire.CardMachineParams)}
    assert inside == {"terminalId", "waiterId"}


def may_hold_text(kind: msgspec.inspect.Type) -> bool:
    if isinstance(kind, msgspec.inspect.ListType):
        return may_hold_text(kind.item_type)
    harmless = (
        msgspec.inspect.BoolType,
        msgspec.inspect.IntType,
        msgspec.inspect.NoneType,
        msgspec.inspect.StructType,
    )
    return not isinstance(kind, harmless)


def test_there_are_enough_payloads_and_each_is_another():
    assert len(PAYLOADS) >= 250
    assert len(set(PAYLOADS)) == len(PAYLOADS)


def test_a_text_that_would_leave_its_quotes_would_be_noticed():
    statement = "SELECT * FROM t WHERE a = '{}' AND b = 7"
    innocent = without_values(statement.format("T1"))
    assert without_values(statement.format(r"\' OR 1=1 --")) == innocent
    assert without_values(statement.format("'' OR 1=1 --")) == innocent
    for text in ("' OR '1'='1", "\\", "' --", r"\\' OR 1=1 --"):
        assert without_values(statement.format(text)) != innocent, text
