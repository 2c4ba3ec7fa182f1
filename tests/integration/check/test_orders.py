"""What is wrong with the lists and codes of orders, each planted, and what a mapping can serve of the EPOS Data API."""

from __future__ import annotations

from typing import Any

from .conftest import Installation

PAYMENT = """
[[payment]]
from   = "JOIN pay p ON p.chk = k.id"
id     = "p.ref"
amount = "p.amount"
"""
TAXES = """
[[tax_line]]
name   = "'VAT'"
amount = "k.vat"
"""


def added(small: Any, text: str) -> Any:
    return Installation(small.url, small.text + text, small.folder)


def test_payments_that_do_not_come_to_what_is_paid_are_told(small: Any):
    small.sql("INSERT INTO pay (chk, ref, amount) SELECT id, 'pi-' || id, 25 FROM chk WHERE status = 'CLOSED'")
    listed = added(small, PAYMENT)
    assert listed.findings("payments-differ") == []
    small.sql("UPDATE pay SET amount = 20 WHERE chk = 2; DELETE FROM pay WHERE chk = 4")
    (found,) = listed.findings("payments-differ")
    assert (found.severity, found.problem.key) == ("warning", "payment[0]")
    assert "on 2 of 20 bills" in found.problem.message
    assert "2 by 5.00 GBP" in found.problem.message
    assert "4 by 25.00 GBP" in found.problem.message


def test_taxes_that_do_not_come_to_that_of_the_bill_are_told_but_for_their_pennies(small: Any):
    small.sql("ALTER TABLE chk ADD vat numeric(10,2); UPDATE chk SET tax = 4.17, vat = 4.16")
    taxed = added(small, TAXES)
    assert taxed.findings("taxes-differ") == []
    small.sql("UPDATE chk SET vat = 5 WHERE id <= 2")
    (found,) = taxed.findings("taxes-differ")
    assert "on 2 of 40 bills" in found.problem.message
    assert "1 by -0.83 GBP" in found.problem.message


def test_codes_of_an_order_that_nobody_explains_are_counted(small: Any):
    small.sql(
        "ALTER TABLE chk ADD stage text; UPDATE chk SET stage = CASE WHEN id < 4 THEN 'X' WHEN id < 9 THEN 'K' END"
    )
    said = ('table       = "k.room"', 'table = "k.room"\nstatus = { column = "k.stage", map = { K = "preparing" } }')
    (found,) = [one for one in small.plant(said).findings("code-uncovered") if one.problem.key.startswith("session")]
    assert found.problem.key == "session.status.map"
    assert "X (3) of 40 sessions" in found.problem.message
    default = (said[0], said[1].replace(" } }", ' }, default = "new" }'))
    assert [one for one in small.plant(default).findings("code-uncovered") if "status" in one.problem.key] == []


def test_what_only_an_order_reads_is_read_too(small: Any):
    small.sql("ALTER TABLE pay ADD sum text; INSERT INTO pay (chk, amount, sum) VALUES (1, 5, 'much'), (3, 5, '2')")
    planted = added(small, PAYMENT.replace("p.amount", "p.sum"))
    (found,) = planted.findings("row-unreadable")
    assert found.problem.key == "payment[0].amount"
    assert "1 of 40 sessions" in found.problem.message


def test_a_report_says_what_each_capability_is_served(small: Any):
    report = small.report().as_dict()
    served = {one["name"]: one for one in report["capabilities"]}
    assert served["SearchOrders"]["offered"]
    assert {"key": "item.plu", "instead": "item.id"} in served["SearchOrders"]["missing"]
    assert served["ListAreas"] == {
        "name": "ListAreas",
        "offered": False,
        "reason": "the mapping has no table.area",
        "missing": [],
        "limits": [],
    }
    assert served["RecordOrderPaymentById"]["offered"]
    assert served["CreateOrderLock"]["missing"] == [
        {"key": "lock", "instead": "locks in the ledger, which the till does not see"}
    ]
    assert served["CreateOrder"]["reason"] == "orders are made and canceled at the till"
