"""Session ids on the wire are UUIDs; keys of an EPOS are not. Packs one into the other, reversibly.

A key becomes a UUID of version 8 (RFC 9562, section 5.8), whose 122 free bits hold two bits that name the form and 120
that hold the key. Nothing is looked up and nothing is stored: any replica reads any id. Knows nothing of databases.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

Form = Literal["integer", "text", "uuid"]
Key = tuple[Any, ...]

_BODY = 120
_INTEGER, _TEXT, _COMPOSITE = 0, 1, 2
_CANONICAL = 36


class UnpackableKey(ValueError):
    """A key does not fit a UUID."""


class Part(Struct, frozen=True, kw_only=True):
    """One column of a key."""

    form: Form
    bits: int
    """How wide it is inside a composite key; a single integer or text has all 120 bits."""


class Packing(Struct, frozen=True, kw_only=True):
    """How the key of a mapping becomes a UUID and back."""

    parts: tuple[Part, ...]

    def pack(self, key: Key) -> UUID:
        """The UUID for a key.

        Raises UnpackableKey when a value does not fit.
        """
        if len(self.parts) > 1:
            return _version_8(_COMPOSITE, self._join(key))
        value = key[0]
        match self.parts[0].form:
            case "integer":
                return _version_8(_INTEGER, _to_bits(value, _BODY))
            case "text":
                return _pack_text(_text(value))
            case "uuid":
                return _uuid(value)

    def unpack(self, wire: UUID) -> Key | None:
        """The key in a UUID, or None for one that `pack` never gives: no row can have it."""
        form = self.parts[0].form
        if len(self.parts) == 1 and form == "uuid":
            return (wire,)
        payload = _payload(wire)
        if len(self.parts) == 1 and form == "text":
            return _unpack_text(wire, payload)
        if payload is None:
            return None
        kind, body = payload >> _BODY, payload & ((1 << _BODY) - 1)
        if len(self.parts) == 1:
            return (_from_bits(body, _BODY),) if kind == _INTEGER else None
        return self._split(body) if kind == _COMPOSITE else None

    def _join(self, key: Key) -> int:
        body = 0
        for part, value in zip(self.parts, key, strict=True):
            if part.form == "text":
                bits = int.from_bytes(_padded(_text(value), part.bits // 8), "big")
            else:
                bits = _to_bits(value, part.bits)
            body = body << part.bits | bits
        return body

    def _split(self, body: int) -> Key | None:
        values: list[Any] = []
        for part in reversed(self.parts):
            bits = body & ((1 << part.bits) - 1)
            body >>= part.bits
            if part.form == "integer":
                values.append(_from_bits(bits, part.bits))
                continue
            text = _text_of(bits.to_bytes(part.bits // 8, "big"))
            if text is None:
                return None
            values.append(text)
        return None if body else tuple(reversed(values))


def packing(parts: Sequence[Part]) -> Packing:
    """The packing for a key of these parts.

    Raises UnpackableKey, with the reason, when such keys cannot all be told apart in 120 bits.
    """
    if len(parts) == 1:
        return Packing(parts=tuple(parts))
    if any(part.form == "uuid" for part in parts):
        raise UnpackableKey("a UUID leaves no room for a second column in a session id")
    for part in parts:
        if part.bits < 1 or (part.form == "text" and part.bits % 8):
            raise UnpackableKey("an integer needs at least one bit, and a text whole bytes of 8 bits")
    width = sum(part.bits for part in parts)
    if width > _BODY:
        raise UnpackableKey(
            f"the columns need {width} bits and a session id has room for {_BODY}; "
            "if their values are smaller than their types, say so with bits = [...]"
        )
    return Packing(parts=tuple(parts))


def _version_8(kind: int, body: int) -> UUID:
    payload = kind << _BODY | body
    high = payload >> 74
    middle = (payload >> 62) & 0xFFF
    low = payload & ((1 << 62) - 1)
    return UUID(int=high << 80 | 0x8 << 76 | middle << 64 | 0b10 << 62 | low)


def _payload(wire: UUID) -> int | None:
    number = wire.int
    if (number >> 76) & 0xF != 0x8 or (number >> 62) & 0b11 != 0b10:
        return None
    return (number >> 80) << 74 | ((number >> 64) & 0xFFF) << 62 | (number & ((1 << 62) - 1))


def _to_bits(value: Any, bits: int) -> int:
    if (
        value.__class__ is not int
        and isinstance(value, (Decimal, float))
        and math.isfinite(value)
        and value == int(value)
    ):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise UnpackableKey("is NULL" if value is None else "is no whole number")
    number = value
    if not -(1 << (bits - 1)) <= number < 1 << (bits - 1):
        raise UnpackableKey(f"needs more than the {bits} bits that were said")
    return number & ((1 << bits) - 1)


def _from_bits(bits: int, width: int) -> int:
    return bits - (1 << width) if bits >> (width - 1) else bits


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise UnpackableKey("is NULL" if value is None else "is no text")
    return value


def _uuid(value: Any) -> UUID:
    if isinstance(value, UUID):
        return value
    try:
        return UUID(_text(value))
    except ValueError:
        raise UnpackableKey("is no UUID") from None


def _pack_text(text: str) -> UUID:
    passed = _canonical(text)
    if passed is not None:
        return passed
    return _version_8(_TEXT, int.from_bytes(_padded(text, _BODY // 8), "big"))


def _unpack_text(wire: UUID, payload: int | None) -> Key | None:
    if payload is None:
        return (str(wire),)
    if payload >> _BODY != _TEXT:
        return None
    text = _text_of((payload & ((1 << _BODY) - 1)).to_bytes(_BODY // 8, "big"))
    return None if text is None else (text,)


def _canonical(text: str) -> UUID | None:
    """A text that is itself a UUID in its usual spelling passes through, unless it would read as a packed one."""
    if len(text) != _CANONICAL:
        return None
    try:
        found = UUID(text)
    except ValueError:
        return None
    return found if str(found) == text and _payload(found) is None else None


def _padded(text: str, room: int) -> bytes:
    raw = text.encode()
    if "\0" in text:
        raise UnpackableKey("is a text key with a NUL in it")
    if len(raw) > room:
        raise UnpackableKey(f"is a text key of {len(raw)} bytes, and there is room for {room}")
    return raw.ljust(room, b"\0")


def _text_of(raw: bytes) -> str | None:
    kept = raw.rstrip(b"\0")
    if b"\0" in kept:
        return None
    try:
        return kept.decode()
    except UnicodeDecodeError:
        return None
