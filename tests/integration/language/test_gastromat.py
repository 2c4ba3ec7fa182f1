"""A second till that is like none of the shipped ones, mapped by the guide alone, and bills that were worked out by hand.

Checks of rounds of lines, a key of a day that is a text and a number, a day and a clock in two texts that do not sort,
pennies in texts and discounts with commas in three columns, taxes on taxes, modifiers of modifiers, lines that are void,
on the house or the service charge by a bit, payments with tips in them and change beside them, a lock by initials.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapter.errors import InvalidFile

Serve = Callable[..., Any]

HERE = Path(__file__).parent / "evening"
SCHEMA = (HERE / "gastromat.sql").read_text(encoding="utf-8")
MAPPING = (HERE / "gastromat.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "lines", "service", "paid"),
    [
        # 900 x 1.1 x 1.05 is 1039.5; what costs 1040 for two is 520 for one.
        ("25.11 1", [(2, "Suppe", 520), (1, "Bier", 480)], None, 0),
        ("25.11 2", [(1, "Steak", 2365)], None, 0),
        ("25.11 3", [(3, "Kaffee", 300)], None, 900),
        ("25.11 4", [(1, "0.5 x Wein", 1440)], 150, 900),
        ("25.11 5", [(2, "Menü", 1650), (1, "Stamm", -300), (1, "Gutschein", -50)], None, 0),
        ("25.11 6", [(1, "Prosecco", 0), (1, "Pizza", 1100)], None, 0),
        ("25.11 7", [(1, "Brot", 200)], None, 0),
        ("25.11 12", [(3, "Bier", 480), (1, "Bier", -480)], None, 0),
        ("25.11 14", [(1, "Bier", 480)] * 3, None, 0),
        ("24.11 1", [(1, "Bier", 480)], None, 480),
    ],
)
def test_every_bill_is_the_one_that_was_worked_out_by_hand(
    serve: Serve, name: str, lines: list[Any], service: int | None, paid: int
):
    place = serve(SCHEMA, whole=MAPPING)
    assert place.lines(name) == lines
    bill = place.bill(name)
    assert bill.get("serviceCharge") == service
    assert (bill["paidAmount"], bill["currency"]) == (paid, "EUR")


def test_modifiers_of_modifiers_stand_at_their_line(serve: Serve):
    place = serve(SCHEMA, whole=MAPPING)
    assert [(one["name"], one["amountPerModifier"]) for one in place.bill("25.11 2")["items"][0]["modifiers"]] == [
        ("Pfeffersauce", 110),
        ("Pfeffersauce: ohne Salz", 0),
        ("Pfeffersauce: doppelt", 55),
    ]


def test_sessions_are_read_with_their_odd_rows(serve: Serve):
    place = serve(SCHEMA, whole=MAPPING)
    found = {one["name"]: one for one in place.sessions()}
    assert "25.11 8" not in found
    assert found["25.11 7"]["waiter"]["name"] == "Zoltan Zach"
    assert (found["25.11 7"]["numberOfCovers"], found["25.11 10"]["numberOfCovers"]) == (2, 1)
    assert {name for name, one in found.items() if "tableName" not in one} == {"25.11 9", "25.11 10"}
    assert {name for name, one in found.items() if one["isPayable"]} == {f"25.11 {n}" for n in (2, 4, 5, 13, 14)}
    assert {name: one["finishedAt"] for name, one in found.items() if "finishedAt" in one} == {
        "24.11 1": "2026-11-24T18:12:00.000Z",
        "25.11 3": "2026-11-25T18:40:00.000Z",
    }
    assert found["25.11 15"]["createdAt"] == "2026-11-25T23:20:00.000Z"
    place.by_filters(tables=True)
    place.by_status()


def test_a_price_that_is_no_number_costs_its_own_bill(serve: Serve):
    place = serve(SCHEMA, whole=MAPPING)
    assert len(place.bills()) == 13
    assert any("item.amount_per_item is no number" in one for one in place.said())


def test_a_table_is_free_when_nobody_is_left_at_it(serve: Serve):
    place = serve(SCHEMA, whole=MAPPING)
    place.runner.run(place.app.store.create_ledger())
    for name, amount, tip in (("25.11 5", 2950, 115), ("25.11 4", 690, 0)):
        session = place.id_of(name)
        place.good("LockSession", sessionId=session)
        payment = {
            "id": str(uuid.uuid4()),
            "sessionId": session,
            "currency": "EUR",
            "baseAmount": amount,
            "tipsAmount": tip,
            "cashbackAmount": 0,
            "paymentSuccessful": True,
            "attemptedAt": "2026-11-25T20:00:00Z",
            "methodDetails": {"method": "PAYMENT_METHOD_REMOTE"},
        }
        place.good("RecordPayment", payment=payment)
        place.good("UnlockSession", sessionId=session)
        assert "finishedAt" in place.session(name)
    assert place.sql("SELECT nr, lfd, art, betrag, tg FROM bzahl WHERE beleg LIKE '%-%' ORDER BY nr") == [
        (4, 3, "KK ", 690, "0,00"),
        (5, 1, "KK ", 3065, "1,15"),
    ]
    # Another check is open at either table; locking, paying and unlocking each raise the counter that tills compare.
    assert place.sql("SELECT tnr, st FROM tisch WHERE tnr IN ('T5', 'T10') ORDER BY 1") == [("T10", "B "), ("T5", "B ")]
    assert place.sql("SELECT ver, inarb FROM bkopf WHERE nr = 5") == [(5, None)]


def test_a_check_that_a_waiter_has_in_hand_is_not_locked(serve: Serve):
    place = serve(SCHEMA, whole=MAPPING)
    place.runner.run(place.app.store.create_ledger())
    answer = place.ask("LockSession", sessionId=place.id_of("25.11 13"))
    assert answer["errorCode"] == "SESSION_ALREADY_LOCKED"


MISTAKES = [
    (
        "COALESCE(l.fl, 0) & 13 = 0",
        "l.fl & 13 = 0",
        "l.fl may be NULL, and a row where it is would silently be left out",
    ),
    (
        '"t.st", map = {',
        '"t.st", null = "not_in_use", map = {',
        "say it by missing, which means NULL where no row can be missing",
    ),
    ('place = "SPLIT_PART', 'spot = "SPLIT_PART', "more values come from [record.check]"),
    (
        "CAST(CAST(:tip / 100.0 AS decimal(8,2)) AS text)",
        "CAST(:tip / 100.0 AS decimal(8,2))",
        "for values of these types",
    ),
    ("\"NULLIF(SPLIT_PART(k.ort, '/', 2), '')\"", "\"PART(k.ort, '/', 2)\"", "session.table: the database refuses"),
    ("id     = \"'rabatt1'\"\n", "", "discount[0].id: is missing"),
]


@pytest.mark.parametrize(("right", "wrong", "said"), MISTAKES, ids=[str(number) for number in range(len(MISTAKES))])
def test_what_was_got_wrong_is_told_in_words_that_help(serve: Serve, right: str, wrong: str, said: str):
    assert right in MAPPING
    assert said in "\n".join(_told(serve, MAPPING.replace(right, wrong, 1)))


def _told(serve: Serve, mapping: str) -> list[str]:
    """What is said of a mapping, when it is loaded or when it is first asked."""
    try:
        place = serve(SCHEMA, whole=mapping)
    except InvalidFile as error:
        return [str(problem) for problem in error.problems]
    place.ask("ListTables")
    return place.said()  # type: ignore[no-any-return]
