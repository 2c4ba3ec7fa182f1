"""Makes things go wrong on purpose."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from simulator.faults import DELAY, KINDS, RUBBISH, Kind, Moment
from simulator.gateway import Gateway
from simulator.http.endpoint import BadRequest, NotThere, json_answer, object_of


class Wanted(BaseModel):
    """The body of POST /api/faults."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    at: Moment | Literal["now"] | None = None
    account: str | None = None
    method: str | None = None
    times: int | None = 1
    milliseconds: float | None = None
    what: str = "not-json"


async def faults(gateway: Gateway, _request: Request) -> Response:
    """What is planned, and what can be."""
    kinds = [{"kind": kind, "does": does, "at": [*at, *_now(kind)]} for kind, (does, at) in KINDS.items()]
    planned = [asdict(fault) for fault in gateway.faults.planned]
    return json_answer(
        {"planned": planned, "kinds": kinds, "rubbish": list(RUBBISH), "can_kill": gateway.faults.can_kill}
    )


async def plan(gateway: Gateway, request: Request) -> Response:
    """Plan a fault, or have it happen now."""
    body = await object_of(request)
    try:
        wanted = Wanted.model_validate(body)
    except ValidationError as problem:
        said = "; ".join(f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in problem.errors())
        raise BadRequest(said) from None
    if wanted.account is not None:
        gateway.dialect_of(wanted.account)
    if wanted.at == "now":
        return await _at_once(gateway, wanted)
    fault = gateway.faults.plan(
        wanted.kind,
        at=wanted.at,
        account=wanted.account,
        method=wanted.method,
        times=wanted.times,
        milliseconds=DELAY if wanted.milliseconds is None else wanted.milliseconds,
        what=wanted.what,
    )
    return json_answer(asdict(fault))


async def clear(gateway: Gateway, _request: Request) -> Response:
    """Take every planned fault back."""
    gateway.faults.clear()
    return json_answer({"planned": []})


async def cancel(gateway: Gateway, request: Request) -> Response:
    """Take one planned fault back."""
    number: int = request.path_params["number"]
    if number not in [fault.number for fault in gateway.faults.planned]:
        raise NotThere(f"no fault {number} is planned", hint="it never was, or it has happened")
    gateway.faults.cancel(number)
    return json_answer({"taken_back": number})


async def _at_once(gateway: Gateway, wanted: Wanted) -> Response:
    if wanted.kind not in ("drop", "rubbish", "kill"):
        raise BadRequest(f"{wanted.kind} happens to a request", hint="without at, it is planned for the next one")
    if wanted.kind == "kill":
        gateway.faults.kill(milliseconds=wanted.milliseconds or 0.0)
        return json_answer({"done": "kill"})
    if wanted.account is None:
        raise BadRequest("account is missing: whose connection?")
    if wanted.kind == "drop":
        gateway.faults.drop(wanted.account)
        return json_answer({"done": "drop"})
    frame = await gateway.send_rubbish(wanted.account, wanted.what)
    return json_answer({"done": "rubbish", "frame": frame.number})


def _now(kind: Kind) -> tuple[Any, ...]:
    return ("now",) if kind in ("drop", "rubbish", "kill") else ()
