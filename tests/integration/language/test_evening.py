"""A till that is like none of the shipped ones, mapped by the guide alone; and what was got wrong on the way to it.

Keys of a day and a number, a table hidden in a text, codes with padding, a day and a clock in three columns, amounts with
commas in texts, a bitmask of states and one of voids, modifiers of the same table, a service charge and a tip as lines,
a percentage in the header, tenders in columns of their own, settings as keys and values, and books in double entry.
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
SCHEMA = (HERE / "adler.sql").read_text(encoding="utf-8")
MAPPING = (HERE / "adler.toml").read_text(encoding="utf-8")


def test_a_till_like_no_other_is_read(serve: Serve):
    place = serve(SCHEMA, whole=MAPPING)
    assert place.tables() == {
        "Garten 1": "occupied",
        "Garten Linde": "available",
        "Stube 3": "occupied",
        "Stube Stammtisch": "not_in_use",
    }
    found = [
        (one["name"], one.get("tableName"), one.get("numberOfCovers"), one["createdAt"], one["isPayable"])
        for one in place.sessions()
    ]
    assert found == [
        ("Bon 3", "Garten Linde", 4, "2026-01-10T11:00:00.000Z", False),
        ("Bon 1", "Garten 1", 2, "2026-01-10T17:05:00.000Z", True),
        ("Bon 4", None, None, "2026-01-10T18:00:00.000Z", True),
        ("Bon 2", "Stube 3", None, "2026-01-10T22:50:00.000Z", True),
    ]
    assert place.lines("Bon 1") == [(2, "Escalope", 1150)]
    assert place.bill("Bon 1")["serviceCharge"] == 240
    assert place.lines("Bon 2") == [(1, "0.5 x Wine", 2000), (1, "Rabatt", -200)]
    assert place.lines("Bon 4") == [(1, "Suppe", 300)]
    assert {one["currency"] for one in place.bills()} == {"EUR"}
    place.by_status()
    place.by_filters(tables=True)
    place.healthy()


def test_a_till_like_no_other_is_paid(serve: Serve):
    place = serve(SCHEMA, whole=MAPPING)
    place.runner.run(place.app.store.create_ledger())
    session = place.id_of("Bon 2")
    for amount, tip in ((300, 0), (1000, 150)):
        place.good("LockSession", sessionId=session)
        payment = {
            "id": str(uuid.uuid4()),
            "sessionId": session,
            "currency": "EUR",
            "baseAmount": amount,
            "tipsAmount": tip,
            "cashbackAmount": 0,
            "paymentSuccessful": True,
            "attemptedAt": "2026-01-10T23:55:00Z",
            "methodDetails": {"method": "PAYMENT_METHOD_REMOTE"},
        }
        place.good("RecordPayment", payment=payment)
        place.good("UnlockSession", sessionId=session)
    assert place.sql('SELECT status, bar, karte, fassung FROM "Bon" WHERE bonnr = 2') == [("B ", "5,00", "13,00", 3)]
    assert place.sql('SELECT beleg, konto, soll::float, haben::float FROM "Buchung" ORDER BY id') == [
        (42, "1360", 3, 0),
        (42, "1600", 0, 3),
        (43, "1360", 11.5, 0),
        (43, "1600", 0, 10),
        (43, "1370", 0, 1.5),
    ]
    assert place.session("Bon 2")["isPayable"] is False


MISTAKES = [
    # What was written first, and what helped.
    (
        """read = "SELECT e.wert FROM Einstellung e WHERE e.schluessel = 'waehrung'" }""",
        """read = 'SELECT e.wert FROM Einstellung e WHERE e.schluessel = ''waehrung''' }""",
        "one that holds ' and \" stands in '''...'''",
    ),
    (
        'table      = "tt.nr"',
        "table      = { column = 'k.stelle', match = '^TI(\\d+)/' }",
        "where it hides in a text, join by an expression, as LEFT JOIN",
    ),
    ('key             = "i.pos"\n', "", "modifiers find their line by it"),
    ("AND i.gehoert_zu IS", "AND gehoert_zu IS", "write k.gehoert_zu for a column (k, p, tt, i)"),
    ("\"'rabatt'\"", '"rabatt"', "'rabatt' for a text"),
    (
        "(SELECT SUM(CAST(REPLACE(x.menge, ',', '.') AS numeric) * x.preis) FROM Bonpos x WHERE x.tag = k.tag AND x.bonnr = k.bonnr AND x.art = 'A' AND x.storno & 4 = 0)",
        "SUM(k.rabatt)",
        "SUM needs a SELECT of its own",
    ),
    ("CAST(t.nr AS varchar(9)))", "t.nr)", "values of different types meet, as in COALESCE(k.name, k.id)"),
    ("CAST(s.menge AS numeric) * s.preis", "s.menge * s.preis", "a text that is to be added is CAST(... AS numeric)"),
    ('false = "O", missing = false }', 'false = "O" }', "add missing = false, or true, to the field"),
    ('haben = "0"', "haben = 0", "must be a text in quotes"),
    ("m.tag = i.tag AND m.bonnr = i.bonnr AND", "", "do not add up to its total"),
]


@pytest.mark.parametrize(("right", "wrong", "said"), MISTAKES, ids=[str(number) for number in range(len(MISTAKES))])
def test_what_was_got_wrong_on_that_evening_is_told_in_words_that_help(serve: Serve, right: str, wrong: str, said: str):
    assert right in MAPPING
    assert said in "\n".join(_told(serve, MAPPING.replace(right, wrong, 1)))


def _told(serve: Serve, mapping: str) -> list[str]:
    """What is said of a mapping, when it is loaded or when it is first asked."""
    try:
        place = serve(SCHEMA, whole=mapping)
    except InvalidFile as error:
        return [str(problem) for problem in error.problems]
    place.ask("ListBillItems")
    return place.said()  # type: ignore[no-any-return]
