"""What an endpoint is: the one statement that routes, OpenAPI and documentation are made from."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from simulator.errors import SimulatorError
from simulator.gateway import Gateway

LARGEST_BODY = 16_000_000
"""Bytes."""
LONGEST_WAIT = 600.0
"""Seconds that a caller may have an answer waited for."""

Answer = Callable[[Gateway, Request], Awaitable[Response]]
"""What does it. Raises SimulatorError for what cannot be done."""


class BadRequest(SimulatorError):
    """The request itself cannot be understood."""


class NotThere(SimulatorError):
    """There is no such thing."""


class TooLarge(SimulatorError):
    """The body is larger than is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One verb on one path."""

    verb: str
    path: str
    summary: str
    """What it is for, as a sentence without a full stop."""
    answer: Answer = field(repr=False)
    query: Mapping[str, str] = field(default_factory=dict)
    """Its query parameters and what each means."""
    body: Mapping[str, Any] | None = None
    """JSON Schema of its body; None where it has none, or one that is taken as it is."""
    statuses: Mapping[int, str] = field(default_factory=lambda: {200: "Done"})
    """The HTTP statuses it answers with and what each means."""


async def body_of(request: Request) -> bytes:
    """The body. Raises TooLarge."""
    parts, length = [], 0
    async for part in request.stream():
        length += len(part)
        if length > LARGEST_BODY:
            raise TooLarge(f"the body is longer than {LARGEST_BODY:,} bytes")
        parts.append(part)
    return b"".join(parts)


async def object_of(request: Request) -> dict[str, Any]:
    """The JSON object in the body, empty where there is no body. Raises BadRequest or TooLarge."""
    raw = await body_of(request)
    if not raw.strip():
        return {}
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        raise BadRequest("the body is not JSON") from None
    if not isinstance(found, dict):
        raise BadRequest("the body is no JSON object")
    return found


def number_in(request: Request, name: str, default: float, *, at_most: float, at_least: float = 0.0) -> float:
    """A number in the query. Raises BadRequest."""
    text = request.query_params.get(name)
    if text is None:
        return default
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not at_least <= number <= at_most:
        raise BadRequest(f"{name}={text} is no number from {at_least:g} to {at_most:g}")
    return number


def json_answer(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer that no browser keeps."""
    return JSONResponse(content, status, {"Cache-Control": "no-store", **(headers or {})})
