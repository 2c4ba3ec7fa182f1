"""The judge of what is sent, by a small specification of these tests: the provider's own is nowhere in the project."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from tests.published.__main__ import main
from tests.published.exceptions import ANSWERS
from tests.published.frames import Frame, answers
from tests.published.judge import UNKNOWN, Judge, Tally, refused
from tests.published.recorder import FOLDER, PROGRAM, followed
from tests.published.specification import Specification, SpecificationUnreadable

ROOT = Path(__file__).parent.parent.parent
METHOD = "CountV1"
SPECIFICATION = """
asyncapi: 2.0.0
info: {title: Small, version: 1.0.0}
components:
  schemas:
    JsonrpcResponseV1:
      type: object
      required: [method, jsonrpc, id]
      properties:
        id: {type: string}
        jsonrpc: {type: string}
        error: {$ref: '#/components/schemas/Error'}
    Error:
      required: [errorType]
      properties:
        errorType: {type: string, enum: [NotFound, InvalidRequest]}
    Things:
      type: object
      required: [result]
      properties:
        result: {type: array, items: {$ref: '#/components/schemas/Thing'}}
    Thing:
      type: object
      required: [name]
      properties:
        name: {type: string, maxLength: 5, example: 2026-01-01T00:00:00Z}
        count: {type: integer, format: int32}
        at: {type: string, format: date-time}
        of: {oneOf: [{$ref: '#/components/schemas/Thing'}]}
    Answer:
      type: object
      allOf: [{$ref: '#/components/schemas/JsonrpcResponseV1'}, {$ref: '#/components/schemas/Things'}]
    Request:
      type: object
      required: [id, method, params]
      properties:
        id: {type: string}
        jsonrpc: {type: string}
        method: {type: string}
        params: {type: object, properties: {limit: {type: integer, maximum: 100}}}
channels:
  CountV1:
    publish: {message: {payload: {$ref: '#/components/schemas/Answer'}}}
    subscribe: {message: {payload: {$ref: '#/components/schemas/Request'}}}
"""
ECHOED, ALONE, NO_CHANNEL = ANSWERS


def small(change: Callable[[dict[str, Any]], None] = lambda _: None) -> Specification:
    document = yaml.safe_load(SPECIFICATION)
    change(document)
    return Specification(document)


def frame(answer: dict[str, Any] | str, *, method: str = METHOD, identity: Any = "1", **more: Any) -> Frame:
    message = {"jsonrpc": "2.0", "id": identity, "method": method, **answer} if isinstance(answer, dict) else answer
    asked = {"jsonrpc": "2.0", "id": identity, "method": method, "params": {}}
    return Frame(**{"text": json.dumps(message), "asked": json.dumps(asked), **more})


def thing(**members: Any) -> Frame:
    return frame({"result": [{"name": "cup", **members}]})


def judged(*frames: Frame) -> Tally:
    return Judge(small()).answers(frames)


def problems(*frames: Frame) -> list[str]:
    return [problem for _, _, found in judged(*frames).failures for problem in found]


def test_what_is_as_it_says_passes_and_is_counted_by_method_kind_and_place():
    error = frame({"error": {"errorType": "NotFound"}}, place="socket")
    tally = judged(thing(), thing(count=2**31 - 1, at="2026-11-20T19:12:00.000Z"), error, error)
    assert tally.failed == 0
    assert dict(tally.frames) == {(METHOD, "result", "process"): 2, (METHOD, "error", "socket"): 2}
    assert dict(tally.needed) == {ECHOED: 4, ALONE: 2}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (thing(name="saucer"), "result.0.name: 'saucer' is too long"),
        (thing(name=None), "result.0.name: None is not of type 'string'"),
        (thing(count=2**31), "result.0.count: 2147483648 is not a 'int32'"),
        (thing(count=1.5), "result.0.count: 1.5 is not of type 'integer'"),
        (thing(at="20.11.2026"), "result.0.at: '20.11.2026' is not a 'date-time'"),
        (thing(of={"count": 1}), "result.0.of: {'count': 1} is not valid under any of the given schemas"),
        (thing(colour="red"), "result[].colour: the specification names no such member"),
        (thing(of={"name": "cup", "x": 1}), "result[].of.x: the specification names no such member"),
        (frame({"error": {"errorType": "Odd"}}), "error.errorType: 'Odd' is not one of"),
        (frame({"error": "odd"}, method="Other"), "the message: there is no method 'Other'"),
        (frame({"result": []}, identity=7), "id: 7 is not of type 'string'"),
        (frame({}), "the message: 'result' is a required property"),
        (frame({"error": {}, "result": []}), "error: 'errorType' is a required property"),
        (frame({"result": []}, text="[]"), "the message: 'id' is a required property"),
        (frame({"result": []}, text="no JSON"), "the message: 'id' is a required property"),
        (frame({"result": []}, asked=None), "it answers nothing"),
    ],
)
def test_a_wrong_message_is_caught_and_says_where(wrong: Frame, said: str):
    assert any(problem.startswith(said) for problem in problems(thing(), wrong)), problems(wrong)


def test_an_exception_needs_its_reason():
    of_another = frame({"result": []}, text=json.dumps({"jsonrpc": "2.0", "id": "1", "method": "x", "result": []}))
    assert problems(of_another) == ["method: the specification names no such member"]

    refusal = frame({"error": {"errorType": "InvalidRequest"}}, method="Other")
    assert judged(refusal).needed == {ECHOED: 1, NO_CHANNEL: 1}
    assert dict(judged(refusal).frames) == {(UNKNOWN, "error", "process"): 1}
    assert "the message: there is no method 'Other'" in problems(frame({"result": []}, method="Other"))
    assert "the message: there is no method 'Other'" in problems(
        frame({"error": {"errorType": "NotFound"}}, method="Other")
    )


def test_each_shape_is_judged_once_and_every_message_counted():
    tally = judged(*(thing(name=f"c{number}", count=number) for number in range(50)), thing(name="saucer"))
    assert (tally.total, tally.shapes, tally.failed) == (51, 2, 1)


def test_what_a_schema_can_tell_apart_has_another_shape():
    shapes = small().shapes
    values = [
        "cups",
        "saucer",
        "NotFound",
        "2026-11-20T19:12:00Z",
        1,
        101,
        2**31,
        1.0,
        1.5,
        True,
        None,
        [],
        {},
        {"a": 1},
    ]
    assert len({shapes.of(value) for value in values}) == len(values)
    assert shapes.of("cups") == shapes.of("mugs")
    assert shapes.of([1, 2]) == shapes.of([3])

    def unheard_of(document: dict[str, Any]) -> None:
        document["components"]["schemas"]["Things"]["properties"]["result"]["uniqueItems"] = True

    assert small(unheard_of).shapes.of("cups") != small(unheard_of).shapes.of("mugs")


def test_a_request_may_be_wrong_only_where_it_was_refused():
    asked = [
        Frame(text=json.dumps({"jsonrpc": "2.0", "id": identity, "method": METHOD, "params": {"limit": limit}}))
        for identity, limit in (("a", 1), ("b", 101), ("c", 101), ("of another adapter", 101))
    ]
    refusal = {"error": {"errorType": "InvalidRequest"}}
    answered = [frame({"result": []}, identity="a"), frame(refusal, identity="b"), frame({"result": []}, identity="c")]
    tally = Judge(small()).requests(asked, refused(answered))
    assert (tally.total, tally.refused, tally.failed) == (3, 1, 1)
    assert tally.failures[0][2] == ("params.limit: 101 is greater than the maximum of 100",)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda document: document.pop("asyncapi"), "no AsyncAPI document of version 2"),
        (lambda document: document.pop("channels"), "no channels"),
        (lambda document: document["components"]["schemas"].pop("JsonrpcResponseV1"), "no schema JsonrpcResponseV1"),
        (lambda document: document["components"]["schemas"].pop("Thing"), "#/components/schemas/Thing: it has no such"),
        (lambda document: document["components"]["schemas"]["Error"].update(format="iban"), "format iban: nobody here"),
        (
            lambda document: document["components"]["schemas"]["Error"].update(required=1),
            "schemas.Error.required: 1 is",
        ),
    ],
)
def test_a_specification_that_cannot_be_judged_by_is_refused(change: Callable[[dict[str, Any]], None], said: str):
    with pytest.raises(SpecificationUnreadable, match=said.replace("#", ".")):
        small(change)


def ran(folder: Path, frames: list[dict[str, Any]], specification: str = SPECIFICATION) -> tuple[int, str]:
    file, place = folder / "spec.yml", folder / "frames"
    file.write_text(specification, encoding="utf-8")
    place.mkdir()
    lines = "".join(json.dumps({"by": "a test", **each}) + "\n" for each in frames)
    # The last line is of a process that was killed while it wrote.
    (place / "1.jsonl").write_text(f'{lines}{{"made": 9, "fra', encoding="utf-8")
    done = CliRunner().invoke(main, ["--spec", str(file), "--frames", str(place)])
    return done.exit_code, done.output


def made(number: int, found: Frame) -> dict[str, Any]:
    return {"made": number, "asked": found.asked, "frame": found.text}


def test_a_run_tells_methods_exceptions_and_what_is_unused(tmp_path: Path):
    code, said = ran(tmp_path, [made(1, thing()), {"sent": 1}, made(2, frame({"error": {"errorType": "NotFound"}}))])
    assert code == 0, said
    assert "CountV1        1       1           1           1" in said
    rows = {name: line for line in said.splitlines() for name in ANSWERS if line.startswith(name)}
    assert [rows[name].removeprefix(name).split()[0] for name in ANSWERS] == ["2", "1", "unused"]
    assert "2 answers, 1 of them on sockets, of 2 shapes: 0 wrong." in said


def test_a_run_fails_on_a_wrong_message_and_shows_it(tmp_path: Path):
    code, said = ran(tmp_path, [made(1, thing()), made(2, thing(colour="red")), made(3, thing(colour="blue"))])
    assert code == 1
    assert "CountV1, by a test" in said
    assert '"colour": "red"' in said
    assert "2 wrong." in said


def test_a_run_fails_when_nothing_was_recorded(tmp_path: Path):
    code, said = ran(tmp_path, [])
    assert code == 1
    assert "Nothing was recorded" in said


def test_a_run_says_why_a_specification_cannot_be_read(tmp_path: Path):
    code, said = ran(tmp_path, [], "asyncapi: [")
    assert code == 1
    assert "cannot be read" in said


def test_what_the_adapter_sends_is_recorded_from_within_its_process(tmp_path: Path):
    command = [sys.executable, str(PROGRAM), "tests.published.talking"]
    subprocess.run(command, cwd=ROOT, env={**os.environ, FOLDER: str(tmp_path)}, check=True, timeout=60)
    found = list(answers(tmp_path))
    assert [(json.loads(each.text)["id"], each.place) for each in found] == [
        ("on a socket", "socket"),
        ("in process", "process"),
        ("too late", "process"),
    ]
    assert all(json.loads(each.asked or "")["id"] == json.loads(each.text)["id"] for each in found)


def test_a_process_is_followed_where_it_is_the_adapter():
    run = [sys.executable, "-m", "adapter", "run"]
    assert followed(run) == [sys.executable, str(PROGRAM), "adapter", "run"]
    for other in ([sys.executable, "-m", "tests.faults.stub", "run"], ["adapter"], "python -m adapter run"):
        assert followed(copy.copy(other)) == other
