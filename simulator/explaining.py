"""Asks the adapter what a request became: its SQL, which it tells on this computer where its configuration says so.

Optional, and no part of the provider: an adapter of another make has no such port.
"""

from __future__ import annotations

import json
import ssl
from typing import Any
from urllib.parse import urlsplit

import httpx

from simulator.addresses import is_loopback
from simulator.errors import SimulatorError

_PATIENCE = 3.0
"""Seconds. Whoever looks at a frame is not kept waiting."""
_NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts nobody, since nothing of it is TLS; whom the system trusts takes 20 ms to read, for each question anew."""
_HOW = "in the adapter's config.toml, [status] explain = true; here, --explain http://127.0.0.1:8791"


class NotExplained(SimulatorError):
    """Nobody tells the SQL of this request."""


class Explaining:
    """The adapter's status port."""

    def __init__(self, url: str, token: str = "") -> None:
        """`url` is the address of the adapter's status port, `token` its token, where it has one.

        Raises SimulatorError for an address that is not on this computer: what is asked there is shown to whoever looks.
        """
        place = urlsplit(url)
        if place.scheme != "http" or not is_loopback(place.hostname or ""):
            raise SimulatorError(
                f"{url} is no address of a status port on this computer", hint="as http://127.0.0.1:8791"
            )
        self._url = f"http://{place.netloc}/statements.json"
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def statements(self, request: str) -> dict[str, Any]:
        """The statements of the request with this id, as the adapter tells them. Raises NotExplained."""
        try:
            # Not by a proxy: it is on this computer.
            async with httpx.AsyncClient(timeout=_PATIENCE, trust_env=False, verify=_NOBODY) as client:
                answer = await client.get(self._url, params={"request": request}, headers=self._headers)
        except httpx.HTTPError as problem:
            raise NotExplained(f"the adapter's status port does not answer ({type(problem).__name__})") from None
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise NotExplained(
                "the adapter's status port wants its token", hint="[explain] token in the simulator's file"
            )
        if answer.status_code != httpx.codes.OK:
            raise NotExplained("the adapter does not tell the SQL of this request", hint=_HOW)
        try:
            found = answer.json()
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise NotExplained("what answers at the address of the status port is no adapter")
        return found


async def statements_of(explaining: Explaining | None, data: str | bytes) -> dict[str, Any]:
    """The statements of the request that this frame is, or answers. Raises NotExplained."""
    if explaining is None:
        raise NotExplained("the simulator was not told whom to ask for the SQL", hint=_HOW)
    try:
        message = json.loads(data)
    except (ValueError, RecursionError):
        message = None
    identity = message.get("id") if isinstance(message, dict) else None
    if not isinstance(identity, str):
        raise NotExplained("this frame has no id by which the adapter could know it")
    return await explaining.statements(identity)
