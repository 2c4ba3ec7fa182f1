"""The codec `json`: JSON in a text, in bytes, or compressed by gzip. Numbers keep every digit that was written."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from adapter.mapping.codecs.content import Undecodable, inflated, raw_bytes

_LONGEST_EXPONENT = 30


def decode(value: Any) -> Any:
    """The data of a JSON value. Where an object has a member twice, the last one counts.

    What a driver has decoded already is taken as it is, and a blank text holds nothing: None. Raises Undecodable.
    """
    if not isinstance(value, (str, bytes, bytearray, memoryview)):
        return value
    raw = inflated(raw_bytes(value)).removeprefix(b"\xef\xbb\xbf")
    try:
        return _decoder.decode(raw) if raw.strip() else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Undecodable("is no JSON") from None
    except RecursionError:
        raise Undecodable("is nested too deeply") from None


def _number(text: str) -> Decimal | str:
    """A number with a point or an exponent, exactly as it was written.

    One of a hundred digits stays a text, which no reading takes for a number: written out it could fill the memory.
    """
    found = Decimal(text)
    return found if abs(found.adjusted()) <= _LONGEST_EXPONENT else text


_decoder = msgspec.json.Decoder(float_hook=_number)
