"""Cursors as opaque texts: what a page ended with, in letters that say nothing and fit anywhere."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

_ORDERS = b"o"
_TABLES = b"t"
_LONGEST = 1000


def order_cursor(session_id: UUID) -> str:
    """The cursor of a page of orders that ends with this one."""
    return _written(_ORDERS + session_id.bytes)


def order_of(cursor: str) -> UUID | None:
    """The order with which the page of a cursor ended; None for a text that is none of ours."""
    found = _read(cursor, _ORDERS)
    return UUID(bytes=found) if found is not None and len(found) == len(UUID(int=0).bytes) else None


def table_cursor(table_id: str) -> str:
    """The cursor of a page of tables that ends with this one."""
    return _written(_TABLES + table_id.encode())


def table_of(cursor: str) -> str | None:
    """The table with which the page of a cursor ended; None for a text that is none of ours."""
    found = _read(cursor, _TABLES)
    try:
        return None if found is None else found.decode()
    except UnicodeDecodeError:
        return None


def _written(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")


def _read(cursor: str, kind: bytes) -> bytes | None:
    if not cursor.isascii() or len(cursor) > _LONGEST:
        return None
    try:
        found = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError:
        return None
    return found[1:] if found[:1] == kind and _written(found) == cursor else None
