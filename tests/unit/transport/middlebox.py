"""What may stand between the adapter and the provider: an HTTP proxy, as small as one can be."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator


class Proxy:
    """A proxy that CONNECTs to one port of this computer, whatever name it is asked for."""

    def __init__(self, port: int, *, credentials: str = "", status: int = 200) -> None:
        self._port = port
        shown = base64.b64encode(credentials.encode()).decode()
        self._expected = f"\r\nproxy-authorization: basic {shown}\r\n".lower() if credentials else ""
        self._status = status
        self.asked: list[str] = []
        """First line of everything that was asked."""
        self.address = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError), contextlib.closing(writer):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.asked.append(head.splitlines()[0])
            status = self._status if self._expected in head.lower() else 407
            writer.write(f"HTTP/1.1 {status} So\r\n\r\n".encode())
            if status == 200:
                upstream, downstream = await asyncio.open_connection("127.0.0.1", self._port)
                with contextlib.closing(downstream):
                    both = {
                        asyncio.ensure_future(_pass(reader, downstream)),
                        asyncio.ensure_future(_pass(upstream, writer)),
                    }
                    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
                    for one in both:
                        one.cancel()
                    await asyncio.wait(both)


@contextlib.asynccontextmanager
async def proxying(port: int, *, credentials: str = "", status: int = 200) -> AsyncIterator[Proxy]:
    """A proxy that leads to that port; `credentials` are the `name:password` that it wants."""
    proxy = Proxy(port, credentials=credentials, status=status)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        await proxy.serve(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        proxy.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield proxy
        server.close()
        if tasks:
            await asyncio.wait(tasks)


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
