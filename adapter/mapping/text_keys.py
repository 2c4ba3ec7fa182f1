"""The id of a table is a text on the wire, and a key of one column or several in the EPOS. Makes one of the other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote
from uuid import UUID

from msgspec import Struct

from adapter.mapping.bind import Binder
from adapter.mapping.keys import Form
from adapter.toml.locate import Path

_WHOLE = re.compile(r"0|-?[1-9]\d{0,17}")
"""A whole number as it is written on the wire, that fits 64 bits."""


class TextKey(Struct, frozen=True, kw_only=True):
    """How the key of a mapping's tables becomes a text and back."""

    forms: tuple[Form, ...] | None
    """How the columns hold it; None where that is not known, so that nothing can be looked up by it."""

    def values(self, text: str) -> tuple[Any, ...] | None:
        """The key in a text, as the columns hold it; None for one that no table can have."""
        parts = [unquote(part) for part in text.split(",")] if self.forms is not None else []
        if self.forms is None or len(parts) != len(self.forms) or "\0" in text:
            return None
        values = [_value(part, form) for part, form in zip(parts, self.forms, strict=True)]
        return None if None in values else tuple(values)


def key_text(parts: Sequence[str]) -> str:
    """A key as a text: its parts with commas between them, those inside a part as %2C."""
    return ",".join(part.replace("%", "%25").replace(",", "%2C") for part in parts)


def _value(text: str, form: Form) -> Any:
    match form:
        case "integer":
            return int(text) if _WHOLE.fullmatch(text) else None
        case "uuid":
            try:
                return UUID(text)
            except ValueError:
                return None
        case "text":
            return text


_FORMS: dict[str, Form] = {"decimal": "integer", "integer": "integer", "text": "text", "uuid": "uuid"}


def table_key(binder: Binder) -> TextKey:
    """How the id of a table of a mapping becomes a text and back."""
    path: Path = ("table", "id")
    said = binder.mapping.file.table.id
    own = said.form if said is not None else ()
    forms: list[Form] = []
    for index in range(len(binder.mapping.fragments.get(path, ()))):
        fact = binder.fact_of(path, index)
        form = own[index] if index < len(own) else _FORMS.get(fact.family) if fact is not None else None
        if form is None:
            return TextKey(forms=None)
        forms.append(form)
    return TextKey(forms=tuple(forms) or None)
