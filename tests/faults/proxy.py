"""Stands between a program and PostgreSQL, and breaks the connection between them in chosen ways at chosen moments."""

from __future__ import annotations

import asyncio
import enum
import re
from asyncio import StreamReader, StreamWriter
from contextlib import suppress
from pathlib import Path
from typing import Self

COMMIT = re.compile(rb"\bCOMMIT\b", re.IGNORECASE)
_REFUSABLE = (80877103, 80877104)  # requests for TLS and for GSSAPI, which precede the real beginning


class Fault(enum.Enum):
    """What happens to a COMMIT, or another statement, that runs into a trap."""

    CUT_BEFORE = "cut before COMMIT"
    """Both sides are closed, and the COMMIT never arrives."""
    CUT_AFTER = "cut after COMMIT"
    """It is carried out, but the answer is swallowed and both sides are closed."""
    HOLD = "answer to COMMIT held"
    """It is carried out, but the answer waits until the connection is thawed."""
    STALL = "COMMIT stalled"
    """It waits on its way to the server until the connection is thawed."""


class Trap:
    """A fault that waits for the next COMMIT, or for another statement."""

    def __init__(self, fault: Fault, statement: re.Pattern[bytes]) -> None:
        self.fault = fault
        self.statement = statement
        self.sprung = asyncio.Event()
        """Set when the statement has come."""
        self.answered = asyncio.Event()
        """Set when the server has answered it."""
        self.answer = ""
        """What the server answered: ERROR, or what it has done, as COMMIT or ROLLBACK."""
        self.link: Link | None = None
        """The connection that ran into it."""


class Messages:
    """Takes the messages of PostgreSQL's protocol out of a stream of bytes."""

    def __init__(self, *, typed: bool) -> None:
        self.typed = typed
        """Whether a message begins with a letter, as all do but a client's first."""
        self._bytes = bytearray()

    def feed(self, data: bytes) -> None:
        """Add what has arrived."""
        self._bytes += data

    def next(self) -> bytes | None:
        """The next message, once it is there as a whole."""
        head = 1 if self.typed else 0
        if len(self._bytes) < head + 4:
            return None
        end = head + int.from_bytes(self._bytes[head : head + 4])
        if len(self._bytes) < end:
            return None
        message = bytes(self._bytes[:end])
        del self._bytes[:end]
        return message


class Link:
    """One connection, from the program through the proxy to the server."""

    def __init__(self, proxy: Proxy, client: StreamWriter, server: StreamWriter) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._answers = asyncio.Event()
        self._answers.set()
        self._trap: Trap | None = None
        self._armed: list[Trap] = []
        self.closed = False

    def freeze(self) -> None:
        """Forward nothing any more in either direction; the sockets stay open."""
        self._flowing.clear()

    def thaw(self) -> None:
        """Forward again, and first what has waited."""
        self._flowing.set()
        self._answers.set()

    def cut(self) -> None:
        """Close both sides at once; what was not forwarded is lost."""
        self.closed = True
        self._client.transport.abort()
        self._server.close()
        self.thaw()

    def arm(self, fault: Fault) -> Trap:
        """Set a trap for this connection's next COMMIT."""
        trap = Trap(fault, COMMIT)
        self._armed.append(trap)
        return trap

    async def pump(self, client: StreamReader, server: StreamReader) -> None:
        """Forward in both directions until both sides have gone."""
        there = asyncio.create_task(self._to_server(client))
        back = asyncio.create_task(self._to_client(server))
        try:
            await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
            if not back.done() and not self._server.is_closing():
                # The client has left; the server still carries out what it was sent.
                with suppress(OSError):
                    self._server.write_eof()
                await asyncio.wait({back})
        finally:
            self.closed = True
            there.cancel()
            back.cancel()
            await asyncio.gather(there, back, return_exceptions=True)

    async def _to_server(self, reader: StreamReader) -> None:
        messages = Messages(typed=True)
        while data := await _read(reader):
            messages.feed(data)
            while (message := messages.next()) is not None:
                if message[:1] in (b"Q", b"P"):
                    self._look(message)
                await self._flowing.wait()
                if self.closed:
                    return
                self._server.write(message)
                with suppress(ConnectionError):
                    await self._server.drain()

    def _look(self, message: bytes) -> None:
        """Spring the first trap for this statement, if there is one."""
        armed = self._armed or self._proxy.armed
        trap = next((one for one in armed if one.statement.search(message)), None)
        if trap is None:
            return
        armed.remove(trap)
        self._trap = trap
        trap.link = self
        trap.sprung.set()
        if trap.fault is Fault.CUT_BEFORE:
            self.cut()
        elif trap.fault is Fault.STALL:
            self.freeze()
        elif trap.fault is Fault.HOLD:
            self._answers.clear()

    async def _to_client(self, reader: StreamReader) -> None:
        messages = Messages(typed=True)
        waiting = bytearray()
        while data := await _read(reader):
            messages.feed(data)
            while (message := messages.next()) is not None:
                waiting += message
                if self._trap is not None and self._answered(self._trap, message):
                    if self._trap.fault is Fault.CUT_AFTER:
                        self.cut()
                        return
                    self._trap = None
            if self._trap is None:  # otherwise the answer to the trapped statement has to be there as a whole
                await self._flowing.wait()
                await self._answers.wait()
                if self.closed:
                    return
                if not self._client.is_closing():
                    self._client.write(bytes(waiting))
                    with suppress(ConnectionError):
                        await self._client.drain()
                waiting.clear()

    @staticmethod
    def _answered(trap: Trap, message: bytes) -> bool:
        """Whether this message of the server ends the answer to the trapped statement."""
        kind = message[:1]
        if kind == b"E":
            trap.answer = "ERROR"
        elif kind == b"C" and (trap.statement is not COMMIT or message[5:-1] in (b"COMMIT", b"ROLLBACK")):
            trap.answer = message[5:-1].decode()
        if kind != b"Z" or not trap.answer:
            return False
        trap.answered.set()
        return True


class Proxy:
    """Listens on a port of this computer, and forwards to a PostgreSQL."""

    def __init__(self, server: Path | tuple[str, int]) -> None:
        """`server` is the socket that the PostgreSQL listens on: a file, or a host and a port."""
        self._to = server
        self._listening: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._frozen = False
        self._deaf = False
        self._hearing = asyncio.Event()
        self.armed: list[Trap] = []
        """Traps for the next COMMIT on whichever connection."""
        self.links: list[Link] = []
        """The connections that are open now."""
        self.unanswered = 0
        """Connections that were accepted and never answered."""

    async def __aenter__(self) -> Self:
        self._listening = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._listening is not None:
            self._listening.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        if self._listening is None:
            raise RuntimeError("the proxy has not been started")
        port: int = self._listening.sockets[0].getsockname()[1]
        return port

    def url(self, database: str) -> str:
        """The address of a database, by way of the proxy."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def freeze(self) -> None:
        """Forward nothing on any connection, and on none to come; the sockets stay open."""
        self._frozen = True
        for link in self.links:
            link.freeze()

    def thaw(self) -> None:
        """Forward again on all connections."""
        self._frozen = False
        for link in self.links:
            link.thaw()

    def deafen(self) -> None:
        """Accept new connections and never answer them; those that are open go on."""
        self._deaf = True
        self._hearing.clear()

    def hear(self) -> None:
        """Answer new connections again; those that came meanwhile are closed."""
        self._deaf = False
        self._hearing.set()

    def cut(self) -> None:
        """Close all connections at once."""
        for link in list(self.links):
            link.cut()

    def arm(self, fault: Fault, statement: re.Pattern[bytes] = COMMIT) -> Trap:
        """Set a trap for the next COMMIT, or another statement, on whichever connection."""
        trap = Trap(fault, statement)
        self.armed.append(trap)
        return trap

    def disarm(self, trap: Trap) -> None:
        """Take a trap away that no COMMIT has run into."""
        if trap in self.armed:
            self.armed.remove(trap)

    async def _accept(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            if self._deaf:
                await self._ignore(reader)
            else:
                await self._forward(reader, writer)
        except asyncio.CancelledError:
            pass  # the proxy is being closed, and nobody awaits this
        except OSError:
            pass  # the server is not there
        finally:
            writer.close()

    async def _ignore(self, reader: StreamReader) -> None:
        self.unanswered += 1
        gone = asyncio.create_task(_drained(reader))
        heard = asyncio.create_task(self._hearing.wait())
        try:
            await asyncio.wait({gone, heard}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            heard.cancel()

    async def _forward(self, reader: StreamReader, writer: StreamWriter) -> None:
        beginning = await _beginning(reader, writer)
        if beginning is None:
            return
        if isinstance(self._to, Path):
            server_reader, server_writer = await asyncio.open_unix_connection(str(self._to))
        else:
            server_reader, server_writer = await asyncio.open_connection(*self._to)
        link = Link(self, writer, server_writer)
        if self._frozen:
            link.freeze()
        self.links.append(link)
        try:
            server_writer.write(beginning)
            await link.pump(reader, server_reader)
        finally:
            self.links.remove(link)
            server_writer.close()


async def _beginning(reader: StreamReader, writer: StreamWriter) -> bytes | None:
    """A client's first message; requests for encryption before it are refused, so that the rest can be read."""
    messages = Messages(typed=False)
    while True:
        # One message at a time: what follows the first one is read by somebody else.
        head = await _exactly(reader, 4)
        rest = await _exactly(reader, int.from_bytes(head) - 4) if head else b""
        if not rest:
            return None
        messages.feed(head + rest)
        message = messages.next()
        if message is None:
            return None
        if int.from_bytes(message[4:8]) not in _REFUSABLE:
            return message
        writer.write(b"N")
        await writer.drain()


async def _exactly(reader: StreamReader, count: int) -> bytes:
    """So many bytes, or none when the other side has gone."""
    try:
        return await reader.readexactly(count)
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


async def _read(reader: StreamReader) -> bytes:
    """What has arrived; nothing when the other side has gone."""
    try:
        return await reader.read(1 << 16)
    except ConnectionError:
        return b""


async def _drained(reader: StreamReader) -> None:
    while await _read(reader):
        pass
