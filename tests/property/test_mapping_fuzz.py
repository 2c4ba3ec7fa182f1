from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlglot

from adapter.errors import InvalidFile, Problem
from adapter.mapping.load import load_mapping_text

SHIPPED = Path(__file__).parent.parent.parent / "mappings"
TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
ODD = [
    "\x00",
    "\ufeff",
    "\r",
    "é",
    "😀",
    "'",
    '"',
    '"""',
    "\\",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    ";",
    "--",
    "/*",
    "$$",
    ":site.",
    ":",
    "*",
    "%",
    "{{",
    "\u2028",
]


def edited(text: str, chance: random.Random) -> str:
    for _ in range(chance.randint(1, 3)):
        text = EDITS[chance.randrange(len(EDITS))](text, chance)
    return text


def drop_characters(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text))
    return text[:at] + text[at + chance.randint(1, 6) :]


def repeat_characters(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text))
    end = at + chance.randint(1, 12)
    return text[:end] + text[at:end] + text[end:]


def put_something_odd(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text))
    return text[:at] + chance.choice(ODD) + text[at:]


def swap_lines(text: str, chance: random.Random) -> str:
    lines = text.split("\n")
    first, second = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[first], lines[second] = lines[second], lines[first]
    return "\n".join(lines)


def drop_line(text: str, chance: random.Random) -> str:
    lines = text.split("\n")
    del lines[chance.randrange(len(lines))]
    return "\n".join(lines)


def repeat_line(text: str, chance: random.Random) -> str:
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    return "\n".join([*lines[:at], lines[at], *lines[at:]])


def drop_token(text: str, chance: random.Random) -> str:
    tokens = TOKEN.findall(text)
    del tokens[chance.randrange(len(tokens))]
    return "".join(tokens)


def swap_tokens(text: str, chance: random.Random) -> str:
    tokens = TOKEN.findall(text)
    first, second = chance.randrange(len(tokens)), chance.randrange(len(tokens))
    tokens[first], tokens[second] = tokens[second], tokens[first]
    return "".join(tokens)


EDITS = [
    drop_characters,
    drop_line,
    drop_token,
    put_something_odd,
    repeat_characters,
    repeat_line,
    swap_lines,
    swap_tokens,
]


@pytest.fixture(scope="module")
def _without_repeated_work() -> Iterator[None]:
    """What an edit has not changed is parsed once."""
    parse = sqlglot.parse
    known: dict[str, list[sqlglot.Expr | None]] = {}

    def parse_once(text: str, **how: str) -> list[sqlglot.Expr | None]:
        if text not in known:
            known[text] = parse(text, **how)
        return [tree.copy() if tree is not None else None for tree in known[text]]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlglot, "parse", parse_once)
        yield


@pytest.mark.usefixtures("_without_repeated_work")
@pytest.mark.parametrize(("name", "count"), [("floreant", 60), ("pasteque", 190)])
@pytest.mark.parametrize("seed", range(8))
def test_an_edited_mapping_is_read_or_refused_with_reasons(name: str, count: int, seed: int):
    chance = random.Random(f"{name} {seed}")  # noqa: S311
    text = (SHIPPED / f"{name}.toml").read_text(encoding="utf-8")
    for _ in range(count):
        variant = edited(text, chance)
        for problem in problems_of(variant):
            assert 0 <= problem.line <= variant.count("\n") + 1
            assert problem.column >= 0
            assert problem.message.strip()
            assert "<class" not in problem.message


def problems_of(text: str) -> list[Problem]:
    try:
        load_mapping_text(text)
    except InvalidFile as error:
        return error.problems or [Problem(file="", line=-1, key="", message="refused without a reason")]
    return []
