"""What the fuzzer has tried is tried again, without a fuzzer; and the fuzzer would notice what it looks for."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from adapter.protocol import endpoint, jsonrpc
from adapter.protocol.orders import incoming as orders_incoming
from adapter.protocol.tables import incoming
from tests.fuzz import corpus
from tests.fuzz.__main__ import Tally
from tests.fuzz.judge import METHODS, ORDER_METHODS, ORDER_PARTS, PARTS, judge


def judge_all() -> None:
    for data in corpus.seeds():
        judge(data)


def test_every_input_of_the_corpus_is_taken_as_it_should_be():
    judge_all()


def test_the_corpus_has_a_whole_request_and_the_parameters_alone_of_every_method():
    seeds = corpus.seeds()
    for first, methods in ((PARTS, METHODS), (ORDER_PARTS, ORDER_METHODS)):
        for number, method in enumerate(methods, start=1):
            assert any(f'"method": "{method}"'.encode() in seed for seed in seeds), method
            assert any(seed[0] == first + number for seed in seeds), method


def test_nothing_is_left_of_what_was_answered():
    seeds = corpus.seeds()

    def left() -> int:
        for data in seeds:
            judge(data)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        left()
        first = left()
        for _ in range(3):
            last = left()
    finally:
        tracemalloc.stop()
    assert last - first < 20_000  # one frame kept of each round would be more


def raising(*_: Any) -> Any:
    raise ZeroDivisionError


def other_id(identity: bytes, **more: Any) -> bytes:
    return ENCODE(identity + b"0", **more)


ENCODE = jsonrpc.encode


@pytest.mark.parametrize(
    ("module", "name", "spoilt"),
    [
        (jsonrpc, "decode", raising),
        (jsonrpc, "encode", other_id),
        (incoming, "_uuid", raising),
        (incoming, "_moment", raising),
        (orders_incoming, "_money", raising),
        (orders_incoming, "_edges", raising),
        (endpoint, "error_code", lambda *_: "NO_SUCH_CODE"),
    ],
)
def test_a_mistake_in_what_reads_and_answers_is_noticed(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, spoilt: Callable[..., Any]
):
    monkeypatch.setattr(module, name, spoilt)
    with pytest.raises((AssertionError, ZeroDivisionError, ValueError)):
        judge_all()


def test_inputs_that_reach_nothing_new_are_not_kept():
    frame = corpus.given()[0]
    new = b'{"id":"1","method":"GetTable","params":{"name":7}}'
    assert corpus.fewest([frame, new + b" ", new], tried=[frame]) == [new]
    assert corpus.fewest([new + b" "], tried=[new]) == []


def test_what_a_worker_says_is_counted():
    tally = Tally()
    tally.add(
        "#2\tINITED cov: 3 ft: 9 corp: 1/1b exec/s: 0 rss: 41Mb\n#70\tNEW cov: 4 exec/s: 9 rss: 44Mb\n"
        "stat::number_of_executed_units: 1234\n",
        61.5,
    )
    tally.add("#2\tINITED cov: 3 rss: 40Mb\n#512\tpulse cov: 4 rss: 40Mb\n", 1)
    assert (tally.executions, tally.seconds, tally.memory) == (1746, 62.5, [(41, 44), (40, 40)])
