from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from pydantic import Field, model_validator

from adapter.errors import InvalidFile, Problem
from adapter.toml.load import Source, Strict, load, load_text, parse, suggest
from adapter.toml.locate import locate
from adapter.toml.secrets import Secret


class Door(Strict):
    width: int = Field(default=1, ge=1)
    colour: Literal["red", "green"] = "red"


class House(Strict):
    name: str
    key: Secret = Field(default="", validate_default=True)
    rooms: int = 1
    height: float = 1.0
    open: bool = False
    front: Door = Door()
    doors: tuple[Door, ...] = ()
    by_name: dict[str, Door] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _not_haunted(self) -> House:
        if self.name == "haunted":
            raise ValueError("this house is haunted")
        return self


def problems_of(text: str | bytes) -> list[Problem]:
    raw = text.encode() if isinstance(text, str) else text
    with pytest.raises(InvalidFile) as caught:
        load_text(raw, "house.toml", House)[1].raise_if_any()
    assert caught.value.problems
    return caught.value.problems


def test_a_good_file_becomes_its_model():
    house, source = load_text(b'name = "Inn"\n[[doors]]\nwidth = 2\n', "house.toml", House)
    assert (house.name, house.doors[0].width) == ("Inn", 2)
    assert source.locator.place(("doors", 0, "width")) == (3, 1)


def test_a_file_may_begin_with_a_byte_order_mark():
    house, source = load_text(b'\xef\xbb\xbfname = "Inn"\r\nrooms = 3\r\n', "house.toml", House)
    assert house.rooms == 3
    assert source.locator.place(("name",)) == (1, 1)
    assert source.locator.place(("rooms",)) == (2, 1)


def test_all_problems_are_told_at_once_in_the_order_of_the_file():
    found = problems_of(
        'rooms = "many"\nnmae = "x"\n[front]\ncolour = "blue"\n[[doors]]\nwidth = 0\n[[doors]]\nwdith = 3\n'
    )
    assert [(problem.line, problem.key) for problem in found] == [
        (1, "rooms"),
        (2, "nmae"),
        (4, "front.colour"),
        (6, "doors[0].width"),
        (8, "doors[1].wdith"),
    ]


def test_a_problem_reads_as_editors_expect_it():
    (found,) = problems_of('name = "x"\nromms = 1\n')
    assert str(found) == 'house.toml:2: romms: there is no such setting; did you mean "rooms"?'


def test_the_message_of_the_error_holds_one_problem_a_line():
    with pytest.raises(InvalidFile) as caught:
        load_text(b"a = 1\nb = 2\n", "house.toml", House)[1].raise_if_any()
    assert str(caught.value).splitlines() == [str(problem) for problem in caught.value.problems]


def test_an_unknown_setting_that_resembles_nothing_is_answered_with_what_is_known():
    (found,) = problems_of('name = "x"\n[front]\nzzz = 1\n')
    assert found.hint == "known here: colour, width"


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ('name = "x"\n[by_name.a]\nwidht = 1\n', 3, "by_name.a.widht"),
        ('name = "x"\ndoors = [\n  { width = 1 },\n  { widht = 1 },\n]\n', 4, "doors[1].widht"),
        ('name = "x"\nfront = { widht = 1 }\n', 2, "front.widht"),
        ('name = "x"\nfront.widht = 1\n', 2, "front.widht"),
    ],
)
def test_a_misspelt_setting_is_found_in_every_form_of_table(text: str, line: int, key: str):
    (found,) = problems_of(text)
    assert (found.line, found.key, found.hint) == (line, key, 'did you mean "width"?')


@pytest.mark.parametrize(
    "line",
    [
        "rooms = 'three'",
        "rooms = 1.5",
        "rooms = [1]",
        "rooms = { a = 1 }",
        "rooms = 2024-05-01",
        "height = 'tall'",
        "open = 'perhaps'",
        "open = 3",
        "front = 5",
        "front = 'oak'",
        "doors = 5",
        "doors = [5]",
        "by_name = [1]",
        "key = 5",
        "key = ['a']",
    ],
)
def test_a_value_of_the_wrong_type_is_told_at_its_line(line: str):
    (found,) = problems_of(f'name = "x"\n\n{line}\n')
    assert found.line == 3
    assert found.key.startswith(line.partition(" =")[0])
    assert found.message


def test_a_flag_is_no_number():
    (found,) = problems_of('name = "x"\nrooms = true\n')
    assert (found.line, found.key) == (2, "rooms")


def test_a_rule_across_settings_is_told_in_its_own_words():
    (found,) = problems_of('rooms = 2\nname = "haunted"\n')
    assert found.message == "this house is haunted"


@pytest.mark.parametrize(
    "text",
    [
        "name = s3cret",
        'name = "s3cret',
        'name = "x"\nkey = { env = "X", s3kret = "s3cret" }',
        'name = "x"\nkey = { value = "s3cret" }',
        'name = "x"\nkey = ["s3cret"]',
        'name = "x"\nrooms = "s3cret"',
        'name = "x"\nopen = "s3cret"',
        'name = "x"\nfront = "s3cret"',
        'name = "x"\nfront = { colour = "s3cret" }',
        'name = "x"\nkye = "s3cret"',
        'name = "haunted"\nkey = "s3cret"',
        'name = ["s3cret"]\nkey = "s3cret"',
        'name = "x"\nname = "s3cret"',
        'name = "s3cret\\q"',
        'name = """s3cret',
        'name = "x"\nby_name = "s3cret"',
        'name = "x"\nby_name = { a = "s3cret" }',
    ],
)
def test_no_problem_shows_a_value_of_the_file(text: str):
    for problem in problems_of(text):
        assert "s3cret" not in str(problem)
        assert "s3cret" not in repr(problem)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("name = \n", 1, 8),
        ("name = 'x'\nrooms = \n", 2, 9),
        ("name = 'x'\n[front\n", 2, 7),
        ("name = 'x'\nname = 'y'\n", 2, 11),
        ("name = 'x'\n\n  = 3\n", 3, 3),
        ("name = oak\n", 1, 8),
        ("name = 'x'\r\nrooms == 3\r\n", 2, 8),
    ],
)
def test_what_is_no_toml_is_told_with_line_and_column(text: str, line: int, column: int):
    (found,) = problems_of(text)
    assert (found.line, found.column) == (line, column)
    assert found.message.startswith("not valid TOML: ")
    assert "line" not in found.message


@pytest.mark.parametrize("text", ['name = """\nx\n', "a = [\n1,\n", "a = {"])
def test_what_ends_too_early_is_told_at_the_end(text: str):
    (found,) = problems_of(text)
    assert found.line in (text.count("\n"), text.count("\n") + 1)
    assert "end of document" not in found.message


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "9" * 5000,
        "a = 0x" + "f" * 9000 + "\nb =",
        '["a (at line x"]\n["a (at line x"]\n',
        '["(at line 7, column 9)"]\n["(at line 7, column 9)"]\n',
        "a = 2024-02-30",
        "a = 1e99999 x",
        "\x00",
        "a = '\x01'",
        "a.b = 1\na = 2",
        "a = [1]\n[[a]]",
        "a = {b = 1}\n[a.c]",
        "=",
        "]",
    ],
)
def test_the_oddest_text_is_a_problem_and_never_a_crash(text: str):
    (found, *_) = problems_of(text)
    assert found.line >= 1
    assert found.message


@pytest.mark.parametrize("depth", range(10, 700, 10))
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ("{a=", "}")])
def test_deep_nesting_is_read_or_refused(opening: str, closing: str, depth: int):
    text = "name = 'x'\nrooms = " + opening * depth + "1" + closing * depth
    found = problems_of(text)
    assert found[0].line == 2


def test_what_is_not_utf_8_is_told_with_its_line():
    (found,) = problems_of(b"name = 'x'\n# caf\xe9\n")
    assert (found.line, found.message, found.hint) == (
        2,
        "the file is not UTF-8 text",
        "save it as UTF-8 in the editor",
    )


def test_utf_16_as_some_editors_save_it_is_a_problem():
    (found, *_) = problems_of("name = 'x'\n".encode("utf-16"))
    assert found.message == "the file is not UTF-8 text"


def test_an_empty_file_misses_what_is_needed():
    (found,) = problems_of("")
    assert (found.line, found.key, found.message) == (1, "name", "is missing")


def test_a_missing_file_is_a_problem_without_a_line(tmp_path: Path):
    with pytest.raises(InvalidFile) as caught:
        load(tmp_path / "none.toml", House)
    (found,) = caught.value.problems
    assert (found.line, found.file) == (0, str(tmp_path / "none.toml"))
    assert found.message == "cannot be read: No such file or directory"
    assert str(found) == f"{tmp_path / 'none.toml'}: cannot be read: No such file or directory"


def test_a_directory_is_a_problem(tmp_path: Path):
    with pytest.raises(InvalidFile, match="cannot be read: "):
        load(tmp_path, House)


def test_a_file_is_read_from_its_path(tmp_path: Path):
    file = tmp_path / "house.toml"
    file.write_text('name = "Inn"\n', encoding="utf-8")
    assert load(file, House)[0].name == "Inn"


def test_problems_found_later_join_the_others_in_the_order_of_the_file():
    text = 'a = "xy"\n[b]\nc = 1\n'
    source = Source(file="f.toml", locator=locate(text))
    source.report(("b", "c"), "is late")
    source.report_inside(("a",), 1, "is early", "look")
    source.report(("b", "c"), "is late")
    with pytest.raises(InvalidFile) as caught:
        source.raise_if_any()
    assert [str(problem) for problem in caught.value.problems] == [
        "f.toml:1:7: a: is early; look",
        "f.toml:3: b.c: is late",
    ]


def test_a_source_without_problems_raises_nothing():
    _, source = parse(b"a = 1", "f.toml")
    source.raise_if_any()
    assert source.problems == []


@pytest.mark.parametrize(
    ("name", "hint"),
    [("totl", 'did you mean "Total"?'), ("TOTAL", 'did you mean "Total"?'), ("zzz", ""), ("", "")],
)
def test_the_nearest_name_is_suggested(name: str, hint: str):
    assert suggest(name, ["paid", "Total", "tax"]) == hint


def test_nothing_is_suggested_where_nothing_is_known():
    assert suggest("a", []) == ""
