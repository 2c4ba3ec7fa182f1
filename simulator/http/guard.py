"""Turns away requests that a web page of somebody else made a browser send.

A page that makes its own name lead to 127.0.0.1 could otherwise read bills, and any page could have payments recorded.
"""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulator.addresses import is_loopback
from simulator.http.endpoint import json_answer

_SAFE = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Guard:
    """Lets through what comes from this computer's own pages and programs."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on to the application with safe headers around its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _SAFE.items():
                    headers.setdefault(name, value)
            await send(message)

        wrong = refusal(scope["method"], Headers(scope=scope))
        app = self._app if wrong is None else json_answer({"error": wrong}, HTTPStatus.FORBIDDEN)
        await app(scope, receive, send_safely)


def refusal(verb: str, headers: Headers) -> str | None:
    """Why a request with these headers is turned away; None to let it through."""
    host = headers.get("Host", "")
    if len(headers.getlist("Host")) != 1 or not is_loopback(_name(host)):
        return "the simulator answers to localhost, 127.0.0.1 and [::1] only"
    for origin in headers.getlist("Origin"):
        if origin != f"http://{host}":
            return "a page from elsewhere may not ask the simulator"
    navigates = verb == "GET" and headers.get("Sec-Fetch-Mode") == "navigate"
    if headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin") and not navigates:
        return "a page from elsewhere may not ask the simulator"
    return None


def _name(host: str) -> str:
    """The host without its port, empty where it cannot be read."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
