from __future__ import annotations

import io
import json
from typing import Any, ClassVar

import pytest
from msgspec.structs import fields

from adapter import connection_events, events, turn_events
from adapter.events import Event, Level
from adapter.ops.log import log_to


class Spilled(Event, frozen=True, kw_only=True):
    """Something was spilled.

    Only in tests.
    """

    level: ClassVar[Level] = "warning"
    what: str = "soup"
    litres: float = 0.5
    tables: tuple[str, ...] = ()


def every_event() -> list[Event]:
    found = []
    for kind in {
        name: kind for each in (events, connection_events, turn_events) for name, kind in vars(each).items()
    }.values():
        if isinstance(kind, type) and issubclass(kind, Event) and kind is not Event:
            values: dict[str, Any] = {
                field.name: {str: f"some {field.name}", int: 7, float: 1.23456}.get(field.type, "other")
                for field in fields(kind)
            }
            found.append(kind(**values))
    return found


def written(event: Event, *, level: Level = "debug", style: Any = "json") -> str:
    stream = io.StringIO()
    log_to(stream, level=level, style=style)(event)
    return stream.getvalue()


@pytest.mark.parametrize("event", every_event(), ids=lambda event: type(event).__name__)
def test_every_event_is_one_line_of_json_that_holds_its_facts(event: Event):
    line = written(event)
    assert line.endswith("\n")
    assert line.count("\n") == 1
    found = json.loads(line)
    assert found["level"] == event.level
    assert found["event"] == (type(event).__doc__ or "").splitlines()[0].rstrip(".")
    for field in fields(event):
        value = getattr(event, field.name)
        assert found[field.name] == (round(value, 2) if isinstance(value, float) else value)


@pytest.mark.parametrize("event", every_event(), ids=lambda event: type(event).__name__)
def test_every_event_is_one_readable_line_on_a_terminal(event: Event):
    line = written(event, style="console")
    assert line.count("\n") == 1
    assert (type(event).__doc__ or "").splitlines()[0].rstrip(".") in line
    assert "{" not in line
    assert "\x1b" not in line


def test_a_line_of_json_tells_the_kind_of_event_and_when_it_was():
    found = json.loads(written(Spilled()))
    assert found["kind"] == "Spilled"
    assert found["timestamp"].endswith("Z")
    assert found["event"] == "Something was spilled"


@pytest.mark.parametrize("style", ["json", "console"])
@pytest.mark.parametrize(
    "what", ["two\nlines", "\r\nboth", "tab\t\x1b[31mred", "quote\"s'", "漢字 – ☕", "a\u2028b", "\x00"]
)
def test_no_value_can_break_a_line_or_colour_the_terminal(style: str, what: str):
    line = written(Spilled(what=what), style=style)
    assert line.count("\n") == 1
    assert "\x1b" not in line
    if style == "json":
        assert json.loads(line)["what"] == what


@pytest.mark.parametrize("style", ["json", "console"])
@pytest.mark.parametrize(("encoding", "what"), [("utf-8", "\ud800"), ("cp1252", "漢"), ("ascii", "Café –")])
def test_a_stream_that_cannot_say_a_character_still_gets_its_line(style: Any, encoding: str, what: str):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    log_to(stream, level="debug", style=style)(Spilled(what=what))
    stream.flush()
    assert raw.getvalue().decode(encoding).count("\n") == 1


@pytest.mark.parametrize(("level", "count"), [("debug", 1), ("info", 1), ("warning", 1), ("error", 0)])
@pytest.mark.parametrize("style", ["json", "console"])
def test_only_events_of_the_level_or_above_are_written(style: Any, level: Level, count: int):
    assert written(Spilled(), level=level, style=style).count("\n") == count


def test_facts_that_say_nothing_are_left_out():
    found = json.loads(written(Spilled(what="")))
    assert "what" not in found
    assert found["litres"] == 0.5


def test_zero_and_empty_lists_are_facts():
    found = json.loads(written(Spilled(litres=0.0)))
    assert (found["litres"], found["tables"]) == (0.0, [])


def test_a_stream_that_is_no_terminal_gets_json_by_itself():
    assert json.loads(written(Spilled(), style="auto"))["what"] == "soup"


def test_a_terminal_gets_readable_lines_by_itself():
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    log_to(stream, level="debug", style="auto")(Spilled())
    assert "Something was spilled" in stream.getvalue()
    assert not stream.getvalue().startswith("{")


def test_no_event_has_a_field_that_the_line_itself_needs():
    taken = {"event", "level", "timestamp"}
    assert not [
        (type(event).__name__, field.name) for event in every_event() for field in fields(event) if field.name in taken
    ]


@pytest.mark.parametrize("trouble", [OSError(28, "No space left on device"), BrokenPipeError(), ValueError("closed")])
def test_a_stream_that_takes_nothing_costs_its_lines_and_nothing_else(trouble: Exception):
    class Full(io.StringIO):
        def write(self, _: str) -> int:
            raise trouble

    log_to(Full(), level="debug", style="json")(Spilled())
    log_to(Full(), level="debug", style="console")(Spilled())
