"""Turns frames into envelopes and answers into frames. Knows nothing of methods, sockets or the domain."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, Literal

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from adapter.errors import MalformedRequest

MAX_SIZE: Final = 1024 * 1024
"""How large a frame may be unless configured otherwise, in bytes."""

_ID_STARTS: Final = b'"-0123456789'
_NOTHING: Final = Raw(b"")
_NO_PARAMS: Final = Raw(b"{}")

HALF_A_CHARACTER: Final = Raw(b"")
"""The parameters of a frame that holds half of a surrogate pair, for which UTF-8 and databases have no letter."""
_ESCAPES: Final = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a whole pair
    rb"|\\u(?P<half>[dD][89a-fA-F][0-9a-fA-F]{2})"
    rb"|\\."
)
_INSTEAD: Final = rb"\ufffd"


class Envelope(Struct, frozen=True, kw_only=True, gc=False):
    """What a frame says before anybody looks at its parameters."""

    id: bytes | None
    """The id's own JSON, to be echoed unchanged; None where there is nothing to answer to."""
    method: str | None
    """None where it is missing or not a string."""
    params: Raw
    """Unread JSON; an empty object where the frame has none."""


class _Frame(Struct, frozen=True, gc=False):
    """A JSON-RPC request before its members are judged. A `jsonrpc` other than "2.0" is nobody's harm."""

    id: Raw = _NOTHING
    method: Raw = _NOTHING
    params: Raw = _NO_PARAMS


class _Answer(Struct, kw_only=True, gc=False):
    """A JSON-RPC answer in the order of its members, encoded in one pass: a list of bills has megabytes."""

    jsonrpc: str = "2.0"
    id: Raw
    method: str | UnsetType = UNSET
    result: Any = UNSET
    error: Any = UNSET


_frames = msgspec.json.Decoder(_Frame)
_strings = msgspec.json.Decoder(str)
_encoder = msgspec.json.Encoder()


def decode(raw: bytes) -> Envelope:
    """Read a frame as far as its id, its method and its still unread parameters.

    An id is a JSON string or number; null and anything else is no id (the API reference says a string, a UUID).
    Batches are not part of the protocol. A frame with half of a surrogate pair, which JSON allows, has its id and its
    method, and HALF_A_CHARACTER for parameters. Raises MalformedRequest when the frame is no JSON object in UTF-8.
    """
    try:
        raw.decode()
        frame = _frames.decode(raw)
    except UnicodeDecodeError:
        raise MalformedRequest("not UTF-8") from None
    except msgspec.ValidationError:
        raise MalformedRequest("not a JSON object") from None
    except msgspec.DecodeError:
        frame = _with_halves(raw)
    except RecursionError:
        raise MalformedRequest("nested too deeply") from None
    identity = bytes(frame.id)
    method = bytes(frame.method)
    return Envelope(
        id=identity if identity[:1] and identity[:1] in _ID_STARTS else None,
        method=_strings.decode(method) if method.startswith(b'"') else None,
        params=frame.params,
    )


def _with_halves(raw: bytes) -> _Frame:
    """Read a frame that the decoder refuses, which it does with half a surrogate pair wherever it stands."""
    whole = _ESCAPES.sub(lambda escape: _INSTEAD if escape["half"] else escape[0], raw)
    if whole == raw:
        raise MalformedRequest("not JSON")
    try:
        frame = _frames.decode(whole)
    except (msgspec.DecodeError, RecursionError):
        raise MalformedRequest("not JSON") from None
    # What stood in it cannot be told any more, so it is not repeated.
    identity = _NOTHING if _INSTEAD in bytes(frame.id) else frame.id
    return _Frame(id=identity, method=frame.method, params=HALF_A_CHARACTER)


def encode(
    identity: bytes, *, member: Literal["result", "error"], value: Struct | Sequence[Struct], method: str | None = None
) -> bytes:
    """An answer to the request with this id: one object with the value under `result`, or wherever the dialect says.

    With `method` it names the method of the request.
    """
    answer = _Answer(id=Raw(identity), method=UNSET if method is None else method)
    setattr(answer, member, value)
    return _encoder.encode(answer)
