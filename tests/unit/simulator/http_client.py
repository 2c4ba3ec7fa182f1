"""Asks an HTTP port of this computer, header by header, as no library would let a test."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


async def ask(
    url: str, verb: str = "GET", body: bytes | dict[str, Any] = b"", headers: dict[str, str] | None = None
) -> Answer:
    """One request on a connection of its own."""
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"Host": place.netloc, "Connection": "close", "Content-Length": str(len(raw))} | (headers or {})
    target = place.path + (f"?{place.query}" if place.query else "")
    head = f"{verb} {target} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in sent.items())
    writer.write(head.encode() + b"\r\n" + raw)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    top, _, content = answer.partition(b"\r\n\r\n")
    first, *lines = top.decode().split("\r\n")
    named = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if named.get("transfer-encoding") == "chunked":
        content = _joined(content)
    return Answer(int(first.split()[1]), named, content)


def _joined(chunks: bytes) -> bytes:
    content = b""
    while chunks:
        length, _, rest = chunks.partition(b"\r\n")
        content += rest[: int(length, 16)]
        chunks = rest[int(length, 16) + 2 :]
    return content
