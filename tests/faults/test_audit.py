"""The audit finds what is wrong: each error is planted into an evening in which everything was right."""

from __future__ import annotations

import asyncio
import copy
import itertools

import psycopg
import pytest

from tests.faults.adapters import PATIENCE, Adapter, folder, running
from tests.faults.audit import audit
from tests.faults.client import Line
from tests.faults.journal import Attempt, Hold, Journal, Payment
from tests.faults.ledger import Ledger
from tests.faults.proxy import Proxy
from tests.faults.restaurant import Check, fill, instrument, read_checks
from tests.faults.server import Server
from tests.faults.stage import seeded
from tests.faults.terminal import Terminal

NAME = "audited"
PROGRAM = "tests.faults.stub"
_numbers = itertools.count(1)


class Evening:
    """A database and the card machines' journal, for a test to spoil."""

    def __init__(self, url: str, journal: Journal, checks: list[Check]) -> None:
        self.url = url
        self.journal = journal
        self.checks = checks

    def sql(self, statement: str, *values: object) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            assert connection.execute(statement.encode(), values).rowcount > 0

    def found(self) -> set[str]:
        return {violation.kind for violation in audit(self.url, self.journal, self.checks)}

    def payment(self, *, counts: bool = True) -> Payment:
        return next(one for one in self.journal.payments.values() if one.counts is counts and not one.refused)


async def pay(url: str, journal: Journal, checks: list[Check], port: int) -> None:
    """A split bill, a bill in one go, and a declined card."""
    terminal = Terminal("10000001", [Line(port, PATIENCE)], journal, Ledger(url), seeded(1))
    split, whole, declined = checks[0], checks[1], checks[3]
    due = whole.total - whole.gratuity - whole.paid
    for check, base, successful in (
        (split, 1000, True),
        (split, 1001, True),
        (whole, due, True),
        (declined, 500, False),
    ):
        assert await terminal.lock(check) is not None
        await terminal.record(check, terminal.new_payment(check, base, tips=50, successful=successful))
        await terminal.unlock(check)
    await terminal.close()


@pytest.fixture(scope="module")
def right(server: Server) -> tuple[Journal, list[Check]]:
    url = server.new_database(NAME)
    fill(url, 12)
    checks = read_checks(url)

    async def play() -> Journal:
        journal = Journal()
        async with folder() as place, Proxy(server.socket) as proxy:
            stub = Adapter(place, "stub", proxy.url(NAME), program=PROGRAM)
            await stub.create_ledger()
            instrument(url)
            async with running(stub):
                await pay(url, journal, checks, stub.port)
        return journal

    return asyncio.run(play()), checks


@pytest.fixture
def evening(server: Server, right: tuple[Journal, list[Check]]) -> Evening:
    journal, checks = right
    url = server.new_database(f"{NAME}_{next(_numbers)}", NAME)
    return Evening(url, copy.deepcopy(journal), checks)


def test_an_evening_in_which_everything_was_right_is_found_to_be_right(evening: Evening):
    assert evening.found() == set()


def test_a_row_that_is_there_twice_is_found(evening: Evening):
    evening.sql(
        "INSERT INTO transactions (payment_type, transaction_type, payment_sub_type, amount, tips_amount, voided, ticket_id,"
        " card_transaction_id) SELECT payment_type, transaction_type, payment_sub_type, amount, tips_amount, voided,"
        " ticket_id, card_transaction_id FROM transactions WHERE card_transaction_id = %s",
        evening.payment().id,
    )
    assert "doubled" in evening.found()


def test_a_row_that_is_gone_is_found(evening: Evening):
    evening.sql("DELETE FROM transactions WHERE card_transaction_id = %s", evening.payment().id)
    assert {"lost", "ledger", "wrong balance"} <= evening.found()


def test_a_payment_that_neither_till_nor_ledger_has_is_found(evening: Evening):
    evening.sql("DELETE FROM transactions WHERE card_transaction_id = %s", evening.payment().id)
    evening.sql("DELETE FROM epos_adapter.recorded_payment WHERE payment_id = %s", evening.payment().id)
    assert "lost" in evening.found()


def test_a_declined_payment_that_the_ledger_does_not_have_is_found(evening: Evening):
    evening.sql("DELETE FROM epos_adapter.recorded_payment WHERE payment_id = %s", evening.payment(counts=False).id)
    assert evening.found() == {"lost"}


def test_a_declined_payment_that_the_till_has_is_found(evening: Evening):
    evening.sql(
        "UPDATE transactions SET card_transaction_id = %s WHERE card_transaction_id = %s",
        evening.payment(counts=False).id,
        evening.payment().id,
    )
    assert "written in error" in evening.found()


@pytest.mark.parametrize("column", ["paid_amount", "due_amount", "total_price"])
def test_a_penny_too_much_is_found(evening: Evening, column: str):
    evening.sql(f"UPDATE ticket SET {column} = {column} + 0.01 WHERE id = %s", evening.payment().ticket)
    assert evening.found() == {"wrong balance"}


def test_a_penny_on_a_check_that_nobody_paid_is_found(evening: Evening):
    evening.sql("UPDATE ticket SET paid_amount = paid_amount + 0.01 WHERE id = %s", evening.checks[-1].ticket)
    assert evening.found() == {"wrong balance"}


@pytest.mark.parametrize("change", ["paid = NOT paid", "settled = NOT settled", "closing_date = NULL"])
def test_a_paid_check_that_is_not_closed_is_found(evening: Evening, change: str):
    evening.sql(f"UPDATE ticket SET {change} WHERE settled")
    assert evening.found() == {"wrong balance"}


@pytest.mark.parametrize("status", [1, 5])
def test_a_table_that_is_free_or_taken_in_error_is_found(evening: Evening, status: int):
    evening.sql("UPDATE shop_table_status SET table_status = %s", status)
    assert "wrong table" in evening.found()


@pytest.mark.parametrize("change", ["tips_amount = 9", "ticket_id = 12", "voided = true"])
def test_a_row_that_is_not_what_was_sent_is_found(evening: Evening, change: str):
    evening.sql(f"UPDATE transactions SET {change} WHERE card_transaction_id = %s", evening.payment().id)
    assert "wrong row" in evening.found()


def test_a_payment_that_nobody_sent_is_found(evening: Evening):
    del evening.journal.payments[evening.payment().id]
    assert {"unknown payment", "ledger"} <= evening.found()


def test_a_payment_that_was_never_answered_is_found(evening: Evening):
    evening.journal.add(Payment(id="never", session="s", ticket=1, base=1, tries=3))
    assert evening.found() == {"never answered"}


def test_a_payment_that_was_accepted_twice_is_found(evening: Evening):
    evening.payment().accepted = 2
    assert evening.found() == {"accepted twice"}


def test_a_payment_that_was_refused_and_written_is_found(evening: Evening):
    evening.payment().refused = 1
    assert {"refused", "refused and written"} == evening.found()


def test_a_lock_that_stays_is_found(evening: Evening):
    evening.sql(
        "INSERT INTO epos_adapter.session_lock VALUES (%s, '10000001', now())", evening.journal.holds[0].session
    )
    assert "stuck lock" in evening.found()


def test_two_holders_at_once_are_found(evening: Evening):
    first = evening.journal.holds[0]
    assert first.until is not None
    moment = (first.granted + first.until) / 2
    evening.journal.holds.append(Hold(first.session, "10000002", moment, moment, first.until))
    assert {"double holder", "lock without a row"} <= evening.found()


def test_a_hold_that_was_never_given_back_excludes_every_later_one(evening: Evening):
    evening.journal.holds[0].until = None
    evening.journal.holds[1].terminal = "10000002"
    assert "double holder" in evening.found()


def test_a_lock_that_was_released_without_being_asked_is_found(evening: Evening):
    evening.sql(
        "INSERT INTO faults.lock_log (operation, session_id, terminal, at) VALUES ('release', %s, '10000001', now())",
        evening.journal.holds[0].session,
    )
    assert evening.found() == {"lock lost"}


def test_a_lock_that_its_machine_was_never_told_of_may_be_given_back(evening: Evening):
    first = evening.journal.holds[0]
    assert first.until is not None
    evening.journal.attempts.append(Attempt("LockSession", first.terminal, first.session, first.asked))
    evening.sql(
        "INSERT INTO faults.lock_log (operation, session_id, terminal, at)"
        " VALUES ('release', %s, %s, to_timestamp(%s) + interval '1 hour')",
        first.session,
        first.terminal,
        first.until,
    )
    assert evening.found() == set()
    assert evening.journal.counted["given back unheard"] == 1


def test_a_lock_that_its_machine_was_told_of_may_not_be_given_back(evening: Evening):
    first = evening.journal.holds[0]
    assert first.until is not None
    evening.journal.attempts.append(Attempt("LockSession", first.terminal, first.session, first.asked))
    evening.sql(
        "INSERT INTO faults.lock_log (operation, session_id, terminal, at) VALUES ('release', %s, %s, to_timestamp(%s))",
        first.session,
        first.terminal,
        (first.granted + first.until) / 2,
    )
    assert evening.found() == {"lock lost"}


def test_a_machine_that_finds_its_lock_gone_is_believed(evening: Evening):
    first = evening.journal.holds[0]
    first.missing = first.until
    assert evening.found() == {"lock lost"}


def test_a_lock_that_another_machine_is_known_to_have_released_is_no_fault_of_the_adapter(evening: Evening):
    first = evening.journal.holds[0]
    unlocking = next(one for one in evening.journal.attempts if one.method == "UnlockSession")
    unlocking.terminal = "10000002"
    first.until = None
    evening.journal.holds[1].terminal = "10000002"
    evening.sql(
        "UPDATE faults.lock_log SET terminal = '10000002' WHERE number = (SELECT MIN(number) FROM faults.lock_log"
        " WHERE session_id = %s AND operation = 'lock' AND at >= to_timestamp(%s))",
        first.session,
        evening.journal.holds[1].asked,
    )
    assert "double holder" not in evening.found()
    assert evening.journal.counted["unlocked by another"] == 1


def test_a_payment_that_is_recorded_and_given_back_is_found(evening: Evening):
    payment = evening.payment()
    payment.by_orders, payment.refused = True, 1
    assert evening.found() == {"two answers", "refused and written"}


def test_a_payment_that_was_given_back_needs_no_cause(evening: Evening):
    evening.journal.add(Payment(id="pi_1", session="s", ticket=1, base=1, tries=1, refused=1, by_orders=True))
    assert evening.found() == set()


def test_a_payment_is_known_by_its_intent(evening: Evening):
    evening.sql(
        "INSERT INTO epos_adapter.payment_intent (payment_id, intent) VALUES (%s, 'pi_1')", evening.payment().id
    )
    assert {"lost", "unknown payment"} <= evening.found()


def test_a_lock_that_ends_gives_way_from_then_on_and_not_before(evening: Evening):
    first = evening.journal.holds[0]
    assert first.until is not None
    first.until, first.ends = None, first.until
    evening.journal.holds[1].terminal = "10000002"
    assert "double holder" not in evening.found()
    first.ends += 3600
    assert "double holder" in evening.found()


@pytest.mark.parametrize(("ends", "kinds"), [("1 hour", {"lock lost"}), ("-1 hour", set())])
def test_a_lock_that_ends_is_released_by_whoever_comes_and_before_only_by_its_own(
    evening: Evening, ends: str, kinds: set[str]
):
    first = evening.journal.holds[0]
    assert first.until is not None
    unlocked = Attempt("UnlockSession", first.terminal, first.session, first.until, answered=first.until, outcome="ok")
    evening.journal.attempts.append(unlocked)
    evening.sql(
        "INSERT INTO faults.lock_log (operation, session_id, terminal, at, ends)"
        " VALUES ('release', %s, '10000009', to_timestamp(%s), to_timestamp(%s) + %s::interval)",
        first.session,
        first.until,
        first.until,
        ends,
    )
    assert evening.found() == kinds
