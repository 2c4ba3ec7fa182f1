"""The SQL of the newest requests, as the status port tells it where the configuration says so."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from adapter.deadline import Deadline, deadline
from adapter.events import Event, RequestAnswered, StatementFailed, StatementRun, StatusServed
from adapter.ops.port import PortSettings
from adapter.ops.report import Kept, Sources
from adapter.ops.statements import Statements
from adapter.ops.watch import Watch
from simulator.errors import SimulatorError
from simulator.explaining import Explaining, NotExplained, statements_of


async def _ledger() -> Kept | None:
    return None


SOURCES = Sources(kept=_ledger, pool_in_use=lambda: 0, pool_size=lambda: 8, in_flight=lambda _: 0)


def answered(reference: str, outcome: str = "ok") -> RequestAnswered:
    return RequestAnswered(
        connection="dojo", method="GetBillItems", outcome=outcome, milliseconds=5.0, reference=reference
    )


def ran(name: str) -> StatementRun:
    return StatementRun(name=name, sql=f"SELECT {name} WHERE id = :id", rows=3, milliseconds=2.0)


def in_a_request(by: Callable[[Event], None], *heard: Event) -> None:
    def happen() -> None:
        deadline.set(Deadline())
        for event in heard:
            by(event)

    contextvars.copy_context().run(happen)


def test_each_request_has_the_statements_that_were_run_for_it_and_no_others():
    kept = Statements()
    kept(ran("what the adapter asks for itself"))
    in_a_request(
        kept, ran("bill"), StatementFailed(name="lines", error="QueryCanceled", milliseconds=1.0), answered("a")
    )
    in_a_request(kept, ran("session"), answered("b", outcome="SESSION_NO_SUCH_SESSION"))
    first, second = kept.of("a"), kept.of("b")
    assert first is not None
    assert [(one.name, one.sql, one.error) for one in first.statements] == [
        ("bill", "SELECT bill WHERE id = :id", ""),
        ("lines", "", "QueryCanceled"),
    ]
    assert second is not None
    assert (second.outcome, [one.name for one in second.statements]) == ("SESSION_NO_SUCH_SESSION", ["session"])


def test_the_oldest_requests_and_the_thousandth_statement_of_one_are_forgotten():
    kept = Statements()
    for number in range(250):
        in_a_request(kept, answered(str(number)))
    assert kept.of("0") is None
    assert kept.of("249") is not None
    in_a_request(kept, *[ran("step")] * 1000, answered("many"))
    many = kept.of("many")
    assert many is not None
    assert len(many.statements) == 100


@asynccontextmanager
async def port(statements: Statements | None, token: str = "") -> AsyncIterator[str]:
    """The address of a status port, while it is served."""
    watch = Watch(PortSettings(host="127.0.0.1", port=0, token=token), [], statements=statements)
    stop, address = asyncio.Event(), asyncio.get_running_loop().create_future()
    tell = watch.beside(lambda event: address.set_result(event.address) if isinstance(event, StatusServed) else None)
    in_a_request(tell, ran("bill"), answered("3f1c"))
    serving = asyncio.create_task(watch.serve(SOURCES, tell, stop))
    yield (await address).removesuffix("/status")
    stop.set()
    await serving


async def asked(explaining: Explaining | None, frame: str) -> Any:
    """The statements that the simulator is told, or why it is told none."""
    try:
        return (await statements_of(explaining, frame))["statements"]
    except NotExplained as problem:
        return str(problem)


def test_the_simulator_is_told_the_sql_of_a_frames_request_only_where_the_adapter_explains():
    token = "sixteen-or-more-letters"
    frame = '{"jsonrpc": "2.0", "id": "3f1c", "result": {}}'

    async def run() -> None:
        async with port(Statements(), token) as url:
            [statement] = await asked(Explaining(url, token), frame)
            assert (statement["name"], statement["sql"]) == ("bill", "SELECT bill WHERE id = :id")
            assert "wants its token" in await asked(Explaining(url), frame)
            assert "does not tell" in await asked(Explaining(url, token), frame.replace("3f1c", "another"))
            for odd in ("no JSON", '{"id": 7}', "[]"):
                assert "no id" in await asked(Explaining(url, token), odd)
        async with port(None) as url:
            assert "does not tell" in await asked(Explaining(url), frame)
        assert "does not answer" in await asked(Explaining(url), frame)
        assert "was not told whom" in await asked(None, frame)

    asyncio.run(run())


@pytest.mark.parametrize("url", ["http://till.example:8791", "https://127.0.0.1:8791", "127.0.0.1:8791", ""])
def test_only_a_status_port_on_this_computer_is_asked(url: str):
    with pytest.raises(SimulatorError, match="no address of a status port on this computer"):
        Explaining(url)
