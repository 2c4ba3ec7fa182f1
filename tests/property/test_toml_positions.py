from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.toml.locate import Path, locate

SHIPPED = FilePath(__file__).parent.parent.parent / "mappings"
BARE = re.compile(r"[A-Za-z0-9_-]+")
CHARACTERS = "abZ09_- .\"'\\#=[]{},\té漢😀\u00a0"
NAMES = st.one_of(st.text(alphabet="abcxyz_-019", min_size=1, max_size=4), st.text(alphabet=CHARACTERS, max_size=4))
TEXTS = st.text(alphabet=CHARACTERS + "\n", max_size=8)
SCALARS = st.sampled_from(
    [
        "1",
        "-0x1F".removeprefix("-"),
        "1_000",
        "3.5",
        "-inf",
        "true",
        "1979-05-27 07:32:00",
        "1979-05-27T00:32:00.5-07:00",
    ]
)
BLANKS = st.sampled_from(["", " ", "\t ", "  "])
GAPS = st.sampled_from(["", "\n", '# a [comment] = \'x\' """\n', "  # é\n\n"])


@dataclass
class Document:
    draw: Callable[[st.SearchStrategy[Any]], Any]
    text: str = ""
    keys: dict[Path, int] = field(default_factory=dict)
    characters: dict[Path, list[int]] = field(default_factory=dict)

    def put(self, text: str) -> None:
        self.text += text

    def blank(self) -> None:
        self.put(self.draw(BLANKS))

    def note(self, path: Path, offset: int) -> None:
        for end in range(1, len(path) + 1):
            self.keys.setdefault(path[:end], offset)

    def key(self, name: str) -> None:
        ways = ["basic"]
        if BARE.fullmatch(name):
            ways.append("bare")
        if "'" not in name:
            ways.append("literal")
        match self.draw(st.sampled_from(ways)):
            case "bare":
                self.put(name)
            case "literal":
                self.put(f"'{name}'")
            case _:
                self.put('"' + "".join(self.escaped(character) for character in name) + '"')

    def escaped(self, character: str) -> str:
        if character in '"\\':
            return "\\" + character
        if character == "\n":
            return "\\n"
        return self.draw(st.sampled_from([character, character, f"\\U{ord(character):08X}"]))

    def string(self, path: Path) -> None:
        value = self.draw(TEXTS)
        ways = ["basic", "long basic"]
        if "'" not in value and "\n" not in value:
            ways.append("literal")
        if "'''" not in value:
            ways.append("long literal")
        way = self.draw(st.sampled_from(ways))
        is_long = way.startswith("long")
        quote = ("'" if "literal" in way else '"') * (3 if is_long else 1)
        self.put(quote)
        if is_long and (value.startswith("\n") or self.draw(st.booleans())):
            self.put("\n")
        offsets = self.characters[path] = []
        for character in value:
            if way == "long basic" and not character.isspace() and self.draw(st.integers(0, 5)) == 0:
                self.put("\\" + self.draw(BLANKS) + "\n" + self.draw(BLANKS))
            offsets.append(len(self.text))
            if "literal" in way or (way == "long basic" and character in "\n\u00a0"):
                self.put(character)
            elif way == "long basic" and character == '"' and not self.text.endswith('"'):
                self.put('"')
            else:
                self.put(self.escaped(character))
        self.put(quote)

    def value(self, path: Path, depth: int) -> None:
        kinds = ["scalar", "string", "string"] + (["array", "inline"] if depth < 3 else [])
        match self.draw(st.sampled_from(kinds)):
            case "scalar":
                self.put(self.draw(SCALARS))
            case "string":
                self.string(path)
            case "array":
                self.put("[")
                count = self.draw(st.integers(0, 3))
                for index in range(count):
                    self.put(self.draw(GAPS))
                    self.blank()
                    self.keys[(*path, index)] = len(self.text)
                    self.value((*path, index), depth + 1)
                    self.put(self.draw(GAPS))
                    if index < count - 1 or self.draw(st.booleans()):
                        self.put(",")
                self.put(self.draw(GAPS) + "]")
            case _:
                self.put("{")
                names = self.draw(st.lists(NAMES, unique=True, max_size=3))
                for index, name in enumerate(names):
                    self.blank()
                    self.pair(path, name, depth + 1)
                    self.blank()
                    if index < len(names) - 1:
                        self.put(",")
                self.put("}")

    def pair(self, prefix: Path, name: str, depth: int) -> None:
        start = len(self.text)
        path: Path = (*prefix, name)
        self.key(name)
        for more in self.draw(st.lists(NAMES, max_size=2)) if self.draw(st.integers(0, 3)) == 0 else ():
            self.blank()
            self.put(".")
            self.blank()
            self.key(more)
            path = (*path, more)
        self.note(path, start)
        self.blank()
        self.put("=")
        self.blank()
        self.value(path, depth)

    def header(self, names: tuple[str, ...], brackets: str) -> int:
        self.put(self.draw(GAPS))
        if not self.text.endswith("\n") and self.text:
            self.put("\n")
        self.blank()
        start = len(self.text)
        self.put("[" * len(brackets))
        for index, name in enumerate(names):
            self.blank()
            if index:
                self.put(".")
                self.blank()
            self.key(name)
        self.blank()
        self.put("]" * len(brackets))
        self.put(self.draw(st.sampled_from(["\n", " # why\n"])))
        return start

    def table(self, names: tuple[str, ...], path: Path, depth: int) -> None:
        known = self.draw(st.lists(NAMES, unique=True, max_size=5))
        below = []
        for name in known:
            kind = self.draw(st.sampled_from(["pair", "pair", "table", "tables"])) if depth < 2 else "pair"
            if kind != "pair":
                below.append((name, kind))
                continue
            self.put(self.draw(GAPS))
            self.blank()
            self.pair(path, name, 1)
            self.put(self.draw(st.sampled_from(["\n", "  # because\n"])))
        for name, kind in below:
            if kind == "table":
                start = self.header((*names, name), "[")
                self.note((*path, name), start)
                self.table((*names, name), (*path, name), depth + 1)
                continue
            for index in range(self.draw(st.integers(1, 2))):
                start = self.header((*names, name), "[[")
                self.note((*path, name, index), start)
                self.table((*names, name), (*path, name, index), depth + 1)


@st.composite
def documents(draw: Callable[[st.SearchStrategy[Any]], Any]) -> Document:
    document = Document(draw)
    document.table((), (), 0)
    return document


def paths_of(data: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    below = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for name, value in below:
        yield (*path, name), value
        yield from paths_of(value, (*path, name))


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset]
    return before.count("\n") + 1, offset - before.rfind("\n")


@settings(max_examples=120, deadline=None, derandomize=True)
@given(documents(), st.booleans())
def test_every_key_stands_where_its_position_says(document: Document, windows: bool):
    raw = document.text.replace("\n", "\r\n") if windows else document.text
    found = locate(raw)
    for path, _ in paths_of(tomllib.loads(raw)):
        assert path in found.keys, path
        assert found.place(path) == line_and_column(document.text, document.keys[path]), path


@settings(max_examples=120, deadline=None, derandomize=True)
@given(documents(), st.booleans())
def test_every_character_of_a_string_stands_where_its_position_says(document: Document, windows: bool):
    raw = document.text.replace("\n", "\r\n") if windows else document.text
    found = locate(raw)
    for path, value in paths_of(tomllib.loads(raw)):
        if not isinstance(value, str):
            continue
        for index, offset in enumerate(document.characters[path]):
            assert found.inside(path, index) == line_and_column(document.text, offset), (path, index)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.data())
def test_a_mapping_that_still_is_toml_after_an_edit_can_be_walked(data: st.DataObject):
    text = data.draw(st.sampled_from([file.read_text(encoding="utf-8") for file in sorted(SHIPPED.glob("*.toml"))]))
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start, min(start + 30, len(text))))
    edited = text[:start] + data.draw(st.text(alphabet="ab=\"'#[]{}.,\n\\ é", max_size=3)) + text[end:]
    try:
        values = tomllib.loads(edited)
    except tomllib.TOMLDecodeError:
        return
    found = locate(edited)
    assert all(path in found.keys for path, _ in paths_of(values))
