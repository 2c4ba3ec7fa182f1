"""Draws what a browser cannot draw by itself: QR codes, for the paper of the card machine."""

from __future__ import annotations

import io

import segno
from starlette.requests import Request
from starlette.responses import Response

from simulator.gateway import Gateway
from simulator.http.endpoint import BadRequest

_QUIET = 4
"""Modules of white around a code, as the standard wants (ISO/IEC 18004, 6.3.8)."""


async def qr(_gateway: Gateway, request: Request) -> Response:
    """The QR code of a text, as SVG."""
    text = request.query_params.get("text", "")
    if not text:
        raise BadRequest("text is missing", hint="/api/qr?text=https://example.com")
    try:
        code = segno.make(text, micro=False, error="m")
    except segno.DataOverflowError:
        raise BadRequest(f"a text of {len(text)} letters is too long for a QR code") from None
    drawn = io.BytesIO()
    code.save(drawn, kind="svg", xmldecl=False, border=_QUIET, omitsize=True, light="#fff")
    return Response(drawn.getvalue(), media_type="image/svg+xml", headers={"Cache-Control": "no-store"})
