"""A restaurant of three tables for every test, a mapping that reads it, and somebody who asks.

A test adds rows (or changes the schema) by SQL and overrides keys of the mapping by TOML; the rest stays as it is here.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.engine import make_url

from adapter.app import App
from adapter.config import Config
from adapter.domain.orders import Order, OrderPage, OrderSearch
from adapter.domain.values import Table
from adapter.events import BugFound, Event, RowSkipped, StatementRun
from adapter.mapping.load import load_mapping_text

SCHEMA = """
CREATE TABLE board (
    id int PRIMARY KEY, name text, seats int, state int
);
CREATE TABLE chk (
    id int PRIMARY KEY,
    name text DEFAULT 'Check',
    opened timestamp DEFAULT '2026-01-10 12:00:00',
    closed timestamp,
    done boolean NOT NULL DEFAULT FALSE,
    board_id int,
    total numeric,
    paid numeric NOT NULL DEFAULT 0
);
CREATE TABLE line (
    id int PRIMARY KEY, check_id int NOT NULL, name text DEFAULT 'Thing', qty numeric DEFAULT 1, price numeric
);
"""

MAPPING = """
version = 1
epos    = "Three tables"
sql     = "postgresql"

[site]
timezone = { default = "Europe/London" }
currency = { default = "GBP" }

[table]
from       = "board t"
id         = "t.id"
name       = "t.name"
max_covers = { column = "t.seats", missing = 4 }
status     = { column = "t.state", map = { 0 = "available", 1 = "occupied" }, missing = "available" }

[session]
from        = "chk k"
id          = "k.id"
name        = "k.name"
created_at  = "k.opened"
finished    = "k.done"
finished_at = "k.closed"
table       = "k.board_id"

[bill]
total = "k.total"
paid  = "k.paid"

[item]
from            = "JOIN line l ON l.check_id = k.id"
key             = "l.id"
order           = ["l.id"]
id              = "l.id"
name            = "l.name"
quantity        = "l.qty"
amount_per_item = "l.price"
"""

_numbers = itertools.count(1)


@dataclass(kw_only=True)
class Restaurant:
    """An adapter over a database of its own, and everything it said."""

    url: str
    app: App
    runner: asyncio.Runner
    events: list[Event] = field(default_factory=list)

    def sql(self, text: str) -> list[Any]:
        """Run SQL in the restaurant's database, past the adapter."""
        with psycopg.connect(self.plain_url, autocommit=True) as connection:
            cursor = connection.execute(text)
            return cursor.fetchall() if cursor.description else []

    @property
    def plain_url(self) -> str:
        """The database's address as psycopg itself takes it."""
        return _plain(self.url)

    def ask(self, method: str, *, waiter: Any = None, **params: Any) -> dict[str, Any]:
        """The `result` of a request, which may be an error."""
        machine = {"terminalId": "1"} if waiter is None else {"terminalId": "1", "waiterId": waiter}
        requestor = {"requestorType": "REQUESTOR_TYPE_CARD_MACHINE", "cardMachineRequestorInfo": machine}
        request = {
            "jsonrpc": "2.0",
            "id": str(next(_numbers)),
            "method": method,
            "params": {**params, "requestorInfo": requestor},
        }
        return self.send(json.dumps(request).encode())

    def send(self, raw: bytes) -> dict[str, Any]:
        """The `result` of a request as it stands on the wire."""
        answer = self.runner.run(self.app.endpoint("test").handle(raw))
        assert answer is not None
        found: dict[str, Any] = json.loads(answer)["result"]
        return found

    def good(self, method: str, **params: Any) -> dict[str, Any]:
        """The `result` of a request that must not be an error."""
        found = self.ask(method, **params)
        assert "errorCode" not in found, "\n".join([str(found), *self.said()])
        return found

    def said(self) -> list[str]:
        """What the adapter said, for messages of failed tests."""
        return [str(event) for event in self.events if not isinstance(event, StatementRun)]

    def of(self, kind: type[Event]) -> list[Any]:
        """The events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def tables(self, **params: Any) -> dict[str, str]:
        """Status by table name, without the words that all of them begin with."""
        found = self.good("ListTables", **params)["tables"]
        return {table["name"]: table["status"].removeprefix("TABLE_STATUS_").lower() for table in found}

    def by_status(self) -> None:
        """Check that every filter by statuses gives exactly what filtering all tables gives."""
        everything = self.tables()
        words = ("available", "occupied", "pending_available", "not_in_use")
        for size in range(1, 5):
            for wanted in itertools.combinations(words, size):
                expected = {name: status for name, status in everything.items() if status in wanted}
                asked = [f"TABLE_STATUS_{word.upper()}" for word in wanted]
                assert self.tables(statuses=asked) == expected, wanted
        for name, status in everything.items():
            found = self.good("GetTable", name=name)["table"]
            assert (found["name"], found["status"].removeprefix("TABLE_STATUS_").lower()) == (name, status)

    def sessions(self, **params: Any) -> list[dict[str, Any]]:
        """The sessions of ListSessions."""
        found: list[dict[str, Any]] = self.good("ListSessions", **params)["sessions"]
        return found

    def names(self, **params: Any) -> list[str]:
        """The names of ListSessions."""
        return [session["name"] for session in self.sessions(**params)]

    def session(self, name: str) -> dict[str, Any]:
        """The session of this name as GetSession gives it."""
        return self.good("GetSession", sessionId=self.id_of(name))["session"]  # type: ignore[no-any-return]

    def id_of(self, name: str) -> str:
        """The id of the session of this name."""
        return next(str(session["id"]) for session in self.sessions() if session["name"] == name)

    def bill(self, name: str) -> dict[str, Any]:
        """The bill of the session of this name."""
        return self.good("GetBillItems", sessionId=self.id_of(name))["billItems"]  # type: ignore[no-any-return]

    def bills(self, **params: Any) -> list[dict[str, Any]]:
        """The bills of ListBillItems."""
        return self.good("ListBillItems", **params)["billItems"]  # type: ignore[no-any-return]

    def lines(self, name: str) -> list[tuple[Any, ...]]:
        """Quantity, name and amount of each line of a bill; the bill must add up."""
        bill = self.bill(name)
        items = bill["items"]
        total = sum(item["quantity"] * item["amountPerItem"] for item in items) + bill.get("serviceCharge", 0)
        assert total == bill["totalAmount"]
        return [(item["quantity"], item["name"], item["amountPerItem"]) for item in items]

    def page(self, **search: Any) -> OrderPage:
        """One page of orders."""
        found: OrderPage = self.runner.run(self.app.store.read(lambda book: book.orders(OrderSearch(**search))))
        return found

    def orders(self, **search: Any) -> list[Order]:
        """All orders of a search, page by page."""
        found: list[Order] = []
        after = None
        while True:
            page = self.page(**search, after=after)
            found += page.orders
            if page.after is None:
                return found
            after = page.after

    def order(self, name: str) -> Order:
        """The order of the session of this name."""
        session_id = UUID(self.id_of(name))
        found = self.runner.run(self.app.store.read(lambda book: book.order(session_id)))
        assert found is not None
        return found

    def floor(self) -> Sequence[Table]:
        """The tables with their ids and areas."""
        return self.runner.run(self.app.store.read(lambda book: book.floor()))

    def by_filters(self, *, tables: bool = False) -> None:
        """Check that filters by what finished and payable (and tables) mean give what filtering all sessions gives."""
        names = ("isFinished", "isPayable", "hasTable") if tables else ("isFinished", "isPayable")
        self._by_filters(names, with_tables=tables)

    def _by_filters(self, names: tuple[str, ...], *, with_tables: bool) -> None:
        everything = self.sessions()
        tables = sorted({session["tableName"] for session in everything if "tableName" in session})
        choices: list[list[str] | None] = [None]
        if with_tables:
            choices += [["no such table"], *([name] for name in tables), tables or None]
        at = {name: self.names_at(name) for name in tables} if with_tables else {}
        for values in itertools.product((None, True, False), repeat=len(names)):
            for asked in choices:
                params = {**dict(zip(names, values, strict=True)), "tableNames": asked}
                given = {name: value for name, value in params.items() if value is not None}
                expected = [
                    session["id"]
                    for session in everything
                    if params["isFinished"] in (None, "finishedAt" in session)
                    and params.get("hasTable") in (None, "tableName" in session)
                    and params["isPayable"] in (None, session["isPayable"])
                    and (asked is None or any(session["id"] in at.get(name, ()) for name in asked))
                ]
                assert [session["id"] for session in self.sessions(**given)] == expected, given
        for session in everything:
            assert self.good("GetSession", sessionId=session["id"])["session"] == session

    def names_at(self, table: str) -> set[str]:
        """Ids of the sessions at a table, by asking for it alone; each then names that table."""
        found = self.sessions(tableNames=[table])
        assert all(session["tableName"] == table for session in found)
        return {session["id"] for session in found}

    def healthy(self) -> None:
        """Check that nothing was a bug and no row was left out."""
        assert not self.of(BugFound)
        assert not self.of(RowSkipped)


Serve = Callable[..., Restaurant]


@pytest.fixture(scope="session")
def databases(new_database: Callable[..., str]) -> Callable[[list[str]], str]:
    """Gives a database with the schema above that is not among those in use; far cheaper than one for every test."""
    made: list[str] = []

    def free(used: list[str]) -> str:
        url = next((url for url in made if url not in used), None)
        if url is None:
            url = new_database()
            made.append(url)
        with psycopg.connect(_plain(url), autocommit=True) as connection:
            connection.execute("SET synchronous_commit = off; SET client_min_messages = warning")
            found = connection.execute(
                "SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'"
            )
            for (name,) in found.fetchall():
                connection.execute(f'DROP SCHEMA "{name}" CASCADE')
            connection.execute(f"CREATE SCHEMA public; {SCHEMA}")
        return url

    return free


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@pytest.fixture
def serve(databases: Callable[[list[str]], str]) -> Iterator[Serve]:
    """Opens a restaurant: its SQL, what its mapping says otherwise, what it leaves out, its configuration."""
    opened: list[Restaurant] = []

    def open_(
        sql: str = "",
        toml: str = "",
        *,
        without: tuple[str, ...] = (),
        site: dict[str, Any] | None = None,
        rules: dict[str, Any] | None = None,
        whole: str | None = None,
        url: str | None = None,
    ) -> Restaurant:
        url = url or databases([restaurant.url for restaurant in opened])
        merged = whole or written(merge(tomllib.loads(MAPPING), tomllib.loads(toml), without))
        config = Config.model_validate(
            {
                "mapping": "test.toml",
                "database": {"url": url, "pool_size": 2},
                "site": site or {},
                "rules": {"finished_within_hours": 0, **(rules or {})},
            }
        )
        events: list[Event] = []
        mapping = load_mapping_text(merged, "test.toml")
        app = App(config, mapping, events.append, tell_statements=True)
        restaurant = Restaurant(url=url, app=app, runner=asyncio.Runner(), events=events)
        opened.append(restaurant)
        if sql:
            restaurant.sql(sql)
        return restaurant

    yield open_
    for restaurant in opened:
        restaurant.runner.run(restaurant.app.store.close())
        restaurant.runner.close()


def merge(base: dict[str, Any], over: dict[str, Any], without: tuple[str, ...]) -> dict[str, Any]:
    """A mapping with keys of another laid over it; a field is replaced as a whole, a section key by key."""
    found: dict[str, Any] = {**base}
    for name, value in over.items():
        is_section = isinstance(value, dict) and name in ("site", "table", "session", "bill", "item")
        found[name] = {**base.get(name, {}), **value} if is_section else value
    for path in without:
        section, _, key = path.partition(".")
        found[section] = {name: value for name, value in found[section].items() if name != key}
    return found


def written(mapping: dict[str, Any]) -> str:
    """A mapping as TOML: single values first, then a section for each table."""
    plain = [f"{key} = {_value(value)}" for key, value in mapping.items() if not _is_section(value)]
    sections = [
        "\n".join([head, *(f"{_key(name)} = {_value(inner)}" for name, inner in one.items())])
        for key, value in mapping.items()
        if _is_section(value)
        for head, one in (
            [(f"[[{key}]]", each) for each in value] if isinstance(value, list) else [(f"[{key}]", value)]
        )
    ]
    return "\n\n".join(["\n".join(plain), *sections]) + "\n"


def _is_section(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


def _key(name: str) -> str:
    return name if name.replace("_", "").isascii() and name.replace("_", "").isalnum() else json.dumps(name)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(name)} = {_value(inner)}" for name, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
