"""Puts the simulator together: the gateway that adapters dial, and the HTTP port that people and programs use.

async with Simulator({"demoacct0001": "the-api-key"}) as simulator:
    ...                                             # an adapter dials simulator.gateway.url
    await simulator.gateway.connected("demoacct0001")
    exchange = await simulator.gateway.ask("demoacct0001", "ListTables", {...})
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Self

from starlette.routing import BaseRoute

from simulator.accounts import Account
from simulator.addresses import host_and_port
from simulator.dialect import Dialect
from simulator.gateway import DIALECTS, JUDGES, Gateway
from simulator.http.server import Web
from simulator.judging import Judge


class Simulator:
    """The provider on this computer, open from enter to exit."""

    def __init__(
        self,
        accounts: Mapping[str, str | Account],
        *,
        listen: str = "127.0.0.1:0",
        gateway: str = "127.0.0.1:0",
        dial: Sequence[tuple[str, str]] = (),
        pages: Sequence[BaseRoute] = (),
        dialects: Mapping[str, Dialect] = DIALECTS,
        judges: Mapping[str, Callable[[], Judge]] = JUDGES,
        adapter: str | int | None = None,
    ) -> None:
        """`accounts` holds an API key, or an Account, for each account name.

        `listen` is where HTTP is served, `gateway` where adapters dial; port 0 takes any that is free. `dial` holds
        address and account name of adapters that listen. `pages` are further routes of the HTTP port. `judges` makes
        the judge of an account, by the name of its dialect. `adapter` is the command that starts the adapter, or the id of
        its process, so that it can be killed.
        Raises SimulatorError for what makes no sense, and, on entering, for a port that cannot be had.
        """
        host, port = host_and_port(gateway)
        self.gateway = Gateway(
            accounts, host=host, port=port, dial=dial, dialects=dialects, judges=judges, adapter=adapter
        )
        self._web = Web(self.gateway, *host_and_port(listen), pages)
        self._open = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as opening:
            await opening.enter_async_context(self.gateway)
            await opening.enter_async_context(self._web)
            self._open = opening.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    @property
    def url(self) -> str:
        """Where HTTP is served; the port is known once the simulator is entered."""
        return self._web.url
