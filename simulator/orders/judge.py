"""Judges every frame of an adapter by the EPOS Data API's contract: form, meaning, and what earlier answers established.

judge = OrdersJudge()
findings = judge.judge(asked, Standing.AWAITED, frame)      # in the order the frames came
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from simulator.judging import Asked, Finding, Standing
from simulator.orders.meaning import asked_for, orders, states, sums
from simulator.orders.memory import Memory
from simulator.orders.schemas import ENTRIES, ENVELOPE, ERRORS, GENERAL_ERRORS, RESULTS, bill_line
from simulator.reading import Shapes, finding, judged, shape, short, shows_internals


class OrdersJudge:
    """Says what is wrong with the frames of one account's adapter; remembers what they established."""

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        """`clock` gives seconds of the epoch, by which locks expire."""
        self._clock = clock
        self._memory = Memory()
        self._results = Shapes(RESULTS)
        self._entries = Shapes(ENTRIES)

    def judge(self, asked: Asked | None, standing: Standing, data: str | bytes) -> Sequence[Finding]:
        """Everything that is wrong with a frame, each thing once; raises nothing."""
        return judged(data, standing, lambda message: self._findings(asked, standing, message))

    def _findings(self, asked: Asked | None, standing: Standing, message: Mapping[str, Any]) -> Iterator[Finding]:
        wrong = tuple(_envelope(asked, message))
        yield from wrong
        if asked is None or wrong:
            return
        if "error" in message:
            yield from self._error(asked, standing, message["error"])
        else:
            yield from self._result(asked, standing, message["result"])

    def _error(self, asked: Asked, standing: Standing, error: Mapping[str, Any]) -> Iterator[Finding]:
        kind = error["errorType"]
        if kind not in (*ERRORS.get(asked.method, ()), *GENERAL_ERRORS):
            yield finding(
                "error-misplaced",
                "$.error.errorType",
                f"{kind} is no answer to {short(asked.method)}, which is about nothing in particular",
                "EPOSErrorType",
            )
        elif standing is not Standing.REPEATED:
            yield from self._memory.failure(asked, kind, self._clock())
        if shows_internals(error.get("debugMessage")):
            yield finding(
                "reason-internal",
                "$.error.debugMessage",
                "the message shows the inside of the adapter; it is a sentence for people",
                "EPOSError",
            )

    def _result(self, asked: Asked, standing: Standing, result: Any) -> Iterator[Finding]:
        if asked.method not in RESULTS:
            yield finding(
                "method-unknown-answered",
                "$.result",
                f"{short(asked.method)} is no method that is asked here; the answer is InvalidRequest",
                "specification: channels",
            )
            return
        wrong = (*self._results.wrong(asked.method, result, "$.result"), *self._parts(asked.method, result))
        yield from wrong
        if wrong:
            return  # what has not the form has no meaning that could be judged
        for path, order in orders(asked.method, result):
            yield from states(path, order)
            yield from sums(path, order)
        yield from asked_for(asked.method, asked.params, result)
        if standing is not Standing.REPEATED:
            yield from self._memory.success(asked, result, self._clock())

    def _parts(self, method: str, result: Any) -> Iterator[Finding]:
        """What is looked at one by one: the entries of a page, and the lines of a printed bill, each by its own type."""
        if not isinstance(result, dict):
            return
        if method in ENTRIES:
            for number, entry in enumerate(_list(result.get("data"))):
                yield from self._entries.wrong(method, entry, f"$.result.data[{number}]")
        for part in ("header", "footer") if method == "GetOrderBillByIdV1" else ():
            section = result.get(part)
            for number, line in enumerate(_list(section.get("lines") if isinstance(section, dict) else None)):
                schema = bill_line(line) if isinstance(line, dict) else None
                if schema is not None:
                    yield from shape(line, schema, f"$.result.{part}.lines[{number}]")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _envelope(asked: Asked | None, message: Mapping[str, Any]) -> Iterator[Finding]:
    yield from shape(message, ENVELOPE, "$")
    if "result" in message and "error" in message:
        yield finding("result-and-error", "$", "both a result and an error; it is one of them", "EPOSError")
    if "result" not in message and "error" not in message:
        yield finding("member-missing", "$", "neither a result nor an error", "JsonrpcResponseV1")
    if asked is not None and isinstance(message.get("method"), str) and message["method"] != asked.method:
        yield finding(
            "method-other",
            "$.method",
            f"{short(message['method'])} where {short(asked.method)} was asked",
            "JsonrpcResponseV1: the method is required, and it is that of the request",
        )
