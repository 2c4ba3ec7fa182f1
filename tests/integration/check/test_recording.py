"""What would keep a payment from being recorded, the installation itself, and a payment that is rehearsed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from adapter.check import site

LOCK = """
[lock]
free  = "k.locked_by IS NULL"
ours  = "k.locked_by = 'DOJO'"
set   = { locked_by = "'DOJO'" }
clear = { locked_by = "NULL" }
"""


def test_a_ledger_that_is_missing_or_of_another_version_is_an_error(small: Any):
    small.sql("UPDATE epos_adapter.ledger SET version = 99")
    assert "version 99" in small.only("ledger-version").problem.message
    small.sql("DROP SCHEMA epos_adapter CASCADE")
    finding = small.only("ledger-missing")
    assert finding.severity == "error"
    assert finding.problem.file == "config.toml"
    assert finding.problem.hint == "run: epos-adapter ledger create"


def test_a_sequence_that_is_behind_the_rows_is_told_with_what_sets_it_right(small: Any):
    small.sql("INSERT INTO pay (id, amount) VALUES (41, 1)")
    finding = small.only("sequence-behind")
    assert "pay_id_seq has given 0, and pay.id goes up to 41" in finding.problem.message
    small.sql(finding.sql)
    assert small.findings("sequence-behind") == []


def test_locks_that_contradict_each_other_or_hold_everything_are_told(small: Any):
    both = small.plant(
        ("[record.verify]", LOCK.replace("'DOJO'\"\nset", "'DOJO' OR k.id = 1\"\nset") + "[record.verify]")
    )
    assert "1 of 20 open sessions are free and ours at once" in both.only("lock-unclear").problem.message
    turned = small.plant(("[record.verify]", LOCK.replace("IS NULL", "= ''") + "[record.verify]"))
    assert "only 0 of 20 open sessions are free" in turned.only("lock-unclear").problem.message
    right = small.plant(("[record.verify]", LOCK + "[record.verify]"))
    assert right.report().findings == ()


def test_payments_that_nothing_looks_after_are_a_note(small: Any):
    text = small.text[: small.text.index("[record.verify]")]
    small.text = text
    assert small.only("payment-hazard").severity == "note"


def test_a_constant_whose_select_gives_nothing_is_told_with_what_counts_instead(small: Any):
    planted = small.plant(
        ("[table]", 'shop = { read = "SELECT w.name FROM waiter w WHERE w.id = 99", default = "The Shop" }\n\n[table]')
    )
    finding = planted.only("site-empty")
    assert "gives nothing, so the default 'The Shop' counts" in finding.problem.message
    assert finding.problem.line == planted.line("shop =")


def test_clocks_that_disagree_are_told(small: Any, monkeypatch: pytest.MonkeyPatch):
    class Late:
        @staticmethod
        def time() -> float:
            return 1_000_000_000.0

    monkeypatch.setattr(site, "time", Late)
    assert "seconds apart" in small.only("clock-differs").problem.message


@pytest.mark.parametrize("session", ["1", str(UUID(int=0x8 << 76 | 0b10 << 62 | 1))], ids=["key", "id"])
def test_a_rehearsal_shows_every_row_and_leaves_none(small: Any, session: str):
    before = small.state()
    report = small.report(session=session)
    assert small.state() == before
    assert report.is_good
    full, part = report.rehearsals
    assert (full.amount, part.amount) == ("25.00 GBP", "12.50 GBP")
    assert full.before == "total 25.00 GBP, paid 0.00 GBP, due 25.00 GBP"
    assert full.after == "total 25.00 GBP, paid 25.00 GBP, due 0.00 GBP"
    new, changed = full.rows
    assert new.table == "pay"
    assert new.before is None
    assert new.after is not None
    assert {"chk": "1", "amount": "25.00"}.items() <= new.after.items()
    assert changed.before is not None
    assert changed.after is not None
    assert (changed.before["paid"], changed.after["paid"]) == ("0.00", "25.00")
    assert "pay_id_seq" in full.sequences
    # What is taken from a sequence is not given back, which is why it is said.
    assert small.sql("SELECT last_value FROM pay_id_seq") == [(2,)]


def test_the_shipped_mappings_can_be_rehearsed_on_their_evenings(floreant: Any, pasteque: Any):
    report = floreant.report(session="5101")
    assert report.is_good
    assert [row.step.split(" (")[0] for row in report.rehearsals[0].rows] == [
        "step 1, insert transactions",
        "step 2, update ticket",
        "step 3, delete table_ticket_num",
        "step 5, update shop_table_status",
    ]
    ((check,), *_) = pasteque.sql("SELECT sharedticket_id FROM sharedticketlines WHERE price > 0 ORDER BY 1")
    (only,) = pasteque.report(session=check).rehearsals  # it cannot hold a part payment
    assert only.problem == ""
    assert only.after == "the check has left the till"
    assert {row.table for row in only.rows} >= {"receipts", "tickets", "ticketlines", "payments", "sharedtickets"}


def test_a_step_that_fails_is_told_at_its_line(small: Any):
    small.sql("ALTER TABLE pay ADD CHECK (amount < 20)")
    planted = small
    finding = planted.only("rehearsal-fails", session="1")
    assert "a payment of 25.00 GBP on 1 cannot be recorded: the till cannot take it: step 1, insert pay" in (
        finding.problem.message
    )
    assert finding.problem.line == small.line("[[record.step]]")


def test_what_would_fail_only_when_committing_fails_in_a_rehearsal(small: Any):
    planted = small.plant(('set = { chk = ":session_id"', 'set = { chk = ":session_id + 5000"'))
    assert len(planted.findings("rehearsal-fails", session="1")) == 2


def test_a_payment_that_the_bill_does_not_show_is_told(small: Any):
    planted = small.plant(('paid = ":paid_after"', 'paid = ":paid_before"'))
    messages = [f.problem.message for f in planted.findings("rehearsal-differs", session="1")]
    assert "a payment of 25.00 GBP on 1 leaves 25.00 GBP due and not 0.00 GBP" in messages


def test_a_payment_that_verify_does_not_find_is_told(small: Any):
    planted = small.plant(("p.ref = :payment_id", "p.ref = CONCAT('x', CAST(:payment_id AS text))"))
    assert {f.problem.line for f in planted.findings("rehearsal-differs", session="1")} == {planted.line("CONCAT('x'")}


def test_a_rehearsal_without_a_ledger_tries_the_steps(small: Any):
    small.sql("DROP SCHEMA epos_adapter CASCADE")
    report = small.report(session="1")
    assert [one.problem for one in report.rehearsals] == ["", ""]
    assert {f.kind for f in report.findings} == {"ledger-missing"}


@pytest.mark.parametrize(
    ("session", "reason"),
    [("99", "99 is no session"), ("nonsense", "nonsense is no session"), ("2", "nothing to be paid on 2")],
)
def test_a_session_that_cannot_be_paid_is_a_finding_beside_the_others(small: Any, session: str, reason: str):
    small.sql("UPDATE chk SET total = 26.5 WHERE id = 7")
    report = small.report(session=session)
    assert {f.kind for f in report.findings} == {"bill-unbalanced", "rehearsal-fails"}
    assert any(reason in f.problem.message for f in report.findings)


def test_a_bill_that_cannot_be_shown_does_not_hide_the_other_findings(small: Any):
    small.sql("UPDATE chk SET total = 26.5 WHERE id = 7")
    assert {f.kind for f in small.report(session="7").findings} == {"bill-unbalanced", "rehearsal-fails"}


def test_a_mapping_that_records_nothing_cannot_be_rehearsed(small: Any):
    small.text = small.text[: small.text.index("[[record.step]]")]
    assert "nothing to rehearse" in small.only("rehearsal-fails", session="1").problem.message


FREES = """
[[record.step]]
update = "room"
where  = "id = (SELECT c.room FROM chk c WHERE c.id = :session_id)"
when   = "fully_paid"
set    = { state = "'F'" }
"""


@pytest.mark.parametrize(
    ("step", "change"),
    [
        (FREES, "table Table 2 is free, and Check 21 still sits there"),
        (FREES.replace('"room"', '"chk"').replace('"id =', '"room =').replace("state", "room").replace("'F'", "NULL"),
         "Check 21 is not found at its table any more"),
        (FREES.replace('"room"', '"chk"').replace('"id =', '"room =').replace("state", "status").replace("'F'", "'CLOSED'"),
         "Check 21 is not found at its table any more"),
    ],
)  # fmt: skip
def test_a_step_that_changes_the_other_checks_of_a_table_is_told(small: Any, step: str, change: str):
    small.sql("UPDATE room SET state = 'O' WHERE id = 2")
    planted = small.plant(("[record.verify]", step.replace("when ", 'rows = "some"\nwhen ') + "[record.verify]"))
    finding = planted.only("rehearsal-spreads", session="1")
    assert finding.problem.message == f"a payment of 25.00 GBP on 1 changes others: {change}"
    mended = step.replace('" ', '" ').replace(":session_id)", ":session_id AND 1 = 0)").replace("some", "any")
    planted = small.plant(("[record.verify]", mended.replace("when ", 'rows = "any"\nwhen ') + "[record.verify]"))
    assert planted.findings("rehearsal-spreads", session="1") == []


def test_words_that_are_longer_than_their_column_are_told(small: Any):
    small.sql("ALTER TABLE pay ADD kind varchar(6), ADD how varchar(4)")
    planted = small.plant(
        ('amount = ":amount" }', 'amount = ":amount", kind = ":tender", how = "\'CARDS\'" }'),
        ("[record.verify]", '[record.tender]\nVISA = "VISA"\nAMEX = "AMERICAN"\ndefault = "CARD"\n[record.verify]'),
    )
    found = {(f.problem.key, f.problem.line, f.problem.message) for f in planted.findings("misfit")}
    assert found == {
        ("record.tender.AMEX", planted.line("AMERICAN"), "'AMERICAN' has 8 characters, and kind has room for 6"),
        ("record.step[0].set.how", planted.line("'CARDS'"), "'CARDS' has 5 characters, and how has room for 4"),
    }
