"""Serves the endpoints and pages on one port."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Self

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from simulator.addresses import joined
from simulator.errors import NoAnswer, NotConnected, SimulatorError, UnknownAccount
from simulator.faults import WrongFault
from simulator.gateway import Gateway, cannot_listen
from simulator.http.endpoint import BadRequest, Endpoint, NotThere, TooLarge, json_answer
from simulator.http.endpoints import ENDPOINTS
from simulator.http.guard import Guard
from simulator.http.openapi import openapi
from simulator.http.registering import Unauthorized
from simulator.orders.capabilities import WrongRegistration
from simulator.page import page

_STATUS = {
    BadRequest: HTTPStatus.BAD_REQUEST,
    WrongFault: HTTPStatus.BAD_REQUEST,
    WrongRegistration: HTTPStatus.BAD_REQUEST,
    Unauthorized: HTTPStatus.UNAUTHORIZED,
    NotThere: HTTPStatus.NOT_FOUND,
    UnknownAccount: HTTPStatus.NOT_FOUND,
    TooLarge: HTTPStatus(413),
    NotConnected: HTTPStatus.SERVICE_UNAVAILABLE,
    NoAnswer: HTTPStatus.GATEWAY_TIMEOUT,
}
_GOODBYE = 2
"""Seconds that requests under way have when the simulator ends."""


class Web:
    """The HTTP port of one simulator, open from enter to exit."""

    def __init__(self, gateway: Gateway, host: str, port: int, pages: Sequence[BaseRoute] = ()) -> None:
        """`pages` come before everything of ours."""
        self._gateway = gateway
        self._host = host
        self._port = port
        self._app = application(gateway, pages)
        self._serving: asyncio.Task[None] | None = None
        self._server: _Server | None = None

    async def __aenter__(self) -> Self:
        try:
            family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
            bound = socket.create_server((self._host, self._port), family=family)
        except OSError as problem:
            raise cannot_listen(problem, self._host, self._port) from None
        self._port = bound.getsockname()[1]
        self._server = _Server(
            uvicorn.Config(
                self._app,
                lifespan="off",
                ws="none",
                http="h11",
                loop="none",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=_GOODBYE,
            )
        )
        self._serving = asyncio.create_task(self._server.serve([bound]))
        return self

    async def __aexit__(self, *_: object) -> None:
        # Streams of events end with the journal; without that they would be waited for.
        self._gateway.journal.close()
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await self._serving

    @property
    def url(self) -> str:
        """Where it is; the port is known once it is entered."""
        return f"http://{joined(self._host, self._port)}"


def application(gateway: Gateway, pages: Sequence[BaseRoute] = ()) -> Starlette:
    """The endpoints and pages as an ASGI application."""

    async def described(_request: Request) -> Response:
        return json_answer(openapi(ENDPOINTS, gateway))

    return Starlette(
        routes=[
            *pages,
            *(_route(endpoint, gateway) for endpoint in ENDPOINTS),
            Route("/openapi.json", described),
            *page(),
        ],
        middleware=[Middleware(Guard)],
        exception_handlers={SimulatorError: _refused, HTTPException: _http_refused, Exception: _failed},
    )


def _route(endpoint: Endpoint, gateway: Gateway) -> Route:
    async def answer(request: Request) -> Response:
        return await endpoint.answer(gateway, request)

    return Route(endpoint.path, answer, methods=[endpoint.verb])


async def _refused(_request: Request, problem: Exception) -> Response:
    status = next((code for kind, code in _STATUS.items() if isinstance(problem, kind)), HTTPStatus.CONFLICT)
    said = {"error": str(problem)}
    if isinstance(problem, SimulatorError) and problem.hint:
        said["hint"] = problem.hint
    frame = getattr(problem, "request_frame", None)
    return json_answer(said, status, {"Simulator-Request-Frame": str(frame)} if frame else None)


async def _http_refused(_request: Request, problem: Exception) -> Response:
    status, headers = (problem.status_code, problem.headers) if isinstance(problem, HTTPException) else (500, None)
    said = {404: "there is nothing here", 405: "this verb does nothing here"}
    return json_answer({"error": said.get(status, HTTPStatus(status).phrase)}, status, headers)


async def _failed(_request: Request, problem: Exception) -> Response:
    return json_answer({"error": f"the simulator has a bug: {type(problem).__name__}"}, 500)


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs the simulator."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
