"""Asks the adapter: one endpoint per operation, and one for anything at all."""

from __future__ import annotations

import contextlib
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from simulator.dialect import Operation
from simulator.gateway import Gateway
from simulator.http.endpoint import (
    LONGEST_WAIT,
    BadRequest,
    NotThere,
    body_of,
    json_answer,
    number_in,
    object_of,
)
from simulator.link import Exchange

PATIENCE = 10.0
"""Seconds that an answer is waited for where nobody says how long."""


async def ask(gateway: Gateway, request: Request) -> Response:
    """Ask one operation; the body is its parameters, the answer its unwrapped result."""
    account, method = request.path_params["account"], request.path_params["operation"]
    known = {operation.method: operation for operation in gateway.dialect_of(account).operations}
    if method not in known:
        raise NotThere(f"there is no operation {method}", hint=f"known: {', '.join(known)}")
    timeout = number_in(request, "timeout", PATIENCE, at_most=LONGEST_WAIT)
    exchange = await gateway.ask(account, method, await object_of(request), timeout=timeout)
    return _answered(exchange, known[method])


async def raw(gateway: Gateway, request: Request) -> Response:
    """Send the body as it is."""
    kind = request.query_params.get("as", "text")
    if kind not in ("text", "binary"):
        raise BadRequest(f"as={kind} is neither text nor binary")
    data: str | bytes = await body_of(request)
    if kind == "text" and isinstance(data, bytes):
        with contextlib.suppress(UnicodeDecodeError):
            data = data.decode()
    frame = await gateway.send_raw(request.path_params["account"], data, text=kind == "text")
    return json_answer({"frame": frame.number})


def _answered(exchange: Exchange, operation: Operation) -> Response:
    evidence = {
        "Simulator-Request-Frame": str(exchange.request_frame),
        "Simulator-Answer-Frame": str(exchange.answer_frame),
        "Simulator-Milliseconds": f"{exchange.milliseconds:.1f}",
        "Simulator-Findings": str(len(exchange.findings)),
    }
    if exchange.error_code is not None:
        return json_answer(exchange.result, 422, evidence)
    if "result" not in exchange.response:
        missing = {"error": "the answer has no result", "hint": f"look at frame {exchange.answer_frame}"}
        return json_answer(missing, 502, evidence)
    return json_answer(_unwrapped(exchange.result, operation.member), 200, evidence)


def _unwrapped(result: Any, member: str | None) -> Any:
    """What the result is about; a result that is not as it should be, as it is."""
    if member is not None and isinstance(result, dict) and result.keys() == {member}:
        return result[member]
    return result
