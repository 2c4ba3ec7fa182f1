"""The codec `java-openbravo`: the open tickets that Openbravo POS and its descendants keep as serialized Java objects.

uniCenta, Chromis, KriolOS and NORD POS write the same object, `TicketInfo`, with what each adds behind it; so its parts
are told by their kind and not by their position. The stream is parsed into descriptions of objects: no class is looked
up by a name in it, nothing in it is run.
"""

from __future__ import annotations

import logging
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

from javaobj.v2.beans import BlockData, JavaInstance, JavaString
from javaobj.v2.core import JavaStreamParser

from adapter.mapping.codecs.content import Undecodable, inflated, raw_bytes

# Whatever it has to say quotes the stream, which is the restaurant's own.
logging.getLogger("javaobj").setLevel(logging.CRITICAL + 1)

_MAGIC = b"\xac\xed\x00\x05"
_LISTS = ("java.util.ArrayList", "java.util.LinkedList")
_MOST_LINES = 5_000
_MOST_PROPERTIES = 200
_CUT = "is cut off or damaged"


def decode(value: Any) -> dict[str, Any]:
    """An open ticket: `id`, `type`, `number`, `date`, `attributes`, and `lines`.

    A line has `line` (its number), `units`, `price` (without tax), `product` (`id`, `name`), `is_modifier` (the till
    calls it auxiliary), `tax` (`id`, `name`, `rate` as a fraction) and `attributes`. Raises Undecodable.
    """
    raw = inflated(raw_bytes(value))
    if not raw.startswith(_MAGIC):
        raise Undecodable("is no serialized Java object")
    try:
        contents = JavaStreamParser(BytesIO(raw), []).run()
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 -- a damaged stream makes the parser stumble in a hundred ways, all of one meaning
        raise Undecodable(_CUT) from None
    if len(contents) != 1 or not _is_a(contents[0], "TicketInfo"):
        raise Undecodable("is no open ticket of this family")
    return _ticket(contents[0])


def _ticket(ticket: Any) -> dict[str, Any]:
    parts = _annotations(ticket)
    numbers = next((part.data for part in parts if isinstance(part, BlockData)), b"")
    kind, number = struct.unpack(">ii", numbers[:8]) if len(numbers) >= 8 else (None, None)
    lists = [part for part in parts if _class(part) in _LISTS]
    # A ticket without lines still has their list; one without the list is none that we know.
    lines = next((found for found in map(_elements, lists) if all(_is_a(one, "TicketLineInfo") for one in found)), None)
    if lines is None:
        raise Undecodable("is an open ticket whose lines this version does not know")
    if len(lines) > _MOST_LINES:
        raise Undecodable(f"has more than {_MOST_LINES} lines")
    properties = next((part for part in parts if _class(part) == "java.util.Properties"), None)
    return {
        "id": next((_text(part) for part in parts if isinstance(part, JavaString)), None),
        "type": kind,
        "number": number,
        "date": next((moment for part in parts if (moment := _date(part)) is not None), None),
        "attributes": _properties(properties),
        "lines": [_line(line) for line in lines],
    }


def _line(line: Any) -> dict[str, Any]:
    fields = _fields(line)
    if not {"multiply", "price", "tax"} <= fields.keys():
        raise Undecodable("has a line that this version does not know")
    attributes = _properties(fields.get("attributes"))
    tax = _fields(fields["tax"])
    return {
        "line": fields.get("m_iLine"),
        "units": fields["multiply"],
        "price": fields["price"],
        "product": {"id": _text(fields.get("productid")), "name": attributes.get("product.name")},
        "is_modifier": attributes.get("product.com") == "true",
        "tax": {"id": _text(tax.get("id")), "name": _text(tax.get("name")), "rate": tax.get("rate")},
        "attributes": attributes,
    }


def _class(value: Any) -> str:
    """The name of an object's class; empty for what is no object."""
    description = value.classdesc if isinstance(value, JavaInstance) else None
    return str(description.name or "") if description is not None else ""


def _is_a(value: Any, name: str) -> bool:
    """Whether an object is of this class; each product has its own package."""
    return _class(value).rpartition(".")[2] == name


def _annotations(value: Any) -> list[Any]:
    """What an object wrote by its own hand, in order."""
    return [part for parts in value.annotations.values() for part in parts]


def _fields(value: Any) -> dict[str, Any]:
    """The fields of an object and of what it extends; none for null."""
    if not isinstance(value, JavaInstance):
        return {}
    return {str(field.name): found for fields in value.field_data.values() for field, found in fields.items()}


def _elements(value: Any) -> list[Any]:
    """The elements of a list; how many there are stands before them."""
    parts = _annotations(value)
    if not parts or not isinstance(parts[0], BlockData):
        raise Undecodable(_CUT)
    found = parts[1:]
    if _fields(value).get("size", len(found)) != len(found):
        raise Undecodable(_CUT)
    return found


def _properties(value: Any) -> dict[str, str]:
    """The texts of a Properties object."""
    if not isinstance(value, JavaInstance):
        return {}
    parts = [part for part in _annotations(value) if not isinstance(part, BlockData)]
    if len(parts) > 2 * _MOST_PROPERTIES:
        raise Undecodable(f"has more than {_MOST_PROPERTIES} properties in one place")
    return dict(_pairs(parts))


def _pairs(parts: list[Any]) -> Iterator[tuple[str, str]]:
    for key, value in zip(parts[::2], parts[1::2], strict=False):
        if isinstance(key, JavaString) and isinstance(value, JavaString):
            yield str(_text(key)), str(_text(value))


def _date(value: Any) -> datetime | None:
    """The moment of a java.util.Date, or of what extends it; None for anything else, and for one beyond our calendar."""
    if not isinstance(value, JavaInstance):
        return None
    for description, parts in value.annotations.items():
        if description.name == "java.util.Date" and parts and isinstance(parts[0], BlockData):
            if len(parts[0].data) != 8:
                raise Undecodable(_CUT)
            (milliseconds,) = struct.unpack(">q", parts[0].data)
            try:
                return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
            except OverflowError:
                return None
    return None


def _text(value: Any) -> str | None:
    """A Java string; half a surrogate pair, which no other text can hold, becomes a question mark."""
    if not isinstance(value, JavaString):
        return None
    return str(value.value).encode(errors="replace").decode()
