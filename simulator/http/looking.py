"""Shows who is connected and what crossed the sockets."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from simulator.explaining import statements_of
from simulator.gateway import Gateway
from simulator.http.endpoint import BadRequest, NotThere, json_answer, number_in
from simulator.journal import Entry, Frame, Journal

STILL_HERE = 15.0
"""Seconds of silence after which a stream of events says that it is alive."""
SHOWN = 20_000
"""Characters of a frame's data that lists and events show; the frame alone is shown in full."""
_MOST = 1000
"""Entries of one list."""


async def connections(gateway: Gateway, _request: Request) -> Response:
    """Every account, and who is connected for it."""
    dialled = gateway.dialled
    listed = []
    for name, account in gateway.accounts.items():
        link = gateway.links.get(name)
        listed.append(
            {
                "account": name,
                "dialect": account.dialect,
                "environment": gateway.dialect_of(name).environment(account.key),
                "url": dialled.get(name) or gateway.url_of(account.dialect),
                "dialled_by": "simulator" if name in dialled else "adapter",
                "connected": link is not None,
                "link": link.number if link else None,
                "since": _time(datetime.fromtimestamp(link.since, UTC)) if link else None,
                "software_house_id": link.handshake.get("software-house-id") if link else None,
                "reseller_id": link.handshake.get("reseller-id") if link else None,
                "waiting": link.waiting if link else 0,
                "registered": gateway.registry.names(name),
                "operations": [operation.method for operation in gateway.dialect_of(name).operations],
            }
        )
    return json_answer({"connections": listed})


async def disconnect(gateway: Gateway, request: Request) -> Response:
    """Close the connection of an account, as the provider would."""
    code = int(number_in(request, "code", 1001, at_least=1000, at_most=4999))
    reason = request.query_params.get("reason", "")
    if len(reason.encode()) > 123:
        raise BadRequest("the reason is longer than the 123 bytes that a closing frame holds")
    if not (1000 <= code <= 1003 or 1007 <= code <= 1014 or code >= 3000):
        raise BadRequest(f"code={code} is none that a closing frame may hold")
    await gateway.disconnect(request.path_params["account"], code, reason)
    return json_answer({"closed": request.path_params["account"]})


async def frames(gateway: Gateway, request: Request) -> Response:
    """Frames and notes, the oldest first."""
    since = int(number_in(request, "since", 0, at_most=2**53))
    limit = int(number_in(request, "limit", 200, at_least=1, at_most=_MOST))
    account = request.query_params.get("account")
    found = [entry for entry in gateway.journal.since(since) if account in (None, entry.account)]
    from_there = "since" in request.query_params
    shown = found[:limit] if from_there else found[-limit:]
    # Whoever goes on from `last` misses nothing, and sees nothing twice.
    last = shown[-1].number if from_there and len(shown) < len(found) else gateway.journal.last
    return json_answer({"entries": [entry_json(entry) for entry in shown], "last": last})


async def frame(gateway: Gateway, request: Request) -> Response:
    """One frame in full."""
    number = request.path_params["number"]
    found = gateway.journal.frame(number)
    if found is None:
        raise NotThere(f"there is no frame {number}", hint="it never was, it is a note, or it is forgotten")
    return json_answer(entry_json(found, in_full=True))


async def statements(gateway: Gateway, request: Request) -> Response:
    """What the request of one frame became at the adapter."""
    number = request.path_params["number"]
    found = gateway.journal.frame(number)
    if found is None:
        raise NotThere(f"there is no frame {number}", hint="it never was, it is a note, or it is forgotten")
    return json_answer(await statements_of(gateway.explaining, found.data))


async def events(gateway: Gateway, request: Request) -> Response:
    """Frames and notes as they come, as server-sent events."""
    journal = gateway.journal
    since = int(number_in(request, "since", journal.last, at_most=2**53))
    resumed = request.headers.get("Last-Event-ID", "")
    if resumed.isdecimal():
        since = int(resumed)
    if since > journal.last:
        since = 0  # a number of an earlier run
    return StreamingResponse(
        _stream(journal, since), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
    )


def entry_json(entry: Entry, *, in_full: bool = False) -> dict[str, Any]:
    """A frame or a note as JSON; long data is cut unless `in_full`."""
    common = {
        "number": entry.number,
        "at": _time(entry.when),
        "account": entry.account,
        "link": entry.link,
    }
    if not isinstance(entry, Frame):
        return {"type": "note", **common, "kind": entry.kind, "text": entry.text}
    is_text = isinstance(entry.data, str)
    data = entry.data if isinstance(entry.data, str) else base64.b64encode(entry.data).decode()
    return {
        "type": "frame",
        **common,
        "sender": entry.sender,
        "encoding": "text" if is_text else "base64",
        "data": data if in_full else data[:SHOWN],
        "cut": not in_full and len(data) > SHOWN,
        "method": entry.method,
        "answers": entry.answers,
        "standing": entry.standing,
        "milliseconds": None if entry.milliseconds is None else round(entry.milliseconds, 2),
        "findings": [asdict(finding) for finding in entry.findings],
        "fault": entry.fault,
    }


async def _stream(journal: Journal, since: int) -> AsyncIterator[str]:
    yield ": frames and notes follow\n\n"
    number = since
    while True:
        for entry in journal.since(number):
            number = entry.number
            shown = entry_json(entry)
            yield f"id: {number}\nevent: {shown['type']}\ndata: {json.dumps(shown, ensure_ascii=False)}\n\n"
        if journal.closed:
            return
        try:
            async with asyncio.timeout(STILL_HERE):
                await journal.newer(number)
        except TimeoutError:
            yield ": still here\n\n"


def _time(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
