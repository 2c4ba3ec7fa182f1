"""Rehearses a payment on a real check: locks it, records it, looks at every row that was written, and undoes it all."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlglot import exp

from adapter.check.looking import Look
from adapter.check.money import money
from adapter.check.others import others_at, spread
from adapter.check.watching import Watching, Written
from adapter.domain.payments import CardDetails, Payment, Recorded
from adapter.domain.recording import lock_session, record_payment
from adapter.domain.requests import LockSession, RecordPayment, Requestor
from adapter.domain.values import Bill
from adapter.errors import AdapterError, NotEnabled
from adapter.mapping.balance import payment_values
from adapter.mapping.writes import Writes
from adapter.serving import recording_rules
from adapter.store.book import Bound, SqlBook
from adapter.store.ledger import VERSION, Ledger
from adapter.store.till import SqlTill
from adapter.store.units import Writer
from adapter.toml.locate import Path
from adapter.upkeep import session_of

_STEP = re.compile(r"\bstep (\d+), ")
_MACHINE = Requestor(is_card_machine=True, terminal_id="rehearsal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What a payment would do."""

    session: str
    amount: str
    """What was paid, as `12.50 GBP`."""
    problem: str
    """Why it could not be recorded; empty when it could."""
    rows: tuple[Written, ...] = ()
    before: str = ""
    """The bill before, in words."""
    after: str = ""
    due_after: int | None = None
    """What remains to be paid, in minor units; None where the check has left the till, or nothing was recorded."""
    is_found_again: bool = True
    """Whether [record.verify] finds the payment, where there is one."""
    sequences: tuple[str, ...] = ()
    """What has given numbers that are not given back."""
    spread: tuple[str, ...] = ()
    """What it changes for other sessions at the same tables."""

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


class _Undone(Exception):
    """Carries what was seen out of a transaction that must not be committed."""

    def __init__(self, seen: Rehearsal) -> None:
        super().__init__()
        self.seen = seen


async def rehearse(look: Look, session: str) -> list[Rehearsal]:
    """Pay a check in full, and in part where that can be, each time in a transaction that is undone.

    What is wrong goes to the findings too. Raises AdapterError where there is no such session, or nothing records.
    """
    bound = look.fit.bound
    if bound is None or bound.writes is None or not look.mapping.file.capabilities.record_payment:
        raise NotEnabled("there is nothing to rehearse: the mapping records no payments", hint="[record] says how")
    if not look.fit.is_whole("session", "bill", "lock", "record", "item", "modifier", "discount", "charge"):
        look.findings.add("note", "not-checked", ("record",), "not rehearsed: what does not fit must be mended first")
        return []
    session_id = session_of(session, bound.fields.packing)
    found = await look.prober.database.read(lambda reader: SqlBook(reader, bound).bill(session_id))
    if found is None:
        raise AdapterError(f"{session} is no session", hint="give the key of a check, or an id that `locks` shows")
    bill = found[1]
    if bill is None or bill.outstanding <= 0:
        what = "no bill" if bill is None else "nothing to be paid"
        raise AdapterError(f"there is {what} on {session}, so no payment can be rehearsed", hint="take an open check")
    ledger = await _ledger(look)
    amounts = [bill.outstanding]
    if look.mapping.file.capabilities.partial_payment and bill.outstanding > 1:
        amounts.append(bill.outstanding // 2)
    done = []
    for amount in amounts:
        look.prober.tell(f"paying {money(amount, bill.currency)} on {session}, to be undone")
        rehearsal = await _paid(look, bound, session_id, session, bill, amount, ledger)
        done.append(rehearsal)
        _judge(look, rehearsal, bill, amount)
    return done


def _judge(look: Look, rehearsal: Rehearsal, bill: Bill, amount: int) -> None:
    """Note what would go wrong with a payment, and what it would leave wrong."""
    said = f"a payment of {rehearsal.amount} on {rehearsal.session}"
    if rehearsal.problem:
        step = _STEP.search(rehearsal.problem)
        path: Path = ("record", "step", int(step[1]) - 1) if step is not None else ("record",)
        hint = "explain RecordPayment shows the statements"
        look.findings.add("error", "rehearsal-fails", path, f"{said} cannot be recorded: {rehearsal.problem}", hint)
        return
    due = rehearsal.due_after
    if due is not None and due != bill.outstanding - amount:
        look.findings.add(
            "error",
            "rehearsal-differs",
            ("bill", "paid"),
            f"{said} leaves {money(due, bill.currency)} due and not {money(bill.outstanding - amount, bill.currency)}",
            "the steps must write what bill.paid and bill.total read",
        )
    for what in rehearsal.spread:
        look.findings.add(
            "error",
            "rehearsal-spreads",
            ("record", "step"),
            f"{said} changes others: {what}",
            "a step must name its check in where, and free a table only where NOT EXISTS another open check",
        )
    if not rehearsal.is_found_again:
        look.findings.add(
            "error",
            "rehearsal-differs",
            ("record", "verify", "find"),
            f"{said} is written, and not found by it",
            "it would be told as gone at once",
        )


async def _ledger(look: Look) -> Ledger | None:
    """The ledger, if it is there: without it the EPOS's own rows can still be rehearsed."""
    if look.ledger is None:
        return None
    version = await look.prober.database.read(look.ledger.version)
    return look.ledger if version == VERSION else None


async def _paid(
    look: Look, bound: Bound, session_id: UUID, session: str, bill: Bill, amount: int, ledger: Ledger | None
) -> Rehearsal:
    writes = bound.writes
    assert writes is not None  # noqa: S101 - looked at before
    payment = Payment(
        id=uuid4(),
        session_id=session_id,
        currency=bill.currency,
        base=amount,
        successful=True,
        attempted_at=datetime.now(UTC).replace(microsecond=0),
        details=CardDetails(
            method="CARD_PRESENT",
            status="SUCCESSFUL",
            scheme="VISA",
            entry_mode="CONTACTLESS",
            auth_code="000000",
            acquirer_transaction_id="rehearsal",
        ),
    )
    rules = recording_rules(look.config)
    seen: list[Written] = []

    def unit(writer: Writer) -> None:
        watching = Watching(writer, look, bound, writes, seen)
        till = SqlTill(watching, bound, writes, ledger)
        problem, after, due, found = "", "", None, True
        changed: tuple[str, ...] = ()
        book = SqlBook(watching, bound)
        try:
            session_ = book.session(session_id)
            names = tuple(session_.tables) if session_ is not None else ()
            before = others_at(book, session_id, names)
            if ledger is not None or writes.lock is not None:
                lock_session(till, LockSession(requestor=_MACHINE, session_id=session_id), rules, uuid4())
                record_payment(till, RecordPayment(requestor=_MACHINE, payment=payment), rules, uuid4())
            else:
                _entered(till, payment)
            watching.look_once_more()
            left = book.bill(session_id)
            changed = tuple(spread(before, others_at(book, session_id, names)))
            due = left[1].outstanding if left is not None and left[1] is not None else None
            after = _words(left[1]) if left is not None else "the check has left the till"
            found = _is_found(watching, bound, writes, payment)
        except AdapterError as error:
            problem = error.message
        raise _Undone(
            Rehearsal(
                session=session,
                amount=money(amount, bill.currency),
                problem=problem,
                rows=tuple(seen),
                before=_words(bill),
                after=after,
                due_after=due,
                is_found_again=found,
                sequences=tuple(sorted(_sequences(look, writes, ledger))),
                spread=changed,
            )
        )

    try:
        await look.prober.database.write(unit, even_unheard=False)
    except _Undone as undone:
        return undone.seen
    except AdapterError as error:
        return Rehearsal(
            session=session, amount=money(amount, bill.currency), problem=error.message, before=_words(bill)
        )
    raise AssertionError("a rehearsal was not undone")


def _is_found(reader: Writer, bound: Bound, writes: Writes, payment: Payment) -> bool:
    if writes.verify is None:
        return True
    key = bound.fields.packing.unpack(payment.session_id) or ()
    names = ["session_id"] if len(key) == 1 else [f"session_id_{number}" for number in range(1, len(key) + 1)]
    values = payment_values(payment, Recorded(), rule=writes.rule, fields=bound.fields, currency=payment.currency)
    return bool(reader.rows(writes.verify, {**values, **dict(zip(names, key, strict=True))}))


def _entered(till: SqlTill, payment: Payment) -> None:
    """The steps alone, where there is no ledger yet and so no lock to take."""
    balance = till.held_balance(payment.session_id)
    if balance is not None:
        till.enter(payment, balance, Recorded(), _MACHINE)


def _words(bill: Bill | None) -> str:
    if bill is None:
        return "no bill"
    total, paid, due = (money(amount, bill.currency) for amount in (bill.total, bill.paid, bill.outstanding))
    return f"total {total}, paid {paid}, due {due}"


def _sequences(look: Look, writes: Writes, ledger: Ledger | None) -> set[str]:
    """What numbers the rows of the tables that were written to."""
    found: set[str] = set()
    if look.inspector is not None and not look.inspector.keeps_numbers:
        return found
    for index, step in enumerate(writes.rule.step):
        target = look.mapping.fragments.get(("record", "step", index, "table"))
        node = target[0].tree if target and step.kind == "insert" else None
        key = look.key_named(node.db or None, str(node.meta.get("table"))) if isinstance(node, exp.Table) else None
        state = look.states.get(key) if key is not None else None
        for column, sequence in (state.sequences if state is not None else {}).items():
            if column not in step.set:
                found.add(sequence.name)
    if ledger is not None:
        found.add(f"{look.prober.engine.table(ledger.schema, 'recorded_payment')} (its own numbers)")
    return found
