"""What every codec gives and raises, and the bounds that all of them keep."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

LARGEST = 8 * 1024 * 1024
"""The most bytes of one value, before and after it is decompressed: a check of a thousand lines has a tenth of it."""

Codec = Callable[[Any], Any]
"""Takes a value as the driver gives it (text, bytes, or what a JSON column holds), never None.

Gives dictionaries with text keys, lists, texts, numbers, booleans, datetimes and None. Raises Undecodable, and nothing
else, for what it cannot read.
"""


class Undecodable(ValueError):
    """A value is not what the codec reads. The reason holds nothing of the value."""


def raw_bytes(value: Any) -> bytes:
    """The bytes of a value; a text is taken as UTF-8.

    Raises Undecodable when it is neither, or too large.
    """
    if isinstance(value, str):
        if len(value) > LARGEST:
            raise Undecodable("is too large")
        return value.encode("utf-8", errors="replace")
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise Undecodable(f"is neither text nor bytes but {type(value).__name__}")
    if memoryview(value).nbytes > LARGEST:
        raise Undecodable("is too large")
    return bytes(value)


def inflated(raw: bytes) -> bytes:
    """Bytes as they were before gzip or zlib; others stay as they are.

    Raises Undecodable when they are cut off, or too large once they are whole.
    """
    if not raw.startswith((b"\x1f\x8b", b"\x78\x01", b"\x78\x9c", b"\x78\xda")):
        return raw
    inflater = zlib.decompressobj(wbits=47)
    try:
        found = inflater.decompress(raw, LARGEST + 1)
    except zlib.error:
        raise Undecodable("is compressed, and damaged") from None
    if len(found) > LARGEST:
        raise Undecodable("is too large")
    if not inflater.eof:
        raise Undecodable("is compressed, and cut off")
    return found
