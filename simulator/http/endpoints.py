"""Every endpoint of the simulator. Routes, OpenAPI and the table in docs/simulator.md are made from this."""

from __future__ import annotations

from simulator.http import drawing, faulting, looking, operations, registering
from simulator.http.endpoint import Endpoint

_FRAMES = {
    "since": "Only what came after this number; without it, the newest",
    "limit": "How many at most, up to 1000; 200 without it",
    "account": "Only those of this account",
}
_BY_KEY = {401: "No account's key in the Authorization header"}
_OF_AN_ADAPTER = {404: "There is no such account", 503: "No adapter is connected for this account"}

ENDPOINTS = (
    Endpoint(
        verb="POST",
        path="/v1/{account}/{operation}",
        summary="Ask an operation; the body is its parameters, the answer its unwrapped result",
        answer=operations.ask,
        query={"timeout": "Seconds to wait for the answer; 10 without it"},
        body={"type": "object"},
        statuses={
            200: "The result, without its envelope",
            400: "The body is no JSON object",
            404: "There is no such account or operation",
            409: "The capability is not registered",
            422: "The adapter answered an error, which is the body",
            502: "The adapter's answer has no result",
            503: "No adapter is connected for this account",
            504: "The adapter did not answer in time",
        },
    ),
    Endpoint(
        verb="POST",
        path="/api/raw/{account}",
        summary="Send the body to the adapter as it is",
        answer=operations.raw,
        query={"as": "text for a text frame, also of bytes that are no text; binary for a binary one"},
        statuses={200: "The number of the frame", **_OF_AN_ADAPTER},
    ),
    Endpoint(
        verb="GET",
        path="/api/connections",
        summary="Every account, and whether an adapter is connected for it",
        answer=looking.connections,
    ),
    Endpoint(
        verb="DELETE",
        path="/api/connections/{account}",
        summary="Close the connection of this account, with a goodbye",
        answer=looking.disconnect,
        query={"code": "The close code; 1001 without it", "reason": "The reason, of 123 bytes at most"},
        statuses={200: "It is closed", **_OF_AN_ADAPTER},
    ),
    Endpoint(
        verb="GET",
        path="/api/frames",
        summary="Frames and what happened to the connections, oldest first; long data is cut",
        answer=looking.frames,
        query=_FRAMES,
    ),
    Endpoint(
        verb="GET",
        path="/api/frames/{number:int}",
        summary="One frame in full, with what the judge found",
        answer=looking.frame,
        statuses={200: "The frame", 404: "It never was, or is forgotten"},
    ),
    Endpoint(
        verb="GET",
        path="/api/frames/{number:int}/statements",
        summary="The SQL that the request of this frame became, where the adapter tells it",
        answer=looking.statements,
        statuses={200: "Its statements, without values", 404: "It never was, or is forgotten", 409: "Nobody tells it"},
    ),
    Endpoint(
        verb="GET",
        path="/api/events",
        summary="The same as they come, as server-sent events named frame and note",
        answer=looking.events,
        query={"since": "First what came after this number; a Last-Event-ID header does the same"},
        statuses={200: "A stream that ends with the simulator"},
    ),
    Endpoint(
        verb="GET",
        path="/api/faults",
        summary="The faults that are planned, and the kinds there are",
        answer=faulting.faults,
    ),
    Endpoint(
        verb="POST",
        path="/api/faults",
        summary="Plan a fault for a request to come, or have it happen now",
        answer=faulting.plan,
        body=faulting.Wanted.model_json_schema(),
        statuses={
            200: "The planned fault, or what was done",
            400: "There is no such fault, or not at this moment",
            404: "There is no such account",
            409: "The adapter's process is not known",
            503: "No adapter is connected for this account",
        },
    ),
    Endpoint(
        verb="DELETE",
        path="/api/faults",
        summary="Take all planned faults back",
        answer=faulting.clear,
    ),
    Endpoint(
        verb="DELETE",
        path="/api/faults/{number:int}",
        summary="Take one planned fault back",
        answer=faulting.cancel,
        statuses={200: "It is taken back", 404: "It never was planned, or has happened"},
    ),
    Endpoint(
        verb="GET",
        path="/api/qr",
        summary="The QR code of a text, as SVG",
        answer=drawing.qr,
        query={"text": "What it says, of some 2,300 bytes at most"},
        statuses={200: "The code", 400: "There is no text, or it is too long"},
    ),
    Endpoint(
        verb="PUT",
        path="/epos/integrations/ws",
        summary="Register capabilities of the EPOS Data API, as with the provider",
        answer=registering.register,
        body=registering.BODY,
        statuses={200: "What is registered now", 400: "It is no list of capabilities", **_BY_KEY},
    ),
    Endpoint(
        verb="GET",
        path="/epos/integrations/ws",
        summary="What is registered for WebSockets",
        answer=registering.registered,
        statuses={200: "What is registered", **_BY_KEY},
    ),
    Endpoint(
        verb="GET",
        path="/epos/integrations",
        summary="What is registered at all",
        answer=registering.integrations,
        statuses={200: "What is registered", **_BY_KEY},
    ),
)
