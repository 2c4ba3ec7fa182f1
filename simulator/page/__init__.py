"""The card machine as a web page: static files, served as they are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import resources

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

_KINDS = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


def page() -> list[BaseRoute]:
    """The page at / and its files under /page/."""
    files = [file for file in resources.files(__name__).joinpath("files").iterdir() if _kind(file.name)]
    served = {f"/page/{file.name}": _serve(file.read_bytes(), _kind(file.name)) for file in files}
    start = served.pop("/page/index.html")
    return [Route("/", start), *(Route(path, answer) for path, answer in served.items())]


def _kind(name: str) -> str:
    return _KINDS.get(name.rpartition(".")[2], "")


def _serve(content: bytes, kind: str) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_request: Request) -> Response:
        # Always asked for anew, so that a browser never runs the page of an earlier version against this one.
        return Response(content, media_type=kind, headers={"Cache-Control": "no-store"})

    return answer
