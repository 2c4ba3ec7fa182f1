"""An adapter that records payments in a database of its own, somebody who asks it, and SQL that looks past it."""

from __future__ import annotations

import asyncio
import itertools
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from sqlalchemy.engine import make_url

from adapter.app import App
from adapter.config import Config
from adapter.events import BugFound, Event, MappingUnfit, StatementRun
from adapter.mapping.load import load_mapping_text
from tests.epos_data import judged

MAPPINGS = Path(__file__).parents[3] / "mappings"

SMALL_SCHEMA = """
CREATE TABLE chk (
    id int PRIMARY KEY,
    name text NOT NULL DEFAULT 'Check',
    opened timestamp NOT NULL DEFAULT '2026-01-10 12:00:00',
    total numeric(10,2),
    paid numeric(10,2) NOT NULL DEFAULT 0,
    note text NOT NULL DEFAULT ''
);
CREATE TABLE pay (
    id serial PRIMARY KEY, chk_id int, ref varchar(40), amount numeric(10,2), tip numeric(10,2)
);
INSERT INTO chk (id, name, total) VALUES (1, 'One', 50), (2, 'Two', 20);
"""

SMALL_MAPPING = """
version = 1
epos    = "Two tables"
sql     = "postgresql"

[site]
timezone = { default = "Europe/London" }
currency = { default = "GBP" }

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
"""

PAY = """
[[record.step]]
insert = "pay"
set = { chk_id = ":session_id", ref = ":payment_id", amount = ":amount", tip = ":tip" }

[[record.step]]
update = "chk"
where  = "id = :session_id"
set    = { paid = ":paid_after" }
"""

_numbers = itertools.count(1)


@dataclass(kw_only=True)
class Place:
    """An adapter over a database, and everything it said."""

    url: str
    app: App
    runner: asyncio.Runner
    mapping: str
    """Its mapping's text."""
    events: list[Event] = field(default_factory=list)

    @cached_property
    def connection(self) -> psycopg.Connection[Any]:
        """A way to the database past the adapter; kept, since opening one takes longer than most questions."""
        return psycopg.connect(
            self.plain_url, autocommit=True, options="-c timezone=UTC -c client_min_messages=warning"
        )

    def sql(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run SQL in the database, past the adapter."""
        cursor = self.connection.execute(text, values or None)
        return cursor.fetchall() if cursor.description else []

    @property
    def plain_url(self) -> str:
        """The database's address as psycopg itself takes it."""
        return _plain(self.url)

    def row(self, text: str, *values: Any) -> dict[str, Any]:
        """The only row of a SELECT."""
        with self.connection.cursor(row_factory=dict_row) as cursor:
            (found,) = cursor.execute(text, values or None).fetchall()
            return found

    def state(self) -> dict[str, list[str]]:
        """Every row of every table, ours included: equal when nothing was written."""
        names = self.sql(
            "SELECT schemaname, tablename FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema', 'saved') ORDER BY 1, 2"
        )
        return {
            f"{schema}.{table}": sorted(str(row) for row in self.sql(f'SELECT t.* FROM "{schema}"."{table}" t'))
            for schema, table in names
        }

    def ledger(self, table: str) -> str:
        """The name of a table of ours."""
        return f"epos_adapter.{table}"

    def close(self) -> None:
        """End every connection to the database."""
        self.runner.run(self.app.store.close())
        self.connection.close()

    @staticmethod
    def id(key: int | uuid.UUID | str) -> str:
        """The id on the wire of a check with a whole number for a key."""
        return str(uuid.UUID(int=0x8 << 76 | 0b10 << 62 | key) if isinstance(key, int) else key)

    def payment(self, key: int | str, base: int, **more: Any) -> dict[str, Any]:
        """A payment as the provider reports it, with everything in it."""
        info = {
            "authCode": "A1B2C3",
            "entryMode": "ENTRY_MODE_CONTACTLESS",
            "acquirerTransactionId": "acq-77",
            "card": {"scheme": "CARD_SCHEME_VISA", "last4PAN": "0004"},
        }
        return {
            "id": str(uuid.uuid4()),
            "sessionId": self.id(key),
            "currency": "GBP",
            "baseAmount": base,
            "tipsAmount": 0,
            "cashbackAmount": 0,
            "paymentSuccessful": True,
            "attemptedAt": "2026-11-20T21:05:31.250Z",
            "methodDetails": {
                "method": "PAYMENT_METHOD_CARD_PRESENT",
                "cardPresentPaymentStatus": "CARD_PRESENT_PAYMENT_STATUS_SUCCESSFUL",
                "cardPresentPaymentInfo": info,
            },
            **more,
        }

    def with_card(self, key: int | str, base: int, **info: Any) -> dict[str, Any]:
        """A payment of which something stands differently in what is said of the card."""
        sent = self.payment(key, base)
        sent["methodDetails"]["cardPresentPaymentInfo"].update(info)
        return sent

    async def asked(self, method: str, *, waiter: Any = None, terminal: str = "T-1", **params: Any) -> dict[str, Any]:
        """The `result` of a request, which may be an error; to be awaited among others."""
        machine = {"terminalId": terminal} | ({} if waiter is None else {"waiterId": waiter})
        requestor = {"requestorType": "REQUESTOR_TYPE_CARD_MACHINE", "cardMachineRequestorInfo": machine}
        params["requestorInfo"] = requestor
        return await self.sent({"jsonrpc": "2.0", "id": str(next(_numbers)), "method": method, "params": params})

    async def sent(self, request: dict[str, Any]) -> dict[str, Any]:
        """The `result` of a request as it stands on the wire."""
        answer = await self.app.endpoint("test").handle(json.dumps(request).encode())
        assert answer is not None
        found: dict[str, Any] = json.loads(answer)["result"]
        assert BugFound not in map(type, self.events), self.said()
        return found

    def send(self, request: dict[str, Any]) -> dict[str, Any]:
        """The `result` of a request as it stands on the wire."""
        return self.runner.run(self.sent(request))

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """The `result` of a request, which may be an error."""
        return self.runner.run(self.asked(method, **params))

    async def ordered(self, method: str, *, headers: dict[str, Any] | None = None, **params: Any) -> dict[str, Any]:
        """The answer to a request of the EPOS Data API, its `error` or `result` and all; to be awaited among others."""
        sent = {**params, "headers": {"deviceId": "tm_sandbox_1"} if headers is None else headers}
        request = {"jsonrpc": "2.0", "id": str(next(_numbers)), "method": method, "params": sent}
        answer = await self.app.endpoint("orders", "epos-data").handle(json.dumps(request).encode())
        assert BugFound not in map(type, self.events), self.said()
        assert answer is not None, self.said()
        return judged(request, answer)

    def order(self, method: str, **params: Any) -> Any:
        """The `result` of a request of the EPOS Data API, which must be answered."""
        answer = self.runner.run(self.ordered(method, **params))
        assert "result" in answer, "\n".join([str(answer), *self.said()])
        return answer["result"]

    def order_refused(self, method: str, error_type: str, **params: Any) -> str:
        """Ask what must be refused with this error, and change no row; gives the reason."""
        before = self.state()
        answer = self.runner.run(self.ordered(method, **params))
        assert answer.get("error", {}).get("errorType") == error_type, (answer, self.said())
        assert self.state() == before
        reason: str = answer["error"]["debugMessage"]
        return reason

    def lock(self, key: int | str, **more: Any) -> dict[str, Any]:
        """Lock a session; gives its bill."""
        found = self.ask("LockSession", sessionId=self.id(key), **more)
        assert "billItems" in found, "\n".join([str(found), *self.said()])
        bill: dict[str, Any] = found["billItems"]
        return bill

    def unlock(self, key: int | str, **more: Any) -> None:
        """Unlock a session."""
        assert self.ask("UnlockSession", sessionId=self.id(key), **more) == {}

    def record(self, payment: dict[str, Any], **more: Any) -> dict[str, Any]:
        """The answer to RecordPayment."""
        return self.ask("RecordPayment", payment=payment, **more)

    def pay(self, key: int | str, base: int, **more: Any) -> dict[str, Any]:
        """Record a payment that must be taken; gives what was sent."""
        sent = self.payment(key, base, **more)
        found = self.record(sent)
        assert found == {}, (found, self.said())
        return sent

    def lock_and_pay(self, key: int | str, base: int, **more: Any) -> dict[str, Any]:
        """Lock, record, unlock, as a card machine does."""
        self.lock(key)
        sent = self.pay(key, base, **more)
        self.unlock(key)
        return sent

    def refused(self, method: str, code: str, **params: Any) -> str:
        """Ask what must be refused with this code, and change no row; gives the reason."""
        before = self.state()
        found = self.ask(method, **params)
        assert found.get("errorCode") == code, (found, self.said())
        assert self.state() == before
        reason: str = found["errorReason"]
        return reason

    def said(self) -> list[str]:
        """What the adapter said, for messages of failed tests."""
        return [str(event) for event in self.events if not isinstance(event, StatementRun)]

    def of(self, kind: type[Event]) -> list[Any]:
        """The events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def misfits(self) -> list[str]:
        """What does not fit the database, after something was asked that needs the mapping."""
        found = self.ask("LockSession", sessionId=self.id(1))
        assert found.get("errorCode") == "ERROR_INTERNAL_POS_ERROR", found
        return [event.problem for event in self.of(MappingUnfit)]


Open = Callable[..., Place]
Small = Callable[..., Place]


@pytest.fixture(scope="session")
def runner() -> Iterator[asyncio.Runner]:
    """One event loop for every adapter, so that several can race."""
    with asyncio.Runner() as made:
        yield made


@pytest.fixture(scope="module")
def opened(runner: asyncio.Runner) -> Iterator[Open]:
    """Opens an adapter over a database by the text of a mapping; it is closed after the module."""
    places: list[Place] = []

    def open_(url: str, mapping: str, *, file: str = "test.toml", ledger: bool = True, **config: Any) -> Place:
        settings = {
            "mapping": file,
            "database": {"url": url, "pool_size": 4},
            "ledger": {"use": ledger},
            **config,
        }
        settings["rules"] = {"finished_within_hours": 0, **settings.get("rules", {})}
        events: list[Event] = []
        app = App(Config.model_validate(settings), load_mapping_text(mapping, file), events.append)
        place = Place(url=url, app=app, runner=runner, mapping=mapping, events=events)
        places.append(place)
        if ledger:
            runner.run(app.store.create_ledger())
        return place

    yield open_
    for place in places:
        place.close()


@pytest.fixture(scope="module")
def another(opened: Open) -> Callable[..., Place]:
    """Opens a further adapter of a shipped mapping over a database."""

    def open_(url: str, name: str, **config: Any) -> Place:
        return opened(url, (MAPPINGS / f"{name}.toml").read_text(encoding="utf-8"), file=f"{name}.toml", **config)

    return open_


@pytest.fixture(scope="module")
def shared(opened: Open, restaurant: Callable[[str], str], new_database: Callable[..., str]) -> Callable[[str], Place]:
    """Gives one adapter for all tests of a module, on an evening that begins anew each time it is asked for."""
    places: dict[str, Place] = {}

    def begin(name: str) -> Place:
        if name not in places:
            url = new_database(restaurant(name))
            mapping = (MAPPINGS / f"{name}.toml").read_text(encoding="utf-8")
            places[name] = opened(url, mapping, file=f"{name}.toml")
            _each_table(places[name], "CREATE SCHEMA saved;", "CREATE TABLE saved.{0} AS TABLE public.{0};")
        place = places[name]
        _each_table(
            place,
            "SET session_replication_role = replica;"
            "TRUNCATE epos_adapter.session_lock, epos_adapter.recorded_payment, epos_adapter.released_lock, epos_adapter.order_lock, epos_adapter.payment_intent;",
            "DELETE FROM public.{0}; INSERT INTO public.{0} TABLE saved.{0};",
            "RESET session_replication_role;",
        )
        place.events.clear()
        return place

    return begin


@pytest.fixture
def small(opened: Open, new_database: Callable[..., str], free: list[str]) -> Iterator[Small]:
    """Opens a restaurant of two tables: further SQL, and the rest of its mapping, which records as `PAY` unless told."""
    used: list[str] = []
    places: list[Place] = []

    def open_(
        sql: str = "", toml: str = PAY, *, edits: tuple[tuple[str, str], ...] = (), url: str = "", **more: Any
    ) -> Place:
        found = url or next((one for one in free if one not in used), "")
        if not found:
            found = new_database()
            free.append(found)
        used.append(found)
        mapping = SMALL_MAPPING + toml
        for old, new in edits:
            assert old in mapping
            mapping = mapping.replace(old, new, 1)
        if not url:
            with psycopg.connect(_plain(found), autocommit=True) as connection:
                connection.execute(
                    "SET client_min_messages = warning; DROP SCHEMA IF EXISTS public, epos_adapter CASCADE; "
                    f"CREATE SCHEMA public; {SMALL_SCHEMA}; {sql}"
                )
        place = opened(found, mapping, **more)
        places.append(place)
        return place

    yield open_
    for place in places:
        place.close()


@pytest.fixture(scope="session")
def free() -> list[str]:
    """Databases that may be used again; far cheaper than one for every test."""
    return []


@pytest.fixture
def pay_steps() -> str:
    """The steps of the small restaurant when a test adds to them."""
    return PAY


def _each_table(place: Place, before: str, each: str, after: str = "") -> None:
    names = [name for (name,) in place.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    place.sql(before + " ".join(each.format(f'"{name}"') for name in names) + after)


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
