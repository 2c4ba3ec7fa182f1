"""The codec `xml-properties`: Java properties as XML (`<entry key="product.name">Burger</entry>`)."""

from __future__ import annotations

import re
from typing import Any
from xml.parsers import expat

from adapter.mapping.codecs.content import Undecodable, inflated, raw_bytes

_ENTITY = re.compile(rb"<!\s*ENTITY", re.IGNORECASE)


def decode(value: Any) -> dict[str, str]:
    """The properties, each key with its text; the last one counts where a key stands twice. A blank text has none.

    Raises Undecodable.
    """
    raw = inflated(raw_bytes(value))
    if not raw.strip():
        return {}
    if _ENTITY.search(raw):
        raise Undecodable("declares entities, which are not read")
    reader = _Reader()
    # The text of a column is UTF-8 by now, whatever its first line says.
    parser = expat.ParserCreate("utf-8" if isinstance(value, str) else None)
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.EntityDeclHandler = reader.entity
    try:
        parser.Parse(raw, True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise error if isinstance(error, Undecodable) else Undecodable("is no XML") from None
    return reader.found


class _Reader:
    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self._depth = 0
        self._key: str | None = None
        self._text: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth == 1 and name != "properties":
            raise Undecodable("is no Java properties file")
        self._key = attributes.get("key") if name == "entry" and self._depth == 2 else None
        self._text = []

    def end(self, _name: str) -> None:
        self._depth -= 1
        if self._key is not None:
            self.found[self._key] = "".join(self._text)
        self._key = None

    def text(self, text: str) -> None:
        if self._key is not None:
            self._text.append(text)

    def entity(self, *_declaration: object) -> None:
        raise Undecodable("declares entities, which are not read")
