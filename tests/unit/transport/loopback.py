"""Real sockets on this computer, for the tests of whatever holds sockets."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as serve_sockets
from websockets.exceptions import ConnectionClosed

from adapter.events import Emit, Event
from adapter.transport.session import Ended, Handle, SocketSettings, serve

Result = TypeVar("Result")
Kind = TypeVar("Kind", bound=Event)

CERTIFICATES = Path(__file__).parent / "certificates"
PATIENCE = 10.0  # seconds; long enough for a busy machine, reached only by a test that fails


def run(test: Callable[[], Coroutine[Any, Any, Result]], *, forgiven: str = "") -> Result:
    """Run a test to its end; it fails when a task is left over, or failed with nobody looking.

    `forgiven` is what a failure that is not ours says.
    """
    unseen: list[dict[str, Any]] = []

    async def watched() -> Result:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: unseen.append(context))
        async with asyncio.timeout(PATIENCE):
            result = await test()
        await asyncio.sleep(0)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, f"tasks left over: {left}"
        return result

    result = asyncio.run(watched())
    if forgiven:
        unseen = [one for one in unseen if forgiven not in repr(one)]
    assert not unseen, unseen
    return result


class Heard(list[Event]):
    """The events that were emitted; its `append` is an Emit."""

    def of(self, kind: type[Kind]) -> list[Kind]:
        return [event for event in self if isinstance(event, kind)]


class Served:
    """A socket served by `serve`, as seen by the test."""

    def __init__(self) -> None:
        self.stop = asyncio.Event()
        self.heard = Heard()
        self.serving: asyncio.Task[Ended] | None = None
        self.opened = asyncio.Event()

    async def ended(self) -> Ended:
        await self.opened.wait()
        assert self.serving is not None
        return await asyncio.shield(self.serving)


@contextlib.asynccontextmanager
async def served(
    handle: Handle,
    *,
    max_in_flight: int = 32,
    grace: float = 5.0,
    deadline: float | None = None,
    too_late: Callable[[bytes], bytes | None] | None = None,
    read_ahead: int = 16,
    emit: Emit | None = None,
    **more: Any,
) -> AsyncIterator[tuple[ClientConnection, Served]]:
    """A client whose frames `handle` answers through `serve`; `more` are further settings of the socket."""
    state = Served()

    async def accept(ws: ServerConnection) -> None:
        state.serving = asyncio.create_task(
            serve(
                ws,
                handle,
                SocketSettings(max_in_flight=max_in_flight, grace=grace, deadline=deadline, too_late=too_late, **more),
                connection="test",
                emit=emit or state.heard.append,
                stop=state.stop,
            )
        )
        state.opened.set()
        await asyncio.wait({state.serving})

    async with (
        listening(accept, max_queue=read_ahead, ping_interval=None) as url,
        connect(url, compression=None, proxy=None, ping_interval=None) as ws,
    ):
        try:
            yield ws, state
        finally:
            if state.serving is not None and asyncio.current_task().cancelling():  # type: ignore[union-attr]
                state.serving.cancel()  # the test has failed: do not wait for what will not end


@contextlib.asynccontextmanager
async def listening(accept: Callable[[ServerConnection], Awaitable[None]], **settings: Any) -> AsyncIterator[str]:
    """A WebSocket server that does with each connection what the test says; yields its address."""
    async with serve_sockets(accept, "127.0.0.1", 0, compression=None, **settings) as server:
        scheme = "wss" if settings.get("ssl") else "ws"
        yield f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@contextlib.asynccontextmanager
async def answering(answer: bytes | None, *, close: bool = True) -> AsyncIterator[int]:
    """A TCP server that says the same whoever comes, or nothing; yields its port."""
    left = asyncio.Event()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await reader.read(1)
            if answer:
                writer.write(answer)
                await writer.drain()
            if not close:
                await left.wait()
            writer.close()
            await writer.wait_closed()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    async with server:
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            left.set()
            await asyncio.sleep(0.01)  # for the connections to close


def unused_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def server_tls(certificate: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / f"{certificate}.pem")
    return context


async def until(condition: Callable[[], object]) -> None:
    """Wait until the condition holds, as other tasks get their turns."""
    while not condition():  # noqa: ASYNC110 -- whatever the condition is, nobody signals it
        await asyncio.sleep(0.001)


async def close_code(ws: ClientConnection) -> int | None:
    """Read on until the socket closes, and say with which code."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            await ws.recv()
    return ws.close_code


async def echo(raw: bytes) -> bytes:
    return raw
