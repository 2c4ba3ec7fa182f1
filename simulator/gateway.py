"""Stands in for the provider's gateway: holds the sockets, sends requests, matches answers by id.

Knows nothing of tables and bills: methods and parameters are whatever the caller says.

    async with Gateway({"demoacct0001": "the-api-key"}) as gateway:
        ...                                             # an adapter dials gateway.url
        await gateway.connected("demoacct0001")
        exchange = await gateway.ask("demoacct0001", "ListTables", {...})
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import itertools
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any, Self

from websockets.asyncio.client import connect
from websockets.asyncio.connection import Connection
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import InvalidHandshake, InvalidStatus, InvalidURI
from websockets.frames import CloseCode
from websockets.http11 import Request, Response

from simulator.accounts import Account, check, secrets, who
from simulator.addresses import joined
from simulator.dialect import Dialect
from simulator.errors import GatewayError, NoAnswer, NotConnected, SimulatorError, UnknownAccount
from simulator.explaining import Explaining
from simulator.faults import RUBBISH, Faults, WrongFault
from simulator.journal import Frame, Journal
from simulator.judging import Judge, NoJudge
from simulator.link import Exchange, Link
from simulator.orders.capabilities import Registry
from simulator.orders.dialect import OrdersDialect
from simulator.orders.judge import OrdersJudge
from simulator.process import Process
from simulator.tables.dialect import TablesDialect
from simulator.tables.judge import TablesJudge

__all__ = [
    "Account",
    "Exchange",
    "Frame",
    "Gateway",
    "GatewayError",
    "Link",
    "NoAnswer",
    "NotConnected",
    "UnknownAccount",
    "local_gateway",
]

REPLACED = "another connection for this account"
LARGEST = 64 * 1024 * 1024
"""Bytes of the largest frame that is taken."""
_REDIAL = 1.0
"""Seconds between attempts to reach an adapter that listens."""
_SILENT = logging.Logger("websockets", logging.CRITICAL + 1)  # noqa: LOG001 - unregistered: it would show keys

DIALECTS: Mapping[str, Dialect] = {each.name: each for each in (TablesDialect(), OrdersDialect())}
JUDGES: Mapping[str, Callable[[], Judge]] = {"tables": TablesJudge, "epos-data": OrdersJudge}
JUDGES_OF_MODIFIERS_APART: Mapping[str, Callable[[], Judge]] = {
    **JUDGES,
    "tables": partial(TablesJudge, modifiers_in_item_price=False),
}
"""For an adapter whose price of an item does not hold its modifiers: the documentation leaves that open."""


class Gateway:
    """The provider's gateway on this computer: adapters dial `url`, and the last to connect has the account."""

    def __init__(
        self,
        accounts: Mapping[str, str | Account],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        dial: Sequence[tuple[str, str]] = (),
        dialects: Mapping[str, Dialect] = DIALECTS,
        judges: Mapping[str, Callable[[], Judge]] = JUDGES,
        adapter: str | int | None = None,
    ) -> None:
        """`accounts` holds the API key of each account name; port 0 takes any that is free.

        `dial` holds address and account name of adapters that listen. `judges` makes the judge of an account,
        by the name of its dialect. `adapter` is the command that starts the adapter, or the id of its process, so that it
        can be killed.
        Raises UnknownAccount for an account that is dialled and not there, SimulatorError for an unknown dialect or a key
        that is none of it.
        """
        self.accounts = {
            name: account if isinstance(account, Account) else Account(account) for name, account in accounts.items()
        }
        check(self.accounts, dialects)
        self._dialects = dialects
        self._judges = {name: judges.get(account.dialect, NoJudge)() for name, account in self.accounts.items()}
        self._host = host
        self._port = port
        self._dial = [(url, name) for url, name in dial if self._known(name)]
        self._server: Server | None = None
        self._dialling: list[asyncio.Task[None]] = []
        self._links: dict[str, Link] = {}
        self._numbers = itertools.count(1)
        self._arrived = {account: asyncio.Event() for account in self.accounts}
        self.journal = Journal(secrets=secrets(self.accounts))
        self.registry = Registry()
        """What the EPOS of each account says that it offers."""
        self.explaining: Explaining | None = None
        """Whom the SQL of a request is asked of, where somebody tells it."""
        self._process = Process(adapter, self.journal)
        self.faults = Faults(self.journal, self._process, lambda account: self.link(account).break_off())
        """What goes wrong on purpose."""

    async def __aenter__(self) -> Self:
        try:
            self._server = await serve(
                self._serve,
                self._host,
                self._port,
                process_request=self._check,
                compression=None,
                server_header=None,
                max_size=LARGEST,
                logger=_SILENT,
            )
        except OSError as problem:
            raise cannot_listen(problem, self._host, self._port) from None
        self._port = self._server.sockets[0].getsockname()[1]
        try:
            self._process.start()
        except SimulatorError:
            self._server.close()
            await self._server.wait_closed()
            raise
        self._dialling = [asyncio.create_task(self._keep_dialling(url, account)) for url, account in self._dial]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._process.stop()
        for task in self._dialling:
            task.cancel()
        await asyncio.gather(*self._dialling, return_exceptions=True)
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        self.journal.close()

    @property
    def url(self) -> str:
        """Where an adapter of the Tables API dials; the port is known once the gateway is entered."""
        return self.url_of("tables")

    def url_of(self, dialect: str) -> str:
        """Where an adapter dials that speaks this dialect."""
        return f"ws://{joined(self._host, self._port)}{self._dialects[dialect].path}"

    @property
    def restarts(self) -> bool:
        """Whether the adapter's process was started here, so that it comes back after it was killed."""
        return self._process.is_started_here

    @property
    def live(self) -> frozenset[str]:
        """The accounts for which an adapter is connected now."""
        return frozenset(self._links)

    @property
    def links(self) -> Mapping[str, Link]:
        """The connection of each account that has one."""
        return self._links

    @property
    def dialled(self) -> Mapping[str, str]:
        """The addresses that are dialled, by account."""
        return {account: url for url, account in self._dial}

    @property
    def frames(self) -> list[Frame]:
        """All frames that are remembered."""
        return self.journal.frames

    def dialect(self, name: str) -> Dialect:
        """The protocol of this name."""
        return self._dialects[name]

    def dialect_of(self, account: str) -> Dialect:
        """What is spoken with this account. Raises UnknownAccount."""
        return self._dialects[self._known(account).dialect]

    async def connected(self, account: str, *, timeout: float = 5.0) -> Link:  # noqa: ASYNC109 - reads as one sentence
        """Wait until an adapter is connected for this account, and return its link.

        Raises UnknownAccount or NotConnected.
        """
        self._known(account)
        try:
            async with asyncio.timeout(timeout):
                await self._arrived[account].wait()
        except TimeoutError:
            raise NotConnected(
                f"no adapter connected for {account} within {timeout:g} s", hint=self.journal.last_refusal(account)
            ) from None
        return self.link(account)

    async def ask(
        self,
        account: str,
        method: str,
        params: Mapping[str, Any],
        *,
        timeout: float = 5.0,  # noqa: ASYNC109 - passed on
        identity: str | None = None,
    ) -> Exchange:
        """Ask the adapter of this account, and return its answer with what is known of it.

        Raises UnknownAccount, NotConnected, NotRegistered or NoAnswer.
        """
        link = self.link(account)
        self.registry.check(account, method, params)
        return await link.ask(method, params, timeout=timeout, identity=identity)

    async def request(
        self,
        account: str,
        method: str,
        params: Mapping[str, Any],
        *,
        timeout: float = 5.0,  # noqa: ASYNC109 - passed on
    ) -> Mapping[str, Any]:
        """Ask the adapter of this account, and return the whole response object; raises what `ask` raises."""
        return await self.link(account).request(method, params, timeout=timeout)

    async def notify(self, account: str, method: str, params: Mapping[str, Any]) -> None:
        """Tell the adapter of this account something that it must not answer."""
        await self.link(account).notify(method, params)

    async def send_raw(self, account: str, data: str | bytes, *, text: bool | None = None) -> Frame:
        """Send the adapter of this account anything, well-formed or not."""
        return await self.link(account).send_raw(data, text=text)

    async def send_rubbish(self, account: str, what: str = "not-json") -> Frame:
        """Send one of the frames that are no requests, by its name in RUBBISH. Raises WrongFault for any other."""
        if what not in RUBBISH:
            raise WrongFault(f"there is no rubbish {what}", hint=f"known: {', '.join(RUBBISH)}")
        return await self.link(account).send_rubbish(what)

    async def next_frame(self, account: str, *, timeout: float = 5.0) -> str | bytes:  # noqa: ASYNC109 - passed on
        """Wait for a frame of this account's adapter that answers no request that is waited for."""
        return await self.link(account).next_frame(timeout=timeout)

    async def disconnect(self, account: str, code: int = CloseCode.GOING_AWAY, reason: str = "") -> None:
        """Close the connection of this account."""
        await self.link(account).close(code, reason)

    def link(self, account: str) -> Link:
        """The connection of this account. Raises UnknownAccount or NotConnected."""
        self._known(account)
        link = self._links.get(account)
        if link is None:
            raise NotConnected(f"no adapter is connected for {account}")
        return link

    def _known(self, account: str) -> Account:
        found = self.accounts.get(account)
        if found is None:
            raise UnknownAccount(f"there is no account {account}", hint=f"known: {', '.join(self.accounts)}")
        return found

    def _check(self, ws: ServerConnection, request: Request) -> Response | None:
        path = request.path.partition("?")[0]
        dialect = next((each for each in self._dialects.values() if each.path == path), None)
        if dialect is None:
            return ws.respond(HTTPStatus.NOT_FOUND, "nothing here\n")
        account, wrong = who(request.headers.get_all, self.accounts, dialect)
        if account is None:
            self.journal.add_note("refused", wrong)
            return ws.respond(HTTPStatus.UNAUTHORIZED, "who are you?\n")
        ws.username = account
        return None

    async def _serve(self, ws: ServerConnection) -> None:
        await self._hold(ws, ws.username, "an adapter dialled in")

    async def _hold(self, ws: Connection, account: str, how: str) -> None:
        """Have an adapter's connection until it closes; the one that had the account before is closed."""
        link = Link(
            ws,
            account,
            self.dialect_of(account),
            self._judges[account],
            self.journal,
            next(self._numbers),
            self.faults,
        )
        older = self._links.get(account)
        self._links[account] = link
        self.journal.add_note("connected", how, account=account, link=link.number)
        self._arrived[account].set()
        try:
            async with asyncio.TaskGroup() as tasks:
                if older is not None:
                    tasks.create_task(older.close(CloseCode.POLICY_VIOLATION, REPLACED))
                await link.read()
        finally:
            if self._links.get(account) is link:
                del self._links[account]
                self._arrived[account].clear()
            self.journal.add_note("left", _farewell(ws), account=account, link=link.number)

    async def _keep_dialling(self, url: str, account: str) -> None:
        told = ""
        while True:
            try:
                async with _dialled(
                    url, self.dialect_of(account).authorization(account, self.accounts[account].key)
                ) as ws:
                    told = ""
                    await self._hold(ws, account, f"dialled {url}")
            except (OSError, TimeoutError, InvalidHandshake, InvalidURI) as problem:
                reason = _why_not(problem)
                if reason != told:
                    told = reason
                    self.journal.add_note("unreachable", f"{url}: {reason}", account=account)
            await asyncio.sleep(_REDIAL)


@contextlib.asynccontextmanager
async def local_gateway(url: str, account: str, key: str) -> AsyncIterator[Link]:
    """Be the provider's gateway on the restaurant's own network, which dials an adapter that listens, once."""
    dialect = TablesDialect()
    async with _dialled(url, dialect.authorization(account, key)) as ws:
        link = Link(ws, account, dialect, NoJudge(), Journal(secrets=secrets({account: Account(key)})), 1)
        reading = asyncio.create_task(link.read())
        try:
            yield link
        finally:
            await link.close(CloseCode.NORMAL_CLOSURE)
            await reading


def cannot_listen(problem: OSError, host: str, port: int) -> SimulatorError:
    """Why an address cannot be listened on, in words."""
    place = joined(host, port)
    if problem.errno == errno.EADDRINUSE:
        return SimulatorError(f"another program already listens on {place}", hint="stop it, or choose another port")
    kind = errno.errorcode.get(problem.errno or 0, type(problem).__name__)
    return SimulatorError(f"cannot listen on {place} ({kind})", hint="is this an address of this computer?")


def _dialled(url: str, authorization: str) -> connect:
    return connect(
        url,
        additional_headers={"Authorization": authorization},
        compression=None,
        proxy=None,
        max_size=LARGEST,
        logger=_SILENT,
    )


def _why_not(problem: Exception) -> str:
    if isinstance(problem, InvalidStatus):
        return f"the adapter answered {problem.response.status_code}: is the key the one that it expects?"
    if isinstance(problem, InvalidURI):
        return "this is no address of a WebSocket; it begins with ws:// or wss://"
    if isinstance(problem, TimeoutError):
        return "nobody answered in time"
    if isinstance(problem, ConnectionRefusedError):
        return "nobody listens there"
    return type(problem).__name__


def _farewell(ws: Connection) -> str:
    if ws.close_code is None or ws.close_code == CloseCode.ABNORMAL_CLOSURE:
        return "the connection broke without a goodbye"
    return f"closed with {ws.close_code}" + (f": {ws.close_reason}" if ws.close_reason else "")
