"""Two adapters on one database, and what may go wrong between them and it, at a chosen statement of a chosen request.

Connections are really cut: the socket of the driver's connection is closed, before or after the server has its COMMIT.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.util import await_only

from adapter.app import App
from adapter.config import Config
from adapter.events import BugFound, Event
from adapter.mapping.load import Mapping
from adapter.store.drivers import postgresql as driver
from tests.property.recording_model import (
    CREATE,
    DELETE,
    DONE,
    EXTEND,
    INTERNAL,
    LOCK,
    PAY,
    SILENCE,
    UNEXPECTED,
    Request,
    Run,
    Sent,
)

ORDERS = frozenset({CREATE, EXTEND, DELETE, PAY})
"""The methods of the EPOS Data API."""
FAILED = frozenset({INTERNAL, UNEXPECTED, SILENCE})
"""What is answered where the database does not."""
COMMIT_PATIENCE = 30.0
"""Seconds; a COMMIT that reaches the server is waited for, however slow the machine is."""


class At(Enum):
    """Where the connection is cut."""

    STATEMENT = "before a statement"
    UNSENT = "before COMMIT, which never reaches the server"
    COMMITTED = "after the server has said that it committed"
    UNREAD = "after COMMIT was sent, with its answer unread"


class Then(Enum):
    """What happens next."""

    AGAIN = "another connection can be had"
    AWAY = "no connection holds any more until the request has been answered"
    KILLED = "the adapter dies too, and another takes its place"
    GONE = "nothing was cut at all, but whoever asked has gone away"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that goes wrong."""

    at: At
    then: Then = Then.AGAIN
    statement: int = 0
    """Before which one, where `at` says so; BEGIN is 0. A request that has fewer is left alone."""


class Flight:
    """One request on its way, and what goes wrong with it: one fault after the other, each in a run of its own."""

    def __init__(self, request: Request, replica: int, faults: Sequence[Fault] = (), *, waits: bool = False) -> None:
        """`waits`: what follows on a COMMIT that was not heard of comes after everybody else is done."""
        self.request = request
        self.replica = replica
        self.cut: list[int] = []
        """Server processes whose connections were cut."""
        self.runs: list[Run] = []
        self.reached: Fault | None = None
        """The last fault that it came to."""
        self.reason = ""
        """Why it was refused, in the adapter's words."""
        self.is_impatient = False
        """Whether its adapter may give up, which no other does within the time of a test."""
        self.task: asyncio.Task[Any] | None = None
        """What runs the transaction, once it has been stopped."""
        self.stopped = asyncio.Event()
        self.others_done = asyncio.Event()
        self._faults = deque(faults)
        self._go_on = asyncio.Event()
        self._waits = waits
        self._statement = 0
        self.dies: Callable[[], None] = lambda: None
        """Has its adapter do nothing more, as a process that was killed."""

    def begin(self, connection: PoolProxiedConnection) -> None:
        self._statement = 0
        if self._waits and self.runs:
            await_only(self.others_done.wait())
        self.statement(connection)

    def statement(self, connection: PoolProxiedConnection) -> None:
        if self.reached is not None and self.reached.then is Then.AWAY:
            self._cut(connection)
        elif self._faults and (self._faults[0].at, self._faults[0].statement) == (At.STATEMENT, self._statement):
            self._happens(connection)
        self._statement += 1

    def commit(self, connection: PoolProxiedConnection) -> None:
        fault = self._faults[0] if self._faults and self._faults[0].at is not At.STATEMENT else None
        if fault is None:
            _commit(connection, COMMIT_PATIENCE)
            return
        if fault.then is Then.GONE:
            self._happens(connection)
            _commit(connection, COMMIT_PATIENCE)
            return
        if fault.at is At.COMMITTED:
            _commit(connection, COMMIT_PATIENCE)
        elif fault.at is At.UNREAD:
            _send(connection, b"COMMIT")
        self.runs.append(Run.UNDONE if fault.at is At.UNSENT else Run.UNHEARD)
        self._happens(connection)
        raise psycopg.OperationalError("the connection was cut")

    def _happens(self, connection: PoolProxiedConnection) -> None:
        self.reached = fault = self._faults.popleft()
        if fault.then is not Then.GONE:
            self._cut(connection)
        if fault.then in (Then.GONE, Then.KILLED):
            self.task = asyncio.current_task()
            self.stopped.set()
            await_only(self._go_on.wait())

    def _cut(self, connection: PoolProxiedConnection) -> None:
        driver: Any = connection.driver_connection
        self.cut.append(driver.pgconn.backend_pid)
        driver.pgconn.finish()

    async def fly(self, handle: Callable[[bytes], Any]) -> Sent:
        """Send it, and tell what was seen of it."""
        asking = asyncio.create_task(self._ask(handle))
        stopping = asyncio.create_task(self.stopped.wait())
        await asyncio.wait({asking, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if self.task is None or self.reached is None:
            answer = await asking
            has_given_up = self.is_impatient and self.reached is not None and answer in FAILED
            return self._sent(answer, ends=not has_given_up)
        if self.reached.then is Then.KILLED:
            self.dies()
        asking.cancel()
        if self.reached.then is Then.KILLED:
            self.task.cancel()
        else:
            for _ in range(3):  # until the adapter has noticed
                await asyncio.sleep(0)
            self._go_on.set()
        await asyncio.wait({asking, self.task})
        # A lock that nobody hears of is given up, unless it is being committed, and so is a payment that would be given
        # back; anything else is finished.
        is_given_up = self.request.method in (LOCK, CREATE, PAY) and self.reached.at is At.STATEMENT
        return self._sent(None, ends=self.reached.then is Then.GONE and not is_given_up)

    def _sent(self, answer: str | None, *, ends: bool) -> Sent:
        last: tuple[Run, ...] = (Run.LAST,) if ends else ()
        if self.request.method in (LOCK, CREATE) and self.reached is not None and self.reached.then is Then.GONE:
            last += (Run.GIVEN_BACK,)
        return Sent(request=self.request, runs=(*self.runs, *last), answer=answer)

    async def _ask(self, handle: Callable[[bytes], Any]) -> str:
        _flight.set(self)
        answer = await handle(frame(self.request))
        if answer is None:
            return SILENCE
        told = json.loads(answer)
        if "error" in told:
            self.reason = told["error"]["debugMessage"]
            return str(told["error"]["errorType"])
        result = told["result"]
        if "paidAmount" in result:
            return f"order of {result['totalAmount']['value']}, {result['paidAmount']['value']} paid"
        if "errorCode" in result:
            self.reason = result["errorReason"]
            return str(result["errorCode"])
        bill = result.get("billItems")
        return f"bill of {bill['totalAmount']}, {bill['paidAmount']} paid" if bill else DONE


_flight: ContextVar[Flight | None] = ContextVar("flight", default=None)
_begin, _commit, _run, _change = driver.begin, driver.commit, driver.run, driver.change


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every statement of a flight pass by it; those of nobody's are left alone."""

    def begin(connection: PoolProxiedConnection) -> None:
        if flight := _flight.get():
            flight.begin(connection)
        _begin(connection)

    def commit(connection: PoolProxiedConnection, patience: float) -> None:
        if flight := _flight.get():
            flight.commit(connection)
        else:
            _commit(connection, patience)

    def passing(real: Callable[..., Any]) -> Callable[..., Any]:
        def statement(connection: PoolProxiedConnection, *rest: Any, **more: Any) -> Any:
            if flight := _flight.get():
                flight.statement(connection)
            return real(connection, *rest, **more)

        return statement

    monkeypatch.setattr(driver, "begin", begin)
    monkeypatch.setattr(driver, "commit", commit)
    monkeypatch.setattr(driver, "run", passing(_run))
    monkeypatch.setattr(driver, "change", passing(_change))


class Replicas:
    """Two adapters with pools of their own on one database."""

    def __init__(self, config: Config, mapping: Mapping, *, binds_anew: bool) -> None:
        """Unless `binds_anew`, an adapter that takes another's place is given its bound mapping.

        Binding takes a quarter of a second, reads the same schema every time, and writes nothing.
        """
        self._config = config
        self._mapping = mapping
        self._binds_anew = binds_anew
        self._bound: Any = None
        self._apps: list[App] = []
        self.bugs: list[BugFound] = []

    async def start(self) -> None:
        self._apps = [await self._new() for _ in range(2)]

    async def close(self) -> None:
        for app in self._apps:
            await app.store.close()

    async def send(self, flights: Sequence[Flight]) -> list[Sent]:
        """Send requests at the same time, and wait until nothing of any of them runs any more."""
        first, *others = [asyncio.ensure_future(self._send(flight)) for flight in flights]
        if others:
            await asyncio.wait(others)
        flights[0].others_done.set()
        return [await first, *[await other for other in others]]

    async def _send(self, flight: Flight) -> Sent:
        app = self._apps[flight.replica]
        flight.dies = lambda: setattr(app.store, "write_later", lambda _unit: None)
        protocol = "epos-data" if flight.request.method in ORDERS else "tables"
        sent = await flight.fly(app.endpoint(protocol, protocol).handle)
        if app.store._later:
            await asyncio.wait(app.store._later)
        if flight.reached is not None and flight.reached.then is Then.KILLED:
            await app.store.close()
            self._apps[flight.replica] = await self._new()
        return sent

    async def sweep(self) -> None:
        """Have both release what has ended, at the same time."""
        await asyncio.gather(*[app._serving.service.free_expired_locks() for app in self._apps])

    async def _new(self) -> App:
        app = App(self._config, self._mapping, self._listen)
        if self._bound is None or self._binds_anew:
            await app.store.create_ledger()
            self._bound = await app.store.bind()
        else:
            app.store._bound, app.store._recording = self._bound, True
        return app

    def _listen(self, event: Event) -> None:
        if isinstance(event, BugFound):
            self.bugs.append(event)

    async def send_impatiently(self, flight: Flight, patience: float) -> Sent:
        """Send a request to an adapter that tries again for so many seconds only."""
        database = self._apps[flight.replica].store._database
        usual, database._write_patience = database._write_patience, patience
        flight.is_impatient = True
        try:
            (sent,) = await self.send([flight])
        finally:
            database._write_patience = usual
        return sent


def session_id(check: int) -> str:
    """The id under which a check is asked for."""
    return str(UUID(int=0x8 << 76 | 0b10 << 62 | check))


def frame(request: Request) -> bytes:
    """A request as it comes over the wire."""
    params = _order_params(request) if request.method in ORDERS else _table_params(request)
    return json.dumps({"jsonrpc": "2.0", "id": request.terminal, "method": request.method, "params": params}).encode()


def _order_params(request: Request) -> dict[str, Any]:
    params: dict[str, Any] = {"orderId": session_id(request.check), "headers": {"deviceId": request.terminal}}
    if request.lock_id:
        params["lockId"] = request.lock_id
    if request.minutes:
        params["expiry"] = (datetime.now(UTC) + timedelta(minutes=request.minutes)).isoformat()
    if request.payment is not None:
        params["paymentIntentId"] = request.intent
        for name, value in (("paidAmount", request.payment.base), ("tipsAmount", request.payment.tips)):
            params[name] = {"value": value, "currencyCode": "GBP"}
    return params


def _table_params(request: Request) -> dict[str, Any]:
    params: dict[str, Any] = {
        "requestorInfo": {
            "requestorType": "REQUESTOR_TYPE_CARD_MACHINE",
            "cardMachineRequestorInfo": {"terminalId": request.terminal},
        }
    }
    payment = request.payment
    if payment is None:
        params["sessionId"] = session_id(request.check)
    else:
        params["payment"] = {
            "id": str(payment.id),
            "sessionId": session_id(payment.check),
            "currency": "GBP",
            "baseAmount": payment.base,
            "tipsAmount": payment.tips,
            "cashbackAmount": payment.cashback,
            "paymentSuccessful": payment.successful,
            "attemptedAt": payment.attempted_at.isoformat(),
        }
    return params


def _send(connection: PoolProxiedConnection, sql: bytes) -> None:
    """Hand a statement to the operating system and read nothing."""
    driver: Any = connection.driver_connection
    driver.pgconn.send_query(sql)
    while driver.pgconn.flush():
        pass
