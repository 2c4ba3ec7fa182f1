"""The pieces of a draft: settings with what speaks for them, and how they are written as TOML."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_WIDTH = 116

Quote = Callable[[str], str]


class Plain(str):
    """TOML that is written as it is."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One setting of a draft."""

    key: str
    value: Any
    evidence: tuple[str, ...] = ()
    """Why it was guessed, a sentence each."""
    todo: str = ""
    """What a person has to say."""
    sample: str = ""
    """Some of its values, masked where they could be somebody's."""


@dataclass(slots=True, kw_only=True)
class Section:
    """A section of a draft, with its settings in order."""

    title: str
    evidence: list[str] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)

    def say(self, key: str, value: Any, *evidence: str, todo: str = "", sample: str = "") -> None:
        """Add a setting; empty evidence is left out."""
        said = tuple(one for one in evidence if one)
        self.entries.append(Entry(key=key, value=value, evidence=said, todo=todo, sample=sample))


def written(section: Section) -> list[str]:
    """A section as lines of TOML, what speaks for each setting as comments above it."""
    lines = [line for one in section.evidence for line in comment(one)]
    lines.append(section.title)
    width = max((len(entry.key) for entry in section.entries), default=0)
    for entry in section.entries:
        for one in entry.evidence:
            lines += comment(one)
        if entry.sample:
            lines += comment(f"values: {entry.sample}")
        if entry.todo:
            lines += comment(f"TODO {entry.todo}")
        lines.append(f"{entry.key:<{width}} = {toml(entry.value)}")
    return lines


def comment(text: str) -> list[str]:
    """A sentence as comment lines that no value can break out of."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return textwrap.wrap(plain, _WIDTH, initial_indent="# ", subsequent_indent="#   ", break_long_words=False)


def toml(value: Any) -> str:
    """A value as TOML on one line."""
    if isinstance(value, Plain):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(str(key))} = {toml(one)}" for key, one in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, str) and value.isprintable() and ('"' in value or "\\" in value) and "'''" not in value:
        # Quotes of names read better unescaped.
        return f"'{value}'" if "'" not in value else f"'''{value} '''" if value.endswith("'") else f"'''{value}'''"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Sequence):
        return f"[{', '.join(toml(one) for one in value)}]"
    return str(value)


def _key(name: str) -> str:
    bare = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if bare else json.dumps(name, ensure_ascii=False)
