"""Holds messages against the published specification, with the exceptions that have names, and counts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.published.exceptions import ANSWERS, REQUESTS, Wrong, is_refusal
from tests.published.frames import Frame
from tests.published.specification import Side, Specification

UNKNOWN = "(no method of it)"
"""Stands for the methods that the specification has not."""
_ANSWERS_NOTHING = "it answers nothing, and the adapter has nothing to ask"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said of a message, and of all of its shape."""

    kind: str
    """`result` or `error`; `request` of what asks."""
    needs: frozenset[str]
    """The exceptions without which it would be wrong."""
    problems: tuple[str, ...]
    """What no exception covers."""


@dataclass(kw_only=True)
class Tally:
    """What many messages came to."""

    frames: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """By method, kind and where they went."""
    needed: Counter[str] = field(default_factory=Counter)
    """Messages that needed an exception, by its name."""
    shapes: int = 0
    refused: int = 0
    """Requests that are wrong, and were answered so: certify tries what an adapter says to such."""
    failed: int = 0
    failures: list[tuple[Frame, str, tuple[str, ...]]] = field(default_factory=list)
    """Of each shape that is wrong one message, its method, and why."""

    @property
    def total(self) -> int:
        """How many messages there were."""
        return self.frames.total()


class Judge:
    """Judges each shape of message once."""

    def __init__(self, specification: Specification) -> None:
        self._specification = specification
        self._known = set(specification.methods)
        self._verdicts: dict[Hashable, Verdict] = {}

    def answers(self, frames: Iterable[Frame]) -> Tally:
        """Judge everything that an adapter has sent."""
        tally = Tally()
        for frame in frames:
            message, asked = _object(frame.text), _object(frame.asked or "{}")
            method = asked.get("method")
            method = method if isinstance(method, str) and method in self._known else UNKNOWN
            of_the_request = (
                frame.asked is None,
                method,
                message.get("method") == asked.get("method"),
                message.get("method") == "",
            )
            verdict = self._of_shape(frame, message, of_the_request, asked, "publish")
            tally.frames[method, verdict.kind, frame.place] += 1
            tally.needed.update(verdict.needs)
            self._count(tally, frame, method, verdict)
        tally.shapes = len(self._verdicts)
        return tally

    def requests(self, frames: Iterable[Frame], refused: Mapping[str, bool]) -> Tally:
        """Judge those requests that an adapter has answered; `refused` tells of each of their ids whether by a refusal.

        One that was refused may be wrong. What was asked of the invented adapters of the tests is not looked at.
        """
        tally = Tally()
        for frame in frames:
            message = _object(frame.text)
            if message.get("id") not in refused:
                continue
            method = message["method"] if message.get("method") in self._known else UNKNOWN
            verdict = self._of_shape(frame, message, (method,), {}, "subscribe")
            tally.frames[method, "request", frame.place] += 1
            if verdict.problems and refused[message["id"]]:
                tally.refused += 1
            else:
                tally.needed.update(verdict.needs)
                self._count(tally, frame, method, verdict)
        tally.shapes = len(self._verdicts)
        return tally

    def _count(self, tally: Tally, frame: Frame, method: str, verdict: Verdict) -> None:
        if verdict.problems:
            tally.failed += 1
            if not any(verdict.problems == problems for _, _, problems in tally.failures):
                tally.failures.append((frame, method, verdict.problems))

    def _of_shape(
        self, frame: Frame, message: Mapping[str, Any], context: tuple[Any, ...], asked: Mapping[str, Any], side: Side
    ) -> Verdict:
        key = (side, context, self._specification.shapes.of(message))
        if key not in self._verdicts:
            kind = "request" if side == "subscribe" else "error" if "error" in message else "result"
            found = list(self._wrong(message, asked, side))
            exceptions = ANSWERS if side == "publish" else REQUESTS
            needs: set[str] = set()
            problems: list[str] = []
            for wrong in found:
                names = [name for name, each in exceptions.items() if each.holds(wrong)]
                needs.update(names)
                if not names:
                    problems.append(f"{wrong.path or 'the message'}: {wrong.says}")
            if side == "publish" and frame.asked is None:
                problems.append(_ANSWERS_NOTHING)
            self._verdicts[key] = Verdict(kind, frozenset(needs), tuple(problems))
        return self._verdicts[key]

    def _wrong(self, message: Mapping[str, Any], asked: Mapping[str, Any], side: Side) -> Iterator[Wrong]:
        method = (asked if side == "publish" else message).get("method")
        name = method if isinstance(method, str) else ""
        if name not in self._known:
            yield Wrong(what="no channel", path="", says=f"there is no method {name!r}", message=message, asked=asked)
        for error in self._specification.wrong(name, side, message):
            lacking = error.validator == "required"
            yield Wrong(
                what="schema",
                path=".".join(map(str, error.absolute_path)),
                says=error.message[:200],
                missing=frozenset(error.validator_value) - frozenset(error.instance) if lacking else frozenset(),
                message=message,
                asked=asked,
            )
        for path in self._specification.unnamed(name, side, message):
            yield Wrong(
                what="unnamed", path=path, says="the specification names no such member", message=message, asked=asked
            )


def refused(frames: Iterable[Frame]) -> dict[str, bool]:
    """The ids of requests that an adapter has answered, and whether it said that they are wrong."""
    found = (_object(frame.text) for frame in frames)
    return {answer["id"]: is_refusal(answer) for answer in found if isinstance(answer.get("id"), str)}


def _object(text: str) -> dict[str, Any]:
    """A message as an object; empty where it is none, which no schema lets pass."""
    try:
        message = json.loads(text)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}
