"""A payment over the EPOS Data API is answered with success, with an error that is final, or not at all: each at a chosen moment."""

from __future__ import annotations

from tests.faults.adapters import PATIENCE
from tests.faults.journal import OK, Payment
from tests.faults.order_line import OrderLine
from tests.faults.order_terminal import UNKNOWN, OrderTerminal
from tests.faults.proxy import Fault
from tests.faults.restaurant import Check
from tests.faults.stage import Stage


async def presented(it: Stage) -> tuple[OrderTerminal, Check, Payment, OrderLine]:
    """A card machine that holds a check, a payment that it wants recorded, and a way to the first adapter only."""
    terminal, check = it.order_terminal(), it.check()
    assert await terminal.lock(check, at=0) is not None
    return terminal, check, terminal.new_payment(check, 1234, tips=100), OrderLine(it.adapters[0].order_port, PATIENCE)


async def a_connection_cut_after_the_commit_is_asked_again_and_answered_with_success(it: Stage) -> None:
    terminal, check, payment, line = await presented(it)
    trap = it.proxies[0].arm(Fault.CUT_AFTER)
    assert await terminal.record_once(payment, line) == OK
    assert trap.sprung.is_set()
    assert (it.rows(payment), it.entries(payment), it.paid(check)) == (1, 1, 1234)
    await line.close()
    await terminal.close()


async def while_the_database_is_frozen_nothing_is_answered_and_what_is_asked_again_is_recorded(it: Stage) -> None:
    terminal, check, payment, line = await presented(it)
    it.proxies[0].freeze()
    assert await terminal.record_once(payment, line) == UNKNOWN
    assert it.journal.attempts[-1].answered is None
    it.proxies[0].thaw()
    assert it.rows(payment) == 0
    await terminal.record(check, payment)
    assert (payment.accepted, payment.refused, it.rows(payment)) == (1, 0, 1)
    await line.close()
    await terminal.close()


async def a_refusal_holds_in_every_adapter_whatever_becomes_of_the_order(it: Stage) -> None:
    terminal, check = it.order_terminal(), it.check()
    too_much = terminal.new_payment(check, check.total * 2)
    lines = [OrderLine(adapter.order_port, PATIENCE) for adapter in it.adapters]
    assert await terminal.record_once(too_much, lines[0]) == "Conflict"
    it.change("UPDATE ticket SET total_price = total_price * 4 WHERE id = %s RETURNING id", check.ticket)
    for line in lines:
        assert await terminal.record_once(too_much, line) == "Conflict"
        await line.close()
    assert (it.rows(too_much), it.entries(too_much)) == (0, 0)
    await terminal.close()


SCENES = {
    scene.__name__: scene
    for scene in (
        a_connection_cut_after_the_commit_is_asked_again_and_answered_with_success,
        while_the_database_is_frozen_nothing_is_answered_and_what_is_asked_again_is_recorded,
        a_refusal_holds_in_every_adapter_whatever_becomes_of_the_order,
    )
}
