"""A payment is recorded exactly once, whatever breaks, and a session has one holder: each fault at a chosen moment."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.faults.adapters import DEADLINE, PATIENCE
from tests.faults.journal import OK, Payment
from tests.faults.order_scenes import SCENES
from tests.faults.proxy import Fault
from tests.faults.restaurant import Check
from tests.faults.server import Server
from tests.faults.stage import Stage, stage
from tests.faults.terminal import Terminal

UNKNOWN = "ERROR_INTERNAL_POS_ERROR"
ALREADY = "PAYMENT_ALREADY_RECORDED"
LONGEST = 40.0
ROUNDS = 10

_numbers = itertools.count(1)
Play = Callable[[Callable[[Stage], Coroutine[Any, Any, None]]], None]


@pytest.fixture(scope="module")
def play(server: Server) -> Iterator[Play]:
    """Runs a test on one stage for all, each test with checks of its own, and leaves everything whole."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        it = runner.run(stack.enter_async_context(stage(server, f"faults_{next(_numbers)}")))

        def run(test: Callable[[Stage], Coroutine[Any, Any, None]]) -> None:
            runner.run(asyncio.wait_for(test(it), LONGEST))
            assert not any(proxy.armed for proxy in it.proxies)

        yield run
        runner.run(stack.aclose())


async def presented(it: Stage, **more: Any) -> tuple[Terminal, Check, Payment]:
    """A card machine that holds a check, and a payment that it wants recorded."""
    terminal, check = it.terminal(), it.check()
    assert await terminal.lock(check) is not None
    return terminal, check, terminal.new_payment(check, 1234, tips=100, **more)


async def recorded_once(it: Stage, terminal: Terminal, check: Check, payment: Payment) -> None:
    """The payment gets acknowledged, is there once, and is repeated in vain, by each adapter."""
    await terminal.record(check, payment)
    for line in it.lines:
        outcome = UNKNOWN
        while outcome == UNKNOWN:
            outcome = await terminal.record_once(payment, line)
        assert outcome == ALREADY
    assert payment.accepted <= 1
    assert it.entries(payment) == 1
    assert it.rows(payment) == payment.successful
    assert it.paid(check) == (payment.base if payment.successful else 0)
    await terminal.unlock(check)
    assert await it.ledger.holder(check.session) is None
    await terminal.close()


@pytest.mark.parametrize("times", [1, 2, 4])
@pytest.mark.parametrize("successful", [True, False])
@pytest.mark.parametrize("fault", [Fault.CUT_AFTER, Fault.CUT_BEFORE])
def test_a_connection_cut_around_the_commit_of_a_payment_leaves_it_recorded_once(
    play: Play, fault: Fault, times: int, *, successful: bool
):
    async def test(it: Stage) -> None:
        terminal, check, payment = await presented(it, successful=successful)
        traps = [it.proxies[0].arm(fault) for _ in range(times)]
        outcome = await terminal.record_once(payment, it.lines[0])
        assert traps[0].sprung.is_set()
        assert traps[0].answer == ("COMMIT" if fault is Fault.CUT_AFTER else "")
        assert outcome in (OK, UNKNOWN)
        for trap in traps:
            it.proxies[0].disarm(trap)
        if outcome == OK or fault is Fault.CUT_AFTER:
            assert it.entries(payment) == 1
        await recorded_once(it, terminal, check, payment)

    play(test)


def test_a_deadline_that_passes_while_committing_is_awaited_and_then_answered(play: Play):
    async def test(it: Stage) -> None:
        terminal, check, payment = await presented(it)
        it.proxies[0].freeze()  # what is open, so that only a new connection can ask what became of it
        it.proxies[0].thaw()
        trap = it.proxies[0].arm(Fault.HOLD)
        asking = asyncio.create_task(terminal.record_once(payment, it.lines[0]))
        await trap.answered.wait()
        it.proxies[0].freeze()
        done, _ = await asyncio.wait({asking}, timeout=DEADLINE + 0.5)
        assert not done, f"answered {asking.result()} at the deadline, while it was being committed"
        it.proxies[0].thaw()
        assert await asking == OK
        await recorded_once(it, terminal, check, payment)

    play(test)


def test_a_frozen_database_is_answered_at_the_deadline_and_the_payment_is_recorded_once_after_all(play: Play):
    async def test(it: Stage) -> None:
        terminal, check, payment = await presented(it)
        it.proxies[0].freeze()
        assert await terminal.record_once(payment, it.lines[0]) == UNKNOWN
        assert it.journal.attempts[-1].answered is not None
        assert it.entries(payment) == 0
        it.proxies[0].thaw()
        await recorded_once(it, terminal, check, payment)

    play(test)


def test_what_was_answered_at_the_deadline_is_not_written_afterwards_behind_the_back_of_the_card_machine(play: Play):
    async def test(it: Stage) -> None:
        terminal, check, payment = await presented(it)
        it.proxies[0].freeze()
        assert await terminal.record_once(payment, it.lines[0]) == UNKNOWN
        it.proxies[0].thaw()
        await asyncio.sleep(1)
        assert it.entries(payment) == 0
        await terminal.unlock(check)
        await terminal.close()

    play(test)


@pytest.mark.parametrize("fault", [Fault.HOLD, Fault.STALL])
def test_an_adapter_killed_while_it_commits_leaves_a_payment_that_another_adapter_records_once(
    play: Play, fault: Fault
):
    async def test(it: Stage) -> None:
        terminal, check, payment = await presented(it)
        trap = it.proxies[0].arm(fault)
        asking = asyncio.create_task(terminal.record_once(payment, it.lines[0]))
        await (trap.answered if fault is Fault.HOLD else trap.sprung).wait()
        await asyncio.to_thread(it.adapters[0].kill)
        assert await asking == UNKNOWN
        assert trap.link is not None
        trap.link.thaw()
        outcome = UNKNOWN
        while outcome == UNKNOWN:
            outcome = await terminal.record_once(payment, it.lines[1])
        # Stalled, the COMMIT was on its way when the adapter died: it arrives, as it does from any dead computer.
        assert outcome == ALREADY
        it.adapters[0].start()
        await it.adapters[0].ready()
        await recorded_once(it, terminal, check, payment)

    play(test)


def test_an_adapter_killed_before_it_commits_leaves_nothing_and_another_adapter_records_it(play: Play):
    async def test(it: Stage) -> None:
        terminal, check, payment = await presented(it)
        trap = it.proxies[0].arm(Fault.STALL)
        asking = asyncio.create_task(terminal.record_once(payment, it.lines[0]))
        await trap.sprung.wait()
        await asyncio.to_thread(it.adapters[0].kill)
        assert await asking == UNKNOWN
        assert trap.link is not None
        trap.link.cut()
        outcome = UNKNOWN
        while outcome == UNKNOWN:
            outcome = await terminal.record_once(payment, it.lines[1])
        assert outcome == OK
        it.adapters[0].start()
        await it.adapters[0].ready()
        await recorded_once(it, terminal, check, payment)

    play(test)


@pytest.mark.parametrize("fault", [Fault.HOLD, Fault.STALL])
def test_a_database_restarted_while_a_payment_is_committed_has_it_once(play: Play, fault: Fault):
    async def test(it: Stage) -> None:
        terminal, check, payment = await presented(it)
        trap = it.proxies[0].arm(fault)
        asking = asyncio.create_task(terminal.record_once(payment, it.lines[0]))
        await (trap.answered if fault is Fault.HOLD else trap.sprung).wait()
        await asyncio.to_thread(it.server.stop)
        await asyncio.to_thread(it.server.start)
        assert trap.link is not None
        trap.link.thaw()
        assert await asking in (OK, UNKNOWN)
        assert it.entries(payment) == 1 or fault is Fault.STALL
        await recorded_once(it, terminal, check, payment)

    play(test)


def test_a_card_machine_that_hangs_up_while_its_payment_is_committed_finds_it_recorded(play: Play):
    async def test(it: Stage) -> None:
        terminal, check, payment = await presented(it)
        trap = it.proxies[0].arm(Fault.STALL)
        asking = asyncio.create_task(terminal.record_once(payment, it.lines[0]))
        await trap.sprung.wait()
        await it.lines[0].close()
        assert await asking == UNKNOWN
        assert trap.link is not None
        trap.link.thaw()
        await trap.answered.wait()
        assert await terminal.record_once(payment, it.lines[1]) == ALREADY
        await recorded_once(it, terminal, check, payment)

    play(test)


@pytest.mark.parametrize("sequence", ["at_insert", "at_commit"])
def test_a_payment_that_cannot_be_serialized_is_run_again(play: Play, sequence: str):
    async def test(it: Stage) -> None:
        terminal, check, payment = await presented(it)
        it.fail(sequence, 2)
        await recorded_once(it, terminal, check, payment)

    play(test)


@pytest.mark.parametrize("fault", [None, Fault.CUT_BEFORE])
def test_a_payment_whose_commit_the_database_refuses_is_said_not_to_be_recorded_and_is_not(
    play: Play, fault: Fault | None
):
    async def test(it: Stage) -> None:
        terminal, check, payment = await presented(it)
        it.fail("refused_at_commit", 1)
        if fault is not None:
            it.proxies[0].arm(fault)
        assert await terminal.record_once(payment, it.lines[0]) == "PAYMENT_NOT_RECORDED"
        assert it.entries(payment) == it.rows(payment) == 0
        assert it.paid(check) == 0
        payment.refused = 0
        await recorded_once(it, terminal, check, payment)

    play(test)


def test_two_adapters_that_are_asked_for_one_lock_at_once_give_it_to_one(play: Play):
    async def test(it: Stage) -> None:
        for _ in range(ROUNDS):
            check = it.check()
            terminals = [it.terminal(0), it.terminal(1)]
            bills = await asyncio.gather(*(terminal.lock(check, tries=1) for terminal in terminals))
            holders = [terminal for terminal, bill in zip(terminals, bills, strict=True) if bill is not None]
            assert len(holders) == 1
            assert await it.ledger.holder(check.session) == holders[0].number
            await holders[0].unlock(check)
            for terminal in terminals:
                await terminal.close()

    play(test)


def test_two_adapters_that_are_sent_one_payment_at_once_both_acknowledge_it_and_write_it_once(play: Play):
    async def test(it: Stage) -> None:
        for _ in range(ROUNDS):
            terminal, check, payment = await presented(it)
            await terminal.record_twice_at_once(check, payment)
            assert payment.accepted == 1
            assert payment.repeated == 1
            await recorded_once(it, terminal, check, payment)

    play(test)


def test_a_payment_that_another_adapter_is_still_committing_is_not_written_beside_it(play: Play):
    async def test(it: Stage) -> None:
        terminal, check, payment = await presented(it)
        trap = it.proxies[0].arm(Fault.STALL)
        first = asyncio.create_task(terminal.record_once(payment, it.lines[0]))
        await trap.sprung.wait()
        assert await terminal.record_once(payment, it.lines[1]) == UNKNOWN
        assert trap.link is not None
        trap.link.thaw()
        assert await first == OK
        await recorded_once(it, terminal, check, payment)

    play(test)


@pytest.mark.parametrize("fault", [Fault.CUT_AFTER, Fault.CUT_BEFORE])
def test_a_lock_whose_commit_was_cut_is_recognized_as_its_own(play: Play, fault: Fault):
    async def test(it: Stage) -> None:
        terminal, check = it.terminal(0), it.check()
        trap = it.proxies[0].arm(fault)
        assert await terminal.lock(check) is not None
        assert trap.sprung.is_set()
        assert it.journal.counted["own lock found"] == 0
        assert await it.ledger.holder(check.session) == terminal.number
        assert await it.terminal(1).lock(check, tries=1) is None
        await terminal.unlock(check)
        assert await it.ledger.holder(check.session) is None
        await terminal.close()

    play(test)


def test_an_unlock_that_is_repeated_after_a_lost_commit_leaves_the_next_machines_lock_alone(play: Play):
    async def test(it: Stage) -> None:
        check, first, second = it.check(), it.terminal(0), it.terminal(1)
        assert await first.lock(check) is not None
        trap = it.proxies[0].arm(Fault.CUT_AFTER)
        unlocking = asyncio.create_task(first.unlock(check))
        await trap.answered.wait()
        it.proxies[0].freeze()  # the first adapter is about to ask again, and must wait
        assert await second.lock(check) is not None
        it.proxies[0].thaw()
        await unlocking
        assert await it.ledger.holder(check.session) == second.number
        await second.unlock(check)
        await first.close()
        await second.close()

    play(test)


def test_two_checks_of_one_table_that_are_settled_at_once_free_it(play: Play):
    async def test(it: Stage) -> None:
        checks = it.two_of_one_table()
        terminals = [it.terminal(0), it.terminal(1)]
        payments = []
        for terminal, check in zip(terminals, checks, strict=True):
            bill = await terminal.lock(check)
            assert bill is not None
            payments.append(terminal.new_payment(check, bill["totalAmount"] - bill["paidAmount"]))
        trap = it.proxies[0].arm(Fault.STALL)
        first = asyncio.create_task(terminals[0].record(checks[0], payments[0]))
        await trap.sprung.wait()
        second = asyncio.create_task(terminals[1].record(checks[1], payments[1]))
        await asyncio.sleep(0.2)
        assert trap.link is not None
        trap.link.thaw()
        await asyncio.gather(first, second)
        assert it.table_status(checks[0]) == 5
        for terminal, check in zip(terminals, checks, strict=True):
            await terminal.unlock(check)
            await terminal.close()

    play(test)


def test_a_payment_that_another_adapter_has_recorded_meanwhile_is_not_taken_for_its_own(play: Play):
    async def test(it: Stage) -> None:
        terminal, check, payment = await presented(it)
        trap = it.proxies[0].arm(Fault.CUT_BEFORE)
        first = asyncio.create_task(terminal.record_once(payment, it.lines[0]))
        await trap.sprung.wait()
        it.proxies[0].freeze()  # the first adapter is about to ask again, and must wait
        assert await terminal.record_once(payment, it.lines[1]) == OK
        it.proxies[0].thaw()
        assert await first == ALREADY
        await recorded_once(it, terminal, check, payment)

    play(test)


def test_the_card_machines_wait_longer_than_the_adapters():
    assert PATIENCE > DEADLINE


def test_a_lock_that_was_given_back_is_not_taken_again_for_a_card_machine_that_has_left(play: Play):
    async def test(it: Stage) -> None:
        check, first, second = it.check(), it.terminal(0), it.terminal(1)
        second.number = first.number  # the same card machine, by another adapter
        trap = it.proxies[0].arm(Fault.CUT_AFTER)
        asking = asyncio.create_task(first.lock(check))
        await trap.answered.wait()
        it.proxies[0].freeze()  # the first adapter is about to ask again, and must wait
        assert await it.ledger.holder(check.session) == first.number
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await first.close()
        await second.unlock(check)
        it.proxies[0].thaw()
        await asyncio.sleep(DEADLINE)
        assert await it.ledger.holder(check.session) is None
        await second.close()

    play(test)


@pytest.mark.parametrize("scene", SCENES)
def test_of_the_epos_data_api(play: Play, scene: str):
    play(SCENES[scene])
