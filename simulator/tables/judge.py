"""Judges every frame of an adapter by the Tables API's contract: form, meaning, and what earlier answers established.

judge = TablesJudge()
findings = judge.judge(asked, Standing.AWAITED, frame)      # in the order the frames came
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from simulator.judging import Asked, Finding, Standing
from simulator.reading import Shapes, finding, judged, shape, short, shows_internals
from simulator.tables.meaning import asked_for, bills, sessions, states, sums
from simulator.tables.memory import Memory
from simulator.tables.schemas import ENVELOPE, ERROR, ERRORS, GENERAL_ERRORS, RESULTS, receipt_line

_ALL_ERRORS = frozenset(GENERAL_ERRORS).union(*ERRORS.values())


class TablesJudge:
    """Says what is wrong with the frames of one account's adapter; remembers what they established."""

    def __init__(self, *, modifiers_in_item_price: bool = True, clock: Callable[[], float] = time.monotonic) -> None:
        """`modifiers_in_item_price`: whether amountPerItem holds the modifiers, as in the documented example.

        `clock` gives seconds, as a request's `at` has them.
        """
        self._clock = clock
        self._modifiers_in_item_price = modifiers_in_item_price
        self._memory = Memory()
        self._results = Shapes(RESULTS)

    def judge(self, asked: Asked | None, standing: Standing, data: str | bytes) -> Sequence[Finding]:
        """Everything that is wrong with a frame, each thing once; raises nothing."""
        return judged(data, standing, lambda message: self._findings(asked, standing, message))

    def _findings(self, asked: Asked | None, standing: Standing, message: Mapping[str, Any]) -> Iterator[Finding]:
        yield from shape(message, ENVELOPE, "$")
        if asked is not None and isinstance(result := message.get("result"), dict):
            yield from self._result(asked, standing, result)

    def _result(self, asked: Asked, standing: Standing, result: Mapping[str, Any]) -> Iterator[Finding]:
        if "errorCode" in result:
            wrong = tuple(_error(asked.method, result))
            yield from wrong
            if not wrong and standing is not Standing.REPEATED:
                yield from self._memory.failure(asked, result["errorCode"], self._clock())
            return
        if asked.method not in RESULTS:
            yield finding(
                "method-unknown-answered",
                "$.result",
                f"{short(asked.method)} is no method; the answer is ERROR_PARSE_ERROR",
                "API reference",
            )
            return
        wrong = (*self._results.wrong(asked.method, result, "$.result"), *_receipt(asked.method, result))
        yield from wrong
        if wrong:
            return  # what has not the form has no meaning that could be judged
        for path, session in sessions(asked.method, result):
            yield from states(path, session)
        for path, bill in bills(asked.method, result):
            yield from sums(path, bill, modifiers_in_item_price=self._modifiers_in_item_price)
        yield from asked_for(asked.method, asked.params, result)
        if standing is not Standing.REPEATED:
            yield from self._memory.success(asked, result)


def _error(method: str, result: Mapping[str, Any]) -> Iterator[Finding]:
    yield from shape(result, ERROR, "$.result")
    code, reason = result["errorCode"], result.get("errorReason")
    if isinstance(code, str) and code not in _ALL_ERRORS:
        yield finding("error-unknown", "$.result.errorCode", f"{short(code)} is no error of this API", "errors page")
    elif isinstance(code, str) and code not in (*ERRORS.get(method, ()), *GENERAL_ERRORS):
        yield finding("error-misplaced", "$.result.errorCode", f"{code} is no error of {method}", "errors page")
    if shows_internals(reason):
        yield finding(
            "reason-internal",
            "$.result.errorReason",
            "the reason shows the inside of the adapter; it is a sentence for people",
            "errors page",
        )


def _receipt(method: str, result: Mapping[str, Any]) -> Iterator[Finding]:
    """The lines of a full bill, each by the schema of its own type."""
    full = result.get("fullBill")
    if method != "GetFullBill" or not isinstance(full, dict):
        return
    for part in ("header", "footer"):
        section = full.get(part)
        lines = section.get("receiptLines") if isinstance(section, dict) else None
        for number, line in enumerate(lines if isinstance(lines, list) else ()):
            schema = receipt_line(line) if isinstance(line, dict) else None
            if schema is not None:
                yield from shape(line, schema, f"$.result.fullBill.{part}.receiptLines[{number}]")
